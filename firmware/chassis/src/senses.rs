//! Sensors measure the shelf, unless somebody has set them.

use crate::meter::{self, Meter, Scene};
use crate::shelf::{Chassis, Effect, Work, present_parts};
use ipmc::{Ipmc, SHELF_MANAGER};
use machine::Pos;
use std::collections::VecDeque;

impl Chassis {
    /// Lets all sensors measure that nobody has set.
    pub(crate) fn measure(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let mut works = VecDeque::new();
        for (address, number, raw) in self.readings() {
            if self.pinned.contains(&(address, number)) {
                continue;
            }
            if self.shown.insert((address, number), raw) != Some(raw) {
                let input = ipmc::Input::SensorChanged { number, raw };
                works.push_back(Work::Notice(address, input));
            }
        }
        self.work(at, works, effects);
    }

    /// Forgets what the sensors of a controller showed last: it is another one, or has forgotten.
    pub(crate) fn forget_readings(&mut self, address: u8) {
        self.shown.retain(|(of, _), _| *of != address);
        self.missed.remove(&address);
    }

    /// Forgets what one sensor showed last.
    pub(crate) fn forget_reading(&mut self, address: u8, number: u8) {
        self.shown.remove(&(address, number));
    }

    /// What each sensor measures, by address and number.
    fn readings(&self) -> Vec<(u8, u8, u8)> {
        let mut readings = Vec::new();
        for (address, part) in present_parts(&self.parts, &self.controllers) {
            let controller = self.controllers.get(&address);
            let scene = Scene {
                climate: &self.climate,
                load: &self.load,
                supply: &self.supply,
                payload_w: controller.map_or(0, Ipmc::payload_draw_w),
            };
            let meters = self.meters.get(&address).into_iter().flatten();
            readings.extend(
                meters.filter_map(|(number, meter)| {
                    Some((address, *number, meter.read(part, &scene)?))
                }),
            );
        }
        let inlet = self.parts.values().next().and_then(|part| {
            let scene = Scene {
                climate: &self.climate,
                load: &self.load,
                supply: &self.supply,
                payload_w: 0,
            };
            Meter::Inlet.read(part, &scene)
        });
        readings.extend(inlet.map(|raw| (SHELF_MANAGER, meter::INLET, raw)));
        readings
    }
}
