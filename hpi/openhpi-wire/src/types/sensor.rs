//! Sensors.

use crate::Float64;
use crate::field::{structures, unions};

unions! {
    /// `SaHpiSensorReadingUnionT`; the selector is `SaHpiSensorReadingTypeT`.
    SensorValue {
        /// A signed number.
        0 Int64(i64),
        /// An unsigned number.
        1 Uint64(u64),
        /// A floating point number.
        2 Float64(Float64),
        /// Bytes with a meaning of their own.
        3 Buffer([u8; 32]),
    }
}

structures! {
    /// `SaHpiSensorReadingT`.
    SensorReading {
        /// Whether there is such a value.
        is_supported: bool,
        /// The value; it has a type even where there is none.
        value: SensorValue,
    }

    /// `SaHpiSensorThresholdsT`.
    SensorThresholds {
        /// Lower critical.
        low_critical: SensorReading,
        /// Lower major.
        low_major: SensorReading,
        /// Lower minor.
        low_minor: SensorReading,
        /// Upper critical.
        up_critical: SensorReading,
        /// Upper major.
        up_major: SensorReading,
        /// Upper minor.
        up_minor: SensorReading,
        /// Hysteresis of the upper thresholds.
        pos_thd_hysteresis: SensorReading,
        /// Hysteresis of the lower thresholds.
        neg_thd_hysteresis: SensorReading,
    }

    /// `SaHpiSensorRangeT`.
    SensorRange {
        /// `SaHpiSensorRangeFlagsT`: which of them hold.
        flags: u8,
        /// Highest reading.
        max: SensorReading,
        /// Lowest reading.
        min: SensorReading,
        /// Nominal reading.
        nominal: SensorReading,
        /// Highest normal reading.
        normal_max: SensorReading,
        /// Lowest normal reading.
        normal_min: SensorReading,
    }

    /// `SaHpiSensorDataFormatT`.
    SensorDataFormat {
        /// Whether the sensor has readings.
        is_supported: bool,
        /// `SaHpiSensorReadingTypeT`.
        reading_type: u32,
        /// `SaHpiSensorUnitsT`.
        base_units: u32,
        /// `SaHpiSensorUnitsT`.
        modifier_units: u32,
        /// `SaHpiSensorModUnitUseT`.
        modifier_use: u32,
        /// Whether readings are percentages.
        percentage: bool,
        /// Which readings there are.
        range: SensorRange,
        /// Accuracy, as a part of one.
        accuracy_factor: Float64,
    }

    /// `SaHpiSensorThdDefnT`.
    SensorThdDefn {
        /// Whether there are thresholds at all.
        is_accessible: bool,
        /// `SaHpiSensorThdMaskT`: which can be read.
        read_thold: u8,
        /// `SaHpiSensorThdMaskT`: which can be written.
        write_thold: u8,
        /// Whether the resolution varies over the range.
        nonlinear: bool,
    }

    /// `SaHpiSensorRecT`.
    SensorRec {
        /// `SaHpiSensorNumT`.
        num: u32,
        /// `SaHpiSensorTypeT`.
        kind: u32,
        /// `SaHpiEventCategoryT`.
        category: u8,
        /// Whether the sensor can be enabled and disabled.
        enable_ctrl: bool,
        /// `SaHpiSensorEventCtrlT`.
        event_ctrl: u32,
        /// `SaHpiEventStateT`: which states there are.
        events: u16,
        /// What its readings are.
        data_format: SensorDataFormat,
        /// Which thresholds there are.
        threshold_defn: SensorThdDefn,
        /// The implementation's own.
        oem: u32,
    }
}
