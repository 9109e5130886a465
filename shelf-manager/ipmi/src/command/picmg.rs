//! PICMG commands: AdvancedTCA's own. Source: PICMG 3.0 R3.0, command table.

use super::{Empty, PICMG_GROUP, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Get PICMG Properties.
    GetPicmgProperties {}

    /// Answer to Get PICMG Properties.
    PicmgProperties {
        /// Extension version: major in the low nibble, minor in the high one; 2.2 is 22h.
        version: u8,
        /// Highest FRU device id.
        fru_id_max: u8,
        /// FRU device id of the controller itself, 0.
        own_fru_id: u8,
    }

    /// Get Address Info. Without fields: about the responder's FRU 0.
    GetAddressInfo {
        /// FRU device id.
        fru_id: Option<u8>,
        /// Kind of `key`: 0 hardware address, 1 IPMB-0 address, 3 physical address.
        key_type: Option<u8>,
        /// The key.
        key: Option<u8>,
        /// Site type, for a physical address.
        site_type: Option<u8>,
    }

    /// Answer to Get Address Info.
    AddressInfo {
        /// Hardware address, 7 bits.
        hardware_address: u8,
        /// IPMB-0 address, 8 bits.
        ipmb_address: u8,
        /// Reserved, FFh.
        reserved: u8,
        /// FRU device id.
        fru_id: u8,
        /// Site number.
        site_number: u8,
        /// Site type.
        site_type: u8,
    }

    /// Get Shelf Address Info.
    GetShelfAddressInfo {}

    /// Answer to Get Shelf Address Info.
    ShelfAddressInfo {
        /// Type/length byte and the address.
        address: Vec<u8>,
    }

    /// FRU Control.
    FruControl {
        /// FRU device id.
        fru_id: u8,
        /// 0 cold reset, 1 warm reset, 2 graceful reboot, 3 diagnostic interrupt, 4 quiesce.
        option: u8,
    }

    /// Answer to FRU Control.
    FruControlled {
        /// Data of the option, where it has some.
        data: Vec<u8>,
    }

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

    /// Set FRU Activation Policy.
    SetFruActivationPolicy {
        /// FRU device id.
        fru_id: u8,
        /// Which bits to change: 1 deactivation-locked, 0 locked.
        mask: u8,
        /// Their new values.
        set: u8,
    }

    /// Get FRU Activation Policy.
    GetFruActivationPolicy {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get FRU Activation Policy.
    FruActivationPolicy {
        /// Bit 1: deactivation-locked; 0: locked.
        bits: u8,
    }

    /// Set FRU Activation.
    SetFruActivation {
        /// FRU device id.
        fru_id: u8,
        /// 0 deactivate, 1 activate.
        activate: u8,
    }

    /// Get Device Locator Record ID.
    GetDeviceLocatorRecordId {
        /// FRU device id.
        fru_id: u8,
        /// Where to start to search.
        start: Option<u16>,
    }

    /// Answer to Get Device Locator Record ID.
    DeviceLocatorRecordId {
        /// Record id.
        record: u16,
    }

    /// Set Port State: an E-key.
    SetPortState {
        /// Link info, see the link descriptors of the point-to-point connectivity records.
        link: u32,
        /// 0 disable, 1 enable.
        state: u8,
    }

    /// Get Port State.
    GetPortState {
        /// Bits 7–6: interface (0 base, 1 fabric, 2 update); bits 5–0: channel.
        channel: u8,
    }

    /// Answer to Get Port State.
    PortState {
        /// Up to four times link info (4 bytes) and state (1 byte).
        links: Vec<u8>,
    }

    /// Compute Power Properties.
    ComputePowerProperties {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Compute Power Properties.
    PowerProperties {
        /// Slots that the FRU spans.
        slots: u8,
        /// Where among them the controller sits; 0 is the leftmost.
        location: u8,
    }

    /// Set Power Level.
    SetPowerLevel {
        /// FRU device id.
        fru_id: u8,
        /// 0 off, 1–20 a level, FFh no change.
        level: u8,
        /// 0 keep, 1 copy the desired levels to the present ones first.
        copy: u8,
    }

    /// Get Power Level.
    GetPowerLevel {
        /// FRU device id.
        fru_id: u8,
        /// 0 steady state, 1 desired steady state, 2 early, 3 desired early.
        kind: u8,
    }

    /// Answer to Get Power Level.
    PowerLevel {
        /// Bit 7: dynamic reconfiguration; bits 4–0: level, 0 off.
        properties: u8,
        /// Delay to stable power, 0.1 s.
        delay: u8,
        /// Multiplier of the draws, 0.1 W.
        multiplier: u8,
        /// Power draw of each level, from level 1; rises, at most 20 of them.
        draws: Vec<u8>,
    }

    /// Get Fan Speed Properties.
    GetFanSpeedProperties {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get Fan Speed Properties.
    FanSpeedProperties {
        /// Lowest level.
        level_min: u8,
        /// Highest level.
        level_max: u8,
        /// Level of normal operation.
        level_normal: u8,
        /// Bit 7: local control is supported.
        properties: u8,
    }

    /// Set Fan Level.
    SetFanLevel {
        /// FRU device id.
        fru_id: u8,
        /// A level, FEh emergency stop, FFh local control.
        level: u8,
        /// Local control: 0 off, 1 on.
        local_enable: Option<u8>,
    }

    /// Get Fan Level.
    GetFanLevel {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get Fan Level.
    FanLevel {
        /// Override level; FEh emergency stop, FFh local control.
        override_level: u8,
        /// Local level.
        local_level: Option<u8>,
        /// Whether local control is on.
        local_enable: Option<u8>,
    }

    /// Get Shelf Manager IPMB Addresses.
    GetShelfManagerIpmbAddresses {}

    /// Answer to Get Shelf Manager IPMB Addresses.
    ShelfManagerIpmbAddresses {
        /// Address of the active shelf manager's own controller.
        active: u8,
        /// Address of the backup's.
        backup: u8,
    }

    /// FRU Control Capabilities.
    GetFruControlCapabilities {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to FRU Control Capabilities.
    FruControlCapabilities {
        /// Bits: 3 diagnostic interrupt, 2 graceful reboot, 1 warm reset; cold reset is always
        /// there.
        options: u8,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x00 GetPicmgProperties => PicmgProperties;
    0x01 GetAddressInfo => AddressInfo;
    0x02 GetShelfAddressInfo => ShelfAddressInfo;
    0x04 FruControl => FruControlled;
    0x05 GetFruLedProperties => FruLedProperties;
    0x06 GetLedColorCapabilities => LedColorCapabilities;
    0x07 SetFruLedState => Empty;
    0x08 GetFruLedState => FruLedState;
    0x0a SetFruActivationPolicy => Empty;
    0x0b GetFruActivationPolicy => FruActivationPolicy;
    0x0c SetFruActivation => Empty;
    0x0d GetDeviceLocatorRecordId => DeviceLocatorRecordId;
    0x0e SetPortState => Empty;
    0x0f GetPortState => PortState;
    0x10 ComputePowerProperties => PowerProperties;
    0x11 SetPowerLevel => Empty;
    0x12 GetPowerLevel => PowerLevel;
    0x14 GetFanSpeedProperties => FanSpeedProperties;
    0x15 SetFanLevel => Empty;
    0x16 GetFanLevel => FanLevel;
    0x1b GetShelfManagerIpmbAddresses => ShelfManagerIpmbAddresses;
    0x1e GetFruControlCapabilities => FruControlCapabilities;
}

impl GetAddressInfo {
    /// About a FRU of the responder.
    #[must_use]
    pub const fn of_fru(fru_id: u8) -> Self {
        Self {
            fru_id: Some(fru_id),
            key_type: None,
            key: None,
            site_type: None,
        }
    }
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
