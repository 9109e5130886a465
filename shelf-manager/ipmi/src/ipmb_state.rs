//! What the physical IPMB-0 sensor of a controller tells: how the two buses are.
//!
//! Source: PICMG 3.0 R3.0, physical IPMB-0 sensor and its event message.

use serde::{Deserialize, Serialize};

/// Sensor type: physical IPMB-0.
pub const SENSOR_TYPE_IPMB: u8 = 0xf1;

/// Statuses of a bus.
pub mod bus_status {
    /// It works.
    pub const WORKS: u8 = 0;
    /// The clock line cannot be driven high.
    pub const CLOCK_NOT_HIGH: u8 = 1;
    /// The data line cannot be driven high.
    pub const DATA_NOT_HIGH: u8 = 2;
    /// The clock line cannot be driven low.
    pub const CLOCK_NOT_LOW: u8 = 3;
    /// The data line cannot be driven low.
    pub const DATA_NOT_LOW: u8 = 4;
    /// The clock line stays low for too long.
    pub const CLOCK_LOW_TIMEOUT: u8 = 5;
    /// It is being tested.
    pub const UNDER_TEST: u8 = 6;
    /// It fails, and nobody knows why.
    pub const UNDIAGNOSED: u8 = 7;
}

/// Local control, in the half of the status byte that a bus has.
const LOCAL_CONTROL: u8 = 0x08;
/// Status, in the same half.
const STATUS: u8 = 0x07;
/// Event data 1: data 2 and 3 are sensor specific.
const EXTENSIONS: u8 = 0xa0;

/// One bus, as its controller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusState {
    /// Whether the controller itself decides if it uses the bus; else the shelf manager ordered it
    /// to keep off.
    pub has_local_control: bool,
    /// Status 0–7, see [`bus_status`].
    pub status: u8,
}

impl Default for BusState {
    /// Under local control, and working.
    fn default() -> Self {
        Self {
            has_local_control: true,
            status: bus_status::WORKS,
        }
    }
}

impl BusState {
    /// Whether the controller is connected to the bus.
    ///
    /// Choice: under local control, a controller keeps off a bus as long as it fails.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.has_local_control && self.status == bus_status::WORKS
    }

    const fn bits(self) -> u8 {
        self.status & STATUS
            | if self.has_local_control {
                LOCAL_CONTROL
            } else {
                0
            }
    }

    const fn from_bits(bits: u8) -> Self {
        Self {
            has_local_control: bits & LOCAL_CONTROL != 0,
            status: bits & STATUS,
        }
    }
}

/// Both buses, as their controller sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpmbState {
    /// IPMB-A.
    pub a: BusState,
    /// IPMB-B.
    pub b: BusState,
}

impl IpmbState {
    /// State of the sensor: 0 both buses off, 1 A on, 2 B on, 3 both on.
    #[must_use]
    pub const fn offset(self) -> u8 {
        self.a.is_on() as u8 | (self.b.is_on() as u8) << 1
    }

    /// Status byte, which is also the raw reading: B in bits 7–4, A in bits 3–0; of each half,
    /// bit 3 is local control, bits 2–0 are the status.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.b.bits() << 4 | self.a.bits()
    }

    /// Reads a status byte.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self {
            a: BusState::from_bits(byte),
            b: BusState::from_bits(byte >> 4),
        }
    }

    /// Event data 1–3 of the event that tells of it. `channel`, 0–15, is that of the buses.
    #[must_use]
    pub const fn event_data(self, channel: u8) -> [u8; 3] {
        [EXTENSIONS | self.offset(), channel << 4, self.byte()]
    }
}
