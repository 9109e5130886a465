//! Upgrades, as an agent on the other side of the bus sees them.

mod faults;
mod order;
mod random;
mod rollback;
mod upgrade;

use super::*;
use crate::interface::{Effect, Input};
use crate::tests::{Play, blade_config};
use alloc::vec;
use ipmi::command::app::{DeviceId, GetDeviceId, GetSelfTestResults};
use ipmi::command::hpm::{FirmwareBlockUploaded, action};
use ipmi::message::NetFn;
use ipmi::wire::U24;
use machine::Machine;

const BOOT: u8 = 0;
const APPLICATION: u8 = 1;
const FLASH: Duration = Duration::from_secs(2);
const SELF_TEST: Duration = Duration::from_secs(3);
const RESTART: Duration = Duration::from_secs(8);
/// As in the blade's Get Device ID.
const PRODUCT: (U24, u16) = (U24::new(0x315a), 0x100);

fn fw_version(major: u8, minor: u8) -> FirmwareVersion {
    FirmwareVersion {
        major,
        minor,
        auxiliary: [0; 4],
    }
}

/// Firmware of a component in version `major`.00, to upload.
fn image(component: u8, major: u8) -> Vec<u8> {
    image_of(component, PRODUCT, major)
}

fn image_of(component: u8, product: (U24, u16), major: u8) -> Vec<u8> {
    let program: Vec<u8> = (0..=255).cycle().skip(major.into()).take(300).collect();
    Firmware::of(component, product, fw_version(major, 0), &program).with(&program)
}

fn installed(component: u8) -> Firmware {
    let program: Vec<u8> = (0..=255).cycle().skip(1).take(300).collect();
    Firmware::of(component, PRODUCT, fw_version(1, 0), &program)
}

fn config(flash_time: Duration, self_test_time: Duration) -> crate::Config {
    let component = |description: &str, id, has_backup| ComponentConfig {
        description: description.into(),
        installed: installed(id),
        has_backup,
    };
    crate::Config {
        restart_time: RESTART,
        firmware: Some(FirmwareConfig {
            components: vec![
                component("Boot loader", BOOT, false),
                component("Application", APPLICATION, true),
            ],
            application: APPLICATION,
            flash_time,
            self_test_time,
        }),
        ..blade_config()
    }
}

fn slow() -> Play {
    Play::new(config(FLASH, SELF_TEST))
}

/// Flash memory that takes no time, for what is not about it.
fn quick() -> Play {
    Play::new(config(Duration::ZERO, Duration::ZERO))
}

const IN_PROGRESS: u8 = 0x80;

impl Play {
    /// Asks, where flash memory may be ordered to do something.
    fn order<C: Command>(&mut self, order: &C) -> Result<C::Response, u8> {
        self.ask_all(order).0
    }

    fn initiate(&mut self, components: u8, action: u8) -> Result<Empty, u8> {
        self.order(&InitiateUpgradeAction { components, action })
    }

    fn block(&mut self, number: u8, data: &[u8]) -> Result<FirmwareBlockUploaded, u8> {
        let data = data.to_vec();
        self.order(&UploadFirmwareBlock { number, data })
    }

    fn blocks(&mut self, bytes: &[u8]) {
        for (number, data) in bytes.chunks(BLOCK_LEN_MAX).enumerate() {
            self.block(number as u8, data).unwrap();
        }
    }

    fn finish(&mut self, component: u8, length: usize) -> Result<Empty, u8> {
        let length = length as u32;
        self.order(&FinishFirmwareUpload { component, length })
    }

    /// A whole upload to flash memory that takes no time.
    fn upload(&mut self, component: u8, bytes: &[u8]) -> Result<Empty, u8> {
        self.initiate(1 << component, action::UPLOAD).unwrap();
        self.blocks(bytes);
        self.finish(component, bytes.len())
    }

    /// A whole upload to flash memory that takes its time.
    fn upload_slowly(&mut self, component: u8, bytes: &[u8]) {
        let begun = self.initiate(1 << component, action::UPLOAD);
        assert_eq!(begun, Err(IN_PROGRESS));
        self.tick();
        self.blocks(bytes);
        assert_eq!(self.finish(component, bytes.len()), Err(IN_PROGRESS));
        self.tick();
    }

    fn activate_firmware(&mut self) -> Result<Empty, u8> {
        let rollback_override = None;
        self.order(&ActivateFirmware { rollback_override })
    }

    /// What was uploaded is activated, and the controller starts with it.
    fn activated(&mut self) {
        assert_eq!(self.activate_firmware(), Err(IN_PROGRESS));
        assert_eq!(self.restart(), []);
    }

    fn property(&mut self, component: u8, selector: u8) -> Result<Vec<u8>, u8> {
        let asked = GetComponentProperties {
            component,
            selector,
        };
        self.ask(&asked).map(|found| found.data)
    }

    /// Major versions of the application: active, backup, deferred.
    fn majors(&mut self) -> [u8; 3] {
        [1, 3, 4].map(|selector| self.property(APPLICATION, selector).unwrap()[0])
    }

    fn status(&mut self) -> (u8, u8) {
        let found = self.ask(&GetUpgradeStatus {}).unwrap();
        (found.command, found.code)
    }

    fn rollback(&mut self) -> (u8, Vec<u8>) {
        let (response, _) = self.ask_raw(QueryRollbackStatus {}.request());
        (response.code.0, response.data)
    }

    fn self_test_results(&mut self) -> Result<(u8, u8), u8> {
        let found = self.ask(&QuerySelfTestResults {});
        found.map(|found| (found.result, found.detail))
    }

    fn device_id(&mut self) -> DeviceId {
        self.ask(&GetDeviceId {}).unwrap()
    }

    /// Asks a controller that is expected to be silent.
    fn is_silent(&mut self) -> bool {
        let request = GetDeviceId {}.request();
        self.apply(&Input::Request {
            from: 0x20,
            request,
        })
        .is_empty()
    }

    /// Lets the time of the restart go by.
    fn restart(&mut self) -> Vec<Effect> {
        assert!(self.is_silent());
        assert_eq!(self.ipmc.deadline(), Some(self.now.after(RESTART)));
        self.tick()
    }
}

const NONE: u8 = 0x7f;
