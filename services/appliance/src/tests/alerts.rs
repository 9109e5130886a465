//! Every event of the log reaches the filters, with what the shelf knows about its sensor.

use super::bed::Bed;
use crate::{Appliance, Command, Effect, system};
use ais::AisError;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::pef::{Parameter, control};
use ipmi::sdr::{self, Entity, RecordBody as Sdr};
use ipmi::sel::{Event, Record, RecordBody};
use pef::{Input, Preset, PresetSeverity, Trap};
use shelf::{EventSource, Observation};

/// A blade of the shelf.
const BLADE: u8 = 0x82;
/// When the events happened, seconds since 1970.
const TIME_S: u32 = 1_700_000_000;

/// A running shelf whose configuration file wants to know everything.
fn bed() -> Bed {
    let mut bed = Bed::running();
    let preset = Preset {
        address: [192, 0, 2, 1].into(),
        port: 162,
        community: String::from("public"),
        severity: PresetSeverity::Information,
        acknowledge: true,
        timeout_s: 1,
        retries: 0,
    };
    let (guid, presets) = ([1; 16], vec![preset]);
    bed.apply(&Command::Pef(Input::Preset { guid, presets }));
    bed
}

fn observed(id: u16, event: Event) -> Observation {
    let timestamp = TIME_S;
    Observation::Event {
        record: Record {
            id,
            body: RecordBody::Event { timestamp, event },
        },
        source: EventSource::Sel,
        change: None,
    }
}

fn alerts(effects: &[Effect]) -> Vec<&Trap> {
    let alerts = effects.iter().filter_map(|effect| match effect {
        Effect::Alert(trap) => Some(trap),
        Effect::Shelf(_)
        | Effect::Ee(_)
        | Effect::Node { .. }
        | Effect::Answer(_)
        | Effect::HpiAnswer { .. }
        | Effect::HpiJob(..)
        | Effect::HpiJobCancelled(_)
        | Effect::Active { .. }
        | Effect::Line { .. }
        | Effect::MachineVersion { .. }
        | Effect::Said(_) => None,
    });
    alerts.collect()
}

/// The first sensor of the blade with a full record: an event of it, and what it watches.
fn sensor(bed: &Bed) -> (Event, Entity) {
    let entry = bed.appliance.shelf.controller(BLADE).unwrap();
    let records = entry.description.sdrs.iter();
    let mut full = records.filter_map(|raw| {
        let Sdr::Full(sensor) = sdr::decode(raw).unwrap().body else {
            return None;
        };
        Some(sensor.common)
    });
    let common = full.next().unwrap();
    let event = Event {
        generator: BLADE,
        generator_lun: common.owner_lun,
        revision: 4,
        sensor_type: common.sensor_type,
        number: common.number,
        assertion: true,
        event_type: 1,
        data: [0x59, 90, 80],
    };
    (event, common.entity)
}

/// The trap knows the sensor's entity, and the shelf manager's manufacturer.
#[test]
fn an_event_of_the_log_alerts() {
    let mut bed = bed();
    let (event, entity) = sensor(&bed);
    let effects = bed.apply(&Command::Observed(observed(9, event)));
    let alerts = alerts(&effects);
    let [Trap { pet, .. }] = alerts.as_slice() else {
        panic!("{alerts:?}");
    };
    assert_ne!(entity, Entity::default());
    assert_eq!(
        (pet.entity, pet.entity_instance),
        (entity.id, entity.instance)
    );
    assert_eq!((pet.sensor_device, pet.number), (BLADE >> 1, event.number));
    assert_eq!(pet.local_time, TIME_S - ipmi::pet::EPOCH);
    let manager = bed.appliance.shelf.controller(0x20).unwrap();
    let [a, b, c] = manager.description.device_id[6..9] else {
        panic!("a device id has 11 bytes");
    };
    assert_ne!(pet.manufacturer, 0);
    assert_eq!(pet.manufacturer, u32::from_le_bytes([a, b, c, 0]));
    assert_eq!(system(&bed.appliance.shelf).product, pet.system);
    let id = shelf::record_id(bed.appliance.shelf.events_next() - 1);
    assert_eq!(bed.appliance.pef.last_by_bmc(), id);
}

/// Old records that the backlog brings alert nobody; those from while nobody looked do.
#[test]
fn backlogs() {
    let mut bed = bed();
    let (event, _) = sensor(&bed);
    let record = |id| {
        let Observation::Event { record, .. } = observed(id, event) else {
            panic!("it is an event");
        };
        record
    };
    let old = Observation::Backlog(vec![record(1)]);
    assert_eq!(alerts(&bed.apply(&Command::Observed(old))).len(), 0);
    let known = Command::Observed(observed(2, event));
    assert_eq!(alerts(&bed.apply(&known)).len(), 1);
    let news = Observation::Backlog(vec![record(2), record(3)]);
    assert_eq!(alerts(&bed.apply(&Command::Observed(news))).len(), 1);
}

/// What PEF did becomes an event of the log, once.
#[test]
fn the_action_is_an_event() {
    let mut bed = bed();
    let bits = control::ENABLED | control::EVENT_MESSAGES;
    bed.apply(&Command::Pef(Input::Set(Parameter::Control(bits))));
    let before = bed.appliance.shelf.events().count();
    let (event, _) = sensor(&bed);
    bed.apply(&Command::Observed(observed(9, event)));
    let events: Vec<_> = bed.appliance.shelf.events().skip(before).collect();
    assert_eq!(events.len(), 2);
    assert!(
        matches!(events[1].record.body, RecordBody::Event { event, .. }
            if event.sensor_type == 0x12 && event.number == 0xff)
    );
}

/// Time passes for alerts as for everything else: a receiver that is silent is told of.
#[test]
fn silent_receivers() {
    let mut bed = bed();
    let (event, _) = sensor(&bed);
    bed.apply(&Command::Observed(observed(9, event)));
    let effects = bed.pass(1_000);
    let told = effects.iter().filter_map(super::words::effect);
    assert_eq!(told.collect::<Vec<_>>(), ["no word from 192.0.2.1"]);
}

#[test]
fn a_cleared_log_has_no_last_record() {
    let mut bed = bed();
    let (event, _) = sensor(&bed);
    bed.apply(&Command::Observed(observed(9, event)));
    assert_ne!(bed.appliance.pef.last_by_bmc(), 0);
    bed.apply(&Command::ClearEvents);
    assert_eq!(bed.appliance.pef.last_by_bmc(), 0);
}

/// What the filters refuse is not logged.
#[test]
fn refused() {
    let refused = Appliance::new().admit(&Command::Pef(Input::Set(Parameter::FilterCount(3))));
    assert_eq!(refused.unwrap_err().code, AisError::BadOperation);
}
