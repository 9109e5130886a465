//! Event logs of resources, and their clocks.

use super::Player;
use crate::{Effect, EventLog, Input, LogCall, OverflowAction, SessionId, UserCall};
use alloc::vec::Vec;
use hpi_model::{HpiError, ResourceId, Severity, TextBuffer};
use machine::{Machine, Pos, Time};

/// A fixture that has an event log.
const FIXTURE: ResourceId = ResourceId(4352);

fn player() -> Player {
    let mut player = Player::new();
    player.play("fixture full");
    player.play("user 7 open");
    player
}

/// What comes of a call at `at`.
fn call(player: &mut Player, id: ResourceId, call: LogCall, at: u64) -> Result<(), HpiError> {
    let at = Pos {
        index: 1,
        time: Time(at),
    };
    let call = UserCall::EventLog(id, call);
    let (tag, session) = (1, SessionId(7));
    let mut effects = Vec::new();
    let input = Input::User { tag, session, call };
    player.domain.apply(at, &input, &mut effects);
    let Some(Effect::Answer { result, .. }) = effects.pop() else {
        panic!("each call is answered");
    };
    result.map(drop)
}

fn add() -> LogCall {
    LogCall::EntryAdd(Severity::Minor, TextBuffer::english("noted"))
}

fn log(player: &Player) -> &EventLog {
    let resource = player.domain.resource(FIXTURE).unwrap();
    resource.kept.log.as_ref().unwrap()
}

/// A log that drops says so to whoever adds, and by its flag.
#[test]
fn a_full_log_that_drops_takes_no_more() {
    let mut player = player();
    assert_eq!(log(&player).overflow_action(), OverflowAction::Drop);
    for _ in 0..log(&player).size() {
        assert_eq!(call(&mut player, FIXTURE, add(), 1), Ok(()));
    }
    assert!(!log(&player).overflowed());
    let refused = call(&mut player, FIXTURE, add(), 1);
    assert_eq!(refused, Err(HpiError::OutOfSpace));
    assert!(log(&player).overflowed());
    assert_eq!(log(&player).entry(1).map(|entry| entry.id), Some(1));
    assert_eq!(
        call(&mut player, FIXTURE, LogCall::OverflowReset, 1),
        Ok(())
    );
    assert!(!log(&player).overflowed());
    assert_eq!(call(&mut player, FIXTURE, LogCall::Clear, 1), Ok(()));
    assert!(log(&player).is_empty());
    assert_eq!(call(&mut player, FIXTURE, add(), 1), Ok(()));
}

/// Only entries that come later bear the new time, and no other log's do.
#[test]
fn a_clock_is_set_for_one_log() {
    let mut player = player();
    assert_eq!(call(&mut player, FIXTURE, add(), 5), Ok(()));
    let set = LogCall::TimeSet(1_000);
    assert_eq!(call(&mut player, FIXTURE, set, 10), Ok(()));
    assert_eq!(log(&player).clock(Time(12)), 1_002);
    assert_eq!(call(&mut player, FIXTURE, add(), 15), Ok(()));
    assert_eq!(
        call(&mut player, ResourceId::UNSPECIFIED, add(), 15),
        Ok(())
    );
    let times: Vec<i64> = log(&player).entries().map(|entry| entry.time_ns).collect();
    assert_eq!(times, [5, 1_005]);
    assert_eq!(log(&player).updated_ns(), 1_005);
    let last = player.domain.event_log().entries().next_back().unwrap();
    assert_eq!(last.time_ns, 15);
}

/// The log of a resource has what that resource tells, and the domain's log has it too.
#[test]
fn a_resource_without_a_log_has_none() {
    let mut player = player();
    let unknown = call(&mut player, ResourceId(1), add(), 1);
    assert_eq!(unknown, Err(HpiError::InvalidResource));
    let shelf = call(&mut player, crate::SHELF_RESOURCE, add(), 1);
    assert_eq!(shelf, Err(HpiError::Capability));
}
