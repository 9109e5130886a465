//! Two controllers on two buses that fail as buses do.

use super::{Orders, STEPS_MAX, damage, pause, request, response, settle, snapshot};
use crate::choices::Choices;
use crate::codec::builders;
use crate::{Feedback, magnitude};
use ipmi::ipmb::FRAME_LEN_MAX;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{IN_FLIGHT_MAX, PortOrder, Target};
use machine::{Machine, Pos, Time};
use session::ipmb::{Bus, Config, Effect, Fault, Input, Ipmb, SEQUENCE_EXPIRATION, WriteError};
use std::collections::VecDeque;
use std::time::Duration;

const SNAPSHOT_MAX: usize = 256 << 10;
const ADDRESSES: [u8; 2] = [0x20, 0x82];
/// Requests of others that are surely remembered.
const REMEMBERED: usize = 64;
/// So long nobody faults anything before both must be well.
const RECOVERY: Duration = Duration::from_secs(120);

struct End {
    ipmb: Ipmb,
    orders: Orders,
    /// What is being written, by bus.
    writing: [Option<Vec<u8>>; 2],
    questions: Vec<u64>,
    /// Frames of others that became questions lately, and when.
    asked: VecDeque<(Time, Vec<u8>)>,
}

struct World {
    ends: [End; 2],
    now: Time,
    /// What came by a bus once, for repetitions.
    seen: VecDeque<(usize, Bus, Vec<u8>)>,
}

pub(super) fn play(choices: &mut Choices<'_>, feedback: &mut Feedback) {
    let commands = builders();
    let ends = ADDRESSES.map(|address| End {
        ipmb: Ipmb::new(Config::new(address)),
        orders: Orders::default(),
        writing: [None, None],
        questions: Vec::new(),
        asked: VecDeque::new(),
    });
    let mut world = World {
        ends,
        now: Time(1_000_000_000),
        seen: VecDeque::new(),
    };
    world.open();
    for _ in 0..STEPS_MAX {
        if choices.is_empty() {
            break;
        }
        world.step(choices, &commands);
        world.note(feedback);
    }
    world.end();
}

fn index(bus: Bus) -> usize {
    match bus {
        Bus::A => 0,
        Bus::B => 1,
    }
}

impl End {
    /// A request that comes again is not acted on again.
    fn check_asked(&mut self, now: Time, frame: &[u8]) {
        let is_fresh = |at: &Time| now.since(*at) < SEQUENCE_EXPIRATION;
        self.asked.retain(|(at, _)| is_fresh(at));
        let is_new = self.asked.iter().all(|(_, asked)| asked != frame);
        assert!(is_new, "acted on a frame twice: {frame:02x?}");
        self.asked.push_back((now, frame.to_vec()));
        if self.asked.len() > REMEMBERED {
            self.asked.pop_front();
        }
    }
}

impl World {
    fn open(&mut self) {
        for end in 0..2 {
            for bus in Bus::BOTH {
                self.ends[end].writing[index(bus)] = None;
                self.gets(end, &Input::Opened(bus));
            }
        }
    }

    fn gets(&mut self, end: usize, input: &Input) {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = Vec::new();
        self.ends[end].ipmb.apply(at, input, &mut effects);
        let asks = |effect: &Effect| matches!(effect, Effect::Question { .. });
        if let Input::Received { frame, .. } = input
            && effects.iter().any(asks)
        {
            self.ends[end].check_asked(self.now, frame);
        }
        self.did(end, effects);
    }

    fn did(&mut self, end: usize, effects: Vec<Effect>) {
        let end = &mut self.ends[end];
        for effect in effects {
            if let Effect::Write { bus, frame } = effect {
                assert!(
                    frame.len() <= FRAME_LEN_MAX,
                    "a frame of {} bytes",
                    frame.len()
                );
                let writing = &mut end.writing[index(bus)];
                assert!(writing.is_none(), "two writes on one bus");
                *writing = Some(frame);
            } else if let Effect::Event(event) = effect {
                end.orders.heard(&event);
            } else if let Effect::Question { id, .. } = effect {
                end.questions.push(id);
            }
        }
        assert!(
            end.ipmb.in_flight() <= IN_FLIGHT_MAX,
            "too many on their way"
        );
    }

    fn step(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        let end = choices.below(2);
        let bus = choices.pick(&Bus::BOTH);
        match choices.below(14) {
            0..=3 => {
                for _ in 0..=choices.below(4) {
                    let request = request(choices, commands);
                    let own = ADDRESSES[1 - end];
                    let address = choices.pick(&[own, own, own, 0x84, ADDRESSES[end]]);
                    self.give(end, Target::Ipmb(address), request);
                }
            }
            4..=7 => self.carry((end, bus), choices),
            8 => self.reply(end, choices),
            9 => self.wait(pause(choices)),
            10 => self.repeat(choices),
            11 => {
                let mut frame = choices.some_bytes(48).to_vec();
                frame.insert(0, ADDRESSES[end]);
                self.gets(end, &Input::Received { bus, frame });
            }
            12 => self.plug(end, bus, choices),
            _ => snapshot(&mut self.ends[end].ipmb, SNAPSHOT_MAX),
        }
    }

    fn give(&mut self, end: usize, target: Target, request: Request) {
        let token = self.ends[end].orders.give();
        self.gets(
            end,
            &Input::Order(PortOrder {
                token,
                target,
                request,
            }),
        );
    }

    /// What is being written is written, or not.
    fn carry(&mut self, (end, bus): (usize, Bus), choices: &mut Choices<'_>) {
        let Some(frame) = self.ends[end].writing[index(bus)].take() else {
            // Nothing was written: a driver that reports it all the same does no harm.
            let result = Ok(());
            return self.gets(end, &Input::Sent { bus, result });
        };
        const ERRORS: [WriteError; 4] = [
            WriteError::Nak,
            WriteError::ArbitrationLost,
            WriteError::Bus(Fault::DataNotHigh),
            WriteError::Bus(Fault::Undiagnosed),
        ];
        if choices.seldom(60) {
            let error = choices.pick(&ERRORS);
            return self.gets(
                end,
                &Input::Sent {
                    bus,
                    result: Err(error),
                },
            );
        }
        let mut arrives = frame.clone();
        if choices.seldom(20) {
            damage(choices, &mut arrives);
        }
        self.carry_well((end, bus), &arrives);
    }

    fn carry_well(&mut self, (end, bus): (usize, Bus), frame: &[u8]) {
        let to = frame.first().copied().unwrap_or(0);
        let other = 1 - end;
        let result = match to == ADDRESSES[other] {
            true => Ok(()),
            false => Err(WriteError::Nak),
        };
        self.gets(end, &Input::Sent { bus, result });
        if result.is_ok() {
            let frame = frame.to_vec();
            self.seen.push_back((other, bus, frame.clone()));
            if self.seen.len() > 64 {
                self.seen.pop_front();
            }
            self.gets(other, &Input::Received { bus, frame });
        }
    }

    fn reply(&mut self, end: usize, choices: &mut Choices<'_>) {
        let questions = &mut self.ends[end].questions;
        if !questions.is_empty() {
            let id = questions.swap_remove(choices.below(questions.len()));
            let response = response(choices);
            self.gets(end, &Input::Answer { id, response });
        }
    }

    fn repeat(&mut self, choices: &mut Choices<'_>) {
        if self.seen.is_empty() {
            return;
        }
        let (end, bus, frame) = self.seen[choices.below(self.seen.len())].clone();
        let bus = if choices.is() { bus } else { bus.other() };
        self.gets(end, &Input::Received { bus, frame });
    }

    fn plug(&mut self, end: usize, bus: Bus, choices: &mut Choices<'_>) {
        // Who stops, forgets.
        self.ends[end].asked.clear();
        match choices.below(4) {
            0 => {
                self.ends[end].writing[index(bus)] = None;
                let why = "unplugged".into();
                self.gets(end, &Input::Lost { bus, why });
            }
            1 => {
                let isolated = choices.is();
                self.gets(end, &Input::Isolate { bus, isolated });
            }
            2 => {
                self.ends[end].writing[index(bus)] = None;
                self.gets(end, &Input::Opened(bus));
            }
            _ => self.gets(end, &Input::Stop),
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        for end in 0..2 {
            let effects = settle(&mut self.ends[end].ipmb, self.now, &Input::Tick);
            self.did(end, effects);
        }
    }

    fn note(&self, feedback: &mut Feedback) {
        for end in &self.ends {
            let counted = |counter: u64| magnitude(counter as usize).min(4);
            let counters = end.ipmb.counters();
            let health = end.ipmb.health();
            feedback.note(("health", health.a.status(), health.b.status()));
            feedback.note((
                "ipmb",
                magnitude(end.ipmb.in_flight()),
                magnitude(end.questions.len()).min(4),
                counted(counters.bad_integrity),
                counted(counters.unmatched),
                counted(counters.resent),
                end.ipmb.has_room(),
            ));
        }
    }

    /// Both buses work again, and everybody answers.
    fn end(&mut self) {
        for end in 0..2 {
            for bus in Bus::BOTH {
                let isolated = false;
                self.gets(end, &Input::Isolate { bus, isolated });
            }
        }
        self.open();
        self.work();
        for end in 0..2 {
            self.ends[end].orders.check();
            let request = Request {
                net_fn: NetFn::SENSOR_EVENT,
                lun: 0,
                command: 0x2d,
                data: vec![1],
            };
            self.give(end, Target::Ipmb(ADDRESSES[1 - end]), request);
        }
        self.work();
        for end in &mut self.ends {
            end.orders.check();
            assert_eq!(end.ipmb.in_flight(), 0);
            snapshot(&mut end.ipmb, SNAPSHOT_MAX);
        }
    }

    fn work(&mut self) {
        let until = self.now.after(RECOVERY);
        while self.now < until {
            self.carry_all();
            let deadlines = self.ends.iter().filter_map(|end| end.ipmb.deadline());
            let next = deadlines.min().unwrap_or(until).min(until);
            self.now = self.now.max(next);
            self.wait(Duration::ZERO);
            self.carry_all();
            if self.ends.iter().all(|end| end.ipmb.deadline().is_none()) {
                return;
            }
        }
    }

    fn carry_all(&mut self) {
        for _ in 0..10_000 {
            let mut is_quiet = true;
            for end in 0..2 {
                if let Some(id) = self.ends[end].questions.pop() {
                    is_quiet = false;
                    let response = Response {
                        code: CompletionCode::OK,
                        data: vec![1],
                    };
                    self.gets(end, &Input::Answer { id, response });
                }
                for bus in Bus::BOTH {
                    if let Some(frame) = self.ends[end].writing[index(bus)].take() {
                        is_quiet = false;
                        self.carry_well((end, bus), &frame);
                    }
                }
            }
            if is_quiet {
                return;
            }
        }
        panic!("the buses do not become quiet");
    }
}
