//! Sensors and controls.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, control, enable, sensor, threshold};
use openhpi_wire::function::*;

answers! {
    SensorReadingGet(it, call) => sensor::reading(it.view, it.order, (call.resource, call.sensor));
    SensorThresholdsGet(it, call) => {
        threshold::get(it.view, it.order, (call.resource, call.sensor))
    };
    SensorThresholdsSet(it, call) => {
        threshold::set(it.view, it.order, ((call.resource, call.sensor), &call.thresholds))
    };
    SensorTypeGet(it, call) => it.say(call, sensor::kind(it.view, (call.resource, call.sensor)));
    SensorEnableGet(it, call) => {
        enable::get::<Self>(it.view, it.order, (call.resource, call.sensor), |found| found.sensor)
    };
    SensorEnableSet(it, call) => {
        let wanted = ((call.resource, call.sensor), Some(call.enabled), None);
        enable::set::<Self>(it.view, it.order, wanted)
    };
    SensorEventEnableGet(it, call) => {
        enable::get::<Self>(it.view, it.order, (call.resource, call.sensor), |found| found.events)
    };
    SensorEventEnableSet(it, call) => {
        let wanted = ((call.resource, call.sensor), None, Some(call.enabled));
        enable::set::<Self>(it.view, it.order, wanted)
    };
    SensorEventMasksGet(it, call) => {
        enable::get::<Self>(it.view, it.order, (call.resource, call.sensor), enable::both)
    };
    SensorEventMasksSet(it, call) => enable::set_masks(it.view, it.order, call);
    ControlTypeGet(it, call) => it.say(call, control::kind(it.view, (call.resource, call.control)));
    ControlGet(it, call) => control::get(it.view, it.order, (call.resource, call.control));
    ControlSet(it, call) => control::set(it.view, it.order, call);
}
