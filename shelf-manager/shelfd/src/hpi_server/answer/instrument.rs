//! Sensors and controls: those of a controller are asked of the hardware, the others are kept by
//! the domain.

use super::{Answered, Asked};
use crate::hpi_server::enable::Asking;
use crate::hpi_server::{Outcome, control, enable, kept, sensor, shelf, threshold};
use hpi_domain::{InstrumentCall, Resource, SensorCall, UserCall};
use hpi_model::HpiError;
use openhpi_wire::function::*;

answers! {
    SensorReadingGet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => match shelf::reading(it.view, it.order, (resource, call.sensor)) {
            Some(outcome) => outcome,
            None => it.say(call, kept::reading(resource, call.sensor)),
        },
        None => sensor::reading(it.view, it.order, (call.resource, call.sensor)),
    };
    SensorThresholdsGet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => it.say(call, kept::thresholds(resource, call.sensor)),
        None => threshold::get(it.view, it.order, (call.resource, call.sensor)),
    };
    SensorThresholdsSet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => it.log_instrument((call, resource), {
            kept::set_thresholds(resource, (call.sensor, &call.thresholds))
        }),
        None => {
            let sensor = (call.resource, call.sensor);
            threshold::set(it.view, it.order, (sensor, &call.thresholds))
        }
    };
    SensorTypeGet(it, call) => it.say(call, sensor::kind(it.view, (call.resource, call.sensor)));
    SensorEnableGet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => it.say(call, kept::settings(resource, call.sensor).map(|it| it.enabled)),
        None => {
            enable::get::<Self>(&it.asking(call.resource, call.sensor), |found| found.enabled)
        }
    };
    SensorEnableSet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => it.log_instrument((call, resource), {
            kept::set(resource, call.sensor, SensorCall::EnableSet(call.enabled))
        }),
        None => {
            let wanted = (Some(call.enabled), None);
            enable::set::<Self>(&it.asking(call.resource, call.sensor), wanted)
        }
    };
    SensorEventEnableGet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => {
            it.say(call, kept::settings(resource, call.sensor).map(|it| it.events_enabled))
        }
        None => {
            let asking = it.asking(call.resource, call.sensor);
            enable::get::<Self>(&asking, |found| found.events_enabled)
        }
    };
    SensorEventEnableSet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => it.log_instrument((call, resource), {
            kept::set(resource, call.sensor, SensorCall::EventEnableSet(call.enabled))
        }),
        None => {
            let wanted = (None, Some(call.enabled));
            enable::set::<Self>(&it.asking(call.resource, call.sensor), wanted)
        }
    };
    SensorEventMasksGet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => {
            it.say(call, kept::settings(resource, call.sensor).map(|it| EventMasks {
                assert_mask: it.assert_mask.0,
                deassert_mask: it.deassert_mask.0,
            }))
        }
        None => {
            enable::get::<Self>(&it.asking(call.resource, call.sensor), enable::both)
        }
    };
    SensorEventMasksSet(it, call) => match it.kept_sensor(call.resource, call.sensor) {
        Some(resource) => it.log_instrument((call, resource), kept::set_masks(resource, call)),
        None => enable::set_masks(&it.asking(call.resource, call.sensor), call),
    };
    ControlTypeGet(it, call) => it.say(call, control::kind(it.view, (call.resource, call.control)));
    ControlGet(it, call) => match it.kept_control(call.resource, call.control) {
        Some(resource) => match shelf::get(it.order, (resource, call)) {
            Some(outcome) => outcome,
            None => it.say(call, kept::control(resource, call)),
        },
        None => control::get(it.view, it.order, (call.resource, call.control)),
    };
    ControlSet(it, call) => match it.kept_control(call.resource, call.control) {
        Some(resource) => match shelf::set(it.order, (resource, call)) {
            Some(outcome) => outcome,
            None => it.log_instrument((call, resource), kept::set_control(resource, call)),
        },
        None => control::set(it.view, it.order, call),
    };
}

impl<'a> Asked<'a> {
    fn asking(&self, resource: u32, sensor: u32) -> Asking<'a> {
        Asking {
            view: self.view,
            order: self.order,
            session: self.session,
            sensor: (resource, sensor),
        }
    }

    /// The resource of a sensor that the domain keeps: any of a resource without a controller, and
    /// a few of others.
    fn kept_sensor(&self, id: u32, sensor: u32) -> Option<&'a Resource> {
        let found = self.resource(id).ok();
        found.filter(|it| it.fru.is_none() || it.kept.sensors.contains_key(&sensor))
    }

    /// The same for a control.
    fn kept_control(&self, id: u32, control: u32) -> Option<&'a Resource> {
        let found = self.resource(id).ok();
        found.filter(|it| it.fru.is_none() || it.kept.controls.contains_key(&control))
    }

    /// Logs something about an instrument that the domain keeps.
    fn log_instrument<F: Function<Reply = ()>>(
        &self,
        (call, resource): (&F, &Resource),
        user: Result<InstrumentCall, HpiError>,
    ) -> Outcome {
        let of_resource = |user| UserCall::Instrument(resource.rpt.resource, user);
        self.log(call, user.map(of_resource))
    }
}
