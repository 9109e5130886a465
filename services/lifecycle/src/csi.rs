//! CSI orders: callbacks with a time limit, and what stands for them with components that have no
//! callbacks.
//!
//! Source: SAI-AIS-AMF-B.04.01 §7.9.2–§7.9.4, §3.2.2.4.

use crate::{Client, Effect, Lifecycle, Phase, Turn};
use ais::amf::{CsiDescriptor, CsiFlags, HaState};
use ais::node::{CsiOutcome, Invocation, Report};
use ais::{AisError, Dn};
use ais_wire::Callback;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most CSI orders of one component under way. AMF has at most one for each CSI.
const ORDERS_MAX: usize = 256;

/// How many outcomes are remembered, in case that an order is repeated.
pub(crate) const DONE_MAX: usize = 64;

/// A CSI order under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CsiOrder {
    /// AMF's number of it.
    order: Invocation,
    /// The number under which the component knows it.
    callback: Invocation,
    what: What,
    /// When the component has taken too long.
    pub(crate) until: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    Set {
        ha_state: HaState,
        csi: CsiDescriptor,
    },
    Remove(Option<Dn>),
    /// The response to a quiescing has come. What is missing is the completion for these CSIs.
    Quiescing(BTreeSet<Dn>),
}

/// An order that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    order: Invocation,
    outcome: CsiOutcome,
    /// How its quiescing ended.
    quiesced: Option<CsiOutcome>,
}

/// An order that starts or stops a component, which is all that can be done to one that is not
/// SA-aware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NpiOrder {
    Start { order: Invocation, csi: Option<Dn> },
    Stop { order: Invocation, quiescing: bool },
}

impl Lifecycle {
    pub(crate) fn set_csi(
        &mut self,
        order: Invocation,
        ha_state: HaState,
        csi: &CsiDescriptor,
        turn: &mut Turn,
    ) {
        if self.is_repeated(order, turn) {
            return;
        }
        if !self.sa_aware() {
            self.set_npi(order, ha_state, csi, turn);
            return;
        }
        if self.phase != Phase::Instantiated || self.failed.is_some() {
            self.csi_done(order, CsiOutcome::Failed, turn);
            return;
        }
        self.supersede(csi.csi.as_ref());
        let csi = csi.clone();
        let timeout_ms = self.spec.as_ref().map_or(0, |spec| spec.csi_set_timeout_ms);
        self.call_back(order, What::Set { ha_state, csi }, timeout_ms, turn);
    }

    pub(crate) fn remove_csi(&mut self, order: Invocation, csi: &Option<Dn>, turn: &mut Turn) {
        if self.is_repeated(order, turn) {
            return;
        }
        if self.is_idle() {
            // What does not run holds no CSI.
            self.csi_done(order, CsiOutcome::Ok, turn);
        } else if !self.sa_aware() {
            self.stop_npi(order, false, turn);
        } else if self.phase != Phase::Instantiated || self.failed.is_some() {
            self.csi_done(order, CsiOutcome::Failed, turn);
        } else {
            self.supersede(csi.as_ref());
            let timeout_ms = self
                .spec
                .as_ref()
                .map_or(0, |spec| spec.csi_remove_timeout_ms);
            self.call_back(order, What::Remove(csi.clone()), timeout_ms, turn);
        }
    }

    /// A repeated order is answered with its outcome if it has one, and otherwise goes on as it is.
    fn is_repeated(&mut self, order: Invocation, turn: &mut Turn) -> bool {
        if let Some(done) = self.done.iter().find(|done| done.order == order) {
            let Done {
                outcome, quiesced, ..
            } = *done;
            turn.report(Report::CsiDone {
                invocation: order,
                outcome,
            });
            if let Some(outcome) = quiesced {
                turn.report(Report::QuiescingComplete {
                    invocation: order,
                    outcome,
                });
            }
            return true;
        }
        let npi = self.npi.as_ref().map(|npi| match npi {
            NpiOrder::Start { order, .. } | NpiOrder::Stop { order, .. } => *order,
        });
        npi == Some(order) || self.orders.iter().any(|pending| pending.order == order)
    }

    fn call_back(&mut self, order: Invocation, what: What, timeout_ms: u32, turn: &mut Turn) {
        if self.orders.len() >= ORDERS_MAX {
            self.csi_done(order, CsiOutcome::Failed, turn);
            return;
        }
        let callback = self.next_invocation();
        let until = turn.after_ms(timeout_ms);
        let order = CsiOrder {
            order,
            callback,
            what,
            until,
        };
        // Without a connection it waits for the component to connect again.
        if let Some(client) = self.client() {
            self.send(&order, client, turn);
        }
        self.orders.push(order);
    }

    fn send(&self, order: &CsiOrder, client: Client, turn: &mut Turn) {
        let component = self.component.clone();
        let callback = match &order.what {
            What::Set { ha_state, csi } => {
                let (ha_state, csi) = (*ha_state, csi.clone());
                Callback::CsiSet {
                    component,
                    ha_state,
                    csi,
                }
            }
            What::Remove(csi) => Callback::CsiRemove {
                component,
                csi: csi.clone(),
            },
            What::Quiescing(_) => return,
        };
        turn.push(Effect::Callback {
            client,
            invocation: order.callback,
            callback,
        });
    }

    /// Callbacks that the component may not have seen are made again on its new connection.
    pub(crate) fn send_again(&self, client: Client, turn: &mut Turn) {
        for order in &self.orders {
            self.send(order, client, turn);
        }
    }

    /// A new order for CSIs that are being quiesced makes their completion pointless (§7.9.2).
    fn supersede(&mut self, csi: Option<&Dn>) {
        self.orders.retain_mut(|order| {
            let What::Quiescing(csis) = &mut order.what else {
                return true;
            };
            match csi {
                Some(csi) => csis.remove(csi),
                None => {
                    csis.clear();
                    true
                }
            };
            !csis.is_empty()
        });
    }

    /// Takes the response to a CSI callback; `false` when it is none.
    pub(crate) fn csi_answered(
        &mut self,
        callback: Invocation,
        error: Option<AisError>,
        turn: &mut Turn,
    ) -> bool {
        let answered = |order: &CsiOrder| {
            order.callback == callback && !matches!(order.what, What::Quiescing(_))
        };
        let Some(at) = self.orders.iter().position(answered) else {
            return false;
        };
        let mut order = self.orders.remove(at);
        if error.is_some() {
            self.csi_done(order.order, CsiOutcome::Failed, turn);
            return true;
        }
        self.csi_done(order.order, CsiOutcome::Ok, turn);
        let targets = self.targets(&order.what);
        match order.what {
            What::Set { ha_state, .. } => {
                self.csis
                    .extend(targets.iter().map(|csi| (csi.clone(), ha_state)));
                if ha_state == HaState::Quiescing && !targets.is_empty() {
                    let timeout_ms = self
                        .spec
                        .as_ref()
                        .map_or(0, |spec| spec.quiescing_timeout_ms);
                    order.what = What::Quiescing(targets);
                    order.until = turn.after_ms(timeout_ms);
                    self.orders.push(order);
                }
            }
            What::Remove(_) => self.csis.retain(|csi, _| !targets.contains(csi)),
            What::Quiescing(_) => {}
        }
        true
    }

    fn targets(&self, what: &What) -> BTreeSet<Dn> {
        let target = match what {
            What::Set { csi, .. } if csi.flags == CsiFlags::TargetAll => None,
            What::Set { csi, .. } => csi.csi.clone(),
            What::Remove(csi) => csi.clone(),
            What::Quiescing(csis) => return csis.clone(),
        };
        target.map_or_else(
            || self.csis.keys().cloned().collect(),
            |csi| BTreeSet::from([csi]),
        )
    }

    /// Takes `saAmfCSIQuiescingComplete`; `false` when none is outstanding.
    pub(crate) fn quiescing_complete(
        &mut self,
        callback: Invocation,
        error: Option<AisError>,
        turn: &mut Turn,
    ) -> bool {
        let quiescing = |order: &CsiOrder| {
            order.callback == callback && matches!(order.what, What::Quiescing(_))
        };
        let Some(at) = self.orders.iter().position(quiescing) else {
            return false;
        };
        let order = self.orders.remove(at).order;
        let outcome = if error.is_none() {
            CsiOutcome::Ok
        } else {
            CsiOutcome::Failed
        };
        self.quiesced(order, outcome, turn);
        true
    }

    pub(crate) fn orders_tick(&mut self, turn: &mut Turn) {
        let now = turn.now;
        let late = |order: &CsiOrder| order.until <= now;
        let orders = core::mem::take(&mut self.orders);
        let (expired, orders): (Vec<_>, Vec<_>) = orders.into_iter().partition(late);
        self.orders = orders;
        for order in expired {
            self.order_ended(&order, CsiOutcome::TimedOut, turn);
        }
    }

    /// Ends all orders under way.
    pub(crate) fn drop_orders(&mut self, outcome: CsiOutcome, turn: &mut Turn) {
        for order in core::mem::take(&mut self.orders) {
            self.order_ended(&order, outcome, turn);
        }
    }

    fn order_ended(&mut self, order: &CsiOrder, outcome: CsiOutcome, turn: &mut Turn) {
        match order.what {
            What::Quiescing(_) => self.quiesced(order.order, outcome, turn),
            What::Set { .. } | What::Remove(_) => self.csi_done(order.order, outcome, turn),
        }
    }

    fn csi_done(&mut self, order: Invocation, outcome: CsiOutcome, turn: &mut Turn) {
        if self.done.len() >= DONE_MAX {
            self.done.pop_front();
        }
        self.done.push_back(Done {
            order,
            outcome,
            quiesced: None,
        });
        turn.report(Report::CsiDone {
            invocation: order,
            outcome,
        });
    }

    fn quiesced(&mut self, order: Invocation, outcome: CsiOutcome, turn: &mut Turn) {
        if let Some(done) = self.done.iter_mut().find(|done| done.order == order) {
            done.quiesced = Some(outcome);
        }
        turn.report(Report::QuiescingComplete {
            invocation: order,
            outcome,
        });
    }

    /// Assigning active starts a component that is not SA-aware, every other state stops it
    /// (§3.2.2.4).
    fn set_npi(
        &mut self,
        order: Invocation,
        ha_state: HaState,
        csi: &CsiDescriptor,
        turn: &mut Turn,
    ) {
        match ha_state {
            HaState::Active => self.start_npi(order, csi, turn),
            HaState::Quiesced => self.stop_npi(order, false, turn),
            HaState::Quiescing => self.stop_npi(order, true, turn),
            // It cannot be ready without working.
            HaState::Standby => self.csi_done(order, CsiOutcome::Failed, turn),
        }
    }

    fn start_npi(&mut self, order: Invocation, csi: &CsiDescriptor, turn: &mut Turn) {
        match &self.phase {
            Phase::Instantiated if self.failed.is_none() => {
                self.csis
                    .extend(csi.csi.iter().map(|csi| (csi.clone(), HaState::Active)));
                self.csi_done(order, CsiOutcome::Ok, turn);
            }
            Phase::Uninstantiated | Phase::InstantiationFailed if self.spec.is_some() => {
                self.attributes.clone_from(&csi.attributes);
                self.npi = Some(NpiOrder::Start {
                    order,
                    csi: csi.csi.clone(),
                });
                self.attempt(1, turn);
            }
            Phase::Instantiating(_) | Phase::Pausing { .. } if self.npi.is_none() => {
                self.npi = Some(NpiOrder::Start {
                    order,
                    csi: csi.csi.clone(),
                });
            }
            Phase::Uninstantiated
            | Phase::InstantiationFailed
            | Phase::Instantiating(_)
            | Phase::Pausing { .. }
            | Phase::Instantiated
            | Phase::Stopping(_)
            | Phase::TerminationFailed => self.csi_done(order, CsiOutcome::Failed, turn),
        }
    }

    fn stop_npi(&mut self, order: Invocation, quiescing: bool, turn: &mut Turn) {
        self.not_assigned_by_starting(turn);
        self.npi = Some(NpiOrder::Stop { order, quiescing });
        self.terminate(turn);
    }

    pub(crate) fn assigned_by_starting(&mut self, turn: &mut Turn) {
        if let Some(NpiOrder::Start { order, csi }) = self.npi.take() {
            self.csis.extend(csi.map(|csi| (csi, HaState::Active)));
            self.csi_done(order, CsiOutcome::Ok, turn);
        }
    }

    /// The order that starts or stops the component by assigning it came to nothing.
    pub(crate) fn not_assigned_by_starting(&mut self, turn: &mut Turn) {
        if let Some(NpiOrder::Start { order, .. } | NpiOrder::Stop { order, .. }) = self.npi.take()
        {
            self.csi_done(order, CsiOutcome::Failed, turn);
        }
    }

    pub(crate) fn unassigned_by_stopping(&mut self, turn: &mut Turn) {
        if let Some(NpiOrder::Stop { order, quiescing }) = self.npi {
            self.npi = None;
            self.csi_done(order, CsiOutcome::Ok, turn);
            if quiescing {
                self.quiesced(order, CsiOutcome::Ok, turn);
            }
        }
        self.not_assigned_by_starting(turn);
    }
}
