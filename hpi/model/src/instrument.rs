//! Instruments other than sensors: controls, watchdogs, annunciators, diagnostics, firmware
//! upgrade.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiCtrlRecT` and the records beside it.

use crate::TextBuffer;
use crate::numbered::numbered;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiCtrlOutputTypeT`.
    ControlOutput {
        Generic = 0 "GENERIC",
        Led = 1 "LED",
        FanSpeed = 2 "FAN_SPEED",
        DryContactClosure = 3 "DRY_CONTACT_CLOSURE",
        PowerSupplyInhibit = 4 "POWER_SUPPLY_INHIBIT",
        Audible = 5 "AUDIBLE",
        FrontPanelLockout = 6 "FRONT_PANEL_LOCKOUT",
        PowerInterlock = 7 "POWER_INTERLOCK",
        PowerState = 8 "POWER_STATE",
        LcdDisplay = 9 "LCD_DISPLAY",
        Oem = 10 "OEM",
        GenericAddress = 11 "GENERIC_ADDRESS",
        IpAddress = 12 "IP_ADDRESS",
        ResourceId = 13 "RESOURCE_ID",
        PowerBudget = 14 "POWER_BUDGET",
        Activate = 15 "ACTIVATE",
        Reset = 16 "RESET",
    }
}

numbered! {
    /// `SaHpiStateDigitalT`.
    DigitalState {
        Off = 0 "OFF",
        On = 1 "ON",
        PulseOff = 2 "PULSE_OFF",
        PulseOn = 3 "PULSE_ON",
    }
}

numbered! {
    /// `SaHpiCtrlModeT`.
    ControlMode {
        Auto = 0 "AUTO",
        Manual = 1 "MANUAL",
    }
}

/// The type of a control with what the type needs (`SaHpiCtrlTypeT`, `SaHpiCtrlRecUnionT`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlType {
    /// `SAHPI_CTRL_TYPE_DIGITAL` (0): on, off, pulses; its default.
    Digital(DigitalState),
    /// `SAHPI_CTRL_TYPE_DISCRETE` (1): a number; its default.
    Discrete(u32),
    /// `SAHPI_CTRL_TYPE_ANALOG` (2).
    Analog {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
        /// Default value.
        default: i32,
    },
    /// `SAHPI_CTRL_TYPE_STREAM` (3): its default.
    Stream(Stream),
    /// `SAHPI_CTRL_TYPE_TEXT` (4).
    Text {
        /// Characters in a line.
        max_chars: u8,
        /// Lines.
        max_lines: u8,
        /// Default text, which also tells language and data type.
        default: TextBuffer,
    },
    /// `SAHPI_CTRL_TYPE_OEM` (C0h).
    Oem {
        /// Who defines it.
        manufacturer: u32,
        /// `ConfigData`.
        config: [u8; 10],
        /// Default state: at most 255 bytes.
        default: Vec<u8>,
    },
}

impl ControlType {
    /// `SaHpiCtrlTypeT`.
    pub fn number(&self) -> u32 {
        match self {
            Self::Digital(_) => 0x00,
            Self::Discrete(_) => 0x01,
            Self::Analog { .. } => 0x02,
            Self::Stream(_) => 0x03,
            Self::Text { .. } => 0x04,
            Self::Oem { .. } => 0xc0,
        }
    }
}

/// `SaHpiCtrlStateStreamT`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// It is played again and again.
    pub repeat: bool,
    /// At most [`Stream::LENGTH_MAX`] bytes.
    pub data: Vec<u8>,
}

impl Stream {
    /// `SAHPI_CTRL_MAX_STREAM_LENGTH`.
    pub const LENGTH_MAX: usize = 4;
}

/// `SaHpiCtrlStateT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlState {
    /// Of a [`ControlType::Digital`].
    Digital(DigitalState),
    /// Of a [`ControlType::Discrete`].
    Discrete(u32),
    /// Of a [`ControlType::Analog`].
    Analog(i32),
    /// Of a [`ControlType::Stream`].
    Stream(Stream),
    /// Of a [`ControlType::Text`].
    Text {
        /// Which line, from 1; 0 (`SAHPI_TLN_ALL_LINES`) for all of them.
        line: u8,
        /// What stands there.
        text: TextBuffer,
    },
    /// Of a [`ControlType::Oem`].
    Oem {
        /// Who defines it.
        manufacturer: u32,
        /// At most 255 bytes.
        body: Vec<u8>,
    },
}

/// `SaHpiCtrlRecT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlRec {
    /// `SaHpiCtrlNumT`, unique among the controls of the resource.
    pub num: u32,
    /// What it drives.
    pub output: ControlOutput,
    /// What states it has.
    pub kind: ControlType,
    /// Mode after start.
    pub default_mode: ControlMode,
    /// The mode cannot be changed.
    pub mode_read_only: bool,
    /// The state cannot be read.
    pub write_only: bool,
    /// Value for the manufacturer's use.
    pub oem: u32,
}

/// `SaHpiInventoryRecT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryRec {
    /// `SaHpiIdrIdT`, unique among the inventories of the resource.
    pub idr: u32,
    /// Changes survive a power loss.
    pub persistent: bool,
    /// Value for the manufacturer's use.
    pub oem: u32,
}

/// `SaHpiWatchdogRecT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchdogRec {
    /// `SaHpiWatchdogNumT`; 0 exists where there are watchdogs.
    pub num: u32,
    /// Value for the manufacturer's use.
    pub oem: u32,
}

numbered! {
    /// `SaHpiAnnunciatorTypeT`.
    AnnunciatorType {
        Led = 0 "LED",
        DryContactClosure = 1 "DRY_CONTACT_CLOSURE",
        Audible = 2 "AUDIBLE",
        LcdDisplay = 3 "LCD_DISPLAY",
        Message = 4 "MESSAGE",
        Composite = 5 "COMPOSITE",
        Oem = 6 "OEM",
    }
}

/// `SaHpiAnnunciatorRecT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnunciatorRec {
    /// `SaHpiAnnunciatorNumT`, unique among the annunciators of the resource.
    pub num: u32,
    /// How it calls for attention.
    pub kind: AnnunciatorType,
    /// The mode cannot be changed.
    pub mode_read_only: bool,
    /// Most conditions that it can hold; 0 for no limit.
    pub max_conditions: u32,
    /// Value for the manufacturer's use.
    pub oem: u32,
}

/// `SaHpiDimiRecT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DimiRec {
    /// `SaHpiDimiNumT`, unique among the resource's.
    pub num: u32,
    /// Value for the manufacturer's use.
    pub oem: u32,
}

/// `SaHpiFumiRecT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FumiRec {
    /// `SaHpiFumiNumT`, unique among the resource's.
    pub num: u32,
    /// `SaHpiFumiProtocolT`: from where it can fetch images.
    pub protocols: u32,
    /// `SaHpiFumiCapabilityT`.
    pub capabilities: u32,
    /// Explicit banks.
    pub num_banks: u8,
    /// Value for the manufacturer's use.
    pub oem: u32,
}
