//! `SaHpiFloat64T` without floating point: its bits, and millionths.

use crate::{Field, Malformed, Reader, Writer};

/// An IEEE 754 double, as its bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Float64(pub u64);

/// Bits of the fraction.
const FRACTION: u32 = 52;
/// What an exponent of 0 is written as.
const BIAS: i32 = 1023;
/// Exponent of infinities and of what is no number.
const EXPONENT_MAX: u64 = 0x7ff;
const SIGN: u64 = 1 << 63;
const MILLION: u128 = 1_000_000;

impl Float64 {
    /// The double nearest to this many millionths; of two that are equally near, the even one.
    #[must_use]
    pub fn from_micro(micro: i64) -> Self {
        let sign = if micro < 0 { SIGN } else { 0 };
        let micro = u128::from(micro.unsigned_abs());
        if micro == 0 {
            return Self(0);
        }
        // As large as it can be, so that the quotient has many bits more than the fraction.
        let shift = micro.leading_zeros() - 1;
        let scaled = micro << shift;
        let (quotient, rest) = (scaled / MILLION, scaled % MILLION);
        let top = 127 - quotient.leading_zeros();
        let drop = top - FRACTION;
        let kept = quotient >> drop;
        let lost = quotient & ((1 << drop) - 1);
        let half = 1_u128 << (drop - 1);
        let is_above_half = lost > half || lost == half && rest != 0;
        let rounds_up = is_above_half || lost == half && kept & 1 == 1;
        let significand = u64::try_from(kept).unwrap_or(u64::MAX) + u64::from(rounds_up);
        let exponent = i64::from(top) - i64::from(shift) + i64::from(BIAS);
        let exponent = u64::try_from(exponent).unwrap_or(0);
        // A carry out of the significand raises the exponent, which is what it means.
        Self(sign | (((exponent - 1) << FRACTION) + significand))
    }

    /// The nearest number of millionths, so that what [`Self::from_micro`] made comes back; `None`
    /// for what is no number, and for what has too many.
    #[must_use]
    pub fn to_micro(self) -> Option<i64> {
        let exponent = (self.0 & !SIGN) >> FRACTION;
        let fraction = self.0 & ((1 << FRACTION) - 1);
        let (exponent, significand) = match exponent {
            EXPONENT_MAX => return None,
            0 => (1, fraction),
            exponent => (exponent, fraction | 1 << FRACTION),
        };
        let exponent = i32::try_from(exponent).ok()? - BIAS - i32::try_from(FRACTION).ok()?;
        let micro = u128::from(significand) * MILLION;
        let micro = if exponent >= 0 {
            let places = u32::try_from(exponent).ok()?;
            micro
                .checked_shl(places)
                .filter(|it| it >> places == micro)?
        } else {
            let places = exponent.unsigned_abs();
            let half = 1_u128.checked_shl(places - 1).unwrap_or(0);
            (micro + half).checked_shr(places).unwrap_or(0)
        };
        let micro = i64::try_from(micro).ok()?;
        Some(if self.0 & SIGN == 0 { micro } else { -micro })
    }
}

impl Field for Float64 {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        Ok(Self(u64::read(reader, field)?))
    }
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}
