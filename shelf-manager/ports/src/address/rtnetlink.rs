//! Adding and deleting an address: messages of the kernel's routing socket.
//!
//! Source: Linux, rtnetlink(7), netlink(7); linux/netlink.h, linux/rtnetlink.h, linux/if_addr.h.

use super::LEASE;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};
use std::net::IpAddr;
use std::os::fd::AsRawFd;

/// More than the kernel's answer, which repeats the message after an error.
const ANSWER_LEN_MAX: usize = 512;

const NLM_F_REQUEST: u16 = 0x001;
const NLM_F_ACK: u16 = 0x004;
const NLM_F_REPLACE: u16 = 0x100;
const NLM_F_CREATE: u16 = 0x400;
const NLMSG_ERROR: u16 = 2;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_CACHEINFO: u16 = 6;
const IFA_F_NODAD: u8 = 0x02;
const RT_SCOPE_UNIVERSE: u8 = 0;

/// What the kernel shall do with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Have it, for a lease from now on.
    Replace,
    /// Have it no more.
    Delete,
}

/// The message for an address and the length of its network's part, on the interface of an index.
pub(super) fn message(order: Order, (address, prefix): (IpAddr, u8), index: u32) -> Vec<u8> {
    let (kind, flags) = match order {
        Order::Replace => (RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE),
        Order::Delete => (RTM_DELADDR, 0),
    };
    let mut body = header(order, (address, prefix), index);
    let bytes = octets(address);
    body.extend(attribute(IFA_LOCAL, &bytes));
    // Without it, an IPv4 address is deleted whatever its network was when it was added.
    if order == Order::Replace {
        body.extend(attribute(IFA_ADDRESS, &bytes));
        body.extend(attribute(IFA_CACHEINFO, &lifetimes(address)));
    }
    let len = u32::try_from(16 + body.len()).expect("a short message");
    let flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    let mut message = len.to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    // Sequence number and sender: a socket that is used once needs neither.
    message.extend([0; 8]);
    message.extend(body);
    message
}

/// `struct ifaddrmsg`.
fn header(order: Order, (address, prefix): (IpAddr, u8), index: u32) -> Vec<u8> {
    let (family, flags) = match address {
        IpAddr::V4(_) => (AddressFamily::Inet as u8, 0),
        // It is usable at once, and that the other CMM may still answer for it does not stop it.
        IpAddr::V6(_) => (AddressFamily::Inet6 as u8, IFA_F_NODAD),
    };
    let flags = if order == Order::Replace { flags } else { 0 };
    let mut header = vec![family, prefix, flags, RT_SCOPE_UNIVERSE];
    header.extend(index.to_ne_bytes());
    header
}

/// `struct ifa_cacheinfo`: for how many seconds it is preferred, and there at all.
///
/// Choice: the kernel shall not choose an IPv6 address that moves away for connections of our own,
/// so it is deprecated from the start. Of several IPv4 addresses of a network the kernel chooses
/// the first, which this one is not.
fn lifetimes(address: IpAddr) -> Vec<u8> {
    let valid = u32::try_from(LEASE.as_secs()).expect("a short time");
    let preferred = if address.is_ipv4() { valid } else { 0 };
    let created_updated = [0; 2];
    let words = [preferred, valid].into_iter().chain(created_updated);
    words.flat_map(u32::to_ne_bytes).collect()
}

/// `struct rtattr`. All values here have lengths that need no padding.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).expect("a short attribute");
    [&len.to_ne_bytes(), &kind.to_ne_bytes(), value].concat()
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// Has the kernel do it.
pub(super) fn request(message: &[u8]) -> Result<(), Errno> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    let fd = socket.as_raw_fd();
    sendto(fd, message, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    // It has answered when the message is sent.
    let mut answer = [0; ANSWER_LEN_MAX];
    let len = recv(fd, &mut answer, MsgFlags::MSG_DONTWAIT)?;
    verdict(answer.get(..len).unwrap_or_default())
}

/// What the kernel answered: `struct nlmsghdr` and `struct nlmsgerr`, where 0 is success.
fn verdict(answer: &[u8]) -> Result<(), Errno> {
    let kind = answer.get(4..6).and_then(|it| it.try_into().ok());
    let code = answer.get(16..20).and_then(|it| it.try_into().ok());
    match (kind.map(u16::from_ne_bytes), code.map(i32::from_ne_bytes)) {
        (Some(NLMSG_ERROR), Some(0)) => Ok(()),
        (Some(NLMSG_ERROR), Some(code)) => Err(Errno::from_raw(code.saturating_neg())),
        _ => Err(Errno::EBADMSG),
    }
}

#[cfg(test)]
mod tests;
