//! A member's daemon: its engine, its replica, and what it does of what the replica wants done.
//!
//! This is the shell's part, and as dull: [`appliance::Member`] says what is to be done.

use crate::agenda::Happening;
use crate::desk::Desk;
use crate::jobs::Jobs;
use crate::owner::scanner;
use crate::tags::{answered_later, note_tag};
use crate::vitals::Vitals;
use crate::world::{CMMS, Planted, World};
use appliance::{Clocks, Command, Do, Effect, Member, Ticker};
use engine::sim::{SimDisk, SimPort};
use engine::{Engine, Replica};
use group::{Event, Hash, Ledger, Options, Role, Standing};
use ipmi::port::PortOrder;
use machine::log::Entry;
use machine::{NodeId, Time};
use shelf::scan::{self, Scanner};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long to wait before a disk that failed is tried again.
const DISK_RETRY: Duration = Duration::from_secs(1);

/// A daemon that runs.
pub(crate) struct Running {
    pub(crate) engine: Replica<SimDisk, SimPort>,
    pub(crate) member: Member,
    /// Where the log stands after what the replica was told.
    pub(crate) ledger: Ledger,
    /// What each entry hashes to that it was told of.
    pub(crate) chain: BTreeMap<u64, Hash>,
    /// Up to where what it called stable was checked, and durable.
    pub(crate) checked: [u64; 2],
    pub(crate) scanner: Scanner,
    snapshot_at: u64,
    /// When its disk is tried again.
    pub(crate) stalled: Option<Time>,
    /// It is not known for the moment whose the hardware is.
    pub(crate) is_paused: bool,
    /// What was to be sent to it meanwhile.
    pub(crate) held: Vec<PortOrder>,
    /// Something was proposed since the engine was asked last.
    pub(crate) proposed: bool,
    /// The calls of HPI's users.
    pub(crate) desk: Desk,
    /// Jobs of the HPI domain that are under way.
    pub(crate) jobs: Jobs,
    /// How a CMM finds itself.
    pub(crate) vitals: Vitals,
    /// When it proposes ticks.
    pub(crate) ticker: Ticker,
    /// The version of the rules at the last entry; `None` where that is not known.
    pub(crate) version: Option<u32>,
    /// Entries of commands that clients wait for.
    pub(crate) tags: BTreeMap<u64, (u64, Hash)>,
}

impl World {
    /// The time that a node has.
    pub(crate) fn clock(&self, id: NodeId) -> Time {
        Time(self.now.0 + self.nodes[&id].ahead)
    }

    pub(crate) fn running(&mut self, id: NodeId) -> Option<&mut Running> {
        self.node(id).running.as_mut()
    }

    /// A daemon starts with what is on its disk.
    pub(crate) fn start(&mut self, id: NodeId) {
        if !self.nodes[&id].is_up || self.nodes[&id].running.is_some() {
            return;
        }
        if !CMMS.contains(&id) {
            self.fresh_disk(id);
        }
        let node = self.node(id);
        node.incarnation += 1;
        let incarnation = node.incarnation;
        let found = node.disk.recover();
        let Some(member) = self.replay(id, &found) else {
            return;
        };
        let (ledger, chain) = followed(found.base, &found.entries);
        let me = group::Member {
            node: id,
            incarnation,
        };
        let stands = (self.node(id).disk.clone(), found.ledger, found.promised);
        let port = self.net.join(me);
        let mut engine = Replica::new(options(me), stands, port);
        if let Some(index) = member.spoilt() {
            engine.renounce();
            self.defects.spoilt += 1;
            self.trace(id, || format!("has entry {index} in its snapshot"));
        }
        let clocks = clocks(&engine, self.clock(id));
        let running = Running {
            tags: answered_later(&member, &found.entries, &chain),
            desk: Desk::new(&member, clocks),
            jobs: Jobs::default(),
            engine,
            member,
            snapshot_at: ledger.position().index,
            ledger,
            chain,
            checked: [0; 2],
            scanner: scanner(),
            stalled: None,
            is_paused: false,
            held: Vec::new(),
            proposed: false,
            vitals: Vitals::default(),
            ticker: Ticker::default(),
            version: None,
        };
        self.node(id).running = Some(running);
        self.trace(id, || "starts".into());
        self.tell_software(id);
        self.check_state(id);
        self.with_blade(id, |blade, around| blade.start(around));
        self.arbitrate();
        self.poll(id);
        self.pump_all();
    }

    /// A member does all that it can do now.
    pub(crate) fn poll(&mut self, id: NodeId) {
        self.take_reports(id);
        loop {
            let (now, clock) = (self.now, self.clock(id));
            let Some(running) = self.running(id) else {
                return;
            };
            if running.stalled.is_some_and(|until| now < until) {
                return self.rearm(id);
            }
            running.stalled = None;
            running.proposed = false;
            let mut events = Vec::new();
            let polled = running.engine.poll(clock, &mut events);
            let is_idle = events.is_empty();
            if polled.is_err() {
                running.stalled = Some(now.after(DISK_RETRY));
            }
            for event in events {
                self.take(id, event);
            }
            self.take_reports(id);
            self.serve_hpi(id);
            let Some(running) = self.running(id) else {
                return;
            };
            if polled.is_err() || (is_idle && !running.proposed) {
                break;
            }
        }
        self.snapshot(id);
        self.pump(id);
        self.rearm(id);
    }

    /// What the agent of a blade reports becomes commands.
    fn take_reports(&mut self, id: NodeId) {
        loop {
            let node = self.node(id);
            let (Some(blade), true) = (&mut node.blade, node.running.is_some()) else {
                return;
            };
            let Some(report) = blade.reports.pop_front() else {
                return;
            };
            let amf_node = blade.amf_node.clone();
            let is_audit = matches!(report, ais::node::Report::Audit(_));
            let ended = is_audit && std::mem::take(&mut blade.ended_before);
            self.trace(id, || format!("reports {report:?}"));
            if ended && let Some(ee) = self.environment_of(id, &amf_node) {
                let ordered = false;
                self.submit(id, &Command::EeDown { ee, ordered });
            }
            let node = amf_node.clone();
            self.submit(id, &Command::Node { node, report });
            if is_audit {
                self.tell_agent(id);
            }
        }
    }

    /// The agent of a blade takes orders, and its environment is up.
    fn tell_agent(&mut self, id: NodeId) {
        let Some(blade) = &self.nodes[&id].blade else {
            return;
        };
        let node = blade.amf_node.clone();
        let ee = self.environment_of(id, &node);
        self.submit(id, &Command::NodeAgent { node });
        if let Some(ee) = ee {
            self.submit(id, &Command::EeUp { ee });
        }
    }

    /// Proposes an entry; whoever is not there any more does not.
    pub(crate) fn submit(&mut self, id: NodeId, command: &Command) {
        let command = self.proposed(id, command);
        if let Some(running) = self.running(id) {
            running.proposed = true;
            // What an engine does not take is lost: there is room for more than ever waits here.
            let _ = running.engine.submit(command);
        }
    }

    fn take(&mut self, id: NodeId, event: Event) {
        if let Event::Entry(entry) = &event
            && self.brings_down(id, entry)
        {
            return self.crash(id, entry.pos.index);
        }
        let clock = self.clock(id);
        let incarnation = self.nodes[&id].incarnation;
        let planted = self.planted;
        let Some(running) = self.running(id) else {
            return;
        };
        match &event {
            Event::Entry(entry) => {
                running.ledger.follow(entry);
                let position = running.ledger.position();
                running.chain.insert(position.index, position.hash);
                note_tag(running, id, entry);
                self.look_at(id, entry);
            }
            Event::Install(..) => self.installed(id),
            Event::Stable(index) => {
                self.check_promise(id, *index, false);
                self.aim(id, *index);
                if planted == Some(Planted::EarlyAnswers) {
                    self.answer_early(id, *index);
                }
            }
            Event::Durable(index) => self.check_promise(id, *index, true),
            Event::Standing(_) | Event::Supply { .. } | Event::Disconnected(_) => {}
        }
        let is_state = matches!(event, Event::Entry(_) | Event::Install(..));
        let Some(running) = self.running(id) else {
            return;
        };
        let mut todo = Vec::new();
        let index = running.ledger.position().index;
        match planted {
            Some(Planted::MissedEntry) if is_state && index.is_multiple_of(777) && id.0 == 2 => {}
            _ => running.member.take(event, &mut todo),
        }
        if is_state && planted == Some(Planted::EarlyEffects) {
            running.member.take(Event::Stable(index), &mut todo);
        }
        if is_state {
            let clocks = clocks(&running.engine, clock);
            running.ticker.entered(&running.member, clocks);
            let skipped = running.member.skipped().clone();
            self.defects.quarantined.extend(skipped);
            // One that has applied what is skipped from now on begins anew; one that cannot go on
            // need not be where its log is.
            let ends = |it: &Do| matches!(it, Do::Rebuild | Do::Unfit(_));
            if !todo.iter().any(ends) {
                self.check_version(id);
                self.check_state(id);
            }
        }
        for it in todo {
            if self.nodes[&id].incarnation == incarnation {
                self.check_fit(id, &it);
                self.carry_out(id, it);
            }
        }
    }

    /// The power goes now, if somebody waits for just this: a client waits for what is stable, and
    /// a disk is at work.
    fn aim(&mut self, id: NodeId, index: u64) {
        let awaits = |it: &mut Running| it.tags.values().any(|(at, _)| *at <= index);
        if self.aims && CMMS.contains(&id) && self.running(id).is_some_and(awaits) {
            self.aims = false;
            self.after(Duration::ZERO, Happening::NoPower);
        }
    }

    fn answer_early(&mut self, id: NodeId, index: u64) {
        let tags = self
            .running(id)
            .map(|it| it.tags.clone())
            .unwrap_or_default();
        for (tag, _) in tags.into_iter().filter(|(_, entry)| entry.0 <= index) {
            self.answered(id, tag, true);
        }
    }

    fn installed(&mut self, id: NodeId) {
        let base = self.node(id).disk.base();
        let Some(running) = self.running(id) else {
            return;
        };
        running.ledger = base;
        let position = running.ledger.position();
        running.chain = [(position.index, position.hash)].into();
        running.checked = [0; 2];
        running.snapshot_at = position.index;
        running.tags.clear();
        running.version = None;
        self.trace(id, || format!("installs the state at {}", position.index));
    }

    fn carry_out(&mut self, id: NodeId, it: Do) {
        let clock = self.clock(id);
        match it {
            Do::Carry(pos, effect) => {
                self.check_carried(id, pos.index);
                self.perform(id, pos.index, effect);
            }
            // It was given already.
            Do::Answer(_) if self.planted == Some(Planted::EarlyAnswers) => {}
            Do::Answer(answer) => self.answered(id, answer.tag, answer.result.is_ok()),
            Do::Submit(command) => self.submit(id, &command),
            Do::Supply { epoch, state } => {
                let incarnation = self.nodes[&id].incarnation;
                let delay = self.dice.millis(1, 50);
                let what = Happening::Supplied(id, incarnation, epoch, state);
                self.after(delay, what);
            }
            Do::Decline { epoch } => {
                if let Some(running) = self.running(id) {
                    running.proposed = true;
                    running.engine.decline(epoch);
                }
            }
            Do::Own(owns) => self.own(id, owns),
            Do::Stand(standing) => self.stand(id, &standing),
            // Orders may have been missed: the agent begins anew, with an audit.
            Do::Forget => {
                self.on_blade(id, |blade, around| {
                    if blade.is_on() {
                        blade.agent_dies();
                        blade.start(around);
                    }
                });
                if let Some(running) = self.running(id) {
                    let clocks = clocks(&running.engine, clock);
                    let sessions = running.member.appliance().hpi.sessions();
                    running.desk.forget(sessions, clocks);
                }
            }
            Do::Rebuild => {
                self.kill(id);
                self.start_later(id, Duration::from_millis(300));
            }
            Do::Unfit(why) => self.unfit(id, why),
            Do::Unreadable(index) => {
                self.check
                    .violated(format!("{id:?} cannot read entry {index}"));
            }
            Do::Disconnected(_) => {}
        }
    }

    fn stand(&mut self, id: NodeId, standing: &Standing) {
        self.trace(id, || format!("stands {standing:?}"));
        if !matches!(standing, Standing::Primary { .. }) {
            return;
        }
        if let Some(running) = self.running(id) {
            running.vitals.watch.forget();
        }
        self.tell_line(id);
        let Some(blade) = &self.nodes[&id].blade else {
            return;
        };
        let (node, is_on) = (blade.amf_node.clone(), blade.is_on());
        let nodes = vec![node.clone()];
        self.submit(id, &Command::Hosts { nodes });
        if is_on && let Some(ee) = self.environment_of(id, &node) {
            self.submit(id, &Command::EeUp { ee });
        }
    }

    fn perform(&mut self, id: NodeId, index: u64, effect: Effect) {
        match effect {
            Effect::Shelf(order) => {
                self.trace(id, || format!("orders {order:?}"));
                self.scan(id, &scan::Input::Order(order));
            }
            Effect::Ee(order) => self.environment(id, &order),
            Effect::Node { order, .. } => {
                self.trace(id, || format!("orders {order:?}"));
                self.on_blade(id, |blade, around| blade.order(order, around));
            }
            Effect::Line { to } => {
                if CMMS.contains(&id) {
                    let delay = self.dice.millis(20, 500);
                    self.after(delay, Happening::Line(to));
                }
            }
            Effect::HpiAnswer { tag, result } => self.came_of(id, (index, tag), result),
            Effect::HpiJob(job, what) => self.start_job(id, job, &what),
            Effect::HpiJobCancelled(job) => self.cancel_job(id, job),
            Effect::Alert(_)
            | Effect::Answer(_)
            | Effect::Active { .. }
            | Effect::MachineVersion { .. }
            | Effect::Said(_) => {}
        }
    }

    /// A CMM keeps its state now and then.
    fn snapshot(&mut self, id: NodeId) {
        let every = self.snapshot_entries;
        let Some(running) = self.running(id).filter(|_| CMMS.contains(&id)) else {
            return;
        };
        let index = running.ledger.position().index;
        let is_all = running.engine.ledger().position().index == index;
        if is_all
            && running.member.is_outdated()
            && let Some(state) = running.member.snapshot()
            && running.engine.begin_from(&state).is_ok()
        {
            running.snapshot_at = index;
            running.member.renewed();
        }
        if is_all
            && index >= running.snapshot_at + every
            && let Some(state) = running.member.snapshot()
        {
            running.snapshot_at = index;
            // A full disk says so again when an entry comes.
            let _ = running.engine.snapshot(&state);
        }
    }

    pub(crate) fn supplied(&mut self, (id, of): (NodeId, u32), epoch: u64, state: Vec<u8>) {
        if self.nodes[&id].incarnation == of
            && let Some(running) = self.running(id)
        {
            running.engine.supply(epoch, state);
            self.poll(id);
        }
    }
}

fn options(member: group::Member) -> Options {
    Options {
        member,
        role: match CMMS.contains(&member.node) {
            true => Role::Holder,
            false => Role::Follower,
        },
        configured: CMMS.into(),
    }
}

/// What time it is when it is `own` for a member.
pub(crate) fn clocks(engine: &Replica<SimDisk, SimPort>, own: Time) -> Clocks {
    Clocks {
        own,
        log: engine.time(own),
        last: engine.ledger().time(),
    }
}

/// Where a log stands after some entries, and what each of them hashes to.
fn followed(base: Ledger, entries: &[Entry]) -> (Ledger, BTreeMap<u64, Hash>) {
    let mut ledger = base;
    let mut chain = BTreeMap::new();
    chain.insert(ledger.position().index, ledger.position().hash);
    for entry in entries {
        ledger.follow(entry);
        chain.insert(entry.pos.index, ledger.position().hash);
    }
    (ledger, chain)
}
