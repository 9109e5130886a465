//! Entity types: the table of names and numbers.
//!
//! Source: `SaHpiEntityTypeT` in `SaHpi.h` (SAI-HPI-B.03.02); slot types from `SaHpiXtca.h`
//! (SAIM-HPI-B.03.02-xTCA).

/// Declares the constants and the table from one list.
macro_rules! entity_types {
    ($($name:ident = $number:literal,)*) => {
        $(
            #[doc = concat!("`SAHPI_ENT_", stringify!($name), "`.")]
            pub const $name: u32 = $number;
        )*

        const NAMES: &[(u32, &str)] = &[$(($number, stringify!($name)),)*];
    };
}

entity_types! {
    // As in IPMI.
    UNSPECIFIED = 0x00, OTHER = 0x01, UNKNOWN = 0x02, PROCESSOR = 0x03, DISK_BAY = 0x04,
    PERIPHERAL_BAY = 0x05, SYS_MGMNT_MODULE = 0x06, SYSTEM_BOARD = 0x07, MEMORY_MODULE = 0x08,
    PROCESSOR_MODULE = 0x09, POWER_SUPPLY = 0x0a, ADD_IN_CARD = 0x0b, FRONT_PANEL_BOARD = 0x0c,
    BACK_PANEL_BOARD = 0x0d, POWER_SYSTEM_BOARD = 0x0e, DRIVE_BACKPLANE = 0x0f,
    SYS_EXPANSION_BOARD = 0x10, OTHER_SYSTEM_BOARD = 0x11, PROCESSOR_BOARD = 0x12,
    POWER_UNIT = 0x13, POWER_MODULE = 0x14, POWER_MGMNT = 0x15, CHASSIS_BACK_PANEL_BOARD = 0x16,
    SYSTEM_CHASSIS = 0x17, SUB_CHASSIS = 0x18, OTHER_CHASSIS_BOARD = 0x19, DISK_DRIVE_BAY = 0x1a,
    PERIPHERAL_BAY_2 = 0x1b, DEVICE_BAY = 0x1c, COOLING_DEVICE = 0x1d, COOLING_UNIT = 0x1e,
    INTERCONNECT = 0x1f, MEMORY_DEVICE = 0x20, SYS_MGMNT_SOFTWARE = 0x21, BIOS = 0x22,
    OPERATING_SYSTEM = 0x23, SYSTEM_BUS = 0x24, GROUP = 0x25, REMOTE = 0x26,
    EXTERNAL_ENVIRONMENT = 0x27, BATTERY = 0x28, PROCESSING_BLADE = 0x29,
    CONNECTIVITY_SWITCH = 0x2a, PROCESSOR_MEMORY_MODULE = 0x2b, IO_MODULE = 0x2c,
    PROCESSOR_IO_MODULE = 0x2d, MC_FIRMWARE = 0x2e, IPMI_CHANNEL = 0x2f, PCI_BUS = 0x30,
    PCI_EXPRESS_BUS = 0x31, SCSI_BUS = 0x32, SATA_BUS = 0x33, PROC_FSB = 0x34, CLOCK = 0x35,
    SYSTEM_FIRMWARE = 0x36,
    // Chassis specific; ATCA's and MicroTCA's slots.
    CHASSIS_SPECIFIC = 0x90, POWER_SLOT = 0x91, SHELF_FRU_DEVICE_SLOT = 0x92,
    SHELF_MANAGER_SLOT = 0x93, FAN_TRAY_SLOT = 0x94, FAN_FILTER_TRAY_SLOT = 0x95,
    ALARM_SLOT = 0x96, AMC_SLOT = 0x97, PMC_SLOT = 0x98, RTM_SLOT = 0x99,
    CARRIER_MANAGER_SLOT = 0x9a, CARRIER_SLOT = 0x9b, COM_E_SLOT = 0x9c,
    BOARD_SET_SPECIFIC = 0xb0, OEM_SYSINT_SPECIFIC = 0xd0,
    ROOT = 0xffff,
    // The SA Forum's own.
    RACK = 0x10000, SUBRACK = 0x10001, COMPACTPCI_CHASSIS = 0x10002,
    ADVANCEDTCA_CHASSIS = 0x10003, RACK_MOUNTED_SERVER = 0x10004, SYSTEM_BLADE = 0x10005,
    SWITCH = 0x10006, SWITCH_BLADE = 0x10007, SBC_BLADE = 0x10008, IO_BLADE = 0x10009,
    DISK_BLADE = 0x1000a, DISK_DRIVE = 0x1000b, FAN = 0x1000c, POWER_DISTRIBUTION_UNIT = 0x1000d,
    SPEC_PROC_BLADE = 0x1000e, IO_SUBBOARD = 0x1000f, SBC_SUBBOARD = 0x10010,
    ALARM_MANAGER = 0x10011, SHELF_MANAGER = 0x10012, DISPLAY_PANEL = 0x10013,
    SUBBOARD_CARRIER_BLADE = 0x10014, PHYSICAL_SLOT = 0x10015, PICMG_FRONT_BLADE = 0x10016,
    SYSTEM_INVENTORY_DEVICE = 0x10017, FILTRATION_UNIT = 0x10018, AMC = 0x10019, BMC = 0x10030,
    IPMC = 0x10031, MMC = 0x10032, SHMC = 0x10033, CPLD = 0x10034, EPLD = 0x10035,
    FPGA = 0x10036, DASD = 0x10037, NIC = 0x10038, DSP = 0x10039, UCODE = 0x1003a, NPU = 0x1003b,
    OEM = 0x1003c, INTERFACE = 0x1003d, MICROTCA_CHASSIS = 0x1003e, CARRIER = 0x1003f,
    CARRIER_MANAGER = 0x10040, CONFIG_DATA = 0x10041, INDICATOR = 0x10042,
}

/// The name of an entity type, without `SAHPI_ENT_`; `None` when it has none.
pub fn name(kind: u32) -> Option<&'static str> {
    let at = NAMES
        .binary_search_by_key(&kind, |(number, _)| *number)
        .ok()?;
    Some(NAMES[at].1)
}

/// The entity type with this name, given with or without `SAHPI_ENT_`.
pub fn by_name(name: &str) -> Option<u32> {
    let name = name.strip_prefix("SAHPI_ENT_").unwrap_or(name);
    NAMES
        .iter()
        .find(|(_, n)| *n == name)
        .map(|(number, _)| *number)
}

/// How far up in a containment tree entities of a type stand: the larger end of a path is its root.
pub(crate) fn height(kind: u32) -> u8 {
    match kind {
        ROOT => 5,
        RACK => 4,
        SUBRACK | SYSTEM_CHASSIS | RACK_MOUNTED_SERVER => 3,
        COMPACTPCI_CHASSIS | ADVANCEDTCA_CHASSIS | MICROTCA_CHASSIS | SUB_CHASSIS => 2,
        PHYSICAL_SLOT | POWER_SLOT..=COM_E_SLOT => 1,
        _ => 0,
    }
}
