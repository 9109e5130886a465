//! Commands about payloads: which there are, and which are active.
//!
//! Source: IPMI v2.0 §24.1–§24.9, §26.2, §26.3.

use super::Server;
use super::commands::{INVALID_FIELD, LAN, Reply, WRONG_LENGTH};
use super::config::Config;
use super::privilege::OPERATOR;
use super::sol::{INSTANCE_MAX, RETRIES, RETRY_INTERVAL, sol_poll_ms};
use crate::lan::commands::THIS_CHANNEL;
use crate::packet::payload;
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::oem::CONSOLE_READ_MAX;
use ipmi::message::{CompletionCode, Request};

const GET_PAYLOAD_ACTIVATION_STATUS: u8 = 0x4a;
const GET_PAYLOAD_INSTANCE_INFO: u8 = 0x4b;
const GET_PAYLOAD_SUPPORT: u8 = 0x4e;
const GET_PAYLOAD_VERSION: u8 = 0x4f;
const SUSPEND_RESUME_ENCRYPTION: u8 = 0x55;
const SET_SOL_CONFIGURATION: u8 = 0x21;
const GET_SOL_CONFIGURATION: u8 = 0x22;

/// Payload type not available. Source: IPMI v2.0 Table 24-13.
const NO_SUCH_PAYLOAD: CompletionCode = CompletionCode(0x80);
/// Operation not allowed under the present configuration. Source: IPMI v2.0 Table 24-7.
const NOT_ALLOWED: CompletionCode = CompletionCode(0x81);
/// Parameter not supported. Source: IPMI v2.0 Table 26-4.
const NO_SUCH_PARAMETER: CompletionCode = CompletionCode(0x80);
/// The parameter is read only. Source: IPMI v2.0 Table 26-3.
const READ_ONLY: CompletionCode = CompletionCode(0x82);
/// Revision of the parameters. Source: IPMI v2.0 Table 26-4.
const REVISION: u8 = 0x11;

impl Server {
    /// Answers; `None` when there is no such command here.
    pub(super) fn about_payloads(&self, command: u8, data: &[u8]) -> Option<Reply> {
        Some(match command {
            GET_PAYLOAD_ACTIVATION_STATUS => self.activation_status(data),
            GET_PAYLOAD_INSTANCE_INFO => self.instance_info(data),
            GET_PAYLOAD_SUPPORT => payload_support(data),
            GET_PAYLOAD_VERSION => payload_version(data),
            SUSPEND_RESUME_ENCRYPTION => encryption(data),
            _ => return None,
        })
    }

    /// Source: IPMI v2.0 Table 24-4.
    fn activation_status(&self, data: &[u8]) -> Reply {
        let bits = match *data {
            [payload::SOL] => {
                let active = self
                    .consoles
                    .iter()
                    .filter(|(_, console)| console.is_open());
                let bits = active.map(|(instance, _)| 1u16 << (instance - 1));
                bits.sum::<u16>()
            }
            [_] => return INVALID_FIELD,
            _ => return WRONG_LENGTH,
        };
        let [low, high] = bits.to_le_bytes();
        Ok(vec![INSTANCE_MAX, low, high])
    }

    /// Source: IPMI v2.0 Table 24-5.
    fn instance_info(&self, data: &[u8]) -> Reply {
        let instance = match *data {
            [payload::SOL, instance @ 1..=INSTANCE_MAX] => instance,
            [_, _] => return INVALID_FIELD,
            _ => return WRONG_LENGTH,
        };
        let console = self
            .consoles
            .get(&instance)
            .filter(|console| console.is_open());
        let session = console.map_or(0, |console| console.session);
        let mut info = session.to_le_bytes().to_vec();
        // The number of the port that is redirected.
        info.extend([instance, 0, 0, 0, 0, 0, 0, 0]);
        Ok(info)
    }
}

/// Source: IPMI v2.0 Table 24-12: one bit for each payload type.
fn payload_support(data: &[u8]) -> Reply {
    match *data {
        [LAN | THIS_CHANNEL] => Ok(vec![0x03, 0, 0x3f, 0, 0, 0, 0, 0]),
        [_] => INVALID_FIELD,
        _ => WRONG_LENGTH,
    }
}

/// Source: IPMI v2.0 Table 24-13. The version is 1.0 for each.
fn payload_version(data: &[u8]) -> Reply {
    match *data {
        [LAN | THIS_CHANNEL, kind] => match kind {
            payload::MESSAGE | payload::SOL | payload::OPEN_SESSION_REQUEST..=payload::RAKP_4 => {
                Ok(vec![0x10])
            }
            _ => Err(NO_SUCH_PAYLOAD),
        },
        [_, _] => INVALID_FIELD,
        _ => WRONG_LENGTH,
    }
}

/// Suspend/Resume Payload Encryption. Choice: what is encrypted stays so; a new initialization
/// vector comes with each packet anyhow.
///
/// Source: IPMI v2.0 Table 24-7.
fn encryption(data: &[u8]) -> Reply {
    const SUSPEND: u8 = 0;
    const RESUME: u8 = 1;
    const REGENERATE: u8 = 2;
    match *data {
        [payload::MESSAGE | payload::SOL, _, operation] => match operation & 0x1f {
            SUSPEND => Err(NOT_ALLOWED),
            RESUME | REGENERATE => Ok(Vec::new()),
            _ => INVALID_FIELD,
        },
        [_, _, _] => INVALID_FIELD,
        _ => WRONG_LENGTH,
    }
}

/// Set and Get SOL Configuration Parameters; `None` when this is something else.
///
/// Choice: they say how SOL is, and cannot be changed: it is encrypted always, and the speed of the
/// line is the payload's own matter.
/// Source: IPMI v2.0 §26.2, §26.3.
pub(super) fn sol_configuration(config: &Config, request: &Request) -> Option<Reply> {
    let data = request.data.as_slice();
    Some(match request.command {
        SET_SOL_CONFIGURATION => match *data {
            [channel, parameter, _, ..] if is_lan(channel) => {
                let known = sol_parameter(config, parameter);
                known.map_or(Err(NO_SUCH_PARAMETER), |_| Err(READ_ONLY))
            }
            [_, _, _, ..] => INVALID_FIELD,
            _ => WRONG_LENGTH,
        },
        GET_SOL_CONFIGURATION => match *data {
            [channel, _, _, _] if is_lan(channel) && channel & REVISION_ONLY != 0 => {
                Ok(vec![REVISION])
            }
            [channel, parameter, _, _] if is_lan(channel) => {
                let value = sol_parameter(config, parameter).ok_or(NO_SUCH_PARAMETER);
                value.map(|value| [&[REVISION][..], &value].concat())
            }
            [_, _, _, _] => INVALID_FIELD,
            _ => WRONG_LENGTH,
        },
        _ => return None,
    })
}

/// Only the revision is wanted. Source: IPMI v2.0 Table 26-4.
const REVISION_ONLY: u8 = 0x80;

fn is_lan(channel: u8) -> bool {
    matches!(channel & 0x0f, LAN | THIS_CHANNEL)
}

/// Source: IPMI v2.0 Table 26-5.
fn sol_parameter(config: &Config, parameter: u8) -> Option<Vec<u8>> {
    const SET_COMPLETE: u8 = 0;
    const ENABLED: u8 = 1;
    const ENCRYPTED: u8 = 1 << 7;
    const AUTHENTICATED: u8 = 1 << 6;
    /// The speed that the serial configuration has: none, as there is no serial line.
    const RATE_AS_CONFIGURED: u8 = 0;
    let interval = u8::try_from(sol_poll_ms() / 5).unwrap_or(u8::MAX);
    let retry = u8::try_from(RETRY_INTERVAL.as_millis() / 10).unwrap_or(u8::MAX);
    Some(match parameter {
        0 => vec![SET_COMPLETE],
        1 => vec![ENABLED],
        2 => vec![ENCRYPTED | AUTHENTICATED | OPERATOR],
        3 => vec![interval, CONSOLE_READ_MAX],
        4 => vec![RETRIES, retry],
        5 | 6 => vec![RATE_AS_CONFIGURED],
        7 => vec![LAN],
        8 => config.port.to_le_bytes().to_vec(),
        _ => return None,
    })
}
