//! Views of the faceplate, the controllers and the system event log.

use crate::views::{fru, sensors};
use appliance::Appliance;
use hpi_domain::FruAddress;
use ipmi::command::Body;
use ipmi::command::app::DeviceId;
use ipmi::command::picmg::LedShows;
use ipmi::description::{Controller, Fru, Site};
use ipmi::fru::picmg::PicmgBody;
use ipmi::names;
use ipmi::sdr::{self, RecordBody};
use ipmi::sel;
use ipmi::wire::Reader;
use shelf::{ControllerEntry, FruEntry, LoggedEvent};
use std::collections::BTreeMap;
use web_api::{BlueLed, BoardView, FruView, Handle, SelEntryView, SelView, Severity, SlotView};

/// The shelf manager, where the shelf's own inventory is read.
const SHELF_MANAGER: u8 = 0x20;
/// FRU device id of the shelf's inventory.
const SHELF_FRU: u8 = 254;

/// The faceplate: every site of the address table, and every controller that is there.
pub(crate) fn slots(appliance: &Appliance) -> Vec<SlotView> {
    let mut sites: BTreeMap<u8, Site> = address_table(appliance)
        .into_iter()
        .map(|site| (site.hardware_address.wrapping_mul(2), site))
        .collect();
    for (address, entry) in appliance.shelf.controllers() {
        if let Some(site) = own_site(&entry.description) {
            sites.insert(address, site);
        }
    }
    let mut slots: Vec<SlotView> = sites
        .into_iter()
        .map(|(address, site)| slot(appliance, address, site))
        .collect();
    slots.sort_by_key(|slot| (slot.site, slot.slot, slot.address));
    slots
}

/// The shelf's name: its product name.
pub(crate) fn shelf_name(appliance: &Appliance) -> String {
    shelf_fru(appliance).map_or_else(String::new, |fru| fru::product_name(&fru.inventory))
}

fn shelf_fru(appliance: &Appliance) -> Option<&Fru> {
    let manager = appliance.shelf.controller(SHELF_MANAGER)?;
    let mut frus = manager.description.frus.iter();
    frus.find(|fru| fru.fru_id == SHELF_FRU)
}

fn address_table(appliance: &Appliance) -> Vec<Site> {
    let inventory = shelf_fru(appliance).and_then(|fru| ipmi::fru::decode(&fru.inventory).ok());
    let records = inventory
        .map(|inventory| inventory.records)
        .unwrap_or_default();
    let bodies = records
        .iter()
        .filter_map(|record| Some(record.as_picmg()?.body));
    let sites = bodies.flat_map(|body| {
        if let PicmgBody::AddressTable(table) = body {
            return table.sites.0;
        }
        Vec::new()
    });
    sites
        .map(|entry| Site {
            hardware_address: entry.hardware_address,
            number: entry.number,
            kind: entry.kind,
        })
        .collect()
}

fn own_site(controller: &Controller) -> Option<Site> {
    let own = controller.frus.iter().find(|fru| fru.fru_id == 0);
    own.and_then(|fru| fru.site)
}

fn slot(appliance: &Appliance, address: u8, site: Site) -> SlotView {
    let entry = appliance.shelf.controller(address);
    let own = entry.and_then(|entry| entry.frus.get(&0));
    let m_state = own.and_then(|fru| fru.state);
    SlotView {
        site: web_api::Site::from_number(site.kind),
        slot: site.number,
        address,
        fru: 0,
        present: entry.is_some() && m_state != Some(0),
        name: entry.map_or_else(String::new, |entry| name(&entry.description)),
        state: state_word(m_state),
        blue_led: blue_led(own),
        handle: handle(m_state),
        node: node_at(appliance, address),
    }
}

/// What the hot swap state says of the handle. Source: PICMG 3.0 R3.0, FRU hot swap.
fn handle(m_state: Option<u8>) -> Handle {
    match m_state {
        Some(1 | 5 | 6) => Handle::Open,
        Some(2..=4) => Handle::Closed,
        Some(_) | None => Handle::Unknown,
    }
}

fn state_word(m_state: Option<u8>) -> String {
    m_state.map_or_else(String::new, |state| format!("M{state}"))
}

fn blue_led(fru: Option<&FruEntry>) -> BlueLed {
    match fru.and_then(|fru| fru.blue_led) {
        None | Some(LedShows::Off) => BlueLed::Off,
        Some(LedShows::On | LedShows::LampTest) => BlueLed::On,
        Some(LedShows::Blinking { off, on }) if on > off => BlueLed::LongBlink,
        Some(LedShows::Blinking { .. }) => BlueLed::ShortBlink,
    }
}

/// The AMF node that is configured for the hardware at an address, whether it is up or not.
fn node_at(appliance: &Appliance, address: u8) -> Option<String> {
    let resource = appliance.hpi.of_fru(FruAddress { address, fru_id: 0 })?;
    let element = appliance.plm.mapped_to(&resource.rpt.entity)?;
    let environments = appliance
        .plm
        .entities()
        .filter(|(dn, _)| dn.is_below(element));
    let mut nodes = environments.flat_map(|(ee, _)| appliance.nodes_of(ee));
    nodes.next().map(|node| node.to_string())
}

fn name(controller: &Controller) -> String {
    let own = controller.frus.iter().find(|fru| fru.fru_id == 0);
    let product = own.map_or_else(String::new, |fru| fru::product_name(&fru.inventory));
    if !product.is_empty() {
        return product;
    }
    let records = controller
        .sdrs
        .iter()
        .filter_map(|raw| sdr::decode(raw).ok());
    let mut names = records.filter_map(|record| {
        let RecordBody::McLocator(locator) = record.body else {
            return None;
        };
        let is_own = locator.address == controller.address;
        is_own.then(|| locator.id_string.text())
    });
    names.next().unwrap_or_default()
}

/// The controllers by address.
pub(crate) fn boards(appliance: &Appliance) -> Vec<BoardView> {
    let controllers = appliance.shelf.controllers();
    controllers
        .map(|(address, entry)| board(appliance, address, entry))
        .collect()
}

fn board(appliance: &Appliance, address: u8, entry: &ControllerEntry) -> BoardView {
    let controller = &entry.description;
    let device = DeviceId::read(&mut Reader::new(&controller.device_id)).ok();
    let site = own_site(controller);
    let own = entry.frus.get(&0);
    let resource = appliance.hpi.of_fru(FruAddress { address, fru_id: 0 });
    let no_readings = crate::readings::Readings::default();
    BoardView {
        site: web_api::Site::from_number(site.map_or(0xff, |site| site.kind)),
        slot: site.map_or(0, |site| site.number),
        address,
        name: name(controller),
        entity_path: resource.map_or_else(String::new, |r| r.rpt.entity.to_string()),
        firmware: device.as_ref().map_or_else(String::new, |id| {
            format!("{}.{:02x}", id.firmware_major & 0x7f, id.firmware_minor)
        }),
        manufacturer_id: device.as_ref().map_or(0, |id| u32::from(id.manufacturer)),
        product_id: device.as_ref().map_or(0, |id| id.product),
        picmg: controller.picmg.map_or_else(String::new, |picmg| {
            format!("{}.{}", picmg.version & 0x0f, picmg.version >> 4)
        }),
        fru_id_max: controller.picmg.map_or(0, |picmg| picmg.fru_id_max),
        state: state_word(own.and_then(|fru| fru.state)),
        previous_state: state_word(own.and_then(|fru| fru.previous)),
        cause: own
            .map_or("", |fru| names::hot_swap_cause(fru.cause))
            .into(),
        blue_led: blue_led(own),
        sensors: u32::try_from(sensors::of_controller(controller, &no_readings).len())
            .unwrap_or(u32::MAX),
    }
}

/// Inventories, of one controller and one FRU or of all.
pub(crate) fn frus(appliance: &Appliance, address: Option<u8>, fru: Option<u8>) -> Vec<FruView> {
    let controllers = appliance.shelf.controllers();
    let asked = controllers.filter(|(at, _)| address.is_none_or(|address| address == *at));
    asked
        .flat_map(|(at, entry)| {
            let frus = entry.description.frus.iter();
            let asked = frus.filter(|f| fru.is_none_or(|fru| fru == f.fru_id));
            asked.map(move |fru| fru_view(at, entry, fru))
        })
        .collect()
}

fn fru_view(address: u8, entry: &ControllerEntry, fru: &Fru) -> FruView {
    let (areas, multirecords) = fru::inventory(&fru.inventory);
    let state = entry.frus.get(&fru.fru_id).and_then(|entry| entry.state);
    FruView {
        address,
        fru: fru.fru_id,
        name: fru::product_name(&fru.inventory),
        state: state_word(state),
        size_bytes: u32::try_from(fru.inventory.len()).unwrap_or(u32::MAX),
        areas,
        multirecords,
    }
}

/// The system event log, or its latest entries.
pub(crate) fn sel(appliance: &Appliance, last: Option<u32>) -> SelView {
    let total = appliance.shelf.events().count();
    let wanted = last.map_or(total, |last| usize::try_from(last).unwrap_or(total));
    let entries = appliance.shelf.events().skip(total.saturating_sub(wanted));
    SelView {
        entries: entries.map(|logged| sel_entry(appliance, logged)).collect(),
        total: u32::try_from(total).unwrap_or(u32::MAX),
        overflow: total >= shelf::EVENTS_MAX,
    }
}

fn sel_entry(appliance: &Appliance, logged: &LoggedEvent) -> SelEntryView {
    let record = &logged.record;
    let raw = record
        .encode()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let sel::RecordBody::Event { timestamp, event } = record.body else {
        return SelEntryView {
            record_id: record.id,
            time_s: None,
            address: 0,
            lun: 0,
            number: 0,
            sensor: String::new(),
            severity: Severity::Informational,
            text: "an OEM record".into(),
            raw,
        };
    };
    SelEntryView {
        record_id: record.id,
        // Below 20000000h seconds count from the start of the device; all ones are unknown.
        time_s: Some(timestamp).filter(|time| (0x2000_0000..u32::MAX).contains(time)),
        address: event.generator,
        lun: event.sensor().lun,
        number: event.number,
        sensor: sensor_name(appliance, &event),
        severity: severity(&event),
        text: event_text(&event),
        raw,
    }
}

/// Name of the sensor that sent an event; empty when it has no record.
pub(crate) fn sensor_name(appliance: &Appliance, event: &sel::Event) -> String {
    let Some(entry) = appliance.shelf.controller(event.generator) else {
        return String::new();
    };
    let no_readings = crate::readings::Readings::default();
    let sensors = sensors::of_controller(&entry.description, &no_readings);
    let mut named = sensors
        .into_iter()
        .filter(|sensor| (sensor.lun, sensor.number) == (event.sensor().lun, event.number));
    named.next().map(|sensor| sensor.name).unwrap_or_default()
}

/// What an event says, for people.
pub(crate) fn event_text(event: &sel::Event) -> String {
    if let Some(swap) = event.hot_swap() {
        let previous = swap
            .previous
            .map_or("?".into(), |state| format!("M{state}"));
        return format!("hot swap {previous} -> M{}", swap.current);
    }
    let what = names::event(event.sensor_type, event.event_type, event.offset());
    let what = what.map_or_else(|| format!("state {}", event.offset()), String::from);
    let kind = names::sensor_type(event.sensor_type);
    let ended = if event.assertion { "" } else { " (over)" };
    format!("{kind}: {what}{ended}")
}

/// How bad an event is: thresholds by their kind, all else is information.
pub(crate) fn severity(event: &sel::Event) -> Severity {
    if event.class() != sel::EventClass::Threshold {
        return Severity::Informational;
    }
    match (event.assertion, event.offset() / 2) {
        (false, _) => Severity::Ok,
        (true, 0 | 3) => Severity::Minor,
        (true, 1 | 4) => Severity::Major,
        (true, 2 | 5) => Severity::Critical,
        (true, _) => Severity::Informational,
    }
}
