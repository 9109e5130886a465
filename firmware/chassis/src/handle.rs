//! Hands on the hardware of a shelf that is served in process.

use crate::shelf::{Operator, OperatorError};
use std::collections::BTreeSet;
use tokio::sync::{mpsc, oneshot, watch};

/// The shelf is not served any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChassisGone;

/// Why something was not done to the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleError {
    /// It cannot be done.
    Refused(OperatorError),
    /// The shelf is not served any more.
    Gone(ChassisGone),
}

pub(crate) type Handling = (Operator, oneshot::Sender<Result<(), OperatorError>>);

/// What an operator's hands can do. Clones share one shelf.
#[derive(Clone, Debug)]
pub struct ChassisHandle {
    pub(crate) operators: mpsc::Sender<Handling>,
    pub(crate) payload: watch::Receiver<BTreeSet<u8>>,
}

impl ChassisHandle {
    /// Opens the ejector handle of the blade in this slot.
    pub async fn open_handle(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::OpenHandle(slot)).await
    }

    /// Closes the ejector handle of the blade in this slot.
    pub async fn close_handle(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::CloseHandle(slot)).await
    }

    /// Pulls the blade out of this slot without asking anybody.
    pub async fn pull(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::Pull(slot)).await
    }

    /// Puts a new blade into this slot, with its handle closed.
    pub async fn insert(&self, slot: u8) -> Result<(), HandleError> {
        self.operate(Operator::Insert(slot)).await
    }

    /// Makes a sensor measure `raw` from now on.
    pub async fn set_sensor(&self, address: u8, number: u8, raw: u8) -> Result<(), HandleError> {
        let operator = Operator::SetSensor {
            address,
            number,
            raw,
        };
        self.operate(operator).await
    }

    /// Slots whose blade has payload power: follows each change, so that what runs on a blade can
    /// live and die with it.
    #[must_use]
    pub fn payload(&self) -> watch::Receiver<BTreeSet<u8>> {
        self.payload.clone()
    }

    /// Does any of these things.
    pub async fn operate(&self, operator: Operator) -> Result<(), HandleError> {
        let gone = || HandleError::Gone(ChassisGone);
        let (reply, answer) = oneshot::channel();
        let sent = self.operators.send((operator, reply)).await;
        sent.map_err(|_| gone())?;
        let done = answer.await.map_err(|_| gone())?;
        done.map_err(HandleError::Refused)
    }
}
