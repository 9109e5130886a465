//! Connections that come and go, and the events that they are given.

use super::{Served, Users, Waiting};
use crate::{Appliance, Command};
use alloc::vec::Vec;
use hpi_domain::{SessionId, UserCall};
use hpi_model::{HpiError, Severity, TextBuffer};
use machine::{Machine, Pos, Time};

const SESSION: SessionId = SessionId(7);

/// A session that is subscribed, and what its user is told.
struct Scene {
    appliance: Appliance,
    users: Users<u64>,
    now: Time,
}

impl Scene {
    fn new() -> Self {
        let appliance = Appliance::new();
        let users = Users::new(appliance.hpi.sessions(), Time(0));
        let now = Time(0);
        let mut scene = Self {
            appliance,
            users,
            now,
        };
        scene.log(UserCall::SessionOpen);
        scene.log(UserCall::Subscribe);
        scene.takes_over();
        scene
    }

    fn log(&mut self, call: UserCall) {
        let at = Pos {
            index: self.appliance.at().index + 1,
            time: self.now,
        };
        let (tag, session) = (1, SESSION);
        let command = Command::Hpi { tag, session, call };
        self.appliance.apply(at, &command, &mut Vec::new());
    }

    fn takes_over(&mut self) {
        let sessions = self.appliance.hpi.sessions();
        self.users.take_over(sessions, self.now);
    }

    fn happens(&mut self) {
        let text = TextBuffer::english("something");
        self.log(UserCall::EventAdd(Severity::Minor, text));
    }

    /// A connection waits for an event; what it has got shall be logged.
    fn waits(&mut self, connection: u64) {
        if let Some((_, number)) = self.users.used(connection, Some(SESSION)) {
            self.log(UserCall::EventTaken(number));
        }
        self.users.wait(Waiting {
            connection,
            session: SESSION,
            until: None,
            reply: connection,
        });
    }

    /// Who is given which event, or refused.
    fn served(&mut self) -> Vec<(u64, Result<u64, HpiError>)> {
        let sessions = self.appliance.hpi.sessions();
        let served = self.users.serve(sessions, self.now);
        let number = |it: Served<'_, u64>| (it.reply, it.result.map(|(event, _)| event.number));
        served.into_iter().map(number).collect()
    }
}

// The connection broke with the reply on its way.
#[test]
fn what_may_not_have_arrived_is_given_again() {
    let mut scene = Scene::new();
    scene.happens();
    scene.happens();
    scene.waits(1);
    assert_eq!(scene.served(), [(1, Ok(0))]);
    scene.users.closed(1, scene.now);
    scene.waits(2);
    assert_eq!(scene.served(), [(2, Ok(0))]);
    // To call again is to have got it.
    scene.waits(2);
    assert_eq!(scene.served(), [(2, Ok(1))]);
}

// What it was given last is given again by whoever serves the session next, or is in the log: it
// must not come twice should this member serve it once more.
#[test]
fn what_was_given_before_another_member_serves_is_not_given_again_here() {
    let mut scene = Scene::new();
    scene.happens();
    scene.waits(1);
    assert_eq!(scene.served(), [(1, Ok(0))]);
    assert!(scene.users.leave().is_empty());
    scene.log(UserCall::EventTaken(0));
    scene.users.closed(1, Time(1));
    scene.waits(2);
    assert_eq!(scene.served(), []);
    assert_eq!(scene.users.leave().len(), 1, "whoever waits ends elsewhere");
    // Its client has not heard yet that it shall call elsewhere.
    scene.happens();
    scene.waits(3);
    assert_eq!(scene.served(), []);
    scene.takes_over();
    assert_eq!(scene.served(), [(3, Ok(1))]);
}

// The member died with the reply on its way: another one, which knows nothing but the log, does not
// leave the event out.
#[test]
fn who_takes_over_gives_what_may_not_have_arrived() {
    let mut scene = Scene::new();
    scene.happens();
    scene.happens();
    scene.waits(1);
    assert_eq!(scene.served(), [(1, Ok(0))]);
    let anew = |scene: &mut Scene| {
        scene.users = Users::new(scene.appliance.hpi.sessions(), scene.now);
        scene.takes_over();
    };
    anew(&mut scene);
    scene.waits(1);
    assert_eq!(scene.served(), [(1, Ok(0))]);
    scene.waits(1);
    anew(&mut scene);
    scene.waits(1);
    assert_eq!(scene.served(), [(1, Ok(1))]);
}

// A session ends when nobody has used it for a long time, and not before.
#[test]
fn a_session_lapses_when_it_was_idle_for_long() {
    let mut scene = Scene::new();
    assert_eq!(scene.users.used(1, Some(SESSION)), None);
    assert_eq!(scene.users.lapsed(Time(0).after(super::GRACE * 2)), []);
    scene.users.closed(1, Time(5));
    assert_eq!(scene.users.lapsed(Time(0).after(super::GRACE)), []);
    assert_eq!(scene.users.lapsed(Time(5).after(super::GRACE)), [SESSION]);
}

// A standby does not know who uses the sessions, and has nothing to do about them: it must not wait
// for a time that has passed already.
#[test]
fn nobody_waits_for_sessions_to_lapse_elsewhere() {
    let mut scene = Scene::new();
    scene.users = Users::new(scene.appliance.hpi.sessions(), scene.now);
    scene.users.looked(2);
    assert_eq!(scene.users.deadline(), None);
    scene.takes_over();
    scene.users.looked(2);
    assert_eq!(scene.users.deadline(), Some(scene.now.after(super::GRACE)));
    scene.users.leave();
    scene.users.looked(2);
    assert_eq!(scene.users.deadline(), None);
    assert_eq!(scene.users.lapsed(scene.now.after(super::GRACE)), []);
}

// Else the event would be lost: nobody reads it there, and nobody knows that it was not read.
#[test]
fn a_connection_that_ended_is_given_nothing() {
    let mut scene = Scene::new();
    scene.waits(1);
    assert_eq!(scene.served(), []);
    scene.users.closed(1, scene.now);
    scene.happens();
    assert_eq!(scene.served(), []);
    scene.waits(2);
    assert_eq!(scene.served(), [(2, Ok(0))]);
}

// What waits for a subscription is lost with it. Source: SAI-HPI-B.03.02, `saHpiUnsubscribe`.
#[test]
fn what_may_not_have_arrived_ends_with_the_subscription() {
    let mut scene = Scene::new();
    scene.happens();
    scene.waits(1);
    assert_eq!(scene.served(), [(1, Ok(0))]);
    scene.users.closed(1, scene.now);
    for call in [UserCall::Unsubscribe, UserCall::Subscribe] {
        scene.users.ends(SESSION, &call);
        scene.log(call);
    }
    scene.waits(2);
    assert_eq!(scene.served(), []);
    scene.happens();
    assert_eq!(scene.served(), [(2, Ok(1))]);
}
