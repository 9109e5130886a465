//! The port around a driver that is made up, as few machines have a real one.

use super::{Driver, run, run_with};
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Its command says what happens to a request; the driver answers with what it was asked.
struct Fake;

const ANSWERED: u8 = 1;
const NOT_ACKNOWLEDGED: u8 = 2;
const TIMED_OUT_BY_KERNEL: u8 = 3;
const SILENT: u8 = 4;
const BAD_ADDRESS: u8 = 5;
const GONE: u8 = 6;

impl Driver for Fake {
    fn ask(&mut self, _: Target, request: &Request) -> Result<Response> {
        let code = match request.command {
            ANSWERED => CompletionCode::OK,
            NOT_ACKNOWLEDGED => CompletionCode::NAK_ON_WRITE,
            TIMED_OUT_BY_KERNEL => CompletionCode::TIMEOUT,
            SILENT => return Err(ErrorKind::WouldBlock.into()),
            BAD_ADDRESS => return Err(ErrorKind::InvalidInput.into()),
            _ => return Err(Error::other("the device is gone")),
        };
        let data = request.data.clone();
        Ok(Response { code, data })
    }
}

struct Port {
    orders: Sender<PortOrder>,
    events: Receiver<PortEvent>,
}

impl Port {
    fn open<D: Driver>(open: impl Fn() -> Result<D> + Clone + Send + 'static) -> Self {
        let (orders, inbox) = channel(8);
        let (outbox, events) = channel(8);
        tokio::spawn(run_with(open, (inbox, outbox)));
        Self { orders, events }
    }

    async fn next(&mut self) -> PortEvent {
        self.events.recv().await.unwrap()
    }

    async fn ask(&mut self, target: Target, command: u8, data: &[u8]) -> PortEvent {
        let request = Request {
            net_fn: NetFn::APP,
            lun: 0,
            command,
            data: data.to_vec(),
        };
        let order = PortOrder {
            token: u64::from(command),
            target,
            request,
        };
        self.orders.send(order).await.unwrap();
        self.next().await
    }
}

fn answered(command: u8, result: std::result::Result<(u8, &[u8]), RequestError>) -> PortEvent {
    PortEvent::Answer {
        token: u64::from(command),
        result: result.map(|(code, data)| Response {
            code: CompletionCode(code),
            data: data.to_vec(),
        }),
    }
}

fn down(why: &str) -> PortEvent {
    PortEvent::Down(DownReason::Unreachable(why.into()))
}

// What the driver says about other controllers is no answer of theirs; what it says about its own
// controller is.
#[tokio::test]
async fn answers() {
    const BLADE: Target = Target::Ipmb(0x82);
    use RequestError::{NoSuchController, Timeout};
    let mut port = Port::open(|| Ok(Fake));
    assert_eq!(port.next().await, PortEvent::Up);
    let cases: [(Target, u8, &[u8], _); 8] = [
        (
            Target::ShelfManager,
            ANSWERED,
            &[1, 2],
            Ok((0, &[1, 2][..])),
        ),
        (BLADE, ANSWERED, &[3], Ok((0, &[3]))),
        (BLADE, NOT_ACKNOWLEDGED, &[], Err(NoSuchController)),
        (Target::ShelfManager, NOT_ACKNOWLEDGED, &[], Ok((0x83, &[]))),
        (BLADE, TIMED_OUT_BY_KERNEL, &[], Err(Timeout)),
        (
            Target::ShelfManager,
            TIMED_OUT_BY_KERNEL,
            &[],
            Ok((0xc3, &[])),
        ),
        (BLADE, SILENT, &[], Err(Timeout)),
        (BLADE, BAD_ADDRESS, &[], Err(NoSuchController)),
    ];
    for (target, command, data, expected) in cases {
        let news = port.ask(target, command, data).await;
        assert_eq!(news, answered(command, expected), "{target:?} {command}");
    }
}

// A driver that fails takes the port down with a reason, and the port comes back by itself.
#[tokio::test(start_paused = true)]
async fn failures() {
    let mut port = Port::open(|| Ok(Fake));
    assert_eq!(port.next().await, PortEvent::Up);
    let cases = [
        (
            Target::ShelfManager,
            SILENT,
            RequestError::Timeout,
            "no answer from the management controller",
        ),
        (
            Target::ShelfManager,
            GONE,
            RequestError::PortDown,
            "the device is gone",
        ),
        (
            Target::Ipmb(0x82),
            GONE,
            RequestError::PortDown,
            "the device is gone",
        ),
    ];
    for (target, command, error, why) in cases {
        let news = port.ask(target, command, &[]).await;
        assert_eq!(news, answered(command, Err(error)), "{why}");
        assert_eq!(port.next().await, down(why));
        let refused = port.ask(target, ANSWERED, &[]).await;
        assert_eq!(refused, answered(ANSWERED, Err(RequestError::PortDown)));
        assert_eq!(port.next().await, PortEvent::Up);
    }
}

// A device that appears later is found, and its absence is told once.
#[tokio::test(start_paused = true)]
async fn a_device_that_comes_late() {
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = attempts.clone();
    let mut port = Port::open(move || match counted.fetch_add(1, Ordering::Relaxed) {
        0..4 => Err(Error::from(ErrorKind::NotFound)),
        _ => Ok(Fake),
    });
    assert_eq!(port.next().await, down("entity not found"));
    assert_eq!(port.next().await, PortEvent::Up);
    assert_eq!(attempts.load(Ordering::Relaxed), 5);
}

// A controller that does not even say who it is.
#[tokio::test]
async fn a_silent_controller() {
    struct Silent;
    impl Driver for Silent {
        fn ask(&mut self, _: Target, request: &Request) -> Result<Response> {
            assert!(GetDeviceId::is(request));
            Err(ErrorKind::WouldBlock.into())
        }
    }
    let mut port = Port::open(|| Ok(Silent));
    let expected = down("no answer from the management controller");
    assert_eq!(port.next().await, expected);
}

// The real device file, where there is none: the message names it and what to do.
#[tokio::test]
async fn no_such_file() {
    let (_orders, inbox) = channel(8);
    let (outbox, mut events) = channel(8);
    tokio::spawn(run("/dev/no-such-ipmi0".into(), inbox, outbox));
    let Some(PortEvent::Down(DownReason::Unreachable(why))) = events.recv().await else {
        panic!("a reason");
    };
    assert!(why.starts_with("/dev/no-such-ipmi0: "), "{why}");
    assert!(why.contains("ipmi_devintf"), "{why}");
}

// A file that is no IPMI device takes the port down at the first request, not the program.
#[tokio::test]
async fn another_file() {
    let (_orders, inbox) = channel(8);
    let (outbox, mut events) = channel(8);
    tokio::spawn(run("/dev/null".into(), inbox, outbox));
    let news = events.recv().await.unwrap();
    let is_down = matches!(news, PortEvent::Down(DownReason::Unreachable(_)));
    assert!(is_down, "{news:?}");
}
