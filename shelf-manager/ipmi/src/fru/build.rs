//! Whole inventory images, refused rather than cut when they do not fit.

use super::area::{self, AreaContent};
use super::multirecord::RECORDS_MAX;
use super::{Area, HEADER_LEN, Inventory, UNIT};
use crate::text::{FRU_TEXT_LEN_MAX, Text};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Why there is no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BuildError {
    /// A field is longer than its length can say, 63 bytes.
    FieldTooLong,
    /// The manufacturing date does not fit 24 bits.
    DateTooLate,
    /// An area is longer than its length can say, 2040 bytes.
    AreaTooLong,
    /// The data of the record with this index are longer than 255 bytes.
    RecordTooLong(usize),
    /// There are more records than anybody reads.
    TooManyRecords,
    /// An area begins behind the last offset that the common header can name, 2040.
    TooFarBehind,
    /// The image needs so many bytes, more than there are.
    TooLarge(usize),
}

/// Longest area: its length counts units in one byte.
const AREA_LEN_MAX: usize = u8::MAX as usize * UNIT;

impl Inventory {
    /// Writes the inventory as [`Inventory::encode`] does, for a device of `size_max` bytes;
    /// an error when anything would be cut.
    pub fn build(&self, size_max: usize) -> Result<Vec<u8>, BuildError> {
        check_area(self.chassis.as_ref())?;
        check_area(self.board.as_ref())?;
        check_area(self.product.as_ref())?;
        let date = self
            .board
            .as_ref()
            .map_or(0, |board| board.content.manufactured_minutes);
        if date >> 24 != 0 {
            return Err(BuildError::DateTooLate);
        }
        if self.records.len() > RECORDS_MAX {
            return Err(BuildError::TooManyRecords);
        }
        let long = |len: usize| len > usize::from(u8::MAX);
        if let Some(index) = self
            .records
            .iter()
            .position(|record| long(record.data.len()))
        {
            return Err(BuildError::RecordTooLong(index));
        }
        let image = self.encode();
        if self.parts() != named(&image) {
            return Err(BuildError::TooFarBehind);
        }
        if image.len() > size_max {
            return Err(BuildError::TooLarge(image.len()));
        }
        Ok(image)
    }

    fn parts(&self) -> [bool; 5] {
        [
            self.internal
                .as_ref()
                .is_some_and(|bytes| !bytes.is_empty()),
            self.chassis.is_some(),
            self.board.is_some(),
            self.product.is_some(),
            !self.records.is_empty(),
        ]
    }
}

/// Which parts have an offset in the common header.
fn named(image: &[u8]) -> [bool; 5] {
    let header = image.first_chunk::<HEADER_LEN>();
    header.map_or([false; 5], |[_, parts @ .., _, _]| {
        parts.map(|offset| offset != 0)
    })
}

fn check_area<T: AreaContent>(area: Option<&Area<T>>) -> Result<(), BuildError> {
    area.map_or(Ok(()), |area| check_content(&area.content))
}

/// Whether an area can be written down without cutting anything.
pub(super) fn check_content<T: AreaContent>(content: &T) -> Result<(), BuildError> {
    let long = |text: &&Text| text.bytes.len() > FRU_TEXT_LEN_MAX;
    if content.fields().iter().any(long) {
        return Err(BuildError::FieldTooLong);
    }
    if area::content_len(content) > AREA_LEN_MAX {
        return Err(BuildError::AreaTooLong);
    }
    Ok(())
}
