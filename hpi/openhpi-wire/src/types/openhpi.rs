//! What OpenHPI adds to the standard. Source: openhpi 3.8.0, `oHpi.h`.

use super::{Characters, EntityPath, List};
use crate::field::{structures, unions};

/// Length of a path. Source: `OH_PATH_PARAM_MAX_LENGTH`.
const PATH_LEN: usize = 2048;

structures! {
    /// `oHpiHandlerConfigParamT`.
    HandlerConfigParam {
        /// Its name.
        name: Characters<255>,
        /// Its value.
        value: Characters<255>,
    }

    /// `oHpiHandlerConfigT`.
    HandlerConfig {
        /// Its parameters.
        params: List<HandlerConfigParam>,
    }

    /// `oHpiHandlerInfoT`.
    HandlerInfo {
        /// `oHpiHandlerIdT`.
        handler: u32,
        /// Which plugin.
        plugin_name: Characters<32>,
        /// Where its resources are.
        entity_root: EntityPath,
        /// Whether it could not be loaded.
        load_failed: i32,
    }
}

unions! {
    /// `oHpiGlobalParamT`; the selector is `oHpiGlobalParamTypeT`.
    GlobalParam {
        /// Not used.
        1 OnEntityPath(EntityPath),
        /// Least `SaHpiSeverityT` that is logged.
        2 LogOnSeverity(u32),
        /// Most events that wait in a session.
        3 EventQueueLimit(u32),
        /// Most entries of the domain event log.
        4 EventLogSizeLimit(u32),
        /// Whether the domain event log is kept.
        5 EventLogSave(bool),
        /// Most alarms.
        6 AlarmSizeLimit(u32),
        /// Most alarms of users.
        7 AlarmUserLimit(u32),
        /// Whether the domain alarm table is kept.
        8 AlarmSave(bool),
        /// Where the plugins are.
        9 PluginPath(Characters<PATH_LEN>),
        /// Where data is kept.
        10 VarPath(Characters<PATH_LEN>),
        /// The configuration file.
        11 ConfigFile(Characters<PATH_LEN>),
    }
}
