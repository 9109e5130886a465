//! Watchdogs.

use super::{Answered, Asked};
use crate::hpi_server::Outcome;
use hpi_model::Capabilities;
use openhpi_wire::function::*;

lacking! {
    WATCHDOG: WatchdogTimerGet WatchdogTimerSet WatchdogTimerReset;
}
