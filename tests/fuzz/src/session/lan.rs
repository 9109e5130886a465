//! Our LAN server, with clients that know the password and others that do not.

mod attacker;
mod datagrams;
mod end;

use super::{Orders, STEPS_MAX, damage, pause, request, response, settle, snapshot};
use crate::choices::Choices;
use crate::codec::builders;
use crate::{Feedback, magnitude};
use datagrams::{proof, protected};
use ipmi::command::Command;
use ipmi::command::pef::PetAcknowledge;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{PortEvent, PortOrder, Target};
use machine::{Machine, Pos, Time};
use session::lan::{self, Lan, Secret};
use session::server::{self, Peer, SESSIONS_MAX, Server, Ticket};
use session::{CipherSuite, Effect, Input};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Most clients of a story.
const CLIENTS_MAX: usize = 12;
/// Most datagrams that are on their way; later ones are lost, as in a full queue.
const WIRE_MAX: usize = 256;
/// Most datagrams that an attacker remembers.
const HEARD_MAX: usize = 128;
/// Sessions, openings and questions with their messages, generously.
const SNAPSHOT_MAX: usize = 4 << 20;

struct Client {
    lan: Lan,
    peer: Peer,
    /// Whether its user and password are right.
    is_known: bool,
    /// Highest privilege level of its user.
    privilege: u8,
    orders: Orders,
}

/// Who knows a password.
#[derive(Clone, Copy)]
struct Sender {
    /// Highest privilege level of its user.
    privilege: u8,
    peer: Peer,
}

/// A datagram on its way.
#[derive(Clone)]
struct Datagram {
    to_server: bool,
    client: usize,
    bytes: Vec<u8>,
}

struct World {
    server: Server,
    sessions_max: usize,
    /// Our client does not know of channel keys: it cannot open a session with one.
    has_channel_key: bool,
    clients: Vec<Client>,
    now: Time,
    wire: VecDeque<Datagram>,
    /// What the attacker heard.
    heard: Vec<Datagram>,
    /// What clients with the right password sent: whatever else is a forgery.
    genuine: BTreeMap<Vec<u8>, Sender>,
    /// What was acted on.
    acted: BTreeSet<Vec<u8>>,
    asked: Vec<(Ticket, Request)>,
    seeds: u8,
}

pub(super) fn play(choices: &mut Choices<'_>, feedback: &mut Feedback) {
    let commands = builders();
    let mut world = World::new(choices);
    for _ in 0..STEPS_MAX {
        if choices.is_empty() {
            break;
        }
        world.step(choices, &commands);
        world.note(feedback);
    }
    world.end();
    world.note(feedback);
}

impl World {
    fn new(choices: &mut Choices<'_>) -> Self {
        let users = vec![
            server::User::new("admin", "secret", 4),
            server::User::new("operator", "operate", 3),
            server::User::new("reader", "look", 2),
        ];
        let sessions_max = choices.pick(&[1, 2, 8, SESSIONS_MAX]);
        let has_channel_key = choices.seldom(40);
        let kg = has_channel_key.then(|| Secret(b"channel key".to_vec()));
        let config = server::Config {
            allow_ipmi_1_5: choices.is(),
            sessions_max: sessions_max as u8,
            kg,
            ..server::Config::new(users)
        };
        let mut world = Self {
            server: Server::new(config).expect("a good configuration"),
            sessions_max,
            has_channel_key,
            clients: Vec::new(),
            now: Time(1_000_000_000),
            wire: VecDeque::new(),
            heard: Vec::new(),
            genuine: BTreeMap::new(),
            acted: BTreeSet::new(),
            asked: Vec::new(),
            seeds: 0,
        };
        world.server_gets(&server::Input::Seed([0x55; 32]), None);
        world
    }

    fn at(&self) -> Pos {
        Pos {
            index: 1,
            time: self.now,
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        match choices.below(16) {
            0 => self.join(choices),
            1..=4 => self.order(choices, commands),
            5..=8 => self.carry(choices),
            9 => self.wait(pause(choices)),
            10 | 11 => self.answer(choices),
            12 => self.replay(choices),
            13 => self.forge(choices, commands),
            14 => self.one_client(choices),
            _ => snapshot(&mut self.server, SNAPSHOT_MAX),
        }
    }

    /// One more client comes, and opens a session.
    fn join(&mut self, choices: &mut Choices<'_>) {
        const WHO: [(&str, &str, u8, bool); 6] = [
            ("admin", "secret", 4, true),
            ("admin", "secret", 4, true),
            ("operator", "operate", 3, true),
            ("reader", "look", 2, true),
            ("admin", "wrong", 4, false),
            ("nobody", "secret", 4, false),
        ];
        if self.clients.len() == CLIENTS_MAX {
            return;
        }
        let (user, password, privilege, is_known) = choices.pick(&WHO);
        let suites = match choices.below(4) {
            0 => vec![CipherSuite::Sha1],
            1 => vec![],
            _ => CipherSuite::PREFERRED.to_vec(),
        };
        self.add((user, password, privilege, is_known), suites);
        let client = self.clients.len() - 1;
        self.start(client);
        // Mostly over a wire that works: what comes later needs an open session.
        if !choices.seldom(80) {
            self.carry_all();
        }
    }

    fn add(
        &mut self,
        (user, password, privilege, is_known): (&str, &str, u8, bool),
        suites: Vec<CipherSuite>,
    ) {
        let lan = Lan::new(lan::Config {
            privilege,
            allow_ipmi_1_5: suites.is_empty(),
            suites,
            ..lan::Config::new(user, password)
        });
        self.clients.push(Client {
            lan: lan.expect("a good configuration"),
            peer: Peer(self.clients.len() as u64 + 1),
            is_known,
            privilege,
            orders: Orders::default(),
        });
    }

    fn start(&mut self, client: usize) {
        self.seeds = self.seeds.wrapping_add(1);
        let mut seed = [self.seeds; 32];
        seed[0] = client as u8;
        self.client_gets(client, &Input::Start { seed });
    }

    fn order(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        let Some(client) = self.some_client(choices) else {
            return;
        };
        for _ in 0..=choices.below(4) {
            let request = request(choices, commands);
            let target = match choices.below(3) {
                0 => Target::Ipmb(choices.byte() & 0xfe),
                _ => Target::ShelfManager,
            };
            self.give(client, target, request);
        }
    }

    fn give(&mut self, client: usize, target: Target, request: Request) -> u64 {
        let token = self.clients[client].orders.give();
        self.client_gets(
            client,
            &Input::Order(PortOrder {
                token,
                target,
                request,
            }),
        );
        token
    }

    fn some_client(&self, choices: &mut Choices<'_>) -> Option<usize> {
        (!self.clients.is_empty()).then(|| choices.below(self.clients.len()))
    }

    fn client_gets(&mut self, index: usize, input: &Input) {
        let at = self.at();
        let client = &mut self.clients[index];
        let mut effects = Vec::new();
        client.lan.apply(at, input, &mut effects);
        self.client_did(index, effects);
    }

    fn client_did(&mut self, index: usize, effects: Vec<Effect>) {
        let client = &mut self.clients[index];
        for effect in effects {
            match effect {
                Effect::Event(event) => {
                    assert!(
                        client.is_known || !matches!(event, PortEvent::Up),
                        "a session without the password"
                    );
                    client.orders.heard(&event);
                }
                Effect::Send(bytes) => {
                    if client.is_known {
                        let (privilege, peer) = (client.privilege, client.peer);
                        let sender = Sender { privilege, peer };
                        self.genuine.insert(protected(&bytes), sender);
                        self.genuine.insert(proof(&bytes), sender);
                    }
                    let datagram = Datagram {
                        to_server: true,
                        client: index,
                        bytes,
                    };
                    if self.heard.len() < HEARD_MAX {
                        self.heard.push(datagram.clone());
                    }
                    if self.wire.len() < WIRE_MAX {
                        self.wire.push_back(datagram);
                    }
                }
            }
        }
    }

    /// What the server makes of an input; `from` is the datagram, when it is one.
    fn server_gets(&mut self, input: &server::Input, from: Option<&[u8]>) {
        let mut effects = Vec::new();
        self.server.apply(self.at(), input, &mut effects);
        self.server_did(effects, from);
        assert!(
            self.server.sessions() <= self.sessions_max,
            "too many sessions"
        );
    }

    fn server_did(&mut self, effects: Vec<server::Effect>, from: Option<&[u8]>) {
        let proven = from.and_then(|bytes| self.genuine.get(&proof(bytes)));
        let proven = proven.map(|sender| sender.peer);
        let from = from.map(protected);
        // Of whoever knows the password, the level; of everybody else, none.
        let level = from.as_ref().map(|bytes| self.genuine.get(bytes));
        let level = level.map(|sender| sender.map(|sender| sender.privilege));
        let mut asks = 0;
        for effect in effects {
            match effect {
                server::Effect::Send { peer, bytes } => self.sent(peer, bytes),
                server::Effect::Ask {
                    ticket,
                    privilege,
                    request,
                    ..
                } => {
                    self.asked.push((ticket, request.clone()));
                    if PetAcknowledge::is(&request) && level == Some(None) {
                        // Source: IPMI v2.0 §30.8: who got a trap has no session.
                        continue;
                    }
                    asks += 1;
                    let has_session = self.server.sessions() > 0;
                    assert!(has_session, "a question without a session");
                    if let Some(level) = level {
                        let level = level.expect("only genuine datagrams ask");
                        assert!(privilege <= level, "asked at {privilege}, above {level}");
                    }
                }
                server::Effect::Opened { peer, .. } => {
                    // Whoever passes on what proves the password does not know it.
                    assert_eq!(Some(peer), proven, "a session without the password");
                }
                server::Effect::Closed { .. } => (),
            }
        }
        if let Some(bytes) = from.filter(|_| asks > 0) {
            assert!(self.acted.insert(bytes), "acted on a datagram twice");
        }
    }

    fn sent(&mut self, peer: Peer, bytes: Vec<u8>) {
        let mut clients = self.clients.iter();
        // Strangers are answered, but not here.
        if let Some(client) = clients.position(|client| client.peer == peer)
            && self.wire.len() < WIRE_MAX
        {
            self.wire.push_back(Datagram {
                to_server: false,
                client,
                bytes,
            });
        }
    }

    fn arrive(&mut self, datagram: &Datagram) {
        let bytes = datagram.bytes.clone();
        if datagram.to_server {
            let peer = self.clients[datagram.client].peer;
            let input = server::Input::Received { peer, bytes };
            self.server_gets(&input, Some(&datagram.bytes));
        } else {
            self.client_gets(datagram.client, &Input::Received(bytes));
        }
    }

    /// The wire carries some datagrams: in order or not, once, twice or never, as they were or not.
    fn carry(&mut self, choices: &mut Choices<'_>) {
        for _ in 0..=choices.below(8) {
            let reorders = choices.seldom(40);
            let at = if reorders {
                choices.below(self.wire.len().max(1))
            } else {
                0
            };
            let Some(mut datagram) = self.wire.remove(at) else {
                return;
            };
            if choices.seldom(30) {
                continue;
            }
            if choices.seldom(20) {
                damage(choices, &mut datagram.bytes);
            }
            if choices.seldom(20) {
                self.wire.push_back(datagram.clone());
            }
            self.arrive(&datagram);
        }
    }

    /// A good wire, and a server that answers everything.
    fn carry_all(&mut self) {
        // What is answered leads to more; but orders and keep-alives come to an end.
        for _ in 0..16 * WIRE_MAX {
            if let Some(datagram) = self.wire.pop_front() {
                self.arrive(&datagram);
            } else if let Some((ticket, _)) = self.asked.pop() {
                let response = Response {
                    code: CompletionCode::OK,
                    data: vec![1, 2, 3, 4],
                };
                self.server_gets(&server::Input::Answer { ticket, response }, None);
            } else {
                return;
            }
        }
        panic!("the wire does not become quiet");
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        let effects = settle(&mut self.server, self.now, &server::Input::Tick);
        self.server_did(effects, None);
        for client in 0..self.clients.len() {
            let effects = settle(&mut self.clients[client].lan, self.now, &Input::Tick);
            self.client_did(client, effects);
        }
    }

    fn answer(&mut self, choices: &mut Choices<'_>) {
        if self.asked.is_empty() {
            return;
        }
        let at = choices.below(self.asked.len());
        let (ticket, _) = self.asked.swap_remove(at);
        let response = response(choices);
        self.server_gets(&server::Input::Answer { ticket, response }, None);
    }

    fn one_client(&mut self, choices: &mut Choices<'_>) {
        let Some(client) = self.some_client(choices) else {
            return;
        };
        match choices.below(4) {
            0 => self.start(client),
            1 => self.client_gets(client, &Input::Stop),
            2 => self.client_gets(client, &Input::Lost("unplugged".into())),
            _ => snapshot(&mut self.clients[client].lan, SNAPSHOT_MAX),
        }
    }

    fn note(&self, feedback: &mut Feedback) {
        let counters = self.server.counters();
        let counted = |counter: u64| magnitude(counter as usize).min(3);
        feedback.note((
            "lan",
            magnitude(self.server.sessions()),
            counted(counters.malformed),
            counted(counters.bad_integrity),
            counted(counters.replayed),
            counted(counters.unmatched),
        ));
        feedback.note((
            "lan asked",
            magnitude(self.asked.len()),
            self.wire.len() == WIRE_MAX,
        ));
        for client in &self.clients {
            let orders = magnitude(client.orders.given as usize);
            let counters = client.lan.counters();
            let counters = (counted(counters.resent), counted(counters.replayed));
            feedback.note((
                "client",
                client.lan.is_open(),
                client.is_known,
                orders,
                counters,
            ));
        }
        if let Some((_, request)) = self.asked.last() {
            feedback.note(("asked", request.net_fn.0, request.command));
        }
    }
}
