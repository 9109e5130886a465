//! Platform event filtering, and the LAN parameters that say where alerts go. Source: IPMI v2.0
//! §23 and §30.
//!
//! What is asked is answered from the machine; what changes it goes through the log, once the
//! machine has agreed.

use super::{Outcome, View, read, seconds, with};
use ipmi::command::Command;
use ipmi::command::pef::{
    AlertEvent, AlertImmediate, AlertStatus, ArmPefPostponeTimer, GetLastProcessedEvent,
    GetPefCapabilities, GetPefConfiguration, LanAlertParameter, LastProcessedEvent, Parameter,
    ParameterData, ParameterError, PefCapabilities, PetAcknowledge, PostponeTimer,
    SetLastProcessedEvent, SetPefConfiguration, alert_operation, postpone,
};
use ipmi::command::transport::{GetLanConfiguration, SetLanConfiguration};
use ipmi::command::{Empty, PARAMETER_REVISION, Parameters, parameter_code};
use ipmi::message::{CompletionCode, Request};
use ipmi::sel::Event;
use pef::{GetError, Immediate, Input, LAN_CHANNEL, Pef};

/// PEF version 1.5, BCD. Source: IPMI v2.0 §30.1.
const VERSION: u8 = 0x51;
/// Only the revision is wanted. Source: IPMI v2.0 §30.4.
const REVISION_ONLY: u8 = 0x80;
/// The channel that the request came through. Source: IPMI v2.0 §6.3.
const THIS_CHANNEL: u8 = 0x0e;
/// No event was ever added. Source: IPMI v2.0 §37.1.
const NEVER: u32 = u32::MAX;
/// Nothing is in the log. Source: IPMI v2.0 §30.6.
const EMPTY: u16 = 0xffff;

/// Answers; `None` when there is no such command here.
pub(super) fn answer(view: View<'_>, request: &Request) -> Option<Outcome> {
    let pef = &view.appliance.pef;
    Some(match request.command {
        GetPefCapabilities::COMMAND => with(request, |GetPefCapabilities {}| {
            Ok(PefCapabilities {
                version: VERSION,
                actions: pef.actions(),
                filters: pef.filter_count(),
            })
        }),
        ArmPefPostponeTimer::COMMAND => arm(view, request),
        SetPefConfiguration::COMMAND => change::<SetPefConfiguration>(pef, request, |asked| {
            let parameter = Parameter::decode(asked.selector, &asked.data);
            parameter.map(Input::Set).map_err(unreadable)
        }),
        GetPefConfiguration::COMMAND => with(request, |asked| parameter(pef, &asked)),
        SetLastProcessedEvent::COMMAND => change::<SetLastProcessedEvent>(pef, request, |asked| {
            Ok(Input::SetLastProcessed {
                by_bmc: asked.which & 1 == 1,
                record: asked.record,
            })
        }),
        GetLastProcessedEvent::COMMAND => {
            with(request, |GetLastProcessedEvent {}| Ok(last_processed(view)))
        }
        AlertImmediate::COMMAND => alert(view, request),
        PetAcknowledge::COMMAND => change::<PetAcknowledge>(pef, request, |acknowledge| {
            Ok(Input::Acknowledged(acknowledge))
        }),
        _ => return None,
    })
}

/// Answers LAN configuration commands for a parameter that is about alerts; `None` for all others.
pub(super) fn lan(view: View<'_>, request: &Request) -> Option<Outcome> {
    let [channel, selector, ..] = *request.data else {
        return None;
    };
    let is_ours = [LAN_CHANNEL, THIS_CHANNEL].contains(&(channel & 0x0f));
    if !is_ours || !LanAlertParameter::is(selector) {
        return None;
    }
    let pef = &view.appliance.pef;
    match request.command {
        GetLanConfiguration::COMMAND => Some(with(request, |asked: GetLanConfiguration| {
            let data = if asked.channel & REVISION_ONLY == 0 {
                let parameter = pef.lan_parameter(asked.parameter, asked.set);
                parameter.map_err(not_there)?.encode()
            } else {
                Vec::new()
            };
            let revision = PARAMETER_REVISION;
            Ok(Parameters { revision, data })
        })),
        SetLanConfiguration::COMMAND => Some(change_as::<SetLanConfiguration>(
            pef,
            LanAlertParameter::decode(selector, request.data.get(2..).unwrap_or_default())
                .map(Input::SetLan)
                .map_err(unreadable),
            &Empty {},
        )),
        _ => None,
    }
}

/// A request that changes something, and whose response is empty.
fn change<C: Command<Response = Empty>>(
    pef: &Pef,
    request: &Request,
    input: impl FnOnce(C) -> Result<Input, CompletionCode>,
) -> Outcome {
    change_as::<C>(pef, read::<C>(request).and_then(input), &Empty {})
}

/// Logs what the machine agrees to.
fn change_as<C: Command>(
    pef: &Pef,
    input: Result<Input, CompletionCode>,
    response: &C::Response,
) -> Outcome {
    let agreed = input.and_then(|input| match pef.admit(&input) {
        Ok(()) => Ok(input),
        Err(why) => Err(why.code()),
    });
    match agreed {
        Ok(input) => Outcome::Log(
            Box::new(appliance::Command::Pef(input)),
            C::respond(response),
        ),
        Err(code) => Outcome::Answer(C::refuse(code)),
    }
}

fn arm(view: View<'_>, request: &Request) -> Outcome {
    let pef = &view.appliance.pef;
    match read::<ArmPefPostponeTimer>(request) {
        Ok(ArmPefPostponeTimer { countdown }) if countdown != postpone::GET => {
            let input = Input::Arm { countdown };
            change_as::<ArmPefPostponeTimer>(pef, Ok(input), &PostponeTimer { countdown })
        }
        Ok(_) | Err(_) => with(request, |ArmPefPostponeTimer { .. }| {
            let countdown = pef.countdown(view.now);
            Ok(PostponeTimer { countdown })
        }),
    }
}

fn parameter(pef: &Pef, asked: &GetPefConfiguration) -> Result<ParameterData, CompletionCode> {
    let selector = asked.selector & !REVISION_ONLY;
    let parameter = pef.parameter(selector, asked.set, asked.block);
    let data = match parameter {
        Ok(_) | Err(GetError::OutOfRange) if asked.selector & REVISION_ONLY != 0 => Vec::new(),
        Ok(parameter) => parameter.encode(),
        Err(why) => return Err(not_there(why)),
    };
    let revision = PARAMETER_REVISION;
    Ok(ParameterData { revision, data })
}

fn last_processed(view: View<'_>) -> LastProcessedEvent {
    let (shelf, pef) = (&view.appliance.shelf, &view.appliance.pef);
    let latest = shelf.events().next_back();
    LastProcessedEvent {
        last_addition: latest.map_or(NEVER, |event| seconds(event.arrived)),
        last_record: latest.map_or(EMPTY, |event| shelf::record_id(event.number)),
        by_software: pef.last_by_software(),
        by_bmc: pef.last_by_bmc(),
    }
}

fn alert(view: View<'_>, request: &Request) -> Outcome {
    let pef = &view.appliance.pef;
    let asked = match read::<AlertImmediate>(request) {
        Ok(asked) if [LAN_CHANNEL, THIS_CHANNEL].contains(&(asked.channel & 0x0f)) => asked,
        Ok(_) => return Outcome::Answer(AlertImmediate::refuse(CompletionCode::INVALID_FIELD)),
        Err(code) => return Outcome::Answer(AlertImmediate::refuse(code)),
    };
    let destination = asked.destination & 0x0f;
    let nothing = AlertStatus { status: None };
    let input = match asked.destination >> 6 {
        alert_operation::INITIATE => Ok(Input::AlertImmediate(Immediate {
            destination,
            string: asked.string,
            event: asked.event.as_ref().map(event),
            time_s: seconds(view.now),
            system: appliance::system(&view.appliance.shelf),
        })),
        alert_operation::GET_STATUS => {
            let status = Some(pef.alert_status(destination));
            return Outcome::Answer(AlertImmediate::respond(&AlertStatus { status }));
        }
        alert_operation::CLEAR_STATUS => Ok(Input::ClearAlertStatus { destination }),
        _ => Err(CompletionCode::INVALID_FIELD),
    };
    change_as::<AlertImmediate>(pef, input, &nothing)
}

fn event(asked: &AlertEvent) -> Event {
    Event {
        generator: asked.generator,
        generator_lun: 0,
        revision: asked.revision,
        sensor_type: asked.sensor_type,
        number: asked.number,
        assertion: asked.direction_type & 0x80 == 0,
        event_type: asked.direction_type & 0x7f,
        data: asked.data,
    }
}

fn not_there(why: GetError) -> CompletionCode {
    match why {
        GetError::NotSupported => parameter_code::NOT_SUPPORTED,
        GetError::OutOfRange => CompletionCode::OUT_OF_RANGE,
    }
}

fn unreadable(why: ParameterError) -> CompletionCode {
    match why {
        ParameterError::NotSupported => parameter_code::NOT_SUPPORTED,
        ParameterError::Truncated | ParameterError::TooLong => CompletionCode::LENGTH_INVALID,
    }
}
