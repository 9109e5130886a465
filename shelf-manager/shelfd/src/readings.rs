//! The latest reading of each sensor: high-rate data that stays off the log.

#[cfg(test)]
mod tests;

use ipmi::command::Command;
use ipmi::command::sensor as change;
use ipmi::command::sensor::SensorReading;
use ipmi::description::SensorAddress;
use ipmi::message::{NetFn, Request};
use ipmi::sel::{Record, RecordBody};
use machine::Time;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a controller may take to carry a request out, or to be given up.
///
/// Choice: longer than anybody waits for the answer.
const CHANGE_LIMIT: Duration = Duration::from_secs(5);

/// A sensor of the shelf: IPMB-0 address of its controller, and the sensor there.
pub(crate) type SensorKey = (u8, SensorAddress);

/// The cache.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    /// And when they were taken.
    latest: BTreeMap<SensorKey, (SensorReading, Time)>,
    /// Sensors that changed: what was taken no later than this may be older than the change.
    ///
    /// Invariant: each has a reading in `latest`, which bounds it.
    changed: BTreeMap<SensorKey, Time>,
}

impl Readings {
    /// Takes a reading; `None` when the controller gives none.
    pub(crate) fn take(&mut self, sensor: SensorKey, reading: Option<SensorReading>, now: Time) {
        match reading {
            Some(reading) => {
                self.latest.insert(sensor, (reading, now));
                if self.changed.get(&sensor).is_some_and(|until| now > *until) {
                    self.changed.remove(&sensor);
                }
            }
            None => {
                self.latest.remove(&sensor);
                self.changed.remove(&sensor);
            }
        }
    }

    /// The latest reading, for those who look now and again.
    pub(crate) fn of(&self, sensor: SensorKey) -> Option<&SensorReading> {
        self.latest.get(&sensor).map(|(reading, _)| reading)
    }

    /// The latest reading, unless the sensor changed meanwhile.
    pub(crate) fn sure(&self, sensor: SensorKey) -> Option<&SensorReading> {
        self.of(sensor)
            .filter(|_| !self.changed.contains_key(&sensor))
    }

    /// Whether a reading has the states of the one before, and nothing was heard of the sensor in
    /// between.
    pub(crate) fn is_lasting(&self, sensor: SensorKey, reading: &SensorReading) -> bool {
        let before = self.sure(sensor);
        before.is_some_and(|before| before.state_bits() == reading.state_bits())
    }

    /// A sensor told that its state is another one.
    pub(crate) fn told(&mut self, record: &Record, now: Time) {
        if let RecordBody::Event { event, .. } = record.body {
            let (lun, number) = (event.generator_lun & 0x03, event.number);
            self.doubt((event.generator, SensorAddress { lun, number }), now);
        }
    }

    /// A controller is asked for something. What its sensor reads may be changed by that: what is
    /// enabled, by which thresholds its states are judged, whether it waits to be re-armed.
    pub(crate) fn asked(&mut self, address: u8, request: &Request, now: Time) {
        let changes = [
            change::SetSensorHysteresis::COMMAND,
            change::SetSensorThresholds::COMMAND,
            change::SetSensorEventEnable::COMMAND,
            change::RearmSensorEvents::COMMAND,
            change::SetSensorReadingAndEventStatus::COMMAND,
        ];
        if request.net_fn != NetFn::SENSOR_EVENT || !changes.contains(&request.command) {
            return;
        }
        if let Some(number) = request.data.first().copied() {
            let lun = request.lun;
            let sensor = (address, SensorAddress { lun, number });
            self.doubt(sensor, now.after(CHANGE_LIMIT));
        }
    }

    fn doubt(&mut self, sensor: SensorKey, until: Time) {
        if self.latest.contains_key(&sensor) {
            let known = self.changed.entry(sensor).or_default();
            *known = until.max(*known);
        }
    }
}
