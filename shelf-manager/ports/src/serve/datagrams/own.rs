//! Which of our addresses a datagram came to, and which one an answer goes out from.

use nix::cmsg_space;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, RecvMsg, setsockopt, sockopt};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::net::UdpSocket;

/// Has the kernel tell it with each datagram.
pub(super) fn tell_own(socket: &UdpSocket) {
    // Where it does not, it chooses itself where answers come from.
    setsockopt(socket, sockopt::Ipv4PacketInfo, &true).unwrap_or_default();
    // Fails on a socket that is for IPv4 only.
    setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true).unwrap_or_default();
}

/// Room for what it tells.
pub(super) fn space() -> Vec<u8> {
    cmsg_space!(in_pktinfo, in6_pktinfo)
}

/// What it told.
///
/// IPv6 datagrams may have been sent to a group, which nothing can be sent from. For IPv4 the
/// kernel tells an own address then, and does so on sockets for both, too.
pub(super) fn own<S>(message: &RecvMsg<S>) -> Option<IpAddr> {
    let mut v6 = None;
    for told in message.cmsgs().ok()? {
        if let ControlMessageOwned::Ipv4PacketInfo(info) = told {
            let own = info.ipi_spec_dst.s_addr.to_ne_bytes();
            return Some(Ipv4Addr::from(own).into());
        }
        if let ControlMessageOwned::Ipv6PacketInfo(info) = told {
            v6 = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr));
        }
    }
    v6.filter(|own| !own.is_multicast()).map(Into::into)
}

/// Where a datagram goes out from, as the kernel is told.
pub(super) enum Source {
    Any,
    V4(in_pktinfo),
    V6(in6_pktinfo),
}

impl Source {
    pub(super) fn new(own: Option<IpAddr>) -> Self {
        // Its way there decides about the interface.
        match own {
            None => Self::Any,
            Some(IpAddr::V4(own)) => Self::V4(in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: in_addr {
                    s_addr: u32::from_ne_bytes(own.octets()),
                },
                ipi_addr: in_addr { s_addr: 0 },
            }),
            Some(IpAddr::V6(own)) => Self::V6(in6_pktinfo {
                ipi6_addr: in6_addr {
                    s6_addr: own.octets(),
                },
                ipi6_ifindex: 0,
            }),
        }
    }

    /// What the kernel is told with a datagram.
    pub(super) fn message(&self) -> Option<ControlMessage<'_>> {
        match self {
            Self::Any => None,
            Self::V4(info) => Some(ControlMessage::Ipv4PacketInfo(info)),
            Self::V6(info) => Some(ControlMessage::Ipv6PacketInfo(info)),
        }
    }

    /// Room for just that.
    pub(super) fn space(&self) -> Option<Vec<u8>> {
        match self {
            Self::Any => None,
            Self::V4(_) => Some(cmsg_space!(in_pktinfo)),
            Self::V6(_) => Some(cmsg_space!(in6_pktinfo)),
        }
    }
}
