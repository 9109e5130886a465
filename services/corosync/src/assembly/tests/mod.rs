mod chance;

use super::*;
use std::fmt::Write;

/// The group's members as one of them sees them, with CPG played by the test.
struct Seen {
    assembly: Assembly,
    told: Vec<Told>,
}

fn address(node: u32) -> Address {
    Address { node, pid: 7 }
}

fn hello(node: u32, number: u64) -> CpgEvent {
    let incarnation = node * 10;
    let bytes = frame_hello(Hello {
        incarnation,
        number,
    })
    .to_vec();
    let from = address(node);
    CpgEvent::Deliver { from, bytes }
}

impl Seen {
    fn new() -> Self {
        Self {
            assembly: Assembly::default(),
            told: Vec::new(),
        }
    }

    fn step(&mut self, event: CpgEvent) -> &mut Self {
        self.assembly.step(event, &mut self.told);
        self
    }

    fn members(&mut self, members: &[u32], left: &[u32], joined: (&[u32], Reason)) -> &mut Self {
        let (joined, reason) = joined;
        let with_reason = |ids: &[u32]| ids.iter().map(|id| (address(*id), reason)).collect();
        self.step(CpgEvent::Confchg {
            members: members.iter().map(|id| address(*id)).collect(),
            left: with_reason(left),
            joined: with_reason(joined),
        })
    }

    fn ring(&mut self, number: u64, nodes: &[u32]) -> &mut Self {
        let nodes = nodes.to_vec();
        let ring = (1, number);
        self.step(CpgEvent::TotemConfchg { ring, nodes })
    }

    fn message(&mut self, node: u32, text: &str) -> &mut Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(MESSAGE);
        let from = address(node);
        self.step(CpgEvent::Deliver { from, bytes })
    }

    fn verdict(&mut self, number: u64, quorate: bool) -> &mut Self {
        let ring = (1, number);
        self.assembly.verdict(ring, quorate, &mut self.told);
        self
    }

    /// What was told since, with the number that Totem gave the ring.
    fn told(&mut self) -> String {
        let mut text = String::new();
        for told in self.told.drain(..) {
            match told {
                Told::Config {
                    ring,
                    members,
                    nodes,
                } => {
                    let members: Vec<u32> = members.iter().map(|it| it.incarnation).collect();
                    let nodes: Vec<u32> = nodes.iter().map(|it| it.0).collect();
                    let number = ring.number >> MEMBERS_BITS;
                    write!(text, "[{number}: {members:?} on {nodes:?}]").unwrap();
                }
                Told::Quorum { ring, quorate } => {
                    write!(text, "[{}: {quorate}]", ring.number >> MEMBERS_BITS).unwrap();
                }
                Told::Delivered { from, bytes } => {
                    let said = String::from_utf8(bytes).unwrap();
                    write!(text, "[{} says {said}]", from.incarnation).unwrap();
                }
                Told::Disconnected(why) => panic!("{why}"),
            }
        }
        text
    }

    /// The ring's number as the group was told it last.
    fn number(&mut self) -> u64 {
        let ring = self.told.iter().rev().find_map(|told| match told {
            Told::Config { ring, .. } => Some(ring.number),
            Told::Quorum { .. } | Told::Delivered { .. } | Told::Disconnected(_) => None,
        });
        self.told.clear();
        ring.unwrap()
    }

    /// Node 1 has joined a ring of two nodes, in which it is the first of the group.
    fn joined() -> Self {
        let mut seen = Self::new();
        seen.members(&[1], &[], (&[1], Reason::Process));
        seen.ring(4, &[1, 2]).step(hello(1, 1));
        seen
    }

    /// Nodes 1 and 2 are in the group.
    fn two() -> Self {
        let mut seen = Self::joined();
        seen.members(&[1, 2], &[], (&[2], Reason::Process));
        seen.step(hello(1, 1)).step(hello(2, 1)).verdict(4, true);
        seen.told();
        seen.assembly.take_hello();
        seen
    }
}

/// Who joins introduces himself, and is told the ring and its nodes with the first members.
#[test]
fn the_first_member() {
    let mut seen = Seen::new();
    assert!(seen.assembly.is_waiting());
    seen.members(&[1], &[], (&[1], Reason::Process));
    assert!(seen.assembly.take_hello());
    assert!(!seen.assembly.take_hello());
    assert_eq!(seen.ring(4, &[1, 2]).told(), "");
    assert!(seen.assembly.is_waiting());
    assert_eq!(seen.step(hello(1, 1)).told(), "[4: [10] on [1, 2]]");
    assert!(!seen.assembly.is_waiting());
}

/// A change is told when the last has introduced himself; what is said meanwhile comes before it.
#[test]
fn a_member_more() {
    let mut seen = Seen::joined();
    seen.told();
    seen.members(&[1, 2], &[], (&[2], Reason::Process));
    assert!(seen.assembly.take_hello());
    let told = seen
        .message(1, "a")
        .step(hello(1, 1))
        .message(1, "b")
        .told();
    assert_eq!(told, "[10 says a][10 says b]");
    assert_eq!(seen.step(hello(2, 1)).told(), "[4: [10, 20] on [1, 2]]");
    assert_eq!(seen.message(2, "b").told(), "[20 says b]");
}

/// Members that are lost need no word from anybody.
#[test]
fn a_member_less() {
    let mut seen = Seen::two();
    assert_eq!(
        seen.members(&[1], &[2], (&[], Reason::Process)).told(),
        "[4: [10] on [1, 2]][4: true]"
    );
    assert!(!seen.assembly.take_hello());
}

/// With a ring the members come first, and all of it is told as one.
#[test]
fn a_ring_less() {
    let mut seen = Seen::two();
    assert_eq!(seen.members(&[1], &[2], (&[], Reason::Node)).told(), "");
    assert_eq!(seen.ring(8, &[1]).told(), "[8: [10] on [1]]");
    assert_eq!(seen.verdict(8, false).told(), "[8: false]");
}

/// A ring may change without the group: other nodes come and go.
#[test]
fn a_ring_without_a_member() {
    let mut seen = Seen::two();
    let expected = "[8: [10, 20] on [1, 2, 3]]";
    assert_eq!(seen.ring(8, &[1, 2, 3]).told(), expected);
}

/// A process that the daemon finds gone while the ring changes is part of that change.
#[test]
fn a_member_that_left_while_the_ring_changed() {
    let mut seen = Seen::two();
    seen.members(&[1, 2, 3], &[], (&[3], Reason::Node));
    seen.members(&[1, 3], &[2], (&[], Reason::Process));
    seen.ring(8, &[1, 2, 3]);
    assert_eq!(seen.told(), "");
    assert_eq!(seen.step(hello(1, 2)).told(), "");
    assert_eq!(seen.step(hello(3, 1)).told(), "[8: [10, 30] on [1, 2, 3]]");
}

/// Verdicts may come before their ring and after it, and each counts.
#[test]
fn verdicts() {
    let mut seen = Seen::two();
    assert_eq!(seen.verdict(8, false).verdict(8, true).told(), "");
    let expected = "[8: [10, 20] on [1]][8: false][8: true]";
    assert_eq!(seen.ring(8, &[1]).told(), expected);
    assert_eq!(seen.verdict(8, false).told(), "[8: false]");
    assert_eq!(seen.verdict(4, true).told(), "[4: true]");
}

/// A ring that was given two numbers before it had a verdict has it for both.
#[test]
fn one_verdict_for_two_numbers() {
    let mut seen = Seen::two();
    seen.ring(8, &[1, 2]);
    seen.members(&[1], &[2], (&[], Reason::Process)).told();
    assert_eq!(seen.verdict(8, true).told(), "[8: true][8: true]");
    assert_eq!(seen.verdict(8, false).told(), "[8: false]");
}

/// Members that leave and come back make another change of what would be the same one, and so do
/// those that come and go: what was said after the first must not be taken as said after the next.
#[test]
fn no_two_changes_are_the_same() {
    let mut seen = Seen::joined();
    let mut numbers = vec![seen.number()];
    for round in 2..5 {
        seen.members(&[1, 2], &[], (&[2], Reason::Process));
        numbers.push(seen.step(hello(1, round)).step(hello(2, round)).number());
        numbers.push(seen.members(&[1], &[2], (&[], Reason::Process)).number());
    }
    let all: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(all.len(), 7, "{numbers:x?}");
    let next = seen.ring(5, &[1, 2]).number();
    assert!(numbers.iter().all(|number| *number < next));
}

/// All members give a ring the same number, whatever they saw before.
#[test]
fn all_have_the_same_numbers() {
    let mut other = Seen::new();
    other.members(&[1, 2], &[], (&[2], Reason::Process));
    other.ring(4, &[1, 2]).step(hello(1, 2));
    let mut one = Seen::joined();
    one.members(&[1, 2], &[], (&[2], Reason::Process));
    let number = one.step(hello(1, 2)).step(hello(2, 1)).number();
    assert_eq!(other.step(hello(2, 1)).number(), number);
}

/// What somebody said who is gone before he was told as a member is not told; nor is what another
/// process said that had his address.
#[test]
fn a_member_that_nobody_got_to_know() {
    let mut seen = Seen::two();
    seen.members(&[1, 2, 3], &[], (&[3], Reason::Process));
    seen.message(3, "a").message(1, "b");
    seen.members(&[1, 2], &[3], (&[], Reason::Process));
    assert_eq!(seen.step(hello(1, 2)).told(), "[10 says b]");
    let expected = "[4: [10, 20] on [1, 2]][4: true]";
    assert_eq!(seen.step(hello(2, 2)).told(), expected);
    seen.members(&[1, 2, 3], &[], (&[3], Reason::Process));
    seen.message(3, "c").step(hello(1, 3)).step(hello(2, 3));
    seen.members(&[1, 2], &[3], (&[], Reason::Process));
    seen.members(&[1, 2, 3], &[], (&[3], Reason::Process));
    seen.step(hello(1, 4)).step(hello(2, 4)).told();
    let expected = "[4: [10, 20, 30] on [1, 2]][4: true]";
    assert_eq!(seen.step(hello(3, 5)).told(), expected);
}

/// A ring in which somebody was still unknown when it ended is told too: it may not have been
/// quorate, which who was in it must not hide.
#[test]
fn a_ring_that_ends_early() {
    for by_node in [true, false] {
        let mut seen = Seen::two();
        seen.members(&[1, 2, 3], &[], (&[3], Reason::Node));
        seen.ring(8, &[1, 2, 3]).verdict(8, false);
        assert_eq!(seen.told(), "");
        if by_node {
            seen.members(&[1, 2], &[3], (&[], Reason::Node));
        }
        let expected = "[8: [10, 20] on [1, 2, 3]][8: false]";
        assert!(seen.ring(12, &[1, 2]).told().starts_with(expected));
    }
}

/// Who asks is answered by all, and all are told another change.
#[test]
fn who_asks_is_answered() {
    let mut seen = Seen::two();
    let from = address(2);
    let bytes = ASK.to_vec();
    seen.step(CpgEvent::Deliver { from, bytes });
    assert!(seen.assembly.take_hello());
    assert!(seen.assembly.is_waiting());
    assert_eq!(seen.step(hello(1, 2)).told(), "");
    let expected = "[4: [10, 20] on [1, 2]][4: true]";
    assert_eq!(seen.step(hello(2, 2)).told(), expected);
}

/// A hello that comes later than it is needed changes nothing.
#[test]
fn a_hello_too_many() {
    let mut seen = Seen::two();
    assert_eq!(seen.step(hello(2, 9)).told(), "");
    let number = seen.members(&[1], &[2], (&[], Reason::Process)).number();
    let mut other = Seen::two();
    let other = other.members(&[1], &[2], (&[], Reason::Process)).number();
    assert_eq!(number, other);
}

/// What is no frame, or is cut off, is nothing.
#[test]
fn what_is_no_frame() {
    let mut seen = Seen::two();
    let frame = frame_hello(Hello {
        incarnation: 20,
        number: 2,
    });
    let cut = (1..frame.len()).map(|start| frame[start..].to_vec());
    for bytes in cut.chain([vec![], vec![0, 2], vec![3], [&[0], &frame[..]].concat()]) {
        let from = address(2);
        seen.step(CpgEvent::Deliver { from, bytes });
        assert_eq!(seen.told(), "");
        assert!(!seen.assembly.take_hello());
    }
    assert_eq!(seen.message(2, "").told(), "[20 says ]");
}
