//! The latest reading of each sensor: high-rate data that stays off the log.

use ipmi::command::sensor::SensorReading;
use ipmi::description::SensorAddress;
use std::collections::BTreeMap;

/// A sensor of the shelf: IPMB-0 address of its controller, and the sensor there.
pub(crate) type SensorKey = (u8, SensorAddress);

/// The cache.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    latest: BTreeMap<SensorKey, SensorReading>,
}

impl Readings {
    /// Takes a reading; `None` when the controller gives none.
    pub(crate) fn take(&mut self, sensor: SensorKey, reading: Option<SensorReading>) {
        match reading {
            Some(reading) => self.latest.insert(sensor, reading),
            None => self.latest.remove(&sensor),
        };
    }

    pub(crate) fn of(&self, sensor: SensorKey) -> Option<&SensorReading> {
        self.latest.get(&sensor)
    }
}
