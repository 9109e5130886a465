//! What OpenHPI's own clients ask beyond the standard: who has the resources, and how the daemon is
//! set up.
//!
//! Choice: the shelf is one handler, which can be neither created nor destroyed, as its
//! configuration is a file. Parameters that say how much is kept can be set; that it is kept, and
//! where, is what the file and the log decide.

use super::View;
use hpi_domain::Parameter;
use hpi_model::{HpiError, Severity};
use openhpi_wire::function::InfoAndConfig;
use openhpi_wire::types::{
    Characters, Entity, EntityPath, GlobalParam, HandlerConfig, HandlerConfigParam, HandlerInfo,
    List,
};

/// The only handler.
pub(super) const HANDLER: u32 = 1;
/// What is called a plugin.
const PLUGIN: &str = "openshelf";
/// `ADVANCEDTCA_CHASSIS`.
const CHASSIS: u32 = 0x1_0003;

/// The handler after one; 0 asks for the first.
pub(super) fn next_handler(handler: u32) -> Result<u32, HpiError> {
    match handler {
        0 => Ok(HANDLER),
        _ => Err(HpiError::NotPresent),
    }
}

pub(super) fn handler(handler: u32) -> Result<u32, HpiError> {
    match handler {
        HANDLER => Ok(HANDLER),
        _ => Err(HpiError::NotPresent),
    }
}

/// Why a handler cannot be created.
///
/// Source: openhpi 3.8.0, `oHpi.h`, `openhpid/plugin.c`: without a plugin, and with one that cannot
/// be loaded, the code is `ERROR`.
///
/// Choice: for our own it is `DUPLICATE`, as the only one that there can be is there.
pub(super) fn create(config: &HandlerConfig) -> HpiError {
    let List(params) = &config.params;
    let plugin = params.iter().find(|param| param.name.0 == b"plugin");
    match plugin {
        None if params.is_empty() => HpiError::InvalidParams,
        Some(plugin) if plugin.value.0 == PLUGIN.as_bytes() => HpiError::Duplicate,
        None | Some(_) => HpiError::Error,
    }
}

pub(super) fn info(view: View<'_>, asked: u32) -> Result<InfoAndConfig, HpiError> {
    let handler = handler(asked)?;
    let param = |name: &str, value: &str| HandlerConfigParam {
        name: Characters(name.into()),
        value: Characters(value.into()),
    };
    let (kind, location) = (CHASSIS, view.appliance.hpi.shelf_number());
    let root = format!("{{ADVANCEDTCA_CHASSIS,{location}}}");
    Ok(InfoAndConfig {
        info: HandlerInfo {
            handler,
            plugin_name: Characters(PLUGIN.into()),
            entity_root: EntityPath(vec![Entity { kind, location }]),
            load_failed: 0,
        },
        config: HandlerConfig {
            params: List(vec![param("entity_root", &root), param("plugin", PLUGIN)]),
        },
    })
}

/// Source: openhpi 3.8.0, `oHpi.h`: the parameter comes with its value, which does not matter here.
pub(super) fn parameter(view: View<'_>, asked: &GlobalParam) -> GlobalParam {
    let known = view.appliance.hpi.parameters();
    match asked {
        GlobalParam::OnEntityPath(_) => GlobalParam::OnEntityPath(EntityPath::default()),
        GlobalParam::LogOnSeverity(_) => GlobalParam::LogOnSeverity(known.log_on_severity.number()),
        GlobalParam::EventQueueLimit(_) => GlobalParam::EventQueueLimit(known.event_queue_limit),
        GlobalParam::EventLogSizeLimit(_) => {
            GlobalParam::EventLogSizeLimit(known.event_log_size_limit)
        }
        GlobalParam::EventLogSave(_) => GlobalParam::EventLogSave(true),
        GlobalParam::AlarmSizeLimit(_) => GlobalParam::AlarmSizeLimit(known.alarm_size_limit),
        GlobalParam::AlarmUserLimit(_) => GlobalParam::AlarmUserLimit(known.alarm_user_limit),
        GlobalParam::AlarmSave(_) => GlobalParam::AlarmSave(true),
        GlobalParam::PluginPath(_) => GlobalParam::PluginPath(Characters::default()),
        GlobalParam::VarPath(_) => GlobalParam::VarPath(Characters::default()),
        GlobalParam::ConfigFile(_) => GlobalParam::ConfigFile(Characters::default()),
    }
}

/// The parameter that is to be set; `READ_ONLY` for those that a file or the log decides.
pub(super) fn new_parameter(asked: &GlobalParam) -> Result<Parameter, HpiError> {
    match asked {
        GlobalParam::LogOnSeverity(severity) => {
            let severity = Severity::from_number(*severity).ok_or(HpiError::InvalidParams)?;
            Ok(Parameter::LogOnSeverity(severity))
        }
        GlobalParam::EventQueueLimit(limit) => Ok(Parameter::EventQueueLimit(*limit)),
        GlobalParam::EventLogSizeLimit(limit) => Ok(Parameter::EventLogSizeLimit(*limit)),
        GlobalParam::AlarmSizeLimit(limit) => Ok(Parameter::AlarmSizeLimit(*limit)),
        GlobalParam::AlarmUserLimit(limit) => Ok(Parameter::AlarmUserLimit(*limit)),
        GlobalParam::OnEntityPath(_)
        | GlobalParam::EventLogSave(_)
        | GlobalParam::AlarmSave(_)
        | GlobalParam::PluginPath(_)
        | GlobalParam::VarPath(_)
        | GlobalParam::ConfigFile(_) => Err(HpiError::ReadOnly),
    }
}

#[cfg(test)]
mod tests;
