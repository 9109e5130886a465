//! The LAN interface against the tools of the field, which none of us wrote.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use ipmi::command::Command;
use ipmi::command::app::{DeviceId, GetDeviceId};
use ipmi::message::{CompletionCode, NetFn, Response};
use ipmi::port::{PortEvent, PortOrder, Target};
use ipmi::wire::U24;
use ports::server::{Config, User};
use ports::{CipherSuite, PortConfig, Question, lan, open, serve_lan};
use std::process::{Command as Process, Stdio};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;

/// Slave address of the only controller behind the shelf manager.
const BLADE: u8 = 0x92;
/// Get Chassis Status.
const CHASSIS_STATUS: u8 = 0x01;
/// A command that is never answered.
const FORGOTTEN: u8 = 0xfe;

/// A shelf manager that knows who it is, with one blade that does, too.
struct Shelf {
    runtime: Runtime,
    port: u16,
}

impl Shelf {
    fn start() -> Self {
        Self::start_with(config())
    }

    fn start_with(config: Config) -> Self {
        let runtime = Runtime::new().unwrap();
        let port = runtime.block_on(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let port = socket.local_addr().unwrap().port();
            let mut server = serve_lan(socket, config).unwrap();
            tokio::spawn(async move {
                while let Some(question) = server.asks.recv().await {
                    answer(question);
                }
            });
            port
        });
        Self { runtime, port }
    }

    /// What a tool prints, whether it succeeds, and what it says about that.
    fn run(&self, tool: &str, arguments: &str) -> (bool, String) {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.run_with(tool, &arguments)
    }

    fn run_with(&self, tool: &str, arguments: &[&str]) -> (bool, String) {
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        let port = self.port.to_string();
        let arguments = arguments
            .iter()
            .map(|argument| argument.replace("PORT", &port));
        let output = Process::new(tool)
            .env("PATH", path)
            .env("LC_ALL", "C")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|why| {
                panic!("{tool} ({why}): install the Debian packages ipmitool, freeipmi-tools and openipmi")
            });
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.success(), text)
    }

    /// Runs a tool that must succeed; its output has these words.
    fn shows(&self, tool: &str, arguments: &str, words: &[&str]) {
        let (ok, text) = self.run(tool, arguments);
        assert!(ok, "{tool} {arguments}: {text}");
        for word in words {
            assert!(text.contains(word), "{word:?} in {text}");
        }
    }

    /// Runs a tool that must fail; what it says has these words.
    fn refuses(&self, tool: &str, arguments: &str, words: &str) {
        let (ok, text) = self.run(tool, arguments);
        assert!(!ok, "{tool} {arguments}: {text}");
        assert!(text.contains(words), "{words:?} in {text}");
    }
}

fn config() -> Config {
    let users = vec![
        User::new("admin", "secret", 4),
        User::new("reader", "look", 2),
    ];
    Config {
        guid: *b"OpenShelf's GUID",
        ..Config::new(users)
    }
}

fn answer(question: Question) {
    let product = match question.target {
        Target::ShelfManager => 0x0020,
        Target::Ipmb(BLADE) => 0x0092,
        Target::Ipmb(_) => return reply(question, CompletionCode::NAK_ON_WRITE),
    };
    if question.request.net_fn == NetFn::CHASSIS && question.request.command == CHASSIS_STATUS {
        let data = vec![0x01, 0, 0];
        let code = CompletionCode::OK;
        return question.reply.send(Response { code, data }).unwrap();
    }
    if question.request.command == FORGOTTEN {
        return drop(question);
    }
    if !GetDeviceId::is(&question.request) {
        return reply(question, CompletionCode::INVALID_COMMAND);
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
        auxiliary: None,
    });
    question.reply.send(response).unwrap();
}

fn reply(question: Question, code: CompletionCode) {
    let data = vec![];
    question.reply.send(Response { code, data }).unwrap();
}

const ADMIN: &str = "-I lanplus -H 127.0.0.1 -p PORT -U admin -P secret";
const FREE_ADMIN: &str = "-D LAN_2_0 -h 127.0.0.1:PORT -u admin -p secret -l admin";

#[test]
fn ipmitool_reads_the_device_id() {
    let shelf = Shelf::start();
    for suite in [3, 17] {
        let arguments = format!("{ADMIN} -C {suite} mc info");
        let words = ["Firmware Revision         : 3.14", "PICMG", "(0x0020)"];
        shelf.shows("ipmitool", &arguments, &words);
    }
}

#[test]
fn ipmitool_bridges() {
    let shelf = Shelf::start();
    for suite in [3, 17] {
        let there = format!("{ADMIN} -C {suite} -t 0x92 -b 0 mc info");
        shelf.shows("ipmitool", &there, &["(0x0092)"]);
    }
    let nobody = format!("{ADMIN} -C 17 -t 0x94 -b 0 mc info");
    shelf.refuses("ipmitool", &nobody, "0x83");
    let double = format!("{ADMIN} -C 17 -T 0x92 -B 0 -t 0x72 -b 7 mc info");
    shelf.refuses("ipmitool", &double, "Invalid command");
}

#[test]
fn ipmitool_asks_about_the_session() {
    let shelf = Shelf::start();
    let cases: [(&str, &[&str]); 6] = [
        ("session info active", &["user id", ": 2", "ADMINISTRATOR"]),
        ("channel info 1", &["802.3 LAN", "multi-session"]),
        ("channel authcap 1 4", &["IPMI v2.0"]),
        ("channel getciphers ipmi 1", &["3 ", "17"]),
        ("user list 1", &["admin", "reader", "ADMINISTRATOR"]),
        ("mc guid", &[]),
    ];
    for (command, words) in cases {
        shelf.shows("ipmitool", &format!("{ADMIN} -C 17 {command}"), words);
    }
}

#[test]
fn freeipmi_reads_the_device_id() {
    let shelf = Shelf::start();
    let words = [
        "Firmware Revision     : 3.14",
        "PICMG (12634)",
        "Product ID            : 32",
    ];
    for suite in [3, 17] {
        let arguments = format!("{FREE_ADMIN} -I {suite} --get-device-id");
        shelf.shows("bmc-info", &arguments, &words);
    }
}

#[test]
fn freeipmi_asks_about_channel_and_guid() {
    let shelf = Shelf::start();
    let arguments = format!("{FREE_ADMIN} -I 17");
    let words = ["802.3 LAN", "multi-session", "GUID"];
    shelf.shows("bmc-info", &arguments, &words);
}

#[test]
fn freeipmi_reads_the_power_state() {
    let shelf = Shelf::start();
    for suite in [3, 17] {
        let arguments = format!("{FREE_ADMIN} -I {suite} --stat");
        shelf.shows("ipmipower", &arguments, &[": on"]);
        let arguments = format!("{FREE_ADMIN} -I {suite} --get-chassis-status");
        shelf.shows(
            "ipmi-chassis",
            &arguments,
            &["System Power                        : on"],
        );
    }
}

#[test]
fn questions_that_are_dropped_time_out() {
    let shelf = Shelf::start();
    for suite in [3, 17] {
        let arguments = format!("{ADMIN} -C {suite} raw 0x06 0xfe");
        shelf.refuses("ipmitool", &arguments, "rsp=0xc3");
    }
}

#[test]
fn sixteen_at_once_are_served() {
    let shelf = Shelf::start();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let shelf = &shelf;
            scope.spawn(move || {
                let suite = if number % 2 == 0 { 3 } else { 17 };
                let arguments = format!("{ADMIN} -C {suite} -t 0x92 -b 0 mc info");
                shelf.shows("ipmitool", &arguments, &["(0x0092)"]);
            });
        }
    });
}

#[test]
fn openipmi_reads_the_device_id() {
    let shelf = Shelf::start();
    let who = "-U admin -P secret -p PORT";
    for choice in ["", "-Ra bmcpick -Ri bmcpick -Rc bmcpick"] {
        let mut arguments = vec!["-k", "0f 00 06 01"];
        let rest = format!("lan {who} {choice} 127.0.0.1");
        arguments.extend(rest.split_whitespace());
        let (ok, text) = shelf.run_with("openipmicmd", &arguments);
        assert!(ok && text.contains("0f 07 00 01 00 20 01 03 14"), "{text}");
    }
}

#[test]
fn tools_of_ipmi_1_5_are_refused() {
    let shelf = Shelf::start();
    let arguments = "-I lan -H 127.0.0.1 -p PORT -U admin -P secret mc info";
    shelf.refuses(
        "ipmitool",
        arguments,
        "Authentication type NONE not supported",
    );
    let arguments = "-D LAN -h 127.0.0.1:PORT -u admin -p secret -l admin --get-device-id";
    shelf.refuses("bmc-info", arguments, "authentication type unavailable");
}

#[test]
fn tools_of_ipmi_1_5_are_served_where_that_is_allowed() {
    let shelf = Shelf::start_with(Config {
        allow_ipmi_1_5: true,
        ..config()
    });
    let old = "-I lan -H 127.0.0.1 -p PORT -U admin -P secret";
    shelf.shows("ipmitool", &format!("{old} mc info"), &["3.14"]);
    let there = format!("{old} -t 0x92 -b 0 mc info");
    shelf.shows("ipmitool", &there, &["(0x0092)"]);
    let free = "-D LAN -h 127.0.0.1:PORT -u admin -p secret -l admin --get-device-id";
    shelf.shows("bmc-info", free, &["3.14"]);
    for suite in [3, 17] {
        let arguments = format!("{ADMIN} -C {suite} mc info");
        shelf.shows("ipmitool", &arguments, &["3.14"]);
    }
}

#[test]
fn a_channel_key_is_needed_where_there_is_one() {
    let shelf = Shelf::start_with(Config {
        kg: Some(lan::Secret(b"key of the shelf".to_vec())),
        ..config()
    });
    for suite in [3, 17] {
        let tool = format!("{ADMIN} -C {suite}");
        let arguments: Vec<&str> = tool.split_whitespace().collect();
        let with_key = ["-k", "key of the shelf", "mc", "info"];
        let (ok, text) = shelf.run_with("ipmitool", &[&arguments[..], &with_key].concat());
        assert!(ok && text.contains("3.14"), "{text}");
        let (ok, text) = shelf.run_with("ipmitool", &[&arguments[..], &["mc", "info"]].concat());
        assert!(!ok, "{text}");
        let tool = format!("{FREE_ADMIN} -I {suite} --get-device-id");
        let arguments: Vec<&str> = tool.split_whitespace().collect();
        let with_key = ["-k", "key of the shelf"];
        let (ok, text) = shelf.run_with("bmc-info", &[&arguments[..], &with_key].concat());
        assert!(ok && text.contains("3.14"), "{text}");
        shelf.refuses("bmc-info", &tool, "k_g invalid");
    }
}

#[test]
fn freeipmi_bridges() {
    let shelf = Shelf::start();
    for suite in [3, 17] {
        let address = "--target-channel-number=0 --target-slave-address=0x92";
        let arguments = format!("{FREE_ADMIN} -I {suite} {address} 0 6 1");
        shelf.shows("ipmi-raw", &arguments, &["01 00 20 01 03 14 02"]);
    }
}

#[test]
fn tools_are_told_why_they_are_refused() {
    let shelf = Shelf::start();
    let ipmitool = "-I lanplus -H 127.0.0.1 -p PORT";
    let cases = [
        ("-C 17 -U admin -P wrong", "HMAC is invalid"),
        ("-C 3 -U admin -P wrong", "HMAC is invalid"),
        ("-C 17 -U nobody -P secret", "unauthorized name"),
        ("-C 17 -U reader -P look", "unauthorized role"),
        (
            "-C 0 -U admin -P secret",
            "invalid authentication algorithm",
        ),
    ];
    for (who, words) in cases {
        shelf.refuses("ipmitool", &format!("{ipmitool} -v {who} mc info"), words);
    }
    let reader = format!("{ipmitool} -C 17 -U reader -P look -L USER");
    shelf.shows("ipmitool", &format!("{reader} mc info"), &["3.14"]);
    let words = "Insufficient privilege level";
    shelf.refuses("ipmitool", &format!("{reader} raw 0 2 0"), words);
    let free = "-D LAN_2_0 -h 127.0.0.1:PORT -I 17";
    let cases = [
        ("-u admin -p wrong -l admin", "password invalid"),
        ("-u nobody -p secret -l admin", "username invalid"),
        (
            "-u reader -p look -l admin",
            "privilege level cannot be obtained",
        ),
    ];
    for (who, words) in cases {
        shelf.refuses("bmc-info", &format!("{free} {who} --get-device-id"), words);
    }
}

#[test]
fn our_client_is_served_amid_a_flood() {
    let shelf = Shelf::start();
    shelf.runtime.block_on(async {
        let address = format!("127.0.0.1:{}", shelf.port);
        let mut port = client(&address);
        let flood = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        assert_eq!(next(&mut port).await, PortEvent::Up);
        for round in 0..20 {
            for _ in 0..50 {
                let mut garbage = vec![0; 3 * round];
                getrandom::fill(&mut garbage).unwrap();
                flood.send_to(&garbage, &address).await.unwrap();
            }
            asks_the_blade(&mut port).await;
        }
    });
}

/// Somebody on the way sends on all that a client sends, before it arrives: the session is the
/// client's all the same.
#[test]
fn our_client_is_served_although_it_is_copied() {
    let shelf = Shelf::start();
    shelf.runtime.block_on(async {
        let way = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = way.local_addr().unwrap().to_string();
        tokio::spawn(copy(way, shelf.port));
        let mut port = client(&address);
        assert_eq!(next(&mut port).await, PortEvent::Up);
        asks_the_blade(&mut port).await;
    });
}

/// Carries datagrams to the server and back, and has each arrive from elsewhere first.
async fn copy(way: UdpSocket, port: u16) {
    let server = ("127.0.0.1", port);
    let elsewhere = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let onwards = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    onwards.connect(server).await.unwrap();
    let (mut asked, mut answered) = ([0; 2048], [0; 2048]);
    let mut client = None;
    loop {
        tokio::select! {
            received = way.recv_from(&mut asked) => {
                let (len, from) = received.unwrap();
                client = Some(from);
                elsewhere.send_to(&asked[..len], server).await.unwrap();
                onwards.send(&asked[..len]).await.unwrap();
            }
            received = onwards.recv(&mut answered) => {
                let answer = &answered[..received.unwrap()];
                way.send_to(answer, client.unwrap()).await.unwrap();
            }
        }
    }
}

fn client(address: &str) -> ports::Port {
    let session = lan::Config {
        suites: vec![CipherSuite::Sha256],
        ..lan::Config::new("admin", "secret")
    };
    let address = address.to_owned();
    open(PortConfig::Lan { address, session }).unwrap()
}

async fn asks_the_blade(port: &mut ports::Port) {
    let order = PortOrder {
        token: 1,
        target: Target::Ipmb(BLADE),
        request: GetDeviceId {}.request(),
    };
    port.orders.send(order).await.unwrap();
    match next(port).await {
        PortEvent::Answer { result, .. } => {
            let id = GetDeviceId::read_response(&result.unwrap()).unwrap();
            assert_eq!(id.product, 0x0092);
        }
        other @ (PortEvent::Up | PortEvent::Down(_) | PortEvent::Event(_)) => panic!("{other:?}"),
    }
}

async fn next(port: &mut ports::Port) -> PortEvent {
    let wait = tokio::time::timeout(Duration::from_secs(15), port.events.recv());
    wait.await.expect("an event in time").expect("an open port")
}
