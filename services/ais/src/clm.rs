//! CLM's words, and the hand-over from CLM to the services that follow membership.
//!
//! Source: SAI-AIS-CLM-B.04.01, `saClm.h`.

use crate::Dn;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `SaClmChangeStepT`.
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

/// `SaClmClusterChangesT`: what happens to a node's membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum ClusterChange {
    /// Nothing.
    NoChange = 1,
    /// It joined.
    Joined = 2,
    /// It leaves or has left.
    Left = 3,
    /// Its attributes changed.
    Reconfigured = 4,
}

/// Why a node leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LeaveCause {
    /// An orderly departure: handle opened, lock, shutdown of the node.
    Planned,
    /// It failed or was pulled: what ran on it is gone.
    Failure,
}

/// One node in a membership change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeChange {
    /// The CLM node (`safNode=…,safCluster=…`).
    pub node: Dn,
    /// `SaClmNodeIdT`.
    pub node_id: u32,
    /// What happens to it.
    pub change: ClusterChange,
    /// Why it leaves; `None` unless it leaves.
    pub cause: Option<LeaveCause>,
}

/// One step of a membership change, from CLM to its trackers; AMF is the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// To be answered with this number in `Validate` and `Start`; `None` when no answer is wanted.
    pub invocation: Option<u64>,
    /// The step.
    pub step: ChangeStep,
    /// View number of the membership (after the change, in `Completed`).
    pub view: u64,
    /// The nodes concerned.
    pub nodes: Vec<NodeChange>,
}

/// `SaClmResponseT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum TrackResponse {
    /// Go on.
    Ok = 1,
    /// In `Validate` only: do not do it.
    Rejected = 2,
    /// The tracker failed.
    Error = 3,
}
