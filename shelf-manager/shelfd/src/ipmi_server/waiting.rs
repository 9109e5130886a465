//! Questions that wait for a controller, and what is to be done with its answer.

use super::bridge::{BRIDGED_FIRST, bare, tell};
use super::power::Gathering;
use ipmi::command::Command;
use ipmi::command::picmg::GetShelfPowerAllocation;
use ipmi::ipmb::Route;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use ports::Reply;
use shelf::{OrderError, OrderResult};
use std::collections::{BTreeMap, VecDeque};

/// Most questions that wait for a controller. Choice: a quarter of what the scanner takes, so that
/// tools cannot keep the shelf's own orders out.
const WAITING_MAX: usize = shelf::ORDERS_MAX / 4;

/// What is to be done with an answer.
#[derive(Debug)]
pub(super) enum Then {
    /// Tell the tool.
    Tell(Reply),
    /// Tell the tool; when it is OK, that controller was changed.
    Changed(u8, Reply),
    /// Ask these too, one after the other; the tool is told that response when all are done, or the
    /// code of the first that is refused.
    Order(VecDeque<Request>, Response, Reply),
    /// Take it in, ask the others too, and tell the tool what comes of all.
    Gather(Gathering, Reply),
    /// Keep it in the receive message queue: nobody tracks it.
    Keep(Route, Request),
}

/// What is left to do.
#[derive(Debug)]
pub(super) enum Next {
    Nothing,
    /// That controller was changed.
    Stale(u8),
    /// This is next to be asked.
    Ask(Target, Request, Then),
    /// All were asked; the tool is to be told.
    Gathered(Gathering, Reply),
    /// This goes to the receive message queue.
    Keep(Route, Request, Response),
}

/// Questions by the id of their order.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    waiting: BTreeMap<u64, Then>,
    last: u64,
}

impl Waiting {
    /// An id that nobody has.
    pub(super) fn id(&mut self) -> u64 {
        self.last = (self.last + 1) % BRIDGED_FIRST;
        BRIDGED_FIRST + self.last
    }

    /// Keeps what is to be done; `None` when too much waits, and the tool was told so.
    pub(super) fn open(&mut self, then: Then) -> Option<u64> {
        // Whoever gave up waiting takes nobody's place.
        self.waiting.retain(|_, then| match then {
            Then::Tell(reply) => !reply.is_closed(),
            Then::Changed(..) | Then::Order(..) | Then::Gather(..) | Then::Keep(..) => true,
        });
        if self.waiting.len() >= WAITING_MAX {
            refuse(then, CompletionCode::NODE_BUSY);
            return None;
        }
        let id = self.id();
        self.waiting.insert(id, then);
        Some(id)
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn close(&mut self, order: u64, result: OrderResult) -> Next {
        let Some(then) = self.waiting.remove(&order) else {
            return Next::Nothing;
        };
        let response = response(result);
        let is_ok = response.code == CompletionCode::OK;
        match then {
            Then::Tell(reply) => {
                tell(reply, response);
                Next::Nothing
            }
            Then::Changed(address, reply) => {
                tell(reply, response);
                if is_ok {
                    Next::Stale(address)
                } else {
                    Next::Nothing
                }
            }
            Then::Order(mut rest, last, reply) => match rest.pop_front() {
                Some(next) if is_ok => {
                    let then = Then::Order(rest, last, reply);
                    Next::Ask(Target::ShelfManager, next, then)
                }
                Some(_) | None => {
                    let refused = bare(response.code);
                    tell(reply, if is_ok { last } else { refused });
                    Next::Nothing
                }
            },
            Then::Gather(mut gathering, reply) => match gathering.take(&response) {
                Ok(()) => gather(gathering, reply),
                Err(code) => {
                    tell(reply, GetShelfPowerAllocation::refuse(code));
                    Next::Nothing
                }
            },
            Then::Keep(route, request) => Next::Keep(route, request, response),
        }
    }

    /// The port is closed, and with it all that was under way.
    pub(super) fn close_all(&mut self) {
        for (_, then) in std::mem::take(&mut self.waiting) {
            refuse(then, CompletionCode::DESTINATION_UNAVAILABLE);
        }
    }
}

/// Whom to ask next, if anybody.
pub(super) fn gather(gathering: Gathering, reply: Reply) -> Next {
    match gathering.next() {
        Some((target, request)) => Next::Ask(target, request, Then::Gather(gathering, reply)),
        None => Next::Gathered(gathering, reply),
    }
}

fn refuse(then: Then, code: CompletionCode) {
    match then {
        Then::Tell(reply) | Then::Changed(_, reply) | Then::Order(_, _, reply) => {
            tell(reply, bare(code));
        }
        Then::Gather(_, reply) => tell(reply, GetShelfPowerAllocation::refuse(code)),
        Then::Keep(..) => {}
    }
}

/// Source: IPMI v2.0 §22.7 and Table 5-2.
fn response(result: OrderResult) -> Response {
    let code = match result {
        Ok(data) => {
            let code = CompletionCode::OK;
            return Response { code, data };
        }
        Err(OrderError::Refused(code)) => code,
        Err(OrderError::Moved) => CompletionCode::NOT_IN_STATE,
        Err(OrderError::Silent) => CompletionCode::TIMEOUT,
        Err(OrderError::NoSuchController) => CompletionCode::NAK_ON_WRITE,
        Err(OrderError::PortDown) => CompletionCode::DESTINATION_UNAVAILABLE,
        Err(OrderError::TooMany) => CompletionCode::NODE_BUSY,
    };
    bare(code)
}
