//! What the shelf tells of itself: the shelf manager is asked, as tools ask it, or the FRUs are.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, instruments of the shelf.

mod cooling;
mod power;
mod temperature;

use super::control::{AUTO, MANUAL};
use super::hardware::OURSELVES;
use super::{Outcome, Step, View, check, hardware_error, reply, wire};
use hpi_domain::{
    PICMG, Resource, SHELF_ADDRESS_MAX, SHELF_RESOURCE, SHELF_STATUS_LENGTH, shelf_control_num,
};
use hpi_model::instrument::ControlState;
use hpi_model::{HpiError, LANGUAGE_ENGLISH, RdrType, TextBuffer, TextType};
use ipmi::command::Command;
use ipmi::command::chassis::{ChassisStatus, GetChassisStatus};
use ipmi::command::picmg::{
    GetShelfAddressInfo, GetShelfManagerIpAddresses, SetShelfAddressInfo, ShelfAddressInfo,
};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::text::{Coding, Text};
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ControlGet, ControlSet, ModeAndState};
use openhpi_wire::types::{CtrlState, CtrlStateText};
use std::net::Ipv4Addr;
use std::time::Duration;

/// Type/length byte: 8-bit characters. Source: PICMG 3.0 R3.0, address table.
const LATIN_1: u8 = 0b11 << 6;
/// How long the shelf's inventory is left alone before it is looked whether it has the new address,
/// and how often that is done. Choice: it is read anew two seconds after it was written.
const LOOK_AFTER: Duration = Duration::from_millis(500);
/// See [`LOOK_AFTER`].
const LOOKS_MAX: u8 = 10;

/// What a sensor of the shelf tells; `None` when it is another one.
pub(super) fn reading(
    view: View<'_>,
    order: ByteOrder,
    sensor: (&Resource, u32),
) -> Option<Outcome> {
    power::reading(view, order, sensor)
        .or_else(|| cooling::reading(view, order, sensor))
        .or_else(|| temperature::reading(view, order, sensor))
}

/// A control of the shelf that the shelf manager knows; `None` when it is another one.
fn of(resource: &Resource, num: u32) -> Option<u32> {
    let is_shelf = resource.rpt.resource == SHELF_RESOURCE;
    let is_there = is_shelf && resource.rdr_of(RdrType::Control, num).is_some();
    is_there.then_some(num)
}

/// `None` when the control is none of these.
pub(super) fn get(
    order: ByteOrder,
    (resource, asked): (&Resource, &ControlGet),
) -> Option<Outcome> {
    let line = match &asked.state {
        CtrlState::Text(text) => text.line,
        CtrlState::Digital(_)
        | CtrlState::Discrete(_)
        | CtrlState::Analog(_)
        | CtrlState::Stream(_)
        | CtrlState::Oem(_) => 0,
    };
    let num = of(resource, asked.control)?;
    let is_line = line <= 1 || num == shelf_control_num::SHELF_STATUS;
    if !is_line {
        let none = reply::<ControlGet>(order, &Err(HpiError::InvalidData));
        return Some(Outcome::Reply(none));
    }
    Some(match num {
        shelf_control_num::SHELF_ADDRESS => {
            ask(order, GetShelfAddressInfo {}.request(), move |response| {
                let info = GetShelfAddressInfo::read_response(response).ok()?;
                Some((MANUAL, text(line, &address(&info)?)))
            })
        }
        shelf_control_num::IP_ADDRESS => {
            let request = GetShelfManagerIpAddresses { index: 0 }.request();
            ask(order, request, move |response| {
                let told = GetShelfManagerIpAddresses::read_response(response).ok()?;
                let (address, _) = told.ipv4()?;
                Some((AUTO, text(line, &Ipv4Addr::from(address).to_string())))
            })
        }
        shelf_control_num::SHELF_STATUS => ask(order, GetChassisStatus {}.request(), |response| {
            let told = GetChassisStatus::read_response(response).ok()?;
            Some((AUTO, status(&told)))
        }),
        _ => return None,
    })
}

/// Asks the shelf manager; replies with what `read` makes of the answer: mode and state.
fn ask(
    order: ByteOrder,
    request: Request,
    read: impl FnOnce(&Response) -> Option<(u32, CtrlState)> + Send + 'static,
) -> Outcome {
    let then = move |response: Response| {
        let told = read(&response).ok_or_else(|| hardware_error(&response));
        let told = told.map(|(mode, state)| ModeAndState { mode, state });
        Step::Reply(reply::<ControlGet>(order, &told))
    };
    Outcome::Ask(OURSELVES, request, Box::new(then))
}

fn text(line: u8, text: &str) -> CtrlState {
    let text = wire::text(&TextBuffer::english(text));
    CtrlState::Text(CtrlStateText { line, text })
}

/// The address for people, as much of it as the control has place for; `None` without the byte that
/// says how to read it.
fn address(info: &ShelfAddressInfo) -> Option<String> {
    let (kind, bytes) = info.address.split_first()?;
    let coding = match kind >> 6 {
        0 => Coding::Binary,
        1 => Coding::BcdPlus,
        2 => Coding::SixBit,
        _ => Coding::Latin1,
    };
    let bytes = bytes.to_vec();
    let text = Text { coding, bytes }.text();
    Some(text.chars().take(SHELF_ADDRESS_MAX.into()).collect())
}

/// Choice: each byte is where the header says, from 2 on; of the two before them it says nothing.
/// Source: `SaHpiXtca.h`, chassis status control; its bits are those of Get Chassis Status.
fn status(told: &ChassisStatus) -> CtrlState {
    let mut body = vec![0; SHELF_STATUS_LENGTH];
    body[2..].copy_from_slice(&[
        told.power_state,
        told.last_event,
        told.misc,
        told.front_panel.unwrap_or(0),
    ]);
    wire::control_state(&ControlState::Oem {
        manufacturer: PICMG,
        body,
    })
}

/// `None` when the control is none of these.
pub(super) fn set(
    order: ByteOrder,
    (resource, asked): (&Resource, &ControlSet),
) -> Option<Outcome> {
    let num = of(resource, asked.control)?;
    let is_address = num == shelf_control_num::SHELF_ADDRESS;
    let done = |result| Outcome::Reply(reply::<ControlSet>(order, &result));
    Some(match asked.mode {
        AUTO if is_address => done(Err(HpiError::ReadOnly)),
        AUTO => done(Ok(())),
        MANUAL if is_address => match new_address(&asked.state) {
            Ok(address) => set_address(order, address),
            Err(why) => done(Err(why)),
        },
        MANUAL => done(Err(HpiError::ReadOnly)),
        _ => done(Err(HpiError::InvalidParams)),
    })
}

/// Source: SAI-HPI-B.03.02, `saHpiControlSet`, return values.
fn new_address(state: &CtrlState) -> Result<Vec<u8>, HpiError> {
    let ControlState::Text { line, text } = check::control_state(state)? else {
        return Err(HpiError::InvalidData);
    };
    let is_kind = text.data_type == TextType::Text && text.language == LANGUAGE_ENGLISH;
    let length = u8::try_from(text.data.len()).ok();
    let length = length.filter(|length| *length <= SHELF_ADDRESS_MAX);
    match length {
        Some(length) if line <= 1 && is_kind => Ok([&[LATIN_1 | length], &text.data[..]].concat()),
        Some(_) | None => Err(HpiError::InvalidData),
    }
}

/// The new address is in the shelf's inventory; whoever set it finds it there.
fn set_address(order: ByteOrder, address: Vec<u8>) -> Outcome {
    let request = SetShelfAddressInfo {
        address: address.clone(),
    };
    let then = move |response: Response| match response.code {
        CompletionCode::OK => look(order, address, 0),
        _ => {
            let why = Err(hardware_error(&response));
            Step::Reply(reply::<ControlSet>(order, &why))
        }
    };
    Outcome::Ask(OURSELVES, request.request(), Box::new(then))
}

/// Looks whether the address is the new one. Choice: it was written in any case, so whoever set it
/// is told so even if it is not read yet.
fn look(order: ByteOrder, address: Vec<u8>, looks: u8) -> Step {
    let then = move |response: Response| {
        let told = GetShelfAddressInfo::read_response(&response);
        let is_new = told.is_ok_and(|told| told.address == address);
        if is_new || looks >= LOOKS_MAX {
            return Step::Reply(reply::<ControlSet>(order, &Ok(())));
        }
        look(order, address, looks + 1)
    };
    let question = (OURSELVES, GetShelfAddressInfo {}.request());
    Step::GoOn(LOOK_AFTER, question, Box::new(then))
}

#[cfg(test)]
mod tests;
