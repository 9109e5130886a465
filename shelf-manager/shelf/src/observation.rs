//! What the scanner observes; each becomes one log entry.

use crate::order::OrderResult;
use alloc::string::String;
use alloc::vec::Vec;
use ipmi::command::picmg::LedShows;
use ipmi::description::{Controller, FruAddress};
use ipmi::sel;
use serde::{Deserialize, Serialize};

/// Something that the scanner found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// The port is open; a whole scan follows.
    PortUp,
    /// The port is closed; nothing is known about the controllers until it is back.
    PortDown {
        /// Why, for people.
        reason: String,
    },
    /// A controller was discovered, for the first time or again.
    ControllerFound(Controller),
    /// A controller is not there.
    ControllerLost {
        /// Its IPMB-0 address.
        address: u8,
        /// How that was noticed.
        cause: LossCause,
    },
    /// An event arrived; each is observed once.
    Event {
        /// The record as the source gave it.
        record: sel::Record,
        /// Where it came from.
        source: EventSource,
        /// The hot swap state change that it means; `None` when it means none, or an old one.
        change: Option<HotSwapChange>,
    },
    /// Records that were in the SEL before the port came up, oldest first.
    Backlog(Vec<sel::Record>),
    /// A hot swap state change that no event told of.
    HotSwap(HotSwapChange),
    /// A LED shows something else than before.
    Led {
        /// Which FRU.
        fru: FruAddress,
        /// LED id; 0 is the blue LED.
        led_id: u8,
        /// What it shows.
        shows: LedShows,
    },
    /// An order was carried out, or was not.
    OrderDone {
        /// Id of the order.
        order: u64,
        /// What came of it.
        result: OrderResult,
    },
}

/// Most records in one [`Observation::Backlog`].
pub(crate) const BACKLOG_RECORDS_MAX: usize = 32;

/// How a loss was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LossCause {
    /// Nobody acknowledges the address: the controller is off the bus.
    NotAcknowledged,
    /// It does not answer.
    Silent,
}

/// Where an event came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventSource {
    /// Read from the SEL.
    Sel,
    /// Pushed through the event message buffer.
    Pushed,
}

/// A hot swap state change of one FRU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotSwapChange {
    /// Which FRU.
    pub fru: FruAddress,
    /// State before, 0–7.
    pub previous: u8,
    /// State now, 0–7.
    pub current: u8,
    /// Cause, 0–15; 15 is unknown. Source: PICMG 3.0 R3.0, FRU hot swap event message.
    pub cause: u8,
}
