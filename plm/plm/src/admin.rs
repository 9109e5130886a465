//! Administrative operations on hardware elements and execution environments.
//!
//! Source: SAI-AIS-PLM-A.01.02 chapter 5, `SaPlmAdminOperationIdT`.

use crate::model::Entity;
use crate::operation::Purpose;
use crate::state::{AdminState, EeEvent, EePresence, HePresence, OperationalState, ReadinessFlags};
use crate::{EeOrder, Effect, Out, Plm};
use ais::imm::AdminOperation;
use ais::plm::{ReadinessState, TrackCause};
use ais::{AisError, Dn};
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::handover::Action;
use serde::{Deserialize, Serialize};

/// An administrative restart or reset that waits for execution environments to come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restart {
    pub(crate) invocation: u64,
    waiting: BTreeSet<Dn>,
}

/// How hard a lock is. Source: parameter `lockOption`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// Trackers may refuse.
    Try,
    /// Trackers get time to get ready.
    Default,
    /// At once.
    Forced,
}

/// What an accepted operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Lock(Lock),
    Unlock,
    Shutdown,
    LockInactive,
    UnlockInactive,
    Repaired,
    Restart { abrupt: bool },
    Reset,
    Removed,
}

type Refused = (AisError, String);

impl Plm {
    pub(crate) fn admin(&mut self, operation: &AdminOperation, out: &mut Out<'_>) {
        let dn = &operation.object;
        let invocation = operation.invocation;
        match self.judge(operation) {
            Err(refused) => out.answer(invocation, Err(refused)),
            Ok(Order::Lock(lock)) => self.lock(dn, lock, invocation, out),
            Ok(Order::Unlock) => self.unlock(dn, invocation, out),
            Ok(Order::Shutdown) => self.shut_down(dn, invocation, out),
            Ok(Order::LockInactive) => self.lock_inactive(dn, invocation, out),
            Ok(Order::UnlockInactive) => self.unlock_inactive(dn, invocation, out),
            Ok(Order::Repaired) => self.repaired(dn, invocation, out),
            Ok(Order::Restart { abrupt }) => self.restart(dn, abrupt, invocation, out),
            Ok(Order::Reset) => self.reset(dn, invocation, out),
            Ok(Order::Removed) => self.removed(dn, invocation, out),
        }
    }

    fn judge(&self, operation: &AdminOperation) -> Result<Order, Refused> {
        let dn = &operation.object;
        let Some(entity) = self.model.entities.get(dn) else {
            let text = "only hardware elements and execution environments can be operated on";
            return refuse(AisError::NotSupported, text);
        };
        let order = requested(entity, operation)?;
        let forced = order == Order::Lock(Lock::Forced);
        let pre_empts = forced || order == Order::Unlock;
        let own = self.operations.contains_key(dn) && pre_empts;
        if !own && self.is_busy(dn) || self.restarts.contains_key(dn) {
            return refuse(AisError::TryAgain, "another operation is under way");
        }
        match order {
            Order::Lock(_) | Order::Unlock | Order::Shutdown => by_admin_state(entity.admin, order),
            Order::LockInactive | Order::UnlockInactive => by_admin_state(entity.admin, order),
            Order::Repaired | Order::Restart { .. } | Order::Reset | Order::Removed => {
                by_presence(entity, order)
            }
        }
    }

    /// Source: operation `SA_PLM_ADMIN_LOCK`.
    fn lock(&mut self, dn: &Dn, lock: Lock, invocation: u64, out: &mut Out<'_>) {
        self.pre_empt(dn, out);
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        if entity.readiness == ReadinessState::OutOfService {
            entity.admin = AdminState::Locked;
            self.settle(TrackCause::Lock, dn, out);
            out.answer(invocation, Ok(()));
            return;
        }
        let purpose = Purpose::Lock(invocation);
        match lock {
            Lock::Try => self.begin(dn, purpose, true, out),
            Lock::Default => self.begin(dn, purpose, false, out),
            Lock::Forced => self.lock_at_once(dn, purpose, out),
        }
    }

    /// Source: operation `SA_PLM_ADMIN_UNLOCK`.
    fn unlock(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        self.pre_empt(dn, out);
        if let Some(entity) = self.model.entities.get_mut(dn) {
            entity.admin = AdminState::Unlocked;
        }
        self.settle(TrackCause::Unlocked, dn, out);
        out.answer(invocation, Ok(()));
    }

    /// Source: operation `SA_PLM_ADMIN_SHUTDOWN`.
    fn shut_down(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        if entity.readiness == ReadinessState::OutOfService {
            entity.admin = AdminState::Locked;
            self.settle(TrackCause::Lock, dn, out);
            out.answer(invocation, Ok(()));
            return;
        }
        entity.admin = AdminState::ShuttingDown;
        self.settle(TrackCause::Shutdown, dn, out);
        self.begin(dn, Purpose::Shutdown(invocation), false, out);
    }

    /// Ends what is under way for the entity itself; who asked for it learns so.
    ///
    /// Choice: a shutdown that is overtaken is answered with `TIMEOUT`, as in the field; a lock
    /// with `INTERRUPT`.
    fn pre_empt(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let Some(purpose) = self.operations.get(dn).map(|o| o.purpose) else {
            return;
        };
        self.call_off(dn, out);
        let (invocation, code) = match purpose {
            Purpose::Extraction => {
                self.order(dn, Action::SetActive, out);
                return;
            }
            Purpose::Lock(invocation) => (invocation, AisError::Interrupt),
            Purpose::Shutdown(invocation) => (invocation, AisError::Timeout),
        };
        out.answer(
            invocation,
            Err((code, "overtaken by another operation".to_string())),
        );
    }

    /// Source: operations `SA_PLM_ADMIN_DEACTIVATE` and `SA_PLM_ADMIN_LOCK_INSTANTIATION`.
    fn lock_inactive(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        entity.admin = AdminState::LockedInactive;
        match entity.he().map(|he| he.presence) {
            Some(HePresence::Active) => self.order(dn, |path| Action::Request(path, false), out),
            Some(HePresence::Activating) => self.order(dn, Action::SetInactive, out),
            Some(HePresence::NotPresent | HePresence::Inactive | HePresence::Deactivating) => {}
            None => self.terminate_ee(dn, out),
        }
        self.settle(TrackCause::Lock, dn, out);
        self.answer_if_managed(dn, invocation, out);
    }

    /// Source: operations `SA_PLM_ADMIN_ACTIVATE` and `SA_PLM_ADMIN_UNLOCK_INSTANTIATION`.
    fn unlock_inactive(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        entity.admin = AdminState::Locked;
        match entity.he().map(|he| he.presence) {
            Some(HePresence::Inactive) => self.order(dn, |path| Action::Request(path, true), out),
            Some(HePresence::Activating) => self.order(dn, Action::SetActive, out),
            Some(HePresence::NotPresent | HePresence::Active | HePresence::Deactivating) | None => {
            }
        }
        self.settle(TrackCause::Unlocked, dn, out);
        self.answer_if_managed(dn, invocation, out);
    }

    /// While management is lost the admin state changes, and the rest is done when it is regained.
    fn answer_if_managed(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        if entity.flags.has(ReadinessFlags::MANAGEMENT_LOST) {
            entity
                .flags
                .set(ReadinessFlags::ADMIN_OPERATION_PENDING, true);
            let text = "management is lost: done when it is regained".to_string();
            out.answer(invocation, Err((AisError::Deployment, text)));
        } else {
            out.answer(invocation, Ok(()));
        }
    }

    /// Source: operation `SA_PLM_ADMIN_REPAIRED`. Choice: answered when the entity is enabled
    /// again, not when it has started.
    fn repaired(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        entity.operational = OperationalState::Enabled;
        entity.flags.set(ReadinessFlags::ISOLATE_PENDING, false);
        let failed = entity.ee().is_some_and(|ee| {
            matches!(
                ee.presence,
                EePresence::InstantiationFailed | EePresence::TerminationFailed
            )
        });
        if failed {
            self.step_ee(dn, EeEvent::Isolated, out);
        }
        self.settle(TrackCause::FailureCleared, dn, out);
        out.answer(invocation, Ok(()));
    }

    /// Source: operation `SA_PLM_ADMIN_RESTART`.
    fn restart(&mut self, dn: &Dn, abrupt: bool, invocation: u64, out: &mut Out<'_>) {
        let affected: Vec<Dn> = self.affected(dn).into_iter().collect();
        if abrupt {
            let Some(he) = self.model.hardware_below(dn) else {
                let text = "there is no hardware to reset".to_string();
                out.answer(invocation, Err((AisError::BadOperation, text)));
                return;
            };
            self.order(&he, Action::Reset, out);
        }
        let waiting = self.wait_for(&affected, out);
        self.restarts.insert(
            dn.clone(),
            Restart {
                invocation,
                waiting,
            },
        );
        self.settle(TrackCause::EeRestart, dn, out);
    }

    /// Source: operation `SA_PLM_ADMIN_RESET`. The hardware element stays active meanwhile.
    fn reset(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        self.order(dn, Action::Reset, out);
        let affected: Vec<Dn> = self.affected(dn).into_iter().collect();
        let waiting = self.wait_for(&affected, out);
        if waiting.is_empty() {
            out.answer(invocation, Ok(()));
        } else {
            self.restarts.insert(
                dn.clone(),
                Restart {
                    invocation,
                    waiting,
                },
            );
        }
        self.settle(TrackCause::HeReset, dn, out);
    }

    /// Those of the execution environments that run are on their way up again.
    ///
    /// Choice: they are told to reboot even where their hardware is reset: a controller that does
    /// not carry the reset out must not leave them running while others take over from them.
    fn wait_for(&mut self, affected: &[Dn], out: &mut Out<'_>) -> BTreeSet<Dn> {
        let mut waiting = BTreeSet::new();
        for dn in affected {
            let ee = self.model.entities.get(dn).and_then(|e| e.ee());
            let runs = ee.is_some_and(|ee| ee.presence == EePresence::Instantiated);
            if runs && self.step_ee(dn, EeEvent::Instantiate, out) {
                waiting.insert(dn.clone());
                out.push(Effect::Ee(EeOrder::Restart { ee: dn.clone() }));
            }
        }
        waiting
    }

    /// Answers the restarts and resets whose execution environments are all back, or of which one
    /// will not come back.
    pub(crate) fn answer_restarts(&mut self, out: &mut Out<'_>) {
        let mut ended = Vec::new();
        for (root, restart) in &mut self.restarts {
            let presence = |dn: &Dn| self.model.entities.get(dn)?.ee().map(|ee| ee.presence);
            restart
                .waiting
                .retain(|dn| presence(dn) != Some(EePresence::Instantiated));
            let comes = |dn: &Dn| presence(dn) == Some(EePresence::Instantiating);
            let failed = !restart.waiting.iter().all(comes);
            if failed || restart.waiting.is_empty() {
                ended.push((root.clone(), restart.invocation, failed));
            }
        }
        for (root, invocation, failed) in ended {
            self.restarts.remove(&root);
            let text = "an execution environment did not come back".to_string();
            let result = if failed {
                Err((AisError::FailedOperation, text))
            } else {
                Ok(())
            };
            out.answer(invocation, result);
        }
    }

    /// Source: operation `SA_PLM_ADMIN_REMOVED`: the operator saw that it is gone.
    fn removed(&mut self, dn: &Dn, invocation: u64, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        entity.flags = ReadinessFlags::default();
        if entity.he().is_some() {
            self.seen_gone(dn, out);
        } else {
            self.ee_gone(dn, EeEvent::Isolated, out);
        }
        out.answer(invocation, Ok(()));
    }
}

/// Which operation is asked for, its number, the kind of its object and its parameters considered.
fn requested(entity: &Entity, operation: &AdminOperation) -> Result<Order, Refused> {
    let is_he = entity.he().is_some();
    let order = match (operation.operation, is_he) {
        (1, _) => Order::Lock(lock_option(operation)?),
        (2, _) => Order::Unlock,
        (3, false) | (9, true) => Order::LockInactive,
        (4, false) | (8, true) => Order::UnlockInactive,
        (5, _) => Order::Shutdown,
        (6, _) => Order::Repaired,
        (7, false) => Order::Restart {
            abrupt: restart_option(operation)?,
        },
        (10, true) => Order::Reset,
        (11, _) => Order::Removed,
        (_, _) => return refuse(AisError::NotSupported, "no such operation on this object"),
    };
    let takes = match order {
        Order::Lock(_) => "lockOption",
        Order::Restart { .. } => "restartOption",
        Order::Unlock
        | Order::Shutdown
        | Order::LockInactive
        | Order::UnlockInactive
        | Order::Repaired
        | Order::Reset
        | Order::Removed => "",
    };
    match operation.parameters.keys().find(|name| *name != takes) {
        Some(_) => refuse(AisError::InvalidParam, "no such parameter"),
        None => Ok(order),
    }
}

fn lock_option(operation: &AdminOperation) -> Result<Lock, Refused> {
    match operation.parameters.get("lockOption").map(|v| v.as_str()) {
        None => Ok(Lock::Default),
        Some(Some("trylock")) => Ok(Lock::Try),
        Some(Some("forced")) => Ok(Lock::Forced),
        Some(_) => refuse(AisError::InvalidParam, "lockOption is trylock or forced"),
    }
}

fn restart_option(operation: &AdminOperation) -> Result<bool, Refused> {
    match operation
        .parameters
        .get("restartOption")
        .map(|v| v.as_str())
    {
        None => Ok(false),
        Some(Some("abrupt")) => Ok(true),
        Some(_) => refuse(AisError::InvalidParam, "restartOption is abrupt"),
    }
}

/// Operations on the admin state. Source: SAI-AIS-PLM-A.01.02 §5, tables of admin state
/// transitions.
fn by_admin_state(admin: AdminState, order: Order) -> Result<Order, Refused> {
    use AdminState as A;
    let forced = order == Order::Lock(Lock::Forced);
    match (admin, order) {
        (A::Unlocked, Order::Lock(_) | Order::Shutdown) => Ok(order),
        (A::Locked, Order::Unlock | Order::LockInactive) => Ok(order),
        (A::ShuttingDown, Order::Unlock) => Ok(order),
        (A::ShuttingDown, Order::Lock(_)) if forced => Ok(order),
        (A::LockedInactive, Order::UnlockInactive) => Ok(order),
        (A::Unlocked, Order::Unlock)
        | (A::Locked, Order::Lock(_) | Order::UnlockInactive)
        | (A::ShuttingDown, Order::Shutdown)
        | (A::LockedInactive, Order::LockInactive) => {
            refuse(AisError::NoOp, "it already is as asked")
        }
        (_, _) => refuse(AisError::BadOperation, "not in this admin state"),
    }
}

fn by_presence(entity: &Entity, order: Order) -> Result<Order, Refused> {
    let he = entity.he().map(|he| he.presence);
    let ee = entity.ee().map(|ee| ee.presence);
    let gone = he == Some(HePresence::NotPresent) || ee == Some(EePresence::Uninstantiated);
    let enabled = entity.operational == OperationalState::Enabled;
    match order {
        Order::Repaired if enabled => refuse(AisError::NoOp, "it is enabled"),
        Order::Restart { .. } if ee != Some(EePresence::Instantiated) => {
            refuse(AisError::BadOperation, "it is not instantiated")
        }
        Order::Reset if he != Some(HePresence::Active) => {
            refuse(AisError::BadOperation, "it is not active")
        }
        Order::Removed if gone => refuse(AisError::NoOp, "it is not there"),
        Order::Removed if !entity.flags.has(ReadinessFlags::MANAGEMENT_LOST) => {
            refuse(AisError::BadOperation, "its management is not lost")
        }
        Order::Repaired
        | Order::Restart { .. }
        | Order::Reset
        | Order::Removed
        | Order::Lock(_)
        | Order::Unlock
        | Order::Shutdown
        | Order::LockInactive
        | Order::UnlockInactive => Ok(order),
    }
}

fn refuse<T>(code: AisError, text: &str) -> Result<T, Refused> {
    Err((code, text.to_string()))
}
