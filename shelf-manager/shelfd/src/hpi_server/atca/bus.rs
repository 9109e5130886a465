//! One of the two buses of IPMB-0, as a control of the controller that is on it: on leaves the bus
//! to the controller, off keeps the controller off it. A pulse is the other state for as long as it
//! takes to order it.
//!
//! Source: PICMG 3.0 R3.0, Set IPMB State, physical IPMB-0 sensor.

use super::{Found, OFF, ON, PULSE_OFF, PULSE_ON};
use crate::hpi_server::control::target;
use crate::hpi_server::{Outcome, Step, hardware_error, reply};
use hpi_domain::control_num;
use hpi_model::HpiError;
use ipmi::command::Command;
use ipmi::command::picmg::{IPMB_NO_CHANGE, SetIpmbState};
use ipmi::command::sensor::GetSensorReading;
use ipmi::description::SensorAddress;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::ControlSet;
use openhpi_wire::types::CtrlState;

/// Set IPMB State: all links, left to the controller, or isolated.
const LINKS_ON: u8 = 1;
/// See [`LINKS_ON`].
const LINKS_OFF: u8 = 0;
/// Status of the physical IPMB-0 sensor: local control of bus A, and of bus B.
const A_LOCAL: u8 = 0x08;
/// See [`A_LOCAL`].
const B_LOCAL: u8 = 0x80;

/// A bus of one controller.
#[derive(Clone, Copy)]
pub(super) struct Bus {
    target: Target,
    sensor: SensorAddress,
    is_a: bool,
}

impl Bus {
    /// The bus that a control is; `None` when it is another control.
    pub(super) fn of(found: Found<'_>, num: u32) -> Option<Self> {
        let is_a = match num {
            control_num::IPMB_A_STATE => true,
            control_num::IPMB_B_STATE => false,
            _ => return None,
        };
        let sensor = found.resource.ipmb_sensor()?.address;
        Some(Self {
            target: target(found.fru.address),
            sensor,
            is_a,
        })
    }

    /// What tells its state.
    pub(super) fn question(self) -> Request {
        let number = self.sensor.number;
        GetSensorReading { number }.request_on(self.sensor.lun)
    }

    /// What the answer tells; `None` when the controller refused.
    pub(super) fn is_on(self, response: &Response) -> Option<bool> {
        let local = if self.is_a { A_LOCAL } else { B_LOCAL };
        let reading = GetSensorReading::read_response(response).ok()?;
        Some(reading.raw & local != 0)
    }

    fn order(self, on: bool) -> Request {
        let links = if on { LINKS_ON } else { LINKS_OFF };
        let (a, b) = match self.is_a {
            true => (links, IPMB_NO_CHANGE),
            false => (IPMB_NO_CHANGE, links),
        };
        SetIpmbState { a, b }.request()
    }

    pub(super) fn set(self, order: ByteOrder, state: &CtrlState) -> Outcome {
        let refuse = |why| Outcome::Reply(reply::<ControlSet>(order, &Err(why)));
        let CtrlState::Digital(state) = state else {
            return refuse(HpiError::InvalidData);
        };
        match *state {
            OFF | ON => self.order_last(order, *state == ON).into(),
            PULSE_OFF | PULSE_ON => self.pulse(order, *state == PULSE_ON),
            _ => refuse(HpiError::InvalidParams),
        }
    }

    /// Orders a state, and replies.
    fn order_last(self, order: ByteOrder, on: bool) -> Step {
        let then = move |response: Response| {
            let result = match response.code {
                CompletionCode::OK => Ok(()),
                _ => Err(hardware_error(&response)),
            };
            Step::Reply(reply::<ControlSet>(order, &result))
        };
        Step::Ask(self.target, self.order(on), Box::new(then))
    }

    /// A pulse begins in the other state; otherwise it is refused.
    fn pulse(self, order: ByteOrder, on: bool) -> Outcome {
        let refuse = move |why| Step::Reply(reply::<ControlSet>(order, &Err(why)));
        let begun = move |response: Response| match response.code {
            CompletionCode::OK => self.order_last(order, !on),
            _ => refuse(hardware_error(&response)),
        };
        let asked = move |response: Response| match self.is_on(&response) {
            None => refuse(hardware_error(&response)),
            Some(is_on) if is_on == on => refuse(HpiError::InvalidRequest),
            Some(_) => Step::Ask(self.target, self.order(on), Box::new(begun)),
        };
        Outcome::Ask(self.target, self.question(), Box::new(asked))
    }
}
