//! The sensors of each part, and what they measure in the shelf.

use crate::operator::Feed;
use crate::parts::{FAN, Part};
use crate::power::Supply;
use crate::thermal::{Climate, Load};
use ipmc::{Reading, SensorConfig, Threshold};
use ipmi::sdr::Factors;

/// Temperature of the air that comes in, °C.
pub(crate) const INLET_CELSIUS: u8 = 25;
/// Its sensor at the shelf manager.
pub(crate) const INLET: u8 = 1;
/// Fans of a tray have the numbers 1–4.
pub(crate) const FANS: u8 = 4;
/// Speed of a fan at the normal level, rpm; the other levels in proportion.
const RPM_NORMAL: u16 = 6000;
/// One count of a fan's sensor.
const RPM_COUNT: i16 = 60;
/// One count of a feed's sensor is this part of a volt.
const FEED_COUNTS: u16 = 4;

/// Sensor types. Source: IPMI v2.0 Table 42-3.
mod kind {
    pub(super) const TEMPERATURE: u8 = 0x01;
    pub(super) const VOLTAGE: u8 = 0x02;
    pub(super) const CURRENT: u8 = 0x03;
    pub(super) const FAN: u8 = 0x04;
    /// Other units-based sensor.
    pub(super) const OTHER: u8 = 0x0b;
}

/// Unit codes. Source: IPMI v2.0 Table 43-15.
mod unit {
    pub(super) const CELSIUS: u8 = 1;
    pub(super) const VOLTS: u8 = 4;
    pub(super) const AMPERES: u8 = 5;
    pub(super) const WATTS: u8 = 6;
    pub(super) const RPM: u8 = 0x12;
}

/// What a sensor measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meter {
    /// How warm the part is: this share of the way from the inlet, %.
    Warmth(u8),
    /// The air in front of the part.
    AirInFront,
    /// The air that comes into the shelf.
    Inlet,
    /// What the payload draws, W.
    PayloadPower,
    /// The current of the payload: this share of it at 12 V, %.
    PayloadCurrent(u8),
    /// How fast the fans turn.
    FanSpeed,
    /// The voltage of an input.
    Feed(Feed),
    /// Always the same.
    Steady,
}

/// What meters look at.
pub(crate) struct Scene<'a> {
    pub(crate) climate: &'a Climate,
    pub(crate) load: &'a Load,
    pub(crate) supply: &'a Supply,
    /// What the part's payload draws, W.
    pub(crate) payload_w: u16,
}

impl Meter {
    /// The raw reading; `None` where it never changes, or nothing can be measured.
    pub(crate) fn read(self, part: &Part, scene: &Scene<'_>) -> Option<u8> {
        let (climate, load) = (scene.climate, scene.load);
        let inlet = climate.inlet_milli();
        Some(match self {
            Self::Warmth(percent) => {
                let above = climate.of(part.address()) - inlet;
                celsius(inlet + above / 100 * i32::from(percent))
            }
            Self::AirInFront => celsius(climate.in_front_of(part, load)),
            Self::Inlet => celsius(inlet),
            Self::PayloadPower => count(scene.payload_w),
            Self::PayloadCurrent(percent) => {
                // In tenths of an ampere at 12 V.
                count(scene.payload_w * u16::from(percent) / 120)
            }
            Self::FanSpeed => {
                // Fans without power have no speed that could be too low.
                let rpm = load.fans_rpm.get(part.zone).copied().flatten()?;
                count(rpm / RPM_COUNT.unsigned_abs())
            }
            Self::Feed(feed) => {
                let volts = scene.supply.volts(part.site.number, feed);
                // Choice: input B is a quarter of a volt above input A.
                let offset = u16::from(feed == Feed::B && volts > 0);
                count(u16::from(volts) * FEED_COUNTS + offset)
            }
            Self::Steady => return None,
        })
    }
}

/// Speed of the fans at a level, rpm; above the highest level they stand.
pub(crate) fn rpm(level: u8) -> u16 {
    match level {
        0..=15 => RPM_NORMAL / u16::from(FAN.level_normal) * u16::from(level),
        _ => 0,
    }
}

pub(crate) fn of_blade(part: &Part, count: u8) -> Vec<(SensorConfig, Meter)> {
    let slot = part.site.number;
    let cpu = temperature(part, 1, (&format!("B{slot} CPU Temp"), 44 + slot));
    let inlet = temperature(part, 2, (&format!("B{slot} Inlet"), 28));
    let limits = [Some(180), Some(170), None, Some(220), Some(230), None];
    let name = format!("B{slot} +12V");
    let voltage = sensor(
        part,
        (3, kind::VOLTAGE),
        (&name, 200),
        scale(unit::VOLTS, 6, -2, limits),
    );
    let limits = [None, None, None, Some(220), Some(240), None];
    let name = format!("B{slot} Power");
    let power = sensor(
        part,
        (4, kind::OTHER),
        (&name, 200),
        scale(unit::WATTS, 1, 0, limits),
    );
    let usual = [
        (of_payload(cpu), Meter::Warmth(100)),
        (inlet, Meter::AirInFront),
        (of_payload(voltage), Meter::Steady),
        (power, Meter::PayloadPower),
    ];
    let more = (usual.len() as u8 + 1..=count).map(|number| further(part, number));
    let more = more.map(|(sensor, meter)| (of_payload(sensor), meter));
    usual.into_iter().chain(more).collect()
}

/// Temperatures, voltages and currents in turn.
fn further(part: &Part, number: u8) -> (SensorConfig, Meter) {
    let slot = part.site.number;
    match number % 3 {
        0 => {
            let name = format!("B{slot} Temp {number}");
            (
                temperature(part, number, (&name, 35)),
                Meter::Warmth(20 + number % 60),
            )
        }
        1 => {
            let limits = [None, None, None, Some(200), Some(220), None];
            let reading = scale(unit::AMPERES, 1, -1, limits);
            let name = format!("B{slot} I {number}");
            let sensor = sensor(part, (number, kind::CURRENT), (&name, 10), reading);
            (sensor, Meter::PayloadCurrent(1 + number % 10))
        }
        _ => {
            let limits = [Some(114), Some(108), None, Some(126), Some(132), None];
            let reading = scale(unit::VOLTS, 1, -2, limits);
            let name = format!("B{slot} 1V2 {number}");
            let sensor = sensor(part, (number, kind::VOLTAGE), (&name, 120), reading);
            (sensor, Meter::Steady)
        }
    }
}

pub(crate) fn of_fan_tray(part: &Part) -> Vec<(SensorConfig, Meter)> {
    let fans = (1..=FANS).map(|number| {
        let limits = [Some(15), Some(10), Some(5), None, None, None];
        let reading = scale(unit::RPM, RPM_COUNT, 0, limits);
        let name = format!("Fan {number}");
        let normal = RPM_NORMAL / RPM_COUNT.unsigned_abs();
        let fan = sensor(part, (number, kind::FAN), (&name, count(normal)), reading);
        (of_payload(fan), Meter::FanSpeed)
    });
    let exhaust = temperature(part, FANS + 1, ("Exhaust", 38));
    fans.chain([(exhaust, Meter::Warmth(100))]).collect()
}

pub(crate) fn of_power_module(part: &Part) -> Vec<(SensorConfig, Meter)> {
    let inputs = [(1, "-48V A", 192, Feed::A), (2, "-48V B", 193, Feed::B)];
    let voltages = inputs.map(|(number, name, raw, feed)| {
        let limits = [Some(180), Some(170), None, Some(240), Some(250), None];
        let reading = scale(unit::VOLTS, 25, -2, limits);
        let sensor = sensor(part, (number, kind::VOLTAGE), (name, raw), reading);
        (sensor, Meter::Feed(feed))
    });
    let temperature = temperature(part, 3, ("PEM Temp", 40));
    voltages
        .into_iter()
        .chain([(temperature, Meter::Warmth(100))])
        .collect()
}

pub(crate) fn of_cmm(part: &Part) -> Vec<(SensorConfig, Meter)> {
    let name = format!("{} Temp", part.name);
    vec![(temperature(part, 1, (&name, 35)), Meter::Warmth(100))]
}

fn of_payload(sensor: SensorConfig) -> SensorConfig {
    SensorConfig {
        of_payload: true,
        ..sensor
    }
}

pub(crate) fn temperature(part: &Part, number: u8, start: (&str, u8)) -> SensorConfig {
    let limits = [Some(5), Some(2), None, Some(70), Some(85), Some(95)];
    let reading = scale(unit::CELSIUS, 1, 0, limits);
    sensor(part, (number, kind::TEMPERATURE), start, reading)
}

fn sensor(
    part: &Part,
    (number, sensor_type): (u8, u8),
    (name, raw): (&str, u8),
    reading: Reading,
) -> SensorConfig {
    SensorConfig {
        number,
        sensor_type,
        entity: part.entity,
        name: name.into(),
        raw,
        of_payload: false,
        reading,
        ..SensorConfig::default()
    }
}

/// Readings of `m · 10^exponent` units for each count.
fn scale(unit: u8, m: i16, result_exponent: i8, thresholds: [Option<u8>; 6]) -> Reading {
    Reading::Threshold(Threshold {
        unit,
        factors: Factors {
            m,
            result_exponent,
            ..Factors::default()
        },
        thresholds,
        hysteresis: 2,
    })
}

/// To the nearest degree; what is below zero reads as zero.
fn celsius(milli: i32) -> u8 {
    u8::try_from((milli.max(0) + 500) / 1000).unwrap_or(u8::MAX)
}

fn count(counts: u16) -> u8 {
    u8::try_from(counts).unwrap_or(u8::MAX)
}
