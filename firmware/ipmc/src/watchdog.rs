//! The watchdog timer of the payload of FRU 0.
//!
//! The payload sets and resets the timer; when it forgets to, it is reset, or loses power, and the
//! event log tells what it was doing.
//!
//! Choice: the timer stops when the payload is reset or loses power, whoever does that: what would
//! reset the timer is not there any more.
//!
//! Source: IPMI v2.0 §27.

use crate::answer::reply;
use crate::config::{Reading, SensorConfig};
use crate::fru::OWN;
use crate::interface::Effect;
use crate::{Ipmc, WatchdogConfig};
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::picmg::control;
use ipmi::command::watchdog::{
    DONT_LOG, GetWatchdogTimer, RUNNING, ResetWatchdogTimer, SetWatchdogTimer, WatchdogTimer,
    pre_timeout, timeout_action, timer_use,
};
use ipmi::command::{Command, Empty};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::sdr::Entity;
use ipmi::sel::{EVENT_TYPE_SENSOR_SPECIFIC, UNSPECIFIED};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Reset Watchdog Timer: it was never set. Source: IPMI v2.0 §27.5.
const NEVER_SET: CompletionCode = CompletionCode(0x80);
/// Sensor type: watchdog 2. Source: IPMI v2.0 Table 42-3.
const SENSOR_TYPE_WATCHDOG_2: u8 = 0x23;
/// Offset of the event: timer interrupt. Those of the timeouts are the actions.
const TIMER_INTERRUPT: u8 = 8;
/// Event data 1: data 2 is specific to the sensor, data 3 unspecified.
const SPECIFIC: u8 = 0xc0;
/// Bits of the use.
const USE: u8 = 0b111;
/// Bits of the interrupt.
const INTERRUPT: u8 = 0b111 << 4;
/// Bits of the action.
const ACTION: u8 = 0b111;
/// Unit of the countdown.
const COUNT: Duration = Duration::from_millis(100);

/// The timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watchdog {
    config: WatchdogConfig,
    /// As it was set last; `None` before that.
    set: Option<SetWatchdogTimer>,
    /// Uses whose timers expired.
    expired: u8,
    /// When the timer expires; `None` while it does not run.
    expires_at: Option<Time>,
    /// What is left when it does not run.
    stopped_at: u16,
    /// Whether the pre-timeout interrupt was raised since the timer was started.
    is_raised: bool,
    /// The message flag of the pre-timeout interrupt.
    pub(crate) is_flagged: bool,
    /// When the payload gets power again, in a power cycle.
    cycle_at: Option<Time>,
}

/// What the timer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bite {
    /// The interrupt before the timeout.
    Interrupt(u8),
    /// The action at the timeout.
    Action(u8),
    /// Payload power comes back.
    PowerUp,
}

impl Watchdog {
    pub(crate) fn new(config: &WatchdogConfig) -> Self {
        Self {
            config: config.clone(),
            set: None,
            expired: 0,
            expires_at: None,
            stopped_at: 0,
            is_raised: false,
            is_flagged: false,
            cycle_at: None,
        }
    }

    /// The controller restarts: the timer is as at power-up. A power cycle is finished.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            cycle_at: self.cycle_at,
            ..Self::new(&self.config)
        };
    }

    /// The payload is reset, or has no power any more.
    pub(crate) fn stop(&mut self, now: Time) {
        self.stopped_at = self.present(now);
        self.expires_at = None;
    }

    /// When something happens next.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let times = [self.interrupt_at(), self.expires_at, self.cycle_at];
        times.into_iter().flatten().min()
    }

    /// When the interrupt is due that is not raised yet.
    fn interrupt_at(&self) -> Option<Time> {
        let set = self.set.as_ref().filter(|_| !self.is_raised)?;
        if set.actions & INTERRUPT == pre_timeout::NONE {
            return None;
        }
        let interval = Duration::from_secs(set.pre_timeout_s.into());
        let before = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        Some(Time(self.expires_at?.0.saturating_sub(before)))
    }

    /// Countdown, in 100 ms, rounded up.
    fn present(&self, now: Time) -> u16 {
        self.expires_at.map_or(self.stopped_at, |at| {
            let counts = at.since(now).as_nanos().div_ceil(COUNT.as_nanos());
            u16::try_from(counts).unwrap_or(u16::MAX)
        })
    }

    fn start(&mut self, now: Time, initial: u16) {
        self.expires_at = Some(now.after(COUNT * u32::from(initial)));
        self.is_raised = false;
    }

    fn set(&mut self, now: Time, order: SetWatchdogTimer) {
        self.expired &= !order.expired;
        self.is_flagged = false;
        let goes_on = order.timer_use & RUNNING != 0 && self.expires_at.is_some();
        self.expires_at = None;
        self.stopped_at = order.initial;
        if goes_on {
            self.start(now, order.initial);
        }
        self.set = Some(order);
    }

    fn reset(&mut self, now: Time) -> Result<Empty, CompletionCode> {
        let initial = self.set.as_ref().ok_or(NEVER_SET)?.initial;
        self.start(now, initial);
        Ok(Empty {})
    }

    fn get(&self, now: Time) -> WatchdogTimer {
        let running = if self.expires_at.is_some() {
            RUNNING
        } else {
            0
        };
        let set = self.set.as_ref();
        WatchdogTimer {
            timer_use: set.map_or(0, |set| set.timer_use & (DONT_LOG | USE)) | running,
            actions: set.map_or(0, |set| set.actions),
            pre_timeout_s: set.map_or(0, |set| set.pre_timeout_s),
            expired: self.expired,
            initial: set.map_or(0, |set| set.initial),
            present: self.present(now),
        }
    }

    /// Takes what is due now; one thing after the other.
    fn bite(&mut self, now: Time) -> Option<Bite> {
        let is_due = |at: Option<Time>| at.is_some_and(|at| at <= now);
        if is_due(self.cycle_at) {
            self.cycle_at = None;
            return Some(Bite::PowerUp);
        }
        let set = self.set.as_ref()?;
        if is_due(self.interrupt_at()) {
            let interrupt = set.actions & INTERRUPT;
            self.is_raised = true;
            self.is_flagged |= interrupt == pre_timeout::MESSAGING;
            return Some(Bite::Interrupt(interrupt));
        }
        if is_due(self.expires_at) {
            let action = set.actions & ACTION;
            self.expired |= 1 << (set.timer_use & USE);
            self.expires_at = None;
            self.stopped_at = 0;
            if action == timeout_action::POWER_CYCLE {
                self.cycle_at = Some(now.after(self.config.off_time));
            }
            return Some(Bite::Action(action));
        }
        None
    }

    /// Event data of what it did; `None` when that shall not be logged.
    fn event_data(&self, bite: Bite) -> Option<[u8; 3]> {
        let offset = match bite {
            Bite::Interrupt(_) => TIMER_INTERRUPT,
            Bite::Action(action) => action,
            Bite::PowerUp => return None,
        };
        let set = self.set.as_ref()?;
        let is_logged = set.timer_use & DONT_LOG == 0;
        let data = set.actions & INTERRUPT | set.timer_use & USE;
        is_logged.then_some([SPECIFIC | offset, data, UNSPECIFIED])
    }
}

/// The watchdog 2 sensor, for [`crate::Config::sensors`]: its events tell what the timer did.
///
/// Source: IPMI v2.0 Table 42-3, sensor type 23h.
#[must_use]
pub fn watchdog_sensor(number: u8, entity: Entity, name: &str) -> SensorConfig {
    SensorConfig {
        number,
        sensor_type: SENSOR_TYPE_WATCHDOG_2,
        entity,
        name: name.into(),
        reading: Reading::Discrete {
            event_type: EVENT_TYPE_SENSOR_SPECIFIC,
            // Expired, hard reset, power down, power cycle; timer interrupt.
            states: 0b1111 | 1 << TIMER_INTERRUPT,
        },
        ..SensorConfig::default()
    }
}

impl Ipmc {
    /// Answers a request about the watchdog timer.
    pub(crate) fn watchdog_timer(&mut self, now: Time, request: &Request) -> Response {
        let can_cut = self.hot_swap_state().is_some();
        let Some(watchdog) = &mut self.watchdog else {
            return Response::from(CompletionCode::INVALID_COMMAND);
        };
        match request.command {
            SetWatchdogTimer::COMMAND => reply::<SetWatchdogTimer>(request, |order| {
                check(&order, can_cut)?;
                watchdog.set(now, order);
                Ok(Empty {})
            }),
            ResetWatchdogTimer::COMMAND => {
                reply::<ResetWatchdogTimer>(request, |_| watchdog.reset(now))
            }
            _ => reply::<GetWatchdogTimer>(request, |_| Ok(watchdog.get(now))),
        }
    }

    /// Time went by for the watchdog timer.
    pub(crate) fn tick_watchdog(&mut self, now: Time, effects: &mut Vec<Effect>) {
        while let Some(bite) = self
            .watchdog
            .as_mut()
            .and_then(|watchdog| watchdog.bite(now))
        {
            self.tell_bite(bite, effects);
            let is_on = self.payload_on(OWN);
            match bite {
                Bite::Interrupt(pre_timeout::NMI) if is_on => {
                    effects.push(Effect::PayloadControl(control::DIAGNOSTIC_INTERRUPT));
                }
                Bite::Action(timeout_action::HARD_RESET) if is_on => {
                    effects.push(Effect::PayloadControl(control::COLD_RESET));
                }
                Bite::Action(timeout_action::POWER_DOWN | timeout_action::POWER_CYCLE) => {
                    self.cut_payload(now, OWN, effects);
                }
                Bite::PowerUp => self.power_again(now, effects),
                Bite::Interrupt(_) | Bite::Action(_) => (),
            }
        }
    }

    /// Sends the event of what the timer did.
    fn tell_bite(&mut self, bite: Bite, effects: &mut Vec<Effect>) {
        let Some(watchdog) = &self.watchdog else {
            return;
        };
        let sensor = self.sensors.get_mut(&watchdog.config.sensor);
        let address = self.config.address;
        let event = watchdog
            .event_data(bite)
            .zip(sensor)
            .and_then(|(data, sensor)| sensor.momentary(address, data));
        if let Some(event) = event {
            self.send_event(event, effects);
        }
    }

    /// The second half of a power cycle; not, when the shelf manager took the level meanwhile.
    fn power_again(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.power_level(OWN) != Some(0) {
            self.start_payload(now, OWN, effects);
        }
    }

    /// The payload of a FRU is reset, or has no power any more.
    pub(crate) fn payload_stopped(&mut self, now: Time, fru_id: u8) {
        if let Some(watchdog) = self.watchdog.as_mut().filter(|_| fru_id == OWN) {
            watchdog.stop(now);
        }
    }
}

/// Choice: a board has no line for an SMI; an interrupt must not be due before the timer starts;
/// and only a payload that can be swapped can lose power.
fn check(order: &SetWatchdogTimer, can_cut: bool) -> Result<(), CompletionCode> {
    let is_use = (timer_use::BIOS_FRB2..=timer_use::OEM).contains(&(order.timer_use & USE));
    let is_clean = order.timer_use & !(DONT_LOG | RUNNING | USE) == 0
        && order.actions & !(INTERRUPT | ACTION) == 0;
    let interrupt = order.actions & INTERRUPT;
    let is_interrupt = match interrupt {
        pre_timeout::NONE => true,
        pre_timeout::NMI | pre_timeout::MESSAGING => {
            u16::from(order.pre_timeout_s) * 10 <= order.initial
        }
        _ => false,
    };
    let is_action = match order.actions & ACTION {
        timeout_action::NONE | timeout_action::HARD_RESET => true,
        timeout_action::POWER_DOWN | timeout_action::POWER_CYCLE => can_cut,
        _ => false,
    };
    let is_valid = is_use && is_clean && is_interrupt && is_action;
    is_valid.then_some(()).ok_or(CompletionCode::INVALID_FIELD)
}

#[cfg(test)]
mod tests;
