//! What the FRUs of the shelf say about themselves.
//!
//! Source: FRU Information Storage Definition v1.0; PICMG 3.0 R3.0, shelf FRU information.

use crate::config::POWER_MODULES;
use crate::operator::Feed;
use crate::parts::Part;
use ipmi::fru::picmg::{
    Activation, ActivationDescriptor, AddressTable, BoardP2p, FanEntry, FanGeography, FedFru,
    PicmgBody, PicmgRecord, PowerDistribution, PowerFeed, SiteEntry,
};
use ipmi::fru::{Area, Board, Chassis, Inventory, LANGUAGE_ENGLISH, MultiRecord, Product};
use ipmi::text::Text;
use ipmi::wire::{Counted, Rest};

const MANUFACTURER: &str = "OpenShelf";
/// Rack mount chassis, as in SMBIOS.
const CHASSIS_KIND: u8 = 0x17;
/// Every FRU at that address.
const ALL_FRUS: u8 = 0xfe;
/// The shelf manager activates it; the next one may follow after 0.2 s.
const SHELF_MANAGER_ACTIVATES: u8 = 0x40 | 2;
/// Base channel 1 with 10/100/1000, fabric channel 1 with 1000BASE-BX.
const LINKS: [u32; 2] = [0x0000_1101, 0x0000_2141];

pub(crate) const SHELF_ADDRESS: &str = "OpenShelf-1";

fn plain(name: &str, serial: &str, part: &str) -> Inventory {
    Inventory {
        board: Some(Area::ok(Board {
            language: LANGUAGE_ENGLISH,
            manufacturer: Text::latin1(MANUFACTURER),
            product_name: Text::latin1(name),
            serial_number: Text::latin1(serial),
            part_number: Text::latin1(part),
            ..Board::default()
        })),
        product: Some(Area::ok(Product {
            language: LANGUAGE_ENGLISH,
            manufacturer: Text::latin1(MANUFACTURER),
            name: Text::latin1(name),
            part_number: Text::latin1(part),
            version: Text::latin1("1.0"),
            serial_number: Text::latin1(serial),
            ..Product::default()
        })),
        ..Inventory::default()
    }
}

/// Bytes of the memory that a part keeps its inventory in, most of them unused. Choice: those of a
/// small serial memory, so that there is room for what is written.
const MEMORY_LEN: usize = 512;

fn memory(inventory: &Inventory) -> Vec<u8> {
    let mut bytes = inventory.encode();
    bytes.resize(bytes.len().max(MEMORY_LEN), 0);
    bytes
}

/// A part without links.
pub(crate) fn module(name: &str, serial: &str, part: &str) -> Vec<u8> {
    memory(&plain(name, serial, part))
}

/// A blade, with the links that it has.
pub(crate) fn blade(name: &str, serial: &str) -> Vec<u8> {
    let links = BoardP2p {
        guids: Counted(vec![]),
        links: Rest(LINKS.to_vec()),
    };
    memory(&Inventory {
        records: records([PicmgBody::BoardP2p(links)]),
        ..plain(name, serial, "BLADE-100")
    })
}

/// The shelf: what sits where, who powers it, who activates it, which fans cool it.
pub(crate) fn shelf(parts: &[Part]) -> Vec<u8> {
    let mut address = [0; 20];
    for (to, from) in address.iter_mut().zip(SHELF_ADDRESS.bytes()) {
        *to = from;
    }
    let sites = parts.iter().map(|part| SiteEntry {
        hardware_address: part.site.hardware_address,
        number: part.site.number,
        kind: part.site.kind,
    });
    let table = AddressTable {
        address_type: 0xc0 | SHELF_ADDRESS.len() as u8,
        address,
        sites: Counted(sites.collect()),
    };
    let slots = parts.iter().filter(|part| part.is_blade()).count();
    let name = format!("SHELF-{slots}");
    let chassis = Chassis {
        kind: CHASSIS_KIND,
        part_number: Text::latin1(&name),
        serial_number: Text::latin1("SHELF-0001"),
        custom: vec![],
    };
    Inventory {
        chassis: Some(Area::ok(chassis)),
        records: records([
            PicmgBody::AddressTable(table),
            PicmgBody::PowerDistribution(feeds(parts)),
            PicmgBody::Activation(activation(parts)),
            PicmgBody::FanGeography(fans(parts)),
        ]),
        ..plain(&format!("Shelf{slots}"), "SHELF-0001", &name)
    }
    .encode()
}

fn records<const N: usize>(bodies: [PicmgBody; N]) -> Vec<MultiRecord> {
    let records = bodies.map(|body| MultiRecord::picmg(&PicmgRecord { version: 0, body }));
    records.to_vec()
}

/// Both inputs of each power module: either module can carry the shelf.
fn feeds(parts: &[Part]) -> PowerDistribution {
    let feed = |feed: Feed| {
        let fed = parts
            .iter()
            .filter(|part| part.feed.is_none_or(|own| own == feed));
        let frus = fed.map(|part| FedFru {
            hardware_address: part.site.hardware_address,
            fru_id: ALL_FRUS,
        });
        PowerFeed {
            external_current_max: 600,
            internal_current_max: 0xffff,
            voltage_min: 80,
            frus: Counted(frus.collect()),
        }
    };
    let modules = 1..=POWER_MODULES;
    let feeds = modules.flat_map(|_| [feed(Feed::A), feed(Feed::B)]);
    PowerDistribution {
        feeds: Counted(feeds.collect()),
    }
}

fn activation(parts: &[Part]) -> Activation {
    let descriptors = parts.iter().map(|part| ActivationDescriptor {
        hardware_address: part.site.hardware_address,
        fru_id: ALL_FRUS,
        power_max_w: 300,
        properties: SHELF_MANAGER_ACTIVATES,
    });
    Activation {
        allowance_s: 30,
        descriptors: Counted(descriptors.collect()),
    }
}

/// Each fan tray cools each blade.
fn fans(parts: &[Part]) -> FanGeography {
    let blades = || parts.iter().filter(|part| part.is_blade());
    let trays = parts.iter().filter(|part| part.is_fan_tray());
    let entries = trays.flat_map(|tray| {
        blades().map(|blade| FanEntry {
            hardware_address: tray.site.hardware_address,
            fru_id: 0,
            site_number: blade.site.number,
            site_kind: blade.site.kind,
        })
    });
    FanGeography {
        entries: Counted(entries.collect()),
    }
}
