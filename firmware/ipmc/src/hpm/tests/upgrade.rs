//! Upgrades that go well, and what an agent asks beside them.

use super::*;
use ipmi::hpm::Action;

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
    play.activated();
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

/// Both components in one upgrade.
#[test]
fn several_components() {
    let mut play = quick();
    play.upload(BOOT, &image(BOOT, 4)).unwrap();
    play.upload(APPLICATION, &image(APPLICATION, 2)).unwrap();
    play.activated();
    assert_eq!(play.self_test_results(), Ok((0x55, 0)));
    assert_eq!(play.property(BOOT, 1).unwrap()[0], 4);
    assert_eq!(play.majors(), [2, 1, NONE]);
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
