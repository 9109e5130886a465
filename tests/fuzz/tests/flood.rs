//! A demo that is flooded: its memory stays as it is, and who has a session goes on working.
//!
//! Ten seconds long; `OPENSHELF_FLOOD_SECONDS=60` makes it longer.

#![expect(clippy::unwrap_used, reason = "a test without sockets has failed")]

use fuzz::Random;
use interop::{demo, settled};
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::message::Response;
use ipmi::port::{PortEvent, PortOrder, RequestError, Target};
use machine::{Machine, Pos, Time};
use session::lan::{Config, Lan};
use session::{Effect, Input, Timing};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Threads that send as fast as they can, each from several addresses.
const FLOODERS: u64 = 2;
const ADDRESSES: usize = 8;
/// Before memory is compared, all tables are full.
const WARM_UP: Duration = Duration::from_secs(3);
/// Most that memory may grow afterwards.
const GROWTH_MAX_KIB: u64 = 8 << 10;
/// Pause between two requests of the session.
const BREATH: Duration = Duration::from_millis(20);
/// How long one exchange may take in all.
const LIMIT: Duration = Duration::from_secs(60);

/// Somebody with a session.
struct Operator {
    lan: Lan,
    socket: UdpSocket,
    start: Instant,
    events: Vec<PortEvent>,
    /// What it sent: a flood of true datagrams, slightly changed, is the worst.
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Operator {
    fn new(at: SocketAddr, sent: Arc<Mutex<Vec<Vec<u8>>>>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(at).unwrap();
        let config = Config {
            // Most datagrams get lost: the server's queue in the kernel is full.
            timing: Timing {
                timeout: Duration::from_millis(100),
                attempts: 200,
            },
            ..Config::new("admin", "openshelf")
        };
        Self {
            lan: Lan::new(config).unwrap(),
            socket,
            start: Instant::now(),
            events: Vec::new(),
            sent,
        }
    }

    fn apply(&mut self, input: &Input) {
        let nanos = 1 + self.start.elapsed().as_nanos() as u64;
        let at = Pos {
            index: 1,
            time: Time(nanos),
        };
        let mut effects = Vec::new();
        self.lan.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Event(event) => self.events.push(event),
                Effect::Send(bytes) => {
                    self.socket.send(&bytes).unwrap();
                    let mut sent = self.sent.lock().unwrap();
                    if sent.len() < 64 {
                        sent.push(bytes);
                    }
                }
            }
        }
    }

    /// Lets time and datagrams come until something is told.
    fn next(&mut self) -> PortEvent {
        let begun = Instant::now();
        let step = Some(Duration::from_millis(10));
        self.socket.set_read_timeout(step).unwrap();
        let mut buffer = [0; 2048];
        while self.events.is_empty() {
            assert!(begun.elapsed() < LIMIT, "nothing is told");
            match self.socket.recv(&mut buffer) {
                Ok(len) => self.apply(&Input::Received(buffer[..len].to_vec())),
                Err(_) => self.apply(&Input::Tick),
            }
        }
        self.events.remove(0)
    }

    fn log_in(&mut self, seed: u8) {
        self.apply(&Input::Start { seed: [seed; 32] });
        assert_eq!(self.next(), PortEvent::Up);
    }

    fn ask(&mut self, token: u64) -> Result<Response, RequestError> {
        self.apply(&Input::Order(PortOrder {
            token,
            target: Target::ShelfManager,
            request: GetDeviceId {}.request(),
        }));
        let told = self.next();
        let PortEvent::Answer {
            token: answered,
            result,
        } = told
        else {
            panic!("request {token}: {told:?}");
        };
        assert_eq!(answered, token);
        result
    }
}

/// Random bytes, beginnings of sessions, and what the operator sent, changed.
fn datagram(random: &mut Random, heard: &[Vec<u8>]) -> Vec<u8> {
    const KINDS: [u8; 4] = [0x10, 0x12, 0x14, 0xc0];
    match random.below(4) {
        0 => {
            let len = random.below(600);
            random.bytes(len)
        }
        1 => {
            // A true Open Session Request: it takes a place.
            let mut bytes = vec![6, 0, 0xff, 7, 6, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0];
            bytes.extend([random.byte(), 0, 0, 0, 1, random.byte(), random.byte(), 1]);
            for (kind, algorithm) in [(0, 3), (1, 4), (2, 1)] {
                bytes.extend([kind, 0, 0, 8, algorithm, 0, 0, 0]);
            }
            bytes
        }
        2 => {
            let len = random.below(80);
            let kind = KINDS[random.below(KINDS.len())];
            let mut bytes = vec![6, 0, 0xff, 7, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, len as u8, 0];
            bytes.extend(random.bytes(len));
            bytes
        }
        _ if heard.is_empty() => Vec::new(),
        _ => {
            let mut bytes = heard[random.below(heard.len())].clone();
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
            bytes
        }
    }
}

/// Sends until it is told to stop.
fn flood(seed: u64, at: SocketAddr, shared: &Shared) {
    let mut random = Random::new(seed);
    let sockets: Vec<UdpSocket> = (0..ADDRESSES)
        .map(|_| UdpSocket::bind("127.0.0.1:0").unwrap())
        .collect();
    while !shared.is_over.load(Ordering::Relaxed) {
        let heard = shared.heard.lock().unwrap().clone();
        for _ in 0..1000 {
            let socket = &sockets[random.below(ADDRESSES)];
            // Nobody reads the answers: their queues are full soon.
            if socket.send_to(&datagram(&mut random, &heard), at).is_ok() {
                shared.count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

struct Shared {
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    count: AtomicU64,
    is_over: AtomicBool,
}

/// Memory of a process that is in use, KiB.
fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_flood_costs_no_memory_and_no_session() {
    let seconds = std::env::var("OPENSHELF_FLOOD_SECONDS").ok();
    let seconds = seconds.map_or(10, |text| text.parse().expect("a number of seconds"));
    let shelfd = demo();
    settled(&shelfd, Duration::from_secs(30));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut operator = Operator::new(shelfd.rmcp(), heard.clone());
    operator.log_in(1);
    let shared = Shared {
        heard,
        count: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
    };
    let shown = std::thread::scope(|scope| {
        let at = shelfd.rmcp();
        for seed in 1..=FLOODERS {
            let shared = &shared;
            scope.spawn(move || flood(seed, at, shared));
        }
        // However it ends, the flooders end with it.
        let _end = End(&shared.is_over);
        work(&mut operator, shelfd.pid(), Duration::from_secs(seconds))
    });
    println!(
        "{seconds} s: {} datagrams sent; {} requests answered, the slowest in {:?}; \
         {} KiB in use at first, {} KiB more at most",
        shared.count.load(Ordering::Relaxed),
        shown.answered,
        shown.slowest,
        shown.before_kib,
        shown.growth_kib,
    );
    assert!(
        shown.growth_kib < GROWTH_MAX_KIB,
        "{} KiB more",
        shown.growth_kib
    );
    assert!(shown.answered > 0);
    operator
        .ask(u64::MAX)
        .expect("the session outlives the flood");
    let mut newcomer = Operator::new(shelfd.rmcp(), Arc::default());
    newcomer.log_in(2);
    newcomer.ask(1).expect("a new session is served");
}

/// Ends the flood, also when a request fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What was seen during the flood.
#[derive(Default)]
struct Shown {
    answered: u64,
    slowest: Duration,
    before_kib: u64,
    growth_kib: u64,
}

/// Somebody works in an open session; every request is answered.
fn work(operator: &mut Operator, pid: u32, time: Duration) -> Shown {
    let mut shown = Shown::default();
    let start = Instant::now();
    while start.elapsed() < WARM_UP + time {
        let asked = Instant::now();
        let token = shown.answered + 1;
        let answer = operator.ask(token).expect("the session goes on");
        assert!(GetDeviceId::read_response(&answer).is_ok(), "{answer:?}");
        shown.answered = token;
        shown.slowest = shown.slowest.max(asked.elapsed());
        let now_kib = resident_kib(pid);
        if start.elapsed() < WARM_UP {
            shown.before_kib = now_kib;
        }
        shown.growth_kib = shown
            .growth_kib
            .max(now_kib.saturating_sub(shown.before_kib));
        std::thread::sleep(BREATH);
    }
    shown
}
