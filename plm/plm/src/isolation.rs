//! Isolation: whatever may still run on a blade that nobody hears any more is ended before others
//! take over from it; or of which only the agent is not heard, whose daemon then ends the rest.
//!
//! A blade that is cut off goes on with what it was told last. Its hardware is reset through HPI,
//! and until that is done its execution environment counts as running. It must not take for ever,
//! though: a service that nobody provides is worse than one that two might provide.
//!
//! Source: SAI-AIS-PLM-A.01.02, isolation of failed entities. Choice: of its means the reset, after
//! which the blade comes back by itself; one that left the cluster is not disabled.

use crate::state::{EeEvent, EePresence, HePresence, ReadinessFlags};
use crate::{EeOrder, Effect, Entity, Out, Plm};
use ais::Dn;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;
use hpi_model::handover::{Action, ActionError};
use machine::Time;
use serde::{Deserialize, Serialize};

/// How long others wait for an isolation. Choice: a controller that answers at all resets its board
/// within a fraction of that; afterwards they take over, and an alarm says what may still run.
pub const ISOLATION_TIME: Duration = Duration::from_secs(2);

/// When a reset that was not carried out is tried again: the management bus may just be changing
/// hands.
const AGAIN: Duration = Duration::from_millis(500);

/// An execution environment that is being isolated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Isolation {
    until: Time,
    /// Its hardware is reset, not only whoever runs it told to end it.
    by_reset: bool,
    /// When the reset is ordered again.
    again: Option<Time>,
}

impl Isolation {
    /// When something has to be done about it.
    pub(crate) fn due(&self) -> Time {
        self.again.map_or(self.until, |again| again.min(self.until))
    }
}

/// How something can be ended from outside.
enum Means {
    /// It has ended: its hardware has no power.
    Off,
    /// Whoever runs it ends it when told to reboot, and says so.
    Order,
    /// This hardware element is reset.
    Reset(Dn),
    /// Not at all.
    None,
}

impl Plm {
    pub(crate) fn ees_lost(&mut self, lost: &[Dn], in_reach: bool, out: &mut Out<'_>) {
        let mut resets = BTreeSet::new();
        let (mut ended, mut free) = (Vec::new(), Vec::new());
        for dn in lost {
            let Some(ee) = self.model.entities.get(dn).and_then(|e| e.ee()) else {
                continue;
            };
            let under_way = ee.isolating.as_ref();
            if under_way.is_some_and(|isolation| in_reach || isolation.by_reset) {
                continue;
            }
            let runs = ee.presence == EePresence::Instantiated;
            let means = if in_reach {
                Means::Order
            } else {
                self.means(dn, lost)
            };
            match means {
                Means::Order if runs => self.isolating(dn, false, out),
                Means::Reset(he) if runs => {
                    self.isolating(dn, true, out);
                    resets.insert(he);
                }
                Means::None if runs => free.push(dn),
                // It was told to go, or nobody counts on it.
                Means::Order | Means::Off | Means::Reset(_) | Means::None => ended.push(dn),
            }
        }
        resets
            .iter()
            .for_each(|he| self.order(he, Action::Reset, out));
        ended
            .into_iter()
            .for_each(|dn| self.ee_gone(dn, EeEvent::Down, out));
        free.into_iter().for_each(|dn| self.not_isolated(dn, out));
    }

    /// Choice: told to reboot as well, as with any reset: its agent may be within reach after all.
    fn isolating(&mut self, dn: &Dn, by_reset: bool, out: &mut Out<'_>) {
        let until = out.at.time.after(ISOLATION_TIME);
        let Some(ee) = self.model.entities.get_mut(dn).and_then(|e| e.ee_mut()) else {
            return;
        };
        ee.isolating = Some(Isolation {
            until,
            by_reset,
            again: None,
        });
        if ee.presence == EePresence::Instantiated {
            out.push(Effect::Ee(EeOrder::Restart { ee: dn.clone() }));
        }
    }

    /// Hardware that others rely on is not reset.
    fn means(&self, dn: &Dn, lost: &[Dn]) -> Means {
        let he = self.model.hardware_below(dn);
        let Some((he, entity)) =
            he.and_then(|he| Some((he.clone(), self.model.entities.get(&he)?)))
        else {
            return Means::None;
        };
        let Some(hardware) = entity.he() else {
            return Means::None;
        };
        match hardware.presence {
            HePresence::NotPresent | HePresence::Inactive | HePresence::Activating => Means::Off,
            HePresence::Active | HePresence::Deactivating => {
                let is_reached = !entity.flags.has(ReadinessFlags::MANAGEMENT_LOST);
                if is_reached && hardware.mapping.is_some() && !self.others_run(&he, dn, lost) {
                    Means::Reset(he)
                } else {
                    Means::None
                }
            }
        }
    }

    /// Whether anything else runs on the same hardware that is not lost with it.
    fn others_run(&self, he: &Dn, dn: &Dn, lost: &[Dn]) -> bool {
        let mut others = self
            .model
            .entities
            .iter()
            .filter(|(other, _)| other.is_below(he));
        others.any(|(other, entity)| {
            let runs = entity.ee().is_some_and(|ee| {
                ee.presence == EePresence::Instantiated && ee.isolating.is_none()
            });
            runs && other != dn && !other.is_below(dn) && !lost.contains(other)
        })
    }

    /// Others take over, although it may still run.
    fn not_isolated(&mut self, dn: &Dn, out: &mut Out<'_>) {
        if let Some(entity) = self.model.entities.get_mut(dn) {
            entity.flags.set(ReadinessFlags::ISOLATE_PENDING, true);
        }
        self.raise(
            dn,
            "is not heard of and could not be isolated: it may still run",
            out,
        );
        self.ee_gone(dn, EeEvent::Down, out);
    }

    /// The execution environments that wait for the reset of a hardware element.
    fn isolated_with(&self, he: &Dn) -> Vec<Dn> {
        let ees = self.model.entities.iter().filter(|(dn, _)| dn.is_below(he));
        let is_reset = |e: &Entity| {
            let isolation = e.ee().and_then(|ee| ee.isolating.as_ref());
            isolation.is_some_and(|isolation| isolation.by_reset)
        };
        let waiting = ees.filter(|(_, entity)| is_reset(entity));
        waiting.map(|(dn, _)| dn.clone()).collect()
    }

    pub(crate) fn hpi_done(&mut self, action: &Action, out: &mut Out<'_>) {
        let Action::Reset(path) = action else { return };
        let Some(he) = self.mapped_to(path).cloned() else {
            return;
        };
        let mut isolated = self.isolated_with(&he);
        isolated.extend(self.left_on(&he));
        for dn in isolated {
            let Some(entity) = self.model.entities.get_mut(&dn) else {
                continue;
            };
            entity.flags.set(ReadinessFlags::ISOLATE_PENDING, false);
            let Some(ee) = entity.ee_mut() else { continue };
            if ee.isolating.take().is_some() && ee.presence == EePresence::Instantiated {
                self.ee_gone(&dn, EeEvent::Isolated, out);
            }
        }
    }

    /// Whether it was an isolation that an action failed for.
    pub(crate) fn isolation_failed(
        &mut self,
        action: &Action,
        why: ActionError,
        out: &mut Out<'_>,
    ) -> bool {
        let Action::Reset(path) = action else {
            return false;
        };
        let he = self.mapped_to(path).cloned();
        let waiting = he.map(|he| self.isolated_with(&he)).unwrap_or_default();
        for dn in &waiting {
            match why {
                ActionError::NoSuchResource | ActionError::NotCapable => self.give_up(dn, out),
                ActionError::InvalidState | ActionError::NoResponse => {
                    self.isolate_again(dn, Some(out.at.time.after(AGAIN)));
                }
            }
        }
        !waiting.is_empty()
    }

    fn isolate_again(&mut self, dn: &Dn, at: Option<Time>) {
        let ee = self.model.entities.get_mut(dn).and_then(|e| e.ee_mut());
        if let Some(isolation) = ee.and_then(|ee| ee.isolating.as_mut()) {
            isolation.again = at;
        }
    }

    fn give_up(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let Some(ee) = self.model.entities.get_mut(dn).and_then(|e| e.ee_mut()) else {
            return;
        };
        ee.isolating = None;
        if ee.presence == EePresence::Instantiated {
            self.not_isolated(dn, out);
        }
    }

    pub(crate) fn isolations_due(&mut self, out: &mut Out<'_>) {
        let now = out.at.time;
        let mut resets = BTreeSet::new();
        let mut over = Vec::new();
        for (dn, entity) in &self.model.entities {
            let Some(isolation) = entity.ee().and_then(|ee| ee.isolating.as_ref()) else {
                continue;
            };
            if isolation.until <= now {
                over.push(dn.clone());
            } else if isolation.again.is_some_and(|again| again <= now) {
                resets.insert(dn.clone());
            }
        }
        for dn in &resets {
            self.isolate_again(dn, None);
        }
        let hardware: BTreeSet<Dn> = resets
            .iter()
            .filter_map(|dn| self.model.hardware_below(dn))
            .collect();
        hardware
            .iter()
            .for_each(|he| self.order(he, Action::Reset, out));
        over.iter().for_each(|dn| self.give_up(dn, out));
    }

    /// The execution environments on a hardware element that could not be isolated, and have not
    /// come back.
    fn left_on(&self, he: &Dn) -> Vec<Dn> {
        let left = |entity: &Entity| match entity.ee().map(|ee| ee.presence) {
            Some(
                EePresence::Uninstantiated
                | EePresence::Instantiating
                | EePresence::InstantiationFailed,
            ) => entity.flags.has(ReadinessFlags::ISOLATE_PENDING),
            Some(
                EePresence::Instantiated | EePresence::Terminating | EePresence::TerminationFailed,
            )
            | None => false,
        };
        let below = self.model.entities.iter().filter(|(dn, _)| dn.is_below(he));
        let left = below.filter(|(_, entity)| left(entity));
        left.map(|(dn, _)| dn.clone()).collect()
    }

    /// A hardware element is under management again: what could not be isolated meanwhile is now,
    /// unless it has come back.
    pub(crate) fn isolate_late(&mut self, he: &Dn, out: &mut Out<'_>) {
        let mut left = self.left_on(he);
        let may = |dn: &Dn, left: &[Dn]| matches!(self.means(dn, left), Means::Reset(_));
        let all = left.clone();
        left.retain(|dn| may(dn, &all));
        left.iter().for_each(|dn| self.isolating(dn, true, out));
        if !left.is_empty() {
            self.order(he, Action::Reset, out);
        }
    }
}
