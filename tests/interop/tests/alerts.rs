//! Alerts, from a blade's handle to receivers that we did not write: Debian's `snmptrapd` takes the
//! trap, FreeIPMI's `ipmi-pet` says what it means, and tools of both families configure who is
//! told.

use interop::{Operator, Place, Shelfd, demo, free_port, program, wait_until};
use std::fs::File;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// From the first request to a shelf that was discovered.
const START: Duration = Duration::from_secs(30);
/// From an event to its trap.
const TRAP: Duration = Duration::from_secs(20);
/// The user of the demo, and of our configuration.
const USER: &str = "admin";
/// Its password.
const PASSWORD: &str = "openshelf";
/// Enterprise of Platform Event Traps. Source: PET v1.0.
const ENTERPRISE: &str = ".1.3.6.1.4.1.3183.1.1";
/// A blade's handle is opened: sensor type F0h, sensor specific, offset 5 (M5).
const HANDLE_OPENED: &str = "15757061";

/// A running `snmptrapd`. It ends with this value.
struct Receiver {
    child: Child,
    place: Place,
    at: SocketAddr,
}

/// A trap as `snmptrapd` prints it.
#[derive(Debug)]
struct Trap {
    agent: String,
    enterprise: String,
    generic: String,
    specific: String,
    community: String,
    /// The octets of the variable, each as two hexadecimal digits.
    octets: Vec<String>,
}

impl Receiver {
    fn start() -> Self {
        let place = Place::new("snmptrapd");
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let config = place.write("trapd.conf", "disableAuthorization yes\n");
        let log = File::create(place.file("traps")).expect("the folder is new");
        let format = "%a|%N|%w|%q|%P|%v\\n";
        let child = Command::new(program("snmptrapd", "snmptrapd"))
            .args(["-f", "-n", "-On", "-Ox", "-Lo", "-F", format, "-C", "-c"])
            .arg(config)
            .arg(format!("udp:{at}"))
            .env("MIBS", "")
            .env("SNMPCONFPATH", place.path())
            .env("SNMP_PERSISTENT_DIR", place.path())
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("an open file"))
            .stdout(log)
            .spawn()
            .expect("snmptrapd is installed");
        let receiver = Self { child, place, at };
        wait_until(START, "snmptrapd listens", || {
            let text = receiver.printed();
            text.contains("NET-SNMP version").then_some(()).ok_or(text)
        });
        receiver
    }

    fn printed(&self) -> String {
        std::fs::read_to_string(self.place.file("traps")).unwrap_or_default()
    }

    /// The first trap with this number.
    fn wait_for(&self, specific: &str) -> Trap {
        wait_until(TRAP, specific, || {
            let printed = self.printed();
            // Hexadecimal octets go over several lines; a trap begins with an address.
            let traps = printed.replace(" \n", " ");
            let trap = traps.lines().filter_map(Trap::parse);
            let found = trap.into_iter().find(|trap| trap.specific == specific);
            found.ok_or(printed)
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_| ()).unwrap_or_default();
    }
}

impl Trap {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('|').collect();
        let [agent, enterprise, generic, specific, security, variable] = fields[..] else {
            return None;
        };
        let (_, hex) = variable.split_once("Hex-STRING: ")?;
        Some(Self {
            agent: agent.to_owned(),
            enterprise: enterprise.to_owned(),
            generic: generic.to_owned(),
            specific: specific.trim_start_matches('.').to_owned(),
            community: security.rsplit(' ').next()?.to_owned(),
            octets: hex.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

fn operator(at: SocketAddr) -> Operator<'static> {
    Operator {
        at,
        user: USER,
        password: PASSWORD,
        suite: "17",
    }
}

fn say(operator: &Operator<'_>, line: &str) -> String {
    operator.ipmitool(&line.split(' ').collect::<Vec<_>>())
}

#[track_caller]
fn assert_has(text: &str, wanted: &[&str]) {
    for line in wanted {
        assert!(text.contains(line), "\"{line}\" is missing in:\n{text}");
    }
}

/// What FreeIPMI makes of a trap, with the names of our sensors.
fn ipmi_pet(operator: &Operator<'_>, place: &Place, trap: &Trap) -> String {
    let folder = place.path().to_string_lossy().into_owned();
    let mut arguments = vec!["--quiet-cache", "--sdr-cache-directory", &folder];
    arguments.extend(["--no-header-output", "-v", &trap.specific]);
    arguments.extend(trap.octets.iter().map(String::as_str));
    operator.freeipmi(place, "ipmi-pet", &arguments)
}

/// Waits until a blade is known, and opens its handle.
fn open_handle(shelfd: &Shelfd, slot: &str) {
    wait_until(START, "the blade", || {
        let boards = shelfd.ctl(&["board"]).to_string();
        let address = 0x80 + 2 * slot.parse::<u32>().expect("a slot number");
        let is_known = boards.contains(&format!("\"address\":{address}"));
        is_known.then_some(()).ok_or(boards)
    });
    let opened = shelfd.shelfctl(&["blade", "open", slot]);
    assert!(opened.status.success(), "{opened:?}");
}

/// A simulated shelf whose configuration file names a receiver, with `more` about it.
fn configured(receiver: SocketAddr, rmcp: SocketAddr, more: &str) -> Shelfd {
    let unused = SocketAddr::from(([127, 0, 0, 1], 9));
    Shelfd::start_with(unused, |_| {
        format!(
            "[listen]\nrmcp = \"{rmcp}\"\n[[user]]\nname = \"{USER}\"\npassword = \"{PASSWORD}\"\n\
             [chassis]\nport = \"simulated\"\nslots = [1, 2]\n\
             [[alert]]\ndestination = \"{receiver}\"\ncommunity = \"noc\"\n\
             severity = \"information\"\n{more}"
        )
    })
}

// Whoever writes three lines into the configuration file is told, by tools that know what it means:
// the right blade, its right sensor, our right GUID.
#[test]
fn a_receiver_of_the_configuration_file_hears_of_a_handle() {
    let (receiver, place) = (Receiver::start(), Place::new("freeipmi"));
    let rmcp = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let shelfd = configured(receiver.at, rmcp, "");
    open_handle(&shelfd, "2");
    let trap = receiver.wait_for(HANDLE_OPENED);
    assert_eq!(trap.enterprise, ENTERPRISE);
    assert_eq!(
        (trap.generic.as_str(), trap.agent.as_str()),
        ("6", "127.0.0.1")
    );
    assert_eq!((trap.community.as_str(), trap.octets.len()), ("noc", 47));
    let guid = std::fs::read_to_string(shelfd.place().file("run/guid")).expect("its GUID");
    let sent = trap.octets[..16].concat().to_lowercase();
    assert_eq!(sent, guid.trim().replace('-', ""));
    let meaning = ipmi_pet(&operator(rmcp), &place, &trap);
    assert_has(
        &meaning,
        &[
            "HS Blade2",
            "Information",
            "Assertion Event",
            "Event Offset = 05h",
        ],
    );
    let filters = say(&operator(rmcp), "pef filter list");
    assert_has(&filters, &["pre-configured", "<LC,<UC", "| Critical |"]);
    let policies = say(&operator(rmcp), "pef policy list");
    assert_has(&policies, &["enabled | Match-always | 1 | 802.3 LAN | PET"]);
}

/// A filter for all that blade 13 says, critical, to policy 1.
const FILTER: &str = "raw 4 0x12 6 1 0x80 1 1 0x10 0x9a 0xff 0xff 0xff 0xff 0xff 0xff 0 0 0 0 0 0 \
                      0 0 0";

// `ipmitool` configures it all: filter, policy, destination; and sees what it has configured.
#[test]
fn ipmitool_configures_an_alert() {
    let shelfd = demo();
    let operator = operator(shelfd.rmcp());
    assert_has(&say(&operator, "pef info"), &["0x51", "| Alert"]);
    say(&operator, "pef status");
    say(&operator, FILTER);
    say(&operator, "raw 4 0x12 9 1 0x18 0x11 0x00");
    say(&operator, "lan alert set 1 1 ipaddr 192.0.2.77");
    say(&operator, "lan alert set 1 1 ack on");
    say(&operator, "lan alert set 1 1 time 0");
    say(&operator, "lan alert set 1 1 retry 0");
    let told = say(&operator, "lan alert print 1 1");
    assert_has(&told, &["192.0.2.77", ": Acknowledged"]);
    let filters = say(&operator, "pef filter list");
    assert_has(
        &filters,
        &["1 | enabled, configurable | Any | Any | Critical"],
    );
    say(&operator, "pef filter disable 1");
    let filters = say(&operator, "pef filter list");
    assert_has(&filters, &["1 | disabled, configurable"]);
    say(&operator, "pef filter enable 1");
    open_handle(&shelfd, "13");
    // Nobody there acknowledges, and the console says so.
    wait_until(TRAP, "the alert that nobody acknowledges", || {
        let events = shelfd.ctl(&["events"]).to_string();
        let is_told = events.contains("192.0.2.77 port 162 does not acknowledge");
        is_told.then_some(()).ok_or(events)
    });
}

/// Changes a value in one section of FreeIPMI's configuration.
fn changed(config: &str, section: &str, key: &str, value: &str) -> String {
    let mut is_inside = false;
    let lines = config.lines().map(|line| {
        let word = line.split_whitespace().next().unwrap_or_default();
        is_inside = line == format!("Section {section}") || is_inside && word != "EndSection";
        if is_inside && word == key {
            format!("\t{key} {value}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

// FreeIPMI's whole configuration goes out and back in, changed in three places.
#[test]
fn freeipmi_checks_out_and_commits() {
    let (shelfd, place) = (demo(), Place::new("freeipmi"));
    let operator = operator(shelfd.rmcp());
    let tool = |arguments: &[&str]| operator.freeipmi(&place, "ipmi-pef-config", arguments);
    let config = tool(&["--checkout"]);
    assert_has(
        &config,
        &["Section Event_Filter_16", "Section Alert_Policy_16"],
    );
    let config = changed(&config, "Community_String", "Community_String", "freeipmi");
    let address = "Alert_IP_Address";
    let config = changed(&config, "Lan_Alert_Destination_3", address, "192.0.2.9");
    let config = changed(&config, "Event_Filter_4", "Enable_Filter", "Yes");
    let file = place
        .write("pef.conf", &config)
        .to_string_lossy()
        .into_owned();
    let file = format!("--filename={file}");
    tool(&["--commit", &file]);
    tool(&["--diff", &file]);
    let again = tool(&["--checkout"]);
    assert_has(&again, &["192.0.2.9", "freeipmi"]);
    let told = say(&operator, "lan alert print 1 3");
    assert_has(&told, &["192.0.2.9"]);
}

/// The octets of PET Acknowledge for a trap: those of the trap have their most significant byte
/// first, those of the command their least significant one.
fn acknowledge(trap: &Trap) -> Vec<String> {
    let order = [17, 16, 21, 20, 19, 18, 25, 27, 28, 31, 32, 33];
    let bytes = order.map(|place| format!("0x{}", trap.octets[place]));
    let command = ["raw", "4", "0x17"].map(str::to_owned);
    command.into_iter().chain(bytes).collect()
}

/// That a trap does not wait any more: its acknowledge is refused.
#[track_caller]
fn assert_no_trap_waits(operator: &Operator<'_>, trap: &Trap) {
    let bytes = acknowledge(trap);
    let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
    let again = operator.try_ipmitool(&bytes);
    assert_has(&String::from_utf8_lossy(&again.stderr), &["rsp=0xcb"]);
}

/// The trap of a handle that waits for its acknowledge, who got it, and who sent it.
fn waiting_trap(rmcp: SocketAddr) -> (Trap, Receiver, Shelfd) {
    let receiver = Receiver::start();
    let shelfd = configured(receiver.at, rmcp, "acknowledge = true\nretries = 7\n");
    open_handle(&shelfd, "1");
    (receiver.wait_for(HANDLE_OPENED), receiver, shelfd)
}

// What a receiver acknowledges over a session is over: nothing waits for it any more.
#[test]
fn an_acknowledge_is_taken_once() {
    let rmcp = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let (trap, _receiver, _shelfd) = waiting_trap(rmcp);
    let operator = operator(rmcp);
    let right = acknowledge(&trap);
    let right: Vec<&str> = right.iter().map(String::as_str).collect();
    let mut wrong = right.clone();
    *wrong.last_mut().expect("a byte") = "0x77";
    let refused = operator.try_ipmitool(&wrong);
    assert_has(&String::from_utf8_lossy(&refused.stderr), &["rsp=0xcb"]);
    operator.ipmitool(&right);
    assert_no_trap_waits(&operator, &trap);
}

// FreeIPMI acknowledges outside of a session, as a receiver does that has no password.
#[test]
fn ipmi_pet_acknowledges_without_a_session() {
    let place = Place::new("freeipmi");
    let rmcp = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let (trap, _receiver, _shelfd) = waiting_trap(rmcp);
    let operator = operator(rmcp);
    let mut arguments = vec!["--pet-acknowledge", &trap.specific];
    arguments.extend(trap.octets.iter().map(String::as_str));
    operator.freeipmi(&place, "ipmi-pet", &arguments);
    assert_no_trap_waits(&operator, &trap);
}
