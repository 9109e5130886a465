//! What the kernel already has of an IPv6 address.
//!
//! Source: Linux, `if6_seq_show` of net/ipv6/addrconf.c.

use std::net::Ipv6Addr;

/// Of the calling thread's network, which need not be the process's.
const LIST: &str = "/proc/thread-self/net/if_inet6";

/// Source: linux/if_addr.h.
const IFA_F_PERMANENT: u8 = 0x80;

/// An address that an interface has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Present {
    /// Bits of its network's part.
    pub(super) prefix: u8,
    /// Whether it is no lease.
    pub(super) is_permanent: bool,
}

/// How an interface has an address; `None` when it has not.
pub(super) fn find(address: Ipv6Addr, interface: &str) -> Option<Present> {
    // A kernel without IPv6 has no list.
    parse(&std::fs::read_to_string(LIST).ok()?, address, interface)
}

/// Lines such as `20010db8000000000000000000000009 03 40 00 80     eth0`: address, index, prefix,
/// scope, flags, name.
fn parse(list: &str, address: Ipv6Addr, interface: &str) -> Option<Present> {
    let address = format!("{:032x}", address.to_bits());
    list.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let is_address = words.next()? == address;
        let byte = |word: &str| u8::from_str_radix(word, 16).ok();
        let prefix = byte(words.nth(1)?)?;
        let flags = byte(words.nth(1)?)?;
        (is_address && words.next()? == interface).then_some(Present {
            prefix,
            is_permanent: flags & IFA_F_PERMANENT != 0,
        })
    })
}

#[cfg(test)]
mod tests;
