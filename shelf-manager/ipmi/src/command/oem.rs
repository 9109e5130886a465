//! Our own commands: the payload's console over IPMB.
//!
//! Choice: PICMG and IPMI define no console over IPMB, so it is an OEM group command set of ours.
//! Both directions count chunks, because IPMB loses messages and repeats them: what was read stays
//! with the controller until it is acknowledged, and what is written again is not typed again.

use super::{bodies, commands};
use alloc::vec::Vec;

/// Enterprise number of the command set.
///
/// Choice: the number reserved for documentation, until the project has one of its own.
/// Source: RFC 5612 §2.
pub const ENTERPRISE: u32 = 32473;

/// What the data of each message begins with, in both directions: [`ENTERPRISE`], least
/// significant byte first. Source: IPMI v2.0 Table 5-1, network function 2Eh.
pub const OEM_GROUP: [u8; 3] = {
    let [a, b, c, _] = ENTERPRISE.to_le_bytes();
    [a, b, c]
};

/// Version of the command set that [`ConsoleCapabilities::version`] tells.
pub const CONSOLE_VERSION: u8 = 1;

/// Most bytes of one Console Read: what an IPMB message of 32 bytes has room for behind its
/// framing (8), the enterprise number (3), the sequence and the flags.
pub const CONSOLE_READ_MAX: u8 = 32 - 8 - 3 - 2;

/// Most bytes of one Console Write: what an IPMB message of 32 bytes has room for behind its
/// framing (7), the enterprise number (3), the FRU, the sequence and the flags.
pub const CONSOLE_WRITE_MAX: u8 = 32 - 7 - 3 - 3;

bodies! {
    /// Get Console Capabilities: whether a FRU's payload has a console here.
    GetConsoleCapabilities {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get Console Capabilities.
    ConsoleCapabilities {
        /// Version of the command set, [`CONSOLE_VERSION`].
        version: u8,
        /// Most bytes of one Console Read.
        read_max: u8,
        /// Most bytes of one Console Write.
        write_max: u8,
        /// See [`capabilities`].
        flags: u8,
    }

    /// Console Read: acknowledges one chunk of output and takes the next one.
    ///
    /// Chunks count 1–255 and then 1 again. As long as a chunk is not acknowledged it is given
    /// again, byte for byte.
    ConsoleRead {
        /// FRU device id.
        fru_id: u8,
        /// Sequence of the chunk that was received last; 0 of a reader that received none yet.
        acknowledged: u8,
        /// Most bytes that the reader takes.
        count_max: u8,
    }

    /// Answer to Console Read.
    ConsoleChunk {
        /// Sequence of this chunk, the one behind `acknowledged`; `acknowledged` itself when there
        /// is no output.
        sequence: u8,
        /// See [`chunk`].
        flags: u8,
        /// What the payload said.
        data: Vec<u8>,
    }

    /// Console Write: types at the payload's console.
    ConsoleWrite {
        /// FRU device id.
        fru_id: u8,
        /// 1–255, then 1 again; the same number as in the write before repeats it, and is answered
        /// but not typed again. 0 never repeats: a writer begins with an empty write of it, so that
        /// its 1 is not taken for the last writer's.
        sequence: u8,
        /// See [`write`].
        flags: u8,
        /// What is typed; behind the break, when there is one.
        data: Vec<u8>,
    }

    /// Answer to Console Write.
    ConsoleWritten {
        /// How many bytes were accepted.
        accepted: u8,
    }
}

commands! { OEM_GROUP, &OEM_GROUP;
    0x00 GetConsoleCapabilities => ConsoleCapabilities;
    0x01 ConsoleRead => ConsoleChunk;
    0x02 ConsoleWrite => ConsoleWritten;
}

/// Bits of the console's capabilities.
pub mod capabilities {
    /// The FRU's payload has a console.
    pub const PRESENT: u8 = 1 << 0;
    /// The payload has power.
    pub const POWERED: u8 = 1 << 1;
}

/// Bits of a chunk of output.
pub mod chunk {
    /// Output in front of this chunk was lost: nobody read it in time.
    pub const LOST: u8 = 1 << 0;
}

/// Bits of a write.
pub mod write {
    /// Sends a break in front of the bytes.
    pub const BREAK: u8 = 1 << 0;
}

/// The sequence behind `sequence`: 0 only ever begins.
#[must_use]
pub const fn next_sequence(sequence: u8) -> u8 {
    match sequence {
        u8::MAX => 1,
        sequence => sequence + 1,
    }
}

#[cfg(test)]
mod tests;
