//! `SaHpiHsStateT`.

use serde::{Deserialize, Serialize};

/// Hot swap state of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum HotSwapState {
    /// Present, may not run yet. ATCA: M1.
    Inactive = 0,
    /// Waits for leave to become active. ATCA: M2, M3.
    InsertionPending = 1,
    /// Runs. ATCA: M4.
    Active = 2,
    /// Waits for leave to become inactive. ATCA: M5, M6.
    ExtractionPending = 3,
    /// Not there. ATCA: M0.
    NotPresent = 4,
}

impl HotSwapState {
    /// The standard's word, without prefix.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inactive => "INACTIVE",
            Self::InsertionPending => "INSERTION_PENDING",
            Self::Active => "ACTIVE",
            Self::ExtractionPending => "EXTRACTION_PENDING",
            Self::NotPresent => "NOT_PRESENT",
        }
    }
}
