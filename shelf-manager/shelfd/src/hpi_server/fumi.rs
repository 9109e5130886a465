//! Firmware upgrade management instruments in the structures of `SaHpi.h`.

use super::resource::{FIRST, LAST, find};
use super::{View, check, wire};
use hpi_domain::Fumi;
use hpi_domain::fumi::{LOGICAL, Source};
use hpi_model::firmware::{BankState, FirmwareInfo, FirmwareInstance, fumi_capability};
use hpi_model::{Capabilities, EntityPath, HpiError, TextBuffer, TextType, Uri};
use openhpi_wire::function::Next;
use openhpi_wire::types::{
    FumiBankInfo, FumiComponentInfo, FumiFirmwareInstanceInfo, FumiImpactedEntity,
    FumiLogicalBankInfo, FumiLogicalComponentInfo, FumiSafDefinedSpecInfo, FumiServiceImpactData,
    FumiSourceInfo, FumiSpecInfo, Nothing, Text,
};
use std::collections::BTreeSet;

/// `SAHPI_FUMI_SPEC_HPM1`.
const HPM_1: u32 = 0;

pub(super) fn of(view: View<'_>, (resource, num): (u32, u32)) -> Result<&Fumi, HpiError> {
    let resource = find(view, resource)?;
    if !resource.rpt.capabilities.has(Capabilities::FUMI) {
        return Err(HpiError::Capability);
    }
    resource.kept.fumis.get(&num).ok_or(HpiError::NotPresent)
}

pub(super) fn spec(fumi: &Fumi) -> FumiSpecInfo {
    match fumi.hpm {
        Some(revision) => FumiSpecInfo::SafDefined(FumiSafDefinedSpecInfo {
            spec: HPM_1,
            revision: revision.into(),
        }),
        None => FumiSpecInfo::None(Nothing),
    }
}

/// The resource's own entity is affected, with all that is in it.
pub(super) fn service_impact(
    view: View<'_>,
    fumi: (u32, u32),
) -> Result<FumiServiceImpactData, HpiError> {
    let found = of(view, fumi)?;
    let entity = &find(view, fumi.0)?.rpt.entity;
    let mut impacted = Some((wire::path(entity), found.impact.number())).into_iter();
    Ok(FumiServiceImpactData {
        num_entities: 1,
        entities: std::array::from_fn(|_| {
            let nobody = (wire::path(&EntityPath(Vec::new())), 0);
            let (entity, service_impact) = impacted.next().unwrap_or(nobody);
            FumiImpactedEntity {
                entity,
                service_impact,
            }
        }),
    })
}

/// Source: SAI-HPI-B.03.02, `saHpiFumiSourceSet`: a text that is a URI of RFC 3986.
pub(super) fn source_uri(uri: &Text) -> Result<TextBuffer, HpiError> {
    let uri = check::text(uri)?;
    let is_uri = uri.data_type == TextType::Text && Uri::parse(&uri.data).is_some();
    is_uri.then_some(uri).ok_or(HpiError::InvalidParams)
}

pub(super) fn source(view: View<'_>, fumi: (u32, u32), bank: u8) -> Result<&Source, HpiError> {
    let source = of(view, fumi)?.bank(bank)?.source.as_ref();
    source.ok_or(HpiError::InvalidRequest)
}

pub(super) fn source_info(source: &Source) -> FumiSourceInfo {
    let info = source.firmware.as_ref().map(|firmware| &firmware.info);
    let told = instance(info);
    FumiSourceInfo {
        source_uri: wire::text(&source.uri),
        source_status: source.status.number(),
        identifier: told.identifier,
        description: told.description,
        date_time: told.date_time,
        major_version: told.major_version,
        minor_version: told.minor_version,
        aux_version: told.aux_version,
    }
}

/// The logical bank has no state of its own: it runs, or there is nothing.
pub(super) fn bank_info(fumi: &Fumi, number: u8) -> Result<FumiBankInfo, HpiError> {
    let bank = fumi.bank(number)?;
    let firmware = fumi.firmware(number)?;
    let state = match (number, firmware) {
        (LOGICAL, Some(_)) => BankState::Active,
        (LOGICAL, None) => BankState::Unknown,
        _ => bank.state,
    };
    let told = instance(firmware.map(|firmware| &firmware.info));
    Ok(FumiBankInfo {
        bank: number,
        bank_size: bank.size_kib,
        position: fumi.position(number),
        bank_state: state.number(),
        identifier: told.identifier,
        description: told.description,
        date_time: told.date_time,
        major_version: told.major_version,
        minor_version: told.minor_version,
        aux_version: told.aux_version,
    })
}

pub(super) fn logical_info(fumi: &Fumi) -> FumiLogicalBankInfo {
    let info = |of: &Option<FirmwareInstance>| instance(of.as_ref().map(|it| &it.info));
    FumiLogicalBankInfo {
        persistent_location_count: fumi.places,
        bank_state_flags: 0,
        pending: info(&fumi.pending),
        rollback: info(&fumi.rollback),
    }
}

pub(super) fn auto_rollback_disabled(fumi: &Fumi) -> Result<bool, HpiError> {
    fumi.can(fumi_capability::AUTO_ROLLBACK)?;
    Ok(fumi.auto_rollback_disabled)
}

pub(super) fn source_component(
    view: View<'_>,
    fumi: (u32, u32),
    (bank, entry): (u8, u32),
) -> Result<Next<FumiComponentInfo>, HpiError> {
    of(view, fumi)?.can(fumi_capability::COMPONENTS)?;
    let firmware = source(view, fumi, bank)?.firmware.as_ref();
    component(firmware, entry)
}

pub(super) fn target_component(
    view: View<'_>,
    fumi: (u32, u32),
    (bank, entry): (u8, u32),
) -> Result<Next<FumiComponentInfo>, HpiError> {
    let found = of(view, fumi)?;
    found.can(fumi_capability::COMPONENTS)?;
    component(found.firmware(bank)?, entry)
}

fn component(
    firmware: Option<&FirmwareInstance>,
    entry: u32,
) -> Result<Next<FumiComponentInfo>, HpiError> {
    let components = firmware.map(|firmware| firmware.components.as_slice());
    let components = components.unwrap_or_default();
    let (id, next) = place(components.len(), entry)?;
    let at = usize::try_from(id - 1).ok();
    let found = at.and_then(|at| components.get(at));
    let (number, info) = found.ok_or(HpiError::NotPresent)?;
    Ok(Next {
        next,
        entry: FumiComponentInfo {
            entry: id,
            component: *number,
            main: instance(Some(info)),
            component_flags: 0,
        },
    })
}

/// The components of what waits and of what can be brought back, and those that only run.
pub(super) fn logical_component(
    view: View<'_>,
    fumi: (u32, u32),
    entry: u32,
) -> Result<Next<FumiLogicalComponentInfo>, HpiError> {
    let found = of(view, fumi)?;
    found.can(fumi_capability::COMPONENTS)?;
    let instances = [&found.main, &found.pending, &found.rollback];
    let all = instances.into_iter().flatten();
    let numbers = all.flat_map(|firmware| firmware.components.iter().map(|(number, _)| *number));
    let numbers: BTreeSet<u32> = numbers.collect();
    let (id, next) = place(numbers.len(), entry)?;
    let at = usize::try_from(id - 1).ok();
    let number = at.and_then(|at| numbers.iter().nth(at));
    let number = *number.ok_or(HpiError::NotPresent)?;
    let info = |of: &Option<FirmwareInstance>| {
        let components = of.as_ref().map(|firmware| firmware.components.iter());
        let component = components.and_then(|mut all| all.find(|(other, _)| *other == number));
        instance(component.map(|(_, info)| info))
    };
    Ok(Next {
        next,
        entry: FumiLogicalComponentInfo {
            entry: id,
            component: number,
            pending: info(&found.pending),
            rollback: info(&found.rollback),
            component_flags: 0,
        },
    })
}

/// The entry that is meant of so many, and the one behind it. Entries are numbered from 1.
fn place(count: usize, entry: u32) -> Result<(u32, u32), HpiError> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let id = match entry {
        FIRST => 1,
        LAST => return Err(HpiError::InvalidParams),
        id => id,
    };
    match id {
        id if id > count => Err(HpiError::NotPresent),
        id if id == count => Ok((id, LAST)),
        id => Ok((id, id + 1)),
    }
}

fn instance(info: Option<&FirmwareInfo>) -> FumiFirmwareInstanceInfo {
    match info {
        Some(info) => FumiFirmwareInstanceInfo {
            instance_present: true,
            identifier: wire::text(&info.identifier),
            description: wire::text(&info.description),
            date_time: wire::text(&info.date_time),
            major_version: info.version.major,
            minor_version: info.version.minor,
            aux_version: info.version.auxiliary,
        },
        None => FumiFirmwareInstanceInfo {
            instance_present: false,
            identifier: Text::default(),
            description: Text::default(),
            date_time: Text::default(),
            major_version: 0,
            minor_version: 0,
            aux_version: 0,
        },
    }
}

#[cfg(test)]
mod tests;
