//! Self tests, and the way back to what ran before.

use super::*;
use ipmi::command::hpm::RollbackStatus;

/// Firmware for another board starts, finds that out, and makes room for the old one.
#[test]
fn automatic_rollback() {
    let mut play = slow();
    let bytes = image_of(APPLICATION, (U24::new(0x315a), 0x101), 2);
    play.upload_slowly(APPLICATION, &bytes);
    play.activated();
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
    play.activated();
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
