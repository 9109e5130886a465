//! Our own daemon and command line, as a user runs them.

use crate::{
    Chassis, ComponentProcess, Place, component_processes, free_port, repository, wait_until,
};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the daemon may take until it answers `shelfctl`.
const START_LIMIT: Duration = Duration::from_secs(20);

/// One daemon at a time: the sample application listens on the ports of its model, whoever runs it.
static ONE: Mutex<()> = Mutex::new(());

/// A running daemon. It ends with this value, and so does every component that it started.
#[derive(Debug)]
pub struct Shelfd {
    child: Child,
    place: Place,
    arguments: Vec<String>,
    http: SocketAddr,
    rmcp: Option<SocketAddr>,
    hpi: Option<SocketAddr>,
    _one: MutexGuard<'static, ()>,
}

/// How a daemon ended by itself.
#[derive(Debug)]
pub struct Exit {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// All that it printed.
    pub text: String,
}

/// A configuration like `examples/ipmi_sim.toml`, for `chassis` and a console port of its own;
/// `change` may edit it further.
///
/// # Panics
/// When the example is gone.
pub fn run_config(
    chassis: SocketAddr,
    http: SocketAddr,
    change: impl Fn(String) -> String,
) -> String {
    let examples = repository().join("examples");
    let file = examples.join("ipmi_sim.toml");
    let text =
        std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let mut config = String::new();
    let mut is_in_files = false;
    for line in text.lines() {
        is_in_files |= line.trim_start().starts_with("files");
        let key = line.split('=').next().unwrap_or_default().trim();
        config += &match key {
            "http" => format!("http = \"{http}\""),
            "address" => format!("address = \"{chassis}\""),
            "bin" => format!("bin = \"{}\"", build_folder().display()),
            _ if is_in_files => absolute(line, &examples),
            _ => line.to_owned(),
        };
        is_in_files &= !line.contains(']');
        config.push('\n');
    }
    change(config)
}

/// Starts `shelfd demo`.
///
/// # Panics
/// When it does not answer.
pub fn demo() -> Shelfd {
    demo_with(&[])
}

/// Starts `shelfd demo` with more arguments.
///
/// # Panics
/// When it does not answer.
pub fn demo_with(more: &[&str]) -> Shelfd {
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let [http, rmcp, hpi] = [(); 3].map(|()| local(free_port()));
    let [at, tools, clients] = [http, rmcp, hpi].map(|address| address.to_string());
    let arguments = ["demo", "--http", &at, "--rmcp", &tools, "--hpi", &clients];
    let arguments = [&arguments[..], more].concat();
    let mut shelfd = Shelfd::launch_at(Place::new("demo"), http, &arguments);
    shelfd.rmcp = Some(rmcp);
    shelfd.hpi = Some(hpi);
    shelfd
}

impl Shelfd {
    /// Starts `shelfd run` against `chassis` with `examples/ipmi_sim.toml`, and waits until it
    /// answers.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn start(chassis: &Chassis) -> Self {
        Self::start_with(chassis.lan(), |config| config)
    }

    /// The same, with a changed configuration.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn start_with(chassis: SocketAddr, change: impl Fn(String) -> String) -> Self {
        let place = Place::new("shelfd");
        let http = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let config = place.write("shelfd.toml", &run_config(chassis, http, change));
        let config = config.to_string_lossy().into_owned();
        Self::launch_at(place, http, &["run", "--config", &config])
    }

    /// Runs `shelfd run` with a configuration that must make it end by itself, and returns how.
    ///
    /// # Panics
    /// When it still runs after `limit`.
    pub fn expect_exit(place: &Place, config: &Path, limit: Duration) -> Exit {
        let config = config.to_string_lossy();
        let mut child = spawn(place, &["run", "--config", &config], "exit.log");
        let start = Instant::now();
        let status = loop {
            match child.try_wait().expect("our own process") {
                Some(status) => break status,
                None if start.elapsed() > limit => {
                    child.kill().expect("our own process");
                    panic!(
                        "still runs after {limit:?}: {}",
                        read(&place.file("exit.log"))
                    );
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        Exit {
            code: status.code(),
            text: read(&place.file("exit.log")),
        }
    }

    fn launch_at(place: Place, http: SocketAddr, arguments: &[&str]) -> Self {
        // A test that failed while it held this leaves nothing behind that could harm the next.
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let child = spawn(&place, arguments, "shelfd.log");
        let arguments = arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect();
        let mut shelfd = Self {
            child,
            place,
            arguments,
            http,
            rmcp: None,
            hpi: None,
            _one: one,
        };
        shelfd.wait_for_answer();
        shelfd
    }

    /// Where its console listens.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where IPMI tools reach it.
    ///
    /// # Panics
    /// When it is no demo: only the demo listens for tools without being told to.
    pub fn rmcp(&self) -> SocketAddr {
        self.rmcp.expect("a demo")
    }

    /// Starts `shelfd run` as [`Self::start`] does, and lets HPI clients in.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn start_with_hpi(chassis: &Chassis) -> Self {
        Self::start_with_hpi_and(chassis.lan(), |config| config)
    }

    /// The same, with a changed configuration.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn start_with_hpi_and(chassis: SocketAddr, change: impl Fn(String) -> String) -> Self {
        let hpi = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let listen = format!("[listen]\nhpi = \"{hpi}\"");
        let change = |config: String| change(config.replace("[listen]", &listen));
        let mut shelfd = Self::start_with(chassis, change);
        shelfd.hpi = Some(hpi);
        shelfd
    }

    /// Where HPI clients find it.
    ///
    /// # Panics
    /// When nobody listens for them.
    pub fn hpi(&self) -> SocketAddr {
        self.hpi.expect("a demo, or started with HPI")
    }

    /// Its folder: configuration, log and, in `run`, journal and sockets.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it has printed so far.
    pub fn log(&self) -> String {
        read(&self.place.file("shelfd.log"))
    }

    /// Kills it without a word; its components live on.
    ///
    /// # Panics
    /// When it is not there.
    pub fn kill9(&mut self) {
        self.child.kill().expect("our own process");
        self.child.wait().expect("our own process");
    }

    /// Tells it to stop, and waits until it has.
    ///
    /// # Panics
    /// When it does not stop in order.
    pub fn terminate(&mut self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(
            told.is_ok_and(|status| status.success()),
            "kill -TERM {pid}"
        );
        let status = self.child.wait().expect("our own process");
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Starts it again as before, and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    pub fn restart(&mut self) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.child = spawn(&self.place, &arguments, "shelfd.log");
        self.wait_for_answer();
    }

    /// What `shelfctl … --json` prints, without the key that names the kind of the reply.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn ctl(&self, arguments: &[&str]) -> Value {
        self.try_ctl(arguments)
            .unwrap_or_else(|why| panic!("{why}\n{}", self.log()))
    }

    /// The same; `Err` with what it printed when it fails.
    ///
    /// # Errors
    /// When its exit code is not 0, or it prints no JSON.
    pub fn try_ctl(&self, arguments: &[&str]) -> Result<Value, String> {
        let output = self.shelfctl(&[arguments, &["--json"]].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        let value: Option<Value> = serde_json::from_str(&text).ok();
        let value = value
            .filter(|_| output.status.success())
            .and_then(only_value);
        let asked = arguments.join(" ");
        value.ok_or_else(|| format!("shelfctl {asked}: {}: {text}{complaint}", output.status))
    }

    /// Asks over the control socket, without `shelfctl`: what a `Reply` contains.
    ///
    /// # Panics
    /// When the answer is none.
    #[track_caller]
    pub fn query(&self, query: &Value) -> Value {
        let socket = run_folder(&self.place).join("shelfd.sock");
        let mut stream = UnixStream::connect(socket).expect("a running daemon");
        let line = serde_json::json!({"query": query}).to_string() + "\n";
        stream.write_all(line.as_bytes()).expect("an open socket");
        let mut answer = String::new();
        BufReader::new(stream)
            .read_line(&mut answer)
            .expect("the daemon answers");
        let answer: Value = serde_json::from_str(&answer).expect("the daemon answers in JSON");
        let reply = only_value(answer["reply"].clone());
        reply.unwrap_or_else(|| panic!("{query}: {answer}"))
    }

    /// Runs `shelfctl` against this daemon.
    ///
    /// # Panics
    /// When it is not built.
    pub fn shelfctl(&self, arguments: &[&str]) -> Output {
        Command::new(built("shelfctl"))
            .arg("--run-dir")
            .arg(run_folder(&self.place))
            .args(arguments)
            .output()
            .expect("shelfctl is built")
    }

    /// The processes of its components.
    pub fn components(&self) -> Vec<ComponentProcess> {
        component_processes(&run_folder(&self.place))
    }

    fn wait_for_answer(&mut self) {
        wait_until(START_LIMIT, "shelfd answers shelfctl", || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("shelfd ended: {status}\n{}", self.log());
            }
            self.try_ctl(&["status"]).map(|_| ())
        });
    }
}

impl Drop for Shelfd {
    fn drop(&mut self) {
        // Both may be gone already. Components outlive their daemon by design: here they must not.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_| ()).unwrap_or_default();
        for process in self.components() {
            let mut kill = Command::new("kill");
            kill.args(["-9", &process.pid.to_string()])
                .stderr(Stdio::null());
            kill.status().map(|_| ()).unwrap_or_default();
        }
    }
}

fn spawn(place: &Place, arguments: &[&str], log: &str) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(place.file(log));
    let log = log.expect("a folder of our own");
    Command::new(built("shelfd"))
        .args(arguments)
        .arg("--run-dir")
        .arg(run_folder(place))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("an open file"))
        .stderr(log)
        .spawn()
        .expect("shelfd is built")
}

fn run_folder(place: &Place) -> PathBuf {
    place.file("run")
}

/// Where cargo puts the programs of this build: tests and benchmarks lie in `deps` below it.
fn build_folder() -> PathBuf {
    let here = std::env::current_exe().expect("a running program has a path");
    let folder = here.parent().expect("a program lies in a folder");
    let is_deps = folder.file_name().is_some_and(|name| name == "deps");
    let folder = if is_deps {
        folder.parent().expect("deps lies in a folder")
    } else {
        folder
    };
    folder.to_path_buf()
}

/// A program of this build.
pub(crate) fn built(name: &str) -> PathBuf {
    let file = build_folder().join(name);
    assert!(
        file.is_file(),
        "{} is missing: run `cargo build` first",
        file.display()
    );
    file
}

/// The value of an object with one key.
fn only_value(value: Value) -> Option<Value> {
    let Value::Object(map) = value else {
        return None;
    };
    let is_only = map.len() == 1;
    map.into_iter()
        .next()
        .filter(|_| is_only)
        .map(|(_, value)| value)
}

/// What is in a file; nothing when there is none.
pub(crate) fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

/// Makes the quoted paths of a line absolute.
fn absolute(line: &str, folder: &Path) -> String {
    let parts = line.split('"').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        1 => folder.join(part).to_string_lossy().into_owned(),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("\"")
}
