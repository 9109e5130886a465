//! Stands between the chassis and the daemon, and takes the time at which an event is announced.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

/// Ends a command of the VM codec, such as "attention"; it stands nowhere else on the wire.
/// Source: OpenIPMI, `lanserv` VM protocol: A0h ends a message, A1h a command, AAh escapes.
const COMMAND_END: u8 = 0xA1;

/// A proxy for the chassis' system interface. Its threads end with the process.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    announced: Receiver<Instant>,
}

impl Proxy {
    pub(crate) fn start(chassis: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let (sender, announced) = channel();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(chassis) else {
                    continue;
                };
                join(client, server, &sender);
            }
        });
        Self { address, announced }
    }

    /// Forgets what was announced so far.
    pub(crate) fn forget(&self) {
        self.announced.try_iter().for_each(drop);
    }

    /// When the first event since [`Self::forget`] was announced; `None` when none was.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.announced.try_iter().next()
    }
}

/// Copies both ways until one side closes.
fn join(client: TcpStream, server: TcpStream, sender: &Sender<Instant>) {
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
            if bytes.contains(&COMMAND_END) {
                // Nobody listens any more when the benchmark is over.
                sender.send(Instant::now()).unwrap_or_default();
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
