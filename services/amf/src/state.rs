//! What AMF remembers of each entity beside its configuration.

use crate::redundancy::Roles;
use ais::Dn;
use ais::amf::{AdminState, CsiTransition, HaState, OperationalState, PresenceState};
use ais::node::{Invocation, Order, Survivor};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use machine::Time;
use serde::{Deserialize, Serialize};

/// The cluster as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClusterState {
    pub(crate) admin: AdminState,
    pub(crate) startup: Startup,
}

/// Whether the first assignments still wait for SUs (§3.6.2.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Startup {
    /// No node is a member yet.
    NotBegun,
    /// Until this time.
    Until(Time),
    /// Over.
    Over,
}

/// An AMF node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeState {
    pub(crate) admin: AdminState,
    pub(crate) oper: OperationalState,
    /// Whether its CLM node is a member of the cluster.
    pub(crate) member: bool,
    /// Whether it has announced that it will leave (CLM step `Start`).
    pub(crate) departing: bool,
    pub(crate) repair: NodeRepair,
    /// SU fail-overs in the current probation period (§3.11.2.3).
    pub(crate) su_failovers: Option<Window>,
    /// Whether it becomes enabled when it joins (AMF-3.2.6.2-06, -08).
    pub(crate) enabled_on_join: bool,
    /// Whether it left the cluster by a failure the last time.
    pub(crate) failed: bool,
    /// What its agent found running before the node joined; an agent's audit may come first.
    pub(crate) survivors: Vec<Survivor>,
}

/// How far the repair of a disabled node by a reboot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NodeRepair {
    /// None is under way.
    None,
    /// Reboot as soon as nothing is assigned and nothing runs that must be stopped first.
    Due,
    /// The reboot was ordered.
    Rebooting,
}

/// A probation period that counts something. It has a fixed length from its begin
/// (AMF-3.11.2.2-05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) since: Time,
    pub(crate) count: u32,
}

impl Window {
    /// Counts one more event at `now`, in a new period when the old one of length `probation` is
    /// over.
    pub(crate) fn count(window: Option<Self>, now: Time, probation: Duration) -> Self {
        match window.filter(|w| w.runs(now, probation)) {
            Some(Self { since, count }) => Self {
                since,
                count: count.saturating_add(1),
            },
            None => Self {
                since: now,
                count: 1,
            },
        }
    }

    /// Whether the period is not over at `now`.
    pub(crate) fn runs(self, now: Time, probation: Duration) -> bool {
        now < self.since.after(probation)
    }
}

/// A service group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SgState {
    pub(crate) admin: AdminState,
    /// Which SUs its redundancy model has chosen.
    pub(crate) roles: Roles,
    /// Whether it has assigned anything since the cluster started.
    pub(crate) started: bool,
    /// Whether an administrator chose the roles: auto-adjustment waits for its next trigger
    /// (§3.6.1.2).
    pub(crate) adjust_held: bool,
}

/// A service unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SuState {
    pub(crate) admin: AdminState,
    pub(crate) oper: OperationalState,
    pub(crate) presence: PresenceState,
    /// The node that it is mapped on, for as long as it is configured (§3.1.9).
    pub(crate) node: Option<Dn>,
    pub(crate) restart: Option<Restart>,
    /// What of it is to be terminated and instantiated again once nothing is assigned to it.
    pub(crate) recycle: Option<Recycle>,
    /// Whether it becomes enabled again once all its components are terminated.
    pub(crate) repair: bool,
    pub(crate) component_restarts: Option<Window>,
    pub(crate) su_restarts: Option<Window>,
    /// Until when it is not used for auto-adjustment (§3.6.1.2).
    pub(crate) adjust_after: Option<Time>,
    /// `saAmfSURestartCount`.
    pub(crate) restart_count: u32,
    /// By SI.
    pub(crate) assignments: BTreeMap<Dn, Assignment>,
}

/// A restart of a whole SU: first all components go down, then all come up (§3.11.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restart {
    /// Whether components are cleaned up instead of terminated.
    pub(crate) abrupt: bool,
    /// Whether the first half is done.
    pub(crate) coming_up: bool,
}

/// A restart that first moves all assignments away, because a component may not restart with them
/// (§9.4.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Recycle {
    /// The whole SU.
    Su,
    /// One component; it still runs.
    Component(Dn),
    /// One component; it was stopped and is being started again.
    Begun(Dn),
}

/// One SI on one SU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The HA state that the SU shall have for the SI; `None`: the assignment is being removed.
    pub(crate) target: Option<HaState>,
    /// By CSI.
    pub(crate) csis: BTreeMap<Dn, CsiAssignment>,
}

/// One CSI on one component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CsiAssignment {
    pub(crate) component: Dn,
    /// The HA state as the information model shows it: kept while the component restarts.
    pub(crate) ha: Option<HaState>,
    /// The HA state that a living process may hold.
    pub(crate) told: Option<HaState>,
    /// The rank that it was told as standby (§3.6.4.5).
    pub(crate) rank: u32,
    /// The order that is not answered yet.
    pub(crate) pending: Option<Invocation>,
    /// The order to quiesce that was answered, but not completed yet.
    pub(crate) quiescing: Option<Invocation>,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CompState {
    pub(crate) presence: PresenceState,
    pub(crate) oper: OperationalState,
    /// The life-cycle order that is not answered yet.
    pub(crate) order: Option<Order>,
    /// While restarting: whether nothing of it runs.
    pub(crate) stopped: bool,
    /// Whether it is instantiated again once it is cleaned up, alone of its SU (AMF-3.11.1.4-09).
    pub(crate) repair: bool,
    /// Whether its node was rebooted because it could not be instantiated (AMF-4.6-10).
    pub(crate) node_rebooted: bool,
    /// `saAmfCompRestartCount`.
    pub(crate) restart_count: u32,
}

/// A service instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SiState {
    pub(crate) admin: AdminState,
    /// What the component that was active last for a CSI does now; absent when nobody was.
    pub(crate) previous: BTreeMap<Dn, (Dn, CsiTransition)>,
    /// Since when an SI that it depends on is unassigned (§3.8.1.2).
    pub(crate) sponsor_lost: Option<Time>,
    /// Whether it was assigned when its SG was settled last.
    pub(crate) assigned: bool,
    /// Whether the alarm that it is unassigned is raised.
    pub(crate) alarmed: bool,
}

/// A CSI order that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingCsi {
    pub(crate) component: Dn,
    /// To repeat it when the agent comes back.
    pub(crate) order: Order,
    /// The state ordered; `None` for a removal.
    pub(crate) to: Option<HaState>,
    /// SI and CSI that it concerns.
    pub(crate) items: Vec<(Dn, Dn)>,
    /// Quiescing was reported complete before the order was answered.
    pub(crate) completed_early: bool,
}

impl NodeState {
    pub(crate) fn new(admin: AdminState) -> Self {
        Self {
            admin,
            oper: OperationalState::Enabled,
            member: false,
            departing: false,
            repair: NodeRepair::None,
            su_failovers: None,
            enabled_on_join: true,
            failed: false,
            survivors: Vec::new(),
        }
    }
}

impl SuState {
    pub(crate) fn new(admin: AdminState) -> Self {
        Self {
            admin,
            oper: OperationalState::Enabled,
            presence: PresenceState::Uninstantiated,
            node: None,
            restart: None,
            recycle: None,
            repair: false,
            component_restarts: None,
            su_restarts: None,
            adjust_after: None,
            restart_count: 0,
            assignments: BTreeMap::new(),
        }
    }

    /// All CSI assignments: of which SI, of which CSI.
    pub(crate) fn csis(&self) -> impl Iterator<Item = (&Dn, &Dn, &CsiAssignment)> {
        self.assignments
            .iter()
            .flat_map(|(si, a)| a.csis.iter().map(move |(csi, rec)| (si, csi, rec)))
    }
}

impl CompState {
    pub(crate) fn new() -> Self {
        Self {
            presence: PresenceState::Uninstantiated,
            oper: OperationalState::Enabled,
            order: None,
            stopped: false,
            repair: false,
            node_rebooted: false,
            restart_count: 0,
        }
    }

    /// Whether an order to start it is not answered yet.
    pub(crate) fn starts_by_order(&self) -> bool {
        matches!(self.order, Some(Order::Instantiate(_)))
    }

    /// Whether nothing of it runs, as far as AMF can bring that about.
    pub(crate) fn is_down(&self) -> bool {
        matches!(
            self.presence,
            PresenceState::Uninstantiated
                | PresenceState::InstantiationFailed
                | PresenceState::TerminationFailed
        )
    }
}

impl Assignment {
    pub(crate) fn new(target: Option<HaState>) -> Self {
        Self {
            target,
            csis: BTreeMap::new(),
        }
    }

    /// The HA state of the SU for the SI: the first of active, standby, quiescing and quiesced that
    /// a component has.
    ///
    /// Source: AMF-3.2.2.4-03.
    pub(crate) fn ha(&self) -> Option<HaState> {
        let order = [
            HaState::Active,
            HaState::Standby,
            HaState::Quiescing,
            HaState::Quiesced,
        ];
        let has = |state| self.csis.values().any(|rec| rec.ha == Some(state));
        order.into_iter().find(|state| has(*state))
    }

    /// Whether a process may hold any CSI in one of `states`.
    pub(crate) fn holds(&self, states: &[HaState]) -> bool {
        let held = |rec: &CsiAssignment| rec.told.is_some_and(|told| states.contains(&told));
        self.csis.values().any(held)
    }
}

impl CsiAssignment {
    pub(crate) fn new(component: Dn) -> Self {
        Self {
            component,
            ha: None,
            told: None,
            rank: 0,
            pending: None,
            quiescing: None,
        }
    }

    /// Whether a process may be providing the service.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.told, Some(HaState::Active | HaState::Quiescing))
    }
}
