//! CSI orders: how they are worded, and what their answers mean.
//!
//! Source: SAI-AIS-AMF-B.04.01 §7.4.5, §7.9.

use crate::Amf;
use crate::assign::Step;
use crate::redundancy;
use crate::state::{CsiAssignment, PendingCsi};
use ais::Dn;
use ais::amf::{CsiDescriptor, CsiFlags, CsiTransition, HaState, RecommendedRecovery};
use ais::node::{CsiOutcome, Invocation, Order};
use alloc::vec::Vec;

/// What a component is told beside the state: transition, active component, standby rank.
type Circumstances = (CsiTransition, Option<Dn>, u32);

impl Amf {
    /// Orders the same change for CSIs of one component, all at once where the standard has words
    /// for it.
    pub(crate) fn issue(&mut self, su: &Dn, component: &Dn, to: Option<HaState>, steps: Vec<Step>) {
        let config = self.model().components.get(component);
        if !config.is_some_and(|c| c.pre_instantiable) {
            self.issue_by_start(component, to);
            return;
        }
        let held = self.held(su, component);
        let all = held.len() > 1
            && held.len() == steps.len()
            && steps.iter().all(|step| held.contains(&step.csi));
        let Some(ha) = to else {
            match all {
                true => self.remove(component, None, &steps),
                false => steps.iter().for_each(|step| {
                    self.remove(
                        component,
                        Some(step.csi.clone()),
                        core::slice::from_ref(step),
                    );
                }),
            }
            return;
        };
        let circumstances: Vec<Circumstances> = steps
            .iter()
            .map(|step| self.circumstances(su, step, ha))
            .collect();
        if all && circumstances.windows(2).all(|pair| pair[0] == pair[1]) {
            let common = circumstances.into_iter().next();
            if let Some(common) = common {
                self.assign(component, CsiFlags::TargetAll, common, (ha, &steps));
            }
            return;
        }
        for (step, its) in steps.iter().zip(circumstances) {
            let flags = match held.contains(&step.csi) {
                true => CsiFlags::TargetOne,
                false => CsiFlags::AddOne,
            };
            self.assign(component, flags, its, (ha, core::slice::from_ref(step)));
        }
    }

    /// The CSIs that a component of the SU holds.
    fn held(&self, su: &Dn, component: &Dn) -> Vec<Dn> {
        let csis = self.sus.get(su).into_iter().flat_map(|su| su.csis());
        csis.filter(|(_, _, rec)| rec.component == *component && rec.told.is_some())
            .map(|(_, csi, _)| csi.clone())
            .collect()
    }

    fn circumstances(&self, su: &Dn, step: &Step, ha: HaState) -> Circumstances {
        match ha {
            HaState::Active if redundancy::shares_active(self, &step.si) => {
                // Others go on being active beside it (§7.4.5).
                match self.active_component(&step.si, &step.csi) {
                    Some(other) if other != step.component => {
                        (CsiTransition::StillActive, Some(other), 0)
                    }
                    Some(_) | None => (CsiTransition::NewAssign, None, 0),
                }
            }
            HaState::Active => {
                let previous = self
                    .sis
                    .get(&step.si)
                    .and_then(|s| s.previous.get(&step.csi));
                match previous {
                    Some((who, how)) if *who != step.component => (*how, Some(who.clone()), 0),
                    Some(_) | None => (CsiTransition::NewAssign, None, 0),
                }
            }
            HaState::Standby => {
                let active = self.active_component(&step.si, &step.csi);
                let rank = redundancy::standby_rank(self, su, &step.si);
                (CsiTransition::NewAssign, active, rank)
            }
            HaState::Quiesced | HaState::Quiescing => (CsiTransition::NewAssign, None, 0),
        }
    }

    /// The component that is active for a CSI and has said so.
    pub(crate) fn active_component(&self, si: &Dn, csi: &Dn) -> Option<Dn> {
        let active = |su: &Dn| {
            let rec = self.sus.get(su)?.assignments.get(si)?.csis.get(csi)?;
            self.is_active(rec).then(|| rec.component.clone())
        };
        self.protectors(si).iter().find_map(active)
    }

    fn assign(
        &mut self,
        component: &Dn,
        flags: CsiFlags,
        (transition, active_component, standby_rank): Circumstances,
        (ha_state, steps): (HaState, &[Step]),
    ) {
        let csi = match flags {
            CsiFlags::TargetAll => None,
            CsiFlags::AddOne | CsiFlags::TargetOne => steps.first().map(|step| step.csi.clone()),
        };
        let attributes = match (flags, &csi) {
            (CsiFlags::AddOne, Some(csi)) => {
                let config = self.model().csis.get(csi);
                config.map(|c| c.attributes.clone()).unwrap_or_default()
            }
            (CsiFlags::AddOne | CsiFlags::TargetOne | CsiFlags::TargetAll, _) => Vec::new(),
        };
        let invocation = self.next_invocation();
        let order = Order::SetCsi {
            invocation,
            component: component.clone(),
            ha_state,
            csi: CsiDescriptor {
                flags,
                csi,
                transition,
                active_component,
                standby_rank,
                attributes,
            },
        };
        self.order_csi(invocation, order, component, (Some(ha_state), steps));
    }

    fn remove(&mut self, component: &Dn, csi: Option<Dn>, steps: &[Step]) {
        let invocation = self.next_invocation();
        let order = Order::RemoveCsi {
            invocation,
            component: component.clone(),
            csi,
        };
        self.order_csi(invocation, order, component, (None, steps));
    }

    fn order_csi(
        &mut self,
        invocation: Invocation,
        order: Order,
        component: &Dn,
        (to, steps): (Option<HaState>, &[Step]),
    ) {
        let items: Vec<_> = steps
            .iter()
            .map(|step| (step.si.clone(), step.csi.clone()))
            .collect();
        let rank = match &order {
            Order::SetCsi { csi, .. } => csi.standby_rank,
            Order::Instantiate(_)
            | Order::Terminate(_)
            | Order::Cleanup(_)
            | Order::RemoveCsi { .. }
            | Order::Reboot
            | Order::Configure(_) => 0,
        };
        for (si, csi) in &items {
            if let Some(rec) = self.record(component, si, csi) {
                rec.rank = rank;
                rec.pending = Some(invocation);
                rec.quiescing = None;
            }
        }
        let pending = PendingCsi {
            component: component.clone(),
            order: order.clone(),
            to,
            items,
            completed_early: false,
        };
        self.pending.insert(invocation, pending);
        let su = self.model().components.get(component).map(|c| c.su.clone());
        let node = su.and_then(|su| self.node_of(&su).cloned());
        if let Some(node) = node {
            self.send(&node, order);
        }
    }

    /// The record of a CSI on a component.
    pub(crate) fn record(
        &mut self,
        component: &Dn,
        si: &Dn,
        csi: &Dn,
    ) -> Option<&mut CsiAssignment> {
        let su = &self.config.model.components.get(component)?.su;
        let assignment = self.sus.get_mut(su)?.assignments.get_mut(si)?;
        let rec = assignment.csis.get_mut(csi)?;
        (rec.component == *component).then_some(rec)
    }

    /// Gives up waiting for the answers of a component. What it may have become active for, it may
    /// still serve.
    pub(crate) fn void_csi_orders(&mut self, component: &Dn) {
        let of_component =
            |(_, pending): &(&Invocation, &PendingCsi)| pending.component == *component;
        let void = self.pending.iter().filter(of_component);
        let void: Vec<Invocation> = void.map(|(invocation, _)| *invocation).collect();
        for invocation in void {
            let Some(pending) = self.pending.remove(&invocation) else {
                continue;
            };
            for (si, csi) in &pending.items {
                if let Some(rec) = self.record(component, si, csi) {
                    rec.pending = None;
                    if pending.to == Some(HaState::Active) {
                        rec.told = pending.to;
                    }
                }
            }
        }
    }

    /// A component answered a CSI order, or failed to.
    pub(crate) fn csi_done(&mut self, invocation: Invocation, outcome: CsiOutcome) {
        let Some(pending) = self.pending.get(&invocation) else {
            return;
        };
        let component = pending.component.clone();
        self.touch_component(&component);
        if outcome != CsiOutcome::Ok {
            self.void_csi_orders(&component);
            self.component_failed(&component, RecommendedRecovery::NoRecommendation);
            return;
        }
        let Some(pending) = self.pending.remove(&invocation) else {
            return;
        };
        let to = match pending.to {
            Some(HaState::Quiescing) if pending.completed_early => Some(HaState::Quiesced),
            to => to,
        };
        for (si, csi) in &pending.items {
            self.csi_reached(&component, (si, csi), to, invocation);
        }
    }

    fn csi_reached(
        &mut self,
        component: &Dn,
        (si, csi): (&Dn, &Dn),
        to: Option<HaState>,
        invocation: Invocation,
    ) {
        let Some(rec) = self.record(component, si, csi) else {
            return;
        };
        let served = rec.serves();
        rec.pending = None;
        rec.told = to;
        rec.ha = to;
        rec.quiescing = (to == Some(HaState::Quiescing)).then_some(invocation);
        match to {
            Some(HaState::Active) => self.note_previous(si, csi, None),
            Some(HaState::Quiesced) if served => {
                let previous = (component.clone(), CsiTransition::Quiesced);
                self.note_previous(si, csi, Some(previous));
            }
            None if served => self.note_previous(si, csi, None),
            Some(HaState::Quiesced | HaState::Quiescing | HaState::Standby) | None => {}
        }
    }

    /// A component has finished its work for what it was quiescing, or failed to in time.
    pub(crate) fn quiescing_complete(&mut self, invocation: Invocation, outcome: CsiOutcome) {
        if let Some(pending) = self.pending.get_mut(&invocation) {
            pending.completed_early = outcome == CsiOutcome::Ok;
            return;
        }
        let mut completed = Vec::new();
        for su in self.sus.values_mut() {
            for (si, assignment) in &mut su.assignments {
                for (csi, rec) in &mut assignment.csis {
                    if rec.quiescing == Some(invocation) {
                        rec.quiescing = None;
                        completed.push((rec.component.clone(), si.clone(), csi.clone()));
                    }
                }
            }
        }
        let Some((component, _, _)) = completed.first().cloned() else {
            return;
        };
        self.touch_component(&component);
        if outcome != CsiOutcome::Ok {
            self.component_failed(&component, RecommendedRecovery::NoRecommendation);
            return;
        }
        for (component, si, csi) in completed {
            self.csi_reached(&component, (&si, &csi), Some(HaState::Quiesced), invocation);
        }
    }
}
