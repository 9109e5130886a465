//! The hand-over between AMF and the agent of a node: orders down, reports up.
//!
//! Orders are repeatable: AMF repeats what it still waits for whenever an agent (re)appears, and an
//! agent that has carried an order out already just reports its outcome again.

use crate::Dn;
use crate::amf::{CompCategory, CsiDescriptor, HaState, RecommendedRecovery};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Identifies one CSI order until its outcome is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Invocation(pub u64);

/// One CLC-CLI command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The program, an absolute path.
    pub path: String,
    /// Its arguments, without the program name.
    pub arguments: Vec<String>,
    /// How long it may take.
    pub timeout_ms: u32,
}

/// A configured healthcheck (`SaAmfHealthcheck`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthcheckSpec {
    /// `SaAmfHealthcheckKeyT`, at most 32 bytes.
    pub key: Vec<u8>,
    /// Time between two healthchecks that AMF invokes; how long the component may take to confirm
    /// the next one where it invokes them itself.
    pub period_ms: u32,
    /// How long the component may take to answer one that AMF invokes.
    pub duration_ms_max: u32,
}

/// All that an agent must know to run one component; AMF takes it from the information model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentSpec {
    /// The component.
    pub component: Dn,
    /// What kind it is.
    pub category: CompCategory,
    /// Whether it can be instantiated before it is assigned (else starting is assigning).
    pub pre_instantiable: bool,
    /// Environment of every CLC-CLI command, beside `SA_AMF_COMPONENT_NAME` (§4.2).
    pub environment: Vec<(String, String)>,
    /// Starts it (§4.6).
    pub instantiate: Option<Command>,
    /// Stops it gracefully (§4.7); SA-aware components are told by a callback instead.
    pub terminate: Option<Command>,
    /// Stops it by force (§4.8).
    pub cleanup: Option<Command>,
    /// Starts external active monitoring (§4.9).
    pub am_start: Option<Command>,
    /// Stops external active monitoring (§4.10).
    pub am_stop: Option<Command>,
    /// `saAmfCompNumMaxInstantiateWithoutDelay`: first attempts to start it.
    pub instantiate_attempts_max: u32,
    /// `saAmfCompNumMaxInstantiateWithDelay`: further attempts, each after the delay.
    pub delayed_instantiate_attempts_max: u32,
    /// `saAmfCompDelayBetweenInstantiateAttempts`.
    pub instantiate_delay_ms: u32,
    /// `saAmfCompNumMaxAmStartAttempts`.
    pub am_start_attempts_max: u32,
    /// `saAmfCompNumMaxAmStopAttempts`.
    pub am_stop_attempts_max: u32,
    /// `saAmfCompCSISetCallbackTimeout`.
    pub csi_set_timeout_ms: u32,
    /// `saAmfCompCSIRemoveCallbackTimeout`.
    pub csi_remove_timeout_ms: u32,
    /// `saAmfCompQuiescingCompleteTimeout`.
    pub quiescing_timeout_ms: u32,
    /// `saAmfCompTerminateCallbackTimeout`.
    pub terminate_callback_timeout_ms: u32,
    /// Healthchecks that the component may start.
    pub healthchecks: Vec<HealthcheckSpec>,
    /// `saAmfCompRecoveryOnError`: used where an error report recommends nothing.
    pub recovery: RecommendedRecovery,
}

/// What AMF asks of the agent of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Start the component, with the attempts and delays of its spec. Answered by
    /// [`Report::Instantiated`] or [`Report::InstantiationFailed`].
    Instantiate(Box<ComponentSpec>),
    /// Stop the component gracefully; fall back on cleanup. Answered by [`Report::Terminated`] or
    /// [`Report::TerminationFailed`].
    Terminate(Dn),
    /// Stop the component by force. Answered by [`Report::Terminated`] or
    /// [`Report::TerminationFailed`].
    Cleanup(Dn),
    /// `saAmfCSISetCallback`. Answered by [`Report::CsiDone`]; with `Quiescing` also, later, by
    /// [`Report::QuiescingComplete`].
    SetCsi {
        /// Comes back in the report.
        invocation: Invocation,
        /// The component.
        component: Dn,
        /// The state that it shall assume.
        ha_state: HaState,
        /// For which CSI, and what it is told of it.
        csi: CsiDescriptor,
    },
    /// `saAmfCSIRemoveCallback`. Answered by [`Report::CsiDone`].
    RemoveCsi {
        /// Comes back in the report.
        invocation: Invocation,
        /// The component.
        component: Dn,
        /// The CSI; `None` for all that it has.
        csi: Option<Dn>,
    },
    /// Reboot the node at once (node failfast).
    Reboot,
    /// How to run a component that starts by being assigned (`SetCsi` with `Active`); nothing is
    /// started now. Not answered.
    Configure(Box<ComponentSpec>),
}

/// How a CSI order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CsiOutcome {
    /// The component assumed the state (or gave the CSI up).
    Ok,
    /// The component answered with an error.
    Failed,
    /// The component did not answer in time.
    TimedOut,
}

/// What went wrong with a component, found on its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureCause {
    /// A process of the component ended.
    ProcessEnded,
    /// The component's connection to the agent broke, its process lives.
    ConnectionLost,
    /// A healthcheck was answered with an error.
    HealthcheckFailed,
    /// A healthcheck was not answered (or not invoked) in time.
    HealthcheckTimedOut,
    /// Somebody called `saAmfComponentErrorReport_4`.
    Reported,
    /// External active monitoring could not be started or stopped.
    MonitoringFailed,
    /// The process was gone when the agent came back.
    FoundDead,
}

/// A component that an agent found running when it (re)started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// The component.
    pub component: Dn,
    /// HA state that it holds for each CSI, as far as the agent knows.
    pub csis: Vec<(Dn, HaState)>,
}

/// What an agent tells AMF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// The component runs (and, when SA-aware, has registered).
    Instantiated(Dn),
    /// All attempts to start the component failed.
    InstantiationFailed(Dn),
    /// Nothing of the component runs any more.
    Terminated(Dn),
    /// The component could not be cleaned up.
    TerminationFailed(Dn),
    /// A CSI order ended.
    CsiDone {
        /// Which one.
        invocation: Invocation,
        /// How.
        outcome: CsiOutcome,
    },
    /// `saAmfCSIQuiescingComplete`, or its time ran out.
    QuiescingComplete {
        /// The `SetCsi` order with `Quiescing`.
        invocation: Invocation,
        /// How it ended.
        outcome: CsiOutcome,
    },
    /// The component failed.
    Failed {
        /// The component.
        component: Dn,
        /// Why the agent thinks so.
        cause: FailureCause,
        /// What the detector recommends.
        recovery: RecommendedRecovery,
    },
    /// `saAmfComponentErrorClear_4`.
    ErrorCleared(Dn),
    /// All components that run on the node as its agent (re)starts. AMF adopts those that it
    /// expects, orders the clean-up of those that it does not, and treats those that it misses as
    /// failed.
    Audit(Vec<Survivor>),
}
