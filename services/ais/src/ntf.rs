//! What services have to say to people and management systems: state changes and alarms.
//!
//! Source: SAI-AIS-NTF-A.01.01; each service's standard lists the notifications that it sends.

use crate::Dn;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// `SaNtfSeverityT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum Severity {
    /// The alarm is over.
    Cleared = 0,
    /// Severity unknown.
    Indeterminate = 1,
    /// A potential fault.
    Warning = 2,
    /// A fault that does not affect the service.
    Minor = 3,
    /// A fault that degrades the service.
    Major = 4,
    /// The service is lost.
    Critical = 5,
}

/// What a notification tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A state changed: the state's name, its old and new value in the standard's words.
    StateChange {
        /// Name of the state, such as `saAmfSUPresenceState`.
        state: String,
        /// Value before; `None` when unknown.
        old: Option<String>,
        /// Value now.
        new: String,
    },
    /// An alarm was raised or cleared.
    Alarm {
        /// How bad it is; `Cleared` ends the alarm with the same object and name.
        severity: Severity,
        /// Name of the alarm in the standard, such as `SI Unassigned`.
        alarm: String,
    },
    /// Anything else that the standard calls a notification.
    Miscellaneous,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The object that it is about.
    pub object: Dn,
    /// The service that sends it, such as `safApp=safAmfService`.
    pub notifying: Dn,
    /// What it tells.
    pub kind: Kind,
    /// The same in words.
    pub text: String,
}
