//! Operators' IPMI tools, unmodified: against the shelf manager at 20h, and what is behind it; and
//! against the simulated shelf alone.
//!
//! The table of all that they say is in `tests/interop/README.md`.

mod client;
mod freeipmi;
mod hpm;
mod manager;
mod picmg;
mod privilege;
mod serial;
mod shelf;
mod sol;
mod watchdog;
mod ways;

use interop::{Operator, Place, Shelfd, demo, free_port, run_config, wait_until};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// From the first request to a shelf that was discovered.
const START: Duration = Duration::from_secs(30);
/// For one movement of a blade.
const MOVE: Duration = Duration::from_secs(20);
/// The user of the demo.
const USER: &str = "admin";
/// Its password.
const PASSWORD: &str = "openshelf";
/// Cipher suites. Source: IPMI v2.0 Table 22-20.
const SUITES: [&str; 2] = ["3", "17"];
/// A blade without a service unit: moving it moves nothing else.
const SPARE_SLOT: &str = "13";

fn operator<'a>(shelfd: &Shelfd, suite: &'a str) -> Operator<'a> {
    Operator {
        at: shelfd.rmcp(),
        user: USER,
        password: PASSWORD,
        suite,
    }
}

/// How many sensors we say that there are, once all controllers were found.
fn sensors(shelfd: &Shelfd) -> usize {
    let mut last = 0;
    wait_until(START, "all sensors", || {
        let boards = shelfd.ctl(&["board"]).as_array().map_or(0, Vec::len);
        let sensors = shelfd.ctl(&["sensor"]).as_array().map_or(0, Vec::len);
        // 20h, two CMMs, three fan trays, two power modules, thirteen blades.
        let is_whole = boards == 21 && sensors == last;
        last = sensors;
        is_whole
            .then_some(sensors)
            .ok_or_else(|| format!("{boards} boards, {sensors} sensors"))
    })
}

#[track_caller]
fn assert_has(text: &str, wanted: &[&str]) {
    for line in wanted {
        assert!(text.contains(line), "\"{line}\" is missing in:\n{text}");
    }
}

/// Moves a blade there and back, so that the event log has six events.
fn move_spare_blade(shelfd: &Shelfd) {
    for (movement, state) in [("open", "M1"), ("close", "M4")] {
        assert!(
            shelfd
                .shelfctl(&["blade", movement, SPARE_SLOT])
                .status
                .success()
        );
        wait_until(MOVE, state, || {
            let boards = shelfd.ctl(&["board"]);
            let mut boards = boards.as_array().into_iter().flatten();
            let board = boards.find(|board| board["address"] == 0x9a);
            let shown = board.map_or_else(String::new, |board| board["state"].to_string());
            shown.contains(state).then_some(()).ok_or(shown)
        });
    }
}

// A tool that finds less than the console shows is a shelf manager that hides something.
#[test]
fn ipmitool_sees_the_whole_shelf_over_both_suites() {
    let shelfd = demo();
    let count = sensors(&shelfd);
    for suite in SUITES {
        let operator = operator(&shelfd, suite);
        let say = |line: &str| operator.ipmitool(&line.split(' ').collect::<Vec<_>>());
        let id = say("mc info");
        assert_has(
            &id,
            &[
                "Manufacturer ID           : 12634",
                "SDR Repository Device",
                "Bridge",
            ],
        );
        let table = say("sdr list");
        assert_eq!(table.lines().count(), count, "{table}");
        assert!(table.lines().all(|line| line.ends_with("| ok")), "{table}");
        assert_has(&table, &["HS Blade13", "B1 CPU Temp      | 45 degrees C"]);
        let sensor = operator.ipmitool(&["sensor", "get", "B1 CPU Temp"]);
        assert_has(
            &sensor,
            &["Sensor Reading        : 45", "Upper Critical        : "],
        );
        assert_has(
            &say("fru print 0"),
            &["Board Product         : ShelfManager"],
        );
        assert_has(&say("fru print 254"), &["Chassis Part Number   : SHELF-14"]);
        assert_has(&say("chassis status"), &["System Power         : on"]);
        assert_has(&say("picmg properties"), &["PICMG Ext. Version : 2.2"]);
        let address = say("picmg addrinfo");
        assert_has(
            &address,
            &["IPMB-0 Address   : 0x20", "Dedicated Shelf Manager"],
        );
    }
}

// Bridging reaches each controller behind us, and says so when nobody is there.
#[test]
fn ipmitool_bridges_to_a_blade_over_both_suites() {
    let shelfd = demo();
    sensors(&shelfd);
    for suite in SUITES {
        let operator = operator(&shelfd, suite);
        let say = |line: &str| operator.ipmitool(&line.split(' ').collect::<Vec<_>>());
        assert_has(
            &say("-t 0x82 mc info"),
            &["Product ID                : 256"],
        );
        let table = say("-t 0x82 sdr");
        assert_eq!(table.lines().count(), 7, "{table}");
        assert_has(&table, &["HS Blade1", "B1 +12V          | 12 Volts"]);
        assert_has(
            &say("-t 0x82 fru print 0"),
            &["Board Product         : Blade1"],
        );
        assert_has(&say("-t 0x82 picmg led get 0 0"), &["[BLUE]"]);
        let nobody = operator.try_ipmitool(&["-t", "0x9c", "mc", "info"]);
        assert!(!nobody.status.success());
    }
}

// Both tools read the same log, and a cleared one is empty for both.
#[test]
fn the_event_log_is_read_and_cleared_by_both_tools() {
    let (shelfd, place) = (demo(), Place::new("freeipmi"));
    sensors(&shelfd);
    let [first, second] = SUITES.map(|suite| operator(&shelfd, suite));
    first.ipmitool(&["sel", "clear"]);
    move_spare_blade(&shelfd);
    for operator in [&first, &second] {
        let info = operator.ipmitool(&["sel", "info"]);
        assert_has(&info, &["Entries          : 6"]);
        let list = operator.ipmitool(&["sel", "elist"]);
        let states = ["M5", "M6", "M1", "M2", "M3", "M4"];
        for (line, state) in list.lines().zip(states) {
            assert_has(line, &["HS Blade13", &format!("Transition to {state}")]);
        }
        assert_eq!(list.lines().count(), states.len(), "{list}");
        let list = operator.freeipmi(&place, "ipmi-sel", &["--no-header-output"]);
        assert_eq!(list.lines().count(), states.len(), "{list}");
        assert_has(&list, &["HS Blade13", "Event Offset = 05h"]);
    }
    second.freeipmi(&place, "ipmi-sel", &["--clear"]);
    assert_has(&first.ipmitool(&["sel", "info"]), &["Entries          : 0"]);
}

// FreeIPMI is the stricter reader: it takes no workaround flag here.
#[test]
fn freeipmi_sees_the_whole_shelf_over_both_suites() {
    let (shelfd, place) = (demo(), Place::new("freeipmi"));
    let count = sensors(&shelfd);
    for suite in SUITES {
        let operator = operator(&shelfd, suite);
        let say = |tool: &str, arguments: &[&str]| operator.freeipmi(&place, tool, arguments);
        assert_has(
            &say("bmc-info", &[]),
            &["SDR Repository Device : supported"],
        );
        let list = say("ipmi-sensors", &["--no-header-output"]);
        assert_eq!(list.lines().count(), count, "{list}");
        assert_has(&list, &["Inlet Temp"]);
        let list = say("ipmi-sensors", &["--no-header-output", "--bridge-sensors"]);
        assert_eq!(list.lines().count(), count, "{list}");
        let cpu = list.lines().find(|line| line.contains("B1 CPU Temp"));
        assert_has(cpu.unwrap_or_default(), &["45.00", "'OK'"]);
        let inventories = say("ipmi-fru", &[]);
        assert_has(
            &inventories,
            &["FRU Board Product Name: ShelfManager", "SHELF-14"],
        );
        let status = say("ipmi-chassis", &["--get-status"]);
        assert_has(&status, &["System Power                        : on"]);
        assert_has(&say("ipmipower", &["--stat"]), &[": on"]);
    }
}

// What tools ask before they configure something is answered, and what is fixed is said to be.
#[test]
fn ipmitool_reads_the_configuration_and_cannot_change_it() {
    let shelfd = demo();
    sensors(&shelfd);
    for suite in SUITES {
        let operator = operator(&shelfd, suite);
        let told = [
            ("lan print 1", "IP Address              : 127.0.0.1"),
            ("lan print 1", "RMCP+ Cipher Suites     : 3,17"),
            ("user list 1", "ADMINISTRATOR"),
            ("user test 2 16 openshelf", "Success"),
            ("channel getaccess 1 2", "IPMI Messaging       : enabled"),
            ("channel getciphers sol 1", "sha256"),
            ("session info all", "IPMIv2/RMCP+"),
            ("sol info", "Force Encryption                : true"),
            ("sol payload status 1 2", "enabled"),
            ("mc getsysinfo system_name", "OpenShelf-1"),
            ("chassis restart_cause", "unknown"),
            ("chassis poh", "POH Counter"),
            ("chassis bootparam get 5", "No override"),
            ("chassis identify 1", "1 seconds"),
            ("sdr info", "Alloc info supported : yes"),
            ("sel info", "'Get Alloc Info'"),
            ("raw 0x2c 0x21 0 0", "81 7f 00 00 01"),
        ];
        for (line, wanted) in told {
            let text = operator.ipmitool(&line.split(' ').collect::<Vec<_>>());
            assert_has(&text, &[wanted]);
        }
        let refused = [
            ("user test 2 16 wrong", "incorrect"),
            ("user set name 2 other", "command disabled"),
            ("sol set retry-count 3", "read-only"),
        ];
        for (line, wanted) in refused {
            let output = operator.try_ipmitool(&line.split(' ').collect::<Vec<_>>());
            let text = [output.stdout, output.stderr].concat();
            assert!(!output.status.success(), "{line}");
            assert_has(&String::from_utf8_lossy(&text), &[wanted]);
        }
    }
}

// A message that is not tracked comes back through the queue, once.
#[test]
fn ipmitool_takes_an_answer_from_the_queue() {
    let shelfd = demo();
    sensors(&shelfd);
    let operator = operator(&shelfd, "17");
    let say = |line: &str| operator.ipmitool(&line.split(' ').collect::<Vec<_>>());
    say("raw 6 0x34 0 0x82 0x18 0x66 0x20 0x04 0x01 0xdb");
    wait_until(MOVE, "the answer of the blade", || {
        let flags = say("raw 6 0x31");
        if flags.contains("01") {
            Ok(())
        } else {
            Err(flags)
        }
    });
    // Response of function 06h, to sequence 1, to command 01h, and OK.
    assert_has(&say("raw 6 0x33"), &["00 1c c4 82 04 01 00"]);
    assert_has(&say("raw 6 0x31"), &["00"]);
}

// What a tool writes is what everybody reads afterwards.
#[test]
fn tools_write_the_log_and_the_shelfs_inventory() {
    let (shelfd, place) = (demo(), Place::new("write"));
    sensors(&shelfd);
    let operator = operator(&shelfd, "17");
    let say = |line: &str| operator.ipmitool(&line.split(' ').collect::<Vec<_>>());
    say("sel clear");
    let record = place.write(
        "record",
        "0x04 0x09 0x01 0x6f 0x00 0xff 0xff # power down\n",
    );
    operator.ipmitool(&["sel", "add", &record.display().to_string()]);
    assert_has(&say("sel elist"), &["Power off/down"]);
    // Lock, another shelf address, commit; then the address is the new one.
    assert_has(
        &say("raw 0x2c 0x02 0"),
        &["4f 70 65 6e 53 68 65 6c 66 2d 31"],
    );
    say("raw 0x2c 0x03 0 0xc4 0x4c 0x61 0x62 0x37");
    wait_until(MOVE, "the new address", || {
        let address = say("raw 0x2c 0x02 0");
        if address.contains("c4 4c 61 62 37") {
            Ok(())
        } else {
            Err(address)
        }
    });
    assert_has(&say("mc getsysinfo system_name"), &["Lab7"]);
}

// What cannot work is said before anything is changed.
#[test]
fn a_taken_port_and_an_open_door_are_refused_at_the_start() {
    let place = Place::new("refused");
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("a bound socket").to_string();
    let [chassis, http] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
    let listens = |at: &str, config: String| {
        config.replacen("[listen]", &format!("[listen]\nrmcp = \"{at}\""), 1)
    };
    let without_users = |config: String| {
        let lines = config.lines().scan(false, |is_user, line| {
            *is_user = line == "[[user]]" || *is_user && !line.starts_with('[');
            Some(if *is_user { "" } else { line })
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let in_use = run_config(chassis, http, |config| listens(&taken, config));
    let open = run_config(chassis, http, |config| {
        without_users(listens("0.0.0.0:0", config))
    });
    for (config, said) in [
        (in_use, "is in use by another program"),
        (open, "no [[user]]"),
    ] {
        let file = place.write("shelfd.toml", &config);
        let exit = Shelfd::expect_exit(&place, &file, MOVE);
        assert_eq!(exit.code, Some(1), "{}", exit.text);
        assert_has(&exit.text, &[said]);
        std::fs::remove_file(place.file("exit.log")).expect("our own file");
    }
}
