//! Client library of SA-aware components written in Rust: blocking calls, callbacks as events, no
//! runtime.
//!
//! A component registers, then takes [`Event`]s and answers them. When the agent of its node goes
//! away the component simply works on: a thread of this library connects again and tells the agent
//! what the component holds.
//!
//! ```no_run
//! use ais_client::{Component, Config, Event};
//!
//! let (component, events) = Component::register(Config::from_environment()?)?;
//! while let Some(event) = events.next(None) {
//!     match event {
//!         Event::CsiSet { invocation, ha_state, .. } => {
//!             println!("now {}", ha_state.word());
//!             let _ = component.respond(invocation, Ok(()));
//!         }
//!         Event::Terminate { invocation } => {
//!             let _ = component.respond(invocation, Ok(()));
//!             break;
//!         }
//!         _ => {}
//!     }
//! }
//! # Ok::<(), ais_client::Error>(())
//! ```
//!
//! Source: SAI-AIS-AMF-B.04.01 chapter 7.

mod link;

pub use ais_wire::{HealthcheckInvocation, PmErrors, PmStopQualifier};

use ais::amf::{CsiDescriptor, HaState, RecommendedRecovery};
use ais::node::Invocation;
use ais::{AisError, Dn};
use ais_wire::{Reply, Request, environment};
use link::Link;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Whose library it is, and where the agent is.
#[derive(Clone, Debug)]
pub struct Config {
    /// The component.
    pub component: Dn,
    /// The agent's socket.
    pub socket: PathBuf,
    /// How long a call may take before it ends with [`AisError::Timeout`].
    pub call_timeout: Duration,
}

/// Why a component cannot register.
#[derive(Debug)]
pub enum Error {
    /// The environment does not name the component: the process was not started by AMF.
    NoName,
    /// The environment does not name the agent's socket.
    NoSocket,
    /// The agent cannot be reached.
    Connect(io::Error),
    /// The agent speaks another version, or not at all.
    Protocol,
    /// The agent refused.
    Refused(AisError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => write!(f, "{} is not set to a name", environment::COMPONENT_NAME),
            Self::NoSocket => write!(f, "{} is not set", environment::SOCKET),
            Self::Connect(error) => write!(f, "the agent cannot be reached: {error}"),
            Self::Protocol => f.write_str("the agent cannot be understood"),
            Self::Refused(error) => write!(f, "the agent refused: {}", error.name()),
        }
    }
}

impl std::error::Error for Error {}

/// Something that AMF wants, or that became of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `SaAmfCSISetCallbackT`. Answer with [`Component::respond`]; after `Quiescing` also with
    /// [`Component::quiescing_complete`] once the work is done.
    CsiSet {
        /// Goes into the response.
        invocation: Invocation,
        /// The state to assume.
        ha_state: HaState,
        /// For which CSI.
        csi: CsiDescriptor,
    },
    /// `SaAmfCSIRemoveCallbackT`. Answer with [`Component::respond`].
    CsiRemove {
        /// Goes into the response.
        invocation: Invocation,
        /// Which CSI; `None` for all.
        csi: Option<Dn>,
    },
    /// `SaAmfComponentTerminateCallbackT`. Answer with [`Component::respond`], then exit.
    Terminate {
        /// Goes into the response.
        invocation: Invocation,
    },
    /// `SaAmfHealthcheckCallbackT`. Answer with [`Component::respond`].
    Healthcheck {
        /// Goes into the response.
        invocation: Invocation,
        /// Which one.
        key: Vec<u8>,
    },
    /// The agent has gone. Go on working.
    Disconnected,
    /// The agent is back.
    Reconnected,
    /// The agent does not want the component any more: it is to exit. No event follows.
    Disowned,
}

/// What AMF wants, in its order.
#[derive(Debug)]
pub struct Events(Receiver<Event>);

impl Events {
    /// Waits for the next event. `None` after `timeout`, or when none can come any more.
    pub fn next(&self, timeout: Option<Duration>) -> Option<Event> {
        match timeout {
            Some(timeout) => self.0.recv_timeout(timeout).ok(),
            None => self.0.recv().ok(),
        }
    }
}

/// A component's side of AMF. Cheap to clone, and to be used from any thread.
#[derive(Clone, Debug)]
pub struct Component {
    link: Arc<Link>,
}

impl Config {
    /// How long a call may take unless configured otherwise.
    pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);

    /// What AMF put into the environment of the component's processes.
    pub fn from_environment() -> Result<Self, Error> {
        let name = std::env::var(environment::COMPONENT_NAME).map_err(|_| Error::NoName)?;
        let component = Dn::parse(&environment::decoded(&name)).map_err(|_| Error::NoName)?;
        let socket = std::env::var_os(environment::SOCKET)
            .ok_or(Error::NoSocket)?
            .into();
        Ok(Self {
            component,
            socket,
            call_timeout: Self::CALL_TIMEOUT,
        })
    }
}

impl Component {
    /// Connects and registers (`saAmfComponentRegister`): the component is ready to be assigned.
    pub fn register(config: Config) -> Result<(Self, Events), Error> {
        let (component, events) = Self::connect(config)?;
        let request = Request::ComponentRegister {
            component: component.name(),
            proxy: None,
        };
        if let Err(refusal) = component.call(request) {
            component.finalize();
            return Err(Error::Refused(refusal));
        }
        component.link.registered();
        Ok((component, events))
    }

    /// Connects without registering, as further processes of a component do.
    pub fn connect(config: Config) -> Result<(Self, Events), Error> {
        let (link, events) = Link::open(config)?;
        Ok((Self { link }, Events(events)))
    }

    /// The component's name.
    pub fn name(&self) -> Dn {
        self.link.config.component.clone()
    }

    fn call(&self, request: Request) -> Result<Reply, AisError> {
        self.link.call(request)
    }

    /// `saAmfResponse_4`.
    pub fn respond(
        &self,
        invocation: Invocation,
        outcome: Result<(), AisError>,
    ) -> Result<(), AisError> {
        self.link.responds(invocation, outcome.is_ok());
        let error = outcome.err();
        self.call(Request::Response { invocation, error }).map(drop)
    }

    /// `saAmfCSIQuiescingComplete`.
    pub fn quiescing_complete(
        &self,
        invocation: Invocation,
        outcome: Result<(), AisError>,
    ) -> Result<(), AisError> {
        let error = outcome.err();
        self.call(Request::QuiescingComplete { invocation, error })
            .map(drop)
    }

    /// `saAmfHealthcheckStart`. It goes on when the agent comes back.
    pub fn healthcheck_start(
        &self,
        key: &[u8],
        invocation: HealthcheckInvocation,
        recovery: RecommendedRecovery,
    ) -> Result<(), AisError> {
        let (component, key) = (self.name(), key.to_vec());
        let request = Request::HealthcheckStart {
            component,
            key,
            invocation,
            recovery,
        };
        self.call(request.clone())?;
        self.link.keep(request);
        Ok(())
    }

    /// `saAmfHealthcheckConfirm`.
    pub fn healthcheck_confirm(
        &self,
        key: &[u8],
        outcome: Result<(), AisError>,
    ) -> Result<(), AisError> {
        let (component, key, error) = (self.name(), key.to_vec(), outcome.err());
        self.call(Request::HealthcheckConfirm {
            component,
            key,
            error,
        })
        .map(drop)
    }

    /// `saAmfHealthcheckStop`.
    pub fn healthcheck_stop(&self, key: &[u8]) -> Result<(), AisError> {
        self.link.forget_healthcheck(key);
        let (component, key) = (self.name(), key.to_vec());
        self.call(Request::HealthcheckStop { component, key })
            .map(drop)
    }

    /// `saAmfComponentErrorReport_4`, on any component.
    pub fn error_report(
        &self,
        component: Dn,
        recovery: RecommendedRecovery,
    ) -> Result<(), AisError> {
        self.call(Request::ErrorReport {
            component,
            detected_ns: 0,
            recovery,
        })
        .map(drop)
    }

    /// `saAmfComponentErrorClear_4`, on any component.
    pub fn error_clear(&self, component: Dn) -> Result<(), AisError> {
        self.call(Request::ErrorClear { component }).map(drop)
    }

    /// `saAmfHAStateGet`.
    pub fn ha_state(&self, csi: Dn) -> Result<HaState, AisError> {
        match self.call(Request::HaStateGet {
            component: self.name(),
            csi,
        })? {
            Reply::HaState(state) => Ok(state),
            Reply::Done => Err(AisError::Library),
        }
    }

    /// `saAmfPmStart_3`. It goes on when the agent comes back; a process that ended meanwhile is
    /// reported then.
    pub fn pm_start(
        &self,
        (pid, depth): (u32, i32),
        errors: PmErrors,
        recovery: RecommendedRecovery,
    ) -> Result<(), AisError> {
        let component = self.name();
        let request = Request::PmStart {
            component,
            pid,
            depth,
            errors,
            recovery,
        };
        self.call(request.clone())?;
        self.link.keep(request);
        Ok(())
    }

    /// `saAmfPmStop`.
    pub fn pm_stop(
        &self,
        qualifier: PmStopQualifier,
        pid: u32,
        errors: PmErrors,
    ) -> Result<(), AisError> {
        let all = qualifier == PmStopQualifier::AllProcesses;
        self.link.forget_watching((!all).then_some(pid), errors);
        let component = self.name();
        self.call(Request::PmStop {
            component,
            qualifier,
            pid,
            errors,
        })
        .map(drop)
    }

    /// `saAmfFinalize`. No event follows; a component that is still registered has failed by this.
    pub fn finalize(self) {
        self.link.close();
    }
}

#[cfg(test)]
mod tests;
