//! Restarts of the controller: by command, and with new firmware.
//!
//! While it restarts the controller is silent. Payload power stays as it is, and so do the hot swap
//! states: a restart is not a removal.
//!
//! Choice: what happens to the hardware meanwhile is noticed afterwards, as a handle and a sensor
//! are still where they went when somebody looks at them again.
//!
//! Source: IPMI v2.0 §20.2, §20.3; PICMG HPM.1 R1.0 §3.4.

use crate::console::Console;
use crate::hpm::FlashOrder;
use crate::interface::{Effect, Input};
use crate::sensor::Sensor;
use crate::{Ipmc, SHELF_MANAGER};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::picmg::GetPicmgProperties;
use ipmi::message::{CompletionCode, Request, Response};
use machine::{Pos, Time};
use serde::{Deserialize, Serialize};

/// Most inputs that are kept until the controller is back; later ones are lost.
pub const MISSED_MAX: usize = 64;

/// A restart under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restart {
    pub(crate) back_at: Time,
    /// Whether sensors and receivers begin anew.
    is_cold: bool,
    /// What happened meanwhile.
    missed: Vec<Input>,
}

impl Ipmc {
    /// Answers a request of HPM.1.
    pub(crate) fn upgrade(
        &mut self,
        now: Time,
        (from, request): (u8, &Request),
        effects: &mut Vec<Effect>,
    ) -> Response {
        let mut orders = Vec::new();
        let target = self.firmware.as_mut();
        let response = target.and_then(|target| target.answer(now, (from, request), &mut orders));
        self.flash(now, orders, effects);
        let unknown = || GetPicmgProperties::refuse(CompletionCode::INVALID_COMMAND);
        response.unwrap_or_else(unknown)
    }

    /// Time went by for the firmware.
    pub(crate) fn tick_firmware(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let mut orders = Vec::new();
        if let Some(target) = &mut self.firmware {
            target.tick(now, &mut orders);
        }
        self.flash(now, orders, effects);
    }

    fn flash(&mut self, now: Time, orders: Vec<FlashOrder>, effects: &mut Vec<Effect>) {
        let boots = orders.iter().any(|order| match order {
            FlashOrder::Activate { .. } | FlashOrder::Rollback { .. } => true,
            FlashOrder::Erase { .. } | FlashOrder::Write { .. } | FlashOrder::Backup { .. } => {
                false
            }
        });
        effects.extend(orders.into_iter().map(Effect::Flash));
        if boots {
            self.restart(now, true, effects);
        }
    }

    /// Restarts the controller: cold, with all sensors as they come up, or warm.
    pub(crate) fn restart(&mut self, now: Time, is_cold: bool, effects: &mut Vec<Effect>) {
        effects.push(Effect::Restart);
        self.forget_consoles();
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.forget();
        }
        self.restarting = Some(Restart {
            back_at: now.after(self.config.restart_time),
            is_cold,
            missed: Vec::new(),
        });
        if self.config.restart_time.is_zero() {
            let at = Pos {
                index: 0,
                time: now,
            };
            self.come_back(at, effects);
        }
    }

    /// What a controller that restarts makes of an input.
    pub(crate) fn react_silently(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let Some(restart) = &mut self.restarting else {
            return;
        };
        match input {
            Input::Tick => {
                if restart.back_at <= at.time {
                    self.come_back(at, effects);
                }
            }
            // Nobody is there, neither to answer nor to be powered for the first time.
            Input::Request { .. } | Input::Powered => (),
            Input::Unpowered => {
                self.restarting = None;
                self.react(at, input, effects);
            }
            Input::SensorChanged { number, raw } => self.feel(*number, u16::from(*raw)),
            Input::StatesChanged { number, states } => self.feel(*number, *states),
            Input::ConsoleOutput { fru_id, bytes } => {
                let console = self.consoles.get_mut(fru_id);
                if let Some(console) = console.filter(|_| !bytes.is_empty()) {
                    console.misses();
                }
            }
            Input::FirmwareFailed { component } => self.firmware_failed(*component),
            Input::HandleOpened
            | Input::HandleClosed
            | Input::ModuleInserted { .. }
            | Input::ModuleExtracted { .. }
            | Input::ModuleHandle { .. }
            | Input::BusChanged { .. }
            | Input::PowerWanted { .. }
            | Input::ResourceWanted(_)
            | Input::ResourceDone(_)
            | Input::Answered { .. }
            | Input::ShelfManagersChanged { .. }
            | Input::RecordsCollected(_) => {
                if restart.missed.len() < MISSED_MAX {
                    restart.missed.push(input.clone());
                }
            }
        }
    }

    /// A sensor measures something else, which nobody looks at now.
    fn feel(&mut self, number: u8, raw: u16) {
        if let Some(sensor) = self.sensors.get_mut(&number) {
            sensor.raw = raw;
        }
    }

    /// Management power came: firmware that was to start starts.
    pub(crate) fn firmware_powered(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let mut orders = Vec::new();
        if let Some(target) = &mut self.firmware {
            target.powered(now, &mut orders);
        }
        self.flash(now, orders, effects);
    }

    /// What was ordered of the flash memory did not work, or new firmware does not start.
    pub(crate) fn firmware_failed(&mut self, component: u8) {
        if let Some(target) = &mut self.firmware {
            target.fail(component);
        }
    }

    fn come_back(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let Some(restart) = self.restarting.take() else {
            return;
        };
        if restart.is_cold {
            self.set_defaults();
        }
        let numbers: Vec<u8> = self.sensors.keys().copied().collect();
        for number in numbers {
            self.measure(number, effects);
        }
        let mut orders = Vec::new();
        if let Some(target) = &mut self.firmware {
            target.restarted(at.time, &mut orders);
        }
        // Before the next restart, which the firmware may ask for already.
        for input in &restart.missed {
            self.react(at, input, effects);
        }
        self.flash(at.time, orders, effects);
    }

    pub(crate) fn forget_consoles(&mut self) {
        self.consoles.values_mut().for_each(Console::forget);
    }

    /// Sensors and receivers as they are after power-up; what sensors measure stays.
    pub(crate) fn set_defaults(&mut self) {
        for config in &self.config.sensors {
            if let Some(sensor) = self.sensors.get_mut(&config.number) {
                let raw = sensor.raw;
                *sensor = Sensor::new(config);
                sensor.raw = raw;
            }
        }
        self.event_receiver = SHELF_MANAGER;
        self.event_receiver_lun = 0;
        self.global_enables = 0;
    }
}
