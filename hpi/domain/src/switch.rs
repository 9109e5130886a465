//! Hot swap, power, reset, saved parameters and loads: what users want done with a resource, and
//! what is ordered of its controller for it.
//!
//! Source: SAI-HPI-B.03.02, hot swap, configuration, load management, reset and power functions.

use crate::actions::{Verdict, judge};
use crate::kept::Cycle;
use crate::policy::Policy;
use crate::{Domain, Effect, FruAddress, Out, Resource, ShelfAction, Told};
use core::time::Duration;
use hpi_model::handover::{Action, ActionError};
use hpi_model::{
    Capabilities, HotSwapState, HpiError, LoadId, ParmAction, PowerState, ResetAction, ResourceId,
};
use serde::{Deserialize, Serialize};

/// How long the power is off in a power cycle. Choice: what the power supplies of boards need to
/// discharge.
const OFF_TIME: Duration = Duration::from_secs(1);

/// A call that something be done with a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SwitchCall {
    /// `saHpiResourceActiveSet`.
    ActiveSet,
    /// `saHpiResourceInactiveSet`.
    InactiveSet,
    /// `saHpiHotSwapActionRequest`: insertion, or extraction.
    ActionRequest(bool),
    /// `saHpiHotSwapIndicatorStateSet`: turn the hot swap indicator on, or back to its own.
    IndicatorStateSet(bool),
    /// `saHpiResourcePowerStateSet`.
    PowerStateSet(PowerState),
    /// `saHpiResourceResetStateSet`.
    ResetStateSet(ResetAction),
    /// `saHpiParmControl`.
    ParmControl(ParmAction),
    /// `saHpiResourceLoadIdSet`.
    LoadIdSet(LoadId),
}

impl Domain {
    pub(crate) fn switch_call(
        &mut self,
        id: ResourceId,
        call: &SwitchCall,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        let resource = self.resources.get_mut(&id);
        let resource = resource.ok_or(HpiError::InvalidResource)?;
        match resource.fru {
            None if resource.rpt.failed => Err(HpiError::NoResponse),
            Some(fru) => resource.order_call(fru, call, out),
            None => self.kept_call(id, call, out),
        }
    }

    /// The shelf manager did what was ordered.
    pub(crate) fn shelf_done(&mut self, order: ShelfAction, out: &mut Out<'_>) {
        if let ShelfAction::Reset(fru) = order {
            return self.reset_done(fru, out);
        }
        let ShelfAction::Power { fru, on: false } = order else {
            return;
        };
        let id = self.by_fru.get(&fru);
        let resource = id.and_then(|id| self.resources.get_mut(id));
        if let Some(resource) = resource
            && resource.kept.cycle == Cycle::GoesOff
        {
            resource.kept.cycle = Cycle::Off(out.at.time.after(OFF_TIME));
        }
    }

    /// The second half of a power cycle.
    pub(crate) fn power_again(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        resource.kept.cycle = Cycle::None;
        if let Some(fru) = resource.fru {
            let order = ShelfAction::Power { fru, on: true };
            out.effects.push(Effect::Shelf(order));
        }
    }
}

impl Resource {
    /// What the controller shall do.
    fn order_call(
        &mut self,
        fru: FruAddress,
        call: &SwitchCall,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        let path = || self.rpt.entity.clone();
        let action = match call {
            SwitchCall::ActiveSet | SwitchCall::InactiveSet if self.runs_policy() => {
                return Err(HpiError::InvalidRequest);
            }
            SwitchCall::ActiveSet => Action::SetActive(path()),
            SwitchCall::InactiveSet => Action::SetInactive(path()),
            SwitchCall::ActionRequest(insert) => Action::Request(path(), *insert),
            SwitchCall::IndicatorStateSet(on) => {
                if !self.has_indicator() {
                    return Err(HpiError::Capability);
                }
                let order = ShelfAction::Indicator { fru, on: *on };
                out.effects.push(Effect::Shelf(order));
                return Ok(Told::Done);
            }
            SwitchCall::PowerStateSet(PowerState::On) => Action::SetPower(path(), true),
            SwitchCall::PowerStateSet(PowerState::Off | PowerState::Cycle) => {
                Action::SetPower(path(), false)
            }
            SwitchCall::ResetStateSet(ResetAction::Cold) => Action::Reset(path()),
            SwitchCall::ResetStateSet(action) => {
                // A reset that is never held is over. What else the controller can do is asked of
                // it, not of the log.
                self.can(Capabilities::RESET)?;
                let is_over = *action == ResetAction::Deassert;
                return is_over.then_some(Told::Done).ok_or(HpiError::InvalidCmd);
            }
            SwitchCall::ParmControl(_) | SwitchCall::LoadIdSet(_) => {
                return Err(HpiError::Capability);
            }
        };
        let order = match (call, ordered(&action, self)?) {
            (SwitchCall::ActionRequest(false), ShelfAction::Deactivate(fru)) => {
                ShelfAction::Release(fru)
            }
            (_, order) => order,
        };
        if let SwitchCall::PowerStateSet(state) = call {
            self.kept.cycle = match state {
                PowerState::Cycle => Cycle::GoesOff,
                PowerState::Off | PowerState::On => Cycle::None,
            };
        }
        // Nobody else waits for it: it is not kept as an action of PLM.
        self.ordered(order);
        out.effects.push(Effect::Shelf(order));
        Ok(Told::Done)
    }

    /// What is ordered where something else was not carried out.
    ///
    /// Choice: a user who requests extraction asks for M5, so that the policy can still be
    /// cancelled. A controller that is not asked for that way (`ipmi_sim` has no activation policy)
    /// is deactivated.
    pub(crate) fn instead_of(&self, failed: ShelfAction) -> Option<ShelfAction> {
        let ShelfAction::Release(fru) = failed else {
            return None;
        };
        let state = self.hot_swap.map(|hot_swap| hot_swap.state);
        (state == Some(HotSwapState::Active)).then_some(ShelfAction::Deactivate(fru))
    }

    fn runs_policy(&self) -> bool {
        self.hot_swap
            .is_some_and(|hot_swap| hot_swap.policy == Policy::Runs)
    }

    pub(crate) fn can(&self, capability: Capabilities) -> Result<(), HpiError> {
        let can = self.rpt.capabilities.has(capability);
        can.then_some(()).ok_or(HpiError::Capability)
    }
}

/// The order for an action that a user wants now.
fn ordered(action: &Action, resource: &Resource) -> Result<ShelfAction, HpiError> {
    match judge(action, resource) {
        Verdict::Order(order) => Ok(order),
        Verdict::UnderWay | Verdict::Refuse(ActionError::InvalidState) => {
            Err(HpiError::InvalidRequest)
        }
        Verdict::Refuse(ActionError::NotCapable) => Err(HpiError::Capability),
        Verdict::Refuse(ActionError::NoSuchResource) => Err(HpiError::InvalidResource),
        Verdict::Refuse(ActionError::NoResponse) => Err(HpiError::NoResponse),
    }
}
