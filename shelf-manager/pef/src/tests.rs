//! Scenarios: what platform event filtering is told, and what it says in reply.

mod alerts;
mod filters;
mod parameters;
mod presets;
mod random;
mod waiting;

use crate::{Effect, Input, Pef, Refusal, Seen, System};
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::pef::{
    AlertPolicy, DestinationAddress, EventDataMatch, EventDataMatches, EventFilter,
    LanAlertParameter, Parameter, PetAcknowledge,
};
use ipmi::pet::Pet;
use ipmi::sdr::Entity;
use ipmi::sel::Event;
use machine::{Machine, Pos, Time};

/// 2000-01-01, seconds since 1970.
const TIME_S: u32 = 946_684_800;

/// A machine, and what it said since it was asked last.
pub(super) struct Run {
    pub(super) pef: Pef,
    pos: Pos,
    effects: Vec<Effect>,
}

impl Run {
    pub(super) fn new() -> Self {
        Self {
            pef: Pef::new(),
            pos: Pos::default(),
            effects: Vec::new(),
        }
    }

    /// Filter 1 lets everything through to policy 1, which has `policies`: number and policy,
    /// channel and destination.
    pub(super) fn with_policies(policies: &[(u8, u8)]) -> Self {
        let mut run = Self::new();
        run.set(filter(1, everything()));
        for (entry, (number, destination)) in (1..).zip(policies) {
            run.set(policy(entry, *number, *destination));
        }
        run
    }

    /// The same with one policy that always sends to destination 1, which is 192.0.2.1.
    pub(super) fn with_one() -> Self {
        let mut run = Self::with_policies(&[(0x18, 0x11)]);
        run.destination(1, 0, 0);
        run
    }

    /// Destination `n` is 192.0.2.n, with a second between repetitions.
    pub(super) fn destination(&mut self, n: u8, kind: u8, retries: u8) {
        self.tell(Input::SetLan(LanAlertParameter::Type {
            destination: n,
            kind,
            timeout: 0,
            retries,
        }));
        self.tell(Input::SetLan(LanAlertParameter::Address {
            destination: n,
            address: DestinationAddress::V4 {
                gateway: 0,
                ip: [192, 0, 2, n],
                mac: [0; 6],
            },
        }));
    }

    pub(super) fn set(&mut self, parameter: Parameter) {
        let input = Input::Set(parameter);
        assert_eq!(self.pef.admit(&input), Ok(()), "{input:?}");
        self.tell(input);
    }

    pub(super) fn refused(&self, parameter: Parameter) -> Option<Refusal> {
        self.pef.admit(&Input::Set(parameter)).err()
    }

    pub(super) fn tell(&mut self, input: Input) {
        self.pos.index += 1;
        self.pef.apply(self.pos, &input, &mut self.effects);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.tell(Input::Event(seen(event, 1)));
    }

    /// Lets time pass to the next deadline, and tells of it; seconds that passed.
    pub(super) fn tick(&mut self) -> u64 {
        let due = self.pef.deadline().expect("something is waited for");
        let passed = due.since(self.pos.time).as_secs();
        self.pos.time = due;
        self.tell(Input::Tick);
        passed
    }

    pub(super) fn wait(&mut self, seconds: u64) {
        self.pos.time = self.pos.time.after(Duration::from_secs(seconds));
        self.tell(Input::Tick);
    }

    pub(super) fn now(&self) -> Time {
        self.pos.time
    }

    pub(super) fn take(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.effects)
    }

    /// Destinations of the traps that were sent.
    pub(super) fn sent(&mut self) -> Vec<u8> {
        self.pets().into_iter().map(|(to, _)| to).collect()
    }

    pub(super) fn pets(&mut self) -> Vec<(u8, Pet)> {
        let effects = self.take().into_iter();
        let sent = effects.filter_map(|effect| match effect {
            Effect::Send(trap) => Some((trap.destination, trap.pet)),
            Effect::Unacknowledged(_) | Effect::Acted(_) => None,
        });
        sent.collect()
    }
}

/// Blade 3's CPU is above its upper critical threshold.
pub(super) fn hot() -> Event {
    Event {
        generator: 0x86,
        generator_lun: 0,
        revision: 4,
        sensor_type: 0x01,
        number: 5,
        assertion: true,
        event_type: 0x01,
        data: [0x59, 90, 80],
    }
}

pub(super) fn seen(event: Event, record: u16) -> Seen {
    Seen {
        event,
        record,
        time_s: TIME_S,
        entity: Entity {
            id: 0xa0,
            instance: 0x60,
        },
        system: System {
            manufacturer: 12_634,
            product: 0x0102,
        },
    }
}

pub(super) fn everything() -> EventFilter {
    let any = || EventDataMatch {
        mask: 0,
        compare1: 0,
        compare2: 0,
    };
    EventFilter {
        configuration: 0x80,
        action: 0x01,
        policy: 1,
        severity: 0x10,
        generator: 0xff,
        generator_lun: 0xff,
        sensor_type: 0xff,
        number: 0xff,
        trigger: 0xff,
        offsets: 0xffff,
        data: EventDataMatches {
            data1: any(),
            data2: any(),
            data3: any(),
        },
    }
}

pub(super) fn filter(number: u8, filter: EventFilter) -> Parameter {
    Parameter::Filter { number, filter }
}

pub(super) fn policy(entry: u8, number: u8, destination: u8) -> Parameter {
    let policy = AlertPolicy {
        number,
        destination,
        string: 0,
    };
    Parameter::Policy { entry, policy }
}

pub(super) fn acknowledge(pet: &Pet) -> PetAcknowledge {
    let [a, b, c, ..] = pet.data;
    PetAcknowledge {
        sequence: pet.sequence,
        local_time: pet.local_time,
        event_source: pet.event_source,
        sensor_device: pet.sensor_device,
        number: pet.number,
        data: [a, b, c],
    }
}
