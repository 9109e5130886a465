//! What the operations beside those on the administrative state do: restart, swap, adjust,
//! repaired.

use super::{Begun, Entity, TRY_AGAIN, Until};
use crate::Amf;
use crate::redundancy::{self, Roles};
use crate::state::{NodeRepair, Recycle};
use ais::amf::{AdminState, OperationalState, PresenceState};
use ais::{AisError, Dn};

impl Amf {
    fn presence_of_su(&self, su: &Dn) -> Option<PresenceState> {
        self.sus.get(su).map(|s| s.presence)
    }

    pub(super) fn restart_one(&mut self, component: &Dn) -> Begun {
        let state = self.components.get(component);
        let runs = state.is_some_and(|c| c.presence == PresenceState::Instantiated);
        let config = self.model().components.get(component);
        let Some(config) = config.filter(|_| runs) else {
            return Err((AisError::BadOperation, "it is not instantiated"));
        };
        let (su, movable) = (config.su.clone(), config.restart_disabled);
        if self.scope_busy(component) {
            return Err(TRY_AGAIN);
        }
        match self.sus.get_mut(&su) {
            Some(state) if movable => state.recycle = Some(Recycle::Component(component.clone())),
            Some(_) | None => self.restart_component(component, false),
        }
        Ok(Some(Until::Settled))
    }

    pub(super) fn restart_unit(&mut self, su: &Dn) -> Begun {
        if self.presence_of_su(su) != Some(PresenceState::Instantiated) {
            return Err((AisError::BadOperation, "it is not instantiated"));
        }
        if self.scope_busy(su) {
            return Err(TRY_AGAIN);
        }
        let config = self.model().sus.get(su);
        let components = config.map_or(&[][..], |c| c.components.as_slice());
        let movable = components.iter().any(|dn| {
            let config = self.model().components.get(dn);
            config.is_some_and(|c| c.restart_disabled)
        });
        match self.sus.get_mut(su) {
            Some(state) if movable => state.recycle = Some(Recycle::Su),
            Some(_) | None => self.restart_su(su, false),
        }
        Ok(Some(Until::Settled))
    }

    /// Composite restart: SUs that are not instantiated are skipped; if all are, it is refused
    /// (decision E-26).
    pub(super) fn restart_all(&mut self, entity: Entity, dn: &Dn) -> Begun {
        let mut sus = self.scope(dn);
        sus.retain(|su| self.presence_of_su(su) == Some(PresenceState::Instantiated));
        if sus.is_empty() {
            return Err((
                AisError::BadOperation,
                "none of its service units is instantiated",
            ));
        }
        if self.scope_busy(dn) {
            return Err(TRY_AGAIN);
        }
        self.restart_scope(dn, sus, entity == Entity::Node);
        Ok(Some(Until::Settled))
    }

    pub(super) fn swap(&mut self, si: &Dn) -> Begun {
        let bad = (
            AisError::BadOperation,
            "it has no standby assignment to swap with",
        );
        let sg = self
            .model()
            .sis
            .get(si)
            .and_then(|c| c.sg.clone())
            .ok_or(bad)?;
        if self.busy(&sg) || self.scope_busy(si) {
            return Err(TRY_AGAIN);
        }
        let roles = redundancy::swapped(self, &sg, si).ok_or(bad)?;
        self.take_roles(&sg, roles);
        Ok(Some(Until::Settled))
    }

    /// Manual adjustment; probation periods do not count (decision E-16).
    pub(super) fn adjust(&mut self, sg: &Dn) -> Begun {
        let shutting = |dn: &Dn| self.combined_admin(dn) == AdminState::ShuttingDown;
        if self.scope_busy(sg) || self.scope(sg).iter().any(shutting) {
            return Err(TRY_AGAIN);
        }
        if let Some(roles) = redundancy::adjusted(self, sg) {
            self.take_roles(sg, roles);
        }
        Ok(Some(Until::Settled))
    }

    fn take_roles(&mut self, sg: &Dn, roles: Roles) {
        if let Some(state) = self.sgs.get_mut(sg) {
            state.roles = roles;
            state.adjust_held = true;
        }
        self.touched.insert(sg.clone());
    }

    pub(super) fn repaired_su(&mut self, su: &Dn) -> Begun {
        let disabled = |s: &crate::state::SuState| s.oper == OperationalState::Disabled;
        if !self.sus.get(su).is_some_and(disabled) {
            return Err((AisError::NoOp, "it is enabled already"));
        }
        if self.su_busy(su) {
            return Err((AisError::BadOperation, "it is still being stopped"));
        }
        self.repair(su);
        Ok(None)
    }

    pub(super) fn repaired_node(&mut self, node: &Dn) -> Begun {
        let Some(state) = self.nodes.get(node) else {
            return Err((AisError::NotSupported, "it is no node"));
        };
        let enabled = match state.member {
            true => state.oper == OperationalState::Enabled,
            false => state.enabled_on_join,
        };
        if enabled {
            return Err((AisError::NoOp, "it is enabled already"));
        }
        let sus = self.on_node(node);
        if sus.iter().any(|su| self.su_busy(su)) {
            return Err((
                AisError::BadOperation,
                "its service units are still being stopped",
            ));
        }
        if let Some(state) = self.nodes.get_mut(node) {
            state.enabled_on_join = true;
            state.repair = NodeRepair::None;
            if state.member {
                state.oper = OperationalState::Enabled;
            }
        }
        for su in sus {
            self.repair(&su);
        }
        Ok(None)
    }

    /// Somebody repaired a SU: what failed for good counts as uninstantiated, everything is
    /// enabled.
    fn repair(&mut self, su: &Dn) {
        use PresenceState as P;
        let failed = |p: P| matches!(p, P::InstantiationFailed | P::TerminationFailed);
        let components = self.model().sus.get(su).map(|c| c.components.clone());
        for component in components.unwrap_or_default() {
            if let Some(state) = self.components.get_mut(&component) {
                state.node_rebooted = false;
                if failed(state.presence) {
                    state.presence = P::Uninstantiated;
                    self.forget_told(&component);
                }
            }
        }
        if let Some(state) = self.sus.get_mut(su).filter(|s| failed(s.presence)) {
            state.presence = P::Uninstantiated;
        }
        self.enable_su(su);
        self.begin_adjust_probation(su);
        self.allow_adjustment(su);
    }
}
