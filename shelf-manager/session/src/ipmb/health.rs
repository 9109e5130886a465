//! What a physical IPMB-0 sensor tells about the two buses.
//!
//! Source: PICMG 3.0 R3.0, Physical IPMB-0 sensor (type F1h).

use core::fmt;
use serde::{Deserialize, Serialize};

/// The bus is under our own control: nobody ordered it to be isolated.
const LOCAL_CONTROL: u8 = 0x08;

/// What is wrong with a bus, by the standard's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Fault {
    /// The clock line does not go high.
    ClockNotHigh = 1,
    /// The data line does not go high.
    DataNotHigh = 2,
    /// The clock line does not go low.
    ClockNotLow = 3,
    /// The data line does not go low.
    DataNotLow = 4,
    /// The clock line stays low too long.
    ClockLowTimeout = 5,
    /// Nobody knows what.
    Undiagnosed = 7,
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
    fn status(self) -> u8 {
        match self {
            Self::Working => LOCAL_CONTROL,
            Self::Failed(fault) => LOCAL_CONTROL | fault as u8,
            Self::Absent => LOCAL_CONTROL | Fault::Undiagnosed as u8,
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

impl Health {
    /// The state that the sensor is in: 0 both are off, 1 A is on, 2 B is on, 3 both are.
    #[must_use]
    pub fn offset(self) -> u8 {
        u8::from(self.a == LineHealth::Working) | u8::from(self.b == LineHealth::Working) << 1
    }

    /// Event data 1–3 of the event for IPMB channel 0; the third is also in the sensor's reading.
    #[must_use]
    pub fn event_data(self) -> [u8; 3] {
        let status = self.b.status() << 4 | self.a.status();
        [0xa0 | self.offset(), 0x00, status]
    }
}
