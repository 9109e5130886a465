//! Event messages of the controllers, also those of storms; what dead controllers miss.

use crate::bus::Client;
use crate::fault::Scope;
use crate::shelf::{Chassis, Work};
use ipmc::SHELF_MANAGER;
use ipmi::command::Command;
use ipmi::command::sensor::PlatformEvent;
use ipmi::sel::{EVENT_TYPE_THRESHOLD, Event};
use machine::Time;

/// Most inputs that a dead controller notices afterwards; of more it notices the last ones.
const MISSED_MAX: usize = 64;

impl Chassis {
    /// A dead controller does not notice this now.
    pub(crate) fn miss(&mut self, address: u8, input: ipmc::Input) {
        if matches!(input, ipmc::Input::Tick | ipmc::Input::Request { .. }) {
            return;
        }
        let missed = self.missed.entry(address).or_default();
        if missed.len() >= MISSED_MAX {
            missed.pop_front();
        }
        missed.push_back(input);
    }

    /// The events of storms: the first sensor of a controller crosses its upper threshold, and does
    /// not, in turn.
    pub(crate) fn storm(&mut self, now: Time) -> Vec<Work> {
        let mut works = Vec::new();
        for (scope, assertion) in self.injector.storm(now) {
            let senders = self.controllers.iter();
            let senders = senders.filter(|(address, _)| match scope {
                Scope::All => **address != SHELF_MANAGER,
                Scope::Controller(only) => **address == only,
            });
            for (address, sender) in senders {
                let Some(sensor) = sender.config().sensors.first() else {
                    continue;
                };
                let event = Event {
                    generator: *address,
                    generator_lun: 0,
                    revision: 0x04,
                    sensor_type: sensor.sensor_type,
                    number: sensor.number,
                    assertion,
                    event_type: EVENT_TYPE_THRESHOLD,
                    // Upper non-critical, going high; with reading and threshold.
                    data: [0x57, sensor.raw, sensor.raw],
                };
                works.push(Work::Send(
                    *address,
                    SHELF_MANAGER,
                    PlatformEvent::from(&event).request(),
                    Client::Nobody,
                ));
            }
        }
        works
    }
}
