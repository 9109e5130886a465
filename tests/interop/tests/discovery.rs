//! A chassis that none of us wrote is found over IPMI, down to each sensor.

use interop::{Chassis, SensorReading, Shelfd, Site, wait_until};
use serde_json::Value;
use std::time::Duration;

/// A chassis is polled, not asked for each reading.
const LIMIT: Duration = Duration::from_secs(15);

/// What `shelfctl sensor --json` says, in the form that `ipmitool` is read in.
fn sensors(shelfd: &Shelfd) -> Vec<SensorReading> {
    let list = shelfd
        .ctl(&["sensor"])
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut sensors: Vec<_> = list.iter().map(reading).collect();
    sensors.sort();
    sensors
}

fn reading(sensor: &Value) -> SensorReading {
    let address = sensor["address"]
        .as_u64()
        .and_then(|address| u8::try_from(address).ok());
    SensorReading {
        address: address.expect("a sensor has an address"),
        name: sensor["name"]
            .as_str()
            .expect("a sensor has a name")
            .to_owned(),
        micro: sensor["value"]["micro"].as_i64(),
    }
}

fn by_ipmitool(chassis: &Chassis) -> Vec<SensorReading> {
    let mut all: Vec<_> = Site::CONTROLLERS
        .iter()
        .flat_map(|address| chassis.readings(*address))
        .collect();
    all.sort();
    all
}

// What an operator sees must be what the hardware says: ipmitool is the judge.
#[test]
fn nine_resources_and_28_sensors_as_ipmitool_reads_them() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    let expected = by_ipmitool(&chassis);
    assert_eq!(expected.len(), Site::SENSORS);
    wait_until(LIMIT, "the sensors that ipmitool reads", || {
        let seen = sensors(&shelfd);
        (seen == expected)
            .then_some(())
            .ok_or_else(|| format!("{seen:#?}"))
    });
    let frus = shelfd.ctl(&["fru"]);
    assert_eq!(
        frus.as_array().map(Vec::len),
        Some(Site::RESOURCES),
        "{frus:#}"
    );
    let boards = shelfd.ctl(&["board"]);
    let boards = boards.as_array().expect("a list");
    let mut addresses: Vec<u64> = boards
        .iter()
        .filter_map(|it| it["address"].as_u64())
        .collect();
    addresses.sort_unstable();
    let mut expected = Site::CONTROLLERS.map(u64::from);
    expected.sort_unstable();
    assert_eq!(addresses, expected);
    let managed = boards.iter().filter(|board| board["address"] != 0x20);
    managed.for_each(|board| assert_eq!(board["state"], "M4", "{board:#}"));
}

// A temperature that rises is seen, and its event counts once.
#[test]
fn a_reading_changes_and_its_events_count_once() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    wait_until(LIMIT, "all sensors", || match sensors(&shelfd).len() {
        Site::SENSORS => Ok(()),
        found => Err(format!("{found} sensors")),
    });
    // 90 °C is beyond the non-critical and the critical threshold: two events.
    chassis.set_sensor(Site::BLADE_1, 1, 90);
    wait_until(LIMIT, "90 °C at B1 CPU Temp", || {
        let hot = sensors(&shelfd)
            .into_iter()
            .find(|it| it.name == "B1 CPU Temp");
        hot.filter(|it| it.micro == Some(90_000_000))
            .ok_or_else(|| "another value".into())
    });
    let entries = || {
        let sel = shelfd.ctl(&["sel"]);
        let entries = sel["entries"].as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter(|it| it["address"] == Site::BLADE_1 && it["number"] == 1)
            .count()
    };
    wait_until(LIMIT, "two entries in the event log", || match entries() {
        2 => Ok(()),
        count => Err(format!("{count} entries")),
    });
    let events = shelfd.ctl(&["events"]);
    let events = events["events"].as_array().cloned().unwrap_or_default();
    let told = events.iter().filter(|it| {
        it["source"] == "ipmi"
            && it["text"]
                .as_str()
                .is_some_and(|it| it.contains("B1 CPU Temp"))
    });
    assert_eq!(told.count(), 2, "{events:#?}");
}

// A full shelf of empty slots must not look like one: a blade that is put in later is found later.
#[test]
fn a_blade_that_is_inserted_later_brings_its_sensors() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    wait_until(LIMIT, "all sensors", || match sensors(&shelfd).len() {
        Site::SENSORS => Ok(()),
        found => Err(format!("{found} sensors")),
    });
    chassis.blade("insert", Site::EMPTY);
    wait_until(LIMIT, "four more sensors, the blade in M4", || {
        let boards = shelfd.ctl(&["board"]);
        let boards = boards.as_array().cloned().unwrap_or_default();
        let blade = boards.iter().find(|board| board["address"] == Site::EMPTY);
        let state = blade.map_or(Value::Null, |board| board["state"].clone());
        let found = sensors(&shelfd).len();
        let is_done = found == Site::SENSORS + 4 && state == "M4";
        is_done
            .then_some(())
            .ok_or_else(|| format!("{found} sensors, state {state}"))
    });
}
