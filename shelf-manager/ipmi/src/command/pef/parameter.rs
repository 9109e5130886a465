//! PEF configuration parameters. Source: IPMI v2.0 Table 30-6.
//!
//! Choice: there is no group control table (parameters 14 and 15): it powers other systems off and
//! on over ICMB, which no shelf has.

use super::{AlertPolicy, AlertStringKeys, EventFilter};
use crate::command::Body;
use crate::wire::{Field, Reader, Truncated};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Bytes of a filter. Source: IPMI v2.0 Table 17-2.
pub const FILTER_LEN: usize = 20;

/// Bytes of a policy. Source: IPMI v2.0 Table 17-4.
pub const POLICY_LEN: usize = 3;

/// Bytes of a whole block of an alert string. Source: IPMI v2.0 Table 30-6, parameter 13.
pub const ALERT_STRING_BLOCK_LEN: usize = 16;

/// Set selectors, entry numbers and counts have 7 bits.
const SELECTOR: u8 = 0x7f;

/// Parameter selectors. Source: IPMI v2.0 Table 30-6.
pub mod selector {
    /// Set In Progress.
    pub const SET_IN_PROGRESS: u8 = 0;
    /// PEF Control.
    pub const CONTROL: u8 = 1;
    /// PEF Action Global Control.
    pub const ACTION_GLOBAL_CONTROL: u8 = 2;
    /// PEF Startup Delay.
    pub const STARTUP_DELAY: u8 = 3;
    /// PEF Alert Startup Delay.
    pub const ALERT_STARTUP_DELAY: u8 = 4;
    /// Number of Event Filters.
    pub const FILTER_COUNT: u8 = 5;
    /// Event Filter Table.
    pub const FILTER: u8 = 6;
    /// Event Filter Table Data 1.
    pub const FILTER_DATA_1: u8 = 7;
    /// Number of Alert Policy Entries.
    pub const POLICY_COUNT: u8 = 8;
    /// Alert Policy Table.
    pub const POLICY: u8 = 9;
    /// System GUID.
    pub const SYSTEM_GUID: u8 = 10;
    /// Number of Alert Strings.
    pub const STRING_COUNT: u8 = 11;
    /// Alert String Keys.
    pub const STRING_KEYS: u8 = 12;
    /// Alert Strings.
    pub const STRING: u8 = 13;
}

/// One parameter with its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parameter {
    /// Set In Progress: bits 1–0: 0 set complete, 1 set in progress, 2 commit write.
    SetInProgress(u8),
    /// PEF Control; see [`super::control`].
    Control(u8),
    /// PEF Action Global Control; see [`super::action`].
    ActionGlobalControl(u8),
    /// PEF Startup Delay, seconds.
    StartupDelay(u8),
    /// PEF Alert Startup Delay, seconds.
    AlertStartupDelay(u8),
    /// Number of Event Filters. Read only.
    FilterCount(u8),
    /// One entry of the Event Filter Table.
    Filter {
        /// Filter number, from 1.
        number: u8,
        /// The filter.
        filter: EventFilter,
    },
    /// Byte 1 of one entry of the Event Filter Table.
    FilterData1 {
        /// Filter number, from 1.
        number: u8,
        /// See [`EventFilter::configuration`].
        configuration: u8,
    },
    /// Number of Alert Policy Entries. Read only.
    PolicyCount(u8),
    /// One entry of the Alert Policy Table.
    Policy {
        /// Entry number, from 1.
        entry: u8,
        /// The policy.
        policy: AlertPolicy,
    },
    /// System GUID.
    SystemGuid {
        /// Bit 0: traps carry this GUID; else the one of Get System GUID.
        flags: u8,
        /// The GUID.
        guid: [u8; 16],
    },
    /// Number of Alert Strings, string 0 not counted. Read only.
    StringCount(u8),
    /// Alert String Keys of one string.
    StringKeys {
        /// String selector; 0 is the volatile string.
        string: u8,
        /// Its keys.
        keys: AlertStringKeys,
    },
    /// One block of an Alert String.
    String {
        /// String selector; 0 is the volatile string.
        string: u8,
        /// Block selector, from 1.
        block: u8,
        /// 1–16 bytes; 00h ends the string.
        bytes: Vec<u8>,
    },
}

/// Why a parameter cannot be read from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterError {
    /// There is no such parameter.
    NotSupported,
    /// The data is too short.
    Truncated,
    /// The data is too long.
    TooLong,
}

impl From<Truncated> for ParameterError {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}

impl Parameter {
    /// Reads the data of a Set PEF Configuration Parameters, or of the answer to a Get.
    pub fn decode(selector: u8, data: &[u8]) -> Result<Self, ParameterError> {
        let mut reader = Reader::new(data);
        let parameter = Self::read(selector & SELECTOR, &mut reader)?;
        if reader.is_empty() {
            Ok(parameter)
        } else {
            Err(ParameterError::TooLong)
        }
    }

    fn read(selector: u8, reader: &mut Reader<'_>) -> Result<Self, ParameterError> {
        use self::selector as s;
        Ok(match selector {
            s::SET_IN_PROGRESS => Self::SetInProgress(reader.u8("state")?),
            s::CONTROL => Self::Control(reader.u8("control")?),
            s::ACTION_GLOBAL_CONTROL => Self::ActionGlobalControl(reader.u8("actions")?),
            s::STARTUP_DELAY => Self::StartupDelay(reader.u8("delay")?),
            s::ALERT_STARTUP_DELAY => Self::AlertStartupDelay(reader.u8("delay")?),
            s::FILTER_COUNT => Self::FilterCount(entry(reader)?),
            s::FILTER => Self::Filter {
                number: entry(reader)?,
                filter: Body::read(reader)?,
            },
            s::FILTER_DATA_1 => Self::FilterData1 {
                number: entry(reader)?,
                configuration: reader.u8("configuration")?,
            },
            s::POLICY_COUNT => Self::PolicyCount(entry(reader)?),
            s::POLICY => Self::Policy {
                entry: entry(reader)?,
                policy: Body::read(reader)?,
            },
            s::SYSTEM_GUID => Self::SystemGuid {
                flags: reader.u8("flags")?,
                guid: reader.array("GUID")?,
            },
            s::STRING_COUNT => Self::StringCount(entry(reader)?),
            s::STRING_KEYS => Self::StringKeys {
                string: entry(reader)?,
                keys: Body::read(reader)?,
            },
            s::STRING => string(reader)?,
            _ => return Err(ParameterError::NotSupported),
        })
    }

    /// Its selector.
    #[must_use]
    pub fn selector(&self) -> u8 {
        match self {
            Self::SetInProgress(_) => selector::SET_IN_PROGRESS,
            Self::Control(_) => selector::CONTROL,
            Self::ActionGlobalControl(_) => selector::ACTION_GLOBAL_CONTROL,
            Self::StartupDelay(_) => selector::STARTUP_DELAY,
            Self::AlertStartupDelay(_) => selector::ALERT_STARTUP_DELAY,
            Self::FilterCount(_) => selector::FILTER_COUNT,
            Self::Filter { .. } => selector::FILTER,
            Self::FilterData1 { .. } => selector::FILTER_DATA_1,
            Self::PolicyCount(_) => selector::POLICY_COUNT,
            Self::Policy { .. } => selector::POLICY,
            Self::SystemGuid { .. } => selector::SYSTEM_GUID,
            Self::StringCount(_) => selector::STRING_COUNT,
            Self::StringKeys { .. } => selector::STRING_KEYS,
            Self::String { .. } => selector::STRING,
        }
    }

    /// Its data, as Set sends it and Get answers it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::SetInProgress(byte)
            | Self::Control(byte)
            | Self::ActionGlobalControl(byte)
            | Self::StartupDelay(byte)
            | Self::AlertStartupDelay(byte)
            | Self::FilterCount(byte)
            | Self::PolicyCount(byte)
            | Self::StringCount(byte) => out.push(*byte),
            Self::Filter { number, filter } => {
                out.push(*number);
                Body::write(filter, &mut out);
            }
            Self::FilterData1 {
                number,
                configuration,
            } => out.extend_from_slice(&[*number, *configuration]),
            Self::Policy { entry, policy } => {
                out.push(*entry);
                Body::write(policy, &mut out);
            }
            Self::SystemGuid { flags, guid } => {
                out.push(*flags);
                guid.write(&mut out);
            }
            Self::StringKeys { string, keys } => {
                out.push(*string);
                Body::write(keys, &mut out);
            }
            Self::String {
                string,
                block,
                bytes,
            } => {
                out.extend_from_slice(&[*string, *block]);
                out.extend_from_slice(bytes);
            }
        }
        out
    }
}

fn entry(reader: &mut Reader<'_>) -> Result<u8, Truncated> {
    reader.u8("selector").map(|byte| byte & SELECTOR)
}

fn string(reader: &mut Reader<'_>) -> Result<Parameter, ParameterError> {
    let string = entry(reader)?;
    let block = reader.u8("block selector")?;
    let count = reader.rest().len();
    if count > ALERT_STRING_BLOCK_LEN {
        return Err(ParameterError::TooLong);
    }
    if count == 0 {
        return Err(ParameterError::Truncated);
    }
    let bytes = reader.take(count, "string")?.to_vec();
    Ok(Parameter::String {
        string,
        block,
        bytes,
    })
}
