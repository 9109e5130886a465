//! Clients on sockets: those that behave, and those that do not.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use hpi_server::{ConnectionId, Door, HangUp, Message, Options, Question, serve};
use openhpi_wire::ByteOrder;
use openhpi_wire::frame::{Decoder, Frame, Kind};
use openhpi_wire::function::{Call, Discover, EventGet, Function, SessionOpen};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;

/// Longer than anything here takes, so that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(10);

async fn served(options: Options) -> (SocketAddr, Receiver<Message>) {
    let (address, messages, _) = open(options).await;
    (address, messages)
}

async fn open(options: Options) -> (SocketAddr, Receiver<Message>, HangUp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door {
        listener,
        tls: None,
        options,
    };
    let (messages, hang_up) = serve([door]);
    (address, messages, hang_up)
}

/// Gives 7 as the id of each session, refuses to discover, and lets everything else wait.
async fn answer(mut messages: Receiver<Message>) -> Vec<ConnectionId> {
    let mut closed = Vec::new();
    let mut waiting = Vec::new();
    while let Some(message) = messages.recv().await {
        match message {
            Message::Closed(connection) => closed.push(connection),
            Message::Asked(question) => {
                let order = question.order;
                if matches!(*question.call, Call::SessionOpen(_)) {
                    reply(question, SessionOpen::reply(order, &7));
                } else if matches!(*question.call, Call::Discover(_)) {
                    drop(question.reply);
                } else {
                    waiting.push(question);
                }
            }
        }
        waiting.retain(|question| !question.reply.is_closed());
    }
    closed
}

fn reply(question: Question, payload: Vec<u8>) {
    let _ = question.reply.send(payload);
}

struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    fn send(&mut self, order: ByteOrder, function: u32, payload: Vec<u8>) {
        let frame = Frame {
            kind: Kind::Message,
            order,
            function,
            payload,
        };
        self.0.write_all(&frame.encode()).unwrap();
    }

    /// `None` when the server closed the connection.
    fn receive(&mut self) -> Option<Frame> {
        let mut decoder = Decoder::default();
        let mut piece = [0; 1000];
        loop {
            if let Some(frame) = decoder.next_frame().unwrap() {
                return Some(frame);
            }
            match self.0.read(&mut piece) {
                Ok(0) | Err(_) => return None,
                Ok(len) => decoder.push(&piece[..len]),
            }
        }
    }

    fn call<F: Function>(&mut self, order: ByteOrder, call: &F) -> Result<F::Reply, i32> {
        self.send(order, F::NUMBER, call.call(order));
        let frame = self.receive().unwrap();
        assert_eq!((frame.order, frame.function), (order, F::NUMBER));
        F::read_reply(order, &frame.payload).unwrap()
    }
}

/// Runs a blocking client beside the server.
async fn beside<T: Send + 'static>(client: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(client).await.unwrap()
}

#[tokio::test]
async fn both_byte_orders_are_answered_in_their_own() {
    let (address, messages) = served(Options::default()).await;
    tokio::spawn(answer(messages));
    beside(move || {
        let mut client = Client::connect(address);
        for order in [ByteOrder::Little, ByteOrder::Big] {
            assert_eq!(client.call(order, &SessionOpen { domain: u32::MAX }), Ok(7));
            let internal_error = Err(-1004);
            assert_eq!(client.call(order, &Discover { session: 7 }), internal_error);
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_the_connection_goes_on() {
    let (address, messages) = served(Options::default()).await;
    tokio::spawn(answer(messages));
    beside(move || {
        let mut client = Client::connect(address);
        let order = ByteOrder::Little;
        let refusals = [
            (0, vec![], -1002, "no function"),
            (129, vec![1; 40], -1002, "no function"),
            (1, vec![], -1009, "no domain"),
            (1, vec![0; 5], -1009, "more than a domain"),
        ];
        for (function, payload, code, why) in refusals {
            client.send(order, function, payload);
            let refused = client.receive().unwrap();
            assert_eq!(refused.payload, i32::to_le_bytes(code), "{why}");
        }
        assert_eq!(client.call(order, &SessionOpen { domain: 0 }), Ok(7));
    })
    .await;
}

#[tokio::test]
async fn who_breaks_the_protocol_is_disconnected_and_nobody_else() {
    let (address, messages) = served(Options::default()).await;
    let answering = tokio::spawn(answer(messages));
    beside(move || {
        let mut good = Client::connect(address);
        let broken: [&[u8]; 4] = [
            &[9, 0x11, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0],
            &[1, 0x31, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0],
            &[1, 0x11, 0, 0, 1, 0, 0, 0, 0xf4, 0xff, 0, 0],
            &[1, 0x11, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
        ];
        for bytes in broken {
            let mut bad = Client::connect(address);
            bad.0.write_all(bytes).unwrap();
            assert_eq!(bad.receive(), None, "{bytes:?}");
        }
        let order = ByteOrder::Big;
        assert_eq!(good.call(order, &SessionOpen { domain: 0 }), Ok(7));
    })
    .await;
    answering.abort();
}

#[tokio::test]
async fn a_client_that_goes_while_its_call_waits_is_forgotten() {
    let (address, mut messages) = served(Options::default()).await;
    let (session, timeout) = (7, -1);
    let client = beside(move || {
        let mut client = Client::connect(address);
        let order = ByteOrder::Little;
        client.send(
            order,
            EventGet::NUMBER,
            EventGet { session, timeout }.call(order),
        );
        client
    })
    .await;
    let Some(Message::Asked(mut question)) = messages.recv().await else {
        panic!("it asked");
    };
    drop(client);
    let forgotten = tokio::time::timeout(PATIENCE, question.reply.closed()).await;
    assert_eq!(forgotten, Ok(()));
    let closed = messages.recv().await;
    assert!(matches!(closed, Some(Message::Closed(id)) if id == question.connection));
}

#[tokio::test]
async fn there_are_no_more_connections_than_places() {
    let options = Options {
        connections_max: 2,
        ..Options::default()
    };
    let (address, messages) = served(options).await;
    tokio::spawn(answer(messages));
    beside(move || {
        let order = ByteOrder::Little;
        let open = SessionOpen { domain: 0 };
        let mut first = Client::connect(address);
        let mut second = Client::connect(address);
        assert_eq!(first.call(order, &open), Ok(7));
        assert_eq!(second.call(order, &open), Ok(7));
        let mut third = Client::connect(address);
        assert_eq!(third.receive(), None, "there is no place for it");
        drop(first);
        let started = std::time::Instant::now();
        loop {
            let mut fourth = Client::connect(address);
            let payload = open.call(order);
            fourth.send(order, SessionOpen::NUMBER, payload);
            if fourth.receive().is_some() {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "the place is free again");
        }
    })
    .await;
}

#[tokio::test]
async fn hosts_that_are_not_on_the_list_are_turned_away() {
    let options = Options {
        allowed: Some(BTreeSet::from(["192.0.2.1".parse().unwrap()])),
        ..Options::default()
    };
    let (address, messages) = served(options).await;
    tokio::spawn(answer(messages));
    let turned_away = beside(move || Client::connect(address).receive()).await;
    assert_eq!(turned_away, None);
}

// A slow network is slow between frames too; who dawdles within one holds a place for nothing.
#[tokio::test]
async fn who_dawdles_within_a_frame_is_disconnected_and_who_idles_is_not() {
    let (address, messages) = served(hasty()).await;
    tokio::spawn(answer(messages));
    beside(move || {
        let mut idle = Client::connect(address);
        let mut slow = Client::connect(address);
        slow.0.write_all(&[1, 0x11, 0]).unwrap();
        assert_eq!(slow.receive(), None);
        let order = ByteOrder::Little;
        assert_eq!(idle.call(order, &SessionOpen { domain: 0 }), Ok(7));
    })
    .await;
}

// What is not read fills the kernel's buffers, then the connection ends; nothing is kept here.
#[tokio::test]
async fn who_never_reads_is_disconnected() {
    let (address, messages) = served(hasty()).await;
    let answering = tokio::spawn(answer(messages));
    beside(move || {
        let mut deaf = Client::connect(address);
        deaf.0.set_write_timeout(Some(PATIENCE)).unwrap();
        let (order, open) = (ByteOrder::Little, SessionOpen { domain: 0 });
        let frame = Frame {
            kind: Kind::Message,
            order,
            function: SessionOpen::NUMBER,
            payload: open.call(order),
        };
        let many = frame.encode().repeat(1_000);
        let end = loop {
            if let Err(why) = deaf.0.write_all(&many) {
                break why.kind();
            }
        };
        assert!(
            matches!(end, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
            "{end}"
        );
    })
    .await;
    answering.abort();
}

/// No patience for one frame.
fn hasty() -> Options {
    Options {
        frame_time_max: Duration::from_millis(100),
        ..Options::default()
    }
}

/// A client whose call waits must not be told that it failed: it calls again elsewhere.
#[tokio::test]
async fn who_is_hung_up_on_is_not_answered_and_may_come_back() {
    let (address, mut messages, hang_up) = open(Options::default()).await;
    let waits = tokio::task::spawn_blocking(move || {
        let mut client = Client::connect(address);
        let wait = EventGet {
            session: 7,
            timeout: -1,
        };
        client.send(
            ByteOrder::Little,
            EventGet::NUMBER,
            wait.call(ByteOrder::Little),
        );
        assert_eq!(
            client.receive(),
            None,
            "the connection ends, and nothing comes before"
        );
    });
    let Some(Message::Asked(question)) = messages.recv().await else {
        panic!("it asks first");
    };
    hang_up.all();
    drop(question.reply);
    waits.await.unwrap();
    let closed = messages.recv().await;
    assert!(matches!(closed, Some(Message::Closed(id)) if id == question.connection));
    tokio::spawn(answer(messages));
    beside(move || {
        let mut client = Client::connect(address);
        let opened = client.call(ByteOrder::Little, &SessionOpen { domain: u32::MAX });
        assert_eq!(opened, Ok(7));
    })
    .await;
}
