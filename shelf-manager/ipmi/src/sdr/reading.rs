//! From raw readings to millionths of the unit and back, in whole numbers.
//!
//! `value = L[(M·raw + B·10^Bexp)·10^Rexp]`. Source: IPMI v2.0 §36.3.

use super::FullSensor;
use serde::{Deserialize, Serialize};

/// Conversion factors of a sensor. Source: IPMI v2.0 Table 43-1, bytes 25–30.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// M, −512–511.
    pub m: i16,
    /// Tolerance in half raw counts, 0–63.
    pub tolerance: u8,
    /// B, −512–511.
    pub b: i16,
    /// Accuracy in 0.01 %, 0–1023, times ten to the accuracy exponent.
    pub accuracy: u16,
    /// Accuracy exponent, 0–3.
    pub accuracy_exponent: u8,
    /// Direction: 0 unspecified, 1 input, 2 output.
    pub direction: u8,
    /// Result exponent, −8–7.
    pub result_exponent: i8,
    /// Exponent of B, −8–7.
    pub b_exponent: i8,
}

impl Factors {
    /// Reads the six bytes of a record, or of Get Sensor Reading Factors.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 6]) -> Self {
        let [m, m_tolerance, b, b_accuracy, accuracy, exponents] = bytes;
        Self {
            m: ten_bits(m, m_tolerance >> 6),
            tolerance: m_tolerance & 0x3f,
            b: ten_bits(b, b_accuracy >> 6),
            accuracy: u16::from(b_accuracy & 0x3f) | u16::from(accuracy >> 4) << 6,
            accuracy_exponent: accuracy >> 2 & 3,
            direction: accuracy & 3,
            result_exponent: four_bits(exponents >> 4),
            b_exponent: four_bits(exponents & 0x0f),
        }
    }

    /// Writes the six bytes of a record; bits that do not fit are cut off.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 6] {
        let [m, m_high] = self.m.to_le_bytes();
        let [b, b_high] = self.b.to_le_bytes();
        let [accuracy, accuracy_high] = self.accuracy.to_le_bytes();
        let high = accuracy_high << 2 | accuracy >> 6;
        let [result] = self.result_exponent.to_le_bytes();
        let [b_exponent] = self.b_exponent.to_le_bytes();
        [
            m,
            m_high << 6 | self.tolerance & 0x3f,
            b,
            b_high << 6 | accuracy & 0x3f,
            high << 4 | (self.accuracy_exponent & 3) << 2 | self.direction & 3,
            result << 4 | b_exponent & 0x0f,
        ]
    }
}

/// Ten bits in two's complement.
fn ten_bits(low: u8, high: u8) -> i16 {
    let value = i16::from(high & 3) << 8 | i16::from(low);
    if value >= 512 { value - 1024 } else { value }
}

/// Four bits in two's complement.
fn four_bits(bits: u8) -> i8 {
    let value = i8::try_from(bits & 0x0f).unwrap_or(0);
    if value >= 8 { value - 16 } else { value }
}

/// How raw readings are signed. Source: IPMI v2.0 Table 43-1, sensor units 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnalogFormat {
    /// 0–255.
    Unsigned,
    /// −127–127.
    OnesComplement,
    /// −128–127.
    TwosComplement,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConversionError {
    /// The sensor gives no analog readings.
    NotAnalog,
    /// Non-linear (70h–7Fh): ask Get Sensor Reading Factors for the factors of this reading.
    NeedsReadingFactors,
    /// Logarithms and powers (1–6) have no exact result; the linearization.
    Transcendental(u8),
    /// A linearization that the standard reserves.
    UnknownLinearization(u8),
    /// The value is infinite, not real, or does not fit.
    OutOfRange,
}

/// All that turns raw readings of one sensor into values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Converter {
    /// How raw readings are signed.
    pub format: AnalogFormat,
    /// Linearization.
    pub linearization: u8,
    /// Factors.
    pub factors: Factors,
}

/// Exponents of ten go down to −10 behind the micro; this makes them whole.
const SCALE: i128 = 10_000_000_000;

const MICRO: i128 = 1_000_000;

impl Converter {
    /// The converter of a full sensor.
    pub fn of(sensor: &FullSensor) -> Result<Self, ConversionError> {
        let format = sensor
            .common
            .analog_format()
            .ok_or(ConversionError::NotAnalog)?;
        let linearization = sensor.linearization & 0x7f;
        Ok(Self {
            format,
            linearization,
            factors: sensor.factors,
        })
    }

    /// The value of a raw reading in millionths of the unit, rounded towards zero.
    pub fn micro(&self, raw: u8) -> Result<i64, ConversionError> {
        let factors = self.factors;
        let result = i32::from(factors.result_exponent) + 16;
        let m = i128::from(factors.m) * i128::from(self.signed(raw)) * power_of_ten(result);
        let b = i128::from(factors.b) * power_of_ten(result + i32::from(factors.b_exponent));
        let value = linearize(self.linearization, m + b)?;
        i64::try_from(value).map_err(|_| ConversionError::OutOfRange)
    }

    /// The raw reading whose value is nearest to `micro`, the lower one of two.
    ///
    /// `OutOfRange` when `micro` is beyond what the sensor can give.
    pub fn raw(&self, micro: i64) -> Result<u8, ConversionError> {
        self.micro(1)?;
        let values = (0..=u8::MAX).filter_map(|raw| Some((raw, self.micro(raw).ok()?)));
        let (mut least, mut most, mut nearest) = (i64::MAX, i64::MIN, None);
        for (raw, value) in values {
            let distance = value.abs_diff(micro);
            least = least.min(value);
            most = most.max(value);
            if nearest.is_none_or(|(_, other)| distance < other) {
                nearest = Some((raw, distance));
            }
        }
        match nearest {
            Some((raw, _)) if (least..=most).contains(&micro) => Ok(raw),
            Some(_) | None => Err(ConversionError::OutOfRange),
        }
    }

    /// A difference of `raw` counts (hysteresis) in millionths of the unit; B does not matter for
    /// it.
    ///
    /// Only for linear sensors, where the difference is the same everywhere.
    pub fn difference_micro(&self, raw: u8) -> Result<i64, ConversionError> {
        if self.linearization != 0 {
            return Err(ConversionError::NeedsReadingFactors);
        }
        let scale = power_of_ten(i32::from(self.factors.result_exponent) + 16);
        let value = i128::from(self.factors.m).abs() * i128::from(raw) * scale / SCALE;
        i64::try_from(value).map_err(|_| ConversionError::OutOfRange)
    }

    /// The raw count as a signed number.
    #[must_use]
    pub fn signed(&self, raw: u8) -> i16 {
        match self.format {
            AnalogFormat::Unsigned => i16::from(raw),
            AnalogFormat::OnesComplement if raw & 0x80 != 0 => -i16::from(!raw),
            AnalogFormat::OnesComplement => i16::from(raw),
            AnalogFormat::TwosComplement => i16::from(i8::from_le_bytes([raw])),
        }
    }
}

/// Ten to the `exponent`, which is 0–31 for every sensor.
fn power_of_ten(exponent: i32) -> i128 {
    10i128.pow(u32::try_from(exponent).unwrap_or(0).min(31))
}

/// `scaled` is in 10⁻¹⁶ units; the result is in millionths.
/// Source: IPMI v2.0 Table 43-1, linearization.
fn linearize(linearization: u8, scaled: i128) -> Result<i128, ConversionError> {
    let micro = scaled / SCALE;
    match linearization {
        0x00 => Ok(micro),
        0x01..=0x06 => Err(ConversionError::Transcendental(linearization)),
        0x07 => power_of_ten(22)
            .checked_div(scaled)
            .ok_or(ConversionError::OutOfRange),
        0x08 => power(micro, 2).map(|square| square / MICRO),
        0x09 => power(micro, 3).map(|cube| cube / (MICRO * MICRO)),
        0x0a => square_root(micro),
        0x0b => cube_root(micro),
        0x70..=0x7f => Err(ConversionError::NeedsReadingFactors),
        linearization => Err(ConversionError::UnknownLinearization(linearization)),
    }
}

fn power(micro: i128, exponent: u32) -> Result<i128, ConversionError> {
    micro
        .checked_pow(exponent)
        .ok_or(ConversionError::OutOfRange)
}

fn square_root(micro: i128) -> Result<i128, ConversionError> {
    let wide = micro
        .checked_mul(MICRO)
        .ok_or(ConversionError::OutOfRange)?;
    wide.checked_isqrt().ok_or(ConversionError::OutOfRange)
}

/// The sign goes through a cube root.
fn cube_root(micro: i128) -> Result<i128, ConversionError> {
    let wide = micro
        .checked_mul(MICRO * MICRO)
        .ok_or(ConversionError::OutOfRange)?;
    let target = wide.unsigned_abs();
    // 2^42 cubed is above every i128 there is.
    let (mut low, mut high) = (0u128, 1u128 << 42);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if middle * middle * middle <= target {
            low = middle;
        } else {
            high = middle;
        }
    }
    let root = i128::try_from(low).map_err(|_| ConversionError::OutOfRange)?;
    Ok(if wide < 0 { -root } else { root })
}
