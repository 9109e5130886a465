//! The HPI domain of one shelf: which resources there are, what they can do, what happened to them.
//!
//! Controllers and events come up from the shelf manager floor, notices go up to PLM and events to
//! HPI's subscribers, actions come down from PLM and go down to the shelf manager.
//!
//! Source: SAI-HPI-B.03.02; the mapping of ATCA is SAIM-HPI-B.03.02-xTCA.
#![no_std]

extern crate alloc;

mod abilities;
mod actions;
mod alarm;
mod atca;
mod chassis;
mod clock;
mod counts;
pub mod dimi;
mod done;
mod enable;
mod entries;
mod fixture;
pub mod fumi;
mod inventory;
mod io;
mod job;
mod kept;
mod log;
mod managers;
mod mapping;
mod out;
mod parameter;
mod policy;
mod presence;
mod query;
mod records;
mod resource;
mod sensor_event;
mod session;
mod shelf;
mod states;
mod switch;
mod thresholds;
mod user;
pub mod watchdog;

pub use alarm::{ALARMS_MAX, AlarmCall, AlarmTable, USER_ALARMS_MAX};
pub use atca::control_num;
pub use chassis::SHELF_RESOURCE;
pub use dimi::{Dimi, DimiCall};
pub use done::{DONE_MAX, DoneCall, Mark};
pub use enable::{EnablesFound, SensorEnables};
pub use entries::{Entries, Entry, Which};
pub use fixture::Fixture;
pub use fumi::{FirmwareJob, FirmwareOutcome, FirmwareResult, Fumi, FumiCall};
pub use inventory::{Edited, Inventory, InventoryCall, edit};
pub use io::{Effect, Input, ShelfAction};
pub use ipmi::description::FruAddress;
pub use job::{Job, JobId, JobOf, JobResult};
pub use kept::{
    ANNOUNCEMENTS_MAX, Annunciator, AnnunciatorCall, ControlLimit, InstrumentCall, Kept,
    KeptControl, KeptLoad, KeptSensor, SensorCall, SensorInput, SensorSettings,
};
pub use log::{EVENT_LOG_MAX, EventLog, OverflowAction};
pub use managers::Managers;
pub use mapping::{M_STATE_LOST, hot_swap_cause, hot_swap_state};
pub use parameter::{Parameter, Parameters};
pub use policy::{Policy, PolicyTimeout};
pub use query::DomainInfo;
pub use resource::{HotSwap, Resource, Sensor};
pub use session::{EVENTS_WAITING_MAX, SESSIONS_MAX, SessionId, Sessions, WaitingEvent};
pub use shelf::{
    COOLING_FAULT, PICMG, SHELF_ADDRESS_MAX, SHELF_STATUS_LENGTH, TEMPERATURE, power_feed,
    shelf_control_num,
};
pub use switch::SwitchCall;
pub use thresholds::ThresholdChange;
pub use user::{LogCall, ResourceCall, Told, UserCall};
pub use watchdog::{WatchdogCall, WatchdogTimer, ipmi::WatchdogOrder};

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use hpi_model::handover::Notice;
use hpi_model::{
    EntityPath, Event, EventKind, HotSwapCause, ResourceEvent, ResourceId, RptEntry, Severity,
    TextBuffer,
};
use ipmi::description::Controller;
use machine::{Machine, Pos, Time};
use out::{Out, time_ns};
use serde::{Deserialize, Serialize};

/// Most resources that ever get an id. Choice: a shelf has 16 slots of at most 9 FRUs and a few
/// dozen others.
pub const RESOURCE_IDS_MAX: u32 = 4_096;

/// Most controllers. Source: IPMI v2.0 §1.7.7, 7-bit addresses on IPMB.
pub const CONTROLLERS_MAX: usize = 128;

/// IPMB-0 address of the shelf manager.
const SHELF_MANAGER: u8 = 0x20;

/// The domain of one shelf.
///
/// Invariant: `by_fru` names each resource that has a FRU; each has its id in `ids`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    shelf_number: u32,
    /// As discovered last: what a FRU that returns while its controller stays is.
    controllers: BTreeMap<u8, Controller>,
    /// Ids are given by entity path and kept for ever, so that a board that comes back has its old
    /// id.
    ids: BTreeMap<EntityPath, ResourceId>,
    /// The id that a FRU was given last.
    id_last: u32,
    resources: BTreeMap<ResourceId, Resource>,
    by_fru: BTreeMap<FruAddress, ResourceId>,
    log: EventLog,
    /// Least severity that is logged.
    log_on: Severity,
    sessions: Sessions,
    alarms: AlarmTable,
    fixture: Fixture,
    tag: TextBuffer,
    auto_insert: PolicyTimeout,
    managers: Managers,
    had_standby: bool,
    rpt_update_count: u32,
    rpt_update_time: Time,
    refused_resources: u32,
}

impl Domain {
    /// A domain of the shelf alone. `shelf_number` is the location of the `ADVANCEDTCA_CHASSIS` in
    /// every entity path.
    pub fn new(shelf_number: u32) -> Self {
        let shelf = chassis::resource(shelf_number);
        Self {
            shelf_number,
            controllers: BTreeMap::new(),
            ids: [(shelf.rpt.entity.clone(), SHELF_RESOURCE)].into(),
            id_last: 0,
            resources: [(SHELF_RESOURCE, shelf)].into(),
            by_fru: BTreeMap::new(),
            log: EventLog::default(),
            log_on: Severity::Debug,
            sessions: Sessions::default(),
            alarms: AlarmTable::default(),
            fixture: Fixture::None,
            tag: TextBuffer::english("shelf"),
            auto_insert: PolicyTimeout::default(),
            managers: Managers::default(),
            had_standby: false,
            rpt_update_count: 0,
            rpt_update_time: Time::default(),
            refused_resources: 0,
        }
    }

    fn failed(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        if resource.rpt.failed {
            return;
        }
        resource.rpt.failed = true;
        let severity = resource.rpt.severity;
        let path = resource.rpt.entity.clone();
        self.say(
            out.event(id, severity, EventKind::Resource(ResourceEvent::Failure)),
            out,
        );
        if self.fru_of(id).is_some() {
            out.notice(Notice::Failed(path));
        }
        self.rpt_changed(out.at.time);
    }

    fn fru_of(&self, id: ResourceId) -> Option<FruAddress> {
        self.resources.get(&id)?.fru
    }

    fn restored(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        if !resource.rpt.failed {
            return;
        }
        resource.rpt.failed = false;
        resource.begin_policy_anew(out.at.time);
        let severity = resource.rpt.severity;
        let path = resource.rpt.entity.clone();
        self.say(
            out.event(id, severity, EventKind::Resource(ResourceEvent::Restored)),
            out,
        );
        out.notice(Notice::Restored(path));
        self.rpt_changed(out.at.time);
    }

    fn hot_swap(&mut self, fru: FruAddress, current: u8, cause: u8, out: &mut Out<'_>) {
        let Some(&id) = self.by_fru.get(&fru) else {
            if (1..M_STATE_LOST).contains(&current) {
                self.returned(fru, current, hot_swap_cause(cause), out);
            }
            return;
        };
        match current {
            0 => self.remove(id, hot_swap_cause(cause), out),
            1..=6 => {
                self.restored(id, out);
                self.moved(id, current, hot_swap_cause(cause), out);
            }
            M_STATE_LOST => self.failed(id, out),
            _ => {}
        }
    }

    fn moved(&mut self, id: ResourceId, m_state: u8, cause: HotSwapCause, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let Some((previous, state)) = resource.enter(m_state, out.at.time) else {
            return;
        };
        let path = resource.rpt.entity.clone();
        let severity = match cause {
            HotSwapCause::UnexpectedDeactivation => resource.rpt.severity,
            HotSwapCause::AutoPolicy
            | HotSwapCause::ExtSoftware
            | HotSwapCause::OperatorInit
            | HotSwapCause::UserUpdate
            | HotSwapCause::SurpriseExtraction
            | HotSwapCause::ExtractionUpdate
            | HotSwapCause::HardwareFault
            | HotSwapCause::ContainingFru
            | HotSwapCause::Unknown => Severity::Informational,
        };
        self.say(
            out.event(
                id,
                severity,
                EventKind::HotSwap {
                    state,
                    previous,
                    cause,
                },
            ),
            out,
        );
        out.notice(Notice::HotSwap {
            path,
            previous,
            current: state,
        });
    }

    /// Logs an event, then tells it.
    fn say(&mut self, event: Event, out: &mut Out<'_>) {
        let resource = self.resources.get(&event.source);
        let resource = resource.map(|resource| resource.rpt.clone());
        self.say_of(resource, event, out);
    }

    /// The same, for a resource that is not in the table yet, or not any more.
    fn say_of(&mut self, resource: Option<RptEntry>, event: Event, out: &mut Out<'_>) {
        out.touched.push(event.source);
        if self.is_logged(&event) {
            self.log.note(event.clone(), out.at.time);
        }
        let source = self.resources.get_mut(&event.source);
        if let Some(log) = source.and_then(|source| source.kept.log.as_mut()) {
            log.note(event.clone(), out.at.time);
        }
        self.sessions.add(event.clone(), resource);
        out.effects.push(Effect::Event(event));
    }
}

impl Machine for Domain {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let mut out = Out::new(at, effects);
        let known = self.rpt_update_count;
        self.take(input, &mut out);
        self.renew_shelf(known, &mut out);
        out.effects.append(&mut out.late);
        let touched = out.touched;
        self.settle_alarms(&touched, at.time);
        self.announce(&touched, at.time);
    }

    fn deadline(&self) -> Option<Time> {
        self.next_due()
    }
}

impl Domain {
    fn take(&mut self, input: &Input, out: &mut Out<'_>) {
        match input {
            Input::ControllerAdded(controller) => self.controller_added(controller, out),
            Input::ControllerRemoved { address } => self.controller_removed(*address, out),
            Input::ControllerFailed { address } => {
                for id in self.at_address(*address) {
                    self.failed(id, out);
                }
            }
            Input::ControllerRestored { address } => self.controller_restored(*address, out),
            Input::FruHotSwap {
                address,
                fru_id,
                previous: _,
                current,
                cause,
            } => {
                let fru = FruAddress {
                    address: *address,
                    fru_id: *fru_id,
                };
                self.hot_swap(fru, *current, *cause, out);
            }
            Input::SensorEvent { address, event } => self.sensor_event(*address, event, out),
            Input::SensorStates {
                address,
                sensor,
                states,
            } => self.states_seen((*address, *sensor), *states, out),
            Input::Action(action) => self.act(action, out),
            Input::ShelfFailed(action, why) => self.shelf_failed(*action, *why, out),
            Input::ShelfDone(action) => self.shelf_done(*action, out),
            Input::Managers(managers) => self.managed_by(*managers, out),
            Input::Fixture(fixture) => self.fixture(*fixture, out),
            Input::Tick => self.tick(out),
            Input::JobDone(id, result) => self.job_done(*id, result, out),
            Input::Restarted => self.restarted(out),
            Input::TimeSkipped(time) => self.sessions.skip(*time),
            Input::User { tag, session, call } => {
                self.called((*tag, *session), call, out);
            }
        }
    }
}

#[cfg(test)]
mod tests;
