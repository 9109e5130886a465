//! Sensors that tell of the controller itself: the hot swap sensors of its FRUs, and the physical
//! IPMB-0 sensor.
//!
//! Their events are turned off all together, with Set Event Receiver, or not at all.
//!
//! Source: PICMG 3.0 R3.0, FRU Hot Swap sensor (type F0h), physical IPMB-0 sensor (type F1h).

use crate::Ipmc;
use ipmi::command::sensor::{SensorEventEnable, SensorEventStatus, SensorReading};
use ipmi::sel::Event;

/// States of a hot swap sensor: M0–M7.
pub(crate) const HOT_SWAP_STATES: u16 = 0xff;
/// States of the physical IPMB-0 sensor: both buses off, one on, the other on, both on.
pub(crate) const IPMB_STATES: u16 = 0x0f;
/// Events and scanning are on.
const ON: u8 = 0xc0;

impl Ipmc {
    /// What one of these sensors shows; `None` when this is none of them.
    pub(crate) fn own_reading(&self, number: u8) -> Option<SensorReading> {
        if self.config.ipmb_sensor == Some(number) {
            return Some(self.buses.reading());
        }
        let state = self.fru_state(self.swapped_by(number)?)?;
        Some(SensorReading {
            raw: 0,
            flags: ON,
            states: Some(1 << state as u8),
            states_high: Some(0x80),
        })
    }

    /// Which of its events are enabled: all assertions.
    pub(crate) fn own_event_enable(&self, number: u8) -> Option<SensorEventEnable> {
        self.own_reading(number)?;
        let is_ipmb = self.config.ipmb_sensor == Some(number);
        Some(SensorEventEnable {
            flags: ON,
            assertion: Some(if is_ipmb {
                IPMB_STATES
            } else {
                HOT_SWAP_STATES
            }),
            deassertion: Some(0),
        })
    }

    /// Which of its events happened: that of the state that it shows.
    pub(crate) fn own_event_status(&self, number: u8) -> Option<SensorEventStatus> {
        let reading = self.own_reading(number)?;
        Some(SensorEventStatus {
            flags: ON,
            assertion: reading.states.map(u16::from),
            deassertion: Some(0),
        })
    }

    /// Its last event; `None` also for a module that is not plugged in.
    pub(crate) fn own_event(&self, number: u8) -> Option<Event> {
        if self.config.ipmb_sensor == Some(number) {
            return Some(self.buses.event((self.config.address, number)));
        }
        let fru_id = self.swapped_by(number)?;
        let is_present = self.frus.get(&fru_id)?.is_present();
        self.hot_swap_event(fru_id).filter(|_| is_present)
    }

    /// FRU device id of the FRU with this hot swap sensor.
    fn swapped_by(&self, number: u8) -> Option<u8> {
        let mut frus = self.frus.iter();
        let found = frus.find(|(_, fru)| fru.hot_swap.is_some() && fru.sensor == number);
        found.map(|(fru_id, _)| *fru_id)
    }
}
