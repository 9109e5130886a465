//! Watchdog timers.

use crate::field::structures;

structures! {
    /// `SaHpiWatchdogT`.
    Watchdog {
        /// Whether the end of the timer is logged.
        log: bool,
        /// Whether the timer runs.
        running: bool,
        /// `SaHpiWatchdogTimerUseT`.
        timer_use: u32,
        /// `SaHpiWatchdogActionT`.
        timer_action: u32,
        /// `SaHpiWatchdogPretimerInterruptT`.
        pretimer_interrupt: u32,
        /// Time between the interrupt and the end, in milliseconds.
        pre_timeout_interval: u32,
        /// `SaHpiWatchdogExpFlagsT`: uses at whose end it came.
        timer_use_exp_flags: u8,
        /// Where the timer starts, in milliseconds.
        initial_count: u32,
        /// Where the timer is, in milliseconds.
        present_count: u32,
    }

    /// `SaHpiWatchdogRecT`.
    WatchdogRec {
        /// `SaHpiWatchdogNumT`.
        num: u32,
        /// The implementation's own.
        oem: u32,
    }
}
