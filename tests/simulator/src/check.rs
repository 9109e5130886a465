//! Who looks on from outside, and says when a promise is broken.

use crate::agree::{invariants, sis};
use crate::place::{self, Place};
use crate::world::{CMMS, Planted, World};
use ais::amf::HaState;
use appliance::{Appliance, Command, Member};
use engine::Engine;
use engine::sim::SimDisk;
use group::{Content, Hash, Standing};
use hpi_domain::UserCall;
use hpi_model::diagnostics::TestRunStatus;
use hpi_model::{EventKind, ResourceId, TextBuffer};
use machine::{NodeId, Time};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;

/// How often states are compared, in entries. Choice: to encode a state takes as long as to apply
/// dozens of entries; whatever makes replicas differ is still there a few entries later.
const COMPARED: u64 = 64;

/// How often it is looked at what HPI's users set and ordered, in entries. Choice: what is lost
/// stays lost.
const LOOKED_AT: u64 = 16;

/// How long a job may take when all is well. Choice: a controller that works answers in
/// milliseconds, one that is silent is given up after seconds.
const JOB_TIME_MAX: Duration = Duration::from_secs(120);

/// How late a tick may be: until the last of those steps in that propose them, and again.
const TICK_LATE_MAX: Duration = Duration::from_secs(5);

/// What must never be otherwise.
#[derive(Default)]
pub(crate) struct Check {
    /// The first promise that was broken.
    pub(crate) violation: Option<String>,
    /// Entries that some replica has applied, each with what its state hashes to, if that is known.
    states: BTreeMap<(u64, Hash), Option<u64>>,
    /// What was promised to be durable: what the log hashes to there, and in which epoch that was.
    durable: BTreeMap<u64, (Hash, u64)>,
    /// What was promised to be stable, or had effects.
    stable: BTreeMap<u64, Kept>,
    /// What all holders lost with their power, though it was stable.
    lost: BTreeSet<Hash>,
    /// CMMs that lost their power, each with the epoch of its log then, and its disk.
    unpowered: BTreeMap<NodeId, (u64, SimDisk)>,
    /// What the log hashes to where an epoch begins.
    epochs: BTreeMap<u64, Hash>,
    /// The highest epoch in which something was sent to the chassis.
    sent_in: u64,
    /// Commands that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Ticks, and those of them that nobody waited for.
    pub(crate) ticks: [u64; 2],
    /// Daemons that ended because their program did not fit.
    pub(crate) unfit: u64,
    /// Events that HPI's users got.
    pub(crate) events: u64,
    /// What an HPI user says with the entry that is about to be applied.
    says: Option<TextBuffer>,
    /// Tests that run, and since when.
    tests: BTreeMap<(ResourceId, u32), Time>,
}

/// An entry that must not be lost while one of those that had to have it has not lost its power.
struct Kept {
    hash: Hash,
    epoch: u64,
    holders: BTreeSet<NodeId>,
}

impl Check {
    pub(crate) fn violated(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    /// Different entries, over all replicas.
    pub(crate) fn entries(&self) -> usize {
        self.states.len()
    }

    /// The last entry that was promised to be durable.
    pub(crate) fn last_durable(&self) -> u64 {
        self.durable.keys().next_back().copied().unwrap_or(0)
    }

    /// Whether the log that has this hash at an index has all that was promised.
    pub(crate) fn has_all(&self, chain: &BTreeMap<u64, Hash>) -> bool {
        let last = self.durable.last_key_value();
        last.is_none_or(|(index, (hash, _))| chain.get(index) == Some(hash))
    }

    fn keeps(&mut self, (index, hash): (u64, Hash), epoch: u64) {
        let known = self.durable.entry(index).or_insert((hash, epoch));
        if known.0 != hash {
            self.violated(format!("entry {index} was durable, and is another one now"));
        }
    }

    /// An entry is stable, or has effects: it is in every log from now on.
    fn stays(
        &mut self,
        (index, hash): (u64, Hash),
        (epoch, holders): (u64, &BTreeSet<NodeId>),
        id: NodeId,
    ) {
        if self.lost.contains(&hash) {
            return;
        }
        let kept = match self.stable.entry(index) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => {
                let unpowered = &self.unpowered;
                let has = |it: &&NodeId| !has_lost(unpowered, **it, (index, hash), epoch);
                let holders: BTreeSet<NodeId> = holders.iter().filter(has).copied().collect();
                if holders.is_empty() {
                    self.lost.insert(hash);
                    return;
                }
                vacant.insert(Kept {
                    hash,
                    epoch,
                    holders,
                })
            }
        };
        if kept.hash != hash && kept.epoch <= epoch {
            let text = format!("entry {index} was stable, and {id:?} has another one");
            self.violated(text);
        }
    }

    /// Whether all holders have lost an entry with their power, though it was stable.
    pub(crate) fn is_lost(&self, hash: Option<Hash>) -> bool {
        hash.is_some_and(|hash| self.lost.contains(&hash))
    }

    /// A CMM lost its power: what it does not have any more, it need not keep.
    pub(crate) fn power_lost(&mut self, cmm: NodeId, epoch: u64, disk: &SimDisk) {
        self.unpowered.insert(cmm, (epoch, disk.clone()));
        let base = disk.base().position().index;
        for (index, kept) in self.stable.range_mut(base + 1..) {
            if disk.hash_at(*index) != Some(kept.hash) {
                kept.holders.remove(&cmm);
            }
        }
        let lost = self.stable.values().filter(|it| it.holders.is_empty());
        self.lost.extend(lost.map(|it| it.hash));
        self.stable.retain(|_, it| !it.holders.is_empty());
    }

    /// What HPI's users set is there, and what they ordered ends, once all is well.
    fn hpi(&mut self, appliance: &Appliance, (places, now, calm): (&[Place], Time, Option<Time>)) {
        if let Some(place) = place::lost(places, appliance) {
            let index = appliance.at().index;
            self.violated(format!(
                "entry {index} has not what was set at place {place}"
            ));
        }
        let resources = appliance.hpi.resources();
        let running = resources.flat_map(|it| {
            let dimis = it.kept.dimis.iter();
            let running = dimis.filter(|(_, dimi)| dimi.tests().iter().any(runs));
            running.map(|(num, _)| (it.rpt.resource, *num))
        });
        let running: BTreeSet<(ResourceId, u32)> = running.collect();
        self.tests.retain(|test, _| running.contains(test));
        for test in running {
            let since = *self.tests.entry(test).or_insert(now);
            let takes = calm.map(|calm| now.since(since.max(calm)));
            if takes.is_some_and(|takes| takes > JOB_TIME_MAX) {
                self.violated(format!("nobody ends the job of {test:?}"));
            }
        }
    }

    fn state(&mut self, key: (u64, Hash), state: u64) {
        match self.states.entry(key) {
            Entry::Vacant(vacant) => drop(vacant.insert(Some(state))),
            Entry::Occupied(mut known) => match known.get() {
                None => drop(known.insert(Some(state))),
                Some(known) if *known == state => {}
                Some(_) => self.violated(format!("replicas differ after entry {}", key.0)),
            },
        }
    }
}

impl World {
    /// A replica is about to apply an entry.
    pub(crate) fn look_at(&mut self, id: NodeId, entry: &machine::log::Entry) {
        let Some(Content::Command { command, .. }) = Content::of(entry) else {
            return;
        };
        let Some(running) = self.nodes[&id].running.as_ref() else {
            return;
        };
        let position = running.ledger.position();
        let states = &self.check.states;
        if states.contains_key(&(position.index, position.hash)) {
            return;
        }
        match Command::decode(&command) {
            Ok(Command::Tick) => {
                let deadline = running.member.deadline();
                let is_surplus = deadline.is_none_or(|by| by > entry.pos.time);
                self.check.ticks[0] += 1;
                self.check.ticks[1] += u64::from(is_surplus);
            }
            Ok(Command::Hpi {
                call: UserCall::Repeatable(_, call),
                ..
            }) => {
                if let UserCall::EventAdd(_, text) = *call {
                    self.check.says = Some(text);
                }
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// A replica has another state now.
    pub(crate) fn check_state(&mut self, id: NodeId) {
        let node = self
            .nodes
            .get_mut(&id)
            .expect("only nodes of the shelf are named");
        // What has stopped at an entry is not where its log is.
        let running = node.running.as_ref();
        let has_stopped = |it: &Member| it.stuck().or(it.spoilt()).is_some();
        let Some(running) = running.filter(|it| !has_stopped(&it.member)) else {
            return;
        };
        let position = running.ledger.position();
        let key = (position.index, position.hash);
        let appliance = running.member.appliance();
        let is_new = !self.check.states.contains_key(&key);
        let epoch = self
            .check
            .epochs
            .entry(position.epoch)
            .or_insert(position.hash);
        let begins = *epoch == position.hash;
        if is_new {
            self.check.states.insert(key, None);
            let found = match self.planted {
                Some(Planted::Disagreement) => invariants(&disagreeing(appliance)),
                _ => invariants(appliance),
            };
            let said = self.check.says.take();
            let found = found.and_then(|()| said.map_or(Ok(()), |text| once(appliance, &text)));
            if let Err(why) = found {
                self.check.violated(format!("after entry {}: {why}", key.0));
            }
        }
        if is_new && (begins || key.0.is_multiple_of(LOOKED_AT)) {
            let clock = self.now;
            let calm = self.calm_since;
            self.check.hpi(appliance, (&self.places, clock, calm));
        }
        if begins || key.0.is_multiple_of(COMPARED) {
            let state = hash(appliance);
            self.check.state(key, state);
        }
    }

    /// A member says that entries are stable, or durable.
    pub(crate) fn check_promise(&mut self, id: NodeId, index: u64, durable: bool) {
        let node = self
            .nodes
            .get_mut(&id)
            .expect("only nodes of the shelf are named");
        let Some(running) = &mut node.running else {
            return;
        };
        let epoch = running.ledger.position().epoch;
        let holders = running.ledger.holders().clone();
        let checked = &mut running.checked[usize::from(durable)];
        let from = (*checked + 1).min(index + 1);
        *checked = index.max(*checked);
        for (at, hash) in running.chain.range(from..index + 1) {
            self.check.stays((*at, *hash), (epoch, &holders), id);
            match self.check.durable.get(at) {
                Some((known, _)) if known != hash => {
                    let text = format!("entry {at} was durable, and {id:?} has another one");
                    self.check.violated(text);
                }
                Some(_) => {}
                None if durable => self.check.keeps((*at, *hash), epoch),
                None => {}
            }
        }
        if let Some((last, (_, of))) = self.check.durable.last_key_value()
            && *of < epoch
            && *last > running.ledger.position().index
        {
            let text = format!("entry {last} was durable, and the view of {epoch} has it not");
            self.check.violated(text);
        }
    }

    /// An effect of an entry is carried out.
    pub(crate) fn check_carried(&mut self, id: NodeId, index: u64) {
        let Some(running) = &self.nodes[&id].running else {
            return;
        };
        let Some(hash) = running.chain.get(&index).copied() else {
            return;
        };
        let (epoch, holders) = (running.ledger.position().epoch, running.ledger.holders());
        self.check.stays((index, hash), (epoch, holders), id);
    }

    /// A client was told that its command is kept.
    pub(crate) fn check_acknowledged(&mut self, id: NodeId, tag: u64) {
        let Some(running) = self.running(id) else {
            return;
        };
        let epoch = running.ledger.position().epoch;
        match running.tags.remove(&tag) {
            Some(entry) => {
                self.check.acknowledged += 1;
                self.check.keeps(entry, epoch);
            }
            None => self
                .check
                .violated(format!("{id:?} answered what it was not asked")),
        }
    }

    /// In an epoch, one CMM owns the hardware.
    pub(crate) fn check_owners(&mut self) {
        let owners = CMMS.iter().filter_map(|cmm| {
            let running = self.nodes[cmm].running.as_ref()?;
            let redundancy = &running.member.appliance().redundancy;
            running.member.owns().then(|| redundancy.epoch())
        });
        let owners: Vec<u64> = owners.collect();
        if let [first, second] = owners.as_slice()
            && first == second
        {
            let text = format!("both CMMs own the hardware in epoch {first}");
            self.check.violated(text);
        }
    }

    /// Who sends to the chassis must own it, and nobody else may have owned it since.
    pub(crate) fn check_owner(&mut self, cmm: NodeId) {
        self.check_owners();
        let Some(running) = self.nodes[&cmm].running.as_ref() else {
            return;
        };
        let epoch = running.member.appliance().redundancy.epoch();
        let is_primary = matches!(running.member.standing(), Standing::Primary { .. });
        if !running.member.owns() || !is_primary {
            self.check
                .violated(format!("{cmm:?} sends, and does not own the hardware"));
        }
        if epoch < self.check.sent_in {
            let text = format!(
                "{cmm:?} sends in epoch {epoch}, after {}",
                self.check.sent_in
            );
            self.check.violated(text);
        }
        self.check.sent_in = self.check.sent_in.max(epoch);
    }

    /// Faults are over since long: what is not as it should be.
    pub(crate) fn check_settled(&mut self) -> Result<(), String> {
        let mut positions = Vec::new();
        let mut states = Vec::new();
        for (id, node) in &self.nodes {
            let running = node
                .running
                .as_ref()
                .ok_or(format!("{id:?} does not run"))?;
            let standing = running.member.standing();
            if !matches!(standing, Standing::Primary { .. }) {
                return Err(format!("{id:?} is {standing:?}"));
            }
            let log_time = running.engine.time(self.clock(*id));
            let late = running.member.deadline().map(|by| log_time.since(by));
            if late.is_some_and(|late| late > TICK_LATE_MAX) {
                return Err(format!(
                    "nobody ticks, and {id:?} waits for it for {late:?}"
                ));
            }
            positions.push(running.engine.ledger().position());
            states.push(hash(running.member.appliance()));
            if !self.check.has_all(&running.chain) {
                let last = self.check.last_durable();
                return Err(format!("{id:?} does not have entry {last}"));
            }
        }
        if positions.windows(2).any(|two| two[0] != two[1]) {
            return Err("members stand at different places".into());
        }
        if states.windows(2).any(|two| two[0] != two[1]) {
            return Err("members have different states".into());
        }
        let owns = |cmm: &&NodeId| {
            let running = self.nodes[cmm].running.as_ref();
            running.is_some_and(|it| it.member.owns())
        };
        let owners: Vec<&NodeId> = CMMS.iter().filter(owns).collect();
        if owners != [&self.net.line()] {
            return Err(format!(
                "{owners:?} own the hardware, line {:?}",
                self.net.line()
            ));
        }
        self.check_service()
    }

    /// The application is provided once, in AMF's eyes and in the world.
    fn check_service(&self) -> Result<(), String> {
        let running = self.nodes.values().find_map(|node| node.running.as_ref());
        let Some(running) = running else {
            return Err("nobody runs".into());
        };
        let appliance = running.member.appliance();
        for node in appliance.amf.nodes() {
            if !node.member {
                return Err(format!("{} is no member", node.dn));
            }
        }
        for si in sis(appliance) {
            let has = |ha: HaState| {
                let of = si
                    .assignments
                    .iter()
                    .filter(|it| it.ha == ha && !it.pending);
                of.count()
            };
            if (has(HaState::Active), has(HaState::Standby)) != (1, 1) {
                return Err(format!("{}: {:?}", si.dn, si.assignments));
            }
        }
        let blades = self.nodes.values().filter_map(|node| node.blade.as_ref());
        let processes = blades.flat_map(|blade| blade.processes.values());
        let held: Vec<HaState> = processes.flat_map(|it| it.csis.values().copied()).collect();
        let count = |ha: HaState| held.iter().filter(|it| **it == ha).count();
        if (count(HaState::Active), count(HaState::Standby)) != (1, 1) {
            return Err(format!("processes are {held:?}"));
        }
        Ok(())
    }
}

/// Whether a holder lost an entry of an epoch with its power, in that epoch: members that hear only
/// now that it was stable do not know that.
fn has_lost(
    unpowered: &BTreeMap<NodeId, (u64, SimDisk)>,
    holder: NodeId,
    (index, hash): (u64, Hash),
    epoch: u64,
) -> bool {
    let Some((lost_in, disk)) = unpowered.get(&holder) else {
        return false;
    };
    let is_there = index <= disk.base().position().index || disk.hash_at(index) == Some(hash);
    *lost_in == epoch && !is_there
}

fn hash(appliance: &Appliance) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(&appliance.snapshot());
    hasher.finish()
}

fn runs(test: &hpi_domain::dimi::Test) -> bool {
    test.status(Time::default()).0 == TestRunStatus::Running
}

/// What a user says it says once, however often it calls.
fn once(appliance: &Appliance, text: &TextBuffer) -> Result<(), String> {
    let log = appliance.hpi.event_log().entries();
    let said = log.filter(|it| it.event.kind == EventKind::User(text.clone()));
    match said.count() {
        0 | 1 => Ok(()),
        times => Err(format!("\"{}\" was said {times} times", text.to_text())),
    }
}

/// The same state, but PLM has forgotten everything.
fn disagreeing(appliance: &Appliance) -> Appliance {
    let mut state = appliance.clone();
    state.plm = plm::Plm::default();
    state
}
