//! The tools of FreeIPMI, which is the stricter reader: without a workaround flag, on both shelves.

use crate::shelf::Shelf;
use crate::{PASSWORD, SUITES, assert_has};
use interop::{Operator, Place};

/// Tools, their arguments, and what they print; `|` goes between words.
const TOLD: &[(&str, &str, &[&str])] = &[
    (
        "bmc-info",
        "",
        &["SDR Repository Device : supported", "Channel Information"],
    ),
    ("bmc-info", "--get-system-guid", &["-"]),
    (
        "ipmi-sensors",
        "--no-header-output",
        &["Inlet Temp", "25.00"],
    ),
    (
        "ipmi-sensors",
        "--no-header-output --bridge-sensors",
        &["B1 CPU Temp", "12.00"],
    ),
    ("ipmi-sel", "--info", &["SEL version"]),
    ("ipmi-fru", "", &["ShelfManager", "SHELF-14"]),
    ("ipmi-fru", "--bridge-fru", &["Blade1", "FanTray1"]),
    (
        "ipmi-chassis",
        "--get-status",
        &["System Power                        : on"],
    ),
    (
        "ipmi-chassis",
        "--get-capabilities",
        &["SDR Device Address      : 20h"],
    ),
    ("ipmi-chassis", "--get-system-restart-cause", &["unknown"]),
    ("ipmipower", "--stat", &[": on"]),
    // Refused: each FRU is switched by itself. This tool does not say so; the next line does.
    ("ipmipower", "--off", &[]),
    ("ipmipower", "--on", &[]),
    ("ipmipower", "--stat", &[": on"]),
    ("bmc-device", "--get-self-test-results", &["No Error"]),
    ("bmc-device", "--get-sel-time", &["SEL Time : "]),
    ("bmc-device", "--get-acpi-power-state", &["S0/G0"]),
];

// Whatever these tools ask is answered, and in the form that they demand.
#[test]
fn freeipmi_is_content_with_both_shelves() {
    let place = Place::new("freeipmi");
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            for (tool, arguments, wanted) in TOLD {
                let arguments: Vec<&str> = arguments.split_whitespace().collect();
                assert_has(&operator.freeipmi(&place, tool, &arguments), wanted);
            }
            event_log(&operator, &place);
        }
    }
}

fn event_log(operator: &Operator<'_>, place: &Place) {
    operator.freeipmi(place, "ipmi-sel", &["--clear"]);
    operator.ipmitool(&["event", "Inlet Temp", "ucr", "assert"]);
    let list = operator.freeipmi(place, "ipmi-sel", &["--no-header-output"]);
    assert_has(&list, &["Inlet Temp", "Upper Critical - going high"]);
    assert_eq!(list.lines().count(), 1, "{list}");
    operator.freeipmi(place, "ipmi-sel", &["--clear"]);
    let list = operator.freeipmi(place, "ipmi-sel", &["--no-header-output"]);
    assert_eq!(list, "");
}

// The whole configuration is written out: users, channel, addresses, privileges, console. These
// tools end with 1 where there is no serial channel or not each of 16 cipher suites, and for
// sensors that others own, as they bridge nothing.
#[test]
fn freeipmi_checks_the_configuration_out() {
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            let out = |tool| {
                let output = operator.try_freeipmi(tool, &["--checkout"]);
                String::from_utf8_lossy(&output.stdout).into_owned()
            };
            let bmc = out("bmc-config");
            assert_has(
                &bmc,
                &["Section User2", "Enable_User", "Section SOL_Conf", "admin"],
            );
            assert!(!bmc.contains(PASSWORD), "{bmc}");
            let sensors = out("ipmi-sensors-config");
            assert_has(&sensors, &["_Inlet_Temp", "Upper_Critical_Threshold"]);
        }
    }
}

// Nothing is missing but what our shelf manager does not have: a serial channel, and cipher suites
// that it does not offer. A section that is asked for by itself ends well.
#[test]
fn what_is_there_is_checked_out() {
    let (shelf, place) = (Shelf::managed(), Place::new("checkout"));
    for suite in SUITES {
        let operator = shelf.operator(suite);
        let out = |tool, arguments: &[&str]| {
            let output = operator.try_freeipmi(tool, arguments);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            (output.status.success(), text)
        };
        let (_, all) = out("bmc-config", &["--checkout", "-vv"]);
        let keys = all
            .lines()
            .filter_map(|line| line.split_once("Unable to checkout "));
        let (_, missing): (Vec<_>, Vec<_>) = keys.unzip();
        assert!(missing.iter().any(|key| key.contains("Serial_")), "{all}");
        let is_not_there = |key: &&str| {
            let suite =
                key.strip_prefix("Rmcpplus_Conf_Privilege:Maximum_Privilege_Cipher_Suite_Id_");
            key.contains("Serial_") || suite.is_some_and(|id| id != "3")
        };
        assert!(missing.iter().all(is_not_there), "{missing:?}");
        for section in [
            "User2",
            "Lan_Channel",
            "Lan_Conf",
            "Lan_Conf_Misc",
            "SOL_Conf",
        ] {
            let (is_whole, text) = out("bmc-config", &["--checkout", "-S", section]);
            assert!(is_whole, "{text}");
        }
        let cache = place.path().display().to_string();
        let own = [
            "--sdr-cache-directory",
            &cache,
            "--checkout",
            "-S",
            "2_Inlet_Temp",
        ];
        let (is_whole, text) = out("ipmi-sensors-config", &own);
        assert!(is_whole, "{text}");
    }
}
