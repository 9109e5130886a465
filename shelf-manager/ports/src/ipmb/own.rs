//! The controller at our own address: what a shelf manager on hardware of its own would answer.

use super::Health;
use ipmc::{FruConfig, Ipmc, Reading, SensorConfig, ShelfManagerConfig};
use ipmi::command::Command;
use ipmi::command::app::{DeviceId, support};
use ipmi::command::sensor::PlatformEvent;
use ipmi::command::storage::AddSelEntry;
use ipmi::description::Site;
use ipmi::fru::picmg::{AddressTable, PicmgBody};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::sdr::Entity;
use ipmi::sel::{EVENT_TYPE_SENSOR_SPECIFIC, Event, RECORD_LEN, Record, RecordBody};
use ipmi::text::{Coding, Text};
use machine::{Machine, Pos, Time};

/// Number of the physical IPMB-0 sensor.
pub const IPMB_SENSOR: u8 = 1;

/// Source: PICMG 3.0 R3.0, Physical IPMB-0 sensor.
const SENSOR_TYPE_IPMB: u8 = 0xf1;
/// Both buses off, A on, B on, both on.
const IPMB_STATES: u16 = 0x000f;
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
        sensors: vec![SensorConfig {
            number: IPMB_SENSOR,
            sensor_type: SENSOR_TYPE_IPMB,
            entity,
            name: String::from("IPMB-0"),
            raw: 1,
            reading: Reading::Discrete {
                event_type: EVENT_TYPE_SENSOR_SPECIFIC,
                states: IPMB_STATES,
            },
            ..SensorConfig::default()
        }],
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
        let no_answer = || Response {
            code: CompletionCode::UNSPECIFIED,
            data: Vec::new(),
        };
        (response.unwrap_or_else(no_answer), records)
    }

    /// Keeps an event of another controller; a log that is full keeps no more.
    pub(super) fn log(&mut self, at: Pos, record: [u8; RECORD_LEN]) {
        let request = AddSelEntry { record }.request();
        let from = self.controller.config().address;
        self.apply(at, ipmc::Input::Request { from, request });
    }

    /// A bus failed, or works again: the sensor follows, and its event is logged.
    ///
    /// The event is made here, as only the health has its second and third data byte.
    pub(super) fn buses_changed(&mut self, at: Pos, health: Health) -> Vec<[u8; RECORD_LEN]> {
        let address = self.controller.config().address;
        let sensors = &self.controller.config().sensors;
        if !sensors
            .iter()
            .any(|sensor| sensor.sensor_type == SENSOR_TYPE_IPMB)
        {
            return Vec::new();
        }
        let changed = ipmc::Input::SensorChanged {
            number: IPMB_SENSOR,
            raw: 1 << health.offset(),
        };
        self.controller.apply(at, &changed, &mut Vec::new());
        let event = Event {
            generator: address,
            generator_lun: 0,
            revision: 0x04,
            sensor_type: SENSOR_TYPE_IPMB,
            number: IPMB_SENSOR,
            assertion: true,
            event_type: EVENT_TYPE_SENSOR_SPECIFIC,
            data: health.event_data(),
        };
        let seconds = at.time.0 / 1_000_000_000;
        let timestamp = u32::try_from(seconds).unwrap_or(u32::MAX);
        let body = RecordBody::Event { timestamp, event };
        let record = Record { id: 0, body }.encode();
        self.log(at, record);
        vec![record]
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
                let request = event_message(&event);
                let request = ipmc::Input::Request { from, request };
                records.extend(self.apply(at, request).1);
            }
        }
        (response, records)
    }
}

/// The event message that tells of an event.
fn event_message(event: &Event) -> Request {
    let [data1, data2, data3] = event.data;
    let direction = if event.assertion { 0x00 } else { 0x80 };
    PlatformEvent {
        revision: event.revision,
        sensor_type: event.sensor_type,
        number: event.number,
        direction_type: direction | event.event_type,
        data1,
        data2: Some(data2),
        data3: Some(data3),
    }
    .request()
}

#[cfg(test)]
mod tests;
