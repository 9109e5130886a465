//! `ipmitool hpm`: a blade's firmware is upgraded through whoever is asked at 20h.

use crate::shelf::{Shelf, say};
use crate::{START, SUITES};
use chassis::firmware::{APPLICATION, image};
use interop::{Operator, Place, wait_until};
use ipmc::firmware::Firmware;
use ipmc::hpm::upgrade_image;
use ipmi::command::Body;
use ipmi::command::app::DeviceId;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::hpm::{Action, encode};
use ipmi::wire::Reader;

/// The blade in [`crate::SPARE_SLOT`].
const BLADE: &str = "-t 0x9a ";
/// Program for the tests that need not be long.
const PROGRAM: [u8; 200] = [0x5a; 200];

/// Version 2.17, as an image says it.
fn second() -> FirmwareVersion {
    FirmwareVersion {
        major: 2,
        minor: 0x17,
        auxiliary: [0, 0, 0, 1],
    }
}

/// What the blade says that it is.
fn device(operator: &Operator<'_>) -> DeviceId {
    let text = say(operator, &format!("{BLADE}raw 6 1"));
    let bytes = text.split_whitespace();
    let bytes: Vec<u8> = bytes
        .map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal"))
        .collect();
    DeviceId::read(&mut Reader::new(&bytes)).expect("a device id")
}

fn file(place: &Place, name: &str, bytes: &[u8]) -> String {
    let path = place.file(name);
    std::fs::write(&path, bytes).expect("a folder of our own");
    path.to_string_lossy().into_owned()
}

/// Gives the blade an image; whether the tool is content, and what it prints.
fn upgrade(operator: &Operator<'_>, file: &str) -> (bool, String) {
    let arguments = ["-t", "0x9a", "hpm", "upgrade", file, "force", "activate"];
    let output = operator.ask_ipmitool(&arguments, "y\ny\n");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.success(), text)
}

/// Waits until the blade has restarted, and says this version.
fn wait_for(operator: &Operator<'_>, version: &str) {
    wait_until(START, version, || {
        let output = operator.try_ipmitool(&["-t", "0x9a", "mc", "info"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_there = text.contains(&format!("Firmware Revision         : {version}\n"));
        is_there.then_some(()).ok_or(text)
    });
}

// What the tool uploads is what runs afterwards; what ran before comes back on request.
#[test]
fn a_blade_is_upgraded_and_rolled_back() {
    let place = Place::new("hpm");
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            let check = say(&operator, &format!("{BLADE}hpm check"));
            assert!(
                check.contains("|   1|Application  |   1.00 00000000 |"),
                "{check}"
            );
            let bytes = encode(&image(&device(&operator), &second()));
            let (is_done, text) = upgrade(&operator, &file(&place, "image", &bytes));
            assert!(is_done, "{text}");
            wait_for(&operator, "2.17");
            let check = say(&operator, &format!("{BLADE}hpm check"));
            assert!(
                check.contains("|   1|Application  |   2.17 00000001 |   1.00 00000000 |"),
                "{check}"
            );
            say(&operator, &format!("{BLADE}hpm rollback"));
            wait_for(&operator, "1.00");
        }
    }
}

// A file that was damaged on its way the tool refuses; one that was damaged before, the blade.
#[test]
fn a_damaged_image_changes_nothing() {
    let place = Place::new("hpm");
    for start in Shelf::BOTH {
        let shelf = start();
        let operator = shelf.operator("17");
        let good = image(&device(&operator), &second());
        let mut damaged = encode(&good);
        damaged[100] ^= 1;
        let (is_done, text) = upgrade(&operator, &file(&place, "damaged", &damaged));
        assert!(!is_done && text.contains("MD5"), "{text}");
        let mut wrong = good;
        for action in &mut wrong.actions {
            if let Action::Upload(upload) = action {
                upload.data[500] ^= 1;
            }
        }
        let (is_done, text) = upgrade(&operator, &file(&place, "wrong", &encode(&wrong)));
        assert!(!is_done, "{text}");
        wait_for(&operator, "1.00");
    }
}

// Firmware that does not work is not kept: the blade goes back to what it had by itself.
#[test]
fn firmware_that_fails_its_self_test_is_rolled_back() {
    let place = Place::new("hpm");
    for start in Shelf::BOTH {
        let shelf = start();
        let operator = shelf.operator("17");
        let device = device(&operator);
        let other = (device.manufacturer, device.product + 1);
        let firmware = Firmware::of(APPLICATION, other, second(), &PROGRAM);
        let image = upgrade_image(&device, 1 << APPLICATION, &[(firmware, &PROGRAM)]);
        let (_, text) = upgrade(&operator, &file(&place, "unfit", &encode(&image)));
        wait_for(&operator, "1.00");
        assert!(
            text.contains("Rollback occurred on component mask: 0x02"),
            "{text}"
        );
        let status = say(&operator, &format!("{BLADE}raw 0x2c 0x37 0"));
        assert_eq!(status.trim(), "00 02");
    }
}
