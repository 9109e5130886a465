//! The harness itself: a test that cannot fail is no test, so what it starts must really be there.

use interop::{Browser, Chassis, Site, wait_until};
use std::time::Duration;

// Everything else stands on this: the chassis is there, with its sensors, and each run has its own.
#[test]
fn two_chassis_run_side_by_side() {
    let (one, other) = (Chassis::start(), Chassis::start());
    assert_ne!(one.lan(), other.lan());
    let readings: usize = Site::CONTROLLERS
        .iter()
        .map(|address| one.readings(*address).len())
        .sum();
    assert_eq!(readings, Site::SENSORS);
    one.set_sensor(Site::BLADE_1, 1, 90);
    let cpu = |chassis: &Chassis| chassis.readings(Site::BLADE_1)[1].clone();
    assert_eq!(cpu(&one).name, "B1 CPU Temp");
    assert_eq!(cpu(&one).micro, Some(90_000_000));
    assert_eq!(cpu(&other).micro, Some(45_000_000));
}

// The movements of a hand reach the chassis, and its event log.
#[test]
fn a_blade_moves() {
    let chassis = Chassis::start();
    chassis.blade("extract", Site::BLADE_2);
    let hot_swap = chassis.ipmitool(&["-t", "0x84", "-c", "sdr", "elist"]);
    assert!(hot_swap.contains("Transition to M5"), "{hot_swap}");
    assert!(
        chassis
            .ipmitool(&["sel", "info"])
            .contains("Entries          : 1")
    );
}

// A chassis that is stopped answers nobody.
#[test]
fn a_stopped_chassis_is_gone() {
    let mut chassis = Chassis::start();
    chassis.stop();
    let ask = || chassis.ipmitool(&["-N", "1", "-R", "1", "mc", "info"]);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask)).is_err());
}

// The message of a wait says what was seen last.
#[test]
#[should_panic(expected = "not within 30 ms: the sun rises; last seen: night")]
fn a_wait_says_what_it_saw() {
    wait_until(Duration::from_millis(30), "the sun rises", || {
        Err::<(), _>("night".into())
    });
}

// Elements are found inside shadow roots too, clicked, and read.
#[test]
fn a_browser_clicks() {
    let browser = Browser::start();
    browser.open("data:text/html,<main></main>");
    let script = "const root = document.querySelector('main').attachShadow({mode: 'open'});
        root.innerHTML = '<button data-ha=STANDBY>Open handle</button>';
        const button = root.querySelector('button');
        button.onclick = () => button.dataset.ha = 'ACTIVE';";
    browser.script(script, serde_json::json!([]));
    let button = browser.find("button").expect("in the shadow root");
    assert_eq!(
        browser.attribute(&button, "data-ha").as_deref(),
        Some("STANDBY")
    );
    browser.click(&button);
    assert_eq!(
        browser.attribute(&button, "data-ha").as_deref(),
        Some("ACTIVE")
    );
    assert!(browser.find("[data-ha=STANDBY]").is_none());
}

// A damaged chassis starts like any other, and is damaged.
#[test]
fn a_chassis_can_be_damaged() {
    let chassis = Chassis::start_changed(&[(
        "0x00 0x00 0x51 0x01 0x32 0x84 0x00 0x03 0xa0",
        "0x00 0x00 0x51 0x01 0x10 0x84 0x00 0x03 0xa0",
    )]);
    // Get Device SDR of the last record: its header says that 16 bytes follow.
    let ask = [
        "-t", "0x84", "raw", "4", "0x21", "0", "0", "5", "0", "0", "5",
    ];
    let header = chassis.ipmitool(&ask);
    assert!(header.trim().ends_with("05 00 51 01 10"), "{header}");
}
