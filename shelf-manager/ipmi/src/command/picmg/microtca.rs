//! What only MicroTCA has, as far as an open source gives the layout.
//!
//! Choice: PM Reset (26h), Get PM Status (27h), Set and Get Telco Alarm State (2Ah, 2Bh) are left
//! out, as no open source shows their bytes.
//!
//! Source: MicroTCA.0 R1.0, command table; HPM.2 for LAN attach capabilities.

use crate::command::{Empty, PICMG_GROUP, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Get Location Information.
    GetLocationInformation {
        /// Bits 4–0: carrier number.
        carrier: u8,
        /// Site number.
        site_number: u8,
        /// Site type.
        site_type: u8,
    }

    /// Answer to Get Location Information.
    LocationInformation {
        /// Slot number.
        slot: u8,
        /// Tier number.
        tier: u8,
        /// Bits: 7 slot number, 6 tier number, 5 orientation of the carrier.
        flags: u8,
        /// Origin, horizontally.
        x: u16,
        /// Origin, vertically.
        y: u16,
    }

    /// Power Channel Control.
    PowerChannelControl {
        /// Power channel.
        channel: u8,
        /// What to switch.
        control: u8,
        /// Current limit.
        current_limit: u8,
        /// Site number of the primary power module.
        primary: u8,
        /// Site number of the redundant power module.
        backup: u8,
    }

    /// Get Power Channel Status.
    GetPowerChannelStatus {
        /// The first power channel to tell about.
        first: u8,
        /// How many.
        count: u8,
    }

    /// Answer to Get Power Channel Status.
    PowerChannelStatus {
        /// Highest power channel.
        channel_max: u8,
        /// Bits: 0 role, 1 management power good, 2 payload power good, 3 unidentified fault.
        module: u8,
        /// One byte for each channel.
        channels: Vec<u8>,
    }

    /// PM Heartbeat: carrier managers that are silent lose their power modules.
    PmHeartbeat {
        /// Time-out of the heartbeat.
        timeout: u8,
        /// Which carrier hubs are present: bits 0 and 1.
        hubs: u8,
    }

    /// Get Telco Alarm Capability.
    GetTelcoAlarmCapability {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get Telco Alarm Capability.
    TelcoAlarmCapability {
        /// Bits: 0 critical, 1 major, 2 minor, 3 power, 4 test, 5 autonomous cutoff, 6 autonomous
        /// minor reset, 7 autonomous major reset.
        alarms: u8,
    }

    /// Get HPM.x Capabilities; with id 2, Get LAN Attach Capabilities.
    GetHpmCapabilities {
        /// HPM.x id: 2 for HPM.2.
        hpm: u8,
    }

    /// Answer to Get LAN Attach Capabilities.
    LanAttachCapabilities {
        /// HPM.x id, as asked.
        hpm: u8,
        /// Revision of HPM.2, from 1.
        revision: u8,
        /// LAN channels with HPM.2 extensions, one bit each.
        channels: u16,
        /// What more there is, where a channel has any.
        lan: Option<LanAttach>,
    }

    /// Extensions of LAN channels.
    LanAttach {
        /// Bits: 0 SOL extension, 1 packet trace, 2 extended management, 3 version sensor, 4
        /// dynamic sessions.
        capabilities: u8,
        /// Number of the first LAN parameter of HPM.2, from C0h.
        parameters_start: u8,
        /// Revision of those parameters.
        parameters_revision: u8,
        /// The same of SOL parameters, with the SOL extension.
        sol: Option<[u8; 2]>,
    }
}

commands! { GROUP, &[PICMG_GROUP];
    0x23 GetLocationInformation => LocationInformation;
    0x24 PowerChannelControl => Empty;
    0x25 GetPowerChannelStatus => PowerChannelStatus;
    0x28 PmHeartbeat => Empty;
    0x29 GetTelcoAlarmCapability => TelcoAlarmCapability;
    0x3e GetHpmCapabilities => LanAttachCapabilities;
}
