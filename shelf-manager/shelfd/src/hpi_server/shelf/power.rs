//! The power of the shelf's slots, asked of the FRUs in them, and of its feeds, asked of the shelf
//! manager.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, assigned power sensors of the shelf; PICMG 3.0 R3.0, Get Shelf
//! Power Allocation.

use crate::hpi_server::control::target;
use crate::hpi_server::hardware::OURSELVES;
use crate::hpi_server::{Outcome, Step, View, hardware_error, reply, wire};
use crate::ipmi_server::present_power;
use hpi_domain::{FruAddress, Resource, SHELF_RESOURCE, power_feed};
use hpi_model::HpiError;
use ipmi::command::Command;
use ipmi::command::picmg::{GetPowerLevel, GetShelfPowerAllocation, power_kind};
use ipmi::message::Response;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ReadingAndState, SensorReadingGet};
use std::collections::VecDeque;

/// A watt, and a tenth of it, in millionths.
const WATT: i64 = 1_000_000;
/// See [`WATT`].
const TENTH: i64 = 100_000;

/// The power of a slot or feed: what the FRUs there draw at their present levels; `None` when the
/// sensor is another one.
pub(in crate::hpi_server) fn reading(
    view: View<'_>,
    order: ByteOrder,
    (resource, num): (&Resource, u32),
) -> Option<Outcome> {
    if resource.rpt.resource != SHELF_RESOURCE {
        return None;
    }
    if let Some(feed) = power_feed(num).filter(|_| resource.kept_sensor(num).is_ok()) {
        return Some(feed_power(order, feed));
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

fn feed_power(order: ByteOrder, first_feed: u8) -> Outcome {
    let request = GetShelfPowerAllocation { first_feed }.request();
    let then = move |response: Response| {
        let told = GetShelfPowerAllocation::read_response(&response).ok();
        let watts = told.and_then(|told| told.feeds_w.0.first().copied());
        let read = watts.map(|watts| ReadingAndState {
            reading: wire::micro(Some(i64::from(watts) * WATT)),
            state: 0,
        });
        let read = read.ok_or_else(|| hardware_error(&response));
        Step::Reply(reply::<SensorReadingGet>(order, &read))
    };
    Outcome::Ask(OURSELVES, request, Box::new(then))
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
