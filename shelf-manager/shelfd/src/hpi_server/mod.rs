//! What HPI's users are answered: from the live state, from the hardware, or once the log holds
//! what they changed.
//!
//! Clients are those of OpenHPI, unmodified. A session belongs to no connection: its id is random,
//! and valid on any of them, also after a restart of this program, so that a client that comes back
//! goes on as if nothing had been.
//!
//! Source: SAI-HPI-B.03.02; openhpi 3.8.0, `openhpid/server.cpp`, for what clients rely on.

mod answer;
mod atca;
mod check;
mod condition;
mod control;
mod dimi;
mod enable;
mod events;
mod fumi;
mod hardware;
mod inject;
mod inventory;
mod jobs;
mod kept;
mod listen;
mod log;
mod openhpi;
mod repeats;
mod resource;
mod rewrite;
mod sensor;
mod shelf;
mod threshold;
mod upgrade;
mod watchdog;
mod wire;

#[cfg(test)]
mod bed;
#[cfg(test)]
mod tests;

pub(crate) use events::Desk;
pub(crate) use listen::{open, serve};

use crate::readings::Readings;
use appliance::Appliance;
use hpi_domain::{SessionId, Told, UserCall};
use hpi_model::HpiError;
use ipmi::message::{Request, Response};
use ipmi::port::Target;
use machine::Time;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{Function, failed};
use std::time::Duration;

/// The only domain. Choice: 0, as openhpid calls its own.
const DOMAIN: u32 = 0;

/// What answers are made from.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) appliance: &'a Appliance,
    pub(crate) readings: &'a Readings,
    pub(crate) now: Time,
    /// Of this installation.
    pub(crate) guid: [u8; 16],
    /// Inventories that somebody changes.
    edits: &'a rewrite::Edits,
}

/// The payload of a reply.
type Payload = Vec<u8>;

/// Goes on with what the hardware said.
type Then = Box<dyn FnOnce(Response) -> Step + Send>;

/// The same with what it said to two questions, in their order.
type ThenBoth = Box<dyn FnOnce([Response; 2]) -> Step + Send>;

/// Makes the reply out of what came of a call that the log holds.
type Finish = Box<dyn FnOnce(Told) -> Payload + Send>;

/// How a call that needs the hardware goes on.
enum Step {
    /// The reply.
    Reply(Payload),
    /// The hardware is asked once more.
    Ask(Target, Request, Then),
    /// It is asked two things at once: neither needs to wait for what it says to the other.
    AskBoth(Target, [Request; 2], ThenBoth),
    /// The same after a while, where something was done already: whoever called waits on.
    GoOn(Duration, (Target, Request), Then),
    /// The log must hold it; what came of it makes the reply.
    Log(SessionId, UserCall, Finish),
}

/// What comes of a call.
enum Outcome {
    /// The reply.
    Reply(Payload),
    /// The hardware has the answer.
    Ask(Target, Request, Then),
    /// It has, to two questions.
    AskBoth(Target, [Request; 2], ThenBoth),
    /// The log must hold it; what came of it makes the reply.
    Log(SessionId, UserCall, Finish),
    /// The next event of the session is the reply; how long to wait for it, in nanoseconds, or
    /// without an end.
    Event(SessionId, Option<u64>),
}

impl From<Step> for Outcome {
    fn from(step: Step) -> Self {
        match step {
            Step::Reply(payload) => Self::Reply(payload),
            Step::Ask(target, request, then) | Step::GoOn(_, (target, request), then) => {
                Self::Ask(target, request, then)
            }
            Step::AskBoth(target, requests, then) => Self::AskBoth(target, requests, then),
            Step::Log(session, call, finish) => Self::Log(session, call, finish),
        }
    }
}

/// Replies to `F`.
fn reply<F: Function>(order: ByteOrder, result: &Result<F::Reply, HpiError>) -> Payload {
    match result {
        Ok(reply) => F::reply(order, reply),
        Err(why) => failed(order, why.code()),
    }
}

/// What a completion code means to HPI's users. Source: SAI-HPI-B.03.02, general error codes.
fn hardware_error(response: &Response) -> HpiError {
    use ipmi::message::CompletionCode as Code;
    match response.code {
        Code::NODE_BUSY => HpiError::Busy,
        Code::INVALID_COMMAND | Code::ILLEGAL => HpiError::InvalidCmd,
        Code::OUT_OF_RANGE | Code::INVALID_FIELD => HpiError::InvalidData,
        Code::NOT_PRESENT => HpiError::NotPresent,
        Code::NOT_IN_STATE => HpiError::InvalidState,
        _ => HpiError::NoResponse,
    }
}
