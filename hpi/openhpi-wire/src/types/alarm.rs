//! Conditions, alarms and announcements.

use super::{EntityPath, Name, Text};
use crate::field::structures;

structures! {
    /// `SaHpiConditionT`.
    Condition {
        /// `SaHpiStatusCondTypeT`.
        kind: u32,
        /// What it is about.
        entity: EntityPath,
        /// In which domain.
        domain: u32,
        /// Which resource found it.
        resource: u32,
        /// Which sensor of the resource found it.
        sensor: u32,
        /// `SaHpiEventStateT`.
        event_state: u16,
        /// Its name.
        name: Name,
        /// Whose condition it is, an IANA enterprise number.
        manufacturer: u32,
        /// More about it.
        data: Text,
    }

    /// `SaHpiAlarmT`.
    Alarm {
        /// `SaHpiAlarmIdT`.
        id: u32,
        /// When it was added, in nanoseconds.
        timestamp: i64,
        /// `SaHpiSeverityT`.
        severity: u32,
        /// Whether somebody has seen it.
        acknowledged: bool,
        /// Why it is there.
        condition: Condition,
    }

    /// `SaHpiAnnouncementT`.
    Announcement {
        /// Which one.
        entry: u32,
        /// When it was added, in nanoseconds.
        timestamp: i64,
        /// Whether a user added it.
        added_by_user: bool,
        /// `SaHpiSeverityT`.
        severity: u32,
        /// Whether somebody has seen it.
        acknowledged: bool,
        /// Why it is there.
        condition: Condition,
    }

    /// `SaHpiAnnunciatorRecT`.
    AnnunciatorRec {
        /// `SaHpiAnnunciatorNumT`.
        num: u32,
        /// `SaHpiAnnunciatorTypeT`.
        kind: u32,
        /// Whether its mode stays as it is.
        mode_read_only: bool,
        /// How many announcements it has place for; 0 where there is no limit.
        max_conditions: u32,
        /// The implementation's own.
        oem: u32,
    }
}
