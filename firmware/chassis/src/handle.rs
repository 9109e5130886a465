//! Hands on the hardware of a shelf that is served in process.

use crate::bus::BusCounters;
use crate::fault::Fault;
use crate::operator::{Operator, OperatorError, Place};
use crate::serve::Shared;
use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::watch;

/// Why something was not done to the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleError {
    /// It cannot be done.
    Refused(OperatorError),
    /// Too many events wait for whoever reads them.
    Busy,
    /// The shelf is not served any more.
    Gone,
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused(why) => return why.fmt(f),
            Self::Busy => "too many events wait to be read",
            Self::Gone => "the shelf is gone",
        })
    }
}

impl std::error::Error for HandleError {}

/// What an operator's hands can do. Clones share one shelf.
#[derive(Clone)]
pub struct ChassisHandle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) payload: watch::Receiver<BTreeSet<u8>>,
}

impl fmt::Debug for ChassisHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChassisHandle(..)")
    }
}

impl ChassisHandle {
    /// Opens the ejector handle of the blade in this slot.
    pub fn open_handle(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::OpenHandle(Place::Slot(slot)))
    }

    /// Closes the ejector handle of the blade in this slot.
    pub fn close_handle(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::CloseHandle(Place::Slot(slot)))
    }

    /// Pulls the blade out of this slot without asking anybody.
    pub fn pull(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::Pull(Place::Slot(slot)))
    }

    /// Puts a new blade into this slot, with its handle closed.
    pub fn insert(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::Insert(Place::Slot(slot)))
    }

    /// Makes a sensor measure `raw` from now on.
    pub fn set_sensor(&self, address: u8, number: u8, raw: u8) -> Result<(), HandleError> {
        self.operate(Operator::SetSensor {
            address,
            number,
            raw,
        })
    }

    /// Does any of these things.
    pub fn operate(&self, operator: Operator) -> Result<(), HandleError> {
        self.shared.operate(operator)
    }

    /// What happened on the bus since the start.
    #[must_use]
    pub fn bus_counters(&self) -> BusCounters {
        self.shared.look(|chassis| chassis.bus_counters())
    }

    /// The faults that there are, in the order in which they came.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.look(|chassis| chassis.faults())
    }

    /// Number of the shelf management controller that drives the arbitration line; `None` while
    /// none can.
    #[must_use]
    pub fn active_cmm(&self) -> Option<u8> {
        self.shared.look(|chassis| chassis.active_cmm())
    }

    /// Slots whose blade has payload power: follows each change, so that what runs on a blade can
    /// live and die with it.
    #[must_use]
    pub fn payload(&self) -> watch::Receiver<BTreeSet<u8>> {
        self.payload.clone()
    }

    /// Slots whose blade has payload power, and how often each payload has booted since the start:
    /// after it got power, or was reset.
    #[must_use]
    pub fn boots(&self) -> BTreeMap<u8, u64> {
        self.shared.look(crate::Chassis::boots)
    }
}
