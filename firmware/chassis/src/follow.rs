//! What follows from a change: who has power, who owns 20h, how warm it gets.

use crate::fault::IpmbBus;
use crate::meter;
use crate::parts::Part;
use crate::shelf::{Chassis, Effect, Work, present};
use crate::thermal::{Load, STEP};
use ipmc::SHELF_MANAGER;
use ipmi::ipmb_state::bus_status;
use ipmi::port::{DownReason, PortEvent};
use machine::{Machine, Pos};
use std::collections::{BTreeSet, VecDeque};

/// Backup of the shelf manager while there is none.
///
/// Choice: FFh, which is nobody's address.
const NO_BACKUP: u8 = 0xff;

impl Chassis {
    /// Lets power, fans and the shelf manager follow what has changed.
    pub(crate) fn follow(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let revived = self.follow_power(at, effects);
        // Somebody must be there before the others have something to tell.
        self.follow_line(at, effects);
        let works = revived.map(|address| Work::Notice(address, ipmc::Input::Powered));
        self.work(at, works.collect(), effects);
        self.follow_buses(at, effects);
        let load = self.current_load();
        if load != self.load {
            self.load = load;
            self.measure(at, effects);
        }
        let present = present(&self.parts, &self.controllers);
        if self.warmth_at.is_none() && !self.climate.is_settled(present, &self.load) {
            self.warmth_at = Some(at.time.after(STEP));
        }
    }

    pub(crate) fn current_load(&self) -> Load {
        let mut load = Load::default();
        for (address, part) in &self.parts {
            let Some(controller) = self.controllers.get(address) else {
                continue;
            };
            let watts = match part.is_blade() {
                true => part
                    .own_draw_w()
                    .saturating_add(controller.payload_draw_w()),
                false => part.own_draw_w(),
            };
            load.draws_w.insert(*address, watts);
            if let (true, Some(zone)) = (part.is_blade(), load.zones_w.get_mut(part.zone)) {
                *zone = zone.saturating_add(watts);
            }
            if let (true, Some(rpm)) = (part.is_fan_tray(), load.fans_rpm.get_mut(part.zone)) {
                let level = controller
                    .fan_level()
                    .filter(|_| controller.has_payload_power());
                *rpm = level.map(meter::rpm);
            }
            let is_live = part.is_power_module() && self.supply.is_live(part.site.number);
            load.modules += u8::from(is_live);
        }
        load
    }

    /// The modules that sit in the shelf.
    fn modules(&self) -> Vec<u8> {
        let modules = self.parts.iter().filter(|(address, part)| {
            let sits = self.controllers.contains_key(address) || self.dark.contains_key(address);
            part.is_power_module() && sits
        });
        modules.map(|(_, part)| part.site.number).collect()
    }

    /// Takes and gives management power; who has it again.
    fn follow_power(
        &mut self,
        at: Pos,
        effects: &mut Vec<Effect>,
    ) -> impl Iterator<Item = u8> + use<> {
        let modules = self.modules();
        let mut revived = Vec::new();
        let parts: Vec<(u8, bool)> = self
            .parts
            .values()
            .map(|part| (part.address(), self.supply.carries(&modules, part.feed)))
            .collect();
        for (address, is_fed) in parts {
            if !is_fed {
                if let Some(mut gone) = self.remove(address, effects) {
                    // Nothing comes out of it any more.
                    gone.apply(at, &ipmc::Input::Unpowered, &mut Vec::new());
                    self.dark.insert(address, gone);
                }
            } else if let Some(back) = self.dark.remove(&address) {
                self.controllers.insert(address, back);
                self.forget_readings(address);
                revived.push(address);
            }
        }
        revived.into_iter()
    }

    /// The controllers notice which bus does not work.
    fn follow_buses(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        if self.failing.is_empty() && self.injector.faults().next().is_none() {
            return;
        }
        let mut works = VecDeque::new();
        for address in self
            .parts
            .keys()
            .filter(|at| self.controllers.contains_key(at))
        {
            for bus in [IpmbBus::A, IpmbBus::B] {
                let fails = self.injector.is_stuck(bus, [*address, *address]);
                let link = (*address, bus);
                let is_news = match fails {
                    true => self.failing.insert(link),
                    false => self.failing.remove(&link),
                };
                if is_news {
                    let status = match fails {
                        true => bus_status::DATA_NOT_HIGH,
                        false => bus_status::WORKS,
                    };
                    let bus = bus.driver();
                    let input = ipmc::Input::BusChanged { bus, status };
                    works.push_back(Work::Notice(*address, input));
                }
            }
        }
        self.work(at, works, effects);
    }

    /// The arbitration line goes to who is there; the shelf manager hears who has it.
    fn follow_line(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let cmms = self.parts.values().filter(|part| part.is_cmm());
        let cmms = cmms.map(Part::address);
        let alive: Vec<u8> = cmms
            .filter(|address| self.controllers.contains_key(address))
            .collect();
        let before = self.owner;
        let keeps = before.filter(|owner| alive.contains(owner));
        self.owner = keeps.or(alive.first().copied());
        match (before, self.owner) {
            (Some(_), None) => {
                self.bus.forget_orders();
                let why = DownReason::Unreachable("no shelf manager has power".into());
                effects.push(Effect::Event(PortEvent::Down(why)));
            }
            (None, Some(_)) => effects.push(Effect::Event(PortEvent::Up)),
            (Some(_), Some(_)) | (None, None) => (),
        }
        let Some(active) = self.owner else {
            return;
        };
        let backup = alive.into_iter().find(|address| *address != active);
        let told = (active, backup.unwrap_or(NO_BACKUP));
        let mut works = VecDeque::new();
        if self.managers_told.replace(told) != Some(told) {
            let (active, backup) = told;
            let input = ipmc::Input::ShelfManagersChanged { active, backup };
            works.push_back(Work::Notice(SHELF_MANAGER, input));
        }
        works.extend(self.collect());
        self.work(at, works, effects);
    }

    /// The records of all controllers, where they have changed.
    fn collect(&mut self) -> Option<Work> {
        let present: BTreeSet<u8> = self.controllers.keys().copied().collect();
        if !self.config.collects_records || present == self.collected {
            return None;
        }
        self.collected = present;
        let others = self.controllers.iter();
        let others = others.filter(|(address, _)| **address != SHELF_MANAGER);
        let records = others.flat_map(|(_, controller)| controller.records().iter().cloned());
        let input = ipmc::Input::RecordsCollected(records.collect());
        Some(Work::Notice(SHELF_MANAGER, input))
    }
}
