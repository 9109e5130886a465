//! Chassis commands. Source: IPMI v2.0 §28.

use super::{Empty, bodies, commands};

bodies! {
    /// Get Chassis Capabilities. Source: IPMI v2.0 §28.1.
    GetChassisCapabilities {}

    /// Answer to Get Chassis Capabilities. Addresses are IPMB slave addresses, 8 bits.
    ChassisCapabilities {
        /// Bits: 3 power interlock, 2 diagnostic interrupt, 1 front panel lockout, 0 intrusion
        /// sensor.
        flags: u8,
        /// Who has the chassis' FRU inventory.
        fru_info_address: u8,
        /// Who has the SDR repository.
        sdr_address: u8,
        /// Who has the SEL.
        sel_address: u8,
        /// Who is the system management device.
        system_management_address: u8,
        /// Who is the bridge device; 20h when absent.
        bridge_address: Option<u8>,
    }

    /// Get Chassis Status. Source: IPMI v2.0 §28.2.
    GetChassisStatus {}

    /// Answer to Get Chassis Status.
    ChassisStatus {
        /// Bits 6–5: restore policy; 4: control fault; 3: power fault; 2: interlock; 1: overload;
        /// 0: power is on.
        power_state: u8,
        /// Why power went off last: bit 4 by command, 3 fault, 2 interlock, 1 overload, 0 no AC.
        last_event: u8,
        /// Bit 3: cooling or fan fault; 2: drive fault; 1: front panel lockout; 0: intrusion.
        misc: u8,
        /// Front panel button capabilities.
        front_panel: Option<u8>,
    }

    /// Chassis Control. Source: IPMI v2.0 §28.3.
    ChassisControl {
        /// 0 power down, 1 power up, 2 power cycle, 3 hard reset, 4 diagnostic interrupt, 5 soft
        /// shutdown.
        control: u8,
    }
}

commands! { CHASSIS, None;
    0x00 GetChassisCapabilities => ChassisCapabilities;
    0x01 GetChassisStatus => ChassisStatus;
    0x02 ChassisControl => Empty;
}
