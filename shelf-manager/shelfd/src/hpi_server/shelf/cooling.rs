//! Whether a fan of the shelf is at fault, as the status of the chassis has it.
//!
//! Source: IPMI v2.0 §28.2, Get Chassis Status.

use crate::hpi_server::hardware::OURSELVES;
use crate::hpi_server::{Outcome, Step, View, hardware_error, reply, wire};
use hpi_domain::{COOLING_FAULT, Resource, SHELF_RESOURCE};
use hpi_model::HpiError;
use ipmi::command::Command;
use ipmi::command::chassis::GetChassisStatus;
use ipmi::message::Response;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ReadingAndState, SensorReadingGet};

/// Cooling or fan fault. Source: IPMI v2.0 §28.2.
const FAULT: u8 = 1 << 3;
/// `SAHPI_ES_STATE_DEASSERTED`, `SAHPI_ES_STATE_ASSERTED`.
const DEASSERTED: u16 = 1;
/// See [`DEASSERTED`].
const ASSERTED: u16 = 2;

/// `None` when the sensor is another one.
///
/// Choice: nothing is said while fans do not answer: they may stand still.
pub(in crate::hpi_server) fn reading(
    view: View<'_>,
    order: ByteOrder,
    (resource, num): (&Resource, u32),
) -> Option<Outcome> {
    let is_it = (resource.rpt.resource, num) == (SHELF_RESOURCE, COOLING_FAULT);
    if !is_it || resource.kept_sensor(num).is_err() {
        return None;
    }
    if view.appliance.hpi.cooling().any(|fans| fans.rpt.failed) {
        let silent = reply::<SensorReadingGet>(order, &Err(HpiError::NoResponse));
        return Some(Outcome::Reply(silent));
    }
    let then = move |response: Response| {
        let told = GetChassisStatus::read_response(&response);
        let told = told.map_err(|_| hardware_error(&response));
        let read = told.map(|status| ReadingAndState {
            reading: wire::micro(None),
            state: match status.misc & FAULT {
                0 => DEASSERTED,
                _ => ASSERTED,
            },
        });
        Step::Reply(reply::<SensorReadingGet>(order, &read))
    };
    let request = GetChassisStatus {}.request();
    Some(Outcome::Ask(OURSELVES, request, Box::new(then)))
}
