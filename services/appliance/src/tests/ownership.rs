//! When a member owns the hardware.

use crate::{Command, Do, Member, Ownership, Program};
use alloc::vec;
use alloc::vec::Vec;
use group::{Content, Event, Standing};
use machine::log::Entry;
use machine::{NodeId, Pos, Time};

const CMM: NodeId = NodeId(2);

fn entry(index: u64, content: &Content) -> Event {
    let time = Time(index);
    Event::Entry(Entry {
        pos: Pos { index, time },
        command: content.encode(),
    })
}

/// What comes of an event, whatever is only told left out.
fn taken(member: &mut Member, event: Event) -> Vec<Do> {
    let mut todo = Vec::new();
    member.take(event, &mut todo);
    todo.retain(|it| !matches!(it, Do::Stand(_)));
    todo
}

/// The other CMM lets go of the hardware when it has the entry that says so, and may not have it
/// before that entry is stable.
#[test]
fn ownership_waits_until_what_it_follows_from_is_stable() {
    let member = &mut Member::new(CMM, Program::this());
    let view = Content::Primary {
        epoch: 1,
        holders: [NodeId(1), CMM].into(),
        others: [].into(),
        nodes: [NodeId(1), CMM].into(),
    };
    let line = Content::Command {
        from: CMM,
        number: 2,
        command: Command::Line { holder: Some(CMM) }.encode(),
    };
    let software = member.software();
    let first = Content::Command {
        from: CMM,
        number: 1,
        command: software.encode(),
    };
    assert_eq!(taken(member, entry(1, &view)), []);
    let standing = Standing::Primary { epoch: 1 };
    assert_eq!(
        taken(member, Event::Standing(standing)),
        [Do::Submit(software)]
    );
    assert_eq!(taken(member, entry(2, &first)), []);
    assert_eq!(taken(member, entry(3, &line)), []);
    let before = taken(member, Event::Stable(2));
    assert!(!before.contains(&Do::Own(Ownership::Owned)), "{before:?}");
    assert!(!member.owns());
    let after = taken(member, Event::Stable(3));
    assert_eq!(after.first(), Some(&Do::Own(Ownership::Owned)));
    assert!(member.owns());
    // The other one takes it back.
    let back = Content::Command {
        from: NodeId(1),
        number: 1,
        command: Command::Line {
            holder: Some(NodeId(1)),
        }
        .encode(),
    };
    assert_eq!(
        taken(member, entry(4, &back)),
        vec![Do::Own(Ownership::Lost)]
    );
}
