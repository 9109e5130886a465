//! RMCP+ payloads. Source: IPMI v2.0 §24.

use super::{Empty, bodies, commands};
use crate::wire::U24;

bodies! {
    /// Activate Payload. Source: IPMI v2.0 §24.1.
    ActivatePayload {
        /// Bits 5–0: payload type.
        payload_type: u8,
        /// Bits 3–0: instance, from 1.
        instance: u8,
        /// Auxiliary data of the payload; for SOL see [`sol_activation`].
        auxiliary: [u8; 4],
    }

    /// Answer to Activate Payload.
    PayloadActivated {
        /// Auxiliary data of the payload; for SOL bit 0 of the first byte: test mode.
        auxiliary: [u8; 4],
        /// Most bytes of a payload to the responder, headers and trailers not counted.
        inbound_size_max: u16,
        /// Most bytes of a payload from the responder, headers and trailers not counted.
        outbound_size_max: u16,
        /// UDP port for the payload.
        port: u16,
        /// VLAN for the payload; FFFFh none.
        vlan: u16,
    }

    /// Deactivate Payload. Source: IPMI v2.0 §24.2.
    DeactivatePayload {
        /// Bits 5–0: payload type.
        payload_type: u8,
        /// Bits 3–0: instance.
        instance: u8,
        /// Auxiliary data of the payload; 0 for SOL.
        auxiliary: [u8; 4],
    }

    /// Suspend/Resume Payload Encryption. Source: IPMI v2.0 §24.3.
    SuspendResumePayloadEncryption {
        /// Bits 5–0: payload type.
        payload_type: u8,
        /// Bits 3–0: instance.
        instance: u8,
        /// Bits 1–0: 0 suspend, 1 resume, 2 start anew with a new initialization vector.
        operation: u8,
    }

    /// Get Payload Activation Status. Source: IPMI v2.0 §24.4.
    GetPayloadActivationStatus {
        /// Payload type.
        payload_type: u8,
    }

    /// Answer to Get Payload Activation Status.
    PayloadActivationStatus {
        /// Bits 3–0: how many instances there can be.
        capacity: u8,
        /// Bit n: instance n + 1 is active.
        active: u16,
    }

    /// Get Payload Instance Info. Source: IPMI v2.0 §24.5.
    GetPayloadInstanceInfo {
        /// Payload type.
        payload_type: u8,
        /// Instance.
        instance: u8,
    }

    /// Answer to Get Payload Instance Info.
    PayloadInstanceInfo {
        /// Id of the session that has it; 0 when it is not active.
        session: u32,
        /// Payload specific; for SOL the first byte is the port number.
        info: [u8; 8],
    }

    /// Get Channel Payload Support. Source: IPMI v2.0 §24.8.
    GetChannelPayloadSupport {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
    }

    /// Answer to Get Channel Payload Support.
    ChannelPayloadSupport {
        /// Bit n: standard payload type n.
        standard: u16,
        /// Bit n: session setup payload type 10h + n.
        session_setup: u16,
        /// Bit n: OEM payload type 20h + n.
        oem: u16,
        /// Reserved, 0.
        reserved: u16,
    }

    /// Get Channel Payload Version. Source: IPMI v2.0 §24.9.
    GetChannelPayloadVersion {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Payload type.
        payload_type: u8,
    }

    /// Answer to Get Channel Payload Version.
    ChannelPayloadVersion {
        /// Bits 7–4: major, 3–0: minor format version.
        version: u8,
    }

    /// Get Channel OEM Payload Info. Source: IPMI v2.0 §24.10.
    GetChannelOemPayloadInfo {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Payload type; 02h is OEM explicit.
        payload_type: u8,
        /// Who defined it, an IANA enterprise number; 0 but for OEM explicit.
        oem: U24,
        /// Payload id, the OEM's own; 0 but for OEM explicit.
        payload_id: u16,
    }

    /// Answer to Get Channel OEM Payload Info.
    ChannelOemPayloadInfo {
        /// Payload type.
        payload_type: u8,
        /// Who defined it, an IANA enterprise number.
        oem: U24,
        /// Payload id, the OEM's own.
        payload_id: u16,
        /// Bits 7–4: major, 3–0: minor format version.
        version: u8,
    }
}

commands! { APP, None;
    0x48 ActivatePayload => PayloadActivated;
    0x49 DeactivatePayload => Empty;
    0x4a GetPayloadActivationStatus => PayloadActivationStatus;
    0x4b GetPayloadInstanceInfo => PayloadInstanceInfo;
    0x4e GetChannelPayloadSupport => ChannelPayloadSupport;
    0x4f GetChannelPayloadVersion => ChannelPayloadVersion;
    0x50 GetChannelOemPayloadInfo => ChannelOemPayloadInfo;
    0x55 SuspendResumePayloadEncryption => Empty;
}

/// Payload types. Source: IPMI v2.0 Table 13-16.
pub mod payload_type {
    /// IPMI messages.
    pub const IPMI: u8 = 0x00;
    /// Serial over LAN.
    pub const SOL: u8 = 0x01;
    /// OEM explicit.
    pub const OEM_EXPLICIT: u8 = 0x02;
}

/// Bits of the first auxiliary byte of Activate Payload for SOL. Source: IPMI v2.0 Table 24-2.
pub mod sol_activation {
    /// CTS, DCD and DSR are held back until the console is ready.
    pub const STARTUP_HANDSHAKE: u8 = 1 << 1;
    /// Test mode.
    pub const TEST_MODE: u8 = 1 << 5;
    /// The payload is authenticated.
    pub const AUTHENTICATED: u8 = 1 << 6;
    /// The payload is encrypted.
    pub const ENCRYPTED: u8 = 1 << 7;
}
