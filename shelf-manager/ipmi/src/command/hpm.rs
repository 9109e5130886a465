//! Firmware upgrade of an IPM controller: the commands of HPM.1.
//!
//! An upgrade walks the actions of an image ([`crate::hpm`]): initiate an action, upload blocks,
//! finish, and in the end activate what was uploaded. Commands that take long are answered with
//! [`code::IN_PROGRESS`]; Get Upgrade Status tells when they are done.
//!
//! Source: PICMG HPM.1 R1.0 §3, commands 2Eh–38h of PICMG's group extension.

use super::{Empty, PICMG_GROUP, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Get Target Upgrade Capabilities. Source: PICMG HPM.1 R1.0 Table 3-3.
    GetTargetUpgradeCapabilities {}

    /// Answer to Get Target Upgrade Capabilities. Times are in units of 5 s; 0 leaves them to the
    /// upgrade agent.
    TargetUpgradeCapabilities {
        /// Version of HPM.1, 0.
        version: u8,
        /// See [`capabilities`].
        flags: u8,
        /// How long an action may take.
        upgrade_timeout: u8,
        /// How long the self test may take.
        self_test_timeout: u8,
        /// How long a rollback may take.
        rollback_timeout: u8,
        /// How long the controller may be silent while firmware is activated.
        inaccessibility_timeout: u8,
        /// Components that are there, one bit each.
        components: u8,
    }

    /// Get Component Properties. Source: PICMG HPM.1 R1.0 Table 3-5.
    GetComponentProperties {
        /// Component, 0–7.
        component: u8,
        /// Which property, see [`selector`].
        selector: u8,
    }

    /// Answer to Get Component Properties.
    ComponentProperties {
        /// What was selected: flags (see [`properties`]), a [`FirmwareVersion`], or a description
        /// of at most 12 bytes.
        data: Vec<u8>,
    }

    /// Version of firmware.
    FirmwareVersion {
        /// Major version, 0–127; 7Fh with minor FFh where there is no firmware.
        major: u8,
        /// Minor version, BCD.
        minor: u8,
        /// Auxiliary version, the manufacturer's own.
        auxiliary: [u8; 4],
    }

    /// Abort Firmware Upgrade. Source: PICMG HPM.1 R1.0 Table 3-16.
    AbortFirmwareUpgrade {}

    /// Initiate Upgrade Action. Source: PICMG HPM.1 R1.0 Table 3-7.
    InitiateUpgradeAction {
        /// Components that are meant, one bit each; for an upload exactly one.
        components: u8,
        /// See [`action`].
        action: u8,
    }

    /// Upload Firmware Block. Source: PICMG HPM.1 R1.0 Table 3-8.
    UploadFirmwareBlock {
        /// Number of the block: 0 is the first one, and follows 255.
        number: u8,
        /// The bytes.
        data: Vec<u8>,
    }

    /// Answer to Upload Firmware Block.
    FirmwareBlockUploaded {
        /// Where the next block shall begin, bytes from the start of the image.
        section_offset: Option<u32>,
        /// How many bytes of the image are wanted from there.
        section_length: Option<u32>,
    }

    /// Finish Firmware Upload. Source: PICMG HPM.1 R1.0 Table 3-9.
    FinishFirmwareUpload {
        /// Component, 0–7.
        component: u8,
        /// Bytes that were uploaded.
        length: u32,
    }

    /// Get Upgrade Status. Source: PICMG HPM.1 R1.0 Table 3-2.
    GetUpgradeStatus {}

    /// Answer to Get Upgrade Status.
    UpgradeStatus {
        /// The command of long duration that is in progress, or was last.
        command: u8,
        /// Its completion code: [`code::IN_PROGRESS`] as long as it is.
        code: u8,
        /// How much of it is done, 0–100 %.
        percent: Option<u8>,
    }

    /// Activate Firmware. Source: PICMG HPM.1 R1.0 Table 3-10.
    ActivateFirmware {
        /// 1 keeps the new firmware although its self test fails.
        rollback_override: Option<u8>,
    }

    /// Query Self-test Results. Source: PICMG HPM.1 R1.0 Table 3-12.
    QuerySelfTestResults {}

    /// Answer to Query Self-test Results.
    UpgradeSelfTestResults {
        /// As in Get Self Test Results, and 60h: components failed.
        result: u8,
        /// With 60h the components that failed, one bit each.
        detail: u8,
    }

    /// Query Rollback Status. Source: PICMG HPM.1 R1.0 Table 3-13.
    QueryRollbackStatus {}

    /// Answer to Query Rollback Status.
    RollbackStatus {
        /// Components that were rolled back, or with [`code::ROLLBACK_FAILED`] could not be; one
        /// bit each.
        components: u8,
        /// How much of it is done, 0–100 %.
        percent: Option<u8>,
    }

    /// Initiate Manual Rollback. Source: PICMG HPM.1 R1.0 Table 3-14.
    InitiateManualRollback {}
}

commands! { GROUP, &[PICMG_GROUP];
    0x2e GetTargetUpgradeCapabilities => TargetUpgradeCapabilities;
    0x2f GetComponentProperties => ComponentProperties;
    0x30 AbortFirmwareUpgrade => Empty;
    0x31 InitiateUpgradeAction => Empty;
    0x32 UploadFirmwareBlock => FirmwareBlockUploaded;
    0x33 FinishFirmwareUpload => Empty;
    0x34 GetUpgradeStatus => UpgradeStatus;
    0x35 ActivateFirmware => Empty;
    0x36 QuerySelfTestResults => UpgradeSelfTestResults;
    0x37 QueryRollbackStatus => RollbackStatus;
    0x38 InitiateManualRollback => Empty;
}

/// Bits of the target's capabilities.
pub mod capabilities {
    /// The controller tests itself after an activation.
    pub const SELF_TEST: u8 = 1 << 0;
    /// Firmware that fails its self test is rolled back.
    pub const AUTOMATIC_ROLLBACK: u8 = 1 << 1;
    /// Initiate Manual Rollback works.
    pub const MANUAL_ROLLBACK: u8 = 1 << 2;
    /// The payload's service suffers from an upgrade.
    pub const SERVICES_AFFECTED: u8 = 1 << 3;
    /// Firmware may be uploaded now and activated later.
    pub const DEFERRED_ACTIVATION: u8 = 1 << 4;
    /// The controller does less during an upgrade.
    pub const DEGRADED: u8 = 1 << 5;
    /// The automatic rollback is overridden. Choice: a state, as its name in tools says; that
    /// Activate Firmware can override it is in its request.
    pub const ROLLBACK_OVERRIDDEN: u8 = 1 << 6;
    /// No upgrade is wanted at the moment.
    pub const UNDESIRABLE: u8 = 1 << 7;
}

/// Properties of a component that can be selected.
pub mod selector {
    /// General properties, one byte: see [`super::properties`].
    pub const GENERAL: u8 = 0;
    /// Version that runs.
    pub const CURRENT_VERSION: u8 = 1;
    /// Description, at most 12 bytes; shorter ones end with a zero byte.
    pub const DESCRIPTION: u8 = 2;
    /// Version that a rollback brings back.
    pub const ROLLBACK_VERSION: u8 = 3;
    /// Version that was uploaded and waits for its activation.
    pub const DEFERRED_VERSION: u8 = 4;
}

/// Bits of a component's general properties.
pub mod properties {
    /// Bits 1–0: it can be rolled back after Initiate Upgrade Action has made a backup.
    pub const BACKUP_BY_ACTION: u8 = 1;
    /// Bits 1–0: it can be rolled back, the controller keeps a backup by itself.
    pub const BACKUP_AUTOMATIC: u8 = 2;
    /// It can be prepared.
    pub const PREPARATION: u8 = 1 << 2;
    /// It can be compared.
    pub const COMPARISON: u8 = 1 << 3;
    /// Its activation can wait.
    pub const DEFERRED_ACTIVATION: u8 = 1 << 4;
    /// The payload needs a cold reset afterwards.
    pub const PAYLOAD_COLD_RESET: u8 = 1 << 5;
}

/// Actions of Initiate Upgrade Action.
pub mod action {
    /// Keep a backup of the components.
    pub const BACKUP: u8 = 0;
    /// Prepare the components for an upload.
    pub const PREPARE: u8 = 1;
    /// An upload follows, which shall be activated.
    pub const UPLOAD: u8 = 2;
    /// An upload follows, which shall only be compared with what runs.
    pub const COMPARE: u8 = 3;
}

/// Completion codes of single commands. Source: PICMG HPM.1 R1.0, tables of the commands.
pub mod code {
    use crate::message::CompletionCode;

    /// All commands of long duration: in progress, see Get Upgrade Status.
    pub const IN_PROGRESS: CompletionCode = CompletionCode(0x80);
    /// Abort Firmware Upgrade: not at this moment.
    pub const CANNOT_ABORT: CompletionCode = CompletionCode(0x80);
    /// Get Component Properties: no such component.
    pub const NO_SUCH_COMPONENT: CompletionCode = CompletionCode(0x82);
    /// Get Component Properties: no such property.
    pub const NO_SUCH_PROPERTY: CompletionCode = CompletionCode(0x83);
    /// Initiate Upgrade Action and Upload Firmware Block: invalid component.
    pub const INVALID_COMPONENT: CompletionCode = CompletionCode(0x81);
    /// Finish Firmware Upload: another number of bytes was received.
    pub const LENGTH_MISMATCH: CompletionCode = CompletionCode(0x81);
    /// Upload Firmware Block and Finish Firmware Upload: a checksum inside of the image is wrong.
    pub const CHECKSUM: CompletionCode = CompletionCode(0x82);
    /// Finish Firmware Upload: what was uploaded to be compared differs from what runs.
    pub const DIFFERS: CompletionCode = CompletionCode(0x83);
    /// Query Rollback Status: the rollback failed.
    pub const ROLLBACK_FAILED: CompletionCode = CompletionCode(0x81);
    /// Query Rollback Status: Activate Firmware has overridden the rollback.
    pub const ROLLBACK_OVERRIDDEN: CompletionCode = CompletionCode(0x82);
}

/// Most bytes of a component's description.
pub const DESCRIPTION_LEN_MAX: usize = 12;

/// Result of a self test: components failed.
pub const COMPONENTS_FAILED: u8 = 0x60;

impl FirmwareVersion {
    /// Length on the wire.
    pub const LEN: usize = 6;

    /// What stands for no firmware. Choice: the value that ipmitool shows as a gap.
    pub const NONE: Self = Self {
        major: 0x7f,
        minor: 0xff,
        auxiliary: [0xff; 4],
    };
}

#[cfg(test)]
mod tests;
