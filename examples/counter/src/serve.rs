//! The counter over TCP: one line in, one line out.

use ais::Dn;
use ais::amf::HaState;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the previous active one may take to release the port.
const BIND_TIME: Duration = Duration::from_secs(3);

/// Longest line, in bytes.
const LINE_MAX: u64 = 256;

/// How long a connection may be silent.
const IDLE_TIME: Duration = Duration::from_secs(60);

/// Most connections at a time.
const CONNECTIONS_MAX: usize = 64;

/// What all threads share.
pub(crate) struct Counter {
    component: Dn,
    ha_state: Mutex<Option<HaState>>,
    pub(crate) value: AtomicU64,
    connections: AtomicUsize,
    pub(crate) hangs: AtomicBool,
    pub(crate) healthcheck_fails: AtomicBool,
    pub(crate) csi_fails: AtomicBool,
    pub(crate) terminate_fails: AtomicBool,
}

impl Counter {
    pub(crate) fn new(component: Dn) -> Self {
        Self {
            component,
            ha_state: Mutex::new(None),
            value: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            hangs: AtomicBool::new(false),
            healthcheck_fails: AtomicBool::new(false),
            csi_fails: AtomicBool::new(false),
            terminate_fails: AtomicBool::new(false),
        }
    }

    /// The state that it has assumed; `None` while nothing is assigned.
    pub(crate) fn state(&self) -> MutexGuard<'_, Option<HaState>> {
        self.ha_state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn answer(&self, line: &str) -> String {
        match line {
            "INCR" => self.increment(),
            "VALUE" => self.value.load(Ordering::Relaxed).to_string(),
            "STATE" => {
                let state = self.state().map_or("UNASSIGNED", HaState::word);
                format!("{state} {} {}", self.component, std::process::id())
            }
            "FAIL healthcheck" => switch(&self.healthcheck_fails),
            "FAIL csi" => switch(&self.csi_fails),
            "FAIL terminate" => switch(&self.terminate_fails),
            "HANG" => switch(&self.hangs),
            "EXIT" => std::process::exit(1),
            _ => "ERR unknown command".into(),
        }
    }

    fn increment(&self) -> String {
        // Held while counting, so that nothing is counted after another state was assumed.
        match *self.state() {
            Some(HaState::Active) => (self.value.fetch_add(1, Ordering::Relaxed) + 1).to_string(),
            state => format!("ERR {}", state.map_or("UNASSIGNED", HaState::word)),
        }
    }
}

fn switch(fault: &AtomicBool) -> String {
    fault.store(true, Ordering::Relaxed);
    "OK".into()
}

/// A port that is served until this is dropped.
pub(crate) struct Service {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Listens, waiting a moment for a port that somebody else is about to release.
    pub(crate) fn start(address: SocketAddr, counter: Arc<Counter>) -> io::Result<Self> {
        let began = Instant::now();
        let listener = loop {
            match TcpListener::bind(address) {
                Ok(listener) => break listener,
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && began.elapsed() < BIND_TIME =>
                {
                    thread::sleep(Duration::from_millis(5));
                }
                Err(error) => return Err(error),
            }
        };
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stops = stopping.clone();
        let thread = thread::Builder::new()
            .name("accept".into())
            .spawn(move || accept(&listener, &stops, &counter))?;
        Ok(Self {
            address,
            stopping,
            thread: Some(thread),
        })
    }

    /// Serves the port as long as the process lives.
    pub(crate) fn detach(mut self) {
        self.thread = None;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes the thread, which then closes the port.
        if TcpStream::connect(self.address).is_ok() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, stopping: &AtomicBool, counter: &Arc<Counter>) {
    for stream in listener.incoming() {
        if stopping.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else {
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        if counter.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
            counter.connections.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let serving = counter.clone();
        let spawned = thread::Builder::new().spawn(move || {
            let _ = serve(&stream, &serving);
            serving.connections.fetch_sub(1, Ordering::Relaxed);
        });
        if spawned.is_err() {
            counter.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn serve(stream: &TcpStream, counter: &Counter) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE_TIME))?;
    stream.set_write_timeout(Some(IDLE_TIME))?;
    let mut lines = BufReader::new(stream);
    loop {
        let mut line = String::new();
        lines.by_ref().take(LINE_MAX).read_line(&mut line)?;
        if !line.ends_with('\n') {
            return Ok(());
        }
        let answer = counter.answer(line.trim_end());
        let mut writer = stream;
        writer.write_all(format!("{answer}\n").as_bytes())?;
    }
}

/// Asks the active one for its number.
pub(crate) fn value(address: SocketAddr) -> Option<u64> {
    let time = Duration::from_millis(100);
    let mut stream = TcpStream::connect_timeout(&address, time).ok()?;
    stream.set_read_timeout(Some(time)).ok()?;
    stream.write_all(b"VALUE\n").ok()?;
    let mut line = String::new();
    BufReader::new(stream)
        .take(LINE_MAX)
        .read_line(&mut line)
        .ok()?;
    line.trim_end().parse().ok()
}
