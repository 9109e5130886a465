//! Flash memory and power that fail, and resets.

use super::*;
use ipmi::command::app::ColdReset;
use ipmi::command::sensor::{GetSensorThresholds, SetSensorThresholds};

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
    play.upload_slowly(APPLICATION, &bytes);
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
    play.upload_slowly(APPLICATION, &bytes);
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
