//! Sensor and event commands. Source: IPMI v2.0 §29 and §35.

use super::{Empty, bodies, commands};
use crate::sel::{Event, UNSPECIFIED};

bodies! {
    /// Set Event Receiver. Source: IPMI v2.0 §29.1.
    SetEventReceiver {
        /// Slave address of the receiver, 8 bits; FFh turns event messages off.
        address: u8,
        /// Logical unit of the receiver.
        lun: u8,
    }

    /// Get Event Receiver. Source: IPMI v2.0 §29.2.
    GetEventReceiver {}

    /// Answer to Get Event Receiver.
    EventReceiver {
        /// Slave address of the receiver, 8 bits; FFh when event messages are off.
        address: u8,
        /// Logical unit of the receiver.
        lun: u8,
    }

    /// Platform Event, as IPMB carries it. Source: IPMI v2.0 §29.3.
    PlatformEvent {
        /// Event message revision, 04h.
        revision: u8,
        /// Sensor type.
        sensor_type: u8,
        /// Sensor number.
        number: u8,
        /// Bit 7: deassertion; bits 6–0: event/reading type.
        direction_type: u8,
        /// Event data 1.
        data1: u8,
        /// Event data 2; absent is unspecified.
        data2: Option<u8>,
        /// Event data 3; absent is unspecified.
        data3: Option<u8>,
    }

    /// Get Device SDR Info. Source: IPMI v2.0 §35.2.
    GetDeviceSdrInfo {
        /// Bit 0: 1 counts SDRs, 0 (or absent) counts sensors of this logical unit.
        operation: Option<u8>,
    }

    /// Answer to Get Device SDR Info.
    DeviceSdrInfo {
        /// Number of sensors or SDRs, as asked.
        count: u8,
        /// Bit 7: the population is dynamic; bits 3–0: logical units 3–0 have sensors.
        flags: u8,
        /// Changes whenever a dynamic population does.
        change: Option<u32>,
    }

    /// Get Device SDR. Source: IPMI v2.0 §35.3.
    GetDeviceSdr {
        /// Reservation; may be 0 when `offset` is 0.
        reservation: u16,
        /// Record id; 0000h is the first record.
        record: u16,
        /// Offset into the record.
        offset: u8,
        /// Bytes to read; FFh is the whole record.
        count: u8,
    }

    /// Answer to Get Device SDR, Get SDR and Get SEL Entry.
    RecordData {
        /// Id of the next record; FFFFh behind the last one.
        next: u16,
        /// The bytes.
        data: alloc::vec::Vec<u8>,
    }

    /// Reserve Device SDR Repository. Source: IPMI v2.0 §35.4.
    ReserveDeviceSdr {}

    /// Answer to a Reserve command.
    Reservation {
        /// Reservation id.
        reservation: u16,
    }

    /// Get Sensor Reading Factors. Source: IPMI v2.0 §35.5.
    GetSensorReadingFactors {
        /// Sensor number.
        number: u8,
        /// Raw reading that the factors are for.
        raw: u8,
    }

    /// Answer to Get Sensor Reading Factors: the factors as an SDR holds them at offset 24.
    ReadingFactors {
        /// Next raw reading for which the factors change.
        next: u8,
        /// M, tolerance, B, accuracy and exponents.
        factors: [u8; 6],
    }

    /// Set Sensor Hysteresis. Source: IPMI v2.0 §35.6.
    SetSensorHysteresis {
        /// Sensor number.
        number: u8,
        /// Reserved, FFh.
        mask: u8,
        /// Positive-going, raw counts.
        positive: u8,
        /// Negative-going, raw counts.
        negative: u8,
    }

    /// Get Sensor Hysteresis. Source: IPMI v2.0 §35.7.
    GetSensorHysteresis {
        /// Sensor number.
        number: u8,
        /// Reserved, FFh.
        mask: u8,
    }

    /// Answer to Get Sensor Hysteresis.
    SensorHysteresis {
        /// Positive-going, raw counts.
        positive: u8,
        /// Negative-going, raw counts.
        negative: u8,
    }

    /// Set Sensor Thresholds. Source: IPMI v2.0 §35.8.
    SetSensorThresholds {
        /// Sensor number.
        number: u8,
        /// Which thresholds to set: bits 0–5 in the order of `thresholds`.
        mask: u8,
        /// Lower non-critical, critical, non-recoverable; upper non-critical, critical,
        /// non-recoverable.
        thresholds: [u8; 6],
    }

    /// Get Sensor Thresholds. Source: IPMI v2.0 §35.9.
    GetSensorThresholds {
        /// Sensor number.
        number: u8,
    }

    /// Answer to Get Sensor Thresholds.
    SensorThresholds {
        /// Which are readable: bits 0–5 in the order of `thresholds`.
        mask: u8,
        /// Lower non-critical, critical, non-recoverable; upper non-critical, critical,
        /// non-recoverable.
        thresholds: [u8; 6],
    }

    /// Set Sensor Event Enable. Source: IPMI v2.0 §35.10.
    SetSensorEventEnable {
        /// Sensor number.
        number: u8,
        /// Bit 7: event messages; 6: scanning; 5–4: 0 leave single events, 1 enable, 2 disable the
        /// selected ones.
        flags: u8,
        /// Assertion events selected.
        assertion: Option<u16>,
        /// Deassertion events selected.
        deassertion: Option<u16>,
    }

    /// Get Sensor Event Enable. Source: IPMI v2.0 §35.11.
    GetSensorEventEnable {
        /// Sensor number.
        number: u8,
    }

    /// Answer to Get Sensor Event Enable.
    SensorEventEnable {
        /// Bit 7: event messages are on; 6: scanning is on.
        flags: u8,
        /// Assertion events that are enabled.
        assertion: Option<u16>,
        /// Deassertion events that are enabled.
        deassertion: Option<u16>,
    }

    /// Re-arm Sensor Events. Source: IPMI v2.0 §35.12.
    RearmSensorEvents {
        /// Sensor number.
        number: u8,
        /// Bit 7: 0 re-arms all events.
        flags: u8,
        /// Assertion events to re-arm.
        assertion: Option<u16>,
        /// Deassertion events to re-arm.
        deassertion: Option<u16>,
    }

    /// Get Sensor Event Status. Source: IPMI v2.0 §35.13.
    GetSensorEventStatus {
        /// Sensor number.
        number: u8,
    }

    /// Answer to Get Sensor Event Status.
    SensorEventStatus {
        /// Bit 7: event messages are on; 6: scanning is on; 5: reading unavailable.
        flags: u8,
        /// Assertion events that happened.
        assertion: Option<u16>,
        /// Deassertion events that happened.
        deassertion: Option<u16>,
    }

    /// Get Sensor Reading. Source: IPMI v2.0 §35.14.
    GetSensorReading {
        /// Sensor number.
        number: u8,
    }

    /// Answer to Get Sensor Reading.
    SensorReading {
        /// Raw reading; meaningless for discrete sensors.
        raw: u8,
        /// Bit 7: event messages are on; 6: scanning is on; 5: reading unavailable.
        flags: u8,
        /// Threshold comparison (bits 0–5) or discrete states 0–7.
        states: Option<u8>,
        /// Discrete states 8–14; bit 7 is reserved and set.
        states_high: Option<u8>,
    }

    /// Set Sensor Type. Source: IPMI v2.0 §35.15.
    SetSensorType {
        /// Sensor number.
        number: u8,
        /// Sensor type.
        sensor_type: u8,
        /// Bits 6–0: event/reading type.
        event_type: u8,
    }

    /// Get Sensor Type. Source: IPMI v2.0 §35.16.
    GetSensorType {
        /// Sensor number.
        number: u8,
    }

    /// Answer to Get Sensor Type.
    SensorType {
        /// Sensor type.
        sensor_type: u8,
        /// Bits 6–0: event/reading type.
        event_type: u8,
    }

    /// Set Sensor Reading and Event Status. Source: IPMI v2.0 §35.17.
    SetSensorReadingAndEventStatus {
        /// Sensor number.
        number: u8,
        /// Bits 7–6: event data (0 leave, 1 write with the offset, 2 write without it); 5–4:
        /// assertion bits; 3–2: deassertion bits (each 0 leave, 1 write, 2 set those given, 3 clear
        /// those given); 1–0: reading (0 leave, 1 write).
        operations: u8,
        /// Raw reading.
        raw: u8,
        /// Assertion events.
        assertion: Option<u16>,
        /// Deassertion events.
        deassertion: Option<u16>,
        /// Event data 1–3.
        event_data: Option<[u8; 3]>,
    }
}

commands! { SENSOR_EVENT, None;
    0x00 SetEventReceiver => Empty;
    0x01 GetEventReceiver => EventReceiver;
    0x02 PlatformEvent => Empty;
    0x20 GetDeviceSdrInfo => DeviceSdrInfo;
    0x21 GetDeviceSdr => RecordData;
    0x22 ReserveDeviceSdr => Reservation;
    0x23 GetSensorReadingFactors => ReadingFactors;
    0x24 SetSensorHysteresis => Empty;
    0x25 GetSensorHysteresis => SensorHysteresis;
    0x26 SetSensorThresholds => Empty;
    0x27 GetSensorThresholds => SensorThresholds;
    0x28 SetSensorEventEnable => Empty;
    0x29 GetSensorEventEnable => SensorEventEnable;
    0x2a RearmSensorEvents => Empty;
    0x2b GetSensorEventStatus => SensorEventStatus;
    0x2d GetSensorReading => SensorReading;
    0x2e SetSensorType => Empty;
    0x2f GetSensorType => SensorType;
    0x30 SetSensorReadingAndEventStatus => Empty;
}

impl SensorReading {
    /// Whether the sensor gives a value at the moment.
    #[must_use]
    pub fn available(&self) -> bool {
        self.flags & 0x20 == 0
    }

    /// Whether it scans, sends events and gives states at the moment.
    #[must_use]
    pub fn tells_states(&self) -> bool {
        self.flags & 0xe0 == 0xc0
    }

    /// The states that hold: bits 0–14.
    #[must_use]
    pub fn state_bits(&self) -> u16 {
        u16::from_le_bytes([
            self.states.unwrap_or(0),
            self.states_high.unwrap_or(0) & 0x7f,
        ])
    }
}

/// Deassertion, in the byte of the event/reading type. Source: IPMI v2.0 §29.3.
const DEASSERTION: u8 = 0x80;

impl PlatformEvent {
    /// The event that the message tells of. `generator` and `generator_lun` are those of whoever
    /// sent it, as [`Event`] has them.
    #[must_use]
    pub fn event(&self, generator: u8, generator_lun: u8) -> Event {
        Event {
            generator,
            generator_lun,
            revision: self.revision,
            sensor_type: self.sensor_type,
            number: self.number,
            assertion: self.direction_type & DEASSERTION == 0,
            event_type: self.direction_type & !DEASSERTION,
            data: [
                self.data1,
                self.data2.unwrap_or(UNSPECIFIED),
                self.data3.unwrap_or(UNSPECIFIED),
            ],
        }
    }
}

impl From<&Event> for PlatformEvent {
    /// The message that tells of an event.
    fn from(event: &Event) -> Self {
        let [data1, data2, data3] = event.data;
        let direction = if event.assertion { 0 } else { DEASSERTION };
        Self {
            revision: event.revision,
            sensor_type: event.sensor_type,
            number: event.number,
            direction_type: direction | event.event_type & !DEASSERTION,
            data1,
            data2: Some(data2),
            data3: Some(data3),
        }
    }
}
