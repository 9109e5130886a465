//! Watchdog timer commands. Source: IPMI v2.0 §27.

use super::{Empty, bodies, commands};

bodies! {
    /// Reset Watchdog Timer. Source: IPMI v2.0 §27.5.
    ResetWatchdogTimer {}

    /// Set Watchdog Timer. Source: IPMI v2.0 §27.6.
    SetWatchdogTimer {
        /// Bit 7: expiry is not logged; 6: the timer is not stopped; 2–0: use, see [`timer_use`].
        timer_use: u8,
        /// Bits 6–4: see [`pre_timeout`]; 2–0: see [`timeout_action`].
        actions: u8,
        /// Pre-timeout interval, s; 0 none.
        pre_timeout_s: u8,
        /// Expiry flags to clear: bit n is timer use n, 1–5.
        expired: u8,
        /// Initial countdown, 100 ms.
        initial: u16,
    }

    /// Get Watchdog Timer. Source: IPMI v2.0 §27.7.
    GetWatchdogTimer {}

    /// Answer to Get Watchdog Timer.
    WatchdogTimer {
        /// Bit 7: expiry is not logged; 6: the timer runs; 2–0: use, see [`timer_use`].
        timer_use: u8,
        /// Bits 6–4: see [`pre_timeout`]; 2–0: see [`timeout_action`].
        actions: u8,
        /// Pre-timeout interval, s; 0 none.
        pre_timeout_s: u8,
        /// Expiry flags: bit n is timer use n, 1–5.
        expired: u8,
        /// Initial countdown, 100 ms.
        initial: u16,
        /// Present countdown, 100 ms.
        present: u16,
    }
}

commands! { APP, None;
    0x22 ResetWatchdogTimer => Empty;
    0x24 SetWatchdogTimer => Empty;
    0x25 GetWatchdogTimer => WatchdogTimer;
}

/// Expiry is not logged. Source: IPMI v2.0 §27.6.
pub const DONT_LOG: u8 = 1 << 7;
/// In Set Watchdog Timer: a timer that runs goes on. In Get Watchdog Timer: the timer runs.
pub const RUNNING: u8 = 1 << 6;

/// Who uses the timer. Source: IPMI v2.0 §27.6.
pub mod timer_use {
    /// BIOS FRB2.
    pub const BIOS_FRB2: u8 = 1;
    /// BIOS POST.
    pub const BIOS_POST: u8 = 2;
    /// OS load.
    pub const OS_LOAD: u8 = 3;
    /// System management software, OS.
    pub const SMS_OS: u8 = 4;
    /// OEM.
    pub const OEM: u8 = 5;
}

/// What happens before the timeout, bits 6–4. Source: IPMI v2.0 §27.6.
pub mod pre_timeout {
    /// Nothing.
    pub const NONE: u8 = 0 << 4;
    /// SMI.
    pub const SMI: u8 = 1 << 4;
    /// NMI, or diagnostic interrupt.
    pub const NMI: u8 = 2 << 4;
    /// Messaging interrupt.
    pub const MESSAGING: u8 = 3 << 4;
}

/// What happens at the timeout, bits 2–0. Source: IPMI v2.0 §27.6.
pub mod timeout_action {
    /// Nothing.
    pub const NONE: u8 = 0;
    /// Hard reset.
    pub const HARD_RESET: u8 = 1;
    /// Power down.
    pub const POWER_DOWN: u8 = 2;
    /// Power cycle.
    pub const POWER_CYCLE: u8 = 3;
}
