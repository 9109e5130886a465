//! Warmth: what parts draw heats them, and what the fans move cools them.
//!
//! Choice: a small model in whole numbers. A part's temperature goes towards
//! `inlet + draw · resistance / (air + still air)`; each second it covers an eighth of the way. The
//! numbers are such that a blade at 200 W and normal fans is 20 °C above the inlet, at full fans
//! 10 °C, and without any 70 °C.

use crate::config::FAN_TRAYS;
use crate::parts::Part;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often temperatures move.
pub(crate) const STEP: Duration = Duration::from_secs(1);
/// Part of the way that is covered in one step.
const STEPS: i32 = 8;
/// What is nearer than this is there, thousandths of a degree.
const NEAR: i32 = 250;
/// Cooling without fans, as if they turned at so many rpm.
const STILL_AIR: i64 = 2400;
/// Warming of a blade by each watt: thousandths of a degree times rpm.
const BLADE: i64 = 800_000;
/// The further a slot, the warmer: what each adds.
const SLOT: i64 = 40_000;
/// Warming of the air behind the blades of a zone by each watt.
const EXHAUST: i64 = 130_000;
/// Warming of the air in front of a blade.
const RECIRCULATED: i64 = 3_000 * 8_400;
/// What an own heat source adds to parts with little draw, thousandths of a degree.
const OWN: i64 = 10_000;
/// Warming of a power module by each watt of its load.
const LOAD: i64 = 10;

/// What heats and what cools at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// What each part draws, W, by its address; parts without power are not there.
    pub(crate) draws_w: BTreeMap<u8, u16>,
    /// What the blades of each tray's zone draw together, W.
    pub(crate) zones_w: [u16; FAN_TRAYS as usize],
    /// Speed of each tray's fans, rpm; `None` where they have no power.
    pub(crate) fans_rpm: [Option<u16>; FAN_TRAYS as usize],
    /// Power modules that share the load.
    pub(crate) modules: u8,
}

/// The temperatures of the shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Climate {
    inlet_milli: i32,
    /// Thousandths of a degree, by address.
    temperatures: BTreeMap<u8, i32>,
}

impl Climate {
    pub(crate) fn new(inlet_celsius: u8) -> Self {
        Self {
            inlet_milli: i32::from(inlet_celsius) * 1000,
            temperatures: BTreeMap::new(),
        }
    }

    pub(crate) fn set_inlet(&mut self, celsius: u8) {
        self.inlet_milli = i32::from(celsius) * 1000;
    }

    /// A part is gone: the next one comes in as warm as the air.
    pub(crate) fn forget(&mut self, address: u8) {
        self.temperatures.remove(&address);
    }

    pub(crate) fn inlet_milli(&self) -> i32 {
        self.inlet_milli
    }

    /// Of a part, thousandths of a degree; that of the inlet where there is none.
    pub(crate) fn of(&self, address: u8) -> i32 {
        let found = self.temperatures.get(&address).copied();
        found.unwrap_or(self.inlet_milli)
    }

    /// Of the air in front of a blade.
    pub(crate) fn in_front_of(&self, part: &Part, load: &Load) -> i32 {
        self.above_inlet(RECIRCULATED / air(part, load))
    }

    /// Everything gets as warm as it will be.
    pub(crate) fn settle<'a>(&mut self, parts: impl Iterator<Item = &'a Part>, load: &Load) {
        for part in parts {
            let target = self.target(part, load);
            self.temperatures.insert(part.address(), target);
        }
    }

    /// Moves every part one step; whether any has still some way to go.
    pub(crate) fn step<'a>(&mut self, parts: impl Iterator<Item = &'a Part>, load: &Load) -> bool {
        let mut is_moving = false;
        for part in parts {
            let target = self.target(part, load);
            let own = self.of(part.address());
            let way = target - own;
            let is_near = way.abs() < NEAR;
            let next = if is_near { target } else { own + way / STEPS };
            self.temperatures.insert(part.address(), next);
            is_moving |= !is_near;
        }
        is_moving
    }

    /// Whether every part is as warm as it will be.
    pub(crate) fn is_settled<'a>(
        &self,
        mut parts: impl Iterator<Item = &'a Part>,
        load: &Load,
    ) -> bool {
        parts.all(|part| self.target(part, load) == self.of(part.address()))
    }

    fn target(&self, part: &Part, load: &Load) -> i32 {
        let draw = load.draws_w.get(&part.address());
        let draw = i64::from(draw.copied().unwrap_or(0));
        let above = if part.is_blade() {
            let slot = i64::from(part.site.number) - 1;
            draw * (BLADE + SLOT * slot) / air(part, load)
        } else if part.is_fan_tray() {
            let watts = load.zones_w.get(part.zone).copied().unwrap_or(0);
            i64::from(watts) * EXHAUST / air(part, load)
        } else if part.is_power_module() && draw > 0 {
            let watts: i64 = load.draws_w.values().map(|draw| i64::from(*draw)).sum();
            OWN + watts / i64::from(load.modules.max(1)) * LOAD
        } else if draw > 0 {
            OWN
        } else {
            0
        };
        self.above_inlet(above)
    }

    fn above_inlet(&self, milli: i64) -> i32 {
        let milli = i32::try_from(milli).unwrap_or(i32::MAX);
        self.inlet_milli.saturating_add(milli)
    }
}

/// The air that moves past a part, as rpm: half of it is its own tray's.
fn air(part: &Part, load: &Load) -> i64 {
    let trays = load.fans_rpm.iter().flatten();
    let trays: i64 = trays.map(|rpm| i64::from(*rpm)).sum();
    let own = load.fans_rpm.get(part.zone).copied().flatten();
    (trays + own.map_or(0, i64::from)) / 4 + STILL_AIR
}

#[cfg(test)]
mod tests;
