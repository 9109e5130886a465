//! Sensor data records of a controller: device SDRs, or the main repository at the shelf manager.
//!
//! Source: IPMI v2.0 §33, §35.2–§35.4, §43.

use crate::HOT_SWAP_SENSOR;
use crate::config::{Config, Reading, SensorConfig, Threshold};
use crate::own_sensors::{HOT_SWAP_STATES, IPMB_STATES};
use crate::sensor::{event_mask, readable};
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::sensor::RecordData;
use ipmi::ipmb_state::SENSOR_TYPE_IPMB;
use ipmi::message::CompletionCode;
use ipmi::sdr::{
    CompactSensor, Entity, FruLocator, FullSensor, McLocator, Record, RecordBody, SensorCommon,
    TYPE_FULL, encode,
};
use ipmi::sel::{EVENT_TYPE_SENSOR_SPECIFIC, EVENT_TYPE_THRESHOLD, SENSOR_TYPE_HOT_SWAP};
use ipmi::text::Text;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Where a full sensor record has M, tolerance, B, accuracy and exponents.
/// Source: IPMI v2.0 Table 43-1.
const FACTORS: core::ops::Range<usize> = 24..30;
const SDR_VERSION: u8 = 0x51;
/// No next record.
const LAST: u16 = 0xffff;
/// As many bytes as there are.
const WHOLE: u8 = 0xff;
/// Scanning, events, thresholds, hysteresis, type are set at start; events and scanning on.
const INITIALIZED: u8 = 0x7f;
/// Auto re-arm, hysteresis and thresholds readable and settable, event control for each state.
const CAPABILITIES: u8 = 0x68;
/// Most records of other controllers in the repository of the shelf manager.
pub const COLLECTED_MAX: usize = 4096;
/// Auto re-arm only.
const CAPABILITIES_DISCRETE: u8 = AUTO_REARM;
const AUTO_REARM: u8 = 0x40;
/// Events are turned off all together only. Source: IPMI v2.0 Table 43-1, event message control.
const GLOBAL_DISABLE_ONLY: u8 = 0b10;
/// Threshold reading masks: from this bit on, the thresholds that readings are compared with, lower
/// ones in the assertion mask and upper ones in the other. Source: IPMI v2.0 Table 43-1.
const COMPARED: u32 = 12;

/// The records, encoded, with the reservation for reading them in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Records {
    records: Vec<Vec<u8>>,
    /// How many of them are its own; those that it collected follow.
    own: usize,
    /// When it collected last, seconds since 1970.
    changed_at_s: u32,
    reservation: u16,
    read_len_max: u8,
}

/// A read of a record, or of a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(crate) reservation: u16,
    pub(crate) record: u16,
    pub(crate) offset: u8,
    pub(crate) count: u8,
}

impl Records {
    pub(crate) fn new(config: &Config) -> Self {
        let mut bodies = vec![controller(config)];
        if config.hot_swap.is_some() {
            let own = (HOT_SWAP_SENSOR, config.entity, config.name.as_str());
            bodies.push(hot_swap_sensor(config.address, own));
        }
        bodies.extend(config.frus.iter().filter_map(|fru| {
            let sensor = fru.hot_swap.as_ref()?.sensor;
            Some(hot_swap_sensor(
                config.address,
                (sensor, fru.entity, &fru.name),
            ))
        }));
        if let Some(sensor) = config.ipmb_sensor {
            bodies.push(ipmb_sensor(config, sensor));
        }
        let sensors = config.sensors.iter();
        bodies.extend(sensors.map(|sensor| sensor_record(config.address, sensor)));
        let others = config.frus.iter().filter(|fru| fru.fru_id != 0);
        bodies.extend(others.map(|fru| {
            RecordBody::FruLocator(FruLocator {
                access_address: config.address,
                fru_id: fru.fru_id,
                access: 0x80,
                device_type: 0x10,
                entity: fru.entity,
                id_string: Text::latin1(&fru.name),
                ..FruLocator::default()
            })
        }));
        let records = (1..).zip(bodies).map(|(id, body)| {
            encode(&Record {
                id,
                version: SDR_VERSION,
                body,
            })
        });
        let records: Vec<_> = records.collect();
        Self {
            own: records.len(),
            records,
            changed_at_s: 0,
            reservation: 0,
            read_len_max: config.read_len_max,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn all(&self) -> &[Vec<u8>] {
        &self.records
    }

    pub(crate) fn changed_at_s(&self) -> u32 {
        self.changed_at_s
    }

    /// Puts the records of others behind its own. Whoever reads in parts must notice.
    pub(crate) fn collect(&mut self, now: Time, others: &[Vec<u8>]) {
        self.records.truncate(self.own);
        for record in others.iter().take(COLLECTED_MAX) {
            // Ids count from 1.
            let [low, high] = (self.records.len() as u16 + 1).to_le_bytes();
            let body = record.get(2..).unwrap_or_default();
            self.records.push([&[low, high], body].concat());
        }
        self.changed_at_s = u32::try_from(now.0 / 1_000_000_000).unwrap_or(u32::MAX);
        self.reserve();
    }

    /// A new reservation, which ends the one before; never 0.
    pub(crate) fn reserve(&mut self) -> u16 {
        self.reservation = self.reservation.checked_add(1).unwrap_or(1);
        self.reservation
    }

    pub(crate) fn read(&self, read: Read) -> Result<RecordData, CompletionCode> {
        let index = match read.record {
            0 => 0,
            LAST => self.records.len().saturating_sub(1),
            id => usize::from(id) - 1,
        };
        let record = self.records.get(index).ok_or(CompletionCode::NOT_PRESENT)?;
        let next = match self.records.get(index + 1) {
            // Ids count from 1.
            Some(_) => index as u16 + 2,
            None => LAST,
        };
        let data = part(record, read, self.reservation, self.read_len_max)?;
        Ok(RecordData { next, data })
    }

    /// Id of the first record behind `after` that locates a FRU; 0 is before the first one.
    pub(crate) fn locator(&self, fru_id: u8, after: u16) -> Option<u16> {
        let own = self.records.iter().take(self.own).enumerate();
        let mut behind = own.skip(usize::from(after));
        let (found, _) = behind.find(|(_, record)| {
            let is_controller = record.get(3) == Some(&ipmi::sdr::TYPE_MC_LOCATOR);
            let is_fru = record.get(3) == Some(&ipmi::sdr::TYPE_FRU_LOCATOR);
            (is_controller && fru_id == 0) || (is_fru && record.get(6) == Some(&fru_id))
        })?;
        Some(found as u16 + 1)
    }

    /// Reading factors of a sensor of its own, as its full record has them.
    pub(crate) fn factors(&self, number: u8) -> Option<[u8; 6]> {
        let mut own = self.records.iter().take(self.own);
        let found =
            own.find(|record| record.get(3) == Some(&TYPE_FULL) && record.get(7) == Some(&number))?;
        found.get(FACTORS)?.first_chunk().copied()
    }
}

/// The bytes of a record that a read asks for.
pub(crate) fn part(
    record: &[u8],
    read: Read,
    reservation: u16,
    read_len_max: u8,
) -> Result<Vec<u8>, CompletionCode> {
    let needed = read.offset != 0 || read.reservation != 0;
    if needed && (read.reservation != reservation || reservation == 0) {
        return Err(CompletionCode::RESERVATION_CANCELLED);
    }
    let offset = usize::from(read.offset);
    let rest = record.get(offset..).ok_or(CompletionCode::OUT_OF_RANGE)?;
    let len = match read.count {
        WHOLE => rest.len(),
        count => rest.len().min(usize::from(count)),
    };
    if len > usize::from(read_len_max) {
        return Err(CompletionCode::CANNOT_RETURN);
    }
    Ok(rest.get(..len).unwrap_or(rest).to_vec())
}

fn controller(config: &Config) -> RecordBody {
    RecordBody::McLocator(McLocator {
        address: config.address,
        capabilities: config.device.support,
        entity: config.entity,
        id_string: Text::latin1(&config.name),
        ..McLocator::default()
    })
}

fn hot_swap_sensor(owner: u8, (number, entity, name): (u8, Entity, &str)) -> RecordBody {
    let common = SensorCommon {
        owner,
        number,
        entity,
        sensor_type: SENSOR_TYPE_HOT_SWAP,
        assertion_mask: HOT_SWAP_STATES,
        reading_mask: HOT_SWAP_STATES,
        ..states()
    };
    compact(common, &alloc::format!("HS {name}"))
}

fn ipmb_sensor(config: &Config, number: u8) -> RecordBody {
    let common = SensorCommon {
        owner: config.address,
        number,
        entity: config.entity,
        sensor_type: SENSOR_TYPE_IPMB,
        assertion_mask: IPMB_STATES,
        reading_mask: IPMB_STATES,
        ..states()
    };
    compact(common, &alloc::format!("IPMB0 {}", config.name))
}

/// What the sensors have in common that tell states of the controller itself.
fn states() -> SensorCommon {
    SensorCommon {
        initialization: INITIALIZED,
        capabilities: CAPABILITIES_DISCRETE | GLOBAL_DISABLE_ONLY,
        event_type: EVENT_TYPE_SENSOR_SPECIFIC,
        deassertion_mask: 0,
        units: [0xc0, 0, 0],
        ..SensorCommon::default()
    }
}

fn compact(common: SensorCommon, name: &str) -> RecordBody {
    RecordBody::Compact(CompactSensor {
        common,
        sharing: 1,
        id_string: Text::latin1(name),
        ..CompactSensor::default()
    })
}

fn sensor_record(owner: u8, sensor: &SensorConfig) -> RecordBody {
    let common = SensorCommon {
        owner,
        number: sensor.number,
        entity: sensor.entity,
        initialization: INITIALIZED,
        sensor_type: sensor.sensor_type,
        ..SensorCommon::default()
    };
    let events = event_mask(&sensor.reading);
    let manual = if sensor.manual_rearm { AUTO_REARM } else { 0 };
    let id_string = Text::latin1(&sensor.name);
    match &sensor.reading {
        Reading::Threshold(threshold) => {
            let mask = readable(&threshold.thresholds);
            let (lower, upper) = (u16::from(mask & 0b111), u16::from(mask >> 3));
            let common = SensorCommon {
                capabilities: CAPABILITIES & !manual,
                event_type: EVENT_TYPE_THRESHOLD,
                assertion_mask: events | lower << COMPARED,
                deassertion_mask: events | upper << COMPARED,
                reading_mask: u16::from_le_bytes([mask, mask]),
                units: [0, threshold.unit, 0],
                ..common
            };
            RecordBody::Full(full(sensor, threshold, common))
        }
        Reading::Discrete { event_type, states } => RecordBody::Compact(CompactSensor {
            common: SensorCommon {
                capabilities: CAPABILITIES_DISCRETE & !manual,
                event_type: *event_type,
                assertion_mask: events,
                deassertion_mask: events,
                reading_mask: *states,
                units: [0xc0, 0, 0],
                ..common
            },
            sharing: 1,
            id_string,
            ..CompactSensor::default()
        }),
    }
}

fn full(sensor: &SensorConfig, threshold: &Threshold, common: SensorCommon) -> FullSensor {
    FullSensor {
        common,
        factors: threshold.factors,
        analog_flags: 0x01,
        nominal: sensor.raw,
        normal_max: threshold.thresholds[3].unwrap_or(0xff),
        normal_min: threshold.thresholds[0].unwrap_or(0),
        sensor_max: 0xff,
        sensor_min: 0,
        thresholds: threshold.thresholds.map(|threshold| threshold.unwrap_or(0)),
        hysteresis_positive: threshold.hysteresis,
        hysteresis_negative: threshold.hysteresis,
        id_string: Text::latin1(&sensor.name),
        ..FullSensor::default()
    }
}
