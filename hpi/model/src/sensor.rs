//! Sensors: types, categories, states, units, thresholds, records.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiSensorRecT` and the types that it uses. Readings are whole
//! numbers or millionths of the base unit, never floats, so that replicas compare equal.

use crate::numbered::numbered;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiSensorTypeT`. Numbers below 2Ch are IPMI's.
    SensorType {
        Temperature = 0x01 "TEMPERATURE",
        Voltage = 0x02 "VOLTAGE",
        Current = 0x03 "CURRENT",
        Fan = 0x04 "FAN",
        PhysicalSecurity = 0x05 "PHYSICAL_SECURITY",
        PlatformViolation = 0x06 "PLATFORM_VIOLATION",
        Processor = 0x07 "PROCESSOR",
        PowerSupply = 0x08 "POWER_SUPPLY",
        PowerUnit = 0x09 "POWER_UNIT",
        CoolingDevice = 0x0a "COOLING_DEVICE",
        OtherUnitsBased = 0x0b "OTHER_UNITS_BASED",
        Memory = 0x0c "MEMORY",
        DriveSlot = 0x0d "DRIVE_SLOT",
        PostMemoryResize = 0x0e "POST_MEMORY_RESIZE",
        SystemFwProgress = 0x0f "SYSTEM_FW_PROGRESS",
        EventLoggingDisabled = 0x10 "EVENT_LOGGING_DISABLED",
        Reserved1 = 0x11 "RESERVED1",
        SystemEvent = 0x12 "SYSTEM_EVENT",
        CriticalInterrupt = 0x13 "CRITICAL_INTERRUPT",
        Button = 0x14 "BUTTON",
        ModuleBoard = 0x15 "MODULE_BOARD",
        Microcontroller = 0x16 "MICROCONTROLLER",
        AddinCard = 0x17 "ADDIN_CARD",
        Chassis = 0x18 "CHASSIS",
        ChipSet = 0x19 "CHIP_SET",
        OtherFru = 0x1a "OTHER_FRU",
        CableInterconnect = 0x1b "CABLE_INTERCONNECT",
        Terminator = 0x1c "TERMINATOR",
        SystemBootInitiated = 0x1d "SYSTEM_BOOT_INITIATED",
        BootError = 0x1e "BOOT_ERROR",
        OsBoot = 0x1f "OS_BOOT",
        OsCriticalStop = 0x20 "OS_CRITICAL_STOP",
        SlotConnector = 0x21 "SLOT_CONNECTOR",
        SystemAcpiPowerState = 0x22 "SYSTEM_ACPI_POWER_STATE",
        Reserved2 = 0x23 "RESERVED2",
        PlatformAlert = 0x24 "PLATFORM_ALERT",
        EntityPresence = 0x25 "ENTITY_PRESENCE",
        MonitorAsic = 0x26 "MONITOR_ASIC_IC",
        Lan = 0x27 "LAN",
        ManagementSubsystemHealth = 0x28 "MANAGEMENT_SUBSYSTEM_HEALTH",
        Battery = 0x29 "BATTERY",
        SessionAudit = 0x2a "SESSION_AUDIT",
        VersionChange = 0x2b "VERSION_CHANGE",
        Operational = 0xa0 "OPERATIONAL",
        Oem = 0xc0 "OEM_SENSOR",
        CommChannelLinkState = 0x10001 "COMM_CHANNEL_LINK_STATE",
        ManagementBusState = 0x10002 "MANAGEMENT_BUS_STATE",
        CommChannelBusState = 0x10003 "COMM_CHANNEL_BUS_STATE",
        ConfigData = 0x10004 "CONFIG_DATA",
        PowerBudget = 0x10005 "POWER_BUDGET",
    }
}

impl SensorType {
    /// The type of an IPMI sensor type byte; anything that HPI does not know is [`Self::Oem`].
    pub fn from_ipmi(byte: u8) -> Self {
        Self::from_number(u32::from(byte)).unwrap_or(Self::Oem)
    }
}

numbered! {
    /// `SaHpiEventCategoryT`: what the state bits of a sensor mean. IPMI's generic event types are
    /// the same numbers.
    EventCategory {
        Unspecified = 0x00 "UNSPECIFIED",
        Threshold = 0x01 "THRESHOLD",
        Usage = 0x02 "USAGE",
        State = 0x03 "STATE",
        PredictiveFailure = 0x04 "PRED_FAIL",
        Limit = 0x05 "LIMIT",
        Performance = 0x06 "PERFORMANCE",
        Severity = 0x07 "SEVERITY",
        Presence = 0x08 "PRESENCE",
        Enable = 0x09 "ENABLE",
        Availability = 0x0a "AVAILABILITY",
        Redundancy = 0x0b "REDUNDANCY",
        SensorSpecific = 0x7e "SENSOR_SPECIFIC",
        Generic = 0x7f "GENERIC",
    }
}

impl EventCategory {
    /// The category of an IPMI event/reading type code.
    ///
    /// Source: IPMI v2.0 Table 42-1: 6Fh is sensor specific, 70h–7Fh are OEM.
    pub fn from_ipmi(code: u8) -> Self {
        match code {
            0x6f => Self::SensorSpecific,
            0x0c | 0x70..=0x7f => Self::Generic,
            code => Self::from_number(u32::from(code)).unwrap_or(Self::Unspecified),
        }
    }

    /// Whether entering one state leaves the others. Source: `SaHpi.h`, definitions of the event
    /// states.
    pub fn is_exclusive(self) -> bool {
        match self {
            Self::Usage
            | Self::State
            | Self::PredictiveFailure
            | Self::Limit
            | Self::Performance
            | Self::Severity
            | Self::Presence
            | Self::Enable
            | Self::Availability
            | Self::Redundancy => true,
            Self::Unspecified | Self::Threshold | Self::SensorSpecific | Self::Generic => false,
        }
    }
}

/// `SaHpiEventStateT`: a set of states of one [`EventCategory`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventState(pub u16);

impl EventState {
    /// Threshold sensors: at or below the lower minor threshold.
    pub const LOWER_MINOR: Self = Self(0x01);
    /// Threshold sensors: at or below the lower major threshold.
    pub const LOWER_MAJOR: Self = Self(0x02);
    /// Threshold sensors: at or below the lower critical threshold.
    pub const LOWER_CRIT: Self = Self(0x04);
    /// Threshold sensors: at or above the upper minor threshold.
    pub const UPPER_MINOR: Self = Self(0x08);
    /// Threshold sensors: at or above the upper major threshold.
    pub const UPPER_MAJOR: Self = Self(0x10);
    /// Threshold sensors: at or above the upper critical threshold.
    pub const UPPER_CRIT: Self = Self(0x20);

    /// Whether all states of `other` are in this set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

numbered! {
    /// `SaHpiSensorUnitsT`; the same numbers as IPMI's sensor unit codes.
    SensorUnits {
        Unspecified = 0 "UNSPECIFIED", DegreesC = 1 "DEGREES_C", DegreesF = 2 "DEGREES_F",
        DegreesK = 3 "DEGREES_K", Volts = 4 "VOLTS", Amps = 5 "AMPS", Watts = 6 "WATTS",
        Joules = 7 "JOULES", Coulombs = 8 "COULOMBS", Va = 9 "VA", Nits = 10 "NITS",
        Lumen = 11 "LUMEN", Lux = 12 "LUX", Candela = 13 "CANDELA", Kpa = 14 "KPA", Psi = 15 "PSI",
        Newton = 16 "NEWTON", Cfm = 17 "CFM", Rpm = 18 "RPM", Hz = 19 "HZ",
        Microsecond = 20 "MICROSECOND", Millisecond = 21 "MILLISECOND", Second = 22 "SECOND",
        Minute = 23 "MINUTE", Hour = 24 "HOUR", Day = 25 "DAY", Week = 26 "WEEK", Mil = 27 "MIL",
        Inches = 28 "INCHES", Feet = 29 "FEET", CuIn = 30 "CU_IN", CuFeet = 31 "CU_FEET",
        Mm = 32 "MM", Cm = 33 "CM", M = 34 "M", CuCm = 35 "CU_CM", CuM = 36 "CU_M",
        Liters = 37 "LITERS", FlOz = 38 "FL_OZ", Radians = 39 "RADIANS",
        Steradians = 40 "STERADIANS",
        Revolutions = 41 "REVOLUTIONS", Cycles = 42 "CYCLES", Gravities = 43 "GRAVITIES",
        Ounces = 44 "OUNCES", Pounds = 45 "POUNDS", FootPounds = 46 "FOOT_POUNDS",
        OunceInches = 47 "OUNCE_INCHES", Gauss = 48 "GAUSS", Gilberts = 49 "GILBERTS",
        Henries = 50 "HENRIES", Mhenries = 51 "MHENRIES", Farads = 52 "FARADS",
        Ufarads = 53 "UFARADS", Ohms = 54 "OHMS", Siemens = 55 "SIEMENS", Moles = 56 "MOLES",
        Becquerels = 57 "BECQUERELS", Ppm = 58 "PPM", Reserved = 59 "RESERVED",
        Decibels = 60 "DECIBELS", Dba = 61 "DBA", Dbc = 62 "DBC", Grays = 63 "GRAYS",
        Sieverts = 64 "SIEVERTS", ColorTempK = 65 "COLOR_TEMP_K", Bits = 66 "BITS",
        Kbits = 67 "KBITS", Mbits = 68 "MBITS", Gbits = 69 "GBITS", Bytes = 70 "BYTES",
        Kbytes = 71 "KBYTES", Mbytes = 72 "MBYTES", Gbytes = 73 "GBYTES", Words = 74 "WORDS",
        Dwords = 75 "DWORDS", Qwords = 76 "QWORDS", Lines = 77 "LINES", Hits = 78 "HITS",
        Misses = 79 "MISSES", Retries = 80 "RETRIES", Resets = 81 "RESETS",
        Overruns = 82 "OVERRUNS", Underruns = 83 "UNDERRUNS", Collisions = 84 "COLLISIONS",
        Packets = 85 "PACKETS", Messages = 86 "MESSAGES", Characters = 87 "CHARACTERS",
        Errors = 88 "ERRORS", CorrectableErrors = 89 "CORRECTABLE_ERRORS",
        UncorrectableErrors = 90 "UNCORRECTABLE_ERRORS", FatalErrors = 91 "FATAL_ERRORS",
        Grams = 92 "GRAMS",
    }
}

numbered! {
    /// `SaHpiSensorModUnitUseT`: how the modifier unit is to be read.
    ModifierUse {
        None = 0 "NONE",
        BasicOverModifier = 1 "BASIC_OVER_MODIFIER",
        BasicTimesModifier = 2 "BASIC_TIMES_MODIFIER",
    }
}

numbered! {
    /// `SaHpiSensorEventCtrlT`: what a user may change of a sensor's events.
    EventControl {
        PerEvent = 0 "PER_EVENT",
        ReadOnlyMasks = 1 "READ_ONLY_MASKS",
        ReadOnly = 2 "READ_ONLY",
    }
}

numbered! {
    /// `SaHpiSensorReadingTypeT`.
    ReadingType {
        Int64 = 0 "INT64",
        Uint64 = 1 "UINT64",
        Float64 = 2 "FLOAT64",
        Buffer = 3 "BUFFER",
    }
}

/// `SaHpiSensorReadingT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// `SAHPI_SENSOR_READING_TYPE_INT64`.
    Int64(i64),
    /// `SAHPI_SENSOR_READING_TYPE_UINT64`.
    Uint64(u64),
    /// `SAHPI_SENSOR_READING_TYPE_FLOAT64`, in millionths of the base unit.
    Micro(i64),
    /// `SAHPI_SENSOR_READING_TYPE_BUFFER`.
    Buffer([u8; 32]),
}

/// `SaHpiSensorRangeT`, in millionths of the base unit; `None` where the range flag is not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Largest value that the sensor can have.
    pub max_micro: Option<i64>,
    /// Smallest value that the sensor can have.
    pub min_micro: Option<i64>,
    /// The value that it should have.
    pub nominal_micro: Option<i64>,
    /// Largest normal value.
    pub normal_max_micro: Option<i64>,
    /// Smallest normal value.
    pub normal_min_micro: Option<i64>,
}

impl Reading {
    /// Its type.
    pub fn kind(&self) -> ReadingType {
        match self {
            Self::Int64(_) => ReadingType::Int64,
            Self::Uint64(_) => ReadingType::Uint64,
            Self::Micro(_) => ReadingType::Float64,
            Self::Buffer(_) => ReadingType::Buffer,
        }
    }

    /// In millionths of the base unit; `None` for bytes, and for what has too many.
    pub fn micro(&self) -> Option<i64> {
        match self {
            Self::Int64(whole) => whole.checked_mul(MICRO),
            Self::Uint64(whole) => i64::try_from(*whole).ok()?.checked_mul(MICRO),
            Self::Micro(micro) => Some(*micro),
            Self::Buffer(_) => None,
        }
    }
}

impl ReadingType {
    /// A reading of this type; whole numbers are cut towards zero, and bytes have none.
    pub fn reading(self, micro: i64) -> Option<Reading> {
        match self {
            Self::Int64 => Some(Reading::Int64(micro / MICRO)),
            Self::Uint64 => u64::try_from(micro / MICRO).ok().map(Reading::Uint64),
            Self::Float64 => Some(Reading::Micro(micro)),
            Self::Buffer => None,
        }
    }
}

/// Millionths of one.
const MICRO: i64 = 1_000_000;

/// `SaHpiSensorDataFormatT` of a sensor that has readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFormat {
    /// Type of the reading, of its limits and thresholds.
    pub reading: ReadingType,
    /// Unit of the reading.
    pub base_units: SensorUnits,
    /// Second unit.
    pub modifier_units: SensorUnits,
    /// How it combines with the first.
    pub modifier_use: ModifierUse,
    /// The reading is a percentage.
    pub percentage: bool,
    /// What values it can have.
    pub range: Range,
    /// Accuracy, in millionths of the base unit.
    pub accuracy_micro: i64,
}

/// `SaHpiSensorThdMaskT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdMask(pub u8);

impl ThresholdMask {
    /// Lower minor threshold.
    pub const LOW_MINOR: u8 = 0x01;
    /// Lower major threshold.
    pub const LOW_MAJOR: u8 = 0x02;
    /// Lower critical threshold.
    pub const LOW_CRIT: u8 = 0x04;
    /// Upper minor threshold.
    pub const UP_MINOR: u8 = 0x08;
    /// Upper major threshold.
    pub const UP_MAJOR: u8 = 0x10;
    /// Upper critical threshold.
    pub const UP_CRIT: u8 = 0x20;
    /// Hysteresis above.
    pub const UP_HYSTERESIS: u8 = 0x40;
    /// Hysteresis below.
    pub const LOW_HYSTERESIS: u8 = 0x80;
}

/// `SaHpiSensorThdDefnT`. Not accessible when both masks are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdDefinition {
    /// Thresholds that can be read.
    pub readable: ThresholdMask,
    /// Thresholds that can be written.
    pub writable: ThresholdMask,
    /// The conversion is not linear, hysteresis cannot be given in units.
    pub nonlinear: bool,
}

/// `SaHpiSensorThresholdsT`, in millionths of the base unit; `None` where not supported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Lower critical threshold.
    pub low_critical_micro: Option<i64>,
    /// Lower major threshold.
    pub low_major_micro: Option<i64>,
    /// Lower minor threshold.
    pub low_minor_micro: Option<i64>,
    /// Upper critical threshold.
    pub up_critical_micro: Option<i64>,
    /// Upper major threshold.
    pub up_major_micro: Option<i64>,
    /// Upper minor threshold.
    pub up_minor_micro: Option<i64>,
    /// Hysteresis above.
    pub pos_hysteresis_micro: Option<i64>,
    /// Hysteresis below.
    pub neg_hysteresis_micro: Option<i64>,
}

impl Thresholds {
    /// Whether the thresholds that are set stand in order: each limit no lower than the next one
    /// below.
    ///
    /// Source: SAI-HPI-B.03.02, `saHpiSensorThresholdsSet`.
    pub fn in_order(&self) -> bool {
        let set: Vec<i64> = [
            self.low_critical_micro,
            self.low_major_micro,
            self.low_minor_micro,
            self.up_minor_micro,
            self.up_major_micro,
            self.up_critical_micro,
        ]
        .into_iter()
        .flatten()
        .collect();
        set.is_sorted()
    }
}

/// `SaHpiSensorRecT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorRec {
    /// `SaHpiSensorNumT`, unique among the sensors of the resource.
    pub num: u32,
    /// What it measures.
    pub kind: SensorType,
    /// What its states mean.
    pub category: EventCategory,
    /// A user may enable and disable it.
    pub enable_control: bool,
    /// What a user may change of its events.
    pub event_control: EventControl,
    /// States that it supports.
    pub events: EventState,
    /// How it is read; `None` when it has no reading.
    pub data_format: Option<DataFormat>,
    /// What thresholds it has.
    pub thresholds: ThresholdDefinition,
    /// Value for the manufacturer's use.
    pub oem: u32,
}
