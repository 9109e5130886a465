//! Frames that no library would send: what comes of them, and of everybody else meanwhile.

use crate::raw::{Heard, Raw, frame, header, raw_frame};
use crate::{discovered, resident, status_of};
use interop::{Shelfd, demo, wait_until};
use openhpi_wire::ByteOrder;
use openhpi_wire::frame::{Kind, PAYLOAD_MAX};
use openhpi_wire::function::*;
use openhpi_wire::types::{
    Characters, CtrlState, CtrlStateText, Event, EventData, HandlerConfig, HandlerConfigParam,
    List, Text,
};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const ORDERS: [ByteOrder; 2] = [ByteOrder::Little, ByteOrder::Big];
/// `SA_ERR_HPI_UNSUPPORTED_API`.
const UNSUPPORTED_API: i32 = -1002;
/// `SA_ERR_HPI_INVALID_PARAMS`.
const INVALID_PARAMS: i32 = -1009;
/// `SAHPI_NO_MORE_ENTRIES`.
const NO_MORE: u32 = 0xffff_fffe;
/// How much more memory may be in use after all that; the daemon goes on with its work meanwhile.
const GROWTH_KIB_MAX: u64 = 4 * 1024;
/// How long somebody else's call may take meanwhile.
const OTHERS: Duration = Duration::from_millis(500);

/// A daemon, a client that behaves, and how much memory was in use.
struct Bench {
    shelfd: Shelfd,
    good: Raw,
    session: u32,
    resident: u64,
}

impl Bench {
    fn start() -> Self {
        let shelfd = demo();
        discovered(&shelfd);
        let (good, session) = Raw::open(shelfd.hpi());
        let mut bench = Self {
            shelfd,
            good,
            session,
            resident: 0,
        };
        // What the allocator and the runtime take once and for all.
        for _ in 0..200 {
            bench.expect(ByteOrder::Little, &header(ByteOrder::Little, 7, 8), None);
        }
        bench.resident = resident(&bench.shelfd);
        bench
    }

    fn at(&self) -> SocketAddr {
        self.shelfd.hpi()
    }

    /// Sends bytes and no more on a connection of their own: they are answered with an error, or
    /// (`None`) the connection is closed.
    #[track_caller]
    fn expect(&self, order: ByteOrder, bytes: &[u8], code: Option<i32>) {
        let mut raw = Raw::connect(self.at(), order);
        // A server may close before it has read all.
        raw.send(bytes).unwrap_or_default();
        raw.end();
        let heard = match raw.hear() {
            Heard::Closed => None,
            Heard::Frame(frame) => Some(error_of(order, &frame.payload)),
        };
        let shown = &bytes[..bytes.len().min(64)];
        assert_eq!(heard, code, "{shown:02x?} … {} bytes", bytes.len());
    }

    /// The same for bytes that may be anything: whatever comes of them, something does.
    fn try_out(&self, order: ByteOrder, bytes: &[u8]) {
        let mut raw = Raw::connect(self.at(), order);
        raw.send(bytes).unwrap_or_default();
        raw.end();
        raw.hear();
    }

    /// Somebody else goes on, and memory stays as it was.
    #[track_caller]
    fn is_well(&mut self) {
        let (session, entry) = (self.session, 0);
        let (answer, took) = self.good.timed(&RptEntryGet { session, entry });
        assert!(answer.is_ok(), "{answer:?}");
        assert!(took < OTHERS, "{took:?}");
        let grown = resident(&self.shelfd).saturating_sub(self.resident);
        assert!(grown < GROWTH_KIB_MAX, "{grown} KiB more than before");
    }
}

fn error_of(order: ByteOrder, payload: &[u8]) -> i32 {
    let code = payload.try_into().expect("an error and nothing else");
    match order {
        ByteOrder::Little => i32::from_le_bytes(code),
        ByteOrder::Big => i32::from_be_bytes(code),
    }
}

// One length of 65,536 ends openhpid.
#[test]
fn lengths_to_four_gibibytes_end_the_connection_and_nothing_else() {
    let mut bench = Bench::start();
    let longest = u32::try_from(PAYLOAD_MAX).expect("a constant");
    let beyond = [
        longest + 1,
        65_535,
        65_536,
        1 << 20,
        1 << 24,
        i32::MAX as u32,
        1 << 31,
        u32::MAX,
    ];
    for order in ORDERS {
        for len in (0..=64).filter(|len| *len != 8) {
            let bytes = raw_frame(order, RptEntryGet::NUMBER, vec![0; len]);
            bench.expect(order, &bytes, Some(INVALID_PARAMS));
        }
        // As long as may be, and whole.
        let whole = raw_frame(order, EventAdd::NUMBER, vec![0xa5; PAYLOAD_MAX]);
        bench.expect(order, &whole, Some(INVALID_PARAMS));
        // As long as may be, and never whole.
        bench.expect(order, &header(order, EventAdd::NUMBER, longest), None);
        for len in beyond {
            let mut bytes = header(order, EventAdd::NUMBER, len).to_vec();
            bench.expect(order, &bytes, None);
            bytes.resize(200_000, 0xa5);
            bench.expect(order, &bytes, None);
        }
    }
    bench.is_well();
}

#[test]
fn functions_that_there_are_not_are_refused() {
    let mut bench = Bench::start();
    let unknown = [0, 129, 130, 255, 256, 0x0100_0000, 0x8000_0000, u32::MAX];
    for order in ORDERS {
        for function in unknown {
            for payload in [vec![], vec![0; 4], vec![0xff; 1_000]] {
                let bytes = raw_frame(order, function, payload);
                bench.expect(order, &bytes, Some(UNSUPPORTED_API));
            }
        }
    }
    bench.is_well();
}

#[test]
fn other_versions_and_kinds_end_the_connection() {
    let mut bench = Bench::start();
    for order in ORDERS {
        let call = frame(order, &SessionOpen { domain: 0 });
        for kind in (0..=255).filter(|kind| ![1, 2].contains(kind)) {
            let mut bytes = call.clone();
            bytes[0] = kind;
            bench.expect(order, &bytes, None);
        }
        for version in (0..16).filter(|version| *version != 1) {
            let mut bytes = call.clone();
            bytes[1] = version << 4 | bytes[1] & 0x0f;
            bench.expect(order, &bytes, None);
        }
        // A client that could not read us: there is nothing to carry out.
        let mut bytes = call.clone();
        bytes[0] = 2;
        let mut raw = Raw::connect(bench.at(), order);
        raw.send(&bytes).expect("it is open");
        let Heard::Frame(reply) = raw.hear() else {
            panic!("it is answered in kind");
        };
        assert_eq!((reply.kind, reply.payload.len()), (Kind::Error, 0));
    }
    // The same bytes in the other order are other numbers.
    let mut swapped = frame(ByteOrder::Little, &SessionOpen { domain: 0 });
    swapped[1] = 0x10;
    bench.expect(ByteOrder::Big, &swapped, None);
    bench.is_well();
}

/// Calls of all shapes: numbers alone, texts, unions, lists.
fn calls(order: ByteOrder, session: u32) -> Vec<(u32, Vec<u8>)> {
    let (resource, control, mode) = (1, 0, 1);
    let text = Text {
        data_type: 3,
        language: 25,
        data: b"truncated".to_vec(),
    };
    let user = Event {
        source: u32::MAX,
        timestamp: 0,
        severity: 2,
        data: EventData::User(text.clone()),
    };
    let line = CtrlStateText {
        line: 1,
        text: text.clone(),
    };
    let param = HandlerConfigParam {
        name: Characters(b"plugin".to_vec()),
        value: Characters(b"libsimulator".to_vec()),
    };
    let config = HandlerConfig {
        params: List(vec![param]),
    };
    let state = CtrlState::Text(line);
    vec![
        call(order, &SessionOpen { domain: 0 }),
        call(order, &RptEntryGet { session, entry: 0 }),
        call(
            order,
            &EventGet {
                session,
                timeout: 0,
            },
        ),
        call(
            order,
            &ResourceTagSet {
                session,
                resource,
                tag: text,
            },
        ),
        call(
            order,
            &EventAdd {
                session,
                event: user,
            },
        ),
        call(
            order,
            &ControlSet {
                session,
                resource,
                control,
                mode,
                state,
            },
        ),
        call(order, &HandlerCreate { session, config }),
    ]
}

fn call<F: Function>(order: ByteOrder, call: &F) -> (u32, Vec<u8>) {
    (F::NUMBER, call.call(order))
}

// A frame that ends early never does anything, neither by its header nor by its length.
#[test]
fn calls_that_end_early_are_not_carried_out() {
    let mut bench = Bench::start();
    for order in ORDERS {
        for (function, payload) in calls(order, bench.session) {
            let whole = raw_frame(order, function, payload.clone());
            // Cut off: the rest never comes.
            for len in 1..whole.len() {
                bench.expect(order, &whole[..len], None);
            }
            // Too short, and the header says so.
            for len in 0..payload.len() {
                let bytes = raw_frame(order, function, payload[..len].to_vec());
                bench.expect(order, &bytes, Some(INVALID_PARAMS));
            }
            // Too long.
            let bytes = raw_frame(order, function, [&payload[..], &[0]].concat());
            bench.expect(order, &bytes, Some(INVALID_PARAMS));
        }
    }
    assert_eq!(added(&mut bench), 0);
    // To count what is added is to find it.
    let session = bench.session;
    let order = ByteOrder::Little;
    for (function, payload) in calls(order, session) {
        if function == EventAdd::NUMBER {
            let whole = raw_frame(order, function, payload);
            bench.good.send(&whole).expect("it is open");
            assert!(matches!(bench.good.hear(), Heard::Frame(_)));
        }
    }
    assert_eq!(added(&mut bench), 1);
    bench.is_well();
}

/// Events of the log that a user added; the shelf adds its own meanwhile.
fn added(bench: &mut Bench) -> usize {
    let (session, resource, mut entry) = (bench.session, u32::MAX, 0);
    let mut found = 0;
    while entry != NO_MORE {
        let call = EventLogEntryGet {
            session,
            resource,
            entry,
        };
        let Ok(logged) = bench.good.call(&call) else {
            break;
        };
        found += usize::from(matches!(logged.entry.event.data, EventData::User(_)));
        entry = logged.next;
    }
    found
}

/// Numbers that look random and are the same each time. Source: G. Marsaglia, Xorshift RNGs, 2003.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn bytes(&mut self, len: u64) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[3]).collect()
    }

    /// Parameters: mostly small numbers, as those that there are.
    fn words(&mut self, order: ByteOrder, count: u64) -> Vec<u8> {
        let word = |_| match self.below(4) {
            0 => self.next().to_le_bytes()[..4].to_vec(),
            _ => {
                let small = u32::try_from(self.below(32)).unwrap_or_default();
                match order {
                    ByteOrder::Little => small.to_le_bytes().to_vec(),
                    ByteOrder::Big => small.to_be_bytes().to_vec(),
                }
            }
        };
        (0..count).flat_map(word).collect()
    }

    /// A frame of nothing but random bytes, one with a good header, or one whose parameters begin
    /// with a session that there is.
    fn frame(&mut self, order: ByteOrder, session: u32) -> Vec<u8> {
        let function = u32::try_from(self.below(130)).unwrap_or_default();
        let len = match self.below(8) {
            0 => self.below(2_000),
            _ => self.below(64),
        };
        match self.below(4) {
            0 => self.bytes(len),
            1 => raw_frame(order, function, self.bytes(len)),
            _ => {
                let session = match order {
                    ByteOrder::Little => session.to_le_bytes(),
                    ByteOrder::Big => session.to_be_bytes(),
                };
                let rest = self.words(order, len / 8);
                raw_frame(order, function, [&session[..], &rest].concat())
            }
        }
    }
}

// The same ten thousand each time; the number to print when one of them does harm.
#[test]
fn ten_thousand_random_frames_do_no_harm() {
    let mut bench = Bench::start();
    let mut numbers = Numbers(0x4743_2026);
    for count in 0..10_000 {
        let order = ORDERS[count % 2];
        let bytes = numbers.frame(order, bench.session);
        bench.try_out(order, &bytes);
        if count % 500 == 0 {
            // One of them may have closed it.
            let (good, session) = Raw::open(bench.at());
            (bench.good, bench.session) = (good, session);
            bench.is_well();
        }
    }
    bench.is_well();
}

// One byte now and then, and calls whose replies nobody reads: both cost a connection and no more.
#[test]
fn clients_that_dawdle_or_do_not_listen_hold_up_nobody() {
    let mut bench = Bench::start();
    let session = bench.session;
    let mut slow: Vec<Raw> = (0..50)
        .map(|_| Raw::connect(bench.at(), ORDERS[0]))
        .collect();
    let call = frame(ORDERS[0], &RptEntryGet { session, entry: 0 });
    let calls = call.repeat(2_000);
    let deaf: Vec<_> = (0..8)
        .map(|_| {
            let (at, calls) = (bench.at(), calls.clone());
            std::thread::spawn(move || {
                let mut raw = Raw::connect(at, ORDERS[0]);
                let mut sent = 0_u64;
                // Until the kernel takes no more.
                while raw.send(&calls).is_ok() {
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    for byte in &call {
        for raw in &mut slow {
            raw.send(&[*byte]).expect("it is open");
        }
        let (answer, took) = bench.good.timed(&RptEntryGet { session, entry: 0 });
        assert!(answer.is_ok());
        assert!(took < OTHERS, "{took:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    for mut raw in slow {
        assert!(
            matches!(raw.hear(), Heard::Frame(_)),
            "late, and yet a call"
        );
    }
    for deaf in deaf {
        let sent = deaf.join().expect("it ends");
        assert!(sent < 1_000, "somebody kept what nobody read");
    }
    bench.is_well();
}

// openhpid has a thread for each of them.
#[test]
fn three_thousand_idle_connections_cost_no_thread_and_little_memory() {
    const CONNECTIONS: u64 = 3_000;
    /// Those that there are without any connection: they carry components' lives.
    const THREADS_MAX: u64 = 40;
    /// A socket and a task.
    const EACH_KIB_MAX: u64 = 4;
    let mut bench = Bench::start();
    let mut idle: Vec<Raw> = (0..CONNECTIONS)
        .map(|_| Raw::connect(bench.at(), ByteOrder::Little))
        .collect();
    // Each has called once: a connection that was used is not a new one.
    let session = bench.session;
    for raw in &mut idle {
        let answer = raw.call(&RptEntryGet { session, entry: 0 });
        assert!(answer.is_ok());
    }
    let threads = status_of(&bench.shelfd, "Threads:");
    assert!(threads < THREADS_MAX, "{threads} threads");
    let grown = resident(&bench.shelfd).saturating_sub(bench.resident);
    assert!(
        grown < CONNECTIONS * EACH_KIB_MAX + GROWTH_KIB_MAX,
        "{grown} KiB"
    );
    let start = Instant::now();
    let answer = idle[1_234].call(&RptEntryGet { session, entry: 0 });
    assert!(answer.is_ok());
    assert!(start.elapsed() < OTHERS, "{:?}", start.elapsed());
    drop(idle);
    wait_until(Duration::from_secs(10), "their sockets are closed", || {
        let folder = format!("/proc/{}/fd", bench.shelfd.pid());
        let open = std::fs::read_dir(folder).map_or(0, Iterator::count);
        (open < 200).then_some(()).ok_or(open.to_string())
    });
    let (answer, _) = bench.good.timed(&RptEntryGet { session, entry: 0 });
    assert!(answer.is_ok());
}
