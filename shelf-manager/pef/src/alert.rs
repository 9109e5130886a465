//! Sending alerts, repeating them, and waiting for their acknowledges. Source: IPMI v2.0 §17.11–
//! §17.16 and §30.7–§30.8; PET v1.0.

use crate::destination::LAN_CHANNEL;
use crate::matching::Matched;
use crate::policy::{PolicySet, Tried, Verdict};
use crate::{Effect, Immediate, Pef, Seen, System, Trap};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::pef::{AlertPolicy, PetAcknowledge, alert_status, severity};
use ipmi::pet::{self, Pet, SpecificTrap};
use ipmi::sdr::Entity;
use ipmi::sel::Event;
use machine::{Pos, Time};
use serde::{Deserialize, Serialize};

/// Most traps that wait for an acknowledge or a repetition.
///
/// Choice: what comes on top counts as failed at once, so that a storm of events to a receiver that
/// is down costs no more than this.
pub const FLIGHTS_MAX: usize = 256;

/// An alert string depends on the filter, or is asked for. Source: IPMI v2.0 Table 17-4, §30.7.
const BY_FILTER: u8 = 0x80;
/// See [`BY_FILTER`].
const STRING: u8 = 0x7f;

/// Traps under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alerts {
    /// Sequence number of the last trap.
    sequence: u16,
    /// By sequence number.
    flights: BTreeMap<u16, Flight>,
    /// Status of immediate alerts, by destination.
    statuses: BTreeMap<u8, u8>,
    refused: u64,
}

/// A trap that is not done with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Flight {
    trap: Trap,
    /// How often it may be sent again.
    left: u8,
    interval: Duration,
    due: Time,
    waiting: Waiting,
}

/// Who waits for the acknowledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Waiting {
    /// Nobody: it is only repeated.
    Nobody,
    /// The rest of a policy set.
    Set(PolicySet),
    /// An immediate alert.
    Immediate,
}

/// What became of a trap that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Launched {
    /// It is sent, and that is all that was wanted.
    Done,
    /// It waits for its acknowledge.
    Waits,
    /// There is nowhere to send it, or too many are under way.
    Failed,
}

impl Alerts {
    pub(crate) fn flights(&self) -> usize {
        self.flights.len()
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    pub(crate) fn status(&self, destination: u8) -> u8 {
        let status = self.statuses.get(&destination).copied();
        status.unwrap_or(alert_status::NONE)
    }

    /// The status of an alert that is under way stays.
    pub(crate) fn clear_status(&mut self, destination: u8) {
        if self.status(destination) != alert_status::IN_PROGRESS {
            self.statuses.remove(&destination);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        self.flights.values().map(|flight| flight.due).min()
    }

    /// Whether a trap that this acknowledges waits for it.
    pub(crate) fn expects(&self, acknowledge: &PetAcknowledge) -> bool {
        let flight = self.flights.get(&acknowledge.sequence);
        flight.is_some_and(|flight| {
            let pet = &flight.trap.pet;
            flight.waiting != Waiting::Nobody
                && pet.local_time == acknowledge.local_time
                && pet.event_source == acknowledge.event_source
                && pet.sensor_device == acknowledge.sensor_device
                && pet.number == acknowledge.number
                && pet.data.starts_with(&acknowledge.data)
        })
    }

    /// The next sequence number that no flight has; 0 means none. Source: PET v1.0.
    fn next_sequence(&mut self) -> u16 {
        loop {
            self.sequence = self.sequence.wrapping_add(1).max(1);
            if !self.flights.contains_key(&self.sequence) {
                return self.sequence;
            }
        }
    }
}

impl Pef {
    pub(super) fn alert(
        &mut self,
        at: Pos,
        seen: &Seen,
        matched: Matched,
        effects: &mut Vec<Effect>,
    ) {
        let Matched {
            policy,
            severity,
            filter,
        } = matched;
        let set = PolicySet::new(seen.clone(), policy, severity, filter);
        self.walk(at, set, effects);
    }

    /// Goes on with a policy set until it waits for an acknowledge, or is over.
    fn walk(&mut self, at: Pos, mut set: PolicySet, effects: &mut Vec<Effect>) {
        while let Some(entry) = self.configuration.policy(set.next.into()).cloned() {
            set.next += 1;
            let selector = entry.destination & 0x0f;
            let kind = self.destinations.of(selector).map_or(0, |to| to.kind & 7);
            match set.judge(&entry, kind) {
                Verdict::Skip => continue,
                Verdict::Stop => return,
                Verdict::Send => {}
            }
            let tried = |is_success| Tried {
                is_success,
                channel: entry.destination >> 4,
                kind,
            };
            set.tried = Some(tried(false));
            if entry.destination >> 4 != LAN_CHANNEL {
                continue;
            }
            let pet = self.pet(&set, &entry);
            let waiting = Waiting::Set(set.clone());
            match self.launch(at, (selector, pet), waiting, effects) {
                Launched::Waits => return,
                Launched::Done => set.tried = Some(tried(true)),
                Launched::Failed => {}
            }
        }
    }

    /// Sends a trap for the first time.
    fn launch(
        &mut self,
        at: Pos,
        (selector, pet): (u8, Pet),
        waiting: Waiting,
        effects: &mut Vec<Effect>,
    ) -> Launched {
        let to = self.destinations.of(selector);
        let Some((to, address)) = to.and_then(|to| Some((to, to.ip()?))) else {
            return Launched::Failed;
        };
        let is_flight = to.is_acknowledged() || to.retries > 0;
        if is_flight && self.alerts.flights.len() >= FLIGHTS_MAX {
            self.alerts.refused += 1;
            return Launched::Failed;
        }
        let sequence = self.alerts.next_sequence();
        let trap = Trap {
            destination: selector,
            address,
            port: to.port,
            community: self.destinations.community_of(to),
            pet: Pet { sequence, ..pet },
        };
        effects.push(Effect::Send(trap.clone()));
        let is_acknowledged = to.is_acknowledged();
        if is_flight {
            let flight = Flight {
                trap,
                left: to.retries,
                interval: to.interval(),
                due: at.time.after(to.interval()),
                waiting: if is_acknowledged {
                    waiting
                } else {
                    Waiting::Nobody
                },
            };
            self.alerts.flights.insert(sequence, flight);
        }
        if is_acknowledged {
            Launched::Waits
        } else {
            Launched::Done
        }
    }

    /// Sends again what is due, and gives up what was sent often enough.
    pub(super) fn repeat(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let flights = self.alerts.flights.iter();
        let due = flights.filter(|(_, flight)| flight.due <= at.time);
        let due: Vec<u16> = due.map(|(sequence, _)| *sequence).collect();
        for sequence in due {
            let Some(flight) = self.alerts.flights.get_mut(&sequence) else {
                continue;
            };
            let is_again = flight.left > 0;
            if is_again {
                flight.left -= 1;
                flight.due = at.time.after(flight.interval);
                effects.push(Effect::Send(flight.trap.clone()));
            }
            // Without an acknowledge to wait for, the last repetition is the end.
            let is_over = !is_again || flight.left == 0 && flight.waiting == Waiting::Nobody;
            if is_over && let Some(flight) = self.alerts.flights.remove(&sequence) {
                self.finish(at, flight, false, effects);
            }
        }
    }

    pub(super) fn acknowledged(
        &mut self,
        at: Pos,
        acknowledge: &PetAcknowledge,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(flight) = self.alerts.flights.remove(&acknowledge.sequence) {
            self.finish(at, flight, true, effects);
        }
    }

    fn finish(&mut self, at: Pos, flight: Flight, is_success: bool, effects: &mut Vec<Effect>) {
        let destination = flight.trap.destination;
        if !is_success && flight.waiting != Waiting::Nobody {
            effects.push(Effect::Unacknowledged(flight.trap));
        }
        match flight.waiting {
            Waiting::Nobody => {}
            Waiting::Immediate => self.immediate_ended(destination, is_success),
            Waiting::Set(mut set) => {
                set.tried = set.tried.map(|tried| Tried {
                    is_success,
                    ..tried
                });
                self.walk(at, set, effects);
            }
        }
    }

    pub(super) fn alert_immediately(
        &mut self,
        at: Pos,
        wanted: &Immediate,
        effects: &mut Vec<Effect>,
    ) {
        let text = self.configuration.string(wanted.string & STRING);
        let text = text.filter(|_| wanted.string & BY_FILTER != 0);
        let pet = Pet {
            oem: Pet::oem_text(text.unwrap_or_default()),
            ..self.pet_of(wanted.event.as_ref(), wanted.time_s, wanted.system)
        };
        let destination = wanted.destination;
        match self.launch(at, (destination, pet), Waiting::Immediate, effects) {
            Launched::Waits => {
                let status = alert_status::IN_PROGRESS;
                self.alerts.statuses.insert(destination, status);
            }
            Launched::Done => self.immediate_ended(destination, true),
            Launched::Failed => self.immediate_ended(destination, false),
        }
    }

    fn immediate_ended(&mut self, destination: u8, is_success: bool) {
        let status = if is_success {
            alert_status::NORMAL_END
        } else {
            alert_status::NO_ACKNOWLEDGE
        };
        self.alerts.statuses.insert(destination, status);
    }

    fn pet(&self, set: &PolicySet, entry: &AlertPolicy) -> Pet {
        let selector = entry.string & STRING;
        let text = if entry.string & BY_FILTER != 0 {
            self.configuration.string_for(set.filter, selector)
        } else {
            self.configuration.string(selector)
        };
        let Seen {
            event,
            time_s,
            entity: Entity { id, instance },
            system,
            ..
        } = set.seen;
        Pet {
            severity: set.severity,
            entity: id,
            entity_instance: instance,
            oem: Pet::oem_text(text.unwrap_or_default()),
            ..self.pet_of(Some(&event), time_s, system)
        }
    }

    /// What every trap says.
    ///
    /// Choice: local time is UTC, as everywhere in the log. The language of a text is not
    /// specified: it is whatever the operator wrote.
    fn pet_of(&self, event: Option<&Event>, time_s: u32, system: System) -> Pet {
        let mut guid = self.configuration.guid().unwrap_or(self.guid);
        guid.reverse();
        let mut data = [0; 8];
        if let Some(event) = event {
            data[..3].copy_from_slice(&event.data);
        }
        Pet {
            trap: event.map_or(SpecificTrap::unspecified(), SpecificTrap::of),
            guid,
            sequence: 0,
            local_time: time_s.saturating_sub(pet::EPOCH),
            utc_offset_min: Some(0),
            trap_source: pet::SOURCE_IPMI,
            event_source: pet::SOURCE_IPMI,
            severity: severity::UNSPECIFIED,
            sensor_device: event.map_or(pet::UNSPECIFIED, |event| {
                pet::sensor_device(event.generator)
            }),
            number: event.map_or(pet::UNSPECIFIED, |event| event.number),
            entity: 0,
            entity_instance: 0,
            data,
            language: pet::UNSPECIFIED,
            manufacturer: system.manufacturer,
            system: system.product,
            oem: Vec::new(),
        }
    }
}
