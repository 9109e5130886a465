//! What a change of an inventory means for the bytes of the device.

use super::area::{Info, Place, id_of};
use super::{Inventory, InventoryCall, read};
use alloc::vec::Vec;
use hpi_model::{AreaType, FieldType, HpiError, IdrArea};
use ipmi::fru::{self, BuildError, Edit, EditError, Write};

/// `SAHPI_FIRST_ENTRY`.
const FIRST: u32 = 0;

/// What is to be written, and what came of it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The writes, in this order.
    pub writes: Vec<Write>,
    /// The id of the area or of the field.
    pub id: u32,
}

/// Applies a change to an inventory device of `size` bytes. `image` are its bytes up to the end of
/// what is used.
///
/// Choice: each info area is there once, with the id of its type, and each field that the FRU
/// standard names once, at its own id and with its own type; other types, ids and double ones are
/// refused as `INVALID_DATA`, the restrictions of this implementation. So is a value without bytes:
/// such a field is deleted.
pub fn edit(image: &[u8], size: usize, call: &InventoryCall) -> Result<Edited, HpiError> {
    let (shown, _) = read(image);
    let found = fru::decode(image).map_err(|_| HpiError::ReadOnly)?;
    let info = |kind| match kind {
        AreaType::ChassisInfo => Some(Info::Chassis(found.chassis.as_ref()?.content.clone())),
        AreaType::BoardInfo => Some(Info::Board(found.board.as_ref()?.content.clone())),
        AreaType::ProductInfo => Some(Info::Product(found.product.as_ref()?.content.clone())),
        AreaType::InternalUse | AreaType::Oem | AreaType::Unspecified => None,
    };
    let done = |edit: Edit<'_>, id| {
        let writes = edit.writes(image, size).map_err(refused)?;
        Ok(Edited { writes, id })
    };
    match call {
        InventoryCall::AreaAdd(kind, id) => {
            let id = shown.may_add(*kind, *id)?;
            let new = Info::new(*kind).ok_or(HpiError::InvalidData)?;
            done(new.edit(), id)
        }
        InventoryCall::AreaDelete(id) => {
            let area = shown.area(*id)?;
            area.may_delete(shown.read_only)?;
            done(without(area.kind)?, area.id)
        }
        InventoryCall::FieldAdd {
            area,
            id,
            kind,
            value,
        } => {
            let area = shown.writable(*area)?;
            let mut info = info(area.kind).ok_or(HpiError::ReadOnly)?;
            let id = free(&info, *kind, *id)?;
            let (place, _) = info.place(id).ok_or(HpiError::InvalidData)?;
            info.set(&place, value)?;
            done(info.edit(), id)
        }
        InventoryCall::FieldSet {
            area,
            id,
            kind,
            value,
        } => {
            let area = shown.area(*area)?;
            let id = area.writable_field(*id)?;
            let mut info = info(area.kind).ok_or(HpiError::ReadOnly)?;
            let (place, meant) = info.place(id).ok_or(HpiError::NotPresent)?;
            if meant != *kind {
                return Err(HpiError::InvalidData);
            }
            info.set(&place, value)?;
            done(info.edit(), id)
        }
        InventoryCall::FieldDelete { area, id } => {
            let area = shown.area(*area)?;
            let id = area.writable_field(*id)?;
            let mut info = info(area.kind).ok_or(HpiError::ReadOnly)?;
            let (place, _) = info.place(id).ok_or(HpiError::NotPresent)?;
            info.clear(&place);
            done(info.edit(), id)
        }
    }
}

/// The id that a new field gets.
fn free(info: &Info, kind: FieldType, id: Option<u32>) -> Result<u32, HpiError> {
    let Some(id) = id else {
        return info.free(kind).ok_or(HpiError::InvalidData);
    };
    let place: Option<(Place, FieldType)> = info.place(id);
    let (place, meant) = place.ok_or(HpiError::InvalidData)?;
    if !info.is_empty(&place) {
        return Err(HpiError::Duplicate);
    }
    (meant == kind).then_some(id).ok_or(HpiError::InvalidData)
}

fn without(kind: AreaType) -> Result<Edit<'static>, HpiError> {
    match kind {
        AreaType::ChassisInfo => Ok(Edit::Chassis(None)),
        AreaType::BoardInfo => Ok(Edit::Board(None)),
        AreaType::ProductInfo => Ok(Edit::Product(None)),
        AreaType::InternalUse | AreaType::Oem | AreaType::Unspecified => Err(HpiError::ReadOnly),
    }
}

fn refused(why: EditError) -> HpiError {
    match why {
        EditError::NoInventory => HpiError::ReadOnly,
        EditError::NoRoom | EditError::Content(BuildError::AreaTooLong) => HpiError::OutOfSpace,
        EditError::Content(
            BuildError::FieldTooLong
            | BuildError::DateTooLate
            | BuildError::RecordTooLong(_)
            | BuildError::TooManyRecords
            | BuildError::TooFarBehind
            | BuildError::TooLarge(_),
        ) => HpiError::InvalidData,
    }
}

impl Inventory {
    /// The area with this id, or the first one.
    pub fn area(&self, id: u32) -> Result<&IdrArea, HpiError> {
        let mut areas = self.areas.iter();
        let found = areas.find(|area| id == FIRST || area.id == id);
        found.ok_or(HpiError::NotPresent)
    }

    /// Whether a change may be tried: an inventory that is sealed refuses it at once, others when
    /// they are changed.
    pub fn permits(&self, call: &InventoryCall) -> Result<(), HpiError> {
        if !self.read_only {
            return Ok(());
        }
        match call {
            InventoryCall::AreaAdd(..) => {}
            InventoryCall::AreaDelete(area) | InventoryCall::FieldAdd { area, .. } => {
                self.area(*area)?;
            }
            InventoryCall::FieldSet { area, id, .. } | InventoryCall::FieldDelete { area, id } => {
                self.area(*area)?.field(*id)?;
            }
        }
        Err(HpiError::ReadOnly)
    }

    /// An area to which fields can be added.
    fn writable(&self, id: u32) -> Result<&IdrArea, HpiError> {
        let area = self.area(id)?;
        match area.read_only {
            true => Err(HpiError::ReadOnly),
            false => Ok(area),
        }
    }

    /// The id of a new area.
    fn may_add(&self, kind: AreaType, id: Option<u32>) -> Result<u32, HpiError> {
        if self.read_only {
            return Err(HpiError::ReadOnly);
        }
        let own = id_of(kind).ok_or(HpiError::InvalidData)?;
        let is_there = |id: u32| self.areas.iter().any(|area| area.id == id);
        match id {
            Some(id) if is_there(id) => Err(HpiError::Duplicate),
            Some(id) if id != own => Err(HpiError::InvalidData),
            _ if is_there(own) => Err(HpiError::InvalidData),
            _ => Ok(own),
        }
    }
}
