//! Which function is answered by whom.

use super::{DOMAIN, Outcome, View, check, control, enable, inventory, log, openhpi};
use super::{Step, hardware_error, reply, resource, sensor, threshold, wire};
use hpi_domain::{SessionId, UserCall};
use hpi_model::{Capabilities, HpiError, ResourceId, Severity, TextBuffer};
use ipmi::command::Command;
use ipmi::command::picmg::GetPowerLevel;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::*;
use openhpi_wire::types::{Event, EventData};

/// `SAHPI_UNSPECIFIED_DOMAIN_ID`.
const ANY_DOMAIN: u32 = u32::MAX;
/// `SAHPI_TIMEOUT_BLOCK`.
const BLOCK: i64 = -1;
/// `SAHPI_HS_ACTION_INSERTION`, and the other one.
const INSERTION: u32 = 0;
/// See [`INSERTION`].
const EXTRACTION: u32 = 1;
/// Off, of indicators and power.
const OFF: u32 = 0;
/// On, of indicators and power.
const ON: u32 = 1;
/// `SAHPI_POWER_CYCLE`.
const POWER_CYCLE: u32 = 2;
/// `SAHPI_COLD_RESET`.
const COLD_RESET: u32 = 0;
/// `SAHPI_RESET_DEASSERT`, the last reset action: resets are never held.
const RESET_DEASSERT: u32 = 3;
/// Get Power Level: level in steady state. Source: PICMG 3.0 R3.0.
const STEADY: u8 = 0;
/// Bits of the level.
const LEVEL: u8 = 0x1f;

/// What answers a call.
pub(super) struct Asked<'a> {
    view: View<'a>,
    order: ByteOrder,
    /// In which session; for `SessionOpen`, the id of the session that it opens.
    session: SessionId,
}

/// Answers a call. `fresh` is the id of a session, should one be opened.
pub(super) fn answer(view: View<'_>, order: ByteOrder, call: &Call, fresh: SessionId) -> Outcome {
    let session = call.session().map(SessionId);
    let is_open = |session| view.appliance.hpi.sessions().is_open(session);
    if session.is_some_and(|session| !is_open(session)) {
        return Outcome::Reply(failed(order, HpiError::InvalidSession.code()));
    }
    let session = session.unwrap_or(fresh);
    dispatch(
        &Asked {
            view,
            order,
            session,
        },
        call,
    )
}

/// A function that is answered.
trait Answered: Function {
    fn answer(&self, asked: &Asked<'_>) -> Outcome;
}

macro_rules! dispatches {
    ($($number:literal $name:ident { $($field:ident: $ty:ty),* } => $reply:ty;)*) => {
        fn dispatch(asked: &Asked<'_>, call: &Call) -> Outcome {
            match call {
                $(Call::$name(call) => call.answer(asked),)*
            }
        }
    };
}

openhpi_wire::all_functions!(dispatches);

impl<'a> Asked<'a> {
    /// Replies at once.
    fn say<F: Function>(&self, _: &F, result: Result<F::Reply, HpiError>) -> Outcome {
        Outcome::Reply(reply::<F>(self.order, &result))
    }

    /// Replies once the log holds it.
    fn log<F: Function<Reply = ()>>(&self, call: &F, user: Result<UserCall, HpiError>) -> Outcome {
        match user {
            Ok(user) => Outcome::Log(self.session, user, reply::<F>(self.order, &Ok(()))),
            Err(why) => self.say(call, Err(why)),
        }
    }

    /// Logs something about the domain's event log.
    fn log_log<F: Function<Reply = ()>>(&self, (call, id): (&F, u32), user: UserCall) -> Outcome {
        self.log(call, log::of_domain(self.view, id).map(|()| user))
    }

    fn resource(&self, id: u32) -> Result<&'a hpi_domain::Resource, HpiError> {
        resource::find(self.view, id)
    }

    /// Refuses a function of an instrument that no resource has, or that has no such thing.
    ///
    /// Choice: until resources have annunciators, watchdogs, diagnostics and upgrades as HPI sees
    /// them, they say so by their capabilities, as any resource does that has none.
    fn lacks<F: Function>(&self, (call, id): (&F, u32), capability: Capabilities) -> Outcome {
        let found = self.resource(id);
        let has = found.map(|resource| resource.rpt.capabilities.has(capability));
        self.say(
            call,
            Err(match has {
                Err(why) => why,
                Ok(true) => HpiError::NotPresent,
                Ok(false) => HpiError::Capability,
            }),
        )
    }

    /// A resource whose hot swap is managed.
    fn managed(&self, id: u32) -> Result<&'a hpi_domain::Resource, HpiError> {
        let resource = self.resource(id)?;
        let capabilities = resource.rpt.capabilities;
        match capabilities.has(Capabilities::MANAGED_HOTSWAP) {
            true => Ok(resource),
            false => Err(HpiError::Capability),
        }
    }
}

/// Declares how functions are answered.
macro_rules! answers {
    ($($name:ident($asked:ident, $call:ident) => $outcome:expr;)*) => { $(
        impl Answered for $name {
            fn answer(&self, $asked: &Asked<'_>) -> Outcome {
                let $call = self;
                $outcome
            }
        }
    )* };
}

answers! {
    SessionOpen(it, call) => match call.domain {
        DOMAIN | ANY_DOMAIN => {
            let SessionId(id) = it.session;
            let opened = reply::<SessionOpen>(it.order, &Ok(id));
            Outcome::Log(it.session, UserCall::SessionOpen, opened)
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
    ResourceSeveritySet(it, call) => it.log(call, check::severity(call.severity).map(|severity| {
        UserCall::ResourceSeveritySet(ResourceId(call.resource), severity)
    }));
    ResourceTagSet(it, call) => it.log(call, check::text(&call.tag).map(|tag| {
        UserCall::ResourceTagSet(ResourceId(call.resource), tag)
    }));
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
    ResourceFailedRemove(it, call) => it.say(call, Err(
        it.resource(call.resource).map_or_else(|why| why, |_| HpiError::InvalidRequest)
    ));
    RdrGet(it, call) => it.say(call, resource::rdr(it.view, call.resource, call.entry));
    RdrGetByInstrumentId(it, call) => it.say(call, resource::rdr_by_instrument(
        it.view,
        call.resource,
        (call.rdr_type, call.instrument),
    ));
    RdrUpdateCountGet(it, call) => it.say(call, it.resource(call.resource).map(|_| {
        it.view.appliance.hpi.info().rpt_update_count
    }));
}

// The event log, and events.
answers! {
    EventLogInfoGet(it, call) => it.say(call, {
        log::of_domain(it.view, call.resource).map(|()| log::info(it.view))
    });
    EventLogCapabilitiesGet(it, call) => it.say(call, {
        log::of_domain(it.view, call.resource).map(|()| log::CAPABILITIES)
    });
    EventLogEntryGet(it, call) => it.say(call, {
        log::of_domain(it.view, call.resource).and_then(|()| log::entry(it.view, call.entry))
    });
    EventLogEntryAdd(it, call) => it.log(call, {
        log::of_domain(it.view, call.resource)
            .and_then(|()| user_event(&call.event))
            .map(|(severity, text)| UserCall::EventLogEntryAdd(severity, text))
    });
    EventLogClear(it, call) => it.log_log((call, call.resource), UserCall::EventLogClear);
    EventLogTimeGet(it, call) => it.say(call, {
        log::of_domain(it.view, call.resource).map(|()| resource::time(it.view.now))
    });
    // The log has the time of its host, which keeps it by its own means.
    EventLogTimeSet(it, call) => it.say(call, Err(
        log::of_domain(it.view, call.resource).err().unwrap_or(HpiError::InvalidCmd)
    ));
    EventLogStateGet(it, call) => it.say(call, {
        log::of_domain(it.view, call.resource)
            .map(|()| it.view.appliance.hpi.event_log().is_enabled())
    });
    EventLogStateSet(it, call) => {
        it.log_log((call, call.resource), UserCall::EventLogStateSet(call.enabled))
    };
    EventLogOverflowReset(it, call) => {
        it.log_log((call, call.resource), UserCall::EventLogOverflowReset)
    };
    Subscribe(it, call) => it.log(call, Ok(UserCall::Subscribe));
    Unsubscribe(it, call) => it.log(call, Ok(UserCall::Unsubscribe));
    EventGet(it, call) => match (call.timeout, u64::try_from(call.timeout)) {
        _ if !it.view.appliance.hpi.sessions().is_subscribed(it.session) => {
            it.say(call, Err(HpiError::InvalidRequest))
        }
        (BLOCK, _) => Outcome::Event(it.session, None),
        (_, Ok(timeout)) => Outcome::Event(it.session, Some(timeout)),
        (_, Err(_)) => it.say(call, Err(HpiError::InvalidParams)),
    };
    EventAdd(it, call) => it.log(call, {
        user_event(&call.event).map(|(severity, text)| UserCall::EventAdd(severity, text))
    });
}

// Sensors, controls, inventories.
answers! {
    SensorReadingGet(it, call) => sensor::reading(it.view, it.order, (call.resource, call.sensor));
    SensorThresholdsGet(it, call) => {
        threshold::get(it.view, it.order, (call.resource, call.sensor))
    };
    SensorThresholdsSet(it, call) => {
        threshold::set(it.view, it.order, ((call.resource, call.sensor), &call.thresholds))
    };
    SensorTypeGet(it, call) => it.say(call, sensor::kind(it.view, (call.resource, call.sensor)));
    SensorEnableGet(it, call) => {
        enable::get::<Self>(it.view, it.order, (call.resource, call.sensor), |found| found.sensor)
    };
    SensorEnableSet(it, call) => {
        let wanted = ((call.resource, call.sensor), Some(call.enabled), None);
        enable::set::<Self>(it.view, it.order, wanted)
    };
    SensorEventEnableGet(it, call) => {
        enable::get::<Self>(it.view, it.order, (call.resource, call.sensor), |found| found.events)
    };
    SensorEventEnableSet(it, call) => {
        let wanted = ((call.resource, call.sensor), None, Some(call.enabled));
        enable::set::<Self>(it.view, it.order, wanted)
    };
    SensorEventMasksGet(it, call) => {
        enable::get::<Self>(it.view, it.order, (call.resource, call.sensor), enable::both)
    };
    SensorEventMasksSet(it, call) => enable::set_masks(it.view, it.order, call);
    ControlTypeGet(it, call) => it.say(call, control::kind(it.view, (call.resource, call.control)));
    ControlGet(it, call) => control::get(it.view, it.order, (call.resource, call.control));
    ControlSet(it, call) => control::set(it.view, it.order, call);
    IdrInfoGet(it, call) => it.say(call, inventory::info(it.view, (call.resource, call.idr)));
    IdrAreaHeaderGet(it, call) => it.say(call, inventory::area_header(
        it.view,
        (call.resource, call.idr),
        (call.area_type, call.area),
    ));
    IdrFieldGet(it, call) => it.say(call, inventory::field(
        it.view,
        (call.resource, call.idr),
        (call.area, call.field_type, call.field),
    ));
}

/// Declares functions that would change an inventory: what discovery read is not written.
macro_rules! read_only {
    ($($name:ident)*) => { $(
        impl Answered for $name {
            fn answer(&self, asked: &Asked<'_>) -> Outcome {
                let inventory = (self.resource, self.idr);
                asked.say(self, Err(inventory::read_only(asked.view, inventory)))
            }
        }
    )* };
}

read_only! {
    IdrAreaAdd IdrAreaAddById IdrAreaDelete IdrFieldAdd IdrFieldAddById IdrFieldSet IdrFieldDelete
}

// Hot swap, power, reset.
answers! {
    HotSwapPolicyCancel(it, call) => it.say(call, Err(
        it.managed(call.resource).err().unwrap_or(HpiError::InvalidRequest)
    ));
    ResourceActiveSet(it, call) => {
        it.log(call, Ok(UserCall::ResourceActiveSet(ResourceId(call.resource))))
    };
    ResourceInactiveSet(it, call) => {
        it.log(call, Ok(UserCall::ResourceInactiveSet(ResourceId(call.resource))))
    };
    // Who inserts a FRU is decided by the shelf's own policy, at once.
    AutoInsertTimeoutGet(it, call) => it.say(call, Ok(0));
    AutoInsertTimeoutSet(it, call) => it.say(call, Err(no_timeout(call.timeout)));
    AutoExtractTimeoutGet(it, call) => it.say(call, it.managed(call.resource).map(|_| 0));
    AutoExtractTimeoutSet(it, call) => it.say(call, Err(
        it.managed(call.resource).err().unwrap_or(no_timeout(call.timeout))
    ));
    HotSwapStateGet(it, call) => it.say(call, resource::hot_swap_state(it.view, call.resource));
    HotSwapActionRequest(it, call) => it.log(call, match call.action {
        INSERTION | EXTRACTION => Ok(UserCall::HotSwapActionRequest(
            ResourceId(call.resource),
            call.action == INSERTION,
        )),
        _ => Err(HpiError::InvalidParams),
    });
    HotSwapIndicatorStateGet(it, call) => control::indicator(it.view, it.order, call);
    HotSwapIndicatorStateSet(it, call) => it.log(call, match call.state {
        OFF | ON => Ok(UserCall::HotSwapIndicatorStateSet(
            ResourceId(call.resource),
            call.state == ON,
        )),
        _ => Err(HpiError::InvalidParams),
    });
    ResourceResetStateGet(it, call) => it.say(call, it.resource(call.resource).and_then(|found| {
        let can = found.rpt.capabilities.has(Capabilities::RESET);
        can.then_some(RESET_DEASSERT).ok_or(HpiError::Capability)
    }));
    ResourceResetStateSet(it, call) => it.log(call, match call.action {
        COLD_RESET => Ok(UserCall::ResourceReset(ResourceId(call.resource))),
        _ if call.action > RESET_DEASSERT => Err(HpiError::InvalidParams),
        _ => Err(it.resource(call.resource).err().unwrap_or(HpiError::InvalidCmd)),
    });
    ResourcePowerStateGet(it, call) => power_state(it, call);
    ResourcePowerStateSet(it, call) => it.log(call, match call.state {
        OFF | ON => Ok(UserCall::ResourcePowerStateSet(
            ResourceId(call.resource),
            call.state == ON,
        )),
        POWER_CYCLE => Ok(UserCall::ResourceReset(ResourceId(call.resource))),
        _ => Err(HpiError::InvalidParams),
    });
}

/// Why a timeout of a hot swap policy is not set: each is read-only, if it is one at all.
fn no_timeout(timeout: i64) -> HpiError {
    match timeout {
        BLOCK.. => HpiError::ReadOnly,
        _ => HpiError::InvalidParams,
    }
}

/// Power is on where the level is not 0.
fn power_state(it: &Asked<'_>, call: &ResourcePowerStateGet) -> Outcome {
    let found = match it.resource(call.resource) {
        Ok(found) if found.rpt.capabilities.has(Capabilities::POWER) => found,
        Ok(_) => return it.say(call, Err(HpiError::Capability)),
        Err(why) => return it.say(call, Err(why)),
    };
    let order = it.order;
    let (fru_id, kind) = (found.fru.fru_id, STEADY);
    Outcome::Ask(
        control::target(found.fru.address),
        GetPowerLevel { fru_id, kind }.request(),
        Box::new(move |response| {
            let level = GetPowerLevel::read_response(&response);
            let result = level.map_err(|_| hardware_error(&response));
            let state = result.map(|level| match level.properties & LEVEL {
                0 => OFF,
                _ => ON,
            });
            Step::Reply(reply::<ResourcePowerStateGet>(order, &state))
        }),
    )
}

/// What users may add: an event of type `USER`, of the domain.
fn user_event(event: &Event) -> Result<(Severity, TextBuffer), HpiError> {
    let severity = check::severity(event.severity)?;
    if let EventData::User(data) = &event.data
        && event.source == ResourceId::UNSPECIFIED.0
    {
        return Ok((severity, check::text(data)?));
    }
    Err(HpiError::InvalidParams)
}

// The domain alarm table is empty: nobody can add to it yet.
answers! {
    AlarmGetNext(it, call) => it.say(call, Err(HpiError::NotPresent));
    AlarmGet(it, call) => it.say(call, Err(HpiError::NotPresent));
    AlarmAcknowledge(it, call) => it.say(call, Err(HpiError::NotPresent));
    AlarmAdd(it, call) => it.say(call, Err(HpiError::OutOfSpace));
    AlarmDelete(it, call) => it.say(call, Err(HpiError::NotPresent));
}

// OpenHPI's own.
answers! {
    HandlerCreate(it, call) => it.say(call, Err(HpiError::UnsupportedApi));
    HandlerDestroy(it, call) => it.say(call, Err(
        openhpi::handler(call.handler).err().unwrap_or(HpiError::UnsupportedApi)
    ));
    HandlerInfoGet(it, call) => it.say(call, openhpi::info(it.view, call.handler));
    HandlerGetNext(it, call) => it.say(call, openhpi::next_handler(call.handler));
    HandlerFind(it, call) => it.say(call, it.resource(call.resource).map(|_| openhpi::HANDLER));
    HandlerRetry(it, call) => it.say(call, openhpi::handler(call.handler).map(drop));
    GlobalParamGet(it, call) => it.say(call, Ok(openhpi::parameter(&call.param)));
    GlobalParamSet(it, call) => it.say(call, Err(HpiError::ReadOnly));
    InjectEvent(it, call) => it.say(call, Err(HpiError::UnsupportedApi));
}

/// Declares functions of instruments that no resource has.
macro_rules! lacking {
    ($($capability:ident: $($name:ident)*;)*) => { $($(
        impl Answered for $name {
            fn answer(&self, asked: &Asked<'_>) -> Outcome {
                asked.lacks((self, self.resource), Capabilities::$capability)
            }
        }
    )*)* };
}

lacking! {
    WATCHDOG: WatchdogTimerGet WatchdogTimerSet WatchdogTimerReset;
    ANNUNCIATOR: AnnunciatorGetNext AnnunciatorGet AnnunciatorAcknowledge AnnunciatorAdd
        AnnunciatorDelete AnnunciatorModeGet AnnunciatorModeSet;
    DIMI: DimiInfoGet DimiTestInfoGet DimiTestReadinessGet DimiTestStart DimiTestCancel
        DimiTestStatusGet DimiTestResultsGet;
    FUMI: FumiSpecInfoGet FumiServiceImpactGet FumiSourceSet FumiSourceInfoValidateStart
        FumiSourceInfoGet FumiSourceComponentInfoGet FumiTargetInfoGet FumiTargetComponentInfoGet
        FumiLogicalTargetInfoGet FumiLogicalTargetComponentInfoGet FumiBackupStart
        FumiBankBootOrderSet FumiBankCopyStart FumiInstallStart FumiUpgradeStatusGet
        FumiTargetVerifyStart FumiTargetVerifyMainStart FumiUpgradeCancel
        FumiAutoRollbackDisableGet FumiAutoRollbackDisableSet FumiRollbackStart FumiActivate
        FumiActivateStart FumiCleanup;
    CONFIGURATION: ParmControl;
    LOAD_ID: ResourceLoadIdGet ResourceLoadIdSet;
}
