//! What HPI's users change, on the log.
//!
//! What they only ask is answered from the state, see [`crate::query`]; what needs the hardware is
//! asked of the shelf manager.

use crate::dimi::DimiCall;
use crate::done::{DoneCall, Mark};
use crate::fumi::FumiCall;
use crate::inventory::InventoryCall;
use crate::job::Told as Events;
use crate::kept::InstrumentCall;
use crate::parameter::Parameter;
use crate::policy::PolicyTimeout;
use crate::session::SessionId;
use crate::switch::SwitchCall;
use crate::watchdog::WatchdogCall;
use crate::{AlarmCall, AnnunciatorCall, Domain, Effect, EnablesFound, Out, Resource, time_ns};
use alloc::boxed::Box;
use alloc::vec::Vec;
use hpi_model::{Event, EventKind, HotSwapCause, HpiError, ResourceId, Severity, TextBuffer};
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
    /// Something about the event log of a resource, or, of none, that of the domain.
    EventLog(ResourceId, LogCall),
    /// Something about the domain alarm table.
    Alarm(AlarmCall),
    /// Something about the annunciator of this number.
    Annunciator(ResourceId, u32, AnnunciatorCall),
    /// `saHpiSensorEnableSet`, `saHpiSensorEventEnableSet`, `saHpiSensorEventMasksSet`, and what
    /// asks for the same: what the hardware said of the sensor of this number.
    SensorEnables(ResourceId, u32, EnablesFound),
    /// Something about a resource.
    Resource(ResourceId, ResourceCall),
    /// `saHpiAutoInsertTimeoutSet`.
    AutoInsertTimeoutSet(PolicyTimeout),
    /// Something that the controller of a resource does, if it has one.
    Switch(ResourceId, SwitchCall),
    /// Something about an instrument that no controller has.
    Instrument(ResourceId, InstrumentCall),
    /// One of the others, whose client may repeat it. What comes of it is kept.
    Repeatable(Mark, Box<Self>),
    /// `oHpiGlobalParamSet`.
    ParameterSet(Parameter),
    /// `oHpiInjectEvent`: the event, which was looked at.
    Inject(Box<Event>),
}

impl UserCall {
    /// Whether it counts though its session is not open (any more): what happened has happened.
    fn needs_no_session(&self) -> bool {
        let written = |call: &ResourceCall| matches!(call, ResourceCall::InventoryWritten(_));
        *self == Self::SessionOpen || matches!(self, Self::Resource(_, call) if written(call))
    }
}

/// A call that changes an event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogCall {
    /// `saHpiEventLogEntryAdd`: the text of an event of type `USER`, and its severity.
    EntryAdd(Severity, TextBuffer),
    /// `saHpiEventLogClear`.
    Clear,
    /// `saHpiEventLogStateSet`: whether events are logged.
    StateSet(bool),
    /// `saHpiEventLogTimeSet`: `SaHpiTimeT`.
    TimeSet(i64),
    /// `saHpiEventLogOverflowReset`.
    OverflowReset,
}

/// A call that changes a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceCall {
    /// `saHpiResourceTagSet`.
    TagSet(TextBuffer),
    /// `saHpiResourceSeveritySet`.
    SeveritySet(Severity),
    /// `saHpiHotSwapPolicyCancel`.
    PolicyCancel,
    /// `saHpiAutoExtractTimeoutSet`.
    AutoExtractTimeoutSet(PolicyTimeout),
    /// `saHpiResourceFailedRemove`.
    FailedRemove,
    /// Something about the watchdog timer of this number.
    Watchdog(u32, WatchdogCall),
    /// Something about the diagnostics initiator of this number.
    Dimi(u32, DimiCall),
    /// Something about the firmware upgrade management instrument of this number.
    Fumi(u32, FumiCall),
    /// Something about the inventory of a resource without a controller.
    Inventory(InventoryCall),
    /// An inventory was changed at its controller: the bytes that are there now.
    InventoryWritten(Vec<u8>),
}

/// What came of a call that was not refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It is done.
    Done,
    /// It is under way, and answered once it is done.
    Later,
    /// An alarm or an announcement was added.
    Added {
        /// Its id.
        id: u32,
        /// When, in nanoseconds since the Unix epoch.
        time_ns: i64,
    },
    /// It is done; the id of what was added.
    Entry(u32),
}

impl Domain {
    /// Carries a call out, and answers it unless that has to wait.
    pub(crate) fn called(
        &mut self,
        (tag, session): (u64, SessionId),
        call: &UserCall,
        out: &mut Out<'_>,
    ) {
        out.tag = tag;
        let result = self.user(session, call, out);
        if result != Ok(Told::Later) {
            out.effects.push(Effect::Answer { tag, result });
        }
    }

    fn user(
        &mut self,
        session: SessionId,
        call: &UserCall,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        if !self.sessions.is_open(session) && !call.needs_no_session() {
            return Err(HpiError::InvalidSession);
        }
        match call {
            UserCall::Repeatable(mark, call) => return self.keep((session, *mark), call, out),
            UserCall::SessionOpen => self.sessions.start(session)?,
            UserCall::SessionClose => self.sessions.end(session),
            UserCall::Subscribe => self.sessions.subscribe(session)?,
            UserCall::Unsubscribe => self.sessions.unsubscribe(session)?,
            UserCall::EventTaken(number) => self.sessions.took(session, *number)?,
            UserCall::EventAdd(severity, text) => {
                let event = user_event(*severity, text, out.at.time);
                self.say(event, out);
            }
            UserCall::DomainTagSet(tag) => self.tag = tag.clone(),
            UserCall::EventLog(id, call) => self.log_call(*id, call, out)?,
            UserCall::Alarm(call) => return self.alarm_call(call, out),
            UserCall::Annunciator(id, num, call) => {
                return self.annunciator_call((*id, *num), call, out);
            }
            UserCall::SensorEnables(id, num, found) => {
                return self.enables_found((*id, *num), found, out);
            }
            UserCall::Resource(id, call) => return self.resource_call(*id, call, out),
            UserCall::AutoInsertTimeoutSet(timeout) => self.auto_insert = *timeout,
            UserCall::Switch(id, call) => return self.switch_call(*id, call, out),
            UserCall::Instrument(id, call) => return self.instrument_call(*id, call, out),
            UserCall::ParameterSet(parameter) => self.set_parameter(*parameter)?,
            UserCall::Inject(event) => self.inject(event, out)?,
        }
        Ok(Told::Done)
    }

    /// Tells and logs an event as if it had happened.
    ///
    /// Choice: it changes no resource and no alarm, and no other floor hears of it: those go by
    /// what the hardware says. OpenHPI lets its plugins believe it.
    fn inject(&mut self, event: &Event, out: &mut Out<'_>) -> Result<(), HpiError> {
        let source = event.source;
        if source != ResourceId::UNSPECIFIED && !self.resources.contains_key(&source) {
            return Err(HpiError::InvalidResource);
        }
        self.say(event.clone(), out);
        Ok(())
    }

    /// Carries a call out, and keeps what came of it.
    fn keep(
        &mut self,
        (session, mark): (SessionId, Mark),
        call: &UserCall,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        // Nobody logs one within another; if it is logged all the same, it leads nowhere.
        let is_nested = matches!(call, UserCall::Repeatable(..));
        let result = match is_nested {
            true => Err(HpiError::InvalidRequest),
            false => self.user(session, call, out),
        };
        // What is not done yet may be ordered again: it then waits for the same end.
        if result == Ok(Told::Later) {
            return result;
        }
        let done = DoneCall {
            mark,
            at: out.at.time,
            result: result.clone(),
        };
        self.sessions.keep(session, done);
        result
    }

    fn log_call(&mut self, id: ResourceId, call: &LogCall, out: &Out<'_>) -> Result<(), HpiError> {
        let at = out.at.time;
        let log = match id {
            ResourceId::UNSPECIFIED => &mut self.log,
            id => {
                let resource = self.resources.get_mut(&id);
                let resource = resource.ok_or(HpiError::InvalidResource)?;
                resource.kept.log.as_mut().ok_or(HpiError::Capability)?
            }
        };
        match call {
            LogCall::EntryAdd(severity, text) => log.add(user_event(*severity, text, at), at)?,
            LogCall::Clear => log.clear(at),
            LogCall::StateSet(enabled) => log.enable(*enabled),
            LogCall::TimeSet(time_ns) => log.set_time(*time_ns, at),
            LogCall::OverflowReset => log.reset_overflow(),
        }
        Ok(())
    }

    /// Lets a resource do something, and says what it tells of that.
    fn telling(
        &mut self,
        id: ResourceId,
        out: &mut Out<'_>,
        does: impl FnOnce(&mut Resource, &mut Out<'_>, &mut Events) -> Result<Told, HpiError>,
    ) -> Result<Told, HpiError> {
        let mut told = Vec::new();
        let resource = self.resources.get_mut(&id);
        let result = does(resource.ok_or(HpiError::InvalidResource)?, out, &mut told);
        self.tell_all(id, told, out);
        result
    }

    fn resource_call(
        &mut self,
        id: ResourceId,
        call: &ResourceCall,
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        let is_removed = *call == ResourceCall::FailedRemove;
        let resource = self.resources.get_mut(&id).ok_or(if is_removed {
            HpiError::NotPresent
        } else {
            HpiError::InvalidResource
        })?;
        match call {
            ResourceCall::TagSet(tag) => {
                resource.settings.tag = Some(tag.clone());
                resource.settings.override_in(&mut resource.rpt);
                self.rpt_changed(out.at.time);
            }
            ResourceCall::SeveritySet(severity) => {
                resource.settings.severity = Some(*severity);
                resource.settings.override_in(&mut resource.rpt);
                self.rpt_changed(out.at.time);
                // An alarm of the resource itself is as severe as that.
                out.touched.push(id);
            }
            ResourceCall::PolicyCancel => return resource.cancel_policy(),
            ResourceCall::AutoExtractTimeoutSet(timeout) => {
                return resource.set_auto_extract(*timeout);
            }
            ResourceCall::Dimi(num, call) => {
                return self.telling(id, out, |it, out, told| {
                    it.dimi_call((*num, call), out, told)
                });
            }
            ResourceCall::Fumi(num, call) => {
                return self.telling(id, out, |it, out, told| {
                    it.fumi_call((*num, call), out, told)
                });
            }
            ResourceCall::FailedRemove if resource.rpt.failed => {
                self.remove(id, HotSwapCause::UserUpdate, out);
            }
            ResourceCall::FailedRemove => return Err(HpiError::InvalidRequest),
            ResourceCall::Watchdog(num, call) => return resource.watchdog_call((*num, call), out),
            ResourceCall::Inventory(call) => {
                let told = resource.change_inventory(call)?;
                self.updated(id, out);
                return Ok(told);
            }
            ResourceCall::InventoryWritten(bytes) => {
                return self.inventory_written(id, bytes, out);
            }
        }
        Ok(Told::Done)
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
