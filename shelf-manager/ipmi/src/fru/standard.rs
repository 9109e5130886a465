//! The records that the standard itself defines in the multirecord area.
//!
//! Source: Platform Management FRU Information Storage Definition v1.0 §18.

use super::multirecord::records;
use crate::command::bodies;
use crate::wire::U24;
use alloc::vec::Vec;

bodies! {
    /// Record 00h: what a power supply can do.
    PowerSupply {
        /// Bits 11–0: overall capacity, W.
        capacity_w: u16,
        /// Peak apparent power, VA; FFFFh not specified.
        peak_va: u16,
        /// Inrush current, A; FFh not specified.
        inrush_current_a: u8,
        /// Inrush interval, ms.
        inrush_interval_ms: u8,
        /// Low end of the first range of input voltages, 10 mV.
        input_voltage_1_min: i16,
        /// High end of the first range of input voltages, 10 mV.
        input_voltage_1_max: i16,
        /// Low end of the second range, 10 mV; 0 with one range only.
        input_voltage_2_min: i16,
        /// High end of the second range, 10 mV; 0 with one range only.
        input_voltage_2_max: i16,
        /// Lowest input frequency, Hz; 0 for DC.
        frequency_hz_min: u8,
        /// Highest input frequency, Hz; 0 for DC.
        frequency_hz_max: u8,
        /// How long the input may drop out, ms.
        dropout_tolerance_ms: u8,
        /// Bits: 4 two tachometer pulses for each rotation (or failure on deassertion), 3 hot swap,
        /// 2 autoswitch, 1 power factor correction, 0 predictive failure.
        flags: u8,
        /// Bits 15–12: hold-up time, s; 11–0: peak capacity, W.
        peak_capacity: u16,
        /// Bits 7–4: first, 3–0: second combined output: 0 12 V, 1 −12 V, 2 5 V, 3 3.3 V.
        combined_outputs: u8,
        /// Combined wattage, W; 0 none.
        combined_w: u16,
        /// Lower tachometer threshold of predictive failure, rotations for each second.
        tachometer_min: u8,
    }

    /// Record 01h: one output of a power supply.
    DcOutput {
        /// Bit 7: standby; 3–0: output number.
        output: u8,
        /// Nominal voltage, 10 mV.
        voltage_nominal: i16,
        /// Maximum negative voltage deviation, 10 mV.
        negative_deviation_max: i16,
        /// Maximum positive voltage deviation, 10 mV.
        positive_deviation_max: i16,
        /// Ripple and noise, peak to peak, 10 Hz to 30 MHz, mV.
        ripple_mv: u16,
        /// Lowest current drawn, mA.
        current_ma_min: u16,
        /// Highest current drawn, mA.
        current_ma_max: u16,
    }

    /// Record 02h: what is needed of one output.
    DcLoad {
        /// Bits 3–0: output number.
        output: u8,
        /// Nominal voltage, 10 mV.
        voltage_nominal: i16,
        /// Lowest voltage that is enough, 10 mV.
        voltage_min: i16,
        /// Highest voltage that is allowed, 10 mV.
        voltage_max: i16,
        /// Ripple and noise that are allowed, peak to peak, 10 Hz to 30 MHz, mV.
        ripple_mv: u16,
        /// Lowest load, mA.
        current_ma_min: u16,
        /// Highest load, mA.
        current_ma_max: u16,
    }

    /// Record 03h: how to reach the management of the system or of a component.
    ManagementAccess {
        /// System: 1 URL, 2 name, 3 ping address, 7 UUID; component: 4 URL, 5 name, 6 ping address.
        kind: u8,
        /// URL, name, address or UUID.
        data: Vec<u8>,
    }

    /// Records 04h and 05h: with what it is compatible.
    Compatibility {
        /// Who defined the codes, an IANA enterprise number.
        manufacturer: U24,
        /// Entity id of what is compatible.
        entity_id: u8,
        /// Compatibility base, the manufacturer's own.
        base: u8,
        /// Bits 6–0: first compatibility code.
        code_start: u8,
        /// Bit n of byte m: the code `code_start` + 1 + 8m + n is compatible as well.
        code_mask: Vec<u8>,
    }
}

records! {
    /// What a record of the standard says.
    StandardRecord {
        0x00 PowerSupply(PowerSupply),
        0x01 DcOutput(DcOutput),
        0x02 DcLoad(DcLoad),
        0x03 ManagementAccess(ManagementAccess),
        0x04 BaseCompatibility(Compatibility),
        0x05 ExtendedCompatibility(Compatibility),
    }
}
