//! Serial over LAN against the consoles of the field, at a terminal: ipmitool and FreeIPMI's
//! ipmiconsole.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use ipmi::command::Command;
use ipmi::command::oem::{
    ConsoleCapabilities, ConsoleChunk, ConsoleRead, ConsoleWrite, ConsoleWritten,
    GetConsoleCapabilities, next_sequence,
};
use ipmi::command::picmg::{AddressInfo, GetAddressInfo};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use ports::serve_lan;
use ports::server::{Config, User};
use std::io::{Read, Write};
use std::process::{Child, Command as Process, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;

/// The blade at site 3.
const BLADE: u8 = 0x86;
/// What its controller reads and writes at once.
const CHUNK: usize = 19;
/// For each step of a tool.
const PATIENCE: Duration = Duration::from_secs(20);

/// A payload that says again what is typed, and answers each line.
#[derive(Default)]
struct Payload {
    said: Vec<u8>,
    acknowledged: u8,
    /// How much of `said` the chunk has that is not acknowledged.
    given: usize,
    last_write: u8,
}

impl Payload {
    fn answer(&mut self, request: &Request) -> Response {
        if GetConsoleCapabilities::is(request) {
            return GetConsoleCapabilities::respond(&ConsoleCapabilities {
                version: 1,
                read_max: CHUNK as u8,
                write_max: CHUNK as u8,
                flags: 3,
            });
        }
        if ConsoleRead::is(request) {
            return self.read(&ConsoleRead::read_request(request).unwrap());
        }
        if ConsoleWrite::is(request) {
            return self.write(&ConsoleWrite::read_request(request).unwrap());
        }
        plain(CompletionCode::INVALID_COMMAND)
    }

    fn read(&mut self, read: &ConsoleRead) -> Response {
        if self.given > 0 && read.acknowledged == next_sequence(self.acknowledged) {
            self.said.drain(..self.given);
            self.acknowledged = read.acknowledged;
            self.given = 0;
        }
        if self.given == 0 {
            self.given = self.said.len().min(CHUNK);
        }
        let sequence = match self.given {
            0 => self.acknowledged,
            _ => next_sequence(self.acknowledged),
        };
        ConsoleRead::respond(&ConsoleChunk {
            sequence,
            flags: 0,
            data: self.said[..self.given].to_vec(),
        })
    }

    fn write(&mut self, write: &ConsoleWrite) -> Response {
        if write.sequence == 0 || write.sequence != self.last_write {
            self.last_write = write.sequence;
            for byte in &write.data {
                match byte {
                    b'\r' | b'\n' => self.said.extend(b"\r\nthe blade has heard it\r\n$ "),
                    byte => self.said.push(*byte),
                }
            }
        }
        let accepted = write.data.len() as u8;
        ConsoleWrite::respond(&ConsoleWritten { accepted })
    }
}

fn plain(code: CompletionCode) -> Response {
    let data = vec![];
    Response { code, data }
}

/// Site 3 is the only one with a blade.
fn site(request: &Request) -> Response {
    if !GetAddressInfo::is(request) {
        return plain(CompletionCode::INVALID_COMMAND);
    }
    match GetAddressInfo::read_request(request).unwrap().key {
        Some(3) => GetAddressInfo::respond(&AddressInfo {
            hardware_address: BLADE >> 1,
            ipmb_address: BLADE,
            reserved: 0xff,
            fru_id: 0,
            site_number: 3,
            site_type: 0,
        }),
        Some(_) | None => plain(CompletionCode::NOT_PRESENT),
    }
}

/// ipmiconsole takes a port of 32768 or more for a part of the host's name.
async fn low_port() -> UdpSocket {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    for port in first..32_768 {
        if let Ok(socket) = UdpSocket::bind(("127.0.0.1", port)).await {
            return socket;
        }
    }
    panic!("no port below 32768 is free");
}

struct Shelf {
    _runtime: Runtime,
    port: u16,
}

impl Shelf {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let port = runtime.block_on(async {
            let socket = low_port().await;
            let port = socket.local_addr().unwrap().port();
            let config = Config::new(vec![User::new("admin", "secret", 4)]);
            let mut server = serve_lan(socket, config).unwrap();
            tokio::spawn(async move {
                let mut payload = Payload::default();
                while let Some(question) = server.asks.recv().await {
                    let response = match question.target {
                        Target::ShelfManager => site(&question.request),
                        Target::Ipmb(BLADE) => payload.answer(&question.request),
                        Target::Ipmb(_) => plain(CompletionCode::NAK_ON_WRITE),
                    };
                    question.reply.send(response).unwrap();
                }
            });
            port
        });
        let _runtime = runtime;
        Self { _runtime, port }
    }

    fn ipmitool(&self, suite: u8, command: &str) -> String {
        let port = self.port;
        format!(
            "ipmitool -I lanplus -H 127.0.0.1 -p {port} -U admin -P secret -C {suite} {command}"
        )
    }
}

/// A tool at a terminal of its own.
struct Terminal {
    tool: Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    fn run(command: &str) -> Self {
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        let mut tool = Process::new("script")
            .args(["-qefc", command, "/dev/null"])
            .env("PATH", path)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("install the Debian packages bsdutils, ipmitool and freeipmi-tools");
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut output, screen) = (tool.stdout.take().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 256];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                screen.lock().unwrap().push_str(&text);
            }
        });
        Self { tool, shown }
    }

    /// Types, until the screen shows something.
    #[track_caller]
    fn types(&mut self, keys: &str, wanted: &str) {
        let input = self.tool.stdin.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
        let by = Instant::now() + PATIENCE;
        while !self.shown.lock().unwrap().contains(wanted) {
            let shown = self.shown.lock().unwrap().clone();
            assert!(Instant::now() < by, "no {wanted:?} in {shown:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ends(mut self) {
        self.tool.wait().unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // What has ended already cannot be killed.
        let _ = self.tool.kill();
        let _ = self.tool.wait();
    }
}

// An operator types at a blade's console and reads what it says, with both suites.
#[test]
fn ipmitool_holds_a_console() {
    let shelf = Shelf::start();
    for suite in [3, 17] {
        let mut console = Terminal::run(&shelf.ipmitool(suite, "sol activate instance=3"));
        console.types("", "SOL Session operational");
        console.types("uname\r", "uname\r\nthe blade has heard it");
        let mut other = Terminal::run(&shelf.ipmitool(suite, "sol activate instance=3"));
        other.types("", "already active");
        console.types("\r~.", "terminated ipmitool");
        console.ends();
        let mut free = Terminal::run(&shelf.ipmitool(suite, "raw 6 0x4a 1"));
        free.types("", "0f 00 00");
    }
}

// Where there is no blade, or none with a console, there is nothing to hold.
#[test]
fn ipmitool_is_told_where_there_is_no_console() {
    let shelf = Shelf::start();
    let mut nobody = Terminal::run(&shelf.ipmitool(17, "raw 6 0x48 1 4 0xc0 0 0 0"));
    nobody.types("", "rsp=0xc9");
}

// FreeIPMI's console program, which is the stricter one, is served without a workaround.
#[test]
fn freeipmi_holds_a_console() {
    let shelf = Shelf::start();
    for suite in [3, 17] {
        let port = shelf.port;
        let command = format!(
            "ipmiconsole -h 127.0.0.1:{port} -u admin -p secret -l admin -I {suite} \
             --sol-payload-instance=3"
        );
        let mut console = Terminal::run(&command);
        console.types("", "SOL established");
        console.types("ls\r", "ls\r\nthe blade has heard it");
        console.types("&.", "closing the connection");
        console.ends();
    }
}
