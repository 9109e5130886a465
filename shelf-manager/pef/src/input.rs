//! What platform event filtering is told, and what it wants done.

use crate::Preset;
use alloc::vec::Vec;
use core::net::IpAddr;
use ipmi::command::pef::{LanAlertParameter, Parameter, PetAcknowledge};
use ipmi::message::CompletionCode;
use ipmi::pet::Pet;
use ipmi::sdr::Entity;
use ipmi::sel::Event;
use serde::{Deserialize, Serialize};

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// An event went into the system event log.
    Event(Seen),
    /// Set PEF Configuration Parameters.
    Set(Parameter),
    /// Set LAN Configuration Parameters, for one that is about alerts.
    SetLan(LanAlertParameter),
    /// Arm PEF Postpone Timer.
    Arm {
        /// 00h off, 01h–FDh seconds, FEh until it is armed again.
        countdown: u8,
    },
    /// Set Last Processed Event ID.
    SetLastProcessed {
        /// Whether it is the one that PEF filtered last; else the one that software did.
        by_bmc: bool,
        /// Record id.
        record: u16,
    },
    /// Alert Immediate, initiate.
    AlertImmediate(Immediate),
    /// Alert Immediate, clear status.
    ClearAlertStatus {
        /// Destination selector.
        destination: u8,
    },
    /// PET Acknowledge.
    Acknowledged(PetAcknowledge),
    /// The daemon has started with this configuration file.
    ///
    /// Choice: it takes effect when it is another one than last time, so that what tools changed
    /// since outlives a restart.
    Preset {
        /// GUID of the system, least significant byte first.
        guid: [u8; 16],
        /// Alerts of the file.
        presets: Vec<Preset>,
    },
    /// The shelf manager has restarted.
    Restarted,
    /// The system event log was cleared.
    Cleared,
    /// Time passed.
    Tick,
}

/// An event of the log, with what a trap says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The event.
    pub event: Event,
    /// Id of its record.
    pub record: u16,
    /// When it happened, seconds since 1970.
    pub time_s: u32,
    /// What its sensor watches; zeros where nobody knows the sensor.
    pub entity: Entity,
    /// The shelf.
    pub system: System,
}

/// Who made the shelf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// IANA enterprise number.
    pub manufacturer: u32,
    /// Its product id.
    pub product: u16,
}

/// An alert that no filter asked for. Source: IPMI v2.0 §30.7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Immediate {
    /// Destination selector.
    pub destination: u8,
    /// Bit 7: send an alert string; bits 6–0: string selector.
    pub string: u8,
    /// The event to tell of; `None`: none.
    pub event: Option<Event>,
    /// When, seconds since 1970.
    pub time_s: u32,
    /// The shelf.
    pub system: System,
}

/// What it wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this trap.
    Send(Trap),
    /// Nobody acknowledged the traps to this destination.
    Unacknowledged(Trap),
    /// An event for the system event log: PEF has acted.
    Acted(Event),
}

/// A trap on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trap {
    /// Destination selector.
    pub destination: u8,
    /// Where.
    pub address: IpAddr,
    /// UDP port.
    pub port: u16,
    /// Community, 0–18 bytes.
    pub community: Vec<u8>,
    /// What.
    pub pet: Pet,
}

/// Why an input is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The parameter can only be read, or the filter only be turned on and off.
    ReadOnly,
    /// Somebody else is setting parameters.
    SetInProgress,
    /// No such entry.
    OutOfRange,
    /// A value that means nothing.
    InvalidField,
    /// The last immediate alert to that destination is under way.
    AlertInProgress,
    /// No such trap waits for an acknowledge.
    NotPresent,
}

impl Refusal {
    /// The code that a tool sees. Source: IPMI v2.0 §30.3, §30.7, Table 5-2.
    #[must_use]
    pub fn code(self) -> CompletionCode {
        match self {
            Self::ReadOnly => CompletionCode(0x82),
            Self::SetInProgress | Self::AlertInProgress => CompletionCode(0x81),
            Self::OutOfRange => CompletionCode::OUT_OF_RANGE,
            Self::InvalidField => CompletionCode::INVALID_FIELD,
            Self::NotPresent => CompletionCode::NOT_PRESENT,
        }
    }
}
