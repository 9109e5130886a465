//! Administrative operations on nodes.
//!
//! Source: SAI-AIS-CLM-B.04.01, administrative operations; `SaClmAdminOperationIdT`.

use crate::departure::{Departure, Origin};
use crate::{AdminState, Clm, Effect};
use ais::clm::{ChangeStep, LeaveCause, TrackResponse};
use ais::imm::{AdminOperation, AdminResult};
use ais::{AisError, Dn};
use alloc::string::String;
use alloc::vec::Vec;
use machine::Pos;

const UNLOCK: u64 = 1;
const LOCK: u64 = 2;
const SHUTDOWN: u64 = 3;

impl Clm {
    pub(crate) fn admin(&mut self, at: Pos, operation: &AdminOperation, effects: &mut Vec<Effect>) {
        let (dn, invocation) = (&operation.object, operation.invocation);
        let Some(node) = self.nodes.get(dn) else {
            let text = "CLM has no node of this name";
            return answer(invocation, Err((AisError::InvalidParam, text)), effects);
        };
        let admin = node.admin;
        let known = matches!(operation.operation, UNLOCK | LOCK | SHUTDOWN);
        if known && self.is_locking(dn) {
            let text = "another operation on this node has not ended yet";
            return answer(invocation, Err((AisError::BadOperation, text)), effects);
        }
        match (operation.operation, admin) {
            (UNLOCK, AdminState::Unlocked) => no_op(invocation, effects),
            (UNLOCK, AdminState::Locked | AdminState::ShuttingDown) => {
                self.interrupt(dn, effects);
                self.set_admin(dn, AdminState::Unlocked, effects);
                self.join_all(at, core::slice::from_ref(dn), effects);
                answer(invocation, Ok(()), effects);
            }
            (LOCK, AdminState::Locked) => no_op(invocation, effects),
            (LOCK, AdminState::Unlocked | AdminState::ShuttingDown) => {
                self.depart(at, dn, Origin::Lock(invocation), effects);
            }
            (SHUTDOWN, AdminState::Locked | AdminState::ShuttingDown) => {
                no_op(invocation, effects);
            }
            (SHUTDOWN, AdminState::Unlocked) => {
                self.depart(at, dn, Origin::Shutdown(invocation), effects);
            }
            _ => {
                let text = "CLM nodes know unlock (1), lock (2) and shutdown (3)";
                answer(invocation, Err((AisError::NotSupported, text)), effects);
            }
        }
    }

    fn depart(&mut self, at: Pos, dn: &Dn, origin: Origin, effects: &mut Vec<Effect>) {
        self.interrupt(dn, effects);
        if matches!(origin, Origin::Shutdown(_)) {
            self.set_admin(dn, AdminState::ShuttingDown, effects);
        }
        let is_member = self.nodes.get(dn).is_some_and(|n| n.member.is_some());
        let nodes = Vec::from_iter(is_member.then(|| dn.clone()));
        if nodes.is_empty() {
            return self.locked(at, dn, &origin, effects);
        }
        self.begin(at, (origin, ChangeStep::Start), nodes, effects);
    }

    fn is_locking(&self, dn: &Dn) -> bool {
        let mut departures = self.departures.values();
        departures.any(|d| matches!(d.origin, Origin::Lock(_)) && d.nodes.contains(dn))
    }

    /// A shutdown gives way to a lock or an unlock.
    fn interrupt(&mut self, dn: &Dn, effects: &mut Vec<Effect>) {
        self.departures.retain(|_, departure| {
            let Origin::Shutdown(invocation) = departure.origin else {
                return true;
            };
            let interrupted = departure.nodes.contains(dn);
            if interrupted {
                let text = "a lock or unlock took the place of the shutdown";
                answer(invocation, Err((AisError::Interrupt, text)), effects);
            }
            !interrupted
        });
    }

    /// The trackers have answered the `Start` of a lock or shutdown.
    pub(crate) fn admin_concluded(
        &mut self,
        at: Pos,
        departure: Departure,
        effects: &mut Vec<Effect>,
    ) {
        let Some(dn) = departure.nodes.first() else {
            return;
        };
        let (Origin::Lock(invocation) | Origin::Shutdown(invocation)) = departure.origin else {
            return;
        };
        match departure.verdict {
            TrackResponse::Ok => self.locked(at, dn, &departure.origin, effects),
            TrackResponse::Rejected => {
                // Choice: a rejected shutdown leaves the node as it was, not SHUTTING-DOWN.
                self.set_admin(dn, AdminState::Unlocked, effects);
                let text = "a tracker rejected the departure";
                answer(invocation, Err((AisError::FailedOperation, text)), effects);
            }
            TrackResponse::Error => {
                self.set_admin(dn, AdminState::Locked, effects);
                self.leave_all(at, &departure.nodes, LeaveCause::Planned, effects);
                let text = "the node has left, but a tracker failed or did not answer in time";
                answer(invocation, Err((AisError::RepairPending, text)), effects);
            }
        }
    }

    fn locked(&mut self, at: Pos, dn: &Dn, origin: &Origin, effects: &mut Vec<Effect>) {
        self.set_admin(dn, AdminState::Locked, effects);
        self.leave_all(at, core::slice::from_ref(dn), LeaveCause::Planned, effects);
        if let Origin::Lock(invocation) | Origin::Shutdown(invocation) = origin {
            answer(*invocation, Ok(()), effects);
        }
    }

    fn set_admin(&mut self, dn: &Dn, admin: AdminState, effects: &mut Vec<Effect>) {
        let Some(node) = self.nodes.get_mut(dn) else {
            return;
        };
        let old = core::mem::replace(&mut node.admin, admin);
        if old != admin {
            self.report_node(dn, effects);
            self.notify_admin(dn, (old, admin), effects);
        }
    }
}

fn no_op(invocation: u64, effects: &mut Vec<Effect>) {
    let text = "the node is in that state already";
    answer(invocation, Err((AisError::NoOp, text)), effects);
}

fn answer(invocation: u64, result: Result<(), (AisError, &str)>, effects: &mut Vec<Effect>) {
    effects.push(Effect::AdminResult(AdminResult {
        invocation,
        result: result.map_err(|(code, text)| (code, String::from(text))),
    }));
}
