//! The presence of components and SUs: starting by level, stopping in reverse, and what the agents
//! answer.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.2.1.1, §3.2.2.1, §3.8.2, chapter 4.

use crate::Amf;
use crate::state::{Recycle, Restart};
use ais::Dn;
use ais::amf::{AdminState, OperationalState, PresenceState};
use ais::node::Order;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Instantiation level at which non-pre-instantiable components are stopped with their SU: before
/// all others.
const LEVEL_NOT_PRE_INSTANTIABLE: u32 = u32::MAX;

impl Amf {
    /// Starts a SU: it will be instantiated level by level.
    pub(crate) fn start_su(&mut self, su: &Dn) {
        if let Some(state) = self.sus.get_mut(su) {
            state.presence = PresenceState::Instantiating;
        }
        self.touch_su(su);
    }

    /// Takes a SU as far through its life cycle as possible; says whether anything happened.
    pub(crate) fn step_su(&mut self, su: &Dn) -> bool {
        let Some(state) = self.sus.get(su) else {
            return false;
        };
        if !self.reachable(su) {
            return false;
        }
        use PresenceState as P;
        match (state.presence, state.restart) {
            (P::Instantiating, _) if self.must_stop(su) => self.begin_stop(su),
            (P::Instantiating, _) => self.start_level(su),
            (P::Instantiated, _)
                if state.assignments.is_empty() && (self.must_stop(su) || self.is_surplus(su)) =>
            {
                self.begin_stop(su)
            }
            (P::Instantiated, _) => self.recycle_component(su),
            (
                P::Restarting,
                Some(Restart {
                    abrupt,
                    coming_up: false,
                }),
            ) => self.restart_down(su, abrupt),
            (P::Restarting, Some(_)) => self.restart_up(su),
            (P::Terminating, _) => self.stop_level(su),
            (P::InstantiationFailed | P::TerminationFailed, _) => self.stop_level(su),
            (P::Uninstantiated | P::Restarting, _) => false,
        }
    }

    /// Whether a SU that runs has to be terminated as soon as nothing is assigned to it.
    fn must_stop(&self, su: &Dn) -> bool {
        let departing = self.host(su).is_some_and(|node| node.departing);
        let recycle = self
            .sus
            .get(su)
            .is_some_and(|s| s.recycle == Some(Recycle::Su))
            || self.in_scope_restart(su);
        let locked = self.combined_admin(su) == AdminState::LockedInstantiation;
        let config = self.model().sus.get(su);
        config.is_some_and(|c| c.pre_instantiable) && (departing || recycle || locked)
    }

    /// Restarts one component of a SU that had to be emptied first.
    fn recycle_component(&mut self, su: &Dn) -> bool {
        let Some(state) = self.sus.get_mut(su) else {
            return false;
        };
        let empty = state.assignments.is_empty();
        match state.recycle.clone() {
            Some(Recycle::Component(component)) if empty => {
                state.recycle = Some(Recycle::Begun(component.clone()));
                if let Some(state) = self.components.get_mut(&component) {
                    state.repair = true;
                }
                let order = Order::Terminate(component.clone());
                self.stop(&component, order, PresenceState::Terminating);
                true
            }
            Some(Recycle::Begun(component)) => {
                let busy = self.components.get(&component).is_some_and(|c| c.repair);
                if !busy {
                    state.recycle = None;
                }
                !busy
            }
            Some(Recycle::Component(_) | Recycle::Su) | None => false,
        }
    }

    fn begin_stop(&mut self, su: &Dn) -> bool {
        if let Some(state) = self.sus.get_mut(su) {
            state.presence = PresenceState::Terminating;
        }
        true
    }

    /// The components of a SU, each with the level at which it starts and stops.
    fn levels(&self, su: &Dn) -> Vec<(u32, Dn)> {
        let config = self.model().sus.get(su);
        let components = config.map_or(&[][..], |c| c.components.as_slice());
        let leveled = components.iter().filter_map(|dn| {
            let config = self.model().components.get(dn)?;
            let level = match config.pre_instantiable {
                true => config.level,
                false => LEVEL_NOT_PRE_INSTANTIABLE,
            };
            Some((level, dn.clone()))
        });
        leveled.collect()
    }

    fn presence(&self, component: &Dn) -> PresenceState {
        let state = self.components.get(component);
        state.map_or(PresenceState::Uninstantiated, |c| c.presence)
    }

    /// Starts the lowest level that is not up yet (AMF-3.8.2-04).
    fn start_level(&mut self, su: &Dn) -> bool {
        let mut waiting = self.levels(su);
        waiting.retain(|(level, dn)| {
            *level != LEVEL_NOT_PRE_INSTANTIABLE && self.presence(dn) != PresenceState::Instantiated
        });
        let Some(lowest) = waiting.iter().map(|(level, _)| *level).min() else {
            if let Some(state) = self.sus.get_mut(su) {
                state.presence = PresenceState::Instantiated;
            }
            return true;
        };
        let mut progress = false;
        for (level, component) in waiting {
            let fresh = self.presence(&component) == PresenceState::Uninstantiated;
            if level == lowest && fresh {
                self.instantiate(&component, PresenceState::Instantiating);
                progress = true;
            }
        }
        progress
    }

    /// Stops the highest level that is not down yet (AMF-3.8.2-05); the SU is down after the last
    /// one.
    fn stop_level(&mut self, su: &Dn) -> bool {
        let mut running = self.levels(su);
        running.retain(|(_, dn)| self.components.get(dn).is_some_and(|c| !c.is_down()));
        let Some(highest) = running.iter().map(|(level, _)| *level).max() else {
            return self.finish_stop(su);
        };
        let mut progress = false;
        for (level, component) in running {
            let Some(state) = self.components.get(&component) else {
                continue;
            };
            let order = match (&state.order, state.presence) {
                (None, _) => Order::Terminate(component.clone()),
                (Some(Order::Instantiate(_)), _) => Order::Cleanup(component.clone()),
                (Some(_), _) => continue,
            };
            if level == highest {
                self.stop(&component, order, PresenceState::Terminating);
                progress = true;
            }
        }
        progress
    }

    /// All components of the SU are down.
    fn finish_stop(&mut self, su: &Dn) -> bool {
        let Some(state) = self.sus.get_mut(su) else {
            return false;
        };
        if state.presence != PresenceState::Terminating {
            return false;
        }
        state.presence = PresenceState::Uninstantiated;
        state.restart = None;
        let recycle = state.recycle.take().is_some();
        if core::mem::take(&mut state.repair) {
            self.enable_su(su);
            self.begin_adjust_probation(su);
        }
        if recycle && self.instantiable(su) {
            self.start_su(su);
        }
        true
    }

    /// Makes a SU and its components enabled, except components that are in a failed presence
    /// state.
    pub(crate) fn enable_su(&mut self, su: &Dn) {
        let components = self.model().sus.get(su).map(|c| c.components.clone());
        let mut failed = false;
        for component in components.unwrap_or_default() {
            if let Some(state) = self.components.get_mut(&component) {
                match state.presence {
                    PresenceState::InstantiationFailed | PresenceState::TerminationFailed => {
                        failed = true;
                    }
                    PresenceState::Uninstantiated
                    | PresenceState::Instantiating
                    | PresenceState::Instantiated
                    | PresenceState::Terminating
                    | PresenceState::Restarting => state.oper = OperationalState::Enabled,
                }
            }
        }
        if let Some(state) = self.sus.get_mut(su).filter(|_| !failed) {
            state.oper = OperationalState::Enabled;
            if matches!(
                state.presence,
                PresenceState::InstantiationFailed | PresenceState::TerminationFailed
            ) {
                state.presence = PresenceState::Uninstantiated;
            }
        }
    }

    /// Orders a component to be started. A component whose commands are unknown on its node has
    /// failed at once.
    pub(crate) fn instantiate(&mut self, component: &Dn, presence: PresenceState) {
        let Some(spec) = self.spec(component) else {
            self.instantiation_failed(component);
            return;
        };
        self.order(component, Order::Instantiate(Box::new(spec)), presence);
    }

    /// Orders a component to be stopped. CSI orders that it has not answered are void.
    pub(crate) fn stop(&mut self, component: &Dn, order: Order, presence: PresenceState) {
        self.void_csi_orders(component);
        self.order(component, order, presence);
    }

    fn order(&mut self, component: &Dn, order: Order, presence: PresenceState) {
        let config = self.model().components.get(component);
        let node = config.and_then(|c| self.node_of(&c.su)).cloned();
        let state = self.components.get_mut(component);
        if let (Some(state), Some(node)) = (state, node) {
            state.presence = presence;
            state.stopped = false;
            state.order = Some(order.clone());
            self.send(&node, order);
        }
    }

    /// The agent reports that a component runs.
    pub(crate) fn instantiated(&mut self, component: &Dn) {
        let Some(state) = self.components.get_mut(component) else {
            return;
        };
        if !matches!(state.order, Some(Order::Instantiate(_))) {
            return;
        }
        state.order = None;
        state.presence = PresenceState::Instantiated;
        state.node_rebooted = false;
        if core::mem::take(&mut state.repair) {
            state.oper = OperationalState::Enabled;
        }
        self.assigned_by_start(component);
    }

    /// The agent reports that nothing of a component runs any more.
    pub(crate) fn terminated(&mut self, component: &Dn) {
        let Some(state) = self.components.get_mut(component) else {
            return;
        };
        if !matches!(state.order, Some(Order::Terminate(_) | Order::Cleanup(_))) {
            return;
        }
        state.order = None;
        let restarting = state.presence == PresenceState::Restarting;
        match restarting {
            true => state.stopped = true,
            false => state.presence = PresenceState::Uninstantiated,
        }
        let repair = state.repair;
        self.forget_told(component);
        let Some(config) = self.model().components.get(component) else {
            return;
        };
        let (su, pre_instantiable) = (config.su.clone(), config.pre_instantiable);
        let unit = self.sus.get(&su);
        let whole = unit.is_some_and(|su| su.restart.is_some());
        let stays = unit.is_some_and(|su| su.presence == PresenceState::Instantiated);
        match (restarting, repair, pre_instantiable) {
            (true, _, true) if !whole => self.instantiate(component, PresenceState::Restarting),
            (false, true, true) if stays => {
                self.instantiate(component, PresenceState::Instantiating);
            }
            // It is started again with its SU or, when not pre-instantiable, by being assigned
            // again.
            (false, true, _) => self.repaired_by_cleanup(component),
            (true | false, _, _) => {}
        }
    }

    fn repaired_by_cleanup(&mut self, component: &Dn) {
        if let Some(state) = self.components.get_mut(component) {
            state.repair = false;
            state.oper = OperationalState::Enabled;
        }
    }

    /// The presence state of a SU without pre-instantiable components follows its components.
    pub(crate) fn follow_components(&mut self, su: &Dn) -> bool {
        use PresenceState as P;
        let config = self.model().sus.get(su).filter(|c| !c.pre_instantiable);
        let Some(components) = config.map(|c| c.components.clone()) else {
            return false;
        };
        let any = |presence| components.iter().any(|c| self.presence(c) == presence);
        let all = |presence| components.iter().all(|c| self.presence(c) == presence);
        let next = if components.is_empty() {
            P::Uninstantiated
        } else if all(P::Restarting) {
            P::Restarting
        } else {
            [
                P::Instantiating,
                P::Terminating,
                P::Instantiated,
                P::Restarting,
            ]
            .into_iter()
            .find(|presence| any(*presence))
            .map_or(P::Uninstantiated, |presence| {
                // Only some of them restart: the SU stays instantiated.
                let some_restart = presence == P::Restarting;
                if some_restart {
                    P::Instantiated
                } else {
                    presence
                }
            })
        };
        let scoped = self.in_scope_restart(su);
        let Some(state) = self.sus.get_mut(su) else {
            return false;
        };
        let own = match state.presence {
            P::TerminationFailed | P::InstantiationFailed => true,
            P::Terminating => state.oper == OperationalState::Disabled || state.repair || scoped,
            P::Restarting => state.restart.is_some(),
            P::Uninstantiated | P::Instantiating | P::Instantiated => false,
        };
        if own || state.presence == next {
            return false;
        }
        state.presence = next;
        true
    }
}
