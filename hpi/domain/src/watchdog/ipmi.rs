//! Watchdog timers as IPM controllers have them.
//!
//! Choice: times are rounded up to what the controller counts, seconds and tenths of them.
//!
//! Source: IPMI v2.0 §27, Table 42-3 (watchdog 2); numbers of uses and actions are HPI's.

use super::WatchdogCall;
use hpi_model::{
    EventKind, HpiError, Severity, WATCHDOG_EXPIRED_MASK, WATCHDOG_TIMER_INTERRUPT, Watchdog,
    WatchdogAction, WatchdogPretimer, WatchdogUse,
};
use ipmi::command::watchdog::{DONT_LOG, RUNNING, SetWatchdogTimer, WatchdogTimer};
use ipmi::sel::Event;
use serde::{Deserialize, Serialize};

/// Sensor type: watchdog 2. Source: IPMI v2.0 Table 42-3.
pub(crate) const SENSOR_TYPE: u8 = 0x23;
/// Unit of the countdown.
const COUNT_MS: u32 = 100;
/// Unit of the time before the end.
const SECOND_MS: u32 = 1_000;
/// Bits of use and action.
const LOW: u8 = 0b111;
/// Event data 1: event data 2 is specific to the sensor.
const SPECIFIC: u8 = 0xc0;

/// What a watchdog timer of a controller is ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WatchdogOrder {
    /// Set Watchdog Timer.
    Set(SetWatchdogTimer),
    /// Reset Watchdog Timer.
    Reset,
}

/// The order that is a user's call; what no controller can do is refused.
pub fn order(call: &WatchdogCall) -> Result<WatchdogOrder, HpiError> {
    match call {
        WatchdogCall::Set(wanted) => set(wanted).map(WatchdogOrder::Set),
        WatchdogCall::Reset => Ok(WatchdogOrder::Reset),
    }
}

fn set(wanted: &Watchdog) -> Result<SetWatchdogTimer, HpiError> {
    let is_use = !matches!(
        wanted.timer_use,
        WatchdogUse::None | WatchdogUse::Unspecified
    );
    let is_pretimer = wanted.pretimer != WatchdogPretimer::Oem;
    if !is_use || !is_pretimer || wanted.pre_timeout_ms > wanted.initial_ms {
        return Err(HpiError::InvalidData);
    }
    let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let pre_timeout = wanted.pre_timeout_ms.div_ceil(SECOND_MS);
    let initial = wanted.initial_ms.div_ceil(COUNT_MS);
    Ok(SetWatchdogTimer {
        timer_use: low(wanted.timer_use.number())
            | flag(!wanted.log, DONT_LOG)
            | flag(wanted.running, RUNNING),
        actions: low(wanted.pretimer.number()) << 4 | low(wanted.action.number()),
        pre_timeout_s: u8::try_from(pre_timeout).map_err(|_| HpiError::InvalidData)?,
        expired: wanted.expired & WATCHDOG_EXPIRED_MASK,
        initial: u16::try_from(initial).map_err(|_| HpiError::InvalidData)?,
    })
}

fn low(number: u32) -> u8 {
    number.to_le_bytes()[0] & LOW
}

/// What a controller says of its timer. What HPI has no number for is the manufacturer's own.
pub fn shown(timer: &WatchdogTimer) -> Watchdog {
    let (timer_use, action) = (timer.timer_use & LOW, timer.actions & LOW);
    Watchdog {
        log: timer.timer_use & DONT_LOG == 0,
        running: timer.timer_use & RUNNING != 0,
        timer_use: WatchdogUse::from_number(timer_use.into()).unwrap_or(WatchdogUse::Oem),
        action: WatchdogAction::from_number(action.into()).unwrap_or(WatchdogAction::NoAction),
        pretimer: pretimer(timer.actions >> 4 & LOW),
        pre_timeout_ms: u32::from(timer.pre_timeout_s) * SECOND_MS,
        expired: timer.expired & WATCHDOG_EXPIRED_MASK,
        initial_ms: u32::from(timer.initial) * COUNT_MS,
        present_ms: u32::from(timer.present) * COUNT_MS,
    }
}

fn pretimer(number: u8) -> WatchdogPretimer {
    WatchdogPretimer::from_number(number.into()).unwrap_or(WatchdogPretimer::Oem)
}

/// The event of a watchdog 2 sensor; `None` when it is none, or nothing was asserted.
pub(crate) fn event(event: &Event) -> Option<(Severity, EventKind)> {
    if event.sensor_type != SENSOR_TYPE || !event.assertion {
        return None;
    }
    let offset = u32::from(event.offset());
    let severity = match offset {
        WATCHDOG_TIMER_INTERRUPT => Severity::Minor,
        _ if WatchdogAction::from_number(offset).is_some() => Severity::Major,
        _ => return None,
    };
    let [first, second, _] = event.data;
    let (pretimer, timer_use) = if first & SPECIFIC == SPECIFIC {
        let timer_use = WatchdogUse::from_number((second & 0x0f).into());
        (
            match second >> 4 {
                // Not told: none that anybody knows of.
                0x0f => WatchdogPretimer::None,
                number => pretimer(number),
            },
            timer_use.unwrap_or(WatchdogUse::Oem),
        )
    } else {
        (WatchdogPretimer::None, WatchdogUse::Unspecified)
    };
    let kind = EventKind::Watchdog {
        num: 0,
        action: offset,
        pretimer: pretimer.number(),
        timer_use: timer_use.number(),
    };
    Some((severity, kind))
}
