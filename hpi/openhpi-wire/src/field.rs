//! Fields, packed one behind the other in the byte order of whoever sends.

use alloc::vec::Vec;

/// Byte order of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// Why bytes are no such message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// They end within this field.
    Truncated(&'static str),
    /// The field selects a member that its union does not have.
    Selector(&'static str, u32),
    /// The field says that more bytes are used than there are.
    Length(&'static str, u32),
    /// This many bytes are left over.
    Trailing(usize),
}

/// Reads fields in order.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    order: ByteOrder,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes` of a sender with this byte order.
    #[must_use]
    pub fn new(order: ByteOrder, bytes: &'a [u8]) -> Self {
        Self { order, rest: bytes }
    }

    /// The next `N` bytes as they are.
    pub fn bytes<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(Malformed::Truncated(field))?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// Says that nothing is left.
    pub fn end(self) -> Result<(), Malformed> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(Malformed::Trailing(left)),
        }
    }
}

/// Appends fields in order.
#[derive(Clone, Debug)]
pub struct Writer {
    order: ByteOrder,
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty payload in this byte order.
    #[must_use]
    pub fn new(order: ByteOrder) -> Self {
        Self::with_room(order, 0)
    }

    /// The same, with room for so many bytes.
    #[must_use]
    pub fn with_room(order: ByteOrder, room: usize) -> Self {
        let bytes = Vec::with_capacity(room);
        Self { order, bytes }
    }

    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends `count` zeros.
    pub(crate) fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, 0);
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// What has a place in a message.
pub trait Field: Sized {
    /// Reads it; `field` is its name, for whoever is told that it is malformed.
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed>;
    /// Appends it.
    fn write(&self, writer: &mut Writer);
}

macro_rules! numbers {
    ($($number:ident)*) => { $(
        impl Field for $number {
            fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
                let bytes = reader.bytes(field)?;
                Ok(match reader.order {
                    ByteOrder::Little => Self::from_le_bytes(bytes),
                    ByteOrder::Big => Self::from_be_bytes(bytes),
                })
            }
            fn write(&self, writer: &mut Writer) {
                let bytes = match writer.order {
                    ByteOrder::Little => self.to_le_bytes(),
                    ByteOrder::Big => self.to_be_bytes(),
                };
                writer.bytes(&bytes);
            }
        }
    )* };
}

numbers! { u8 u16 u32 i32 u64 i64 }

/// `SaHpiBoolT`: 0 is false, everything else is true.
impl Field for bool {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        Ok(u8::read(reader, field)? != 0)
    }
    fn write(&self, writer: &mut Writer) {
        u8::from(*self).write(writer);
    }
}

impl<T: Field, const N: usize> Field for [T; N] {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let items: Result<Vec<T>, Malformed> = (0..N).map(|_| T::read(reader, field)).collect();
        items?.try_into().map_err(|_| Malformed::Truncated(field))
    }
    fn write(&self, writer: &mut Writer) {
        for item in self {
            item.write(writer);
        }
    }
}

/// Declares structures: the fields in the order in which they travel.
macro_rules! structures {
    ($(
        $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty,)* }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

        impl $crate::Field for $name {
            #[allow(unused_variables, reason = "a structure may be empty")]
            fn read(
                reader: &mut $crate::Reader<'_>,
                _field: &'static str,
            ) -> Result<Self, $crate::Malformed> {
                Ok(Self { $($field: $crate::Field::read(reader, stringify!($field))?,)* })
            }
            #[allow(unused_variables, reason = "a structure may be empty")]
            fn write(&self, writer: &mut $crate::Writer) {
                $($crate::Field::write(&self.$field, writer);)*
            }
        }
    )* };
}

/// Declares unions: each member with the number that selects it. As a field, the selector stands
/// right before the member; where it stands elsewhere, the two halves are used alone.
macro_rules! unions {
    ($(
        $(#[$meta:meta])* $name:ident {
            $($(#[$member_meta:meta])* $number:literal $member:ident($ty:ty),)*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "as large as the union that it stands for")]
        pub enum $name { $($(#[$member_meta])* $member($ty),)* }

        impl $name {
            /// The number that selects the member.
            #[must_use]
            pub fn selector(&self) -> u32 {
                match self { $(Self::$member(_) => $number,)* }
            }

            pub(crate) fn read_member(
                selector: u32,
                reader: &mut $crate::Reader<'_>,
                field: &'static str,
            ) -> Result<Self, $crate::Malformed> {
                match selector {
                    $($number => Ok(Self::$member($crate::Field::read(reader, field)?)),)*
                    other => Err($crate::Malformed::Selector(field, other)),
                }
            }

            pub(crate) fn write_member(&self, writer: &mut $crate::Writer) {
                match self { $(Self::$member(it) => $crate::Field::write(it, writer),)* }
            }
        }

        impl $crate::Field for $name {
            fn read(
                reader: &mut $crate::Reader<'_>,
                field: &'static str,
            ) -> Result<Self, $crate::Malformed> {
                let selector = u32::read(reader, field)?;
                Self::read_member(selector, reader, field)
            }
            fn write(&self, writer: &mut $crate::Writer) {
                $crate::Field::write(&self.selector(), writer);
                self.write_member(writer);
            }
        }
    )* };
}

pub(crate) use {structures, unions};
