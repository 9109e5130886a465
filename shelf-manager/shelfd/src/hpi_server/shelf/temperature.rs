//! The worst temperature of the shelf, as its sensors' events have it.

use crate::hpi_server::{Outcome, View, reply, wire};
use hpi_domain::{Resource, SHELF_RESOURCE, TEMPERATURE};
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ReadingAndState, SensorReadingGet};

/// `None` when the sensor is another one.
pub(in crate::hpi_server) fn reading(
    view: View<'_>,
    order: ByteOrder,
    (resource, num): (&Resource, u32),
) -> Option<Outcome> {
    let is_it = (resource.rpt.resource, num) == (SHELF_RESOURCE, TEMPERATURE);
    if !is_it || resource.kept_sensor(num).is_err() {
        return None;
    }
    let read = ReadingAndState {
        reading: wire::micro(None),
        state: view.appliance.hpi.temperature().unwrap_or_default().0,
    };
    Some(Outcome::Reply(reply::<SensorReadingGet>(order, &Ok(read))))
}
