//! A whole simulated shelf: a shelf manager, two shelf management controllers, blades, fan trays
//! and power modules, each an [`ipmc::Ipmc`].
//!
//! [`Chassis`] is the shelf without I/O. [`spawn`] serves it in process, behind exactly what a port
//! to a real shelf offers; `chassis-sim` serves it on a socket with the VM codec.

mod handle;
mod inventory;
mod parts;
mod serve;
mod shelf;
pub mod system;

pub use handle::{ChassisHandle, HandleError};
pub use serve::spawn;
pub use shelf::{Chassis, Effect, Input, Operator, OperatorError};

use std::time::Duration;

/// Number of blade slots.
pub const SLOTS: u8 = 14;

/// IPMB-0 address of the controller in a blade slot, 1–14.
///
/// Choice: logical slot n has the hardware address 40h + n.
#[must_use]
pub const fn blade_address(slot: u8) -> u8 {
    (0x40 + slot) << 1
}

/// What the shelf is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Slots with a blade in them, 1–14.
    pub populated: Vec<u8>,
    /// Whether the blades ask to be activated at the start; otherwise they work already.
    pub is_cold: bool,
    /// Whether payload power waits for Set Power Level after the activation.
    pub waits_for_power_level: bool,
    /// How long payload power takes to come up.
    pub payload_up: Duration,
    /// How long payload power takes to go down.
    pub payload_down: Duration,
}

impl Config {
    /// Blades that work, in these slots.
    #[must_use]
    pub fn with_blades(slots: impl IntoIterator<Item = u8>) -> Self {
        Self {
            populated: slots.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Default for Config {
    /// Four blades that work.
    fn default() -> Self {
        Self {
            populated: vec![1, 2, 3, 4],
            is_cold: false,
            waits_for_power_level: false,
            payload_up: Duration::from_millis(100),
            payload_down: Duration::from_millis(100),
        }
    }
}
