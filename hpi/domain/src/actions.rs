//! What PLM orders, checked against what the resource can do now, and sent down.

use crate::{Domain, Effect, FruAddress, Out, Resource, ShelfAction};
use hpi_model::handover::{Action, ActionError};
use hpi_model::{Capabilities, EntityPath, HotSwapState};

/// What is to be done about an action.
pub(crate) enum Verdict {
    Order(ShelfAction),
    /// It is under way already: an order repeated after a restart.
    UnderWay,
    Refuse(ActionError),
}

impl Domain {
    pub(crate) fn act(&mut self, action: &Action, out: &mut Out<'_>) {
        if let Action::CancelPolicy(path) = action {
            return self.hold(path);
        }
        let resource = self
            .ids
            .get(path(action))
            .and_then(|id| self.resources.get_mut(id));
        let verdict = resource
            .as_deref()
            .map_or(Verdict::Refuse(ActionError::NoSuchResource), |resource| {
                judge(action, resource)
            });
        match verdict {
            Verdict::Order(order) => {
                if let Some(resource) = resource {
                    resource.pending = Some(action.clone());
                    resource.ordered(order);
                }
                out.effects.push(Effect::Shelf(order));
            }
            Verdict::UnderWay => {}
            Verdict::Refuse(why) => out.effects.push(Effect::ActionFailed(action.clone(), why)),
        }
    }

    /// The shelf manager reset a FRU: PLM learns it when it was PLM that wanted it.
    pub(crate) fn reset_done(&mut self, fru: FruAddress, out: &mut Out<'_>) {
        let id = self.by_fru.get(&fru);
        let resource = id.and_then(|id| self.resources.get_mut(id));
        let pending = resource.and_then(|resource| {
            let is_reset = |action: &mut Action| matches!(action, Action::Reset(_));
            resource.pending.take_if(is_reset)
        });
        out.effects.extend(pending.map(Effect::ActionDone));
    }

    /// The shelf manager gave up on an order: PLM learns which of its actions that was.
    pub(crate) fn shelf_failed(&mut self, order: ShelfAction, why: ActionError, out: &mut Out<'_>) {
        let id = self.by_fru.get(&fru(order));
        let Some(resource) = id.and_then(|id| self.resources.get_mut(id)) else {
            return;
        };
        resource.order_failed(order);
        if let Some(instead) = resource.instead_of(order) {
            out.effects.push(Effect::Shelf(instead));
        }
        if let Some(action) = resource.pending.take_if(|action| causes(action, order)) {
            out.effects.push(Effect::ActionFailed(action, why));
        }
    }
}

/// Source: SAI-HPI-B.03.02, hot swap, power and reset functions; PICMG 3.0 R3.0 Table 3-20.
///
/// Choice: an order that is being carried out already is not refused, so that PLM may repeat it.
pub(crate) fn judge(action: &Action, resource: &Resource) -> Verdict {
    let Some(fru) = resource.fru else {
        return Verdict::Refuse(ActionError::NotCapable);
    };
    let can = |capability| resource.rpt.capabilities.has(capability);
    let hot_swap = match (action, resource.hot_swap) {
        (Action::SetActive(_) | Action::SetInactive(_) | Action::Request(..), None) => {
            return Verdict::Refuse(ActionError::NotCapable);
        }
        (_, hot_swap) => hot_swap,
    };
    match (action, hot_swap.map(|h| (h.state, h.m_state))) {
        (Action::SetActive(_), Some((HotSwapState::InsertionPending, 2))) => {
            Verdict::Order(ShelfAction::Activate(fru))
        }
        (Action::SetActive(_), Some((HotSwapState::InsertionPending, 3))) => Verdict::UnderWay,
        (Action::SetActive(_), Some((HotSwapState::ExtractionPending, 5))) => {
            Verdict::Order(ShelfAction::Activate(fru))
        }
        (Action::SetInactive(_), Some((HotSwapState::InsertionPending, 2 | 3))) => {
            Verdict::Order(ShelfAction::Deactivate(fru))
        }
        (Action::SetInactive(_), Some((HotSwapState::ExtractionPending, 5))) => {
            Verdict::Order(ShelfAction::Deactivate(fru))
        }
        (Action::SetInactive(_), Some((_, 6))) => Verdict::UnderWay,
        (Action::Request(_, true), Some((HotSwapState::Inactive, _))) => {
            Verdict::Order(ShelfAction::Unlock(fru))
        }
        (Action::Request(_, true), Some((HotSwapState::InsertionPending, 2 | 3))) => {
            Verdict::UnderWay
        }
        (Action::Request(_, false), Some((HotSwapState::Active, _))) => {
            Verdict::Order(ShelfAction::Deactivate(fru))
        }
        (Action::Request(_, false), Some((HotSwapState::ExtractionPending, _))) => {
            Verdict::UnderWay
        }
        (Action::CancelPolicy(_), _) => Verdict::UnderWay,
        (Action::SetPower(_, on), _) if can(Capabilities::POWER) => {
            Verdict::Order(ShelfAction::Power { fru, on: *on })
        }
        (Action::Reset(_), _) if can(Capabilities::RESET) => {
            Verdict::Order(ShelfAction::Reset(fru))
        }
        (Action::SetPower(..) | Action::Reset(_), _) => Verdict::Refuse(ActionError::NotCapable),
        (Action::SetActive(_) | Action::SetInactive(_) | Action::Request(..), _) => {
            Verdict::Refuse(ActionError::InvalidState)
        }
    }
}

fn path(action: &Action) -> &EntityPath {
    match action {
        Action::SetActive(path)
        | Action::SetInactive(path)
        | Action::Request(path, _)
        | Action::CancelPolicy(path)
        | Action::SetPower(path, _)
        | Action::Reset(path) => path,
    }
}

fn fru(order: ShelfAction) -> FruAddress {
    match order {
        ShelfAction::Activate(fru)
        | ShelfAction::Deactivate(fru)
        | ShelfAction::Unlock(fru)
        | ShelfAction::Release(fru)
        | ShelfAction::Reset(fru)
        | ShelfAction::Power { fru, .. }
        | ShelfAction::Indicator { fru, .. } => fru,
    }
}

/// Whether `action` is what the order was given for.
fn causes(action: &Action, order: ShelfAction) -> bool {
    match order {
        ShelfAction::Activate(_) => matches!(action, Action::SetActive(_)),
        ShelfAction::Deactivate(_) => {
            matches!(action, Action::SetInactive(_) | Action::Request(_, false))
        }
        ShelfAction::Unlock(_) => matches!(action, Action::Request(_, true)),
        ShelfAction::Power { on, .. } => matches!(action, Action::SetPower(_, o) if *o == on),
        ShelfAction::Reset(_) => matches!(action, Action::Reset(_)),
        ShelfAction::Indicator { .. } | ShelfAction::Release(_) => false,
    }
}
