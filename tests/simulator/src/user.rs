//! HPI's users: they hold sessions, listen to events, and change what they find, over whatever
//! happens to the CMMs.
//!
//! Like OpenHPI's library, each repeats a call on a new connection, two seconds after the old one
//! broke.

use crate::agenda::Happening;
use crate::connection::Link;
use crate::desk::{Asking, Good, Question, Reply, To};
use crate::model::BLADES;
use crate::place;
use crate::world::World;
use appliance::hpi::{GRACE, WITHIN};
use group::Hash;
use hpi_domain::{DimiCall, FruAddress, ResourceCall, SessionId, SwitchCall, UserCall};
use hpi_model::{HpiError, PowerState, ResetAction, ResourceId, Severity, TextBuffer};
use machine::Time;
use std::time::Duration;

/// HPI's users.
pub(crate) const USERS: usize = 3;

/// How long a client waits before it connects anew. Source: openhpi 3.8.0, `baselib/session.cpp`.
const RECONNECT: Duration = Duration::from_secs(2);

/// How old a call may be that is repeated: a CMM knows it for a little longer.
const REPEATED_MAX: Duration = WITHIN.saturating_sub(Duration::from_secs(1));

/// A user.
pub(crate) struct User {
    number: usize,
    session: Option<SessionId>,
    is_subscribed: bool,
    /// The entries that opened and subscribed it, where that was told: the loss of all power may
    /// undo them.
    begun: [Option<Hash>; 2],
    link: Option<Link>,
    asked: Option<Asked>,
    /// Counts what it called.
    serial: u32,
    /// It does nothing before.
    next: Time,
    /// When it was replied to last.
    heard: Time,
    /// The event that it got last.
    last: Option<u64>,
    /// It has got no event on this connection.
    is_fresh: bool,
}

/// A call that is not replied to.
struct Asked {
    number: u64,
    session: Option<SessionId>,
    digest: [u8; 16],
    asks: Asking,
    /// What it wants to change: which place, to what.
    wants: Option<(usize, u32)>,
    first: Time,
    /// It is repeated then, as its connection broke.
    again: Option<Time>,
    is_repeated: bool,
}

impl User {
    pub(crate) fn new(number: usize) -> Self {
        Self {
            number,
            session: None,
            is_subscribed: false,
            begun: [None; 2],
            link: None,
            asked: None,
            serial: 0,
            next: Time::default(),
            heard: Time::default(),
            last: None,
            is_fresh: false,
        }
    }

    fn end_session(&mut self) {
        self.session = None;
        self.is_subscribed = false;
        self.begun = [None; 2];
        self.last = None;
    }

    fn digest(&self) -> [u8; 16] {
        let number = u64::try_from(self.number).unwrap_or(u64::MAX);
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&number.to_le_bytes());
        digest[8..12].copy_from_slice(&self.serial.to_le_bytes());
        digest
    }
}

impl World {
    /// A user does what it does next.
    pub(crate) fn user(&mut self, number: usize) {
        if self.now < self.users[number].next {
            return;
        }
        match &self.users[number].asked {
            None => self.ask(number),
            Some(asked) => match asked.again {
                None => self.wait_on(number),
                Some(_) => self.repeat(number),
            },
        }
    }

    pub(crate) fn user_later(&mut self, number: usize, delay: Duration) {
        self.users[number].next = self.now.after(delay);
        self.after(delay, Happening::User(number));
    }

    /// It waits for a reply, and finds out whether its connection is still there.
    fn wait_on(&mut self, number: usize) {
        let link = self.users[number].link;
        let is_broken = link.is_none_or(|link| !self.is_linked(link) && self.is_told_of(link));
        if !is_broken {
            let delay = self.dice.millis(200, 1_000);
            return self.user_later(number, delay);
        }
        let again = self.now.after(RECONNECT);
        let user = &mut self.users[number];
        user.link = None;
        if let Some(asked) = &mut user.asked {
            asked.again = Some(again);
        }
        self.user_later(number, RECONNECT);
    }

    /// Its connection broke, and it calls once more; or gives up.
    fn repeat(&mut self, number: usize) {
        let now = self.now;
        let is_late = |asked: &Asked| now.since(asked.first) >= REPEATED_MAX;
        if self.users[number].asked.as_ref().is_some_and(is_late) {
            self.give_up(number);
            return self.user_later(number, Duration::from_millis(500));
        }
        match self.connect() {
            None => self.user_later(number, Duration::from_millis(300)),
            Some(link) => {
                let user = &mut self.users[number];
                user.link = Some(link);
                user.is_fresh = true;
                if let Some(asked) = &mut user.asked {
                    asked.again = None;
                    asked.is_repeated = true;
                }
                self.call(number);
            }
        }
    }

    /// It does not know what came of its call.
    fn give_up(&mut self, number: usize) {
        let user = &mut self.users[number];
        let asked = user.asked.take().map(|asked| asked.asks);
        use UserCall::{SessionClose, Subscribe, Unsubscribe};
        if let Some(Asking::Change(SessionClose | Subscribe | Unsubscribe)) = asked {
            user.end_session();
        }
    }

    /// It calls something new.
    fn ask(&mut self, number: usize) {
        if self.users[number].link.is_none() {
            let link = self.connect();
            let user = &mut self.users[number];
            (user.link, user.is_fresh) = (link, true);
            if link.is_none() {
                return self.user_later(number, Duration::from_secs(1));
            }
        }
        self.users[number].serial += 1;
        let (asks, wants) = self.choose(number);
        if let Some((place, value)) = wants {
            self.places[place].wants(value);
        }
        let now = self.now;
        let user = &mut self.users[number];
        user.asked = Some(Asked {
            number: 0,
            session: user.session.filter(|_| !matches!(asks, Asking::Open)),
            digest: user.digest(),
            asks,
            wants,
            first: now,
            again: None,
            is_repeated: false,
        });
        self.call(number);
    }

    fn call(&mut self, number: usize) {
        self.tag_last += 1;
        let call = self.tag_last;
        let user = &mut self.users[number];
        let (Some(link), Some(asked)) = (user.link, &mut user.asked) else {
            return;
        };
        asked.number = call;
        let question = Question {
            to: To {
                user: number,
                link,
                number: call,
            },
            session: asked.session,
            digest: asked.digest,
            asks: asked.asks.clone(),
        };
        let delay = self.dice.micros(50, 1_500);
        self.after(delay, Happening::Called(question));
        if !self.is_calm && self.dice.once_in(30) {
            // Something between them breaks the connection.
            let delay = self.dice.micros(50, 20_000);
            self.after(delay, Happening::Broken(link));
        }
        let delay = self.dice.millis(200, 1_000);
        self.user_later(number, delay);
    }

    fn choose(&mut self, number: usize) -> (Asking, Option<(usize, u32)>) {
        let (session, is_subscribed) =
            (self.users[number].session, self.users[number].is_subscribed);
        let change = |call| (Asking::Change(call), None);
        if session.is_none() {
            return (Asking::Open, None);
        }
        if !is_subscribed {
            return change(UserCall::Subscribe);
        }
        match self.dice.below(40) {
            0 => change(UserCall::SessionClose),
            1 => change(UserCall::Unsubscribe),
            2..6 => change(self.saying(number)),
            6..18 => self.writing(number).unwrap_or((self.getting(), None)),
            18 | 19 => self.ordering().map_or((self.getting(), None), change),
            _ => (self.getting(), None),
        }
    }

    fn getting(&mut self) -> Asking {
        Asking::Get(match self.is_calm {
            true => self.dice.millis(20_000, 60_000),
            false => self.dice.millis(0, 3_000),
        })
    }

    /// A text that nobody else says.
    fn saying(&self, number: usize) -> UserCall {
        let text = format!("user {number} says {}", self.users[number].serial);
        UserCall::EventAdd(Severity::Informational, TextBuffer::english(&text))
    }

    /// Something is set that only this user sets.
    fn writing(&mut self, number: usize) -> Option<(Asking, Option<(usize, u32)>)> {
        let own = (0..place::COUNT).filter(|place| place % USERS == number);
        let own: Vec<usize> = own.collect();
        let place = own[self.dice.index(own.len())];
        let value = self.users[number].serial;
        let call = place::setting(self.anyone()?, place, value)?;
        Some((Asking::Change(call), Some((place, value))))
    }

    /// Something is ordered of a blade; a blade that is there is not switched off for good.
    fn ordering(&mut self) -> Option<UserCall> {
        let slot = u8::try_from(1 + self.dice.below(u64::from(BLADES))).unwrap_or(1);
        let kind = self.dice.below(12);
        let on = self.dice.once_in(2);
        let is_calm = self.is_calm;
        let address = chassis::blade_address(slot);
        let fru = FruAddress { address, fru_id: 0 };
        let found = self.anyone()?.hpi.of_fru(fru)?;
        let id: ResourceId = found.rpt.resource;
        Some(match kind {
            0 if !is_calm => UserCall::Switch(id, SwitchCall::PowerStateSet(PowerState::Cycle)),
            1 if !is_calm => UserCall::Switch(id, SwitchCall::ResetStateSet(ResetAction::Cold)),
            2..6 => UserCall::Switch(id, SwitchCall::IndicatorStateSet(on)),
            _ => {
                let start = DimiCall::TestStart(0, Vec::new());
                UserCall::Resource(id, ResourceCall::Dimi(0, start))
            }
        })
    }

    fn anyone(&self) -> Option<&appliance::Appliance> {
        let mut running = self.nodes.values().filter_map(|node| node.running.as_ref());
        let running = running.find(|it| it.desk.has_address)?;
        Some(running.member.appliance())
    }

    /// A reply arrives, unless it is lost.
    pub(crate) fn replied(&mut self, to: To, reply: Reply) {
        let user = &mut self.users[to.user];
        let waits = |asked: &Asked| asked.number == to.number;
        let is_awaited = user.link == Some(to.link) && user.asked.as_ref().is_some_and(waits);
        if !is_awaited || !self.is_powered_since(to.link) {
            return;
        }
        let user = &mut self.users[to.user];
        let unheard = self.now.since(std::mem::replace(&mut user.heard, self.now));
        if let Some(asked) = user.asked.take() {
            self.take_reply((to.user, unheard), &asked, reply);
        }
        let pause = match self.is_calm {
            true => self.dice.millis(5_000, 30_000),
            false => self.dice.millis(1, 6_000),
        };
        self.user_later(to.user, pause);
    }

    fn take_reply(&mut self, (number, unheard): (usize, Duration), asked: &Asked, reply: Reply) {
        use UserCall as C;
        self.trace(machine::NodeId(0), || {
            format!("user {number}: {:?} gives {reply:?}", asked.asks)
        });
        if let Some((place, value)) = asked.wants {
            match reply {
                Ok(Good::Done(index, _)) => self.places[place].has(value, index),
                Err(_) if !asked.is_repeated => self.places[place].refused(value),
                Ok(_) | Err(_) => {}
            }
        }
        let user = &mut self.users[number];
        match (&asked.asks, reply) {
            (Asking::Open, Ok(Good::Opened(session, hash))) => {
                user.end_session();
                user.session = Some(session);
                user.begun[0] = hash;
            }
            (Asking::Change(C::SessionClose), Ok(_) | Err(HpiError::InvalidSession)) => {
                user.end_session();
            }
            (_, Err(HpiError::InvalidSession)) => {
                let is_undone = self.check.is_lost(user.begun[0]);
                user.end_session();
                if unheard < GRACE && !is_undone {
                    let text = format!("user {number} has lost its session");
                    self.check.violated(text);
                }
            }
            (Asking::Change(C::Subscribe), Ok(_) | Err(HpiError::Duplicate)) => {
                user.is_subscribed = true;
                user.last = None;
                user.begun[1] = match reply {
                    Ok(Good::Done(_, hash)) => hash,
                    Ok(_) | Err(_) => None,
                };
            }
            (Asking::Change(C::Unsubscribe), Ok(_) | Err(HpiError::InvalidRequest)) => {
                user.is_subscribed = false;
            }
            (
                Asking::Get(_),
                Ok(Good::Event {
                    number: it,
                    overflowed,
                }),
            ) => {
                self.got(number, it, overflowed);
            }
            (Asking::Get(_), Err(HpiError::InvalidRequest))
                if self.check.is_lost(user.begun[1]) =>
            {
                user.is_subscribed = false;
            }
            (Asking::Get(_), Err(HpiError::InvalidRequest)) => {
                let text = format!("user {number} has lost its subscription");
                self.check.violated(text);
            }
            (Asking::Open | Asking::Get(_) | Asking::Change(_), _) => {}
        }
    }

    /// Events come in order; one comes twice only where its reply may have been lost with the
    /// connection, and none is left out without a word.
    fn got(&mut self, number: usize, event: u64, overflowed: bool) {
        let user = &mut self.users[number];
        let is_fresh = std::mem::take(&mut user.is_fresh);
        let last = user.last.replace(event);
        let Some(last) = last else {
            return;
        };
        if event > last + 1 && !overflowed {
            let text = format!("user {number} gets event {event} after {last}, and is not told");
            self.check.violated(text);
        }
        if event <= last && !is_fresh {
            let text = format!("user {number} gets event {event} after {last}");
            self.check.violated(text);
        }
        self.check.events += 1;
    }
}
