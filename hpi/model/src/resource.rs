//! Resources: the entries of the resource presence table.

use crate::numbered::numbered;
use crate::{EntityPath, TextBuffer};
use serde::{Deserialize, Serialize};

/// `SaHpiResourceIdT`: a resource of the domain. Never 0, never FFFFFFFFh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId(pub u32);

impl ResourceId {
    /// `SAHPI_UNSPECIFIED_RESOURCE_ID`: the domain itself.
    pub const UNSPECIFIED: Self = Self(0xffff_ffff);
}

numbered! {
    /// `SaHpiSeverityT`.
    Severity {
        Critical = 0 "CRITICAL",
        Major = 1 "MAJOR",
        Minor = 2 "MINOR",
        Informational = 3 "INFORMATIONAL",
        Ok = 4 "OK",
        Debug = 0xf0 "DEBUG",
        All = 0xff "ALL",
    }
}

/// `SaHpiCapabilitiesT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// Set for every resource.
    pub const RESOURCE: Self = Self(0x4000_0000);
    /// Has firmware upgrade management instruments.
    pub const FUMI: Self = Self(0x0001_0000);
    /// Every sensor event's deassertion is enabled with its assertion.
    pub const EVT_DEASSERTS: Self = Self(0x8000);
    /// Has diagnostics initiator instruments.
    pub const DIMI: Self = Self(0x4000);
    /// Has the aggregate status sensors.
    pub const AGGREGATE_STATUS: Self = Self(0x2000);
    /// Keeps configuration that can be saved and restored.
    pub const CONFIGURATION: Self = Self(0x1000);
    /// Hot swap is managed. Requires [`Self::FRU`].
    pub const MANAGED_HOTSWAP: Self = Self(0x0800);
    /// Has watchdogs.
    pub const WATCHDOG: Self = Self(0x0400);
    /// Has controls.
    pub const CONTROL: Self = Self(0x0200);
    /// Is field replaceable.
    pub const FRU: Self = Self(0x0100);
    /// Boot source can be chosen.
    pub const LOAD_ID: Self = Self(0x0080);
    /// Has annunciators.
    pub const ANNUNCIATOR: Self = Self(0x0040);
    /// Power can be switched.
    pub const POWER: Self = Self(0x0020);
    /// Can be reset.
    pub const RESET: Self = Self(0x0010);
    /// Has inventory data.
    pub const INVENTORY_DATA: Self = Self(0x0008);
    /// Has an event log.
    pub const EVENT_LOG: Self = Self(0x0004);
    /// Has resource data records.
    pub const RDR: Self = Self(0x0002);
    /// Has sensors.
    pub const SENSOR: Self = Self(0x0001);

    /// Names by bit, highest first.
    pub const NAMES: &'static [(Self, &'static str)] = &[
        (Self::RESOURCE, "RESOURCE"),
        (Self::FUMI, "FUMI"),
        (Self::EVT_DEASSERTS, "EVT_DEASSERTS"),
        (Self::DIMI, "DIMI"),
        (Self::AGGREGATE_STATUS, "AGGREGATE_STATUS"),
        (Self::CONFIGURATION, "CONFIGURATION"),
        (Self::MANAGED_HOTSWAP, "MANAGED_HOTSWAP"),
        (Self::WATCHDOG, "WATCHDOG"),
        (Self::CONTROL, "CONTROL"),
        (Self::FRU, "FRU"),
        (Self::LOAD_ID, "LOAD_ID"),
        (Self::ANNUNCIATOR, "ANNUNCIATOR"),
        (Self::POWER, "POWER"),
        (Self::RESET, "RESET"),
        (Self::INVENTORY_DATA, "INVENTORY_DATA"),
        (Self::EVENT_LOG, "EVENT_LOG"),
        (Self::RDR, "RDR"),
        (Self::SENSOR, "SENSOR"),
    ];

    /// Whether all of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// `SaHpiHsCapabilitiesT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotSwapCapabilities(pub u32);

impl HotSwapCapabilities {
    /// The auto-extract time-out cannot be changed.
    pub const AUTOEXTRACT_READ_ONLY: Self = Self(0x8000_0000);
    /// Has a hot swap indicator (ATCA: the blue LED).
    pub const INDICATOR_SUPPORTED: Self = Self(0x4000_0000);
    /// Becomes active at once, whatever the auto-insert time-out.
    pub const AUTOINSERT_IMMEDIATE: Self = Self(0x2000_0000);

    /// Whether all of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// `SaHpiResourceInfoT`: what the resource's controller says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceInfo {
    /// Revision of the device.
    pub resource_rev: u8,
    /// Version of the protocol that it speaks (IPMI: BCD, low digit in the high nibble).
    pub specific_ver: u8,
    /// Device support flags of IPMI's Get Device ID.
    pub device_support: u8,
    /// IANA enterprise number.
    pub manufacturer_id: u32,
    /// Product number of the manufacturer.
    pub product_id: u16,
    /// Firmware revision, major.
    pub firmware_major_rev: u8,
    /// Firmware revision, minor.
    pub firmware_minor_rev: u8,
    /// Firmware revision, auxiliary.
    pub aux_firmware_rev: u8,
    /// GUID; zero when there is none.
    pub guid: [u8; 16],
}

/// `SaHpiRptEntryT`. The entry id equals the resource id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RptEntry {
    /// Which resource.
    pub resource: ResourceId,
    /// What its controller says of itself.
    pub info: ResourceInfo,
    /// Where it is.
    pub entity: EntityPath,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What its hot swap can do.
    pub hot_swap_capabilities: HotSwapCapabilities,
    /// How bad it is to lose it.
    pub severity: Severity,
    /// `ResourceFailed`: it does not answer.
    pub failed: bool,
    /// `ResourceTag`: its name for people.
    pub tag: TextBuffer,
}
