//! Jobs of upgrades, and what comes of them.

use hpi_model::TextBuffer;
use hpi_model::firmware::{FirmwareInstance, FirmwareNumber, SourceStatus};
use ipmi::command::hpm::FirmwareVersion;
use ipmi::description::UpgradeTarget;
use serde::{Deserialize, Serialize};

/// What is to be done about firmware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirmwareJob {
    /// Read a source, and find out whether it is for this target, if for one.
    Validate {
        /// IPMB-0 address of the controller.
        target: Option<u8>,
        /// Where the source is.
        uri: TextBuffer,
    },
    /// Upload what the source of this digest holds.
    Install {
        /// IPMB-0 address of the controller.
        target: u8,
        /// Where the source is.
        uri: TextBuffer,
        /// What it was when it was found good.
        digest: Option<[u8; 16]>,
    },
    /// Compare what the source of this digest holds with what runs.
    Compare {
        /// IPMB-0 address of the controller.
        target: u8,
        /// Where the source is.
        uri: TextBuffer,
        /// What it was when it was found good.
        digest: Option<[u8; 16]>,
    },
    /// Keep a backup of what runs.
    Backup {
        /// IPMB-0 address of the controller.
        target: u8,
    },
    /// Let what was uploaded run.
    Activate {
        /// IPMB-0 address of the controller.
        target: u8,
        /// Keep it although its self test fails.
        keeps: bool,
    },
    /// Let the backup run.
    Rollback {
        /// IPMB-0 address of the controller.
        target: u8,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareResult {
    /// How it ended.
    pub outcome: FirmwareOutcome,
    /// The target as it is then; `None` where there is none, or when it does not answer.
    pub target: Option<UpgradeTarget>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirmwareOutcome {
    /// A source was read, or could not be.
    Source(SourceStatus, Option<FirmwareInstance>),
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// New firmware failed its self test, and the controller went back by itself, or could not.
    WentBack(bool),
}

/// A version of HPM.1 as HPI has it. Choice: the minor version as a number, not as BCD; the
/// auxiliary one with its most significant byte first.
///
/// Source: PICMG HPM.1 R1.0 Table 3-5.
pub fn version(version: &FirmwareVersion) -> FirmwareNumber {
    let minor = u32::from(version.minor);
    let is_bcd = minor & 0x0f < 10 && minor >> 4 < 10;
    FirmwareNumber {
        major: u32::from(version.major & 0x7f),
        minor: if is_bcd {
            (minor >> 4) * 10 + (minor & 0x0f)
        } else {
            minor
        },
        auxiliary: u32::from_be_bytes(version.auxiliary),
    }
}
