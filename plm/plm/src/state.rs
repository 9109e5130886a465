//! The states of hardware elements and execution environments, and their edges.
//!
//! Source: SAI-AIS-PLM-A.01.02 §3.1, `saPlm.h`; numbers are the C ABI.

use hpi_model::HotSwapState;
use serde::{Deserialize, Serialize};

/// `SaPlmHEAdminStateT` and `SaPlmEEAdminStateT`, which have the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum AdminState {
    /// May provide service.
    Unlocked = 1,
    /// May not provide service, stays active or instantiated.
    Locked = 2,
    /// `LOCKED_INACTIVE` of a hardware element, `LOCKED_INSTANTIATION` of an execution environment.
    LockedInactive = 3,
    /// Finishing its service before it is locked.
    ShuttingDown = 4,
}

/// `SaPlmOperationalStateT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum OperationalState {
    /// Believed to work.
    Enabled = 1,
    /// Failed and not yet repaired.
    Disabled = 2,
}

/// `SaPlmHEPresenceStateT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum HePresence {
    /// Not there.
    NotPresent = 1,
    /// There, without payload power.
    Inactive = 2,
    /// On its way to active.
    Activating = 3,
    /// Powered.
    Active = 4,
    /// On its way to inactive.
    Deactivating = 5,
}

/// `SaPlmEEPresenceStateT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum EePresence {
    /// Nothing runs.
    Uninstantiated = 1,
    /// Being started.
    Instantiating = 2,
    /// Running.
    Instantiated = 3,
    /// Being stopped.
    Terminating = 4,
    /// Could not be started.
    InstantiationFailed = 5,
    /// Could not be stopped.
    TerminationFailed = 6,
}

/// `SaPlmReadinessFlagsT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessFlags(pub u64);

impl ReadinessFlags {
    /// PLM cannot reach the entity to manage it; its states are the last known ones.
    pub const MANAGEMENT_LOST: u64 = 0x1;
    /// An administrative operation changed the admin state, and could not be carried out yet.
    pub const ADMIN_OPERATION_PENDING: u64 = 0x2;
    /// The entity is disabled and could not be isolated.
    pub const ISOLATE_PENDING: u64 = 0x4;
    /// Its parent, or what it depends on, is not in service.
    pub const DEPENDENCY: u64 = 0x100;

    /// The flags that are set, in the standard's words.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let words = [
            (Self::MANAGEMENT_LOST, "MANAGEMENT-LOST"),
            (Self::ADMIN_OPERATION_PENDING, "ADMIN-OPERATION-PENDING"),
            (Self::ISOLATE_PENDING, "ISOLATE-PENDING"),
            (Self::DEPENDENCY, "DEPENDENCY"),
        ];
        let set = words.into_iter().filter(move |(flag, _)| self.has(*flag));
        set.map(|(_, word)| word)
    }

    /// Whether a flag is set.
    pub fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    pub(crate) fn set(&mut self, flag: u64, on: bool) {
        if on { self.0 |= flag } else { self.0 &= !flag }
    }
}

/// The presence of a hardware element after its hot swap state became `now`; `None` when that
/// changes nothing.
///
/// Choice: a pending extraction that is seen first is taken as such; one that is seen from
/// `Inactive` missed the activation before it.
pub(crate) fn he_presence(from: HePresence, now: HotSwapState) -> Option<HePresence> {
    use HePresence as P;
    use HotSwapState as H;
    match (from, now) {
        (P::NotPresent, H::NotPresent) => None,
        (P::NotPresent | P::Inactive, H::InsertionPending) => Some(P::Activating),
        (P::NotPresent | P::Inactive, H::Active) => Some(P::Active),
        (P::NotPresent | P::Inactive, H::ExtractionPending) => Some(P::Deactivating),
        (P::NotPresent, H::Inactive) => Some(P::Inactive),
        (P::Inactive, H::Inactive) => None,
        (P::Inactive, H::NotPresent) => Some(P::NotPresent),
        (P::Activating, H::InsertionPending) => None,
        (P::Activating, H::Active) => Some(P::Active),
        (P::Activating, H::Inactive) => Some(P::Inactive),
        (P::Activating, H::ExtractionPending) => Some(P::Deactivating),
        (P::Activating, H::NotPresent) => Some(P::NotPresent),
        (P::Active, H::Active) => None,
        (P::Active, H::ExtractionPending) => Some(P::Deactivating),
        (P::Active, H::Inactive) => Some(P::Inactive),
        (P::Active, H::NotPresent) => Some(P::NotPresent),
        (P::Active, H::InsertionPending) => Some(P::Activating),
        (P::Deactivating, H::ExtractionPending) => None,
        (P::Deactivating, H::Inactive) => Some(P::Inactive),
        (P::Deactivating, H::Active) => Some(P::Active),
        (P::Deactivating, H::InsertionPending) => Some(P::Activating),
        (P::Deactivating, H::NotPresent) => Some(P::NotPresent),
    }
}

/// What happens to an execution environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EeEvent {
    /// PLM ordered its start.
    Instantiate,
    /// PLM ordered its end.
    Terminate,
    /// Its agent is there.
    Up,
    /// Its agent is gone.
    Down,
    /// It ended as ordered.
    Terminated,
    /// What was ordered took too long.
    TimedOut,
    /// The hardware below it is off or gone.
    Isolated,
}

/// The presence of an execution environment after an event; `None` when that changes nothing.
///
/// Choice: an agent that appears after the time-out proves that the instantiation succeeded after
/// all. An agent that goes while another start is under way is the one from before.
pub(crate) fn ee_presence(from: EePresence, event: EeEvent) -> Option<EePresence> {
    use EeEvent as E;
    use EePresence as P;
    match (from, event) {
        (P::Uninstantiated, E::Instantiate) => Some(P::Instantiating),
        (P::Uninstantiated | P::Instantiating | P::InstantiationFailed, E::Up) => {
            Some(P::Instantiated)
        }
        (P::Instantiating, E::TimedOut) => Some(P::InstantiationFailed),
        (P::Instantiating, E::Terminate) => Some(P::Uninstantiated),
        (P::Instantiated, E::Instantiate) => Some(P::Instantiating),
        (P::Instantiated, E::Terminate) => Some(P::Terminating),
        (P::Instantiated, E::Down | E::Terminated) => Some(P::Uninstantiated),
        (P::Terminating, E::Down | E::Terminated) => Some(P::Uninstantiated),
        (P::Terminating, E::TimedOut) => Some(P::TerminationFailed),
        (P::InstantiationFailed, E::Instantiate) => Some(P::Instantiating),
        (P::InstantiationFailed | P::TerminationFailed, E::Down | E::Terminated) => {
            Some(P::Uninstantiated)
        }
        (P::Uninstantiated, E::Isolated) => None,
        (
            P::Instantiating
            | P::Instantiated
            | P::Terminating
            | P::InstantiationFailed
            | P::TerminationFailed,
            E::Isolated,
        ) => Some(P::Uninstantiated),
        (P::Uninstantiated, E::Terminate | E::Down | E::Terminated | E::TimedOut)
        | (P::Instantiating, E::Instantiate | E::Down | E::Terminated)
        | (P::Instantiated, E::Up | E::TimedOut)
        | (P::Terminating, E::Instantiate | E::Terminate | E::Up)
        | (P::InstantiationFailed, E::Terminate | E::TimedOut)
        | (P::TerminationFailed, E::Instantiate | E::Terminate | E::Up | E::TimedOut) => None,
    }
}

/// The standard's word for a number of one of the states, as notifications carry it.
pub(crate) fn word(words: &'static [&'static str], number: u32) -> &'static str {
    let at = usize::try_from(number).unwrap_or(0);
    words.get(at.wrapping_sub(1)).copied().unwrap_or("UNKNOWN")
}

pub(crate) const HE_ADMIN: &[&str] = &["UNLOCKED", "LOCKED", "LOCKED_INACTIVE", "SHUTTING_DOWN"];
pub(crate) const EE_ADMIN: &[&str] = &[
    "UNLOCKED",
    "LOCKED",
    "LOCKED_INSTANTIATION",
    "SHUTTING_DOWN",
];
pub(crate) const OPERATIONAL: &[&str] = &["ENABLED", "DISABLED"];
pub(crate) const READINESS: &[&str] = &["OUT_OF_SERVICE", "IN_SERVICE", "STOPPING"];
pub(crate) const HE_PRESENCE: &[&str] = &[
    "NOT_PRESENT",
    "INACTIVE",
    "ACTIVATING",
    "ACTIVE",
    "DEACTIVATING",
];
pub(crate) const EE_PRESENCE: &[&str] = &[
    "UNINSTANTIATED",
    "INSTANTIATING",
    "INSTANTIATED",
    "TERMINATING",
    "INSTANTIATION_FAILED",
    "TERMINATION_FAILED",
];

impl crate::Entity {
    /// The word for its administrative state.
    pub fn admin_word(&self) -> &'static str {
        let words = if self.ee().is_some() {
            EE_ADMIN
        } else {
            HE_ADMIN
        };
        word(words, self.admin as u32)
    }

    /// The word for its operational state.
    pub fn operational_word(&self) -> &'static str {
        word(OPERATIONAL, self.operational as u32)
    }

    /// The word for its presence state.
    pub fn presence_word(&self) -> &'static str {
        match (self.he(), self.ee()) {
            (Some(he), _) => word(HE_PRESENCE, he.presence as u32),
            (_, Some(ee)) => word(EE_PRESENCE, ee.presence as u32),
            (None, None) => word(&[], 0),
        }
    }

    /// The word for its readiness state.
    pub fn readiness_word(&self) -> &'static str {
        word(READINESS, self.readiness as u32)
    }
}
