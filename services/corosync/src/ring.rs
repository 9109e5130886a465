//! The ring, as its owner has it.

use crate::ffi::{Cmap, Cpg, LoadError, Quorum, Votequorum};
use crate::line::{Holder, Line, Wake, Watch};
use crate::session;
use crate::shared::{MESSAGE_BYTES_MAX, Shared};
use group::{Member, NodeId, Told, Transport, TryAgain};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Stack of the thread: Corosync's libraries put a message of up to 1 MiB there.
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// How long the end of the thread is waited for.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// What a ring must know.
#[derive(Clone)]
pub struct Options {
    /// The node that this runs on, as corosync.conf numbers it.
    pub node: NodeId,
    /// The process group to join: 1 to 127 bytes.
    pub group: String,
    /// The shelf's arbitration line. On nodes without a vote it is only watched.
    pub line: Line,
    /// How long Corosync may not answer before it counts as gone.
    ///
    /// Choice of the default: 5 s. While a ring is forming and Totem's queue is full it does not
    /// answer either, for 2.2 tokens and more, and a false alarm then would cost the fail-over that
    /// the ring is forming for. Nothing depends on noticing sooner: without Corosync no entry
    /// becomes stable.
    pub hang: Duration,
    /// How long to wait before connecting again. Default: 250 ms.
    pub retry: Duration,
    /// Called from other threads when there is something to be [told](Transport::told), when
    /// messages are taken again, and when the line has moved.
    pub wake: Wake,
}

impl Options {
    /// Options for a node in a group, without a line, and with nobody to wake.
    pub fn new(node: NodeId, group: &str) -> Self {
        Self {
            node,
            group: group.into(),
            line: Line::None,
            hang: Duration::from_secs(5),
            retry: Duration::from_millis(250),
            wake: Arc::new(|| {}),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("node", &self.node)
            .field("group", &self.group)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// Why there is no ring.
#[derive(Debug)]
pub enum RingError {
    /// A library of Corosync's is missing.
    Load(LoadError),
    /// The group's name is empty or too long.
    Name(String),
    /// The system gives no thread, file descriptor or random number.
    System(io::Error),
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::Name(name) => write!(
                f,
                "\"{name}\" names no process group: names have 1 to {} bytes",
                Cpg::NAME_BYTES_MAX
            ),
            Self::System(error) => write!(f, "the ring's thread cannot be started: {error}"),
        }
    }
}

impl std::error::Error for RingError {}

impl From<LoadError> for RingError {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<io::Error> for RingError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// What Corosync says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `totem.cluster_name`.
    pub cluster: String,
    /// The token that is in force, in milliseconds.
    pub token_ms: u32,
    /// Votes of this node.
    pub votes: u32,
    /// Votes of the arbitration line.
    pub device_votes: u32,
    /// All votes, when everything works.
    pub expected_votes: u32,
}

/// Corosync's closed process groups as a way to the others.
///
/// It joins the group by itself, and again whenever Corosync was gone. The numbers of rings are
/// made of Totem's and of how the members introduced themselves: no two changes have the same.
pub struct Ring {
    member: Member,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Ring {
    /// Connects to the Corosync of this machine, now or when it is there.
    ///
    /// One process can be in a group once only.
    pub fn new(options: Options) -> Result<Self, RingError> {
        Cpg::load()?;
        Quorum::load()?;
        Votequorum::load()?;
        Cmap::load()?;
        let length = options.group.len();
        if length == 0 || length > Cpg::NAME_BYTES_MAX {
            return Err(RingError::Name(options.group));
        }
        let incarnation = getrandom::u32().map_err(|error| io::Error::other(error.to_string()))?;
        let member = Member {
            node: options.node,
            incarnation,
        };
        let shared = share(&options)?;
        let supervised = Arc::clone(&shared);
        let limit = options.hang;
        std::thread::Builder::new()
            .name("ring-supervisor".into())
            .spawn(move || supervised.supervise(limit))?;
        let used = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("ring".into())
            .stack_size(STACK_BYTES)
            .spawn(move || session::run(&used, &options, incarnation));
        let thread = thread.inspect_err(|_| shared.end())?;
        Ok(Self {
            member,
            shared,
            thread: Some(thread),
        })
    }

    /// This member. Its incarnation is drawn at random: another process may have the same process
    /// id after it.
    pub fn member(&self) -> Member {
        self.member
    }

    /// Who holds the arbitration line; `None` when there is none.
    pub fn holder(&self) -> Option<Holder> {
        self.shared.holder()
    }

    /// What Corosync says of itself; `None` while it is not there.
    pub fn facts(&self) -> Option<Facts> {
        self.shared.facts()
    }

    /// The same for others, while somebody else has the ring.
    pub fn look(&self) -> Look {
        Look(Arc::clone(&self.shared))
    }
}

/// What can be seen of a ring.
#[derive(Clone)]
pub struct Look(Arc<Shared>);

impl Look {
    /// Who holds the arbitration line; `None` when there is none.
    pub fn holder(&self) -> Option<Holder> {
        self.0.holder()
    }

    /// What Corosync says of itself; `None` while it is not there.
    pub fn facts(&self) -> Option<Facts> {
        self.0.facts()
    }
}

/// What the threads have in common. The line's watch rings the bell for the device, then wakes the
/// owner.
fn share(options: &Options) -> io::Result<Arc<Shared>> {
    let later: Arc<std::sync::OnceLock<std::sync::Weak<Shared>>> = Arc::default();
    let rung = Arc::clone(&later);
    let wake = Arc::clone(&options.wake);
    let moved: Wake = Arc::new(move || {
        if let Some(shared) = rung.get().and_then(std::sync::Weak::upgrade) {
            shared.ring_bell();
        }
        wake();
    });
    let watch = Watch::start(&options.line, options.node, moved)?;
    let shared = Arc::new(Shared::new(Arc::clone(&options.wake), watch)?);
    // Nobody else sets it.
    later.set(Arc::downgrade(&shared)).unwrap_or_default();
    Ok(shared)
}

impl Transport for Ring {
    /// # Panics
    /// When the message is larger than [`MESSAGE_BYTES_MAX`].
    fn multicast(&mut self, bytes: &[u8]) -> Result<(), TryAgain> {
        assert!(
            bytes.len() <= MESSAGE_BYTES_MAX,
            "a message of {} bytes, of at most {MESSAGE_BYTES_MAX}",
            bytes.len()
        );
        self.shared.multicast(bytes)
    }

    fn told(&mut self) -> Option<Told> {
        self.shared.told()
    }

    fn rejoin(&mut self) {
        self.shared.leave(true);
    }

    fn leave(&mut self) {
        self.shared.leave(false);
    }
}

impl Drop for Ring {
    /// Leaves the group. If Corosync does not answer, the thread ends when it does, or never.
    fn drop(&mut self) {
        self.shared.end();
        let Some(thread) = self.thread.take() else {
            return;
        };
        let limit = Instant::now() + END_TIMEOUT;
        while !thread.is_finished() && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(1));
        }
        if thread.is_finished() {
            // That it panicked was said when it did.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}
