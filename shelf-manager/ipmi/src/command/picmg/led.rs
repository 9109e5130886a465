//! LEDs of a FRU. Source: PICMG 3.0 R3.0, FRU LED management.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};

bodies! {
    /// Get FRU LED Properties.
    GetFruLedProperties {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get FRU LED Properties.
    FruLedProperties {
        /// Bits 3–0: LED 3, LED 2, LED 1, blue LED.
        general: u8,
        /// How many application specific LEDs there are; they start at id 4.
        application_count: u8,
    }

    /// Get LED Color Capabilities.
    GetLedColorCapabilities {
        /// FRU device id.
        fru_id: u8,
        /// LED id.
        led_id: u8,
    }

    /// Answer to Get LED Color Capabilities.
    LedColorCapabilities {
        /// Bits: 6 white, 5 orange, 4 amber, 3 green, 2 red, 1 blue.
        colors: u8,
        /// Default colour under local control.
        default_local: u8,
        /// Default colour under override.
        default_override: u8,
        /// Bits: 1 has a hardware restriction, 0 does not work without payload power. Older
        /// controllers leave it out.
        flags: Option<u8>,
    }

    /// Set FRU LED State.
    SetFruLedState {
        /// FRU device id.
        fru_id: u8,
        /// LED id; FFh all of them, for a lamp test.
        led_id: u8,
        /// 00h off, 01h–FAh off time in 10 ms, FBh lamp test, FCh local control, FFh on.
        function: u8,
        /// On time in 10 ms, or lamp test time in 100 ms.
        on_time: u8,
        /// Colour: 1 blue, 2 red, 3 green, 4 amber, 5 orange, 6 white, Eh keep, Fh default.
        color: u8,
    }

    /// Get FRU LED State.
    GetFruLedState {
        /// FRU device id.
        fru_id: u8,
        /// LED id.
        led_id: u8,
    }

    /// Answer to Get FRU LED State.
    FruLedState {
        /// Bit 2: lamp test; 1: override; 0: has a local control state.
        states: u8,
        /// Local function: 00h off, 01h–FAh off time in 10 ms, FFh on.
        local_function: u8,
        /// Local on time in 10 ms.
        local_on_time: u8,
        /// Local colour.
        local_color: u8,
        /// Override function, with override or lamp test.
        override_function: Option<u8>,
        /// Override on time, with override or lamp test.
        override_on_time: Option<u8>,
        /// Override colour, with override or lamp test.
        override_color: Option<u8>,
        /// Lamp test time in 100 ms.
        lamp_test_time: Option<u8>,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x05 GetFruLedProperties => FruLedProperties;
    0x06 GetLedColorCapabilities => LedColorCapabilities;
    0x07 SetFruLedState => Empty;
    0x08 GetFruLedState => FruLedState;
}

/// What a LED shows at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum LedShows {
    /// Dark.
    Off,
    /// Lit.
    On,
    /// Blinking; both times in 10 ms.
    Blinking {
        /// How long it is dark.
        off: u8,
        /// How long it is lit.
        on: u8,
    },
    /// A lamp test.
    LampTest,
}

impl FruLedState {
    /// What the LED shows: the lamp test before the override state before the local one.
    #[must_use]
    pub fn shows(&self) -> LedShows {
        let local = (self.local_function, self.local_on_time);
        let (function, on) = match (self.override_function, self.override_on_time) {
            (Some(function), on) if self.states & 0b010 != 0 => (function, on.unwrap_or(0)),
            (_, _) => local,
        };
        match function {
            _ if self.states & 0b100 != 0 => LedShows::LampTest,
            0x00 => LedShows::Off,
            0xfb => LedShows::LampTest,
            0xff => LedShows::On,
            off => LedShows::Blinking { off, on },
        }
    }
}
