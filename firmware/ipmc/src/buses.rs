//! The two buses of IPMB-0: who may use them, which of them works, and the sensor that says so.
//!
//! Source: PICMG 3.0 R3.0, Set IPMB State, Get IPMB Link Info, physical IPMB-0 sensor.

use crate::interface::{Bus, Effect, Hardware};
use alloc::vec::Vec;
use ipmi::command::picmg::{GetIpmbLinkInfo, IpmbLinkInfo, SetIpmbState, ipmb_order};
use ipmi::command::sensor::SensorReading;
use ipmi::message::CompletionCode;
use ipmi::sel::{EVENT_TYPE_SENSOR_SPECIFIC, Event};
use serde::{Deserialize, Serialize};

/// Sensor type: physical IPMB-0.
pub(crate) const SENSOR_TYPE: u8 = 0xf1;
/// Local control, in the half of the status byte that a bus has.
const LOCAL: u8 = 0x08;
/// Highest status of a bus.
const STATUS_MAX: u8 = 7;
/// Event data 1: sensor specific extensions in data 2 and 3.
const EXTENSIONS: u8 = 0xa0;
/// The link number of a bused IPMB-0.
const BUSED: u8 = 0;
/// What a Get IPMB Link Info asks by.
const KEY_LINK: u8 = 0;
const KEY_SENSOR: u8 = 1;

/// Both buses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Buses {
    a: Half,
    b: Half,
}

/// One bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Half {
    /// Whether the shelf manager ordered to keep off.
    isolated: bool,
    /// 0 works.
    status: u8,
}

impl Half {
    /// Choice: under local control, a controller keeps off a bus as long as it fails.
    fn is_on(self) -> bool {
        !self.isolated && self.status == 0
    }

    fn bits(self) -> u8 {
        self.status | if self.isolated { 0 } else { LOCAL }
    }
}

impl Buses {
    /// Whether the controller is connected to IPMB-A, and to IPMB-B.
    pub(crate) fn connected(&self) -> [bool; 2] {
        [self.a.is_on(), self.b.is_on()]
    }

    /// Offset of the sensor: 0 both off, 1 A on, 2 B on, 3 both on.
    fn offset(&self) -> u8 {
        u8::from(self.a.is_on()) | u8::from(self.b.is_on()) << 1
    }

    /// Status byte: B in the high half, A in the low one; bit 3 local control, 2–0 status.
    fn status(&self) -> u8 {
        self.b.bits() << 4 | self.a.bits()
    }

    pub(crate) fn reading(&self) -> SensorReading {
        SensorReading {
            raw: self.status(),
            flags: 0xc0,
            states: Some(1 << self.offset()),
            states_high: Some(0x80),
        }
    }

    /// The event that tells how both buses are.
    pub(crate) fn event(&self, (generator, number): (u8, u8)) -> Event {
        // The channel, IPMB-0, is in the high nibble of data 2.
        let data = [EXTENSIONS | self.offset(), 0, self.status()];
        Event {
            generator,
            generator_lun: 0,
            revision: 0x04,
            sensor_type: SENSOR_TYPE,
            number,
            assertion: true,
            event_type: EVENT_TYPE_SENSOR_SPECIFIC,
            data,
        }
    }

    /// Set IPMB State. A bused IPMB-0 has no links to choose from: all is the only one.
    pub(crate) fn order(
        &mut self,
        order: &SetIpmbState,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CompletionCode> {
        let orders = [ipmb_order(order.a), ipmb_order(order.b)];
        if orders.iter().flatten().any(|(link, _)| *link != BUSED) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        for (bus, order) in [Bus::A, Bus::B].into_iter().zip(orders) {
            if let Some((_, local)) = order {
                self.change(bus, |half| half.isolated = !local, effects);
            }
        }
        Ok(())
    }

    /// What the driver of a bus says. A status that does not exist counts as not known.
    pub(crate) fn driver(&mut self, bus: Bus, status: u8, effects: &mut Vec<Effect>) {
        let status = status.min(STATUS_MAX);
        self.change(bus, |half| half.status = status, effects);
    }

    fn change(&mut self, bus: Bus, change: impl FnOnce(&mut Half), effects: &mut Vec<Effect>) {
        let half = match bus {
            Bus::A => &mut self.a,
            Bus::B => &mut self.b,
        };
        let before = half.is_on();
        change(half);
        let connected = half.is_on();
        if connected != before {
            effects.push(Effect::Hardware(Hardware::Ipmb { bus, connected }));
        }
    }

    /// Get IPMB Link Info: the one link of a bused IPMB-0.
    pub(crate) fn link_info(
        sensor: u8,
        asked: &GetIpmbLinkInfo,
    ) -> Result<IpmbLinkInfo, CompletionCode> {
        let is_it = match asked.key_type {
            KEY_LINK => asked.key == BUSED,
            KEY_SENSOR => asked.key == sensor,
            _ => false,
        };
        let link = BUSED;
        is_it
            .then_some(IpmbLinkInfo { link, sensor })
            .ok_or(CompletionCode::INVALID_FIELD)
    }
}
