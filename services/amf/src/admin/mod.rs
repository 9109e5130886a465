//! Administrative operations.
//!
//! Source: SAI-AIS-AMF-B.04.01 chapter 9. Choice: checked in this order: is the operation defined
//! for the entity, does its state allow it, is anything else going on (AMF-9.4-09).

mod carry_out;

use crate::{Amf, Effect};
use ais::amf::{AdminState, HaState, PresenceState};
use ais::imm::{AdminOperation, AdminResult};
use ais::{AisError, Dn};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Most administrative operations that wait for their end at the same time.
const OPERATIONS_MAX: usize = 1000;

/// `SaAmfAdminOperationIdT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum OperationId {
    Unlock,
    Lock,
    LockInstantiation,
    UnlockInstantiation,
    Shutdown,
    Restart,
    SiSwap,
    SgAdjust,
    Repaired,
    EamStart,
    EamStop,
}

impl OperationId {
    fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::Unlock,
            2 => Self::Lock,
            3 => Self::LockInstantiation,
            4 => Self::UnlockInstantiation,
            5 => Self::Shutdown,
            6 => Self::Restart,
            7 => Self::SiSwap,
            8 => Self::SgAdjust,
            9 => Self::Repaired,
            10 => Self::EamStart,
            11 => Self::EamStop,
            _ => return None,
        })
    }
}

/// What an object is to AMF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entity {
    Cluster,
    Node,
    Application,
    Sg,
    Su,
    Component,
    Si,
}

/// An operation that is answered later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Operation {
    invocation: u64,
    entity: Dn,
    until: Until,
    /// A component failed for good meanwhile (AMF-9.4-07).
    repair_pending: bool,
}

/// When an operation is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Until {
    /// Nothing is assigned in its scope any more.
    Released,
    /// Nothing runs in its scope any more.
    Terminated,
    /// Nothing is under way in the SGs of its scope.
    Settled,
}

/// How an operation begins: answered at once, or later.
type Begun = Result<Option<Until>, (AisError, &'static str)>;

const TRY_AGAIN: (AisError, &str) = (
    AisError::TryAgain,
    "another operation or a recovery is in progress",
);

impl Amf {
    /// An administrator asks for something.
    pub(crate) fn operate(&mut self, operation: &AdminOperation) {
        let begun = match self.operations.len() < OPERATIONS_MAX {
            true => self.begin(operation),
            false => Err((AisError::NoResources, "too many operations are waiting")),
        };
        for su in self.scope(&operation.object) {
            self.touch_su(&su);
        }
        self.touch_si(&operation.object);
        match begun {
            Ok(Some(until)) => self.operations.push(Operation {
                invocation: operation.invocation,
                entity: operation.object.clone(),
                until,
                repair_pending: false,
            }),
            Ok(None) => self.answer(operation.invocation, Ok(())),
            Err((code, text)) => {
                self.answer(operation.invocation, Err((code, String::from(text))));
            }
        }
    }

    fn answer(&mut self, invocation: u64, result: Result<(), (AisError, String)>) {
        self.outbox
            .push(Effect::AdminResult(AdminResult { invocation, result }));
    }

    fn begin(&mut self, operation: &AdminOperation) -> Begun {
        use Entity as E;
        use OperationId as O;
        let not_supported = (
            AisError::NotSupported,
            "this operation is not defined for this object",
        );
        let id = OperationId::from_number(operation.operation).ok_or(not_supported)?;
        let dn = &operation.object;
        let entity = self.entity(dn).ok_or(not_supported)?;
        match (id, entity) {
            (O::Unlock | O::Lock | O::Shutdown, E::Si)
            | (
                O::Unlock | O::Lock | O::Shutdown | O::LockInstantiation | O::UnlockInstantiation,
                E::Cluster | E::Node | E::Application | E::Sg | E::Su,
            ) => self.change_admin(id, dn),
            (O::Restart, E::Component) => self.restart_one(dn),
            (O::Restart, E::Su) => self.restart_unit(dn),
            (O::Restart, E::Node | E::Application | E::Cluster) => self.restart_all(entity, dn),
            (O::SiSwap, E::Si) => self.swap(dn),
            (O::SgAdjust, E::Sg) => self.adjust(dn),
            (O::Repaired, E::Su) => self.repaired_su(dn),
            (O::Repaired, E::Node) => self.repaired_node(dn),
            _ => Err(not_supported),
        }
    }

    fn entity(&self, dn: &Dn) -> Option<Entity> {
        let cluster = self.model().cluster.as_ref();
        let kinds = [
            (cluster.is_some_and(|c| c.dn == *dn), Entity::Cluster),
            (self.nodes.contains_key(dn), Entity::Node),
            (self.applications.contains_key(dn), Entity::Application),
            (self.sgs.contains_key(dn), Entity::Sg),
            (self.sus.contains_key(dn), Entity::Su),
            (self.components.contains_key(dn), Entity::Component),
            (self.sis.contains_key(dn), Entity::Si),
        ];
        kinds.into_iter().find(|(is, _)| *is).map(|(_, kind)| kind)
    }

    /// All SUs that an entity contains or hosts; for a component its SU, for an SI the SUs of its
    /// SG.
    pub(crate) fn scope(&self, dn: &Dn) -> Vec<Dn> {
        let Some(entity) = self.entity(dn) else {
            return Vec::new();
        };
        let in_scope = |su: &&Dn| match entity {
            Entity::Cluster => true,
            Entity::Node => self.node_of(su) == Some(dn),
            Entity::Application | Entity::Sg => su.is_below(dn),
            Entity::Su => *su == dn,
            Entity::Component => dn.is_below(su),
            Entity::Si => self.protectors(dn).contains(su),
        };
        self.sus.keys().filter(in_scope).cloned().collect()
    }

    /// The SGs that an entity contains, or whose SUs it contains or hosts.
    fn scope_sgs(&self, dn: &Dn) -> BTreeSet<Dn> {
        let sus = self.scope(dn);
        let sgs = sus.iter().filter_map(|su| self.model().sus.get(su));
        sgs.map(|config| config.sg.clone()).collect()
    }

    /// Whether anything is under way in an SG.
    pub(crate) fn busy(&self, sg: &Dn) -> bool {
        let sus = self
            .model()
            .sgs
            .get(sg)
            .map_or(&[][..], |c| c.sus.as_slice());
        sus.iter().any(|su| self.su_busy(su)) || self.assignments_frozen(sg)
    }

    fn su_busy(&self, su: &Dn) -> bool {
        let Some(state) = self.sus.get(su) else {
            return false;
        };
        let config = self.model().sus.get(su);
        let components = config.map_or(&[][..], |c| c.components.as_slice());
        let ordered = |dn: &Dn| self.components.get(dn).is_some_and(|c| c.order.is_some());
        let moving = state.csis().any(|(_, _, rec)| {
            let held = [HaState::Quiescing, HaState::Quiesced];
            rec.pending.is_some() || rec.told.is_some_and(|told| held.contains(&told))
        });
        state.restart.is_some()
            || state.recycle.is_some()
            || moving
            || components.iter().any(ordered)
            || matches!(
                state.presence,
                PresenceState::Instantiating | PresenceState::Terminating
            )
    }

    fn scope_busy(&self, dn: &Dn) -> bool {
        let waits = |operation: &Operation| {
            let entity = &operation.entity;
            entity == dn || entity.is_below(dn) || dn.is_below(entity)
        };
        self.scope_sgs(dn).iter().any(|sg| self.busy(sg)) || self.operations.iter().any(waits)
    }

    fn admin_state(&self, dn: &Dn) -> Option<AdminState> {
        Some(match self.entity(dn)? {
            Entity::Cluster => self.cluster.admin,
            Entity::Node => self.nodes.get(dn)?.admin,
            Entity::Application => *self.applications.get(dn)?,
            Entity::Sg => self.sgs.get(dn)?.admin,
            Entity::Su => self.sus.get(dn)?.admin,
            Entity::Si => self.sis.get(dn)?.admin,
            Entity::Component => return None,
        })
    }

    /// Sets the administrative state of an entity, and nothing else.
    pub(crate) fn set_admin(&mut self, dn: &Dn, admin: AdminState) {
        let cluster = self.model().cluster.as_ref();
        if cluster.is_some_and(|c| c.dn == *dn) {
            self.cluster.admin = admin;
        }
        if let Some(state) = self.nodes.get_mut(dn) {
            state.admin = admin;
        }
        if let Some(state) = self.applications.get_mut(dn) {
            *state = admin;
        }
        if let Some(state) = self.sgs.get_mut(dn) {
            state.admin = admin;
        }
        if let Some(state) = self.sus.get_mut(dn) {
            state.admin = admin;
        }
        if let Some(state) = self.sis.get_mut(dn) {
            state.admin = admin;
        }
        for su in self.scope(dn) {
            self.touch_su(&su);
        }
    }

    /// The five operations on the administrative state. Source: §9.4.1, matrix C.2 of the digest.
    fn change_admin(&mut self, id: OperationId, dn: &Dn) -> Begun {
        use AdminState as A;
        use OperationId as O;
        let no_op = Err((AisError::NoOp, "it is in that state already"));
        let bad = Err((
            AisError::BadOperation,
            "its administrative state forbids that",
        ));
        let state = self.admin_state(dn).unwrap_or(A::Unlocked);
        let (next, until) = match (id, state) {
            (O::Unlock, A::Locked | A::ShuttingDown) => (A::Unlocked, Until::Settled),
            (O::Unlock, A::Unlocked) => return no_op,
            (O::Lock, A::Unlocked | A::ShuttingDown) => (A::Locked, Until::Released),
            (O::Lock, A::Locked) => return no_op,
            (O::LockInstantiation, A::Locked) => (A::LockedInstantiation, Until::Terminated),
            (O::LockInstantiation, A::LockedInstantiation) => return no_op,
            (O::UnlockInstantiation, A::LockedInstantiation) => (A::Locked, Until::Settled),
            (O::UnlockInstantiation, A::Locked) => return no_op,
            (O::Shutdown, A::Unlocked) => (A::ShuttingDown, Until::Settled),
            (O::Shutdown, A::ShuttingDown) => return no_op,
            (_, A::Unlocked | A::Locked | A::LockedInstantiation | A::ShuttingDown) => return bad,
        };
        // A shutdown may be overtaken at any time (AMF-9.1-06).
        if state != A::ShuttingDown && self.scope_busy(dn) {
            return Err(TRY_AGAIN);
        }
        if id == O::Shutdown {
            // What gives no service is locked at once by finish_shutdowns.
            self.set_admin(dn, next);
            return Ok(None);
        }
        self.set_admin(dn, next);
        if id == O::Unlock {
            let touched: Vec<Dn> = self.scope(dn);
            touched.iter().for_each(|su| self.allow_adjustment(su));
        }
        if id == O::UnlockInstantiation {
            self.start_unlocked(dn);
        }
        Ok(Some(until))
    }

    /// Unlocking for instantiation may start SUs that are still locked, up to the preferred number
    /// (AMF-9.4.4-04).
    fn start_unlocked(&mut self, dn: &Dn) {
        for sg in self.scope_sgs(dn) {
            let Some(config) = self.model().sgs.get(&sg) else {
                continue;
            };
            let up = |su: &&Dn| {
                let state = self.sus.get(*su);
                state.is_some_and(|s| {
                    matches!(
                        s.presence,
                        PresenceState::Instantiating
                            | PresenceState::Instantiated
                            | PresenceState::Restarting
                    )
                })
            };
            let running = config.sus.iter().filter(up).count();
            let preferred = usize::try_from(config.in_service_preferred).unwrap_or(usize::MAX);
            let scope = self.scope(dn);
            let able = config.sus.iter();
            let able = able.filter(|su| scope.contains(*su) && self.instantiable(su));
            let start: Vec<Dn> = able
                .take(preferred.saturating_sub(running))
                .cloned()
                .collect();
            for su in start {
                self.start_su(&su);
            }
        }
    }

    /// Remembers for the operations that concern a SU that something of it needs repair.
    pub(crate) fn note_unrepaired(&mut self, su: &Dn) {
        let concerned: Vec<bool> = self
            .operations
            .iter()
            .map(|operation| self.scope(&operation.entity).contains(su))
            .collect();
        for (operation, concerned) in self.operations.iter_mut().zip(concerned) {
            operation.repair_pending |= concerned;
        }
    }

    /// Answers the operations that are done.
    pub(crate) fn answer_operations(&mut self, seen: &mut BTreeSet<Dn>) {
        if self.operations.is_empty() {
            return;
        }
        let waiting = core::mem::take(&mut self.operations);
        let (done, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|o| self.done(o));
        self.operations = waiting;
        for operation in done {
            seen.extend(self.scope_sgs(&operation.entity));
            let result = match operation.repair_pending {
                true => Err((
                    AisError::RepairPending,
                    String::from("something needs repair"),
                )),
                false => Ok(()),
            };
            self.answer(operation.invocation, result);
        }
    }

    fn done(&self, operation: &Operation) -> bool {
        let entity = &operation.entity;
        match (operation.until, self.sis.contains_key(entity)) {
            (Until::Released, true) => {
                let mut sus = self.protectors(entity).iter();
                sus.all(|su| {
                    let assignment = self.sus.get(su).and_then(|s| s.assignments.get(entity));
                    assignment.is_none_or(|a| self.stuck(a))
                })
            }
            (Until::Released, false) => self.scope(entity).iter().all(|su| {
                let state = self.sus.get(su);
                state.is_none_or(|s| s.assignments.values().all(|a| self.stuck(a)))
            }),
            (Until::Terminated, _) => self.scope(entity).iter().all(|su| {
                let state = self.sus.get(su);
                state.is_none_or(|s| {
                    !matches!(
                        s.presence,
                        PresenceState::Instantiating
                            | PresenceState::Instantiated
                            | PresenceState::Restarting
                            | PresenceState::Terminating
                    ) && !self.su_busy(su)
                })
            }),
            (Until::Settled, _) => !self.scope_sgs(entity).iter().any(|sg| self.busy(sg)),
        }
    }
}
