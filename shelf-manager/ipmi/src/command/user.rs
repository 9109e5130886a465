//! Users: names, passwords, access. Source: IPMI v2.0 §22.26–§22.30 and §24.6–§24.7.

use super::{Empty, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Set User Access. Source: IPMI v2.0 §22.26.
    SetUserAccess {
        /// Bit 7: changes the bits that follow; 6: callback only; 5: link authentication; 4: IPMI
        /// messaging; 3–0: channel.
        channel: u8,
        /// Bits 5–0: user id.
        user: u8,
        /// Bits 3–0: highest privilege level on the channel; Fh no access.
        privilege: u8,
        /// Bits 3–0: how many sessions at a time; 0 or absent is no limit of its own.
        session_limit: Option<u8>,
    }

    /// Get User Access. Source: IPMI v2.0 §22.27.
    GetUserAccess {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 5–0: user id.
        user: u8,
    }

    /// Answer to Get User Access.
    UserAccess {
        /// Bits 5–0: highest user id of the channel.
        users_max: u8,
        /// Bits 7–6: the user is 0 not known to be, 1 enabled, 2 disabled; 5–0: enabled users.
        enabled: u8,
        /// Bits 5–0: users whose names are fixed.
        fixed_names: u8,
        /// Bit 6: callback only; 5: link authentication; 4: IPMI messaging; 3–0: highest privilege
        /// level.
        access: u8,
    }

    /// Set User Name. Source: IPMI v2.0 §22.28.
    SetUserName {
        /// Bits 5–0: user id.
        user: u8,
        /// The name, filled up with zeros.
        name: [u8; 16],
    }

    /// Get User Name. Source: IPMI v2.0 §22.29.
    GetUserName {
        /// Bits 5–0: user id.
        user: u8,
    }

    /// Answer to Get User Name.
    UserName {
        /// The name, filled up with zeros.
        name: [u8; 16],
    }

    /// Set User Password. Source: IPMI v2.0 §22.30.
    SetUserPassword {
        /// Bit 7: the password has 20 bytes, not 16; bits 5–0: user id.
        user: u8,
        /// Bits 1–0: see [`password`].
        operation: u8,
        /// The password, filled up with zeros, to be set or tested; else empty.
        password: Vec<u8>,
    }

    /// Set User Payload Access. Source: IPMI v2.0 §24.6.
    SetUserPayloadAccess {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 7–6: 0 enables, 1 disables the payloads named; 5–0: user id.
        user: u8,
        /// Which payloads.
        payloads: UserPayloads,
    }

    /// Get User Payload Access. Source: IPMI v2.0 §24.7.
    GetUserPayloadAccess {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 5–0: user id.
        user: u8,
    }

    /// Payloads that a user may activate; answers Get User Payload Access.
    UserPayloads {
        /// Bit n: standard payload type n; bit 1 is SOL.
        standard: u8,
        /// Reserved, 0.
        reserved: u8,
        /// Bit n: OEM payload 20h + n.
        oem: u8,
        /// Reserved, 0.
        reserved_oem: u8,
    }
}

commands! { APP, None;
    0x43 SetUserAccess => Empty;
    0x44 GetUserAccess => UserAccess;
    0x45 SetUserName => Empty;
    0x46 GetUserName => UserName;
    0x47 SetUserPassword => Empty;
    0x4c SetUserPayloadAccess => Empty;
    0x4d GetUserPayloadAccess => UserPayloads;
}

/// What to do with a password. Source: IPMI v2.0 §22.30.
pub mod password {
    /// Disables the user.
    pub const DISABLE_USER: u8 = 0;
    /// Enables the user.
    pub const ENABLE_USER: u8 = 1;
    /// Sets the password.
    pub const SET: u8 = 2;
    /// Tests the password.
    pub const TEST: u8 = 3;
}
