//! Global parameters of OpenHPI that mean something here: how much is kept, and what is logged.
//!
//! They are part of the state, and so the same on whoever takes over.
//!
//! Choice: a size of 0 stands for as much as there is place for; in OpenHPI's configuration it says
//! "unlimited".
//! Source: openhpi 3.8.0, `oHpi.h`, `openhpi.conf.example`.

use crate::alarm::AlarmTable;
use crate::{ALARMS_MAX, Domain, EVENT_LOG_MAX, EVENTS_WAITING_MAX, USER_ALARMS_MAX};
use hpi_model::{Event, EventKind, HpiError, Severity};
use serde::{Deserialize, Serialize};

/// A parameter with its value: `oHpiGlobalParamT`, but for those that a file or the log decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parameter {
    /// `OHPI_LOG_ON_SEV`: the domain event log takes what is as severe or more, and what users add.
    LogOnSeverity(Severity),
    /// `OHPI_EVT_QUEUE_LIMIT`: most events that wait for subscribers, [`EVENTS_WAITING_MAX`] at
    /// most.
    EventQueueLimit(u32),
    /// `OHPI_DEL_SIZE_LIMIT`: most entries of the domain event log, [`EVENT_LOG_MAX`] at most.
    EventLogSizeLimit(u32),
    /// `OHPI_DAT_SIZE_LIMIT`: most alarms, those of users included, [`ALARMS_MAX`] and
    /// [`USER_ALARMS_MAX`] at most.
    AlarmSizeLimit(u32),
    /// `OHPI_DAT_USER_LIMIT`: most alarms of users, [`USER_ALARMS_MAX`] at most.
    AlarmUserLimit(u32),
}

/// The values of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// See [`Parameter::LogOnSeverity`].
    pub log_on_severity: Severity,
    /// See [`Parameter::EventQueueLimit`].
    pub event_queue_limit: u32,
    /// See [`Parameter::EventLogSizeLimit`].
    pub event_log_size_limit: u32,
    /// See [`Parameter::AlarmSizeLimit`].
    pub alarm_size_limit: u32,
    /// See [`Parameter::AlarmUserLimit`].
    pub alarm_user_limit: u32,
}

/// A limit that is asked for. Choice: `UNSUPPORTED_PARAMS` says that the value is a legal one, and
/// more than this implementation has place for.
fn limit(asked: u32, most: usize) -> Result<u32, HpiError> {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    match asked {
        0 => Ok(most),
        asked if asked <= most => Ok(asked),
        _ => Err(HpiError::UnsupportedParams),
    }
}

impl Domain {
    /// OpenHPI's global parameters.
    pub fn parameters(&self) -> Parameters {
        let AlarmTable {
            size, user_size, ..
        } = self.alarms;
        Parameters {
            log_on_severity: self.log_on,
            event_queue_limit: self.sessions.limit(),
            event_log_size_limit: self.log.size(),
            alarm_size_limit: size,
            alarm_user_limit: user_size,
        }
    }

    /// Sets one. What is there already and finds no place any more: alarms stay until their time
    /// comes, the oldest entries and events go.
    pub(crate) fn set_parameter(&mut self, parameter: Parameter) -> Result<(), HpiError> {
        match parameter {
            Parameter::LogOnSeverity(severity) => self.log_on = severity,
            Parameter::EventQueueLimit(asked) => {
                let limit = limit(asked, EVENTS_WAITING_MAX)?;
                self.sessions.set_limit(limit);
            }
            Parameter::EventLogSizeLimit(asked) => {
                let most = usize::try_from(EVENT_LOG_MAX).unwrap_or(usize::MAX);
                self.log.set_size(limit(asked, most)?);
            }
            Parameter::AlarmSizeLimit(asked) => {
                self.alarms.size = limit(asked, ALARMS_MAX + USER_ALARMS_MAX)?;
            }
            Parameter::AlarmUserLimit(asked) => {
                self.alarms.user_size = limit(asked, USER_ALARMS_MAX)?;
            }
        }
        Ok(())
    }

    /// Whether the domain event log takes an event.
    pub(crate) fn is_logged(&self, event: &Event) -> bool {
        let is_users = matches!(event.kind, EventKind::User(_));
        is_users || event.severity <= self.log_on
    }
}
