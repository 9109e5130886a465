//! Diagnostics initiators.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, dimi};
use hpi_domain::{DimiCall, ResourceCall};
use openhpi_wire::function::*;

answers! {
    DimiInfoGet(it, call) => it.say(call, {
        dimi::of(it.view, (call.resource, call.dimi)).map(dimi::info)
    });
    DimiTestInfoGet(it, call) => it.say(call, {
        let test = dimi::test(it.view, (call.resource, call.dimi), call.test);
        test.map(|test| dimi::wire(&test.info))
    });
    DimiTestReadinessGet(it, call) => it.say(call, {
        dimi::of(it.view, (call.resource, call.dimi))
            .and_then(|found| found.readiness(call.test))
            .map(|readiness| readiness.number())
    });
    DimiTestStart(it, call) => it.log_resource((call, call.resource), {
        dimi::test(it.view, (call.resource, call.dimi), call.test)
            .and_then(|_| dimi::values(&call.params.0))
            .map(|values| {
                ResourceCall::Dimi(call.dimi, DimiCall::TestStart(call.test, values))
            })
    });
    DimiTestCancel(it, call) => it.log_resource((call, call.resource), {
        Ok(ResourceCall::Dimi(call.dimi, DimiCall::TestCancel(call.test)))
    });
    DimiTestStatusGet(it, call) => it.say(call, {
        dimi::test(it.view, (call.resource, call.dimi), call.test)
            .map(|test| dimi::status(test, it.view.now))
    });
    DimiTestResultsGet(it, call) => it.say(call, {
        dimi::test(it.view, (call.resource, call.dimi), call.test).map(dimi::results)
    });
}
