//! Scenarios: each line at the margin is an input, each indented line what CLM did because of it.

use super::*;
use ais::AisError;
use ais::clm::ChangeStep;
use ais::imm::{Attributes, Object, Value};
use ais::ntf::Kind;
use ais::plm::{ReadinessState, TrackCause, TrackedEntity};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

struct Play {
    clm: Clm,
    at: Pos,
    out: String,
}

fn name(text: &str) -> Dn {
    Dn::parse(text).unwrap()
}

fn node(short: &str) -> Dn {
    name(&format!("safNode={short},safCluster=c"))
}

fn create(short: &str, ee: Option<&str>) -> Change {
    let mut attributes = Attributes::new();
    let second = Value::Time(1_000_000_000);
    attributes.insert("saClmNodeLockCallbackTimeout".into(), vec![second]);
    if let Some(ee) = ee {
        let ee = Value::Name(format!("safEE={ee}"));
        attributes.insert("saClmNodeEE".into(), vec![ee]);
    }
    Change::Create(Object {
        dn: node(short),
        class: NODE_CLASS.into(),
        attributes,
    })
}

/// The same without `saClmNodeLockCallbackTimeout`.
fn untimed(change: Change) -> Change {
    let Change::Create(mut object) = change else {
        return change;
    };
    object.attributes.remove("saClmNodeLockCallbackTimeout");
    Change::Create(object)
}

/// `start handle 7 a b`: PLM's step, its cause, its invocation (0: none), the environments.
fn platform(words: &[&str]) -> Input {
    let (step, invocation) = (words[0], words[2].parse().unwrap());
    let expected = match words[1] {
        _ if step == "aborted" => ReadinessState::InService,
        "up" => ReadinessState::InService,
        "stopping" => ReadinessState::Stopping,
        _ => ReadinessState::OutOfService,
    };
    let entity = |ee: &&str| TrackedEntity {
        ee: name(&format!("safEE={ee}")),
        current: expected,
        expected,
    };
    Input::Platform(plm::Track {
        invocation: Some(invocation).filter(|i| *i != 0),
        step: match step {
            "validate" => plm::ChangeStep::Validate,
            "start" => plm::ChangeStep::Start,
            "aborted" => plm::ChangeStep::Aborted,
            _ => plm::ChangeStep::Completed,
        },
        cause: match words[1] {
            "up" => TrackCause::EeInstantiated,
            "handle" => TrackCause::HeDeactivation,
            _ => TrackCause::Failure,
        },
        root: name("safHE=blade"),
        entities: words[3..].iter().map(entity).collect(),
    })
}

fn input(line: &str) -> Option<Input> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let admin = |operation| {
        Input::Admin(AdminOperation {
            invocation: words[2].parse().unwrap(),
            object: node(words[1]),
            operation,
            parameters: BTreeMap::new(),
        })
    };
    Some(match *words.first()? {
        "configure" => Input::Config(vec![create(words[1], words.get(2).copied())]),
        "configure-untimed" => Input::Config(vec![untimed(create(words[1], None))]),
        "validate" | "start" | "aborted" | "completed" => platform(&words),
        "agent" => Input::Agent {
            node: node(words[1]),
            up: words[2] == "up",
        },
        "unlock" => admin(1),
        "lock" => admin(2),
        "shutdown" => admin(3),
        "reset" => admin(4),
        "answer" => Input::Response {
            tracker: TrackerId(words[1].parse().unwrap()),
            invocation: words[2].parse().unwrap(),
            response: match words[3] {
                "ok" => TrackResponse::Ok,
                "rejected" => TrackResponse::Rejected,
                _ => TrackResponse::Error,
            },
        },
        "subscribe" => Input::Subscribe {
            tracker: TrackerId(words[1].parse().unwrap()),
            steps: Steps {
                validate: false,
                start: true,
            },
        },
        "unsubscribe" => Input::Unsubscribe(TrackerId(words[1].parse().unwrap())),
        "tick" => Input::Tick,
        _ => return None,
    })
}

fn shown(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::PlatformResponse {
            invocation,
            response,
        } => format!("platform {invocation} {response:?}"),
        Effect::Track { tracker, track } => {
            let step: ChangeStep = track.step;
            let asked = track.invocation.map_or(String::new(), |i| format!(" #{i}"));
            let nodes = track.nodes.iter().map(|n| {
                let cause = n.cause.map_or(String::new(), |c| format!(" ({c:?})"));
                format!(" {} {:?}{cause}", n.node.value(), n.change)
            });
            let nodes: String = nodes.collect();
            format!(
                "track {} {step:?}{asked} view {}:{nodes}",
                tracker.0, track.view
            )
        }
        Effect::AdminResult(result) => match &result.result {
            Ok(()) => format!("done {}", result.invocation),
            Err((code, _)) => format!("refused {} {}", result.invocation, code.name()),
        },
        Effect::Notify(notification) => {
            let Kind::StateChange { new, .. } = &notification.kind else {
                return None;
            };
            format!("notify {} {new}", notification.object.value())
        }
        Effect::Runtime(_) => return None,
    })
}

fn play(script: &str) -> Play {
    let mut play = Play {
        clm: Clm::default(),
        at: Pos::default(),
        out: String::new(),
    };
    for line in script.lines().filter(|line| !line.starts_with("  ")) {
        play.out += &format!("{line}\n");
        if let Some(input) = input(line) {
            let waited: u64 = line.strip_prefix("tick ").map_or(0, |s| s.parse().unwrap());
            play.at.index += 1;
            play.at.time.0 += waited * 1_000_000_000;
            let mut effects = Vec::new();
            play.clm.apply(play.at, &input, &mut effects);
            let lines = effects.iter().filter_map(shown);
            lines.for_each(|line| play.out += &format!("  {line}\n"));
        }
    }
    play
}

#[track_caller]
fn check(script: &str) {
    let script = script.trim_start_matches('\n');
    assert_eq!(play(script).out, script);
}

#[test]
fn a_node_joins_with_its_execution_environment_and_leaves_in_order() {
    check(
        "
# The road: PLM's steps become CLM's, one answer each.
configure n1 e1
completed up 0 e1
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
validate handle 7 e1
  track 0 Validate #1 view 1: n1 Left (Planned)
answer 0 1 ok
  platform 7 Ok
start handle 8 e1
  track 0 Start #2 view 1: n1 Left (Planned)
answer 0 2 ok
  platform 8 Ok
completed handle 0 e1
  track 0 Completed view 2: n1 Left (Planned)
  notify n1 LEFT
",
    );
}

#[test]
fn a_rejected_departure_is_aborted() {
    check(
        "
# AMF may say no to a handle; PLM then calls the departure off.
configure n1 e1
completed up 0 e1
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
validate handle 7 e1
  track 0 Validate #1 view 1: n1 Left (Planned)
answer 0 1 rejected
  platform 7 Rejected
aborted handle 0 e1
  track 0 Aborted view 1: n1 NoChange
",
    );
}

#[test]
fn a_pulled_blade_leaves_at_once() {
    check(
        "
# A surprise extraction has no steps; a step under way is over with it.
configure n1 e1
completed up 0 e1
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
start handle 8 e1
  track 0 Start #1 view 1: n1 Left (Planned)
completed failure 0 e1
  track 0 Completed view 2: n1 Left (Failure)
  notify n1 LEFT
  platform 8 Ok
answer 0 1 ok
completed failure 0 e1
",
    );
}

#[test]
fn stopping_is_not_leaving() {
    check(
        "
# An environment that is shutting down still serves: its node stays until Start and Completed.
configure n1 e1
completed up 0 e1
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
completed stopping 0 e1
start handle 8 e1
  track 0 Start #1 view 1: n1 Left (Planned)
",
    );
}

#[test]
fn several_nodes_of_one_blade_leave_together() {
    check(
        "
# Several execution environments in one PLM step are one CLM step.
configure n1 e1
configure n2 e2
completed up 0 e1 e2
  track 0 Completed view 2: n1 Joined n2 Joined
  notify n1 JOINED
  notify n2 JOINED
start handle 8 e1 e2 e3
  track 0 Start #1 view 2: n1 Left (Planned) n2 Left (Planned)
answer 0 1 ok
  platform 8 Ok
",
    );
}

#[test]
fn a_node_configured_late_joins_at_once() {
    check(
        "
# PLM told of the execution environment before the node was configured.
completed up 0 e1
configure n1 e1
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
",
    );
}

#[test]
fn no_member_no_question() {
    check(
        "
# An environment without a member node does not hold PLM up.
configure n1 e1
validate handle 7 e1
  platform 7 Ok
start handle 8 e9
  platform 8 Ok
",
    );
}

#[test]
fn lock_waits_for_all_trackers_then_leaves() {
    check(
        "
# A lock asks everybody who takes part in Start.
configure n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
subscribe 5
lock n1 10
  track 0 Start #1 view 1: n1 Left (Planned)
  track 5 Start #1 view 1: n1 Left (Planned)
lock n1 11
  refused 11 SA_AIS_ERR_BAD_OPERATION
answer 0 1 ok
answer 5 1 ok
  notify n1 LOCKED
  track 0 Completed view 2: n1 Left (Planned)
  track 5 Completed view 2: n1 Left (Planned)
  notify n1 LEFT
  done 10
lock n1 12
  refused 12 SA_AIS_ERR_NO_OP
shutdown n1 13
  refused 13 SA_AIS_ERR_NO_OP
unlock n1 14
  notify n1 UNLOCKED
  track 0 Completed view 3: n1 Joined
  track 5 Completed view 3: n1 Joined
  notify n1 JOINED
  done 14
unlock n1 15
  refused 15 SA_AIS_ERR_NO_OP
reset n1 16
  refused 16 SA_AIS_ERR_NOT_SUPPORTED
lock n9 17
  refused 17 SA_AIS_ERR_INVALID_PARAM
",
    );
}

#[test]
fn a_silent_tracker_does_not_stop_a_lock() {
    check(
        "
# saClmNodeLockCallbackTimeout (1 s here): the node leaves, the operator hears of it.
configure n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
lock n1 10
  track 0 Start #1 view 1: n1 Left (Planned)
tick 0
tick 1
  notify n1 LOCKED
  track 0 Completed view 2: n1 Left (Planned)
  notify n1 LEFT
  refused 10 SA_AIS_ERR_REPAIR_PENDING
",
    );
}

#[test]
fn a_lock_never_waits_for_ever() {
    check(
        "
# A node without saClmNodeLockCallbackTimeout gives its trackers a minute.
configure-untimed n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
lock n1 10
  track 0 Start #1 view 1: n1 Left (Planned)
tick 59
tick 1
  notify n1 LOCKED
  track 0 Completed view 2: n1 Left (Planned)
  notify n1 LEFT
  refused 10 SA_AIS_ERR_REPAIR_PENDING
",
    );
}

#[test]
fn a_tracker_that_goes_owes_nothing() {
    check(
        "
# The death of a client counts as its OK.
configure n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
subscribe 5
lock n1 10
  track 0 Start #1 view 1: n1 Left (Planned)
  track 5 Start #1 view 1: n1 Left (Planned)
answer 0 1 ok
unsubscribe 5
  notify n1 LOCKED
  track 0 Completed view 2: n1 Left (Planned)
  notify n1 LEFT
  done 10
",
    );
}

#[test]
fn unlock_interrupts_a_shutdown() {
    check(
        "
# During SHUTTING-DOWN an unlock takes over, the shutdown is answered INTERRUPT.
configure n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
shutdown n1 10
  notify n1 SHUTTING-DOWN
  track 0 Start #1 view 1: n1 Left (Planned)
unlock n1 11
  refused 10 SA_AIS_ERR_INTERRUPT
  notify n1 UNLOCKED
  done 11
answer 0 1 ok
",
    );
}

#[test]
fn nothing_comes_between_a_lock_and_its_end() {
    check(
        "
# While a lock waits for its trackers the other operations are bad ones, whatever the state.
configure n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
shutdown n1 10
  notify n1 SHUTTING-DOWN
  track 0 Start #1 view 1: n1 Left (Planned)
lock n1 11
  refused 10 SA_AIS_ERR_INTERRUPT
  track 0 Start #2 view 1: n1 Left (Planned)
unlock n1 12
  refused 12 SA_AIS_ERR_BAD_OPERATION
shutdown n1 13
  refused 13 SA_AIS_ERR_BAD_OPERATION
reset n1 14
  refused 14 SA_AIS_ERR_NOT_SUPPORTED
answer 0 2 ok
  notify n1 LOCKED
  track 0 Completed view 2: n1 Left (Planned)
  notify n1 LEFT
  done 11
",
    );
}

#[test]
fn a_node_that_fails_while_it_is_locked_has_failed() {
    check(
        "
# Trackers hear of the failure, the operator that the node is locked; with an agent and with an EE.
configure n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
lock n1 10
  track 0 Start #1 view 1: n1 Left (Planned)
agent n1 down
  track 0 Completed view 2: n1 Left (Failure)
  notify n1 LEFT
  notify n1 LOCKED
  done 10
answer 0 1 ok
configure n2 e2
completed up 0 e2
  track 0 Completed view 3: n2 Joined
  notify n2 JOINED
shutdown n2 11
  notify n2 SHUTTING-DOWN
  track 0 Start #2 view 3: n2 Left (Planned)
completed failure 0 e2
  track 0 Completed view 4: n2 Left (Failure)
  notify n2 LEFT
  notify n2 LOCKED
  done 11
",
    );
}

#[test]
fn a_rejected_lock_leaves_the_node_a_member() {
    check(
        "
# A tracker may reject a lock.
configure n1
agent n1 up
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
lock n1 10
  track 0 Start #1 view 1: n1 Left (Planned)
answer 0 1 rejected
  refused 10 SA_AIS_ERR_FAILED_OPERATION
",
    );
}

#[test]
fn a_node_that_is_not_there_is_locked_at_once() {
    check(
        "
# Nobody has to be asked; it does not join until it is unlocked.
configure n1
lock n1 10
  notify n1 LOCKED
  done 10
agent n1 up
unlock n1 11
  notify n1 UNLOCKED
  track 0 Completed view 1: n1 Joined
  notify n1 JOINED
  done 11
agent n1 down
  track 0 Completed view 2: n1 Left (Failure)
  notify n1 LEFT
",
    );
}

#[test]
fn bad_configuration_is_refused_with_its_reason() {
    let clm = play("configure n1\nagent n1 up\n").clm;
    let refused = |change| clm.validate(&[change]).unwrap_err().code;
    let modify = |attribute: &str, value| Change::Modify {
        dn: node("n1"),
        class: NODE_CLASS.into(),
        attributes: Attributes::from([(attribute.to_string(), vec![value])]),
    };
    let bad = AisError::BadOperation;
    assert_eq!(
        refused(modify("saClmNodeLockCallbackTimeout", Value::Time(0))),
        bad
    );
    assert_eq!(
        refused(modify("saClmNodeDisableReboot", Value::Uint32(2))),
        bad
    );
    assert_eq!(
        refused(modify("saClmNodeEE", Value::Name("safEE=x".into()))),
        bad
    );
    let (dn, class) = (node("n1"), NODE_CLASS.to_string());
    assert_eq!(refused(Change::Delete { dn, class }), bad);
    assert!(clm.validate(&[create("n2", Some("e2"))]).is_ok());
}

#[test]
fn a_snapshot_goes_on_where_the_machine_stood() {
    let before = play("configure n1 e1\ncompleted up 0 e1\nstart handle 8 e1\n").clm;
    let bytes = postcard::to_allocvec(&before).unwrap();
    let after: Clm = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(before, after);
}
