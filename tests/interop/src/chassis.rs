//! OpenIPMI's `ipmi_sim` as an ATCA shelf.

use crate::{Place, free_port, output_of, program, repository, wait_until};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// User that the chassis knows.
pub const USER: &str = "admin";
/// Password of [`USER`].
pub const PASSWORD: &str = "admin";

/// How long `ipmi_sim` may take to answer its first request.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long its console may take to answer a line.
const CONSOLE_LIMIT: Duration = Duration::from_secs(5);

/// A running chassis. It ends with this value.
#[derive(Debug)]
pub struct Chassis {
    child: Child,
    place: Place,
    lan: u16,
    system: u16,
    console: u16,
}

/// A sensor as `ipmitool` reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SensorReading {
    /// IPMB address of its controller.
    pub address: u8,
    /// Its name.
    pub name: String,
    /// Its value in millionths of its unit; `None` for a discrete sensor.
    pub micro: Option<i64>,
}

impl Chassis {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When it does not start; the message says what is missing.
    pub fn start() -> Self {
        Self::start_changed(&[])
    }

    /// The same with a damaged shelf: each first text of `changes` is replaced by the second in
    /// `chassis.emu`.
    ///
    /// # Panics
    /// When it does not start, or a first text is not there.
    pub fn start_changed(changes: &[(&str, &str)]) -> Self {
        for (name, package) in [
            ("ipmi_sim", "openipmi"),
            ("ipmitool", "ipmitool"),
            ("python3", "python3"),
        ] {
            program(name, package);
        }
        let place = Place::new("chassis");
        let (lan, system, console) = (free_port(), free_port(), free_port());
        let log = File::create(place.file("log")).expect("the folder is new");
        let emulation = place.write("shelf.emu", &changed_emulation(changes));
        let child = Command::new(repository().join("tests/peers/chassis/start.sh"))
            .env("CHASSIS_LAN", lan.to_string())
            .env("CHASSIS_SYS", system.to_string())
            .env("CHASSIS_CONSOLE", console.to_string())
            .env("CHASSIS_STATE", place.path())
            .env("CHASSIS_EMU", emulation)
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("an open file"))
            .stdout(log)
            .spawn()
            .expect("start.sh is part of the repository");
        let mut chassis = Self {
            child,
            place,
            lan,
            system,
            console,
        };
        chassis.wait_for_answer();
        chassis
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens for IPMI over LAN.
    pub fn lan(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.lan))
    }

    /// Where its system interface (VM codec) listens.
    pub fn system(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.system))
    }

    /// Moves a blade as a hand would: `insert`, `up`, `extract`, `remove` or `surprise`.
    ///
    /// # Panics
    /// When the script fails.
    pub fn blade(&self, movement: &str, address: u8) {
        output_of(
            Command::new(repository().join("tests/peers/chassis/blade.sh"))
                .args([movement, &hex(address)])
                .env("CHASSIS_CONSOLE", self.console.to_string()),
        );
    }

    /// Sets the raw reading of a sensor on LUN 0, with the event that goes with it.
    ///
    /// # Panics
    /// When the chassis refuses.
    pub fn set_sensor(&self, address: u8, number: u8, raw: u8) {
        self.console(&[&format!(
            "sensor_set_value {} 0 {number} {raw} 1",
            hex(address)
        )]);
    }

    /// Sends lines to the console of `ipmi_sim`, and returns what each printed.
    ///
    /// # Panics
    /// When the console does not answer, or refuses a line.
    pub fn console(&self, lines: &[&str]) -> Vec<String> {
        let mut stream = self
            .open_console()
            .expect("the console of a running chassis");
        read_prompt(&mut stream).expect("the console's prompt");
        lines
            .iter()
            .map(|line| {
                stream
                    .write_all(format!("{line}\n").as_bytes())
                    .expect("an open console");
                let printed = read_prompt(&mut stream).expect("the console answers");
                assert!(
                    !printed.contains("**"),
                    "the chassis refuses \"{line}\": {printed}"
                );
                printed
            })
            .collect()
    }

    /// A connection to the console, for whoever must send a line at a known moment.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open_console(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.console))?;
        stream.set_read_timeout(Some(CONSOLE_LIMIT))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Asks the chassis with `ipmitool` (RMCP+, cipher suite 3).
    ///
    /// # Panics
    /// When `ipmitool` fails.
    #[track_caller]
    pub fn ipmitool(&self, arguments: &[&str]) -> String {
        output_of(&mut self.ipmitool_command(arguments))
    }

    /// Each sensor of one controller, as `ipmitool` reads it.
    ///
    /// # Panics
    /// When `ipmitool` fails, or prints what this does not understand.
    pub fn readings(&self, address: u8) -> Vec<SensorReading> {
        let target = hex(address);
        let mut arguments = vec!["-c", "sdr", "elist"];
        if address != 0x20 {
            arguments.splice(0..0, ["-t", target.as_str()]);
        }
        let table = self.ipmitool(&arguments);
        table
            .lines()
            .map(|line| SensorReading::parse(address, line))
            .collect()
    }

    /// Stops it at once, as a power cut would.
    ///
    /// # Panics
    /// When it cannot be stopped.
    pub fn stop(&mut self) {
        self.child.kill().expect("our own process");
        self.child.wait().expect("our own process");
    }

    fn ipmitool_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("ipmitool", "ipmitool"));
        let port = self.lan.to_string();
        command.args(["-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-p", &port]);
        command.args(["-U", USER, "-P", PASSWORD]).args(arguments);
        command
    }

    fn wait_for_answer(&mut self) {
        let mut ask = self.ipmitool_command(&["-N", "1", "-R", "1", "mc", "info"]);
        let log = self.place.file("log");
        wait_until(START_LIMIT, "ipmi_sim answers", || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let ended = self.child.try_wait();
            assert!(
                matches!(ended, Ok(None)),
                "ipmi_sim ended: {ended:?}\n{text}"
            );
            // The console opens last; without it a test could not move anything.
            let console = self.open_console();
            let prompted = console.and_then(|mut stream| read_prompt(&mut stream));
            let answers =
                prompted.is_ok() && ask.output().is_ok_and(|output| output.status.success());
            answers.then_some(()).ok_or(text)
        });
    }
}

impl Drop for Chassis {
    fn drop(&mut self) {
        // A test may have stopped it already; what remains can only be gone.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_| ()).unwrap_or_default();
    }
}

impl SensorReading {
    /// Reads a line of `ipmitool -c sdr elist`: `name,value,unit,ok`, or `name,00h,…` for a
    /// discrete sensor.
    fn parse(address: u8, line: &str) -> Self {
        let fields: Vec<&str> = line.split(',').collect();
        let [name, value, ..] = fields.as_slice() else {
            panic!("ipmitool printed: {line}")
        };
        let is_discrete = value.ends_with('h') || value.is_empty();
        let micro = (!is_discrete)
            .then(|| micro(value).unwrap_or_else(|| panic!("ipmitool printed a value: {line}")));
        Self {
            address,
            name: (*name).to_owned(),
            micro,
        }
    }
}

/// A decimal number in millionths.
fn micro(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = format!("{fraction:0<6}");
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = fraction.get(..6)?.parse().ok()?;
    Some(sign * (whole * 1_000_000 + fraction))
}

/// An address as the scripts and the console want it.
fn hex(address: u8) -> String {
    format!("{address:#04x}")
}

fn changed_emulation(changes: &[(&str, &str)]) -> String {
    let file = repository().join("tests/peers/chassis/chassis.emu");
    let mut text = std::fs::read_to_string(file).expect("part of the repository");
    for (from, to) in changes {
        assert!(text.contains(from), "chassis.emu has no \"{from}\"");
        text = text.replace(from, to);
    }
    text
}

/// What the console says until it waits for a line; `Err` when it closes before that.
fn read_prompt(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !text.ends_with(b"> ") {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            let said = String::from_utf8_lossy(&text).into_owned();
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, said));
        }
        text.extend_from_slice(&buffer[..count]);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests;
