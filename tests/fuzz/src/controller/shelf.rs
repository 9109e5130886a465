//! The whole shelf.

use super::STEPS_MAX;
use crate::choices::Choices;
use crate::codec::builders;
use crate::session::{Orders, request, settle_within};
use crate::{Feedback, magnitude};
use chassis::{
    Chassis, Config, Effect, Fault, FaultKind, Feed, Input, IpmbBus, Operator, Place, Scope,
};
use ipmi::message::Request;
use ipmi::port::{PortEvent, PortOrder, Target};
use machine::{Machine, Pos, Time};
use std::collections::BTreeSet;
use std::time::Duration;

/// Addresses of two blades, a fan tray, a power module, both shelf management controllers, and of
/// nobody.
const ADDRESSES: [u8; 8] = [0x20, 0x82, 0x84, 0x5a, 0x62, 0x10, 0x12, 0xee];
/// Ticks that may be due at once: storms of events are made up for.
const TICKS_MAX: usize = 200;
/// After the last fault everything comes to its end within this.
const RECOVERY: Duration = Duration::from_secs(300);

struct World {
    chassis: Chassis,
    now: Time,
    orders: Orders,
    powered: BTreeSet<u8>,
}

pub(super) fn play(choices: &mut Choices<'_>, feedback: &mut Feedback) {
    let commands = builders();
    let config = Config {
        slots: 4,
        populated: vec![1, 2],
        is_cold: choices.is(),
        waits_for_power_level: choices.is(),
        collects_records: choices.is(),
        ..Config::default()
    };
    let mut world = World {
        chassis: Chassis::new(config),
        now: Time(1_000_000_000),
        orders: Orders::default(),
        powered: BTreeSet::new(),
    };
    world.gets(&Input::Tick, feedback);
    world.powered = world.chassis.powered_slots();
    for _ in 0..STEPS_MAX / 2 {
        if choices.is_empty() {
            break;
        }
        world.step(choices, &commands, feedback);
        world.check(feedback);
    }
    world.end(feedback);
}

impl World {
    fn gets(&mut self, input: &Input, feedback: &mut Feedback) {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = Vec::new();
        self.chassis.apply(at, input, &mut effects);
        let is_handled = matches!(effects.first(), Some(Effect::Handled(_)));
        let is_operator = matches!(input, Input::Operator(_));
        assert_eq!(is_handled, is_operator, "hands are told, and nobody else");
        self.did(&effects, feedback);
    }

    fn did(&mut self, effects: &[Effect], feedback: &mut Feedback) {
        for effect in effects {
            match effect {
                Effect::Event(event) => {
                    self.orders.heard(event);
                    match event {
                        PortEvent::Answer { result, .. } => {
                            let code = result.as_ref().map(|response| response.code.0);
                            feedback.note(("shelf answer", format!("{code:?}")));
                        }
                        PortEvent::Event(record) => {
                            feedback.note(("shelf event", record[7], record[10], record[13]));
                        }
                        PortEvent::Down(_) => self.orders.forget(),
                        PortEvent::Up => (),
                    }
                }
                Effect::Handled(result) => feedback.note(("handled", format!("{result:?}"))),
                Effect::Payload { slot, on: true } => {
                    assert!(self.powered.insert(*slot), "slot {slot} goes on twice");
                }
                Effect::Payload { slot, on: false } => drop(self.powered.remove(slot)),
            }
        }
    }

    fn step(
        &mut self,
        choices: &mut Choices<'_>,
        commands: &[fn(&[u8]) -> Request],
        feedback: &mut Feedback,
    ) {
        match choices.below(10) {
            0..=4 => {
                let address = choices.pick(&ADDRESSES);
                let target = match address {
                    0x20 => Target::ShelfManager,
                    address => Target::Ipmb(address),
                };
                let token = self.orders.give();
                let request = request(choices, commands);
                let order = PortOrder {
                    token,
                    target,
                    request,
                };
                self.gets(&Input::Order(order), feedback);
            }
            5..=7 => {
                let operator = operator(choices);
                self.gets(&Input::Operator(operator), feedback);
            }
            _ => {
                const PAUSES_MS: [u64; 7] = [1, 10, 100, 500, 2_000, 10_000, 70_000];
                self.wait(Duration::from_millis(choices.pick(&PAUSES_MS)), feedback);
            }
        }
    }

    /// Time goes by, from one deadline to the next.
    fn wait(&mut self, time: Duration, feedback: &mut Feedback) {
        let until = self.now.after(time);
        for _ in 0..2_000 {
            let Some(next) = self.chassis.deadline().filter(|next| *next < until) else {
                break;
            };
            self.now = self.now.max(next);
            let effects = settle_within(TICKS_MAX, &mut self.chassis, self.now, &Input::Tick);
            self.did(&effects, feedback);
        }
        self.now = until;
        let effects = settle_within(TICKS_MAX, &mut self.chassis, self.now, &Input::Tick);
        self.did(&effects, feedback);
    }

    fn check(&self, feedback: &mut Feedback) {
        assert_eq!(
            self.chassis.powered_slots(),
            self.powered,
            "payload power was not told"
        );
        let faults = self.chassis.faults();
        assert!(faults.len() <= chassis::FAULTS_MAX);
        feedback.note((
            "shelf",
            magnitude(faults.len()),
            self.chassis.active_cmm(),
            magnitude(self.powered.len()),
        ));
        for address in ADDRESSES {
            let controller = self.chassis.controller(address);
            let state = controller.map(|one| one.hot_swap_state().map(|state| state as u8));
            feedback.note(("at", address, state));
        }
    }

    fn end(&mut self, feedback: &mut Feedback) {
        self.gets(&Input::Operator(Operator::Repair(Scope::All)), feedback);
        self.wait(RECOVERY, feedback);
        self.orders.check();
        self.check(feedback);
    }
}

fn operator(choices: &mut Choices<'_>) -> Operator {
    let number = choices.below(4) as u8;
    let place = match choices.below(5) {
        0 | 1 => Place::Slot(number),
        2 => Place::FanTray(number),
        3 => Place::PowerModule(number),
        _ => Place::Cmm(number),
    };
    match choices.below(11) {
        0 => Operator::OpenHandle(place),
        1 => Operator::CloseHandle(place),
        2 => Operator::Pull(place),
        3 => Operator::Insert(place),
        4 => Operator::SetSensor {
            address: choices.pick(&ADDRESSES),
            number: choices.byte() & 7,
            raw: choices.byte(),
        },
        5 => Operator::ReleaseSensor {
            address: choices.pick(&ADDRESSES),
            number: choices.byte() & 7,
        },
        6 => Operator::SetFeed {
            module: number,
            feed: choices.pick(&[Feed::A, Feed::B]),
            volts: choices.pick(&[0, 20, 48, 63, 200]),
        },
        7 => Operator::SetInlet {
            celsius: choices.byte(),
        },
        8 => Operator::Arbitrate(number),
        9 => Operator::Inject(fault(choices)),
        _ => Operator::Repair(Scope::Controller(choices.pick(&ADDRESSES))),
    }
}

fn fault(choices: &mut Choices<'_>) -> Fault {
    let percent = choices.pick(&[1, 20, 50, 100, 200]);
    let kind = match choices.below(9) {
        0 => FaultKind::Stuck(choices.pick(&[IpmbBus::A, IpmbBus::B])),
        1 => FaultKind::Nak(percent),
        2 => FaultKind::LostRequest(percent),
        3 => FaultKind::LostResponse(percent),
        4 => FaultKind::Repeated(percent),
        5 => FaultKind::BadChecksum(percent),
        6 => FaultKind::Slow(Duration::from_millis(choices.word().into())),
        7 => FaultKind::Dead,
        _ => FaultKind::EventStorm(choices.pick(&[1, 10, 100, 2000])),
    };
    Fault {
        kind,
        scope: match choices.below(3) {
            0 => Scope::All,
            _ => Scope::Controller(choices.pick(&ADDRESSES)),
        },
        lasts: choices
            .is()
            .then(|| Duration::from_millis(choices.word().into())),
    }
}
