//! Sessions, the domain, its resources and their records.

use super::{Answered, Asked};
use crate::hpi_server::{DOMAIN, Outcome, check, resource, wire};
use hpi_domain::{ResourceCall, SessionId, UserCall};
use hpi_model::{Capabilities, HpiError};
use openhpi_wire::function::*;

/// `SAHPI_UNSPECIFIED_DOMAIN_ID`.
const ANY_DOMAIN: u32 = u32::MAX;

answers! {
    SessionOpen(it, call) => match call.domain {
        DOMAIN | ANY_DOMAIN => {
            let SessionId(id) = it.session;
            it.log_then::<Self>(UserCall::SessionOpen, move |_| id)
        }
        _ => it.say(call, Err(HpiError::InvalidDomain)),
    };
    SessionClose(it, call) => it.log(call, Ok(UserCall::SessionClose));
    // Discovery never ends here, so there is nothing to start.
    Discover(it, call) => it.say(call, Ok(()));
    DomainInfoGet(it, call) => it.say(call, Ok(resource::domain_info(it.view)));
    DrtEntryGet(it, call) => it.say(call, Err(match call.entry {
        resource::LAST => HpiError::InvalidParams,
        _ => HpiError::NotPresent,
    }));
    DomainTagSet(it, call) => it.log(call, check::text(&call.tag).map(UserCall::DomainTagSet));
    RptEntryGet(it, call) => it.say(call, resource::rpt_entry(it.view, call.entry));
    RptEntryGetByResourceId(it, call) => {
        it.say(call, it.resource(call.resource).map(|found| wire::rpt_entry(&found.rpt)))
    };
    ResourceSeveritySet(it, call) => it.log_resource((call, call.resource), {
        check::severity(call.severity).map(ResourceCall::SeveritySet)
    });
    ResourceTagSet(it, call) => it.log_resource((call, call.resource), {
        check::text(&call.tag).map(ResourceCall::TagSet)
    });
    // Source: SAI-HPI-B.03.02: where the caller's own entity is not known.
    ResourceIdGet(it, call) => it.say(call, Err(HpiError::Unknown));
    MyEntityPathGet(it, call) => it.say(call, Err(HpiError::Unknown));
    GetIdByEntityPath(it, call) => it.say(call, resource::by_entity_path(
        it.view,
        &call.entity,
        (call.instrument_type, call.instance),
    ));
    GetChildEntityPath(it, call) => {
        it.say(call, resource::child_entity_path(it.view, &call.parent, call.instance))
    };
    ResourceFailedRemove(it, call) => {
        it.log_resource((call, call.resource), Ok(ResourceCall::FailedRemove))
    };
    RdrGet(it, call) => it.say(call, resource::rdr(it.view, call.resource, call.entry));
    RdrGetByInstrumentId(it, call) => it.say(call, resource::rdr_by_instrument(
        it.view,
        call.resource,
        (call.rdr_type, call.instrument),
    ));
    RdrUpdateCountGet(it, call) => it.say(call, {
        resource::able(it.view, call.resource, Capabilities::RDR)
            .map(|found| found.rdr_update_count)
    });
}
