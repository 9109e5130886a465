//! Controls.

use super::{Body, Text};
use crate::field::{structures, unions};

structures! {
    /// `SaHpiCtrlStateStreamT`.
    CtrlStateStream {
        /// Whether the stream is played again and again.
        repeat: bool,
        /// How many bits of it there are.
        stream_length: u32,
        /// The stream.
        stream: [u8; 4],
    }

    /// `SaHpiCtrlStateTextT`.
    CtrlStateText {
        /// Line, from 1; 0 is all of them.
        line: u8,
        /// What stands there.
        text: Text,
    }

    /// `SaHpiCtrlStateOemT`.
    CtrlStateOem {
        /// Whose state it is, an IANA enterprise number.
        manufacturer: u32,
        /// The state.
        body: Body,
    }
}

unions! {
    /// `SaHpiCtrlStateT`; the selector is `SaHpiCtrlTypeT`.
    CtrlState {
        /// `SaHpiCtrlStateDigitalT`.
        0x00 Digital(u32),
        /// A number.
        0x01 Discrete(u32),
        /// A number between two others.
        0x02 Analog(i32),
        /// Bits, one after the other.
        0x03 Stream(CtrlStateStream),
        /// Lines of text.
        0x04 Text(CtrlStateText),
        /// The implementation's own.
        0xc0 Oem(CtrlStateOem),
    }
}

structures! {
    /// `SaHpiCtrlRecAnalogT`.
    CtrlRecAnalog {
        /// Lowest state.
        min: i32,
        /// Highest state.
        max: i32,
        /// State in automatic mode.
        default: i32,
    }

    /// `SaHpiCtrlRecTextT`.
    CtrlRecText {
        /// How long a line is.
        max_chars: u8,
        /// How many lines there are.
        max_lines: u8,
        /// `SaHpiLanguageT`.
        language: u32,
        /// `SaHpiTextTypeT`.
        data_type: u32,
        /// State in automatic mode.
        default: CtrlStateText,
    }

    /// `SaHpiCtrlRecOemT`.
    CtrlRecOem {
        /// Whose control it is, an IANA enterprise number.
        manufacturer: u32,
        /// How it is configured.
        config_data: [u8; 10],
        /// State in automatic mode.
        default: CtrlStateOem,
    }
}

unions! {
    /// `SaHpiCtrlRecUnionT`, with `SaHpiCtrlTypeT` before it.
    CtrlRecUnion {
        /// State in automatic mode, `SaHpiCtrlStateDigitalT`.
        0x00 Digital(u32),
        /// State in automatic mode.
        0x01 Discrete(u32),
        /// Its range.
        0x02 Analog(CtrlRecAnalog),
        /// State in automatic mode.
        0x03 Stream(CtrlStateStream),
        /// Its size.
        0x04 Text(CtrlRecText),
        /// The implementation's own.
        0xc0 Oem(CtrlRecOem),
    }
}

structures! {
    /// `SaHpiCtrlDefaultModeT`.
    CtrlDefaultMode {
        /// `SaHpiCtrlModeT`.
        mode: u32,
        /// Whether the mode stays as it is.
        read_only: bool,
    }

    /// `SaHpiCtrlRecT`.
    CtrlRec {
        /// `SaHpiCtrlNumT`.
        num: u32,
        /// `SaHpiCtrlOutputTypeT`.
        output_type: u32,
        /// What kind of states it has.
        type_union: CtrlRecUnion,
        /// Mode at the start.
        default_mode: CtrlDefaultMode,
        /// Whether its state cannot be read.
        write_only: bool,
        /// The implementation's own.
        oem: u32,
    }
}
