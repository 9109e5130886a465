//! `ipmitool picmg`: every verb that this tool has, at a blade that is bridged to.

use crate::shelf::{Shelf, answers, refused, say};
use crate::{MOVE, SUITES};
use interop::{Operator, wait_until};

/// The blade in [`crate::SPARE_SLOT`], on IPMB-0.
const BLADE: &str = "-b 0 -t 0x9a ";
/// A fan tray.
const FAN_TRAY: &str = "-t 0x5a ";

/// What reads, and what writes and can be read back, in this order.
const VERBS: &[(&str, &[&str])] = &[
    ("picmg properties", &["PICMG Ext. Version : 2.2"]),
    (
        "picmg addrinfo",
        &[
            "Hardware Address : 0x4d",
            "IPMB-0 Address   : 0x9a",
            "Site ID          : 0x0d",
            "ATCA board",
        ],
    ),
    ("picmg frucontrol 0 1", &["frucontrol: ok"]),
    (
        "picmg led prop 0",
        &["General Status LED Properties:  0x 7"],
    ),
    ("picmg led cap 0 0", &["LED Color Capabilities: BLUE"]),
    ("picmg led get 0 0", &["[LOCAL CONTROL]", "[OFF]", "[BLUE]"]),
    ("picmg led set 0 1 255 0 2", &[]),
    (
        "picmg led get 0 1",
        &["OVERRIDE", "Override function:     ff", "[RED]"],
    ),
    ("picmg led set 0 1 252 0 2", &[]),
    ("picmg led get 0 1", &["[LOCAL CONTROL]\n"]),
    ("picmg policy set 0 1 1", &[]),
    (
        "picmg policy get 0",
        &[" activation locked", " deactivation locked"],
    ),
    ("picmg policy set 0 1 0", &[]),
    (
        "picmg policy get 0",
        &[" activation not locked", " deactivation locked"],
    ),
    (
        "picmg power get 0 0",
        &[
            "Actual Power Level:          3",
            "Power Draw 3:            200",
        ],
    ),
    ("picmg power set 0 1 0", &[]),
    ("picmg power get 0 0", &["Actual Power Level:          1"]),
    ("picmg power get 0 1", &["Actual Power Level:          3"]),
    ("picmg power set 0 3 1", &[]),
    ("picmg portstate set 0 1 1 1 0 0 1", &[]),
    (
        "picmg portstate get 0 1",
        &["PICMG 3.0 Base Interface", "STATE:                enabled"],
    ),
    ("picmg portstate set 0 1 1 1 0 0 0", &[]),
    (
        "picmg portstate get 0 1",
        &["STATE:                disabled"],
    ),
    (
        "picmg portstate get 1 1",
        &["PICMG 3.1 Ethernet Fabric Interface"],
    ),
    (
        "picmg busres summary",
        &["Metallic Test Bus pair #1", "(CLK3)"],
    ),
];

// Whatever this tool can say to a blade, the blade does.
#[test]
fn each_verb_reaches_a_blade() {
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            answers(&operator, BLADE, VERBS);
            // This tool has no verbs for fans.
            let fan = |line: &str| say(&operator, &format!("{FAN_TRAY}raw 0x2c {line}"));
            assert_eq!(fan("0x14 0 0").trim(), "00 01 0f 06 80");
            fan("0x15 0 0 0x0c");
            assert_eq!(fan("0x16 0 0").trim(), "00 0c 06 00");
            fan("0x15 0 0 0xff");
        }
    }
}

// What is not there is refused with the standard's code, and nothing changes.
#[test]
fn what_a_blade_has_not_is_refused() {
    for start in Shelf::BOTH {
        let shelf = start();
        let operator = shelf.operator("17");
        let wrong = [
            ("picmg policy get 7", "0xcc"),
            ("picmg power get 7 0", "0xcc"),
            ("picmg power set 0 9 1", "0xc9"),
            ("picmg portstate set 0 1 1 2 0 0 1", "0xcc"),
            ("picmg led get 0 9", "0xcc"),
        ];
        for (line, said) in wrong {
            let text = refused(&operator, &format!("{BLADE}{line}"));
            assert!(text.contains(said), "{line}: {text}");
        }
    }
}

fn state(operator: &Operator<'_>) -> String {
    let records = say(operator, &format!("{BLADE}sdr elist"));
    let line = records.lines().find(|line| line.starts_with("HS "));
    line.unwrap_or(&records).to_owned()
}

fn wait_for(operator: &Operator<'_>, wanted: &str) {
    wait_until(MOVE, wanted, || {
        let state = state(operator);
        state.contains(wanted).then_some(()).ok_or(state)
    });
}

// A blade is taken out of service and put back by a tool. The shelf manager activates what is
// unlocked by itself; where there is only hardware, somebody must.
#[test]
fn a_blade_is_deactivated_and_activated() {
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            wait_for(&operator, "M4");
            // Whoever unlocks the deactivation asks for it; the shelf manager grants it.
            say(&operator, &format!("{BLADE}picmg policy set 0 2 0"));
            if matches!(shelf, Shelf::Alone(_)) {
                wait_for(&operator, "M5");
                say(&operator, &format!("{BLADE}picmg activate 0"));
                wait_for(&operator, "M4");
                say(&operator, &format!("{BLADE}picmg deactivate 0"));
            }
            wait_for(&operator, "M1");
            // It would come back at once otherwise.
            let policy = say(&operator, &format!("{BLADE}picmg policy get 0"));
            assert!(policy.contains(" activation locked"), "{policy}");
            say(&operator, &format!("{BLADE}picmg policy set 0 1 0"));
            if matches!(shelf, Shelf::Alone(_)) {
                wait_for(&operator, "M2");
                say(&operator, &format!("{BLADE}picmg activate 0"));
            }
            wait_for(&operator, "M4");
        }
    }
}
