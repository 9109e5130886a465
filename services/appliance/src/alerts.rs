//! What alerts say besides the event: whose it is, and what its sensor watches.

use ipmi::command::Body;
use ipmi::command::app::DeviceId;
use ipmi::sdr::{self, Entity, RecordBody as Sdr};
use ipmi::sel::{Event, Record, RecordBody};
use ipmi::wire::Reader;
use machine::Time;
use shelf::{EventSource, LoggedEvent, Observation, Shelf, record_id};

/// IPMB-0 address of the shelf manager.
const SHELF_MANAGER: u8 = 0x20;
/// Times below count from the start of a device. Source: IPMI v2.0 §37.1.
const TIME_MIN: u32 = 0x2000_0000;
/// No time. Source: IPMI v2.0 §37.1.
const TIME_UNKNOWN: u32 = u32::MAX;

/// Who made the shelf: what its shelf manager at 20h says; zeros before it was discovered.
#[must_use]
pub fn system(shelf: &Shelf) -> pef::System {
    let manager = shelf.controller(SHELF_MANAGER);
    let bytes = manager.map(|entry| entry.description.device_id.as_slice());
    let id = bytes.and_then(|bytes| DeviceId::read(&mut Reader::new(bytes)).ok());
    id.map_or(pef::System::default(), |id| pef::System {
        manufacturer: id.manufacturer.into(),
        product: id.product,
    })
}

/// An event of the log, for the filters; `None` for records that are no events.
///
/// An event without a time of its own has the time at which it arrived.
pub(crate) fn seen(shelf: &Shelf, logged: &LoggedEvent) -> Option<pef::Seen> {
    let RecordBody::Event { timestamp, event } = logged.record.body else {
        return None;
    };
    let has_time = (TIME_MIN..TIME_UNKNOWN).contains(&timestamp);
    Some(pef::Seen {
        event,
        record: record_id(logged.number),
        time_s: if has_time {
            timestamp
        } else {
            seconds(logged.arrived)
        },
        entity: entity(shelf, &event).unwrap_or_default(),
        system: system(shelf),
    })
}

/// An event of our own, for the log.
pub(crate) fn observation(event: Event) -> Observation {
    let timestamp = TIME_UNKNOWN;
    Observation::Event {
        record: Record {
            id: 0,
            body: RecordBody::Event { timestamp, event },
        },
        source: EventSource::Pushed,
        change: None,
    }
}

/// What the sensor of an event watches, by the records of its controller.
fn entity(shelf: &Shelf, event: &Event) -> Option<Entity> {
    let controller = &shelf.controller(event.generator)?.description;
    let records = controller
        .sdrs
        .iter()
        .filter_map(|raw| sdr::decode(raw).ok());
    records
        .map(|record| record.body)
        .find_map(|body| watched(&body, event))
}

fn watched(record: &Sdr, event: &Event) -> Option<Entity> {
    let is_it = |owner, address| owner == event.generator && address == event.sensor();
    if let Sdr::Full(sensor) = record {
        let common = &sensor.common;
        is_it(common.owner, common.address()).then_some(common.entity)
    } else if let Sdr::Compact(sensor) = record {
        let mut shared = sensor.shared().into_iter().map(|sensor| sensor.common);
        let found = shared.find(|common| is_it(common.owner, common.address()));
        found.map(|common| common.entity)
    } else if let Sdr::EventOnly(sensor) = record {
        is_it(sensor.owner, sensor.address()).then_some(sensor.entity)
    } else {
        None
    }
}

fn seconds(time: Time) -> u32 {
    u32::try_from(time.0 / 1_000_000_000).unwrap_or(TIME_UNKNOWN)
}
