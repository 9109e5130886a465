//! The whole shelf: nodes, the ring between them, the chassis, clients, and the scheduler.

use crate::agenda::{Act, Agenda, Happening};
use crate::blade::{Around, Blade};
use crate::check::Check;
use crate::client::Client;
use crate::defect::Defects;
use crate::dice::Dice;
use crate::fault::Planned;
use crate::hardware::{Hardware, Outcome};
use crate::member::Running;
use crate::model::{self, BLADES, CLIENTS};
use crate::place::{self, Place};
use crate::user::{USERS, User};
use engine::sim::{Net, SimDisk};
use machine::{NodeId, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The CMMs.
pub(crate) const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// When it all begins. Choice: any day; times below 20000000h seconds have a meaning of their own.
const BEGIN: Time = Time(1_800_000_000_000_000_000);

/// Entries between two snapshots, by seed.
///
/// Choice: few where a defect shall find what it did in a snapshot; to take one costs as much as
/// dozens of entries.
fn snapshot_entries(seed: u64) -> u64 {
    [300, 300, 30, 5][Dice::new(seed ^ 0x5a09).index(4)]
}

/// The node on a blade.
pub(crate) fn blade_node(slot: u8) -> NodeId {
    NodeId(10 + u32::from(slot))
}

/// One node.
pub(crate) struct Node {
    /// What runs there beside the member; `None` on a CMM.
    pub(crate) blade: Option<Blade>,
    /// What it has on disk; a blade's is lost with the process.
    pub(crate) disk: SimDisk,
    /// Counts starts of its daemon.
    pub(crate) incarnation: u32,
    /// It has power, and its operating system and the ring's daemon run.
    pub(crate) is_up: bool,
    pub(crate) running: Option<Running>,
    /// How often it lost its power.
    pub(crate) losses: u32,
    /// How many times slower it is than others.
    pub(crate) slowness: u64,
    /// How far its clock is ahead, in nanoseconds.
    pub(crate) ahead: u64,
    /// Number of the program that is installed.
    pub(crate) program: usize,
    /// What is planned for it.
    pub(crate) armed: Armed,
}

/// What is planned for a node already.
#[derive(Default)]
pub(crate) struct Armed {
    pub(crate) order: bool,
    pub(crate) deliver: bool,
    pub(crate) verdict: bool,
    pub(crate) sync: bool,
    pub(crate) timer: Option<Time>,
}

/// The whole shelf.
pub(crate) struct World {
    pub(crate) now: Time,
    pub(crate) dice: Dice,
    pub(crate) agenda: Agenda,
    pub(crate) net: Net,
    /// On which side of a cut each node is.
    pub(crate) sides: BTreeMap<NodeId, u8>,
    /// Nodes whose ring does not go round any more.
    pub(crate) stalled: BTreeSet<NodeId>,
    /// CMMs that have lost their way to the chassis.
    pub(crate) cut_buses: BTreeSet<NodeId>,
    /// Nodes on which the ring's daemon does not run.
    pub(crate) without_ring: BTreeSet<NodeId>,
    pub(crate) nodes: BTreeMap<NodeId, Node>,
    pub(crate) hardware: Hardware,
    /// Up to when what goes to a scanner, or comes from it, is on its way.
    pub(crate) lines: BTreeMap<(NodeId, bool), Time>,
    pub(crate) clients: Vec<Client>,
    /// HPI's users.
    pub(crate) users: Vec<User>,
    /// Where their packets go: to the CMM that said last that it has the shelf's address.
    pub(crate) address: Option<NodeId>,
    /// What they set.
    pub(crate) places: Vec<Place>,
    pub(crate) check: Check,
    pub(crate) plan: Vec<Planned>,
    /// The power goes as soon as something is stable and not durable.
    pub(crate) aims: bool,
    pub(crate) defects: Defects,
    /// Entries between two snapshots.
    pub(crate) snapshot_entries: u64,
    /// Faults are over: the shelf must settle.
    pub(crate) is_calm: bool,
    /// Since when all is mended.
    pub(crate) calm_since: Option<Time>,
    pub(crate) tag_last: u64,
    pub(crate) is_traced: bool,
    pub(crate) planted: Option<Planted>,
}

/// A mistake that is made on purpose, to see it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Planted {
    /// Clients are told once their entry is stable.
    EarlyAnswers,
    /// Effects are carried out as soon as their entry is there.
    EarlyEffects,
    /// Each CMM owns the hardware.
    BothOwn,
    /// A replica misses an entry now and then.
    MissedEntry,
    /// What the disk was told to sync is not synced.
    NoSync,
    /// A member goes on though its program cannot run the log's version.
    UnfitGoesOn,
    /// A daemon that starts works by the highest version that it can run, whatever the log says.
    RestartRaises,
    /// Who takes over ends all HPI sessions.
    LostSessions,
    /// An HPI user is told that something is done that never was.
    Unlogged,
    /// A call that an HPI user repeats is carried out once more.
    Repeated,
    /// The log is told that HPI users got more events than they did.
    SkippedEvents,
    /// Nobody is told when a job of HPI has ended.
    ForgottenJobs,
    /// PLM forgets everything.
    Disagreement,
}

impl World {
    /// A shelf that nobody has switched on yet.
    pub(crate) fn new(
        seed: u64,
        plan: Vec<Planned>,
        (is_traced, planted): (bool, Option<Planted>),
    ) -> Self {
        let blades = (1..=BLADES).map(|slot| (blade_node(slot), Some(slot)));
        let places = CMMS.iter().map(|cmm| (*cmm, None)).chain(blades);
        let nodes: BTreeMap<NodeId, Node> = places
            .map(|(id, slot)| {
                (
                    id,
                    Node::new(slot.map(|it| Blade::new(id, model::amf_node(it)))),
                )
            })
            .collect();
        let ids: Vec<NodeId> = nodes.keys().copied().collect();
        let mut world = Self {
            now: BEGIN,
            dice: Dice::new(seed),
            agenda: Agenda::default(),
            net: Net::new(&ids, &CMMS),
            sides: ids.iter().map(|id| (*id, 0)).collect(),
            stalled: BTreeSet::new(),
            cut_buses: BTreeSet::new(),
            without_ring: BTreeSet::new(),
            nodes,
            hardware: Hardware::new(BLADES, seed),
            lines: BTreeMap::new(),
            clients: (0..CLIENTS).map(Client::new).collect(),
            users: (0..USERS).map(User::new).collect(),
            address: None,
            places: (0..place::COUNT).map(|_| Place::default()).collect(),
            check: Check::default(),
            plan,
            aims: false,
            defects: Defects::default(),
            snapshot_entries: snapshot_entries(seed),
            is_calm: false,
            calm_since: None,
            tag_last: 0,
            is_traced,
            planted,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let singles: Vec<BTreeSet<NodeId>> = self.nodes.keys().map(|id| [*id].into()).collect();
        self.net.split(&singles, &mut |_| 0);
        for outcome in self.hardware.tick(self.now) {
            self.hardware_did(outcome);
        }
        let powered: Vec<u8> = self.hardware.powered().collect();
        for cmm in CMMS {
            self.switch_on(cmm);
        }
        for slot in powered {
            self.switch_on(blade_node(slot));
        }
        self.arm_hardware();
        for client in 0..self.clients.len() {
            self.after(Duration::from_secs(20), Happening::Client(client));
        }
        for user in 0..self.users.len() {
            self.user_later(user, Duration::from_secs(20));
        }
        for number in 0..self.plan.len() {
            let at = BEGIN.after(self.plan[number].after);
            self.agenda.at(at, Happening::Fault(number));
        }
    }

    /// How long it has run.
    pub(crate) fn age(&self) -> Duration {
        self.now.since(BEGIN)
    }

    /// Runs until the shelf is so old, or something is wrong.
    pub(crate) fn run_to(&mut self, age: Duration) {
        let until = BEGIN.after(age);
        while self.check.violation.is_none()
            && let Some((at, what)) = self.agenda.next(until)
        {
            self.now = at;
            self.happen(what);
        }
        if self.check.violation.is_none() {
            self.now = until;
        }
    }

    pub(crate) fn after(&mut self, delay: Duration, what: Happening) {
        let at = self.now.after(delay);
        self.agenda.at(at, what);
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Order(id) => self.order(id),
            Happening::Deliver(id) => {
                self.armed(id).deliver = false;
                self.net.deliver(id);
                self.poll(id);
            }
            Happening::Verdict(id) => {
                self.armed(id).verdict = false;
                self.net.verdict(id);
                self.poll(id);
            }
            Happening::Synced(id) => {
                self.armed(id).sync = false;
                if self.planted == Some(Planted::NoSync) {
                    self.node(id).disk.forget_sync();
                } else {
                    self.node(id).disk.finish_sync();
                }
                self.poll(id);
            }
            Happening::Timer(id, at) => self.timer(id, at),
            Happening::Start(id, incarnation) => {
                if self.node(id).incarnation == incarnation {
                    self.start(id);
                }
            }
            Happening::Supplied(id, incarnation, epoch, state) => {
                self.supplied((id, incarnation), epoch, state);
            }
            Happening::Reform => self.reform(),
            Happening::Arbitrate => self.arbitrate(),
            Happening::Line(to) => self.move_line(to),
            Happening::ToChassis(from, link, order) => self.requested((from, link), order),
            Happening::FromChassis(to, link, event) => self.told((to, link), event),
            Happening::Chassis(at) => self.chassis_ticks(at),
            Happening::AgentUp(id, boot) => {
                self.with_blade(id, |blade, around| blade.up(boot, around));
            }
            Happening::Process(id, pid, act) => self.process(id, pid, act),
            Happening::CommandEnds(id, boot, component, run, end) => {
                self.with_blade(id, |blade, around| {
                    blade.command_ends((boot, &component, run), end, around);
                });
            }
            Happening::Client(client) => self.client(client),
            Happening::User(user) => self.user(user),
            Happening::Called(question) => self.called(question),
            Happening::Replied(to, reply) => self.replied(to, reply),
            Happening::Broken(link) => self.disconnect(link),
            Happening::HangUp(id, incarnation) => self.hang_up(id, incarnation),
            Happening::Fault(number) => self.strike(number),
            Happening::Over(number) => self.over(number),
            Happening::NoPower => CMMS.into_iter().for_each(|cmm| self.switch_off(cmm)),
            Happening::Install(id, number) => self.install(id, number),
            Happening::Fit(id, version) => self.fit(id, version),
        }
    }

    fn process(&mut self, id: NodeId, pid: u32, act: Act) {
        self.with_blade(id, |blade, around| blade.act(pid, act, around));
    }

    pub(crate) fn node(&mut self, id: NodeId) -> &mut Node {
        self.nodes
            .get_mut(&id)
            .expect("only nodes of the shelf are named")
    }

    pub(crate) fn armed(&mut self, id: NodeId) -> &mut Armed {
        &mut self.node(id).armed
    }

    /// Something happens on a blade; what its agent reports goes to its member.
    pub(crate) fn with_blade(
        &mut self,
        id: NodeId,
        happens: impl FnOnce(&mut Blade, &mut Around<'_>),
    ) {
        self.on_blade(id, happens);
        self.poll(id);
    }

    /// The same, in a turn of the member.
    pub(crate) fn on_blade(
        &mut self,
        id: NodeId,
        happens: impl FnOnce(&mut Blade, &mut Around<'_>),
    ) {
        let node = self
            .nodes
            .get_mut(&id)
            .expect("only nodes of the shelf are named");
        let Some(blade) = &mut node.blade else {
            return;
        };
        let around = &mut Around {
            now: self.now,
            dice: &mut self.dice,
            agenda: &mut self.agenda,
        };
        happens(blade, around);
        if std::mem::take(&mut blade.reboots) {
            self.reboot(id);
        }
    }

    // The chassis.

    pub(crate) fn hardware_did(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Told(cmm, link, event) => self.tell(cmm, link, event),
            Outcome::Pushed(event) => {
                let line = self.net.line();
                if let Some(link) = self.hardware.link(line).filter(|_| self.reaches(line)) {
                    self.tell(line, link, event);
                }
            }
            Outcome::Payload(slot, on) => self.payload(slot, on),
        }
    }

    pub(crate) fn operate(&mut self, operator: chassis::Operator) {
        for outcome in self.hardware.operate(self.now, operator) {
            self.hardware_did(outcome);
        }
        self.arm_hardware();
    }

    /// What is on its way to a scanner stays in its order.
    pub(crate) fn tell(&mut self, cmm: NodeId, link: u64, event: ipmi::port::PortEvent) {
        let at = self.on_line((cmm, true));
        self.agenda.at(at, Happening::FromChassis(cmm, link, event));
    }

    pub(crate) fn on_line(&mut self, line: (NodeId, bool)) -> Time {
        let at = self.now.after(self.dice.micros(500, 4_000));
        let busy = self.lines.get(&line).copied().unwrap_or_default();
        let at = at.max(Time(busy.0 + 1));
        self.lines.insert(line, at);
        at
    }

    fn requested(&mut self, (from, link): (NodeId, u64), order: ipmi::port::PortOrder) {
        if self.hardware.link(from) != Some(link) {
            return;
        }
        if !self.reaches(from) {
            let result = Err(ipmi::port::RequestError::PortDown);
            let token = order.token;
            return self.tell(from, link, ipmi::port::PortEvent::Answer { token, result });
        }
        for outcome in self.hardware.request(self.now, (from, link), order) {
            self.hardware_did(outcome);
        }
        self.arm_hardware();
    }

    fn chassis_ticks(&mut self, at: Time) {
        if self.hardware.armed == Some(at) {
            self.hardware.armed = None;
            for outcome in self.hardware.tick(self.now) {
                self.hardware_did(outcome);
            }
            self.arm_hardware();
        }
    }

    fn arm_hardware(&mut self) {
        let Some(by) = self.hardware.deadline() else {
            return;
        };
        let at = by.max(Time(self.now.0 + 1));
        if self.hardware.armed.is_none_or(|armed| at < armed) {
            self.hardware.armed = Some(at);
            self.agenda.at(at, Happening::Chassis(at));
        }
    }

    fn payload(&mut self, slot: u8, on: bool) {
        let id = blade_node(slot);
        self.trace(id, || format!("payload power {on}"));
        if on {
            self.switch_on(id);
        } else {
            self.switch_off(id);
        }
    }

    /// With `--trace`, what happens is told.
    pub(crate) fn trace(&self, id: NodeId, what: impl FnOnce() -> String) {
        if self.is_traced {
            let age = self.age();
            eprintln!("{:>12.6} {:>2} {}", age.as_secs_f64(), id.0, what());
        }
    }
}

impl Node {
    fn new(blade: Option<Blade>) -> Self {
        Self {
            blade,
            disk: SimDisk::default(),
            incarnation: 0,
            is_up: false,
            running: None,
            losses: 0,
            slowness: 1,
            ahead: 0,
            program: 0,
            armed: Armed::default(),
        }
    }
}
