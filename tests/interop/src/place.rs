//! A folder and ports that belong to one run.

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

/// A temporary folder. It is deleted at the end, or kept and named when the test fails.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
}

impl Place {
    /// A new, empty folder whose name contains `what`.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new(what: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("openshelf-{what}-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file in it, and returns where it is.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        std::fs::write(&file, text).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        file
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept for a look: {}", self.path.display());
        } else {
            // A folder that cannot be deleted does no harm in a temporary place.
            std::fs::remove_dir_all(&self.path).unwrap_or_default();
        }
    }
}

/// Where ports for tests begin: below the ports that the kernel hands to clients.
const PORT_MIN: u16 = 20_000;
/// How many ports there are for tests.
const PORTS: u16 = 12_000;

/// A port on which nobody listens, neither over UDP nor over TCP, and that this process has not
/// handed out before.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that run at the same time begin at different places.
    let start = std::process::id().wrapping_mul(97) % u32::from(PORTS);
    for _ in 0..PORTS {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = (start + step) % u32::from(PORTS);
        let port = PORT_MIN + u16::try_from(offset).expect("less than PORTS");
        let address = ("127.0.0.1", port);
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return port;
        }
    }
    panic!("no free port between {PORT_MIN} and {}", PORT_MIN + PORTS);
}
