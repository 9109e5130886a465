//! Re-arming: sensors look again, and what holds is told again.
//!
//! Choice: a hot swap sensor and the physical IPMB-0 sensor tell their last event again, whatever
//! is selected, as uwcms/IPMC does: the standards do not say what else they could tell.
//!
//! Source: IPMI v2.0 §29.1 (Set Event Receiver), §35.12 (Re-arm Sensor Events).

use crate::Ipmc;
use crate::interface::Effect;
use alloc::vec::Vec;
use ipmi::command::Empty;
use ipmi::command::sensor::RearmSensorEvents;
use ipmi::message::CompletionCode;

impl Ipmc {
    /// Re-arms all sensors, as there is a new receiver who knows of nothing yet.
    pub(crate) fn rearm_all(&mut self, effects: &mut Vec<Effect>) {
        let frus = self.frus.values().filter(|fru| fru.hot_swap.is_some());
        let swapped = frus.map(|fru| fru.sensor);
        let own = swapped.chain(self.config.ipmb_sensor);
        let numbers: Vec<u8> = own.chain(self.sensors.keys().copied()).collect();
        for number in numbers {
            let all = RearmSensorEvents {
                number,
                flags: 0,
                assertion: None,
                deassertion: None,
            };
            // Of a module that is not plugged in, nothing holds.
            let _ = self.rearm(&all, effects);
        }
    }

    /// Re-arm Sensor Events.
    pub(crate) fn rearm(
        &mut self,
        order: &RearmSensorEvents,
        effects: &mut Vec<Effect>,
    ) -> Result<Empty, CompletionCode> {
        let number = order.number;
        if let Some(sensor) = self.sensors.get_mut(&number) {
            sensor.rearm(order);
            self.measure(number, effects);
            return Ok(Empty {});
        }
        let event = self.own_event(number);
        let event = event.ok_or(CompletionCode::NOT_PRESENT)?;
        self.send_event(event, effects);
        Ok(Empty {})
    }
}
