//! Hot swap, power, reset, saved parameters and loads of resources without a controller.

use super::call::enable_change;
use super::{Kept, KeptControl, SensorSettings};
use crate::policy::Policy;
use crate::resource::sensor_rec;
use crate::switch::SwitchCall;
use crate::{Domain, Out, Resource, Told};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use hpi_model::{
    Capabilities, EventKind, HotSwapCause, HotSwapState, HpiError, LoadId, ParmAction, PowerState,
    ResetAction, ResourceId, SensorEnableChange, Severity, TextBuffer, Thresholds,
};
use serde::{Deserialize, Serialize};

/// What users can save and restore: all controls, and what is set of all sensors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parameters {
    controls: BTreeMap<u32, KeptControl>,
    sensors: BTreeMap<u32, SensorSettings>,
}

/// What a resource loads, and what it could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLoad {
    /// What it loads next.
    pub current: LoadId,
    /// Numbers of loads that there are.
    pub(crate) numbers: Vec<u32>,
    /// Names of loads that there are.
    pub(crate) names: Vec<TextBuffer>,
}

impl Kept {
    pub(crate) fn parameters(&self) -> Parameters {
        let sensors = self.sensors.iter();
        Parameters {
            controls: self.controls.clone(),
            sensors: sensors.map(|(num, it)| (*num, it.settings)).collect(),
        }
    }

    fn adopt(&mut self, parameters: Parameters) {
        self.controls = parameters.controls;
        for (num, settings) in parameters.sensors {
            if let Some(sensor) = self.sensors.get_mut(&num) {
                sensor.settings = settings;
            }
        }
    }
}

impl Domain {
    /// Calls that the controller would carry out, if there were one.
    pub(crate) fn kept_call(
        &mut self,
        id: ResourceId,
        call: &SwitchCall,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        use HotSwapCause::ExtSoftware;
        use HotSwapState as H;
        let resource = self.resources.get_mut(&id);
        let resource = resource.ok_or(HpiError::InvalidResource)?;
        let next = match call {
            SwitchCall::ActiveSet => resource.decided(H::Active)?,
            SwitchCall::InactiveSet => resource.decided(H::Inactive)?,
            SwitchCall::ActionRequest(true) => {
                resource.requested(H::Inactive, H::InsertionPending)?
            }
            SwitchCall::ActionRequest(false) => {
                resource.requested(H::Active, H::ExtractionPending)?
            }
            SwitchCall::IndicatorStateSet(on) => {
                if !resource.has_indicator() {
                    return Err(HpiError::Capability);
                }
                resource.kept.indicator_on = *on;
                return Ok(Told::Done);
            }
            SwitchCall::PowerStateSet(state) => {
                resource.can(Capabilities::POWER)?;
                if *state != PowerState::On {
                    self.power_kept(id, false, out);
                }
                if *state != PowerState::Off {
                    self.power_kept(id, true, out);
                }
                return Ok(Told::Done);
            }
            SwitchCall::ResetStateSet(action) => return resource.reset_kept(*action),
            SwitchCall::LoadIdSet(load) => return resource.set_load(load),
            SwitchCall::ParmControl(action) => {
                for change in resource.set_parameters(*action)? {
                    let kind = EventKind::SensorEnableChange(change);
                    self.say(out.event(id, Severity::Informational, kind), out);
                }
                self.sensed(id, out);
                out.touched.push(id);
                return Ok(Told::Done);
            }
        };
        self.enter_kept(id, (next, ExtSoftware), out);
        Ok(Told::Done)
    }

    /// The power of a resource without a controller; what needs it ends with it.
    pub(crate) fn power_kept(&mut self, id: ResourceId, on: bool, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let mut told = Vec::new();
        resource.kept.power_on = on;
        resource.tests_follow_power((out.at.time, &mut told));
        self.tell_all(id, told, out);
    }
}

impl Resource {
    /// What a user decides of a resource that waits.
    fn decided(&self, next: HotSwapState) -> Result<HotSwapState, HpiError> {
        let hot_swap = self.hot_swap.ok_or(HpiError::Capability)?;
        match hot_swap.policy {
            Policy::None | Policy::Runs => Err(HpiError::InvalidRequest),
            Policy::Waits(_) | Policy::Cancelled | Policy::Failed => Ok(next),
        }
    }

    fn requested(&self, from: HotSwapState, to: HotSwapState) -> Result<HotSwapState, HpiError> {
        let hot_swap = self.hot_swap.ok_or(HpiError::Capability)?;
        let is_from = hot_swap.state == from;
        is_from.then_some(to).ok_or(HpiError::InvalidRequest)
    }

    /// `saHpiResourceResetStateSet`.
    fn reset_kept(&mut self, action: ResetAction) -> Result<Told, HpiError> {
        self.can(Capabilities::RESET)?;
        match action {
            ResetAction::Cold | ResetAction::Warm if self.kept.reset_asserted => {
                return Err(HpiError::InvalidRequest);
            }
            ResetAction::Cold | ResetAction::Warm => {}
            ResetAction::Assert => self.kept.reset_asserted = true,
            ResetAction::Deassert => self.kept.reset_asserted = false,
        }
        Ok(Told::Done)
    }

    /// `saHpiResourceLoadIdSet`.
    fn set_load(&mut self, load: &LoadId) -> Result<Told, HpiError> {
        let kept = self.kept.load.as_mut().ok_or(HpiError::Capability)?;
        let is_there = match load.number {
            LoadId::DEFAULT => true,
            LoadId::BY_NAME => kept.names.contains(&load.name),
            number => kept.numbers.contains(&number),
        };
        if !is_there {
            return Err(HpiError::InvalidData);
        }
        kept.current = load.clone();
        Ok(Told::Done)
    }

    /// `saHpiParmControl`. What subscribers are told of it: which sensors work, and what they
    /// tell, where that changes.
    fn set_parameters(&mut self, action: ParmAction) -> Result<Vec<SensorEnableChange>, HpiError> {
        self.can(Capabilities::CONFIGURATION)?;
        let before = self.kept.parameters();
        let kept = &mut self.kept;
        match action {
            ParmAction::Save => kept.saved = Some(kept.parameters()),
            ParmAction::Default => kept.adopt(kept.factory.clone()),
            ParmAction::Restore => {
                let saved = kept.saved.as_ref().unwrap_or(&kept.factory);
                kept.adopt(saved.clone());
            }
        }
        let told = |settings: &SensorSettings| SensorSettings {
            thresholds: Thresholds::default(),
            ..*settings
        };
        let sensors = self.rdrs.iter().filter_map(sensor_rec);
        let changes = sensors.filter_map(|rec| {
            let now = self.kept.sensors.get(&rec.num)?;
            let was = before.sensors.get(&rec.num)?;
            (told(was) != told(&now.settings)).then(|| enable_change(rec, now))
        });
        Ok(changes.collect())
    }
}
