//! OpenHPI's own functions.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, inject, openhpi};
use hpi_domain::UserCall;
use hpi_model::HpiError;
use openhpi_wire::function::*;

answers! {
    HandlerCreate(it, call) => it.say(call, Err(openhpi::create(&call.config)));
    HandlerDestroy(it, call) => it.say(call, Err(
        openhpi::handler(call.handler).err().unwrap_or(HpiError::UnsupportedApi)
    ));
    HandlerInfoGet(it, call) => it.say(call, openhpi::info(it.view, call.handler));
    HandlerGetNext(it, call) => it.say(call, openhpi::next_handler(call.handler));
    HandlerFind(it, call) => it.say(call, it.resource(call.resource).map(|_| openhpi::HANDLER));
    HandlerRetry(it, call) => it.say(call, openhpi::handler(call.handler).map(drop));
    GlobalParamGet(it, call) => it.say(call, Ok(openhpi::parameter(it.view, &call.param)));
    GlobalParamSet(it, call) => it.log(call, {
        openhpi::new_parameter(&call.param).map(UserCall::ParameterSet)
    });
    InjectEvent(it, call) => it.log(call, {
        let given = (&call.event, &call.resource, &call.rdr);
        let event = inject::event(it.view, call.handler, given);
        event.map(|event| UserCall::Inject(Box::new(event)))
    });
}
