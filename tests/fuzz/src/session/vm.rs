//! The VM codec's host against a management controller that does what the story says.

use super::{Orders, STEPS_MAX, damage, pause, request, response, settle, snapshot};
use crate::choices::Choices;
use crate::codec::builders;
use crate::{Feedback, magnitude};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{PortOrder, Target};
use machine::{Machine, Pos, Time};
use session::vm::frame::{self, Deframer, Frame};
use session::vm::{Config, Vm};
use session::{Effect, Input};
use std::collections::VecDeque;
use std::time::Duration;

const SNAPSHOT_MAX: usize = 256 << 10;
/// Most requests that the controller remembers.
const ASKED_MAX: usize = 256;

struct World {
    vm: Vm,
    orders: Orders,
    now: Time,
    line: Deframer,
    asked: VecDeque<(u8, Request)>,
    /// What comes next, in pieces.
    coming: VecDeque<Vec<u8>>,
}

pub(super) fn play(choices: &mut Choices<'_>, feedback: &mut Feedback) {
    let commands = builders();
    let mut world = World {
        vm: Vm::new(Config::default()),
        orders: Orders::default(),
        now: Time(1_000_000_000),
        line: Deframer::default(),
        asked: VecDeque::new(),
        coming: VecDeque::new(),
    };
    world.vm_gets(&Input::Start { seed: [1; 32] });
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
    fn vm_gets(&mut self, input: &Input) {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = Vec::new();
        self.vm.apply(at, input, &mut effects);
        self.vm_did(effects);
    }

    fn vm_did(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Event(event) => self.orders.heard(&event),
                Effect::Send(bytes) => {
                    let frames: Vec<Frame> = bytes
                        .iter()
                        .filter_map(|byte| self.line.take(*byte))
                        .collect();
                    for found in frames {
                        let Frame::Message(message) = found else {
                            continue;
                        };
                        let asked = frame::read_request(&message);
                        let asked = asked.expect("the host sends whole requests");
                        if self.asked.len() < ASKED_MAX {
                            self.asked.push_back(asked);
                        }
                    }
                }
            }
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        match choices.below(12) {
            0 | 1 => self.order(choices, commands),
            2..=5 => self.answer(choices),
            6 => self.arrive(choices),
            7 => self.wait(pause(choices)),
            8 => {
                // Flags of all kinds, and events.
                let flags = [
                    frame::line::ATTENTION,
                    frame::line::ATTENTION_INTERRUPT,
                    0,
                    0x33,
                ];
                self.coming
                    .push_back(frame::command(&[choices.pick(&flags)]));
            }
            9 => self.coming.push_back(choices.some_bytes(40).to_vec()),
            10 => match choices.below(3) {
                0 => self.vm_gets(&Input::Stop),
                1 => self.vm_gets(&Input::Lost("unplugged".into())),
                _ => self.vm_gets(&Input::Start { seed: [2; 32] }),
            },
            _ => snapshot(&mut self.vm, SNAPSHOT_MAX),
        }
    }

    fn order(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        for _ in 0..=choices.below(6) {
            let target = match choices.below(2) {
                0 => Target::Ipmb(choices.byte() & 0xfe),
                _ => Target::ShelfManager,
            };
            let request = request(choices, commands);
            self.give(target, request);
        }
    }

    fn give(&mut self, target: Target, request: Request) {
        let token = self.orders.give();
        self.vm_gets(&Input::Order(PortOrder {
            token,
            target,
            request,
        }));
    }

    /// The controller answers something that it was asked, well or badly.
    fn answer(&mut self, choices: &mut Choices<'_>) {
        let at = if choices.seldom(40) {
            choices.below(self.asked.len().max(1))
        } else {
            0
        };
        let Some((mut sequence, mut request)) = self.asked.remove(at) else {
            return;
        };
        if choices.seldom(10) {
            sequence = choices.byte();
        }
        if choices.seldom(10) {
            request.command = choices.byte();
        }
        let answer = response(choices);
        self.coming
            .push_back(frame::response(sequence, &request, &answer));
        self.arrive(choices);
    }

    fn arrive(&mut self, choices: &mut Choices<'_>) {
        let Some(mut bytes) = self.coming.pop_front() else {
            return;
        };
        if choices.seldom(10) {
            damage(choices, &mut bytes);
        }
        self.vm_gets(&Input::Received(bytes));
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        let effects = settle(&mut self.vm, self.now, &Input::Tick);
        self.vm_did(effects);
    }

    fn note(&self, feedback: &mut Feedback) {
        let counted = |counter: u64| magnitude(counter as usize).min(4);
        let counters = self.vm.counters();
        feedback.note((
            "vm",
            self.vm.is_open(),
            self.vm.has_room(),
            counted(counters.malformed),
            counted(counters.unmatched),
            counted(counters.resent),
            magnitude(self.asked.len()),
        ));
        if let Some((_, request)) = self.asked.back() {
            feedback.note((
                "vm asked",
                self.vm.is_open(),
                request.net_fn.0,
                request.command,
            ));
        }
    }

    /// A controller that knows nothing but answers at once keeps the host busy, not broken.
    fn end(&mut self) {
        self.vm_gets(&Input::Lost("the story ends".into()));
        self.orders.check();
        self.asked.clear();
        self.vm_gets(&Input::Start { seed: [3; 32] });
        // What was on the line before is over with the next whole frame.
        let noise = frame::command(&[frame::line::NO_ATTENTION]);
        self.vm_gets(&Input::Received(noise));
        self.answer_all();
        assert!(self.vm.is_open(), "a host that does not come up");
        let request = Request {
            net_fn: NetFn::SENSOR_EVENT,
            lun: 0,
            command: 0x2d,
            data: vec![1],
        };
        self.give(Target::ShelfManager, request);
        self.answer_all();
        assert!(self.orders.is_done(), "nobody is answered any more");
        snapshot(&mut self.vm, SNAPSHOT_MAX);
    }

    fn answer_all(&mut self) {
        for _ in 0..64 {
            let Some((sequence, request)) = self.asked.pop_front() else {
                return;
            };
            let code = match request.command {
                // Nothing in the queues.
                0x33 | 0x35 => CompletionCode(0x80),
                _ => CompletionCode::OK,
            };
            let answer = Response {
                code,
                data: vec![0; 4],
            };
            let bytes = frame::response(sequence, &request, &answer);
            self.vm_gets(&Input::Received(bytes));
        }
        panic!("the host asks without end");
    }
}
