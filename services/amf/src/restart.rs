//! Restarts: of one component, of a SU, of everything in a node, an application or the cluster.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.11.1.2, §3.11.1.3.3, §9.4.7.

use crate::Amf;
use crate::state::Restart;
use ais::Dn;
use ais::amf::{OperationalState, PresenceState};
use ais::node::Order;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A restart with a barrier: none of the SUs is instantiated before all are terminated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScopeRestart {
    /// The node, application or cluster.
    pub(crate) entity: Dn,
    pub(crate) sus: BTreeSet<Dn>,
    /// Whether SIs move to other SUs before their SU is terminated (a node does, §9.4.7).
    pub(crate) reassign: bool,
}

impl Amf {
    /// Whether a SU waits for the barrier of a restart.
    pub(crate) fn in_scope_restart(&self, su: &Dn) -> bool {
        self.restarts.iter().any(|r| r.sus.contains(su))
    }

    /// Whether no SI of an SG may be assigned because its SUs wait for a restart that does not
    /// reassign.
    pub(crate) fn assignments_frozen(&self, sg: &Dn) -> bool {
        let of_sg = |su: &Dn| self.model().sus.get(su).is_some_and(|c| c.sg == *sg);
        let frozen = |r: &&ScopeRestart| !r.reassign && r.sus.iter().any(of_sg);
        self.restarts.iter().any(|r| frozen(&r))
    }

    /// Restarts one component: `abruptly` when it has failed.
    pub(crate) fn restart_component(&mut self, component: &Dn, abruptly: bool) {
        let Some(state) = self.components.get_mut(component) else {
            return;
        };
        state.restart_count = state.restart_count.saturating_add(1);
        let order = match abruptly {
            true => Order::Cleanup(component.clone()),
            false => Order::Terminate(component.clone()),
        };
        self.stop(component, order, PresenceState::Restarting);
    }

    /// Restarts a whole SU whose components can all be restarted.
    pub(crate) fn restart_su(&mut self, su: &Dn, abrupt: bool) {
        let components = self.model().sus.get(su).map(|c| c.components.clone());
        let Some(state) = self.sus.get_mut(su) else {
            return;
        };
        state.presence = PresenceState::Restarting;
        state.restart_count = state.restart_count.saturating_add(1);
        state.restart = Some(Restart {
            abrupt,
            coming_up: false,
        });
        for component in components.unwrap_or_default() {
            let runs = self
                .components
                .get(&component)
                .is_some_and(|c| !c.is_down());
            if !runs {
                continue;
            }
            self.void_csi_orders(&component);
            if let Some(state) = self.components.get_mut(&component) {
                // What was being done to the component alone is overtaken, except a cleanup under
                // way.
                let cleaning = matches!(state.order, Some(Order::Cleanup(_)));
                let down = state.stopped && state.order.is_none();
                state.presence = PresenceState::Restarting;
                state.stopped = down;
                if !cleaning {
                    state.order = None;
                }
            }
        }
        self.touch_su(su);
    }

    /// Stops the highest level that still runs; turns around after the last one.
    pub(crate) fn restart_down(&mut self, su: &Dn, abrupt: bool) -> bool {
        let mut running = self.restarting(su);
        running.retain(|(_, dn)| self.components.get(dn).is_some_and(|c| !c.stopped));
        let Some(highest) = running.iter().map(|(level, _)| *level).max() else {
            if let Some(state) = self.sus.get_mut(su) {
                state.restart = Some(Restart {
                    abrupt,
                    coming_up: true,
                });
            }
            return true;
        };
        let mut progress = false;
        for (level, component) in running {
            let idle = self
                .components
                .get(&component)
                .is_some_and(|c| c.order.is_none());
            if level == highest && idle {
                let order = match abrupt {
                    true => Order::Cleanup(component.clone()),
                    false => Order::Terminate(component.clone()),
                };
                self.stop(&component, order, PresenceState::Restarting);
                progress = true;
            }
        }
        progress
    }

    /// Starts the lowest level that is not up yet; the restart ends after the last one.
    pub(crate) fn restart_up(&mut self, su: &Dn) -> bool {
        let waiting: Vec<_> = self
            .restarting(su)
            .into_iter()
            .filter(|(_, dn)| {
                self.model()
                    .components
                    .get(dn)
                    .is_some_and(|c| c.pre_instantiable)
            })
            .collect();
        let Some(lowest) = waiting.iter().map(|(level, _)| *level).min() else {
            if let Some(state) = self.sus.get_mut(su) {
                state.restart = None;
                state.presence = PresenceState::Instantiated;
            }
            return true;
        };
        let mut progress = false;
        for (level, component) in waiting {
            let idle = self
                .components
                .get(&component)
                .is_some_and(|c| c.order.is_none());
            if level == lowest && idle {
                self.instantiate(&component, PresenceState::Restarting);
                progress = true;
            }
        }
        progress
    }

    fn restarting(&self, su: &Dn) -> Vec<(u32, Dn)> {
        let restarting = |dn: &Dn| {
            let state = self.components.get(dn);
            state.is_some_and(|c| c.presence == PresenceState::Restarting)
        };
        let config = self.model().sus.get(su);
        let components = config.map_or(&[][..], |c| c.components.as_slice());
        let restarting = components.iter().filter(|dn| restarting(dn));
        restarting
            .filter_map(|dn| {
                let config = self.model().components.get(dn)?;
                Some((config.level, dn.clone()))
            })
            .collect()
    }

    /// Begins a restart with a barrier of all SUs in scope that run.
    pub(crate) fn restart_scope(&mut self, entity: &Dn, sus: Vec<Dn>, reassign: bool) {
        let runs = |su: &Dn| {
            let state = self.sus.get(su);
            state.is_some_and(|s| s.presence != PresenceState::Uninstantiated)
        };
        let sus: BTreeSet<Dn> = sus.into_iter().filter(runs).collect();
        for su in &sus {
            if !reassign {
                self.terminate_at_once(su);
            }
            self.touch_su(su);
        }
        self.restarts.push(ScopeRestart {
            entity: entity.clone(),
            sus,
            reassign,
        });
    }

    /// Terminates a SU with its assignments: they go down with their components.
    fn terminate_at_once(&mut self, su: &Dn) {
        let components = self.model().sus.get(su).map(|c| c.components.clone());
        for component in components.unwrap_or_default() {
            self.void_csi_orders(&component);
            let state = self.components.get_mut(&component);
            if let Some(state) = state.filter(|c| c.presence == PresenceState::Restarting) {
                state.presence = PresenceState::Terminating;
            }
        }
        if let Some(state) = self.sus.get_mut(su) {
            state.restart = None;
            if !matches!(
                state.presence,
                PresenceState::InstantiationFailed | PresenceState::TerminationFailed
            ) {
                state.presence = PresenceState::Terminating;
            }
        }
    }

    /// Opens the barrier of restarts whose SUs are all down.
    pub(crate) fn open_barriers(&mut self) -> bool {
        let down = |su: &Dn| {
            let state = self.sus.get(su);
            state.is_none_or(|s| {
                s.assignments.is_empty()
                    && matches!(
                        s.presence,
                        PresenceState::Uninstantiated
                            | PresenceState::InstantiationFailed
                            | PresenceState::TerminationFailed
                    )
            })
        };
        let open = |r: &ScopeRestart| r.sus.iter().all(down);
        let opened: Vec<ScopeRestart> = self.restarts.iter().filter(|r| open(r)).cloned().collect();
        self.restarts.retain(|r| !opened.contains(r));
        for su in opened.iter().flat_map(|r| &r.sus) {
            if self
                .sus
                .get(su)
                .is_some_and(|s| s.oper == OperationalState::Enabled)
            {
                self.touch_su(su);
            }
        }
        !opened.is_empty()
    }
}
