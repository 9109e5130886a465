//! The power of the shelf's slots, asked of the FRUs in them.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, assigned power sensors of the shelf.

use crate::hpi_server::control::target;
use crate::hpi_server::{Outcome, Step, View, hardware_error, reply, wire};
use crate::ipmi_server::present_power;
use hpi_domain::{FruAddress, Resource, SHELF_RESOURCE};
use hpi_model::HpiError;
use ipmi::command::Command;
use ipmi::command::picmg::{GetPowerLevel, power_kind};
use ipmi::message::Response;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ReadingAndState, SensorReadingGet};
use std::collections::VecDeque;

/// A tenth of a watt, in millionths.
const TENTH: i64 = 100_000;

/// The power of a slot: what the FRUs in it draw at their present levels; `None` when the sensor is
/// another one.
pub(in crate::hpi_server) fn reading(
    view: View<'_>,
    order: ByteOrder,
    (resource, num): (&Resource, u32),
) -> Option<Outcome> {
    if resource.rpt.resource != SHELF_RESOURCE {
        return None;
    }
    let drawing = view.appliance.hpi.drawing(num);
    if drawing.is_empty() {
        return None;
    }
    if drawing.iter().any(|fru| fru.rpt.failed) {
        let silent = reply::<SensorReadingGet>(order, &Err(HpiError::NoResponse));
        return Some(Outcome::Reply(silent));
    }
    let power = SlotPower {
        order,
        rest: drawing.iter().filter_map(|fru| fru.fru).collect(),
        draws: 0,
    };
    Some(power.next().into())
}

/// The power of a slot, while its FRUs are asked one after the other.
struct SlotPower {
    order: ByteOrder,
    rest: VecDeque<FruAddress>,
    /// Of those that answered, 0.1 W.
    draws: i64,
}

impl SlotPower {
    fn next(mut self) -> Step {
        let Some(FruAddress { address, fru_id }) = self.rest.pop_front() else {
            let (reading, state) = (wire::micro(Some(self.draws * TENTH)), 0);
            let read = Ok(ReadingAndState { reading, state });
            return Step::Reply(reply::<SensorReadingGet>(self.order, &read));
        };
        let kind = power_kind::STEADY;
        let request = GetPowerLevel { fru_id, kind }.request();
        let then = move |response: Response| match GetPowerLevel::read_response(&response) {
            Ok(level) => {
                self.draws += i64::from(present_power(&level));
                self.next()
            }
            Err(_) => {
                let why = Err(hardware_error(&response));
                Step::Reply(reply::<SensorReadingGet>(self.order, &why))
            }
        };
        Step::Ask(target(address), request, Box::new(then))
    }
}
