//! Members of one log on an engine's bed, and who watches them.

use crate::bed::{Bed, CMMS, Fault, Found, Offer};
use crate::ports::{Noted, Notes, Port};
use crate::state::{self, State, Step};
use crate::watch::{Promised, Watch};
use engine::{Engine, NoDisk, Replica, SubmitError};
use group::{Event, Hash, Ledger, NodeId, Options, Promise, Role, Standing};
use machine::log::{Entry, StorageError};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

/// How long anything may take, by the bed's clock.
const LIMIT: Duration = Duration::from_secs(60);

/// How long it is waited for what must not happen.
const WHILE: Duration = Duration::from_millis(150);

/// A member of the log: what is known of it outlives its process.
pub(crate) struct Member {
    pub(crate) engine: Option<Replica<Noted, Port>>,
    pub(crate) notes: Rc<RefCell<Notes>>,
    pub(crate) state: State,
    /// Where its log stands, after all that it was told.
    ledger: Ledger,
    /// What the log hashes to with each entry that it has.
    chain: BTreeMap<u64, Hash>,
    pub(crate) standing: Standing,
    /// How far it was promised what.
    promised: BTreeMap<Promised, u64>,
    /// States that it was given by others since it started.
    pub(crate) installs: u32,
    /// Entries that it found at its start behind a state.
    pub(crate) found: usize,
    /// Why its disk does not keep the log.
    pub(crate) outage: Option<StorageError>,
    /// Why it lost its group communication system last.
    disconnected: Option<String>,
    /// Its process hangs.
    is_hung: bool,
    /// Tags of commands that the process has taken, and of those that are not in its log.
    taken: BTreeSet<u64>,
    waiting: BTreeSet<u64>,
    /// Own commands in its log that it was promised nothing about, and their places.
    ordered: VecDeque<(u64, u64)>,
}

/// Members of one log.
pub(crate) struct World<'a> {
    pub(crate) bed: &'a mut dyn Bed,
    pub(crate) members: BTreeMap<NodeId, Member>,
    pub(crate) watch: Watch,
    /// Commands of whoever was told that they are stable.
    acked: BTreeSet<u64>,
    tags: u64,
    /// Bytes that each state has beside what is in it, when others are given it.
    pub(crate) filler: usize,
}

impl Member {
    fn new() -> Self {
        Self {
            engine: None,
            notes: Rc::default(),
            state: State::default(),
            ledger: Ledger::default(),
            chain: BTreeMap::new(),
            standing: Standing::Forming,
            promised: BTreeMap::new(),
            installs: 0,
            found: 0,
            outage: None,
            disconnected: None,
            is_hung: false,
            taken: BTreeSet::new(),
            waiting: BTreeSet::new(),
            ordered: VecDeque::new(),
        }
    }

    /// The epoch in which it is in step, if it is.
    pub(crate) fn epoch(&self) -> Option<u64> {
        match self.standing {
            Standing::Primary { epoch } => Some(epoch),
            Standing::Forming
            | Standing::NotQuorate
            | Standing::Awaits(_)
            | Standing::CatchingUp { .. }
            | Standing::Superseded => None,
        }
    }

    /// Whether it has a command in its log.
    pub(crate) fn has(&self, tag: u64) -> bool {
        self.state.commands.contains_key(&tag)
    }

    /// Whether it was promised this about a command.
    pub(crate) fn was_promised(&self, what: Promised, tag: u64) -> bool {
        let upto = self.promised.get(&what).copied().unwrap_or(0);
        let place = self.state.commands.get(&tag);
        place.is_some_and(|(_, index)| *index <= upto)
    }

    /// How many commands its process has taken that are not in its log.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether it has an entry: in its hands while it runs, on its disk otherwise.
    fn keeps(&self, index: u64, hash: Hash) -> bool {
        match self.chain.first_key_value() {
            // In a state.
            Some((first, _)) if index < *first => true,
            _ => self.chain.get(&index) == Some(&hash),
        }
    }

    /// For messages of failure.
    fn summary(&self) -> String {
        let at = self.ledger.position();
        let members = self.engine.as_ref().map(|it| it.members().len());
        format!(
            "{:?} among {members:?}, epoch {} index {}, {:?}, {:?}, {:?}",
            self.standing, at.epoch, at.index, self.promised, self.outage, self.disconnected
        )
    }
}

impl<'a> World<'a> {
    /// No member runs yet, and all disks are new.
    pub(crate) fn new(bed: &'a mut dyn Bed) -> Self {
        bed.begin();
        let nodes = bed.offer().cmms.iter().chain(bed.offer().blades);
        Self {
            members: nodes.map(|node| (*node, Member::new())).collect(),
            bed,
            watch: Watch::default(),
            acked: BTreeSet::new(),
            tags: 0,
            filler: 0,
        }
    }

    pub(crate) fn offer(&self) -> Offer {
        self.bed.offer()
    }

    /// All nodes.
    pub(crate) fn all(&self) -> Vec<NodeId> {
        self.members.keys().copied().collect()
    }

    pub(crate) fn member(&self, id: NodeId) -> &Member {
        self.members.get(&id).expect("a node")
    }

    pub(crate) fn member_mut(&mut self, id: NodeId) -> &mut Member {
        self.members.get_mut(&id).expect("a node")
    }

    pub(crate) fn engine(&mut self, id: NodeId) -> &mut Replica<Noted, Port> {
        let engine = &mut self.member_mut(id).engine;
        engine.as_mut().expect("it runs")
    }

    // What happens to members.

    /// A process starts, and finds what its disk holds.
    pub(crate) fn start(&mut self, id: NodeId) {
        let is_cmm = CMMS.contains(&id);
        let found = match is_cmm {
            true => self.bed.open(id),
            false => nothing(),
        };
        let (member, way) = self.bed.join(id);
        let options = Options {
            member,
            role: if is_cmm { Role::Holder } else { Role::Follower },
            configured: self.offer().cmms.iter().copied().collect(),
        };
        self.replay(id, &found);
        let notes = Rc::clone(&self.member(id).notes);
        notes.borrow_mut().open(found.ledger.position().index);
        let noted = Noted {
            disk: found.disk,
            notes,
        };
        let held = (noted, found.ledger, found.promised);
        let replica = Replica::new(options, held, Port::new(way));
        self.member_mut(id).engine = Some(replica);
    }

    /// What a process makes of what it finds.
    fn replay(&mut self, id: NodeId, found: &Found) {
        let mut member = Member::new();
        member.notes = Rc::clone(&self.member(id).notes);
        if let Some((base, state)) = &found.state {
            member.state = State::decode(state, self.filler);
            member.ledger = base.clone();
            let at = base.position();
            member.chain.insert(at.index, at.hash);
            self.watch.state(at.hash, &member.state);
        }
        member.found = found.entries.len();
        self.members.insert(id, member);
        for entry in &found.entries {
            self.append(id, entry);
        }
        assert_eq!(self.member(id).ledger, found.ledger);
    }

    /// A process is killed.
    pub(crate) fn kill(&mut self, id: NodeId) {
        self.bed.kill(id);
        let member = self.member_mut(id);
        drop(member.engine.take());
        member.standing = Standing::Forming;
        member.taken.clear();
        member.waiting.clear();
    }

    /// A process hangs, or goes on.
    pub(crate) fn hang(&mut self, id: NodeId, is_hung: bool) {
        self.member_mut(id).is_hung = is_hung;
    }

    /// Syncs of a disk do not end for a while, or do again.
    pub(crate) fn hold_syncs(&mut self, id: NodeId, holds: bool) {
        self.member(id).notes.borrow_mut().holds_syncs = holds;
    }

    /// A member hears nothing but verdicts for a while, or hears the rest.
    pub(crate) fn be_deaf(&mut self, id: NodeId, is_deaf: bool) {
        self.engine(id).transport().be_deaf(is_deaf);
    }

    pub(crate) fn strike(&mut self, fault: Fault) {
        self.bed.strike(&fault);
    }

    // What members are asked for.

    /// A command of so many bytes; its tag.
    pub(crate) fn try_submit(&mut self, id: NodeId, bytes: usize) -> Result<u64, SubmitError> {
        let tag = self.tags + 1;
        self.engine(id).submit(state::command(tag, bytes))?;
        self.tags = tag;
        let member = self.member_mut(id);
        member.taken.insert(tag);
        member.waiting.insert(tag);
        Ok(tag)
    }

    /// A small command; its tag.
    #[track_caller]
    pub(crate) fn submit(&mut self, id: NodeId) -> u64 {
        self.try_submit(id, 0).expect("there is room")
    }

    /// A tag for a command that no member submits.
    pub(crate) fn next_tag(&mut self) -> u64 {
        self.tags += 1;
        self.tags
    }

    /// A member keeps its state.
    pub(crate) fn snapshot(&mut self, id: NodeId) {
        let state = self.member(id).state.encode(self.filler);
        self.engine(id).snapshot(&state).expect("the disk keeps it");
    }

    // What members say.

    /// A moment passes.
    pub(crate) fn turn(&mut self) {
        self.bed.go_on();
        for id in self.all() {
            self.poll(id);
        }
    }

    pub(crate) fn poll(&mut self, id: NodeId) {
        let now = self.bed.now();
        let member = self.member_mut(id);
        let Some(engine) = member.engine.as_mut().filter(|_| !member.is_hung) else {
            return;
        };
        let mut events = Vec::new();
        let polled = engine.poll(now, &mut events);
        member.outage = polled.err();
        for event in events {
            self.take(id, event);
        }
        let member = self.member(id);
        let engine = member.engine.as_ref().expect("it runs");
        assert_eq!(&member.standing, engine.standing(), "{id:?} was not told");
        assert_eq!(&member.ledger, engine.ledger(), "{id:?} was not told");
    }

    fn take(&mut self, id: NodeId, event: Event) {
        match event {
            Event::Entry(entry) => self.append(id, &entry),
            Event::Install(pos, state) => self.install(id, pos.index, &state),
            Event::Stable(index) => self.promise(id, Promised::Stable, index),
            Event::Durable(index) => self.promise(id, Promised::Durable, index),
            Event::Standing(standing) => {
                let member = self.member_mut(id);
                if let Standing::Primary { epoch } = standing {
                    assert_eq!(
                        epoch, member.state.epoch,
                        "told before the view is in the log"
                    );
                }
                member.standing = standing;
            }
            Event::Supply { epoch } => {
                let state = self.member(id).state.encode(self.filler);
                self.engine(id).supply(epoch, state);
            }
            Event::Disconnected(why) => self.member_mut(id).disconnected = Some(why),
        }
    }

    fn append(&mut self, id: NodeId, entry: &Entry) {
        let member = self.members.get_mut(&id).expect("a node");
        let before = member.ledger.position();
        assert_eq!(entry.pos.index, before.index + 1, "{id:?} missed something");
        member.ledger.follow(entry);
        let hash = member.ledger.position().hash;
        member.chain.insert(entry.pos.index, hash);
        match member.state.apply(entry) {
            Step::View(epoch) => self.watch.view(epoch, hash),
            Step::Command { from, tag } if from == id => {
                member.waiting.remove(&tag);
                member.ordered.push_back((entry.pos.index, tag));
            }
            Step::Command { .. } => {}
        }
        self.watch
            .entry((before.hash, hash), entry, member.state.digest);
    }

    fn install(&mut self, id: NodeId, index: u64, state: &[u8]) {
        let state = State::decode(state, self.filler);
        let member = self.members.get_mut(&id).expect("a node");
        let ledger = member.notes.borrow_mut().installed.pop_front();
        member.ledger = ledger.expect("the disk was told first");
        let at = member.ledger.position();
        assert_eq!(at.index, index);
        member.chain = [(at.index, at.hash)].into();
        self.watch.state(at.hash, &state);
        member.state = state;
        let missing = member.taken.iter().filter(|tag| !member.has(**tag));
        member.waiting = missing.copied().collect();
        member.ordered.clear();
        member.promised.clear();
        member.installs += 1;
    }

    /// DESIGN §2: who must have what before something is promised to anybody.
    fn promise(&mut self, id: NodeId, what: Promised, upto: u64) {
        let member = self.member(id);
        assert!(member.epoch().is_some(), "{id:?} promises in no view");
        assert!(upto <= member.ledger.position().index);
        let from = member.promised.get(&what).map_or(1, |last| last + 1);
        let new = member.chain.range(from.min(upto + 1)..upto + 1);
        let new: Vec<(u64, Hash)> = new.map(|(at, hash)| (*at, *hash)).collect();
        for holder in member.ledger.holders() {
            let holder = self.member(*holder);
            for (index, hash) in &new {
                assert!(holder.keeps(*index, *hash), "{what:?} without a CMM");
            }
            let synced = holder.notes.borrow().synced;
            assert!(what == Promised::Stable || synced >= upto, "not on a disk");
        }
        for (index, hash) in new {
            self.watch.promised(what, index, hash);
        }
        let member = self.members.get_mut(&id).expect("a node");
        let last = member.promised.entry(what).or_default();
        *last = upto.max(*last);
        while let Some((index, tag)) = member.ordered.front().copied()
            && index <= upto
        {
            member.ordered.pop_front();
            self.acked.insert(tag);
        }
    }

    // Waiting.

    /// Goes on until `look` finds what it looks for; `Err` says what it saw instead.
    #[track_caller]
    pub(crate) fn wait<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> T {
        let end = self.bed.now().after(LIMIT);
        loop {
            match look(self) {
                Ok(found) => return found,
                Err(seen) if self.bed.now() >= end => {
                    let of = |(id, it): (&NodeId, &Member)| format!("{}: {}", id.0, it.summary());
                    let all: Vec<String> = self.members.iter().map(of).collect();
                    panic!("not within {LIMIT:?}: {what}; {seen}\n{}", all.join("\n"))
                }
                Err(_) => self.turn(),
            }
        }
    }

    /// Long enough for what must not happen to happen.
    pub(crate) fn pass(&mut self) {
        let end = self.bed.now().after(WHILE);
        while self.bed.now() < end {
            self.turn();
        }
    }

    /// Waits until all of these say yes.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, what: &str, ids: &[NodeId], is_so: impl Fn(&Member) -> bool) {
        self.wait(what, |world| {
            let not = ids.iter().find(|id| !is_so(world.member(**id)));
            not.map_or(Ok(()), |id| Err(format!("not at {}", id.0)))
        });
    }

    /// Waits until all of these were promised this about a command.
    #[track_caller]
    pub(crate) fn wait_promised(&mut self, what: Promised, ids: &[NodeId], tag: u64) {
        let is_so = |member: &Member| member.was_promised(what, tag);
        self.wait_for(&format!("{what:?} of {tag}"), ids, is_so);
    }

    /// Waits until just these are in step in one view; its epoch.
    #[track_caller]
    pub(crate) fn wait_view(&mut self, ids: &[NodeId]) -> u64 {
        self.wait(&format!("a view of {ids:?}"), |world| {
            let seen: BTreeSet<_> = ids.iter().map(|id| world.view_at(*id, ids)).collect();
            match seen.first() {
                Some(Some(epoch)) if seen.len() == 1 => Ok(*epoch),
                _ => Err(format!("{seen:?}")),
            }
        })
    }

    /// The epoch of the view that a member is in step in, if just these are in it and all CMMs
    /// among them count.
    fn view_at(&self, id: NodeId, ids: &[NodeId]) -> Option<u64> {
        let member = self.member(id);
        let engine = member.engine.as_ref()?;
        let nodes: Vec<NodeId> = engine.members().iter().map(|it| it.node).collect();
        let cmms = ids.iter().filter(|id| CMMS.contains(id));
        let cmms: BTreeSet<NodeId> = cmms.copied().collect();
        let is_it = nodes == ids && *engine.ledger().holders() == cmms;
        member.epoch().filter(|_| is_it)
    }

    /// All start, and are in step in one view; its epoch.
    #[track_caller]
    pub(crate) fn start_all(&mut self) -> u64 {
        for id in self.all() {
            if self.member(id).engine.is_none() {
                self.start(id);
            }
        }
        self.wait_view(&self.all())
    }

    /// All is well again: all end up with the same log, it goes on, and it has what it must have.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        self.bed.mend();
        for member in self.members.values_mut() {
            member.is_hung = false;
            let notes = &mut *member.notes.borrow_mut();
            (notes.holds_syncs, notes.fails_syncs) = (false, false);
        }
        self.start_all();
        let ids = self.all();
        for id in &ids {
            let tag = self.submit(*id);
            self.wait_promised(Promised::Durable, &ids, tag);
        }
        self.wait("one log", |world| {
            let is_done = |it: &Member| it.taken.iter().all(|tag| it.has(*tag));
            let ends = world.members.values().map(|it| it.ledger.position());
            let ends: BTreeSet<_> = ends.collect();
            let is_one = ends.len() == 1 && world.members.values().all(is_done);
            is_one.then_some(()).ok_or_else(|| format!("{ends:?}"))
        });
        self.check_log();
    }

    /// The log has all that was promised, and what was called stable to whoever submitted it; and
    /// makes the state that all have when it is replayed from its first entry on.
    fn check_log(&self) {
        let (_, one) = self.members.first_key_value().expect("there are members");
        let mut replayed = State::default();
        for entry in self.watch.log(one.ledger.position().hash) {
            replayed.apply(entry);
        }
        assert_eq!(replayed, one.state);
        let lost = self.acked.iter().find(|tag| !one.has(**tag));
        assert_eq!(lost, None, "a command that was acknowledged is lost");
    }

    /// The power failed everywhere: whoever was told that something is stable only may have lost
    /// it.
    pub(crate) fn power_failed(&mut self) {
        self.watch.power_failed();
        self.acked.clear();
    }
}

/// What a blade finds when it starts.
fn nothing() -> Found {
    Found {
        disk: Box::new(NoDisk::default()),
        state: None,
        entries: Vec::new(),
        ledger: Ledger::default(),
        promised: Promise::default(),
    }
}
