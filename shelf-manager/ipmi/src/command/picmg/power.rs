//! Power levels and the shelf's budget. Source: PICMG 3.0 R3.0, power management.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};
use crate::wire::Rest;
use alloc::vec::Vec;

bodies! {
    /// Compute Power Properties.
    ComputePowerProperties {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Compute Power Properties.
    PowerProperties {
        /// Slots that the FRU spans.
        slots: u8,
        /// Where among them the controller sits; 0 is the leftmost.
        location: u8,
    }

    /// Set Power Level.
    SetPowerLevel {
        /// FRU device id.
        fru_id: u8,
        /// 0 off, 1–20 a level, FFh no change.
        level: u8,
        /// 0 keep, 1 copy the desired levels to the present ones first.
        copy: u8,
    }

    /// Get Power Level.
    GetPowerLevel {
        /// FRU device id.
        fru_id: u8,
        /// 0 steady state, 1 desired steady state, 2 early, 3 desired early.
        kind: u8,
    }

    /// Answer to Get Power Level.
    PowerLevel {
        /// Bit 7: dynamic reconfiguration; bits 4–0: level, 0 off.
        properties: u8,
        /// Delay to stable power, 0.1 s.
        delay: u8,
        /// Multiplier of the draws, 0.1 W.
        multiplier: u8,
        /// Power draw of each level, from level 1; rises, at most 20 of them.
        draws: Vec<u8>,
    }

    /// Renegotiate Power: a board asks the shelf manager.
    RenegotiatePower {
        /// FRU device id; without it, all FRUs of the requester.
        fru_id: Option<u8>,
    }

    /// Get Shelf Power Allocation.
    GetShelfPowerAllocation {
        /// The first power feed to tell about, from 0.
        first_feed: u8,
    }

    /// Answer to Get Shelf Power Allocation.
    ShelfPowerAllocation {
        /// Counts changes of the allocation.
        update_count: u16,
        /// What is allocated of each feed, W.
        feeds_w: Rest<u16>,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x10 ComputePowerProperties => PowerProperties;
    0x11 SetPowerLevel => Empty;
    0x12 GetPowerLevel => PowerLevel;
    0x13 RenegotiatePower => Empty;
    0x22 GetShelfPowerAllocation => ShelfPowerAllocation;
}

/// Most levels that one answer has room for. Source: PICMG 3.0 R3.0, Get Power Level.
pub const POWER_LEVELS_MAX: usize = 20;

/// What Get Power Level asks for. Source: PICMG 3.0 R3.0, Get Power Level.
pub mod power_kind {
    /// Steady state power draw levels.
    pub const STEADY: u8 = 0;
    /// Desired steady state draw levels.
    pub const DESIRED_STEADY: u8 = 1;
    /// Early power draw levels.
    pub const EARLY: u8 = 2;
    /// Desired early levels.
    pub const DESIRED_EARLY: u8 = 3;
}
