//! Ethernet frames that tell neighbours where an address is now.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An Ethernet address.
pub(super) type Mac = [u8; 6];

const BROADCAST: Mac = [0xff; 6];
const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ARP_REQUEST: u16 = 1;
const ARP_REPLY: u16 = 2;
const NEXT_HEADER_ICMPV6: u8 = 58;
/// So that a receiver knows that no router was between. Source: RFC 4861 §4.4.
const HOP_LIMIT: u8 = 255;
const NEIGHBOR_ADVERTISEMENT: u8 = 136;
/// The flag O of a neighbour advertisement: it replaces what the receiver knows.
const OVERRIDE: u8 = 0x20;
const TARGET_LINK_LAYER_ADDRESS: u8 = 2;
/// All nodes of a link.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// Where frames for [`ALL_NODES`] go. Source: RFC 2464 §7.
const ALL_NODES_MAC: Mac = [0x33, 0x33, 0, 0, 0, 1];

/// All frames that tell once where an address is.
pub(super) fn announcement(address: IpAddr, mac: Mac) -> Vec<Vec<u8>> {
    match address {
        // Some neighbours heed only one of them.
        IpAddr::V4(address) => vec![arp_request(address, mac), arp_reply(address, mac)],
        IpAddr::V6(address) => vec![neighbor_advertisement(address, mac)],
    }
}

/// An ARP announcement: a request for one's own address.
/// Source: RFC 826; RFC 5227 §1.1, §2.3.
fn arp_request(address: Ipv4Addr, mac: Mac) -> Vec<u8> {
    arp(ARP_REQUEST, address, (mac, Mac::default()))
}

/// The same as a reply that nobody asked for. The target is oneself, too: Linux takes it for an
/// announcement only then.
/// Source: RFC 5944 §4.6; `arp_is_garp` of Linux' net/ipv4/arp.c.
fn arp_reply(address: Ipv4Addr, mac: Mac) -> Vec<u8> {
    arp(ARP_REPLY, address, (mac, mac))
}

fn arp(operation: u16, address: Ipv4Addr, (sender, target): (Mac, Mac)) -> Vec<u8> {
    let mut frame = ethernet(BROADCAST, sender, ETHERTYPE_ARP);
    // Ethernet addresses of 6 bytes, IPv4 addresses of 4.
    frame.extend([0, 1, 0x08, 0x00, 6, 4]);
    frame.extend(operation.to_be_bytes());
    frame.extend(sender);
    frame.extend(address.octets());
    frame.extend(target);
    frame.extend(address.octets());
    frame
}

/// An unsolicited neighbour advertisement to all nodes.
/// Source: RFC 4861 §4.4, §4.6.1, §7.2.6; RFC 8200 §3.
fn neighbor_advertisement(address: Ipv6Addr, mac: Mac) -> Vec<u8> {
    let message = icmpv6(address, mac);
    let len = u16::try_from(message.len()).expect("a short message");
    let mut frame = ethernet(ALL_NODES_MAC, mac, ETHERTYPE_IPV6);
    // Version 6, no traffic class, no flow label.
    frame.extend([0x60, 0, 0, 0]);
    frame.extend(len.to_be_bytes());
    frame.extend([NEXT_HEADER_ICMPV6, HOP_LIMIT]);
    frame.extend(address.octets());
    frame.extend(ALL_NODES.octets());
    frame.extend(message);
    frame
}

fn icmpv6(address: Ipv6Addr, mac: Mac) -> Vec<u8> {
    let mut message = vec![NEIGHBOR_ADVERTISEMENT, 0, 0, 0, OVERRIDE, 0, 0, 0];
    message.extend(address.octets());
    // Its length counts units of eight bytes.
    message.extend([TARGET_LINK_LAYER_ADDRESS, 1]);
    message.extend(mac);
    let sum = checksum(address, &message).to_be_bytes();
    message.splice(2..4, sum);
    message
}

/// The checksum of an ICMPv6 message to all nodes whose own field is still zero.
/// Source: RFC 4443 §2.3; RFC 8200 §8.1.
fn checksum(source: Ipv6Addr, message: &[u8]) -> u16 {
    let len = u32::try_from(message.len()).expect("a short message");
    let mut bytes = [source.octets(), ALL_NODES.octets()].concat();
    bytes.extend(len.to_be_bytes());
    bytes.extend([0, 0, 0, NEXT_HEADER_ICMPV6]);
    bytes.extend(message);
    let pairs = bytes.chunks(2).map(|it| match it {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        rest => rest.iter().map(|high| u32::from(*high) << 8).sum(),
    });
    let mut sum: u32 = pairs.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("carries are folded in")
}

fn ethernet(to: Mac, from: Mac, kind: u16) -> Vec<u8> {
    [&to[..], &from, &kind.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests;
