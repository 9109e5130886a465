//! The controller at our own address: what a shelf manager on hardware of its own would answer.

use super::Health;
use ipmc::{FruConfig, Ipmc, ShelfManagerConfig};
use ipmi::command::Command;
use ipmi::command::app::{DeviceId, support};
use ipmi::command::sensor::{GetSensorReading, PlatformEvent};
use ipmi::command::storage::AddSelEntry;
use ipmi::description::Site;
use ipmi::fru::picmg::{AddressTable, PicmgBody};
use ipmi::ipmb_state::IpmbState;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::sdr::Entity;
use ipmi::sel::RECORD_LEN;
use ipmi::text::{Coding, Text};
use machine::{Machine, Pos, Time};

/// Number of the physical IPMB-0 sensor.
pub const IPMB_SENSOR: u8 = 1;

/// Entities. Source: PICMG 3.0 R3.0.
const SHELF_MANAGEMENT_CONTROLLER: u8 = 0xf0;
const SHELF_FRU_INFORMATION: u8 = 0xf2;
/// Site type of a dedicated shelf management controller. Source: PICMG 3.0 R3.0.
const SITE_SHELF_MANAGER: u8 = 0x03;
/// FRU device id of the shelf FRU information. Choice: as managers of the field have it.
const SHELF_FRU: u8 = 254;
/// What fits into an IPMB frame.
const READ_LEN_MAX: u8 = 22;

/// The controller of a shelf manager: event log, record repository, a sensor that says how the two
/// buses do, and the shelf FRU information where there is an image of it.
///
/// `controllers` are the IPMB-0 addresses of the active and the backup shelf management controller.
/// Shelf address and sites are those of the image's address table.
#[must_use]
pub fn shelf_manager(
    address: u8,
    controllers: [u8; 2],
    shelf_fru: Option<Vec<u8>>,
) -> ipmc::Config {
    let table = shelf_fru.as_deref().and_then(address_table);
    let sites = table.iter().flat_map(|table| &table.sites.0);
    let shelf = ShelfManagerConfig {
        shelf_address: table.as_ref().map(shelf_address).unwrap_or_default(),
        sites: sites
            .map(|site| Site {
                hardware_address: site.hardware_address,
                number: site.number,
                kind: site.kind,
            })
            .collect(),
        controllers,
    };
    let entity = Entity {
        id: SHELF_MANAGEMENT_CONTROLLER,
        instance: 0x60,
    };
    let name = String::from("ShMgr");
    let own = FruConfig {
        entity,
        name: name.clone(),
        ..FruConfig::default()
    };
    let shelf_fru = shelf_fru.map(|inventory| FruConfig {
        fru_id: SHELF_FRU,
        entity: Entity {
            id: SHELF_FRU_INFORMATION,
            instance: 0x60,
        },
        name: String::from("Shelf FRU"),
        inventory,
        ..FruConfig::default()
    });
    let defaults = ipmc::Config::default();
    ipmc::Config {
        address,
        site: Site {
            hardware_address: address >> 1,
            number: 1,
            kind: SITE_SHELF_MANAGER,
        },
        device: DeviceId {
            support: support::SENSOR
                | support::SDR_REPOSITORY
                | support::SEL
                | support::FRU_INVENTORY
                | support::EVENT_RECEIVER
                | support::EVENT_GENERATOR,
            ..defaults.device.clone()
        },
        entity,
        name,
        ipmb_sensor: Some(IPMB_SENSOR),
        frus: [own].into_iter().chain(shelf_fru).collect(),
        shelf_manager: Some(shelf),
        read_len_max: READ_LEN_MAX,
        ..defaults
    }
}

fn address_table(image: &[u8]) -> Option<AddressTable> {
    let records = ipmi::fru::decode(image).ok()?.records;
    records.iter().find_map(|record| {
        let PicmgBody::AddressTable(table) = record.as_picmg()?.body else {
            return None;
        };
        Some(table)
    })
}

/// Its first 20 characters, as text.
fn shelf_address(table: &AddressTable) -> String {
    let len = usize::from(table.address_type & 0x3f).min(table.address.len());
    let coding = match table.address_type >> 6 {
        0 => Coding::Binary,
        1 => Coding::BcdPlus,
        2 => Coding::SixBit,
        _ => Coding::Latin1,
    };
    let bytes = table.address[..len].to_vec();
    let text = Text { coding, bytes }.text();
    text.chars().take(table.address.len()).collect()
}

/// The controller, and whom its events reach.
pub(super) struct Own {
    controller: Ipmc,
}

impl Own {
    pub(super) fn new(config: ipmc::Config, now: Time) -> Self {
        let mut own = Self {
            controller: Ipmc::new(config),
        };
        let at = Pos {
            index: 0,
            time: now,
        };
        own.apply(at, ipmc::Input::Powered);
        own
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.controller.deadline()
    }

    /// Time went by; what was logged since.
    pub(super) fn tick(&mut self, at: Pos) -> Vec<[u8; RECORD_LEN]> {
        match self.deadline() {
            Some(due) if due <= at.time => self.apply(at, ipmc::Input::Tick).1,
            Some(_) | None => Vec::new(),
        }
    }

    /// Answers a request; with what was logged through it.
    pub(super) fn ask(
        &mut self,
        at: Pos,
        from: u8,
        request: Request,
    ) -> (Response, Vec<[u8; RECORD_LEN]>) {
        let (response, records) = self.apply(at, ipmc::Input::Request { from, request });
        // While it restarts it says nothing; who asks tries again.
        let no_answer = CompletionCode::NODE_BUSY;
        (response.unwrap_or(no_answer.into()), records)
    }

    /// Keeps an event of another controller; a log that is full keeps no more.
    pub(super) fn log(&mut self, at: Pos, record: [u8; RECORD_LEN]) {
        let request = AddSelEntry { record }.request();
        let from = self.controller.config().address;
        self.apply(at, ipmc::Input::Request { from, request });
    }

    /// A bus failed, or works again: the sensor follows, and what it tells is logged.
    pub(super) fn buses_changed(&mut self, at: Pos, health: Health) -> Vec<[u8; RECORD_LEN]> {
        let buses = [(ipmc::Bus::A, health.a), (ipmc::Bus::B, health.b)];
        let records = buses.map(|(bus, health)| {
            let status = health.status();
            self.apply(at, ipmc::Input::BusChanged { bus, status }).1
        });
        records.concat()
    }

    /// Which buses somebody ordered us to keep off, A and B, as the sensor shows it.
    pub(super) fn isolated(&mut self, at: Pos) -> [bool; 2] {
        let number = self.controller.config().ipmb_sensor;
        let reading = number.and_then(|number| {
            let from = self.controller.config().address;
            let request = GetSensorReading { number }.request();
            let (response, _) = self.apply(at, ipmc::Input::Request { from, request });
            GetSensorReading::read_response(&response?).ok()
        });
        let state = reading.map(|reading| IpmbState::from_byte(reading.raw));
        let IpmbState { a, b } = state.unwrap_or_default();
        [a, b].map(|bus| !bus.has_local_control)
    }

    /// Applies an input; the first answer, and the records that went into the log.
    ///
    /// Choice: events go into our own log whatever receiver they have, as we are the shelf manager.
    fn apply(&mut self, at: Pos, input: ipmc::Input) -> (Option<Response>, Vec<[u8; RECORD_LEN]>) {
        let mut effects = Vec::new();
        self.controller.apply(at, &input, &mut effects);
        let mut response = None;
        let mut records = Vec::new();
        for effect in effects {
            if let ipmc::Effect::Response(answer) = effect {
                response.get_or_insert(answer);
            } else if let ipmc::Effect::Logged(record) = effect {
                records.push(record);
            } else if let ipmc::Effect::Event { event, .. } = effect {
                let from = event.generator;
                let request = PlatformEvent::from(&event).request();
                let request = ipmc::Input::Request { from, request };
                records.extend(self.apply(at, request).1);
            }
        }
        (response, records)
    }
}

#[cfg(test)]
mod tests;
