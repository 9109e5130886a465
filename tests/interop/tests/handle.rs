//! A hand at a blade moves the application.

use interop::{Chassis, Journey, Shelfd, Step, Unit, settled, units, wait_until};
use std::time::Duration;

/// From the first request to a running application.
const START: Duration = Duration::from_secs(30);
/// For one movement. Over LAN events are polled, and a blade that vanished is noticed when it does
/// not answer.
const MOVE: Duration = Duration::from_secs(20);

fn hot_swap<'a>(fru: &'a str, arrow: &'a str) -> Step<'a> {
    Step {
        what: arrow,
        source: "ipmi",
        object: fru,
        text: arrow,
    }
}

/// `state` with the space before it, so that it is the new one: `saAmfSISUHAState: ACTIVE ->
/// QUIESCED`.
fn ha_state<'a>(unit: &'a Unit, state: &'a str) -> Step<'a> {
    Step {
        what: state,
        source: "amf",
        object: &unit.dn,
        text: state,
    }
}

fn address(unit: &Unit) -> String {
    format!("{:#04x}", unit.address)
}

/// What `ipmitool` says about the hot swap sensor of a blade.
fn hot_swap_by_ipmitool(chassis: &Chassis, unit: &Unit) -> String {
    let table = chassis.ipmitool(&["-t", &address(unit), "-c", "sdr", "elist"]);
    table.lines().next().unwrap_or_default().to_owned()
}

/// What `ipmitool` says about the blue LED of a blade.
fn blue_led_by_ipmitool(chassis: &Chassis, unit: &Unit) -> String {
    chassis.ipmitool(&["-t", &address(unit), "picmg", "led", "get", "0", "0"])
}

/// Opens the handle of the active blade and waits until the blade is dark; returns what was active
/// and standby.
fn extract(chassis: &Chassis, shelfd: &Shelfd) -> (Unit, Unit) {
    let (active, standby) = settled(shelfd, START);
    let journey = Journey::begin(shelfd);
    chassis.blade("extract", active.address);
    let fru = active.fru();
    // The controller goes to M6 only when it is told to: the deactivation is sent between `active`
    // and M6.
    journey.expect(
        MOVE,
        &[
            hot_swap(&fru, "-> M5"),
            ha_state(&active, " QUIESCED"),
            ha_state(&standby, " ACTIVE"),
            hot_swap(&fru, "-> M6"),
            hot_swap(&fru, "-> M1"),
        ],
    );
    expect_dark(shelfd, active.address);
    (active, standby)
}

/// Waits until we say that a blade is inactive and shows its blue LED.
fn expect_dark(shelfd: &Shelfd, address: u8) {
    wait_until(MOVE, "M1 and the blue LED on", || {
        let boards = shelfd.ctl(&["board"]);
        let boards = boards.as_array().cloned().unwrap_or_default();
        let board = boards
            .into_iter()
            .find(|board| board["address"] == address)
            .unwrap_or_default();
        let is_dark = board["state"] == "M1" && board["blue_led"] == "on";
        is_dark.then_some(()).ok_or_else(|| board.to_string())
    });
}

// The whole point of the house: no service is lost, and the blade stays powered until nobody needs
// it.
#[test]
fn an_opened_handle_moves_the_application_before_the_blade_goes_dark() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    let (extracted, successor) = extract(&chassis, &shelfd);
    // The chassis is the judge of what happened to it.
    let sensor = hot_swap_by_ipmitool(&chassis, &extracted);
    assert!(sensor.contains("Transition to M1"), "{sensor}");
    let led = blue_led_by_ipmitool(&chassis, &extracted);
    assert!(led.contains("[ON]"), "{led}");
    let units = units(&shelfd);
    let state = |dn: &str| {
        units
            .iter()
            .find(|unit| unit.dn == dn)
            .map(|unit| unit.ha_state.as_str())
    };
    assert_eq!(state(&successor.dn), Some("ACTIVE"));
    assert_eq!(state(&extracted.dn), Some(""));
    let left = shelfd
        .components()
        .into_iter()
        .filter(|it| extracted.components.contains(&it.component));
    assert_eq!(left.count(), 0, "processes on the extracted blade");
}

// A blade that comes back is activated by us, and protects the service again.
#[test]
fn an_inserted_blade_is_activated_and_becomes_standby() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    let (extracted, successor) = extract(&chassis, &shelfd);
    let journey = Journey::begin(&shelfd);
    chassis.blade("insert", extracted.address);
    let fru = extracted.fru();
    journey.expect(
        MOVE,
        &[
            hot_swap(&fru, "-> M2"),
            hot_swap(&fru, "-> M3"),
            hot_swap(&fru, "-> M4"),
            ha_state(&extracted, " STANDBY"),
        ],
    );
    let (active, standby) = settled(&shelfd, MOVE);
    assert_eq!((active.dn, standby.dn), (successor.dn, extracted.dn));
    let sensor = hot_swap_by_ipmitool(&chassis, &standby_on(&standby.node, &shelfd));
    assert!(sensor.contains("Transition to M4"), "{sensor}");
}

fn standby_on(node: &str, shelfd: &Shelfd) -> Unit {
    let found = units(shelfd).into_iter().find(|unit| unit.node == node);
    found.expect("the node hosts a unit")
}

// A blade that is torn out says nothing: its silence must move the application.
#[test]
fn a_blade_pulled_by_surprise_fails_over() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    let (active, standby) = settled(&shelfd, START);
    chassis.blade("surprise", active.address);
    wait_until(MOVE, "the standby is active", || {
        let units = units(&shelfd);
        let successor = units.iter().find(|unit| unit.dn == standby.dn);
        let is_active = successor.is_some_and(|unit| unit.ha_state == "ACTIVE");
        is_active
            .then_some(())
            .ok_or_else(|| format!("{units:#?}\n{}", shelfd.log()))
    });
    // Whatever still ran on that blade's node must not be taken for alive.
    let lost = units(&shelfd).into_iter().find(|unit| unit.dn == active.dn);
    assert_eq!(lost.expect("it is still configured").ha_state, "");
}

// A blade where nothing runs goes at once, and nobody else moves.
#[test]
fn a_blade_without_application_is_deactivated_at_once() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    let (active, standby) = settled(&shelfd, START);
    let journey = Journey::begin(&shelfd);
    chassis.blade("extract", 0x86);
    let fru = "0x86/0";
    journey.expect(
        MOVE,
        &[
            hot_swap(fru, "-> M5"),
            hot_swap(fru, "-> M6"),
            hot_swap(fru, "-> M1"),
        ],
    );
    expect_dark(&shelfd, 0x86);
    assert_eq!(settled(&shelfd, MOVE), (active, standby));
}

/// The configuration of a daemon on the system interface, where events are pushed.
fn on_system_interface(config: &str, chassis: &Chassis) -> String {
    let (before, rest) = config.split_once("[chassis]").expect("a chassis section");
    let (_, after) = rest.split_once("[model]").expect("a model section");
    let address = chassis.system();
    format!("{before}[chassis]\nport = \"vm\"\naddress = \"{address}\"\n\n[model]{after}")
}

// ipmi_sim pushes its own events, and does not say in them what changed: what is missing is read
// from the sensor. The same event comes through the event log, too, and counts once.
#[test]
fn a_pushed_event_moves_the_application_and_counts_once() {
    let chassis = Chassis::start();
    let change = |config: String| on_system_interface(&config, &chassis);
    let shelfd = Shelfd::start_with(chassis.lan(), change);
    let (active, standby) = settled(&shelfd, START);
    let journey = Journey::begin(&shelfd);
    let address = active.address;
    chassis.console(&[&format!("sensor_set_bit_clr_rest {address:#04x} 0 0 5 1")]);
    let fru = active.fru();
    journey.expect(
        MOVE,
        &[
            hot_swap(&fru, "-> M5"),
            ha_state(&active, " QUIESCED"),
            ha_state(&standby, " ACTIVE"),
            hot_swap(&fru, "-> M6"),
            hot_swap(&fru, "-> M1"),
        ],
    );
    wait_until(MOVE, "the three events in the event log, once each", || {
        let sel = shelfd.ctl(&["sel"]);
        let entries = sel["entries"].as_array().map_or(0, Vec::len);
        (entries == 3)
            .then_some(())
            .ok_or_else(|| format!("{sel:#?}"))
    });
    for arrow in ["-> M5", "-> M6", "-> M1"] {
        let events = journey.events();
        let told = events.iter().filter(|it| {
            it["source"] == "ipmi" && it["text"].as_str().is_some_and(|it| it.ends_with(arrow))
        });
        assert_eq!(told.count(), 1, "{arrow}");
    }
}
