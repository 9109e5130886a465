//! What the clients show.

use crate::{PATIENCE, discovered};
use interop::{Chassis, Shelfd, demo, program, wait_until};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// One of openhpi-clients, aimed at a daemon; it ends after two minutes at the latest, and its
/// lines come as they are printed.
fn client(at: SocketAddr, line: &str) -> Command {
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

// What each client shows, beside what the same shelf shows by other ways.
#[test]
fn clients_of_openhpi_show_the_demo() {
    let shelfd = demo();
    wait_until(PATIENCE, "all that the console shows", || {
        let tree = run(&shelfd, "hpitree -a");
        let shown = (
            count(&tree, "RdrType: SENSOR_RDR"),
            tree.contains("{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,13}{PICMG_FRONT_BLADE,0}"),
        );
        let expected = (discovered(&shelfd), true);
        (shown == expected)
            .then_some(())
            .ok_or_else(|| format!("{shown:?}, not {expected:?}"))
    });
    let shown = run(&shelfd, "hpisensor -t");
    assert!(shown.contains("Inlet Temp"), "{shown}");
    assert!(shown.contains("Degrees C"), "{shown}");
    assert!(shown.contains("Up Critical Threshold"), "{shown}");
    assert!(run(&shelfd, "hpiinv").contains("SHELF-0001"));
    assert!(run(&shelfd, "hpidomain").contains("RPT"));
    let xml = run(&shelfd, "hpixml");
    assert!(xml.trim_end().ends_with("</HPI>"), "it walked everything");
    assert!(xml.contains("<DomainEventLog>"));
    run(&shelfd, "hpigensimdata");
    run(&shelfd, "hpialarms");
    run(&shelfd, "hpiel");
    run(&shelfd, "hpifan");
    run(&shelfd, "hpitop");
    run(&shelfd, "hpiwdt");
    run(&shelfd, "ohdomainlist");
    assert!(run(&shelfd, "ohhandler list").contains('1'));
    assert!(run(&shelfd, "ohhandler info 1").contains("openshelf"));
    assert!(run(&shelfd, "ohparam get").contains("OPENHPI_DEL_SIZE_LIMIT"));
}

/// `hpievents`, and its lines as they come.
struct Events {
    child: Child,
    lines: Receiver<String>,
}

impl Events {
    fn start(shelfd: &Shelfd) -> Self {
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
    fn expect(&self, words: &[&str]) {
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
