//! Sensors: readings from the cache that the scanner fills, everything else from the hardware.

use super::resource::find;
use super::{Outcome, Payload, Step, View, hardware_error, reply, wire};
use hpi_domain::{Resource, Sensor};
use hpi_model::{Capabilities, EventCategory, HpiError, Instrument, RdrType, SensorRec};
use ipmi::command::Command;
use ipmi::command::sensor as ask;
use ipmi::message::Request;
use ipmi::port::Target;
use ipmi::sdr::{self, Converter, RecordBody};
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ReadingAndState, SensorReadingGet, TypeAndCategory};

/// Who has 20h.
const SHELF_MANAGER: u8 = 0x20;
/// A sensor, found.
pub(super) struct Found<'a> {
    pub(super) rec: &'a SensorRec,
    pub(super) sensor: &'a Sensor,
    pub(super) resource: &'a hpi_domain::Resource,
}

pub(super) fn of(view: View<'_>, (resource, num): (u32, u32)) -> Result<Found<'_>, HpiError> {
    let resource = find(view, resource)?;
    let rec = record(resource, num)?;
    let sensor = resource.sensors.get(&num).ok_or(HpiError::NotPresent)?;
    Ok(Found {
        rec,
        sensor,
        resource,
    })
}

impl Found<'_> {
    /// Whom to ask. What belongs to 20h is asked of the hardware there.
    pub(super) fn target(&self) -> Target {
        match self.sensor.owner {
            SHELF_MANAGER => Target::ShelfManager,
            owner => Target::Ipmb(owner),
        }
    }

    pub(super) fn request(&self, command: &impl Command) -> Request {
        command.request_on(self.sensor.address.lun)
    }

    pub(super) fn number(&self) -> u8 {
        self.sensor.address.number
    }

    pub(super) fn converter(&self) -> Option<Converter> {
        let RecordBody::Full(full) = sdr::decode(&self.sensor.record).ok()?.body else {
            return None;
        };
        Converter::of(&full).ok()
    }
}

pub(super) fn kind(
    view: View<'_>,
    (resource, num): (u32, u32),
) -> Result<TypeAndCategory, HpiError> {
    let rec = record(find(view, resource)?, num)?;
    Ok(TypeAndCategory {
        kind: rec.kind.number(),
        category: u8::try_from(rec.category.number()).unwrap_or(u8::MAX),
    })
}

/// The record of a sensor.
fn record(resource: &Resource, num: u32) -> Result<&SensorRec, HpiError> {
    if !resource.rpt.capabilities.has(Capabilities::SENSOR) {
        return Err(HpiError::Capability);
    }
    match resource
        .rdr_of(RdrType::Sensor, num)
        .map(|rdr| &rdr.instrument)
    {
        Some(Instrument::Sensor(rec)) => Ok(rec),
        _ => Err(HpiError::NotPresent),
    }
}

/// The reading that the scanner took last; a sensor that it has not read yet is asked.
pub(super) fn reading(view: View<'_>, order: ByteOrder, sensor: (u32, u32)) -> Outcome {
    let found = match of(view, sensor) {
        Ok(found) => found,
        Err(why) => return Outcome::Reply(reply::<SensorReadingGet>(order, &Err(why))),
    };
    let converter = found.converter();
    let category = found.rec.category;
    let has_reading = found.rec.data_format.is_some();
    let tell = move |reading: &ask::SensorReading| -> Payload {
        if !is_enabled(reading) {
            return reply::<SensorReadingGet>(order, &Err(HpiError::InvalidRequest));
        }
        if !reading.available() {
            return reply::<SensorReadingGet>(order, &Err(HpiError::NoResponse));
        }
        let value = converter.filter(|_| has_reading);
        let value = value.and_then(|converter| converter.micro(reading.raw).ok());
        let (reading, state) = (wire::micro(value), states(category, reading));
        reply::<SensorReadingGet>(order, &Ok(ReadingAndState { reading, state }))
    };
    if found.resource.rpt.failed {
        return Outcome::Reply(reply::<SensorReadingGet>(order, &Err(HpiError::NoResponse)));
    }
    let key = (found.sensor.owner, found.sensor.address);
    if let Some(reading) = view.readings.sure(key) {
        return Outcome::Reply(tell(reading));
    }
    let number = found.number();
    let request = found.request(&ask::GetSensorReading { number });
    Outcome::Ask(
        found.target(),
        request,
        Box::new(move |response| {
            Step::Reply(match ask::GetSensorReading::read_response(&response) {
                Ok(reading) => tell(&reading),
                Err(_) => reply::<SensorReadingGet>(order, &Err(hardware_error(&response))),
            })
        }),
    )
}

/// Whether the sensor works. Source: IPMI v2.0 §35.14, bit 6: scanning is on.
fn is_enabled(reading: &ask::SensorReading) -> bool {
    reading.flags & 0x40 != 0
}

/// States as HPI numbers them: thresholds have one bit each in both.
pub(super) fn states(category: EventCategory, reading: &ask::SensorReading) -> u16 {
    let states = reading.state_bits();
    if category == EventCategory::Threshold {
        states & 0x3f
    } else {
        states
    }
}
