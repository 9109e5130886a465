//! The arbitration line: which of a shelf's two CMMs is to own it.
//!
//! Only one of them has it at a time; hardware sees to that. It is the vote that makes one side of
//! a cut quorate: see [`crate::Ring`].

use crate::ffi::gpio;
use group::NodeId;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a file is looked at, and how often a line is read although it told no edge.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// How long what was seen of a line is believed.
const LOOK_TIMEOUT: Duration = Duration::from_millis(200);

/// Most that the kernel tells of edges at once: 16 of `struct gpio_v2_line_event`.
const EDGES_BYTES_MAX: usize = 16 * 48;

/// Called when there is news.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Where a shelf's arbitration line is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Line {
    /// There is none: a single CMM, or two that both must be there.
    #[default]
    None,
    /// A file that has the number of the node that holds the line. For tests and labs: whoever
    /// moves the line writes another file and renames it to this one.
    File(PathBuf),
    /// An input of a GPIO character device. It is active on the CMM that holds the line; a line
    /// that is wired the other way is turned around in the device tree.
    Gpio {
        /// Such as `/dev/gpiochip0`.
        chip: PathBuf,
        /// Number of the line on its chip.
        offset: u32,
    },
}

/// Who holds the line, as seen from one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This node.
    Us,
    /// Another node, or nobody.
    NotUs,
    /// The line cannot be read, and why. It counts as held by another.
    Unknown(String),
}

/// Why a line cannot be read.
#[derive(Debug)]
pub(crate) enum LineError {
    /// The file of the line, or its chip, is not to be opened or read.
    Io(PathBuf, io::Error),
    /// The chip does not give this line.
    Request(PathBuf, u32, io::Error),
    /// The file has no node's number in it.
    NoNode(PathBuf),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "arbitration line {}: {error}", path.display()),
            Self::Request(chip, offset, error) => write!(
                f,
                "arbitration line {} of {}: {error}; `gpioinfo` of the package gpiod lists the \
                 lines and who uses them",
                offset,
                chip.display()
            ),
            Self::NoNode(path) => write!(
                f,
                "arbitration line {}: there is no node's number in it",
                path.display()
            ),
        }
    }
}

/// A line that can be read.
#[derive(Debug)]
pub(crate) enum Opened {
    File(PathBuf),
    Gpio(PathBuf, OwnedFd),
}

impl Line {
    /// Moves the line to a node, where that can be done from here: a file's.
    pub fn hand_to(&self, node: NodeId) -> io::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::File(path) => {
                let mut new = path.clone().into_os_string();
                new.push(".new");
                fs::write(&new, format!("{}\n", node.0))?;
                fs::rename(&new, path)
            }
            Self::Gpio { .. } => Err(io::Error::other(
                "a line that is wired is moved by the hardware: pull the CMM, or drop its health",
            )),
        }
    }

    /// `None` when there is no line.
    pub(crate) fn open(&self) -> Result<Option<Opened>, LineError> {
        match self {
            Self::None => Ok(None),
            Self::File(path) => Ok(Some(Opened::File(path.clone()))),
            Self::Gpio { chip, offset } => {
                let file = File::open(chip).map_err(|error| LineError::Io(chip.clone(), error))?;
                let line = gpio::request(&file, *offset);
                let line =
                    line.map_err(|error| LineError::Request(chip.clone(), *offset, error))?;
                Ok(Some(Opened::Gpio(chip.clone(), line)))
            }
        }
    }
}

impl Opened {
    /// Whether this node holds the line.
    pub(crate) fn is_held_by(&self, node: NodeId) -> Result<bool, LineError> {
        match self {
            Self::File(path) => Ok(holder(path)? == node),
            Self::Gpio(chip, line) => {
                gpio::is_active(line).map_err(|error| LineError::Io(chip.clone(), error))
            }
        }
    }

    /// Waits for an edge, or until it is time to look anyway.
    fn wait(&self) {
        let Self::Gpio(_, line) = self else {
            return std::thread::sleep(LOOK_INTERVAL);
        };
        if is_readable(line.as_fd()) {
            // What the line is now is read afterwards; the edges themselves say nothing new.
            let mut edges = [0; EDGES_BYTES_MAX];
            rustix::io::read(line, &mut edges).unwrap_or_default();
        }
    }
}

fn holder(path: &Path) -> Result<NodeId, LineError> {
    let text = fs::read_to_string(path).map_err(|error| LineError::Io(path.into(), error))?;
    let number = text.trim().parse();
    number
        .map(NodeId)
        .map_err(|_| LineError::NoNode(path.into()))
}

fn is_readable(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    let limit = timespec(LOOK_INTERVAL);
    poll(&mut fds, Some(&limit)).is_ok_and(|count| count > 0)
}

/// A time as the kernel takes it.
pub(crate) fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// Watches a line until it is dropped.
pub struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    seen: Mutex<Seen>,
    is_over: AtomicBool,
}

/// What was seen of the line.
struct Seen {
    holder: Holder,
    since: Instant,
    /// When it was looked at last.
    looked: Instant,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Watches a line for a node; `None` when there is no line. `wake` is called after each change
    /// of [`Self::holder`].
    pub fn start(line: &Line, node: NodeId, wake: Wake) -> io::Result<Option<Self>> {
        if *line == Line::None {
            return Ok(None);
        }
        let line = line.clone();
        let mut opened = None;
        let now = Instant::now();
        let shared = Arc::new(Shared {
            seen: Mutex::new(Seen {
                holder: look(&line, &mut opened, node),
                since: now,
                looked: now,
            }),
            is_over: AtomicBool::new(false),
        });
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("line".into())
            .spawn(move || watch(&line, &mut opened, (node, &watched, &wake)))?;
        Ok(Some(Self {
            shared,
            thread: Some(thread),
        }))
    }

    /// Who holds the line.
    pub fn holder(&self) -> Holder {
        self.shared.seen().holder.clone()
    }

    /// Since when this node holds the line, as far as is known. `None` also when nobody has looked
    /// for a while: it may have moved.
    pub fn held_since(&self) -> Option<Instant> {
        let seen = self.shared.seen();
        let is_fresh = seen.looked.elapsed() < LOOK_TIMEOUT;
        (seen.holder == Holder::Us && is_fresh).then_some(seen.since)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else {
            return;
        };
        // Who is woken may be the last to let go of this: then it is that thread itself.
        if thread.thread().id() != std::thread::current().id() {
            // It ends within one interval; that it panicked was said when it did.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.holder()).finish()
    }
}

fn watch(line: &Line, opened: &mut Option<Opened>, to: (NodeId, &Shared, &Wake)) {
    let (node, shared, wake) = to;
    while !shared.is_over.load(Ordering::Relaxed) {
        match opened {
            Some(opened) => opened.wait(),
            None => std::thread::sleep(LOOK_INTERVAL),
        }
        // It is known as of before it was read.
        let looked = Instant::now();
        let now = look(line, opened, node);
        let mut seen = shared.seen();
        seen.looked = looked;
        if seen.holder != now {
            match &now {
                Holder::Us => tracing::info!("this CMM has the arbitration line"),
                Holder::NotUs => tracing::info!("this CMM does not have the arbitration line"),
                Holder::Unknown(why) => tracing::warn!("{why}"),
            }
            (seen.holder, seen.since) = (now, Instant::now());
            drop(seen);
            wake();
        }
    }
}

/// Reads the line, which is opened anew after it failed.
fn look(line: &Line, opened: &mut Option<Opened>, node: NodeId) -> Holder {
    let read = |opened: &mut Option<Opened>| {
        if opened.is_none() {
            *opened = line.open()?;
        }
        match opened {
            Some(opened) => opened.is_held_by(node),
            None => Ok(false),
        }
    };
    match read(opened) {
        Ok(true) => Holder::Us,
        Ok(false) => Holder::NotUs,
        Err(why) => {
            *opened = None;
            Holder::Unknown(why.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
