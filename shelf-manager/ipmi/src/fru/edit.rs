//! Changing one area of an inventory that is in a device already: what must be written, and in
//! which order.
//!
//! Choice: all other parts keep their bytes, and where there is room also their place. The new area
//! goes to bytes that no part uses, and the common header is written last: power that fails in
//! between leaves the old inventory. Only where the device is too full for that, the area
//! overwrites its old place, or everything moves up: power that fails then leaves an area whose
//! checksum does not hold, which readers notice.
//!
//! Source: Platform Management FRU Information Storage Definition v1.0 §8.

use super::area::{self, AreaContent};
use super::build::check_content;
use super::extent::{area_end, records_end};
use super::{Board, BuildError, Chassis, FORMAT_VERSION, HEADER_LEN, Product, UNIT};
use crate::wire::checksum;
use alloc::vec::Vec;
use core::ops::Range;

/// One area as it shall be; `None` takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit<'a> {
    /// The chassis info area.
    Chassis(Option<&'a Chassis>),
    /// The board info area.
    Board(Option<&'a Board>),
    /// The product info area.
    Product(Option<&'a Product>),
}

/// Bytes to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Where, in bytes.
    pub offset: usize,
    /// What.
    pub bytes: Vec<u8>,
}

/// Why nothing can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditError {
    /// The common header is not one, or its checksum does not hold.
    NoInventory,
    /// The area cannot be written down.
    Content(BuildError),
    /// The device has not enough room.
    NoRoom,
}

/// Offsets in the common header of the parts that can move.
const CHASSIS: usize = 2;
const BOARD: usize = 3;
const PRODUCT: usize = 4;
const RECORDS: usize = 5;
/// The internal use area, which never moves: its owner may know it by its place.
const INTERNAL: usize = 1;

impl Edit<'_> {
    /// What must be written, in this order. `image` is the device up to the end of what is used,
    /// `size` how many bytes it has.
    pub fn writes(self, image: &[u8], size: usize) -> Result<Vec<Write>, EditError> {
        let header = image.first_chunk::<HEADER_LEN>();
        let header = header.filter(|it| it[0] & 0x0f == FORMAT_VERSION && checksum(*it) == 0);
        let header = *header.ok_or(EditError::NoInventory)?;
        let (part, new) = match self {
            Self::Chassis(content) => (CHASSIS, content.map(encoded).transpose()),
            Self::Board(Some(board)) if board.manufactured_minutes >> 24 != 0 => {
                return Err(EditError::Content(BuildError::DateTooLate));
            }
            Self::Board(content) => (BOARD, content.map(encoded).transpose()),
            Self::Product(content) => (PRODUCT, content.map(encoded).transpose()),
        };
        let layout = Layout {
            image,
            size,
            header,
            part,
        };
        match new.map_err(EditError::Content)? {
            None => Ok([layout.header_with(&[(part, 0)])].to_vec()),
            Some(new) => layout.place(new).ok_or(EditError::NoRoom),
        }
    }
}

fn encoded<T: AreaContent>(content: &T) -> Result<Vec<u8>, BuildError> {
    check_content(content)?;
    Ok(area::encode(content))
}

/// A device, and the part of it that changes.
struct Layout<'a> {
    image: &'a [u8],
    size: usize,
    header: [u8; HEADER_LEN],
    part: usize,
}

impl Layout<'_> {
    fn place(&self, new: Vec<u8>) -> Option<Vec<Write>> {
        let mut taken: Vec<_> = self.others().map(|(_, place)| place).collect();
        taken.push(0..HEADER_LEN);
        taken.extend(self.internal());
        let old = self.extent(self.part);
        let mut with_old = taken.clone();
        with_old.extend(old.clone());
        let offset = self.room(&with_old, new.len());
        let offset = offset.or_else(|| self.room(&taken, new.len()));
        let Some(offset) = offset else {
            return self.moved_up(new);
        };
        let area = Write { offset, bytes: new };
        if old.is_some_and(|old| old.start == offset) {
            return Some([area].to_vec());
        }
        let header = self.header_with(&[(self.part, offset / UNIT)]);
        Some([area, header].to_vec())
    }

    /// All parts that can move, one behind the other.
    fn moved_up(&self, new: Vec<u8>) -> Option<Vec<Write>> {
        let mut parts: Vec<(usize, Vec<u8>)> = Vec::new();
        for (part, place) in self.others() {
            parts.push((part, self.image.get(place)?.to_vec()));
        }
        parts.push((self.part, new));
        parts.sort_by_key(|(part, _)| *part);
        let mut taken: Vec<_> = self.internal().into_iter().collect();
        taken.push(0..HEADER_LEN);
        let (mut writes, mut offsets) = (Vec::new(), Vec::new());
        for (part, bytes) in parts {
            let offset = self.room(&taken, bytes.len())?;
            taken.push(offset..offset + bytes.len());
            offsets.push((part, offset / UNIT));
            writes.push(Write { offset, bytes });
        }
        writes.push(self.header_with(&offsets));
        Some(writes)
    }

    /// Where so many bytes are free that the header can name the place.
    fn room(&self, taken: &[Range<usize>], len: usize) -> Option<usize> {
        let mut starts = (1..=usize::from(u8::MAX)).map(|unit| unit * UNIT);
        starts.find(|start| {
            let end = start + len;
            let is_free = |other: &Range<usize>| other.end <= *start || end <= other.start;
            end <= self.size && taken.iter().all(is_free)
        })
    }

    fn header_with(&self, offsets: &[(usize, usize)]) -> Write {
        let mut header = self.header;
        for (part, unit) in offsets {
            header[*part] = u8::try_from(*unit).unwrap_or(0);
        }
        header[HEADER_LEN - 1] = 0;
        header[HEADER_LEN - 1] = checksum(&header);
        Write {
            offset: 0,
            bytes: header.to_vec(),
        }
    }

    /// The parts that stay as they are but can move, in the order of the header.
    fn others(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let parts = [CHASSIS, BOARD, PRODUCT, RECORDS].into_iter();
        let others = parts.filter(|part| *part != self.part);
        others.filter_map(|part| Some((part, self.extent(part)?)))
    }

    fn extent(&self, part: usize) -> Option<Range<usize>> {
        let unit = self.header[part];
        let start = usize::from(unit) * UNIT;
        (unit != 0).then(|| match part {
            RECORDS => start..records_end(self.image, start),
            _ => start..area_end(self.image, unit),
        })
    }

    /// The internal use area goes up to the next one, or to the end of the device.
    fn internal(&self) -> Option<Range<usize>> {
        let unit = self.header[INTERNAL];
        let starts = self.header[CHASSIS..=RECORDS].iter();
        let next = starts.filter(|start| **start > unit).min();
        let end = next.map_or(self.size, |next| usize::from(*next) * UNIT);
        (unit != 0).then(|| usize::from(unit) * UNIT..end)
    }
}

#[cfg(test)]
mod tests;
