//! Inventory data repositories: their areas and fields, and the arguments of calls that change
//! them.

use super::resource::{FIRST, LAST, find};
use super::{View, check, wire};
use hpi_domain::{Inventory, InventoryCall, Resource};
use hpi_model::{AreaType, Capabilities, FieldType, HpiError, IdrArea};
use openhpi_wire::function::Next;
use openhpi_wire::types::{IdrAreaHeader, IdrField, IdrInfo};

fn of(view: View<'_>, idr: (u32, u32)) -> Result<&Inventory, HpiError> {
    Ok(&owner(view, idr)?.inventory)
}

/// The resource that has an inventory with this number. Choice: each has one at most, 0.
pub(super) fn owner(view: View<'_>, (resource, idr): (u32, u32)) -> Result<&Resource, HpiError> {
    let resource = find(view, resource)?;
    if !resource.rpt.capabilities.has(Capabilities::INVENTORY_DATA) {
        return Err(HpiError::Capability);
    }
    match idr {
        0 => Ok(resource),
        _ => Err(HpiError::NotPresent),
    }
}

pub(super) fn info(view: View<'_>, (resource, idr): (u32, u32)) -> Result<IdrInfo, HpiError> {
    let inventory = of(view, (resource, idr))?;
    Ok(IdrInfo {
        idr,
        update_count: inventory.update_count,
        read_only: inventory.read_only,
        num_areas: u32::try_from(inventory.areas.len()).unwrap_or(u32::MAX),
    })
}

pub(super) fn area_header(
    view: View<'_>,
    idr: (u32, u32),
    (area_type, area): (u32, u32),
) -> Result<Next<IdrAreaHeader>, HpiError> {
    let kind = AreaType::from_number(area_type).ok_or(HpiError::InvalidParams)?;
    let inventory = of(view, idr)?;
    let is_meant = |found: &&IdrArea| kind == AreaType::Unspecified || found.kind == kind;
    let mut areas = inventory.areas.iter().filter(is_meant);
    let found = match area {
        FIRST => areas.next(),
        LAST => return Err(HpiError::InvalidParams),
        id => areas.find(|found| found.id == id),
    };
    let found = found.ok_or(HpiError::NotPresent)?;
    Ok(Next {
        next: areas.next().map_or(LAST, |next| next.id),
        entry: IdrAreaHeader {
            area: found.id,
            kind: found.kind.number(),
            read_only: found.read_only,
            num_fields: u32::try_from(found.fields.len()).unwrap_or(u32::MAX),
        },
    })
}

pub(super) fn field(
    view: View<'_>,
    idr: (u32, u32),
    (area, field_type, field): (u32, u32, u32),
) -> Result<Next<IdrField>, HpiError> {
    let kind = FieldType::from_number(field_type).ok_or(HpiError::InvalidParams)?;
    if area == LAST || field == LAST {
        return Err(HpiError::InvalidParams);
    }
    let area = of(view, idr)?.area(area)?;
    let is_meant =
        |found: &&hpi_model::IdrField| kind == FieldType::Unspecified || found.kind == kind;
    let mut fields = area.fields.iter().filter(is_meant);
    let found = match field {
        FIRST => fields.next(),
        id => fields.find(|found| found.id == id),
    };
    let found = found.ok_or(HpiError::NotPresent)?;
    Ok(Next {
        next: fields.next().map_or(LAST, |next| next.id),
        entry: IdrField {
            area: area.id,
            field: found.id,
            kind: found.kind.number(),
            read_only: found.read_only,
            value: wire::text(&found.value),
        },
    })
}

/// `saHpiIdrAreaAdd`, and with an id `saHpiIdrAreaAddById`.
pub(super) fn area_add(area_type: u32, id: Option<u32>) -> Result<InventoryCall, HpiError> {
    let kind = AreaType::from_number(area_type).ok_or(HpiError::InvalidParams)?;
    if id == Some(LAST) {
        return Err(HpiError::InvalidParams);
    }
    Ok(InventoryCall::AreaAdd(kind, id))
}

pub(super) fn area_delete(area: u32) -> Result<InventoryCall, HpiError> {
    match area {
        LAST => Err(HpiError::InvalidParams),
        area => Ok(InventoryCall::AreaDelete(area)),
    }
}

/// `saHpiIdrFieldAdd`, or `saHpiIdrFieldAddById` with the id that the field has.
pub(super) fn field_add(field: &IdrField, by_id: bool) -> Result<InventoryCall, HpiError> {
    if by_id && [field.area, field.field].contains(&LAST) {
        return Err(HpiError::InvalidParams);
    }
    Ok(InventoryCall::FieldAdd {
        area: field.area,
        id: by_id.then_some(field.field),
        kind: field_type(field.kind)?,
        value: check::text(&field.value)?,
    })
}

pub(super) fn field_set(field: &IdrField) -> Result<InventoryCall, HpiError> {
    Ok(InventoryCall::FieldSet {
        area: field.area,
        id: field.field,
        kind: field_type(field.kind)?,
        value: check::text(&field.value)?,
    })
}

pub(super) fn field_delete(area: u32, field: u32) -> Result<InventoryCall, HpiError> {
    match [area, field].contains(&LAST) {
        true => Err(HpiError::InvalidParams),
        false => Ok(InventoryCall::FieldDelete { area, id: field }),
    }
}

/// A type that a field can have.
fn field_type(number: u32) -> Result<FieldType, HpiError> {
    let kind = FieldType::from_number(number);
    let real = kind.filter(|kind| *kind != FieldType::Unspecified);
    real.ok_or(HpiError::InvalidParams)
}
