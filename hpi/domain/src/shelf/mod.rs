//! Instruments of the shelf. Most come and go with what is in it: the power of its slots and of its
//! feeds, whether a fan is at fault, its address, and whether what it says of itself is valid.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, `SaHpiXtca.h`, assigned power sensors of the shelf.

pub(crate) mod control;
mod cooling;
mod feed;
mod info;
pub(crate) mod temperature;

pub use control::{PICMG, SHELF_ADDRESS_MAX, SHELF_STATUS_LENGTH, shelf_control_num};
pub use cooling::COOLING_FAULT;
pub use feed::power_feed;
pub use temperature::TEMPERATURE;

use crate::atca::control_num::DESIRED_POWER;
use crate::chassis::{self, SHELF_RESOURCE};
use crate::resource::sensor_rec;
use crate::{Domain, KeptSensor, Out, Resource, SensorInput, SensorSettings};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use feed::FEED_POWER;
use hpi_model::entity::{ADVANCEDTCA_CHASSIS, PHYSICAL_SLOT};
use hpi_model::{
    DataFormat, EntityPath, EventCategory, EventControl, EventState, Instrument, ModifierUse,
    Range, Rdr, RdrType, ReadingType, SensorRec, SensorType, SensorUnits, TextBuffer,
    ThresholdDefinition, Thresholds,
};
use info::FRU_INFO_VALID;

/// Numbers of the sensors that tell the power of a slot: the first one, and the location of the
/// slot. Source: `SaHpiXtca.h`, `XTCAHPI_SENSOR_NUM_SLOT_ASSIGNED_PWR`.
const SLOT_POWER: RangeInclusive<u32> = 0x1800..=0x18fe;

impl Domain {
    /// What draws the power that a sensor of the shelf tells: all FRUs of its slot that have levels
    /// of power, modules and rear transition modules included; empty when it is no such sensor.
    pub fn drawing(&self, sensor: u32) -> Vec<&Resource> {
        let resources = self.resources.values();
        resources
            .filter(|it| slot(it).and_then(power_sensor) == Some(sensor))
            .collect()
    }

    /// What the shelf has of instruments follows what is there. `known`: what the update count of
    /// the table was when that was so last.
    pub(crate) fn renew_shelf(&mut self, known: u32, out: &mut Out<'_>) {
        if self.rpt_update_count == known {
            return;
        }
        self.renew_managers();
        let path = chassis::path(self.shelf_number);
        let records = self.shelf_records();
        let address = control::address(&path, &records);
        let slots: BTreeSet<u32> = self.resources.values().filter_map(slot).collect();
        let powers = slots.into_iter().filter_map(|slot| power_rdr(&path, slot));
        let feeds = feed::rdrs(&path, &records);
        let cooling = self.cooling().next().map(|_| cooling::rdr(&path));
        let info = self.shelf_info();
        let valid = info.map(|_| info::rdr(&path));
        let sensors = powers.chain(feeds).chain(cooling).chain(valid);
        let wanted: Vec<Rdr> = address.into_iter().chain(sensors).collect();
        let Some(shelf) = self.resources.get_mut(&SHELF_RESOURCE) else {
            return;
        };
        if !shelf.rdrs.iter().filter(|rdr| may_go(rdr)).eq(&wanted) {
            shelf.renew(wanted, info);
            self.updated(SHELF_RESOURCE, out);
            self.records_changed(SHELF_RESOURCE);
        }
        if let Some(states) = info {
            self.sense_shelf_info(states, out);
        }
    }
}

/// The slot in which a FRU draws power; `None` without levels of power.
///
/// Choice: of slots those of boards, which the shelf's manager assigns power; they are told apart
/// by their location alone.
fn slot(resource: &Resource) -> Option<u32> {
    resource.fru?;
    resource.rdr_of(RdrType::Control, DESIRED_POWER)?;
    let [.., slot, shelf] = resource.rpt.entity.0.as_slice() else {
        return None;
    };
    let is_slot = (slot.kind, shelf.kind) == (PHYSICAL_SLOT, ADVANCEDTCA_CHASSIS);
    let location = Some(slot.location).filter(|_| is_slot);
    location.filter(|location| power_sensor(*location).is_some())
}

fn power_sensor(slot: u32) -> Option<u32> {
    let num = SLOT_POWER.start().checked_add(slot)?;
    SLOT_POWER.contains(&num).then_some(num)
}

fn power_rdr(shelf: &EntityPath, slot: u32) -> Option<Rdr> {
    let range = Range {
        min_micro: Some(0),
        ..Range::default()
    };
    // Choice: the sensor is the slot's, whatever is in it.
    let entity = below(shelf, (PHYSICAL_SLOT, slot));
    let rec = power(power_sensor(slot)?, range);
    Some(record(entity, rec, &format!("Slot {slot} power")))
}

/// Whether somebody else is asked for what a sensor reads.
fn is_asked(sensor: u32) -> bool {
    SLOT_POWER.contains(&sensor) || FEED_POWER.contains(&sensor) || sensor == COOLING_FAULT
}

/// Whether an instrument of the shelf is not always there.
fn may_go(rdr: &Rdr) -> bool {
    let num = rdr.instrument.num();
    match rdr.instrument.kind() {
        RdrType::Sensor => is_asked(num) || num == FRU_INFO_VALID,
        RdrType::Control => num == shelf_control_num::SHELF_ADDRESS,
        RdrType::NoRecord
        | RdrType::Inventory
        | RdrType::Watchdog
        | RdrType::Annunciator
        | RdrType::Dimi
        | RdrType::Fumi => false,
    }
}

impl Resource {
    /// What is not always there comes last. `info`: the states of the sensor for the shelf's
    /// information, where it is there; one that was there goes on.
    fn renew(&mut self, wanted: Vec<Rdr>, info: Option<EventState>) {
        self.rdrs.retain(|rdr| !may_go(rdr));
        let known = self.kept.sensors.remove(&FRU_INFO_VALID);
        self.kept.sensors.retain(|num, _| !is_asked(*num));
        let sensors = wanted.iter().filter_map(sensor_rec);
        let sensors = sensors.filter(|rec| is_asked(rec.num));
        let sensors = sensors.map(|rec| (rec.num, asked()));
        self.kept.sensors.extend(sensors);
        let info = info.map(|states| known.unwrap_or_else(|| info::kept(states)));
        let info = info.map(|sensor| (FRU_INFO_VALID, sensor));
        self.kept.sensors.extend(info);
        self.rdrs.extend(wanted);
        self.rpt.capabilities = chassis::with_instruments(chassis::OWN, &self.rdrs);
    }
}

/// The path of what is in the shelf.
pub(crate) fn below(shelf: &EntityPath, step: (u32, u32)) -> EntityPath {
    let steps = shelf.0.iter().rev().map(|it| (it.kind, it.location));
    let steps: Vec<(u32, u32)> = steps.chain([step]).collect();
    EntityPath::root_first(&steps)
}

/// A sensor of what the shelf is found to be: it has states and no reading, and users cannot have
/// it otherwise.
fn sensor(
    num: u32,
    kind: SensorType,
    (category, events): (EventCategory, EventState),
) -> SensorRec {
    SensorRec {
        num,
        kind,
        category,
        enable_control: false,
        event_control: EventControl::ReadOnly,
        events,
        data_format: None,
        thresholds: ThresholdDefinition::default(),
        oem: 0,
    }
}

fn record(entity: EntityPath, rec: SensorRec, name: &str) -> Rdr {
    Rdr {
        entity,
        is_fru: false,
        instrument: Instrument::Sensor(rec),
        id: TextBuffer::english(name),
    }
}

/// Choice: of type "other units", as HPI has none for power that is assigned; nothing is an event
/// of it, as PICMG 3.0 sends none when a level of power is set.
fn power(num: u32, range: Range) -> SensorRec {
    let states = (EventCategory::Threshold, EventState::default());
    SensorRec {
        data_format: Some(DataFormat {
            reading: ReadingType::Float64,
            base_units: SensorUnits::Watts,
            modifier_units: SensorUnits::Unspecified,
            modifier_use: ModifierUse::None,
            percentage: false,
            range,
            accuracy_micro: 0,
        }),
        ..sensor(num, SensorType::OtherUnitsBased, states)
    }
}

pub(crate) fn asked() -> KeptSensor {
    KeptSensor {
        input: SensorInput::Hardware,
        settings: SensorSettings {
            enabled: true,
            events_enabled: false,
            assert_mask: EventState::default(),
            deassert_mask: EventState::default(),
            thresholds: Thresholds::default(),
        },
        states: EventState::default(),
    }
}
