//! What HPI's users change, on the log.
//!
//! What they only ask is answered from the state, see [`crate::query`]; what needs the hardware is
//! asked of the shelf manager.

use crate::actions::{Verdict, judge};
use crate::session::SessionId;
use crate::{Domain, Effect, Out, ShelfAction, time_ns};
use hpi_model::handover::{Action, ActionError};
use hpi_model::{Event, EventKind, HpiError, ResourceId, Severity, TextBuffer};
use machine::Time;
use serde::{Deserialize, Serialize};

/// A call that changes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserCall {
    /// `saHpiSessionOpen`; the session's id is chosen by whoever logs this, at random.
    SessionOpen,
    /// `saHpiSessionClose`, or nobody used the session for a long time.
    SessionClose,
    /// `saHpiSubscribe`.
    Subscribe,
    /// `saHpiUnsubscribe`.
    Unsubscribe,
    /// `saHpiEventGet` gave the session this event.
    EventTaken(u64),
    /// `saHpiEventAdd`: the text of an event of type `USER`, and its severity.
    EventAdd(Severity, TextBuffer),
    /// `saHpiDomainTagSet`.
    DomainTagSet(TextBuffer),
    /// `saHpiResourceTagSet`.
    ResourceTagSet(ResourceId, TextBuffer),
    /// `saHpiResourceSeveritySet`.
    ResourceSeveritySet(ResourceId, Severity),
    /// `saHpiEventLogEntryAdd` on the domain's event log.
    EventLogEntryAdd(Severity, TextBuffer),
    /// `saHpiEventLogClear` on the domain's event log.
    EventLogClear,
    /// `saHpiEventLogStateSet` on the domain's event log: whether events are logged.
    EventLogStateSet(bool),
    /// `saHpiEventLogOverflowReset` on the domain's event log.
    EventLogOverflowReset,
    /// `saHpiResourceActiveSet`.
    ResourceActiveSet(ResourceId),
    /// `saHpiResourceInactiveSet`.
    ResourceInactiveSet(ResourceId),
    /// `saHpiHotSwapActionRequest`: insertion, or extraction.
    HotSwapActionRequest(ResourceId, bool),
    /// `saHpiHotSwapIndicatorStateSet`: turn the hot swap indicator on, or back to its own.
    HotSwapIndicatorStateSet(ResourceId, bool),
    /// `saHpiResourcePowerStateSet`: on, or off.
    ResourcePowerStateSet(ResourceId, bool),
    /// `saHpiResourceResetStateSet`: `SAHPI_COLD_RESET`.
    ResourceReset(ResourceId),
}

impl Domain {
    pub(crate) fn user(
        &mut self,
        session: SessionId,
        call: &UserCall,
        out: &mut Out<'_>,
    ) -> Result<(), HpiError> {
        if *call == UserCall::SessionOpen {
            return self.sessions.start(session);
        }
        if !self.sessions.is_open(session) {
            return Err(HpiError::InvalidSession);
        }
        match call {
            UserCall::SessionOpen => Ok(()),
            UserCall::SessionClose => {
                self.sessions.end(session);
                Ok(())
            }
            UserCall::Subscribe => self.sessions.subscribe(session),
            UserCall::Unsubscribe => self.sessions.unsubscribe(session),
            UserCall::EventTaken(number) => self.sessions.took(session, *number),
            UserCall::EventAdd(severity, text) => {
                let event = user_event(*severity, text, out.at.time);
                self.say(event, out);
                Ok(())
            }
            UserCall::DomainTagSet(tag) => {
                self.tag = tag.clone();
                Ok(())
            }
            UserCall::EventLogEntryAdd(severity, text) => {
                self.log.add(user_event(*severity, text, out.at.time));
                Ok(())
            }
            UserCall::EventLogClear => {
                self.log.clear(out.at.time);
                Ok(())
            }
            UserCall::EventLogStateSet(enabled) => {
                self.log.enable(*enabled);
                Ok(())
            }
            UserCall::EventLogOverflowReset => {
                self.log.reset_overflow();
                Ok(())
            }
            UserCall::ResourceTagSet(id, _)
            | UserCall::ResourceSeveritySet(id, _)
            | UserCall::ResourceActiveSet(id)
            | UserCall::ResourceInactiveSet(id)
            | UserCall::HotSwapActionRequest(id, _)
            | UserCall::HotSwapIndicatorStateSet(id, _)
            | UserCall::ResourcePowerStateSet(id, _)
            | UserCall::ResourceReset(id) => self.of_resource(*id, call, out),
        }
    }
}

impl Domain {
    fn of_resource(
        &mut self,
        id: ResourceId,
        call: &UserCall,
        out: &mut Out<'_>,
    ) -> Result<(), HpiError> {
        let resource = self.resources.get_mut(&id);
        let resource = resource.ok_or(HpiError::InvalidResource)?;
        let path = || resource.rpt.entity.clone();
        let action = match call {
            UserCall::ResourceTagSet(_, tag) => {
                resource.settings.tag = Some(tag.clone());
                resource.settings.override_in(&mut resource.rpt);
                self.rpt_changed(out.at.time);
                return Ok(());
            }
            UserCall::ResourceSeveritySet(_, severity) => {
                resource.settings.severity = Some(*severity);
                resource.settings.override_in(&mut resource.rpt);
                self.rpt_changed(out.at.time);
                return Ok(());
            }
            UserCall::HotSwapIndicatorStateSet(_, on) => {
                if !resource.has_indicator() {
                    return Err(HpiError::Capability);
                }
                let (fru, on) = (resource.fru, *on);
                out.effects
                    .push(Effect::Shelf(ShelfAction::Indicator { fru, on }));
                return Ok(());
            }
            UserCall::ResourceActiveSet(_) => Action::SetActive(path()),
            UserCall::ResourceInactiveSet(_) => Action::SetInactive(path()),
            UserCall::HotSwapActionRequest(_, insert) => Action::Request(path(), *insert),
            UserCall::ResourcePowerStateSet(_, on) => Action::SetPower(path(), *on),
            UserCall::ResourceReset(_) => Action::Reset(path()),
            UserCall::SessionOpen
            | UserCall::SessionClose
            | UserCall::Subscribe
            | UserCall::Unsubscribe
            | UserCall::EventTaken(_)
            | UserCall::EventAdd(..)
            | UserCall::DomainTagSet(_)
            | UserCall::EventLogEntryAdd(..)
            | UserCall::EventLogClear
            | UserCall::EventLogStateSet(_)
            | UserCall::EventLogOverflowReset => return Ok(()),
        };
        match judge(&action, resource) {
            // Nobody else waits for it: it is not kept as an action of PLM.
            Verdict::Order(order) => out.effects.push(Effect::Shelf(order)),
            Verdict::UnderWay => return Err(HpiError::InvalidRequest),
            Verdict::Refuse(ActionError::NotCapable) => return Err(HpiError::Capability),
            Verdict::Refuse(ActionError::InvalidState) => return Err(HpiError::InvalidRequest),
            Verdict::Refuse(ActionError::NoSuchResource) => return Err(HpiError::InvalidResource),
            Verdict::Refuse(ActionError::NoResponse) => return Err(HpiError::NoResponse),
        }
        Ok(())
    }
}

fn user_event(severity: Severity, text: &TextBuffer, at: Time) -> Event {
    Event {
        source: ResourceId::UNSPECIFIED,
        time_ns: time_ns(at),
        severity,
        kind: EventKind::User(text.clone()),
    }
}
