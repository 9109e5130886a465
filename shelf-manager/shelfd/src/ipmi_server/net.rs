//! What the network says about the address that tools reach us at.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

/// The kernel's routes.
const ROUTES: &str = "/proc/net/route";
/// The kernel's network interfaces.
const INTERFACES: &str = "/sys/class/net";
/// An address that is routed as most are; nothing is ever sent there. Source: RFC 5737.
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// The LAN interface, as its parameters tell it; zero where something is not known.
///
/// Choice: read once, at the start, as the socket is bound then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Network {
    pub(super) address: [u8; 4],
    pub(super) mask: [u8; 4],
    pub(super) gateway: [u8; 4],
    pub(super) mac: [u8; 6],
    pub(super) port: u16,
}

impl Network {
    /// For a socket that listens there.
    pub(crate) fn of(listens: SocketAddr) -> Self {
        let routes = fs::read_to_string(ROUTES).unwrap_or_default();
        let routes: Vec<Route> = routes.lines().filter_map(Route::parse).collect();
        let address = match listens.ip() {
            IpAddr::V4(address) if !address.is_unspecified() => address,
            IpAddr::V4(_) => outward().unwrap_or(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        };
        let local = routes.iter().find(|route| route.reaches(address));
        let name = local.map(|route| route.interface.as_str());
        let gateway = routes.iter().find(|route| route.is_default(name));
        Self {
            address: address.octets(),
            mask: match local {
                Some(route) => route.mask.octets(),
                None if address.is_loopback() => [255, 0, 0, 0],
                None => [0; 4],
            },
            gateway: gateway.map_or([0; 4], |route| route.gateway.octets()),
            mac: name.and_then(mac).unwrap_or_default(),
            port: listens.port(),
        }
    }
}

/// The address that goes out to most others.
fn outward() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ELSEWHERE).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// One line of the routing table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    interface: String,
    destination: Ipv4Addr,
    gateway: Ipv4Addr,
    mask: Ipv4Addr,
}

impl Route {
    /// `None` for the heading, and for what is no route.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let interface = words.next()?.to_owned();
        let destination = address(words.next()?)?;
        let gateway = address(words.next()?)?;
        let mask = address(words.nth(4)?)?;
        Some(Self {
            interface,
            destination,
            gateway,
            mask,
        })
    }

    /// Whether the interface itself is in the network of that address.
    fn reaches(&self, address: Ipv4Addr) -> bool {
        let is_local = self.gateway.is_unspecified() && !self.mask.is_unspecified();
        is_local && address.to_bits() & self.mask.to_bits() == self.destination.to_bits()
    }

    fn is_default(&self, interface: Option<&str>) -> bool {
        Some(self.interface.as_str()) == interface
            && self.destination.is_unspecified()
            && !self.gateway.is_unspecified()
    }
}

/// An address as the kernel prints it: the bytes of memory, as one hexadecimal number.
fn address(text: &str) -> Option<Ipv4Addr> {
    let number = u32::from_str_radix(text, 16).ok()?;
    Some(Ipv4Addr::from(number.to_ne_bytes()))
}

fn mac(interface: &str) -> Option<[u8; 6]> {
    let path = Path::new(INTERFACES).join(interface).join("address");
    parse_mac(&fs::read_to_string(path).ok()?)
}

fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let bytes = text
        .trim()
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16));
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests;
