//! What a component and the agent of its node say to each other over a unix stream socket.
//!
//! Each message travels in a [frame](Decoder). The component opens with [`ToAgent::Hello`], the
//! agent answers with [`ToComponent::Hello`]; from then on the component makes calls, each of which
//! is answered, and the agent makes callbacks, each of which the component answers by a
//! [`Request::Response`] call.
//!
//! Invariant: variants and fields are only ever appended, with a new [`VERSION`]; the bytes of a
//! released version stay as they are.
#![no_std]

extern crate alloc;

pub mod environment;
mod frame;

pub use frame::{Decoder, FRAME_MAX, FrameError, encode};

use ais::amf::{CsiDescriptor, HaState, RecommendedRecovery};
use ais::node::Invocation;
use ais::{AisError, Dn};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The version of this protocol that is spoken here.
pub const VERSION: u16 = 1;

/// Longest healthcheck key, in bytes. Source: SAI-AIS-AMF-B.04.01 §7.4.3.2,
/// `SA_AMF_HEALTHCHECK_KEY_MAX`.
pub const HEALTHCHECK_KEY_MAX: usize = 32;

/// From a component to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToAgent {
    /// The first message on a connection.
    Hello {
        /// The newest version that the component speaks.
        version: u16,
        /// The component's process, for logs; the agent believes the socket's credentials only.
        pid: u32,
    },
    /// A call, answered by [`ToComponent::Answer`].
    Call {
        /// Comes back in the answer.
        call: u32,
        /// What is asked.
        request: Request,
    },
}

/// From the agent to a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToComponent {
    /// The answer to the component's hello.
    Hello {
        /// The version that both speak from now on.
        version: u16,
    },
    /// The answer to a call.
    Answer {
        /// Which call.
        call: u32,
        /// How it went.
        result: Result<Reply, AisError>,
    },
    /// Something that the component must do, answered by [`Request::Response`].
    Callback {
        /// Unique among the callbacks of an agent.
        invocation: Invocation,
        /// What to do.
        callback: Callback,
    },
}

/// What an answer tells beside success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Nothing.
    Done,
    /// The answer to [`Request::HaStateGet`].
    HaState(HaState),
}

/// How a component says how an operation ended: `None` is `SA_AIS_OK`.
pub type Outcome = Option<AisError>;

/// `SaAmfHealthcheckInvocationT`: who sets a healthcheck off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u32)]
pub enum HealthcheckInvocation {
    /// AMF asks, the component answers.
    AmfInvoked = 1,
    /// The component confirms once a period.
    ComponentInvoked = 2,
}

/// `SaAmfPmErrorsT`: which ends of a watched process are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PmErrors(pub u32);

impl PmErrors {
    /// Exit with status 0.
    pub const ZERO_EXIT: u32 = 1;
    /// Exit with another status.
    pub const NON_ZERO_EXIT: u32 = 2;
    /// Death by a signal.
    pub const ABNORMAL_END: u32 = 4;
    /// All of them.
    pub const ALL: u32 = 7;
}

/// `SaAmfPmStopQualifierT`: for which processes watching ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u32)]
pub enum PmStopQualifier {
    /// The named process.
    Process = 1,
    /// The named process and all that descend from it.
    ProcessAndDescendants = 2,
    /// All watched processes of the component.
    AllProcesses = 3,
}

/// A call of a component.
///
/// Source: SAI-AIS-AMF-B.04.01 §7.6–§7.13, each named after its function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// `saAmfComponentRegister`: the component is instantiated, and this process is its registered
    /// process.
    ComponentRegister {
        /// The component.
        component: Dn,
        /// The proxy that registers it; `None` unless proxied.
        proxy: Option<Dn>,
    },
    /// What `saAmfFinalize` means for a component registered on the handle.
    Unregister {
        /// The component.
        component: Dn,
    },
    /// `saAmfResponse_4`.
    Response {
        /// Which callback.
        invocation: Invocation,
        /// How it ended.
        error: Outcome,
    },
    /// `saAmfCSIQuiescingComplete`.
    QuiescingComplete {
        /// The CSI set callback with `Quiescing`.
        invocation: Invocation,
        /// How it ended.
        error: Outcome,
    },
    /// `saAmfHealthcheckStart`.
    HealthcheckStart {
        /// The component.
        component: Dn,
        /// `SaAmfHealthcheckKeyT`, at most [`HEALTHCHECK_KEY_MAX`] bytes.
        key: Vec<u8>,
        /// Who sets it off.
        invocation: HealthcheckInvocation,
        /// What to do when it fails.
        recovery: RecommendedRecovery,
    },
    /// `saAmfHealthcheckConfirm`.
    HealthcheckConfirm {
        /// The component.
        component: Dn,
        /// Which healthcheck.
        key: Vec<u8>,
        /// Its result.
        error: Outcome,
    },
    /// `saAmfHealthcheckStop`.
    HealthcheckStop {
        /// The component.
        component: Dn,
        /// Which healthcheck.
        key: Vec<u8>,
    },
    /// `saAmfComponentErrorReport_4`.
    ErrorReport {
        /// The component in error, not always the caller's own.
        component: Dn,
        /// When it was detected, `SaTimeT`; 0 for now.
        detected_ns: u64,
        /// What the caller recommends.
        recovery: RecommendedRecovery,
    },
    /// `saAmfComponentErrorClear_4`.
    ErrorClear {
        /// The component.
        component: Dn,
    },
    /// `saAmfHAStateGet`, answered by [`Reply::HaState`].
    HaStateGet {
        /// The component.
        component: Dn,
        /// The CSI.
        csi: Dn,
    },
    /// `saAmfPmStart_3`.
    PmStart {
        /// The component.
        component: Dn,
        /// The process to watch.
        pid: u32,
        /// 0: that process only; n: n levels of children with it; -1: all its descendants.
        depth: i32,
        /// Which ends are errors.
        errors: PmErrors,
        /// What to do about one.
        recovery: RecommendedRecovery,
    },
    /// `saAmfPmStop`.
    PmStop {
        /// The component.
        component: Dn,
        /// For which processes.
        qualifier: PmStopQualifier,
        /// The process that the qualifier refers to.
        pid: u32,
        /// Which ends are errors no longer.
        errors: PmErrors,
    },
    /// A component that has served on while its agent was away comes back to it.
    ///
    /// Choice: the standard knows no such call; a middleware that restarts must find its components
    /// again.
    Reconnect {
        /// The component.
        component: Dn,
        /// The HA states that it has assumed.
        csis: Vec<(Dn, HaState)>,
    },
}

/// A callback of the agent.
///
/// Source: SAI-AIS-AMF-B.04.01 §7.8.2, §7.9.2, §7.9.3, §7.10.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Callback {
    /// `SaAmfHealthcheckCallbackT`.
    Healthcheck {
        /// The component.
        component: Dn,
        /// Which healthcheck.
        key: Vec<u8>,
    },
    /// `SaAmfComponentTerminateCallbackT`.
    Terminate {
        /// The component.
        component: Dn,
    },
    /// `SaAmfCSISetCallbackT`.
    CsiSet {
        /// The component.
        component: Dn,
        /// The state to assume.
        ha_state: HaState,
        /// For which CSI, and what there is to know of it.
        csi: CsiDescriptor,
    },
    /// `SaAmfCSIRemoveCallbackT`.
    CsiRemove {
        /// The component.
        component: Dn,
        /// Which CSI; `None` for all (`SA_AMF_CSI_TARGET_ALL`).
        csi: Option<Dn>,
    },
}

#[cfg(test)]
mod tests;
