//! Decimal values without floating point.

use alloc::format;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A measured or configured value, exact in both forms.
///
/// Invariant: both fields say the same when it was made by [`Quantity::from_micro`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// Exact decimal without exponent and without trailing zeros, such as `-0.25` or `3.3`.
    pub value: String,
    /// The same in millionths of the unit.
    pub micro: i64,
}

impl Quantity {
    /// The value of so many millionths.
    pub fn from_micro(micro: i64) -> Self {
        Self {
            value: decimal(micro),
            micro,
        }
    }
}

fn decimal(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let magnitude = micro.unsigned_abs();
    let (whole, fraction) = (magnitude / 1_000_000, magnitude % 1_000_000);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:06}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}
