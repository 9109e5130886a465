//! LAN configuration parameters that say where alerts go. Source: IPMI v2.0 Table 23-4, parameters
//! 16–19.

use super::ParameterError;
use crate::wire::Reader;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Community String. Source: IPMI v2.0 Table 23-4.
const COMMUNITY: u8 = 16;
/// Number of Destinations.
const COUNT: u8 = 17;
/// Destination Type.
const TYPE: u8 = 18;
/// Destination Addresses.
const ADDRESS: u8 = 19;
/// Destination selectors have 4 bits.
const SELECTOR: u8 = 0x0f;
/// Address format: IPv6, without a MAC address.
const FORMAT_V6: u8 = 1;

/// One parameter with its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LanAlertParameter {
    /// Community String of the traps, filled up with 00h.
    Community([u8; 18]),
    /// Number of Destinations, the volatile destination 0 not counted. Read only.
    Count(u8),
    /// Destination Type.
    Type {
        /// Destination selector, 0–15; 0 is volatile.
        destination: u8,
        /// Bit 7: alerts are acknowledged; bits 2–0: 0 PET trap, 6 and 7 OEM.
        kind: u8,
        /// Acknowledge timeout or, without acknowledge, time between retries, in seconds minus 1.
        timeout: u8,
        /// Bits 2–0: number of retries.
        retries: u8,
    },
    /// Destination Addresses.
    Address {
        /// Destination selector, 0–15; 0 is volatile.
        destination: u8,
        /// Where.
        address: DestinationAddress,
    },
}

/// Where a destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DestinationAddress {
    /// IPv4.
    V4 {
        /// Bit 0: 0 the default gateway, 1 the backup gateway.
        gateway: u8,
        /// IP address, most significant byte first; 0.0.0.0 is none.
        ip: [u8; 4],
        /// MAC address; zeros: find it out.
        mac: [u8; 6],
    },
    /// IPv6.
    V6 {
        /// IP address, most significant byte first; all zeros is none.
        ip: [u8; 16],
    },
}

impl LanAlertParameter {
    /// Whether a LAN configuration parameter is one of these.
    #[must_use]
    pub fn is(selector: u8) -> bool {
        (COMMUNITY..=ADDRESS).contains(&selector)
    }

    /// Reads the data of a Set LAN Configuration Parameters, or of the answer to a Get.
    pub fn decode(selector: u8, data: &[u8]) -> Result<Self, ParameterError> {
        let mut reader = Reader::new(data);
        let parameter = match selector {
            COMMUNITY => Self::Community(reader.array("community string")?),
            COUNT => Self::Count(reader.u8("number of destinations")? & SELECTOR),
            TYPE => Self::Type {
                destination: reader.u8("destination selector")? & SELECTOR,
                kind: reader.u8("destination type")?,
                timeout: reader.u8("acknowledge timeout")?,
                retries: reader.u8("retries")?,
            },
            ADDRESS => Self::Address {
                destination: reader.u8("destination selector")? & SELECTOR,
                address: DestinationAddress::read(&mut reader)?,
            },
            _ => return Err(ParameterError::NotSupported),
        };
        if reader.is_empty() {
            Ok(parameter)
        } else {
            Err(ParameterError::TooLong)
        }
    }

    /// Its selector.
    #[must_use]
    pub fn selector(&self) -> u8 {
        match self {
            Self::Community(_) => COMMUNITY,
            Self::Count(_) => COUNT,
            Self::Type { .. } => TYPE,
            Self::Address { .. } => ADDRESS,
        }
    }

    /// Its data, as Set sends it and Get answers it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Community(community) => community.to_vec(),
            Self::Count(count) => [*count].to_vec(),
            Self::Type {
                destination,
                kind,
                timeout,
                retries,
            } => [*destination, *kind, *timeout, *retries].to_vec(),
            Self::Address {
                destination,
                address,
            } => {
                let mut out = [*destination].to_vec();
                address.write(&mut out);
                out
            }
        }
    }
}

impl DestinationAddress {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ParameterError> {
        let format = reader.u8("address format")? >> 4;
        match format {
            0 => Ok(Self::V4 {
                gateway: reader.u8("gateway selector")?,
                ip: reader.array("IP address")?,
                mac: reader.array("MAC address")?,
            }),
            FORMAT_V6 => Ok(Self::V6 {
                ip: reader.array("IP address")?,
            }),
            _ => Err(ParameterError::NotSupported),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::V4 { gateway, ip, mac } => {
                out.extend_from_slice(&[0, *gateway]);
                out.extend_from_slice(ip);
                out.extend_from_slice(mac);
            }
            Self::V6 { ip } => {
                out.push(FORMAT_V6 << 4);
                out.extend_from_slice(ip);
            }
        }
    }

    /// Whether it says where.
    #[must_use]
    pub fn is_set(&self) -> bool {
        match self {
            Self::V4 { ip, .. } => *ip != [0; 4],
            Self::V6 { ip } => *ip != [0; 16],
        }
    }
}
