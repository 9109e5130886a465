//! One member's part in the group.

use crate::decide::{Agreed, Promise};
use crate::outbox::{ON_THEIR_WAY_MAX, Outbox, SubmitError};
use crate::parts::Parts;
use crate::promises::Promises;
use crate::transfer::{Giving, Incoming};
use crate::view::View;
use crate::{Content, Hash, Ledger, Member, Message, NodeId, Role, Told};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;
use machine::log::Entry;
use machine::{Machine, Pos, Time};

mod catch_up;
mod order;
mod views;

/// Longest time between two entries of a view; more has not passed, but a clock was set.
pub const LULL_MAX: Duration = Duration::from_secs(60);

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// This member.
    pub member: Member,
    /// What it is to the log.
    pub role: Role,
    /// All holders of the group, which must be there when the log begins.
    pub configured: BTreeSet<NodeId>,
}

/// What a member is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// What the group communication system says.
    Told(Told),
    /// A command to be ordered; see [`Group::check`].
    Submit(Vec<u8>),
    /// This holder has all entries up to this index on disk.
    Synced(u64),
    /// This holder has the promise to this epoch that [`Effect::Promise`] asked for on disk.
    Promised(u64),
    /// The state that [`Effect::Supply`] asked for.
    Supplied {
        /// As it was asked for.
        epoch: u64,
        /// The state, encoded.
        state: Vec<u8>,
    },
    /// The state that [`Effect::Supply`] asked for will not come: what it was then is not known any
    /// more. It is asked for anew, as it is when that is.
    Declined {
        /// As it was asked for.
        epoch: u64,
    },
    /// What [`Effect::Read`] asked for.
    Read {
        /// As it was asked for.
        from: u64,
        /// The entries, oldest first, each with the log's hash at it. None when the first is not on
        /// disk any more.
        entries: Vec<(Entry, Hash)>,
    },
    /// An operator says that no other log is newer than this one, whatever is missing.
    Force,
    /// That was all for now: what came of it all is told, once for all of it.
    Flush {
        /// What was said before has been sent. Otherwise nothing new is said: what comes meanwhile
        /// goes with what is said then.
        is_sent: bool,
    },
}

/// What a member must do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a message to all members, itself among them.
    Multicast(Vec<u8>),
    /// The log has one more entry, and hashes to this with it: keep it, if this is a holder, then
    /// apply it.
    Append(Entry, Hash),
    /// Forget the log and the state: this is where they stand now.
    Install {
        /// Where the log stands.
        ledger: Ledger,
        /// The state, encoded.
        state: Vec<u8>,
    },
    /// Keep this promise on disk in place of the one before, then say so: see [`Group::new`].
    Promise(Promise),
    /// All entries up to this index may have effects.
    Stable(u64),
    /// All entries up to this index survive the loss of power.
    Durable(u64),
    /// What this member is now.
    Standing(Standing),
    /// Encode the state as it is now, after all that was appended so far, for others.
    Supply {
        /// Comes back with it.
        epoch: u64,
    },
    /// Read entries from this index on, for others: at least one, and about as many as go into one
    /// message.
    Read {
        /// Comes back with them.
        from: u64,
    },
}

/// What a member is to its view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Not all members have spoken yet, or promised what was decided.
    #[default]
    Forming,
    /// The view cannot order anything: its ring is not quorate.
    NotQuorate,
    /// The view cannot order anything: these may have a newer log, and must come first.
    Awaits(BTreeSet<NodeId>),
    /// The view orders, and this member catches up.
    CatchingUp {
        /// Of the view.
        epoch: u64,
    },
    /// The view orders, and this member is in step.
    Primary {
        /// Of the view.
        epoch: u64,
    },
    /// Another process of this node started later, and has its part in the group for good. This one
    /// must leave and end: its commands that are not in the log yet are lost with it.
    Superseded,
}

/// One member's part in the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    options: Options,
    ledger: Ledger,
    /// When this member learnt of the last entry, by its own clock.
    heard: Time,
    view: View,
    /// All nodes of the ring.
    nodes: BTreeSet<NodeId>,
    phase: Standing,
    /// What was said of `phase` last.
    standing: Standing,
    /// The ring is not quorate any more, but the view does not know yet: entries are taken, so as
    /// to stay in step, but nothing is promised.
    is_frozen: bool,
    outbox: Outbox,
    parts: Parts,
    promises: Promises,
    synced: u64,
    /// Index of the entry that began the view.
    begun: u64,
    /// What was promised last, on disk.
    promised: Promise,
    /// What is to be promised once it is on disk.
    promising: Option<Promise>,
    /// The highest epoch that was to be promised, whatever became of it: no other view must have
    /// it.
    known: u64,
    /// What this holder said last in this view of what it has: in hand, and on disk.
    acked: Option<(u64, u64)>,
    /// What the view decided, while promises are to come.
    agreed: Option<Agreed>,
    /// Members of whom other processes took the place.
    superseded: BTreeSet<Member>,
    is_superseded: bool,
    /// What was made of the log here is wrong: see [`Self::renounce`].
    renounces: bool,
    /// The last epoch of which this process was a holder.
    held: u64,
    /// When this member started, by its own clock.
    started: Option<Time>,
    /// Messages of this view so far.
    count: u64,
    giving: Giving,
    incoming: Incoming,
}

/// Where effects go, and what time it is.
struct Out<'a> {
    now: Time,
    effects: &'a mut Vec<Effect>,
}

impl Out<'_> {
    fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn say(&mut self, message: &Message) {
        self.push(Effect::Multicast(message.encode()));
    }
}

impl Group {
    /// A member whose log stands at `ledger`, all of it on disk, and what it promised last.
    pub fn new(options: Options, ledger: Ledger, promised: Promise) -> Self {
        let synced = ledger.position().index;
        let known = promised.epoch;
        Self {
            options,
            ledger,
            heard: Time::default(),
            view: View::default(),
            nodes: BTreeSet::new(),
            phase: Standing::default(),
            standing: Standing::default(),
            is_frozen: false,
            outbox: Outbox::default(),
            parts: Parts::default(),
            promises: Promises::default(),
            synced,
            begun: 0,
            promised,
            promising: None,
            known,
            acked: None,
            agreed: None,
            superseded: BTreeSet::new(),
            is_superseded: false,
            renounces: false,
            held: 0,
            started: None,
            count: 0,
            giving: Giving::default(),
            incoming: Incoming::default(),
        }
    }

    /// The log stands at `stand.0` again, of which entries up to `synced` survive the loss of
    /// power, as the disk could not keep what was to be appended to it; the group was left.
    /// Commands that wait still do, and those among what was lost.
    pub fn restart(&mut self, stand: (Ledger, Promise), synced: u64, lost: &[Entry]) {
        let mut anew = Self::new(self.options.clone(), stand.0, stand.1);
        anew.synced = anew.synced.min(synced);
        (anew.started, anew.is_superseded) = (self.started, self.is_superseded);
        anew.known = anew.known.max(self.known);
        anew.begun = self.begun.min(anew.ledger.position().index + 1);
        core::mem::swap(&mut anew.outbox, &mut self.outbox);
        for entry in lost.iter().rev() {
            if let Some(Content::Command {
                from,
                number,
                command,
            }) = Content::of(entry)
                && from == self.node()
            {
                anew.outbox.put_back(number, command);
            }
        }
        *self = anew;
    }

    /// The state that this member made of its log is not what others make of it: as soon as another
    /// holder has as much of the log, it takes the state of that one in place of its own. To be
    /// said before this member is told anything; [`Effect::Install`] settles it.
    ///
    /// The log goes on to count, as it is right: nothing that others rely on is given up before
    /// something better has taken its place. Only its end, which nobody relies on, gives way to
    /// that of one who was a holder of the same view and saw another end.
    pub fn renounce(&mut self) {
        self.renounces = true;
    }

    /// Whether a command of this many bytes is taken now.
    pub fn check(&self, bytes: usize) -> Result<(), SubmitError> {
        self.outbox.check(bytes)
    }

    /// Where the log stands.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What this member is to its view.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Who is in the group.
    pub fn members(&self) -> &BTreeSet<Member> {
        self.view.members()
    }

    /// Whether others are being given entries: those that a snapshot would make needless are
    /// needed.
    pub fn is_giving(&self) -> bool {
        self.giving.is_giving()
    }

    fn node(&self) -> NodeId {
        self.options.member.node
    }

    /// Says what this member is now, if that is news.
    fn tell(&mut self, out: &mut Out<'_>) {
        let now = match self.phase {
            Standing::Primary { .. } if self.is_frozen => Standing::NotQuorate,
            Standing::Forming
            | Standing::NotQuorate
            | Standing::Awaits(_)
            | Standing::CatchingUp { .. }
            | Standing::Primary { .. }
            | Standing::Superseded => self.phase.clone(),
        };
        if self.standing != now {
            self.standing = now.clone();
            out.push(Effect::Standing(now));
        }
    }

    fn is_primary(&self) -> bool {
        matches!(self.phase, Standing::Primary { .. })
    }

    /// The time for what is sent now: the log's, moved on by this member's clock.
    ///
    /// Choice: clocks are compared only when a view begins. In between they are used to measure how
    /// much time passed, up to [`LULL_MAX`], so that a clock that is set wrong cannot fire
    /// everybody's timers.
    pub fn time(&self, now: Time) -> Time {
        let passed = now.since(self.heard).min(LULL_MAX);
        self.ledger.time().after(passed)
    }

    /// Tells the others what this holder has, sends what waits, and says what can be promised.
    fn flush(&mut self, is_sent: bool, out: &mut Out<'_>) {
        let Standing::Primary { epoch } = self.phase else {
            return;
        };
        if self.is_frozen {
            return;
        }
        if is_sent {
            self.say(epoch, out);
        }
        if self.ledger.holders().contains(&self.node()) {
            let has = (self.ledger.position().index, self.synced);
            self.promises.has(self.node(), has);
        }
        self.say_promised(out);
    }

    fn say(&mut self, epoch: u64, out: &mut Out<'_>) {
        self.acknowledge(epoch, out);
        // Whoever is behind must become faster than the log.
        let enough = match self.giving.is_somebody_behind() {
            true => 1,
            false => ON_THEIR_WAY_MAX,
        };
        while let Some(message) = self.outbox.next(self.time(out.now), enough) {
            out.say(&message);
        }
        self.give(epoch, out);
    }

    fn acknowledge(&mut self, epoch: u64, out: &mut Out<'_>) {
        let (received, synced) = (self.ledger.position().index, self.synced);
        let is_news = self.acked != Some((received, synced));
        if !is_news || !self.ledger.holders().contains(&self.node()) {
            return;
        }
        self.acked = Some((received, synced));
        if self.view.members().len() > 1 {
            out.say(&Message::Ack {
                epoch,
                received,
                synced,
            });
        }
    }

    fn say_promised(&mut self, out: &mut Out<'_>) {
        if let Some(index) = self.promises.newly_stable() {
            self.outbox.stable(index);
            out.push(Effect::Stable(index));
        }
        if let Some(index) = self.promises.newly_durable() {
            out.push(Effect::Durable(index));
        }
    }
}

impl Machine for Group {
    type Input = Input;
    type Effect = Effect;

    /// `at.time` is the clock of this member; there is no index, as this is what makes the log.
    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let out = &mut Out {
            now: at.time,
            effects,
        };
        self.started.get_or_insert(at.time);
        match input {
            Input::Told(Told::Config {
                ring,
                members,
                nodes,
            }) => self.config(*ring, (members, nodes), out),
            Input::Told(Told::Quorum { ring, quorate }) => self.quorum(*ring, *quorate, out),
            Input::Told(Told::Delivered { from, bytes }) => self.delivered(*from, bytes, out),
            Input::Told(Told::Disconnected(_)) => self.disconnected(out),
            Input::Submit(command) => self.outbox.take(command.clone()),
            Input::Synced(index) => {
                let last = self.ledger.position().index;
                self.synced = self.synced.max((*index).min(last));
            }
            Input::Promised(epoch) => self.promised(*epoch, out),
            Input::Supplied { epoch, state } => self.giving.supplied(*epoch, state),
            Input::Declined { epoch } => self.giving.declined(*epoch),
            Input::Read { from, entries } => self.giving.read(*from, entries),
            Input::Force => {
                self.view.force();
                self.speak(out);
            }
            Input::Flush { is_sent } => self.flush(*is_sent, out),
        }
        self.tell(out);
    }

    fn deadline(&self) -> Option<Time> {
        None
    }
}

#[cfg(test)]
mod tests;
