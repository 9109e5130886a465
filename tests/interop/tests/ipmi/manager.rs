//! What both shelves answer at 20h, as `ipmitool` asks it: device, records, sensors, log,
//! inventories, chassis.

use crate::shelf::{Shelf, answers, refused, say};
use crate::{MOVE, SUITES};
use interop::{Place, wait_until};

/// What is only read.
const READ: &[(&str, &[&str])] = &[
    (
        "mc info",
        &["Manufacturer ID           : 12634", "SDR Repository Device"],
    ),
    ("mc selftest", &["passed"]),
    ("mc guid", &["System GUID"]),
    ("mc getenables", &["Event Message Buffer"]),
    ("sdr", &["Inlet Temp       | 25 degrees C      | ok"]),
    (
        "sdr elist all",
        &["Dynamic MC @ 82h", "HS Blade13", "Logical FRU @FEh"],
    ),
    ("sdr info", &["SDR Version                         : 0x51"]),
    ("sdr type Temperature", &["B1 CPU Temp      | 01h | ok"]),
    ("sdr entity 240.96", &["Inlet Temp"]),
    (
        "sensor",
        &["B1 CPU Temp      | ", "HS Blade13       | 0x10 "],
    ),
    ("sel time get", &["UTC"]),
    ("fru print 0", &["Board Product         : ShelfManager"]),
    ("fru print 254", &["Chassis Part Number   : SHELF-14"]),
    ("chassis status", &["System Power         : on"]),
    ("chassis power status", &["Chassis Power is on"]),
    ("chassis restart_cause", &["unknown"]),
    ("picmg properties", &["PICMG Ext. Version : 2.2"]),
    (
        "picmg addrinfo",
        &["IPMB-0 Address   : 0x20", "Dedicated Shelf Manager"],
    ),
    ("picmg led get 0 0", &["[BLUE]"]),
    ("channel info 1", &["Channel Medium Type   : 802.3 LAN"]),
    ("session info active", &["IPMIv2/RMCP+"]),
    ("user list 1", &["ADMINISTRATOR"]),
    ("-t 0x82 mc info", &["Product ID                : 256"]),
    ("-b 0 -t 0x84 sdr elist", &["HS Blade2", "Transition to M4"]),
    ("-t 0x82 fru print 0", &["Board Product         : Blade1"]),
    ("-t 0x82 sensor", &["B1 +12V          | 12.000"]),
];

// The simulated shelf is a believable one: a tool sees no difference but what is not its to know.
#[test]
fn both_shelves_answer_alike() {
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            answers(&operator, "", READ);
            for (line, said) in [
                ("-t 0x9c mc info", "Get Device ID command failed"),
                ("chassis power off", "command disabled"),
            ] {
                let text = refused(&operator, line);
                assert!(text.contains(said), "{line}: {text}");
            }
        }
    }
}

/// Thresholds of the sensor of 20h as the shelf comes, and others.
const THRESHOLDS: [[&str; 3]; 2] = [["60", "72", "80"], ["70", "85", "95"]];

// A threshold that was set is the one that is read, at 20h and at a blade.
#[test]
fn thresholds_are_set() {
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            for (route, sensor) in [("0x20", "Inlet Temp"), ("0x9a", "B13 CPU Temp")] {
                for [non_critical, critical, non_recoverable] in THRESHOLDS {
                    let set = ["-t", route, "sensor", "thresh", sensor, "upper"];
                    let values = [non_critical, critical, non_recoverable];
                    operator.ipmitool(&[&set[..], &values].concat());
                    let text = operator.ipmitool(&["-t", route, "sensor", "get", sensor]);
                    let wanted = format!("Upper Critical        : {critical}.000");
                    assert!(text.contains(&wanted), "{text}");
                }
            }
        }
    }
}

// Events that a tool sends are in the log that it reads, until it clears that.
#[test]
fn the_log_is_written_read_and_cleared() {
    let place = Place::new("sel");
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            say(&operator, "sel clear");
            let cleared = say(&operator, "sel info");
            assert!(cleared.contains("Entries          : 0"), "{cleared}");
            say(&operator, "event 1");
            operator.ipmitool(&["event", "Inlet Temp", "ucr", "assert"]);
            let record = place.write("record", "0x04 0x09 0x01 0x6f 0x00 0xff 0xff # off\n");
            operator.ipmitool(&["sel", "add", &record.to_string_lossy()]);
            let list = say(&operator, "sel elist");
            assert_eq!(list.lines().count(), 3, "{list}");
            for said in [
                "Temperature Inlet Temp | Upper Critical going high",
                "Power off/down",
            ] {
                assert!(list.contains(said), "{list}");
            }
            let first = say(&operator, "sel list first 1");
            assert!(first.contains("Temperature #0x30"), "{first}");
            let (id, _) = first.split_once('|').expect("columns");
            let delete = format!("sel delete 0x{}", id.trim());
            if let Shelf::Managed(_) = shelf {
                say(&operator, &delete);
                let list = say(&operator, "sel list");
                assert_eq!(list.lines().count(), 2, "{list}");
                assert!(!list.contains("Temperature #0x30"), "{list}");
            } else {
                let text = refused(&operator, &delete);
                assert!(text.contains("Invalid command"), "{text}");
            }
        }
    }
}

// An inventory goes out to a file and back in, and a field of it is changed; wherever it is kept.
#[test]
fn inventories_are_read_written_and_edited() {
    let place = Place::new("fru");
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            for (route, fru) in [("0x20", "0"), ("0x20", "254"), ("0x9a", "0")] {
                let at = |words: &[&str]| {
                    let words = [&["-t", route, "fru"], words].concat();
                    operator.ipmitool(&words)
                };
                let file = place.file("inventory").to_string_lossy().into_owned();
                at(&["read", fru, &file]);
                let before = std::fs::read(&file).expect("what the tool wrote");
                assert!(ipmi::fru::decode(&before).is_ok(), "{before:x?}");
                // As long as what is there, so that nothing moves.
                let serial = format!("{:0>1$}", suite, serial_len(&at(&["print", fru])));
                at(&["edit", fru, "field", "b", "2", &serial]);
                wait_until(MOVE, &serial, || {
                    let text = at(&["print", fru]);
                    let wanted = format!("Board Serial          : {serial}\n");
                    text.contains(&wanted).then_some(()).ok_or(text)
                });
                at(&["write", fru, &file]);
                wait_until(MOVE, "the inventory that was written", || {
                    let again = place.file("again").to_string_lossy().into_owned();
                    at(&["read", fru, &again]);
                    let again = std::fs::read(&again).expect("what the tool wrote");
                    (again == before).then_some(()).ok_or("another".into())
                });
            }
        }
    }
}

fn serial_len(inventory: &str) -> usize {
    let mut lines = inventory.lines();
    let line = lines.find_map(|line| line.split_once("Board Serial          : "));
    line.map_or(0, |(_, serial)| serial.trim().len())
}
