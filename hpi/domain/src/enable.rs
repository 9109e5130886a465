//! What is enabled of sensors that a controller has.
//!
//! The hardware keeps it; what the domain knows of it is what the hardware said when a user last
//! set it or asked for it. What nobody has asked for yet counts as enabled, as the sensor's record
//! promises its events.
//! Source: SAI-HPI-B.03.02, `SaHpiSensorEnableChangeEventT`.

use crate::resource::sensor_rec;
use crate::{Domain, Out, Resource, Told};
use hpi_model::{
    EventKind, EventState, HpiError, ResourceId, SensorEnableChange, SensorRec, Severity,
};
use serde::{Deserialize, Serialize};

/// What is enabled of a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorEnables {
    /// It works.
    pub enabled: bool,
    /// Its events are told.
    pub events_enabled: bool,
    /// States whose assertion is told.
    pub assert_mask: EventState,
    /// States whose deassertion is told.
    pub deassert_mask: EventState,
}

impl SensorEnables {
    /// The states whose assertion the sensor really tells.
    pub fn told(&self) -> EventState {
        match self.enabled && self.events_enabled {
            true => self.assert_mask,
            false => EventState::default(),
        }
    }
}

/// The hardware was asked what is enabled of a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnablesFound {
    /// Before it was changed; the same as `now` where nobody changed it.
    pub was: SensorEnables,
    /// Now.
    pub now: SensorEnables,
    /// The states of the sensor; `None` where it was not asked for them.
    pub states: Option<EventState>,
}

impl Resource {
    /// What is enabled of a sensor, as far as anybody has asked the hardware for it.
    pub fn sensor_enables(&self, num: u32) -> Option<SensorEnables> {
        self.settings.enables.get(&num).copied()
    }

    /// States of a sensor that are asserted, and whose assertion it tells.
    pub(crate) fn alarming(&self, rec: &SensorRec) -> EventState {
        if let Some(kept) = self.kept.sensors.get(&rec.num) {
            return kept.alarming();
        }
        let Some(sensor) = self.sensors.get(&rec.num) else {
            return EventState::default();
        };
        let enables = self.sensor_enables(rec.num);
        let told = enables.map_or(rec.events, |enables| enables.told());
        EventState(sensor.asserted.0 & rec.events.0 & told.0)
    }
}

impl Domain {
    /// Subscribers are told where it is not as it was.
    pub(crate) fn enables_found(
        &mut self,
        (id, num): (ResourceId, u32),
        found: &EnablesFound,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        let resource = self.resources.get_mut(&id);
        let resource = resource.ok_or(HpiError::InvalidResource)?;
        let mut recs = resource.rdrs.iter().filter_map(sensor_rec);
        let rec = recs.find(|rec| rec.num == num);
        let rec = rec.ok_or(HpiError::NotPresent)?;
        let (kind, category) = (rec.kind, rec.category);
        let sensor = resource.sensors.get_mut(&num).ok_or(HpiError::NotPresent)?;
        let is_hot_swap = resource.hot_swap.is_some_and(|it| it.sensor == Some(num));
        if let Some(states) = found.states.filter(|_| !is_hot_swap) {
            sensor.asserted = states;
        }
        let now = found.now;
        let change = SensorEnableChange {
            num,
            kind,
            category,
            sensor_enable: now.enabled,
            event_enable: now.events_enabled,
            assert_mask: now.assert_mask,
            deassert_mask: now.deassert_mask,
            current: Some(sensor.asserted),
        };
        let known = resource.settings.enables.insert(num, now);
        out.touched.push(id);
        if known.unwrap_or(found.was) != now {
            let kind = EventKind::SensorEnableChange(change);
            self.say(out.event(id, Severity::Informational, kind), out);
        }
        Ok(Told::Done)
    }
}
