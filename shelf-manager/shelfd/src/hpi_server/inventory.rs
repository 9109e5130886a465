//! Inventory data repositories: what discovery read of a FRU.

use super::resource::{FIRST, LAST, find};
use super::{View, wire};
use hpi_domain::Inventory;
use hpi_model::{AreaType, Capabilities, FieldType, HpiError};
use openhpi_wire::function::Next;
use openhpi_wire::types::{IdrAreaHeader, IdrField, IdrInfo};

fn of(view: View<'_>, (resource, idr): (u32, u32)) -> Result<&Inventory, HpiError> {
    let resource = find(view, resource)?;
    if !resource.rpt.capabilities.has(Capabilities::INVENTORY_DATA) {
        return Err(HpiError::Capability);
    }
    match idr {
        0 => Ok(&resource.inventory),
        _ => Err(HpiError::NotPresent),
    }
}

/// A repository that can be read but not written: refused, once it is found.
pub(super) fn read_only(view: View<'_>, idr: (u32, u32)) -> HpiError {
    of(view, idr).err().unwrap_or(HpiError::ReadOnly)
}

pub(super) fn info(view: View<'_>, (resource, idr): (u32, u32)) -> Result<IdrInfo, HpiError> {
    let inventory = of(view, (resource, idr))?;
    Ok(IdrInfo {
        idr,
        update_count: view.appliance.hpi.info().rpt_update_count,
        read_only: true,
        num_areas: u32::try_from(inventory.areas.len()).unwrap_or(u32::MAX),
    })
}

/// Areas are numbered from 1 in the order in which they were read.
pub(super) fn area_header(
    view: View<'_>,
    idr: (u32, u32),
    (area_type, area): (u32, u32),
) -> Result<Next<IdrAreaHeader>, HpiError> {
    let kind = AreaType::from_number(area_type).ok_or(HpiError::InvalidParams)?;
    let inventory = of(view, idr)?;
    let is_meant = |found: AreaType| kind == AreaType::Unspecified || found == kind;
    let areas = (1..).zip(&inventory.areas);
    let mut areas = areas.filter(|(_, found)| is_meant(found.kind));
    let found = match area {
        FIRST => areas.next(),
        LAST => return Err(HpiError::InvalidParams),
        id => areas.find(|(found, _)| *found == id),
    };
    let (id, found) = found.ok_or(HpiError::NotPresent)?;
    Ok(Next {
        next: areas.next().map_or(LAST, |(next, _)| next),
        entry: IdrAreaHeader {
            area: id,
            kind: found.kind.number(),
            read_only: true,
            num_fields: u32::try_from(found.fields.len()).unwrap_or(u32::MAX),
        },
    })
}

/// Fields are numbered from 1 within their area.
pub(super) fn field(
    view: View<'_>,
    idr: (u32, u32),
    (area, field_type, field): (u32, u32, u32),
) -> Result<Next<IdrField>, HpiError> {
    let kind = FieldType::from_number(field_type).ok_or(HpiError::InvalidParams)?;
    if area == LAST || field == LAST {
        return Err(HpiError::InvalidParams);
    }
    let inventory = of(view, idr)?;
    let mut areas = (1..).zip(&inventory.areas);
    let found = areas.find(|(id, _)| area == FIRST || *id == area);
    let (area, found) = found.ok_or(HpiError::NotPresent)?;
    let is_meant = |found: FieldType| kind == FieldType::Unspecified || found == kind;
    let fields = (1..).zip(&found.fields);
    let mut fields = fields.filter(|(_, found)| is_meant(found.kind));
    let found = match field {
        FIRST => fields.next(),
        id => fields.find(|(found, _)| *found == id),
    };
    let (id, found) = found.ok_or(HpiError::NotPresent)?;
    Ok(Next {
        next: fields.next().map_or(LAST, |(next, _)| next),
        entry: IdrField {
            area,
            field: id,
            kind: found.kind.number(),
            read_only: true,
            value: wire::text(&found.value),
        },
    })
}
