//! Ports against the chassis of OpenIPMI's `ipmi_sim`, which none of us wrote.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use ports::{CipherSuite, Port, PortConfig, lan, open};
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

static RUNS: AtomicU32 = AtomicU32::new(0);

struct Chassis {
    child: Child,
    state: PathBuf,
    lan: u16,
    system: u16,
    console: u16,
}

impl Chassis {
    fn start() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let installed = std::env::split_paths(&path).any(|folder| folder.join("ipmi_sim").exists());
        assert!(
            installed,
            "ipmi_sim is missing: install the Debian package openipmi"
        );
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let name = format!("ipmi_sim-{}-{run}", std::process::id());
        let state = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let tcp = || TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let ports = [tcp(), tcp()];
        let [system, console] = ports
            .each_ref()
            .map(|port| port.local_addr().unwrap().port());
        let lan = udp.local_addr().unwrap().port();
        drop((ports, udp));
        let mut chassis = Self {
            child: Self::spawn(&state, [lan, system, console]),
            state,
            lan,
            system,
            console,
        };
        chassis.wait_until_it_listens();
        chassis
    }

    fn spawn(state: &PathBuf, [lan, system, console]: [u16; 3]) -> Child {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/peers/chassis");
        std::process::Command::new(format!("{folder}/start.sh"))
            .env("CHASSIS_STATE", state)
            .env("CHASSIS_LAN", lan.to_string())
            .env("CHASSIS_SYS", system.to_string())
            .env("CHASSIS_CONSOLE", console.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/peers/chassis/start.sh runs")
    }

    fn wait_until_it_listens(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.system)).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "ipmi_sim ended: {ended:?}");
            assert!(Instant::now() < deadline, "ipmi_sim does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn lan(&self, password: &str) -> Port {
        self.lan_with(lan::Config::new("admin", password))
    }

    fn lan_with(&self, session: lan::Config) -> Port {
        let address = format!("127.0.0.1:{}", self.lan);
        open(PortConfig::Lan { address, session }).unwrap()
    }

    fn vm_codec(&self) -> Port {
        let address = format!("127.0.0.1:{}", self.system);
        open(PortConfig::vm_codec(&address)).unwrap()
    }

    /// Runs one command on the simulator's console.
    fn command(&self, command: &str) {
        let console = TcpStream::connect(("127.0.0.1", self.console)).unwrap();
        console
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        let mut sender = console.try_clone().unwrap();
        let mut bytes = BufReader::new(console).bytes();
        let mut wait_for_prompt = || assert!(bytes.any(|byte| byte.unwrap() == b'>'));
        wait_for_prompt();
        sender.write_all(format!("{command}\n").as_bytes()).unwrap();
        wait_for_prompt();
    }
}

impl Drop for Chassis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.state);
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

/// Shelf manager, blades in slots 1 and 2, nobody, and a crowd.
async fn converse(port: &mut Port) {
    assert_eq!(next(port).await, PortEvent::Up);
    let cases = [
        (Target::ShelfManager, Ok(0x0001)),
        (Target::Ipmb(0x82), Ok(0x0100)),
        (Target::Ipmb(0x5a), Ok(0x0200)),
        (Target::Ipmb(0x20), Ok(0x0001)),
        (Target::Ipmb(0x9a), Err(RequestError::NoSuchController)),
    ];
    for (token, (target, expected)) in (0..).zip(cases) {
        ask(port, token, target).await;
        assert_eq!(product(next(port).await, token), expected, "{target:?}");
    }
    let crowd = 100u64;
    for token in 0..crowd {
        let address = 0x82 + 2 * (token % 3) as u8;
        ask(port, token, Target::Ipmb(address)).await;
    }
    let mut answered = vec![false; crowd as usize];
    for _ in 0..crowd {
        let PortEvent::Answer { token, result } = next(port).await else {
            panic!("only answers");
        };
        let device = GetDeviceId::read_response(&result.unwrap()).unwrap();
        assert_eq!(u64::from(device.device_id), 0x10 + token % 3);
        assert!(!std::mem::replace(&mut answered[token as usize], true));
    }
}

#[tokio::test]
async fn lan_with_the_only_suite_that_it_has() {
    let chassis = Chassis::start();
    converse(&mut chassis.lan("admin")).await;
}

#[tokio::test]
async fn lan_with_ipmi_1_5() {
    let chassis = Chassis::start();
    let config = lan::Config {
        suites: vec![],
        allow_ipmi_1_5: true,
        ..lan::Config::new("admin", "admin")
    };
    converse(&mut chassis.lan_with(config)).await;
}

#[tokio::test]
async fn vm_codec() {
    let chassis = Chassis::start();
    converse(&mut chassis.vm_codec()).await;
}

#[tokio::test]
async fn events_are_pushed_also_after_a_reset() {
    let mut chassis = Chassis::start();
    let mut port = chassis.vm_codec();
    assert_eq!(next(&mut port).await, PortEvent::Up);
    for round in 0..2 {
        chassis.command("sensor_set_value 0x82 0 1 90 1");
        let PortEvent::Event(record) = next(&mut port).await else {
            panic!("an event");
        };
        // Type 02h, from 82h, sensor 1 of type 01h, threshold.
        assert_eq!((record[2], record[7]), (0x02, 0x82), "{round}");
        assert_eq!(record[10..13], [0x01, 0x01, 0x01], "{round}");
        if round == 1 {
            break;
        }
        chassis.child.kill().unwrap();
        chassis.child.wait().unwrap();
        let mut news = next(&mut port).await;
        while let PortEvent::Event(_) = news {
            news = next(&mut port).await;
        }
        assert_eq!(news, PortEvent::Down(DownReason::Closed));
        // Another console port: the old one may be bound for a minute still.
        let console = TcpListener::bind("127.0.0.1:0").unwrap();
        chassis.console = console.local_addr().unwrap().port();
        drop(console);
        let ports = [chassis.lan, chassis.system, chassis.console];
        chassis.child = Chassis::spawn(&chassis.state, ports);
        let mut news = next(&mut port).await;
        while let PortEvent::Down(DownReason::Unreachable(_)) = news {
            news = next(&mut port).await;
        }
        assert_eq!(news, PortEvent::Up);
    }
}

#[tokio::test]
async fn each_failure_has_its_reason() {
    let chassis = Chassis::start();
    let mut port = chassis.lan("wrong");
    let reason = DownReason::Unauthenticated;
    assert_eq!(next(&mut port).await, PortEvent::Down(reason));
    ask(&mut port, 7, Target::ShelfManager).await;
    let answer = product(next(&mut port).await, 7);
    assert_eq!(answer, Err(RequestError::PortDown));

    let nobody = lan::Config::new("nobody", "admin");
    let mut port = chassis.lan_with(nobody);
    let reason = DownReason::Unauthenticated;
    assert_eq!(next(&mut port).await, PortEvent::Down(reason));

    let only_17 = lan::Config {
        suites: vec![CipherSuite::Sha256],
        ..lan::Config::new("admin", "admin")
    };
    let mut port = chassis.lan_with(only_17);
    let reason = DownReason::CipherRefused;
    assert_eq!(next(&mut port).await, PortEvent::Down(reason));
}

/// A standby, which has no session, sees whether the chassis is there.
#[tokio::test]
async fn presence_needs_no_session() {
    let mut chassis = Chassis::start();
    let presence = ports::presence(format!("127.0.0.1:{}", chassis.lan));
    presence.ask(true);
    for wanted in [true, false] {
        if !wanted {
            chassis.child.kill().unwrap();
        }
        let begun = Instant::now();
        while presence.answers() != Some(wanted) {
            assert!(begun.elapsed() < Duration::from_secs(20), "not {wanted}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn nobody_listens() {
    let free = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let session = lan::Config::new("admin", "admin");
    let lan = PortConfig::Lan {
        address: address.clone(),
        session,
    };
    let nowhere = PortConfig::vm_codec("no such name.invalid:1");
    for config in [lan, PortConfig::vm_codec(&address), nowhere] {
        let mut port = open(config.clone()).unwrap();
        let event = next(&mut port).await;
        let unreachable = matches!(event, PortEvent::Down(DownReason::Unreachable(_)));
        assert!(unreachable, "{config:?}: {event:?}");
    }
}
