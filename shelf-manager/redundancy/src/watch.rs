//! What a CMM finds out about itself, and when it tells.
//!
//! Each CMM has a [`Watch`] of its own, off the log; what it tells is an entry. What comes and goes
//! is not told: a standby shall not take over from one that was only busy, and one that has lost
//! the way to the hardware shall not have it back because it saw it for a moment.

use crate::Health;
use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Something that a CMM finds wrong with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Complaint {
    /// It does not reach the management bus.
    NoBus,
    /// The address that the CMMs share is not there, or could not be: its network card is down.
    NoAddress,
    /// Its disk is so full that it will not keep the log much longer.
    DiskFull,
    /// Its disk fills up.
    DiskLow,
    /// It has stopped at an entry, which crashed it, or which all skip and it has applied.
    Stuck,
}

impl Complaint {
    /// In words, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoBus => "it does not reach the management bus",
            Self::NoAddress => "it cannot have the shared address",
            Self::DiskFull => "its disk is full",
            Self::DiskLow => "its disk is nearly full",
            Self::Stuck => "it has stopped at an entry",
        }
    }
}

impl Health {
    /// How a CMM is that has these complaints, and no others.
    ///
    /// Choice: what keeps it from doing its work as the active CMM is critical; what may do so
    /// later is major, and moves nothing by itself.
    pub fn of(complaints: BTreeSet<Complaint>) -> Self {
        let has = |complaint| complaints.contains(&complaint);
        let critical = [Complaint::NoAddress, Complaint::DiskFull, Complaint::Stuck];
        Self {
            has_critical: critical.into_iter().any(has),
            majors: u32::from(has(Complaint::DiskLow)),
            bus_lost: has(Complaint::NoBus),
            complaints,
            ..Self::default()
        }
    }
}

/// How long the active CMM has found something wrong before it tells.
///
/// Choice: longer than a session with the chassis takes to open anew, and than a standby needs to
/// see that it is no better off, so that nothing moves when it is the chassis that is down.
pub const ACTIVE_COMPLAINS: Duration = Duration::from_secs(6);

/// The same for a standby.
pub const STANDBY_COMPLAINS: Duration = Duration::from_secs(2);

/// How long a standby has found nothing wrong any more before it tells. The active one tells at
/// once: what it finds it has done, and a standby must not seem better meanwhile.
pub const STANDBY_RECOVERS: Duration = Duration::from_secs(30);

/// How long a CMM looks at itself before it tells anything: a standby that only seems well must not
/// take over.
pub const FIRST_LOOK: Duration = Duration::from_secs(5);

/// What a CMM knows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    begun: Option<Time>,
    told: BTreeSet<Complaint>,
    /// What is found otherwise than it is told, and since when.
    differs: BTreeMap<Complaint, Time>,
    /// What was proposed to the log in this view.
    proposed: Option<Health>,
}

impl Watch {
    /// Takes in what is found by now: whether there is reason to complain, or `None` where that
    /// cannot be told, so that what was told stays so.
    pub fn look(&mut self, now: Time, is_active: bool, found: &[(Complaint, Option<bool>)]) {
        self.begun.get_or_insert(now);
        for (complaint, is_wrong) in found {
            let is_told = self.told.contains(complaint);
            let Some(is_wrong) = is_wrong.filter(|is_wrong| *is_wrong != is_told) else {
                self.differs.remove(complaint);
                continue;
            };
            let since = *self.differs.entry(*complaint).or_insert(now);
            if now.since(since) < patience(is_active, is_wrong) {
                continue;
            }
            self.differs.remove(complaint);
            match is_wrong {
                true => self.told.insert(*complaint),
                false => self.told.remove(complaint),
            };
        }
    }

    /// A view has begun, or what was proposed was not taken: it is not on its way any more.
    pub fn forget(&mut self) {
        self.proposed = None;
    }

    /// What is to be proposed to the log, once, where `known` is in it. The inner `None` is for a
    /// CMM that has not told yet, the outer one for one that can propose nothing.
    pub fn news(&mut self, now: Time, known: Option<Option<&Health>>) -> Option<Health> {
        let (health, known) = (self.health(now)?, known?);
        if known == Some(&health) || self.proposed.as_ref() == Some(&health) {
            return None;
        }
        self.proposed = Some(health.clone());
        Some(health)
    }

    /// How this CMM is; `None` before [`FIRST_LOOK`] is over.
    pub fn health(&self, now: Time) -> Option<Health> {
        let is_known = now.since(self.begun?) >= FIRST_LOOK;
        is_known.then(|| Health::of(self.told.clone()))
    }
}

fn patience(is_active: bool, is_wrong: bool) -> Duration {
    match (is_active, is_wrong) {
        (true, true) => ACTIVE_COMPLAINS,
        (false, true) => STANDBY_COMPLAINS,
        (true, false) => Duration::ZERO,
        (false, false) => STANDBY_RECOVERS,
    }
}
