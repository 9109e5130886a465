//! System event log records, and the events in them. Source: IPMI v2.0 §32, §41, §42.

use crate::description::SensorAddress;
use crate::wire::U24;
use serde::{Deserialize, Serialize};

/// Bytes of a record.
pub const RECORD_LEN: usize = 16;

/// Record type: event. Source: IPMI v2.0 Table 32-1.
pub const TYPE_EVENT: u8 = 0x02;

/// Sensor type: FRU hot swap. Source: PICMG 3.0 R3.0, FRU hot swap sensor.
pub const SENSOR_TYPE_HOT_SWAP: u8 = 0xf0;

/// Event/reading type: sensor specific. Source: IPMI v2.0 Table 42-1.
pub const EVENT_TYPE_SENSOR_SPECIFIC: u8 = 0x6f;

/// Event/reading type: threshold. Source: IPMI v2.0 Table 42-1.
pub const EVENT_TYPE_THRESHOLD: u8 = 0x01;

/// Event data that is not specified. Source: IPMI v2.0 Table 29-6.
pub const UNSPECIFIED: u8 = 0xff;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Record id, the log's own.
    pub id: u16,
    /// What it says.
    pub body: RecordBody,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordBody {
    /// Type 02h: an event.
    Event {
        /// When, seconds since 1970; below 20000000h since the start of the device; FFFFFFFFh is
        /// unknown.
        timestamp: u32,
        /// What happened.
        event: Event,
    },
    /// Types C0h–DFh: OEM, with a time.
    OemTimestamped {
        /// Record type.
        kind: u8,
        /// When, as for events.
        timestamp: u32,
        /// Manufacturer, an IANA enterprise number.
        manufacturer: U24,
        /// Its data.
        data: [u8; 6],
    },
    /// Types E0h–FFh: OEM, without a time; and the types that the standard reserves.
    Other {
        /// Record type.
        kind: u8,
        /// Its data.
        data: [u8; 13],
    },
}

/// Something that a sensor said.
///
/// Two copies of one event, from the log and from the event message buffer, are equal: record ids
/// and times are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Event {
    /// Slave address of the generator, 8 bits; bit 0 set: a software id.
    pub generator: u8,
    /// Bits 7–4: channel; bits 1–0: logical unit.
    pub generator_lun: u8,
    /// Event message revision, 04h.
    pub revision: u8,
    /// Sensor type.
    pub sensor_type: u8,
    /// Sensor number.
    pub number: u8,
    /// Whether the condition began; `false`: it ended.
    pub assertion: bool,
    /// Event/reading type, 7 bits.
    pub event_type: u8,
    /// Event data 1–3.
    pub data: [u8; 3],
}

/// What the offset of an event means. Source: IPMI v2.0 Table 42-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventClass {
    /// A threshold was crossed.
    Threshold,
    /// A state of generic type 02h–0Ch.
    Generic(u8),
    /// A state that the sensor type defines.
    SensorSpecific,
    /// A state that the manufacturer defines, 70h–7Fh.
    Oem(u8),
    /// Unspecified or reserved.
    Other(u8),
}

/// A FRU hot swap event. Source: PICMG 3.0 R3.0, FRU hot swap event message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotSwapEvent {
    /// State now, 0–7.
    pub current: u8,
    /// State before, 0–7; `None` when the controller does not say.
    pub previous: Option<u8>,
    /// Cause of the change, 0–15; `None` when the controller does not say.
    pub cause: Option<u8>,
    /// FRU device id; `None` when the controller does not say.
    pub fru_id: Option<u8>,
}

impl Record {
    /// Reads the bytes of a record.
    #[must_use]
    pub fn decode(bytes: &[u8; RECORD_LEN]) -> Self {
        let [id_low, id_high, kind, rest @ ..] = *bytes;
        let [t0, t1, t2, t3, g0, g1, a, b, c, d, e, f, g] = rest;
        let timestamp = u32::from_le_bytes([t0, t1, t2, t3]);
        let body = match kind {
            TYPE_EVENT => RecordBody::Event {
                timestamp,
                event: Event {
                    generator: g0,
                    generator_lun: g1,
                    revision: a,
                    sensor_type: b,
                    number: c,
                    assertion: d & 0x80 == 0,
                    event_type: d & 0x7f,
                    data: [e, f, g],
                },
            },
            0xc0..=0xdf => RecordBody::OemTimestamped {
                kind,
                timestamp,
                manufacturer: U24([g0, g1, a]),
                data: [b, c, d, e, f, g],
            },
            kind => RecordBody::Other { kind, data: rest },
        };
        Self {
            id: u16::from_le_bytes([id_low, id_high]),
            body,
        }
    }

    /// Writes the bytes of a record.
    #[must_use]
    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let (kind, data) = match self.body {
            RecordBody::Event { timestamp, event } => {
                let [t0, t1, t2, t3] = timestamp.to_le_bytes();
                let direction = if event.assertion { 0x00 } else { 0x80 };
                let [e, f, g] = event.data;
                let (g0, g1) = (event.generator, event.generator_lun);
                let sensor = (event.revision, event.sensor_type, event.number);
                let (a, b, c) = sensor;
                let d = direction | event.event_type & 0x7f;
                (TYPE_EVENT, [t0, t1, t2, t3, g0, g1, a, b, c, d, e, f, g])
            }
            RecordBody::OemTimestamped {
                kind,
                timestamp,
                manufacturer,
                data,
            } => {
                let [t0, t1, t2, t3] = timestamp.to_le_bytes();
                let [m0, m1, m2] = manufacturer.0;
                let [b, c, d, e, f, g] = data;
                (kind, [t0, t1, t2, t3, m0, m1, m2, b, c, d, e, f, g])
            }
            RecordBody::Other { kind, data } => (kind, data),
        };
        let mut out = [0; RECORD_LEN];
        let [id_low, id_high] = self.id.to_le_bytes();
        out[..3].copy_from_slice(&[id_low, id_high, kind]);
        out[3..].copy_from_slice(&data);
        out
    }
}

impl RecordBody {
    /// Record type.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match self {
            Self::Event { .. } => TYPE_EVENT,
            Self::OemTimestamped { kind, .. } | Self::Other { kind, .. } => *kind,
        }
    }

    /// When, as in [`RecordBody::Event`]; `None` for types without a time.
    #[must_use]
    pub fn timestamp(&self) -> Option<u32> {
        match self {
            Self::Event { timestamp, .. } | Self::OemTimestamped { timestamp, .. } => {
                Some(*timestamp)
            }
            Self::Other { .. } => None,
        }
    }
}

impl Event {
    /// The sensor within the generator.
    #[must_use]
    pub fn sensor(&self) -> SensorAddress {
        SensorAddress {
            lun: self.generator_lun & 3,
            number: self.number,
        }
    }

    /// What happened: threshold number (see [`crate::names`]) or state, 0–15.
    #[must_use]
    pub fn offset(&self) -> u8 {
        self.data[0] & 0x0f
    }

    /// What the offset means.
    #[must_use]
    pub fn class(&self) -> EventClass {
        match self.event_type {
            EVENT_TYPE_THRESHOLD => EventClass::Threshold,
            code @ 0x02..=0x0c => EventClass::Generic(code),
            EVENT_TYPE_SENSOR_SPECIFIC => EventClass::SensorSpecific,
            code @ 0x70..=0x7f => EventClass::Oem(code),
            code => EventClass::Other(code),
        }
    }

    /// Raw reading that triggered a threshold event, where it is given.
    #[must_use]
    pub fn trigger_reading(&self) -> Option<u8> {
        let given = self.class() == EventClass::Threshold && self.data[0] >> 6 == 1;
        given.then_some(self.data[1])
    }

    /// Raw threshold that was crossed, where it is given.
    #[must_use]
    pub fn trigger_threshold(&self) -> Option<u8> {
        let given = self.class() == EventClass::Threshold && self.data[0] >> 4 & 3 == 1;
        given.then_some(self.data[2])
    }

    /// The event as a hot swap event; `None` when it is another one, or says which state was left
    /// only.
    #[must_use]
    pub fn hot_swap(&self) -> Option<HotSwapEvent> {
        let is_hot_swap = self.sensor_type == SENSOR_TYPE_HOT_SWAP
            && self.event_type == EVENT_TYPE_SENSOR_SPECIFIC
            && self.assertion
            && self.offset() <= 7;
        let data2 = specified(self.data[0] >> 6, self.data[1]);
        is_hot_swap.then_some(HotSwapEvent {
            current: self.offset(),
            previous: data2.map(|data| data & 0x07),
            cause: data2.map(|data| data >> 4),
            fru_id: specified(self.data[0] >> 4 & 3, self.data[2]),
        })
    }
}

/// An event data byte whose kind says that it is there.
fn specified(kind: u8, data: u8) -> Option<u8> {
    (kind != 0 && data != UNSPECIFIED).then_some(data)
}

impl HotSwapEvent {
    /// Its three event data bytes. Source: PICMG 3.0 R3.0, FRU hot swap event message.
    #[must_use]
    pub fn data(&self) -> [u8; 3] {
        let data2 = match (self.previous, self.cause) {
            (None, None) => UNSPECIFIED,
            (previous, cause) => cause.unwrap_or(0x0f) << 4 | previous.unwrap_or(0) & 0x0f,
        };
        [
            0xa0 | self.current & 0x0f,
            data2,
            self.fru_id.unwrap_or(UNSPECIFIED),
        ]
    }
}
