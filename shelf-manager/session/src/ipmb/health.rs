//! What a physical IPMB-0 sensor tells about the two buses.
//!
//! Source: PICMG 3.0 R3.0, Physical IPMB-0 sensor (type F1h).

use core::fmt;
use ipmi::ipmb_state::bus_status;
use serde::{Deserialize, Serialize};

/// What is wrong with a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Fault {
    /// The clock line does not go high.
    ClockNotHigh = bus_status::CLOCK_NOT_HIGH,
    /// The data line does not go high.
    DataNotHigh = bus_status::DATA_NOT_HIGH,
    /// The clock line does not go low.
    ClockNotLow = bus_status::CLOCK_NOT_LOW,
    /// The data line does not go low.
    DataNotLow = bus_status::DATA_NOT_LOW,
    /// The clock line stays low too long.
    ClockLowTimeout = bus_status::CLOCK_LOW_TIMEOUT,
    /// Nobody knows what.
    Undiagnosed = bus_status::UNDIAGNOSED,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ClockNotHigh => "the clock line is stuck low",
            Self::DataNotHigh => "the data line is stuck low",
            Self::ClockNotLow => "the clock line is stuck high",
            Self::DataNotLow => "the data line is stuck high",
            Self::ClockLowTimeout => "the clock line stays low too long",
            Self::Undiagnosed => "does not carry messages",
        })
    }
}

/// State of one bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineHealth {
    /// It carries messages, as far as is known.
    Working,
    /// It does not.
    Failed(Fault),
    /// There is no such bus, or its device is gone.
    Absent,
}

impl LineHealth {
    /// The status that the sensor gives it, see [`bus_status`].
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Working => bus_status::WORKS,
            Self::Failed(fault) => fault as u8,
            Self::Absent => Fault::Undiagnosed as u8,
        }
    }
}

/// State of both buses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// IPMB-A.
    pub a: LineHealth,
    /// IPMB-B.
    pub b: LineHealth,
}
