//! A whole simulated shelf: a shelf manager, two shelf management controllers, blades, fan trays
//! and power modules, each an [`ipmc::Ipmc`].
//!
//! [`Chassis`] is the shelf without I/O. [`spawn`] serves it in process, behind exactly what a port
//! to a real shelf offers; the program `chassis-sim` serves it to others.

mod bus;
mod config;
mod events;
mod fault;
pub mod firmware;
mod follow;
mod guid;
mod handle;
mod hands;
mod inventory;
mod meter;
mod operator;
mod parts;
mod payload;
mod power;
mod road;
mod senses;
mod serve;
mod shelf;
pub mod system;
mod thermal;

pub use bus::BusCounters;
pub use config::{
    CMMS, Config, FAN_TRAYS, POWER_MODULES, SENSORS_PER_BLADE, SENSORS_PER_BLADE_MAX, SLOTS,
    SLOTS_MAX, blade_address,
};
pub use fault::{DELAY_MAX, FAULTS_MAX, Fault, FaultKind, IpmbBus, STORM_MAX, Scope};
pub use handle::{ChassisHandle, HandleError};
pub use operator::{Feed, Operator, OperatorError, Place};
pub use serve::spawn;
pub use shelf::{Chassis, Effect, Input};
