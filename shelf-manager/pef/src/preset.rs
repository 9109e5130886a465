//! What the configuration file wants: an address is told of every event from a severity on.
//!
//! Choice: this becomes ordinary entries of the tables, so that every tool shows what happens and
//! may turn each filter off. Filters and policies stand behind those that software may configure,
//! destinations are 8–15. Each severity has one policy number, 12–15, whoever is told.

use crate::configuration::{Configuration, any_data};
use crate::destination::{ACKNOWLEDGED, Destination, Destinations, LAN_CHANNEL, address_of};
use crate::matching::ANY;
use crate::preset_rows::ROWS;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use ipmi::command::pef::{AlertPolicy, EventFilter, action, filter, policy, severity};
use serde::{Deserialize, Serialize};

/// Most alerts of the configuration file.
pub const PRESETS_MAX: usize = 8;

/// Their first destination selector.
const DESTINATION_FIRST: u8 = 8;

/// One alert of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// Where.
    pub address: IpAddr,
    /// UDP port.
    pub port: u16,
    /// Community, at most 18 bytes.
    pub community: String,
    /// From which severity on.
    pub severity: PresetSeverity,
    /// Whether traps are acknowledged.
    pub acknowledge: bool,
    /// Seconds until a trap is repeated, 1–256.
    pub timeout_s: u16,
    /// Repetitions, 0–7.
    pub retries: u8,
}

/// From which severity on events are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PresetSeverity {
    /// Every event.
    Information,
    /// Non-critical and worse.
    NonCritical,
    /// Critical and worse.
    Critical,
    /// Non-recoverable.
    NonRecoverable,
}

impl PresetSeverity {
    /// Source: IPMI v2.0 Table 17-2, event severity.
    const fn code(self) -> u8 {
        match self {
            Self::Information => severity::INFORMATION,
            Self::NonCritical => severity::NON_CRITICAL,
            Self::Critical => severity::CRITICAL,
            Self::NonRecoverable => severity::NON_RECOVERABLE,
        }
    }

    /// The worst one comes first.
    const fn policy_number(self) -> u8 {
        match self {
            Self::Information => 15,
            Self::NonCritical => 14,
            Self::Critical => 13,
            Self::NonRecoverable => 12,
        }
    }
}

/// Puts `presets` in the place of what the file wanted before.
pub(crate) fn replace(
    configuration: &mut Configuration,
    destinations: &mut Destinations,
    presets: &[Preset],
) {
    for destination in destinations.all_mut().filter(|to| to.is_preset) {
        *destination = Destination::unused();
    }
    for (selector, preset) in (DESTINATION_FIRST..).zip(presets) {
        if let Some(destination) = destinations.at(selector) {
            *destination = destination_of(preset);
        }
    }
    let severities: BTreeSet<PresetSeverity> = presets.iter().map(|p| p.severity).collect();
    let filters = severities.into_iter().rev().flat_map(filters_from);
    let policies = (DESTINATION_FIRST..).zip(presets);
    let policies = policies.map(|(selector, preset)| AlertPolicy {
        number: preset.severity.policy_number() << 4 | policy::ENABLED | policy::ALWAYS,
        destination: LAN_CHANNEL << 4 | selector,
        string: 0,
    });
    configuration.replace(filters.collect(), policies.collect());
}

fn destination_of(preset: &Preset) -> Destination {
    let timeout = preset.timeout_s.saturating_sub(1);
    Destination {
        kind: if preset.acknowledge { ACKNOWLEDGED } else { 0 },
        timeout: u8::try_from(timeout).unwrap_or(u8::MAX),
        retries: preset.retries & 7,
        address: address_of(preset.address),
        port: preset.port,
        community: Some(preset.community.clone().into_bytes()),
        is_preset: true,
    }
}

/// The filters that let events of this severity and worse ones through.
fn filters_from(from: PresetSeverity) -> Vec<EventFilter> {
    let rows = ROWS.iter().filter(|row| row.severity >= from);
    let filter = |severity: PresetSeverity| EventFilter {
        configuration: filter::ENABLED | filter::PRECONFIGURED,
        action: action::ALERT,
        policy: from.policy_number(),
        severity: severity.code(),
        generator: ANY,
        generator_lun: ANY,
        sensor_type: ANY,
        number: ANY,
        trigger: ANY,
        offsets: u16::MAX,
        data: any_data(),
    };
    let rows = rows.map(|row| EventFilter {
        sensor_type: row.sensor_type,
        trigger: row.trigger,
        offsets: row.offsets,
        ..filter(row.severity)
    });
    let every = (from == PresetSeverity::Information).then(|| filter(from));
    rows.chain(every).collect()
}
