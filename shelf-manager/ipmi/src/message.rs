//! Requests and responses, whatever carries them.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Network function code of a request (even); the response has the next odd one.
/// Source: IPMI v2.0 Table 5-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetFn(pub u8);

impl NetFn {
    /// Chassis.
    pub const CHASSIS: Self = Self(0x00);
    /// Bridge.
    pub const BRIDGE: Self = Self(0x02);
    /// Sensor and event.
    pub const SENSOR_EVENT: Self = Self(0x04);
    /// Application.
    pub const APP: Self = Self(0x06);
    /// Firmware.
    pub const FIRMWARE: Self = Self(0x08);
    /// Storage.
    pub const STORAGE: Self = Self(0x0a);
    /// Transport.
    pub const TRANSPORT: Self = Self(0x0c);
    /// Group extension; PICMG's commands are here.
    pub const GROUP: Self = Self(0x2c);
    /// OEM group; the data begins with an enterprise number of three bytes.
    pub const OEM_GROUP: Self = Self(0x2e);
}

/// A request, without addresses and checksums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Network function, even.
    pub net_fn: NetFn,
    /// Logical unit of the responder, 0–3.
    pub lun: u8,
    /// Command.
    pub command: u8,
    /// Data bytes; in the group extension the first is the group's id, in the OEM group the first
    /// three are the enterprise number.
    pub data: Vec<u8>,
}

/// A response, without addresses and checksums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Completion code.
    pub code: CompletionCode,
    /// Data bytes behind the completion code.
    pub data: Vec<u8>,
}

impl From<CompletionCode> for Response {
    /// A response without data.
    fn from(code: CompletionCode) -> Self {
        let data = Vec::new();
        Self { code, data }
    }
}

impl From<Result<Vec<u8>, CompletionCode>> for Response {
    /// What was done with these data, or the code that refuses.
    fn from(reply: Result<Vec<u8>, CompletionCode>) -> Self {
        match reply {
            Ok(data) => Self {
                code: CompletionCode::OK,
                data,
            },
            Err(code) => code.into(),
        }
    }
}

/// Completion code of a response. Source: IPMI v2.0 Table 5-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CompletionCode(pub u8);

impl CompletionCode {
    /// Done.
    pub const OK: Self = Self(0x00);
    /// NAK on write: nobody at that address (Send Message).
    pub const NAK_ON_WRITE: Self = Self(0x83);
    /// Node busy.
    pub const NODE_BUSY: Self = Self(0xc0);
    /// Invalid command.
    pub const INVALID_COMMAND: Self = Self(0xc1);
    /// Command invalid for this LUN.
    pub const INVALID_FOR_LUN: Self = Self(0xc2);
    /// Timeout.
    pub const TIMEOUT: Self = Self(0xc3);
    /// Out of space.
    pub const OUT_OF_SPACE: Self = Self(0xc4);
    /// Reservation cancelled or invalid.
    pub const RESERVATION_CANCELLED: Self = Self(0xc5);
    /// Request data truncated.
    pub const DATA_TRUNCATED: Self = Self(0xc6);
    /// Request data length invalid.
    pub const LENGTH_INVALID: Self = Self(0xc7);
    /// Request data field length limit exceeded.
    pub const LENGTH_LIMIT: Self = Self(0xc8);
    /// Parameter out of range.
    pub const OUT_OF_RANGE: Self = Self(0xc9);
    /// Cannot return the number of data bytes asked for.
    pub const CANNOT_RETURN: Self = Self(0xca);
    /// Requested sensor, data or record not present.
    pub const NOT_PRESENT: Self = Self(0xcb);
    /// Invalid data field.
    pub const INVALID_FIELD: Self = Self(0xcc);
    /// Command illegal for this sensor or record type.
    pub const ILLEGAL: Self = Self(0xcd);
    /// The command response could not be provided.
    pub const NO_RESPONSE: Self = Self(0xce);
    /// Duplicated request: it cannot be executed again.
    pub const DUPLICATED: Self = Self(0xcf);
    /// The SDR repository is in update mode.
    pub const SDR_UPDATE_MODE: Self = Self(0xd0);
    /// The device is in firmware update mode.
    pub const FIRMWARE_UPDATE_MODE: Self = Self(0xd1);
    /// The controller is being initialized.
    pub const INITIALIZATION: Self = Self(0xd2);
    /// Destination unavailable.
    pub const DESTINATION_UNAVAILABLE: Self = Self(0xd3);
    /// Insufficient privilege.
    pub const INSUFFICIENT_PRIVILEGE: Self = Self(0xd4);
    /// Not supported in the present state.
    pub const NOT_IN_STATE: Self = Self(0xd5);
    /// The sub-function is disabled.
    pub const SUB_FUNCTION_DISABLED: Self = Self(0xd6);
    /// Unspecified error.
    pub const UNSPECIFIED: Self = Self(0xff);
}
