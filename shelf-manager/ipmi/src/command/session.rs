//! Sessions and channels: authentication, privilege, access. Source: IPMI v2.0 §22.13–§22.25.

use super::{Body as _, Empty, bodies, commands};
use crate::wire::{Reader, U24};
use alloc::vec::Vec;

bodies! {
    /// Get Channel Authentication Capabilities. Source: IPMI v2.0 §22.13.
    GetChannelAuthenticationCapabilities {
        /// Bit 7: asks for the extended data of IPMI v2.0; bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 3–0: privilege level that the session will ask for.
        privilege: u8,
    }

    /// Answer to Get Channel Authentication Capabilities.
    ChannelAuthenticationCapabilities {
        /// Channel.
        channel: u8,
        /// Bit 7: extended data of IPMI v2.0; authentication types: 5 OEM, 4 password, 2 MD5,
        /// 1 MD2, 0 none.
        types: u8,
        /// Bit 5: KG is set; 4: no authentication for each message; 3: none at user level; 2: users
        /// with names; 1: users without names; 0: anonymous login.
        status: u8,
        /// Bit 1: IPMI v2.0 connections; 0: IPMI v1.5 connections.
        extended: u8,
        /// Who defined the OEM authentication type, an IANA enterprise number.
        oem: U24,
        /// OEM auxiliary data.
        oem_auxiliary: u8,
    }

    /// Get Channel Cipher Suites. Source: IPMI v2.0 §22.15.
    GetChannelCipherSuites {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 5–0: payload type.
        payload_type: u8,
        /// Bit 7: 1 lists cipher suites, 0 lists algorithms; bits 5–0: which block of 16 bytes.
        list_index: u8,
    }

    /// Answer to Get Channel Cipher Suites.
    ChannelCipherSuites {
        /// Channel.
        channel: u8,
        /// At most 16 bytes of records; fewer end the list.
        records: Vec<u8>,
    }

    /// Get Session Challenge. Source: IPMI v2.0 §22.16.
    GetSessionChallenge {
        /// Bits 3–0: authentication type.
        authentication_type: u8,
        /// User name, filled up with zeros.
        user_name: [u8; 16],
    }

    /// Answer to Get Session Challenge.
    SessionChallenge {
        /// Temporary session id.
        session: u32,
        /// Challenge string.
        challenge: [u8; 16],
    }

    /// Activate Session. Source: IPMI v2.0 §22.17.
    ActivateSession {
        /// Bits 3–0: authentication type.
        authentication_type: u8,
        /// Bits 3–0: highest privilege level asked for.
        privilege: u8,
        /// The challenge string, or the authentication code over it.
        challenge: [u8; 16],
        /// First sequence number from the responder to the requester.
        outbound_sequence: u32,
    }

    /// Answer to Activate Session.
    SessionActivated {
        /// Bits 3–0: authentication type for the rest of the session.
        authentication_type: u8,
        /// Session id.
        session: u32,
        /// First sequence number from the requester to the responder.
        inbound_sequence: u32,
        /// Bits 3–0: highest privilege level that the session allows.
        privilege: u8,
    }

    /// Set Session Privilege Level. Source: IPMI v2.0 §22.18.
    SetSessionPrivilegeLevel {
        /// Bits 3–0: level; 0 leaves it as it is.
        level: u8,
    }

    /// Answer to Set Session Privilege Level.
    SessionPrivilegeLevel {
        /// Bits 3–0: level now.
        level: u8,
    }

    /// Close Session. Source: IPMI v2.0 §22.19.
    CloseSession {
        /// Session id; 0 when `handle` says which.
        session: u32,
        /// Session handle, with session id 0 only.
        handle: Option<u8>,
    }

    /// Get Session Info. Source: IPMI v2.0 §22.20.
    GetSessionInfo {
        /// 00h this session, FEh by handle, FFh by id, else the nth active one.
        index: u8,
        /// Handle (1 byte) or id (4 bytes), as `index` says; else empty.
        key: Vec<u8>,
    }

    /// Answer to Get Session Info. Without an active session it ends behind `active`.
    SessionInfo {
        /// Session handle; 0 when there is none.
        handle: u8,
        /// Bits 5–0: how many sessions there can be.
        possible: u8,
        /// Bits 5–0: how many there are.
        active: u8,
        /// Bits 5–0: user id.
        user: Option<u8>,
        /// Bits 3–0: privilege level.
        privilege: Option<u8>,
        /// Bits 7–4: 1 for RMCP+ on a LAN; bits 3–0: channel.
        channel: Option<u8>,
        /// More, as the medium of the channel has it; see [`SessionInfo::lan`].
        medium: Vec<u8>,
    }

    /// The remote console of a session over a LAN.
    LanConsole {
        /// IP address, most significant byte first.
        address: [u8; 4],
        /// MAC address, most significant byte first.
        mac_address: [u8; 6],
        /// UDP port.
        port: u16,
    }

    /// Set Channel Access. Source: IPMI v2.0 §22.22.
    SetChannelAccess {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 7–6: 1 sets the non-volatile, 2 the volatile values; 5–0 as in [`ChannelAccess`].
        access: u8,
        /// Bits 7–6: 1 sets the non-volatile, 2 the volatile value; 3–0: highest privilege level.
        privilege: u8,
    }

    /// Get Channel Access. Source: IPMI v2.0 §22.23.
    GetChannelAccess {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 7–6: 1 gets the non-volatile, 2 the volatile values.
        which: u8,
    }

    /// Answer to Get Channel Access.
    ChannelAccess {
        /// Bit 5: alerting is off; 4: no authentication for each message; 3: none at user level;
        /// 2–0: 0 disabled, 1 before boot only, 2 always, 3 shared.
        access: u8,
        /// Bits 3–0: highest privilege level.
        privilege: u8,
    }

    /// Get Channel Info. Source: IPMI v2.0 §22.24.
    GetChannelInfo {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
    }

    /// Answer to Get Channel Info.
    ChannelInfo {
        /// Bits 3–0: actual channel.
        channel: u8,
        /// Bits 6–0: medium: 1 IPMB, 2 ICMB v1.0, 4 LAN, 5 serial, 12 system interface.
        medium: u8,
        /// Bits 4–0: protocol: 1 IPMB, 2 ICMB, 4 SMBus, 5 KCS, 8 BT.
        protocol: u8,
        /// Bits 7–6: 0 no sessions, 1 one, 2 several, 3 can change; 5–0: active ones.
        sessions: u8,
        /// Who defined the protocol, an IANA enterprise number.
        vendor: U24,
        /// Auxiliary info; of the system interface its interrupts.
        auxiliary: [u8; 2],
    }

    /// Set Channel Security Keys. Source: IPMI v2.0 §22.25.
    SetChannelSecurityKeys {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 1–0: 0 read, 1 set, 2 lock.
        operation: u8,
        /// Which key: 0 KR, 1 KG.
        key_id: u8,
        /// Its value, to be set; else empty.
        key: Vec<u8>,
    }

    /// Answer to Set Channel Security Keys.
    ChannelSecurityKeys {
        /// Bits 1–0: 0 not lockable, 1 locked, 2 unlocked.
        lock: Option<u8>,
        /// The value, where it was read.
        key: Vec<u8>,
    }
}

commands! { APP, None;
    0x38 GetChannelAuthenticationCapabilities => ChannelAuthenticationCapabilities;
    0x39 GetSessionChallenge => SessionChallenge;
    0x3a ActivateSession => SessionActivated;
    0x3b SetSessionPrivilegeLevel => SessionPrivilegeLevel;
    0x3c CloseSession => Empty;
    0x3d GetSessionInfo => SessionInfo;
    0x40 SetChannelAccess => Empty;
    0x41 GetChannelAccess => ChannelAccess;
    0x42 GetChannelInfo => ChannelInfo;
    0x54 GetChannelCipherSuites => ChannelCipherSuites;
    0x56 SetChannelSecurityKeys => ChannelSecurityKeys;
}

/// The channel over which a request comes. Source: IPMI v2.0 §6.3.
pub const THIS_CHANNEL: u8 = 0x0e;

/// Privilege levels. Source: IPMI v2.0 §6.8.
pub mod privilege {
    /// May start a callback only.
    pub const CALLBACK: u8 = 1;
    /// May read.
    pub const USER: u8 = 2;
    /// May do all but change the configuration.
    pub const OPERATOR: u8 = 3;
    /// May do all.
    pub const ADMINISTRATOR: u8 = 4;
    /// The OEM says what it may do.
    pub const OEM: u8 = 5;
    /// May do nothing, as the highest level of a user or a channel.
    pub const NO_ACCESS: u8 = 15;
}

impl GetSessionInfo {
    /// About the nth active session, from 1; 0 is the one that asks.
    #[must_use]
    pub const fn by_index(index: u8) -> Self {
        Self {
            index,
            key: Vec::new(),
        }
    }

    /// About the session with this handle.
    #[must_use]
    pub fn by_handle(handle: u8) -> Self {
        Self {
            index: 0xfe,
            key: alloc::vec![handle],
        }
    }

    /// About the session with this id.
    #[must_use]
    pub fn by_id(session: u32) -> Self {
        Self {
            index: 0xff,
            key: session.to_le_bytes().to_vec(),
        }
    }
}

impl SessionInfo {
    /// The remote console, when the channel is a LAN; `None` when the answer does not say.
    #[must_use]
    pub fn lan(&self) -> Option<LanConsole> {
        LanConsole::read(&mut Reader::new(&self.medium)).ok()
    }
}
