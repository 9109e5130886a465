//! Questions of tools: answered from the live state, or handed to the scanner and back.

use super::waiting::{Next, Then, Waiting, gather};
use super::{Memory, Network, Outcome, SHELF_MANAGER, View, answer, messages};
use crate::core::Core;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use machine::Time;
use ports::{Question, Reply};
use shelf::scan;
use shelf::{Action, Order, OrderResult};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Order ids from here on are ours: the shelf counts its own from 1.
///
/// Choice: what a tool asks a controller does not go through the log. The log holds what changes
/// the state of the shelf, and these requests do not: what they cause at a controller comes back as
/// an event, which is logged. Hundreds of readings a second would cost each CMM writes for nothing.
/// They still go through the scanner, which alone knows what is under way on the bus, with ids that
/// the shelf never gives; the outcome is taken out before it would become a log entry.
pub(super) const BRIDGED_FIRST: u64 = 1 << 63;

/// How long a controller is left alone after a change of its inventory before it is read anew.
/// Choice: tools write in small pieces, and reading costs hundreds of messages.
const SETTLE: Duration = Duration::from_secs(2);

/// Most questions that are answered in one turn. Choice: so few that nobody else waits for long.
const TURN_MAX: usize = 32;

/// Whether an order is a question of a tool.
pub(crate) fn is_bridged(order: u64) -> bool {
    order >= BRIDGED_FIRST
}

/// What tools wait for, and what they may rely on between two questions.
#[derive(Debug, Default)]
pub(crate) struct Bridge {
    waiting: Waiting,
    memory: Memory,
    /// Controllers whose inventory was changed, and when to read them anew. At most one for each
    /// address.
    stale: BTreeMap<u8, Time>,
    guid: [u8; 16],
    network: Network,
    started: Time,
}

impl Bridge {
    pub(crate) fn new(guid: [u8; 16], network: Network, started: Time) -> Self {
        Self {
            guid,
            network,
            started,
            ..Self::default()
        }
    }

    /// When a controller is to be read anew.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.stale.values().min().copied()
    }

    /// The port is closed, and with it all that was under way.
    pub(crate) fn close_all(&mut self) {
        self.waiting.close_all();
    }
}

impl Core {
    /// Answers a question, and those behind it that came meanwhile: what has to be looked at after
    /// each turn is looked at once for all of them.
    pub(crate) fn ask_all(&mut self, first: Question) {
        self.ask(first);
        for _ in 1..TURN_MAX {
            let tools = self.tools.as_mut();
            let Some(question) = tools.and_then(|tools| tools.asks.try_recv().ok()) else {
                return;
            };
            self.ask(question);
        }
    }

    /// Answers a question of a tool, now or when a controller has.
    fn ask(&mut self, question: Question) {
        let Question {
            target,
            request,
            reply,
            ..
        } = question;
        self.ask_ourselves((target, request), reply);
    }

    /// Answers a question as if a tool had asked it.
    pub(crate) fn ask_ourselves(&mut self, (target, request): (Target, Request), reply: Reply) {
        let view = View {
            appliance: self.member.appliance(),
            readings: &self.readings,
            now: self.clock.now(),
            guid: self.bridge.guid,
            started: self.bridge.started,
            network: self.bridge.network,
        };
        match answer(view, &mut self.bridge.memory, (target, &request)) {
            Outcome::Answer(response) => tell(reply, response),
            Outcome::Ask(target, request) => {
                self.hand_on((target, request), Then::Tell(reply));
            }
            Outcome::Change(target, request) => {
                self.hand_on((target, request), Then::Changed(address(target), reply));
            }
            Outcome::Instead(request, response) => {
                let rest = VecDeque::new();
                let then = Then::Order(rest, response, reply);
                self.hand_on((Target::ShelfManager, request), then);
            }
            Outcome::Order(requests, response) => self.order_all(requests, response, reply),
            Outcome::Send(route, request) => {
                let then = Then::Keep(route, request.clone());
                let sent = self.hand_on((messages::target(route), request), then);
                tell(reply, bare(sent));
            }
            Outcome::Gather(gathering) => self.go_on(gather(gathering, reply)),
            Outcome::Log(command, response) => {
                let logged = self.try_submit(&command);
                // Whoever was answered and asks again finds the change made.
                self.settle();
                let busy = |_| bare(CompletionCode::NODE_BUSY);
                tell(reply, logged.map_or_else(busy, |()| response));
            }
        }
    }

    /// The hardware at 20h does these; its description is out of date then.
    fn order_all(&mut self, requests: Vec<Request>, response: Response, reply: Reply) {
        let mut rest = VecDeque::from(requests);
        match rest.pop_front() {
            Some(first) => {
                self.grow_stale(SHELF_MANAGER);
                self.hand_on(
                    (Target::ShelfManager, first),
                    Then::Order(rest, response, reply),
                );
            }
            None => tell(reply, response),
        }
    }

    /// Asks a controller for somebody else: an answer comes in any case.
    pub(crate) fn ask_hardware(&mut self, (target, request): (Target, Request), reply: Reply) {
        self.hand_on((target, request), Then::Tell(reply));
    }

    /// Asks a controller; the completion code says whether it is asked.
    fn hand_on(&mut self, (target, request): (Target, Request), then: Then) -> CompletionCode {
        match self.bridge.waiting.open(then) {
            Some(id) => {
                self.readings
                    .asked(address(target), &request, self.clock.now());
                let action = Action::Raw { target, request };
                self.scan(&scan::Input::Order(Order::new(id, action)));
                CompletionCode::OK
            }
            None => CompletionCode::NODE_BUSY,
        }
    }

    /// Hands an answer of a controller to whoever waits for it.
    pub(crate) fn bridged(&mut self, order: u64, result: OrderResult) {
        let next = self.bridge.waiting.close(order, result);
        self.go_on(next);
    }

    fn go_on(&mut self, next: Next) {
        match next {
            Next::Nothing => {}
            Next::Stale(address) => self.grow_stale(address),
            Next::Ask(target, request, then) => {
                self.hand_on((target, request), then);
            }
            Next::Gathered(gathering, reply) => {
                tell(reply, self.bridge.memory.power.told(&gathering));
            }
            Next::Keep(route, request, response) => {
                self.bridge
                    .memory
                    .messages
                    .keep((route, &request), &response);
            }
        }
    }

    fn grow_stale(&mut self, address: u8) {
        let by = self.clock.now().after(SETTLE);
        self.bridge.stale.insert(address, by);
    }

    /// Has the controllers read anew whose inventory was changed.
    pub(crate) fn refresh(&mut self) {
        let now = self.clock.now();
        let due: Vec<u8> = self
            .bridge
            .stale
            .iter()
            .filter(|(_, by)| **by <= now)
            .map(|(address, _)| *address)
            .collect();
        for address in due {
            self.bridge.stale.remove(&address);
            let id = self.bridge.waiting.id();
            let action = Action::Rescan(address);
            self.scan(&scan::Input::Order(Order::new(id, action)));
        }
    }
}

fn address(target: Target) -> u8 {
    match target {
        Target::ShelfManager => SHELF_MANAGER,
        Target::Ipmb(address) => address,
    }
}

/// A tool that does not wait any more does not need the answer.
pub(super) fn tell(reply: Reply, response: Response) {
    let _ = reply.send(response);
}

pub(super) fn bare(code: CompletionCode) -> Response {
    let data = Vec::new();
    Response { code, data }
}
