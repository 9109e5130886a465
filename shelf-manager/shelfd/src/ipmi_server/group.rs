//! PICMG commands. Source: PICMG 3.0 R3.0, command table.

use super::{
    Memory, Outcome, SHELF_FRU, SHELF_MANAGER, SUB_FUNCTION_DISABLED, View, fru, hardware, lock,
    power, refuse, seconds, with,
};
use ipmi::command::picmg::{
    AddressInfo, BusedResourceControl, BusedResourceStatus, ComputePowerProperties,
    DeviceLocatorRecordId, FanPolicy, FruControl, GetAddressInfo, GetDeviceLocatorRecordId,
    GetFanLevel, GetFanPolicy, GetFanSpeedProperties, GetFruActivationPolicy,
    GetFruControlCapabilities, GetFruLedProperties, GetFruLedState, GetIpmbLinkInfo,
    GetLedColorCapabilities, GetPicmgProperties, GetPortState, GetPowerLevel, GetShelfAddressInfo,
    GetShelfManagerIpAddresses, GetShelfManagerIpmbAddresses, GetShelfPowerAllocation,
    PicmgProperties, RenegotiatePower, SetFanLevel, SetFanPolicy, SetFruActivation,
    SetFruActivationPolicy, SetFruLedState, SetIpmbState, SetPortState, SetPowerLevel,
    ShelfAddressInfo, ShelfManagerIpAddress, bused,
};
use ipmi::command::{Command, Empty, PICMG_GROUP};
use ipmi::description::Site;
use ipmi::fru::picmg::{AddressTable, PicmgBody};
use ipmi::message::{CompletionCode, Request};
use ipmi::sdr::{self, RecordBody};

/// Extension version 2.2: what the hardware says is the shelf's; this, where it is not known yet.
const VERSION: u8 = 0x22;
/// Hardware address of 20h, half of it. Source: PICMG 3.0 R3.0, IPMB-0 addresses.
const OWN_HARDWARE_ADDRESS: u8 = SHELF_MANAGER >> 1;
/// Site type: dedicated shelf manager. Source: PICMG 3.0 R3.0, Get Address Info.
const SITE_SHELF_MANAGER: u8 = 0x03;
/// Reserved byte of Get Address Info.
const RESERVED: u8 = 0xff;
/// Keys. Source: PICMG 3.0 R3.0, Get Address Info.
const KEY_HARDWARE_ADDRESS: u8 = 0;
const KEY_IPMB_ADDRESS: u8 = 1;
const KEY_PHYSICAL_ADDRESS: u8 = 3;

/// Answers; `None` when there is no such command or group here.
///
/// What only the hardware at 20h keeps is asked of it.
pub(super) fn answer(view: View<'_>, memory: &mut Memory, request: &Request) -> Option<Outcome> {
    match request.data.first() {
        None => return Some(refuse(request, CompletionCode::LENGTH_INVALID)),
        Some(group) if *group != PICMG_GROUP => return None,
        Some(_) => {}
    }
    Some(match request.command {
        GetPicmgProperties::COMMAND => with(request, |GetPicmgProperties {}| Ok(properties(view))),
        GetAddressInfo::COMMAND => with(request, |asked| address_info(view, &asked)),
        GetShelfAddressInfo::COMMAND => with(request, |GetShelfAddressInfo {}| {
            let table = address_table(view).ok_or(CompletionCode::NOT_PRESENT)?;
            Ok(shelf_address(&table))
        }),
        GetDeviceLocatorRecordId::COMMAND => with(request, |asked| locator(view, memory, &asked)),
        FruControl::COMMAND
        | GetFruLedProperties::COMMAND
        | GetLedColorCapabilities::COMMAND
        | SetFruLedState::COMMAND
        | GetFruLedState::COMMAND
        | SetFruActivationPolicy::COMMAND
        | GetFruActivationPolicy::COMMAND
        | SetFruActivation::COMMAND
        | SetPortState::COMMAND
        | GetPortState::COMMAND
        | ComputePowerProperties::COMMAND
        | SetPowerLevel::COMMAND
        | GetPowerLevel::COMMAND
        | GetFanSpeedProperties::COMMAND
        | SetFanLevel::COMMAND
        | GetFanLevel::COMMAND
        | GetShelfManagerIpmbAddresses::COMMAND
        | GetFruControlCapabilities::COMMAND
        | SetIpmbState::COMMAND
        | GetIpmbLinkInfo::COMMAND
        | HPM_FIRST..=HPM_LAST => hardware(request),
        GetShelfPowerAllocation::COMMAND => power::answer(view, request),
        BusedResourceControl::COMMAND => with(request, |asked| bused_resource(&asked)),
        // Choice: nobody here manages power; what a FRU draws stays as it is.
        RenegotiatePower::COMMAND => with(request, |RenegotiatePower { .. }| {
            Err(SUB_FUNCTION_DISABLED)
        }),
        GetShelfManagerIpAddresses::COMMAND => with(request, |asked| ip_address(view, &asked)),
        GetFanPolicy::COMMAND => with(request, |asked| fan_policy(view, &asked)),
        SetFanPolicy::COMMAND => with(request, |asked| set_fan_policy(view, &asked)),
        _ => return lock::answer(view, memory, request),
    })
}

/// The commands of HPM.1: an upgrade of 20h is one of its hardware. Source: PICMG HPM.1 R1.0 §3.
const HPM_FIRST: u8 = 0x2e;
/// See [`HPM_FIRST`].
const HPM_LAST: u8 = 0x38;
/// All fan trays, and fans that nobody here minds. Source: PICMG 3.0 R3.0, Set Fan Policy.
const ALL_TRAYS: u8 = 0xff;
/// See [`ALL_TRAYS`].
const POLICY_DISABLED: u8 = 0;
/// See [`ALL_TRAYS`].
const POLICY_ENABLED: u8 = 1;
/// Site type: fan tray. Source: PICMG 3.0 R3.0, Get Address Info.
const SITE_FAN_TRAY: u8 = 0x04;

/// There is one address: that of the LAN interface. Whoever takes over from us has it after the
/// shortest time that can be said.
fn ip_address(
    view: View<'_>,
    asked: &GetShelfManagerIpAddresses,
) -> Result<ShelfManagerIpAddress, CompletionCode> {
    if asked.index != 0 {
        return Err(CompletionCode::OUT_OF_RANGE);
    }
    let own = own_address(view, 0)?;
    let (kind, address) =
        ShelfManagerIpAddress::of_ipv4(true, view.network.address, view.network.port);
    Ok(ShelfManagerIpAddress {
        changed: seconds(view.started),
        count: 1,
        site_type: own.site_type,
        site_number: own.site_number,
        unavailable_max: 0,
        kind,
        address,
    })
}

/// Choice: nobody here manages the bused resources, so no board gets one, and none has one that it
/// could give back or hand over.
fn bused_resource(asked: &BusedResourceControl) -> Result<BusedResourceStatus, CompletionCode> {
    const DENIED: u8 = 3;
    const ERROR: u8 = 1;
    if asked.resource >= bused::RESOURCES {
        return Err(CompletionCode::INVALID_FIELD);
    }
    let status = match asked.command {
        bused::REQUEST => DENIED,
        bused::RELINQUISH | bused::NOTIFY => ERROR,
        _ => return Err(CompletionCode::INVALID_FIELD),
    };
    Ok(BusedResourceStatus { status })
}

/// Choice: fan trays mind themselves, as nothing here sets their levels.
fn fan_policy(view: View<'_>, asked: &GetFanPolicy) -> Result<FanPolicy, CompletionCode> {
    if !has_tray(view, asked.tray_site) {
        return Err(CompletionCode::NOT_PRESENT);
    }
    Ok(FanPolicy {
        policy: POLICY_DISABLED,
        covered: asked.site.as_ref().map(|_| 0),
    })
}

fn set_fan_policy(view: View<'_>, asked: &SetFanPolicy) -> Result<Empty, CompletionCode> {
    if !has_tray(view, asked.tray_site) {
        return Err(CompletionCode::NOT_PRESENT);
    }
    match asked.enable {
        POLICY_DISABLED => Ok(Empty {}),
        POLICY_ENABLED => Err(SUB_FUNCTION_DISABLED),
        _ => Err(CompletionCode::INVALID_FIELD),
    }
}

fn has_tray(view: View<'_>, number: u8) -> bool {
    let is_meant = |site: &Site| (site.number, site.kind) == (number, SITE_FAN_TRAY);
    number == ALL_TRAYS || sites(view).iter().any(is_meant)
}

/// The shelf's address as text, where it is text.
pub(super) fn shelf_name(view: View<'_>) -> Option<String> {
    const ASCII: u8 = 0b11;
    let table = address_table(view)?;
    let length = usize::from(table.address_type & 0x3f);
    let text = table.address.get(..length)?;
    let is_text = table.address_type >> 6 == ASCII && !text.is_empty() && text.is_ascii();
    is_text.then(|| String::from_utf8_lossy(text).into_owned())
}

fn properties(view: View<'_>) -> PicmgProperties {
    let own = view.manager().and_then(|entry| entry.description.picmg);
    PicmgProperties {
        version: own.map_or(VERSION, |own| own.version),
        fru_id_max: own.map_or(0, |own| own.fru_id_max),
        own_fru_id: 0,
    }
}

fn address_info(view: View<'_>, asked: &GetAddressInfo) -> Result<AddressInfo, CompletionCode> {
    let fru_id = asked.fru_id.unwrap_or(0);
    let Some(kind) = asked.key_type else {
        return own_address(view, fru_id);
    };
    let key = asked.key.ok_or(CompletionCode::LENGTH_INVALID)?;
    let is_meant: Box<dyn Fn(&Site) -> bool> = match kind {
        KEY_HARDWARE_ADDRESS => Box::new(move |site| site.hardware_address == key),
        KEY_IPMB_ADDRESS => Box::new(move |site| key & 1 == 0 && site.hardware_address == key >> 1),
        KEY_PHYSICAL_ADDRESS => {
            let wanted = asked.site_type.ok_or(CompletionCode::LENGTH_INVALID)?;
            Box::new(move |site| (site.number, site.kind) == (key, wanted))
        }
        _ => return Err(CompletionCode::INVALID_FIELD),
    };
    let mut known = sites(view).into_iter().filter(is_meant);
    let site = known.next().ok_or(CompletionCode::NOT_PRESENT)?;
    Ok(info(site, site.hardware_address << 1, fru_id))
}

fn own_address(view: View<'_>, fru_id: u8) -> Result<AddressInfo, CompletionCode> {
    let frus = view
        .manager()
        .map(|entry| entry.description.frus.as_slice());
    let mut frus = frus.unwrap_or_default().iter();
    let fru = frus.find(|fru| fru.fru_id == fru_id);
    if fru.is_none() && fru_id != 0 {
        return Err(CompletionCode::NOT_PRESENT);
    }
    let site = fru.and_then(|fru| fru.site).unwrap_or(Site {
        hardware_address: OWN_HARDWARE_ADDRESS,
        number: 1,
        kind: SITE_SHELF_MANAGER,
    });
    // The active shelf manager has 20h, whatever its own hardware address is.
    Ok(info(site, SHELF_MANAGER, fru_id))
}

fn info(site: Site, ipmb_address: u8, fru_id: u8) -> AddressInfo {
    AddressInfo {
        hardware_address: site.hardware_address,
        ipmb_address,
        reserved: RESERVED,
        fru_id,
        site_number: site.number,
        site_type: site.kind,
    }
}

/// The sites of the shelf's address table, then what controllers say of themselves.
fn sites(view: View<'_>) -> Vec<Site> {
    let table = address_table(view).map_or(Vec::new(), |table| table.sites.0);
    let table = table.into_iter().map(|site| Site {
        hardware_address: site.hardware_address,
        number: site.number,
        kind: site.kind,
    });
    let controllers = view.appliance.shelf.controllers();
    let said = controllers.filter_map(|(_, entry)| entry.description.frus.first()?.site);
    table.chain(said).collect()
}

fn address_table(view: View<'_>) -> Option<AddressTable> {
    shelf_records(view).into_iter().find_map(|body| {
        if let PicmgBody::AddressTable(table) = body {
            Some(table)
        } else {
            None
        }
    })
}

/// PICMG's records in the shelf's inventory; none where that cannot be read.
pub(super) fn shelf_records(view: View<'_>) -> Vec<PicmgBody> {
    let bytes = fru::inventory(view, SHELF_FRU).ok();
    let inventory = bytes.and_then(|bytes| ipmi::fru::decode(bytes).ok());
    let records = inventory.map_or(Vec::new(), |inventory| inventory.records);
    let bodies = records
        .iter()
        .filter_map(|record| Some(record.as_picmg()?.body));
    bodies.collect()
}

/// The length bits of the type/length byte say how many of the bytes are the address.
fn shelf_address(table: &AddressTable) -> ShelfAddressInfo {
    let length = usize::from(table.address_type & 0x3f);
    let text = table.address.get(..length).unwrap_or(&table.address);
    let address = [&[table.address_type], text].concat();
    ShelfAddressInfo { address }
}

fn locator(
    view: View<'_>,
    memory: &mut Memory,
    asked: &GetDeviceLocatorRecordId,
) -> Result<DeviceLocatorRecordId, CompletionCode> {
    let is_meant = |raw: &[u8]| match sdr::decode(raw).map(|record| (record.id, record.body)) {
        Ok((id, body)) if asked.start.is_none_or(|start| start <= id) => match body {
            RecordBody::McLocator(mc) => asked.fru_id == 0 && mc.address == SHELF_MANAGER,
            RecordBody::FruLocator(fru) => {
                fru.access_address == SHELF_MANAGER
                    && fru.is_logical()
                    && fru.fru_id == asked.fru_id
            }
            RecordBody::Full(_)
            | RecordBody::Compact(_)
            | RecordBody::EventOnly(_)
            | RecordBody::Other { .. } => false,
        },
        Ok(_) | Err(_) => false,
    };
    let record = memory.sdr.find(view, is_meant);
    let record = record.ok_or(CompletionCode::NOT_PRESENT)?;
    Ok(DeviceLocatorRecordId { record })
}
