//! The watchdog timer of the shelf manager: it tells of who promised to come again, and did not.
//!
//! Choice: it watches over a program of an operator, as blades have watchdog timers of their own
//! and the shelf manager is watched over by its host. So at its end nobody is reset or loses power:
//! it becomes an event, which alerts whom it shall alert. For the same reason it counts on while
//! the shelf manager is away: the program was to come again by then.
//!
//! Source: IPMI v2.0 §27.

use crate::{EventSource, Observation};
use core::time::Duration;
use ipmi::command::watchdog::{
    DONT_LOG, RUNNING, SetWatchdogTimer, WatchdogTimer, pre_timeout, timeout_action, timer_use,
};
use ipmi::message::CompletionCode;
use ipmi::sel::{EVENT_TYPE_SENSOR_SPECIFIC, Event, Record, RecordBody, UNSPECIFIED};
use machine::Time;
use serde::{Deserialize, Serialize};

/// IPMB-0 address of the shelf manager.
const SHELF_MANAGER: u8 = 0x20;
/// Software and sensors of the shelf manager speak this event message format.
/// Source: IPMI v2.0 Table 29-5.
const EVENT_REVISION: u8 = 0x04;
/// Sensor type: watchdog 2. Source: IPMI v2.0 Table 42-3.
const SENSOR_TYPE_WATCHDOG_2: u8 = 0x23;
/// The timer expired: offset 0, event data 2 is specific to the sensor.
/// Source: IPMI v2.0 Table 42-3.
const EXPIRED: u8 = 0xc0;
/// Bits of the use.
const USE: u8 = 0b111;
/// Bits of interrupt and action.
const ACTIONS: u8 = 0b111 << 4 | 0b111;
/// No time: the event log has that of its arrival. Source: IPMI v2.0 §37.1.
const TIME_UNKNOWN: u32 = u32::MAX;
/// Unit of the countdown.
const COUNT: Duration = Duration::from_millis(100);

/// What changes the timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WatchdogInput {
    /// Sets it; [`Watchdog::admit`] says whether that is possible.
    Set(SetWatchdogTimer),
    /// Starts it, or starts it anew.
    Reset,
}

/// The timer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watchdog {
    /// As it was set last; `None` before that.
    set: Option<SetWatchdogTimer>,
    /// Expiry flags: bit n is timer use n.
    expired: u8,
    /// When it expires; `None` while it does not run.
    expires_at: Option<Time>,
    /// What is left while it does not run, 100 ms.
    stopped_at: u16,
}

impl Watchdog {
    /// Reset Watchdog Timer: it was never set. Source: IPMI v2.0 §27.5.
    pub const NEVER_SET: CompletionCode = CompletionCode(0x80);

    /// Whether `input` is possible.
    pub fn admit(&self, input: &WatchdogInput) -> Result<(), CompletionCode> {
        const NOTHING: u8 = pre_timeout::NONE | timeout_action::NONE;
        match input {
            WatchdogInput::Reset if self.set.is_none() => Err(Self::NEVER_SET),
            WatchdogInput::Reset => Ok(()),
            WatchdogInput::Set(order) => {
                let uses = timer_use::BIOS_FRB2..=timer_use::OEM;
                let is_known = uses.contains(&(order.timer_use & USE));
                if is_known && order.actions & ACTIONS == NOTHING {
                    Ok(())
                } else {
                    Err(CompletionCode::INVALID_FIELD)
                }
            }
        }
    }

    /// How it is set, and what is left of it.
    #[must_use]
    pub fn timer(&self, now: Time) -> WatchdogTimer {
        let running = if self.expires_at.is_some() {
            RUNNING
        } else {
            0
        };
        let set = self.set.as_ref();
        WatchdogTimer {
            timer_use: set.map_or(0, |set| set.timer_use & (DONT_LOG | USE)) | running,
            actions: 0,
            pre_timeout_s: set.map_or(0, |set| set.pre_timeout_s),
            expired: self.expired,
            initial: set.map_or(0, |set| set.initial),
            present: self.present(now),
        }
    }

    /// Rounded up.
    fn present(&self, now: Time) -> u16 {
        self.expires_at.map_or(self.stopped_at, |at| {
            let counts = at.since(now).as_nanos().div_ceil(COUNT.as_nanos());
            u16::try_from(counts).unwrap_or(u16::MAX)
        })
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.expires_at
    }

    /// Takes in what was admitted; anything else changes nothing.
    pub(super) fn take(&mut self, now: Time, input: &WatchdogInput) {
        if self.admit(input).is_err() {
            return;
        }
        match input {
            WatchdogInput::Set(order) => self.set(now, order),
            WatchdogInput::Reset => self.start(now),
        }
    }

    fn set(&mut self, now: Time, order: &SetWatchdogTimer) {
        self.expired &= !order.expired;
        self.stopped_at = order.initial;
        let goes_on = order.timer_use & RUNNING != 0 && self.expires_at.is_some();
        self.expires_at = None;
        self.set = Some(order.clone());
        if goes_on {
            self.start(now);
        }
    }

    fn start(&mut self, now: Time) {
        let initial = self.set.as_ref().map(|set| COUNT * u32::from(set.initial));
        self.expires_at = initial.map(|initial| now.after(initial));
    }

    /// Expires when it is time; `Some` is the event of it, unless it is not to be logged.
    pub(super) fn expire(&mut self, now: Time) -> Option<Event> {
        self.expires_at.take_if(|at| *at <= now)?;
        self.stopped_at = 0;
        let timer_use = self.set.as_ref()?.timer_use;
        self.expired |= 1 << (timer_use & USE);
        (timer_use & DONT_LOG == 0).then_some(Event {
            generator: SHELF_MANAGER,
            generator_lun: 0,
            revision: EVENT_REVISION,
            sensor_type: SENSOR_TYPE_WATCHDOG_2,
            number: UNSPECIFIED,
            assertion: true,
            event_type: EVENT_TYPE_SENSOR_SPECIFIC,
            // No interrupt came before it.
            data: [EXPIRED, timer_use & USE, UNSPECIFIED],
        })
    }
}

/// Our own event, for the event log.
pub(super) fn observation(event: Event) -> Observation {
    let timestamp = TIME_UNKNOWN;
    Observation::Event {
        record: Record {
            id: 0,
            body: RecordBody::Event { timestamp, event },
        },
        source: EventSource::Pushed,
        change: None,
    }
}
