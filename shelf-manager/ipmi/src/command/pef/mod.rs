//! Platform event filtering and alerting commands. Source: IPMI v2.0 §30.

mod destination;
mod parameter;

#[cfg(test)]
mod tests;

pub use destination::{DestinationAddress, LanAlertParameter};
pub use parameter::{
    ALERT_STRING_BLOCK_LEN, FILTER_LEN, POLICY_LEN, Parameter, ParameterError, selector,
};

use super::{Empty, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Get PEF Capabilities. Source: IPMI v2.0 §30.1.
    GetPefCapabilities {}

    /// Answer to Get PEF Capabilities.
    PefCapabilities {
        /// PEF version, BCD: 51h is 1.5.
        version: u8,
        /// Actions that are supported; see [`action`].
        actions: u8,
        /// Entries of the event filter table, 0–127.
        filters: u8,
    }

    /// Arm PEF Postpone Timer. Source: IPMI v2.0 §30.2.
    ArmPefPostponeTimer {
        /// 00h disable the timer, 01h–FDh seconds; see [`postpone`] for the others.
        countdown: u8,
    }

    /// Answer to Arm PEF Postpone Timer.
    PostponeTimer {
        /// Seconds left; 00h when it does not run.
        countdown: u8,
    }

    /// Set PEF Configuration Parameters. Source: IPMI v2.0 §30.3.
    SetPefConfiguration {
        /// Bits 6–0: parameter selector.
        selector: u8,
        /// Its data; see [`Parameter::decode`].
        data: Vec<u8>,
    }

    /// Get PEF Configuration Parameters. Source: IPMI v2.0 §30.4.
    GetPefConfiguration {
        /// Bit 7: the revision only; bits 6–0: parameter selector.
        selector: u8,
        /// Set selector, which entry of a table; 00h where there is no table.
        set: u8,
        /// Block selector, which block of an entry; 00h where there are no blocks.
        block: u8,
    }

    /// Answer to Get PEF Configuration Parameters and Get LAN Configuration Parameters.
    ParameterData {
        /// Parameter revision, 11h.
        revision: u8,
        /// Its data; empty when only the revision was asked for.
        data: Vec<u8>,
    }

    /// Set Last Processed Event ID. Source: IPMI v2.0 §30.5.
    SetLastProcessedEvent {
        /// Bit 0: 0 the last one that software processed, 1 the last one that the BMC did.
        which: u8,
        /// Record id.
        record: u16,
    }

    /// Get Last Processed Event ID. Source: IPMI v2.0 §30.6.
    GetLastProcessedEvent {}

    /// Answer to Get Last Processed Event ID.
    LastProcessedEvent {
        /// When a record was added last, seconds since 1970; FFFFFFFFh when none was.
        last_addition: u32,
        /// Id of the last record; FFFFh when the log is empty.
        last_record: u16,
        /// Id of the last record that software processed.
        by_software: u16,
        /// Id of the last record that the BMC processed; 0000h when it processed none.
        by_bmc: u16,
    }

    /// Alert Immediate. Source: IPMI v2.0 §30.7.
    AlertImmediate {
        /// Bits 3–0: channel.
        channel: u8,
        /// Bits 7–6: operation, see [`alert_operation`]; bits 3–0: destination selector.
        destination: u8,
        /// Bit 7: send an alert string; bits 6–0: string selector.
        string: u8,
        /// The event to tell of; absent: none.
        event: Option<AlertEvent>,
    }

    /// The event of an Alert Immediate. Source: IPMI v2.0 §30.7.
    AlertEvent {
        /// Slave address of the generator, 8 bits; bit 0 set: a software id.
        generator: u8,
        /// Event message revision, 04h.
        revision: u8,
        /// Sensor type.
        sensor_type: u8,
        /// Sensor number.
        number: u8,
        /// Bit 7: deassertion; bits 6–0: event/reading type.
        direction_type: u8,
        /// Event data 1–3.
        data: [u8; 3],
    }

    /// Answer to Alert Immediate.
    AlertStatus {
        /// Status, see [`alert_status`]; absent unless it was asked for.
        status: Option<u8>,
    }

    /// PET Acknowledge. Source: IPMI v2.0 §30.8.
    PetAcknowledge {
        /// Sequence number of the trap.
        sequence: u16,
        /// Local timestamp of the trap, seconds since 1998.
        local_time: u32,
        /// Event source type of the trap.
        event_source: u8,
        /// Sensor device of the trap.
        sensor_device: u8,
        /// Sensor number of the trap.
        number: u8,
        /// Event data 1–3 of the trap.
        data: [u8; 3],
    }

    /// One entry of the event filter table. Source: IPMI v2.0 Table 17-2.
    EventFilter {
        /// Bit 7: enabled; bits 6–5: 00b software configurable, 10b pre-configured.
        configuration: u8,
        /// Actions; see [`action`].
        action: u8,
        /// Bits 6–4: group control selector; bits 3–0: alert policy number.
        policy: u8,
        /// Event severity; see [`severity`].
        severity: u8,
        /// Generator id, byte 1: slave address, 8 bits, or software id; FFh is any.
        generator: u8,
        /// Generator id, byte 2: channel and logical unit; FFh is any.
        generator_lun: u8,
        /// Sensor type; FFh is any.
        sensor_type: u8,
        /// Sensor number; FFh is any.
        number: u8,
        /// Event trigger: event/reading type; FFh is any.
        trigger: u8,
        /// Offsets of event data 1 that match: bit n is offset n.
        offsets: u16,
        /// How event data 1–3 are compared.
        data: EventDataMatches,
    }

    /// How the three event data bytes are compared.
    EventDataMatches {
        /// Event data 1.
        data1: EventDataMatch,
        /// Event data 2.
        data2: EventDataMatch,
        /// Event data 3.
        data3: EventDataMatch,
    }

    /// How one event data byte is compared. Source: IPMI v2.0 Table 17-2.
    EventDataMatch {
        /// AND mask: a bit that is 0 is ignored in the event.
        mask: u8,
        /// Compare 1: a bit that is 1 must be equal to the one of `compare2`; of all others one
        /// must be 1 where `compare2` has a 1.
        compare1: u8,
        /// Compare 2.
        compare2: u8,
    }

    /// One entry of the alert policy table. Source: IPMI v2.0 Table 17-4.
    AlertPolicy {
        /// Bits 7–4: policy number; bit 3: enabled; bits 2–0: policy, see [`policy`].
        number: u8,
        /// Bits 7–4: channel; bits 3–0: destination selector.
        destination: u8,
        /// Bit 7: the alert string depends on the event filter, and bits 6–0 are the alert string
        /// set; else bits 6–0 are the string selector.
        string: u8,
    }

    /// What an alert string is looked up by. Source: IPMI v2.0 Table 30-6, parameter 12.
    AlertStringKeys {
        /// Bits 6–0: the event filter that it is for.
        filter: u8,
        /// Bits 6–0: the alert string set that it belongs to.
        set: u8,
    }
}

commands! { SENSOR_EVENT, None;
    0x10 GetPefCapabilities => PefCapabilities;
    0x11 ArmPefPostponeTimer => PostponeTimer;
    0x12 SetPefConfiguration => Empty;
    0x13 GetPefConfiguration => ParameterData;
    0x14 SetLastProcessedEvent => Empty;
    0x15 GetLastProcessedEvent => LastProcessedEvent;
    0x16 AlertImmediate => AlertStatus;
    0x17 PetAcknowledge => Empty;
}

/// Bits of the actions of a filter, of the global control and of the capabilities.
/// Source: IPMI v2.0 Table 17-2 and §30.1.
pub mod action {
    /// Send an alert.
    pub const ALERT: u8 = 1 << 0;
    /// Power down.
    pub const POWER_DOWN: u8 = 1 << 1;
    /// Reset.
    pub const RESET: u8 = 1 << 2;
    /// Power cycle.
    pub const POWER_CYCLE: u8 = 1 << 3;
    /// OEM action.
    pub const OEM: u8 = 1 << 4;
    /// Diagnostic interrupt.
    pub const DIAGNOSTIC_INTERRUPT: u8 = 1 << 5;
    /// Group control operation.
    pub const GROUP_CONTROL: u8 = 1 << 6;
}

/// Event severities, least severe first. Source: IPMI v2.0 Table 17-2.
pub mod severity {
    /// Unspecified.
    pub const UNSPECIFIED: u8 = 0x00;
    /// Monitor.
    pub const MONITOR: u8 = 0x01;
    /// Information.
    pub const INFORMATION: u8 = 0x02;
    /// OK: a return to the OK condition.
    pub const OK: u8 = 0x04;
    /// Non-critical.
    pub const NON_CRITICAL: u8 = 0x08;
    /// Critical.
    pub const CRITICAL: u8 = 0x10;
    /// Non-recoverable.
    pub const NON_RECOVERABLE: u8 = 0x20;
}

/// Bits of the PEF control. Source: IPMI v2.0 Table 30-6, parameter 1.
pub mod control {
    /// PEF is enabled.
    pub const ENABLED: u8 = 1 << 0;
    /// An event message is generated for each action.
    pub const EVENT_MESSAGES: u8 = 1 << 1;
    /// PEF starts with a delay.
    pub const STARTUP_DELAY: u8 = 1 << 2;
    /// Alerts start with a delay.
    pub const ALERT_STARTUP_DELAY: u8 = 1 << 3;
}

/// Bits of a filter's configuration. Source: IPMI v2.0 Table 17-2.
pub mod filter {
    /// The filter is enabled.
    pub const ENABLED: u8 = 1 << 7;
    /// Filter type.
    pub const TYPE: u8 = 3 << 5;
    /// Filter type: pre-configured; software may only turn it on and off.
    pub const PRECONFIGURED: u8 = 2 << 5;
}

/// Values of the postpone timer that are no countdown. Source: IPMI v2.0 §30.2.
pub mod postpone {
    /// PEF is disabled until another value is written.
    pub const DISABLE_PEF: u8 = 0xfe;
    /// Changes nothing, asks for the present countdown.
    pub const GET: u8 = 0xff;
}

/// Operations of Alert Immediate, in bits 7–6. Source: IPMI v2.0 §30.7.
pub mod alert_operation {
    /// Send an alert.
    pub const INITIATE: u8 = 0;
    /// How far is the last one?
    pub const GET_STATUS: u8 = 1;
    /// Forget the status of the last one.
    pub const CLEAR_STATUS: u8 = 2;
}

/// Status of an immediate alert. Source: IPMI v2.0 §30.7.
pub mod alert_status {
    /// No alert was sent, or its status was cleared.
    pub const NONE: u8 = 0x00;
    /// It was sent and, where that was wanted, acknowledged.
    pub const NORMAL_END: u8 = 0x01;
    /// It was never acknowledged.
    pub const NO_ACKNOWLEDGE: u8 = 0x03;
    /// It is under way.
    pub const IN_PROGRESS: u8 = 0xff;
}

/// When an entry of a policy set sends. Source: IPMI v2.0 Table 17-4.
pub mod policy {
    /// The entry is enabled.
    pub const ENABLED: u8 = 1 << 3;
    /// Always send to this destination.
    pub const ALWAYS: u8 = 0;
    /// After a success do not send to this destination; go on with the next entry.
    pub const NEXT: u8 = 1;
    /// After a success do not send to this destination; the set is over.
    pub const STOP: u8 = 2;
    /// After a success do not send to this destination; go on with the next entry to another
    /// channel.
    pub const OTHER_CHANNEL: u8 = 3;
    /// After a success do not send to this destination; go on with the next entry to another
    /// destination type.
    pub const OTHER_TYPE: u8 = 4;
}
