//! What changes, as it changes.

use crate::{AmfView, ClmView, MembersView, PlmView, SensorView, ShelfView, SlotView};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One live update.
///
/// Invariant: `sequence` grows with each notice of one run of the daemon; it starts anew with the
/// daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Number of this notice, from 1; 0 for one that repeats the past or that tells of lost ones.
    pub sequence: u64,
    /// When, in microseconds since the Unix epoch.
    pub time_us: u64,
    /// What has changed.
    pub change: Change,
}

/// What has changed; each variant carries the new state in full, so that a notice received twice
/// does no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A slot of the faceplate.
    Slot(Box<SlotView>),
    /// The reading or the state of a sensor; also a sensor that is new.
    Sensor(Box<SensorView>),
    /// All sensors of a controller are gone.
    SensorsGone {
        /// IPMB-0 address of the controller, 8 bits.
        address: u8,
    },
    /// Something worth telling happened.
    Event(Box<EventView>),
    /// Applications.
    Amf(Box<AmfView>),
    /// Cluster membership.
    Clm(Box<ClmView>),
    /// Hardware elements and execution environments.
    Plm(Box<PlmView>),
    /// The cluster that keeps the log. How far the log is alone is not told.
    Members(Box<MembersView>),
    /// The daemon itself.
    Status(Box<StatusView>),
    /// Notices were lost because the receiver was too slow; whoever keeps a picture must ask for it
    /// anew.
    Lagged {
        /// How many.
        missed: u64,
    },
}

/// How bad it is.
/// Source: SAI-HPI-B.03.02 `SaHpiSeverityT`, and `WARNING` of X.733.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Service is lost, or hardware is in danger.
    Critical,
    /// Service is degraded.
    Major,
    /// Needs attention.
    Minor,
    /// May become a fault.
    Warning,
    /// No fault.
    Informational,
    /// A fault is over.
    Ok,
}

impl Severity {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Warning => "warning",
            Self::Informational => "informational",
            Self::Ok => "ok",
        }
    }
}

/// One event, from whichever floor of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// Number of this event, from 1, growing; not the number of the notice that carries it.
    pub sequence: u64,
    /// When, in microseconds since the Unix epoch.
    pub time_us: u64,
    /// Which floor tells it: `ipmi`, `hpi`, `plm`, `clm`, `amf`, `imm`, `node`, `operator` or
    /// `shelfd`.
    pub source: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: a DN, an entity path, or `0x82/0` for a FRU.
    pub object: String,
    /// For people, one line.
    pub text: String,
}

/// Events, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsView {
    /// The events.
    pub events: Vec<EventView>,
    /// Number of the last event that there is; 0 when there is none. Ask for what comes after it.
    pub last: u64,
}

/// The daemon itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// Version of OpenShelf.
    pub version: String,
    /// `cmm` or `blade`.
    pub role: String,
    /// Whether the chassis is simulated, so that its handles can be moved from here.
    pub demo: bool,
    /// Since the start, in milliseconds.
    pub uptime_ms: u64,
    /// Index of the last entry applied from the log.
    pub log_index: u64,
    /// Index of the last entry known to be on disk.
    pub log_durable: u64,
    /// How the chassis is reached: `lan`, `vm`, `simulated`, …
    pub port_kind: String,
    /// State of that port: `connecting`, `discovering`, `ready` or `lost`.
    pub port_state: String,
    /// More of that port for people: its address, or why it is lost.
    pub port_text: String,
}

/// All that the console shows, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotView {
    /// Number of the last notice that is contained in this; 0 when there was none.
    pub sequence: u64,
    /// The daemon itself.
    pub status: StatusView,
    /// The faceplate.
    pub shelf: ShelfView,
    /// Sensors by address, lun and number.
    pub sensors: Vec<SensorView>,
    /// Latest events, oldest first.
    pub events: Vec<EventView>,
    /// Applications.
    pub amf: AmfView,
    /// Cluster membership.
    pub clm: ClmView,
    /// Hardware elements and execution environments.
    pub plm: PlmView,
    /// The cluster that keeps the log.
    pub members: MembersView,
}
