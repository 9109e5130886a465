//! Firmware of the controllers: what they left the factory with, and images to upgrade them.

use ipmc::firmware::Firmware;
use ipmc::hpm::{ComponentConfig, FirmwareConfig, upgrade_image};
use ipmi::command::app::DeviceId;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::hpm::Image;
use std::time::Duration;

/// How long a controller is silent when it restarts.
pub(crate) const RESTART_TIME: Duration = Duration::from_secs(2);

/// Component of the boot loader, which has no backup.
pub const BOOT_LOADER: u8 = 0;
/// Component of the application, whose version Get Device ID tells.
pub const APPLICATION: u8 = 1;

/// Length of the programs, bytes; enough for blocks whose numbers go round.
const PROGRAM_LEN: usize = 8000;

/// Firmware that a controller left the factory with: version 1.00 of both components.
pub(crate) fn installed(device: &DeviceId) -> FirmwareConfig {
    let component = |description: &str, component, has_backup| ComponentConfig {
        description: description.into(),
        installed: firmware(device, component, &first_version()).0,
        has_backup,
    };
    FirmwareConfig {
        components: vec![
            component("Boot loader", BOOT_LOADER, false),
            component("Application", APPLICATION, true),
        ],
        application: APPLICATION,
        flash_time: Duration::from_millis(300),
        self_test_time: Duration::from_millis(500),
    }
}

/// An HPM.1 image with the application in this version, for controllers that answer Get Device ID
/// with `device`.
#[must_use]
pub fn image(device: &DeviceId, version: &FirmwareVersion) -> Image {
    let (firmware, program) = firmware(device, APPLICATION, version);
    upgrade_image(device, 1 << APPLICATION, &[(firmware, &program)])
}

fn first_version() -> FirmwareVersion {
    FirmwareVersion {
        major: 1,
        minor: 0,
        auxiliary: [0; 4],
    }
}

/// Firmware with its program, which is another one in each version.
fn firmware(device: &DeviceId, component: u8, version: &FirmwareVersion) -> (Firmware, Vec<u8>) {
    let program = (0..=u8::MAX).cycle();
    let program = program.skip(usize::from(version.major) * 7 + usize::from(version.minor));
    let program: Vec<u8> = program.take(PROGRAM_LEN).collect();
    let product = (device.manufacturer, device.product);
    let firmware = Firmware::of(component, product, version.clone(), &program);
    (firmware, program)
}

#[cfg(test)]
mod tests;
