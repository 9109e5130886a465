//! The parts of the shelf, each with the configuration of its controller.

use crate::config::{CMMS, FAN_TRAYS, POWER_MODULES, blade_address};
use crate::guid::guid;
use crate::meter::{self, Meter};
use crate::operator::{Feed, OperatorError, Place};
use crate::{Config, firmware, inventory};
use ipmc::{
    FanConfig, FruConfig, HotSwapConfig, PowerConfig, SensorConfig, ShelfManagerConfig,
    WatchdogConfig,
};
use ipmi::command::app::{DeviceId, support};
use ipmi::description::Site;
use ipmi::sdr::Entity;
use std::time::Duration;

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

/// Fan levels.
pub(crate) const FAN: FanConfig = FanConfig {
    level_min: 1,
    level_max: 15,
    level_normal: 6,
};
/// Most bytes of data in an IPMB response to a read, and in one over the LAN.
const IPMB_READ_MAX: u8 = 22;
const LAN_READ_MAX: u8 = 64;

/// Hardware addresses of the first CMM, fan tray and power module.
const CMM: u8 = 0x08;
const FAN_TRAY: u8 = 0x2d;
const POWER_MODULE: u8 = 0x30;

/// Number of the physical IPMB-0 sensor.
const IPMB_SENSOR: u8 = 0xf1;
/// Number of the watchdog 2 sensor of a blade.
const WATCHDOG_SENSOR: u8 = 0xf2;
/// How long a blade's payload is without power when its watchdog timer cycles it.
const WATCHDOG_OFF_TIME: Duration = Duration::from_secs(1);

/// What parts other than payloads draw, W.
const BLADE_MANAGEMENT_W: u8 = 10;
const MODULE_W: u8 = 40;
/// Draw of a blade's power levels, W, and the level that it desires.
const BLADE_LEVELS_W: [u8; 3] = [60, 120, 200];

/// Something with a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) site: Site,
    pub(crate) name: String,
    pub(crate) entity: Entity,
    /// Which fan tray cools it most, from 0.
    pub(crate) zone: usize,
    /// On which feed it hangs; `None` on any.
    pub(crate) feed: Option<Feed>,
}

impl Part {
    fn new(hardware_address: u8, (kind, number): (u8, u8), (name, id): (&str, u8)) -> Self {
        let (name, instance) = (name.to_owned(), 0x60 + number - 1);
        let middle = usize::from(FAN_TRAYS) / 2;
        let own_zone = usize::from(number) - 1;
        Self {
            site: Site {
                hardware_address,
                number,
                kind,
            },
            name,
            entity: Entity { id, instance },
            zone: if kind == site::FAN_TRAY {
                own_zone
            } else {
                middle
            },
            feed: None,
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

    pub(crate) fn is_power_module(&self) -> bool {
        self.site.kind == site::POWER_ENTRY
    }

    pub(crate) fn is_cmm(&self) -> bool {
        self.site.kind == site::SHELF_MANAGER
    }

    /// What it draws beside its payload, W.
    pub(crate) fn own_draw_w(&self) -> u16 {
        u16::from(match self.is_blade() {
            true => BLADE_MANAGEMENT_W,
            false => MODULE_W,
        })
    }
}

/// Address of what sits in a place; the error is that the shelf has no such place.
pub(crate) fn address(config: &Config, place: Place) -> Result<u8, OperatorError> {
    let (number, numbers, first) = match place {
        Place::Slot(slot) => {
            let exists = config.slots().contains(&slot);
            return exists
                .then(|| blade_address(slot))
                .ok_or(OperatorError::NoSuchSlot);
        }
        Place::FanTray(number) => (number, FAN_TRAYS, FAN_TRAY),
        Place::PowerModule(number) => (number, POWER_MODULES, POWER_MODULE),
        Place::Cmm(number) => (number, CMMS, CMM),
    };
    let exists = (1..=numbers).contains(&number);
    let address = exists.then(|| (first + number - 1) << 1);
    address.ok_or(OperatorError::NoSuchSlot)
}

/// All that can be in the shelf, in the order of the address table.
pub(crate) fn all(config: &Config) -> Vec<Part> {
    let controllers = (1..=CMMS).map(|number| {
        let name = format!("CMM{number}");
        let place = (site::SHELF_MANAGER, number);
        Part::new(CMM + number - 1, place, (&name, entity::SHELF_MANAGER))
    });
    let trays = (1..=FAN_TRAYS).map(|number| {
        let name = format!("FanTray{number}");
        let place = (site::FAN_TRAY, number);
        Part::new(FAN_TRAY + number - 1, place, (&name, entity::FAN_TRAY))
    });
    let power = (1..=POWER_MODULES).map(|number| {
        let name = format!("PEM{number}");
        let place = (site::POWER_ENTRY, number);
        Part::new(POWER_MODULE + number - 1, place, (&name, entity::POWER))
    });
    let fixed = controllers.chain(config.slots().map(|slot| blade(config, slot)));
    fixed.chain(trays).chain(power).collect()
}

/// The blade of a slot.
fn blade(config: &Config, slot: u8) -> Part {
    let slots = usize::from(*config.slots().end());
    let index = usize::from(slot) - 1;
    let name = format!("Blade{slot}");
    let part = Part::new(0x40 + slot, (site::BOARD, slot), (&name, entity::BOARD));
    let is_lower = index * 2 < slots;
    Part {
        zone: index * usize::from(FAN_TRAYS) / slots,
        feed: Some(if is_lower { Feed::A } else { Feed::B }),
        ..part
    }
}

/// Number and meter of each sensor of a part.
pub(crate) fn meters(config: &Config, part: &Part) -> Vec<(u8, Meter)> {
    let sensors = sensors(config, part).into_iter();
    sensors
        .map(|(sensor, meter)| (sensor.number, meter))
        .collect()
}

fn sensors(config: &Config, part: &Part) -> Vec<(SensorConfig, Meter)> {
    match part.site.kind {
        site::BOARD => meter::of_blade(part, config.blade_sensors()),
        site::FAN_TRAY => meter::of_fan_tray(part),
        site::POWER_ENTRY => meter::of_power_module(part),
        _ => meter::of_cmm(part),
    }
}

/// Configuration of a part's controller. `serial` counts the parts that a place has seen; a part
/// that was active before starts in M4.
pub(crate) fn controller(
    config: &Config,
    part: &Part,
    (serial, is_active): (u16, bool),
) -> ipmc::Config {
    let (name, number) = (&part.name, part.site.number);
    let guid = guid(config.seed, (part.address(), serial));
    let serial = format!("{name}-{serial:04}");
    let inventory = match part.site.kind {
        site::BOARD => inventory::blade(name, &serial),
        site::FAN_TRAY => inventory::module(name, &serial, "FAN-100"),
        site::POWER_ENTRY => inventory::module(name, &serial, "PEM-100"),
        _ => inventory::module(name, &serial, "CMM-100"),
    };
    let is_blade = part.is_blade();
    let sensors = sensors(config, part).into_iter().map(|(sensor, _)| sensor);
    let device = device(number, part.site.kind);
    ipmc::Config {
        address: part.address(),
        site: part.site,
        restart_time: firmware::RESTART_TIME,
        firmware: Some(firmware::installed(&device)),
        device,
        entity: part.entity,
        name: name.clone(),
        sensors: sensors
            .chain(is_blade.then(|| watchdog_sensor(part)))
            .collect(),
        frus: vec![FruConfig {
            fru_id: 0,
            entity: part.entity,
            name: name.clone(),
            inventory,
            has_console: is_blade,
            ..FruConfig::default()
        }],
        hot_swap: Some(HotSwapConfig {
            payload_up: config.payload_up,
            payload_down: config.payload_down,
            waits_for_power_level: is_blade && config.waits_for_power_level,
            is_active,
            handle_closed: true,
        }),
        power: Some(PowerConfig {
            draws_w: if is_blade {
                BLADE_LEVELS_W.to_vec()
            } else {
                vec![MODULE_W]
            },
            desired_level: if is_blade { 3 } else { 1 },
            ..PowerConfig::default()
        }),
        fan: part.is_fan_tray().then_some(FAN),
        shelf_manager: None,
        ipmb_sensor: Some(IPMB_SENSOR),
        guid: Some(guid),
        watchdog: is_blade.then_some(WatchdogConfig {
            sensor: WATCHDOG_SENSOR,
            off_time: WATCHDOG_OFF_TIME,
        }),
        read_len_max: IPMB_READ_MAX,
        ..ipmc::Config::default()
    }
}

fn watchdog_sensor(part: &Part) -> SensorConfig {
    let name = format!("B{} Watchdog", part.site.number);
    ipmc::watchdog_sensor(WATCHDOG_SENSOR, part.entity, &name)
}

/// Configuration of the shelf manager: log, main repository, shelf FRU.
pub(crate) fn shelf_manager(config: &Config) -> ipmc::Config {
    let parts = all(config);
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
            support: 0xbf,
            product: 0x0001,
            ..device(0, site::SHELF_MANAGER)
        },
        entity: own.entity,
        name: own.name.clone(),
        sensors: vec![meter::temperature(
            &own,
            meter::INLET,
            ("Inlet Temp", meter::INLET_CELSIUS),
        )],
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
            controllers: [CMM << 1, (CMM + 1) << 1],
        }),
        guid: Some(config.guid()),
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
