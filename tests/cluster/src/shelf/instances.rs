//! The instances of the sample application, as they show themselves.

use super::{INSTANCES, locked};
use crate::{Cluster, Node};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long one may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// The HA state that an instance shows; `None` when none runs there.
pub(super) fn state(node: &Node, port: u16) -> Option<String> {
    told(node, port)?.split(' ').next().map(str::to_owned)
}

/// State, component and process id, as an instance tells them.
pub(super) fn told(node: &Node, port: u16) -> Option<String> {
    node.inside(move || {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = TcpStream::connect_timeout(&address, ANSWER).ok()?;
        stream.set_read_timeout(Some(ANSWER)).ok()?;
        stream.write_all(b"STATE\n").ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        Some(line.trim().to_owned())
    })
}

/// Watches all instances until it is dropped; never were two active at one time.
#[derive(Debug)]
pub struct Watch {
    over: Arc<Mutex<bool>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    /// Begins with it.
    pub fn start(cluster: &Arc<Cluster>) -> Self {
        let over = Arc::new(Mutex::new(false));
        let (ends, cluster) = (Arc::clone(&over), Arc::clone(cluster));
        let thread = std::thread::spawn(move || {
            let [(first, its_port), (second, other_port)] = INSTANCES;
            while !*locked(&ends) {
                let is_active = |node: u32, port: u16| {
                    state(cluster.node(node), port).is_some_and(|it| it == "ACTIVE")
                };
                // Active before the other was seen to be, and after it.
                let twice = is_active(first, its_port)
                    && is_active(second, other_port)
                    && is_active(first, its_port);
                assert!(!twice, "two instances were active at one time");
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self {
            over,
            thread: Some(thread),
        }
    }

    /// Ends it.
    ///
    /// # Panics
    /// When two were active at one time.
    pub fn end(mut self) {
        *locked(&self.over) = true;
        let thread = self.thread.take().expect("it runs until now");
        assert!(
            thread.join().is_ok(),
            "two instances were active at one time"
        );
    }
}
