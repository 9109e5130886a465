//! Commands about payloads: which there are, and which are active.
//!
//! Source: IPMI v2.0 §24.1–§24.9, §26.2, §26.3.

use super::Server;
use super::commands::{INVALID_FIELD, LAN, Reply, WRONG_LENGTH, is_lan, with};
use super::config::Config;
use super::privilege::OPERATOR;
use super::sol::{Console, INSTANCE_MAX, RETRIES, RETRY_INTERVAL, sol_poll_ms};
use crate::channel::Protection;
use crate::packet::payload;
use alloc::vec::Vec;
use ipmi::command::oem::CONSOLE_READ_MAX;
use ipmi::command::payload::{
    ChannelPayloadSupport, ChannelPayloadVersion, GetChannelPayloadSupport,
    GetChannelPayloadVersion, GetPayloadActivationStatus, GetPayloadInstanceInfo,
    PayloadActivationStatus, PayloadInstanceInfo, SuspendResumePayloadEncryption,
};
use ipmi::command::transport::{
    GetSolConfiguration, SetSolConfiguration, SolCharacters, SolParameter, SolRetry,
};
use ipmi::command::{Command, Empty, PARAMETER_REVISION, Parameters, parameter_code};
use ipmi::message::{CompletionCode, Request};

/// Payload type not available. Source: IPMI v2.0 Table 24-13.
const NO_SUCH_PAYLOAD: CompletionCode = CompletionCode(0x80);

/// Completion codes of Suspend/Resume Payload Encryption. Source: IPMI v2.0 Table 24-7.
mod encryption_code {
    use ipmi::message::CompletionCode;

    /// Operation not supported for that payload type.
    pub(super) const NOT_SUPPORTED: CompletionCode = CompletionCode(0x80);
    /// Operation not allowed under the present configuration.
    pub(super) const NOT_ALLOWED: CompletionCode = CompletionCode(0x81);
    /// The payload is active under a session without encryption.
    pub(super) const NOT_ENCRYPTED: CompletionCode = CompletionCode(0x82);
    /// The instance is not active.
    pub(super) const NOT_ACTIVE: CompletionCode = CompletionCode(0x83);
}

impl Server {
    /// Answers; `None` when there is no such command here.
    pub(super) fn about_payloads(&self, session: u32, request: &Request) -> Option<Reply> {
        Some(match request.command {
            GetPayloadActivationStatus::COMMAND => {
                with(request, |asked| self.activation_status(&asked))
            }
            GetPayloadInstanceInfo::COMMAND => with(request, |asked| self.instance_info(&asked)),
            GetChannelPayloadSupport::COMMAND => with(request, payload_support),
            GetChannelPayloadVersion::COMMAND => with(request, payload_version),
            SuspendResumePayloadEncryption::COMMAND => {
                with(request, |asked| self.encryption(session, &asked))
            }
            _ => return None,
        })
    }

    fn activation_status(
        &self,
        asked: &GetPayloadActivationStatus,
    ) -> Result<PayloadActivationStatus, CompletionCode> {
        if asked.payload_type != payload::SOL {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let consoles = self.consoles.iter();
        let active = consoles.filter(|(_, console)| console.is_open());
        Ok(PayloadActivationStatus {
            capacity: INSTANCE_MAX,
            active: active.map(|(instance, _)| 1u16 << (instance - 1)).sum(),
        })
    }

    fn instance_info(
        &self,
        asked: &GetPayloadInstanceInfo,
    ) -> Result<PayloadInstanceInfo, CompletionCode> {
        let instance = asked.instance;
        if asked.payload_type != payload::SOL || !(1..=INSTANCE_MAX).contains(&instance) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let console = self.consoles.get(&instance);
        let console = console.filter(|console| console.is_open());
        Ok(PayloadInstanceInfo {
            session: console.map_or(0, |console| console.session),
            // The number of the port that is redirected.
            info: [instance, 0, 0, 0, 0, 0, 0, 0],
        })
    }

    /// Choice: what is encrypted stays so; a new initialization vector comes with each packet
    /// anyhow.
    fn encryption(
        &self,
        session: u32,
        asked: &SuspendResumePayloadEncryption,
    ) -> Result<Empty, CompletionCode> {
        const SUSPEND: u8 = 0;
        const RESUME: u8 = 1;
        const REGENERATE: u8 = 2;
        let console = self.consoles.get(&asked.instance);
        let is_active = match asked.payload_type {
            payload::MESSAGE => true,
            payload::SOL => console.is_some_and(Console::is_open),
            _ => return Err(encryption_code::NOT_SUPPORTED),
        };
        if !is_active {
            return Err(encryption_code::NOT_ACTIVE);
        }
        // A console is never active under a session without encryption.
        let session = self.sessions.get(&session);
        if session.is_some_and(|one| one.channel.protection == Protection::Md5) {
            return Err(encryption_code::NOT_ENCRYPTED);
        }
        match asked.operation & 0x1f {
            SUSPEND => Err(encryption_code::NOT_ALLOWED),
            RESUME | REGENERATE => Ok(Empty {}),
            _ => Err(CompletionCode::INVALID_FIELD),
        }
    }
}

fn payload_support(
    asked: GetChannelPayloadSupport,
) -> Result<ChannelPayloadSupport, CompletionCode> {
    const SESSION_SETUP: core::ops::RangeInclusive<u8> =
        payload::OPEN_SESSION_REQUEST..=payload::RAKP_4;
    if !is_lan(asked.channel) {
        return Err(CompletionCode::INVALID_FIELD);
    }
    let setup = SESSION_SETUP.map(|kind| 1u16 << (kind & 0x0f));
    Ok(ChannelPayloadSupport {
        standard: 1 << payload::MESSAGE | 1 << payload::SOL,
        session_setup: setup.sum(),
        oem: 0,
        reserved: 0,
    })
}

fn payload_version(
    asked: GetChannelPayloadVersion,
) -> Result<ChannelPayloadVersion, CompletionCode> {
    /// 1.0, as each payload of the standard has.
    const VERSION: u8 = 0x10;
    if !is_lan(asked.channel) {
        return Err(CompletionCode::INVALID_FIELD);
    }
    match asked.payload_type {
        payload::MESSAGE | payload::SOL | payload::OPEN_SESSION_REQUEST..=payload::RAKP_4 => {
            Ok(ChannelPayloadVersion { version: VERSION })
        }
        _ => Err(NO_SUCH_PAYLOAD),
    }
}

/// Set and Get SOL Configuration Parameters; `None` when this is something else.
///
/// Choice: they say how SOL is, and cannot be changed: it is encrypted always, and the speed of the
/// line is the payload's own matter.
/// Source: IPMI v2.0 §26.2, §26.3.
pub(super) fn sol_configuration(config: &Config, request: &Request) -> Option<Reply> {
    Some(match request.command {
        // A parameter that is refused need not be whole.
        SetSolConfiguration::COMMAND => match request.data[..] {
            [channel, selector, _, ..] if is_lan(channel) => {
                let known = sol_parameter(config, selector);
                known.map_or(Err(parameter_code::NOT_SUPPORTED), |_| {
                    Err(parameter_code::READ_ONLY)
                })
            }
            [_, _, _, ..] => INVALID_FIELD,
            _ => WRONG_LENGTH,
        },
        GetSolConfiguration::COMMAND => with(request, |asked| sol_parameters(config, &asked)),
        _ => return None,
    })
}

fn sol_parameters(
    config: &Config,
    asked: &GetSolConfiguration,
) -> Result<Parameters, CompletionCode> {
    /// Only the revision is wanted.
    const REVISION_ONLY: u8 = 0x80;
    if !is_lan(asked.channel) {
        return Err(CompletionCode::INVALID_FIELD);
    }
    let data = match asked.channel & REVISION_ONLY {
        0 => {
            let parameter = sol_parameter(config, asked.parameter);
            parameter.ok_or(parameter_code::NOT_SUPPORTED)?.data()
        }
        _ => Vec::new(),
    };
    let revision = PARAMETER_REVISION;
    Ok(Parameters { revision, data })
}

/// Source: IPMI v2.0 Table 26-5.
fn sol_parameter(config: &Config, selector: u8) -> Option<SolParameter> {
    const SET_COMPLETE: u8 = 0;
    const ENABLED: u8 = 1;
    const ENCRYPTED: u8 = 1 << 7;
    const AUTHENTICATED: u8 = 1 << 6;
    /// The speed that the serial configuration has: none, as there is no serial line.
    const RATE_AS_CONFIGURED: u8 = 0;
    Some(match selector {
        0 => SolParameter::SetInProgress(SET_COMPLETE),
        1 => SolParameter::Enable(ENABLED),
        2 => SolParameter::Authentication(ENCRYPTED | AUTHENTICATED | OPERATOR),
        3 => SolParameter::Characters(SolCharacters {
            accumulate_interval: u8::try_from(sol_poll_ms() / 5).unwrap_or(u8::MAX),
            send_threshold: CONSOLE_READ_MAX,
        }),
        4 => SolParameter::Retry(SolRetry {
            count: RETRIES,
            interval: u8::try_from(RETRY_INTERVAL.as_millis() / 10).unwrap_or(u8::MAX),
        }),
        5 => SolParameter::NonVolatileBitRate(RATE_AS_CONFIGURED),
        6 => SolParameter::VolatileBitRate(RATE_AS_CONFIGURED),
        7 => SolParameter::PayloadChannel(LAN),
        8 => SolParameter::PayloadPort(config.port),
        _ => return None,
    })
}
