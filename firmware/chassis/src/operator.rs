//! What hands can do to the hardware.

use crate::fault::{Fault, Scope};
use core::fmt;

/// Where something sits that can be swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A blade slot, from 1.
    Slot(u8),
    /// A fan tray, 1–3.
    FanTray(u8),
    /// A power module, 1 or 2.
    PowerModule(u8),
    /// A shelf management controller, 1 or 2.
    Cmm(u8),
}

/// One of the two inputs of a power module, each with an output of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feed {
    /// Feeds the lower half of the slots.
    A,
    /// Feeds the upper half.
    B,
}

/// What somebody does to the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Opens the ejector handle.
    OpenHandle(Place),
    /// Closes it.
    CloseHandle(Place),
    /// Pulls the thing out, whatever it does: its controller is silent from now on.
    Pull(Place),
    /// Puts a new one in, with its handle closed.
    Insert(Place),
    /// Makes a sensor measure this from now on.
    SetSensor {
        /// IPMB-0 address of its controller.
        address: u8,
        /// Sensor number.
        number: u8,
        /// Raw reading.
        raw: u8,
    },
    /// Lets a sensor measure the shelf again.
    ReleaseSensor {
        /// IPMB-0 address of its controller.
        address: u8,
        /// Sensor number.
        number: u8,
    },
    /// Gives an input of a power module this voltage.
    SetFeed {
        /// Power module, 1 or 2.
        module: u8,
        /// Which of its inputs.
        feed: Feed,
        /// Voltage below ground, V, 0–63; 0 is a lost feed.
        volts: u8,
    },
    /// Lets air of this temperature into the shelf.
    SetInlet {
        /// °C, 0–80.
        celsius: u8,
    },
    /// Gives the arbitration line to the shelf management controller with this number: from now on
    /// it owns 20h.
    Arbitrate(u8),
    /// Injects a fault.
    Inject(Fault),
    /// Ends the faults of one controller, or all that there are.
    Repair(Scope),
}

/// Why something cannot be done to the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorError {
    /// The shelf has no such slot, or no such place.
    NoSuchSlot,
    /// Nothing is in that place.
    Empty,
    /// Something is in that place.
    Occupied,
    /// No such sensor.
    NoSuchSensor,
    /// No such controller.
    NoSuchController,
    /// A quantity is out of its range.
    OutOfRange,
    /// As many faults as there may be.
    TooManyFaults,
}

impl fmt::Display for OperatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchSlot => "the shelf has no such slot",
            Self::Empty => "nothing is in the slot",
            Self::Occupied => "something is in the slot",
            Self::NoSuchSensor => "there is no such sensor",
            Self::NoSuchController => "there is no such controller",
            Self::OutOfRange => "that is out of range",
            Self::TooManyFaults => "there are too many faults already",
        })
    }
}
