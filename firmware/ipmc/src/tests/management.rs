//! LEDs, power levels, fans, buses, inventories, keys and what is stored.

use super::*;
use ipmi::command::picmg::bused;

/// A blade in M4.
fn active() -> Play {
    let mut config = blade_config();
    config.hot_swap.as_mut().unwrap().is_active = true;
    config.ipmb_sensor = Some(9);
    Play::new(config)
}

fn fan_tray() -> Config {
    let mut config = blade_config();
    config.hot_swap.as_mut().unwrap().is_active = true;
    config.sensors[0].of_payload = false;
    config.fan = Some(FanConfig {
        level_min: 1,
        level_max: 15,
        level_normal: 6,
    });
    config
}

impl Play {
    fn at_ms(&mut self, ms: u64) -> &mut Self {
        self.now = Time(ms * 1_000_000);
        self
    }

    fn led(&mut self, led_id: u8) -> FruLedState {
        self.ask(&GetFruLedState { fru_id: 0, led_id }).unwrap()
    }

    /// Applies an input and gives only what LEDs show because of it.
    fn leds_after(&mut self, input: &Input) -> Vec<(u8, Shown)> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.ipmc.apply(at, input, &mut effects);
        let leds = effects.into_iter().filter_map(|effect| {
            let Effect::Hardware(Hardware::Led { led_id, shown, .. }) = effect else {
                return None;
            };
            Some((led_id, shown))
        });
        leds.collect()
    }

    fn leds_ordered(&mut self, order: &SetFruLedState) -> Vec<(u8, Shown)> {
        let (from, request) = (0x20, order.request());
        self.leds_after(&Input::Request { from, request })
    }
}

fn shown(function: u8, on_time: u8, color: u8) -> Shown {
    Shown {
        function,
        on_time,
        color,
    }
}

fn led_order(led_id: u8, function: u8, on_time: u8, color: u8) -> SetFruLedState {
    SetFruLedState {
        fru_id: 0,
        led_id,
        function,
        on_time,
        color,
    }
}

#[test]
fn leds_are_told_what_changed_only() {
    let mut play = Play::new(blade_config());
    // At first all of them: blue on, red and green off.
    let told = play.leds_after(&Input::Powered);
    let expected = [
        (0, shown(0xff, 0, 1)),
        (1, shown(0, 0, 2)),
        (2, shown(0, 0, 3)),
    ];
    assert_eq!(told, expected);
    let told = play.leds_after(&Input::HandleClosed);
    assert_eq!(told, [(0, shown(10, 90, 1))]);
    assert_eq!(play.leds_after(&Input::Tick), []);
    // Overridden, then the state goes on below it, then it is released.
    let told = play.leds_ordered(&led_order(0, 0xff, 0, 0x0f));
    assert_eq!(told, [(0, shown(0xff, 0, 1))]);
    assert_eq!(play.leds_after(&Input::HandleOpened), []);
    assert_eq!(play.leds_ordered(&led_order(0, 0xfc, 0, 0x0f)), []);
    assert_eq!(play.led(0).states, 0b001);
}

#[test]
fn a_lamp_test_ends_on_its_own() {
    let mut play = active();
    play.apply(&Input::Tick);
    let told = play.leds_ordered(&led_order(0xff, 0xfb, 20, 0x0f));
    assert_eq!(told.len(), 3);
    assert_eq!(told[2], (2, shown(0xfb, 20, 3)));
    assert_eq!(
        (play.led(1).states, play.led(1).lamp_test_time),
        (0b101, Some(20))
    );
    assert_eq!(play.ipmc.deadline(), Some(Time(2_000_000_000)));
    play.at_ms(1999);
    assert_eq!(play.leds_after(&Input::Tick), []);
    play.at_ms(2000);
    let told = play.leds_after(&Input::Tick);
    assert_eq!(told[2], (2, shown(0xff, 0, 3)), "in service, as before");
    assert_eq!(play.led(1).states, 0b001);
    assert_eq!(play.ipmc.deadline(), None);
}

#[test]
fn leds_of_the_application() {
    let mut config = blade_config();
    let led = |id, colors, local_color, of_payload| LedConfig {
        id,
        colors,
        local_color,
        override_color: 4,
        of_payload,
    };
    // Blue; amber or red; an application's that needs payload power and has no local control.
    config.frus[0].leds = vec![
        LedConfig {
            override_color: 1,
            ..led(0, 0b0000010, 1, false)
        },
        led(1, 0b0010100, 2, false),
        led(4, 0b0011000, 0, true),
    ];
    let mut play = Play::new(config);
    let found = play.ask(&GetFruLedProperties { fru_id: 0 }).unwrap();
    assert_eq!((found.general, found.application_count), (0b0011, 1));
    let capabilities = |play: &mut Play, led_id| {
        let asked = GetLedColorCapabilities { fru_id: 0, led_id };
        play.ask(&asked)
    };
    let found = capabilities(&mut play, 4).unwrap();
    let colors = (found.colors, found.default_local, found.default_override);
    assert_eq!((colors, found.flags), ((0b0011000, 0, 4), Some(1)));
    assert_eq!(capabilities(&mut play, 2), Err(0xcc));
    // Red keeps when told to keep; amber is the default; blue it has not.
    for (asked, color) in [(2, 2), (0x0e, 2), (0x0f, 4), (0x0e, 4)] {
        assert_eq!(play.ask(&led_order(1, 0xff, 0, asked)), Ok(Empty {}));
        assert_eq!(play.led(1).override_color, Some(color));
    }
    assert_eq!(play.ask(&led_order(1, 0xff, 0, 1)), Err(0xcc));
    assert_eq!(play.ask(&led_order(1, 0xff, 0, 7)), Err(0xcc));
    // Nobody controls it locally.
    assert_eq!(play.ask(&led_order(4, 0xfc, 0, 0x0f)), Err(0xcc));
    // It is overridden, but dark until the payload has power.
    assert_eq!(play.leds_ordered(&led_order(4, 0xff, 0, 3)), []);
    assert_eq!(play.led(4).override_function, Some(0xff));
    play.apply(&Input::Powered);
    play.apply(&Input::HandleClosed);
    let (from, activate) = (
        0x20,
        SetFruActivation {
            fru_id: 0,
            activate: 1,
        },
    );
    let told = play.leds_after(&Input::Request {
        from,
        request: activate.request(),
    });
    assert_eq!(told.last(), Some(&(4, shown(0xff, 0, 3))));
}

#[test]
fn power_levels_early_and_steady() {
    let mut config = blade_config();
    config.slots = 2;
    config.slot_location = 1;
    config.power = Some(PowerConfig {
        draws_w: vec![20, 60, 120],
        desired_level: 2,
        early_draws_w: vec![25, 80, 150],
        early_time: 5,
        multiplier: 20,
        is_dynamic: true,
    });
    let mut play = Play::new(config);
    let fru_id = 0;
    let found = play.ask(&ComputePowerProperties { fru_id }).unwrap();
    assert_eq!((found.slots, found.location), (2, 1));
    let level = |play: &mut Play, kind| {
        let found = play.ask(&GetPowerLevel { fru_id, kind }).unwrap();
        assert_eq!(found.multiplier, 20);
        (found.properties, found.delay, found.draws)
    };
    let (steady, early) = (vec![20, 60, 120], vec![25, 80, 150]);
    assert_eq!(level(&mut play, 0), (0x80, 0, steady.clone()));
    assert_eq!(level(&mut play, 1), (0x82, 0, steady.clone()));
    assert_eq!(level(&mut play, 2), (0x80, 5, early.clone()));
    assert_eq!(level(&mut play, 3), (0x82, 5, early.clone()));
    assert_eq!(play.ask(&GetPowerLevel { fru_id, kind: 4 }), Err(0xcc));
    play.apply(&Input::Powered);
    play.apply(&Input::HandleClosed);
    play.activate(1).0.unwrap();
    assert_eq!(level(&mut play, 0), (0x82, 0, steady));
    // 80 · 2 W for half a second, then 60 · 2 W.
    assert_eq!(play.ipmc.payload_draw_w(), 160);
    play.at_ms(499).apply(&Input::Tick);
    assert_eq!(play.ipmc.payload_draw_w(), 160);
    play.at_ms(500).apply(&Input::Tick);
    assert_eq!(play.ipmc.payload_draw_w(), 120);
}

#[test]
fn the_payload_wants_another_level() {
    let mut play = active();
    let desired = |play: &mut Play| {
        let asked = GetPowerLevel { fru_id: 0, kind: 1 };
        play.ask(&asked).unwrap().properties
    };
    let wanted = |level| Input::PowerWanted { fru_id: 0, level };
    let renegotiate = Effect::Request {
        to: 0x20,
        request: RenegotiatePower { fru_id: Some(0) }.request(),
    };
    assert_eq!(play.apply(&wanted(1)), [renegotiate]);
    assert_eq!(desired(&mut play), 3, "until it is computed anew");
    play.ask(&ComputePowerProperties { fru_id: 0 }).unwrap();
    assert_eq!(desired(&mut play), 1);
    // No news, no such level, no such FRU.
    assert_eq!(play.apply(&wanted(1)), []);
    assert_eq!(play.apply(&wanted(4)), []);
    assert_eq!(play.apply(&wanted(0)), []);
    let fru_id = 5;
    assert_eq!(play.apply(&Input::PowerWanted { fru_id, level: 1 }), []);
}

#[test]
fn bad_power_levels() {
    let mut play = Play::new(blade_config());
    play.apply(&Input::Powered);
    let level = |level, copy| SetPowerLevel {
        fru_id: 0,
        level,
        copy,
    };
    // Off and no change are right in M1, a level is not.
    assert_eq!(play.ask(&level(0, 0)), Ok(Empty {}));
    assert_eq!(play.ask(&level(0xff, 1)), Ok(Empty {}));
    assert_eq!(play.ask(&level(1, 1)), Err(0xd5));
    assert_eq!(play.ask(&level(4, 1)), Err(0xc9));
    assert_eq!(play.ask(&level(1, 2)), Err(0xcc));
}

#[test]
fn fans_by_order_and_on_their_own() {
    let mut play = Play::new(fan_tray());
    let set = |level, local_enable| SetFanLevel {
        fru_id: 0,
        level,
        local_enable,
    };
    let hot = |raw| Input::SensorChanged { number: 1, raw };
    // The higher one of order and local control holds.
    let (_, effects) = play.ask_all(&set(9, Some(1)));
    assert_eq!(effects, [Effect::FanLevel(9)]);
    let (_, effects) = play.ask_all(&set(2, Some(1)));
    assert_eq!(effects, [Effect::FanLevel(6)]);
    let turned = play.apply(&hot(75)).pop();
    assert_eq!(turned, Some(Effect::FanLevel(15)));
    let found = play.ask(&GetFanLevel { fru_id: 0 }).unwrap();
    let levels = (found.override_level, found.local_level, found.local_enable);
    assert_eq!(levels, (2, Some(15), Some(1)));
    // What is hot is a matter of thresholds, whatever moves them.
    let limit = |raw| SetSensorThresholds {
        number: 1,
        mask: 0b1000,
        thresholds: [0, 0, 0, raw, 0, 0],
    };
    for (raw, level) in [(80, 6), (70, 15)] {
        let (_, effects) = play.ask_all(&limit(raw));
        assert_eq!(effects.last(), Some(&Effect::FanLevel(level)));
    }
    // Without local control, the heat is the shelf manager's business.
    let (_, effects) = play.ask_all(&set(2, Some(0)));
    assert_eq!(effects, [Effect::FanLevel(2)]);
    play.apply(&hot(50));
    // Stopped, whatever local control thinks.
    let (_, effects) = play.ask_all(&set(0xfe, Some(1)));
    assert_eq!(effects, [Effect::FanLevel(0)]);
    assert_eq!(play.ipmc.fan_level(), Some(0));
    for order in [
        set(0xff, Some(0)),
        set(3, Some(2)),
        set(0, None),
        set(16, None),
    ] {
        assert!(play.ask(&order).is_err(), "{order:?}");
    }
}

#[test]
fn a_tray_that_hears_nobody_turns_at_full_speed() {
    let mut config = fan_tray();
    config.fan_silence_max = Some(Duration::from_secs(10));
    let mut play = Play::new(config);
    assert_eq!(play.ipmc.deadline(), None, "nobody was there yet");
    play.ask(&GetFanLevel { fru_id: 0 }).unwrap();
    assert_eq!(play.tick(), [Effect::FanLevel(15)]);
    assert_eq!(play.now, Time(10_000_000_000));
    assert_eq!(play.ipmc.deadline(), None);
    // Somebody else's question is no sign of the shelf manager.
    let request = GetFanLevel { fru_id: 0 }.request();
    let (from, other) = (0x84, request);
    play.apply(&Input::Request {
        from,
        request: other,
    });
    assert_eq!(play.ipmc.fan_level(), Some(15));
    let (_, effects) = play.ask_all(&GetFanLevel { fru_id: 0 });
    assert_eq!(effects, [Effect::FanLevel(6)]);
    // An emergency stop lasts.
    let stop = SetFanLevel {
        fru_id: 0,
        level: 0xfe,
        local_enable: None,
    };
    play.ask_all(&stop).0.unwrap();
    assert_eq!(play.tick(), []);
    assert_eq!(play.ipmc.fan_level(), Some(0));
}

fn bus_event(offset: u8, status: u8) -> Effect {
    Effect::Event {
        receiver: 0x20,
        event: Event {
            generator: 0x82,
            generator_lun: 0,
            revision: 4,
            sensor_type: 0xf1,
            number: 9,
            assertion: true,
            event_type: 0x6f,
            data: [0xa0 | offset, 0, status],
        },
    }
}

fn bus(bus: Bus, connected: bool) -> Effect {
    Effect::Hardware(Hardware::Ipmb { bus, connected })
}

#[test]
fn buses_are_isolated_by_order_and_by_failure() {
    let mut play = active();
    let reading = |play: &mut Play| {
        let found = play.ask(&GetSensorReading { number: 9 }).unwrap();
        (found.raw, found.state_bits())
    };
    assert_eq!(reading(&mut play), (0x88, 1 << 3));
    let order = |a, b| SetIpmbState { a, b };
    let (done, effects) = play.ask_all(&order(0x00, 0xff));
    assert_eq!(done, Ok(Empty {}));
    assert_eq!(effects, [bus(Bus::A, false), bus_event(2, 0x80)]);
    assert_eq!(
        (reading(&mut play), play.ipmc.buses()),
        ((0x80, 1 << 2), [false, true])
    );
    // Again is no news.
    assert_eq!(play.ask(&order(0x00, 0x01)), Ok(Empty {}));
    // B fails as well: its driver sees SDA stuck.
    let failed = |status| Input::BusChanged {
        bus: Bus::B,
        status,
    };
    assert_eq!(
        play.apply(&failed(2)),
        [bus(Bus::B, false), bus_event(0, 0xa0)]
    );
    assert_eq!(
        play.apply(&failed(0)),
        [bus(Bus::B, true), bus_event(2, 0x80)]
    );
    let (_, effects) = play.ask_all(&order(0x01, 0xff));
    assert_eq!(effects, [bus(Bus::A, true), bus_event(3, 0x88)]);
    // A bused IPMB-0 has no link 1, and nothing is reserved for it.
    for order in [order(0x02, 0xff), order(0xff, 0x03), order(0xc0, 0xff)] {
        assert_eq!(play.ask(&order), Err(0xcc), "{order:?}");
    }
    assert_eq!(play.ipmc.buses(), [true, true]);
}

#[test]
fn link_and_sensor_of_the_bus() {
    let mut play = active();
    let asked = |key_type, key| GetIpmbLinkInfo { key_type, key };
    for question in [asked(0, 0), asked(1, 9)] {
        let found = play.ask(&question).unwrap();
        assert_eq!((found.link, found.sensor), (0, 9));
    }
    for question in [asked(0, 1), asked(1, 8), asked(2, 0)] {
        assert_eq!(play.ask(&question), Err(0xcc), "{question:?}");
    }
    let mut play = Play::new(blade_config());
    assert_eq!(play.ask(&asked(0, 0)), Err(0xc1));
    assert_eq!(play.ask(&GetSensorReading { number: 9 }), Err(0xcb));
}

#[test]
fn an_inventory_is_protected_and_takes_its_time() {
    let mut config = blade_config();
    config.frus[0].protected_len = 8;
    config.frus[0].write_time = Duration::from_millis(5);
    let mut play = Play::new(config);
    let write = |offset| WriteFruData {
        fru_id: 0,
        offset,
        data: vec![0xaa, 0xbb],
    };
    let read = ReadFruData {
        fru_id: 0,
        offset: 7,
        count: 4,
    };
    assert_eq!(play.ask(&write(7)), Err(0x80));
    assert_eq!(play.ask(&write(8)).unwrap().count, 2);
    assert_eq!(play.ask(&write(10)), Err(0x81));
    assert_eq!(play.ask(&read), Err(0x81));
    play.at_ms(5);
    assert_eq!(play.ask(&read).unwrap().data, [7, 0xaa, 0xbb, 10]);
}

/// The shelf manager with an inventory of the shelf whose checksums hold.
fn shelf_manager() -> Play {
    let mut config = shelf_manager_config();
    let board = ipmi::fru::Board {
        language: ipmi::fru::LANGUAGE_ENGLISH,
        manufacturer: ipmi::text::Text::latin1("ACME"),
        ..ipmi::fru::Board::default()
    };
    let inventory = ipmi::fru::Inventory {
        board: Some(ipmi::fru::Area::ok(board)),
        ..ipmi::fru::Inventory::default()
    };
    config.frus[1].inventory = inventory.encode();
    Play::new(config)
}

fn lock(operation: u8, lock_id: u16) -> FruInventoryLock {
    FruInventoryLock {
        fru_id: 254,
        operation,
        lock_id,
    }
}

fn edit(lock_id: u16, offset: u16, data: &[u8]) -> FruInventoryWrite {
    FruInventoryWrite {
        fru_id: 254,
        lock_id,
        offset,
        data: data.to_vec(),
    }
}

#[test]
fn the_shelf_inventory_is_edited_under_a_lock() {
    let mut play = shelf_manager();
    play.now = Time(7_000_000_000);
    let byte = |play: &mut Play, offset| {
        let (fru_id, count) = (254, 1);
        let asked = ReadFruData {
            fru_id,
            offset,
            count,
        };
        play.ask(&asked).unwrap().data[0]
    };
    let locked = play.ask(&lock(lock::LOCK, 0)).unwrap();
    assert_eq!((locked.lock_id, locked.committed), (1, 0));
    // One at a time; nobody goes around it.
    assert_eq!(play.ask(&lock(lock::LOCK, 0)), Err(0x81));
    let around = WriteFruData {
        fru_id: 254,
        offset: 0,
        data: vec![1],
    };
    assert_eq!(play.ask(&around), Err(0x81));
    assert_eq!(play.ask(&edit(2, 0, &[1])), Err(0x80));
    // Two bytes of the name change places: the checksum holds.
    let (first, second) = (byte(&mut play, 15), byte(&mut play, 16));
    assert_ne!(first, second);
    assert_eq!(play.ask(&edit(1, 15, &[second, first])).unwrap().count, 2);
    assert_eq!(byte(&mut play, 15), first, "only the copy changed");
    assert_eq!(play.ask(&edit(1, 0xff00, &[1])), Err(0xc9));
    let committed = play.ask(&lock(lock::COMMIT, 1)).unwrap();
    assert_eq!((committed.lock_id, committed.committed), (0, 7));
    assert_eq!(byte(&mut play, 15), second);
    assert_eq!(
        play.ask(&lock(lock::GET_TIMESTAMP, 0)).unwrap().committed,
        7
    );
    assert_eq!(play.ask(&lock(lock::COMMIT, 1)), Err(0x81));
}

#[test]
fn bad_edits_of_the_shelf_inventory() {
    let mut play = shelf_manager();
    play.ask(&lock(lock::LOCK, 0)).unwrap();
    play.ask(&edit(1, 0, &[0x02])).unwrap();
    // What was written is no inventory; put right, it is.
    assert_eq!(play.ask(&lock(lock::COMMIT, 1)), Err(0x80));
    play.ask(&edit(1, 0, &[0x01])).unwrap();
    assert!(play.ask(&lock(lock::COMMIT, 1)).is_ok());
    // Discarded.
    assert_eq!(play.ask(&lock(lock::LOCK, 0)).unwrap().lock_id, 2);
    play.ask(&edit(2, 0, &[0x02])).unwrap();
    assert!(play.ask(&lock(lock::DISCARD, 2)).is_ok());
    assert_eq!(play.ask(&edit(2, 0, &[0x02])), Err(0x80));
    // A lock that nobody uses ends; each write makes it last.
    assert_eq!(play.ask(&lock(lock::LOCK, 0)).unwrap().lock_id, 3);
    play.at_ms(15_000);
    play.ask(&edit(3, 0, &[0x01])).unwrap();
    play.at_ms(34_000);
    assert_eq!(play.ask(&lock(lock::LOCK, 0)), Err(0x81));
    play.at_ms(35_000);
    assert_eq!(play.ask(&edit(3, 0, &[0x01])), Err(0x80));
    assert_eq!(play.ask(&lock(lock::LOCK, 0)).unwrap().lock_id, 4);
    // Another FRU, an operation that does not exist, a blade.
    let other = FruInventoryLock {
        fru_id: 0,
        ..lock(lock::LOCK, 0)
    };
    assert_eq!(play.ask(&other), Err(0xcc));
    assert_eq!(play.ask(&lock(4, 0)), Err(0xcc));
    let mut blade = Play::new(blade_config());
    assert_eq!(blade.ask(&lock(lock::LOCK, 0)), Err(0xc1));
}

/// A blade whose inventory has a base link and a clock that it may drive.
fn keyed() -> Play {
    use ipmi::fru::picmg::{BoardP2p, PicmgBody, PicmgRecord};
    use ipmi::wire::{Counted, Rest};
    let body = PicmgBody::BoardP2p(BoardP2p {
        guids: Counted(vec![]),
        links: Rest(vec![0x0000_1101]),
    });
    let record = ipmi::fru::MultiRecord::picmg(&PicmgRecord { version: 0, body });
    let inventory = ipmi::fru::Inventory {
        records: vec![record],
        ..ipmi::fru::Inventory::default()
    };
    let mut config = blade_config();
    config.frus[0].inventory = inventory.encode();
    let mut play = Play::new(config);
    play.apply(&Input::Powered);
    play.apply(&Input::HandleClosed);
    play
}

#[test]
fn a_board_stops_its_own_links_on_the_way_out() {
    let mut play = keyed();
    let link = 0x0000_1101;
    let key = |state| SetPortState { link, state };
    let port = |enabled| Effect::Hardware(Hardware::Port { link, enabled });
    assert_eq!(play.ask(&key(1)), Err(0xd5), "not in M2");
    play.activate(1).0.unwrap();
    assert_eq!(play.ask_all(&key(1)), (Ok(Empty {}), vec![port(true)]));
    play.tick();
    let asked = GetPortState { channel: 0x01 };
    assert_eq!(play.ask(&asked).unwrap().links.0[0].state, 1);
    play.apply(&Input::ResourceWanted(3));
    let grant = BusedResourceControl {
        command: bused::REQUEST,
        resource: 3,
    };
    let drive = |drive| Effect::Hardware(Hardware::Resource { resource: 3, drive });
    let answered = Input::Answered {
        request: grant.request(),
        response: Some(BusedResourceControl::respond(&BusedResourceStatus {
            status: 0,
        })),
    };
    assert_eq!(play.apply(&answered), [drive(true)]);
    let (_, effects) = play.activate(0);
    let relinquish = Effect::Request {
        to: 0x20,
        request: BusedResourceControl {
            command: bused::RELINQUISH,
            resource: 3,
        }
        .request(),
    };
    assert_eq!(
        effects,
        [
            swapped(0xa6, 0x14),
            port(false),
            drive(false),
            relinquish,
            Effect::PayloadPower(false),
        ]
    );
    assert_eq!(play.ask(&asked).unwrap().links.0[0].state, 0);
    assert_eq!(play.ask(&key(1)), Err(0xd5), "not in M6");
    assert_eq!(play.apply(&Input::ResourceWanted(3)), []);
}

#[test]
fn what_outlives_management_power() {
    let mut play = active();
    let policy = SetFruActivationPolicy {
        fru_id: 0,
        mask: 3,
        set: 3,
    };
    play.ask(&policy).unwrap();
    let receiver = SetEventReceiver {
        address: 0x10,
        lun: 0,
    };
    play.ask_all(&receiver).0.unwrap();
    let written = WriteFruData {
        fru_id: 0,
        offset: 0,
        data: vec![0xee],
    };
    play.ask(&written).unwrap();
    play.ask_all(&SetIpmbState { a: 0, b: 0xff }).0.unwrap();
    play.ask(&led_order(0, 0xff, 0, 0x0f)).unwrap();
    assert_eq!(play.apply(&Input::Unpowered), []);
    assert!(!play.ipmc.has_payload_power());
    assert_eq!(play.ipmc.power_level(0), Some(0));
    assert_eq!(play.states(), 1 << 0);
    // Locked: it stays in M1 with its handle closed, until somebody unlocks it.
    assert_eq!(play.apply(&Input::Powered), [swapped(0xa1, 0x00)]);
    let bits = play
        .ask(&GetFruActivationPolicy { fru_id: 0 })
        .unwrap()
        .bits;
    assert_eq!(bits, 3);
    let asked = ReadFruData {
        fru_id: 0,
        offset: 0,
        count: 1,
    };
    assert_eq!(play.ask(&asked).unwrap().data, [0xee]);
    assert_eq!(play.ask(&GetEventReceiver {}).unwrap().address, 0x20);
    assert_eq!(play.ipmc.buses(), [true, true]);
    assert_eq!(play.led(0).states, 0b001);
    let unlock = SetFruActivationPolicy {
        fru_id: 0,
        mask: 1,
        set: 0,
    };
    let (_, effects) = play.ask_all(&unlock);
    assert_eq!(effects, [swapped(0xa2, 0x11)]);
}

#[test]
fn controls_that_a_fru_has() {
    let mut config = blade_config();
    config.hot_swap.as_mut().unwrap().is_active = true;
    config.frus[0].control_options = 0b1010;
    let mut play = Play::new(config);
    let found = play.ask(&GetFruControlCapabilities { fru_id: 0 }).unwrap();
    assert_eq!(found.options, 0b1010);
    let control = |option| FruControl { fru_id: 0, option };
    for option in [0, 1, 3, 4] {
        let (done, effects) = play.ask_all(&control(option));
        assert_eq!(done, Ok(FruControlled { data: vec![] }));
        assert_eq!(effects, [Effect::PayloadControl(option)]);
    }
    for option in [2, 5, 0xff] {
        assert_eq!(play.ask(&control(option)), Err(0xcc), "{option}");
    }
}

#[test]
fn factors_of_linear_sensors() {
    let mut play = active();
    let asked = |number| GetSensorReadingFactors { number, raw: 50 };
    let found = play.ask(&asked(1)).unwrap();
    assert_eq!((found.next, found.factors), (0xff, [1, 0, 0, 0, 0, 0]));
    assert_eq!(play.ask(&asked(0)), Err(0xcb));
    assert_eq!(play.ask(&asked(8)), Err(0xcb));
}
