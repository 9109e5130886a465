//! The two buses of IPMB-0: who may use them, which of them works, and the sensor that says so.
//!
//! Source: PICMG 3.0 R3.0, Set IPMB State, Get IPMB Link Info, physical IPMB-0 sensor.

use crate::interface::{Bus, Effect, Hardware};
use alloc::vec::Vec;
use ipmi::command::picmg::{GetIpmbLinkInfo, IpmbLinkInfo, SetIpmbState, ipmb_order};
use ipmi::command::sensor::SensorReading;
use ipmi::ipmb_state::{BusState, IpmbState, SENSOR_TYPE_IPMB, bus_status};
use ipmi::message::CompletionCode;
use ipmi::sel::{EVENT_TYPE_SENSOR_SPECIFIC, Event};
use serde::{Deserialize, Serialize};

/// The link number of a bused IPMB-0.
const BUSED: u8 = 0;
/// What a Get IPMB Link Info asks by.
const KEY_LINK: u8 = 0;
const KEY_SENSOR: u8 = 1;
/// Channel of IPMB-0. Source: IPMI v2.0 Table 6-1.
const CHANNEL: u8 = 0;

/// Both buses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Buses(IpmbState);

impl Buses {
    /// Whether the controller is connected to IPMB-A, and to IPMB-B.
    pub(crate) fn connected(&self) -> [bool; 2] {
        [self.0.a.is_on(), self.0.b.is_on()]
    }

    pub(crate) fn reading(&self) -> SensorReading {
        SensorReading {
            raw: self.0.byte(),
            flags: 0xc0,
            states: Some(1 << self.0.offset()),
            states_high: Some(0x80),
        }
    }

    /// The event that tells how both buses are.
    pub(crate) fn event(&self, (generator, number): (u8, u8)) -> Event {
        Event {
            generator,
            generator_lun: 0,
            revision: 0x04,
            sensor_type: SENSOR_TYPE_IPMB,
            number,
            assertion: true,
            event_type: EVENT_TYPE_SENSOR_SPECIFIC,
            data: self.0.event_data(CHANNEL),
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
                self.change(bus, |state| state.has_local_control = local, effects);
            }
        }
        Ok(())
    }

    /// What the driver of a bus says. A status that does not exist counts as not known.
    pub(crate) fn driver(&mut self, bus: Bus, status: u8, effects: &mut Vec<Effect>) {
        let status = status.min(bus_status::UNDIAGNOSED);
        self.change(bus, |state| state.status = status, effects);
    }

    fn change(&mut self, bus: Bus, change: impl FnOnce(&mut BusState), effects: &mut Vec<Effect>) {
        let state = match bus {
            Bus::A => &mut self.0.a,
            Bus::B => &mut self.0.b,
        };
        let before = state.is_on();
        change(state);
        let connected = state.is_on();
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
