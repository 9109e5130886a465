//! What users set of instruments that the domain keeps.

use super::KeptSensor;
use crate::managers::FAILOVER;
use crate::{Domain, Out, Resource, Told};
use alloc::boxed::Box;
use alloc::vec::Vec;
use hpi_model::instrument::{ControlMode, ControlState};
use hpi_model::{
    Capabilities, EventControl, EventKind, EventState, HpiError, Reading, ResourceId,
    SensorEnableChange, SensorRec, Severity,
};
use serde::{Deserialize, Serialize};

/// A call that sets something of an instrument that no controller has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstrumentCall {
    /// `saHpiControlSet`: which control, its mode, and its state, which is not looked at in
    /// automatic mode.
    ControlSet(u32, ControlMode, Option<ControlState>),
    /// Something about a sensor.
    Sensor(u32, SensorCall),
}

/// A call that sets something of a sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SensorCall {
    /// `saHpiSensorThresholdsSet`: lower minor, major, critical; upper minor, major, critical;
    /// hysteresis up and down.
    ThresholdsSet(Box<[Option<Reading>; 8]>),
    /// `saHpiSensorEnableSet`.
    EnableSet(bool),
    /// `saHpiSensorEventEnableSet`.
    EventEnableSet(bool),
    /// `saHpiSensorEventMasksSet`.
    EventMasksSet {
        /// The states are added, or else removed.
        add: bool,
        /// Of those whose assertion is told.
        assert: EventState,
        /// Of those whose deassertion is told.
        deassert: EventState,
    },
}

/// `SAHPI_ALL_EVENT_STATES`.
const ALL_STATES: EventState = EventState(0xffff);

impl Domain {
    pub(crate) fn instrument_call(
        &mut self,
        id: ResourceId,
        call: &InstrumentCall,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        let resource = self.resources.get_mut(&id);
        let resource = resource.ok_or(HpiError::InvalidResource)?;
        let changed = match call {
            InstrumentCall::ControlSet(num, mode, state) => {
                resource.set_control(*num, *mode, state.as_ref())?;
                if *num == FAILOVER {
                    self.fail_over(id, state.as_ref(), out)?;
                }
                None
            }
            InstrumentCall::Sensor(num, call) => resource.set_sensor(*num, call)?,
        };
        if let Some(change) = changed {
            let kind = EventKind::SensorEnableChange(change);
            self.say(out.event(id, Severity::Informational, kind), out);
        }
        self.sensed(id, out);
        // A state may have ended that nobody is told of.
        out.touched.push(id);
        Ok(Told::Done)
    }

    /// Tells what the sensors of a resource see.
    pub(crate) fn sensed(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let found = self.resources.get_mut(&id);
        let told = found.map_or_else(Vec::new, Resource::sense);
        for (severity, event) in told {
            self.say(out.event(id, severity, EventKind::Sensor(event)), out);
        }
    }
}

impl Resource {
    /// What subscribers are told, where it changes what they are told.
    fn set_sensor(
        &mut self,
        num: u32,
        call: &SensorCall,
    ) -> Result<Option<SensorEnableChange>, HpiError> {
        let deasserts = self.rpt.capabilities.has(Capabilities::EVT_DEASSERTS);
        let (rec, kept) = self.kept_sensor(num)?;
        let (mut next, control) = (*kept, rec.event_control);
        let settings = &mut next.settings;
        match call {
            SensorCall::ThresholdsSet(new) => {
                return self.set_thresholds(num, new).map(|()| None);
            }
            SensorCall::EnableSet(_) if !rec.enable_control => return Err(HpiError::ReadOnly),
            SensorCall::EnableSet(on) => settings.enabled = *on,
            SensorCall::EventEnableSet(_) if control == EventControl::ReadOnly => {
                return Err(HpiError::ReadOnly);
            }
            SensorCall::EventEnableSet(on) => settings.events_enabled = *on,
            SensorCall::EventMasksSet { .. } if control != EventControl::PerEvent => {
                return Err(HpiError::ReadOnly);
            }
            SensorCall::EventMasksSet {
                add,
                assert,
                deassert,
            } => {
                let deassert = if deasserts { assert } else { deassert };
                let masks = [
                    (&mut settings.assert_mask, assert),
                    (&mut settings.deassert_mask, deassert),
                ];
                for (mask, wanted) in masks {
                    *mask = masked(*mask, (*wanted, *add), rec.events)?;
                }
            }
        }
        let change = enable_change(rec, &next);
        let is_new = next.settings != kept.settings;
        self.kept.sensors.insert(num, next);
        Ok(is_new.then_some(change))
    }
}

/// What is told of a sensor whose settings changed.
pub(crate) fn enable_change(rec: &SensorRec, kept: &KeptSensor) -> SensorEnableChange {
    SensorEnableChange {
        num: rec.num,
        kind: rec.kind,
        category: rec.category,
        sensor_enable: kept.settings.enabled,
        event_enable: kept.settings.events_enabled,
        assert_mask: kept.settings.assert_mask,
        deassert_mask: kept.settings.deassert_mask,
        current: Some(kept.states),
    }
}

/// A mask with states added or removed.
fn masked(
    mask: EventState,
    (wanted, add): (EventState, bool),
    supported: EventState,
) -> Result<EventState, HpiError> {
    let wanted = match wanted {
        ALL_STATES => supported,
        wanted if add && !supported.has(wanted) => return Err(HpiError::InvalidData),
        wanted => wanted,
    };
    Ok(EventState(if add {
        mask.0 | wanted.0
    } else {
        mask.0 & !wanted.0
    }))
}
