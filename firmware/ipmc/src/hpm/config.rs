//! What can be upgraded, and what with.

use crate::firmware::Firmware;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::app::DeviceId;
use ipmi::command::hpm::{DESCRIPTION_LEN_MAX, FirmwareVersion};
use ipmi::hpm::{Action, DESCRIPTION_LEN, Header, Image, Upload};
use serde::{Deserialize, Serialize};

/// Firmware that can be upgraded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareConfig {
    /// The components, from 0 on; at most [`super::COMPONENTS_MAX`].
    pub components: Vec<ComponentConfig>,
    /// The component whose version Get Device ID tells.
    pub application: u8,
    /// How long the flash memory takes to erase, to copy, or to verify a bank. When that is
    /// nothing, those commands are answered with their result instead of "in progress".
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

/// An HPM.1 image for the controllers that answer Get Device ID with `device`: it makes backups of
/// the components named in `backups`, one bit each, prepares all components that there is firmware
/// for, and uploads that. `programs` holds each firmware with the program that it was made of.
///
/// Any firmware can be upgraded with it.
#[must_use]
pub fn upgrade_image(device: &DeviceId, backups: u8, programs: &[(Firmware, &[u8])]) -> Image {
    let bit = |firmware: &Firmware| 1u8.checked_shl(firmware.component.into()).unwrap_or(0);
    let components = programs
        .iter()
        .fold(0, |mask, (firmware, _)| mask | bit(firmware));
    let backup = (backups != 0).then_some(Action::Backup {
        components: backups,
    });
    let uploads = programs.iter().map(|(firmware, program)| {
        Action::Upload(Upload {
            components: bit(firmware),
            version: firmware.version.clone(),
            description: [0; DESCRIPTION_LEN],
            data: firmware.with(program),
        })
    });
    let prepare = Action::Prepare { components };
    let version = programs
        .last()
        .map(|(firmware, _)| firmware.version.clone());
    Image {
        header: Header {
            device_id: device.device_id,
            manufacturer: device.manufacturer,
            product: device.product,
            time: 0,
            capabilities: 0,
            components,
            // The controller's own times hold.
            self_test_timeout: 0,
            rollback_timeout: 0,
            inaccessibility_timeout: 0,
            earliest: [0, 0],
            version: version.unwrap_or(FirmwareVersion::NONE),
            oem: Vec::new(),
        },
        actions: backup.into_iter().chain([prepare]).chain(uploads).collect(),
    }
}
