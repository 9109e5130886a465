//! Texts, names, entity paths: what has a length of its own within a fixed array.

use crate::field::structures;
use crate::{Field, Malformed, Reader, Writer};
use alloc::vec::Vec;

/// Length of the arrays of [`Text`] and [`Body`]. Source: `SAHPI_MAX_TEXT_BUFFER_LENGTH`.
const TEXT_LEN: usize = 255;
/// Length of the array of [`Name`]. Source: `SA_HPI_MAX_NAME_LENGTH`.
const NAME_LEN: usize = 256;
/// Entries of an [`EntityPath`]. Source: `SAHPI_MAX_ENTITY_PATH`.
const PATH_LEN: usize = 16;
/// Type of the entity that ends a path. Source: `SAHPI_ENT_ROOT`.
const ROOT: u32 = 0xffff;

/// A void member of a union: one byte without a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl Field for Nothing {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        u8::read(reader, field).map(|_| Self)
    }
    fn write(&self, writer: &mut Writer) {
        0_u8.write(writer);
    }
}

/// `SaHpiTextBufferT`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// `SaHpiTextTypeT`.
    pub data_type: u32,
    /// `SaHpiLanguageT`.
    pub language: u32,
    /// The bytes in use, at most 255; those beyond are not sent.
    pub data: Vec<u8>,
}

impl Field for Text {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        Ok(Self {
            data_type: u32::read(reader, field)?,
            language: u32::read(reader, field)?,
            data: Body::read(reader, field)?.0,
        })
    }
    fn write(&self, writer: &mut Writer) {
        self.data_type.write(writer);
        self.language.write(writer);
        write_counted(&self.data, writer);
    }
}

/// A length byte and an array of 255, of which that many bytes are in use; those beyond are not
/// sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl Field for Body {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let len = usize::from(u8::read(reader, field)?);
        let array: [u8; TEXT_LEN] = reader.bytes(field)?;
        Ok(Self(array.get(..len).unwrap_or(&array).to_vec()))
    }
    fn write(&self, writer: &mut Writer) {
        write_counted(&self.0, writer);
    }
}

fn write_counted(data: &[u8], writer: &mut Writer) {
    let data = data.get(..TEXT_LEN).unwrap_or(data);
    u8::try_from(data.len()).unwrap_or(u8::MAX).write(writer);
    writer.bytes(data);
    writer.zeros(TEXT_LEN - data.len());
}

/// `SaHpiNameT`: at most 256 bytes; those beyond are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(pub Vec<u8>);

impl Field for Name {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let len = u16::read(reader, field)?;
        let array: [u8; NAME_LEN] = reader.bytes(field)?;
        let used = array.get(..usize::from(len));
        let used = used.ok_or(Malformed::Length(field, u32::from(len)))?;
        Ok(Self(used.to_vec()))
    }
    fn write(&self, writer: &mut Writer) {
        let name = self.0.get(..NAME_LEN).unwrap_or(&self.0);
        u16::try_from(name.len()).unwrap_or(u16::MAX).write(writer);
        writer.bytes(name);
        writer.zeros(NAME_LEN - name.len());
    }
}

/// A C string in an array of `N`, up to its first zero; what has no place in it is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Characters<const N: usize>(pub Vec<u8>);

impl<const N: usize> Field for Characters<N> {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let array: [u8; N] = reader.bytes(field)?;
        let text = array.split(|byte| *byte == 0).next();
        Ok(Self(text.unwrap_or_default().to_vec()))
    }
    fn write(&self, writer: &mut Writer) {
        let text = self.0.get(..N).unwrap_or(&self.0);
        writer.bytes(text);
        writer.zeros(N - text.len());
    }
}

/// A count of one byte, and that many items; those beyond 255 are not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: Field> Field for List<T> {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let count = u8::read(reader, field)?;
        let items = (0..count).map(|_| T::read(reader, field));
        Ok(Self(items.collect::<Result<_, _>>()?))
    }
    fn write(&self, writer: &mut Writer) {
        let items = self.0.get(..usize::from(u8::MAX)).unwrap_or(&self.0);
        u8::try_from(items.len()).unwrap_or(u8::MAX).write(writer);
        for item in items {
            item.write(writer);
        }
    }
}

structures! {
    /// `SaHpiEntityT`.
    Entity {
        /// `SaHpiEntityTypeT`.
        kind: u32,
        /// `SaHpiEntityLocationT`.
        location: u32,
    }
}

/// `SaHpiEntityPathT`: the entities before the root, the innermost first; at most 16, those beyond
/// are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityPath(pub Vec<Entity>);

impl Field for EntityPath {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let entries: [Entity; PATH_LEN] = Field::read(reader, field)?;
        let used = entries.into_iter().take_while(|entry| entry.kind != ROOT);
        Ok(Self(used.collect()))
    }
    fn write(&self, writer: &mut Writer) {
        let (kind, location) = (ROOT, 0);
        for at in 0..PATH_LEN {
            let entry = self.0.get(at);
            entry.unwrap_or(&Entity { kind, location }).write(writer);
        }
    }
}
