//! Inventories that the domain itself keeps: areas and fields of any type, in any language.
//!
//! Choice: areas, and fields within an area, are in the order of their ids; a new one without an id
//! of its own gets the one behind the last.
//!
//! Source: SAI-HPI-B.03.02, `saHpiIdrAreaAdd` and the functions after it.

use crate::{InventoryCall, Resource, Told};
use alloc::vec::Vec;
use hpi_model::{AreaType, Capabilities, FieldType, HpiError, IdrArea, IdrField, TextBuffer};

/// Most areas.
const AREAS_MAX: usize = 32;
/// Most fields of an area.
const FIELDS_MAX: usize = 64;
/// Most bytes of all values.
const BYTES_MAX: usize = 8_192;
/// `SAHPI_LAST_ENTRY`, which is no id.
const LAST: u32 = u32::MAX;

impl Resource {
    /// One of the functions that change an inventory, on a resource without a controller.
    pub(crate) fn change_inventory(&mut self, call: &InventoryCall) -> Result<Told, HpiError> {
        if !self.rpt.capabilities.has(Capabilities::INVENTORY_DATA) || self.fru.is_some() {
            return Err(HpiError::Capability);
        }
        let told = match call {
            InventoryCall::AreaAdd(kind, id) => self.add_area(*kind, *id),
            InventoryCall::AreaDelete(id) => self.delete_area(*id),
            InventoryCall::FieldAdd {
                area,
                id,
                kind,
                value,
            } => self.add_field(*area, *id, (*kind, value)),
            InventoryCall::FieldSet {
                area,
                id,
                kind,
                value,
            } => self.set_field(*area, *id, (*kind, value)),
            InventoryCall::FieldDelete { area, id } => self.delete_field(*area, *id),
        }?;
        let count = &mut self.inventory.update_count;
        *count = count.wrapping_add(1);
        Ok(told)
    }

    fn add_area(&mut self, kind: AreaType, id: Option<u32>) -> Result<Told, HpiError> {
        let areas = &mut self.inventory.areas;
        if self.inventory.read_only {
            return Err(HpiError::ReadOnly);
        }
        let ids: Vec<u32> = areas.iter().map(|area| area.id).collect();
        let id = fresh(&ids, id, AREAS_MAX)?;
        let area = IdrArea {
            id,
            kind,
            read_only: false,
            fields: Vec::new(),
        };
        areas.insert(areas.partition_point(|other| other.id < id), area);
        Ok(Told::Entry(id))
    }

    fn delete_area(&mut self, id: u32) -> Result<Told, HpiError> {
        let area = self.inventory.area(id)?;
        area.may_delete(self.inventory.read_only)?;
        let id = area.id;
        self.inventory.areas.retain(|area| area.id != id);
        Ok(Told::Done)
    }

    fn add_field(
        &mut self,
        area: u32,
        id: Option<u32>,
        (kind, value): (FieldType, &TextBuffer),
    ) -> Result<Told, HpiError> {
        let used = self.used();
        let fields = &mut self.area_mut(area)?;
        if fields.read_only {
            return Err(HpiError::ReadOnly);
        }
        let fields = &mut fields.fields;
        let ids: Vec<u32> = fields.iter().map(|field| field.id).collect();
        let id = fresh(&ids, id, FIELDS_MAX)?;
        if used + value.data.len() > BYTES_MAX {
            return Err(HpiError::OutOfSpace);
        }
        let field = IdrField {
            id,
            kind,
            read_only: false,
            value: value.clone(),
        };
        fields.insert(fields.partition_point(|other| other.id < id), field);
        Ok(Told::Entry(id))
    }

    fn set_field(
        &mut self,
        area: u32,
        id: u32,
        (kind, value): (FieldType, &TextBuffer),
    ) -> Result<Told, HpiError> {
        let used = self.used();
        let area = self.area_mut(area)?;
        let id = area.writable_field(id)?;
        let mut fields = area.fields.iter_mut();
        let field = fields.find(|field| field.id == id);
        let field = field.ok_or(HpiError::NotPresent)?;
        if used - field.value.data.len() + value.data.len() > BYTES_MAX {
            return Err(HpiError::OutOfSpace);
        }
        field.kind = kind;
        field.value = value.clone();
        Ok(Told::Done)
    }

    fn delete_field(&mut self, area: u32, id: u32) -> Result<Told, HpiError> {
        let area = self.area_mut(area)?;
        let id = area.writable_field(id)?;
        area.fields.retain(|field| field.id != id);
        Ok(Told::Done)
    }

    fn area_mut(&mut self, id: u32) -> Result<&mut IdrArea, HpiError> {
        let id = self.inventory.area(id)?.id;
        let mut areas = self.inventory.areas.iter_mut();
        areas.find(|area| area.id == id).ok_or(HpiError::NotPresent)
    }

    /// Bytes of all values.
    fn used(&self) -> usize {
        let areas = self.inventory.areas.iter();
        let fields = areas.flat_map(|area| &area.fields);
        fields.map(|field| field.value.data.len()).sum()
    }
}

/// The id of something new beside those that are there, in rising order.
fn fresh(ids: &[u32], wanted: Option<u32>, count_max: usize) -> Result<u32, HpiError> {
    if wanted.is_some_and(|id| ids.contains(&id)) {
        return Err(HpiError::Duplicate);
    }
    if ids.len() >= count_max {
        return Err(HpiError::OutOfSpace);
    }
    let behind = ids.last().map_or(1, |last| last.saturating_add(1));
    let id = wanted.unwrap_or(behind);
    if id == LAST {
        // Behind the last one is no id left: the first gap is one, as there are few of them.
        return (1..LAST)
            .find(|id| !ids.contains(id))
            .ok_or(HpiError::OutOfSpace);
    }
    Ok(id)
}
