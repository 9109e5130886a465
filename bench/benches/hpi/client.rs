//! Our own client, the same for both daemons: one connection, one session, one call at a time.

use openhpi_wire::ByteOrder;
use openhpi_wire::frame::{Frame, HEADER_LEN, Kind};
use openhpi_wire::function::{Function, RdrGet, RptEntryGet, SessionOpen};
use openhpi_wire::types::RdrTypeUnion;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ORDER: ByteOrder = ByteOrder::Little;

/// A connection with its session.
pub(crate) struct Client {
    stream: TcpStream,
    pub(crate) session: u32,
    reply: Vec<u8>,
}

impl Client {
    pub(crate) async fn open(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).await.expect("it listens");
        stream.set_nodelay(true).expect("an open socket");
        let mut client = Self {
            stream,
            session: 0,
            reply: Vec::new(),
        };
        let opened = client.call(&SessionOpen { domain: u32::MAX }).await;
        client.session = opened.expect("there is place for a session");
        client
    }

    /// Sends a call that was made before, and takes its reply: the payload.
    pub(crate) async fn ask(&mut self, call: &[u8]) -> &[u8] {
        self.stream.write_all(call).await.expect("an open socket");
        let mut header = [0; HEADER_LEN];
        let read = self.stream.read_exact(&mut header).await;
        read.expect("it answers");
        let [.., l0, l1, l2, l3] = header;
        let len = u32::from_le_bytes([l0, l1, l2, l3]);
        self.reply.resize(usize::try_from(len).expect("it fits"), 0);
        let read = self.stream.read_exact(&mut self.reply).await;
        read.expect("it answers");
        &self.reply
    }

    pub(crate) async fn call<F: Function>(&mut self, call: &F) -> Result<F::Reply, i32> {
        let payload = self.ask(&frame(call)).await;
        F::read_reply(ORDER, payload).expect("it can be read")
    }

    /// Resource and number of the sensor with this name.
    pub(crate) async fn sensor(&mut self, name: &str) -> (u32, u32) {
        let (session, mut entry) = (self.session, 0);
        while let Ok(next) = self.call(&RptEntryGet { session, entry }).await {
            let resource = next.entry.resource;
            if let Some(sensor) = self.sensor_of(resource, name).await {
                return (resource, sensor);
            }
            entry = next.next;
        }
        panic!("no sensor {name}");
    }

    async fn sensor_of(&mut self, resource: u32, name: &str) -> Option<u32> {
        let (session, mut entry) = (self.session, 0);
        while entry != u32::MAX {
            let call = RdrGet {
                session,
                resource,
                entry,
            };
            let next = self.call(&call).await.ok()?;
            if let RdrTypeUnion::Sensor(rec) = &next.entry.instrument
                && next.entry.id.data == name.as_bytes()
            {
                return Some(rec.num);
            }
            entry = next.next;
        }
        None
    }
}

/// A call as it travels.
pub(crate) fn frame<F: Function>(call: &F) -> Vec<u8> {
    let frame = Frame {
        kind: Kind::Message,
        order: ORDER,
        function: F::NUMBER,
        payload: call.call(ORDER),
    };
    frame.encode()
}

/// One thread for all clients, so that as much as possible is left to the daemons.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("the kernel gives what it takes")
}
