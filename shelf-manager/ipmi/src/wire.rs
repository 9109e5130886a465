//! Reading and writing fields, least significant byte first, with the name of the field that is
//! missing.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The bytes ended before this field did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Name of the field that is not there, or not whole.
    pub field: &'static str,
}

/// Bytes that are read from the front.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether all was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(Truncated { field })?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Truncated> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Truncated { field })?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The next byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, Truncated> {
        self.array::<1>(field).map(|[byte]| byte)
    }

    /// The next two bytes.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, Truncated> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// The next four bytes.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, Truncated> {
        self.array(field).map(u32::from_le_bytes)
    }
}

/// Three bytes on the wire.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct U24(pub [u8; 3]);

impl From<U24> for u32 {
    fn from(value: U24) -> Self {
        let [a, b, c] = value.0;
        Self::from_le_bytes([a, b, c, 0])
    }
}

impl U24 {
    /// The low three bytes of `value`.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        let [a, b, c, _] = value.to_le_bytes();
        Self([a, b, c])
    }
}

/// One field of a message.
pub trait Field: Sized {
    /// Reads it from the front.
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated>;
    /// Appends it.
    fn write(&self, out: &mut Vec<u8>);
}

impl Field for u8 {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        reader.u8(field)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
}

impl Field for u16 {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        reader.u16(field)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

/// In two's complement.
impl Field for i16 {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        reader.array(field).map(Self::from_le_bytes)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl Field for U24 {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        reader.array(field).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

impl Field for u32 {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        reader.u32(field)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl<const N: usize> Field for [u8; N] {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        reader.array(field)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// The rest of the message.
impl Field for Vec<u8> {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        let rest = reader.rest().len();
        reader.take(rest, field).map(<[u8]>::to_vec)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// A field that a message may end before.
impl<T: Field> Field for Option<T> {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        if reader.is_empty() {
            Ok(None)
        } else {
            T::read(reader, field).map(Some)
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(out);
        }
    }
}

/// A count byte, and that many elements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted<T>(pub Vec<T>);

impl<T: Field> Field for Counted<T> {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        let count = reader.u8(field)?;
        (0..count)
            .map(|_| T::read(reader, field))
            .collect::<Result<_, _>>()
            .map(Self)
    }
    /// Elements behind the 255th do not fit the count and are left out.
    fn write(&self, out: &mut Vec<u8>) {
        let count = u8::try_from(self.0.len()).unwrap_or(u8::MAX);
        out.push(count);
        self.0
            .iter()
            .take(usize::from(count))
            .for_each(|element| element.write(out));
    }
}

/// Elements up to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest<T>(pub Vec<T>);

impl<T: Field> Field for Rest<T> {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        let mut elements = Vec::new();
        while !reader.is_empty() {
            elements.push(T::read(reader, field)?);
        }
        Ok(Self(elements))
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|element| element.write(out));
    }
}

/// The byte that makes `bytes` plus it sum to zero, modulo 256.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0u8, |sum, byte| sum.wrapping_add(*byte))
        .wrapping_neg()
}
