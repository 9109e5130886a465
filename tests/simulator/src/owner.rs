//! What a member does as the owner of the hardware, and when it looks at its clock.

use crate::agenda::Happening;
use crate::jobs::is_of_job;
use crate::member::Running;
use crate::model;
use crate::world::{CMMS, Planted, World};
use appliance::{Command, Ownership};
use group::Standing;
use hpi_domain::Fixture;
use ipmi::port::{PortEvent, PortOrder};
use machine::{Machine, NodeId, Pos, Time};
use shelf::Observation;
use shelf::scan::{self, Scanner};
use std::time::Duration;

impl World {
    /// A CMM tells when the arbitration line has come to it, or has left it.
    pub(crate) fn tell_line(&mut self, id: NodeId) {
        let is_here = self.net.line() == id;
        let Some(running) = self.running(id).filter(|_| CMMS.contains(&id)) else {
            return;
        };
        let was_here = running.member.appliance().redundancy.line() == Some(id);
        let is_primary = matches!(running.member.standing(), Standing::Primary { .. });
        if is_primary && is_here != was_here {
            let holder = is_here.then_some(id);
            self.submit(id, &Command::Line { holder });
        }
    }

    /// A CMM comes to own the hardware, or lets go of it.
    pub(crate) fn own(&mut self, id: NodeId, owns: Ownership) {
        self.trace(id, || format!("hardware: {owns:?}"));
        let owns = match self.planted {
            Some(Planted::BothOwn) if CMMS.contains(&id) => Ownership::Owned,
            _ => owns,
        };
        self.check_owners();
        let link = self.hardware.link(id);
        let Some(running) = self.running(id) else {
            return;
        };
        let was_paused = std::mem::replace(&mut running.is_paused, owns == Ownership::Paused);
        let held = match owns {
            Ownership::Paused => return,
            Ownership::Owned | Ownership::Lost => std::mem::take(&mut running.held),
        };
        if owns == Ownership::Owned
            && was_paused
            && let Some(link) = link
        {
            return held
                .into_iter()
                .for_each(|order| self.send((id, link), order));
        }
        running.scanner = scanner();
        running.vitals.is_open = false;
        self.hardware.close(id);
        self.close_jobs(id);
        match owns {
            Ownership::Owned => self.take_over(id),
            Ownership::Paused | Ownership::Lost => self.serve_nobody(id),
        }
    }

    fn take_over(&mut self, id: NodeId) {
        let link = self.hardware.open(id);
        if self.reaches(id) {
            self.tell(id, link, PortEvent::Up);
        }
        let is_empty = |it: &mut Running| it.member.appliance().imm.objects().next().is_none();
        if self.running(id).is_some_and(is_empty) {
            let batch = model::batch();
            self.submit(id, &Command::Load { tag: 0, batch });
        }
        self.serve_all(id);
        let has_fixture =
            |it: &mut Running| it.member.appliance().hpi.fixture_kind() == Fixture::HpiFull;
        if !self.running(id).is_some_and(has_fixture) {
            self.submit(id, &Command::HpiFixture(Fixture::HpiFull));
        }
    }

    pub(crate) fn told(&mut self, (id, link): (NodeId, u64), event: PortEvent) {
        if self.hardware.link(id) == Some(link) {
            if let (PortEvent::Up | PortEvent::Down(_), Some(running)) = (&event, self.running(id))
            {
                running.vitals.is_open = event == PortEvent::Up;
            }
            self.scan(id, &scan::Input::Port(event));
            self.poll(id);
        }
    }

    pub(crate) fn scan(&mut self, id: NodeId, input: &scan::Input) {
        let at = Pos {
            index: 0,
            time: self.clock(id),
        };
        let link = self.hardware.link(id);
        let (Some(running), Some(link)) = (self.running(id), link) else {
            return;
        };
        let mut effects = Vec::new();
        running.scanner.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                scan::Effect::Port(order) => self.send((id, link), order),
                scan::Effect::Observe(Observation::OrderDone { order, result })
                    if is_of_job(order) =>
                {
                    self.job_answered(id, order, result);
                }
                scan::Effect::Observe(observation) => {
                    self.trace(id, || format!("observes {observation:?}"));
                    self.submit(id, &Command::Observed(observation));
                }
                scan::Effect::Reading { .. } => {}
            }
        }
    }

    fn send(&mut self, (id, link): (NodeId, u64), order: PortOrder) {
        if let Some(running) = self.running(id)
            && running.is_paused
        {
            running.held.push(order);
            return;
        }
        self.check_owner(id);
        let at = self.on_line((id, false));
        self.agenda.at(at, Happening::ToChassis(id, link, order));
    }

    pub(crate) fn timer(&mut self, id: NodeId, at: Time) {
        if self.armed(id).timer != Some(at) {
            return;
        }
        self.armed(id).timer = None;
        let clock = self.clock(id);
        let scans = |it: &mut Running| it.scanner.deadline().is_some_and(|by| by <= clock);
        if self.running(id).is_some_and(scans) {
            self.scan(id, &scan::Input::Tick);
        }
        let proposes = |it: &mut Running| it.ticker.proposes(&it.member, clock);
        if self.running(id).is_some_and(proposes) {
            self.submit(id, &Command::Tick);
        }
        self.look(id);
        let now = self.now;
        self.on_blade(id, |blade, around| {
            if blade.deadline().is_some_and(|by| by <= now) {
                blade.tick(around);
            }
        });
        self.poll(id);
    }

    /// Plans the member's next look at its clock.
    pub(crate) fn rearm(&mut self, id: NodeId) {
        let (now, clock) = (self.now, self.clock(id));
        let looks = self.next_look(id);
        let node = self.node(id);
        let mut next = node.blade.as_ref().and_then(|it| it.deadline());
        let mut by = |at: Option<Time>| next = next.into_iter().chain(at).min();
        if let Some(running) = &node.running {
            let ticks = running.ticker.deadline(&running.member);
            // Nobody is answered while the disk cannot be written.
            let desk = running.desk.deadline();
            let desk = desk.filter(|_| running.stalled.is_none());
            for at in [running.scanner.deadline(), ticks, looks, desk] {
                by(at.map(|at| now.after(at.since(clock))));
            }
            by(running.stalled);
        }
        let Some(next) = next else {
            return;
        };
        let at = next.max(Time(now.0 + 1));
        if node.armed.timer.is_none_or(|armed| at < armed) {
            node.armed.timer = Some(at);
            self.agenda.at(at, Happening::Timer(id, at));
        }
    }
}

/// Choice: looked at less often than by a daemon, so that time passes faster; every event is
/// pushed.
pub(crate) fn scanner() -> Scanner {
    Scanner::new(scan::Config {
        pushes_events: true,
        check_interval: Duration::from_secs(2),
        probe_interval: Duration::from_secs(5),
        sel_interval: Duration::from_secs(2),
        reading_interval: Duration::from_secs(60),
        ..scan::Config::default()
    })
}
