//! Chassis commands. Source: IPMI v2.0 §28.

use super::{Empty, bodies, commands, parameters};
use alloc::vec::Vec;

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

    /// Chassis Reset. Source: IPMI v2.0 §28.4.
    ChassisReset {}

    /// Chassis Identify. Source: IPMI v2.0 §28.5.
    ChassisIdentify {
        /// How long, s; 0 stops; absent is 15 s.
        interval_s: Option<u8>,
        /// Bit 0: until it is stopped.
        force: Option<u8>,
    }

    /// Set Chassis Capabilities. Source: IPMI v2.0 §28.7.
    SetChassisCapabilities {
        /// Bits: 1 front panel lockout, 0 intrusion sensor.
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

    /// Set Power Restore Policy. Source: IPMI v2.0 §28.8.
    SetPowerRestorePolicy {
        /// Bits 2–0: 0 stay off, 1 restore, 2 power up, 3 no change.
        policy: u8,
    }

    /// Answer to Set Power Restore Policy.
    PowerRestorePolicySupport {
        /// Bits: 2 power up, 1 restore, 0 stay off.
        policies: u8,
    }

    /// Get System Restart Cause. Source: IPMI v2.0 §28.11.
    GetSystemRestartCause {}

    /// Answer to Get System Restart Cause.
    SystemRestartCause {
        /// Bits 3–0: 0 unknown, 1 chassis control, 2 reset button, 3 power button, 4 watchdog,
        /// 5 OEM, 6 and 7 restore policy, 8 reset and 9 power cycle by PEF, Ah soft reset, Bh real
        /// time clock.
        cause: u8,
        /// Channel over which the command came.
        channel: u8,
    }

    /// Set System Boot Options. Source: IPMI v2.0 §28.12.
    SetSystemBootOptions {
        /// Bit 7: marks the parameter invalid; bits 6–0: which, the selectors of [`BootOption`].
        parameter: u8,
        /// Its data; empty changes the mark only.
        data: Vec<u8>,
    }

    /// Get System Boot Options. Source: IPMI v2.0 §28.13.
    GetSystemBootOptions {
        /// Bits 6–0: which, the selectors of [`BootOption`].
        parameter: u8,
        /// Which set of it.
        set: u8,
        /// Which block of the set.
        block: u8,
    }

    /// Answer to Get System Boot Options.
    SystemBootOptions {
        /// Bits 3–0: version of the parameters, 1.
        version: u8,
        /// Bit 7: the parameter is invalid; bits 6–0: which.
        parameter: u8,
        /// Its data, see [`BootOption::decode`].
        data: Vec<u8>,
    }

    /// Who handled the boot info.
    BootInfoAcknowledge {
        /// Which bits of `handled` to write; 0 when read.
        mask: u8,
        /// Bits: 4 OEM, 3 system management, 2 OS or service partition, 1 OS loader, 0 BIOS.
        handled: u8,
    }

    /// How to boot.
    BootFlags {
        /// Bits: 7 valid, 6 for all boots, 5 EFI.
        validity: u8,
        /// Bit 7: clears CMOS; 6: locks the keyboard; 5–2: device (1 PXE, 2 disk, 5 CD, 6 BIOS
        /// setup); 1: blanks the screen; 0: locks the reset button.
        device: u8,
        /// Bit 7: locks the power button; 6–5: verbosity; 4: progress event traps; 3: no password;
        /// 2: locks the sleep button; 1–0: console redirection.
        firmware: u8,
        /// Bit 3: shared mode; 2–0: multiplexer.
        mux: u8,
        /// Bits 4–0: device instance.
        instance: u8,
    }

    /// Who asked for the boot.
    BootInitiator {
        /// Bits 3–0: channel.
        channel: u8,
        /// Session id.
        session: u32,
        /// When, seconds since 1970.
        seconds: u32,
    }

    /// A block of the initiator's mailbox.
    BootMailbox {
        /// Which block.
        block: u8,
        /// At most 16 bytes.
        data: Vec<u8>,
    }

    /// Set Front Panel Button Enables. Source: IPMI v2.0 §28.6.
    SetFrontPanelEnables {
        /// Disabled buttons: bit 3 standby, 2 diagnostic interrupt, 1 reset, 0 power off.
        disabled: u8,
    }

    /// Set Power Cycle Interval. Source: IPMI v2.0 §28.9.
    SetPowerCycleInterval {
        /// How long power stays off in a power cycle, s.
        interval_s: u8,
    }

    /// Get POH Counter. Source: IPMI v2.0 §28.14.
    GetPohCounter {}

    /// Answer to Get POH Counter.
    PohCounter {
        /// Minutes for each count; 0 is 60.
        minutes_per_count: u8,
        /// Counts.
        count: u32,
    }
}

parameters! {
    /// A boot option. Source: IPMI v2.0 Table 28-14.
    BootOption {
        /// Set in progress, bits 1–0: 0 complete, 1 in progress, 2 commit.
        0 SetInProgress(u8),
        /// Service partition to use; 0 unspecified.
        1 ServicePartition(u8),
        /// Bit 1: scan for a service partition; 0: one was found.
        2 ServicePartitionScan(u8),
        /// After what the valid bit of the boot flags is not cleared: bit 4 PEF, 3 timeout,
        /// 2 watchdog, 1 reset, 0 power up.
        3 BootFlagsKept(u8),
        /// Who handled the boot info.
        4 Acknowledge(BootInfoAcknowledge),
        /// How to boot.
        5 Flags(BootFlags),
        /// Who asked for the boot.
        6 Initiator(BootInitiator),
        /// The initiator's mailbox.
        7 Mailbox(BootMailbox),
    }
}

commands! { CHASSIS, None;
    0x00 GetChassisCapabilities => ChassisCapabilities;
    0x01 GetChassisStatus => ChassisStatus;
    0x02 ChassisControl => Empty;
    0x03 ChassisReset => Empty;
    0x04 ChassisIdentify => Empty;
    0x05 SetChassisCapabilities => Empty;
    0x06 SetPowerRestorePolicy => PowerRestorePolicySupport;
    0x07 GetSystemRestartCause => SystemRestartCause;
    0x08 SetSystemBootOptions => Empty;
    0x09 GetSystemBootOptions => SystemBootOptions;
    0x0a SetFrontPanelEnables => Empty;
    0x0b SetPowerCycleInterval => Empty;
    0x0f GetPohCounter => PohCounter;
}
