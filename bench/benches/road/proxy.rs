//! Stands between the chassis and the daemon, and takes the time at which an event passes.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

/// Part of the event message of FRU 0's hot swap sensor: event message format, sensor type, sensor
/// number, event type. The new state follows. None of these bytes is ever escaped on the wire.
/// Source: IPMI v2.0 §29.3; PICMG 3.0 R3.0, FRU Hot Swap event message.
const HOT_SWAP: [u8; 4] = [0x04, 0xF0, 0x00, 0x6F];

/// A new state, and when its event passed.
type Passed = (u8, Instant);

/// A proxy for the chassis' system interface. Its threads end with the process.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    passed: Receiver<Passed>,
}

impl Proxy {
    pub(crate) fn start(chassis: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let (sender, passed) = channel();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(chassis) else {
                    continue;
                };
                join(client, server, &sender);
            }
        });
        Self { address, passed }
    }

    /// Forgets what has passed so far.
    pub(crate) fn forget(&self) {
        self.passed.try_iter().for_each(drop);
    }

    /// When the first event with this new state since [`Self::forget`] passed; `None` when none
    /// did.
    pub(crate) fn first(&self, state: u8) -> Option<Instant> {
        let mut passed = self.passed.try_iter();
        passed.find(|(new, _)| *new == state).map(|(_, at)| at)
    }
}

/// Copies both ways until one side closes.
fn join(client: TcpStream, server: TcpStream, sender: &Sender<Passed>) {
    client.set_nodelay(true).expect("an open socket");
    server.set_nodelay(true).expect("an open socket");
    let copies = (client.try_clone(), server.try_clone());
    let (Ok(to_client), Ok(to_server)) = copies else {
        return;
    };
    let sender = sender.clone();
    thread::spawn(move || copy(client, to_server, |_| {}));
    thread::spawn(move || {
        copy(server, to_client, |bytes| {
            let events = bytes
                .windows(HOT_SWAP.len() + 1)
                .filter_map(|it| it.strip_prefix(&HOT_SWAP));
            for state in events.flatten() {
                // Nobody listens any more when the benchmark is over.
                sender.send((*state, Instant::now())).unwrap_or_default();
            }
        });
    });
}

fn copy(mut from: TcpStream, mut to: TcpStream, see: impl Fn(&[u8])) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        see(&buffer[..count]);
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    to.shutdown(std::net::Shutdown::Both).unwrap_or_default();
}
