//! What goes into the machine, and what comes out of it.

use crate::{ProcessEnd, Record};
use ais::amf::{CsiDescriptor, HaState, RecommendedRecovery};
use ais::node::{Command, ComponentSpec, Invocation, Report};
use ais::{AisError, Dn};
use ais_wire::{Callback, PmErrors, PmStopQualifier, Reply, Request};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Identifies one run of a command, until its end is an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Run(pub u32);

/// Identifies one connection to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Client(pub u64);

/// A process that stays itself when its number is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Process {
    /// Its process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot. Source: proc(5), `starttime` of
    /// `/proc/pid/stat`.
    pub started: u64,
}

/// Which of the five commands runs. Source: SAI-AIS-AMF-B.04.01 §4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// INSTANTIATE.
    Instantiate,
    /// TERMINATE.
    Terminate,
    /// CLEANUP.
    Cleanup,
    /// AM_START.
    AmStart,
    /// AM_STOP.
    AmStop,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandEnd {
    /// It exited with this status; 0 is success.
    Exited(i32),
    /// A signal ended it.
    Killed,
    /// It could not be run, or (for [`Effect::KillAll`]) something is still alive.
    Failed,
}

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The connection.
    pub client: Client,
    /// The process at its other end.
    pub process: Process,
    /// Whether the process belongs to the process group of an INSTANTIATE command that still runs.
    pub foreground: bool,
}

/// Something that happened to the component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// [`ais::node::Order::Instantiate`].
    Instantiate(Box<ComponentSpec>),
    /// The spec of a component that starts when it is assigned; nothing is started now.
    Configure(Box<ComponentSpec>),
    /// [`ais::node::Order::Terminate`].
    Terminate,
    /// [`ais::node::Order::Cleanup`].
    Cleanup,
    /// [`ais::node::Order::SetCsi`].
    SetCsi {
        /// AMF's number of the order.
        invocation: Invocation,
        /// The state to assume.
        ha_state: HaState,
        /// For which CSI.
        csi: CsiDescriptor,
    },
    /// [`ais::node::Order::RemoveCsi`].
    RemoveCsi {
        /// AMF's number of the order.
        invocation: Invocation,
        /// Which CSI; `None` for all.
        csi: Option<Dn>,
    },
    /// What an earlier agent wrote down, and whether the registered process is still the one that
    /// it was.
    Adopt {
        /// What was written down.
        record: Box<Record>,
        /// Whether it still runs; for a component without registered process, whether it may be
        /// believed.
        alive: bool,
        /// How long it may take to connect again.
        reconnect_ms_max: u32,
    },
    /// A command, or [`Effect::KillAll`], ended.
    CommandEnded {
        /// Which run.
        run: Run,
        /// How.
        end: CommandEnd,
    },
    /// A watched process ended.
    ProcessEnded {
        /// Which one.
        pid: u32,
        /// How; `None` when it was no child of the agent and nobody can tell.
        end: Option<ProcessEnd>,
    },
    /// A call, other than `PmStart` and `PmStop`.
    Request {
        /// Who calls.
        caller: Caller,
        /// Comes back in the answer.
        call: u32,
        /// What is asked. Requests that name a component name this one.
        request: Request,
    },
    /// `saAmfPmStart_3`, its process tree resolved.
    PmStart {
        /// Who calls.
        client: Client,
        /// Comes back in the answer.
        call: u32,
        /// The process and its descendants to the wanted depth; empty when it does not exist.
        pids: Vec<u32>,
        /// Which ends are errors.
        errors: PmErrors,
        /// What to do about one.
        recovery: RecommendedRecovery,
    },
    /// `saAmfPmStop`, its process tree resolved.
    PmStop {
        /// Who calls.
        client: Client,
        /// Comes back in the answer.
        call: u32,
        /// For which processes.
        qualifier: PmStopQualifier,
        /// The process, with its descendants if the qualifier says so.
        pids: Vec<u32>,
        /// Which ends are errors no longer.
        errors: PmErrors,
    },
    /// A connection closed.
    ConnectionLost(Client),
    /// Time passed.
    Tick,
}

/// Something to do for the component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Run a command in a process group of its own. Its end is [`Input::CommandEnded`].
    Run {
        /// Identifies it.
        run: Run,
        /// Which command it is.
        which: Which,
        /// What to run. Its time limit is watched here.
        command: Command,
        /// Its whole environment beside the agent's socket; later entries win.
        environment: Vec<(String, String)>,
    },
    /// Kill the process group of a command; its end is of no interest any more.
    Kill(Run),
    /// Kill every process of the component. The end is [`Input::CommandEnded`].
    KillAll(Run),
    /// Watch a process. Its end is [`Input::ProcessEnded`].
    Watch(u32),
    /// Call back.
    Callback {
        /// On which connection.
        client: Client,
        /// Comes back in the response.
        invocation: Invocation,
        /// What to do.
        callback: Callback,
    },
    /// Answer a call.
    Answer {
        /// On which connection.
        client: Client,
        /// Which call.
        call: u32,
        /// How it went.
        result: Result<Reply, AisError>,
    },
    /// Tell AMF.
    Report(Report),
}
