//! A client of HPI, unmodified, that listens all the time at the shelf's shared address.

use cluster::shelf::{PATIENCE, SHARED_ADDRESS, Shelf};
use cluster::{Cluster, program};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// `hpievents`, and its lines as they come.
pub(crate) struct Events {
    child: Child,
    lines: Receiver<String>,
}

impl Events {
    pub(crate) fn start(cluster: &Arc<Cluster>) -> Self {
        // Its lines as it prints them.
        let mut command = cluster.chassis().command(program("stdbuf", "coreutils"));
        let mut child = command
            .arg("-oL")
            .arg(program("hpievents", "openhpi-clients"))
            .args(["-t", "BLOCK"])
            .env("OPENHPI_DAEMON_HOST", SHARED_ADDRESS)
            .env("OPENHPI_DAEMON_PORT", "4743")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().expect("it is piped");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let events = Self { child, lines };
        events.expect("rptentry[1]");
        events
    }

    /// Moves the handle of the blade without an instance: the client must hear of it.
    #[track_caller]
    pub(crate) fn see_handle(&self, shelf: &mut Shelf) {
        for (hands, state) in [("open 3", "INACTIVE"), ("close 3", "ACTIVE")] {
            shelf.hands(hands);
            self.expect(&format!("HotSwapState: {state}"));
        }
        shelf.settled();
    }

    /// It has heard of each takeover: the sensor of the active CMM tells of it.
    #[track_caller]
    pub(crate) fn see_takeovers(&self, count: usize) {
        for _ in 0..count {
            self.expect("Event Sensor Num: 4098 ");
        }
    }

    /// Waits for a line with these words.
    #[track_caller]
    fn expect(&self, words: &str) {
        let mut seen = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(words) => return,
                Ok(line) => seen.push(line),
                Err(why) => panic!("no \"{words}\" ({why}) after {seen:#?}"),
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
