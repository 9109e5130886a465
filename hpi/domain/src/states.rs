//! What sensors of controllers say: their events, and their states where events were missed.

use crate::alarm::is_alarming;
use crate::records::sensor_num;
use crate::resource::sensor_rec;
use crate::sensor_event::severity;
use crate::{Domain, FruAddress, Out, Resource};
use alloc::vec::Vec;
use hpi_model::{EventKind, EventState, ResourceId};
use ipmi::description::SensorAddress;

impl Domain {
    pub(crate) fn sensor_event(
        &mut self,
        address: u8,
        event: &ipmi::sel::Event,
        out: &mut Out<'_>,
    ) {
        if self.watchdog_event(address, event, out) {
            return;
        }
        for id in self.at_address(address) {
            let Some(resource) = self.resources.get_mut(&id) else {
                continue;
            };
            let Some((severity, event)) = resource.sensor_event(event) else {
                continue;
            };
            self.say(out.event(id, severity, EventKind::Sensor(event)), out);
            return;
        }
    }

    pub(crate) fn at_address(&self, address: u8) -> Vec<ResourceId> {
        let from = FruAddress { address, fru_id: 0 };
        let to = FruAddress {
            address,
            fru_id: u8::MAX,
        };
        self.by_fru.range(from..=to).map(|(_, id)| *id).collect()
    }

    /// Whether a sensor (of the controller at this address) that has these states would have other
    /// alarms than those that its events made.
    pub fn mistakes_states(&self, sensor: (u8, SensorAddress), states: EventState) -> bool {
        self.mistaken(sensor, states).is_some()
    }

    /// A sensor has these states, whatever its events said: some were lost, or were sent before
    /// anybody listened.
    ///
    /// Choice: alarms follow, and nobody is told of events that nobody saw.
    pub(crate) fn states_seen(
        &mut self,
        sensor: (u8, SensorAddress),
        states: EventState,
        out: &mut Out<'_>,
    ) {
        let Some((id, num)) = self.mistaken(sensor, states) else {
            return;
        };
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let mut recs = resource.rdrs.iter().filter_map(sensor_rec);
        let rec = recs.find(|rec| rec.num == num);
        if let (Some(rec), Some(sensor)) = (rec, resource.sensors.get_mut(&num)) {
            sensor.asserted = EventState(states.0 & rec.events.0);
            out.touched.push(id);
        }
    }

    /// Resource and number of such a sensor.
    fn mistaken(
        &self,
        (address, sensor): (u8, SensorAddress),
        states: EventState,
    ) -> Option<(ResourceId, u32)> {
        let num = sensor_num(sensor);
        let ids = self.at_address(address).into_iter();
        let mut owners = ids.filter_map(|id| self.resources.get(&id));
        let owner = owners.find(|resource| resource.sensors.contains_key(&num))?;
        let asserted = owner.sensors.get(&num)?.asserted;
        let differ = (asserted.0 ^ states.0) & alarming(owner, num);
        (differ != 0).then_some((owner.rpt.resource, num))
    }
}

/// The states of a sensor that would be alarms.
fn alarming(resource: &Resource, num: u32) -> u16 {
    let mut recs = resource.rdrs.iter().filter_map(sensor_rec);
    let Some(rec) = recs.find(|rec| rec.num == num) else {
        return 0;
    };
    let bits = (0..15).map(|bit| 1 << bit);
    let is_alarm = |bit: &u16| is_alarming(severity(rec.category, EventState(*bit)));
    bits.filter(is_alarm).sum::<u16>() & rec.events.0
}
