//! The watchdog timer. Source: IPMI v2.0 §27.
//!
//! It is set and reset through the log, so that it counts on whatever happens to this program.

use super::{Outcome, View, read, with};
use ipmi::command::watchdog::{GetWatchdogTimer, ResetWatchdogTimer, SetWatchdogTimer};
use ipmi::command::{Command, Empty};
use ipmi::message::{CompletionCode, Request};
use shelf::WatchdogInput;

/// Answers; `None` when there is no such command here.
pub(super) fn answer(view: View<'_>, request: &Request) -> Option<Outcome> {
    Some(match request.command {
        ResetWatchdogTimer::COMMAND => change::<ResetWatchdogTimer>(
            view,
            read(request).map(|ResetWatchdogTimer {}| WatchdogInput::Reset),
        ),
        SetWatchdogTimer::COMMAND => {
            change::<SetWatchdogTimer>(view, read(request).map(WatchdogInput::Set))
        }
        GetWatchdogTimer::COMMAND => with(request, |GetWatchdogTimer {}| {
            Ok(view.appliance.shelf.watchdog().timer(view.now))
        }),
        _ => return None,
    })
}

/// Logs what the timer admits.
fn change<C: Command<Response = Empty>>(
    view: View<'_>,
    input: Result<WatchdogInput, CompletionCode>,
) -> Outcome {
    let watchdog = view.appliance.shelf.watchdog();
    let admitted = input.and_then(|input| watchdog.admit(&input).map(|()| input));
    match admitted {
        Ok(input) => {
            let command = appliance::Command::Watchdog(input);
            Outcome::Log(Box::new(command), C::respond(&Empty {}))
        }
        Err(code) => Outcome::Answer(C::refuse(code)),
    }
}
