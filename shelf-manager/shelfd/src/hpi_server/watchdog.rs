//! Watchdog timers: of the domain, of the shelf manager, of other controllers.

use super::control::target;
use super::resource::find;
use super::{Outcome, Step, View, hardware_error, reply};
use hpi_domain::watchdog::ipmi as mapping;
use hpi_domain::{WatchdogCall, WatchdogOrder};
use hpi_model::{
    Capabilities, HpiError, RdrType, Watchdog, WatchdogAction, WatchdogPretimer, WatchdogUse,
};
use ipmi::command::Command;
use ipmi::command::watchdog::{GetWatchdogTimer, ResetWatchdogTimer};
use ipmi::message::{CompletionCode, Response};
use ipmi::port::Target;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{Function, WatchdogTimerGet};
use openhpi_wire::types;
use shelf::WatchdogInput;

/// Reset Watchdog Timer: it was never set. Source: IPMI v2.0 §27.5.
const NEVER_SET: CompletionCode = CompletionCode(0x80);

/// Whose a timer is.
enum Timer<'a> {
    Domain(&'a hpi_domain::WatchdogTimer),
    ShelfManager,
    Controller(Target),
}

/// How an order reaches its timer.
pub(super) enum Change {
    /// Through the log.
    Log(WatchdogCall),
    /// At its controller.
    Order(Target, WatchdogOrder),
}

fn of(view: View<'_>, (resource, num): (u32, u32)) -> Result<Timer<'_>, HpiError> {
    let resource = find(view, resource)?;
    if !resource.rpt.capabilities.has(Capabilities::WATCHDOG) {
        return Err(HpiError::Capability);
    }
    let rdr = resource.rdr_of(RdrType::Watchdog, num);
    rdr.ok_or(HpiError::NotPresent)?;
    if resource.has_shelf_watchdog(num) {
        return Ok(Timer::ShelfManager);
    }
    let own = resource.kept.watchdogs.get(&num).map(Timer::Domain);
    let controller = resource.fru.map(|fru| target(fru.address));
    own.or(controller.map(Timer::Controller))
        .ok_or(HpiError::NotPresent)
}

/// `saHpiWatchdogTimerGet`.
pub(super) fn get(view: View<'_>, order: ByteOrder, timer: (u32, u32)) -> Outcome {
    let say = move |shown: Result<Watchdog, HpiError>| {
        reply::<WatchdogTimerGet>(order, &shown.map(|shown| wire(&shown)))
    };
    let shown = match of(view, timer) {
        Ok(Timer::Domain(timer)) => Ok(timer.shown(view.now)),
        Ok(Timer::ShelfManager) => Ok(mapping::shown(
            &view.appliance.shelf.watchdog().timer(view.now),
        )),
        Ok(Timer::Controller(target)) => {
            let then = move |response: Response| {
                let read = GetWatchdogTimer::read_response(&response);
                let read = read.map_err(|_| hardware_error(&response));
                Step::Reply(say(read.map(|timer| mapping::shown(&timer))))
            };
            return Outcome::Ask(target, GetWatchdogTimer {}.request(), Box::new(then));
        }
        Err(why) => Err(why),
    };
    Outcome::Reply(say(shown))
}

/// How a timer is changed; what the shelf manager's does not admit is refused at once.
pub(super) fn change(
    view: View<'_>,
    timer: (u32, u32),
    wanted: WatchdogCall,
) -> Result<Change, HpiError> {
    match of(view, timer)? {
        Timer::Domain(_) => Ok(Change::Log(wanted)),
        Timer::ShelfManager => {
            let input = match mapping::order(&wanted)? {
                WatchdogOrder::Set(set) => WatchdogInput::Set(set),
                WatchdogOrder::Reset => WatchdogInput::Reset,
            };
            let admitted = view.appliance.shelf.watchdog().admit(&input);
            admitted.map_err(|code| refused(&Response::from(code)))?;
            Ok(Change::Log(wanted))
        }
        Timer::Controller(target) => Ok(Change::Order(target, mapping::order(&wanted)?)),
    }
}

/// Orders something of a controller's timer.
pub(super) fn order<F: Function<Reply = ()>>(
    order: ByteOrder,
    target: Target,
    wanted: &WatchdogOrder,
) -> Outcome {
    let done = move |response: Response| {
        let result = match response.code {
            CompletionCode::OK => Ok(()),
            _ => Err(refused(&response)),
        };
        Step::Reply(reply::<F>(order, &result))
    };
    let reset = move |response: Response| match GetWatchdogTimer::read_response(&response) {
        Ok(timer) if is_interrupted(&mapping::shown(&timer)) => {
            Step::Reply(reply::<F>(order, &Err(HpiError::InvalidRequest)))
        }
        Ok(_) => Step::Ask(target, ResetWatchdogTimer {}.request(), Box::new(done)),
        Err(_) => Step::Reply(reply::<F>(order, &Err(hardware_error(&response)))),
    };
    match wanted {
        WatchdogOrder::Set(set) => Outcome::Ask(target, set.request(), Box::new(done)),
        WatchdogOrder::Reset => {
            Outcome::Ask(target, GetWatchdogTimer {}.request(), Box::new(reset))
        }
    }
}

/// Whether the pre-timeout interrupt came: then the timer is not reset, though some controllers say
/// that it is.
///
/// Source: SAI-HPI-B.03.02, `saHpiWatchdogTimerReset`, remarks.
fn is_interrupted(timer: &Watchdog) -> bool {
    let interrupts = timer.pretimer != WatchdogPretimer::None;
    timer.running && interrupts && timer.present_ms <= timer.pre_timeout_ms
}

/// A timer that was never set, or whose interrupt came, is not in a state to be reset.
fn refused(response: &Response) -> HpiError {
    match response.code {
        NEVER_SET | CompletionCode::NOT_IN_STATE => HpiError::InvalidRequest,
        _ => hardware_error(response),
    }
}

/// A timer as a caller wants it.
pub(super) fn model(timer: &types::Watchdog) -> Result<Watchdog, HpiError> {
    let action = WatchdogAction::from_number(timer.timer_action);
    let pretimer = WatchdogPretimer::from_number(timer.pretimer_interrupt);
    Ok(Watchdog {
        log: timer.log,
        running: timer.running,
        timer_use: WatchdogUse::from_number(timer.timer_use).ok_or(HpiError::InvalidParams)?,
        action: action.ok_or(HpiError::InvalidParams)?,
        pretimer: pretimer.ok_or(HpiError::InvalidParams)?,
        pre_timeout_ms: timer.pre_timeout_interval,
        expired: timer.timer_use_exp_flags,
        initial_ms: timer.initial_count,
        present_ms: 0,
    })
}

fn wire(timer: &Watchdog) -> types::Watchdog {
    types::Watchdog {
        log: timer.log,
        running: timer.running,
        timer_use: timer.timer_use.number(),
        timer_action: timer.action.number(),
        pretimer_interrupt: timer.pretimer.number(),
        pre_timeout_interval: timer.pre_timeout_ms,
        timer_use_exp_flags: timer.expired,
        initial_count: timer.initial_ms,
        present_count: timer.present_ms,
    }
}

#[cfg(test)]
mod tests;
