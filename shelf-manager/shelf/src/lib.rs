//! The shelf manager: discovery, hot swap, event log.
//!
//! Two machines. [`scan::Scanner`] runs off the log on the active CMM and drives one port: it finds
//! controllers, polls them, collects events and carries out orders. What it observes becomes log
//! entries, from which [`Shelf`] keeps the state of the shelf on every CMM, tells the HPI domain,
//! and orders.
#![no_std]

extern crate alloc;

mod observation;
mod order;
pub mod scan;
mod shelf;

pub use ipmi::description::FruAddress;
pub use observation::{EventSource, HotSwapChange, LossCause, Observation};
pub use order::{Action, Order, OrderError, OrderResult};
pub use shelf::{
    CONTROLLERS_MAX, Config, ControllerEntry, EVENTS_MAX, Effect, FruEntry, Input, LoggedEvent,
    Notice, ORDERS_MAX, Shelf, Watchdog, WatchdogInput, record_id,
};
