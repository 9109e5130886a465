//! Names of numbers, for people. Source: IPMI v2.0 §42 and §43.13–§43.17; PICMG 3.0 R3.0.

mod event;

pub use event::event;

/// Name of an entity id. Source: IPMI v2.0 Table 43-13; PICMG 3.0 R3.0 for A0h–F3h.
#[must_use]
pub fn entity(id: u8) -> &'static str {
    match id {
        0x01 => "other",
        0x02 => "unknown",
        0x03 => "processor",
        0x04 => "disk or disk bay",
        0x05 => "peripheral bay",
        0x06 => "system management module",
        0x07 => "system board",
        0x08 => "memory module",
        0x09 => "processor module",
        0x0a => "power supply",
        0x0b => "add-in card",
        0x0c => "front panel board",
        0x0d => "back panel board",
        0x0e => "power system board",
        0x0f => "drive backplane",
        0x10 => "system internal expansion board",
        0x11 => "other system board",
        0x12 => "processor board",
        0x13 => "power unit",
        0x14 => "power module",
        0x15 => "power distribution board",
        0x16 => "chassis back panel board",
        0x17 => "system chassis",
        0x18 => "sub-chassis",
        0x19 => "other chassis board",
        0x1a => "disk drive bay",
        0x1b => "peripheral bay",
        0x1c => "device bay",
        0x1d => "fan",
        0x1e => "cooling unit",
        0x1f => "cable/interconnect",
        0x20 => "memory device",
        0x21 => "system management software",
        0x22 => "system firmware",
        0x23 => "operating system",
        0x24 => "system bus",
        0x25 => "group",
        0x26 => "remote management device",
        0x27 => "external environment",
        0x28 => "battery",
        0x29 => "processing blade",
        0x2a => "connectivity switch",
        0x2b => "processor/memory module",
        0x2c => "I/O module",
        0x2d => "processor/IO module",
        0x2e => "management controller firmware",
        0x37 => "air inlet",
        0xa0 => "front board",
        0xc0 => "rear transition module",
        0xc1 => "AdvancedMC module",
        0xf0 => "shelf management controller",
        0xf1 => "filtration unit",
        0xf2 => "shelf FRU information",
        0xf3 => "alarm panel",
        _ => "unknown entity",
    }
}

/// Name of a sensor type. Source: IPMI v2.0 Table 42-3; PICMG 3.0 R3.0 for F0h–F4h.
#[must_use]
pub fn sensor_type(code: u8) -> &'static str {
    match code {
        0x01 => "temperature",
        0x02 => "voltage",
        0x03 => "current",
        0x04 => "fan",
        0x05 => "physical security",
        0x06 => "platform security violation",
        0x07 => "processor",
        0x08 => "power supply",
        0x09 => "power unit",
        0x0a => "cooling device",
        0x0b => "other units-based sensor",
        0x0c => "memory",
        0x0d => "drive slot",
        0x0e => "POST memory resize",
        0x0f => "system firmware progress",
        0x10 => "event logging disabled",
        0x11 => "watchdog 1",
        0x12 => "system event",
        0x13 => "critical interrupt",
        0x14 => "button or switch",
        0x15 => "module or board",
        0x16 => "microcontroller or coprocessor",
        0x17 => "add-in card",
        0x18 => "chassis",
        0x19 => "chip set",
        0x1a => "other FRU",
        0x1b => "cable or interconnect",
        0x1c => "terminator",
        0x1d => "system boot initiated",
        0x1e => "boot error",
        0x1f => "operating system boot",
        0x20 => "operating system stop",
        0x21 => "slot or connector",
        0x22 => "system ACPI power state",
        0x23 => "watchdog 2",
        0x24 => "platform alert",
        0x25 => "entity presence",
        0x26 => "monitor ASIC",
        0x27 => "LAN",
        0x28 => "management subsystem health",
        0x29 => "battery",
        0x2a => "session audit",
        0x2b => "version change",
        0x2c => "FRU state",
        0xf0 => "FRU hot swap",
        0xf1 => "physical IPMB-0",
        0xf2 => "module hot swap",
        0xf3 => "power channel",
        0xf4 => "telco alarm input",
        0xc0..=0xff => "OEM",
        _ => "reserved",
    }
}

/// Symbol or name of a unit; empty when unspecified. Source: IPMI v2.0 Table 43-15.
#[must_use]
pub fn unit(code: u8) -> &'static str {
    UNITS.split('|').nth(usize::from(code)).unwrap_or("")
}

/// In the order of their codes.
const UNITS: &str = "|°C|°F|K|V|A|W|J|C|VA|nit|lm|lx|cd|kPa|psi|N|cfm|rpm|Hz|µs|ms|s|min|h|d|wk|\
    mil|in|ft|in³|ft³|mm|cm|m|cm³|m³|l|fl oz|rad|sr|rev|cycles|gravities|oz|lb|ft·lb|oz·in|\
    G|Gb|H|mH|F|µF|Ω|S|mol|Bq|ppm||dB|dBA|dBC|Gy|Sv|K color temperature|\
    bit|kbit|Mbit|Gbit|B|kB|MB|GB|words|dwords|qwords|lines|hits|misses|retries|resets|\
    overruns|underruns|collisions|packets|messages|characters|errors|correctable errors|\
    uncorrectable errors|fatal errors|g";

/// Name of a site type. Source: PICMG 3.0 R3.0, Get Address Info; MicroTCA.0 for 0Ah, 0Bh.
#[must_use]
pub fn site_type(code: u8) -> &'static str {
    match code {
        0x00 => "board",
        0x01 => "power entry module",
        0x02 => "shelf FRU information",
        0x03 => "shelf management controller",
        0x04 => "fan tray",
        0x05 => "fan filter tray",
        0x06 => "alarm panel",
        0x07 => "AdvancedMC module",
        0x08 => "PMC",
        0x09 => "rear transition module",
        0x0a => "MicroTCA carrier hub",
        0x0b => "power module",
        0xc0..=0xcf => "OEM",
        _ => "reserved",
    }
}

/// Name of a hot swap state M0–M7. Source: PICMG 3.0 R3.0, FRU states.
#[must_use]
pub fn hot_swap_state(state: u8) -> &'static str {
    match state {
        0 => "M0 not installed",
        1 => "M1 inactive",
        2 => "M2 activation request",
        3 => "M3 activation in progress",
        4 => "M4 active",
        5 => "M5 deactivation request",
        6 => "M6 deactivation in progress",
        7 => "M7 communication lost",
        _ => "reserved",
    }
}

/// Name of the cause of a hot swap state change. Source: PICMG 3.0 R3.0, FRU hot swap event
/// message.
#[must_use]
pub fn hot_swap_cause(cause: u8) -> &'static str {
    match cause {
        0x0 => "normal state change",
        0x1 => "commanded by the shelf manager",
        0x2 => "operator moved the handle",
        0x3 => "programmatic action of the FRU",
        0x4 => "communication lost or regained",
        0x5 => "communication lost or regained, detected locally",
        0x6 => "surprise extraction",
        0x7 => "supplied information",
        0x8 => "invalid hardware address",
        0x9 => "unexpected deactivation",
        0xf => "unknown",
        _ => "reserved",
    }
}

/// Name of a threshold: index 0–5 in the order of the threshold commands. Source: IPMI v2.0 §35.9.
#[must_use]
pub fn threshold(index: u8) -> &'static str {
    match index {
        0 => "lower non-critical",
        1 => "lower critical",
        2 => "lower non-recoverable",
        3 => "upper non-critical",
        4 => "upper critical",
        5 => "upper non-recoverable",
        _ => "unknown",
    }
}
