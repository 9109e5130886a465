//! A serial line with noise on it, and both ends.

use super::{Orders, STEPS_MAX, damage, pause, request, response, settle, snapshot};
use crate::choices::Choices;
use crate::codec::builders;
use crate::{Feedback, magnitude};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{PortOrder, Target};
use machine::{Machine, Pos, Time};
use session::lan::Secret;
use session::serial::terminal::Settings;
use session::serial::{Bridging, Config, Login, Mode, Serial, server};
use session::server::{Ticket, User};
use session::{Effect, Input};
use std::collections::VecDeque;
use std::time::Duration;

const SNAPSHOT_MAX: usize = 256 << 10;
/// Most pieces on the line in each direction.
const LINE_MAX: usize = 128;
const QUIET: Duration = Duration::from_secs(700);

struct World {
    console: Serial,
    managed: server::Server,
    orders: Orders,
    now: Time,
    /// Pieces for the managed end, and for the console.
    line: [VecDeque<Vec<u8>>; 2],
    asked: Vec<Ticket>,
    /// Whether the console may open a session.
    is_known: bool,
    seeds: u8,
}

pub(super) fn play(choices: &mut Choices<'_>, feedback: &mut Feedback) {
    let commands = builders();
    let mut world = World::new(choices);
    world.console_gets(&Input::Start { seed: [1; 32] });
    for _ in 0..STEPS_MAX {
        if choices.is_empty() {
            break;
        }
        world.step(choices, &commands);
        world.note(feedback);
    }
    world.end();
}

impl World {
    fn new(choices: &mut Choices<'_>) -> Self {
        let mode = choices.pick(&[Mode::Basic, Mode::Terminal]);
        let users = vec![
            User::new("admin", "secret", 4),
            User::new("reader", "look", 2),
        ];
        let access = match choices.is() {
            true => server::Access::Login(users),
            false => server::Access::Open { privilege: 4 },
        };
        let needs_login = matches!(access, server::Access::Login(_));
        let mut config = server::Config::new(mode, access);
        config.handshake = choices.is();
        config.terminal = match choices.is() {
            true => Settings::quiet(),
            false => Settings::default(),
        };
        let is_known = !choices.seldom(64);
        let password: &[u8] = if is_known { b"secret" } else { b"wrong" };
        let login = needs_login.then(|| Login {
            user: "admin".into(),
            password: Secret(password.to_vec()),
            privilege: 4,
        });
        let console = Serial::new(Config {
            login,
            bridging: choices.pick(&[Bridging::Tracked, Bridging::Queued]),
            ..Config::new(mode)
        });
        let mut world = Self {
            console: console.expect("a good configuration"),
            managed: server::Server::new(config).expect("a good configuration"),
            orders: Orders::default(),
            now: Time(1_000_000_000),
            line: Default::default(),
            asked: Vec::new(),
            is_known: is_known || !needs_login,
            seeds: 1,
        };
        world.managed_gets(&server::Input::Seed([9; 32]));
        world
    }

    fn at(&self) -> Pos {
        Pos {
            index: 1,
            time: self.now,
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        match choices.below(12) {
            0..=3 => self.order(choices, commands),
            4..=6 => self.carry(choices),
            7 => self.wait(pause(choices)),
            8 => {
                if !self.asked.is_empty() {
                    let ticket = self.asked.swap_remove(choices.below(self.asked.len()));
                    let response = response(choices);
                    self.managed_gets(&server::Input::Answer { ticket, response });
                }
            }
            9 => {
                // Noise, or somebody who types.
                let bytes = choices.some_bytes(60).to_vec();
                self.line[choices.below(2)].push_back(bytes);
            }
            10 => self.one_end(choices),
            _ => {
                snapshot(&mut self.console, SNAPSHOT_MAX);
                snapshot(&mut self.managed, SNAPSHOT_MAX);
            }
        }
    }

    fn one_end(&mut self, choices: &mut Choices<'_>) {
        match choices.below(4) {
            0 => self.managed_gets(&server::Input::HungUp),
            1 => self.console_gets(&Input::Stop),
            2 => self.console_gets(&Input::Lost("unplugged".into())),
            _ => self.start(),
        }
    }

    fn start(&mut self) {
        self.seeds = self.seeds.wrapping_add(1);
        let seed = [self.seeds; 32];
        self.console_gets(&Input::Start { seed });
    }

    fn order(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        for _ in 0..=choices.below(4) {
            let request = request(choices, commands);
            let target = match choices.below(3) {
                0 => Target::Ipmb(choices.byte() & 0xfe),
                _ => Target::ShelfManager,
            };
            self.give(target, request);
        }
    }

    fn give(&mut self, target: Target, request: Request) {
        let token = self.orders.give();
        self.console_gets(&Input::Order(PortOrder {
            token,
            target,
            request,
        }));
    }

    fn console_gets(&mut self, input: &Input) {
        let mut effects = Vec::new();
        self.console.apply(self.at(), input, &mut effects);
        self.console_did(effects);
    }

    fn console_did(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(bytes) => self.put(0, bytes),
                Effect::Event(event) => self.orders.heard(&event),
            }
        }
    }

    fn managed_gets(&mut self, input: &server::Input) {
        let mut effects = Vec::new();
        self.managed.apply(self.at(), input, &mut effects);
        self.managed_did(effects);
    }

    fn managed_did(&mut self, effects: Vec<server::Effect>) {
        for effect in effects {
            match effect {
                server::Effect::Send(bytes) => self.put(1, bytes),
                server::Effect::Ask { ticket, .. } => {
                    assert!(self.is_known, "asked by who does not know the password");
                    self.asked.push(ticket);
                    assert!(self.asked.len() <= 4096, "questions without end");
                }
                server::Effect::Opened { .. } => {
                    assert!(
                        self.is_known,
                        "a session for who does not know the password"
                    );
                }
                server::Effect::Closed => (),
            }
        }
    }

    fn put(&mut self, way: usize, bytes: Vec<u8>) {
        if self.line[way].len() < LINE_MAX {
            self.line[way].push_back(bytes);
        }
    }

    fn arrive(&mut self, way: usize, bytes: Vec<u8>) {
        if way == 0 {
            self.managed_gets(&server::Input::Received(bytes));
        } else {
            self.console_gets(&Input::Received(bytes));
        }
    }

    fn carry(&mut self, choices: &mut Choices<'_>) {
        for _ in 0..=choices.below(8) {
            let way = choices.below(2);
            let Some(mut bytes) = self.line[way].pop_front() else {
                continue;
            };
            if choices.seldom(20) {
                continue;
            }
            if choices.seldom(20) {
                damage(choices, &mut bytes);
            }
            if choices.seldom(40) {
                // The line knows no pieces: the rest comes later.
                let rest = bytes.split_off(choices.below(bytes.len() + 1));
                self.line[way].push_front(rest);
            }
            self.arrive(way, bytes);
        }
    }

    /// A good line, and a manager who answers everything.
    fn carry_all(&mut self) {
        for _ in 0..16 * LINE_MAX {
            let pieces = [0, 1].map(|way| self.line[way].pop_front());
            if let Some(ticket) = self.asked.pop() {
                let response = Response {
                    code: CompletionCode::OK,
                    data: vec![1, 2, 3],
                };
                self.managed_gets(&server::Input::Answer { ticket, response });
            } else if pieces == [None, None] {
                return;
            }
            for (way, piece) in pieces.into_iter().enumerate() {
                if let Some(bytes) = piece {
                    self.arrive(way, bytes);
                }
            }
        }
        panic!("the line does not become quiet");
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        let effects = settle(&mut self.managed, self.now, &server::Input::Tick);
        self.managed_did(effects);
        let effects = settle(&mut self.console, self.now, &Input::Tick);
        self.console_did(effects);
    }

    fn note(&self, feedback: &mut Feedback) {
        let counted = |counter: u64| magnitude(counter as usize).min(3);
        let console = self.console.counters();
        let managed = self.managed.counters();
        feedback.note((
            "serial",
            self.console.is_open(),
            self.managed.has_session(),
            (
                counted(console.malformed),
                counted(console.unmatched),
                counted(console.resent),
            ),
            counted(managed.malformed),
            magnitude(self.asked.len()),
        ));
    }

    fn end(&mut self) {
        self.console_gets(&Input::Lost("the story ends".into()));
        self.orders.check();
        self.line = Default::default();
        self.asked.clear();
        self.managed_gets(&server::Input::HungUp);
        self.wait(QUIET);
        self.line = Default::default();
        snapshot(&mut self.console, SNAPSHOT_MAX);
        snapshot(&mut self.managed, SNAPSHOT_MAX);
        if !self.is_known {
            return;
        }
        self.start();
        for _ in 0..200 {
            if self.console.is_open() {
                break;
            }
            self.carry_all();
            self.wait(Duration::from_millis(500));
        }
        assert!(self.console.is_open(), "nobody can open a session any more");
        let request = Request {
            net_fn: NetFn::SENSOR_EVENT,
            lun: 0,
            command: 0x2d,
            data: vec![1],
        };
        self.give(Target::ShelfManager, request);
        for _ in 0..40 {
            self.carry_all();
            self.wait(Duration::from_millis(500));
        }
        assert!(self.orders.is_done(), "nobody is answered any more");
        assert!(self.console.is_open(), "a good line is not kept");
    }
}
