//! How severe events are, where the standard gives them none.
//!
//! Choice: thresholds and the generic type "severity" have their own names for it; of the other
//! states, those that mean a loss of function are critical, those that announce one are not.
//! Offsets: IPMI v2.0 Tables 42-2 and 42-3; PICMG 3.0 R3.0 for F0h–F2h.

use crate::matching::ANY;
use crate::preset::PresetSeverity::{self, Critical, NonCritical, NonRecoverable};
use ipmi::ipmb_state::SENSOR_TYPE_IPMB;
use ipmi::sel::{
    EVENT_TYPE_SENSOR_SPECIFIC as SPECIFIC, EVENT_TYPE_THRESHOLD as THRESHOLD, SENSOR_TYPE_HOT_SWAP,
};

/// Events that are as severe as each other.
pub(crate) struct Row {
    pub(crate) severity: PresetSeverity,
    pub(crate) sensor_type: u8,
    /// Event/reading type.
    pub(crate) trigger: u8,
    /// Bit n is offset n.
    pub(crate) offsets: u16,
}

const fn row(severity: PresetSeverity, sensor_type: u8, trigger: u8, offsets: u16) -> Row {
    Row {
        severity,
        sensor_type,
        trigger,
        offsets,
    }
}

/// All that is worse than information.
pub(crate) const ROWS: &[Row] = &[
    // Thresholds, in the bad direction: lower ones going low, upper ones going high.
    row(NonRecoverable, ANY, THRESHOLD, 1 << 4 | 1 << 11),
    row(Critical, ANY, THRESHOLD, 1 << 2 | 1 << 9),
    row(NonCritical, ANY, THRESHOLD, 1 << 0 | 1 << 7),
    // Predictive failure; limit exceeded.
    row(NonCritical, ANY, 0x04, 1 << 1),
    row(NonCritical, ANY, 0x05, 1 << 1),
    // Severity: transitions to non-recoverable, to critical, to non-critical.
    row(NonRecoverable, ANY, 0x07, 1 << 3 | 1 << 6),
    row(Critical, ANY, 0x07, 1 << 2 | 1 << 5),
    row(NonCritical, ANY, 0x07, 1 << 1 | 1 << 4),
    // Availability: install error; degraded.
    row(Critical, ANY, 0x0a, 1 << 8),
    row(NonCritical, ANY, 0x0a, 1 << 6),
    // Redundancy: lost, resources insufficient; the other states that are not full redundancy.
    row(Critical, ANY, 0x0b, 1 << 1 | 1 << 5),
    row(
        NonCritical,
        ANY,
        0x0b,
        1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7,
    ),
    // Processor: internal error, thermal trip.
    row(Critical, 0x07, SPECIFIC, 1 << 0 | 1 << 1),
    // Power supply: failed, input lost; failure predicted, input out of range, misconfigured.
    row(Critical, 0x08, SPECIFIC, 1 << 1 | 1 << 3),
    row(
        NonCritical,
        0x08,
        SPECIFIC,
        1 << 2 | 1 << 4 | 1 << 5 | 1 << 6,
    ),
    // Power unit: input lost, soft power control failure, failure; failure predicted.
    row(Critical, 0x09, SPECIFIC, 1 << 4 | 1 << 5 | 1 << 6),
    row(NonCritical, 0x09, SPECIFIC, 1 << 7),
    // Memory: uncorrectable error; correctable error.
    row(Critical, 0x0c, SPECIFIC, 1 << 1),
    row(NonCritical, 0x0c, SPECIFIC, 1 << 0),
    // Critical interrupt: each of them.
    row(Critical, 0x13, SPECIFIC, 0x07ff),
    // Operating system: critical stops.
    row(Critical, 0x20, SPECIFIC, 1 << 0 | 1 << 1),
    // Watchdog: expired with an action; expired.
    row(Critical, 0x23, SPECIFIC, 1 << 1 | 1 << 2 | 1 << 3),
    row(NonCritical, 0x23, SPECIFIC, 1 << 0),
    // Management subsystem: controller degraded, off line, unavailable; sensor or FRU failures.
    row(Critical, 0x28, SPECIFIC, 1 << 1 | 1 << 2 | 1 << 3),
    row(NonCritical, 0x28, SPECIFIC, 1 << 0 | 1 << 4 | 1 << 5),
    // FRU state and FRU hot swap: communication lost.
    row(Critical, 0x2c, SPECIFIC, 1 << 7),
    row(Critical, SENSOR_TYPE_HOT_SWAP, SPECIFIC, 1 << 7),
    // IPMB-0: both buses off; one bus off.
    row(Critical, SENSOR_TYPE_IPMB, SPECIFIC, 1 << 0),
    row(NonCritical, SENSOR_TYPE_IPMB, SPECIFIC, 1 << 1 | 1 << 2),
    // AdvancedMC module: its backend power failed.
    row(Critical, 0xf2, SPECIFIC, 1 << 3),
];
