//! Which calls of HPI's users count.

use crate::{Appliance, Command, Effect, Program};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use group::Content;
use hpi_domain::{Mark, SessionId, UserCall};
use hpi_model::{HpiError, Severity, TextBuffer};
use machine::{NodeId, Pos, Time};

const SESSION: SessionId = SessionId(7);

fn enter(appliance: &mut Appliance, content: &Content) -> Vec<Effect> {
    let time = Time(appliance.at().time.0 + 1);
    enter_at(appliance, content, time)
}

fn enter_at(appliance: &mut Appliance, content: &Content, time: Time) -> Vec<Effect> {
    let index = appliance.at().index + 1;
    let mut effects = Vec::new();
    let entered = appliance.enter(Pos { index, time }, content, &mut effects);
    assert_eq!(entered, Ok(()));
    effects
}

/// A log with two CMMs, whose rules are known.
fn begun() -> Appliance {
    let mut appliance = Appliance::new();
    enter(&mut appliance, &view(1));
    let told = Content::Command {
        from: NodeId(1),
        number: 1,
        command: Command::Software(Program::this().software()).encode(),
    };
    enter(&mut appliance, &told);
    appliance
}

fn view(epoch: u64) -> Content {
    Content::Primary {
        epoch,
        holders: [NodeId(1), NodeId(2)].into(),
        others: [].into(),
        nodes: [NodeId(1), NodeId(2)].into(),
    }
}

/// A member logs a call; what came of it.
fn call(
    appliance: &mut Appliance,
    from: NodeId,
    call: UserCall,
) -> Option<Result<hpi_domain::Told, HpiError>> {
    let (tag, session) = (5, SESSION);
    let command = Command::Hpi { tag, session, call }.encode();
    let number = appliance.at().index;
    let content = Content::Command {
        from,
        number,
        command,
    };
    let effects = enter(appliance, &content);
    effects.into_iter().find_map(|effect| {
        let Effect::HpiAnswer { result, .. } = effect else {
            return None;
        };
        Some(result)
    })
}

/// A CMM was cut off with a call on its way. Its client has called again where the shelf is served
/// since, and what it called first comes to the log when both CMMs are together again: it would be
/// done twice.
#[test]
fn what_was_called_at_the_cmm_before_is_not_done_late() {
    let appliance = &mut begun();
    let active = appliance.redundancy.active().expect("a view has one");
    let other = NodeId(3 - active.0);
    let say = || UserCall::EventAdd(Severity::Minor, TextBuffer::english("once"));
    let done = Some(Ok(hpi_domain::Told::Done));
    assert_eq!(call(appliance, active, UserCall::SessionOpen), done);
    assert_eq!(call(appliance, active, say()), done);
    let logged = appliance.hpi.event_log().len();
    assert_eq!(call(appliance, other, say()), Some(Err(HpiError::Busy)));
    assert_eq!(appliance.hpi.event_log().len(), logged);
}

/// A log in which nothing happened is behind the clocks, and a view catches up with them. What was
/// done just before it is not old for that: its client is about to repeat it.
#[test]
fn a_call_does_not_age_by_a_view() {
    let appliance = &mut begun();
    let active = appliance.redundancy.active().expect("a view has one");
    call(appliance, active, UserCall::SessionOpen);
    let mark = Mark {
        connection: 1,
        digest: [0; 16],
    };
    let say = UserCall::EventAdd(Severity::Minor, TextBuffer::english("once"));
    call(appliance, active, UserCall::Repeatable(mark, Box::new(say)));
    let age = |appliance: &Appliance| {
        let done = appliance.hpi.sessions().done().next().expect("it is kept");
        appliance.at().time.since(done.1.at)
    };
    assert_eq!(age(appliance), Duration::ZERO);
    enter_at(appliance, &view(2), Time(3_600_000_000_000));
    assert_eq!(age(appliance), Duration::ZERO);
}
