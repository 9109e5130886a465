//! Serial lines against the tools of the field, and our own two ends against each other.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use ipmi::command::Command;
use ipmi::command::app::{DeviceId, GetDeviceId};
use ipmi::message::{CompletionCode, NetFn, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use ipmi::wire::U24;
use ports::lan::Secret;
use ports::serial::server::{Access, Config};
use ports::serial::{Bridging, Line, Login, Mode, Pty, Settings, serve_serial};
use ports::server::User;
use ports::{Port, PortConfig, Question, Timing, open, serial};
use std::process::{Command as Process, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Slave address of the only controller behind the shelf manager.
const BLADE: u8 = 0x92;
/// Get FRU Inventory Area Info.
const FRU_AREA_INFO: u8 = 0x10;
/// Read FRU Data.
const READ_FRU: u8 = 0x11;

/// A shelf manager at one end of a serial line.
struct Shelf {
    runtime: Runtime,
    device: String,
}

impl Shelf {
    fn start(config: Config) -> Self {
        let runtime = Runtime::new().unwrap();
        let device = runtime.block_on(async {
            let pty = Pty::open().unwrap();
            let device = pty.path().to_str().unwrap().to_owned();
            let mut server = serve_serial(pty, config).unwrap();
            tokio::spawn(async move {
                while let Some(question) = server.asks.recv().await {
                    answer(question);
                }
            });
            device
        });
        Self { runtime, device }
    }

    fn open(mode: Mode, settings: Settings) -> Self {
        Self::start(Config {
            terminal: settings,
            ..Config::new(mode, Access::Open { privilege: 4 })
        })
    }

    /// Whether ipmitool succeeds, and what it prints.
    fn ipmitool(&self, interface: &str, suffix: &str, arguments: &str) -> (bool, String) {
        let device = format!("{}:115200{suffix}", self.device);
        let output = Process::new("timeout")
            .env("LC_ALL", "C")
            .args(["60", "ipmitool", "-I", interface, "-D", &device])
            .args(arguments.split_whitespace())
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|why| panic!("ipmitool ({why}): install the Debian package ipmitool"));
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.success(), text)
    }

    /// Runs ipmitool, which must succeed; its output has these words.
    fn shows(&self, (interface, suffix): (&str, &str), arguments: &str, words: &[&str]) {
        let (ok, text) = self.ipmitool(interface, suffix, arguments);
        assert!(ok, "{interface}{suffix} {arguments}: {text}");
        for word in words {
            assert!(text.contains(word), "{word:?} in {text}");
        }
    }
}

fn answer(question: Question) {
    let request = &question.request;
    let product = match question.target {
        Target::ShelfManager => 0x0020,
        Target::Ipmb(BLADE) => 0x0092,
        Target::Ipmb(_) => return reply(question, CompletionCode::NAK_ON_WRITE, &[]),
    };
    if request.net_fn == NetFn::STORAGE && request.command == FRU_AREA_INFO {
        return reply(question, CompletionCode::OK, &[FRU.len() as u8, 0, 0]);
    }
    if request.net_fn == NetFn::STORAGE && request.command == READ_FRU {
        let [_, offset, _, count] = request.data[..] else {
            return reply(question, CompletionCode::LENGTH_INVALID, &[]);
        };
        let bytes = &FRU[usize::from(offset)..];
        let bytes = &bytes[..usize::from(count).min(bytes.len())];
        let data = [&[bytes.len() as u8], bytes].concat();
        return reply(question, CompletionCode::OK, &data);
    }
    if !GetDeviceId::is(request) {
        return reply(question, CompletionCode::INVALID_COMMAND, &[]);
    }
    let response = GetDeviceId::respond(&DeviceId {
        device_id: 0x20,
        revision: 0x01,
        firmware_major: 0x03,
        firmware_minor: 0x14,
        ipmi_version: 0x02,
        support: 0x00,
        manufacturer: U24::new(0x315a),
        product,
        // All that have a meaning of their own in Basic Mode, and the bracket of the other.
        auxiliary: Some([0xa0, 0xa5, 0xaa, 0x5d]),
    });
    question.reply.send(response).unwrap();
}

fn reply(question: Question, code: CompletionCode, data: &[u8]) {
    let data = data.to_vec();
    // Who hung up meanwhile does not wait any more.
    let _ = question.reply.send(Response { code, data });
}

/// Common header and a board area: "OpenShelf", "A blade on a serial line".
const FRU: &[u8] = b"\x01\x00\x00\x01\x00\x00\x00\xfe\
    \x01\x06\x19\x00\x00\x00\xc9OpenShelf\xd8A blade on a serial line\xc0\xc0\xc0\xc1\xc1\x00\x00\x7b";

const INTERFACES: [(&str, Mode); 2] = [
    ("serial-basic", Mode::Basic),
    ("serial-terminal", Mode::Terminal),
];

// The shelf manager, a blade behind it, and nobody, over both kinds of line.
#[test]
fn ipmitool_reads_and_bridges() {
    for (interface, mode) in INTERFACES {
        let shelf = Shelf::open(mode, Settings::quiet());
        let line = (interface, "");
        let words = [
            "Firmware Revision         : 3.14",
            "PICMG",
            "(0x0020)",
            "0xa0",
            "0xa5",
        ];
        shelf.shows(line, "mc info", &words);
        shelf.shows(line, "-t 0x92 -b 0 mc info", &["(0x0092)", "0xaa", "0x5d"]);
        let (ok, text) = shelf.ipmitool(interface, "", "-t 0x94 -b 0 mc info");
        assert!(!ok && text.contains("0x83"), "{interface}: {text}");
        shelf.shows(line, "raw 6 0x42 14", &["02 05"]);
    }
}

// As a system interface: answers of blades are fetched from the queue.
#[test]
fn ipmitool_bridges_through_the_queue() {
    for (interface, mode) in INTERFACES {
        let shelf = Shelf::open(mode, Settings::quiet());
        shelf.shows((interface, ":S"), "-t 0x92 -b 0 mc info", &["(0x0092)"]);
    }
}

// Messages as long as they may be, many of them.
#[test]
fn ipmitool_reads_a_fru() {
    for (interface, mode) in INTERFACES {
        let shelf = Shelf::open(mode, Settings::quiet());
        let words = ["OpenShelf", "A blade on a serial line"];
        shelf.shows((interface, ""), "fru print 0", &words);
    }
}

// A line for people echoes and edits: ipmitool bears that.
#[test]
fn ipmitool_on_a_line_for_people() {
    let shelf = Shelf::open(Mode::Terminal, Settings::default());
    shelf.shows(("serial-terminal", ""), "mc info", &["(0x0020)"]);
}

// ipmitool knows no login on serial lines: where one is needed it is told that it may not.
#[test]
fn ipmitool_without_login() {
    for (interface, mode) in INTERFACES {
        let users = vec![User::new("admin", "secret", 4)];
        let shelf = Shelf::start(Config {
            terminal: Settings::quiet(),
            ..Config::new(mode, Access::Login(users))
        });
        let (ok, text) = shelf.ipmitool(interface, "", "mc info");
        assert!(
            !ok && text.contains("Insufficient privilege"),
            "{interface}: {text}"
        );
    }
}

async fn next(port: &mut Port) -> PortEvent {
    let wait = tokio::time::timeout(Duration::from_secs(15), port.events.recv());
    wait.await.expect("an event in time").expect("an open port")
}

async fn ask(port: &mut Port, token: u64, target: Target) {
    let request = GetDeviceId {}.request();
    let order = PortOrder {
        token,
        target,
        request,
    };
    port.orders.send(order).await.unwrap();
}

/// The product id that a controller says it has.
fn product(event: PortEvent, expected: u64) -> Result<u16, RequestError> {
    let PortEvent::Answer { token, result } = event else {
        panic!("an answer, not {event:?}");
    };
    assert_eq!(token, expected);
    result.map(|response| GetDeviceId::read_response(&response).unwrap().product)
}

fn admin(password: &str) -> Option<Login> {
    Some(Login {
        user: "admin".into(),
        password: Secret(password.as_bytes().to_vec()),
        privilege: 4,
    })
}

// Our own two ends over a device with a baud rate: with login and without, each way to bridge.
#[test]
fn both_our_ends() {
    for (_, mode) in INTERFACES {
        for (login, bridging) in [
            (None, Bridging::Tracked),
            (None, Bridging::Queued),
            (admin("secret"), Bridging::Tracked),
        ] {
            let access = match login {
                None => Access::Open { privilege: 4 },
                Some(_) => Access::Login(vec![User::new("admin", "secret", 4)]),
            };
            let shelf = Shelf::start(Config::new(mode, access));
            let session = serial::Config {
                login,
                bridging,
                ..serial::Config::new(mode)
            };
            let line = Line::Device {
                path: shelf.device.clone().into(),
                baud: 115_200,
            };
            let config = PortConfig::Serial { line, session };
            shelf.runtime.block_on(async {
                let mut port = open(config).unwrap();
                assert_eq!(next(&mut port).await, PortEvent::Up);
                let cases = [
                    (Target::ShelfManager, Ok(0x0020)),
                    (Target::Ipmb(BLADE), Ok(0x0092)),
                    (Target::Ipmb(0x94), Err(RequestError::NoSuchController)),
                ];
                for (token, (target, expected)) in (0..).zip(cases) {
                    ask(&mut port, token, target).await;
                    assert_eq!(product(next(&mut port).await, token), expected, "{mode:?}");
                }
            });
        }
    }
}

// A terminal server in between: plain bytes over TCP. A wrong password is told as such.
#[test]
fn over_tcp() {
    for (_, mode) in INTERFACES {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            tokio::spawn(async move {
                let access = || Access::Login(vec![User::new("admin", "secret", 4)]);
                while let Ok((stream, _)) = listener.accept().await {
                    let mut server = serve_serial(stream, Config::new(mode, access())).unwrap();
                    while let Some(question) = server.asks.recv().await {
                        answer(question);
                    }
                }
            });
            let port = |password| {
                let session = serial::Config {
                    login: admin(password),
                    ..serial::Config::new(mode)
                };
                let line = Line::Tcp(address.clone());
                open(PortConfig::Serial { line, session }).unwrap()
            };
            let mut wrong = port("wrong");
            let down = PortEvent::Down(DownReason::Unauthenticated);
            assert_eq!(next(&mut wrong).await, down, "{mode:?}");
            drop(wrong);
            let mut right = port("secret");
            assert_eq!(next(&mut right).await, PortEvent::Up, "{mode:?}");
            ask(&mut right, 1, Target::Ipmb(BLADE)).await;
            assert_eq!(product(next(&mut right).await, 1), Ok(0x0092));
        });
    }
}

// A device that is not there, and one that is silent.
#[tokio::test]
async fn nobody_there() {
    let pty = Pty::open().unwrap();
    let silent = pty.path().to_owned();
    for (path, words) in [
        ("/dev/no-such-tty".into(), "/dev/no-such-tty: "),
        (silent, "no answer to the first message"),
    ] {
        let session = serial::Config {
            timing: Timing {
                timeout: Duration::from_millis(50),
                attempts: 2,
            },
            ..serial::Config::new(Mode::Basic)
        };
        let line = Line::Device { path, baud: 9600 };
        let mut port = open(PortConfig::Serial { line, session }).unwrap();
        let event = next(&mut port).await;
        let PortEvent::Down(DownReason::Unreachable(why)) = &event else {
            panic!("{event:?}");
        };
        assert!(why.starts_with(words), "{why}");
    }
}

// What cannot work is refused before anything is opened.
#[tokio::test]
async fn configurations_that_cannot_work() {
    let long = "x".repeat(17);
    let cases = [
        (
            "admin",
            long.as_str(),
            ports::lan::ConfigError::PasswordTooLong,
        ),
        (
            long.as_str(),
            "secret",
            ports::lan::ConfigError::UserTooLong,
        ),
        ("admin", "two words", ports::lan::ConfigError::NotPrintable),
        ("ad]min", "secret", ports::lan::ConfigError::NotPrintable),
    ];
    for (user, password, why) in cases {
        let session = serial::Config {
            login: Some(Login {
                user: user.into(),
                password: Secret(password.as_bytes().to_vec()),
                privilege: 4,
            }),
            ..serial::Config::new(Mode::Terminal)
        };
        let line = Line::Tcp("127.0.0.1:1".into());
        let refused = open(PortConfig::Serial { line, session }).unwrap_err();
        assert_eq!(refused, why);
    }
}

// A program that fills the line and reads nothing does not stop the server.
#[test]
fn a_line_that_nobody_reads() {
    let shelf = Shelf::open(Mode::Terminal, Settings::quiet());
    std::fs::write(&shelf.device, "[18 00 01]\r".repeat(300)).unwrap();
    // What was written for nobody comes first; ipmitool flushes it.
    shelf.shows(("serial-terminal", ""), "mc info", &["(0x0020)"]);
}
