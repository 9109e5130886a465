//! The address that a shelf's CMMs share: the active one has it, so that clients find the shelf
//! manager after a failover where it was before.
//!
//! To have it is more than to be given it by the kernel. Neighbours remember for minutes which
//! hardware address it was at, so they are told at once that it is elsewhere now. And the kernel
//! gives it for a [`LEASE`] only: a CMM whose daemon was killed, or hangs, stops answering for it
//! without anybody's help. [`keep`] does all that; the methods of [`SharedAddress`] are its steps.
//!
//! Choice: nobody asks first whether the address is in use, as RFC 5227 §2.1 wants: that the other
//! CMM may still have it is what a failover is about, and the log has decided who is right.
//!
//! Source: Linux, rtnetlink(7) and packet(7).

mod frames;
mod inet6;
mod keeper;
mod rtnetlink;

pub use keeper::{Keeper, Standing, keep};

use nix::errno::Errno;
use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, sendto, socket};
use rtnetlink::Order;
use std::fmt;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// For how long the kernel has the address unless it is taken again.
///
/// Choice: a daemon that starts again has time to go on with it, and a CMM that lost its daemon
/// competes with the new active one only for a moment. Whole seconds, as the kernel counts.
pub const LEASE: Duration = Duration::from_secs(10);

/// Longest name of a network interface. Source: `IFNAMSIZ` of linux/if.h, which has a zero more.
const INTERFACE_LEN_MAX: usize = 15;

/// Hardware type of interfaces with Ethernet addresses. Source: linux/if_arp.h.
const ARPHRD_ETHER: u16 = 1;

/// An address that moves between CMMs, and the network interface that it has on this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedAddress {
    interface: String,
    address: IpAddr,
    /// Bits of the network's part.
    prefix: u8,
}

impl SharedAddress {
    /// Reads `10.0.0.9/24` or `2001:db8::9/64`.
    pub fn parse(text: &str, interface: &str) -> Result<Self, ParseError> {
        let (address, prefix) = text.split_once('/').ok_or(ParseError::NoPrefix)?;
        let address: IpAddr = address.parse().map_err(|_| ParseError::NotAnAddress)?;
        let prefix_max = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix
            .parse()
            .ok()
            .filter(|it| (1..=prefix_max).contains(it));
        let prefix = prefix.ok_or(ParseError::BadPrefix { prefix_max })?;
        if !is_unicast(address) {
            return Err(ParseError::NotUnicast);
        }
        let is_odd = |it: char| it == '/' || it.is_whitespace() || it.is_control();
        if interface.is_empty() || interface.len() > INTERFACE_LEN_MAX || interface.contains(is_odd)
        {
            return Err(ParseError::BadInterface);
        }
        Ok(Self {
            interface: interface.into(),
            address,
            prefix,
        })
    }

    /// The address itself.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The interface's name.
    #[must_use]
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// Has it for a [`LEASE`] from now on, and announces it once. It may be there already.
    ///
    /// After an error of the announcement it is there, but neighbours may not know.
    pub fn take(&self) -> Result<(), AddressError> {
        let link = self.link()?;
        if self
            .present()
            .is_some_and(|it| it.is_permanent || it.prefix != self.prefix)
        {
            self.request(Order::Delete, &link)?;
        }
        self.request(Order::Replace, &link)?;
        self.announce_on(&link)
    }

    /// Tells all neighbours that the address is at this interface. One message may get lost.
    ///
    /// On an interface without Ethernet addresses there is nobody to be told.
    pub fn announce(&self) -> Result<(), AddressError> {
        self.announce_on(&self.link()?)
    }

    /// Has it no more, whoever added it. It may be gone already.
    pub fn release(&self) -> Result<(), AddressError> {
        let link = self.link()?;
        // An interface may have an IPv4 address once for each prefix.
        for _ in 0..=u32::BITS {
            match self.request(Order::Delete, &link) {
                Ok(()) => {}
                Err(AddressError::Kernel(code)) if is_absence(Errno::from_raw(code)) => break,
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }

    /// Whether it is at the interface now, whoever added it.
    pub fn is_held(&self) -> Result<bool, AddressError> {
        let mut entries = getifaddrs().map_err(|why| AddressError::Kernel(why as i32))?;
        Ok(entries.any(|it| it.interface_name == self.interface && ip(&it) == Some(self.address)))
    }

    /// Whether it could be at the interface: that is there, up, and has a carrier.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let wanted = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING;
        let own = |it: &InterfaceAddress| it.interface_name == self.interface;
        getifaddrs().is_ok_and(|mut all| all.any(|it| own(&it) && it.flags.contains(wanted)))
    }

    fn link(&self) -> Result<LinkAddr, AddressError> {
        let entries = getifaddrs().map_err(|why| AddressError::Kernel(why as i32))?;
        let mut own = entries.filter(|it| it.interface_name == self.interface);
        let link = own.find_map(|it| it.address?.as_link_addr().copied());
        link.ok_or_else(|| AddressError::NoInterface(self.interface.clone()))
    }

    fn request(&self, order: Order, link: &LinkAddr) -> Result<(), AddressError> {
        let index = u32::try_from(link.ifindex()).expect("the kernel's indices have 32 bits");
        let prefix = match (order, self.present()) {
            (Order::Delete, Some(present)) => present.prefix,
            (Order::Delete | Order::Replace, _) => self.prefix,
        };
        let message = rtnetlink::message(order, (self.address, prefix), index);
        rtnetlink::request(&message).map_err(|why| self.error(why, "CAP_NET_ADMIN"))
    }

    /// What would not become what we want by being replaced: where a permanent IPv6 address becomes
    /// a lease, Linux 6.18 lets the route to its network end at once, and it keeps the old prefix.
    fn present(&self) -> Option<inet6::Present> {
        match self.address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => inet6::find(address, &self.interface),
        }
    }

    fn announce_on(&self, link: &LinkAddr) -> Result<(), AddressError> {
        let error = |why| self.error(why, "CAP_NET_RAW");
        let Some(mac) = link.addr().filter(|_| link.hatype() == ARPHRD_ETHER) else {
            return Ok(());
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // With no protocol it hears nothing: it only sends.
        let socket = socket(AddressFamily::Packet, SockType::Raw, flags, None).map_err(error)?;
        for frame in frames::announcement(self.address, mac) {
            sendto(socket.as_raw_fd(), &frame, link, MsgFlags::empty()).map_err(error)?;
        }
        Ok(())
    }

    /// What an error of the kernel means for the operator.
    fn error(&self, why: Errno, capability: &'static str) -> AddressError {
        let interface = self.interface.clone();
        let no_ipv6 = [Errno::EACCES, Errno::EAFNOSUPPORT, Errno::EOPNOTSUPP];
        if why == Errno::EPERM {
            AddressError::NotPermitted { capability }
        } else if why == Errno::ENETDOWN {
            AddressError::Down(interface)
        } else if why == Errno::ENODEV {
            // It went between two looks.
            AddressError::NoInterface(interface)
        } else if self.address.is_ipv6() && no_ipv6.contains(&why) {
            AddressError::NoIpv6(interface)
        } else {
            AddressError::Kernel(why as i32)
        }
    }
}

/// As `10.0.0.9/24 on eth0`.
impl fmt::Display for SharedAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            interface,
            address,
            prefix,
        } = self;
        write!(out, "{address}/{prefix} on {interface}")
    }
}

/// Why something is no shared address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The length of the network's part is missing.
    NoPrefix,
    /// Before the `/` is no IP address.
    NotAnAddress,
    /// Behind the `/` is no length of a network's part.
    BadPrefix {
        /// Bits of an address of its kind.
        prefix_max: u8,
    },
    /// No client can connect to it from elsewhere.
    NotUnicast,
    /// No interface can have this name.
    BadInterface,
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrefix => out.write_str(
                "the length of the network's part is missing: write the address as 10.0.0.9/24",
            ),
            Self::NotAnAddress => out.write_str("no IP address before the /: names are not taken"),
            Self::BadPrefix { prefix_max } => {
                write!(out, "behind the / must be a number from 1 to {prefix_max}")
            }
            Self::NotUnicast => {
                out.write_str("no client reaches this address: give one of the CMMs' network")
            }
            Self::BadInterface => write!(
                out,
                "no network interface has such a name: give one that `ip link` shows, of 1 to \
                 {INTERFACE_LEN_MAX} bytes"
            ),
        }
    }
}

impl std::error::Error for ParseError {}

/// Why the address could not be taken, announced or released; says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// There is no interface of this name, now.
    NoInterface(String),
    /// The daemon may not do it.
    NotPermitted {
        /// What it lacks.
        capability: &'static str,
    },
    /// The interface is down: nothing can be announced there.
    Down(String),
    /// The interface has no IPv6.
    NoIpv6(String),
    /// Another error of the kernel, by its number.
    Kernel(i32),
}

impl fmt::Display for AddressError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterface(name) => {
                write!(
                    out,
                    "no network interface {name}: name one that `ip link` shows"
                )
            }
            Self::NotPermitted { capability } => write!(
                out,
                "{capability} is missing: run as root, or give the daemon that capability \
                 (systemd: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW)"
            ),
            Self::Down(name) => write!(out, "{name} is down: ip link set {name} up"),
            Self::NoIpv6(name) => write!(
                out,
                "IPv6 is switched off: sysctl net.ipv6.conf.{name}.disable_ipv6=0, and look for \
                 ipv6.disable on the kernel's command line"
            ),
            Self::Kernel(code) => std::io::Error::from_raw_os_error(*code).fmt(out),
        }
    }
}

impl std::error::Error for AddressError {}

/// Whether a client elsewhere can connect to an address.
fn is_unicast(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    let is_special = address.is_unspecified() || address.is_multicast() || address.is_loopback();
    !is_broadcast && !is_special
}

/// Whether an address could not be deleted as it is not there.
fn is_absence(why: Errno) -> bool {
    // The latter is for an interface that has no IPv6 at all.
    matches!(why, Errno::EADDRNOTAVAIL | Errno::ENXIO)
}

fn ip(entry: &InterfaceAddress) -> Option<IpAddr> {
    let address = entry.address?;
    let v4 = address.as_sockaddr_in().map(|it| it.ip().into());
    v4.or_else(|| address.as_sockaddr_in6().map(|it| it.ip().into()))
}

#[cfg(test)]
mod tests;
