//! Domain and resource presence table.

use super::{DOMAIN, View, check, wire};
use hpi_model::{Capabilities, EntityPath, HpiError, RdrType, ResourceId, Severity};
use openhpi_wire::function::{ChildEntityPath, IdByEntityPath, Next};
use openhpi_wire::types::{self, DomainInfo, Rdr, RptEntry};
use std::collections::BTreeSet;

/// `SAHPI_FIRST_ENTRY`.
pub(super) const FIRST: u32 = 0;
/// `SAHPI_LAST_ENTRY`.
pub(super) const LAST: u32 = u32::MAX;

/// `SaHpiTimeT`.
pub(super) fn time(time: machine::Time) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn domain_info(view: View<'_>) -> DomainInfo {
    let domain = &view.appliance.hpi;
    let info = domain.info();
    let alarms = domain.alarms();
    let count = |severity| count(alarms.count(severity));
    DomainInfo {
        domain: DOMAIN,
        capabilities: 0,
        is_peer: false,
        tag: wire::text(domain.tag()),
        drt_update_count: 0,
        drt_update_timestamp: 0,
        rpt_update_count: info.rpt_update_count,
        rpt_update_timestamp: time(info.rpt_update_time),
        dat_update_count: alarms.update_count(),
        dat_update_timestamp: time(alarms.updated()),
        active_alarms: count(Severity::All),
        critical_alarms: count(Severity::Critical),
        major_alarms: count(Severity::Major),
        minor_alarms: count(Severity::Minor),
        dat_user_alarm_limit: domain.parameters().alarm_user_limit,
        dat_overflow: alarms.overflowed(),
        guid: view.guid,
    }
}

/// A resource, or the code for none.
pub(super) fn find(view: View<'_>, id: u32) -> Result<&hpi_domain::Resource, HpiError> {
    let resource = view.appliance.hpi.resource(ResourceId(id));
    resource.ok_or(HpiError::InvalidResource)
}

pub(super) fn rpt_entry(view: View<'_>, entry: u32) -> Result<Next<RptEntry>, HpiError> {
    let domain = &view.appliance.hpi;
    let found = match entry {
        FIRST => domain.next_resource(None),
        LAST => return Err(HpiError::InvalidParams),
        id => domain.resource(ResourceId(id)),
    };
    let found = found.ok_or(HpiError::NotPresent)?;
    let next = domain.next_resource(Some(found.rpt.resource));
    Ok(Next {
        next: next.map_or(LAST, |next| next.rpt.resource.0),
        entry: wire::rpt_entry(&found.rpt),
    })
}

/// A resource that has a capability.
pub(super) fn able(
    view: View<'_>,
    id: u32,
    capability: Capabilities,
) -> Result<&hpi_domain::Resource, HpiError> {
    let resource = find(view, id)?;
    match resource.rpt.capabilities.has(capability) {
        true => Ok(resource),
        false => Err(HpiError::Capability),
    }
}

/// Records are numbered from 1, as 0 asks for the first.
pub(super) fn rdr(view: View<'_>, resource: u32, entry: u32) -> Result<Next<Rdr>, HpiError> {
    let id = match entry {
        FIRST => 1,
        LAST => return Err(HpiError::InvalidParams),
        id => id,
    };
    let resource = able(view, resource, Capabilities::RDR)?;
    let found = resource.rdr(id).ok_or(HpiError::NotPresent)?;
    let next = resource.rdr(id + 1).map_or(LAST, |_| id + 1);
    let entry = wire::rdr(id, found);
    Ok(Next { next, entry })
}

pub(super) fn rdr_by_instrument(
    view: View<'_>,
    resource: u32,
    (rdr_type, instrument): (u32, u32),
) -> Result<Rdr, HpiError> {
    let kind = check::rdr_type(rdr_type)?;
    let capability = capability_of(kind).ok_or(HpiError::InvalidParams)?;
    let resource = able(view, resource, capability)?;
    let mut records = (1..).zip(&resource.rdrs);
    let found = records
        .find(|(_, rdr)| rdr.instrument.kind() == kind && rdr.instrument.num() == instrument);
    let (id, found) = found.ok_or(HpiError::NotPresent)?;
    Ok(wire::rdr(id, found))
}

/// What a resource can that has such records; `None` for no record at all.
fn capability_of(kind: RdrType) -> Option<Capabilities> {
    match kind {
        RdrType::NoRecord => None,
        RdrType::Control => Some(Capabilities::CONTROL),
        RdrType::Sensor => Some(Capabilities::SENSOR),
        RdrType::Inventory => Some(Capabilities::INVENTORY_DATA),
        RdrType::Watchdog => Some(Capabilities::WATCHDOG),
        RdrType::Annunciator => Some(Capabilities::ANNUNCIATOR),
        RdrType::Dimi => Some(Capabilities::DIMI),
        RdrType::Fumi => Some(Capabilities::FUMI),
    }
}

pub(super) fn hot_swap_state(view: View<'_>, resource: u32) -> Result<u32, HpiError> {
    let resource = find(view, resource)?;
    let hot_swap = resource.hot_swap.ok_or(HpiError::Capability)?;
    Ok(hot_swap.state as u32)
}

/// Searches resources, or their instruments of one type, by entity path.
pub(super) fn by_entity_path(
    view: View<'_>,
    entity: &types::EntityPath,
    (rdr_type, instance): (u32, u32),
) -> Result<IdByEntityPath, HpiError> {
    let kind = check::rdr_type(rdr_type)?;
    if instance == LAST {
        return Err(HpiError::InvalidParams);
    }
    let path = wire::model_path(entity);
    let domain = &view.appliance.hpi;
    let found = domain.resources().flat_map(|resource| {
        let is_at = |rdr: &&hpi_model::Rdr| rdr.entity == path;
        let id = resource.rpt.resource.0;
        let records = resource.rdrs.iter().filter(is_at);
        let found: Vec<(u32, u32)> = if kind == RdrType::NoRecord {
            let is_here = resource.rpt.entity == path || records.count() > 0;
            is_here.then_some((id, 0)).into_iter().collect()
        } else {
            let records = records.filter(|rdr| rdr.instrument.kind() == kind);
            records.map(|rdr| (id, rdr.instrument.num())).collect()
        };
        found
    });
    let mut found = found.skip(usize::try_from(instance).unwrap_or(usize::MAX));
    let (resource, instrument) = found.next().ok_or(HpiError::NotPresent)?;
    Ok(IdByEntityPath {
        next_instance: found.next().map_or(LAST, |_| instance + 1),
        resource,
        instrument,
        rpt_update_count: domain.info().rpt_update_count,
    })
}

/// Walks the domain's entity tree: all entities of resources and records, and what contains them.
pub(super) fn child_entity_path(
    view: View<'_>,
    parent: &types::EntityPath,
    instance: u32,
) -> Result<ChildEntityPath, HpiError> {
    if instance == LAST {
        return Err(HpiError::InvalidParams);
    }
    let parent = wire::model_path(parent);
    let domain = &view.appliance.hpi;
    let entities = domain.resources().flat_map(|resource| {
        let records = resource.rdrs.iter().map(|rdr| &rdr.entity);
        records.chain([&resource.rpt.entity])
    });
    let (mut children, mut is_there) = (BTreeSet::new(), parent.0.is_empty());
    for entity in entities {
        // The innermost entity comes first, so what contains a path is an end of it.
        let Some(inside) = entity.0.strip_suffix(parent.0.as_slice()) else {
            continue;
        };
        is_there = true;
        if let Some(child) = inside.len().checked_sub(1) {
            children.insert(EntityPath(entity.0[child..].to_vec()));
        }
    }
    if !is_there {
        return Err(HpiError::InvalidData);
    }
    let mut children = children
        .into_iter()
        .skip(usize::try_from(instance).unwrap_or(usize::MAX));
    let child = children.next().ok_or(HpiError::NotPresent)?;
    Ok(ChildEntityPath {
        next_instance: children.next().map_or(LAST, |_| instance + 1),
        child: wire::path(&child),
        rpt_update_count: domain.info().rpt_update_count,
    })
}
