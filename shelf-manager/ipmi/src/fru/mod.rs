//! FRU inventories: what a board, chassis or product says about itself.
//!
//! Source: Platform Management FRU Information Storage Definition v1.0.

mod area;
mod build;
mod edit;
mod extent;
mod multirecord;
pub mod picmg;
pub mod standard;

#[cfg(test)]
mod tests;

pub use area::{Board, Chassis, LANGUAGE_ENGLISH, Product};
pub use build::BuildError;
pub use edit::{Edit, EditError, Write};
pub use extent::extent;
pub use multirecord::MultiRecord;

use crate::wire::checksum;
use alloc::vec::Vec;
use area::AreaContent;
use serde::{Deserialize, Serialize};

/// Bytes of the common header.
pub const HEADER_LEN: usize = 8;

/// Offsets and lengths count units of so many bytes.
const UNIT: usize = 8;

/// Format version in the low nibble of the header and of each area.
const FORMAT_VERSION: u8 = 0x01;

/// Whether the bytes of a part can be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Integrity {
    /// The checksum holds.
    #[default]
    Ok,
    /// It does not; what was read may be wrong.
    BadChecksum,
    /// The bytes end before the part does; the fields behind are empty.
    Truncated,
}

/// A part with its integrity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area<T> {
    /// Whether it can be believed.
    pub integrity: Integrity,
    /// What it says.
    pub content: T,
}

impl<T> Area<T> {
    /// A part that can be believed.
    #[must_use]
    pub fn ok(content: T) -> Self {
        Self {
            integrity: Integrity::Ok,
            content,
        }
    }
}

/// A whole inventory; an absent area is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Of the common header.
    pub header: Integrity,
    /// Internal use area, up to the next area; it has no checksum. One without bytes is not
    /// written: whatever follows would be taken for its content.
    pub internal: Option<Vec<u8>>,
    /// Chassis info area.
    pub chassis: Option<Area<Chassis>>,
    /// Board info area.
    pub board: Option<Area<Board>>,
    /// Product info area.
    pub product: Option<Area<Product>>,
    /// Multirecord area, in order.
    pub records: Vec<MultiRecord>,
}

/// Why bytes are no inventory at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderError {
    /// Shorter than the common header.
    Truncated,
    /// The header has another format version.
    Version(u8),
}

/// Reads an inventory; damage in one part leaves the others readable.
pub fn decode(bytes: &[u8]) -> Result<Inventory, HeaderError> {
    let header: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(HeaderError::Truncated)?;
    let [version, internal, chassis, board, product, records, ..] = *header;
    if version & 0x0f != FORMAT_VERSION {
        return Err(HeaderError::Version(version));
    }
    let sum_holds = checksum(header) == 0;
    let starts = [chassis, board, product, records];
    Ok(Inventory {
        header: if sum_holds {
            Integrity::Ok
        } else {
            Integrity::BadChecksum
        },
        internal: at(bytes, internal).map(|rest| internal_area(rest, internal, starts)),
        chassis: at(bytes, chassis).map(area::decode),
        board: at(bytes, board).map(area::decode),
        product: at(bytes, product).map(area::decode),
        records: at(bytes, records)
            .map(multirecord::decode)
            .unwrap_or_default(),
    })
}

impl Inventory {
    /// Writes the inventory, every checksum right whatever [`Integrity`] says; areas too long for
    /// their length byte are cut.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = alloc::vec![0; HEADER_LEN];
        let internal = self.internal.as_ref().filter(|bytes| !bytes.is_empty());
        let internal = internal.map_or(0, |bytes| append(&mut out, bytes));
        let chassis = self
            .chassis
            .as_ref()
            .map_or(0, |area| append_area(&mut out, area));
        let board = self
            .board
            .as_ref()
            .map_or(0, |area| append_area(&mut out, area));
        let product = self
            .product
            .as_ref()
            .map_or(0, |area| append_area(&mut out, area));
        let records = multirecord::encode(&self.records);
        let records = if records.is_empty() {
            0
        } else {
            append(&mut out, &records)
        };
        let header = [
            FORMAT_VERSION,
            internal,
            chassis,
            board,
            product,
            records,
            0,
        ];
        out[..HEADER_LEN - 1].copy_from_slice(&header);
        out[HEADER_LEN - 1] = checksum(&header);
        out
    }
}

/// The bytes from an offset of the header on; `None` when the area is absent. An offset behind the
/// end is a truncated area of no bytes.
fn at(bytes: &[u8], offset: u8) -> Option<&[u8]> {
    let start = usize::from(offset) * UNIT;
    (offset != 0).then(|| bytes.get(start..).unwrap_or_default())
}

/// The internal use area has no length of its own: it ends where the next area starts.
fn internal_area(rest: &[u8], offset: u8, starts: [u8; 4]) -> Vec<u8> {
    let next = starts.into_iter().filter(|start| *start > offset).min();
    let length = next.map_or(rest.len(), |next| usize::from(next - offset) * UNIT);
    rest.get(..length).unwrap_or(rest).to_vec()
}

fn append_area<T: AreaContent>(out: &mut Vec<u8>, area: &Area<T>) -> u8 {
    append(out, &area::encode(&area.content))
}

/// Appends a part at the next whole unit and returns its offset; 0 when it is too far behind to be
/// named.
fn append(out: &mut Vec<u8>, bytes: &[u8]) -> u8 {
    out.resize(out.len().next_multiple_of(UNIT), 0);
    let Ok(offset) = u8::try_from(out.len() / UNIT) else {
        return 0;
    };
    out.extend_from_slice(bytes);
    offset
}
