//! A client that can send what no library would.

use openhpi_wire::ByteOrder;
use openhpi_wire::frame::{Decoder, Frame, HEADER_LEN, Kind};
use openhpi_wire::function::{Function, RptEntryGet, SessionOpen};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Longer than any answer takes, so that a test fails instead of hanging.
const LIMIT: Duration = Duration::from_secs(10);

/// One connection.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: TcpStream,
    order: ByteOrder,
    decoder: Decoder,
}

/// What came of something that was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A frame.
    Frame(Frame),
    /// The connection was closed.
    Closed,
}

impl Raw {
    pub(crate) fn connect(at: SocketAddr, order: ByteOrder) -> Self {
        let stream = TcpStream::connect(at).expect("it listens");
        stream
            .set_read_timeout(Some(LIMIT))
            .expect("an open socket");
        stream
            .set_write_timeout(Some(LIMIT))
            .expect("an open socket");
        stream.set_nodelay(true).expect("an open socket");
        Self {
            stream,
            order,
            decoder: Decoder::default(),
        }
    }

    /// A connection, and a session that was opened on it.
    pub(crate) fn open(at: SocketAddr) -> (Self, u32) {
        let mut raw = Self::connect(at, ByteOrder::Little);
        let session = raw.call(&SessionOpen { domain: u32::MAX });
        (raw, session.expect("there is place for a session"))
    }

    /// Sends bytes; `Err` when the connection was closed.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), ErrorKind> {
        self.stream.write_all(bytes).map_err(|why| why.kind())
    }

    /// Says that nothing more comes.
    pub(crate) fn end(&mut self) {
        // It may be closed already.
        self.stream.shutdown(Shutdown::Write).unwrap_or_default();
    }

    /// The next frame, or the end.
    ///
    /// # Panics
    /// When neither comes.
    #[track_caller]
    pub(crate) fn hear(&mut self) -> Heard {
        let mut piece = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next_frame().expect("it speaks the protocol") {
                return Heard::Frame(frame);
            }
            match self.stream.read(&mut piece) {
                Ok(0) => return Heard::Closed,
                Ok(len) => self.decoder.push(&piece[..len]),
                Err(why) if why.kind() == ErrorKind::ConnectionReset => return Heard::Closed,
                Err(why) => panic!("neither an answer nor an end: {why}"),
            }
        }
    }

    /// Waits until the other end closes, whatever it says before.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub(crate) fn is_closed(&mut self) {
        let mut piece = [0; 4096];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return,
                Ok(_) => {}
                Err(why) if why.kind() == ErrorKind::ConnectionReset => return,
                Err(why) => panic!("it stays open: {why}"),
            }
        }
    }

    /// Calls a function.
    ///
    /// # Panics
    /// When there is no answer to it.
    #[track_caller]
    pub(crate) fn call<F: Function>(&mut self, call: &F) -> Result<F::Reply, i32> {
        self.send(&frame(self.order, call)).expect("it is open");
        match self.hear() {
            Heard::Frame(reply) => {
                assert_eq!(
                    (reply.kind, reply.order, reply.function),
                    (Kind::Message, self.order, F::NUMBER)
                );
                F::read_reply(self.order, &reply.payload).expect("it can be read")
            }
            Heard::Closed => panic!("closed instead of answered"),
        }
    }

    /// The same, and how long it took.
    pub(crate) fn timed<F: Function>(&mut self, call: &F) -> (Result<F::Reply, i32>, Duration) {
        let start = Instant::now();
        (self.call(call), start.elapsed())
    }

    /// All resources.
    pub(crate) fn resources(&mut self, session: u32) -> Vec<openhpi_wire::types::RptEntry> {
        let (mut entry, mut found) = (0, Vec::new());
        while entry != u32::MAX {
            match self.call(&RptEntryGet { session, entry }) {
                Ok(next) => {
                    entry = next.next;
                    found.push(next.entry);
                }
                Err(_) => break,
            }
        }
        found
    }
}

/// A call as it travels.
pub(crate) fn frame<F: Function>(order: ByteOrder, call: &F) -> Vec<u8> {
    raw_frame(order, F::NUMBER, call.call(order))
}

/// Any payload for any function.
pub(crate) fn raw_frame(order: ByteOrder, function: u32, payload: Vec<u8>) -> Vec<u8> {
    let kind = Kind::Message;
    let frame = Frame {
        kind,
        order,
        function,
        payload,
    };
    frame.encode()
}

/// A header as it travels.
pub(crate) fn header(order: ByteOrder, function: u32, len: u32) -> [u8; HEADER_LEN] {
    let number = |number: u32| match order {
        ByteOrder::Little => number.to_le_bytes(),
        ByteOrder::Big => number.to_be_bytes(),
    };
    let mut bytes = [0; HEADER_LEN];
    bytes[0] = 1;
    bytes[1] = match order {
        ByteOrder::Little => 0x11,
        ByteOrder::Big => 0x10,
    };
    bytes[4..8].copy_from_slice(&number(function));
    bytes[8..12].copy_from_slice(&number(len));
    bytes
}
