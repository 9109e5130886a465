//! Sensor and event commands, for the sensors that 20h owns. Source: IPMI v2.0 §29 and §35.

use super::{Outcome, SHELF_MANAGER, View, hardware, pef, refuse, with};
use ipmi::command::Command;
use ipmi::command::sensor::{
    GetEventReceiver, GetSensorEventEnable, GetSensorEventStatus, GetSensorHysteresis,
    GetSensorReading, GetSensorReadingFactors, GetSensorThresholds, PlatformEvent,
    RearmSensorEvents, SensorReading, SetSensorEventEnable, SetSensorHysteresis,
    SetSensorThresholds,
};
use ipmi::description::{Controller, SensorAddress};
use ipmi::message::{CompletionCode, Request};
use ipmi::sdr::{self, RecordBody, SensorCommon};

/// Reading unavailable. Source: IPMI v2.0 §35.14.
const UNAVAILABLE: u8 = 0x20;

/// Answers; `None` when there is no such command here.
///
/// Readings come from the cache that the scanner fills; all else about a sensor is the hardware's.
pub(super) fn answer(view: View<'_>, request: &Request) -> Option<Outcome> {
    Some(match request.command {
        GetSensorReading::COMMAND => with(request, |GetSensorReading { number }| {
            let lun = request.lun;
            reading(view, SensorAddress { lun, number })
        }),
        GetSensorReadingFactors::COMMAND
        | SetSensorHysteresis::COMMAND
        | GetSensorHysteresis::COMMAND
        | SetSensorThresholds::COMMAND
        | GetSensorThresholds::COMMAND
        | SetSensorEventEnable::COMMAND
        | GetSensorEventEnable::COMMAND
        | RearmSensorEvents::COMMAND
        | GetSensorEventStatus::COMMAND => of_sensor(view, request),
        GetEventReceiver::COMMAND | PlatformEvent::COMMAND => hardware(request),
        _ => return pef::answer(view, request),
    })
}

fn of_sensor(view: View<'_>, request: &Request) -> Outcome {
    let lun = request.lun;
    match request.data.first() {
        None => refuse(request, CompletionCode::LENGTH_INVALID),
        Some(number)
            if has(
                view,
                SensorAddress {
                    lun,
                    number: *number,
                },
            ) =>
        {
            hardware(request)
        }
        Some(_) => refuse(request, CompletionCode::NOT_PRESENT),
    }
}

fn reading(view: View<'_>, sensor: SensorAddress) -> Result<SensorReading, CompletionCode> {
    if !has(view, sensor) {
        return Err(CompletionCode::NOT_PRESENT);
    }
    let reading = view.readings.of((SHELF_MANAGER, sensor)).cloned();
    Ok(reading.unwrap_or(SensorReading {
        raw: 0,
        flags: UNAVAILABLE,
        states: None,
        states_high: None,
    }))
}

fn has(view: View<'_>, sensor: SensorAddress) -> bool {
    let own = view.manager().into_iter();
    own.flat_map(|entry| of_controller(&entry.description))
        .any(|common| common.owner == SHELF_MANAGER && common.address() == sensor)
}

/// What the readable sensors of a controller's records have in common, one for each.
pub(super) fn of_controller(controller: &Controller) -> impl Iterator<Item = SensorCommon> {
    let records = controller.sdrs.iter();
    let records = records.filter_map(|raw| sdr::decode(raw).ok());
    records.flat_map(|record| match record.body {
        RecordBody::Full(sensor) => vec![sensor.common],
        RecordBody::Compact(sensor) => sensor.shared().into_iter().map(|it| it.common).collect(),
        RecordBody::EventOnly(_)
        | RecordBody::FruLocator(_)
        | RecordBody::McLocator(_)
        | RecordBody::Other { .. } => Vec::new(),
    })
}
