//! Frames as Linux 6.18 sends them when a card's address changes, with `arp_notify` and
//! `ndisc_notify` set.

use super::{Ipv6Addr, announcement, checksum, icmpv6};

const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0xaa];

fn announced(address: &str) -> Vec<String> {
    let frames = announcement(address.parse().unwrap(), MAC);
    let hex = |frame: Vec<u8>| frame.iter().map(|it| format!("{it:02x}")).collect();
    frames.into_iter().map(hex).collect()
}

/// A request as Linux sends it; and a reply, which differs in operation and target only.
#[test]
fn ipv4() {
    let request = "ffffffffffff0200000000aa08060001080006040001\
                   0200000000aa0a0000090000000000000a000009";
    let reply = "ffffffffffff0200000000aa08060001080006040002\
                 0200000000aa0a0000090200000000aa0a000009";
    assert_eq!(announced("10.0.0.9"), [request, reply]);
}

/// A neighbour advertisement as Linux sends it, for a global address and one of the link.
#[test]
fn ipv6() {
    let global = "3333000000010200000000aa86dd6000000000203aff\
                  20010db8000000000000000000000009ff020000000000000000000000000001\
                  8800f8712000000020010db800000000000000000000000902010200000000aa";
    assert_eq!(announced("2001:db8::9"), [global]);
    let of_the_link = "3333000000010200000000aa86dd6000000000203aff\
                       fe80000000000000000000fffe0000bbff020000000000000000000000000001\
                       880057\
                       7e20000000fe80000000000000000000fffe0000bb02010200000000aa";
    assert_eq!(announced("fe80::ff:fe00:bb"), [of_the_link]);
}

/// A receiver's sum over what was sent comes out as zero, also where carries carry again.
#[test]
fn sums() {
    for address in [
        "2001:db8::9",
        "::2",
        "fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ] {
        let address: Ipv6Addr = address.parse().unwrap();
        for last in 0..=u8::MAX {
            let message = icmpv6(address, [0xff, 0xff, 0xff, 0xff, 0xff, last]);
            assert_eq!(checksum(address, &message), 0, "{address} {last}");
        }
    }
}
