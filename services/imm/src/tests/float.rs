//! Floating-point text against the standard library's.

use crate::float;
use alloc::format;
use alloc::string::ToString;
use proptest::prelude::*;

#[test]
fn known_texts() {
    for text in [
        "0",
        "-0",
        "1",
        "-1.5",
        "0.1",
        "1e10",
        "3.4028235e38",
        "1e39",
        "1.17549435e-38",
        "1e-45",
        "7e-46",
        "0.5e-45",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "1e309",
        "5e-324",
        "2e-324",
        "2.2250738585072011e-308",
        "9007199254740993",
        "16777217",
        "16777219",
        "inf",
        "-inf",
        "123456789012345678901234567890",
        "1e-999",
        ".5",
        "5.",
    ] {
        let (single, double) = (text.parse::<f32>().unwrap(), text.parse::<f64>().unwrap());
        assert_eq!(float::single(text), Some(single.to_bits()), "{text}");
        assert_eq!(float::double(text), Some(double.to_bits()), "{text}");
    }
    for text in ["", ".", "e5", "1e", "1x", "--1", "1.2.3", "0x10"] {
        assert_eq!(float::double(text), None, "{text}");
    }
    let nan = f64::from_bits(float::double("nan").unwrap());
    assert!(nan.is_nan());
    assert_eq!(float::double_text(nan.to_bits()), "nan");
}

proptest! {
    #[test]
    fn each_double_comes_back(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(!value.is_nan());
        prop_assert_eq!(float::double(&float::double_text(bits)), Some(bits));
        prop_assert_eq!(float::double(&format!("{value:e}")), Some(bits));
    }

    #[test]
    fn each_single_comes_back(bits: u32) {
        let value = f32::from_bits(bits);
        prop_assume!(!value.is_nan());
        prop_assert_eq!(float::single(&float::single_text(bits)), Some(bits));
        prop_assert_eq!(float::single(&value.to_string()), Some(bits));
    }
}
