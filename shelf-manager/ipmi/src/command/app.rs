//! Application commands. Source: IPMI v2.0 §20–§22.

use super::{Empty, bodies, commands};
use crate::wire::U24;
use alloc::vec::Vec;

bodies! {
    /// Get Device ID. Source: IPMI v2.0 §20.1.
    GetDeviceId {}

    /// What a controller says about itself.
    DeviceId {
        /// Device id; unspecified when 0.
        device_id: u8,
        /// Bit 7: provides device SDRs; bits 3–0: device revision.
        revision: u8,
        /// Bit 7: update or initialization in progress; bits 6–0: major firmware revision.
        firmware_major: u8,
        /// Minor firmware revision, BCD.
        firmware_minor: u8,
        /// Major version in the low nibble, minor in the high one: 02h is 2.0, 51h is 1.5.
        ipmi_version: u8,
        /// Additional device support: chassis, bridge, event generator, event receiver, FRU, SEL,
        /// SDR, sensor (bit 0).
        support: u8,
        /// Manufacturer, an IANA enterprise number of 20 bits.
        manufacturer: U24,
        /// Product id, the manufacturer's own.
        product: u16,
        /// Auxiliary firmware revision.
        auxiliary: Option<[u8; 4]>,
    }

    /// Cold Reset. Source: IPMI v2.0 §20.2.
    ColdReset {}

    /// Get Self Test Results. Source: IPMI v2.0 §20.4.
    GetSelfTestResults {}

    /// Answer to Get Self Test Results.
    SelfTestResults {
        /// 55h no error; 56h not implemented; 57h corrupted data; 58h fatal hardware error.
        result: u8,
        /// Which one, bit by bit; 0 with 55h and 56h.
        detail: u8,
    }

    /// Get Device GUID. Source: IPMI v2.0 §20.8.
    GetDeviceGuid {}

    /// Get System GUID. Source: IPMI v2.0 §22.14.
    GetSystemGuid {}

    /// Answer to Get Device GUID and Get System GUID.
    Guid {
        /// The GUID, least significant byte first.
        guid: [u8; 16],
    }

    /// Set BMC Global Enables. Source: IPMI v2.0 §22.1.
    SetBmcGlobalEnables {
        /// See [`enables`].
        enables: u8,
    }

    /// Get BMC Global Enables. Source: IPMI v2.0 §22.2.
    GetBmcGlobalEnables {}

    /// Answer to Get BMC Global Enables.
    BmcGlobalEnables {
        /// See [`enables`].
        enables: u8,
    }

    /// Clear Message Flags. Source: IPMI v2.0 §22.3.
    ClearMessageFlags {
        /// Flags to clear, see [`flags`].
        flags: u8,
    }

    /// Get Message Flags. Source: IPMI v2.0 §22.4.
    GetMessageFlags {}

    /// Answer to Get Message Flags.
    MessageFlags {
        /// See [`flags`].
        flags: u8,
    }

    /// Get Message: takes one message from the receive message queue. Source: IPMI v2.0 §22.6.
    GetMessage {}

    /// Answer to Get Message.
    QueuedMessage {
        /// Bits 7–4: inferred privilege level; bits 3–0: channel.
        channel: u8,
        /// The message; for IPMB an IPMB frame without the receiver's own address.
        message: Vec<u8>,
    }

    /// Send Message. Source: IPMI v2.0 §22.7.
    SendMessage {
        /// Bits 7–6: tracking (1 = track the request); 5: encrypt; 4: authenticate; 3–0: channel.
        channel: u8,
        /// The message; for IPMB a whole frame, see [`crate::ipmb`].
        message: Vec<u8>,
    }

    /// Answer to Send Message.
    SentMessage {
        /// What the other side answered, where the channel answers at once; empty otherwise.
        response: Vec<u8>,
    }

    /// Read Event Message Buffer. Source: IPMI v2.0 §22.8.
    ReadEventMessageBuffer {}

    /// Answer to Read Event Message Buffer.
    EventMessage {
        /// One event in the format of a SEL record.
        record: [u8; 16],
    }
}

commands! { APP, None;
    0x01 GetDeviceId => DeviceId;
    0x02 ColdReset => Empty;
    0x04 GetSelfTestResults => SelfTestResults;
    0x08 GetDeviceGuid => Guid;
    0x37 GetSystemGuid => Guid;
    0x2e SetBmcGlobalEnables => Empty;
    0x2f GetBmcGlobalEnables => BmcGlobalEnables;
    0x30 ClearMessageFlags => Empty;
    0x31 GetMessageFlags => MessageFlags;
    0x33 GetMessage => QueuedMessage;
    0x34 SendMessage => SentMessage;
    0x35 ReadEventMessageBuffer => EventMessage;
}

/// Bits of the global enables. Source: IPMI v2.0 §22.1.
pub mod enables {
    /// Receive message queue interrupt.
    pub const RECEIVE_QUEUE_INTERRUPT: u8 = 1 << 0;
    /// Event message buffer full interrupt.
    pub const EVENT_BUFFER_INTERRUPT: u8 = 1 << 1;
    /// Event message buffer.
    pub const EVENT_BUFFER: u8 = 1 << 2;
    /// System event logging.
    pub const SYSTEM_EVENT_LOG: u8 = 1 << 3;
}

/// Bits of the message flags. Source: IPMI v2.0 §22.4.
pub mod flags {
    /// A message waits in the receive message queue.
    pub const RECEIVE_MESSAGE: u8 = 1 << 0;
    /// The event message buffer is full.
    pub const EVENT_BUFFER_FULL: u8 = 1 << 1;
    /// The watchdog timer's pre-timeout interrupt happened.
    pub const WATCHDOG_PRE_TIMEOUT: u8 = 1 << 3;
}

/// Bits of the additional device support. Source: IPMI v2.0 §20.1.
pub mod support {
    /// Sensor device.
    pub const SENSOR: u8 = 1 << 0;
    /// SDR repository device.
    pub const SDR_REPOSITORY: u8 = 1 << 1;
    /// SEL device.
    pub const SEL: u8 = 1 << 2;
    /// FRU inventory device.
    pub const FRU_INVENTORY: u8 = 1 << 3;
    /// IPMB event receiver.
    pub const EVENT_RECEIVER: u8 = 1 << 4;
    /// IPMB event generator.
    pub const EVENT_GENERATOR: u8 = 1 << 5;
    /// Bridge.
    pub const BRIDGE: u8 = 1 << 6;
    /// Chassis device.
    pub const CHASSIS: u8 = 1 << 7;
}

impl DeviceId {
    /// Whether Get Device SDR works here.
    #[must_use]
    pub fn provides_device_sdrs(&self) -> bool {
        self.revision & 0x80 != 0
    }
}
