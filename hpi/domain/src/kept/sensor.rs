//! Sensors without hardware: each reads a control of the same resource, so that whoever sets the
//! control makes the sensor's events.
//!
//! Source: SAI-HPI-B.03.02, `saHpiSensorReadingGet` and the functions after it.

use crate::managers::{ABSENT, PRESENT};
use crate::resource::sensor_rec;
use crate::sensor_event::severity;
use crate::{Resource, ThresholdChange};
use alloc::vec::Vec;
use hpi_model::instrument::{ControlState, DigitalState};
use hpi_model::{
    Capabilities, EventCategory, EventState, HpiError, Instrument, RdrType, Reading, ResourceId,
    SensorEvent, SensorRec, Severity, Thresholds,
};
use serde::{Deserialize, Serialize};

/// What a sensor reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SensorInput {
    /// An analog control; how many millionths of the sensor's unit one step of it is.
    Analog(u32, i64),
    /// A digital control: off is the first state, on is the second one.
    Digital(u32),
    /// A discrete control, which is the set of states.
    Discrete(u32),
    /// An OEM control, whose bytes are the reading.
    Bytes(u32),
    /// Nothing that is kept: the hardware is asked.
    Hardware,
    /// Nothing else: these states are what the domain knows.
    Known(EventState),
    /// Whether some CMM is there; its resource is the reading.
    Manager {
        /// It is.
        is_there: bool,
        /// Which resource it is, where that is known.
        resource: ResourceId,
    },
}

/// What users set of a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorSettings {
    /// It works.
    pub enabled: bool,
    /// Its events are told.
    pub events_enabled: bool,
    /// States whose assertion is told.
    pub assert_mask: EventState,
    /// States whose deassertion is told.
    pub deassert_mask: EventState,
    /// Its thresholds.
    pub thresholds: Thresholds,
}

/// A sensor that the domain keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSensor {
    /// What it reads.
    pub input: SensorInput,
    /// What users set.
    pub settings: SensorSettings,
    /// Its states. Choice: they follow its reading while it is disabled too, silently.
    pub states: EventState,
}

impl KeptSensor {
    /// Whether the sensor tells of a state that is entered, or left.
    fn tells(&self, state: EventState, assertion: bool) -> bool {
        let settings = &self.settings;
        let mask = if assertion {
            settings.assert_mask
        } else {
            settings.deassert_mask
        };
        settings.enabled && settings.events_enabled && mask.has(state)
    }

    /// Its states whose assertion it tells.
    pub(crate) fn alarming(&self) -> EventState {
        let bits = (0..16).map(|bit| EventState(1 << bit));
        let told = bits.filter(|state| self.states.has(*state) && self.tells(*state, true));
        EventState(told.map(|state| state.0).sum())
    }
}

impl Resource {
    /// A sensor that the domain keeps, with its record.
    pub fn kept_sensor(&self, num: u32) -> Result<(&SensorRec, &KeptSensor), HpiError> {
        if !self.rpt.capabilities.has(Capabilities::SENSOR) {
            return Err(HpiError::Capability);
        }
        let rdr = self.rdr_of(RdrType::Sensor, num);
        let kept = self.kept.sensors.get(&num);
        match (rdr.map(|rdr| &rdr.instrument), kept) {
            (Some(Instrument::Sensor(rec)), Some(kept)) => Ok((rec, kept)),
            (_, _) => Err(HpiError::NotPresent),
        }
    }

    /// What such a sensor reads, and its states; refused while it is disabled.
    pub fn kept_reading(&self, num: u32) -> Result<(Option<Reading>, EventState), HpiError> {
        let (rec, kept) = self.kept_sensor(num)?;
        if !kept.settings.enabled {
            return Err(HpiError::InvalidRequest);
        }
        Ok((self.read(rec, kept), kept.states))
    }

    fn input(&self, control: u32) -> Option<ControlState> {
        let (rec, kept) = self.kept_control(control).ok()?;
        kept.state(rec, 0).ok()
    }

    fn read(&self, rec: &SensorRec, kept: &KeptSensor) -> Option<Reading> {
        let format = rec.data_format?;
        match kept.input {
            SensorInput::Analog(..) => format.reading.reading(self.micro(kept)?),
            SensorInput::Bytes(control) => {
                let Some(ControlState::Oem { body, .. }) = self.input(control) else {
                    return None;
                };
                let mut bytes = [0; 32];
                bytes.iter_mut().zip(body).for_each(|(to, from)| *to = from);
                Some(Reading::Buffer(bytes))
            }
            SensorInput::Manager { resource, .. } => Some(Reading::Uint64(resource.0.into())),
            SensorInput::Digital(_)
            | SensorInput::Discrete(_)
            | SensorInput::Hardware
            | SensorInput::Known(_) => None,
        }
    }

    fn micro(&self, kept: &KeptSensor) -> Option<i64> {
        let SensorInput::Analog(control, step_micro) = kept.input else {
            return None;
        };
        let Some(ControlState::Analog(value)) = self.input(control) else {
            return None;
        };
        i64::from(value).checked_mul(step_micro)
    }

    fn states(&self, rec: &SensorRec, kept: &KeptSensor) -> EventState {
        let states = match kept.input {
            SensorInput::Analog(..) => match self.micro(kept) {
                Some(micro) => crossed(&kept.settings.thresholds, micro, kept.states),
                None => EventState::default(),
            },
            SensorInput::Digital(control) => match self.input(control) {
                Some(ControlState::Digital(DigitalState::On)) => EventState(0x02),
                _ => EventState(0x01),
            },
            SensorInput::Discrete(control) => match self.input(control) {
                Some(ControlState::Discrete(states)) => {
                    EventState(u16::try_from(states).unwrap_or_default())
                }
                _ => EventState::default(),
            },
            SensorInput::Bytes(_) | SensorInput::Hardware => EventState::default(),
            SensorInput::Known(states) => states,
            SensorInput::Manager { is_there: true, .. } => PRESENT,
            SensorInput::Manager { .. } => ABSENT,
        };
        EventState(states.0 & rec.events.0)
    }

    /// Looks at all sensors again; what they tell of it.
    pub(crate) fn sense(&mut self) -> Vec<(Severity, SensorEvent)> {
        let mut told = Vec::new();
        let mut found = Vec::new();
        for rec in self.rdrs.iter().filter_map(sensor_rec) {
            let Some(kept) = self.kept.sensors.get(&rec.num) else {
                continue;
            };
            let now = self.states(rec, kept);
            if now != kept.states {
                told.extend(self.changes(rec, kept, now));
                found.push((rec.num, now));
            }
        }
        for (num, states) in found {
            if let Some(kept) = self.kept.sensors.get_mut(&num) {
                kept.states = states;
            }
        }
        told
    }

    /// One event for each state that was entered or left: left before entered, the gravest first
    /// when they are left and last when they are entered.
    fn changes(
        &self,
        rec: &SensorRec,
        kept: &KeptSensor,
        now: EventState,
    ) -> Vec<(Severity, SensorEvent)> {
        let of = |bit: u16, assertion| (EventState(1 << bit), assertion);
        let bits = |set: u16| (0..15).filter(move |bit| set & 1 << bit != 0);
        let left = bits(kept.states.0 & !now.0).rev().map(|bit| of(bit, false));
        let entered = bits(now.0 & !kept.states.0).map(|bit| of(bit, true));
        let told = left
            .chain(entered)
            .filter(|(state, assertion)| kept.tells(*state, *assertion));
        told.map(|(state, assertion)| {
            let event = self.event((rec, kept), (state, assertion), now);
            (severity(rec.category, state), event)
        })
        .collect()
    }

    fn event(
        &self,
        (rec, kept): (&SensorRec, &KeptSensor),
        (state, assertion): (EventState, bool),
        now: EventState,
    ) -> SensorEvent {
        let is_threshold = rec.category == EventCategory::Threshold;
        let is_manager = matches!(kept.input, SensorInput::Manager { .. });
        let threshold = limit(&kept.settings.thresholds, state).filter(|_| is_threshold);
        let format = rec.data_format.filter(|_| is_threshold || is_manager);
        SensorEvent {
            num: rec.num,
            kind: rec.kind,
            category: rec.category,
            assertion,
            state,
            trigger_reading: format.and_then(|_| self.read(rec, kept)),
            trigger_threshold: format.and_then(|it| it.reading.reading(threshold?)),
            previous: Some(kept.states),
            current: Some(now),
            oem: None,
            sensor_specific: None,
        }
    }

    /// What a sensor tells of a state that it was in, and has entered anew; `None` where that is
    /// not told.
    pub(crate) fn entered_again(
        &self,
        num: u32,
        state: EventState,
    ) -> Option<(Severity, SensorEvent)> {
        let (rec, kept) = self.kept_sensor(num).ok()?;
        let event = self.event((rec, kept), (state, true), kept.states);
        kept.tells(state, true)
            .then(|| (severity(rec.category, state), event))
    }

    /// Nothing is changed of thresholds that are refused.
    pub(crate) fn set_thresholds(
        &mut self,
        num: u32,
        new: &[Option<Reading>; 8],
    ) -> Result<(), HpiError> {
        let (rec, kept) = self.kept_sensor(num)?;
        let mut kept = *kept;
        let change = ThresholdChange::read(new, rec)?;
        let thresholds = change.over(kept.settings.thresholds);
        if !thresholds.in_order() {
            return Err(HpiError::InvalidData);
        }
        kept.settings.thresholds = thresholds;
        self.kept.sensors.insert(num, kept);
        Ok(())
    }
}

/// The threshold that a state is about.
fn limit(thresholds: &Thresholds, state: EventState) -> Option<i64> {
    match state {
        EventState::LOWER_MINOR => thresholds.low_minor_micro,
        EventState::LOWER_MAJOR => thresholds.low_major_micro,
        EventState::LOWER_CRIT => thresholds.low_critical_micro,
        EventState::UPPER_MINOR => thresholds.up_minor_micro,
        EventState::UPPER_MAJOR => thresholds.up_major_micro,
        EventState::UPPER_CRIT => thresholds.up_critical_micro,
        _ => None,
    }
}

/// The thresholds that a reading is beyond, or comes back from by no more than the hysteresis.
///
/// Source: SAI-HPI-B.03.02, `SaHpiSensorThresholdsT`.
fn crossed(thresholds: &Thresholds, micro: i64, was: EventState) -> EventState {
    let up = thresholds.pos_hysteresis_micro.unwrap_or(0);
    let down = thresholds.neg_hysteresis_micro.unwrap_or(0);
    let states = (0..6).map(|bit| EventState(1 << bit));
    let is_beyond = |state: &EventState| {
        let slack = |hysteresis: i64| if was.has(*state) { hysteresis } else { 0 };
        limit(thresholds, *state).is_some_and(|limit| match *state {
            EventState::LOWER_MINOR | EventState::LOWER_MAJOR | EventState::LOWER_CRIT => {
                micro <= limit.saturating_add(slack(down))
            }
            _ => micro >= limit.saturating_sub(slack(up)),
        })
    };
    EventState(states.filter(is_beyond).fold(0, |set, it| set | it.0))
}
