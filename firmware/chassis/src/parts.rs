//! The parts of the shelf, each with the configuration of its controller.

use crate::{Config, SLOTS, inventory};
use ipmc::{
    FanConfig, FruConfig, HotSwapConfig, PowerConfig, Reading, SensorConfig, ShelfManagerConfig,
    Threshold,
};
use ipmi::command::app::{DeviceId, support};
use ipmi::description::Site;
use ipmi::sdr::{Entity, Factors};

/// Site types. Source: PICMG 3.0 R3.0, site types.
mod site {
    pub(super) const BOARD: u8 = 0x00;
    pub(super) const POWER_ENTRY: u8 = 0x01;
    pub(super) const SHELF_MANAGER: u8 = 0x03;
    pub(super) const FAN_TRAY: u8 = 0x04;
}

/// Entity ids. Source: IPMI v2.0 Table 43-13; PICMG 3.0 R3.0.
mod entity {
    pub(super) const POWER: u8 = 0x0a;
    pub(super) const FAN_TRAY: u8 = 0x1e;
    pub(super) const BOARD: u8 = 0xa0;
    pub(super) const SHELF_MANAGER: u8 = 0xf0;
    pub(super) const SHELF: u8 = 0xf2;
}

/// Sensor number of the first temperature of a blade, the one that follows its load.
pub(crate) const CPU_TEMP: u8 = 1;
/// Fans of a tray have the numbers 1–4.
pub(crate) const FANS: u8 = 4;
/// Fan levels.
pub(crate) const FAN: FanConfig = FanConfig {
    level_min: 1,
    level_max: 15,
    level_normal: 6,
};
/// Raw reading of a fan at the normal level: 6000 rpm.
pub(crate) const FAN_RAW_NORMAL: u8 = 100;

/// Most bytes of data in an IPMB response to a read, and in one over the LAN.
const IPMB_READ_MAX: u8 = 22;
const LAN_READ_MAX: u8 = 64;

/// Something with a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) site: Site,
    name: String,
    entity: Entity,
}

impl Part {
    fn new(hardware_address: u8, (kind, number): (u8, u8), (name, id): (&str, u8)) -> Self {
        let (name, instance) = (name.to_owned(), 0x60 + number - 1);
        Self {
            site: Site {
                hardware_address,
                number,
                kind,
            },
            name,
            entity: Entity { id, instance },
        }
    }

    pub(crate) fn address(&self) -> u8 {
        self.site.hardware_address << 1
    }

    pub(crate) fn is_blade(&self) -> bool {
        self.site.kind == site::BOARD
    }

    pub(crate) fn is_fan_tray(&self) -> bool {
        self.site.kind == site::FAN_TRAY
    }
}

/// All that can be in the shelf, in the order of the address table.
pub(crate) fn all() -> Vec<Part> {
    let controllers = (1..=2).map(|number| {
        let name = format!("CMM{number}");
        let place = (site::SHELF_MANAGER, number);
        Part::new(0x07 + number, place, (&name, entity::SHELF_MANAGER))
    });
    let trays = (1..=3).map(|number| {
        let name = format!("FanTray{number}");
        let place = (site::FAN_TRAY, number);
        Part::new(0x2c + number, place, (&name, entity::FAN_TRAY))
    });
    let power = (1..=2).map(|number| {
        let name = format!("PEM{number}");
        let place = (site::POWER_ENTRY, number);
        Part::new(0x2f + number, place, (&name, entity::POWER))
    });
    let fixed = controllers.chain((1..=SLOTS).map(blade));
    fixed.chain(trays).chain(power).collect()
}

/// The blade of a slot.
pub(crate) fn blade(slot: u8) -> Part {
    let name = format!("Blade{slot}");
    Part::new(0x40 + slot, (site::BOARD, slot), (&name, entity::BOARD))
}

/// Configuration of a part's controller. `serial` counts the blades that a slot has seen.
pub(crate) fn controller(config: &Config, part: &Part, serial: u16) -> ipmc::Config {
    let (name, number) = (&part.name, part.site.number);
    let serial = format!("{name}-{serial:04}");
    let (sensors, inventory) = match part.site.kind {
        site::BOARD => (blade_sensors(part), inventory::blade(name, &serial)),
        site::FAN_TRAY => {
            let inventory = inventory::module(name, &serial, "FAN-100");
            (fan_tray_sensors(part), inventory)
        }
        site::POWER_ENTRY => {
            let inventory = inventory::module(name, &serial, "PEM-100");
            (power_sensors(part), inventory)
        }
        _ => {
            let temperature = temperature(part, 1, (&format!("{name} Temp"), 35));
            let inventory = inventory::module(name, &serial, "CMM-100");
            (vec![temperature], inventory)
        }
    };
    let is_blade = part.is_blade();
    let is_cold = is_blade && config.is_cold;
    ipmc::Config {
        address: part.address(),
        site: part.site,
        device: device(number, part.site.kind),
        entity: part.entity,
        name: name.clone(),
        sensors,
        frus: vec![FruConfig {
            fru_id: 0,
            entity: part.entity,
            name: name.clone(),
            inventory,
            ..FruConfig::default()
        }],
        hot_swap: Some(HotSwapConfig {
            payload_up: config.payload_up,
            payload_down: config.payload_down,
            waits_for_power_level: is_blade && config.waits_for_power_level,
            is_active: !is_cold,
            handle_closed: true,
        }),
        power: Some(PowerConfig {
            draws_w: if is_blade {
                vec![60, 120, 200]
            } else {
                vec![40]
            },
            desired_level: if is_blade { 3 } else { 1 },
            ..PowerConfig::default()
        }),
        fan: part.is_fan_tray().then_some(FAN),
        shelf_manager: None,
        read_len_max: IPMB_READ_MAX,
        ..ipmc::Config::default()
    }
}

/// Configuration of a blade that comes in while the shelf works: without power, handle closed.
pub(crate) fn inserted(config: &Config, slot: u8, serial: u16) -> ipmc::Config {
    let cold = Config {
        is_cold: true,
        ..config.clone()
    };
    controller(&cold, &blade(slot), serial)
}

/// Configuration of the shelf manager: log, main repository, shelf FRU.
pub(crate) fn shelf_manager() -> ipmc::Config {
    let parts = all();
    let own = Part::new(
        0x10,
        (site::SHELF_MANAGER, 1),
        ("ShMgr", entity::SHELF_MANAGER),
    );
    let fru = |fru_id, id, name: &str, inventory| FruConfig {
        fru_id,
        entity: Entity { id, instance: 0x60 },
        name: name.into(),
        inventory,
        ..FruConfig::default()
    };
    let manager = inventory::module("ShelfManager", "SHMM-0001", "SHMM-100");
    ipmc::Config {
        address: own.address(),
        site: own.site,
        device: DeviceId {
            revision: 0x01,
            support: 0xbf & !support::CHASSIS,
            product: 0x0001,
            ..device(0, site::SHELF_MANAGER)
        },
        entity: own.entity,
        name: own.name.clone(),
        sensors: vec![temperature(&own, 1, ("Inlet Temp", 25))],
        frus: vec![
            fru(0, entity::SHELF_MANAGER, "ShMgr", manager),
            fru(254, entity::SHELF, "Shelf FRU", inventory::shelf(&parts)),
        ],
        hot_swap: None,
        power: None,
        fan: None,
        shelf_manager: Some(ShelfManagerConfig {
            shelf_address: inventory::SHELF_ADDRESS.into(),
            sites: parts.iter().map(|part| part.site).collect(),
            controllers: [0x10, 0x12],
        }),
        read_len_max: LAN_READ_MAX,
        ..ipmc::Config::default()
    }
}

fn device(number: u8, kind: u8) -> DeviceId {
    DeviceId {
        device_id: number,
        // Provides device SDRs; revision 1.
        revision: 0x81,
        firmware_major: 1,
        firmware_minor: 0,
        ipmi_version: 0x02,
        support: support::SENSOR | support::FRU_INVENTORY | support::EVENT_GENERATOR,
        manufacturer: ipmi::fru::picmg::MANUFACTURER,
        product: 0x0100 + u16::from(kind),
        auxiliary: None,
    }
}

fn blade_sensors(part: &Part) -> Vec<SensorConfig> {
    let slot = part.site.number;
    let cpu = temperature(part, CPU_TEMP, (&format!("B{slot} CPU Temp"), 44 + slot));
    let inlet = temperature(part, 2, (&format!("B{slot} Inlet"), 28));
    let voltage = sensor(
        part,
        (3, 0x02),
        (&format!("B{slot} +12V"), 200),
        scale(
            4,
            6,
            -2,
            [Some(180), Some(170), None, Some(220), Some(230), None],
        ),
    );
    let of_payload = |sensor| SensorConfig {
        of_payload: true,
        ..sensor
    };
    vec![of_payload(cpu), inlet, of_payload(voltage)]
}

fn fan_tray_sensors(part: &Part) -> Vec<SensorConfig> {
    let fans = (1..=FANS).map(|number| {
        let reading = scale(0x12, 60, 0, [Some(15), Some(10), Some(5), None, None, None]);
        let name = format!("Fan {number}");
        sensor(part, (number, 0x04), (&name, FAN_RAW_NORMAL), reading)
    });
    let exhaust = temperature(part, FANS + 1, ("Exhaust", 38));
    fans.chain([exhaust]).collect()
}

fn power_sensors(part: &Part) -> Vec<SensorConfig> {
    let voltages = [(1, "-48V A", 192), (2, "-48V B", 193)].map(|(number, name, raw)| {
        let reading = scale(
            4,
            25,
            -2,
            [Some(180), Some(170), None, Some(240), Some(250), None],
        );
        sensor(part, (number, 0x02), (name, raw), reading)
    });
    let temperature = temperature(part, 3, ("PEM Temp", 40));
    voltages.into_iter().chain([temperature]).collect()
}

fn temperature(part: &Part, number: u8, start: (&str, u8)) -> SensorConfig {
    let thresholds = [Some(5), Some(2), None, Some(70), Some(85), Some(95)];
    sensor(part, (number, 0x01), start, scale(1, 1, 0, thresholds))
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
