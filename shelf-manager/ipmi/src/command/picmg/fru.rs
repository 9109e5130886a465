//! One FRU: control, activation, inventory under a lock. Source: PICMG 3.0 R3.0, command table.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};
use crate::message::CompletionCode;
use alloc::vec::Vec;

bodies! {
    /// FRU Control.
    FruControl {
        /// FRU device id.
        fru_id: u8,
        /// 0 cold reset, 1 warm reset, 2 graceful reboot, 3 diagnostic interrupt, 4 quiesce.
        option: u8,
    }

    /// Answer to FRU Control.
    FruControlled {
        /// Data of the option, where it has some.
        data: Vec<u8>,
    }

    /// Set FRU Activation Policy.
    SetFruActivationPolicy {
        /// FRU device id.
        fru_id: u8,
        /// Which bits to change: 1 deactivation-locked, 0 locked.
        mask: u8,
        /// Their new values.
        set: u8,
    }

    /// Get FRU Activation Policy.
    GetFruActivationPolicy {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get FRU Activation Policy.
    FruActivationPolicy {
        /// Bit 1: deactivation-locked; 0: locked.
        bits: u8,
    }

    /// Set FRU Activation.
    SetFruActivation {
        /// FRU device id.
        fru_id: u8,
        /// 0 deactivate, 1 activate.
        activate: u8,
    }

    /// FRU Control Capabilities.
    GetFruControlCapabilities {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to FRU Control Capabilities.
    FruControlCapabilities {
        /// Bits: 3 diagnostic interrupt, 2 graceful reboot, 1 warm reset; cold reset is always
        /// there.
        options: u8,
    }

    /// FRU Inventory Device Lock Control: guards the shelf FRU information while it is edited.
    FruInventoryLock {
        /// FRU device id.
        fru_id: u8,
        /// See [`lock`].
        operation: u8,
        /// Lock id that Lock gave; 0 with the other operations that need none.
        lock_id: u16,
    }

    /// Answer to FRU Inventory Device Lock Control.
    FruInventoryLocked {
        /// Lock id, with Lock; otherwise 0.
        lock_id: u16,
        /// When the inventory was committed last, s since 1970.
        committed: u32,
    }

    /// FRU Inventory Device Write: edits the copy that the lock guards.
    FruInventoryWrite {
        /// FRU device id.
        fru_id: u8,
        /// Lock id that Lock gave.
        lock_id: u16,
        /// Offset into the inventory.
        offset: u16,
        /// The bytes.
        data: Vec<u8>,
    }

    /// Answer to FRU Inventory Device Write.
    FruInventoryWritten {
        /// How many bytes were written.
        count: u8,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x04 FruControl => FruControlled;
    0x0a SetFruActivationPolicy => Empty;
    0x0b GetFruActivationPolicy => FruActivationPolicy;
    0x0c SetFruActivation => Empty;
    0x1e GetFruControlCapabilities => FruControlCapabilities;
    0x1f FruInventoryLock => FruInventoryLocked;
    0x20 FruInventoryWrite => FruInventoryWritten;
}

/// Options of FRU Control. Source: PICMG 3.0 R3.0, FRU Control.
pub mod control {
    /// Cold reset.
    pub const COLD_RESET: u8 = 0;
    /// Warm reset.
    pub const WARM_RESET: u8 = 1;
    /// Graceful reboot.
    pub const GRACEFUL_REBOOT: u8 = 2;
    /// Issue diagnostic interrupt.
    pub const DIAGNOSTIC_INTERRUPT: u8 = 3;
    /// Quiesce: come to rest before payload power goes.
    pub const QUIESCE: u8 = 4;
}

/// Bits of the activation policy. Source: PICMG 3.0 R3.0, Set FRU Activation Policy.
pub mod policy {
    /// Locked: stay in M1.
    pub const LOCKED: u8 = 0b01;
    /// Deactivation-Locked: stay in M4.
    pub const DEACTIVATION_LOCKED: u8 = 0b10;
}

/// Operations of FRU Inventory Device Lock Control. Source: PICMG 3.0 R3.0, that command.
pub mod lock {
    /// Get the time of the last commit.
    pub const GET_TIMESTAMP: u8 = 0;
    /// Lock, and begin a copy to edit.
    pub const LOCK: u8 = 1;
    /// Unlock and discard the copy.
    pub const DISCARD: u8 = 2;
    /// Unlock and commit the copy.
    pub const COMMIT: u8 = 3;
}

impl FruInventoryLock {
    /// Invalid FRU information: what was written is no inventory.
    pub const INVALID_INFORMATION: CompletionCode = CompletionCode(0x80);
    /// Lock failed: somebody else has it, or the lock id is not the one that holds.
    pub const LOCK_FAILED: CompletionCode = CompletionCode(0x81);
}

impl FruInventoryWrite {
    /// Invalid lock id.
    pub const INVALID_LOCK: CompletionCode = CompletionCode(0x80);
}
