//! Each command in bytes, as an independent source has them or composes them.

use super::*;
use crate::command::{Body, Command};
use crate::tests::bytes;
use crate::wire::{Reader, U24};
use alloc::vec::Vec;
use proptest::prelude::*;

/// A body reads and writes as these bytes; cut anywhere, it is refused or means just what is left.
fn check<B: Body>(hex: &str) -> B {
    let whole = bytes(hex);
    let body = B::read(&mut Reader::new(&whole)).unwrap_or_else(|error| panic!("{hex}: {error:?}"));
    for len in 0..=whole.len() {
        if let Ok(part) = B::read(&mut Reader::new(&whole[..len])) {
            assert_eq!(written(&part), whole[..len], "{hex} cut to {len}");
        }
    }
    body
}

fn written<B: Body>(body: &B) -> Vec<u8> {
    let mut out = Vec::new();
    body.write(&mut out);
    out
}

/// Whether a body may end after `len` of these bytes.
fn may_end<B: Body>(hex: &str, len: usize) -> bool {
    B::read(&mut Reader::new(&bytes(hex)[..len])).is_ok()
}

/// Number, request and response of each command; its bytes without group id and completion code.
macro_rules! frozen {
    ($($number:literal $request:ident $asked:literal $answered:literal;)*) => {
        #[test]
        fn frozen_bytes() {
            $(
                assert_eq!($request::COMMAND, $number);
                let request = check::<$request>($asked).request();
                assert_eq!((request.net_fn.0, request.command), (0x2c, $number));
                assert_eq!(request.data[0], 0);
                assert_eq!(request.data[1..], bytes($asked));
                check::<<$request as Command>::Response>($answered);
            )*
        }
    };
}

// Sources: wireshark's dissector for the order of fields, ipmitool and python-ipmi for values.
frozen! {
    0x00 GetPicmgProperties "" "22 00 00";
    0x01 GetAddressInfo "00 03 01 00" "41 82 ff 00 01 00";
    0x02 GetShelfAddressInfo "" "c6 53 68 65 6c 66 31";
    0x03 SetShelfAddressInfo "c6 53 68 65 6c 66 31" "";
    0x04 FruControl "01 02" "aa";
    0x05 GetFruLedProperties "00" "07 00";
    0x06 GetLedColorCapabilities "00 01" "14 02 02 01";
    0x07 SetFruLedState "00 ff fb 7f 0e" "";
    0x08 GetFruLedState "00 00" "07 ff 00 02 ff 00 02 7f";
    0x09 SetIpmbState "00 ff" "";
    0x0a SetFruActivationPolicy "01 02 02" "";
    0x0b GetFruActivationPolicy "01" "02";
    0x0c SetFruActivation "00 01" "";
    0x0d GetDeviceLocatorRecordId "01 02 00" "03 00";
    0x0e SetPortState "41 2f 10 00 01" "";
    0x0f GetPortState "41" "41 2f 10 00 01 41 21 00 00 00";
    0x10 ComputePowerProperties "00" "02 01";
    0x11 SetPowerLevel "00 02 01" "";
    0x12 GetPowerLevel "00 01" "83 00 0a 14 3c 78";
    0x13 RenegotiatePower "00" "";
    0x14 GetFanSpeedProperties "00" "01 0f 06 80";
    0x15 SetFanLevel "00 ff 01" "";
    0x16 GetFanLevel "00" "ff 06 01";
    0x17 BusedResourceControl "00 02" "01";
    0x18 GetIpmbLinkInfo "00 01" "01 05";
    0x19 SetAmcPortState "04 01 05 00 01 02" "";
    0x1a GetAmcPortState "04 02" "01 05 00 01 0f 22 00 00";
    0x1b GetShelfManagerIpmbAddresses "" "10 12";
    0x1c SetFanPolicy "ff 01 00 03 00" "";
    0x1d GetFanPolicy "01 03 00" "01 01";
    0x1e GetFruControlCapabilities "00" "0e";
    0x1f FruInventoryLock "fe 01 00 00" "01 00 78 56 34 12";
    0x20 FruInventoryWrite "fe 01 00 08 01 aa bb" "02";
    0x21 GetShelfManagerIpAddresses "00" "78 56 34 12 01 03 01 14 81 c0 a8 01 02 02 6f";
    0x22 GetShelfPowerAllocation "00" "05 00 b0 04 58 02";
    0x23 GetLocationInformation "01 02 07" "03 01 c0 10 00 20 00";
    0x24 PowerChannelControl "01 02 32 01 02" "";
    0x25 GetPowerChannelStatus "01 02" "10 06 41 41";
    0x28 PmHeartbeat "0a 01" "";
    0x29 GetTelcoAlarmCapability "00" "0f";
    0x2c SetClockState "01 00 0c 01 02 00 e1 f5 05 00" "";
    0x2d GetClockState "01 00" "0c 00 01 02 00 e1 f5 05";
    0x3b SetSignalingClass "41 03" "";
    0x3c GetSignalingClass "41" "41 03";
    0x3e GetHpmCapabilities "02" "02 01 02 00 01 c0 11 c8 11";
}

/// What python-ipmi's own tests read: LED states under local control, override and lamp test.
#[test]
fn led_states() {
    let local: FruLedState = check("01 ff 00 02");
    assert_eq!((local.local_color, local.override_function), (2, None));
    assert_eq!(local.shows(), LedShows::On);
    let over: FruLedState = check("03 ff 00 03 ff 00 03");
    assert_eq!(over.override_color, Some(3));
    let tested: FruLedState = check("04 ff 00 02 ff 00 02 7f");
    assert_eq!(tested.lamp_test_time, Some(0x7f));
    assert_eq!(tested.shows(), LedShows::LampTest);
}

/// Link descriptors of a real board, taken apart as its manual does.
#[test]
fn link_infos() {
    let parts = |link: u32| {
        let info = LinkInfo(link);
        (info.channel(), info.ports(), info.kind(), info.extension())
    };
    assert_eq!(parts(0x0000_1101), (0x01, 1, 0x01, 0));
    assert_eq!(parts(0x0010_2f41), (0x41, 15, 0x02, 1));
    assert_eq!(parts(0x0013_2f42), (0x42, 15, 0x32, 1));
    assert_eq!(parts(0x000f_0181), (0x81, 1, 0xf0, 0));
    assert_eq!(LinkInfo(0x0700_2141).group(), 7);
}

/// What may be left out ends a message between fields, never inside of one.
#[test]
fn optional_fields_come_whole() {
    assert!(may_end::<SetFanPolicy>("ff 01 00 03 00", 3));
    assert!(!may_end::<SetFanPolicy>("ff 01 00 03 00", 4));
    assert!(may_end::<ClockState>("0c 00 01 02 00 e1 f5 05", 1));
    assert!(!may_end::<ClockState>("0c 00 01 02 00 e1 f5 05", 5));
    assert!(!may_end::<PortState>("41 2f 10 00 01", 4));
    assert!(may_end::<PortState>("", 0));
    assert!(!may_end::<ShelfPowerAllocation>("05 00 b0 04", 3));
    assert!(may_end::<LanAttachCapabilities>("02 01 00 00", 4));
    assert!(!may_end::<LanAttachCapabilities>(
        "02 01 02 00 01 c0 11 c8",
        8
    ));
}

#[test]
fn addresses_of_the_shelf_manager() {
    let found: ShelfManagerIpAddress = check("00 00 00 00 01 03 01 14 81 c0 a8 01 02 02 6f");
    assert_eq!(found.ipv4(), Some(([192, 168, 1, 2], 623)));
    let made = ShelfManagerIpAddress::of_ipv4(true, [192, 168, 1, 2], 623);
    assert_eq!(made, (found.kind, found.address));
    let oem: ShelfManagerIpAddress = check("00 00 00 00 01 03 01 14 e0 c0 a8 01 02 02 6f");
    assert_eq!(oem.ipv4(), None);
}

#[test]
fn what_an_ipmb_state_orders() {
    let found = [0xff, 0x00, 0x01, 0x02, 0x03].map(ipmb_order);
    let expected = [
        None,
        Some((0, false)),
        Some((0, true)),
        Some((1, false)),
        Some((1, true)),
    ];
    assert_eq!(found, expected);
}

proptest! {
    /// Bodies of fixed length give back what was written.
    #[test]
    fn round_trip(link: u32, state: u8, amc: [u8; 3], device: Option<u8>, clock: [u8; 9]) {
        let port = SetPortState { link, state };
        prop_assert_eq!(SetPortState::read(&mut Reader::new(&written(&port))), Ok(port));
        let order = SetAmcPortState { channel: state, link: U24(amc), state, device };
        prop_assert_eq!(SetAmcPortState::read(&mut Reader::new(&written(&order))), Ok(order));
        let order = SetClockState::read(&mut Reader::new(&clock)).unwrap();
        prop_assert_eq!(written(&order), clock);
    }
}
