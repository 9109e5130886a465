//! Sensor data records in HPI's words: sensors of a controller's FRUs, and what its FRUs are
//! called.
//!
//! Source: IPMI v2.0 §43; SAI-HPI-B.03.02, `SaHpiSensorRecT`.

use crate::resource::Sensor;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use hpi_model::{
    DataFormat, EventCategory, EventControl, EventState, ModifierUse, Range, ReadingType,
    SensorRec, SensorType, SensorUnits, ThresholdDefinition, ThresholdMask,
};
use ipmi::description::{Controller, SensorAddress};
use ipmi::sdr::{
    AnalogFormat, Converter, Entity, EventOnlySensor, FullSensor, RecordBody, SensorCommon,
    UnitModifier, decode,
};

/// Most sensors that a controller may have. Source: 256 numbers on each of four logical units.
pub(crate) const SENSORS_MAX: usize = 1_024;

/// A sensor before it belongs to a resource.
struct SensorRecord {
    rec: SensorRec,
    name: String,
    sensor: Sensor,
    entity: Entity,
}

/// What a device locator record says of a FRU.
pub(crate) struct Locator {
    fru_id: u8,
    pub(crate) name: String,
    pub(crate) entity_id: u8,
    entity: Entity,
}

/// What the records of one controller say of its FRUs.
pub(crate) struct Records {
    locators: Vec<Locator>,
    sensors: Vec<SensorRecord>,
}

impl Records {
    /// Reads all records; one that cannot be read, or that is about another controller, counts for
    /// nothing.
    pub(crate) fn read(controller: &Controller) -> Self {
        let mut records = Self {
            locators: Vec::new(),
            sensors: Vec::new(),
        };
        for bytes in &controller.sdrs {
            if let Ok(record) = decode(bytes) {
                records.take(controller.address, record.body, bytes);
            }
        }
        let mut known = BTreeSet::new();
        records
            .sensors
            .retain(|s| known.len() < SENSORS_MAX && known.insert(s.rec.num));
        records
    }

    /// The locator of a FRU.
    pub(crate) fn locator(&self, fru_id: u8) -> Option<&Locator> {
        self.locators.iter().find(|l| l.fru_id == fru_id)
    }

    /// The sensors that watch a FRU: those of the entity that its locator names; FRU 0 has the
    /// rest.
    pub(crate) fn sensors_of(&self, fru_id: u8) -> Vec<(SensorRec, String, Sensor)> {
        let of_fru = self
            .sensors
            .iter()
            .filter(|s| self.fru_of(s.entity) == fru_id);
        of_fru
            .map(|s| (s.rec.clone(), s.name.clone(), s.sensor.clone()))
            .collect()
    }

    fn fru_of(&self, entity: Entity) -> u8 {
        let mut others = self.locators.iter().filter(|l| l.fru_id != 0);
        others.find(|l| l.entity == entity).map_or(0, |l| l.fru_id)
    }

    fn take(&mut self, address: u8, body: RecordBody, bytes: &[u8]) {
        match body {
            RecordBody::Full(full) if full.common.owner == address => {
                self.sensors.push(full_sensor(&full, bytes));
            }
            RecordBody::Compact(compact) if compact.common.owner == address => {
                for one in compact.shared() {
                    let rec = common(&one.common, one.oem);
                    let name = one.id_string.text();
                    self.sensors
                        .push(sensor(rec, name, (&one.common).into(), bytes));
                }
            }
            RecordBody::EventOnly(only) if only.owner == address => {
                let name = only.id_string.text();
                self.sensors
                    .push(sensor(event_only(&only), name, (&only).into(), bytes));
            }
            RecordBody::FruLocator(fru) if fru.access_address == address && fru.is_logical() => {
                self.locators.push(Locator {
                    fru_id: fru.fru_id,
                    name: fru.id_string.text(),
                    entity_id: fru.entity.id,
                    entity: fru.entity,
                });
            }
            RecordBody::McLocator(mc) if mc.address == address => {
                self.locators.push(Locator {
                    fru_id: 0,
                    name: mc.id_string.text(),
                    entity_id: mc.entity.id,
                    entity: mc.entity,
                });
            }
            RecordBody::Full(_)
            | RecordBody::Compact(_)
            | RecordBody::EventOnly(_)
            | RecordBody::FruLocator(_)
            | RecordBody::McLocator(_)
            | RecordBody::Other { .. } => {}
        }
    }
}

/// `SaHpiSensorNumT` of an IPMI sensor. Choice: the number itself on logical unit 0, so that it is
/// the number that IPMI tools show; else the unit in the third byte, clear of the numbers that HPI
/// reserves (100h–1FFh).
pub(crate) fn sensor_num(address: SensorAddress) -> u32 {
    u32::from(address.lun) << 16 | u32::from(address.number)
}

/// A raw reading in millionths of the sensor's unit; `None` when it has no exact value.
pub(crate) fn reading_micro(record: &[u8], raw: u8) -> Option<i64> {
    match decode(record).ok()?.body {
        RecordBody::Full(full) => Converter::of(&full).ok()?.micro(raw).ok(),
        RecordBody::Compact(_)
        | RecordBody::EventOnly(_)
        | RecordBody::FruLocator(_)
        | RecordBody::McLocator(_)
        | RecordBody::Other { .. } => None,
    }
}

/// Where a sensor is, and what it watches.
struct Place {
    owner: u8,
    address: SensorAddress,
    entity: Entity,
}

impl From<&SensorCommon> for Place {
    fn from(common: &SensorCommon) -> Self {
        Self {
            owner: common.owner,
            address: common.address(),
            entity: common.entity,
        }
    }
}

impl From<&EventOnlySensor> for Place {
    fn from(only: &EventOnlySensor) -> Self {
        Self {
            owner: only.owner,
            address: only.address(),
            entity: only.entity,
        }
    }
}

fn sensor(rec: SensorRec, name: String, place: Place, record: &[u8]) -> SensorRecord {
    SensorRecord {
        rec,
        name,
        entity: place.entity,
        sensor: Sensor {
            owner: place.owner,
            address: place.address,
            record: record.to_vec(),
            asserted: EventState::default(),
        },
    }
}

fn full_sensor(full: &FullSensor, bytes: &[u8]) -> SensorRecord {
    let mut rec = common(&full.common, full.oem);
    rec.data_format = data_format(full);
    rec.thresholds.nonlinear = full.linearization != 0;
    sensor(rec, full.id_string.text(), (&full.common).into(), bytes)
}

/// The sensor takes Set Sensor Event Enable, which turns scanning on and off.
///
/// Choice: not where it says elsewhere that it does not take that command, as hot swap sensors do
/// that cannot be turned off.
/// Source: IPMI v2.0 Table 43-1, sensor initialization.
const INIT_SCANNING: u8 = 0x40;

fn common(common: &SensorCommon, oem: u8) -> SensorRec {
    let category = EventCategory::from_ipmi(common.event_type);
    let threshold = common.is_threshold();
    let both = common.assertion_events() | common.deassertion_events();
    let event_control = event_control(common.capabilities);
    SensorRec {
        num: sensor_num(common.address()),
        kind: SensorType::from_ipmi(common.sensor_type),
        category,
        enable_control: common.initialization & INIT_SCANNING != 0
            && event_control != EventControl::ReadOnly,
        event_control,
        events: EventState(if threshold { crossed(both) } else { both }),
        data_format: None,
        thresholds: if threshold {
            thresholds(common)
        } else {
            ThresholdDefinition::default()
        },
        oem: u32::from(oem),
    }
}

fn event_only(only: &EventOnlySensor) -> SensorRec {
    SensorRec {
        num: sensor_num(only.address()),
        kind: SensorType::from_ipmi(only.sensor_type),
        category: EventCategory::from_ipmi(only.event_type),
        enable_control: false,
        event_control: EventControl::ReadOnly,
        // An event-only record does not say which states there are.
        events: EventState(0x7fff),
        data_format: None,
        thresholds: ThresholdDefinition::default(),
        oem: u32::from(only.oem),
    }
}

/// Whether users turn events on and off: of each state, of the sensor, or not at all, as only all
/// events of the controller are, or there are none.
///
/// Source: IPMI v2.0 Table 43-1, sensor capabilities bits 1–0.
fn event_control(capabilities: u8) -> EventControl {
    match capabilities & 3 {
        0 => EventControl::PerEvent,
        1 => EventControl::ReadOnlyMasks,
        _ => EventControl::ReadOnly,
    }
}

/// Threshold states of an event mask, which has two bits (going low, going high) for each.
fn crossed(mask: u16) -> u16 {
    (0..6)
        .filter(|level| mask >> (2 * level) & 3 != 0)
        .fold(0, |states, level| states | 1 << level)
}

/// HPI has the thresholds in IPMI's order. Source: IPMI v2.0 Table 43-1, sensor capabilities bits
/// 5–4: 1 and 2 make hysteresis readable, 2 settable.
fn thresholds(common: &SensorCommon) -> ThresholdDefinition {
    let hysteresis = ThresholdMask::UP_HYSTERESIS | ThresholdMask::LOW_HYSTERESIS;
    let support = common.capabilities >> 4 & 3;
    let readable = if matches!(support, 1 | 2) {
        hysteresis
    } else {
        0
    };
    let settable = if support == 2 { hysteresis } else { 0 };
    ThresholdDefinition {
        readable: ThresholdMask(common.readable_thresholds() | readable),
        writable: ThresholdMask(common.settable_thresholds() | settable),
        nonlinear: false,
    }
}

fn data_format(full: &FullSensor) -> Option<DataFormat> {
    full.common.analog_format()?;
    let units = full.common.units();
    let unit =
        |code: u8| SensorUnits::from_number(u32::from(code)).unwrap_or(SensorUnits::Unspecified);
    let (modifier_use, modifier_units) = match units.modifier {
        None => (ModifierUse::None, SensorUnits::Unspecified),
        Some((UnitModifier::Divide, code)) => (ModifierUse::BasicOverModifier, unit(code)),
        Some((UnitModifier::Multiply, code)) => (ModifierUse::BasicTimesModifier, unit(code)),
    };
    Some(DataFormat {
        reading: ReadingType::Float64,
        base_units: unit(units.base),
        modifier_units,
        modifier_use,
        percentage: units.percentage,
        range: range(full),
        accuracy_micro: 0,
    })
}

/// Source: IPMI v2.0 Table 43-1, analog characteristic flags: bit 0 nominal, 1 normal maximum, 2
/// normal minimum.
fn range(full: &FullSensor) -> Range {
    let Ok(converter) = Converter::of(full) else {
        return Range::default();
    };
    let value = |raw: u8| converter.micro(raw).ok();
    let given = |bit: u8, raw: u8| {
        if full.analog_flags & bit != 0 {
            value(raw)
        } else {
            None
        }
    };
    let (max, min) = limits(full);
    let mut range = Range {
        max_micro: value(max),
        min_micro: value(min),
        nominal_micro: given(1, full.nominal),
        normal_max_micro: given(2, full.normal_max),
        normal_min_micro: given(4, full.normal_min),
    };
    // A negative factor turns the order of raw readings round.
    if range.max_micro < range.min_micro {
        core::mem::swap(&mut range.max_micro, &mut range.min_micro);
        core::mem::swap(&mut range.normal_max_micro, &mut range.normal_min_micro);
    }
    range
}

/// Raw limits; those that are equal are not given, and then the format's own hold.
fn limits(full: &FullSensor) -> (u8, u8) {
    if full.sensor_max != full.sensor_min {
        return (full.sensor_max, full.sensor_min);
    }
    match full.common.analog_format() {
        Some(AnalogFormat::OnesComplement) => (0x7f, 0x80),
        Some(AnalogFormat::TwosComplement) => (0x7f, 0x80),
        Some(AnalogFormat::Unsigned) | None => (0xff, 0x00),
    }
}
