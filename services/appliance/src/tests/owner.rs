//! Whose effects are whose.

use super::bed::{Bed, node};
use crate::{Answer, Appliance, Command, Effect, NUMBER_MAX, Owner, tag, tag_node};
use alloc::vec;
use alloc::vec::Vec;
use machine::NodeId;
use plm::EeOrder;

const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// Two CMMs and a blade, on which the agent of blade 1 runs; nobody told where the others are.
fn bed() -> Bed {
    let mut bed = Bed::running();
    // What ran before there were members is of no account here.
    bed.appliance.redundancy = redundancy::Redundancy::new();
    let nodes = CMMS.into_iter().chain([NodeId(11)]).collect();
    bed.enter(&group::Content::Primary {
        epoch: 1,
        holders: CMMS.into(),
        others: [NodeId(11)].into(),
        nodes,
    });
    let command = Command::NodeAgent { node: node(1) };
    bed.enter(&group::Content::Command {
        from: NodeId(11),
        number: 1,
        command: command.encode(),
    });
    bed
}

fn owners(appliance: &Appliance, effect: &Effect) -> Vec<u32> {
    let all = [1, 2, 11];
    let owners = all
        .into_iter()
        .filter(|me| appliance.is_mine(NodeId(*me), effect));
    owners.collect()
}

/// A tag tells whose it is, whatever its number; none has the bit that is HPI's.
#[test]
fn a_tag_finds_its_way_back() {
    for node in [0, 1, 11, 0x7fff] {
        for number in [0, 1, NUMBER_MAX] {
            let tag = tag(NodeId(node), number);
            assert_eq!(tag_node(tag), NodeId(node));
            assert_eq!(tag & NUMBER_MAX, number);
            assert_eq!(tag >> 63, 0);
        }
    }
    // More than fits does not spill over into the node.
    assert_eq!(tag_node(tag(NodeId(3), u64::MAX)), NodeId(3));
}

/// The hardware is the active CMM's, and the other's after a switch.
#[test]
fn one_cmm_owns_the_hardware() {
    let mut bed = bed();
    let watch = Effect::Shelf(shelf::Order::new(1, shelf::Action::Watch(0x82)));
    assert_eq!(watch.owner(), Owner::Active);
    assert_eq!(owners(&bed.appliance, &watch), [1]);
    let switch = Command::Switch {
        tag: tag(NodeId(2), 5),
        to: Some(NodeId(2)),
        condition: redundancy::Condition::AnyVersion,
    };
    bed.apply(&switch);
    assert_eq!(owners(&bed.appliance, &watch), [2]);
}

/// What the one who had the hardware before observed comes late: its port was closed because it has
/// the hardware no more, and whoever has it now goes on.
#[test]
fn only_who_owns_the_hardware_observes_it() {
    let mut bed = bed();
    let mut number = 10;
    let mut observe = |bed: &mut Bed, from, observation| {
        number += 1;
        bed.enter(&group::Content::Command {
            from: NodeId(from),
            number,
            command: Command::Observed(observation).encode(),
        })
    };
    let down = || shelf::Observation::PortDown {
        reason: "the session was closed".into(),
    };
    observe(&mut bed, 1, shelf::Observation::PortUp);
    bed.apply(&Command::Switch {
        tag: tag(NodeId(2), 5),
        to: Some(NodeId(2)),
        condition: redundancy::Condition::AnyVersion,
    });
    observe(&mut bed, 2, shelf::Observation::PortUp);
    assert_eq!(observe(&mut bed, 1, down()), []);
    assert!(bed.appliance.shelf.is_port_up());
    assert_ne!(observe(&mut bed, 2, down()), []);
    assert!(!bed.appliance.shelf.is_port_up());
}

/// A blade's orders are its own; those of a place that nobody told are for who knows it.
#[test]
fn orders_are_carried_out_where_the_agent_is() {
    let bed = bed();
    let order = |slot| Effect::Node {
        node: node(slot),
        order: ais::node::Order::Reboot,
    };
    assert_eq!(owners(&bed.appliance, &order(1)), [11]);
    assert_eq!(owners(&bed.appliance, &order(2)), [1, 2, 11]);
    let ee = bed.appliance.environment_of(&node(1)).unwrap();
    let terminate = Effect::Ee(EeOrder::Terminate { ee });
    assert_eq!(owners(&bed.appliance, &terminate), [11]);
}

/// Whoever asked is answered; everybody is told.
#[test]
fn answers_go_where_the_question_came_from() {
    let bed = bed();
    let answer = Effect::Answer(Answer {
        tag: tag(NodeId(2), 7),
        result: Ok(()),
    });
    assert_eq!(owners(&bed.appliance, &answer), [2]);
    let active = Effect::Active {
        cmm: NodeId(1),
        epoch: 1,
    };
    assert_eq!(owners(&bed.appliance, &active), [1, 2, 11]);
}

/// Who was given a state asks for what it would have been ordered: to start what should run.
#[test]
fn what_was_missed_can_be_asked_for() {
    let bed = bed();
    let start = |slot| {
        let ee = bed.appliance.environment_of(&node(slot)).unwrap();
        Effect::Ee(EeOrder::Instantiate { ee })
    };
    assert_eq!(
        bed.appliance.missed(NodeId(11)),
        vec![start(1), start(2), start(3)]
    );
    assert_eq!(bed.appliance.missed(NodeId(1)), vec![start(2), start(3)]);
}

/// An entry that nobody can read is passed over, and the log goes on.
#[test]
fn an_unreadable_entry_changes_nothing_but_the_position() {
    let mut bed = bed();
    let before = bed.appliance.clone();
    let at = machine::Pos {
        index: bed.at.index + 1,
        ..bed.at
    };
    let content = group::Content::Command {
        from: NodeId(1),
        number: 2,
        command: vec![0xff; 9],
    };
    let mut effects = Vec::new();
    let entered = bed.appliance.enter(at, &content, &mut effects);
    assert_eq!(entered, Err(crate::Undecodable));
    assert_eq!((bed.appliance.at(), effects.len()), (at, 0));
    bed.appliance.at = before.at;
    assert!(bed.appliance == before);
}
