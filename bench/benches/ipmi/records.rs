//! The records and readings of a large shelf: ours, and operators' tools.

use crate::client::{Client, LIMIT, Server, runtime};
use bench::{load, median, milliseconds, ratio};
use interop::{Operator, Place, Shelfd, Simulator, wait_until};
use ipmi::command::Command;
use ipmi::command::sensor::GetSensorReading;
use ipmi::command::storage::{GetSdr, ReserveSdrRepository};
use ipmi::message::Request;
use ipmi::port::Target;
use ipmi::sdr::{HEADER_LEN, TYPE_COMPACT, TYPE_FULL};
use std::time::{Duration, Instant};

const RUNS: usize = 5;
/// The shelf, with the user that `examples/ipmi_sim.toml` names.
const SHELF: [&str; 6] = ["--slots", "16", "--sensors", "500", "--user", "admin:admin"];
const SENSORS_MIN: usize = 500;
/// As many bytes of a record as the tools ask for at once.
const PART: u8 = 16;
/// Id of what is behind the last record. Source: IPMI v2.0 §33.12.
const RECORD_LAST: u16 = 0xffff;

/// All in turns, so that a slow moment of the machine meets them all. Each from nothing.
pub(crate) fn measure() -> String {
    let [mut shelfd, mut client, mut freeipmi, mut ipmitool] = [const { Vec::new() }; 4];
    let mut count = 0;
    for _ in 0..RUNS {
        let simulator = Simulator::start(&SHELF);
        let listed = timed(&mut ipmitool, || with_ipmitool(&simulator));
        assert!(listed >= SENSORS_MIN, "{listed} sensors");
        let found = timed(&mut freeipmi, || with_freeipmi(&simulator));
        assert_eq!(found, listed, "ipmi-sensors, and ipmitool");
        let read = timed(&mut client, || runtime().block_on(with_client(&simulator)));
        assert_eq!(read, listed, "our client, and ipmitool");
        timed(&mut shelfd, || with_shelfd(&simulator, listed));
        count = listed;
    }
    let ours = median(&client);
    let lines = [
        ("our client", client),
        ("`ipmi-sensors`", freeipmi),
        ("`ipmitool sdr list`", ipmitool),
        ("`shelfd`, from its start", shelfd),
    ];
    let lines = lines.map(|(who, times)| {
        let time = median(&times);
        format!(
            "| {who} | {} | {} |\n",
            milliseconds(time),
            ratio(ours, time)
        )
    });
    format!(
        "| {count} sensors | median of {RUNS} | ratio |\n|---|---|---|\n{}\n{}.\n",
        lines.concat(),
        load()
    )
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    times.push(start.elapsed());
    done
}

/// All records at 20h, then all readings from the owners of the sensors; how many there are.
async fn with_client(simulator: &Simulator) -> usize {
    let mut client = Client::open(&Server {
        name: "`chassis-sim`",
        pid: simulator.pid(),
        at: simulator.rmcp(),
        user: "admin",
        password: "admin",
    })
    .await;
    let reservation = client.ask(ReserveSdrRepository {}).await.reservation;
    let (mut record, mut readings) = (0, Vec::new());
    while record != RECORD_LAST {
        let (next, bytes) = whole_record(&mut client, reservation, record).await;
        readings.extend(reading(&bytes));
        record = next;
    }
    let read = client.ask_all(&readings).await;
    assert_eq!(read, readings.len(), "each sensor has a reading");
    read
}

/// The next record's id, and the record, in parts as the tools read it.
async fn whole_record(client: &mut Client, reservation: u16, record: u16) -> (u16, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        let len = bytes.get(HEADER_LEN - 1).copied().map_or(PART, |len: u8| {
            let rest = HEADER_LEN + usize::from(len) - bytes.len();
            u8::try_from(rest).unwrap_or(PART).min(PART)
        });
        let part = GetSdr {
            reservation,
            record,
            offset: u8::try_from(bytes.len()).expect("a record has at most 260 bytes"),
            count: len,
        };
        let answer = client.ask(part).await;
        bytes.extend(answer.data);
        let whole = bytes
            .get(HEADER_LEN - 1)
            .map(|len| HEADER_LEN + usize::from(*len));
        if whole.is_some_and(|whole| bytes.len() >= whole) {
            return (answer.next, bytes);
        }
    }
}

/// Asks the owner of the sensor that a record describes.
fn reading(record: &[u8]) -> Option<(Target, Request)> {
    // Full and compact sensor records begin alike. Source: IPMI v2.0 §43.1, §43.2.
    let [_, _, _, kind, _, owner, lun, number, ..] = *record else {
        return None;
    };
    let request = GetSensorReading { number }.request_on(lun & 0x03);
    let is_sensor = [TYPE_FULL, TYPE_COMPACT].contains(&kind);
    is_sensor.then_some((Target::Ipmb(owner), request))
}

/// From the start of the program to a value or state of each sensor.
fn with_shelfd(simulator: &Simulator, count: usize) {
    let shelfd = Shelfd::start_with(simulator.rmcp(), |config| config);
    wait_until(LIMIT, "all sensors with a reading", || {
        let sensors = shelfd.ctl(&["sensor"]);
        let list = sensors.as_array().map(Vec::as_slice).unwrap_or_default();
        let readable = list
            .iter()
            .filter(|sensor| sensor["status"] != "unavailable")
            .count();
        (readable == count)
            .then_some(())
            .ok_or_else(|| format!("{readable} of {count} sensors, {} listed", list.len()))
    });
}

/// How many sensors it lists. Its cache of records is a new one.
fn with_freeipmi(simulator: &Simulator) -> usize {
    let place = Place::new("sensors");
    let arguments = ["--no-header-output", "--bridge-sensors"];
    let list = operator(simulator).freeipmi(&place, "ipmi-sensors", &arguments);
    list.lines().count()
}

/// How many sensors it lists.
fn with_ipmitool(simulator: &Simulator) -> usize {
    let list = operator(simulator).ipmitool(&["sdr", "list"]);
    list.lines().count()
}

fn operator(simulator: &Simulator) -> Operator<'static> {
    Operator {
        at: simulator.rmcp(),
        user: "admin",
        password: "admin",
        suite: "3",
    }
}
