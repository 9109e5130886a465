//! Taking the hardware over, and letting go of it.

use crate::chassis::Link;
use crate::config::{Chassis, Engine, Line, Role};
use crate::core::Core;
use crate::events::Telling;
use crate::readings::Readings;
use ais::Dn;
use appliance::{Command, Ownership};
use corosync::{Holder, Look};
use group::Standing;
use ipmi::port::PortOrder;
use machine::NodeId;
use ports::address::{Keeper, Standing as Held};
use shelf::scan::{self, Scanner};
use std::collections::BTreeSet;
use std::time::Duration;
use web_api::Severity;

/// How this member comes to own the hardware, and holds it.
pub(crate) struct Tenure {
    /// What it is to the log.
    pub(crate) role: Role,
    /// Who orders the log.
    pub(crate) engine: Engine,
    /// The way onto the management bus.
    pub(crate) chassis: Chassis,
    /// Opened already, to find out whether it can be.
    pub(crate) opened: Option<Link>,
    /// What an earlier daemon left running was ended.
    pub(crate) has_swept: bool,
    /// AMF nodes whose agents run in this process.
    pub(crate) nodes: Vec<Dn>,
    /// The CMMs of the shelf.
    pub(crate) cmms: BTreeSet<NodeId>,
    /// Another CMM of the shelf.
    pub(crate) other_cmm: Option<NodeId>,
    /// Where the arbitration line is.
    pub(crate) wired: Line,
    /// Sees who holds it; `None` when there is none.
    pub(crate) line: Option<Look>,
    /// What the log was told of the line last, in this view.
    pub(crate) told_line: Option<bool>,
    /// Keeps the address at which clients find the shelf, where there is one.
    pub(crate) address: Option<Keeper>,
    /// It is not known for the moment whose the hardware is.
    pub(crate) is_paused: bool,
    /// What was to be sent to it meanwhile.
    pub(crate) held: Vec<PortOrder>,
    /// The model, for a log that has none: encoded, as it is hardly ever wanted.
    pub(crate) load: Vec<u8>,
    /// HPI's resources without hardware.
    pub(crate) fixture: hpi_domain::Fixture,
    /// The alerts of the configuration file.
    pub(crate) alerts: Vec<pef::Preset>,
}

impl Tenure {
    /// Who orders the log, as the configuration names it.
    pub(crate) fn engine_name(&self) -> &'static str {
        match self.engine {
            Engine::Local => "local",
            Engine::Corosync => "corosync",
        }
    }

    /// Resolves when the address that was given up is not here any more, or will not go.
    fn address_gone(&self) -> impl Future<Output = ()> + Send + 'static {
        let standing = self.address.as_ref().map(Keeper::standing);
        async move {
            let Some(mut standing) = standing else {
                return;
            };
            let is_over = |it: &Held| matches!(it, Held::Released | Held::NotReleased(_));
            // It ends with the keeper otherwise, which releases the address as well.
            let _ = standing.wait_for(is_over).await;
        }
    }
}

impl Core {
    /// The hardware is this member's from now on, or is not.
    pub(crate) fn own(&mut self, owns: Ownership) {
        let was_paused = std::mem::replace(&mut self.tenure.is_paused, owns == Ownership::Paused);
        match owns {
            Ownership::Paused => return,
            Ownership::Owned if was_paused => return self.resume(),
            Ownership::Owned => self.take_over(),
            Ownership::Lost => {
                self.link = self.link.closed();
                self.bridge.close_all();
            }
        }
        self.tenure.held.clear();
        // The address goes with the hardware.
        if let Some(address) = &self.tenure.address {
            address.own(owns == Ownership::Owned);
        }
        if owns == Ownership::Lost {
            self.hpi.leave(self.tenure.address_gone());
        }
        self.readings = Readings::default();
        self.scanner = scanner(&self.link);
        self.publisher.touch();
    }

    /// The state is another one: so is what HPI's users have done.
    pub(crate) fn hpi_forget(&mut self) {
        let clocks = self.clocks();
        let sessions = self.member.appliance().hpi.sessions();
        let is_gone = self.tenure.address_gone();
        self.hpi.forget((sessions, clocks), is_gone);
    }

    /// Nobody else owned the hardware meanwhile: what was to be sent is.
    fn resume(&mut self) {
        for order in std::mem::take(&mut self.tenure.held) {
            self.link.send(order);
        }
    }

    /// Sends to the hardware, or holds it back while it is not known whose that is.
    pub(crate) fn send(&mut self, order: PortOrder) {
        if self.tenure.is_paused {
            // The scanner has only so much under way.
            self.tenure.held.push(order);
        } else {
            self.link.send(order);
        }
    }

    fn take_over(&mut self) {
        let opened = self.tenure.opened.take();
        let opened = opened.map_or_else(
            || Link::open(&self.tenure.chassis).map(|(link, _)| link),
            Ok,
        );
        match opened {
            Ok(link) => self.link = link,
            Err(why) => {
                let telling = Telling::info("ipmi", "chassis", why).severe(Severity::Critical);
                self.tell(self.clock.now(), telling);
            }
        }
        let clocks = self.clocks();
        self.hpi
            .take_over(self.member.appliance().hpi.sessions(), clocks);
        for command in self.missing() {
            self.submit(&command);
        }
    }

    /// A view has begun: everybody tells what it is, and what runs with it.
    pub(crate) fn introduce(&mut self) {
        self.vitals.forget();
        let nodes = self.tenure.nodes.clone();
        let on = nodes.iter().filter(|node| self.agents.is_on(node));
        let appliance = self.member.appliance();
        let up: BTreeSet<Dn> = on
            .filter_map(|node| appliance.environment_of(node))
            .collect();
        if !nodes.is_empty() {
            self.submit(&Command::Hosts { nodes });
        }
        for ee in up {
            self.submit(&Command::EeUp { ee });
        }
        self.watch_line();
    }

    /// Tells the log when the arbitration line has come to this CMM, or has left it.
    pub(crate) fn watch_line(&mut self) {
        let Some(line) = &self.tenure.line else {
            return;
        };
        let me = self.member.me();
        let is_here = line.holder() == Some(Holder::Us);
        let is_primary = matches!(self.member.standing(), Standing::Primary { .. });
        if !is_primary || self.tenure.told_line == Some(is_here) {
            return;
        }
        // What this CMM sees for the first time in a view is no news if the log says so already.
        // Later it tells what has changed here, whatever others have told meanwhile.
        let is_first = self.tenure.told_line.replace(is_here).is_none();
        let is_known = (self.member.appliance().redundancy.line() == Some(me)) == is_here;
        if !(is_first && is_known) {
            let holder = is_here.then_some(me);
            self.submit(&Command::Line { holder });
        }
    }

    /// Moves the arbitration line, where this can be done from here.
    pub(crate) fn move_line(&mut self, to: NodeId) {
        if !self.member.owns() {
            return;
        }
        let line: corosync::Line = self.tenure.wired.clone().into();
        let moved = line.hand_to(to).map_err(|why| why.to_string());
        if let Err(why) = moved {
            let telling = Telling::info("shelfd", "arbitration line", why);
            self.tell(self.clock.now(), telling.severe(Severity::Major));
        }
    }

    /// Nobody hears this CMM any more: another one shall have the arbitration line, where it can be
    /// moved from here, and go on.
    pub(crate) fn let_line_go(&mut self) {
        let holds = self
            .tenure
            .line
            .as_ref()
            .is_some_and(|line| line.holder() == Some(Holder::Us));
        let Some(other) = self.tenure.other_cmm.filter(|_| holds) else {
            return;
        };
        let line: corosync::Line = self.tenure.wired.clone().into();
        if let Err(why) = line.hand_to(other) {
            tracing::warn!(%why, "the arbitration line stays");
        }
    }

    /// What the configuration says and the log does not have.
    fn missing(&self) -> Vec<Command> {
        let appliance = self.member.appliance();
        let mut missing = Vec::new();
        if appliance.imm.objects().next().is_none() {
            missing.extend(Command::decode(&self.tenure.load));
        }
        if appliance.hpi.fixture_kind() != self.tenure.fixture {
            missing.push(Command::HpiFixture(self.tenure.fixture));
        }
        let (guid, presets) = (self.guid, &self.tenure.alerts);
        if (appliance.pef.guid(), appliance.pef.presets()) != (guid, presets.as_slice()) {
            let presets = presets.clone();
            missing.push(Command::Pef(pef::Input::Preset { guid, presets }));
        }
        missing
    }
}

pub(crate) fn scanner(link: &Link) -> Scanner {
    Scanner::new(scan::Config {
        pushes_events: link.pushes_events(),
        sel_interval: sel_interval(link),
        ..scan::Config::default()
    })
}

/// How often the system event log is looked at.
///
/// Choice: where nothing is pushed it is the only way in which an event comes, so five times a
/// second; where events are pushed it only finds the few that were lost.
fn sel_interval(link: &Link) -> Duration {
    Duration::from_millis(if link.pushes_events() { 500 } else { 200 })
}
