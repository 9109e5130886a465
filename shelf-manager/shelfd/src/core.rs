//! The core: one task that owns the appliance, feeds it the log, and carries its effects out.
//!
//! Nothing here decides. Observations, reports and orders become log entries; entries become
//! effects; effects go to the scanner, the agents and the operators. Effects wait for their entry
//! to be stable, answers for it to be durable; those to who opens or closes a session of HPI need
//! only the former.

use crate::agents::{AgentEvent, Agents};
use crate::alerts::Alerts;
use crate::chassis::{Handles, Link};
use crate::clock::Clock;
use crate::config::{self, Role};
use crate::events::{Events, Telling};
use crate::failure::Failure;
use crate::hpi_server;
use crate::ipmi_server::{Bridge, is_bridged};
use crate::linger::Linger;
use crate::notify::{self, Notifier};
use crate::own::Tenure;
use crate::publish::Publisher;
use crate::readings::{Readings, SensorKey};
use crate::vitals::Vitals;
use ais::Dn;
use appliance::{Command, Member, Tag, Ticker, Unfit};
use console::Desk;
use engine::Engine;
use group::Standing;
use hpi_model::EventState;
use ipmi::command::sensor::SensorReading;
use ipmi::port::PortEvent;
use machine::log::StorageError;
use machine::{Machine, Pos};
use ports::{LanServer, Question};
use shelf::Observation;
use shelf::scan::{self, Scanner};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use web_api::{Outcome, RefusalCode, Severity};

/// How long to wait before a journal that failed is tried again.
const STORAGE_RETRY: Duration = Duration::from_secs(1);

/// Operators that may wait for an answer from the log.
const WAITING_MAX: usize = 256;

/// All that the core owns.
pub(crate) struct Core {
    pub(crate) member: Member,
    /// When this member proposes ticks: only an entry changes what is waited for, and looking for
    /// that takes longer than most turns.
    pub(crate) ticker: Ticker,
    pub(crate) engine: Box<dyn Engine + Send>,
    /// The engine has news.
    pub(crate) news: Arc<Notify>,
    pub(crate) scanner: Scanner,
    pub(crate) link: Link,
    pub(crate) handles: Option<Handles>,
    /// How this member holds the hardware.
    pub(crate) tenure: Tenure,
    /// How this CMM is.
    pub(crate) vitals: Vitals,
    pub(crate) agents: Agents,
    pub(crate) alerts: Alerts,
    pub(crate) agent_events: mpsc::Receiver<AgentEvent>,
    pub(crate) desk: Desk,
    /// Tools on the LAN; `None` when nobody listens there.
    pub(crate) tools: Option<LanServer>,
    pub(crate) bridge: Bridge,
    /// HPI's users.
    pub(crate) hpi: hpi_server::Desk,
    /// Of this installation, least significant byte first.
    pub(crate) guid: [u8; 16],
    pub(crate) clock: Clock,
    pub(crate) linger: Linger,
    /// Whoever must know that this daemon works.
    pub(crate) notifier: Notifier,
    pub(crate) events: Events,
    pub(crate) readings: Readings,
    pub(crate) publisher: Publisher,
    pub(crate) waiting: BTreeMap<Tag, oneshot::Sender<Outcome>>,
    pub(crate) tag_last: Tag,
    /// Entries cut short that people were told of.
    pub(crate) cut_short: u64,
    pub(crate) snapshot_at: u64,
    /// This program cannot go on with the log: it ends.
    pub(crate) unfit: Option<Unfit>,
    /// The journal cannot be written: nothing new is taken in until it can.
    pub(crate) stalled: Option<StorageError>,
}

impl Core {
    /// Runs until `stop` resolves, then leaves everything as it is for the next start.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        tokio::pin!(stop);
        let software = self.member.software();
        self.submit(&software);
        self.settle();
        // Before any agent reports: whose it is must be known.
        self.introduce();
        // Whoever runs a blade's daemon has started the blade already.
        if self.tenure.role == Role::Blade && self.unfit.is_none() {
            self.agents.start_all();
        }
        self.notifier.tell(notify::READY);
        while self.unfit.is_none() {
            self.notifier.works();
            let wake = self.sleep();
            let open = self.stalled.is_none();
            let heeds = !self.is_beginning();
            // What is due comes first.
            let is_awake = !wake.is_zero() && self.linger.is_awake(self.clock.now());
            tokio::select! {
                () = &mut stop => break,
                Some(event) = self.link.events.recv(), if open => self.port_event(event),
                Some(event) = self.agent_events.recv(), if open => self.agent_event(event),
                Some((order, outcome)) = self.desk.orders.recv(), if open && heeds => {
                    self.order(&order, outcome);
                }
                Some((query, reply)) = self.desk.queries.recv(), if heeds => {
                    let _ = reply.send(self.answer(&query));
                }
                Some(question) = next_question(&mut self.tools), if heeds => {
                    self.answering(|core| core.ask_all(question));
                }
                turn = self.hpi.next(), if heeds => self.answering(|core| core.hpi_turns(turn)),
                () = self.news.notified() => self.watch_line(),
                () = tokio::time::sleep(wake) => self.tick(),
                () = tokio::task::yield_now(), if is_awake => continue,
            }
            while let Some(refused) = self.link.take_refused() {
                self.scan(&scan::Input::Port(refused));
            }
            self.settle();
            self.serve_hpi();
        }
        self.notifier.tell(notify::STOPPING);
        if self.handles.is_some() {
            // The simulated shelf ends with this process, and so does all that runs on its blades.
            self.agents.power_off_all().await;
        } else {
            self.agents.shutdown().await;
        }
        if let Some(why) = self.unfit {
            return Err(why.into());
        }
        let kept = self.snapshot();
        kept.map_err(|why| format!("journal: {why:?}").into())
    }

    /// Whether the log has yet to begin, which takes a CMM without others as long as its disk needs
    /// to keep a promise: who asks meanwhile is better answered from the model than told that there
    /// is none. With others it may take until somebody comes, who has to be told for what.
    fn is_beginning(&self) -> bool {
        let is_forming = matches!(self.member.standing(), Standing::Forming);
        self.tenure.engine == config::Engine::Local && is_forming && self.stalled.is_none()
    }

    /// Answers a question, and keeps when that was.
    fn answering(&mut self, answer: impl FnOnce(&mut Self)) {
        let asked = self.clock.now();
        answer(self);
        self.linger.answered(asked, self.clock.now());
    }

    fn port_event(&mut self, event: PortEvent) {
        self.link.watch(&event);
        self.publisher.touch();
        self.scan(&scan::Input::Port(event));
    }

    fn sleep(&self) -> Duration {
        let notify = self.notifier.due();
        if self.stalled.is_some() {
            return STORAGE_RETRY.min(notify.unwrap_or(STORAGE_RETRY));
        }
        let deadlines = [
            self.ticker.deadline(&self.member),
            self.scanner.deadline(),
            self.bridge.deadline(),
            self.hpi.deadline(),
            self.vitals.deadline(),
        ];
        let next = deadlines.into_iter().flatten().min();
        let until = next.map(|time| self.clock.until(time));
        let publish = self.publisher.due();
        let waits = until.into_iter().chain(publish).chain(notify);
        waits.min().unwrap_or(Duration::from_secs(3_600))
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        if self.scanner.deadline().is_some_and(|by| by <= now) {
            self.scan(&scan::Input::Tick);
        }
        if self.ticker.proposes(&self.member, now) {
            self.submit(&Command::Tick);
        }
        self.check_vitals(now);
        self.refresh();
        self.publish();
    }

    /// Lets the scanner take something in and carries out what it wants.
    pub(crate) fn scan(&mut self, input: &scan::Input) {
        let at = Pos {
            index: 0,
            time: self.clock.now(),
        };
        let mut effects = Vec::new();
        self.scanner.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                scan::Effect::Port(order) => self.send(order),
                scan::Effect::Observe(Observation::OrderDone { order, result })
                    if is_bridged(order) =>
                {
                    self.bridged(order, result);
                }
                scan::Effect::Observe(observation) => {
                    if matches!(observation, Observation::PortDown { .. }) {
                        self.bridge.close_all();
                    }
                    if let Observation::Event { record, .. } = &observation {
                        self.readings.told(record, self.clock.now());
                    }
                    self.submit(&Command::Observed(observation));
                }
                scan::Effect::Reading {
                    address,
                    sensor,
                    reading,
                } => {
                    self.read((address, sensor), reading);
                }
            }
        }
    }

    /// Takes a reading. States that last, and that no event told of, are told the domain.
    fn read(&mut self, sensor: SensorKey, reading: Option<SensorReading>) {
        let lasting = reading
            .as_ref()
            .filter(|reading| reading.tells_states() && self.readings.is_lasting(sensor, reading));
        let states = lasting.map(|reading| EventState(reading.state_bits()));
        self.readings.take(sensor, reading, self.clock.now());
        self.publisher.touch();
        if let Some(states) =
            states.filter(|it| self.member.appliance().hpi.mistakes_states(sensor, *it))
        {
            let (address, sensor) = sensor;
            self.submit(&Command::HpiStates {
                address,
                sensor,
                states,
            });
        }
    }

    fn agent_event(&mut self, event: AgentEvent) {
        match event {
            AgentEvent::Started {
                node,
                boot,
                orders,
                control,
                is_new,
            } => {
                self.agents.started((&node, boot), orders, control);
                if is_new && self.agents.is_current(&node, boot) {
                    // A node that booted anew may be back before anybody has missed it.
                    self.environment_ended(&node, false);
                }
            }
            AgentEvent::Failed { node, why } => {
                self.agents.ended(&node);
                let telling = Telling::info("node", &node, why).severe(Severity::Major);
                self.tell(self.clock.now(), telling);
            }
            AgentEvent::Report { node, boot, report } => {
                if self.agents.is_current(&node, boot) {
                    self.report(node, report);
                }
            }
            AgentEvent::Ended { node, boot, end } => {
                let unasked = self.agents.is_current(&node, boot);
                self.agents.ended(&node);
                self.agent_ended(&node, end, unasked);
            }
        }
    }

    fn report(&mut self, node: Dn, report: ais::node::Report) {
        // An agent's first report is its audit: from then on its environment is up.
        let is_audit = matches!(report, ais::node::Report::Audit(_));
        self.submit(&Command::Node {
            node: node.clone(),
            report,
        });
        if is_audit {
            self.submit(&Command::NodeAgent { node: node.clone() });
            if let Some(ee) = self.member.appliance().environment_of(&node) {
                self.submit(&Command::EeUp { ee });
            }
        }
    }

    fn agent_ended(&mut self, node: &Dn, end: node::End, unasked: bool) {
        if end == node::End::Shutdown {
            return; // The daemon itself goes, or the agent begins anew: what runs there runs on.
        }
        self.environment_ended(node, !unasked);
    }

    fn environment_ended(&mut self, node: &Dn, ordered: bool) {
        if let Some(ee) = self.member.appliance().environment_of(node) {
            self.submit(&Command::EeDown { ee, ordered });
        }
    }

    /// Keeps a sender until the answer to `tag` is durable.
    pub(crate) fn wait_for(&mut self, outcome: oneshot::Sender<Outcome>) -> Option<Tag> {
        if !matches!(self.member.standing(), Standing::Primary { .. }) {
            let text = "no primary view: see shelfctl cluster status; nothing was changed";
            let _ = outcome.send(Outcome::refused(RefusalCode::TryAgain, text));
            return None;
        }
        if self.waiting.len() >= WAITING_MAX {
            let code = RefusalCode::TooMany;
            let _ = outcome.send(Outcome::refused(code, "too many operations are under way"));
            return None;
        }
        self.tag_last += 1;
        self.waiting.insert(self.tag_last, outcome);
        Some(self.tag_last)
    }
}

/// The next question of a tool; never, when nobody listens.
async fn next_question(tools: &mut Option<LanServer>) -> Option<Question> {
    match tools {
        Some(tools) => tools.asks.recv().await,
        None => std::future::pending().await,
    }
}
