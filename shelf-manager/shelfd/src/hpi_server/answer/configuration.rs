//! Configuration: saved parameters, and from where a resource boots.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, check, wire};
use hpi_domain::SwitchCall;
use hpi_model::{HpiError, LoadId as Load, ParmAction};
use openhpi_wire::function::*;
use openhpi_wire::types::LoadId;

answers! {
    ParmControl(it, call) => it.log_switch((call, call.resource), {
        let action = ParmAction::from_number(call.action);
        action.map(SwitchCall::ParmControl).ok_or(HpiError::InvalidParams)
    });
    ResourceLoadIdGet(it, call) => it.say(call, it.resource(call.resource).and_then(|found| {
        let load = found.kept.load.as_ref().ok_or(HpiError::Capability)?;
        Ok(LoadId {
            number: load.current.number,
            name: wire::text(&load.current.name),
        })
    }));
    ResourceLoadIdSet(it, call) => {
        it.log_switch((call, call.resource), load(&call.load).map(SwitchCall::LoadIdSet))
    };
}

/// The name matters only where the number says so.
fn load(asked: &LoadId) -> Result<Load, HpiError> {
    let name = match asked.number {
        Load::BY_NAME => check::text(&asked.name)?,
        _ => hpi_model::TextBuffer::english(""),
    };
    Ok(Load {
        number: asked.number,
        name,
    })
}
