//! Application commands. Source: IPMI v2.0 §20–§22.

use super::{Empty, Parameters, bodies, commands, parameters};
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

    /// Warm Reset. Source: IPMI v2.0 §20.3.
    WarmReset {}

    /// Get Self Test Results. Source: IPMI v2.0 §20.4.
    GetSelfTestResults {}

    /// Answer to Get Self Test Results.
    SelfTestResults {
        /// 55h no error; 56h not implemented; 57h corrupted data; 58h fatal hardware error.
        result: u8,
        /// Which one, bit by bit; 0 with 55h and 56h.
        detail: u8,
    }

    /// Manufacturing Test On. Source: IPMI v2.0 §20.5.
    ManufacturingTestOn {
        /// Parameters, the device's own.
        parameters: Vec<u8>,
    }

    /// Set ACPI Power State. Source: IPMI v2.0 §20.6.
    SetAcpiPowerState {
        /// Bit 7: sets the system's state; bits 6–0: see [`acpi`].
        system: u8,
        /// Bit 7: sets the device's state; bits 6–0: 0–3 D0–D3, 2Ah unknown, 7Fh no change.
        device: u8,
    }

    /// Get ACPI Power State. Source: IPMI v2.0 §20.7.
    GetAcpiPowerState {}

    /// Answer to Get ACPI Power State.
    AcpiPowerState {
        /// Bits 6–0: see [`acpi`].
        system: u8,
        /// Bits 6–0: 0–3 D0–D3, 2Ah unknown.
        device: u8,
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

    /// Enable Message Channel Receive. Source: IPMI v2.0 §22.5.
    EnableMessageChannelReceive {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bits 1–0: 0 disable, 1 enable, 2 ask.
        operation: u8,
    }

    /// Answer to Enable Message Channel Receive.
    MessageChannelReceive {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bit 0: messages are received.
        enabled: u8,
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

    /// Get System Interface Capabilities. Source: IPMI v2.0 §22.9.
    GetSystemInterfaceCapabilities {
        /// Bits 3–0: interface: 0 SSIF, 1 KCS, 2 SMIC.
        interface: u8,
    }

    /// Answer to Get System Interface Capabilities.
    SystemInterfaceCapabilities {
        /// Reserved, 0.
        reserved: u8,
        /// Bits 2–0: version; of SSIF bit 3: PEC, bits 7–6: which transactions.
        version: u8,
        /// Most bytes of a message to the responder.
        input_size_max: u8,
        /// Most bytes of a message from the responder; SSIF only.
        output_size_max: Option<u8>,
    }

    /// Get BT Interface Capabilities. Source: IPMI v2.0 §22.10.
    GetBtInterfaceCapabilities {}

    /// Answer to Get BT Interface Capabilities.
    BtInterfaceCapabilities {
        /// Requests that may be outstanding.
        outstanding_max: u8,
        /// Size of the input buffer, bytes.
        input_size: u8,
        /// Size of the output buffer, bytes.
        output_size: u8,
        /// Longest time from request to response, s.
        response_s_max: u8,
        /// Recommended retries.
        retries: u8,
    }

    /// Master Write-Read. Source: IPMI v2.0 §22.11.
    MasterWriteRead {
        /// Bits 7–4: channel; 3–1: bus id; 0: 0 public, 1 private bus.
        bus: u8,
        /// Bits 7–1: slave address; bit 0 is reserved.
        address: u8,
        /// Bytes to read.
        read_count: u8,
        /// Bytes to write first.
        write: Vec<u8>,
    }

    /// Answer to Master Write-Read.
    MasterRead {
        /// The bytes that were read.
        data: Vec<u8>,
    }

    /// Set System Info Parameters. Source: IPMI v2.0 §22.14a.
    SetSystemInfoParameters {
        /// What to set.
        parameter: SystemInfo,
    }

    /// Get System Info Parameters. Source: IPMI v2.0 §22.14b.
    GetSystemInfoParameters {
        /// Bit 7: asks for the revision only.
        revision_only: u8,
        /// Which parameter, the selectors of [`SystemInfo`].
        parameter: u8,
        /// Which set of it.
        set: u8,
        /// Which block of the set.
        block: u8,
    }

    /// A string of system information, 16 bytes at a time.
    InfoString {
        /// Which 16 bytes, from 0.
        set: u8,
        /// The bytes; in set 0 the first is the encoding (0 Latin 1, 1 UTF-8, 2 Unicode), the
        /// second the length of the string.
        data: Vec<u8>,
    }
}

parameters! {
    /// System information. Source: IPMI v2.0 Table 22-16c.
    SystemInfo {
        /// Set in progress, bits 1–0: 0 complete, 1 in progress, 2 commit.
        0 SetInProgress(u8),
        /// Version of the system firmware.
        1 FirmwareVersion(InfoString),
        /// Name of the system.
        2 SystemName(InfoString),
        /// Name of the operating system that is booted first.
        3 PrimaryOperatingSystem(InfoString),
        /// Name of the operating system that runs.
        4 OperatingSystem(InfoString),
    }
}

commands! { APP, None;
    0x01 GetDeviceId => DeviceId;
    0x02 ColdReset => Empty;
    0x03 WarmReset => Empty;
    0x04 GetSelfTestResults => SelfTestResults;
    0x05 ManufacturingTestOn => Empty;
    0x06 SetAcpiPowerState => Empty;
    0x07 GetAcpiPowerState => AcpiPowerState;
    0x08 GetDeviceGuid => Guid;
    0x37 GetSystemGuid => Guid;
    0x2e SetBmcGlobalEnables => Empty;
    0x2f GetBmcGlobalEnables => BmcGlobalEnables;
    0x30 ClearMessageFlags => Empty;
    0x31 GetMessageFlags => MessageFlags;
    0x32 EnableMessageChannelReceive => MessageChannelReceive;
    0x33 GetMessage => QueuedMessage;
    0x34 SendMessage => SentMessage;
    0x35 ReadEventMessageBuffer => EventMessage;
    0x36 GetBtInterfaceCapabilities => BtInterfaceCapabilities;
    0x52 MasterWriteRead => MasterRead;
    0x57 GetSystemInterfaceCapabilities => SystemInterfaceCapabilities;
    0x58 SetSystemInfoParameters => Empty;
    0x59 GetSystemInfoParameters => Parameters;
}

/// ACPI power states of the system. Source: IPMI v2.0 §20.6.
pub mod acpi {
    /// S0/G0, working.
    pub const S0_G0: u8 = 0x00;
    /// S1, hardware context kept.
    pub const S1: u8 = 0x01;
    /// S2, processor context lost.
    pub const S2: u8 = 0x02;
    /// S3, suspend to memory.
    pub const S3: u8 = 0x03;
    /// S4, suspend to disk.
    pub const S4: u8 = 0x04;
    /// S5/G2, soft off.
    pub const S5_G2: u8 = 0x05;
    /// Unknown.
    pub const UNKNOWN: u8 = 0x2a;
    /// In Set ACPI Power State: no change.
    pub const NO_CHANGE: u8 = 0x7f;
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
