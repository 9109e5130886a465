//! Our own simulated shelf, as a program of its own.

use crate::shelfd::{built, read};
use crate::{Place, free_port, wait_until};
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long it may take until it listens, and until a hand's order is done.
const LIMIT: Duration = Duration::from_secs(20);

/// A running `chassis-sim`. It ends with this value.
#[derive(Debug)]
pub struct Simulator {
    child: Child,
    place: Place,
    system: SocketAddr,
    rmcp: SocketAddr,
}

impl Simulator {
    /// Starts one that listens for RMCP+, and waits until it does. It has a serial line at
    /// [`Self::line`] when `arguments` ask for one.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(arguments: &[&str]) -> Self {
        let place = Place::new("chassis-sim");
        let [system, rmcp] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
        let log = File::create(place.file("log")).expect("the folder is new");
        let mut command = Command::new(built("chassis-sim"));
        command.args(["--vm", &system.to_string(), "--rmcp", &rmcp.to_string()]);
        if arguments.contains(&"--serial") {
            command.arg("--pty").arg(place.file("line"));
        }
        let child = command
            .args(arguments)
            // It lives as long as somebody may give it orders.
            .stdin(Stdio::piped())
            .stderr(log.try_clone().expect("an open file"))
            .stdout(log)
            .spawn()
            .expect("chassis-sim is built");
        let simulator = Self {
            child,
            place,
            system,
            rmcp,
        };
        wait_until(LIMIT, "chassis-sim listens", || {
            let log = simulator.log();
            log.contains("rmcp on").then_some(()).ok_or(log)
        });
        simulator
    }

    /// Where its system interface (VM codec) listens.
    pub fn system(&self) -> SocketAddr {
        self.system
    }

    /// Where IPMI tools reach it.
    pub fn rmcp(&self) -> SocketAddr {
        self.rmcp
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its serial line is.
    pub fn line(&self) -> PathBuf {
        self.place.file("line")
    }

    /// Does something to its hardware as a hand would; `help` of `chassis-sim` lists the orders.
    ///
    /// # Panics
    /// When it is not done.
    #[track_caller]
    pub fn operate(&mut self, order: &str) {
        let done = |log: &str| log.matches("done\n").count();
        let before = done(&self.log());
        let input = self.child.stdin.as_mut().expect("a pipe");
        writeln!(input, "{order}").expect("a running program");
        wait_until(LIMIT, order, || {
            let log = self.log();
            (done(&log) > before).then_some(()).ok_or(log)
        });
    }

    fn log(&self) -> String {
        read(&self.place.file("log"))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may be gone already.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_| ()).unwrap_or_default();
    }
}
