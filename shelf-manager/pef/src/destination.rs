//! Where alerts go: the destinations of the LAN channel. Source: IPMI v2.0 Table 23-4, parameters
//! 16–19.

use crate::{GetError, Refusal};
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use ipmi::command::pef::{DestinationAddress, LanAlertParameter};
use serde::{Deserialize, Serialize};

/// Destinations, the volatile destination 0 counted.
pub const DESTINATIONS: usize = 16;

/// UDP port of traps. Source: RFC 1157 §4.
pub const TRAP_PORT: u16 = 162;

/// Number of the LAN channel. Choice: the same one as at the LAN server.
pub const LAN_CHANNEL: u8 = 1;

/// Bytes of the community string. Source: IPMI v2.0 Table 23-4, parameter 16.
const COMMUNITY_LEN: usize = 18;

/// Alerts are acknowledged. Source: IPMI v2.0 Table 23-4, parameter 18.
pub(crate) const ACKNOWLEDGED: u8 = 0x80;

/// Destination type, of which 0 is a PET trap. Source: IPMI v2.0 Table 23-4, parameter 18.
const TYPE: u8 = 0x07;

/// Where one destination is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Bit 7: alerts are acknowledged; bits 2–0: 0, a PET trap.
    pub kind: u8,
    /// Acknowledge timeout or, without acknowledge, time between repetitions, in seconds minus 1.
    pub timeout: u8,
    /// Repetitions, 0–7.
    pub retries: u8,
    /// Its address.
    pub address: DestinationAddress,
    /// UDP port. Choice: IPMI knows none but 162; the configuration file may say another one.
    pub port: u16,
    /// Community; `None`: that of the channel.
    pub community: Option<Vec<u8>>,
    /// Whether the configuration file named it.
    pub is_preset: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Destinations {
    /// Community of the channel, filled up with 00h.
    community: [u8; COMMUNITY_LEN],
    all: Vec<Destination>,
}

impl Destinations {
    pub(crate) fn new() -> Self {
        let mut community = [0; COMMUNITY_LEN];
        let default = b"public";
        community[..default.len()].copy_from_slice(default);
        Self {
            community,
            all: vec![Destination::unused(); DESTINATIONS],
        }
    }

    pub(crate) fn of(&self, selector: u8) -> Option<&Destination> {
        self.all.get(usize::from(selector))
    }

    pub(crate) fn at(&mut self, selector: u8) -> Option<&mut Destination> {
        self.all.get_mut(usize::from(selector))
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Destination> {
        self.all.iter_mut()
    }

    pub(crate) fn community_of(&self, destination: &Destination) -> Vec<u8> {
        let channel = || {
            let text = self.community.split(|byte| *byte == 0).next();
            text.unwrap_or_default().to_vec()
        };
        destination.community.clone().unwrap_or_else(channel)
    }

    pub(crate) fn restarted(&mut self) {
        if let Some(volatile) = self.all.first_mut() {
            *volatile = Destination::unused();
        }
    }

    pub(crate) fn parameter(&self, asked: u8, set: u8) -> Result<LanAlertParameter, GetError> {
        let of = |selector| self.of(selector).ok_or(GetError::OutOfRange);
        Ok(match asked {
            16 => LanAlertParameter::Community(self.community),
            17 => LanAlertParameter::Count(
                u8::try_from(DESTINATIONS - 1).expect("there are 15 that are not volatile"),
            ),
            18 => {
                let destination = of(set)?;
                LanAlertParameter::Type {
                    destination: set,
                    kind: destination.kind,
                    timeout: destination.timeout,
                    retries: destination.retries,
                }
            }
            19 => LanAlertParameter::Address {
                destination: set,
                address: of(set)?.address,
            },
            _ => return Err(GetError::NotSupported),
        })
    }

    pub(crate) fn check(&self, parameter: &LanAlertParameter) -> Result<(), Refusal> {
        let known = |selector: u8| {
            let found = self.of(selector).map(|_| ());
            found.ok_or(Refusal::OutOfRange)
        };
        match parameter {
            LanAlertParameter::Community(_) => Ok(()),
            LanAlertParameter::Count(_) => Err(Refusal::ReadOnly),
            LanAlertParameter::Type { kind, .. } if kind & TYPE != 0 => Err(Refusal::InvalidField),
            LanAlertParameter::Type { destination, .. }
            | LanAlertParameter::Address { destination, .. } => known(*destination),
        }
    }

    /// Invariant: [`Self::check`] agreed.
    pub(crate) fn set(&mut self, parameter: &LanAlertParameter) {
        match *parameter {
            LanAlertParameter::Community(community) => self.community = community,
            LanAlertParameter::Count(_) => {}
            LanAlertParameter::Type {
                destination,
                kind,
                timeout,
                retries,
            } => {
                if let Some(old) = self.at(destination) {
                    old.kind = kind & (ACKNOWLEDGED | TYPE);
                    old.timeout = timeout;
                    old.retries = retries & 7;
                }
            }
            LanAlertParameter::Address {
                destination,
                address,
            } => {
                if let Some(old) = self.at(destination) {
                    old.move_to(address);
                }
            }
        }
    }
}

impl Destination {
    pub(crate) fn unused() -> Self {
        Self {
            kind: 0,
            timeout: 2,
            retries: 0,
            address: address_of(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            port: TRAP_PORT,
            community: None,
            is_preset: false,
        }
    }

    /// Port and community belong to the old address: another one begins anew, so that a trap never
    /// tells one receiver's community to another. Writing the same address changes nothing.
    fn move_to(&mut self, address: DestinationAddress) {
        if self.ip() != ip_of(address) {
            self.port = TRAP_PORT;
            self.community = None;
        }
        self.address = address;
    }

    pub(crate) fn is_acknowledged(&self) -> bool {
        self.kind & ACKNOWLEDGED != 0
    }

    /// Where traps go; `None` when nobody has said where.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        ip_of(self.address)
    }

    pub(crate) fn interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout) + 1)
    }
}

fn ip_of(address: DestinationAddress) -> Option<IpAddr> {
    let ip = match address {
        DestinationAddress::V4 { ip, .. } => IpAddr::V4(Ipv4Addr::from(ip)),
        DestinationAddress::V6 { ip } => IpAddr::V6(Ipv6Addr::from(ip)),
    };
    address.is_set().then_some(ip)
}

pub(crate) fn address_of(ip: IpAddr) -> DestinationAddress {
    match ip {
        IpAddr::V4(ip) => DestinationAddress::V4 {
            gateway: 0,
            ip: ip.octets(),
            mac: [0; 6],
        },
        IpAddr::V6(ip) => DestinationAddress::V6 { ip: ip.octets() },
    }
}
