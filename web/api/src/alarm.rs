//! What is wrong now: the domain alarm table of HPI.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiAlarmT`.

use crate::Severity;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The domain alarm table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmsView {
    /// In the order in which they were added.
    pub alarms: Vec<AlarmView>,
    /// Others found no place in the table.
    pub overflow: bool,
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmView {
    /// Its id, which no other alarm ever has.
    pub id: u32,
    /// When it was added, in microseconds since 1970-01-01 UTC.
    pub time_us: u64,
    /// How bad.
    pub severity: Severity,
    /// Somebody has seen it.
    pub acknowledged: bool,
    /// What found it.
    pub kind: AlarmKind,
    /// What it is about, root first.
    pub entity_path: String,
    /// HPI's id of the resource; `None` where a user names none.
    pub resource: Option<u32>,
    /// HPI's number of the sensor, for [`AlarmKind::Sensor`].
    pub sensor: Option<u32>,
    /// The state of the sensor in words, for [`AlarmKind::Sensor`]; else empty.
    pub state: String,
    /// Name of AIS that a user gave it; empty where none.
    pub name: String,
    /// In words: name of the sensor or of the resource, or what a user says.
    pub text: String,
}

/// What found an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmKind {
    /// A sensor.
    Sensor,
    /// A resource is lost.
    Resource,
    /// A manufacturer's own.
    Oem,
    /// A user.
    User,
}

impl AlarmKind {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sensor => "sensor",
            Self::Resource => "resource",
            Self::Oem => "oem",
            Self::User => "user",
        }
    }
}
