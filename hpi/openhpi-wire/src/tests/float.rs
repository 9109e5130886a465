//! Doubles against the processor's own.

use crate::Float64;
use proptest::prelude::*;

#[test]
fn known_values() {
    let bits = [
        (0, 0),
        (1_000_000, 0x3ff0_0000_0000_0000),
        (-1_000_000, 0xbff0_0000_0000_0000),
        (500_000, 0x3fe0_0000_0000_0000),
        // 0.1, whose last bit is rounded up.
        (100_000, 0x3fb9_9999_9999_999a),
        (1, 0x3eb0_c6f7_a0b5_ed8d),
    ];
    for (micro, bits) in bits {
        assert_eq!(Float64::from_micro(micro), Float64(bits), "{micro}");
    }
}

#[test]
fn what_is_no_number_of_millionths_is_none() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e13] {
        assert_eq!(Float64(value.to_bits()).to_micro(), None, "{value}");
    }
    for value in [0.0, -0.0, f64::MIN_POSITIVE, 5e-324, 1e-7] {
        assert_eq!(Float64(value.to_bits()).to_micro(), Some(0), "{value}");
    }
}

proptest! {
    #[test]
    fn millionths_are_divided_as_the_processor_does(micro in -(1_i64 << 53)..(1_i64 << 53)) {
        // Both operands are exact, so the quotient is the nearest double.
        #[allow(clippy::cast_precision_loss, reason = "it fits")]
        let divided = micro as f64 / 1e6;
        prop_assert_eq!(Float64::from_micro(micro).0, divided.to_bits());
    }

    #[test]
    fn any_bits_have_millionths_where_these_fit(bits in any::<u64>()) {
        let millionths = f64::from_bits(bits) * 1e6;
        // The limit itself, give or take the last bit, may go either way.
        let fits = millionths.abs() < 9.223_372_036_854_77e18;
        let is_beyond = millionths.is_nan() || millionths.abs() > 9.223_372_036_854_78e18;
        match Float64(bits).to_micro() {
            Some(_) => prop_assert!(!is_beyond),
            None => prop_assert!(!fits),
        }
    }

    #[test]
    fn small_numbers_come_back(micro in -1_000_000_000_000_i64..1_000_000_000_000) {
        prop_assert_eq!(Float64::from_micro(micro).to_micro(), Some(micro));
    }
}
