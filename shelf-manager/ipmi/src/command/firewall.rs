//! Firmware firewall and command discovery. Source: IPMI v2.0 §21.

use super::{Empty, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Get NetFn Support. Source: IPMI v2.0 §21.2.
    GetNetFnSupport {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
    }

    /// Answer to Get NetFn Support.
    NetFnSupport {
        /// Two bits for each logical unit, LUN 0 lowest: 0 no commands, 1 those of the standard,
        /// 2 some of them.
        luns: u8,
        /// Bit n: LUN 0 has the network functions 2n and 2n + 1.
        pairs_lun0: u32,
        /// The same for LUN 1.
        pairs_lun1: u32,
        /// The same for LUN 2.
        pairs_lun2: u32,
        /// The same for LUN 3.
        pairs_lun3: u32,
    }

    /// Get Command Support. Source: IPMI v2.0 §21.3.
    GetCommandSupport {
        /// Which commands.
        of: CommandSet,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh; else empty.
        group: Vec<u8>,
    }

    /// A half of the commands of one network function at one logical unit.
    CommandSet {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 7–6: 0 commands 00h–7Fh, 1 commands 80h–FFh; 5–0: network function.
        net_fn: u8,
        /// Bits 1–0: logical unit.
        lun: u8,
    }

    /// 128 commands, bit by bit, the first in bit 0 of the first byte; in Get Command Support a
    /// bit that is set means that the command is not supported.
    CommandMask {
        /// The bits.
        mask: [u8; 16],
    }

    /// One command at one logical unit.
    CommandName {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 5–0: network function.
        net_fn: u8,
        /// Bits 1–0: logical unit.
        lun: u8,
        /// Command.
        command: u8,
    }

    /// Get Command Sub-function Support. Source: IPMI v2.0 §21.4.
    GetCommandSubFunctionSupport {
        /// Which command.
        of: CommandName,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh; else empty.
        group: Vec<u8>,
    }

    /// Answer to Get Command Sub-function Support.
    CommandSubFunctionSupport {
        /// Bits 7–4: specification type; 3–0: errata version.
        specification: u8,
        /// Specification version.
        version: u8,
        /// Specification revision.
        revision: u8,
        /// Bit n: sub-function n.
        mask: u32,
    }

    /// Get Configurable Commands. Source: IPMI v2.0 §21.5.
    GetConfigurableCommands {
        /// Which commands.
        of: CommandSet,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh; else empty.
        group: Vec<u8>,
    }

    /// Get Configurable Command Sub-functions. Source: IPMI v2.0 §21.6.
    GetConfigurableCommandSubFunctions {
        /// Which command.
        of: CommandName,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh; else empty.
        group: Vec<u8>,
    }

    /// Sub-functions, bit by bit.
    SubFunctionMask {
        /// Bit n: sub-function n.
        low: u32,
        /// Bit n: sub-function 32 + n.
        high: Option<u32>,
    }

    /// Set Command Enables. Source: IPMI v2.0 §21.7.
    SetCommandEnables {
        /// Which commands.
        of: CommandSet,
        /// Those that are to be enabled.
        enabled: CommandMask,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh; else empty.
        group: Vec<u8>,
    }

    /// Get Command Enables. Source: IPMI v2.0 §21.8.
    GetCommandEnables {
        /// Which commands.
        of: CommandSet,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh; else empty.
        group: Vec<u8>,
    }

    /// Set Command Sub-function Enables. Source: IPMI v2.0 §21.9.
    SetCommandSubFunctionEnables {
        /// Which command.
        of: CommandName,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh, then four or eight
        /// bytes of sub-functions as in [`SubFunctionMask`].
        enables: Vec<u8>,
    }

    /// Get Command Sub-function Enables. Source: IPMI v2.0 §21.10.
    GetCommandSubFunctionEnables {
        /// Which command.
        of: CommandName,
        /// Group id or enterprise number, for network functions 2Ch and 2Eh; else empty.
        group: Vec<u8>,
    }

    /// Get OEM NetFn IANA Support. Source: IPMI v2.0 §21.11.
    GetOemNetFnIanaSupport {
        /// Bits 3–0: channel, Eh is this one.
        channel: u8,
        /// Bits 5–0: network function, 2Ch or 2Eh.
        net_fn: u8,
        /// Bits 5–0: which entry of the list.
        index: u8,
    }

    /// Answer to Get OEM NetFn IANA Support.
    OemNetFnIanaSupport {
        /// Bits 6–0: index of the last entry.
        last: u8,
        /// Two bits for each logical unit, as in [`NetFnSupport`].
        luns: u8,
        /// Group id or enterprise number.
        group: Vec<u8>,
    }
}

commands! { APP, None;
    0x09 GetNetFnSupport => NetFnSupport;
    0x0a GetCommandSupport => CommandMask;
    0x0b GetCommandSubFunctionSupport => CommandSubFunctionSupport;
    0x0c GetConfigurableCommands => CommandMask;
    0x0d GetConfigurableCommandSubFunctions => SubFunctionMask;
    0x60 SetCommandEnables => Empty;
    0x61 GetCommandEnables => CommandMask;
    0x62 SetCommandSubFunctionEnables => Empty;
    0x63 GetCommandSubFunctionEnables => SubFunctionMask;
    0x64 GetOemNetFnIanaSupport => OemNetFnIanaSupport;
}
