//! One member's replica of the appliance: what it makes of what its engine tells, and which of the
//! effects are its own.
//!
//! An effect is carried out by the member that it belongs to once its entry is stable, and an
//! answer given once its entry is durable. A member that is not part of a primary view carries
//! nothing out.
//!
//! An entry that crashed a member twice is not applied a third time: the member stops before it,
//! goes on keeping the log, and asks for the entry to be quarantined. [`Command::Quarantine`] is
//! itself an entry, so that all members skip the same ones.
//!
//! Who has applied such an entry begins anew, from a snapshot of before it. Where the snapshot has
//! it already, the member is *spoilt*: it keeps the log, and nothing else, until it has been given
//! the state of a member that never applied the entry.
//!
//! A member tells what it runs before anything else. One whose program cannot run the log's version
//! of the rules, or read the state that it is given, stops for good: its journal stays as it is,
//! for a program that can.

use crate::quarantine::Quarantine;
use crate::{Answer, Appliance, Command, Effect, Owner, Program, Undecodable, Unfit};
use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use group::{Content, Event, Standing};
use machine::log::Entry;
use machine::{Machine, NodeId, Pos, Time};
use redundancy::Health;

/// Crashes after which an entry is not applied again.
pub const CRASHES_MAX: u32 = 2;

/// What a member's shell does, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Carry out an effect of this entry. It may be repeated without harm.
    Carry(Pos, Effect),
    /// Give this answer: what it promises is durable.
    Answer(Answer),
    /// Propose this command.
    Submit(Command),
    /// Give the engine this state, for others.
    Supply {
        /// As the engine asked for it.
        epoch: u64,
        /// The state, encoded.
        state: Vec<u8>,
    },
    /// Tell the engine that the state that it asked for is not known any more: with an entry that
    /// is skipped now, it was never one that the log makes.
    Decline {
        /// As the engine asked for it.
        epoch: u64,
    },
    /// The hardware is this member's from now on, or is not.
    Own(Ownership),
    /// What this member is to its view now.
    Stand(Standing),
    /// The state is another one: what was asked of this member before may never be answered.
    Forget,
    /// An entry that this member has applied is to be skipped: begin anew from what is kept. This
    /// process makes nothing of the log any more.
    Rebuild,
    /// End: this program cannot go on with the log, now or after another start. Told once, and
    /// nothing is told after it.
    Unfit(Unfit),
    /// Tell of an entry that this program cannot read; it changes nothing.
    Unreadable(u64),
    /// There is no group communication system, and why.
    Disconnected(alloc::string::String),
}

/// What a member has to do with the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It is its own.
    Owned,
    /// It was its own, and may be again in a moment: nothing is ordered of it meanwhile.
    Paused,
    /// It is another's, or nobody's.
    Lost,
}

/// What a journal held, for [`Member::replay`].
#[derive(Clone, Copy)]
pub struct Replay<'a> {
    /// The newest snapshot; `None` before the first.
    pub snapshot: Option<&'a [u8]>,
    /// The entries after it.
    pub entries: &'a [Entry],
    /// Entries that crashed this member, and how often.
    pub crashes: &'a [(u64, u32)],
    /// Called before an entry is applied; not for those that are not.
    pub watch: &'a dyn Fn(u64),
}

/// One member's replica.
#[derive(Clone, Debug)]
pub struct Member {
    me: NodeId,
    program: Program,
    appliance: Appliance,
    standing: Standing,
    /// What its shell was told of the hardware; `None` while nobody knows.
    owns: Option<Ownership>,
    /// The entry that said last who is active.
    active_from: u64,
    /// Own effects of entries that are not stable yet.
    unstable: VecDeque<(Pos, Vec<Effect>)>,
    /// Own answers whose entries are not durable yet.
    answers: VecDeque<(u64, Answer)>,
    stable: u64,
    durable: u64,
    /// Entries that all members skip, of those that may have to be applied.
    skipped: BTreeSet<u64>,
    /// Entries that crashed this member too often.
    condemned: BTreeSet<u64>,
    /// As of the last entry of the log, whether it was applied or not.
    quarantine: Quarantine,
    stuck: Option<Stuck>,
    /// The state has what this entry did, which is to be skipped.
    spoilt: Option<u64>,
    /// Why it takes no part any more.
    unfit: Option<Unfit>,
    /// The version of the rules that the disk begins with, as far as it has begun.
    kept: Option<u32>,
}

/// The member has stopped before an entry that crashes it.
#[derive(Clone, Debug)]
struct Stuck {
    index: u64,
    /// That entry and all after it.
    backlog: VecDeque<Entry>,
    /// Asked for meanwhile.
    supply: Option<u64>,
    /// What its last request named.
    asked: Option<u64>,
}

impl Member {
    /// A member that knows nothing yet.
    pub fn new(me: NodeId, program: Program) -> Self {
        Self {
            me,
            program,
            appliance: Appliance::new(),
            standing: Standing::default(),
            owns: None,
            active_from: 0,
            unstable: VecDeque::new(),
            answers: VecDeque::new(),
            stable: 0,
            durable: 0,
            skipped: BTreeSet::new(),
            condemned: BTreeSet::new(),
            quarantine: Quarantine::default(),
            stuck: None,
            spoilt: None,
            unfit: None,
            kept: None,
        }
    }

    /// Goes on with what a journal held, if this program can. Nothing of it is carried out: the
    /// audit that comes with the next view repeats what still matters.
    pub fn replay(me: NodeId, program: Program, held: Replay<'_>) -> Result<Self, Unfit> {
        let mut member = Self::new(me, program);
        if let Some(state) = held.snapshot {
            member.appliance = Appliance::restore(state, &member.program)?;
            member.kept = member.appliance.redundancy.version();
            member.quarantine = member.appliance.quarantine.clone();
        }
        let often = held
            .crashes
            .iter()
            .filter(|(_, count)| *count >= CRASHES_MAX);
        member.condemned = often.map(|(index, _)| *index).collect();
        member.foresee(held.entries);
        let mut nothing = Vec::new();
        for entry in held.entries {
            if member.tries(entry.pos.index) {
                (held.watch)(entry.pos.index);
            }
            member.entry(entry, &mut nothing);
            if let Some(why) = member.unfit {
                return Err(why);
            }
            member.unstable.clear();
            nothing.clear();
        }
        member.owns = None;
        Ok(member)
    }

    /// The replica.
    pub fn appliance(&self) -> &Appliance {
        &self.appliance
    }

    /// The node that this member runs on.
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// What this member is to its view.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Whether this member owns the hardware.
    pub fn owns(&self) -> bool {
        self.owns == Some(Ownership::Owned)
    }

    /// All entries up to this index are durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// The entry before which this member has stopped, as it crashed it too often.
    pub fn stuck(&self) -> Option<u64> {
        self.stuck.as_ref().map(|stuck| stuck.index)
    }

    /// The entry that all members skip and that is in this member's state nonetheless: it applies
    /// nothing until it is given another state, and its engine must be told to take one.
    pub fn spoilt(&self) -> Option<u64> {
        self.spoilt
    }

    /// Entries that are skipped, of those that this process has been told of.
    pub fn skipped(&self) -> &BTreeSet<u64> {
        &self.skipped
    }

    /// The entry that would be applied if this event were taken, for whoever watches for crashes.
    pub fn would_apply(&self, event: &Event) -> Option<u64> {
        match event {
            Event::Entry(entry) if self.tries(entry.pos.index) => Some(entry.pos.index),
            Event::Entry(_)
            | Event::Install(..)
            | Event::Stable(_)
            | Event::Durable(_)
            | Event::Standing(_)
            | Event::Supply { .. }
            | Event::Disconnected(_) => None,
        }
    }

    /// When a tick is wanted; `None` while nobody waits for time, or this member cannot know.
    pub fn deadline(&self) -> Option<Time> {
        match self.applies() {
            true => self.appliance.deadline(),
            false => None,
        }
    }

    /// How many members propose ticks before this one does; `None` while this one does not.
    pub fn turn(&self) -> Option<u32> {
        let redundancy = &self.appliance.redundancy;
        match self.is_primary() && self.applies() {
            true => redundancy.turn(self.me),
            false => None,
        }
    }

    /// What the log says of this member's health, `None` until it told; `None` as well while it can
    /// tell nothing.
    pub fn health(&self) -> Option<Option<&Health>> {
        let known = self.known().and_then(|it| it.health.as_ref());
        self.is_primary().then_some(known)
    }

    /// The state after the last entry; `None` while there are entries that cannot be applied.
    pub fn snapshot(&self) -> Option<Vec<u8>> {
        self.applies().then(|| self.appliance.snapshot())
    }

    /// Takes what the engine tells, in its order.
    pub fn take(&mut self, event: Event, todo: &mut Vec<Do>) {
        if self.unfit.is_some() {
            return;
        }
        match event {
            Event::Entry(entry) => self.entry(&entry, todo),
            Event::Install(_, state) => self.install(&state, todo),
            Event::Stable(index) => {
                self.stable = index;
                self.stable_up_to(index, todo);
            }
            Event::Durable(index) => {
                self.durable = index;
                while self.answers.front().is_some_and(|(at, _)| *at <= index) {
                    todo.extend(
                        self.answers
                            .pop_front()
                            .map(|(_, answer)| Do::Answer(answer)),
                    );
                }
            }
            Event::Standing(standing) => self.stand(standing, todo),
            // Nobody shall have this state.
            Event::Supply { .. } if self.spoilt.is_some() => {}
            Event::Supply { epoch } => match &mut self.stuck {
                Some(stuck) => stuck.supply = Some(epoch),
                None => todo.push(Do::Supply {
                    epoch,
                    state: self.appliance.snapshot(),
                }),
            },
            Event::Disconnected(why) => {
                self.own(Ownership::Lost, todo);
                todo.push(Do::Disconnected(why));
            }
        }
    }

    fn entry(&mut self, entry: &Entry, todo: &mut Vec<Do>) {
        if self.unfit.is_some() {
            return;
        }
        let content = Content::of(entry);
        let skipped = content.and_then(|it| self.quarantine.follow(entry.pos.index, &it));
        if let Some(index) = skipped.filter(|_| self.spoilt.is_none()) {
            self.skip(index, entry.pos.index, todo);
        }
        if self.spoilt.is_some() {
            return;
        }
        let Some(stuck) = &mut self.stuck else {
            return self.next(entry, todo);
        };
        stuck.backlog.push_back(entry.clone());
        match self.skipped.contains(&stuck.index) {
            true => self.go_on(todo),
            false => self.ask_for_quarantine(todo),
        }
    }

    /// The next entry is applied, unless that ended this member too often.
    fn next(&mut self, entry: &Entry, todo: &mut Vec<Do>) {
        let index = entry.pos.index;
        if self.condemned.contains(&index) && !self.skipped.contains(&index) {
            return self.stop_before(entry, todo);
        }
        self.apply(entry, todo);
        if !self.fits(todo) {
            return;
        }
        if !self.is_active() && self.owns.is_some() {
            self.own(Ownership::Lost, todo);
        }
    }

    fn apply(&mut self, entry: &Entry, todo: &mut Vec<Do>) {
        let mut effects = Vec::new();
        if !self.skipped.contains(&entry.pos.index) {
            let entered = Content::of(entry)
                .ok_or(Undecodable)
                .and_then(|content| self.appliance.enter(entry.pos, &content, &mut effects));
            if entered.is_err() {
                todo.push(Do::Unreadable(entry.pos.index));
            }
        }
        if effects
            .iter()
            .any(|effect| matches!(effect, Effect::Active { .. }))
        {
            self.active_from = entry.pos.index;
        }
        effects.retain(|effect| self.is_mine(effect));
        self.unstable.push_back((entry.pos, effects));
    }

    fn is_mine(&self, effect: &Effect) -> bool {
        self.appliance.is_mine(self.me, effect)
    }

    fn stable_up_to(&mut self, index: u64, todo: &mut Vec<Do>) {
        // Whoever was active before may not know yet that it is not, while this is not stable.
        if self.is_primary() && self.active_from <= index {
            let owns = match self.should_own() {
                true => Ownership::Owned,
                false => Ownership::Lost,
            };
            self.own(owns, todo);
        }
        while self
            .unstable
            .front()
            .is_some_and(|(pos, _)| pos.index <= index)
        {
            let Some((pos, effects)) = self.unstable.pop_front() else {
                break;
            };
            for effect in effects {
                self.own_effect(pos, effect, todo);
            }
        }
    }

    fn own_effect(&mut self, pos: Pos, effect: Effect, todo: &mut Vec<Do>) {
        if let Effect::Answer(answer) = effect {
            return self.answers.push_back((pos.index, answer));
        }
        // Who lost the hardware meanwhile must not touch it any more: whoever owns it now was told
        // again.
        if effect.owner() != Owner::Active || self.should_own() {
            todo.push(Do::Carry(pos, effect));
        }
    }

    fn install(&mut self, state: &[u8], todo: &mut Vec<Do>) {
        match Appliance::restore(state, &self.program) {
            Ok(appliance) => {
                self.kept = appliance.redundancy.version();
                self.appliance = appliance;
            }
            Err(why) => return self.leave(why, todo),
        }
        self.active_from = self.appliance.at().index;
        self.quarantine = self.appliance.quarantine.clone();
        self.unstable.clear();
        self.answers.clear();
        self.skipped.clear();
        (self.stuck, self.spoilt) = (None, None);
        self.own(Ownership::Lost, todo);
        todo.push(Do::Forget);
        let pos = self.appliance.at();
        let missed = self.appliance.missed(self.me).into_iter();
        todo.extend(missed.map(|effect| Do::Carry(pos, effect)));
    }

    fn stand(&mut self, standing: Standing, todo: &mut Vec<Do>) {
        self.standing = standing.clone();
        match &self.standing {
            Standing::Primary { .. } => {}
            Standing::Forming if self.owns() => self.own(Ownership::Paused, todo),
            Standing::Forming => {}
            Standing::NotQuorate
            | Standing::Awaits(_)
            | Standing::Superseded
            | Standing::CatchingUp { .. } => self.own(Ownership::Lost, todo),
        }
        self.tell_software(todo);
        todo.push(Do::Stand(standing));
        self.ask_for_quarantine(todo);
    }

    fn is_primary(&self) -> bool {
        matches!(self.standing, Standing::Primary { .. })
    }

    fn is_active(&self) -> bool {
        self.appliance.redundancy.active() == Some(self.me)
    }

    fn should_own(&self) -> bool {
        // One that does not apply the log does not know who owns what.
        self.is_primary() && self.applies() && self.is_active()
    }

    fn own(&mut self, owns: Ownership, todo: &mut Vec<Do>) {
        if self.owns != Some(owns) {
            self.owns = Some(owns);
            todo.push(Do::Own(owns));
        }
    }
}

mod fit;
mod skip;

#[cfg(test)]
mod tests;
