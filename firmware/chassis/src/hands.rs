//! Hands on the hardware.

use crate::config::POWER_MODULES;
use crate::fault::Scope;
use crate::operator::{Operator, OperatorError, Place};
use crate::parts;
use crate::power::VOLTS_MAX;
use crate::shelf::{Chassis, Effect, Work};
use ipmc::Ipmc;
use machine::{Machine, Pos};

/// Hottest air that comes in, °C.
const INLET_MAX: u8 = 80;

impl Chassis {
    pub(crate) fn operate(
        &mut self,
        at: Pos,
        operator: Operator,
        effects: &mut Vec<Effect>,
    ) -> Result<(), OperatorError> {
        match operator {
            Operator::OpenHandle(place) => self.move_handle(at, (place, false), effects)?,
            Operator::CloseHandle(place) => self.move_handle(at, (place, true), effects)?,
            Operator::Pull(place) => {
                let address = self.occupied(place)?;
                self.remove(address, effects);
                self.dark.remove(&address);
                self.climate.forget(address);
                self.pinned.retain(|(of, _)| *of != address);
            }
            Operator::Insert(place) => self.insert(place)?,
            Operator::SetSensor {
                address,
                number,
                raw,
            } => {
                self.has_sensor(address, number)?;
                self.pinned.insert((address, number));
                let input = ipmc::Input::SensorChanged { number, raw };
                self.work(at, [Work::Notice(address, input)].into(), effects);
            }
            Operator::ReleaseSensor { address, number } => {
                self.has_sensor(address, number)?;
                self.pinned.remove(&(address, number));
                self.forget_reading(address, number);
                self.measure(at, effects);
            }
            Operator::SetFeed {
                module,
                feed,
                volts,
            } => {
                let exists = (1..=POWER_MODULES).contains(&module);
                exists.then_some(()).ok_or(OperatorError::NoSuchSlot)?;
                in_range(volts, VOLTS_MAX)?;
                self.supply.set(module, feed, volts);
                self.measure(at, effects);
            }
            Operator::SetInlet { celsius } => {
                in_range(celsius, INLET_MAX)?;
                self.climate.set_inlet(celsius);
                self.measure(at, effects);
            }
            Operator::Arbitrate(number) => {
                let address = parts::address(&self.config, Place::Cmm(number))?;
                let is_there = self.controllers.contains_key(&address);
                is_there.then_some(()).ok_or(OperatorError::Empty)?;
                self.owner = Some(address);
            }
            Operator::Inject(fault) => {
                if let Scope::Controller(address) = fault.scope {
                    let is_there = self.controller(address).is_some();
                    is_there
                        .then_some(())
                        .ok_or(OperatorError::NoSuchController)?;
                }
                self.injector.inject(at.time, fault)?;
            }
            Operator::Repair(scope) => self.injector.repair(scope),
        }
        Ok(())
    }

    /// What sits in a place, with power or without.
    fn occupied(&self, place: Place) -> Result<u8, OperatorError> {
        let address = parts::address(&self.config, place)?;
        let is_there = self.controllers.contains_key(&address) || self.dark.contains_key(&address);
        is_there.then_some(address).ok_or(OperatorError::Empty)
    }

    fn move_handle(
        &mut self,
        at: Pos,
        (place, is_closed): (Place, bool),
        effects: &mut Vec<Effect>,
    ) -> Result<(), OperatorError> {
        let address = self.occupied(place)?;
        let input = match is_closed {
            true => ipmc::Input::HandleClosed,
            false => ipmc::Input::HandleOpened,
        };
        if let Some(dark) = self.dark.get_mut(&address) {
            // It finds out when power comes back.
            dark.apply(at, &input, &mut Vec::new());
        } else {
            self.work(at, [Work::Notice(address, input)].into(), effects);
        }
        Ok(())
    }

    fn insert(&mut self, place: Place) -> Result<(), OperatorError> {
        let address = parts::address(&self.config, place)?;
        if self.occupied(place).is_ok() {
            return Err(OperatorError::Occupied);
        }
        let part = self.parts.get(&address).ok_or(OperatorError::NoSuchSlot)?;
        let serial = self.serials.entry(address).or_default();
        *serial = serial.saturating_add(1);
        let controller = parts::controller(&self.config, part, (*serial, false));
        self.forget_readings(address);
        // Power comes to it like to all others, or does not.
        self.dark.insert(address, Ipmc::new(controller));
        Ok(())
    }

    fn has_sensor(&self, address: u8, number: u8) -> Result<(), OperatorError> {
        let controller = self.controller(address);
        let mut sensors = controller.map_or(&[][..], sensors_of).iter();
        let found = sensors.any(|sensor| sensor.number == number);
        found.then_some(()).ok_or(OperatorError::NoSuchSensor)
    }
}

fn sensors_of(controller: &Ipmc) -> &[ipmc::SensorConfig] {
    &controller.config().sensors
}

fn in_range(value: u8, max: u8) -> Result<(), OperatorError> {
    (value <= max)
        .then_some(())
        .ok_or(OperatorError::OutOfRange)
}
