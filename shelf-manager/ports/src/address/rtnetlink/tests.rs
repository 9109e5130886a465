//! Messages as iproute2 6.1.0 sends them on a little-endian machine, with no sequence number.

use super::{Errno, IpAddr, Order, message, verdict};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn written(order: Order, address: &str, prefix: u8) -> String {
    let address: IpAddr = address.parse().unwrap();
    hex(&message(order, (address, prefix), 3))
}

/// `ip addr replace 10.0.0.9/24 dev eth0 valid_lft 10 preferred_lft 10`.
#[cfg(target_endian = "little")]
#[test]
fn replace_ipv4() {
    let frozen = "3c000000140005050000000000000000021800000300000008000200\
                  0a000009080001000a000009140006000a0000000a0000000000000000000000";
    assert_eq!(written(Order::Replace, "10.0.0.9", 24), frozen);
}

/// `ip addr replace 2001:db8::9/64 dev eth0 valid_lft 10 preferred_lft 0 nodad`.
#[cfg(target_endian = "little")]
#[test]
fn replace_ipv6() {
    let frozen = "540000001400050500000000000000000a40020003000000\
                  1400020020010db8000000000000000000000009\
                  1400010020010db8000000000000000000000009\
                  14000600000000000a0000000000000000000000";
    assert_eq!(written(Order::Replace, "2001:db8::9", 64), frozen);
}

/// `ip addr del 10.0.0.9/24 dev eth0` without its last attribute, which would ask for one prefix.
#[cfg(target_endian = "little")]
#[test]
fn delete_ipv4() {
    let frozen = "2000000015000500000000000000000002180000030000000800\
                  02000a000009";
    assert_eq!(written(Order::Delete, "10.0.0.9", 24), frozen);
}

/// `ip addr del 2001:db8::9/64 dev eth0` without its last attribute, which repeats the address.
#[cfg(target_endian = "little")]
#[test]
fn delete_ipv6() {
    let frozen = "2c0000001500050000000000000000000a40000003000000\
                  1400020020010db8000000000000000000000009";
    assert_eq!(written(Order::Delete, "2001:db8::9", 64), frozen);
}

/// Success, an error, and answers that are none: another kind, or cut at any byte.
#[test]
fn verdicts() {
    let answer = |kind: u16, code: i32| {
        let mut bytes = 36_u32.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(code.to_ne_bytes());
        bytes.extend([0; 16]);
        bytes
    };
    assert_eq!(verdict(&answer(2, 0)), Ok(()));
    assert_eq!(verdict(&answer(2, -1)), Err(Errno::EPERM));
    assert_eq!(verdict(&answer(2, i32::MIN)), Err(Errno::UnknownErrno));
    assert_eq!(verdict(&answer(3, 0)), Err(Errno::EBADMSG));
    for len in 0..20 {
        assert_eq!(verdict(&answer(2, 0)[..len]), Err(Errno::EBADMSG), "{len}");
    }
}
