//! What the domain is told, and what it wants done.

use crate::fixture::Fixture;
use crate::job::{Job, JobId, JobResult};
use crate::managers::Managers;
use crate::session::SessionId;
use crate::user::{Told, UserCall};
use crate::watchdog::ipmi::WatchdogOrder;
use alloc::vec::Vec;
use core::time::Duration;
use hpi_model::handover::{Action, ActionError, Notice};
use hpi_model::{Event, EventState, HpiError};
use ipmi::description::{Controller, FruAddress, SensorAddress};
use serde::{Deserialize, Serialize};

/// What the domain is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// A controller was discovered, or discovered again.
    ControllerAdded(Controller),
    /// A controller left the bus.
    ControllerRemoved {
        /// Its address.
        address: u8,
    },
    /// A controller does not answer any more.
    ControllerFailed {
        /// Its address.
        address: u8,
    },
    /// A controller answers again.
    ControllerRestored {
        /// Its address.
        address: u8,
    },
    /// The hot swap state of a FRU changed.
    FruHotSwap {
        /// Address of its controller.
        address: u8,
        /// The FRU.
        fru_id: u8,
        /// State before, 0–7 for M0–M7. Informative: the domain trusts what it saw last.
        previous: u8,
        /// State now, 0–7 for M0–M7.
        current: u8,
        /// Cause of the change, as PICMG numbers it.
        cause: u8,
    },
    /// A sensor sent an event.
    SensorEvent {
        /// Address of the sensor's controller.
        address: u8,
        /// The event.
        event: ipmi::sel::Event,
    },
    /// A sensor was read, and its states are not those that its events made
    /// ([`crate::Domain::mistakes_states`]).
    SensorStates {
        /// Address of the sensor's controller.
        address: u8,
        /// The sensor there.
        sensor: SensorAddress,
        /// Its states.
        states: EventState,
    },
    /// PLM orders something.
    Action(Action),
    /// The shelf manager could not do what the domain had ordered.
    ShelfFailed(ShelfAction, ActionError),
    /// The shelf manager did what the domain had ordered.
    ShelfDone(ShelfAction),
    /// Which CMMs serve the shelf.
    Managers(Managers),
    /// Which resources without hardware there shall be.
    Fixture(Fixture),
    /// Time passed.
    Tick,
    /// What came of a job.
    JobDone(JobId, JobResult),
    /// This CMM has restarted: nobody works on its jobs any more.
    Restarted,
    /// A view of the log begins, and its time goes on from where the clocks are: nobody knows how
    /// much of this time has passed since the entry before.
    TimeSkipped(Duration),
    /// An HPI user calls.
    User {
        /// Comes back in the answer.
        tag: u64,
        /// In which session.
        session: SessionId,
        /// What is called.
        call: UserCall,
    },
}

/// What the shelf manager is to do with a FRU. All are repeatable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShelfAction {
    /// Set FRU Activation (activate): M2 → M3, or M5 → M4.
    Activate(FruAddress),
    /// Set FRU Activation (deactivate): M2 → M1, M4 or M5 → M6.
    Deactivate(FruAddress),
    /// Set FRU Activation Policy: clear the locked bit, so that M1 → M2.
    Unlock(FruAddress),
    /// Payload power on or off, M-state unchanged.
    Power {
        /// Which FRU.
        fru: FruAddress,
        /// On or off.
        on: bool,
    },
    /// FRU Control: cold reset.
    Reset(FruAddress),
    /// The blue LED: on, or back to local control.
    Indicator {
        /// Which FRU.
        fru: FruAddress,
        /// On, or local control.
        on: bool,
    },
    /// Set FRU Activation Policy: clear the deactivation-locked bit, so that M4 → M5.
    Release(FruAddress),
}

impl ShelfAction {
    /// A number from which [`Self::from_tag`] makes the action again: for a shelf manager that
    /// returns such a number with the outcome.
    pub fn tag(self) -> u64 {
        let (kind, fru, on) = match self {
            Self::Activate(fru) => (1, fru, false),
            Self::Deactivate(fru) => (2, fru, false),
            Self::Unlock(fru) => (3, fru, false),
            Self::Power { fru, on } => (4, fru, on),
            Self::Reset(fru) => (5, fru, false),
            Self::Indicator { fru, on } => (6, fru, on),
            Self::Release(fru) => (7, fru, false),
        };
        let [address, fru_id] = [fru.address, fru.fru_id].map(u64::from);
        kind << 24 | u64::from(on) << 16 | address << 8 | fru_id
    }

    /// The action that has this [`Self::tag`].
    pub fn from_tag(tag: u64) -> Option<Self> {
        let [fru_id, address, on, kind, rest @ ..] = tag.to_le_bytes();
        let fru = FruAddress { address, fru_id };
        let action = match kind {
            1 => Self::Activate(fru),
            2 => Self::Deactivate(fru),
            3 => Self::Unlock(fru),
            4 => Self::Power { fru, on: on == 1 },
            5 => Self::Reset(fru),
            6 => Self::Indicator { fru, on: on == 1 },
            7 => Self::Release(fru),
            _ => return None,
        };
        (rest == [0; 4] && action.tag() == tag).then_some(action)
    }
}

/// What the domain wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Tell PLM.
    Notice(Notice),
    /// Tell PLM that its action cannot be done.
    ActionFailed(Action, ActionError),
    /// A reset that PLM ordered was carried out; nothing else tells it so.
    ActionDone(Action),
    /// Order the shelf manager.
    Shelf(ShelfAction),
    /// Work that takes its time: [`Input::JobDone`] tells what came of it.
    Job(JobId, Job),
    /// That work is not wanted any more.
    JobCancelled(JobId),
    /// Set or reset the shelf manager's own watchdog timer.
    ShelfWatchdog(WatchdogOrder),
    /// The standby shelf manager is to become the active one, where it is fit for that.
    FailOver,
    /// Tell whoever else keeps it: the inventory of a FRU was changed at its controller.
    InventoryWritten {
        /// Which FRU.
        fru: FruAddress,
        /// The bytes that are there now.
        bytes: Vec<u8>,
    },
    /// Tell HPI's subscribers. It is in the event log already.
    Event(Event),
    /// Answer an HPI user.
    Answer {
        /// Of the call.
        tag: u64,
        /// What came of it.
        result: Result<Told, HpiError>,
    },
}
