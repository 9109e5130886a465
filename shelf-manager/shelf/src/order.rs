//! What the scanner is told to do.

use alloc::vec::Vec;
use ipmi::description::FruAddress;
use ipmi::message::{CompletionCode, Request};
use ipmi::port::Target;
use serde::{Deserialize, Serialize};

/// One order; its id comes back in [`crate::Observation::OrderDone`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Unique among the orders that are not done.
    pub id: u64,
    /// What to do.
    pub action: Action,
    /// Hot swap state of the FRU, 0–7, for which this was decided: it is not carried out in
    /// another one. `None`: in any.
    pub in_state: Option<u8>,
}

impl Order {
    /// One to be carried out whatever the hot swap state is.
    #[must_use]
    pub fn new(id: u64, action: Action) -> Self {
        Self {
            id,
            action,
            in_state: None,
        }
    }
}

/// What to do. Source: PICMG 3.0 R3.0, the commands of the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Set FRU Activation, activate: M2 → M3, or M5 → M4.
    Activate(FruAddress),
    /// Set FRU Activation, deactivate: M2 → M1, M4 or M5 → M6.
    Deactivate(FruAddress),
    /// Set FRU Activation Policy.
    SetActivationPolicy {
        /// Which FRU.
        fru: FruAddress,
        /// Which bits: 1 deactivation-locked, 0 locked.
        mask: u8,
        /// Their new values.
        set: u8,
    },
    /// Set FRU LED State.
    SetLed {
        /// Which FRU.
        fru: FruAddress,
        /// LED id; 0 is the blue LED.
        led_id: u8,
        /// 00h off, 01h–FAh off time in 10 ms, FBh lamp test, FCh local control, FFh on.
        function: u8,
        /// On time in 10 ms.
        on_time: u8,
        /// Colour; 0Fh is the default.
        color: u8,
    },
    /// FRU Control: 0 cold reset, 1 warm reset, 2 graceful reboot, 3 diagnostic interrupt, 4
    /// quiesce.
    FruControl {
        /// Which FRU.
        fru: FruAddress,
        /// Which option.
        option: u8,
    },
    /// Set Power Level: 0 off, 1–20, FFh no change.
    SetPowerLevel {
        /// Which FRU.
        fru: FruAddress,
        /// The level.
        level: u8,
        /// Copy the desired levels to the present ones first.
        copy: bool,
    },
    /// Payload power on, at the steady state level that the FRU desires.
    PowerOn(FruAddress),
    /// Any request. Not repeated after the port was down, as nobody knows what it does.
    Raw {
        /// Whom it is for.
        target: Target,
        /// The request.
        request: Request,
    },
    /// Look for a controller at this address from now on, and right now.
    Watch(u8),
    /// Discover this controller anew.
    Rescan(u8),
}

impl Action {
    /// Whether doing it twice is the same as doing it once.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::Raw { .. } | Self::FruControl { .. } => false,
            Self::Activate(_)
            | Self::Deactivate(_)
            | Self::SetActivationPolicy { .. }
            | Self::SetLed { .. }
            | Self::SetPowerLevel { .. }
            | Self::PowerOn(_)
            | Self::Watch(_)
            | Self::Rescan(_) => true,
        }
    }

    /// The FRU whose hot swap state it changes.
    #[must_use]
    pub fn moves(&self) -> Option<FruAddress> {
        match self {
            Self::Activate(fru) | Self::Deactivate(fru) => Some(*fru),
            Self::SetActivationPolicy { .. }
            | Self::SetLed { .. }
            | Self::FruControl { .. }
            | Self::SetPowerLevel { .. }
            | Self::PowerOn(_)
            | Self::Raw { .. }
            | Self::Watch(_)
            | Self::Rescan(_) => None,
        }
    }

    /// Whether a FRU that was in the hot swap state `before`, and is in `now`, is where this leads
    /// it. Source: PICMG 3.0 R3.0, FRU state transitions.
    pub(crate) fn led(&self, before: u8, now: u8) -> bool {
        match self {
            Self::Activate(_) => matches!((before, now), (2, 3 | 4) | (5, 4)),
            Self::Deactivate(_) => matches!((before, now), (2, 1) | (3..=5, 6 | 1)),
            Self::SetActivationPolicy { .. }
            | Self::SetLed { .. }
            | Self::FruControl { .. }
            | Self::SetPowerLevel { .. }
            | Self::PowerOn(_)
            | Self::Raw { .. }
            | Self::Watch(_)
            | Self::Rescan(_) => false,
        }
    }
}

/// What came of an order: the data bytes behind the completion code, or why there are none.
pub type OrderResult = Result<Vec<u8>, OrderError>;

/// Why an order was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderError {
    /// The controller refused, with this completion code.
    Refused(CompletionCode),
    /// The FRU is in another hot swap state than the one for which the order was given. That state
    /// was observed before.
    Moved,
    /// The controller does not answer.
    Silent,
    /// Nobody is at that address.
    NoSuchController,
    /// The port is down.
    PortDown,
    /// Too many orders are not done yet.
    TooMany,
}
