//! A carrier with two modules: a rear transition module that is plugged in, and an empty site.

use super::*;

const RTM: u8 = 1;
const AMC: u8 = 2;

fn module(fru_id: u8, is_present: bool, site: ModuleSite) -> FruConfig {
    FruConfig {
        fru_id,
        entity: Entity {
            id: 0xc0,
            instance: 0x60 + fru_id,
        },
        name: alloc::format!("Module{fru_id}"),
        inventory: vec![fru_id; 64],
        site: Some(site),
        hot_swap: Some(ModuleSwap {
            sensor: 0x10 + fru_id,
            is_present,
            swap: HotSwapConfig {
                payload_up: Duration::from_millis(30),
                payload_down: Duration::from_millis(20),
                waits_for_power_level: false,
                is_active: false,
                handle_closed: true,
            },
        }),
        power: Some(PowerConfig {
            draws_w: vec![10, 25],
            desired_level: 1,
            ..PowerConfig::default()
        }),
        ..FruConfig::default()
    }
}

pub(super) fn carrier_config() -> Config {
    let mut config = blade_config();
    let site = |number, kind| ModuleSite { number, kind };
    config.frus.push(module(RTM, true, site(1, 0x09)));
    config.frus.push(module(AMC, false, site(2, 0x07)));
    config.sensors.push(SensorConfig {
        number: 7,
        sensor_type: 0x01,
        name: "RTM Temp".into(),
        raw: 30,
        of_payload: true,
        fru_id: RTM,
        reading: config.sensors[0].reading.clone(),
        ..SensorConfig::default()
    });
    config
}

/// A carrier whose own FRU works.
fn active_carrier() -> Play {
    let mut config = carrier_config();
    config.hot_swap.as_mut().unwrap().is_active = true;
    let mut play = Play::new(config);
    // The rear module has been there before: it gets power and asks.
    let module = |data1, data2| module_swapped(RTM, data1, data2);
    let asked = [module(0xa1, 0x00), module(0xa2, 0x21)];
    assert_eq!(play.apply(&Input::Powered), asked);
    play
}

fn module_swapped(fru_id: u8, data1: u8, data2: u8) -> Effect {
    Effect::Event {
        receiver: 0x20,
        event: Event {
            generator: 0x82,
            generator_lun: 0,
            revision: 4,
            sensor_type: 0xf0,
            number: 0x10 + fru_id,
            assertion: true,
            event_type: 0x6f,
            data: [data1, data2, fru_id],
        },
    }
}

fn power(fru_id: u8, on: bool) -> Effect {
    Effect::Hardware(Hardware::ModulePower { fru_id, on })
}

impl Play {
    fn activate_module(&mut self, fru_id: u8, activate: u8) -> (Result<Empty, u8>, Vec<Effect>) {
        self.ask_all(&SetFruActivation { fru_id, activate })
    }
}

#[test]
fn a_module_waits_for_its_carrier() {
    let mut play = Play::new(carrier_config());
    let effects = play.apply(&Input::Powered);
    assert_eq!(
        effects,
        [swapped(0xa1, 0x00), module_swapped(RTM, 0xa1, 0x00)]
    );
    // Its handle is closed, but the carrier does not work yet.
    assert_eq!(play.activate_module(RTM, 1), (Err(0xd5), vec![]));
    play.apply(&Input::HandleClosed);
    play.activate(1).0.unwrap();
    assert_eq!(
        play.tick(),
        [swapped(0xa4, 0x03), module_swapped(RTM, 0xa2, 0x01)]
    );
    let (done, effects) = play.activate_module(RTM, 1);
    assert_eq!(done, Ok(Empty {}));
    assert_eq!(effects, [module_swapped(RTM, 0xa3, 0x12), power(RTM, true)]);
    assert_eq!(play.tick(), [module_swapped(RTM, 0xa4, 0x03)]);
    // 120 W of the board at level 3, 10 W of the module at level 1.
    assert_eq!(play.ipmc.payload_draw_w(), 130);
}

#[test]
fn a_module_goes_down_with_its_carrier() {
    let mut play = active_carrier();
    play.activate_module(RTM, 1).0.unwrap();
    play.tick();
    let (done, effects) = play.activate(0);
    assert_eq!(done, Ok(Empty {}));
    assert_eq!(
        effects,
        [
            swapped(0xa6, 0x14),
            module_swapped(RTM, 0xa6, 0x94),
            power(RTM, false),
            Effect::PayloadPower(false),
        ],
        "the module first, with the cause of an unexpected deactivation"
    );
    assert_eq!(play.tick(), [module_swapped(RTM, 0xa1, 0x06)]);
    assert_eq!(play.tick(), [swapped(0xa1, 0x06)]);
    assert_eq!(play.ipmc.payload_draw_w(), 0);
}

/// Level 0 of the carrier is no deactivation of it, but the module has no power either.
#[test]
fn a_carrier_without_power_level_carries_nothing() {
    let mut play = active_carrier();
    play.activate_module(RTM, 1).0.unwrap();
    play.tick();
    let level = |level| SetPowerLevel {
        fru_id: 0,
        level,
        copy: 0,
    };
    let (done, effects) = play.ask_all(&level(0));
    assert_eq!(done, Ok(Empty {}));
    let expected = [
        module_swapped(RTM, 0xa6, 0x94),
        power(RTM, false),
        Effect::PayloadPower(false),
    ];
    assert_eq!(effects, expected);
    assert_eq!(play.tick(), [module_swapped(RTM, 0xa1, 0x06)]);
    assert_eq!(
        play.ask_all(&level(3)),
        (Ok(Empty {}), vec![Effect::PayloadPower(true)])
    );
    assert_eq!(play.tick(), [module_swapped(RTM, 0xa2, 0x01)]);
}

#[test]
fn a_module_comes_and_goes() {
    let mut play = active_carrier();
    // Nobody is there: only the hot swap sensor says so.
    let states = |play: &mut Play| {
        let number = 0x10 + AMC;
        play.ask(&GetSensorReading { number }).unwrap().state_bits()
    };
    assert_eq!(states(&mut play), 1 << 0);
    let fru_id = AMC;
    assert_eq!(play.activate_module(AMC, 1), (Err(0xcb), vec![]));
    assert_eq!(play.ask(&GetFruAreaInfo { fru_id }), Err(0xcb));
    assert_eq!(play.ask(&GetFruLedProperties { fru_id }), Err(0xcb));
    let inserted = Input::ModuleInserted {
        fru_id,
        handle_closed: true,
    };
    let expected = [
        module_swapped(AMC, 0xa1, 0x00),
        module_swapped(AMC, 0xa2, 0x21),
    ];
    assert_eq!(play.apply(&inserted), expected);
    // Twice is once.
    assert_eq!(play.apply(&inserted), []);
    assert_eq!(play.ask(&GetFruAreaInfo { fru_id }).unwrap().size, 64);
    play.activate_module(AMC, 1).0.unwrap();
    play.tick();
    assert_eq!(states(&mut play), 1 << 4);
    let effects = play.apply(&Input::ModuleExtracted { fru_id });
    assert_eq!(
        effects,
        [module_swapped(AMC, 0xa0, 0x64), power(AMC, false)]
    );
    assert_eq!(play.tick(), []);
    assert_eq!(states(&mut play), 1 << 0);
    assert_eq!(play.apply(&Input::ModuleExtracted { fru_id }), []);
}

#[test]
fn a_module_is_asked_to_go_by_its_handle() {
    let mut play = active_carrier();
    play.activate_module(RTM, 1).0.unwrap();
    play.tick();
    let handle = |is_open| Input::ModuleHandle {
        fru_id: RTM,
        is_open,
    };
    assert_eq!(play.apply(&handle(true)), [module_swapped(RTM, 0xa5, 0x24)]);
    assert_eq!(
        play.apply(&handle(false)),
        [module_swapped(RTM, 0xa4, 0x25)]
    );
    assert_eq!(play.states(), 1 << 4, "the carrier is not concerned");
}

/// FRU 0 and what is no module cannot be plugged in; a pulled module of an unpowered board is
/// nobody's news.
#[test]
fn hands_where_there_is_no_module() {
    let mut play = active_carrier();
    for fru_id in [0, 9] {
        let inserted = Input::ModuleInserted {
            fru_id,
            handle_closed: true,
        };
        assert_eq!(play.apply(&inserted), []);
        assert_eq!(play.apply(&Input::ModuleExtracted { fru_id }), []);
    }
    play.apply(&Input::Unpowered);
    let fru_id = RTM;
    assert_eq!(play.apply(&Input::ModuleExtracted { fru_id }), []);
}

#[test]
fn sensors_of_a_module_measure_while_it_has_power() {
    let mut play = active_carrier();
    let available = |play: &mut Play| {
        let reading = play.ask(&GetSensorReading { number: 7 }).unwrap();
        reading.available()
    };
    assert!(!available(&mut play));
    play.activate_module(RTM, 1).0.unwrap();
    assert!(available(&mut play));
    assert_eq!(play.ipmc.raw_reading(7), Some(30));
}

#[test]
fn modules_have_sites_records_leds_and_policies() {
    let mut play = active_carrier();
    assert_eq!(play.ask(&GetPicmgProperties {}).unwrap().fru_id_max, 2);
    let found = play.ask(&GetAddressInfo::of_fru(RTM)).unwrap();
    let place = (found.ipmb_address, found.site_number, found.site_type);
    assert_eq!((place, found.fru_id), ((0x82, 1, 0x09), RTM));
    // By the place of the site, the module is found.
    let by_place = GetAddressInfo {
        fru_id: Some(0),
        key_type: Some(3),
        key: Some(2),
        site_type: Some(0x07),
    };
    assert_eq!(play.ask(&by_place).unwrap().fru_id, AMC);
    let located = |fru_id, start| GetDeviceLocatorRecordId { fru_id, start };
    let record = play.ask(&located(RTM, None)).unwrap().record;
    assert_eq!(play.ask(&located(RTM, Some(record))), Err(0xcb));
    assert_eq!(
        play.ask(&located(RTM, Some(record - 1))).unwrap().record,
        record
    );
    let sensors = read_records(&mut play);
    let swaps = sensors.iter().filter(|record| {
        let RecordBody::Compact(found) = &record.body else {
            return false;
        };
        found.common.sensor_type == 0xf0
    });
    assert_eq!(swaps.count(), 3);
    let fru_id = RTM;
    let leds = play.ask(&GetFruLedProperties { fru_id }).unwrap();
    assert_eq!((leds.general, leds.application_count), (0b0001, 0));
    let policy = SetFruActivationPolicy {
        fru_id,
        mask: 1,
        set: 1,
    };
    assert_eq!(play.ask(&policy), Ok(Empty {}));
    let bits = |play: &mut Play, fru_id| {
        let asked = GetFruActivationPolicy { fru_id };
        play.ask(&asked).unwrap().bits
    };
    assert_eq!((bits(&mut play, RTM), bits(&mut play, 0)), (1, 2));
}

#[test]
fn modules_are_controlled_and_have_levels_of_their_own() {
    let mut play = active_carrier();
    let fru_id = RTM;
    let control = |option| FruControl { fru_id, option };
    assert_eq!(play.ask(&control(0)), Err(0xd5));
    let level = |level| SetPowerLevel {
        fru_id,
        level,
        copy: 1,
    };
    // Not in M2.
    assert_eq!(play.ask(&level(2)), Err(0xd5));
    play.activate_module(RTM, 1).0.unwrap();
    play.tick();
    let (done, effects) = play.ask_all(&control(4));
    assert!(done.is_ok());
    let option = 4;
    assert_eq!(
        effects,
        [Effect::Hardware(Hardware::ModuleControl { fru_id, option })]
    );
    let (_, effects) = play.ask_all(&level(2));
    let level = 2;
    assert_eq!(
        effects,
        [Effect::Hardware(Hardware::PowerLevel { fru_id, level })]
    );
    assert_eq!(play.ipmc.power_level(RTM), Some(2));
    assert_eq!(play.ipmc.power_level(0), Some(3));
    assert_eq!(play.ipmc.payload_draw_w(), 145);
}
