//! One component, resolved over its type: what it can, and how it is started and stopped.

use super::parse::{Objects, below, count, duration, missing, reference, unescaped};
use ais::amf::{CapabilityModel, CompCategory, RecommendedRecovery};
use ais::imm::{Object, Refusal, Value};
use ais::node::HealthcheckSpec;
use ais::{AisError, Dn};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The five CLC-CLI commands (§4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum CommandKind {
    /// Starts the component.
    Instantiate,
    /// Stops it gracefully.
    Terminate,
    /// Stops it by force.
    Cleanup,
    /// Starts external active monitoring.
    AmStart,
    /// Stops external active monitoring.
    AmStop,
}

impl CommandKind {
    const ALL: [Self; 5] = [
        Self::Instantiate,
        Self::Terminate,
        Self::Cleanup,
        Self::AmStart,
        Self::AmStop,
    ];

    /// The word that the attribute names carry.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Instantiate => "Instantiate",
            Self::Terminate => "Terminate",
            Self::Cleanup => "Cleanup",
            Self::AmStart => "AmStart",
            Self::AmStop => "AmStop",
        }
    }
}

/// One CLC-CLI command before it is known on which node it will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CommandConfig {
    /// `saAmfCtRelPath…Cmd`.
    pub(crate) path: String,
    /// Arguments of the type, then of the component (§4.4).
    pub(crate) arguments: Vec<String>,
    /// How long it may take.
    pub(crate) timeout_ms: u32,
}

/// The commands that a component has.
pub(crate) type Commands = BTreeMap<CommandKind, CommandConfig>;

/// Time limits of callbacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timeouts {
    /// `saAmfCompCSISetCallbackTimeout`.
    pub(crate) csi_set_ms: u32,
    /// `saAmfCompCSIRmvCallbackTimeout`.
    pub(crate) csi_remove_ms: u32,
    /// `saAmfCompQuiescingCompleteTimeout`.
    pub(crate) quiescing_ms: u32,
    /// `saAmfCompTerminateTimeout`.
    pub(crate) terminate_ms: u32,
}

/// What a component can do with CSIs of one type (`SaAmfCompCsType` over `SaAmfCtCsType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Capability {
    /// The capability model (§3.5).
    pub(crate) model: CapabilityModel,
    /// `saAmfCompNumMaxActiveCSIs`.
    pub(crate) active_max: u32,
    /// `saAmfCompNumMaxStandbyCSIs`; 0 when the model knows no standby.
    pub(crate) standby_max: u32,
}

/// `SaAmfComp` over its `SaAmfCompType` and `SaAmfCompGlobalAttributes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CompConfig {
    /// The SU that holds it.
    pub(crate) su: Dn,
    /// `saAmfCtCompCategory`.
    pub(crate) category: CompCategory,
    /// Whether it can run without an assignment (§3.1.2.4).
    pub(crate) pre_instantiable: bool,
    /// `saAmfCompInstantiationLevel`: lower levels start first.
    pub(crate) level: u32,
    /// `saAmfCompDisableRestart`.
    pub(crate) restart_disabled: bool,
    /// `saAmfCompRecoveryOnError`.
    pub(crate) recovery: RecommendedRecovery,
    /// What it can, for each CS type that it supports.
    pub(crate) capabilities: BTreeMap<Dn, Capability>,
    /// `saAmfCtSwBundle`.
    pub(crate) bundle: Option<Dn>,
    /// `saAmfCtDefCmdEnv`, overridden and extended by `saAmfCompCmdEnv`.
    pub(crate) environment: BTreeMap<String, String>,
    /// The commands that it has.
    pub(crate) commands: Commands,
    /// Limits of its callbacks.
    pub(crate) timeouts: Timeouts,
    /// Retries without delay, with delay, and the delay between (§4.6).
    pub(crate) instantiate_retries: (u32, u32, u32),
    /// `saAmfCompNumMaxAmStartAttempts` and `saAmfCompNumMaxAmStopAttempts`.
    pub(crate) am_attempts: (u32, u32),
    /// `SaAmfHealthcheck` over `SaAmfHealthcheckType`.
    pub(crate) healthchecks: Vec<HealthcheckSpec>,
}

impl CompConfig {
    /// Whether it can hold CSIs of this type as standby.
    pub(crate) fn can_be_standby(&self, cs_type: &Dn) -> bool {
        let capability = self.capabilities.get(cs_type);
        self.pre_instantiable && capability.is_some_and(|c| c.standby_max > 0)
    }
}

/// Time limit where neither the component nor its type has one. Choice: what OpenSAF's examples
/// use.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);

/// Resolves a component.
pub(super) fn component(object: &Object, objects: &Objects) -> Result<CompConfig, Refusal> {
    let kind = reference(object, "saAmfCompType", objects)?;
    let category = CompCategory(
        count(kind, "saAmfCtCompCategory")
            .ok_or_else(|| missing(&kind.dn, "saAmfCtCompCategory"))?,
    );
    if category.has(CompCategory::PROXIED | CompCategory::PROXIED_NPI | CompCategory::CONTAINED) {
        let text = "proxied and contained components are not supported yet";
        return Err(Refusal::new(&object.dn, AisError::NotSupported, text));
    }
    let su = object.dn.parent();
    let globals = Dn::parse("safRdn=compGlobalAttributes,safApp=safAmfService").ok();
    let globals = globals.and_then(|dn| objects.get(&dn));
    Ok(CompConfig {
        su: su.ok_or_else(|| Refusal::new(&object.dn, AisError::InvalidParam, "no SU above"))?,
        category,
        pre_instantiable: category.is_sa_aware(),
        level: either(
            object,
            "saAmfCompInstantiationLevel",
            kind,
            "saAmfCtDefInstantiationLevel",
        )
        .unwrap_or(0),
        restart_disabled: either(
            object,
            "saAmfCompDisableRestart",
            kind,
            "saAmfCtDefDisableRestart",
        )
        .is_some_and(|flag| flag != 0),
        recovery: either(
            object,
            "saAmfCompRecoveryOnError",
            kind,
            "saAmfCtDefRecoveryOnError",
        )
        .and_then(RecommendedRecovery::from_number)
        .unwrap_or(RecommendedRecovery::NoRecommendation),
        capabilities: capabilities(object, kind, objects)?,
        bundle: kind.name("saAmfCtSwBundle"),
        environment: environment(kind, object),
        commands: commands(object, kind),
        timeouts: timeouts(object, kind),
        instantiate_retries: instantiate_retries(object, globals),
        am_attempts: am_attempts(object, globals),
        healthchecks: healthchecks(object, kind, objects),
    })
}

fn either(object: &Object, own: &str, kind: &Object, default: &str) -> Option<u32> {
    count(object, own).or_else(|| count(kind, default))
}

fn capabilities(
    object: &Object,
    kind: &Object,
    objects: &Objects,
) -> Result<BTreeMap<Dn, Capability>, Refusal> {
    let mut of_type = BTreeMap::new();
    for supported in below(objects, &kind.dn, "SaAmfCtCsType") {
        let model = count(supported, "saAmfCtCompCapability")
            .and_then(CapabilityModel::from_number)
            .ok_or_else(|| missing(&supported.dn, "saAmfCtCompCapability"))?;
        let maxima = (
            count(supported, "saAmfCtDefNumMaxActiveCSIs"),
            count(supported, "saAmfCtDefNumMaxStandbyCSIs"),
        );
        if let Some(cs_type) = unescaped(&supported.dn) {
            of_type.insert(cs_type, (model, maxima));
        }
    }
    let own: Vec<_> = below(objects, &object.dn, "SaAmfCompCsType").collect();
    let mut capabilities = BTreeMap::new();
    for supported in &own {
        let cs_type = unescaped(&supported.dn);
        let known = cs_type.and_then(|cs_type| Some((of_type.get(&cs_type)?, cs_type)));
        let ((model, maxima), cs_type) = known.ok_or_else(|| {
            let text = "the component type does not support this CS type";
            Refusal::new(&supported.dn, AisError::InvalidParam, text)
        })?;
        // The type's numbers are both default and upper limit (§8.1).
        let own = |attribute, limit: &Option<u32>| match (count(supported, attribute), limit) {
            (Some(own), Some(limit)) => Some(own.min(*limit)),
            (own, limit) => own.or(*limit),
        };
        let active = own("saAmfCompNumMaxActiveCSIs", &maxima.0);
        let standby = own("saAmfCompNumMaxStandbyCSIs", &maxima.1);
        capabilities.insert(cs_type, capability(*model, active, standby));
    }
    if own.is_empty() {
        // Choice: a component without SaAmfCompCsType supports all that its type does.
        for (cs_type, (model, maxima)) in of_type {
            capabilities.insert(cs_type, capability(model, maxima.0, maxima.1));
        }
    }
    Ok(capabilities)
}

/// Applies the limits that the capability model sets by itself. Source: §3.5. Unset means
/// unlimited.
fn capability(model: CapabilityModel, active: Option<u32>, standby: Option<u32>) -> Capability {
    use CapabilityModel as M;
    let (active, standby) = (active.unwrap_or(u32::MAX), standby.unwrap_or(u32::MAX));
    let (active_max, standby_max) = match model {
        M::XActiveAndYStandby | M::XActiveOrYStandby => (active, standby),
        M::OneActiveOrYStandby => (1, standby),
        M::OneActiveOrOneStandby => (1, 1),
        M::XActive => (active, 0),
        M::OneActive => (1, 0),
        M::NonPreInstantiable => (active, 0),
    };
    Capability {
        model,
        active_max,
        standby_max,
    }
}

/// Type variables first; the component's own win (§4.3).
fn environment(kind: &Object, object: &Object) -> BTreeMap<String, String> {
    let values = kind.all("saAmfCtDefCmdEnv").iter();
    values
        .chain(object.all("saAmfCompCmdEnv"))
        .filter_map(Value::as_str)
        .filter_map(|text| text.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn commands(object: &Object, kind: &Object) -> Commands {
    let mut commands = Commands::new();
    let cli = duration(kind, "saAmfCtDefClcCliTimeout");
    let callback = duration(kind, "saAmfCtDefCallbackTimeout");
    for command in CommandKind::ALL {
        let word = command.word();
        let Some(path) = kind.text(&format!("saAmfCtRelPath{word}Cmd")) else {
            continue;
        };
        let of_type = format!("saAmfCtDef{word}CmdArgv");
        let own = format!("saAmfComp{word}CmdArgv");
        let arguments = kind.all(&of_type).iter().chain(object.all(&own));
        let default = match command {
            CommandKind::Terminate => callback.or(cli),
            CommandKind::Instantiate
            | CommandKind::Cleanup
            | CommandKind::AmStart
            | CommandKind::AmStop => cli,
        };
        let timeout = duration(object, &format!("saAmfComp{word}Timeout")).or(default);
        let config = CommandConfig {
            path: path.to_owned(),
            arguments: arguments
                .filter_map(Value::as_str)
                .map(ToOwned::to_owned)
                .collect(),
            timeout_ms: milliseconds(timeout.unwrap_or(TIMEOUT_DEFAULT)),
        };
        commands.insert(command, config);
    }
    commands
}

fn timeouts(object: &Object, kind: &Object) -> Timeouts {
    let default = duration(kind, "saAmfCtDefCallbackTimeout").unwrap_or(TIMEOUT_DEFAULT);
    let own = |attribute| duration(object, attribute);
    let quiescing = own("saAmfCompQuiescingCompleteTimeout")
        .or_else(|| duration(kind, "saAmfCtDefQuiescingCompleteTimeout"));
    Timeouts {
        csi_set_ms: milliseconds(own("saAmfCompCSISetCallbackTimeout").unwrap_or(default)),
        csi_remove_ms: milliseconds(own("saAmfCompCSIRmvCallbackTimeout").unwrap_or(default)),
        quiescing_ms: milliseconds(quiescing.unwrap_or(default)),
        terminate_ms: milliseconds(own("saAmfCompTerminateTimeout").unwrap_or(default)),
    }
}

/// Retries when starting; the defaults stand in §8.14 (2 without delay, none with).
fn instantiate_retries(object: &Object, globals: Option<&Object>) -> (u32, u32, u32) {
    let number = |own, global, default| {
        let global = globals.and_then(|g| count(g, global));
        count(object, own).or(global).unwrap_or(default)
    };
    let own = duration(object, "saAmfCompDelayBetweenInstantiateAttempts");
    let global = globals.and_then(|g| duration(g, "saAmfDelayBetweenInstantiateAttempts"));
    (
        number(
            "saAmfCompNumMaxInstantiateWithoutDelay",
            "saAmfNumMaxInstantiateWithoutDelay",
            2,
        ),
        number(
            "saAmfCompNumMaxInstantiateWithDelay",
            "saAmfNumMaxInstantiateWithDelay",
            0,
        ),
        milliseconds(own.or(global).unwrap_or_default()),
    )
}

fn am_attempts(object: &Object, globals: Option<&Object>) -> (u32, u32) {
    let number = |own, global| {
        let global = globals.and_then(|g| count(g, global));
        count(object, own).or(global).unwrap_or(2)
    };
    (
        number(
            "saAmfCompNumMaxAmStartAttempts",
            "saAmfNumMaxAmStartAttempts",
        ),
        number("saAmfCompNumMaxAmStopAttempts", "saAmfNumMaxAmStopAttempts"),
    )
}

fn healthchecks(object: &Object, kind: &Object, objects: &Objects) -> Vec<HealthcheckSpec> {
    let mut checks: BTreeMap<String, (Option<Duration>, Option<Duration>)> = BTreeMap::new();
    for check in below(objects, &kind.dn, "SaAmfHealthcheckType") {
        let times = (
            duration(check, "saAmfHctDefPeriod"),
            duration(check, "saAmfHctDefMaxDuration"),
        );
        checks.insert(check.dn.value().to_owned(), times);
    }
    for check in below(objects, &object.dn, "SaAmfHealthcheck") {
        let times = checks.entry(check.dn.value().to_owned()).or_default();
        times.0 = duration(check, "saAmfHealthcheckPeriod").or(times.0);
        times.1 = duration(check, "saAmfHealthcheckMaxDuration").or(times.1);
    }
    checks
        .into_iter()
        .map(|(key, (period, max))| HealthcheckSpec {
            key: key.into_bytes(),
            period_ms: milliseconds(period.unwrap_or(TIMEOUT_DEFAULT)),
            duration_ms_max: milliseconds(max.unwrap_or(TIMEOUT_DEFAULT)),
        })
        .collect()
}

/// Whole milliseconds, at least one for what is not zero.
fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}
