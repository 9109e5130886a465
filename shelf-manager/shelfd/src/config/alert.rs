//! `[[alert]]`: who is told of events by SNMP traps.

use pef::{PRESETS_MAX, Preset, PresetSeverity, TRAP_PORT};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// Most bytes of a community. Source: IPMI v2.0 Table 23-4, parameter 16.
const COMMUNITY_LEN_MAX: usize = 18;
/// Seconds until a trap is repeated. Source: IPMI v2.0 Table 23-4, parameter 18.
const TIMEOUT_S: RangeInclusive<u16> = 1..=256;
/// Repetitions. Source: IPMI v2.0 Table 23-4, parameter 18.
const RETRIES_MAX: u8 = 7;

/// All of them, checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<Alert>")]
pub(crate) struct Alerts(pub(crate) Vec<Preset>);

/// One of them, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    /// Address of the receiver, with its UDP port where that is not 162.
    destination: String,
    /// SNMP community.
    #[serde(default = "default_community")]
    community: String,
    /// From which severity on events are told.
    #[serde(default)]
    severity: Severity,
    /// Whether the receiver acknowledges traps over IPMI (PET Acknowledge).
    #[serde(default)]
    acknowledge: bool,
    /// Seconds until a trap is sent again.
    #[serde(default = "default_timeout_s")]
    timeout_s: u16,
    /// How often it is sent again.
    #[serde(default)]
    retries: u8,
}

/// Source: IPMI v2.0 Table 17-2, event severity.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Severity {
    Information,
    #[default]
    NonCritical,
    Critical,
    NonRecoverable,
}

fn default_community() -> String {
    "public".into()
}

fn default_timeout_s() -> u16 {
    3
}

impl TryFrom<Vec<Alert>> for Alerts {
    type Error = String;
    fn try_from(alerts: Vec<Alert>) -> Result<Self, String> {
        if alerts.len() > PRESETS_MAX {
            return Err(format!("there are more than {PRESETS_MAX} [[alert]]s"));
        }
        let presets = alerts.into_iter().map(preset);
        presets.collect::<Result<_, _>>().map(Self)
    }
}

fn preset(alert: Alert) -> Result<Preset, String> {
    let (address, port) = destination(&alert.destination)?;
    if alert.community.len() > COMMUNITY_LEN_MAX {
        let community = &alert.community;
        return Err(format!(
            "community \"{community}\" has more than {COMMUNITY_LEN_MAX} bytes"
        ));
    }
    if !TIMEOUT_S.contains(&alert.timeout_s) {
        let (from, to) = TIMEOUT_S.into_inner();
        return Err(format!(
            "timeout_s = {}: it must be {from} to {to}",
            alert.timeout_s
        ));
    }
    if alert.retries > RETRIES_MAX {
        let retries = alert.retries;
        return Err(format!("retries = {retries}: at most {RETRIES_MAX}"));
    }
    Ok(Preset {
        address,
        port,
        community: alert.community,
        severity: match alert.severity {
            Severity::Information => PresetSeverity::Information,
            Severity::NonCritical => PresetSeverity::NonCritical,
            Severity::Critical => PresetSeverity::Critical,
            Severity::NonRecoverable => PresetSeverity::NonRecoverable,
        },
        acknowledge: alert.acknowledge,
        timeout_s: alert.timeout_s,
        retries: alert.retries,
    })
}

/// Choice: no host names, as a name server that is down must not keep an alert back.
fn destination(text: &str) -> Result<(IpAddr, u16), String> {
    let whole = text.parse::<SocketAddr>().map(|at| (at.ip(), at.port()));
    let bare = || text.parse::<IpAddr>().map(|ip| (ip, TRAP_PORT));
    let found = whole.or_else(|_| bare());
    match found {
        Ok((ip, port)) if !ip.is_unspecified() && port != 0 => Ok((ip, port)),
        Ok(_) | Err(_) => Err(format!(
            "destination = \"{text}\" is not an IP address, or one with a port: \
             write 192.0.2.1, 192.0.2.1:162 or [2001:db8::1]:162"
        )),
    }
}

#[cfg(test)]
mod tests;
