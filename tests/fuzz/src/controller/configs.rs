//! Controllers to play with: small, but with one of everything.

use crate::choices::Choices;
use ipmc::firmware::Firmware;
use ipmc::hpm::{ComponentConfig, FirmwareConfig};
use ipmc::{
    Config, FanConfig, FruConfig, HotSwapConfig, LedConfig, ModuleSite, ModuleSwap, PowerConfig,
    Reading, SHELF_MANAGER, SensorConfig, ShelfManagerConfig, Threshold, WatchdogConfig,
    watchdog_sensor,
};
use ipmi::command::app::DeviceId;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::description::Site;
use ipmi::fru::picmg::{BoardP2p, PicmgBody, PicmgRecord};
use ipmi::fru::{Inventory, MultiRecord};
use ipmi::sdr::{Entity, Factors};
use ipmi::wire::{Counted, Rest, U24};
use std::time::Duration;

/// What firmware must be for.
pub(super) const PRODUCT: (U24, u16) = (U24::new(0x315a), 0x100);
/// FRU device ids of a carrier: itself, a module, an empty site.
pub(super) const FRUS: [u8; 4] = [0, 1, 2, 254];
const WATCHDOG_SENSOR: u8 = 9;

/// A blade that carries modules, a fan tray, or the shelf manager's own controller.
pub(super) fn config(choices: &mut Choices<'_>) -> Config {
    let mut config = carrier(choices);
    match choices.below(4) {
        0 => {
            config.fan = Some(FanConfig {
                level_min: 1,
                level_max: 15,
                level_normal: 5,
            });
            config.fan_silence_max = choices.is().then(|| Duration::from_secs(30));
        }
        1 => {
            config.address = SHELF_MANAGER;
            config.hot_swap = None;
            config.power = None;
            config.shelf_manager = Some(ShelfManagerConfig {
                shelf_address: "Shelf-1".into(),
                sites: vec![config.site],
                controllers: [0x10, 0x12],
            });
        }
        _ => (),
    }
    config
}

fn carrier(choices: &mut Choices<'_>) -> Config {
    let entity = Entity {
        id: 0xa0,
        instance: 0x60,
    };
    let is_slow = choices.is();
    let time = |ms| {
        if is_slow {
            Duration::from_millis(ms)
        } else {
            Duration::ZERO
        }
    };
    Config {
        address: 0x82,
        site: Site {
            hardware_address: 0x41,
            number: 1,
            kind: 0,
        },
        device: DeviceId {
            device_id: 0x10,
            revision: 0x81,
            firmware_major: 1,
            firmware_minor: 0,
            ipmi_version: 0x02,
            support: 0x29,
            manufacturer: PRODUCT.0,
            product: PRODUCT.1,
            auxiliary: None,
        },
        entity,
        name: "Blade1".into(),
        sensors: sensors(entity),
        frus: vec![
            board(entity),
            module(1, true),
            module(2, false),
            module(254, false),
        ],
        hot_swap: Some(swap(choices.is(), choices.is())),
        power: Some(PowerConfig {
            draws_w: vec![20, 60, 120],
            desired_level: 3,
            ..PowerConfig::default()
        }),
        ipmb_sensor: Some(8),
        restart_time: time(8_000),
        watchdog: Some(WatchdogConfig {
            sensor: WATCHDOG_SENSOR,
            off_time: Duration::from_secs(2),
        }),
        firmware: Some(firmware(time(2_000), time(3_000))),
        ..Config::default()
    }
}

fn swap(is_active: bool, waits_for_power_level: bool) -> HotSwapConfig {
    HotSwapConfig {
        payload_up: Duration::from_millis(100),
        payload_down: Duration::from_millis(50),
        waits_for_power_level,
        is_active,
        handle_closed: true,
    }
}

/// Two links that share a channel, and one that does not.
pub(super) const LINKS: [u32; 3] = [0x0010_2f41, 0x0000_2141, 0x0000_1101];

fn board(entity: Entity) -> FruConfig {
    let body = PicmgBody::BoardP2p(BoardP2p {
        guids: Counted(vec![]),
        links: Rest(LINKS.to_vec()),
    });
    let inventory = Inventory {
        records: vec![MultiRecord::picmg(&PicmgRecord { version: 0, body })],
        ..Inventory::default()
    };
    FruConfig {
        fru_id: 0,
        entity,
        name: "Blade1".into(),
        inventory: inventory.encode(),
        protected_len: 8,
        write_time: Duration::from_millis(5),
        control_options: 0b1111,
        leds: (0..4).map(led).collect(),
        has_console: true,
        ..FruConfig::default()
    }
}

fn led(id: u8) -> LedConfig {
    LedConfig {
        id,
        colors: if id == 0 { 0b10 } else { 0b1100 },
        local_color: if id == 0 { 1 } else { 2 },
        override_color: if id == 0 { 1 } else { 3 },
        of_payload: id == 3,
    }
}

fn module(fru_id: u8, is_present: bool) -> FruConfig {
    let number = fru_id.min(3);
    FruConfig {
        fru_id,
        entity: Entity {
            id: 0xc0,
            instance: 0x60 + number,
        },
        name: format!("Module{fru_id}"),
        inventory: vec![fru_id; 64],
        site: Some(ModuleSite { number, kind: 7 }),
        hot_swap: Some(ModuleSwap {
            sensor: 0x10 + number,
            is_present,
            swap: swap(false, false),
        }),
        power: Some(PowerConfig {
            draws_w: vec![10, 25],
            ..PowerConfig::default()
        }),
        leds: vec![led(0), led(1)],
        has_console: fru_id == 1,
        ..FruConfig::default()
    }
}

fn sensors(entity: Entity) -> Vec<SensorConfig> {
    let reading = Reading::Threshold(Threshold {
        unit: 1,
        factors: Factors {
            m: 1,
            ..Factors::default()
        },
        thresholds: [Some(2), Some(5), Some(10), Some(70), Some(85), Some(95)],
        hysteresis: 2,
    });
    let temperature = |number, fru_id| SensorConfig {
        number,
        sensor_type: 1,
        entity,
        name: format!("Temp{number}"),
        raw: 45,
        of_payload: number == 2,
        fru_id,
        manual_rearm: number == 3,
        reading: reading.clone(),
    };
    let discrete = SensorConfig {
        number: 4,
        sensor_type: 7,
        entity,
        name: "CPU".into(),
        reading: Reading::Discrete {
            event_type: 0x6f,
            states: 0x7fff,
        },
        ..SensorConfig::default()
    };
    vec![
        temperature(1, 0),
        temperature(2, 0),
        temperature(3, 1),
        discrete,
        watchdog_sensor(WATCHDOG_SENSOR, entity, "Watchdog"),
    ]
}

fn firmware(flash_time: Duration, self_test_time: Duration) -> FirmwareConfig {
    let component = |description: &str, id, has_backup| ComponentConfig {
        description: description.into(),
        installed: Firmware::of(id, PRODUCT, version(1), &[id; 30]),
        has_backup,
    };
    FirmwareConfig {
        components: vec![
            component("Boot loader", 0, false),
            component("Application", 1, true),
            component("Payload", 2, true),
        ],
        application: 1,
        flash_time,
        self_test_time,
    }
}

pub(super) fn version(major: u8) -> FirmwareVersion {
    FirmwareVersion {
        major,
        minor: 0,
        auxiliary: [0; 4],
    }
}
