//! PLM's words, and the hand-over from PLM to the services that track readiness.
//!
//! Source: SAI-AIS-PLM-A.01.02, `saPlm.h`.

use crate::Dn;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `SaPlmReadinessStateT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum ReadinessState {
    /// Cannot provide service.
    OutOfService = 1,
    /// Can provide service.
    InService = 2,
    /// Still in service, but about to leave it.
    Stopping = 3,
}

/// `SaPlmChangeStepT`: the step of a readiness change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum ChangeStep {
    /// May this happen? A tracker may reject.
    Validate = 1,
    /// It will happen: get ready, then answer.
    Start = 2,
    /// It was called off after `Validate`.
    Aborted = 3,
    /// It has happened.
    Completed = 4,
}

/// `SaPlmTrackCauseT`: why readiness changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum TrackCause {
    /// A hardware element is being deactivated. All steps.
    HeDeactivation = 1,
    /// Administrative lock. All steps.
    Lock = 2,
    /// Administrative shutdown. `Start` and `Completed` only; all from here on is `Completed` only.
    Shutdown = 101,
    /// A group of entities was changed.
    GroupChange = 201,
    /// The management of an entity was lost.
    ManagementLost = 202,
    /// The management of an entity was regained.
    ManagementRegained = 203,
    /// A failure; a surprise extraction is one.
    Failure = 204,
    /// A failure was cleared.
    FailureCleared = 205,
    /// An imminent failure was reported.
    ImminentFailure = 206,
    /// An imminent failure was withdrawn.
    ImminentFailureCleared = 207,
    /// Administrative unlock.
    Unlocked = 208,
    /// A hardware element was activated.
    HeActivated = 209,
    /// A hardware element was reset.
    HeReset = 210,
    /// An execution environment was instantiated.
    EeInstantiated = 211,
    /// An execution environment has gone.
    EeUninstantiated = 212,
    /// An execution environment restarts.
    EeRestart = 213,
    /// The state as it is.
    StatusInfo = 214,
}

impl TrackCause {
    /// Whether such a change goes through `Start`, so that trackers could get ready for it.
    pub fn is_orderly(self) -> bool {
        matches!(self, Self::HeDeactivation | Self::Lock | Self::Shutdown)
    }
}

/// One execution environment in a readiness change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedEntity {
    /// The execution environment.
    pub ee: Dn,
    /// Readiness now.
    pub current: ReadinessState,
    /// Readiness when the change is completed.
    pub expected: ReadinessState,
}

/// One step of a readiness change, from PLM to CLM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// To be answered with this number in `Validate` and `Start`; `None` when no answer is wanted.
    pub invocation: Option<u64>,
    /// The step.
    pub step: ChangeStep,
    /// Why.
    pub cause: TrackCause,
    /// The entity at which it began.
    pub root: Dn,
    /// The execution environments concerned.
    pub entities: Vec<TrackedEntity>,
}

/// `SaPlmReadinessTrackResponseT`, also used as CLM's response to its own steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum TrackResponse {
    /// Go on.
    Ok = 1,
    /// In `Validate` only: do not do it.
    Rejected = 2,
    /// The tracker failed; counts as OK except in `Validate`.
    Error = 3,
}
