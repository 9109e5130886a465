//! The domain alarm table.

use super::{Answered, Asked};
use crate::hpi_server::Outcome;
use hpi_model::HpiError;
use openhpi_wire::function::*;

answers! {
    AlarmGetNext(it, call) => it.say(call, Err(HpiError::NotPresent));
    AlarmGet(it, call) => it.say(call, Err(HpiError::NotPresent));
    AlarmAcknowledge(it, call) => it.say(call, Err(HpiError::NotPresent));
    AlarmAdd(it, call) => it.say(call, Err(HpiError::OutOfSpace));
    AlarmDelete(it, call) => it.say(call, Err(HpiError::NotPresent));
}
