//! What OpenHPI's own clients ask beyond the standard: who has the resources, and how the daemon is
//! set up.
//!
//! Choice: the shelf is one handler, which can be neither created nor destroyed, as its
//! configuration is a file; parameters can be read and not be set.

use super::View;
use hpi_domain::{ALARMS_MAX, EVENT_LOG_MAX, EVENTS_WAITING_MAX, USER_ALARMS_MAX};
use hpi_model::{HpiError, Severity};
use openhpi_wire::function::InfoAndConfig;
use openhpi_wire::types::{
    Characters, Entity, EntityPath, GlobalParam, HandlerConfig, HandlerConfigParam, HandlerInfo,
    List,
};

/// The only handler.
pub(super) const HANDLER: u32 = 1;
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
            plugin_name: Characters("openshelf".into()),
            entity_root: EntityPath(vec![Entity { kind, location }]),
            load_failed: 0,
        },
        config: HandlerConfig {
            params: List(vec![
                param("entity_root", &root),
                param("plugin", "openshelf"),
            ]),
        },
    })
}

/// Source: openhpi 3.8.0, `oHpi.h`: the parameter comes with its value, which does not matter here.
pub(super) fn parameter(asked: &GlobalParam) -> GlobalParam {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    match asked {
        GlobalParam::OnEntityPath(_) => GlobalParam::OnEntityPath(EntityPath::default()),
        GlobalParam::LogOnSeverity(_) => GlobalParam::LogOnSeverity(Severity::Debug.number()),
        GlobalParam::EventQueueLimit(_) => GlobalParam::EventQueueLimit(count(EVENTS_WAITING_MAX)),
        GlobalParam::EventLogSizeLimit(_) => GlobalParam::EventLogSizeLimit(EVENT_LOG_MAX),
        GlobalParam::EventLogSave(_) => GlobalParam::EventLogSave(true),
        GlobalParam::AlarmSizeLimit(_) => {
            GlobalParam::AlarmSizeLimit(count(ALARMS_MAX + USER_ALARMS_MAX))
        }
        GlobalParam::AlarmUserLimit(_) => GlobalParam::AlarmUserLimit(count(USER_ALARMS_MAX)),
        GlobalParam::AlarmSave(_) => GlobalParam::AlarmSave(true),
        GlobalParam::PluginPath(_) => GlobalParam::PluginPath(Characters::default()),
        GlobalParam::VarPath(_) => GlobalParam::VarPath(Characters::default()),
        GlobalParam::ConfigFile(_) => GlobalParam::ConfigFile(Characters::default()),
    }
}
