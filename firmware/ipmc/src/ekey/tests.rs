//! Keys that a shelf manager gives a board, good and bad.

use super::*;
use ipmi::fru::picmg::{
    AmcP2p, ClockConfiguration, ClockDescriptor, DirectClock, IndirectClock, PicmgRecord,
};
use ipmi::fru::{Inventory, MultiRecord};
use ipmi::wire::Counted;

/// The board of the standard's example record: base channels 1 and 2, fabric channel 1 with four
/// ports or with one.
const BASE_1: u32 = 0x0000_1101;
const WIDE: u32 = 0x0010_2f41;
const NARROW: u32 = 0x0000_2141;

/// A header, and the board point-to-point connectivity record.
const INVENTORY: [u8; 40] = [
    0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0xfe, //
    0xc0, 0x82, 0x16, 0x5a, 0x4e, //
    0x5a, 0x31, 0x00, 0x14, 0x00, 0x00, //
    0x01, 0x11, 0x00, 0x00, 0x02, 0x11, 0x00, 0x00, //
    0x41, 0x2f, 0x10, 0x00, 0x41, 0x21, 0x00, 0x00, //
    0, 0, 0, 0, 0,
];

/// One AMC link on channel 6 of device 0, as a real module says it: 1000BASE-BX, lane 0.
fn carrier() -> Links {
    let body = PicmgBody::AmcP2p(AmcP2p {
        guids: Counted(Vec::new()),
        device: 0x00,
        channels: Counted([U24::new(0xff_ffe7)].to_vec()),
        links: Rest([[0x06, 0x51, 0x00, 0x00, 0xfc]].to_vec()),
    });
    let record = MultiRecord::picmg(&PicmgRecord { version: 0, body });
    let inventory = Inventory {
        records: [record].to_vec(),
        ..Inventory::default()
    };
    Links::of(&inventory.encode())
}

fn order(link: u32, state: u8) -> SetPortState {
    SetPortState { link, state }
}

/// What a key does to the board.
fn key(keys: &mut Keys, link: u32, state: u8) -> Result<Vec<Effect>, u8> {
    let links = Links::of(&INVENTORY);
    let mut effects = Vec::new();
    let done = keys.set_port((&links, true), &order(link, state), &mut effects);
    done.map(|()| effects).map_err(|code| code.0)
}

/// Links of a channel with their states.
fn states(keys: &Keys, channel: u8) -> Result<Vec<(u32, u8)>, u8> {
    let found = keys.port(&Links::of(&INVENTORY), channel);
    let found = found.map_err(|code| code.0)?.links.0;
    Ok(found.iter().map(|link| (link.link, link.state)).collect())
}

#[test]
fn links_come_from_the_inventory() {
    let mut keys = Keys::default();
    assert_eq!(
        states(&keys, 0x41),
        Ok([(WIDE, 0), (NARROW, 0)].to_vec()),
        "in the order of the record"
    );
    assert_eq!(key(&mut keys, WIDE, 1), Ok([port(WIDE, true)].to_vec()));
    // Once more changes nothing; disabling what is not enabled neither.
    assert_eq!(key(&mut keys, WIDE, 1), Ok([].to_vec()));
    assert_eq!(key(&mut keys, BASE_1, 0), Ok([].to_vec()));
    assert_eq!(states(&keys, 0x41), Ok([(WIDE, 1), (NARROW, 0)].to_vec()));
    assert_eq!(states(&keys, 0x01), Ok([(BASE_1, 0)].to_vec()));
}

/// Both links use port 0: never both.
#[test]
fn a_port_has_one_link() {
    let mut keys = Keys::default();
    key(&mut keys, WIDE, 1).unwrap();
    key(&mut keys, BASE_1, 1).unwrap();
    let taken_over = [port(WIDE, false), port(NARROW, true)].to_vec();
    assert_eq!(key(&mut keys, NARROW, 1), Ok(taken_over));
    // The enabled one comes first.
    assert_eq!(states(&keys, 0x41), Ok([(NARROW, 1), (WIDE, 0)].to_vec()));
    assert_eq!(states(&keys, 0x01), Ok([(BASE_1, 1)].to_vec()));
}

#[test]
fn bad_keys() {
    let mut keys = Keys::default();
    // Another type, another channel, a state that does not exist, a channel without links, the
    // reserved interface.
    assert_eq!(key(&mut keys, 0x0010_3f41, 1), Err(0xcc));
    assert_eq!(key(&mut keys, 0x0010_2f42, 1), Err(0xcc));
    assert_eq!(key(&mut keys, WIDE, 2), Err(0xcc));
    assert_eq!(states(&keys, 0x42), Err(0xcc));
    assert_eq!(states(&keys, 0xc1), Err(0xcc));
    // Not before activation; disabling is right at any time.
    let links = Links::of(&INVENTORY);
    let mut refused = |state| keys.set_port((&links, false), &order(WIDE, state), &mut Vec::new());
    assert_eq!(refused(1), Err(CompletionCode::NOT_IN_STATE));
    assert_eq!(refused(0), Ok(()));
    assert_eq!(keys, Keys::default());
}

/// A record whose checksum does not hold gives no links, and so does what is no inventory.
#[test]
fn damaged_inventories_have_no_links() {
    let mut damaged = INVENTORY;
    damaged[20] ^= 0x40;
    assert_eq!(Links::of(&damaged), Links::default());
    assert_eq!(Links::of(&[]), Links::default());
    assert_eq!(Links::of(&INVENTORY[..16]), Links::default());
}

#[test]
fn modules_are_keyed_by_their_carrier() {
    let links = carrier();
    let mut keys = Keys::default();
    let mut set = |device, channel, link, state| {
        let mut effects = Vec::new();
        let order = SetAmcPortState {
            channel,
            link: U24::new(link),
            state,
            device,
        };
        let done = keys.set_amc_port((&links, true), &order, &mut effects);
        done.map(|()| effects).map_err(|code| code.0)
    };
    // The channel of the module itself, another channel, another link, another device.
    for (device, channel, link) in [
        (None, 6, 0x51),
        (Some(0), 7, 0x51),
        (Some(0), 6, 0x52),
        (Some(1), 6, 0x51),
    ] {
        assert_eq!(set(device, channel, link, 1), Err(0xcc), "{device:?}");
    }
    let on = [amc_port((Some(0), 6, 0x51), true)].to_vec();
    assert_eq!(set(Some(0), 6, 0x51, 1), Ok(on));
    assert_eq!(set(Some(0), 6, 0x51, 2), Err(0xcc));
    let asked = |device, channel| GetAmcPortState { channel, device };
    let found = keys.amc_port(&links, &asked(Some(0), 6)).unwrap();
    let expected = AmcPortLink {
        link: U24::new(0x51),
        state: 1,
    };
    assert_eq!(found.links.0, [expected]);
    assert!(keys.amc_port(&links, &asked(None, 6)).is_err());
}

/// Clocks 1–65 of the device 0 on a carrier: a source of 100 MHz, or a receiver that follows.
fn with_clocks() -> Links {
    let direct = DirectClock {
        features: 0b01,
        family: 1,
        accuracy: 2,
        frequency_hz: 100_000_000,
        frequency_hz_min: 99_000_000,
        frequency_hz_max: 101_000_000,
    };
    let indirect = IndirectClock {
        features: 0b00,
        depends_on: 1,
    };
    // Not all of them fit into one record.
    let records = [1..=30, 31..=65].map(|ids| {
        let clocks = ids.map(|clock| {
            let has_own = clock == 1;
            let settings = ClockSettings {
                indirect: [indirect.clone()].to_vec(),
                direct: has_own.then(|| direct.clone()).into_iter().collect(),
            };
            ClockDescriptor {
                clock,
                control: 0,
                settings,
            }
        });
        let body = PicmgBody::ClockConfiguration(ClockConfiguration {
            resource: 0,
            clocks: Counted(clocks.collect()),
        });
        MultiRecord::picmg(&PicmgRecord { version: 0, body })
    });
    let inventory = Inventory {
        records: records.to_vec(),
        ..Inventory::default()
    };
    Links::of(&inventory.encode())
}

fn set_clock(setting: u8, clock_id: u8) -> SetClockState {
    SetClockState {
        clock_id,
        index: 0,
        setting,
        family: 1,
        accuracy: 2,
        frequency_hz: 100_000_000,
        resource: Some(0),
    }
}

#[test]
fn clocks() {
    let links = with_clocks();
    let mut keys = Keys::default();
    let mut effects = Vec::new();
    let asked = |clock_id| GetClockState {
        clock_id,
        resource: Some(0),
    };
    let state = |keys: &Keys| keys.clock(&links, &asked(1)).unwrap();
    assert_eq!(state(&keys).setting, 0);
    let done = keys.set_clock((&links, true), &set_clock(0x0c, 1), &mut effects);
    assert_eq!(done, Ok(()));
    let [
        Effect::Hardware(Hardware::Clock {
            is_source: true,
            running: Some(running),
            ..
        }),
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(running.frequency_hz, 100_000_000);
    let found = state(&keys);
    assert_eq!(
        (found.setting, found.running.as_ref()),
        (0x0c, Some(running))
    );
    assert!(keys.clock(&links, &asked(66)).is_err());
}

#[test]
fn bad_clocks() {
    let links = with_clocks();
    let mut keys = Keys::default();
    let mut set = |is_up, order: SetClockState| {
        let done = keys.set_clock((&links, is_up), &order, &mut Vec::new());
        done.map_err(|code| code.0)
    };
    let good = set_clock(0x0c, 1);
    // Reserved bits; no such clock; another resource; another family; too fast; no such index;
    // a source that can only receive.
    for bad in [
        set_clock(0x1c, 1),
        set_clock(0x0c, 66),
        SetClockState {
            resource: None,
            ..good.clone()
        },
        SetClockState {
            family: 2,
            ..good.clone()
        },
        SetClockState {
            frequency_hz: 101_000_001,
            ..good.clone()
        },
        SetClockState {
            index: 2,
            ..good.clone()
        },
        set_clock(0x0c, 2),
    ] {
        assert_eq!(set(true, bad.clone()), Err(0xcc), "{bad:?}");
    }
    // A board without payload power.
    assert_eq!(set(false, good), Err(0xd5));
    // More clocks than there can be; those that there are can still be changed.
    for clock_id in 1..=64 {
        assert_eq!(set(true, set_clock(0x08, clock_id)), Ok(()));
    }
    assert_eq!(set(true, set_clock(0x08, 65)), Err(0xc4));
    assert_eq!(set(true, set_clock(0x00, 64)), Ok(()));
}

#[test]
fn on_the_way_out_all_is_disabled() {
    let links = with_clocks();
    let mut keys = Keys::default();
    key(&mut keys, WIDE, 1).unwrap();
    key(&mut keys, BASE_1, 1).unwrap();
    for order in [set_clock(0x08, 1), set_clock(0x00, 2)] {
        let done = keys.set_clock((&links, true), &order, &mut Vec::new());
        assert_eq!(done, Ok(()));
    }
    let mut effects = Vec::new();
    keys.clear(&mut effects);
    assert_eq!(effects[..2], [port(BASE_1, false), port(WIDE, false)]);
    assert_eq!(effects[2..], [clock((Some(0), 1), (0x08, None))]);
    assert_eq!(keys, Keys::default());
}

/// The inventory was written anew meanwhile: what it had is disabled, but not enabled again.
#[test]
fn keys_outlive_their_inventory() {
    let mut keys = Keys::default();
    key(&mut keys, WIDE, 1).unwrap();
    let none = Links::default();
    let mut set = |state| {
        let mut effects = Vec::new();
        let done = keys.set_port((&none, true), &order(WIDE, state), &mut effects);
        done.map(|()| effects).map_err(|code| code.0)
    };
    assert_eq!(set(0), Ok([port(WIDE, false)].to_vec()));
    assert_eq!(set(1), Err(0xcc));
}

/// The class must be one of a link of the channel.
#[test]
fn signaling_classes() {
    // Fabric channel 2 with 10GBASE-KR: Ethernet of class 3.
    let links = Links {
        board: [0x0003_2142].to_vec(),
        ..Links::default()
    };
    let mut keys = Keys::default();
    let mut set = |channel, class| {
        let order = SetSignalingClass { channel, class };
        keys.set_class(&links, &order).map_err(|code| code.0)
    };
    assert_eq!(set(0x42, 3), Ok(()));
    assert_eq!(set(0x42, 2), Err(0xcc));
    assert_eq!(set(0x41, 0), Err(0xcc));
    assert_eq!(keys.class(&links, 0x42).map(|found| found.class), Ok(3));
    assert!(keys.class(&links, 0x41).is_err());
}
