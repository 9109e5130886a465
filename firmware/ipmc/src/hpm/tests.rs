//! Upgrades, as an agent on the other side of the bus sees them.

use super::*;
use crate::firmware::{FIRMWARE_LEN_MAX, HEADER_LEN};
use crate::interface::{Effect, Input};
use crate::tests::{Play, blade_config};
use alloc::vec;
use ipmi::command::app::{ColdReset, DeviceId, GetDeviceId, GetSelfTestResults};
use ipmi::command::hpm::{FirmwareBlockUploaded, RollbackStatus, action};
use ipmi::command::sensor::{GetSensorThresholds, SetSensorThresholds};
use ipmi::hpm::Action;
use ipmi::message::NetFn;
use ipmi::wire::U24;
use machine::Machine;
use proptest::collection::vec as any_vec;
use proptest::prelude::*;

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

    fn activate_firmware(&mut self) -> Result<Empty, u8> {
        let rollback_override = None;
        self.order(&ActivateFirmware { rollback_override })
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

/// What ipmitool's `hpm check` asks.
#[test]
fn capabilities_and_properties() {
    let mut play = slow();
    let found = play.ask(&GetTargetUpgradeCapabilities {}).unwrap();
    let expected = TargetUpgradeCapabilities {
        version: 0,
        // Deferred activation, manual and automatic rollback, self test.
        flags: 0b0001_0111,
        upgrade_timeout: 1,
        self_test_timeout: 1,
        rollback_timeout: 2,
        inaccessibility_timeout: 2,
        components: 0b11,
    };
    assert_eq!(found, expected);
    assert_eq!(play.property(BOOT, 0), Ok(vec![0b01_1100]));
    assert_eq!(play.property(APPLICATION, 0), Ok(vec![0b01_1110]));
    assert_eq!(play.property(APPLICATION, 1), Ok(vec![1, 0, 0, 0, 0, 0]));
    assert_eq!(play.property(BOOT, 2), Ok(b"Boot loader\0".to_vec()));
    let none = vec![0x7f, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(play.property(APPLICATION, 3), Ok(none.clone()));
    assert_eq!(play.property(APPLICATION, 4), Ok(none));
    // The boot loader has no backup; there is neither a component 2 nor a property 5.
    assert_eq!(play.property(BOOT, 3), Err(0x83));
    assert_eq!(play.property(2, 0), Err(0x82));
    assert_eq!(play.property(BOOT, 5), Err(0x83));
    assert_eq!(play.property(BOOT, 0xc0), Err(0x83));
}

/// Initiates an action that orders the flash memory to do one thing, which takes its time.
fn initiate_slowly(play: &mut Play, action: u8, flash: FlashOrder) {
    let components = 1 << APPLICATION;
    let (answer, effects) = play.ask_all(&InitiateUpgradeAction { components, action });
    assert_eq!(answer, Err(IN_PROGRESS));
    assert_eq!(effects, [Effect::Flash(flash)]);
    assert_eq!(play.status(), (0x31, IN_PROGRESS));
    assert_eq!(play.initiate(components, action::PREPARE), Err(0xc0));
    assert_eq!(play.tick(), []);
    assert_eq!(play.status(), (0x31, 0));
}

/// The whole procedure of an upgrade agent, with flash memory that takes its time.
#[test]
fn an_upgrade() {
    let mut play = slow();
    let bytes = image(APPLICATION, 2);
    let (component, mask) = (APPLICATION, 1 << APPLICATION);
    initiate_slowly(&mut play, action::BACKUP, FlashOrder::Backup { component });
    assert_eq!(play.majors(), [1, 1, NONE]);
    initiate_slowly(&mut play, action::PREPARE, FlashOrder::Erase { component });
    // The bank is blank already.
    let (answer, effects) = play.ask_all(&InitiateUpgradeAction {
        components: mask,
        action: action::UPLOAD,
    });
    assert_eq!((answer, effects), (Ok(Empty {}), vec![]));
    let (answer, effects) = play.ask_all(&UploadFirmwareBlock {
        number: 0,
        data: bytes[..20].to_vec(),
    });
    let write = FlashOrder::Write {
        component,
        offset: 0,
        data: bytes[..20].to_vec(),
    };
    assert!(answer.is_ok());
    assert_eq!(effects, [Effect::Flash(write)]);
    for (index, data) in bytes[20..].chunks(BLOCK_LEN_MAX).enumerate() {
        play.block((index + 1) as u8, data).unwrap();
    }
    assert_eq!(play.finish(APPLICATION, bytes.len()), Err(IN_PROGRESS));
    assert_eq!(play.status(), (0x33, IN_PROGRESS));
    play.tick();
    assert_eq!(play.status(), (0x33, 0));
    assert_eq!(play.majors(), [1, 1, 2]);
    assert_eq!(play.device_id().firmware_major, 1);
    let rollback_override = None;
    let (answer, effects) = play.ask_all(&ActivateFirmware { rollback_override });
    let activate = FlashOrder::Activate { components: mask };
    assert_eq!(answer, Err(IN_PROGRESS));
    assert_eq!(effects, [Effect::Flash(activate), Effect::Restart]);
    assert_eq!(play.restart(), []);
    assert_eq!(play.status(), (0x35, 0));
    assert_eq!(play.self_test_results(), Err(IN_PROGRESS));
    let busy = play.ask(&GetTargetUpgradeCapabilities {}).unwrap();
    assert_eq!(busy.flags & 0x80, 0x80);
    assert_eq!(play.tick(), []);
    assert_eq!(play.self_test_results(), Ok((0x55, 0)));
    assert_eq!(play.rollback(), (0, vec![0, 0]));
    assert_eq!(play.majors(), [2, 1, NONE]);
    let found = play.device_id();
    assert_eq!((found.firmware_major, found.firmware_minor), (2, 0));
    assert_eq!(found.auxiliary, Some([0; 4]));
    assert_eq!(play.ipmc.deadline(), None);
}

/// An image that is made here is one that an agent understands, and that a controller takes.
#[test]
fn an_image() {
    let program = [1, 2, 3];
    let firmware = |component| Firmware::of(component, PRODUCT, fw_version(2, 0), &program);
    let programs = [
        (firmware(BOOT), &program[..]),
        (firmware(APPLICATION), &program),
    ];
    let device = blade_config().device;
    let bytes = ipmi::hpm::encode(&upgrade_image(&device, 0b10, &programs));
    let found = ipmi::hpm::decode(&bytes).unwrap();
    assert_eq!(
        (found.header.device_id, found.header.product),
        (0x10, 0x100)
    );
    assert_eq!((found.header.components, found.actions.len()), (0b11, 4));
    let mut play = quick();
    for action in found.actions {
        match action {
            Action::Backup { components } => {
                assert_eq!(components, 0b10);
                play.initiate(components, action::BACKUP).unwrap();
            }
            Action::Prepare { components } => {
                play.initiate(components, action::PREPARE).unwrap();
            }
            Action::Upload(upload) => {
                let component = upload.components.trailing_zeros() as u8;
                play.upload(component, &upload.data).unwrap();
            }
        }
    }
    play.activate_firmware().unwrap_err();
    assert_eq!(play.restart(), []);
    assert_eq!(play.majors(), [2, 1, NONE]);
    assert_eq!(play.property(BOOT, 1).unwrap()[0], 2);
}

/// How far a command of long duration is.
#[test]
fn percent() {
    let mut play = slow();
    play.initiate(1 << APPLICATION, action::PREPARE)
        .unwrap_err();
    let percent = |play: &mut Play| play.ask(&GetUpgradeStatus {}).unwrap().percent;
    assert_eq!(percent(&mut play), Some(0));
    play.now = play.now.after(FLASH / 4);
    assert_eq!(percent(&mut play), Some(25));
    play.tick();
    assert_eq!(percent(&mut play), None);
}

/// Blocks count up to 255 and then from 0 again; a repeated one is accepted, and written once.
#[test]
fn block_numbers() {
    let mut play = quick();
    let program = [7; 6000];
    let firmware = Firmware::of(APPLICATION, PRODUCT, fw_version(2, 0), &program);
    let bytes = firmware.with(&program);
    assert!(bytes.len() > 256 * BLOCK_LEN_MAX);
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    let mut written = vec![];
    for (index, data) in bytes.chunks(BLOCK_LEN_MAX).enumerate() {
        let number = index as u8;
        let block = UploadFirmwareBlock {
            number,
            data: data.to_vec(),
        };
        // One that never came, or came long ago; the same again with other bytes.
        assert_eq!(play.block(number.wrapping_add(1), data), Err(0xcc));
        assert_eq!(play.block(number.wrapping_sub(2), data), Err(0xcc));
        let (answer, effects) = play.ask_all(&block);
        assert!(answer.is_ok());
        let [Effect::Flash(FlashOrder::Write { offset, data, .. })] = &effects[..] else {
            panic!("one write");
        };
        assert_eq!(*offset as usize, written.len());
        written.extend_from_slice(data);
        let (answer, effects) = play.ask_all(&block);
        assert_eq!((answer.is_ok(), effects), (true, vec![]));
        assert_eq!(play.block(number, b"other"), Err(0xcc));
    }
    assert_eq!(written, bytes);
    assert_eq!(play.finish(APPLICATION, bytes.len()), Ok(Empty {}));
    assert_eq!(play.majors(), [1, NONE, 2]);
}

/// Agents find out how long a block may be by being refused.
#[test]
fn block_lengths() {
    let mut play = quick();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    assert_eq!(play.block(0, &[0; BLOCK_LEN_MAX + 1]), Err(0xc8));
    assert_eq!(play.block(0, &[]), Err(0xc7));
    assert!(play.block(0, &[0; BLOCK_LEN_MAX]).is_ok());
    // A bank that is full but for one byte.
    let upload = &mut play.ipmc.firmware.as_mut().unwrap().upload;
    let filling = vec![0; FIRMWARE_LEN_MAX as usize - BLOCK_LEN_MAX - 1];
    assert!(upload.as_mut().unwrap().receiver.take(&filling));
    assert_eq!(play.block(1, &[0; 2]), Err(0xc4));
    assert!(play.block(1, &[0; 1]).is_ok());
    assert_eq!(play.block(2, &[0; 1]), Err(0xc4));
    let whole = FIRMWARE_LEN_MAX as usize;
    assert_eq!(play.finish(APPLICATION, whole), Err(0x82));
}

/// Commands out of order, and about components that there are not.
#[test]
fn wrong_order() {
    let mut play = quick();
    assert_eq!(play.block(0, &[1]), Err(0xd5));
    assert_eq!(play.finish(APPLICATION, 1), Err(0xd5));
    assert_eq!(play.activate_firmware(), Err(0xd5));
    assert_eq!(play.order(&InitiateManualRollback {}), Err(0xd5));
    assert_eq!(play.order(&AbortFirmwareUpgrade {}), Ok(Empty {}));
    // No component; one too many; one that is not there; one without a backup; no such action.
    assert_eq!(play.initiate(0, action::UPLOAD), Err(0x81));
    assert_eq!(play.initiate(0b11, action::UPLOAD), Err(0x81));
    assert_eq!(play.initiate(0b11, action::COMPARE), Err(0x81));
    assert_eq!(play.initiate(0b100, action::UPLOAD), Err(0x81));
    assert_eq!(play.initiate(0b11, action::BACKUP), Err(0x81));
    assert_eq!(play.initiate(0b10, 4), Err(0xcc));
    assert_eq!(play.initiate(0b11, action::PREPARE), Ok(Empty {}));
    let bytes = image(APPLICATION, 2);
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    // Not with an upload under way, and not for another component.
    assert_eq!(play.activate_firmware(), Err(0xd5));
    play.blocks(&bytes);
    assert_eq!(play.finish(BOOT, bytes.len()), Err(0xcc));
    assert_eq!(play.finish(APPLICATION, bytes.len() - 1), Err(0x81));
    assert_eq!(play.status(), (0x33, 0x81));
    // That was the end of this upload.
    assert_eq!(play.finish(APPLICATION, bytes.len()), Err(0xd5));
    let rollback_override = Some(2);
    let order = ActivateFirmware { rollback_override };
    assert_eq!(play.order(&order), Err(0xcc));
    assert_eq!(play.majors(), [1, NONE, NONE]);
}

/// Bytes that are no firmware are never activated.
#[test]
fn damaged_firmware() {
    let mut play = quick();
    let mut bytes = image(APPLICATION, 2);
    bytes[HEADER_LEN + 100] ^= 1;
    assert_eq!(play.upload(APPLICATION, &bytes), Err(0x82));
    assert_eq!(play.upload(APPLICATION, b"no firmware"), Err(0x82));
    assert_eq!(play.majors(), [1, NONE, NONE]);
    assert_eq!(play.activate_firmware(), Err(0xd5));
    // With flash memory that takes its time, the status says so.
    let mut play = slow();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap_err();
    play.tick();
    play.blocks(&bytes);
    assert_eq!(play.finish(APPLICATION, bytes.len()), Err(IN_PROGRESS));
    play.tick();
    assert_eq!(play.status(), (0x33, 0x82));
}

/// What runs is compared, and not touched.
#[test]
fn comparison() {
    let mut play = quick();
    for (bytes, result) in [
        (image(APPLICATION, 1), Ok(Empty {})),
        (image(APPLICATION, 2), Err(0x83)),
        (b"no firmware".to_vec(), Err(0x82)),
    ] {
        play.initiate(1 << APPLICATION, action::COMPARE).unwrap();
        for (number, data) in bytes.chunks(BLOCK_LEN_MAX).enumerate() {
            let data = data.to_vec();
            let number = number as u8;
            // No flash memory is written: `ask` takes no effects.
            play.ask(&UploadFirmwareBlock { number, data }).unwrap();
        }
        assert_eq!(play.finish(APPLICATION, bytes.len()), result);
        assert_eq!(play.majors(), [1, NONE, NONE]);
    }
}

/// Two agents never mix their images; anybody may end what somebody began.
#[test]
fn one_agent_at_a_time() {
    let mut play = quick();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    play.block(0, &[1]).unwrap();
    let mut other = |request: Request| {
        let from = 0x12;
        let effects = play.apply(&Input::Request { from, request });
        let Some(Effect::Response(response)) = effects.into_iter().next() else {
            panic!("an answer");
        };
        response.code.0
    };
    let begin = InitiateUpgradeAction {
        components: 1,
        action: action::UPLOAD,
    };
    let data = vec![1];
    let block = UploadFirmwareBlock { number: 1, data };
    let (component, length) = (APPLICATION, 1);
    let finish = FinishFirmwareUpload { component, length };
    assert_eq!(other(begin.request()), 0xd5);
    assert_eq!(other(block.request()), 0xd5);
    assert_eq!(other(finish.request()), 0xd5);
    assert_eq!(other(GetUpgradeStatus {}.request()), 0);
    assert_eq!(other(AbortFirmwareUpgrade {}.request()), 0);
    assert_eq!(other(begin.request()), 0);
    assert_eq!(play.block(1, &[1]), Err(0xd5));
}

/// An agent that failed begins again without aborting first.
#[test]
fn the_same_agent_begins_again() {
    let mut play = quick();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    play.block(0, &[1]).unwrap();
    let bytes = image(APPLICATION, 3);
    assert_eq!(play.upload(APPLICATION, &bytes), Ok(Empty {}));
    assert_eq!(play.majors(), [1, NONE, 3]);
}

#[test]
fn abort() {
    let mut play = slow();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap_err();
    // Not while the flash memory works.
    assert_eq!(play.order(&AbortFirmwareUpgrade {}), Err(0x80));
    play.tick();
    let bytes = image(APPLICATION, 2);
    play.blocks(&bytes);
    assert_eq!(play.order(&AbortFirmwareUpgrade {}), Ok(Empty {}));
    assert_eq!(play.finish(APPLICATION, bytes.len()), Err(0xd5));
    // What waits for its activation is dropped as well.
    let mut play = quick();
    play.upload(APPLICATION, &bytes).unwrap();
    let (answer, effects) = play.ask_all(&AbortFirmwareUpgrade {});
    let component = APPLICATION;
    let erase = Effect::Flash(FlashOrder::Erase { component });
    assert_eq!((answer, effects), (Ok(Empty {}), vec![erase]));
    assert_eq!(play.majors(), [1, NONE, NONE]);
    assert_eq!(play.activate_firmware(), Err(0xd5));
}

/// Firmware for another board starts, finds that out, and makes room for the old one.
#[test]
fn automatic_rollback() {
    let mut play = slow();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap_err();
    play.tick();
    let bytes = image_of(APPLICATION, (U24::new(0x315a), 0x101), 2);
    play.blocks(&bytes);
    play.finish(APPLICATION, bytes.len()).unwrap_err();
    play.tick();
    play.activate_firmware().unwrap_err();
    assert_eq!(play.restart(), []);
    assert_eq!(play.device_id().firmware_major, 2);
    assert_eq!(play.self_test_results(), Err(IN_PROGRESS));
    let found = play.ask(&GetSelfTestResults {}).unwrap();
    assert_eq!((found.result, found.detail), (0x57, 0x01));
    let components = 1 << APPLICATION;
    let rollback = Effect::Flash(FlashOrder::Rollback { components });
    assert_eq!(play.tick(), [rollback, Effect::Restart]);
    assert_eq!(play.restart(), []);
    assert_eq!(play.self_test_results(), Ok((0x60, components)));
    assert_eq!(play.rollback(), (0, vec![0, components]));
    assert_eq!(play.device_id().firmware_major, 1);
    assert_eq!(play.majors(), [1, NONE, NONE]);
    let found = play.ask(&GetSelfTestResults {}).unwrap();
    assert_eq!((found.result, found.detail), (0x55, 0));
}

/// Firmware of another component fails its self test as well; the order to keep it is obeyed.
#[test]
fn the_rollback_is_overridden() {
    let mut play = quick();
    play.upload(APPLICATION, &image(BOOT, 2)).unwrap();
    let rollback_override = Some(1);
    play.order(&ActivateFirmware { rollback_override })
        .unwrap_err();
    assert_eq!(play.restart(), []);
    assert_eq!(play.self_test_results(), Ok((0x60, 0b10)));
    assert_eq!(play.rollback(), (0x82, vec![0, 0b10]));
    assert_eq!(play.majors(), [2, 1, NONE]);
    let found = play.ask(&GetTargetUpgradeCapabilities {}).unwrap();
    assert_eq!(found.flags & 0x40, 0x40);
    // By hand it still goes back.
    assert_eq!(play.order(&InitiateManualRollback {}), Err(IN_PROGRESS));
    assert_eq!(play.restart(), []);
    assert_eq!(play.rollback(), (0, vec![0, 0b10]));
    assert_eq!(play.majors(), [1, NONE, NONE]);
    assert_eq!(play.order(&InitiateManualRollback {}), Err(0xd5));
}

/// The boot loader has no backup, so that bad firmware of it stays.
#[test]
fn a_rollback_that_cannot_be() {
    let mut play = quick();
    play.upload(BOOT, &image(APPLICATION, 2)).unwrap();
    play.activate_firmware().unwrap_err();
    assert_eq!(play.restart(), []);
    assert_eq!(play.rollback(), (0x81, vec![0, 0b01]));
    // With good firmware of the application beside it, that one goes back alone.
    let mut play = quick();
    play.upload(BOOT, &image(APPLICATION, 2)).unwrap();
    play.upload(APPLICATION, &image(APPLICATION, 2)).unwrap();
    play.activate_firmware().unwrap_err();
    let components = 1 << APPLICATION;
    let rollback = Effect::Flash(FlashOrder::Rollback { components });
    assert_eq!(play.restart(), [rollback, Effect::Restart]);
    assert_eq!(play.restart(), []);
    assert_eq!(play.rollback(), (0x81, vec![0, 0b01]));
    assert_eq!(play.majors(), [1, 2, NONE]);
}

/// Back by hand, and forth again: the two banks change places.
#[test]
fn manual_rollback() {
    let mut play = quick();
    play.upload(APPLICATION, &image(APPLICATION, 2)).unwrap();
    play.activate_firmware().unwrap_err();
    play.restart();
    assert_eq!(play.rollback(), (0, vec![0, 0]));
    for (major, other) in [(1, 2), (2, 1)] {
        let (answer, effects) = play.ask_all(&InitiateManualRollback {});
        let components = 1 << APPLICATION;
        let rollback = Effect::Flash(FlashOrder::Rollback { components });
        assert_eq!(answer, Err(IN_PROGRESS));
        assert_eq!(effects, [rollback, Effect::Restart]);
        play.restart();
        assert_eq!(play.status(), (0x38, 0));
        assert_eq!(play.rollback(), (0, vec![0, 0b10]));
        assert_eq!(play.majors(), [major, other, NONE]);
        assert_eq!(play.device_id().firmware_major, major);
    }
}

/// Both components in one upgrade.
#[test]
fn several_components() {
    let mut play = quick();
    play.upload(BOOT, &image(BOOT, 4)).unwrap();
    play.upload(APPLICATION, &image(APPLICATION, 2)).unwrap();
    play.activate_firmware().unwrap_err();
    assert_eq!(play.restart(), []);
    assert_eq!(play.self_test_results(), Ok((0x55, 0)));
    assert_eq!(play.property(BOOT, 1).unwrap()[0], 4);
    assert_eq!(play.majors(), [2, 1, NONE]);
}

/// Flash memory that fails is told by the shell, at each point of an upgrade.
#[test]
fn flash_memory_fails() {
    let component = APPLICATION;
    let failed = Input::FirmwareFailed { component };
    let mut play = slow();
    play.initiate(1 << component, action::UPLOAD).unwrap_err();
    play.apply(&failed);
    play.tick();
    assert_eq!(play.status(), (0x31, 0xff));
    assert_eq!(play.block(0, &[1]), Err(0xd5));
    // The next attempt may go better.
    play.initiate(1 << component, action::UPLOAD).unwrap_err();
    play.tick();
    assert_eq!(play.status(), (0x31, 0));
    let bytes = image(component, 2);
    play.block(0, &bytes[..1]).unwrap();
    play.apply(&failed);
    assert_eq!(play.block(1, &bytes[1..2]), Err(0xff));
    assert_eq!(play.finish(component, 1), Err(IN_PROGRESS));
    play.tick();
    assert_eq!(play.status(), (0x33, 0xff));
    // Firmware that does not start has failed its self test.
    let mut play = quick();
    play.upload(component, &bytes).unwrap();
    play.activate_firmware().unwrap_err();
    play.apply(&failed);
    let effects = play.restart();
    assert!(effects.contains(&Effect::Restart));
    play.restart();
    assert_eq!(play.self_test_results(), Ok((0x60, 0b10)));
    assert_eq!(play.majors(), [1, NONE, NONE]);
    // Of components that there are not, nothing is believed.
    play.apply(&Input::FirmwareFailed { component: 200 });
    assert_eq!(play.self_test_results(), Ok((0x60, 0b10)));
}

/// A reset in the middle of an upload ends it; what was finished before still waits.
#[test]
fn reset_during_an_upgrade() {
    let mut play = slow();
    let bytes = image(APPLICATION, 2);
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap_err();
    play.tick();
    play.blocks(&bytes);
    play.finish(APPLICATION, bytes.len()).unwrap_err();
    play.tick();
    play.initiate(1 << BOOT, action::UPLOAD).unwrap_err();
    let (answer, effects) = play.ask_all(&ColdReset {});
    assert_eq!((answer, effects), (Ok(Empty {}), vec![Effect::Restart]));
    assert_eq!(play.restart(), []);
    assert_eq!(play.status(), (0x31, 0xff));
    assert_eq!(play.block(0, &[1]), Err(0xd5));
    assert_eq!(play.majors(), [1, NONE, 2]);
    // In the middle of the self test it begins that anew.
    play.activate_firmware().unwrap_err();
    play.restart();
    play.order(&ColdReset {}).unwrap();
    play.restart();
    assert_eq!(play.self_test_results(), Err(IN_PROGRESS));
    play.tick();
    assert_eq!(play.self_test_results(), Ok((0x55, 0)));
}

/// Power that fails in the middle of an activation does not stop it.
#[test]
fn power_fails_during_an_upgrade() {
    let mut play = slow();
    play.apply(&Input::Powered);
    let bytes = image(APPLICATION, 2);
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap_err();
    play.apply(&Input::Unpowered);
    play.apply(&Input::Powered);
    assert_eq!(play.status(), (0x31, 0xff));
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap_err();
    play.tick();
    play.blocks(&bytes);
    play.finish(APPLICATION, bytes.len()).unwrap_err();
    play.tick();
    play.activate_firmware().unwrap_err();
    for _ in 0..2 {
        // In the restart, and in the self test.
        play.apply(&Input::Unpowered);
        play.apply(&Input::Powered);
        assert_eq!(play.status(), (0x35, 0));
        assert_eq!(play.self_test_results(), Err(IN_PROGRESS));
    }
    play.tick();
    assert_eq!(play.self_test_results(), Ok((0x55, 0)));
    assert_eq!(play.majors(), [2, 1, NONE]);
}

/// A restart forgets what was set, notices what happened meanwhile, and answers nobody.
#[test]
fn a_cold_reset() {
    let mut play = slow();
    play.apply(&Input::Powered);
    let set = SetSensorThresholds {
        number: 1,
        mask: 0b1000,
        thresholds: [0, 0, 0, 60, 0, 0],
    };
    play.ask(&set).unwrap();
    play.order(&ColdReset {}).unwrap();
    assert!(play.is_silent());
    assert_eq!(play.apply(&Input::HandleClosed), []);
    let (number, raw) = (1, 50);
    assert_eq!(play.apply(&Input::SensorChanged { number, raw }), []);
    let effects = play.restart();
    assert_eq!(effects, [crate::tests::swapped(0xa2, 0x21)]);
    assert_eq!(play.ipmc.sensors[&1].raw, 50);
    let found = play.ask(&GetSensorThresholds { number }).unwrap();
    assert_eq!(found.thresholds[3], 70);
}

/// A controller without firmware to upgrade knows none of this.
#[test]
fn without_firmware() {
    let mut play = Play::new(blade_config());
    assert_eq!(play.ask(&GetTargetUpgradeCapabilities {}), Err(0xc1));
    assert_eq!(play.activate_firmware(), Err(0xc1));
    assert_eq!(play.device_id(), blade_config().device);
    let found = play.ask(&GetSelfTestResults {}).unwrap();
    assert_eq!((found.result, found.detail), (0x55, 0));
}

/// Requests that end too early, byte by byte.
#[test]
fn truncated() {
    let mut play = quick();
    for (command, len) in [(0x2f, 2), (0x31, 2), (0x32, 1), (0x33, 5)] {
        for have in 0..len {
            let request = Request {
                net_fn: NetFn::GROUP,
                lun: 0,
                command,
                data: vec![0; 1 + have],
            };
            let (response, effects) = play.ask_raw(request);
            assert_eq!((response.code.0, effects), (0xc7, vec![]), "{command}");
        }
    }
}

/// Something that an agent, or the hardware, does.
#[derive(Clone, Debug)]
enum Step {
    Ask(u8, Vec<u8>),
    Block(u8, bool),
    Upload(u8, u8),
    Failed(u8),
    Power(bool),
    Tick,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0x2eu8..0x3a, any_vec(0u8..4, 0..7)).prop_map(|(command, data)| {
            Step::Ask(command, data)
        }),
        1 => Just(Step::Ask(0x35, vec![])),
        1 => Just(Step::Ask(0x38, vec![])),
        2 => (0u8..3, any::<bool>()).prop_map(|(number, is_long)| Step::Block(number, is_long)),
        2 => (0u8..2, 0u8..3).prop_map(|(component, fault)| Step::Upload(component, fault)),
        1 => (0u8..3).prop_map(Step::Failed),
        1 => any::<bool>().prop_map(Step::Power),
        4 => Just(Step::Tick),
    ]
}

fn invariants(target: &Target) {
    let is_restarting = matches!(target.work, Some(Work::Boot(_) | Work::SelfTest { .. }));
    assert!(!(is_restarting && target.upload.is_some()), "{target:?}");
    for component in &target.components {
        assert!(component.config.has_backup || component.backup.is_none());
    }
    let is_boot = matches!(target.work, Some(Work::Boot(_)));
    assert_eq!(
        is_boot,
        target.work.is_some() && target.deadline().is_none()
    );
    assert_eq!(
        target.status.1 == code::IN_PROGRESS,
        match target.work {
            Some(Work::Flash { .. }) => true,
            Some(Work::Boot(Booting::Activated { .. })) => true,
            // An automatic rollback belongs to an activation that is over.
            Some(Work::Boot(Booting::RolledBack { .. })) => target.status.0 == 0x38,
            Some(Work::SelfTest { .. }) | None => false,
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever comes in whatever order: no panic, each invariant holds, and in the end the
    /// controller answers, with firmware that was whole.
    #[test]
    fn any_order(is_slow: bool, steps in any_vec(any_step(), 1..60)) {
        let mut play = if is_slow { slow() } else { quick() };
        for step in steps {
            match step {
                Step::Ask(command, data) => {
                    let data = [vec![0], data].concat();
                    let request = Request { net_fn: NetFn::GROUP, lun: 0, command, data };
                    play.apply(&Input::Request { from: 0x20, request });
                }
                Step::Block(number, is_long) => {
                    let data = vec![number; if is_long { BLOCK_LEN_MAX } else { 1 }];
                    let request = UploadFirmwareBlock { number, data }.request();
                    play.apply(&Input::Request { from: 0x20, request });
                }
                Step::Upload(component, fault) => {
                    let product = (U24::new(0x315a), 0x100 + u16::from(fault == 1));
                    let whole = Firmware::of(component, product, fw_version(9, 0), b"program");
                    let mut bytes = whole.with(b"program");
                    bytes[20] ^= u8::from(fault == 2);
                    upload_blindly(&mut play, component, &bytes);
                }
                Step::Failed(component) => {
                    play.apply(&Input::FirmwareFailed { component });
                }
                Step::Power(is_on) => {
                    let input = if is_on { Input::Powered } else { Input::Unpowered };
                    play.apply(&input);
                }
                Step::Tick => {
                    if play.ipmc.deadline().is_some() {
                        play.tick();
                    }
                }
            }
            invariants(play.ipmc.firmware.as_ref().unwrap());
        }
        play.apply(&Input::Powered);
        for _ in 0..8 {
            if play.ipmc.deadline().is_some() {
                play.tick();
            }
        }
        prop_assert_eq!(play.ipmc.deadline(), None);
        prop_assert!([1, 9].contains(&play.device_id().firmware_major));
    }
}

/// Uploads without looking at the answers; the controller may be busy, or not there.
fn upload_blindly(play: &mut Play, component: u8, bytes: &[u8]) {
    let mut requests = vec![
        InitiateUpgradeAction {
            components: 1 << component,
            action: action::UPLOAD,
        }
        .request(),
    ];
    for (number, data) in (0..).zip(bytes.chunks(BLOCK_LEN_MAX)) {
        let data = data.to_vec();
        requests.push(UploadFirmwareBlock { number, data }.request());
    }
    let length = bytes.len() as u32;
    requests.push(FinishFirmwareUpload { component, length }.request());
    for request in requests {
        play.apply(&Input::Request {
            from: 0x20,
            request,
        });
    }
}

/// What [`RollbackStatus`] reads of an answer that refuses.
#[test]
fn the_status_of_a_rollback_in_progress() {
    let mut target = quick().ipmc.firmware.unwrap();
    target.rollback = Rollback::InProgress;
    target.work_since = Time(0);
    target.work = Some(Work::Boot(Booting::RolledBack {
        components: 2,
        without: 0,
    }));
    let response = target.rollback_status(
        Time(0).after(RESTART / 2),
        &QueryRollbackStatus {}.request(),
    );
    assert_eq!(response.code, code::IN_PROGRESS);
    let status = RollbackStatus {
        components: 0,
        percent: Some(50),
    };
    let mut expected = vec![0];
    status.write(&mut expected);
    assert_eq!(response.data, expected);
}
