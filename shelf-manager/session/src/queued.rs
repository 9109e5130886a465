//! What was asked, while it waits or is under way.

use crate::{Timing, WAITING_MAX};
use alloc::collections::VecDeque;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{PortEvent, PortOrder, RequestError, Target};
use machine::Time;
use serde::{Deserialize, Serialize};

/// IPMB address of the shelf manager.
pub(crate) const SHELF_MANAGER: u8 = 0x20;

/// One order, in a form that can be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) token: u64,
    pub(crate) target: Target,
    pub(crate) request: Request,
}

impl From<&PortOrder> for Asked {
    fn from(order: &PortOrder) -> Self {
        // The shelf manager does not bridge to itself.
        let target = match order.target {
            Target::Ipmb(SHELF_MANAGER) | Target::ShelfManager => Target::ShelfManager,
            Target::Ipmb(address) => Target::Ipmb(address),
        };
        Self {
            token: order.token,
            target,
            request: order.request.clone(),
        }
    }
}

impl Asked {
    pub(crate) fn answered(&self, result: Result<Response, RequestError>) -> PortEvent {
        let token = self.token;
        PortEvent::Answer { token, result }
    }
}

/// What a completion code other than OK means when Send Message has it.
pub(crate) enum Undelivered {
    /// Nobody acknowledged the address.
    Nobody,
    /// The bus was busy or disturbed: ask again when the time is up.
    Disturbed,
    /// The bridge itself refuses.
    Refused,
}

/// Source: IPMI v2.0 Table 22-8, completion codes of Send Message.
pub(crate) fn undelivered(code: CompletionCode) -> Undelivered {
    match code {
        CompletionCode::NAK_ON_WRITE => Undelivered::Nobody,
        CompletionCode(0x81 | 0x82) | CompletionCode::NODE_BUSY | CompletionCode::TIMEOUT => {
            Undelivered::Disturbed
        }
        _ => Undelivered::Refused,
    }
}

/// When to ask again, and how often still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Patience {
    pub(crate) until: Time,
    attempts_left: u8,
}

impl Patience {
    /// From the first sending on.
    pub(crate) fn new(now: Time, timing: Timing) -> Self {
        Self {
            until: now.after(timing.timeout),
            attempts_left: timing.attempts.saturating_sub(1),
        }
    }

    pub(crate) fn is_over(&self, now: Time) -> bool {
        self.until <= now
    }

    /// Whether it may be sent once more; counts that.
    pub(crate) fn again(&mut self, now: Time, timing: Timing) -> bool {
        let Some(left) = self.attempts_left.checked_sub(1) else {
            return false;
        };
        self.attempts_left = left;
        self.until = now.after(timing.timeout);
        true
    }
}

/// Puts an order behind the others; the answer is "busy" when there are too many.
pub(crate) fn enqueue(waiting: &mut VecDeque<Asked>, asked: Asked) -> Option<PortEvent> {
    if waiting.len() < WAITING_MAX {
        waiting.push_back(asked);
        return None;
    }
    Some(asked.answered(Ok(CompletionCode::NODE_BUSY.into())))
}
