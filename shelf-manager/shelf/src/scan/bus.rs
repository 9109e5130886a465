//! Requests under way and waiting, and timers.

use super::Purpose;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::{Command, ResponseError};
use ipmi::description::SensorAddress;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{IN_FLIGHT_MAX, PortOrder, RequestError, Target};
use machine::Time;

/// Most sensor readings under way at once: the rest of the bus stays free for what cannot wait.
const READINGS_MAX: usize = IN_FLIGHT_MAX / 2;

/// How often a request is repeated while the controller is busy.
const TRIES_MAX: u8 = 10;

/// How long a busy controller is left alone.
const BUSY_DELAY: Duration = Duration::from_millis(100);

/// Address of the shelf manager. Source: PICMG 3.0 R3.0, IPMB-0 addresses.
pub(super) const SHELF_MANAGER: u8 = 0x20;

/// How urgent a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// Orders, events, presence.
    Now,
    /// Discovery.
    Soon,
    /// Sensor readings.
    Later,
}

/// A timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Look whether a controller is there.
    Check(u8),
    /// Read a sensor.
    Reading(u8, SensorAddress),
    /// Look for new records in the SEL.
    Sel,
    /// Repeat a request.
    Retry(u64),
    /// Read the hot swap sensor for an order once more.
    Judge(u64),
}

/// A request with what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) purpose: Purpose,
    pub(super) target: Target,
    request: Request,
    urgency: Urgency,
    tries: u8,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nobody is at the address.
    Absent,
    /// No answer.
    Silent,
    /// Refused with this code.
    Refused(CompletionCode),
    /// Answered with too few bytes.
    Malformed,
}

/// Requests and timers of one port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bus {
    next_token: u64,
    now: VecDeque<Asked>,
    soon: VecDeque<Asked>,
    later: VecDeque<Asked>,
    under_way: BTreeMap<u64, Asked>,
    delayed: BTreeMap<u64, Asked>,
    timers: BTreeSet<(Time, Timer)>,
}

impl Bus {
    /// Queues a request.
    pub(super) fn ask(
        &mut self,
        purpose: Purpose,
        urgency: Urgency,
        (target, request): (Target, Request),
    ) {
        self.enqueue(Asked {
            purpose,
            target,
            request,
            urgency,
            tries: 0,
        });
    }

    fn enqueue(&mut self, asked: Asked) {
        match asked.urgency {
            Urgency::Now => self.now.push_back(asked),
            Urgency::Soon => self.soon.push_back(asked),
            Urgency::Later => self.later.push_back(asked),
        }
    }

    /// Takes the request that may go onto the wire next.
    pub(super) fn next_order(&mut self) -> Option<PortOrder> {
        if self.under_way.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let readings = || {
            self.under_way
                .values()
                .filter(|asked| asked.urgency == Urgency::Later)
        };
        let readings_fit = readings().count() < READINGS_MAX;
        let asked = self.now.pop_front().or_else(|| self.soon.pop_front());
        let asked = asked.or_else(|| readings_fit.then(|| self.later.pop_front()).flatten())?;
        let token = self.token();
        let order = PortOrder {
            token,
            target: asked.target,
            request: asked.request.clone(),
        };
        self.under_way.insert(token, asked);
        Some(order)
    }

    /// What the answered request was for; `None` when nobody waits for it any more.
    pub(super) fn answered(&mut self, token: u64) -> Option<Asked> {
        self.under_way.remove(&token)
    }

    /// Repeats a request later when the controller was only busy; `false` when that is of no use.
    pub(super) fn retry_if_busy(&mut self, now: Time, asked: &Asked, code: CompletionCode) -> bool {
        let is_busy = [
            CompletionCode::NODE_BUSY,
            CompletionCode::TIMEOUT,
            CompletionCode(0xd0),
            CompletionCode(0xd1),
            CompletionCode(0xd2),
        ]
        .contains(&code);
        if !is_busy || asked.tries >= TRIES_MAX {
            return false;
        }
        let id = self.token();
        self.delayed.insert(
            id,
            Asked {
                tries: asked.tries + 1,
                ..asked.clone()
            },
        );
        self.timers
            .insert((now.after(BUSY_DELAY), Timer::Retry(id)));
        true
    }

    /// Puts a delayed request back into its queue.
    pub(super) fn retry(&mut self, id: u64) {
        if let Some(asked) = self.delayed.remove(&id) {
            self.enqueue(asked);
        }
    }

    /// Drops every request whose purpose is one of these; late answers to them are ignored.
    pub(super) fn forget(&mut self, is_meant: impl Fn(&Purpose) -> bool) {
        for queue in [&mut self.now, &mut self.soon, &mut self.later] {
            queue.retain(|asked| !is_meant(&asked.purpose));
        }
        self.under_way.retain(|_, asked| !is_meant(&asked.purpose));
        self.delayed.retain(|_, asked| !is_meant(&asked.purpose));
    }

    /// Whether a request for this is waiting or under way.
    pub(super) fn is_asked(&self, purpose: &Purpose) -> bool {
        let queued = self.now.iter().chain(&self.soon).chain(&self.later);
        let other = self.under_way.values().chain(self.delayed.values());
        queued.chain(other).any(|asked| asked.purpose == *purpose)
    }

    /// Sets a timer; an earlier setting of the same one is replaced.
    pub(super) fn set(&mut self, at: Time, timer: Timer) {
        self.cancel(|other| *other == timer);
        self.timers.insert((at, timer));
    }

    /// Cancels timers.
    pub(super) fn cancel(&mut self, is_meant: impl Fn(&Timer) -> bool) {
        self.timers.retain(|(_, timer)| !is_meant(timer));
    }

    /// Takes the timers that are due.
    pub(super) fn due(&mut self, now: Time) -> Vec<Timer> {
        let mut due = Vec::new();
        while let Some((at, timer)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, timer));
            due.push(timer);
        }
        due
    }

    /// When the next timer is due.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Orders that are not done.
    pub(super) fn orders(&self) -> Vec<u64> {
        let queued = self.now.iter().chain(&self.soon).chain(&self.later);
        let asked = queued
            .chain(self.under_way.values())
            .chain(self.delayed.values());
        let orders = asked.filter_map(|asked| {
            let (Purpose::Order(order) | Purpose::DesiredLevel(order, _)) = asked.purpose else {
                return None;
            };
            Some(order)
        });
        orders.collect()
    }

    /// Forgets all, as the port is down. Tokens go on, so that late answers match nothing.
    pub(super) fn clear(&mut self) {
        *self = Self {
            next_token: self.next_token,
            ..Self::default()
        };
    }

    fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }
}

/// Who has this IPMB-0 address, seen from the port.
pub(super) fn target(address: u8) -> Target {
    if address == SHELF_MANAGER {
        Target::ShelfManager
    } else {
        Target::Ipmb(address)
    }
}

/// A request to the controller at `address`.
pub(super) fn to<C: Command>(address: u8, command: &C) -> (Target, Request) {
    (target(address), command.request())
}

/// The data of an answer.
pub(super) fn data(result: &Result<Response, RequestError>) -> Result<&Response, Failure> {
    match result {
        Err(RequestError::NoSuchController) => Err(Failure::Absent),
        Err(RequestError::Timeout | RequestError::PortDown) => Err(Failure::Silent),
        Ok(response) if response.code == CompletionCode::OK => Ok(response),
        Ok(response) => Err(Failure::Refused(response.code)),
    }
}

/// The data of an answer to Get Device ID or Get Sensor Reading: these have no such codes of their
/// own, so a bridge on the way found nobody.
///
/// Other commands have them: `ipmi_sim` answers D3h to Get Address Info of a FRU without one.
pub(super) fn presence(result: &Result<Response, RequestError>) -> Result<&Response, Failure> {
    const NOBODY: [CompletionCode; 2] = [
        CompletionCode::NAK_ON_WRITE,
        CompletionCode::DESTINATION_UNAVAILABLE,
    ];
    data(result).map_err(|failure| {
        let is_nobody = NOBODY.map(Failure::Refused).contains(&failure);
        if is_nobody { Failure::Absent } else { failure }
    })
}

/// The typed answer to a command.
pub(super) fn answer<C: Command>(
    result: &Result<Response, RequestError>,
) -> Result<C::Response, Failure> {
    C::read_response(data(result)?).map_err(|error| match error {
        ResponseError::Refused(code) => Failure::Refused(code),
        ResponseError::Truncated | ResponseError::OtherGroup => Failure::Malformed,
    })
}
