//! Floating-point values between text and bits, in integers only: each replica gets the same bits.
//!
//! Source: IEEE 754-2008 §3.4 (formats), §4.3.1 (round to nearest, ties to even).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// Longest text that is read. Choice: enough for each value's exact digits would be 1100.
const TEXT_LENGTH_MAX: usize = 400;
/// Greatest decimal exponent that is read, either way; beyond it a value is zero or infinite
/// anyway.
const EXPONENT_MAX: i32 = 2000;

/// One interchange format.
struct Format {
    /// Bits of the significand, the hidden one included.
    precision: i32,
    /// Exponent of the last bit of a subnormal significand.
    exponent_min: i32,
    /// Number of exponents, and the biased exponent of infinities.
    exponents: i32,
    /// Significant digits that tell any two values apart.
    digits: u32,
}

const SINGLE: Format = Format {
    precision: 24,
    exponent_min: -149,
    exponents: 0xff,
    digits: 9,
};
const DOUBLE: Format = Format {
    precision: 53,
    exponent_min: -1074,
    exponents: 0x7ff,
    digits: 17,
};

/// Bits of the 32-bit value nearest to the text; `None` when it is no number.
pub(crate) fn single(text: &str) -> Option<u32> {
    u32::try_from(SINGLE.parse(text)?).ok()
}

/// Bits of the 64-bit value nearest to the text; `None` when it is no number.
pub(crate) fn double(text: &str) -> Option<u64> {
    DOUBLE.parse(text)
}

/// Shortest text that reads back as the same 32-bit value.
pub(crate) fn single_text(bits: u32) -> String {
    SINGLE.text(u64::from(bits))
}

/// Shortest text that reads back as the same 64-bit value.
pub(crate) fn double_text(bits: u64) -> String {
    DOUBLE.text(bits)
}

impl Format {
    fn infinity(&self) -> u64 {
        u64::from(self.exponents.unsigned_abs()) << (self.precision - 1)
    }

    /// The sign bit: above the exponent, which has as many bits as `exponents`.
    fn sign(&self) -> u64 {
        self.infinity() + (1 << (self.precision - 1))
    }

    fn parse(&self, text: &str) -> Option<u64> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (self.sign(), rest),
            None => (0, text.strip_prefix('+').unwrap_or(text)),
        };
        let magnitude = match text.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => self.infinity(),
            "nan" => self.infinity() | 1 << (self.precision - 2),
            text => self.parse_number(text)?,
        };
        Some(sign | magnitude)
    }

    fn parse_number(&self, text: &str) -> Option<u64> {
        if text.len() > TEXT_LENGTH_MAX {
            return None;
        }
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let exponent: i32 = exponent.parse().ok()?;
        let exponent = exponent.clamp(-EXPONENT_MAX, EXPONENT_MAX) - fraction.len() as i32;
        let mut ratio = Ratio::new(Big::decimal(&digits), Big::one());
        ratio.scale_by_tens(exponent);
        Some(self.encode(&ratio))
    }

    fn encode(&self, ratio: &Ratio) -> u64 {
        if ratio.numerator.bits() == 0 {
            return 0;
        }
        let estimate = ratio.magnitude() - self.precision;
        let mut exponent = estimate.max(self.exponent_min);
        let mut significand = ratio.shifted(-exponent).rounded();
        if significand >> self.precision != 0 {
            exponent += 1;
            significand = ratio.shifted(-exponent).rounded();
        }
        if exponent - self.exponent_min >= self.exponents - 1 {
            return self.infinity();
        }
        let biased = u64::from((exponent - self.exponent_min).unsigned_abs());
        // A subnormal significand lacks the bit that would carry into the exponent.
        ((biased << (self.precision - 1)) + significand).min(self.infinity())
    }

    fn text(&self, bits: u64) -> String {
        let sign = if bits & self.sign() == 0 { "" } else { "-" };
        let magnitude = bits & (self.sign() - 1);
        let body = if magnitude > self.infinity() {
            return String::from("nan");
        } else if magnitude == self.infinity() {
            String::from("inf")
        } else if magnitude == 0 {
            String::from("0")
        } else {
            self.shortest(magnitude)
        };
        format!("{sign}{body}")
    }

    fn shortest(&self, magnitude: u64) -> String {
        let hidden = 1 << (self.precision - 1);
        let (biased, fraction) = (magnitude / hidden, magnitude % hidden);
        let (significand, above) = match biased {
            0 => (fraction, 0),
            _ => (fraction | hidden, biased as i32 - 1),
        };
        let ratio = Ratio::new(Big::from(significand), Big::one());
        let ratio = ratio.shifted(self.exponent_min + above);
        let mut texts = (1..=self.digits).map(|digits| ratio.decimal(digits));
        let is_exact = |text: &String| self.parse_number(text) == Some(magnitude);
        texts.find(is_exact).unwrap_or_default()
    }
}

/// A positive fraction.
#[derive(Clone)]
struct Ratio {
    numerator: Big,
    denominator: Big,
}

impl Ratio {
    fn new(numerator: Big, denominator: Big) -> Self {
        Self {
            numerator,
            denominator,
        }
    }

    /// Times two to the power of `by`.
    fn shifted(&self, by: i32) -> Self {
        let mut ratio = self.clone();
        if by >= 0 {
            ratio.numerator.shift(by.unsigned_abs());
        } else {
            ratio.denominator.shift(by.unsigned_abs());
        }
        ratio
    }

    fn scale_by_tens(&mut self, power: i32) {
        let side = if power >= 0 {
            &mut self.numerator
        } else {
            &mut self.denominator
        };
        for _ in 0..power.unsigned_abs() {
            side.multiply_add(10, 0);
        }
    }

    /// Power of two above the value, exact or one too small.
    fn magnitude(&self) -> i32 {
        self.numerator.bits() - self.denominator.bits()
    }

    /// The nearest integer, the even one of two; the value must be below 2^62.
    fn rounded(&self) -> u64 {
        let mut rest = self.numerator.clone();
        let mut quotient = 0;
        for bit in (0..63).rev() {
            let mut part = self.denominator.clone();
            part.shift(bit);
            if rest.subtract(&part) {
                quotient |= 1 << bit;
            }
        }
        rest.shift(1);
        match rest.compare(&self.denominator) {
            core::cmp::Ordering::Less => quotient,
            core::cmp::Ordering::Equal => quotient + (quotient & 1),
            core::cmp::Ordering::Greater => quotient + 1,
        }
    }

    /// The value in scientific form with so many significant digits.
    fn decimal(&self, digits: u32) -> String {
        let mut power = self.magnitude() * 30_103 / 100_000;
        loop {
            let mut scaled = self.clone();
            scaled.scale_by_tens(digits as i32 - 1 - power);
            let number = scaled.rounded();
            if number >= 10_u64.pow(digits) {
                power += 1;
            } else if number < 10_u64.pow(digits - 1) {
                power -= 1;
            } else {
                let text = number.to_string();
                let (first, rest) = text.split_at(1);
                let point = if rest.is_empty() { "" } else { "." };
                return format!("{first}{point}{rest}e{power}");
            }
        }
    }
}

/// A natural number, least significant word first, without leading zero words.
#[derive(Clone)]
struct Big(Vec<u32>);

impl Big {
    fn one() -> Self {
        Self(vec![1])
    }

    fn from(number: u64) -> Self {
        let mut big = Self(vec![number as u32, (number >> 32) as u32]);
        big.trim();
        big
    }

    fn decimal(digits: &str) -> Self {
        let mut big = Self(Vec::new());
        for digit in digits.bytes() {
            big.multiply_add(10, u32::from(digit - b'0'));
        }
        big
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// Number of significant bits.
    fn bits(&self) -> i32 {
        let top = self.0.last().map_or(0, |word| 32 - word.leading_zeros());
        self.0.len().saturating_sub(1) as i32 * 32 + top as i32
    }

    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for word in &mut self.0 {
            carry += u64::from(*word) * u64::from(factor);
            *word = carry as u32;
            carry >>= 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
    }

    fn shift(&mut self, by: u32) {
        if self.0.is_empty() {
            return;
        }
        self.multiply_add(1 << (by % 32), 0);
        self.0.splice(0..0, vec![0; (by / 32) as usize]);
    }

    fn compare(&self, other: &Self) -> core::cmp::Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes `other` off unless it is greater; whether it did.
    fn subtract(&mut self, other: &Self) -> bool {
        if self.compare(other).is_lt() {
            return false;
        }
        let mut borrow = 0;
        for (index, word) in self.0.iter_mut().enumerate() {
            let part = u64::from(other.0.get(index).copied().unwrap_or(0)) + borrow;
            borrow = u64::from(u64::from(*word) < part);
            *word = (u64::from(*word) + (borrow << 32) - part) as u32;
        }
        self.trim();
        true
    }
}
