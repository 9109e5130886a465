//! Watchdogs.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, watchdog};
use hpi_domain::{ResourceCall, WatchdogCall};
use openhpi_wire::function::*;

answers! {
    WatchdogTimerGet(it, call) => watchdog::get(it.view, it.order, (call.resource, call.watchdog));
    WatchdogTimerSet(it, call) => {
        let wanted = watchdog::model(&call.timer).map(WatchdogCall::Set);
        change(it, call, ((call.resource, call.watchdog), wanted))
    };
    WatchdogTimerReset(it, call) => {
        change(it, call, ((call.resource, call.watchdog), Ok(WatchdogCall::Reset)))
    };
}

/// Logs what is ordered of a timer that is on the log; another one is ordered at its controller.
fn change<F: Function<Reply = ()>>(
    it: &Asked<'_>,
    call: &F,
    (timer, wanted): ((u32, u32), Result<WatchdogCall, hpi_model::HpiError>),
) -> Outcome {
    let order = wanted.and_then(|wanted| watchdog::change(it.view, timer, wanted));
    match order {
        Ok(watchdog::Change::Log(wanted)) => {
            let (resource, num) = timer;
            let user = ResourceCall::Watchdog(num, wanted);
            it.log_resource((call, resource), Ok(user))
        }
        Ok(watchdog::Change::Order(target, order)) => {
            watchdog::order::<F>(it.order, target, &order)
        }
        Err(why) => it.say(call, Err(why)),
    }
}
