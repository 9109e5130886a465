//! What is wrong is said clearly, and changes nothing.

use interop::{
    Chassis, Place, Shelfd, Site, free_port, output_of, program, run_config, wait_until,
};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// For a daemon that must end by itself.
const END: Duration = Duration::from_secs(15);
/// For a state that must be reported.
const REPORT: Duration = Duration::from_secs(30);

fn here(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Waits until the port to the chassis is reported lost, with each of `words` in the reason.
fn expect_lost(shelfd: &Shelfd, words: &[&str]) {
    wait_until(REPORT, "the port is reported lost, and why", || {
        let status = shelfd.ctl(&["status"]);
        let text = status["port_text"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase();
        let is_told =
            status["port_state"] == "lost" && words.iter().all(|word| text.contains(word));
        is_told.then_some(()).ok_or_else(|| format!("{status:#}"))
    });
    assert_nothing_runs(shelfd);
}

/// Without a chassis there is no blade, and without a blade nothing may run.
fn assert_nothing_runs(shelfd: &Shelfd) {
    let boards = shelfd.ctl(&["board"]);
    assert_eq!(boards.as_array().map(Vec::len), Some(0), "{boards:#}");
    assert!(shelfd.components().is_empty());
}

/// Runs a configuration that must be refused, and checks code, message, and that no journal was
/// begun.
fn expect_refusal(place: &Place, config: &str, words: &[&str]) {
    let config = place.write("shelfd.toml", config);
    let exit = Shelfd::expect_exit(place, &config, END);
    assert_eq!(exit.code, Some(1), "{}", exit.text);
    for word in words {
        assert!(exit.text.contains(word), "no \"{word}\" in: {}", exit.text);
    }
    assert!(!exit.text.contains("panicked"), "{}", exit.text);
    assert_eq!(
        databases(place),
        Vec::<PathBuf>::new(),
        "a journal was begun"
    );
}

/// SQLite files with content in the run folder.
fn databases(place: &Place) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place.file("run"))
        .into_iter()
        .flatten()
        .flatten();
    let is_database = |file: &PathBuf| {
        std::fs::read(file).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3"))
    };
    entries
        .map(|entry| entry.path())
        .filter(is_database)
        .collect()
}

// A chassis that is off is no reason to end: it may come back.
#[test]
fn an_unreachable_chassis_is_reported_and_used_once_it_answers() {
    let chassis = here(free_port());
    // Held, so that no other test gets the port and answers.
    let _silent = UdpSocket::bind(chassis).expect("a free port");
    let shelfd = Shelfd::start_with(chassis, |config| config);
    expect_lost(&shelfd, &[&chassis.to_string()]);
}

// Guessing on would lock the user out, or log us in as somebody else.
#[test]
fn a_wrong_password_is_named() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start_with(chassis.lan(), |config| {
        config.replace("password = \"admin\"", "password = \"wrong\"")
    });
    expect_lost(&shelfd, &["password"]);
}

// No silent fall-back to something weaker than was asked for: this ipmi_sim has no suite 17.
#[test]
fn a_refused_cipher_suite_is_named() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start_with(chassis.lan(), |config| {
        config.replace("cipher_suites = [17, 3]", "cipher_suites = [17]")
    });
    expect_lost(&shelfd, &["cipher", "17"]);
}

// Two daemons on one port: the second one ends, the first one is not disturbed.
#[test]
fn a_port_in_use_is_named() {
    let place = Place::new("port");
    let taken = TcpListener::bind(here(0)).expect("a free port");
    let http = taken.local_addr().expect("a bound socket");
    let config = run_config(here(free_port()), http, |config| config);
    expect_refusal(&place, &config, &[&http.to_string(), "in use"]);
}

// A typing mistake in the configuration must not become a default.
#[test]
fn an_unknown_key_is_named_with_its_line() {
    let place = Place::new("config");
    let config = run_config(here(free_port()), here(free_port()), |config| {
        config.replace("[model]", "[modle]")
    });
    let line = config
        .lines()
        .position(|line| line == "[modle]")
        .expect("a model section")
        + 1;
    expect_refusal(
        &place,
        &config,
        &["shelfd.toml", "modle", &line.to_string()],
    );
}

// Ten ways to break a model, each refused with file and line before anything is loaded.
#[test]
fn a_broken_model_is_refused_with_file_and_line() {
    let object = |class: &str, dn: &str, attributes: &str| {
        format!("<object class=\"{class}\">\n<dn>{dn}</dn>\n{attributes}\n</object>")
    };
    let attribute = |name: &str, value: &str| {
        format!("<attr><name>{name}</name>\n<value>{value}</value></attr>")
    };
    let application = "safApp=Broken";
    let app = |attributes: &str| object("SaAmfApplication", application, attributes);
    let kind = attribute("saAmfAppType", "safVersion=1,safAppType=Counter");
    let type_twice = format!("{kind}{kind}");
    let broken = [
        (
            "not closed",
            format!("<object class=\"SaAmfApplication\">\n<dn>{application}</dn>\n"),
        ),
        ("unknown class", object("SaAmfAplication", application, "")),
        ("unknown attribute", app(&attribute("saAmfApType", "x"))),
        (
            "wrong type",
            object(
                "SaAmfSU",
                "safSu=9,safSg=Counter,safApp=Counter",
                &attribute("saAmfSURank", "first"),
            ),
        ),
        (
            "no name",
            "<object class=\"SaAmfApplication\">\n</object>".to_owned(),
        ),
        ("bad name", object("SaAmfApplication", "Broken", &kind)),
        (
            "no parent",
            object("SaAmfSU", "safSu=9,safSg=Nowhere,safApp=Counter", ""),
        ),
        (
            "dangling",
            app(&attribute(
                "saAmfAppType",
                "safVersion=9,safAppType=Nowhere",
            )),
        ),
        ("twice", app(&type_twice)),
        ("unknown element", format!("<objects/>\n{}", app(&kind))),
    ];
    for (name, body) in broken {
        let place = Place::new("model");
        let text = format!(
            "<?xml version=\"1.0\"?>\n<imm:IMM-contents xmlns:imm=\"http://www.saforum.org/IMMSchema\">\n\
             {body}\n</imm:IMM-contents>\n"
        );
        let file = place.write("broken.xml", &text);
        let config = run_config(here(free_port()), here(free_port()), |config| {
            config.replacen(
                "files = [",
                &format!("files = [\n    \"{}\",", file.display()),
                1,
            )
        });
        // Loaded last, so that what it refers to would be there.
        let config = move_first_file_last(&config);
        println!("{name}");
        expect_refusal(&place, &config, &["broken.xml:"]);
    }
}

/// Moves the first entry of `files` behind the last.
fn move_first_file_last(config: &str) -> String {
    let (head, rest) = config.split_once("files = [").expect("a list of files");
    let (list, tail) = rest.split_once(']').expect("an end of the list");
    let mut files: Vec<&str> = list
        .split(',')
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    files.rotate_left(1);
    format!("{head}files = [\n    {}\n]{tail}", files.join(",\n    "))
}

// A journal that a newer program wrote is not ours to touch.
#[test]
fn a_journal_of_a_newer_version_is_left_alone() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start(&chassis);
    shelfd.kill9();
    let journals = databases(shelfd.place());
    let [journal] = journals.as_slice() else {
        panic!("one journal: {journals:?}")
    };
    let script = "import sqlite3, sys\n\
        journal = sqlite3.connect(sys.argv[1])\n\
        journal.execute('PRAGMA user_version = 999')\n\
        journal.commit()\n\
        journal.execute('PRAGMA wal_checkpoint(TRUNCATE)')\n\
        journal.close()\n";
    output_of(
        Command::new(program("python3", "python3"))
            .args(["-c", script])
            .arg(journal),
    );
    let before = std::fs::read(journal).expect("the journal is there");
    let exit = Shelfd::expect_exit(shelfd.place(), &shelfd.place().file("shelfd.toml"), END);
    // Another start of this program would not help. Source: `sysexits.h`, EX_CONFIG.
    assert_eq!(exit.code, Some(78), "{}", exit.text);
    assert!(exit.text.contains("999"), "{}", exit.text);
    assert!(
        std::fs::read(journal).is_ok_and(|after| after == before),
        "the journal was changed"
    );
}

fn find<'a>(list: &'a Value, key: &str, value: impl Into<Value>) -> Vec<&'a Value> {
    let value = value.into();
    list.as_array()
        .map(|list| list.iter().filter(|it| it[key] == value).collect())
        .unwrap_or_default()
}

// An inventory with a wrong checksum is shown, and shown as such; all others are not suspected.
#[test]
fn an_inventory_with_a_bad_checksum_is_shown_as_such() {
    // One letter of the product name of the blade in slot 2.
    let chassis = Chassis::start_changed(&[(
        "0x43 0x4d 0x45 0xc6 0x42 0x6c 0x61 0x64 0x65 0x32 0xc8 0x42 0x4c 0x44 0x2d 0x30",
        "0x43 0x4d 0x45 0xc6 0x42 0x6c 0x61 0x64 0x65 0x33 0xc8 0x42 0x4c 0x44 0x2d 0x30",
    )]);
    let shelfd = Shelfd::start(&chassis);
    wait_until(
        REPORT,
        "a bad checksum in the board area of slot 2, and nowhere else",
        || {
            let frus = shelfd.ctl(&["fru"]);
            let all = frus.as_array().cloned().unwrap_or_default();
            let bad: Vec<String> = all.iter().flat_map(bad_areas).collect();
            let is_done = all.len() == Site::RESOURCES && bad == ["132 board"];
            is_done
                .then_some(())
                .ok_or_else(|| format!("{} FRUs, bad: {bad:?}", all.len()))
        },
    );
}

/// `address area` of each area with a bad checksum.
fn bad_areas(fru: &Value) -> Vec<String> {
    let name = |area: &Value| {
        format!(
            "{} {}",
            fru["address"],
            area["area"].as_str().unwrap_or_default()
        )
    };
    find(&fru["areas"], "status", "bad checksum")
        .into_iter()
        .map(name)
        .collect()
}

// A record that ends too early costs its own sensor, and no other.
#[test]
fn a_truncated_sensor_record_costs_one_sensor() {
    // The +12V sensor of the blade in slot 2: the record says that it has 16 bytes, and so it has.
    let chassis = Chassis::start_changed(&[(
        "0x00 0x00 0x51 0x01 0x32 0x84 0x00 0x03 0xa0",
        "0x00 0x00 0x51 0x01 0x10 0x84 0x00 0x03 0xa0",
    )]);
    let shelfd = Shelfd::start(&chassis);
    wait_until(REPORT, "all sensors but one", || {
        let sensors = shelfd.ctl(&["sensor"]);
        let found = sensors.as_array().map_or(0, Vec::len);
        (found == Site::SENSORS - 1)
            .then_some(())
            .ok_or_else(|| format!("{found} sensors"))
    });
    let events = shelfd.ctl(&["events"]);
    let list = events["events"].as_array().cloned().unwrap_or_default();
    let is_told = |event: &Value| {
        let has = |key: &str, part: &str| event[key].as_str().is_some_and(|it| it.contains(part));
        has("object", "0x84") && has("text", "record")
    };
    assert!(list.iter().any(is_told), "nobody was told: {list:#?}");
}
