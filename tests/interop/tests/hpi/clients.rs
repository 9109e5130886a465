//! What the clients show.

use crate::raw::Raw;
use crate::{PATIENCE, discovered};
use interop::{Chassis, Operator, Shelfd, Terminal, demo, program, wait_until};
use openhpi_wire::function::RdrGet;
use openhpi_wire::types::RdrTypeUnion;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// `SAHPI_CAPABILITY_POWER`.
const POWER: u32 = 0x20;

/// One of openhpi-clients, aimed at a daemon; it ends after two minutes at the latest, and its
/// lines come as they are printed.
pub(crate) fn client(at: SocketAddr, line: &str) -> Command {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let mut command = Command::new("timeout");
    command
        .args(["120", "stdbuf", "-oL"])
        .arg(program(name, "openhpi-clients"));
    let (host, port) = (at.ip().to_string(), at.port().to_string());
    command
        .args(words)
        .env("OPENHPI_DAEMON_HOST", host)
        .env("OPENHPI_DAEMON_PORT", port)
        .stdin(Stdio::null());
    command
}

/// What a client printed; it must have ended well.
fn run(shelfd: &Shelfd, line: &str) -> String {
    run_at(shelfd.hpi(), line)
}

/// The same, through a port of its own.
pub(crate) fn run_at(at: SocketAddr, line: &str) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = client(at, line).output().expect("it is installed");
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let errors = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{line}: {status}\n{text}\n{errors}");
    assert!(!errors.contains("CRITICAL"), "{line}: {errors}");
    text
}

fn count(text: &str, word: &str) -> usize {
    text.matches(word).count()
}

/// A client with its arguments, its exit code, and what it must show.
type Shows = (&'static str, i32, &'static [&'static str]);

/// What needs nobody to type, at any shelf.
const ALWAYS: &[Shows] = &[
    (
        "hpitree -a",
        0,
        &["{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}"],
    ),
    (
        "hpisensor -t",
        0,
        &["CPU Temp", "Degrees C", "Up Critical Threshold"],
    ),
    ("hpiinv", 0, &["Part Number", "Serial Number", "Blade1"]),
    (
        "hpitop",
        0,
        &["+---", "Type: TEMPERATURE", "Output Type: LED"],
    ),
    (
        "hpidomain",
        0,
        &[
            "RPT update count",
            "DAT update count",
            "Serving Daemon on Host",
        ],
    ),
    (
        "hpixml",
        0,
        &["<DomainEventLog>", "<DomainAlarmTable>", "</HPI>"],
    ),
    ("hpigensimdata", 0, &["CONFIGURATION {", "RDR {"]),
    ("hpiel", 0, &["Domain Info"]),
    (
        "hpievents -t 1",
        0,
        &["timeout:[1000000000]", "Go and get the event"],
    ),
    ("hpialarms", 0, &["Blue LED"]),
    ("hpiwdt", 0, &["has watchdog capability", "Watchdog: Num=0"]),
    ("hpifan", 0, &["hpifan - This program"]),
    (
        "hpisettime -d 01/01/2030 -t 12:00:00",
        0,
        &["RptUpdateCount"],
    ),
    ("ohdomainlist", 0, &["with id: 0"]),
    (
        "ohhandler list",
        0,
        &["Handler 1: openshelf, Entity Path: {ADVANCEDTCA_CHASSIS,1}"],
    ),
    ("ohhandler info 1", 0, &["plugin openshelf"]),
    ("ohparam get", 0, &["OPENHPI_DEL_SIZE_LIMIT"]),
    // It looks for the driver of the blade that it runs on.
    (
        "hpionIBMblade",
        255,
        &["Could not open device at /dev/ipmi0"],
    ),
];

/// Waits until each blade's records are there.
fn all_there(shelfd: &Shelfd) {
    discovered(shelfd);
    wait_until(PATIENCE, "all that the control socket shows", || {
        let tree = run(shelfd, "hpitree -a");
        let shown = count(&tree, "RdrType: SENSOR_RDR");
        let expected = shelfd.ctl(&["sensor"]).as_array().map_or(0, Vec::len);
        (shown >= expected && expected > 0)
            .then_some(())
            .ok_or_else(|| format!("{shown}, not {expected}"))
    });
}

#[track_caller]
fn show(at: SocketAddr, shows: &[Shows]) {
    for (line, code, words) in shows {
        let Output {
            status,
            stdout,
            stderr,
        } = client(at, line).output().expect("it is installed");
        let text = [stdout, stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(status.code(), Some(*code), "{line}: {text}");
        for word in *words {
            assert!(text.contains(word), "{line} shows no \"{word}\": {text}");
        }
        assert!(
            *code != 0 || !text.contains("CRITICAL **"),
            "{line}: {text}"
        );
    }
}

// What each client shows, beside what the same shelf shows by other ways.
#[test]
fn clients_of_openhpi_show_the_demo() {
    let shelfd = demo();
    all_there(&shelfd);
    show(shelfd.hpi(), ALWAYS);
    assert!(run(&shelfd, "hpiinv").contains("SHELF-0001"));
    show(
        shelfd.hpi(),
        &[(
            "hpireset -r",
            0,
            &["tag: Blade13", "ResetStateSet status = 0"],
        )],
    );
}

#[test]
fn clients_of_openhpi_show_ipmi_sim() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start_with_hpi(&chassis);
    all_there(&shelfd);
    show(shelfd.hpi(), ALWAYS);
    // ipmi_sim knows no power levels, and the client ends with that error.
    show(
        shelfd.hpi(),
        &[("hpipower", 19, &["Not in ON or OFF state"])],
    );
    show(
        shelfd.hpi(),
        &[(
            "hpireset -r",
            0,
            &["tag: Blade3", "ResetStateSet status = 0"],
        )],
    );
}

/// What a client shows to somebody who types these lines.
fn types(shelfd: &Shelfd, line: &str, lines: &str) -> String {
    let mut client = client(shelfd.hpi(), line);
    client.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = client.spawn().expect("it is installed");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("our own process");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{line}: {text}");
    text
}

pub(crate) fn operator(shelfd: &Shelfd) -> Operator<'static> {
    Operator {
        at: shelfd.rmcp(),
        user: "admin",
        password: "openshelf",
        suite: "17",
    }
}

/// The power level of a blade, as its controller says.
fn power_level(shelfd: &Shelfd, address: &str) -> String {
    let told =
        operator(shelfd).ipmitool(&["-b", "0", "-t", address, "picmg", "power", "get", "0", "0"]);
    let level = told
        .lines()
        .find(|line| line.contains("Actual Power Level"));
    level.unwrap_or(&told).to_owned()
}

/// Waits until a blade has this power level.
#[track_caller]
fn has_power(shelfd: &Shelfd, address: &str, level: char) {
    wait_until(PATIENCE, "the power level", || {
        let told = power_level(shelfd, address);
        told.ends_with(level).then_some(()).ok_or(told)
    });
}

// What is typed must reach the hardware: ipmitool asks the controller, not us.
#[test]
fn who_types_at_a_client_changes_the_hardware() {
    let shelfd = demo();
    all_there(&shelfd);
    let upper = || {
        let inlet = ["-t", "0x82", "sensor", "get", "B1 Inlet"];
        let told = operator(&shelfd).ipmitool(&inlet);
        let line = told
            .lines()
            .find(|line| line.contains("Upper Non-Recoverable"));
        line.unwrap_or(&told).to_owned()
    };
    assert!(upper().ends_with("95.000"), "{}", upper());
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let (blade, sensor) = named(&mut raw, session, "B1 Inlet");
    let lines = format!("mod\n{blade}\n{sensor}\nuc\n91\nyes\nq\n");
    assert!(types(&shelfd, "hpithres", &lines).contains("91.000"));
    assert!(upper().ends_with("91.000"), "{}", upper());

    // The menu lists all whose power can be switched, as discovered; 86h is the blade of slot 3.
    let (slot_3, _) = named(&mut raw, session, "HS Blade3");
    let mut switched = raw.resources(session);
    switched.retain(|it| it.capabilities & POWER != 0);
    let place = switched.iter().position(|it| it.resource == slot_3);
    let place = 1 + place.expect("a blade's power is switched");
    let chooses = |action: u8| types(&shelfd, "hpipower", &format!("{place}\n{action}\n"));
    has_power(&shelfd, "0x86", '3');
    assert!(chooses(0).contains("successfully powered off"));
    has_power(&shelfd, "0x86", '0');
    assert!(chooses(1).contains("successfully powered on"));
    has_power(&shelfd, "0x86", '3');
    assert!(chooses(2).contains("successfully powered cycled"));
    has_power(&shelfd, "0x86", '3');

    // It wants a terminal.
    let (slot_4, _) = named(&mut raw, session, "HS Blade4");
    let at = shelfd.hpi();
    let mut shell = Terminal::run(&format!("timeout --foreground 60 hpi_shell -N {at}"));
    shell.types(&format!("power {slot_4} off\n"), "hpi_shell> ");
    shell.types(
        &format!("power {slot_4}\n"),
        &format!("Resource {slot_4} is power off now"),
    );
    has_power(&shelfd, "0x88", '0');
    shell.types(&format!("settag {slot_4} mine\n"), "TEXT: ENGLISH: mine");
    shell.types(&format!("power {slot_4} on\n"), "hpi_shell> ");
    has_power(&shelfd, "0x88", '3');
    shell.types("quit\n", "quit");
    shell.ends();
    assert!(run(&shelfd, "hpitree -a").contains("mine"));
}

/// Resource and number of the sensor with this name.
fn named(raw: &mut Raw, session: u32, name: &str) -> (u32, u32) {
    for resource in raw.resources(session) {
        let (mut entry, resource) = (0, resource.resource);
        while entry != u32::MAX {
            let call = RdrGet {
                session,
                resource,
                entry,
            };
            let Ok(next) = raw.call(&call) else { break };
            if let RdrTypeUnion::Sensor(rec) = &next.entry.instrument
                && next.entry.id.data == name.as_bytes()
            {
                return (resource, rec.num);
            }
            entry = next.next;
        }
    }
    panic!("no sensor {name}");
}

/// `hpievents`, and its lines as they come.
pub(crate) struct Events {
    child: Child,
    lines: Receiver<String>,
}

impl Events {
    pub(crate) fn start(shelfd: &Shelfd) -> Self {
        let mut client = client(shelfd.hpi(), "hpievents -t BLOCK");
        let child = client.stdout(Stdio::piped()).spawn();
        let mut child = child.expect("it is installed");
        let output = child.stdout.take().expect("it is piped");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line with these words.
    #[track_caller]
    pub(crate) fn expect(&self, words: &[&str]) {
        let mut seen = Vec::new();
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if words.iter().all(|word| line.contains(word)) => return,
                Ok(line) => seen.push(line),
                Err(why) => panic!("no {words:?} ({why}) after {seen:#?}"),
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// openhpid never sees a blade that is pulled.
#[test]
fn hpievents_sees_each_movement_of_a_blade_of_the_demo() {
    let shelfd = demo();
    all_there(&shelfd);
    let events = Events::start(&shelfd);
    events.expect(&["rptentry[1]"]);
    let moves = [
        (["blade", "open", "13"], " HotSwapState: INACTIVE"),
        (["blade", "close", "13"], " HotSwapState: ACTIVE"),
        (["blade", "pull", "13"], " HotSwapState: NOT_PRESENT"),
        (["blade", "insert", "14"], " HotSwapState: ACTIVE"),
    ];
    for (movement, state) in moves {
        let moved = shelfd.shelfctl(&movement);
        assert!(moved.status.success(), "{movement:?}");
        events.expect(&[state]);
    }
}

// openhpid forgets its sessions with its life, and never misses a blade that is pulled.
#[test]
fn hpievents_goes_on_when_the_daemon_dies_and_sees_a_blade_pulled() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start_with_hpi(&chassis);
    discovered(&shelfd);
    let events = Events::start(&shelfd);
    events.expect(&["rptentry[1]"]);
    chassis.blade("extract", 0x86);
    events.expect(&["EXTRACTION_PENDING"]);
    shelfd.kill9();
    shelfd.restart();
    chassis.blade("insert", 0x88);
    events.expect(&["INSERTION_PENDING"]);
    chassis.blade("surprise", 0x84);
    events.expect(&["NOT_PRESENT"]);
}
