//! Watchdog timers.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiWatchdogT` and the types beside it.

use crate::numbered::numbered;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiWatchdogActionT`: what happens when the timer ends.
    WatchdogAction {
        NoAction = 0 "NO_ACTION",
        Reset = 1 "RESET",
        PowerDown = 2 "POWER_DOWN",
        PowerCycle = 3 "POWER_CYCLE",
    }
}

numbered! {
    /// `SaHpiWatchdogPretimerInterruptT`: what happens before the timer ends.
    WatchdogPretimer {
        None = 0 "NONE",
        Smi = 1 "SMI",
        Nmi = 2 "NMI",
        MessageInterrupt = 3 "MESSAGE_INTERRUPT",
        Oem = 15 "OEM",
    }
}

numbered! {
    /// `SaHpiWatchdogTimerUseT`: who uses the timer.
    WatchdogUse {
        None = 0 "NONE",
        BiosFrb2 = 1 "BIOS_FRB2",
        BiosPost = 2 "BIOS_POST",
        OsLoad = 3 "OS_LOAD",
        SmsOs = 4 "SMS_OS",
        Oem = 5 "OEM",
        Unspecified = 15 "UNSPECIFIED",
    }
}

/// `SAHPI_WAE_TIMER_INT`: in an event, the interrupt came, not the end of the timer.
pub const WATCHDOG_TIMER_INTERRUPT: u32 = 8;

/// The five `SAHPI_WATCHDOG_EXP_…` flags: bit n is for [`WatchdogUse`] n.
pub const WATCHDOG_EXPIRED_MASK: u8 = 0x3e;

/// `SaHpiWatchdogT`: as `saHpiWatchdogTimerSet` sets a timer, or `saHpiWatchdogTimerGet` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watchdog {
    /// It tells events.
    pub log: bool,
    /// It runs. When set: a timer that runs shall go on, from its new start.
    pub running: bool,
    /// Who uses it.
    pub timer_use: WatchdogUse,
    /// What happens at its end.
    pub action: WatchdogAction,
    /// What happens before its end.
    pub pretimer: WatchdogPretimer,
    /// How long before its end, in milliseconds.
    pub pre_timeout_ms: u32,
    /// `TimerUseExpFlags`: uses at which it ended. When set: flags to clear.
    pub expired: u8,
    /// Where it starts, in milliseconds.
    pub initial_ms: u32,
    /// What is left, in milliseconds; nothing when set.
    pub present_ms: u32,
}
