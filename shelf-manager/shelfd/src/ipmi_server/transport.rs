//! LAN configuration, as it is. Source: IPMI v2.0 §23.
//!
//! Choice: the network is configured on the host, by its own means; nothing of it is set here.

use super::{Outcome, View, refuse, with};
use ipmi::command::transport::{
    BadPasswordThreshold, CipherSuitePrivileges, CipherSuites, GetLanConfiguration, LanParameter,
    SetLanConfiguration,
};
use ipmi::command::{Command, PARAMETER_REVISION, Parameters, parameter_code};
use ipmi::message::{CompletionCode, Request};

/// Numbers of the LAN channel, and of the channel that the request came through.
const LAN: u8 = 0x01;
/// See [`LAN`].
const THIS_CHANNEL: u8 = 0x0e;
/// Only the revision is wanted. Source: IPMI v2.0 §23.2.
const REVISION_ONLY: u8 = 0x80;
/// The suites that the server offers, in its order.
const SUITES: [u8; 2] = [3, 17];
/// Up to administrator, for both suites. Source: IPMI v2.0 Table 23-4, parameter 24.
const SUITE_LEVELS: u8 = 0x44;
/// The address was configured. Source: IPMI v2.0 Table 23-4, parameter 4.
const STATIC: u8 = 1;
/// Time to live, flags, precedence: as the host's kernel sends.
const IPV4_HEADER: [u8; 3] = [64, 0x40, 0x00];
/// The host answers ARP requests.
const ARP_RESPONSES: u8 = 1 << 1;
/// Secondary port of RMCP, over which nobody listens. Source: IPMI v2.0 Table 23-4.
const SECONDARY_PORT: u16 = 664;

/// Answers; `None` when there is no such command here.
pub(super) fn answer(view: View<'_>, request: &Request) -> Option<Outcome> {
    Some(match request.command {
        SetLanConfiguration::COMMAND => set(view, request),
        GetLanConfiguration::COMMAND => with(request, |asked| get(view, &asked)),
        _ => return None,
    })
}

fn get(view: View<'_>, asked: &GetLanConfiguration) -> Result<Parameters, CompletionCode> {
    if !is_ours(asked.channel) {
        return Err(CompletionCode::INVALID_FIELD);
    }
    let data = if asked.channel & REVISION_ONLY == 0 {
        let parameter = parameter(view, asked.parameter).ok_or(parameter_code::NOT_SUPPORTED)?;
        parameter.data()
    } else {
        Vec::new()
    };
    let revision = PARAMETER_REVISION;
    Ok(Parameters { revision, data })
}

fn set(view: View<'_>, request: &Request) -> Outcome {
    let code = match request.data[..] {
        [channel, _, _, ..] if !is_ours(channel) => CompletionCode::INVALID_FIELD,
        [_, selector, _, ..] if parameter(view, selector).is_some() => parameter_code::READ_ONLY,
        [_, _, _, ..] => parameter_code::NOT_SUPPORTED,
        _ => CompletionCode::LENGTH_INVALID,
    };
    refuse(request, code)
}

fn is_ours(channel: u8) -> bool {
    matches!(channel & 0x0f, LAN | THIS_CHANNEL)
}

/// Source: IPMI v2.0 Table 23-4.
fn parameter(view: View<'_>, selector: u8) -> Option<LanParameter> {
    let network = view.network;
    Some(match selector {
        0 => LanParameter::SetInProgress(0),
        // IPMI 1.5 is not served.
        1 => LanParameter::AuthenticationSupport(0),
        2 => LanParameter::AuthenticationEnables([0; 5]),
        3 => LanParameter::IpAddress(network.address),
        4 => LanParameter::IpAddressSource(STATIC),
        5 => LanParameter::MacAddress(network.mac),
        6 => LanParameter::SubnetMask(network.mask),
        7 => LanParameter::Ipv4Header(IPV4_HEADER),
        8 => LanParameter::PrimaryRmcpPort(network.port),
        9 => LanParameter::SecondaryRmcpPort(SECONDARY_PORT),
        10 => LanParameter::ArpControl(ARP_RESPONSES),
        11 => LanParameter::GratuitousArpInterval(0),
        12 => LanParameter::DefaultGateway(network.gateway),
        13 => LanParameter::DefaultGatewayMac([0; 6]),
        14 => LanParameter::BackupGateway([0; 4]),
        15 => LanParameter::BackupGatewayMac([0; 6]),
        20 => LanParameter::VlanId(0),
        21 => LanParameter::VlanPriority(0),
        22 => LanParameter::CipherSuiteCount(SUITES.len() as u8),
        23 => LanParameter::CipherSuites(CipherSuites {
            reserved: 0,
            ids: SUITES.to_vec(),
        }),
        24 => LanParameter::CipherSuitePrivileges(CipherSuitePrivileges {
            reserved: 0,
            levels: [SUITE_LEVELS, 0, 0, 0, 0, 0, 0, 0],
        }),
        // Wrong passwords cost time, for all alike; nobody is locked out.
        26 => LanParameter::BadPasswordThreshold(BadPasswordThreshold {
            flags: 0,
            attempts: 0,
            reset_interval: 0,
            lockout_interval: 0,
        }),
        selector => {
            let data = vec![0; usize::from(ipv6_len(selector)?)];
            LanParameter::Other { selector, data }
        }
    })
}

/// Length of a parameter of IPv6. Choice: all of them are zero, as the address that is told is one
/// of IPv4; tools ask for them nevertheless, before anything else.
///
/// Source: IPMI v2.0 Table 23-4: support, enables, status (50, 51, 55); control of the routers'
/// addresses (64); address, MAC address, prefix length and prefix of both routers (65–72).
fn ipv6_len(selector: u8) -> Option<u8> {
    match selector {
        50 | 51 | 64 | 67 | 71 => Some(1),
        55 => Some(3),
        66 | 70 => Some(6),
        65 | 68 | 69 | 72 => Some(16),
        _ => None,
    }
}
