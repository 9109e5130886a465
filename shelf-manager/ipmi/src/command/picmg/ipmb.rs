//! The two buses of IPMB-0. Source: PICMG 3.0 R3.0, Set IPMB State, Get IPMB Link Info.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};

bodies! {
    /// Set IPMB State: isolates a bus, or leaves it to the controller.
    SetIpmbState {
        /// IPMB-A. FFh: no change. Bits 7–1: link (0 all, 1–5Fh); bit 0: 0 isolate, 1 local
        /// control.
        a: u8,
        /// IPMB-B, likewise.
        b: u8,
    }

    /// Get IPMB Link Info: which sensor watches which link.
    GetIpmbLinkInfo {
        /// Kind of `key`: 0 link number, 1 sensor number.
        key_type: u8,
        /// The key.
        key: u8,
    }

    /// Answer to Get IPMB Link Info.
    IpmbLinkInfo {
        /// Link number.
        link: u8,
        /// Sensor number.
        sensor: u8,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x09 SetIpmbState => Empty;
    0x18 GetIpmbLinkInfo => IpmbLinkInfo;
}

/// Set IPMB State: the bus stays as it is.
pub const IPMB_NO_CHANGE: u8 = 0xff;

/// What a byte of Set IPMB State orders: link number (0 is all of them), and whether the link is
/// left to the controller (otherwise it is isolated). `None` when it changes nothing.
#[must_use]
pub const fn ipmb_order(byte: u8) -> Option<(u8, bool)> {
    match byte {
        IPMB_NO_CHANGE => None,
        byte => Some((byte >> 1, byte & 1 == 1)),
    }
}
