//! Names of what events say. Source: IPMI v2.0 Tables 42-2 and 42-3; PICMG 3.0 R3.0.

/// What an offset of an event means; `None` where there is no name for it.
///
/// Source: IPMI v2.0 Table 42-2 (threshold and generic types), Table 42-3 (sensor specific).
#[must_use]
pub fn event(sensor_type: u8, event_type: u8, offset: u8) -> Option<&'static str> {
    let names = match event_type {
        0x01 => {
            "lower non-critical going low|lower non-critical going high|\
            lower critical going low|lower critical going high|\
            lower non-recoverable going low|lower non-recoverable going high|\
            upper non-critical going low|upper non-critical going high|\
            upper critical going low|upper critical going high|\
            upper non-recoverable going low|upper non-recoverable going high"
        }
        0x02 => "transition to idle|transition to active|transition to busy",
        0x03 => "state deasserted|state asserted",
        0x04 => "predictive failure deasserted|predictive failure asserted",
        0x05 => "limit not exceeded|limit exceeded",
        0x06 => "performance met|performance lags",
        0x07 => {
            "transition to OK|transition to non-critical from OK|\
            transition to critical from less severe|\
            transition to non-recoverable from less severe|\
            transition to non-critical from more severe|\
            transition to critical from non-recoverable|\
            transition to non-recoverable|monitor|informational"
        }
        0x08 => "device removed|device inserted",
        0x09 => "device disabled|device enabled",
        0x0a => {
            "transition to running|transition to in test|transition to power off|\
            transition to on line|transition to off line|transition to off duty|\
            transition to degraded|transition to power save|install error"
        }
        0x0b => {
            "fully redundant|redundancy lost|redundancy degraded|\
            non-redundant, sufficient from redundant|\
            non-redundant, sufficient from insufficient|\
            non-redundant, insufficient|redundancy degraded from fully redundant|\
            redundancy degraded from non-redundant"
        }
        0x0c => "D0 power state|D1 power state|D2 power state|D3 power state",
        0x6f => sensor_specific(sensor_type),
        _ => "",
    };
    names
        .split('|')
        .nth(usize::from(offset))
        .filter(|name| !name.is_empty())
}

/// Source: IPMI v2.0 Table 42-3; PICMG 3.0 R3.0 for F0h–F2h.
fn sensor_specific(sensor_type: u8) -> &'static str {
    match sensor_type {
        0x05 => "chassis intrusion|drive bay intrusion|I/O card area intrusion",
        0x07 => "internal error|thermal trip|self-test failure",
        0x08 => {
            "presence detected|failure detected|predictive failure|input lost|\
            input lost or out of range|input out of range|configuration error"
        }
        0x09 => "power off|power cycle|240 V power down|interlock power down",
        0x10 => {
            "correctable memory error logging disabled|event type logging disabled|\
            log cleared|all event logging disabled|log full|log almost full"
        }
        0x12 => {
            "system reconfigured|OEM system boot event|\
            undetermined system hardware failure|entry added to auxiliary log|\
            event filter action|timestamp clock synchronized"
        }
        0x14 => "power button|sleep button|reset button|latch open|service request",
        0x21 => {
            "fault|identify|device installed|ready for installation|\
            ready for removal|power off|removal requested"
        }
        0x23 => "timer expired|hard reset|power down|power cycle",
        0x25 => "entity present|entity absent|entity disabled",
        0x28 => {
            "sensor access degraded|controller access degraded|controller off line|\
            controller unavailable|sensor failure|FRU failure"
        }
        0x29 => "battery low|battery failed|battery present",
        0x2c | 0xf0 => {
            "not installed|inactive|activation requested|activation in progress|\
            active|deactivation requested|deactivation in progress|\
            communication lost"
        }
        0xf1 => "bus A and B off|bus A on, B off|bus A off, B on|bus A and B on",
        0xf2 => {
            "handle closed|handle open|quiesced|backend power failure|\
            backend power shut down"
        }
        _ => "",
    }
}
