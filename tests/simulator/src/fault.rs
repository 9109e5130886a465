//! What goes wrong, and when.

use crate::agenda::Happening;
use crate::dice::Dice;
use crate::model::BLADES;
use crate::world::{CMMS, World, blade_node};
use ais::amf::RecommendedRecovery;
use chassis::{FaultKind, IpmbBus, Operator, Place, Scope};
use engine::sim::Trouble;
use group::Standing;
use lifecycle::CommandEnd;
use machine::NodeId;
use std::time::Duration;

/// Something that goes wrong, and is mended later.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// When, from the beginning.
    pub(crate) after: Duration,
    pub(crate) lasts: Duration,
    pub(crate) fault: Fault,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// A daemon dies, and is started again.
    Kill(NodeId),
    /// A node loses its power.
    PowerLoss(NodeId),
    /// All CMMs lose their power, or their daemons die.
    NoCmm { power: bool },
    /// All nodes lose their power.
    Blackout,
    /// The nodes of which the bit is set hear the others no more.
    Cut(u8),
    /// The ring's daemon dies on a node.
    NoRing(NodeId),
    /// The arbitration line moves.
    Line(NodeId),
    /// A CMM's disk is in trouble.
    Disk(NodeId, Trouble),
    /// A CMM dies, and cannot read its journal any more.
    Damage(NodeId),
    /// A node is so many times slower.
    Slow(NodeId, u64),
    /// A node's daemon starts anew with a clock that is so many seconds ahead.
    Clock(NodeId, u64),
    /// A CMM loses its way to the chassis.
    NoBus(NodeId),
    /// A bus or a controller is in trouble.
    Bus(FaultKind, Scope),
    /// A blade's handle is opened, and closed again.
    Handle(u8),
    /// A blade is pulled, and put in again.
    Pull(u8),
    /// A component's process dies.
    Component(u8),
    /// It answers nothing any more.
    Hang(u8),
    /// It refuses what it is told next.
    Refuse(u8),
    /// It reports an error of itself, and recommends this.
    Error(u8, RecommendedRecovery),
    /// The nodes are given the next program, each at some time.
    Upgrade,
    /// A node is given the program before its own.
    Downgrade(NodeId),
    /// All CMMs lose their power as soon as something is stable and not durable.
    Unsynced,
    /// A defect of the program: what a client writes next ends the process of each member that
    /// applies it, or of this one's, which runs another program.
    Defect(Option<NodeId>),
}

/// The faults of a seed, within the time that the trouble lasts.
pub(crate) fn plan(seed: u64, trouble: Duration) -> Vec<Planned> {
    let dice = &mut Dice::new(seed ^ 0x00fa_0175);
    let count = 20 + dice.index(80);
    let millis = u64::try_from(trouble.as_millis()).unwrap_or(u64::MAX);
    let mut planned: Vec<Planned> = (0..count)
        .map(|_| Planned {
            after: Duration::from_millis(40_000 + dice.below(millis)),
            lasts: match dice.below(3) {
                0 => dice.millis(10, 1_500),
                1 => dice.millis(1_000, 15_000),
                _ => dice.millis(5_000, 60_000),
            },
            fault: fault(dice),
        })
        .collect();
    planned.sort_by_key(|it| it.after);
    planned
}

fn fault(dice: &mut Dice) -> Fault {
    let cmm = CMMS[dice.index(CMMS.len())];
    let slot = u8::try_from(1 + dice.below(u64::from(BLADES))).unwrap_or(1);
    let blade = blade_node(slot);
    let node = if dice.once_in(2) { cmm } else { blade };
    match dice.below(49) {
        0..4 => Fault::Kill(cmm),
        4..6 => Fault::Kill(blade),
        6..9 => Fault::PowerLoss(cmm),
        9 => Fault::PowerLoss(blade),
        10 => Fault::NoCmm { power: true },
        11 => Fault::NoCmm { power: false },
        12 if dice.once_in(2) => Fault::Blackout,
        12..16 => Fault::Cut(u8::try_from(dice.below(32)).unwrap_or(1)),
        16 => Fault::NoRing(node),
        17..19 => Fault::Line(cmm),
        19 => Fault::Disk(cmm, Trouble::Full),
        20 => Fault::Disk(cmm, Trouble::NoSync),
        21 => Fault::Damage(cmm),
        22 | 23 => Fault::Slow(node, 5 + dice.below(200)),
        24 => Fault::Clock(node, dice.below(300)),
        25..28 => bus(dice, slot),
        28 | 29 => Fault::Handle(slot),
        30 => Fault::Pull(slot),
        31..33 => Fault::Component(slot),
        33 => Fault::Hang(slot),
        34 => Fault::Refuse(slot),
        35..37 => Fault::Unsynced,
        37 => Fault::Defect(None),
        38 => Fault::Defect(Some(blade)),
        39 | 40 => Fault::Upgrade,
        41 => Fault::Downgrade(node),
        42 | 43 => Fault::Defect(Some(cmm)),
        44 => Fault::NoBus(cmm),
        _ => Fault::Error(slot, recovery(dice)),
    }
}

fn recovery(dice: &mut Dice) -> RecommendedRecovery {
    use RecommendedRecovery as R;
    match dice.below(16) {
        0 => R::ClusterReset,
        1 | 2 => R::ApplicationRestart,
        3 | 4 => R::NoRecommendation,
        5 | 6 => R::ComponentRestart,
        7 | 8 => R::ComponentFailover,
        9 | 10 => R::NodeSwitchover,
        11 | 12 => R::NodeFailover,
        _ => R::NodeFailfast,
    }
}

fn bus(dice: &mut Dice, slot: u8) -> Fault {
    let scope = match dice.below(3) {
        0 => Scope::All,
        _ => Scope::Controller(chassis::blade_address(slot)),
    };
    let share = 10 + u8::try_from(dice.below(60)).unwrap_or(0);
    let kind = match dice.below(9) {
        0 => FaultKind::Stuck(if dice.once_in(2) {
            IpmbBus::A
        } else {
            IpmbBus::B
        }),
        1 => FaultKind::Nak(share),
        2 => FaultKind::LostRequest(share),
        3 => FaultKind::LostResponse(share),
        4 => FaultKind::Repeated(share),
        5 => FaultKind::BadChecksum(share),
        6 => FaultKind::Slow(dice.millis(100, 3_000)),
        7 => FaultKind::Dead,
        _ => FaultKind::EventStorm(50),
    };
    Fault::Bus(kind, scope)
}

impl World {
    /// A fault of the plan strikes.
    pub(crate) fn strike(&mut self, number: usize) {
        let Planned { lasts, fault, .. } = self.plan[number].clone();
        self.trace(NodeId(0), || {
            format!("fault {number}: {fault:?} for {lasts:?}")
        });
        self.after(lasts, Happening::Over(number));
        match fault {
            Fault::Kill(id) => self.kill(id),
            Fault::PowerLoss(id) => self.switch_off(id),
            Fault::NoCmm { power } => CMMS.into_iter().for_each(|cmm| match power {
                true => self.switch_off(cmm),
                false => self.kill(cmm),
            }),
            Fault::Blackout => {
                let ids: Vec<NodeId> = self.nodes.keys().copied().collect();
                ids.into_iter().for_each(|id| self.switch_off(id));
            }
            Fault::Cut(bits) => self.cut(bits),
            Fault::NoRing(id) => self.lose_ring(id),
            Fault::Line(to) => self.move_line(to),
            Fault::Disk(id, trouble) => self.node(id).disk.suffer(trouble),
            Fault::Damage(id) => self.damage(id),
            Fault::Slow(id, times) => self.node(id).slowness = times,
            Fault::Clock(id, seconds) => {
                self.kill(id);
                self.node(id).ahead = seconds * 1_000_000_000;
            }
            Fault::NoBus(id) => self.cut_bus(id),
            Fault::Bus(kind, scope) => {
                let lasts = Some(lasts);
                let fault = chassis::Fault { kind, scope, lasts };
                self.operate(Operator::Inject(fault));
            }
            Fault::Handle(slot) => self.operate(Operator::OpenHandle(Place::Slot(slot))),
            Fault::Pull(slot) => self.operate(Operator::Pull(Place::Slot(slot))),
            Fault::Component(slot) => self.hurt(slot, Hurt::Kill),
            Fault::Hang(slot) => self.hurt(slot, Hurt::Hang),
            Fault::Refuse(slot) => self.hurt(slot, Hurt::Refuse),
            Fault::Error(slot, recovery) => self.hurt(slot, Hurt::Report(recovery)),
            Fault::Upgrade => self.upgrade(lasts),
            Fault::Downgrade(id) => self.downgrade(id),
            Fault::Unsynced => self.aims = true,
            Fault::Defect(whose) => self.defects.strike(whose),
        }
    }

    /// It is mended.
    pub(crate) fn over(&mut self, number: usize) {
        let fault = self.plan[number].fault.clone();
        self.trace(NodeId(0), || format!("fault {number} is over"));
        match fault {
            Fault::Kill(id) | Fault::Damage(id) | Fault::Clock(id, _) => {
                self.start_later(id, Duration::ZERO);
            }
            Fault::PowerLoss(id) => self.switch_on(id),
            Fault::NoCmm { .. } => CMMS.into_iter().for_each(|cmm| self.bring_up(cmm)),
            Fault::Unsynced => {
                self.aims = false;
                CMMS.into_iter().for_each(|cmm| self.bring_up(cmm));
            }
            Fault::Blackout => {
                let ids: Vec<NodeId> = self.nodes.keys().copied().collect();
                ids.into_iter().for_each(|id| self.bring_up(id));
            }
            Fault::Cut(_) => self.join(),
            Fault::NoBus(id) => self.mend_bus(id),
            Fault::NoRing(id) => self.find_ring(id),
            Fault::Disk(id, _) => self.node(id).disk.suffer(Trouble::None),
            Fault::Slow(id, _) => self.node(id).slowness = 1,
            Fault::Handle(slot) => self.operate(Operator::CloseHandle(Place::Slot(slot))),
            Fault::Pull(slot) => self.operate(Operator::Insert(Place::Slot(slot))),
            Fault::Line(_)
            | Fault::Bus(..)
            | Fault::Component(_)
            | Fault::Hang(_)
            | Fault::Refuse(_)
            | Fault::Error(..)
            | Fault::Upgrade
            | Fault::Downgrade(_)
            | Fault::Defect(_) => {}
        }
    }

    /// A node gets its power, unless the slot of a blade has none, and its daemon is started.
    pub(crate) fn bring_up(&mut self, id: NodeId) {
        let powered: Vec<NodeId> = self.hardware.powered().map(blade_node).collect();
        if CMMS.contains(&id) || powered.contains(&id) {
            self.switch_on(id);
            self.start_later(id, Duration::from_millis(200));
        }
    }

    fn cut(&mut self, bits: u8) {
        for (bit, (id, side)) in self.sides.iter_mut().enumerate() {
            if !self.without_ring.contains(id) {
                *side = bits >> bit & 1;
            }
        }
        self.heard_changed();
    }

    pub(crate) fn join(&mut self) {
        self.cut(0);
    }

    fn lose_ring(&mut self, id: NodeId) {
        if self.without_ring.insert(id) {
            self.sides.insert(id, 100 + u8::try_from(id.0).unwrap_or(0));
            self.net.disconnect(id);
            self.heard_changed();
            self.poll(id);
        }
    }

    pub(crate) fn find_ring(&mut self, id: NodeId) {
        if self.without_ring.remove(&id) {
            let node = &self.nodes[&id];
            let incarnation = node.incarnation;
            let member = node.running.as_ref().map(|_| group::Member {
                node: id,
                incarnation,
            });
            self.net.reconnect(id, member);
            self.sides.insert(id, 0);
            self.heard_changed();
            self.pump_all();
        }
    }

    /// A CMM loses its journal, unless the other one could not stand in for it: two disks that are
    /// lost at once are more than two CMMs can bear.
    fn damage(&mut self, id: NodeId) {
        let running = self.nodes[&id].running.as_ref();
        // The other one may be about to need its state.
        let is_needed = running.is_some_and(|it| it.member.stuck().is_some());
        self.kill(id);
        let other = CMMS.into_iter().find(|cmm| *cmm != id).unwrap_or(id);
        let stands_in = self.nodes[&other].running.as_ref().is_some_and(|it| {
            let is_primary = matches!(it.member.standing(), Standing::Primary { .. });
            is_primary && it.member.spoilt().is_none() && self.check.has_all(&it.chain)
        });
        let is_synced = !self.nodes[&other].disk.is_syncing();
        let own = self.nodes[&id].disk.ledger().position();
        let has_mine = self.nodes[&other].disk.ledger().position() >= own;
        if stands_in && is_synced && has_mine && !is_needed {
            self.set_aside(id);
        }
    }

    fn hurt(&mut self, slot: u8, hurt: Hurt) {
        let id = blade_node(slot);
        self.with_blade(id, |blade, around| {
            let Some(pid) = blade.processes.keys().next().copied() else {
                return;
            };
            match hurt {
                Hurt::Kill => blade.kill(pid, CommandEnd::Killed, around),
                Hurt::Report(recovery) => blade.report_error(pid, recovery, around),
                Hurt::Hang | Hurt::Refuse => {
                    if let Some(process) = blade.processes.get_mut(&pid) {
                        process.hangs |= matches!(hurt, Hurt::Hang);
                        process.refuses |= matches!(hurt, Hurt::Refuse);
                    }
                }
            }
        });
    }
}

#[derive(Clone, Copy)]
enum Hurt {
    Kill,
    Hang,
    Refuse,
    Report(RecommendedRecovery),
}
