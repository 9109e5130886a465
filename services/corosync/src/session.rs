//! One connection to Corosync, on the ring's thread.

use crate::assembly::{ASK, Assembly, Hello, MESSAGE, frame_hello};
use crate::claim::Claim;
use crate::device::Device;
use crate::ffi::{CallError, Cmap, Cpg, Quorum, Verdict, Votequorum};
use crate::line::Watch;
use crate::ring::{Facts, Options};
use crate::shared::Shared;
use group::{NodeId, Told};
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::ffi::CString;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Most events that are taken in before others get their turn.
const EVENTS_MAX: usize = 64;

/// How often Corosync is asked whether it is there, when it says nothing by itself.
const PING_INTERVAL: Duration = Duration::from_millis(250);

/// How soon something is tried again that Corosync could not take.
const AGAIN: Duration = Duration::from_millis(1);

/// How long somebody may take to introduce himself before he is asked to.
const HELLO_TIMEOUT: Duration = Duration::from_millis(500);

/// Why a session is over.
#[derive(Debug)]
pub(crate) enum Over {
    /// The owner wants another one, or none.
    Replaced,
    /// It broke.
    Broken(String),
}

impl From<CallError> for Over {
    fn from(error: CallError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Runs sessions until the owner wants no more.
pub(crate) fn run(shared: &Shared, options: &Options, incarnation: u32) {
    while let Some(stay) = shared.wait_for_stay() {
        shared.works(true);
        let session = || {
            Session::open(shared, options, stay)
                .and_then(|mut session| session.run((shared, stay), incarnation))
        };
        // What is shared is whole at each moment; what is not is gone with the session.
        let ended = catch_unwind(AssertUnwindSafe(session))
            .unwrap_or_else(|_| Err(Over::Broken("the ring's thread panicked".into())));
        shared.works(false);
        match ended {
            Ok(never) => match never {},
            Err(Over::Replaced) => {}
            Err(Over::Broken(why)) => {
                shared.disconnected(stay, why);
                shared.pause(stay + 1, options.retry);
            }
        }
    }
}

/// What is sent.
enum Frame {
    Message(Vec<u8>),
    Hello(Hello),
    Ask,
}

struct Session {
    cpg: Cpg,
    quorum: Quorum,
    votequorum: Votequorum,
    /// On a node that has a vote, in a shelf that has a line.
    device: Option<Device>,
    /// Whether this node's votes make a difference.
    has_vote: bool,
    assembly: Assembly,
    out: VecDeque<Frame>,
    told: Vec<Told>,
    claim: Claim,
    /// Since when somebody's hello is missing.
    waiting_since: Option<Instant>,
}

impl Session {
    fn open(shared: &Shared, options: &Options, stay: u64) -> Result<Self, Over> {
        let cpg = Cpg::open().map_err(|error| {
            Over::Broken(format!(
                "Corosync does not run here, or has just started ({error}); see systemctl status \
                 corosync"
            ))
        })?;
        let quorum = Quorum::open()?;
        let votequorum = Votequorum::open()?;
        let node = NodeId(cpg.local()?);
        if node != options.node {
            return Err(Over::Broken(format!(
                "Corosync runs here as node {}, and this is configured as node {}",
                node.0, options.node.0
            )));
        }
        let facts = facts(&votequorum)?;
        let (has_vote, device_votes) = (facts.votes > 0, facts.device_votes);
        shared.set_facts(stay, facts);
        let has_device = has_vote && shared.watch().is_some();
        if has_device && device_votes == 0 {
            tracing::warn!(
                "the arbitration line has no vote: corosync.conf has no quorum.device in it"
            );
        }
        let claim = claim()?;
        join(&cpg, (shared, stay), &options.group)?;
        Ok(Self {
            cpg,
            quorum,
            votequorum,
            device: has_device.then(Device::new),
            has_vote,
            assembly: Assembly::default(),
            out: VecDeque::new(),
            told: Vec::new(),
            claim,
            waiting_since: None,
        })
    }

    fn run(
        &mut self,
        (shared, stay): (&Shared, u64),
        incarnation: u32,
    ) -> Result<Infallible, Over> {
        let number = getrandom::u64();
        let number = number.map_err(|error| Over::Broken(format!("no random number: {error}")))?;
        let mut hello = Hello {
            incarnation,
            number,
        };
        let (mut pause, mut is_blocked) = (Duration::ZERO, false);
        loop {
            let Some(turn) = shared.turn(stay, self.out.is_empty()) else {
                return Err(Over::Replaced);
            };
            self.out.extend(turn.out.into_iter().map(Frame::Message));
            shared.works(false);
            let limit = match (self.out.is_empty(), is_blocked) {
                (true, _) => pause,
                (false, true) => AGAIN,
                (false, false) => Duration::ZERO,
            };
            let is_gone = shared.wait(&self.fds(turn.has_room), limit);
            shared.works(true);
            if turn.has_room {
                self.take_events()?;
            }
            self.take_verdicts(shared)?;
            pause = self.take_rings(shared)?;
            if self.assembly.take_hello() {
                hello.number = hello.number.wrapping_add(1);
                self.out.push_front(Frame::Hello(hello));
                self.waiting_since = None;
            }
            self.ask();
            if !shared.tell(stay, &mut self.told) {
                return Err(Over::Replaced);
            }
            is_blocked = !self.send()?;
            self.ping()?;
            if is_gone {
                return Err(Over::Broken("Corosync has closed the connection".into()));
            }
        }
    }

    fn fds(&self, has_room: bool) -> Vec<BorrowedFd<'_>> {
        let mut fds = vec![self.quorum.fd(), self.votequorum.fd()];
        if has_room {
            fds.push(self.cpg.fd());
        }
        fds
    }

    fn take_events(&mut self) -> Result<(), Over> {
        for _ in 0..EVENTS_MAX {
            match self.cpg.dispatch() {
                Ok(Some(event)) => {
                    self.claim.heard(Instant::now());
                    self.assembly.step(event, &mut self.told);
                }
                Ok(None) => {}
                Err(error) if error.is_try_again() => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn take_verdicts(&mut self, shared: &Shared) -> Result<(), Over> {
        loop {
            match self.quorum.dispatch() {
                Ok(Some(Verdict {
                    ring,
                    quorate,
                    nodes,
                })) => {
                    let held = shared.watch().and_then(Watch::held_since);
                    let holds = self.claim.holds((ring, &nodes), held, Instant::now());
                    if self.has_vote && quorate && !holds {
                        self.assembly.verdict(ring, false, &mut self.told);
                    }
                    let quorate = quorate || !self.has_vote;
                    self.assembly.verdict(ring, quorate, &mut self.told);
                }
                Ok(None) => {}
                Err(error) if error.is_try_again() => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives the device its turn; when to come again.
    fn take_rings(&mut self, shared: &Shared) -> Result<Duration, Over> {
        loop {
            match self.votequorum.dispatch() {
                Ok(Some(ring)) => {
                    if let Some(device) = &mut self.device {
                        device.new_ring(ring);
                    }
                }
                Ok(None) => {}
                Err(error) if error.is_try_again() => break,
                Err(error) => return Err(error.into()),
            }
        }
        let is_there = !self.assembly.is_waiting();
        match (&mut self.device, shared.watch()) {
            (Some(device), Some(watch)) => Ok(device.turn((&self.votequorum, watch), is_there)?),
            (Some(_) | None, _) => Ok(PING_INTERVAL),
        }
    }

    /// Asks for what is missing when it has been for long.
    fn ask(&mut self) {
        if !self.assembly.is_waiting() {
            self.waiting_since = None;
            return;
        }
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= HELLO_TIMEOUT {
            self.waiting_since = None;
            self.out.push_front(Frame::Ask);
        }
    }

    /// Sends some of what waits; `false` when Corosync takes no more now.
    fn send(&mut self) -> Result<bool, Over> {
        for _ in 0..EVENTS_MAX {
            let Some(frame) = self.out.front() else {
                break;
            };
            let parts: [&[u8]; 2] = match frame {
                Frame::Message(bytes) => [bytes, &[MESSAGE]],
                Frame::Hello(hello) => [&frame_hello(*hello), &[]],
                Frame::Ask => [&ASK, &[]],
            };
            match self.cpg.multicast(parts) {
                Ok(()) => drop(self.out.pop_front()),
                Err(error) if error.is_try_again() => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Asks for something that is answered in any state of the ring. If it is not, this thread
    /// waits here, which its supervisor sees.
    fn ping(&mut self) -> Result<(), Over> {
        if self.claim.last_heard().elapsed() < PING_INTERVAL {
            return Ok(());
        }
        match self.votequorum.votes() {
            Err(error) if !error.is_try_again() => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
        self.claim.heard(Instant::now());
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(device) = &mut self.device {
            device.end(&self.votequorum);
        }
    }
}

/// Joins the group, which has to wait until the end of this process's last stay there was told.
fn join(cpg: &Cpg, (shared, stay): (&Shared, u64), group: &str) -> Result<(), Over> {
    loop {
        match cpg.join(group) {
            Err(error) if error.is_try_again() => {}
            other => return Ok(other?),
        }
        shared.works(false);
        shared.pause(stay, AGAIN);
        if shared.turn(stay, false).is_none() {
            return Err(Over::Replaced);
        }
        shared.works(true);
    }
}

/// What Corosync says of itself. What must not be is an error.
fn facts(votequorum: &Votequorum) -> Result<Facts, Over> {
    let cmap = Cmap::open()?;
    let votes = votequorum.votes()?;
    if votes.has_two_node {
        return Err(Over::Broken(format!(
            "corosync.conf has two_node: 1, which leaves both sides of a cut quorate; {REMEDY}"
        )));
    }
    if cmap.number(ONE_TOO_MANY)?.is_some() {
        return Err(Over::Broken(format!(
            "corosync.conf has more than {} nodes, of which libcpg cannot tell; {REMEDY}",
            corosync_conf::NODES_MAX
        )));
    }
    Ok(Facts {
        cluster: cmap.text(c"totem.cluster_name")?.unwrap_or_default(),
        token_ms: cmap.number(c"runtime.config.totem.token")?.unwrap_or(0),
        votes: votes.own,
        device_votes: votes.device,
        expected_votes: votes.expected,
    })
}

/// Who has a vote, and what Totem waits for.
fn claim() -> Result<Claim, Over> {
    let cmap = Cmap::open()?;
    let mut voters = BTreeSet::new();
    for place in 0..corosync_conf::NODES_MAX {
        let key = |what| CString::new(format!("nodelist.node.{place}.{what}")).unwrap_or_default();
        let Some(node) = cmap.number(&key("nodeid"))? else {
            break;
        };
        // Without a number of votes a node has one.
        if cmap.number(&key("quorum_votes"))?.unwrap_or(1) > 0 {
            voters.insert(node);
        }
    }
    let consensus = cmap.number(c"runtime.config.totem.consensus")?;
    let consensus = Duration::from_millis(consensus.unwrap_or(CONSENSUS_MS).into());
    Ok(Claim::new(voters, consensus, Instant::now()))
}

/// Totem's consensus time-out if it is not told: that of a token of a second.
const CONSENSUS_MS: u32 = 1200;

/// What helps against a configuration with which no shelf is safe.
const REMEDY: &str = "write another with shelfctl cluster init";

/// The node after the last of [`corosync_conf::NODES_MAX`]: they are numbered from 0.
const ONE_TOO_MANY: &std::ffi::CStr = c"nodelist.node.128.nodeid";
