//! Questions of tools: answered from the live state, or handed to the scanner and back.

use super::{Memory, Outcome, View, answer};
use crate::core::Core;
use appliance::Command;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use ports::Question;
use shelf::{Action, Order, OrderError, OrderResult, scan};
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// Order ids from here on are ours: the shelf counts its own from 1.
///
/// Choice: what a tool asks a controller does not go through the log. The log holds what changes
/// the state of the shelf, and these requests do not: what they cause at a controller comes back as
/// an event, which is logged. Hundreds of readings a second would cost each CMM writes for nothing.
/// They still go through the scanner, which alone knows what is under way on the bus, with ids that
/// the shelf never gives; the outcome is taken out before it would become a log entry.
const BRIDGED_FIRST: u64 = 1 << 63;

/// Most questions that wait for a controller. Choice: a quarter of what the scanner takes, so that
/// tools cannot keep the shelf's own orders out.
const WAITING_MAX: usize = shelf::ORDERS_MAX / 4;

/// Whether an order is a question of a tool.
pub(crate) fn is_bridged(order: u64) -> bool {
    order >= BRIDGED_FIRST
}

/// Questions that wait for a controller.
#[derive(Debug, Default)]
pub(crate) struct Bridge {
    waiting: BTreeMap<u64, oneshot::Sender<Response>>,
    last: u64,
    memory: Memory,
    guid: [u8; 16],
}

impl Bridge {
    pub(crate) fn new(guid: [u8; 16]) -> Self {
        Self {
            guid,
            ..Self::default()
        }
    }

    /// Keeps the asker; `None` when too many wait, and it was told so.
    fn open(&mut self, reply: oneshot::Sender<Response>) -> Option<u64> {
        // Whoever gave up waiting takes nobody's place.
        self.waiting.retain(|_, reply| !reply.is_closed());
        if self.waiting.len() >= WAITING_MAX {
            tell(reply, bare(CompletionCode::NODE_BUSY));
            return None;
        }
        self.last = (self.last + 1) % BRIDGED_FIRST;
        let order = BRIDGED_FIRST + self.last;
        self.waiting.insert(order, reply);
        Some(order)
    }

    /// Hands an answer to its asker.
    pub(crate) fn close(&mut self, order: u64, result: OrderResult) {
        if let Some(reply) = self.waiting.remove(&order) {
            tell(reply, response(result));
        }
    }

    /// The port is closed, and with it all that was under way.
    pub(crate) fn close_all(&mut self) {
        for (_, reply) in std::mem::take(&mut self.waiting) {
            tell(reply, bare(CompletionCode::DESTINATION_UNAVAILABLE));
        }
    }
}

impl Core {
    /// Answers a question of a tool, now or when a controller has.
    pub(crate) fn ask(&mut self, question: Question) {
        let Question {
            target,
            request,
            reply,
            ..
        } = question;
        let view = View {
            appliance: &self.appliance,
            readings: &self.readings,
            now: self.clock.now(),
            guid: self.bridge.guid,
        };
        match answer(view, &mut self.bridge.memory, (target, &request)) {
            Outcome::Answer(response) => tell(reply, response),
            Outcome::Ask(target, request) => self.hand_on((target, request), reply),
            Outcome::ClearEvents(response) => {
                self.submit(&Command::ClearEvents);
                tell(reply, response);
            }
        }
    }

    fn hand_on(&mut self, (target, request): (Target, Request), reply: oneshot::Sender<Response>) {
        if let Some(id) = self.bridge.open(reply) {
            let action = Action::Raw { target, request };
            self.scan(&scan::Input::Order(Order { id, action }));
        }
    }
}

/// A tool that does not wait any more does not need the answer.
fn tell(reply: oneshot::Sender<Response>, response: Response) {
    let _ = reply.send(response);
}

fn bare(code: CompletionCode) -> Response {
    let data = Vec::new();
    Response { code, data }
}

/// Source: IPMI v2.0 §22.7 and Table 5-2.
fn response(result: OrderResult) -> Response {
    let code = match result {
        Ok(data) => {
            let code = CompletionCode::OK;
            return Response { code, data };
        }
        Err(OrderError::Refused(code)) => code,
        Err(OrderError::Silent) => CompletionCode::TIMEOUT,
        Err(OrderError::NoSuchController) => CompletionCode::NAK_ON_WRITE,
        Err(OrderError::PortDown) => CompletionCode::DESTINATION_UNAVAILABLE,
        Err(OrderError::TooMany) => CompletionCode::NODE_BUSY,
    };
    bare(code)
}
