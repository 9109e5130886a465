//! Views of sensors: their records with the latest readings.

use crate::readings::Readings;
use ipmi::command::sensor::SensorReading;
use ipmi::description::Controller;
use ipmi::names;
use ipmi::sdr::{self, Converter, FullSensor, RecordBody, SensorCommon};
use web_api::{Quantity, SensorStatus, SensorView, ThresholdsView};

/// The sensors of one controller, in the order of its records.
///
/// Choice: only those that it owns, as in the HPI domain: a shelf manager's repository may hold the
/// records of the whole shelf, whose owners have them too.
pub(crate) fn of_controller(controller: &Controller, readings: &Readings) -> Vec<SensorView> {
    let records = controller
        .sdrs
        .iter()
        .filter_map(|raw| sdr::decode(raw).ok());
    records
        .flat_map(|record| of_record(controller.address, record.body, readings))
        .collect()
}

fn of_record(address: u8, body: RecordBody, readings: &Readings) -> Vec<SensorView> {
    match body {
        RecordBody::Full(sensor) if sensor.common.owner == address => {
            let reading = readings.of((address, sensor.common.address()));
            vec![full(address, &sensor, reading)]
        }
        RecordBody::Compact(sensor) if sensor.common.owner == address => {
            let each = sensor.shared().into_iter();
            each.map(|sensor| {
                let reading = readings.of((address, sensor.common.address()));
                let name = sensor.id_string.text();
                discrete(address, (&sensor.common, name), reading)
            })
            .collect()
        }
        RecordBody::Full(_)
        | RecordBody::Compact(_)
        | RecordBody::EventOnly(_)
        | RecordBody::FruLocator(_)
        | RecordBody::McLocator(_)
        | RecordBody::Other { .. } => Vec::new(),
    }
}

fn full(address: u8, sensor: &FullSensor, reading: Option<&SensorReading>) -> SensorView {
    let name = sensor.id_string.text();
    let mut view = discrete(address, (&sensor.common, name), reading);
    let Ok(converter) = Converter::of(sensor) else {
        return view;
    };
    let quantity = |raw| converter.micro(raw).ok().map(Quantity::from_micro);
    view.unit = unit(&sensor.common);
    view.value = view.raw.and_then(quantity);
    if sensor.common.is_threshold() {
        let readable = sensor.common.readable_thresholds();
        let threshold = |index: usize| {
            let is_there = readable & (1 << index) != 0;
            is_there
                .then(|| quantity(sensor.thresholds[index]))
                .flatten()
        };
        view.thresholds = ThresholdsView {
            lower_non_critical: threshold(0),
            lower_critical: threshold(1),
            lower_non_recoverable: threshold(2),
            upper_non_critical: threshold(3),
            upper_critical: threshold(4),
            upper_non_recoverable: threshold(5),
        };
    }
    view
}

fn discrete(
    address: u8,
    (common, name): (&SensorCommon, String),
    reading: Option<&SensorReading>,
) -> SensorView {
    let reading = reading.filter(|reading| reading.available());
    let states = reading.map_or(0, SensorReading::state_bits);
    SensorView {
        address,
        lun: common.address().lun,
        number: common.number,
        name,
        kind: names::sensor_type(common.sensor_type).into(),
        unit: String::new(),
        value: None,
        raw: reading.map(|reading| reading.raw),
        states: state_words(common, states),
        thresholds: ThresholdsView::default(),
        status: match reading {
            None => SensorStatus::Unavailable,
            Some(_) if common.is_threshold() => status(states),
            Some(_) => SensorStatus::Ok,
        },
    }
}

fn state_words(common: &SensorCommon, states: u16) -> Vec<String> {
    let asserted = (0u8..15).filter(|offset| states & (1 << offset) != 0);
    if common.is_threshold() {
        let crossed = asserted.filter(|offset| *offset < 6);
        return crossed
            .map(|offset| names::threshold(offset).into())
            .collect();
    }
    asserted
        .map(|offset| {
            let word = names::event(common.sensor_type, common.event_type, offset);
            word.map_or_else(|| format!("state {offset}"), String::from)
        })
        .collect()
}

/// Threshold comparison bits: lower non-critical, critical, non-recoverable, then upper.
fn status(states: u16) -> SensorStatus {
    match states & 0x3f {
        bits if bits & 0b10_0100 != 0 => SensorStatus::Critical,
        bits if bits & 0b01_0010 != 0 => SensorStatus::Major,
        bits if bits & 0b00_1001 != 0 => SensorStatus::Minor,
        _ => SensorStatus::Ok,
    }
}

fn unit(common: &SensorCommon) -> String {
    let units = common.units();
    if units.percentage {
        return "%".into();
    }
    names::unit(units.base).into()
}

#[cfg(test)]
mod tests;
