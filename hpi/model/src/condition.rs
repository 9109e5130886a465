//! Conditions, and what holds them: alarms of a domain, announcements of an annunciator.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiConditionT`, `SaHpiAlarmT`, `SaHpiAnnouncementT`.

use crate::numbered::numbered;
use crate::{EntityPath, EventState, ResourceId, Severity, TextBuffer};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiStatusCondTypeT`.
    ConditionType {
        Sensor = 0 "SENSOR",
        Resource = 1 "RESOURCE",
        Oem = 2 "OEM",
        User = 3 "USER",
    }
}

numbered! {
    /// `SaHpiAnnunciatorModeT`: who may add and delete announcements.
    AnnunciatorMode {
        Auto = 0 "AUTO",
        User = 1 "USER",
        Shared = 2 "SHARED",
    }
}

/// `SaHpiConditionT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What found it.
    pub kind: ConditionType,
    /// What it is about.
    pub entity: EntityPath,
    /// In which domain; [`Condition::THIS_DOMAIN`] for the one that holds it.
    pub domain: u32,
    /// Of which resource; [`ResourceId::UNSPECIFIED`] where a user names none.
    pub resource: ResourceId,
    /// Which sensor of the resource found it; meaningful only for [`ConditionType::Sensor`].
    pub sensor: u32,
    /// The one state of the sensor; meaningful only for [`ConditionType::Sensor`].
    pub state: EventState,
    /// `SaHpiNameT`: a name of AIS, at most [`Condition::NAME_MAX`] bytes.
    pub name: Vec<u8>,
    /// Whose condition it is, an IANA enterprise number; 0 where nobody says.
    pub manufacturer: u32,
    /// More about it, for people.
    pub data: TextBuffer,
}

impl Condition {
    /// `SAHPI_UNSPECIFIED_DOMAIN_ID`.
    pub const THIS_DOMAIN: u32 = 0xffff_ffff;
    /// `SA_HPI_MAX_NAME_LENGTH`.
    pub const NAME_MAX: usize = 256;
}

/// `SaHpiAlarmT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// `SaHpiAlarmIdT`: never 0, never FFFFFFFFh.
    pub id: u32,
    /// When it was added, in nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// How bad: critical, major or minor.
    pub severity: Severity,
    /// Somebody has seen it.
    pub acknowledged: bool,
    /// Why it is there.
    pub condition: Condition,
}

/// `SaHpiAnnouncementT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// `SaHpiEntryIdT`: never 0, never FFFFFFFFh.
    pub id: u32,
    /// When it was added, in nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// A user added it, not the implementation.
    pub by_user: bool,
    /// How bad.
    pub severity: Severity,
    /// Somebody has seen it.
    pub acknowledged: bool,
    /// Why it is there.
    pub condition: Condition,
}
