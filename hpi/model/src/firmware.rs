//! Firmware upgrade management instruments.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiFumiRecT` and the types beside it.

use crate::TextBuffer;
use crate::numbered::numbered;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiFumiUpgradeStatusT`.
    UpgradeStatus {
        NotStarted = 0 "OPERATION_NOTSTARTED",
        SourceValidationInitiated = 1 "SOURCE_VALIDATION_INITIATED",
        SourceValidationFailed = 2 "SOURCE_VALIDATION_FAILED",
        SourceValidationDone = 3 "SOURCE_VALIDATION_DONE",
        SourceValidationCancelled = 4 "SOURCE_VALIDATION_CANCELLED",
        InstallInitiated = 5 "INSTALL_INITIATED",
        InstallFailedRollbackNeeded = 6 "INSTALL_FAILED_ROLLBACK_NEEDED",
        InstallFailedRollbackInitiated = 7 "INSTALL_FAILED_ROLLBACK_INITIATED",
        InstallFailedRollbackNotPossible = 8 "INSTALL_FAILED_ROLLBACK_NOT_POSSIBLE",
        InstallDone = 9 "INSTALL_DONE",
        InstallCancelled = 10 "INSTALL_CANCELLED",
        RollbackInitiated = 11 "ROLLBACK_INITIATED",
        RollbackFailed = 12 "ROLLBACK_FAILED",
        RollbackDone = 13 "ROLLBACK_DONE",
        RollbackCancelled = 14 "ROLLBACK_CANCELLED",
        BackupInitiated = 15 "BACKUP_INITIATED",
        BackupFailed = 16 "BACKUP_FAILED",
        BackupDone = 17 "BACKUP_DONE",
        BackupCancelled = 18 "BACKUP_CANCELLED",
        BankCopyInitiated = 19 "BANK_COPY_INITIATED",
        BankCopyFailed = 20 "BANK_COPY_FAILED",
        BankCopyDone = 21 "BANK_COPY_DONE",
        BankCopyCancelled = 22 "BANK_COPY_CANCELLED",
        TargetVerifyInitiated = 23 "TARGET_VERIFY_INITIATED",
        TargetVerifyFailed = 24 "TARGET_VERIFY_FAILED",
        TargetVerifyDone = 25 "TARGET_VERIFY_DONE",
        TargetVerifyCancelled = 26 "TARGET_VERIFY_CANCELLED",
        ActivateInitiated = 27 "ACTIVATE_INITIATED",
        ActivateFailedRollbackNeeded = 28 "ACTIVATE_FAILED_ROLLBACK_NEEDED",
        ActivateFailedRollbackInitiated = 29 "ACTIVATE_FAILED_ROLLBACK_INITIATED",
        ActivateFailedRollbackNotPossible = 30 "ACTIVATE_FAILED_ROLLBACK_NOT_POSSIBLE",
        ActivateDone = 31 "ACTIVATE_DONE",
        ActivateCancelled = 32 "ACTIVATE_CANCELLED",
    }
}

numbered! {
    /// `SaHpiFumiSourceStatusT`.
    SourceStatus {
        Valid = 0 "VALID",
        ProtocolNotSupported = 1 "PROTOCOL_NOT_SUPPORTED",
        Unreachable = 2 "UNREACHABLE",
        ValidationNotStarted = 3 "VALIDATION_NOT_STARTED",
        ValidationInitiated = 4 "VALIDATION_INITIATED",
        ValidationFail = 5 "VALIDATION_FAIL",
        TypeMismatch = 6 "TYPE_MISMATCH",
        Invalid = 7 "INVALID",
        ValidityUnknown = 8 "VALIDITY_UNKNOWN",
    }
}

numbered! {
    /// `SaHpiFumiBankStateT`.
    BankState {
        Valid = 0 "VALID",
        UpgradeInProgress = 1 "UPGRADE_IN_PROGRESS",
        Corrupted = 2 "CORRUPTED",
        Active = 3 "ACTIVE",
        Busy = 4 "BUSY",
        Unknown = 5 "UNKNOWN",
    }
}

numbered! {
    /// `SaHpiFumiServiceImpactT`.
    UpgradeImpact {
        Nondegrading = 0 "NONDEGRADING",
        Degrading = 1 "DEGRADING",
        VendorDefined = 2 "VENDOR_DEFINED_IMPACT_LEVEL",
    }
}

/// Bits of `SaHpiFumiCapabilityT`.
pub mod fumi_capability {
    /// It can go back to the rollback instance.
    pub const ROLLBACK: u32 = 0x001;
    /// It copies explicit banks.
    pub const BANK_COPY: u32 = 0x002;
    /// It orders explicit banks.
    pub const BANK_REORDER: u32 = 0x004;
    /// It makes backups when it is told to.
    pub const BACKUP: u32 = 0x008;
    /// It verifies what was installed.
    pub const TARGET_VERIFY: u32 = 0x010;
    /// It verifies what runs.
    pub const TARGET_VERIFY_MAIN: u32 = 0x020;
    /// Its firmware has components.
    pub const COMPONENTS: u32 = 0x040;
    /// It goes back by itself when an upgrade fails.
    pub const AUTO_ROLLBACK: u32 = 0x080;
    /// It can be told not to.
    pub const AUTO_ROLLBACK_CAN_BE_DISABLED: u32 = 0x100;
}

/// `SAHPI_FUMI_PROT_LOCAL`: sources can be files of the host (bit of `SaHpiFumiProtocolT`).
pub const FUMI_PROTOCOL_LOCAL: u32 = 0x10;

/// A version as FUMIs tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareNumber {
    /// Major version.
    pub major: u32,
    /// Minor version.
    pub minor: u32,
    /// Auxiliary version.
    pub auxiliary: u32,
}

/// What is known of firmware: of the whole, or of one component. Texts may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareInfo {
    /// File name.
    pub identifier: TextBuffer,
    /// What it is.
    pub description: TextBuffer,
    /// When it was built.
    pub date_time: TextBuffer,
    /// Its version.
    pub version: FirmwareNumber,
}

/// A firmware instance, in a source or on a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareInstance {
    /// The whole.
    pub info: FirmwareInfo,
    /// Its components by their numbers, in ascending order.
    pub components: Vec<(u32, FirmwareInfo)>,
    /// Length in bytes; 0 where it is not known.
    pub len: u64,
    /// Digest of the source that it came from; `None` where that is not known.
    pub digest: Option<[u8; 16]>,
}
