//! Instruments that the domain keeps: they are answered from the state, and set on the log.

use super::{check, wire};
use hpi_domain::{InstrumentCall, Resource, SensorCall, SensorSettings};
use hpi_model::instrument::ControlMode;
use hpi_model::{EventState, HpiError, ReadingType};
use openhpi_wire::function::{
    ControlGet, ControlSet, ModeAndState, ReadingAndState, SensorEventMasksSet,
};
use openhpi_wire::types::{CtrlState, SensorThresholds};

/// `SAHPI_SENS_ADD_EVENTS_TO_MASKS`, `SAHPI_SENS_REMOVE_EVENTS_FROM_MASKS`.
const ADD: u32 = 0;
/// See [`ADD`].
const REMOVE: u32 = 1;

pub(super) fn reading(resource: &Resource, num: u32) -> Result<ReadingAndState, HpiError> {
    let (reading, state) = resource.kept_reading(num)?;
    let (reading, state) = (wire::reading(reading.as_ref()), state.0);
    Ok(ReadingAndState { reading, state })
}

pub(super) fn thresholds(resource: &Resource, num: u32) -> Result<SensorThresholds, HpiError> {
    let (rec, kept) = resource.kept_sensor(num)?;
    if rec.thresholds.readable.0 == 0 {
        return Err(HpiError::InvalidCmd);
    }
    let kind = rec.data_format.map(|format| format.reading);
    let kind = kind.unwrap_or(ReadingType::Float64);
    Ok(wire::thresholds(kind, &kept.settings.thresholds))
}

/// What users set of a sensor.
pub(super) fn settings(resource: &Resource, num: u32) -> Result<SensorSettings, HpiError> {
    Ok(resource.kept_sensor(num)?.1.settings)
}

/// Setting something of a sensor that is there.
pub(super) fn set(
    resource: &Resource,
    num: u32,
    call: SensorCall,
) -> Result<InstrumentCall, HpiError> {
    resource.kept_sensor(num)?;
    Ok(InstrumentCall::Sensor(num, call))
}

pub(super) fn set_thresholds(
    resource: &Resource,
    (num, new): (u32, &SensorThresholds),
) -> Result<InstrumentCall, HpiError> {
    resource.kept_sensor(num)?;
    let new = check::thresholds(new)?.into();
    set(resource, num, SensorCall::ThresholdsSet(new))
}

pub(super) fn set_masks(
    resource: &Resource,
    asked: &SensorEventMasksSet,
) -> Result<InstrumentCall, HpiError> {
    resource.kept_sensor(asked.sensor)?;
    if ![ADD, REMOVE].contains(&asked.action) {
        return Err(HpiError::InvalidParams);
    }
    let call = SensorCall::EventMasksSet {
        add: asked.action == ADD,
        assert: EventState(asked.assert_mask),
        deassert: EventState(asked.deassert_mask),
    };
    set(resource, asked.sensor, call)
}

/// Choice: who asks for a text without saying of which line is told all of it.
pub(super) fn control(resource: &Resource, asked: &ControlGet) -> Result<ModeAndState, HpiError> {
    let (rec, kept) = resource.kept_control(asked.control)?;
    if rec.write_only {
        return Err(HpiError::InvalidCmd);
    }
    let line = match &asked.state {
        CtrlState::Text(text) => text.line,
        CtrlState::Digital(_)
        | CtrlState::Discrete(_)
        | CtrlState::Analog(_)
        | CtrlState::Stream(_)
        | CtrlState::Oem(_) => 0,
    };
    Ok(ModeAndState {
        mode: kept.mode.number(),
        state: wire::control_state(&kept.state(rec, line)?),
    })
}

pub(super) fn set_control(
    resource: &Resource,
    asked: &ControlSet,
) -> Result<InstrumentCall, HpiError> {
    resource.kept_control(asked.control)?;
    let mode = ControlMode::from_number(asked.mode).ok_or(HpiError::InvalidParams)?;
    let state = match mode {
        ControlMode::Auto => None,
        ControlMode::Manual => Some(check::control_state(&asked.state)?),
    };
    Ok(InstrumentCall::ControlSet(asked.control, mode, state))
}
