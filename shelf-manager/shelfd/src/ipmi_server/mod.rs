//! What the shelf manager answers at 20h, its system manager interface: from the live state of the
//! shelf, one file for each network function.
//!
//! Nothing here waits: a question is answered at once from what is known, or handed on to whoever
//! knows. What only the hardware at 20h keeps (thresholds, LEDs, power levels) is asked of it, so
//! that a value that was set is the value that is read.
//!
//! Source: IPMI v2.0; PICMG 3.0 R3.0, shelf manager duties.

mod app;
mod bridge;
mod chassis;
mod fru;
mod group;
mod listen;
mod lock;
mod messages;
mod net;
mod pef;
mod power;
mod sdr;
mod sel;
mod sensor;
mod storage;
mod transport;
mod waiting;
mod watchdog;

#[cfg(test)]
mod tests;

pub(crate) use bridge::{Bridge, is_bridged};
pub(crate) use listen::{bind, guid, serve};

use crate::readings::Readings;
use appliance::Appliance;
use ipmi::command::Command;
use ipmi::command::storage::WriteFruData;
use ipmi::ipmb::Route;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::Target;
use machine::Time;
pub(crate) use net::Network;
pub(crate) use power::present as present_power;
use shelf::ControllerEntry;

/// Address of the shelf manager. Source: PICMG 3.0 R3.0, IPMB-0 addresses.
const SHELF_MANAGER: u8 = 0x20;

/// The shelf's own inventory. Source: PICMG 3.0 R3.0, shelf FRU information.
const SHELF_FRU: u8 = 254;

/// Command sub-function disabled or unavailable. Source: IPMI v2.0 Table 5-2.
const SUB_FUNCTION_DISABLED: CompletionCode = CompletionCode(0xd6);

/// What answers are made from.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) appliance: &'a Appliance,
    pub(crate) readings: &'a Readings,
    pub(crate) now: Time,
    /// Of this installation, least significant byte first.
    pub(crate) guid: [u8; 16],
    /// When this program began.
    pub(crate) started: Time,
    /// Where tools reach us.
    pub(crate) network: Network,
}

/// What tools may rely on between two questions: reservations, when the SDR repository changed,
/// what waits for whoever asks, the lock of the shelf's inventory, and how often its power changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    sdr: sdr::Repository,
    sel: sel::Reservation,
    messages: messages::Messages,
    lock: lock::Lock,
    power: power::Allocation,
}

/// What comes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answer.
    Answer(Response),
    /// A controller of the shelf has the answer.
    Ask(Target, Request),
    /// A controller of the shelf has the answer; when it is OK, its description is out of date.
    Change(Target, Request),
    /// The hardware at 20h must do this; when it did, this is the answer.
    Instead(Request, Response),
    /// The hardware at 20h must do these, one after the other; then this is the answer, and its
    /// description is out of date. The first that it refuses ends it, with its completion code.
    Order(Vec<Request>, Response),
    /// A message for a controller, whose answer is kept.
    Send(Route, Request),
    /// The FRUs must be asked what they draw.
    Gather(power::Gathering),
    /// This must go into the log; then this is the answer.
    Log(Box<appliance::Command>, Response),
}

/// Answers a question to `target`.
pub(crate) fn answer(
    view: View<'_>,
    memory: &mut Memory,
    (target, request): (Target, &Request),
) -> Outcome {
    match target {
        // A tool that bridges to 20h means us.
        Target::ShelfManager | Target::Ipmb(SHELF_MANAGER) => own(view, memory, request),
        Target::Ipmb(_) if WriteFruData::is(request) => Outcome::Change(target, request.clone()),
        Target::Ipmb(_) => Outcome::Ask(target, request.clone()),
    }
}

fn own(view: View<'_>, memory: &mut Memory, request: &Request) -> Outcome {
    // Only a sensor's address has a logical unit in it.
    if request.lun != 0 && request.net_fn != NetFn::SENSOR_EVENT {
        return refuse(request, CompletionCode::INVALID_FOR_LUN);
    }
    let outcome = match request.net_fn {
        NetFn::CHASSIS => chassis::answer(view, request),
        NetFn::SENSOR_EVENT => sensor::answer(view, request),
        NetFn::APP => {
            let answer = app::answer(view, request).or_else(|| watchdog::answer(view, request));
            answer.or_else(|| messages::answer(view, memory, request))
        }
        NetFn::STORAGE => storage::answer(view, memory, request),
        NetFn::TRANSPORT => pef::lan(view, request).or_else(|| transport::answer(view, request)),
        NetFn::GROUP => group::answer(view, memory, request),
        _ => None,
    };
    outcome.unwrap_or_else(|| refuse(request, CompletionCode::INVALID_COMMAND))
}

/// In the group extension the group id goes back with a refusal, as for OK.
fn refuse(request: &Request, code: CompletionCode) -> Outcome {
    let group = request
        .data
        .first()
        .filter(|_| request.net_fn == NetFn::GROUP);
    Outcome::Answer(Response {
        code,
        data: group.copied().into_iter().collect(),
    })
}

/// The hardware at 20h answers this.
fn hardware(request: &Request) -> Outcome {
    Outcome::Ask(Target::ShelfManager, request.clone())
}

/// The hardware at 20h does these; with none there is nothing to wait for.
fn hardware_writes(requests: Vec<Request>, response: Response) -> Outcome {
    if requests.is_empty() {
        Outcome::Answer(response)
    } else {
        Outcome::Order(requests, response)
    }
}

/// Answers one command.
fn with<C: Command>(
    request: &Request,
    answer: impl FnOnce(C) -> Result<C::Response, CompletionCode>,
) -> Outcome {
    Outcome::Answer(match read::<C>(request).and_then(answer) {
        Ok(body) => C::respond(&body),
        Err(code) => C::refuse(code),
    })
}

/// Reads a request that must be no longer than its command.
fn read<C: Command>(request: &Request) -> Result<C, CompletionCode> {
    let command = C::read_request(request)?;
    if command.request().data.len() == request.data.len() {
        Ok(command)
    } else {
        Err(CompletionCode::LENGTH_INVALID)
    }
}

impl<'a> View<'a> {
    /// The controller at 20h; `None` before it was discovered.
    fn manager(&self) -> Option<&'a ControllerEntry> {
        self.appliance.shelf.controller(SHELF_MANAGER)
    }
}

/// Seconds since 1970, as IPMI counts them.
fn seconds(time: Time) -> u32 {
    u32::try_from(time.0 / 1_000_000_000).unwrap_or(u32::MAX)
}
