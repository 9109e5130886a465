//! A blade and a shelf manager, asked in bytes.

use super::*;
use alloc::string::String;
use alloc::vec;
use core::time::Duration;
use ipmi::command::app::{DeviceId, GetDeviceId};
use ipmi::command::picmg::*;
use ipmi::command::sensor::*;
use ipmi::command::storage::*;
use ipmi::command::{Command, Empty, ResponseError};
use ipmi::description::Site;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::sdr::{self, Entity, Factors, RecordBody};
use ipmi::wire::U24;
use proptest::prelude::*;

pub(crate) fn blade_config() -> Config {
    let entity = Entity {
        id: 0xa0,
        instance: 0x60,
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
            manufacturer: U24::new(0x315a),
            product: 0x100,
            auxiliary: None,
        },
        entity,
        name: "Blade1".into(),
        sensors: vec![SensorConfig {
            number: 1,
            sensor_type: 0x01,
            entity,
            name: "B1 CPU Temp".into(),
            raw: 45,
            of_payload: true,
            reading: Reading::Threshold(Threshold {
                unit: 1,
                factors: Factors {
                    m: 1,
                    ..Factors::default()
                },
                thresholds: [None, None, None, Some(70), Some(85), Some(95)],
                hysteresis: 2,
            }),
            ..SensorConfig::default()
        }],
        frus: vec![FruConfig {
            fru_id: 0,
            entity,
            name: "Blade1".into(),
            inventory: (0..200).collect(),
            ..FruConfig::default()
        }],
        hot_swap: Some(HotSwapConfig {
            payload_up: Duration::from_millis(100),
            payload_down: Duration::from_millis(50),
            waits_for_power_level: false,
            is_active: false,
            handle_closed: false,
        }),
        power: Some(PowerConfig {
            draws_w: vec![20, 60, 120],
            desired_level: 3,
            ..PowerConfig::default()
        }),
        fan: None,
        shelf_manager: None,
        read_len_max: 22,
        ..Config::default()
    }
}

fn shelf_manager_config() -> Config {
    let blade = blade_config();
    Config {
        address: SHELF_MANAGER,
        site: Site {
            hardware_address: 0x10,
            number: 1,
            kind: 3,
        },
        device: DeviceId {
            revision: 0x01,
            support: 0xbf,
            ..blade.device.clone()
        },
        hot_swap: None,
        power: None,
        shelf_manager: Some(ShelfManagerConfig {
            shelf_address: "Shelf-1".into(),
            sites: vec![blade.site],
            controllers: [0x10, 0x12],
        }),
        frus: vec![
            blade.frus[0].clone(),
            FruConfig {
                fru_id: 254,
                ..blade.frus[0].clone()
            },
        ],
        ..blade
    }
}

pub(crate) struct Play {
    pub(crate) ipmc: Ipmc,
    pub(crate) now: Time,
}

impl Play {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            ipmc: Ipmc::new(config),
            now: Time(0),
        }
    }

    pub(crate) fn apply(&mut self, input: &Input) -> Vec<Effect> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.ipmc.apply(at, input, &mut effects);
        // What LEDs show is asked for, or has a test of its own.
        effects.retain(|effect| !matches!(effect, Effect::Hardware(Hardware::Led { .. })));
        let kept = postcard::to_allocvec(&self.ipmc).unwrap();
        assert_eq!(self.ipmc, postcard::from_bytes(&kept).unwrap());
        effects
    }

    pub(crate) fn tick(&mut self) -> Vec<Effect> {
        self.now = self.ipmc.deadline().unwrap();
        self.apply(&Input::Tick)
    }

    pub(crate) fn ask_raw(&mut self, request: Request) -> (Response, Vec<Effect>) {
        let from = 0x20;
        let mut effects = self.apply(&Input::Request { from, request });
        let Effect::Response(response) = effects.remove(0) else {
            panic!("the answer comes first");
        };
        (response, effects)
    }

    pub(crate) fn ask_all<C: Command>(
        &mut self,
        asked: &C,
    ) -> (Result<C::Response, u8>, Vec<Effect>) {
        let (response, effects) = self.ask_raw(asked.request());
        let answer = C::read_response(&response).map_err(|error| match error {
            ResponseError::Refused(code) => code.0,
            ResponseError::Truncated | ResponseError::OtherGroup => panic!("{error:?}"),
        });
        (answer, effects)
    }

    pub(crate) fn ask<C: Command>(&mut self, asked: &C) -> Result<C::Response, u8> {
        let (answer, effects) = self.ask_all(asked);
        assert_eq!(effects, []);
        answer
    }

    fn activate(&mut self, activate: u8) -> (Result<Empty, u8>, Vec<Effect>) {
        let fru_id = 0;
        self.ask_all(&SetFruActivation { fru_id, activate })
    }

    fn blue_led(&mut self) -> LedShows {
        let (fru_id, led_id) = (0, 0);
        self.ask(&GetFruLedState { fru_id, led_id })
            .unwrap()
            .shows()
    }

    fn states(&mut self) -> u16 {
        self.ask(&GetSensorReading { number: 0 })
            .unwrap()
            .state_bits()
    }
}

/// A hot swap event of FRU 0 at 82h: data 1 and 2.
pub(crate) fn swapped(data1: u8, data2: u8) -> Effect {
    Effect::Event {
        receiver: 0x20,
        event: Event {
            generator: 0x82,
            generator_lun: 0,
            revision: 4,
            sensor_type: 0xf0,
            number: 0,
            assertion: true,
            event_type: 0x6f,
            data: [data1, data2, 0],
        },
    }
}

#[test]
fn a_blade_shows_each_state_in_event_sensor_and_led() {
    let mut play = Play::new(blade_config());
    assert_eq!(play.apply(&Input::Powered), [swapped(0xa1, 0x00)]);
    assert_eq!((play.states(), play.blue_led()), (1 << 1, LedShows::On));
    assert_eq!(play.apply(&Input::HandleClosed), [swapped(0xa2, 0x21)]);
    let long = LedShows::Blinking { off: 10, on: 90 };
    assert_eq!((play.states(), play.blue_led()), (1 << 2, long));
    let (done, effects) = play.activate(1);
    assert_eq!(done, Ok(Empty {}));
    assert_eq!(effects, [swapped(0xa3, 0x12), Effect::PayloadPower(true)]);
    assert_eq!((play.states(), play.blue_led()), (1 << 3, LedShows::Off));
    assert_eq!(play.tick(), [swapped(0xa4, 0x03)]);
    assert_eq!(play.now, Time(0).after(Duration::from_millis(100)));
    assert_eq!((play.states(), play.blue_led()), (1 << 4, LedShows::Off));
    assert_eq!(play.apply(&Input::HandleOpened), [swapped(0xa5, 0x24)]);
    let short = LedShows::Blinking { off: 90, on: 10 };
    assert_eq!((play.states(), play.blue_led()), (1 << 5, short));
    let (done, effects) = play.activate(0);
    assert_eq!(done, Ok(Empty {}));
    assert_eq!(effects, [swapped(0xa6, 0x15), Effect::PayloadPower(false)]);
    assert_eq!((play.states(), play.blue_led()), (1 << 6, short));
    assert_eq!(play.tick(), [swapped(0xa1, 0x06)]);
    assert_eq!((play.states(), play.blue_led()), (1 << 1, LedShows::On));
    assert_eq!(play.ipmc.deadline(), None);
}

#[test]
fn refused_activations_change_nothing() {
    let mut play = Play::new(blade_config());
    play.apply(&Input::Powered);
    for activate in [0, 1] {
        assert_eq!(play.activate(activate), (Err(0xd5), vec![]));
    }
    assert_eq!(play.activate(2), (Err(0xcc), vec![]));
    let fru_id = 1;
    let activate = 1;
    assert_eq!(play.ask(&SetFruActivation { fru_id, activate }), Err(0xcc));
    assert_eq!(play.states(), 1 << 1);
    let control = FruControl {
        fru_id: 0,
        option: 0,
    };
    assert_eq!(play.ask(&control), Err(0xd5));
}

#[test]
fn payload_power_waits_for_a_level_where_that_is_configured() {
    let mut config = blade_config();
    config.hot_swap.as_mut().unwrap().waits_for_power_level = true;
    let mut play = Play::new(config);
    play.apply(&Input::Powered);
    play.apply(&Input::HandleClosed);
    assert_eq!(play.activate(1).1, [swapped(0xa3, 0x12)]);
    assert_eq!(play.ipmc.deadline(), None);
    let level = |level| SetPowerLevel {
        fru_id: 0,
        level,
        copy: 1,
    };
    assert_eq!(play.ask(&level(4)), Err(0xc9));
    let (done, effects) = play.ask_all(&level(2));
    assert_eq!(
        (done, effects),
        (Ok(Empty {}), vec![Effect::PayloadPower(true)])
    );
    let asked = GetPowerLevel { fru_id: 0, kind: 0 };
    let found = play.ask(&asked).unwrap();
    assert_eq!((found.properties, found.multiplier), (2, 10));
    assert_eq!(found.draws, [20, 60, 120]);
    assert_eq!(play.tick(), [swapped(0xa4, 0x03)]);
    let asked = GetPowerLevel { fru_id: 0, kind: 1 };
    assert_eq!(play.ask(&asked).unwrap().properties, 3);
    // Level 0 is off, in whatever state; the next level brings the payload back.
    let power = |on| (Ok(Empty {}), vec![Effect::PayloadPower(on)]);
    assert_eq!(play.ask_all(&level(0)), power(false));
    assert!(!play.ipmc.has_payload_power());
    assert_eq!(play.ask_all(&level(0)), (Ok(Empty {}), vec![]));
    assert_eq!(play.ask_all(&level(1)), power(true));
    assert_eq!(play.tick(), []);
    assert_eq!(play.states(), 1 << 4);
}

#[test]
fn policies() {
    let mut play = Play::new(blade_config());
    let set = |mask, set| SetFruActivationPolicy {
        fru_id: 0,
        mask,
        set,
    };
    let asked = GetFruActivationPolicy { fru_id: 0 };
    assert_eq!(play.ask(&set(1, 1)), Ok(Empty {}));
    assert_eq!(play.ask(&asked).unwrap().bits, 1);
    play.apply(&Input::Powered);
    assert_eq!(play.apply(&Input::HandleClosed), []);
    let (_, effects) = play.ask_all(&set(3, 2));
    assert_eq!(effects, [swapped(0xa2, 0x11)]);
    assert_eq!(play.ask(&asked).unwrap().bits, 2);
}

#[test]
fn leds_are_overridden_tested_and_released() {
    let mut play = Play::new(blade_config());
    let set = |led_id, function, on_time, color| SetFruLedState {
        fru_id: 0,
        led_id,
        function,
        on_time,
        color,
    };
    assert_eq!(play.ask(&set(0, 20, 30, 0x0f)), Ok(Empty {}));
    assert_eq!(play.blue_led(), LedShows::Blinking { off: 20, on: 30 });
    assert_eq!(play.ask(&set(0xff, 0xfb, 10, 0x0e)), Ok(Empty {}));
    assert_eq!(play.blue_led(), LedShows::LampTest);
    assert_eq!(play.ask(&set(0, 0xfc, 0, 0x0e)), Ok(Empty {}));
    assert_eq!(play.blue_led(), LedShows::Off);
    // Red on a blue LED, no such LED, all LEDs but no test, a test too long, a reserved function.
    for order in [
        set(0, 0xff, 0, 2),
        set(3, 0xff, 0, 0x0f),
        set(0xff, 0xff, 0, 0x0f),
        set(0, 0xfb, 128, 0x0f),
        set(0, 0xfd, 0, 0x0f),
    ] {
        assert_eq!(play.ask(&order), Err(0xcc), "{order:?}");
    }
    let (fru_id, led_id) = (0, 1);
    let found = play
        .ask(&GetLedColorCapabilities { fru_id, led_id })
        .unwrap();
    assert_eq!((found.colors, found.default_local), (1 << 2, 2));
    let found = play.ask(&GetFruLedProperties { fru_id }).unwrap();
    assert_eq!(found.general, 0b0111);
}

fn read_records(play: &mut Play) -> Vec<sdr::Record> {
    let mut records = vec![];
    let mut record = 0;
    while record != 0xffff {
        let reservation = play.ask(&ReserveDeviceSdr {}).unwrap().reservation;
        let mut bytes = vec![];
        let mut next = 0;
        // In parts of different sizes, until nothing more comes.
        for count in [5, 7, 22, 22, 22] {
            let read = play.ask(&GetDeviceSdr {
                reservation,
                record,
                offset: bytes.len() as u8,
                count,
            });
            let read = read.unwrap();
            bytes.extend(read.data);
            next = read.next;
        }
        records.push(sdr::decode(&bytes).unwrap());
        record = next;
    }
    records
}

#[test]
fn records_describe_what_there_is() {
    let mut play = Play::new(blade_config());
    let records = read_records(&mut play);
    let [controller, hot_swap, temperature] = &records[..] else {
        panic!("three records");
    };
    let RecordBody::McLocator(controller) = &controller.body else {
        panic!("a controller");
    };
    assert_eq!(controller.id_string.text(), "Blade1");
    assert_eq!((controller.address, controller.capabilities), (0x82, 0x29));
    let RecordBody::Compact(hot_swap) = &hot_swap.body else {
        panic!("a compact sensor");
    };
    assert_eq!(hot_swap.common.sensor_type, 0xf0);
    assert_eq!((hot_swap.common.owner, hot_swap.common.number), (0x82, 0));
    let RecordBody::Full(temperature) = &temperature.body else {
        panic!("a full sensor");
    };
    assert_eq!(temperature.id_string.text(), "B1 CPU Temp");
    assert_eq!(temperature.thresholds, [0, 0, 0, 70, 85, 95]);
    assert_eq!(temperature.common.readable_thresholds(), 0b111000);
    assert_eq!(temperature.common.settable_thresholds(), 0b111000);
    assert_eq!(temperature.common.assertion_events(), 0xa80);
    // Readings are compared with the upper thresholds, and with no lower one.
    let common = &temperature.common;
    assert_eq!(
        (common.assertion_mask, common.deassertion_mask),
        (0x0a80, 0x7a80)
    );
    let counted = |operation| GetDeviceSdrInfo {
        operation: Some(operation),
    };
    assert_eq!(play.ask(&counted(1)).unwrap().count, 3);
    assert_eq!(play.ask(&counted(0)).unwrap().count, 2);
    let located = GetDeviceLocatorRecordId {
        fru_id: 0,
        start: None,
    };
    assert_eq!(play.ask(&located).unwrap().record, 1);
}

#[test]
fn reservations_and_limits() {
    let mut play = Play::new(blade_config());
    let read = |reservation, record, offset, count| GetDeviceSdr {
        reservation,
        record,
        offset,
        count,
    };
    assert_eq!(play.ask(&read(0, 0, 0, 5)).map(|r| r.data.len()), Ok(5));
    assert_eq!(play.ask(&read(0, 3, 0, 0xff)), Err(0xca));
    assert_eq!(play.ask(&read(0, 9, 0, 5)), Err(0xcb));
    assert_eq!(play.ask(&read(0, 0, 5, 5)), Err(0xc5));
    let first = play.ask(&ReserveDeviceSdr {}).unwrap().reservation;
    assert!(play.ask(&read(first, 0, 5, 5)).is_ok());
    let second = play.ask(&ReserveDeviceSdr {}).unwrap().reservation;
    assert_eq!(play.ask(&read(first, 0, 5, 5)), Err(0xc5));
    assert_eq!(play.ask(&read(second, 0, 200, 5)), Err(0xc9));
}

#[test]
fn inventories_are_read_and_written() {
    let mut play = Play::new(blade_config());
    let asked = GetFruAreaInfo { fru_id: 0 };
    assert_eq!(play.ask(&asked).unwrap().size, 200);
    let read = |offset, count| ReadFruData {
        fru_id: 0,
        offset,
        count,
    };
    assert_eq!(play.ask(&read(10, 3)).unwrap().data, [10, 11, 12]);
    assert_eq!(play.ask(&read(198, 20)).unwrap().data, [198, 199]);
    assert_eq!(play.ask(&read(0, 23)), Err(0xca));
    assert_eq!(play.ask(&read(201, 1)), Err(0xc9));
    let write = |offset| WriteFruData {
        fru_id: 0,
        offset,
        data: vec![0xaa, 0xbb],
    };
    assert_eq!(play.ask(&write(11)).unwrap().count, 2);
    assert_eq!(play.ask(&read(10, 3)).unwrap().data, [10, 0xaa, 0xbb]);
    assert_eq!(play.ask(&write(199)), Err(0xc9));
    let absent = GetFruAreaInfo { fru_id: 1 };
    assert_eq!(play.ask(&absent), Err(0xcb));
}

#[test]
fn a_sensor_tells_its_receiver() {
    let mut config = blade_config();
    config.hot_swap.as_mut().unwrap().is_active = true;
    let mut play = Play::new(config);
    let change = |raw| Input::SensorChanged { number: 1, raw };
    let event = |receiver, assertion, raw| Effect::Event {
        receiver,
        event: Event {
            generator: 0x82,
            generator_lun: 0,
            revision: 4,
            sensor_type: 1,
            number: 1,
            assertion,
            event_type: 1,
            data: [0x57, raw, 70],
        },
    };
    assert_eq!(play.apply(&change(75)), [event(0x20, true, 75)]);
    let receiver = |address| SetEventReceiver { address, lun: 0 };
    // Who receives from now on hears what holds: the hot swap state, the temperature.
    let Effect::Event { event: state, .. } = swapped(0xa4, 0x04) else {
        panic!("an event");
    };
    let receiver_now = 0x10;
    let state = Effect::Event {
        receiver: receiver_now,
        event: state,
    };
    let (done, effects) = play.ask_all(&receiver(receiver_now));
    assert_eq!(done, Ok(Empty {}));
    assert_eq!(effects, [state.clone(), event(receiver_now, true, 75)]);
    let rearm = |number| RearmSensorEvents {
        number,
        flags: 0,
        assertion: None,
        deassertion: None,
    };
    let done = Ok(Empty {});
    assert_eq!(play.ask_all(&rearm(0)), (done.clone(), vec![state]));
    let again = vec![event(receiver_now, true, 75)];
    assert_eq!(play.ask_all(&rearm(1)), (done, again));
    assert_eq!(play.ask(&rearm(9)), Err(0xcb));
    // The hot swap sensor says what it does, and lets nobody set it.
    let found = play.ask(&GetSensorEventEnable { number: 0 }).unwrap();
    assert_eq!((found.flags, found.assertion), (0xc0, Some(0xff)));
    let found = play.ask(&GetSensorEventStatus { number: 0 }).unwrap();
    assert_eq!((found.flags, found.assertion), (0xc0, Some(1 << 4)));
    assert_eq!(play.ask(&GetSensorThresholds { number: 0 }), Err(0xcd));
    assert_eq!(play.ask(&GetSensorEventStatus { number: 9 }), Err(0xcb));
    assert_eq!(play.apply(&change(50)), [event(0x10, false, 50)]);
    play.ask(&receiver(0xff)).unwrap();
    assert_eq!(play.apply(&change(75)), []);
    assert_eq!(play.ask(&GetEventReceiver {}).unwrap().address, 0xff);
    let asked = GetSensorReading { number: 1 };
    let reading = play.ask(&asked).unwrap();
    assert_eq!((reading.raw, reading.states), (75, Some(0xc8)));
    assert_eq!(play.ask(&GetSensorReading { number: 9 }), Err(0xcb));
    // Who does not scan compares nothing, and begins with it when scanning is turned on.
    for (flags, states) in [(0x80, 0xc0), (0xc0, 0xc8)] {
        let order = SetSensorEventEnable {
            number: 1,
            flags,
            assertion: None,
            deassertion: None,
        };
        play.ask(&order).unwrap();
        assert_eq!(play.ask(&asked).unwrap().states, Some(states));
    }
}

#[test]
fn the_shelf_manager_logs_events() {
    let mut play = Play::new(shelf_manager_config());
    play.now = Time(5_000_000_000);
    let event = PlatformEvent {
        revision: 4,
        sensor_type: 0xf0,
        number: 0,
        direction_type: 0x6f,
        data1: 0xa2,
        data2: Some(0x21),
        data3: Some(0),
    };
    let request = event.request();
    let effects = play.apply(&Input::Request {
        from: 0x82,
        request,
    });
    let record = [
        1, 0, 2, 5, 0, 0, 0, 0x82, 0, 4, 0xf0, 0, 0x6f, 0xa2, 0x21, 0,
    ];
    let done = PlatformEvent::respond(&Empty {});
    assert_eq!(effects, [Effect::Response(done), Effect::Logged(record)]);
    play.ask(&SetSelTime { seconds: 1000 }).unwrap();
    let (added, _) = play.ask_all(&AddSelEntry { record });
    assert_eq!(added.unwrap().record, 2);
    let read = |record| GetSelEntry {
        reservation: 0,
        record,
        offset: 0,
        count: 0xff,
    };
    let first = play.ask(&read(0)).unwrap();
    assert_eq!((first.next, first.data), (2, record.to_vec()));
    let last = play.ask(&read(0xffff)).unwrap();
    assert_eq!(
        (last.next, &last.data[3..5]),
        (0xffff, &1000u16.to_le_bytes()[..])
    );
    assert_eq!(play.ask(&read(7)), Err(0xcb));
    assert_eq!(play.ask(&GetSelInfo {}).unwrap().entries, 2);
    assert_eq!(play.ask(&ClearSel::start(0)), Err(0xc5));
    let reservation = play.ask(&ReserveSel {}).unwrap().reservation;
    assert_eq!(play.ask(&ClearSel::start(reservation)).unwrap().progress, 1);
    assert_eq!(play.ask(&GetSelInfo {}).unwrap().entries, 0);
    assert_eq!(play.ask(&read(0)), Err(0xcb));
}

/// Whoever has the event message buffer learns of events that the log has no room for.
#[test]
fn a_full_log_takes_no_more() {
    let mut play = Play::new(shelf_manager_config());
    play.now = Time(5_000_000_000);
    let order = AddSelEntry { record: [2; 16] };
    for _ in 0..RECORDS_MAX {
        assert!(play.ask_all(&order).0.is_ok());
    }
    let full = |play: &mut Play| {
        let info = play.ask(&GetSelInfo {}).unwrap();
        (info.operations, usize::from(info.entries), info.free)
    };
    assert_eq!(full(&mut play), (0x02, RECORDS_MAX, 0));
    let event = PlatformEvent {
        revision: 4,
        sensor_type: 1,
        number: 9,
        direction_type: 0x81,
        data1: 0x57,
        data2: None,
        data3: None,
    };
    let (done, effects) = play.ask_all(&event);
    let record = [
        0xff, 0xff, 2, 5, 0, 0, 0, 0x20, 0, 4, 1, 9, 0x81, 0x57, 0xff, 0xff,
    ];
    assert_eq!(
        (done, effects),
        (Ok(Empty {}), vec![Effect::Logged(record)])
    );
    assert_eq!(full(&mut play), (0x82, RECORDS_MAX, 0));
    assert_eq!(play.ask(&order), Err(0xc4));
}

#[test]
fn addresses_are_looked_up() {
    let mut play = Play::new(shelf_manager_config());
    let asked = |key_type, key, site_type| GetAddressInfo {
        fru_id: Some(0),
        key_type: Some(key_type),
        key: Some(key),
        site_type,
    };
    for question in [
        asked(0, 0x41, None),
        asked(1, 0x82, None),
        asked(3, 1, Some(0)),
    ] {
        let found = play.ask(&question).unwrap();
        assert_eq!((found.hardware_address, found.ipmb_address), (0x41, 0x82));
    }
    assert_eq!(play.ask(&asked(0, 0x77, None)), Err(0xcc));
    assert_eq!(play.ask(&asked(2, 0x41, None)), Err(0xcc));
    let own = play.ask(&GetAddressInfo::of_fru(254)).unwrap();
    assert_eq!(
        (own.ipmb_address, own.site_type, own.fru_id),
        (0x20, 3, 254)
    );
    assert_eq!(play.ask(&GetAddressInfo::of_fru(7)), Err(0xcc));
    assert_eq!(play.ask(&GetPicmgProperties {}).unwrap().fru_id_max, 0);
    let address = play.ask(&GetShelfAddressInfo {}).unwrap().address;
    assert_eq!(String::from_utf8(address[1..].to_vec()).unwrap(), "Shelf-1");
    let found = play.ask(&GetShelfManagerIpmbAddresses {}).unwrap();
    assert_eq!((found.active, found.backup), (0x10, 0x12));
    // A shelf manager without a handle cannot be activated; a blade knows no shelf.
    let (fru_id, activate) = (0, 1);
    assert_eq!(play.ask(&SetFruActivation { fru_id, activate }), Err(0xcc));
    let mut play = Play::new(blade_config());
    assert_eq!(play.ask(&GetShelfAddressInfo {}), Err(0xc1));
    assert_eq!(play.ask(&GetSelInfo {}), Err(0xc1));
    assert_eq!(play.ask(&GetSdrRepositoryInfo {}), Err(0xc1));
}

#[test]
fn fans() {
    let mut config = blade_config();
    config.fan = Some(FanConfig {
        level_min: 1,
        level_max: 15,
        level_normal: 6,
    });
    let mut play = Play::new(config);
    let set = |level| SetFanLevel {
        fru_id: 0,
        level,
        local_enable: None,
    };
    for (order, turned, level) in [(9, 9, 9), (0xff, 6, 0xff), (0xfe, 0, 0xfe)] {
        let (done, effects) = play.ask_all(&set(order));
        assert_eq!(
            (done, effects),
            (Ok(Empty {}), vec![Effect::FanLevel(turned)])
        );
        let found = play.ask(&GetFanLevel { fru_id: 0 }).unwrap();
        assert_eq!(found.override_level, level);
    }
    assert_eq!(play.ask(&set(16)), Err(0xc9));
    let found = play.ask(&GetFanSpeedProperties { fru_id: 0 }).unwrap();
    assert_eq!(
        (found.level_min, found.level_max, found.level_normal),
        (1, 15, 6)
    );
    let mut play = Play::new(blade_config());
    assert_eq!(play.ask(&GetFanLevel { fru_id: 0 }), Err(0xc1));
}

#[test]
fn what_is_unknown_or_too_short_is_refused() {
    let mut play = Play::new(blade_config());
    let request = |net_fn, lun, command, data: &[u8]| Request {
        net_fn: NetFn(net_fn),
        lun,
        command,
        data: data.to_vec(),
    };
    let cases = [
        (request(0x06, 0, 0xee, &[]), CompletionCode::INVALID_COMMAND),
        (request(0x0c, 0, 0x01, &[]), CompletionCode::INVALID_COMMAND),
        (request(0x2c, 0, 0x00, &[]), CompletionCode::INVALID_COMMAND),
        (
            request(0x2c, 0, 0x00, &[3]),
            CompletionCode::INVALID_COMMAND,
        ),
        (request(0x06, 1, 0x01, &[]), CompletionCode::INVALID_FOR_LUN),
        (request(0x0a, 0, 0x11, &[0]), CompletionCode::LENGTH_INVALID),
        (request(0x04, 0, 0x2d, &[]), CompletionCode::LENGTH_INVALID),
        (
            request(0x2c, 0, 0x0c, &[0, 0]),
            CompletionCode::LENGTH_INVALID,
        ),
    ];
    for (request, code) in cases {
        let (response, effects) = play.ask_raw(request.clone());
        assert_eq!((response.code, effects), (code, vec![]), "{request:?}");
    }
    assert_eq!(play.ask(&GetDeviceId {}).unwrap().product, 0x100);
}

proptest! {
    /// Any request is answered, once, and first.
    #[test]
    fn any_request(is_blade: bool, net_fn in 0u8..32, command: u8, data: Vec<u8>) {
        let config = if is_blade { blade_config() } else { shelf_manager_config() };
        let mut play = Play::new(config);
        let net_fn = NetFn(net_fn * 2);
        let (_, effects) = play.ask_raw(Request { net_fn, lun: 0, command, data });
        let answered = effects.iter().any(|effect| matches!(effect, Effect::Response(_)));
        prop_assert!(!answered);
    }
}

#[test]
fn the_repository_has_the_records_of_others_behind_its_own() {
    let blade = Ipmc::new(blade_config());
    let mut play = Play::new(shelf_manager_config());
    play.now = Time(7_000_000_000);
    let own = play.ipmc.records().len();
    let reserved = play.ask(&ReserveSdrRepository {}).unwrap().reservation;
    play.apply(&Input::RecordsCollected(blade.records().to_vec()));
    let info = play.ask(&GetSdrRepositoryInfo {}).unwrap();
    assert_eq!(usize::from(info.entries), own + blade.records().len());
    assert_eq!((info.last_addition, info.last_erase), (7, 7));
    // Whoever reads in parts meanwhile must begin anew.
    let read = |record, offset, reservation| GetSdr {
        reservation,
        record,
        offset,
        count: 22,
    };
    assert_eq!(play.ask(&read(1, 5, reserved)), Err(0xc5));
    let first = play.ask(&read(own as u16 + 1, 0, 0)).unwrap();
    assert_eq!(first.data[..2], (own as u16 + 1).to_le_bytes());
    assert_eq!(first.data[2..], blade.records()[0][2..22]);
    // Collecting again replaces; the locator of a FRU is never another controller's.
    play.apply(&Input::RecordsCollected(vec![]));
    assert_eq!(play.ipmc.records().len(), own);
    // A blade has no repository.
    let mut play = Play::new(blade_config());
    play.apply(&Input::Tick);
    let before = play.ipmc.clone();
    play.apply(&Input::RecordsCollected(blade.records().to_vec()));
    assert_eq!(play.ipmc, before);
}

#[test]
fn the_shelf_manager_says_which_controller_is_active() {
    let mut play = Play::new(shelf_manager_config());
    let asked = GetShelfManagerIpmbAddresses {};
    let told = play.ask(&asked).unwrap();
    assert_eq!((told.active, told.backup), (0x10, 0x12));
    let (active, backup) = (0x12, 0xff);
    play.apply(&Input::ShelfManagersChanged { active, backup });
    let told = play.ask(&asked).unwrap();
    assert_eq!((told.active, told.backup), (0x12, 0xff));
}

mod invariants;
mod management;
mod modules;
