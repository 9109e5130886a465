//! Events, and entries of event logs.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiEventT` and the types beside it.

use crate::numbered::numbered;
use crate::{
    EventCategory, EventState, HotSwapState, Reading, ResourceId, SensorType, Severity, TextBuffer,
};
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiResourceEventTypeT`.
    ResourceEvent {
        Failure = 0 "RESOURCE_FAILURE",
        Restored = 1 "RESOURCE_RESTORED",
        Added = 2 "RESOURCE_ADDED",
        Removed = 3 "RESOURCE_REMOVED",
        Inaccessible = 4 "RESOURCE_INACCESSIBLE",
        Updated = 5 "RESOURCE_UPDATED",
    }
}

numbered! {
    /// `SaHpiDomainEventTypeT`.
    DomainEvent {
        RefAdded = 0 "DOMAIN_REF_ADDED",
        RefRemoved = 1 "DOMAIN_REF_REMOVED",
    }
}

numbered! {
    /// `SaHpiHsCauseOfStateChangeT`.
    HotSwapCause {
        AutoPolicy = 0 "AUTO_POLICY",
        ExtSoftware = 1 "EXT_SOFTWARE",
        OperatorInit = 2 "OPERATOR_INIT",
        UserUpdate = 3 "USER_UPDATE",
        UnexpectedDeactivation = 4 "UNEXPECTED_DEACTIVATION",
        SurpriseExtraction = 5 "SURPRISE_EXTRACTION",
        ExtractionUpdate = 6 "EXTRACTION_UPDATE",
        HardwareFault = 7 "HARDWARE_FAULT",
        ContainingFru = 8 "CONTAINING_FRU",
        Unknown = 0xffff "UNKNOWN",
    }
}

numbered! {
    /// `SaHpiSwEventTypeT`.
    SoftwareEvent {
        Audit = 0 "HPI_AUDIT",
        Startup = 1 "HPI_STARTUP",
        Other = 2 "OTHER",
    }
}

/// `SaHpiSensorEventT`. The optional fields are those that the standard marks so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorEvent {
    /// Which sensor of the resource.
    pub num: u32,
    /// What it measures.
    pub kind: SensorType,
    /// What its states mean.
    pub category: EventCategory,
    /// The state was entered (else left).
    pub assertion: bool,
    /// The one state that was entered or left.
    pub state: EventState,
    /// Reading that triggered the event.
    pub trigger_reading: Option<Reading>,
    /// Threshold that was crossed.
    pub trigger_threshold: Option<Reading>,
    /// All states before.
    pub previous: Option<EventState>,
    /// All states now.
    pub current: Option<EventState>,
    /// Value for the manufacturer's use.
    pub oem: Option<u32>,
    /// More about the event, as the sensor's type defines.
    pub sensor_specific: Option<u32>,
}

/// `SaHpiSensorEnableChangeEventT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorEnableChange {
    /// Which sensor of the resource.
    pub num: u32,
    /// What it measures.
    pub kind: SensorType,
    /// What its states mean.
    pub category: EventCategory,
    /// The sensor is enabled.
    pub sensor_enable: bool,
    /// Its events are enabled.
    pub event_enable: bool,
    /// States whose assertion is reported.
    pub assert_mask: EventState,
    /// States whose deassertion is reported.
    pub deassert_mask: EventState,
    /// All states now.
    pub current: Option<EventState>,
}

/// What happened: `SaHpiEventTypeT` with its union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// 0: of a resource.
    Resource(ResourceEvent),
    /// 1: of a domain.
    Domain(DomainEvent, u32),
    /// 2: of a sensor.
    Sensor(SensorEvent),
    /// 3: of what is reported of a sensor.
    SensorEnableChange(SensorEnableChange),
    /// 4: of hot swap.
    HotSwap {
        /// State now.
        state: HotSwapState,
        /// State before.
        previous: HotSwapState,
        /// Why.
        cause: HotSwapCause,
    },
    /// 5: of a watchdog.
    Watchdog {
        /// Which watchdog of the resource.
        num: u32,
        /// `SaHpiWatchdogActionEventT`.
        action: u32,
        /// `SaHpiWatchdogPretimerInterruptT`.
        pretimer: u32,
        /// `SaHpiWatchdogTimerUseT`.
        timer_use: u32,
    },
    /// 6: of the HPI implementation.
    Software {
        /// Who says so.
        manufacturer: u32,
        /// What kind of event.
        kind: SoftwareEvent,
        /// In words.
        text: TextBuffer,
    },
    /// 7: of a manufacturer.
    Oem {
        /// Who says so.
        manufacturer: u32,
        /// The event.
        text: TextBuffer,
    },
    /// 8: of a user.
    User(TextBuffer),
    /// 9: of a diagnostics run.
    Dimi {
        /// Which instrument.
        num: u32,
        /// Which test.
        test: u32,
        /// `SaHpiDimiTestRunStatusT`.
        status: u32,
        /// How far it is; FFh when unknown.
        percent: u8,
    },
    /// 10: the tests of an instrument changed.
    DimiUpdate(u32),
    /// 11: of a firmware upgrade.
    Fumi {
        /// Which instrument.
        num: u32,
        /// Which bank.
        bank: u8,
        /// `SaHpiFumiUpgradeStatusT`.
        status: u32,
    },
}

impl EventKind {
    /// `SaHpiEventTypeT`.
    pub fn number(&self) -> u32 {
        match self {
            Self::Resource(_) => 0,
            Self::Domain(..) => 1,
            Self::Sensor(_) => 2,
            Self::SensorEnableChange(_) => 3,
            Self::HotSwap { .. } => 4,
            Self::Watchdog { .. } => 5,
            Self::Software { .. } => 6,
            Self::Oem { .. } => 7,
            Self::User(_) => 8,
            Self::Dimi { .. } => 9,
            Self::DimiUpdate(_) => 10,
            Self::Fumi { .. } => 11,
        }
    }
}

/// `SaHpiEventT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Of which resource; [`ResourceId::UNSPECIFIED`] for the domain and users.
    pub source: ResourceId,
    /// When, in nanoseconds since the Unix epoch (`SaHpiTimeT`).
    pub time_ns: i64,
    /// How bad.
    pub severity: Severity,
    /// What.
    pub kind: EventKind,
}

/// `SaHpiEventLogEntryT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLogEntry {
    /// `SaHpiEventLogEntryIdT`, growing from 1.
    pub id: u32,
    /// When it was logged, in nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// The event.
    pub event: Event,
}
