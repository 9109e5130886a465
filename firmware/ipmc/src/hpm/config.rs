//! What can be upgraded.

use crate::firmware::Firmware;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::hpm::DESCRIPTION_LEN_MAX;
use serde::{Deserialize, Serialize};

/// Firmware that can be upgraded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareConfig {
    /// The components, from 0 on; at most [`super::COMPONENTS_MAX`].
    pub components: Vec<ComponentConfig>,
    /// The component whose version Get Device ID tells.
    pub application: u8,
    /// How long the flash memory takes to erase, to copy, or to verify a bank. When that is nothing,
    /// those commands are answered with their result instead of "in progress".
    pub flash_time: Duration,
    /// How long new firmware takes to test itself.
    pub self_test_time: Duration,
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentConfig {
    /// What it is, in ASCII; of more than 12 bytes the rest is left out.
    pub description: String,
    /// The firmware that it left the factory with.
    pub installed: Firmware,
    /// Whether a backup is kept, for a rollback.
    pub has_backup: bool,
}

impl ComponentConfig {
    /// The description on the wire: 12 bytes, the rest is zeros.
    pub(super) fn description(&self) -> Vec<u8> {
        let mut out: Vec<u8> = self.description.bytes().take(DESCRIPTION_LEN_MAX).collect();
        out.resize(DESCRIPTION_LEN_MAX, 0);
        out
    }
}
