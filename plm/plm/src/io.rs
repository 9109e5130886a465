//! What PLM is told, and what it wants done.

use ais::Dn;
use ais::imm::{AdminOperation, AdminResult, Change, Runtime};
use ais::ntf::Notification;
use ais::plm::{Track, TrackResponse};
use hpi_model::handover::{Action, ActionError, Notice};
use serde::{Deserialize, Serialize};

/// What PLM is told.
#[expect(
    clippy::large_enum_variant,
    reason = "inputs are applied one at a time and not kept"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The configuration changed; [`crate::Plm::validate`] has accepted it.
    Config(alloc::vec::Vec<Change>),
    /// The HPI domain tells something.
    Hpi(Notice),
    /// The HPI domain could not do what PLM ordered.
    HpiFailed(Action, ActionError),
    /// The HPI domain did what PLM ordered, where no notice tells so.
    HpiDone(Action),
    /// The agent of an execution environment is there, or still there.
    EeUp {
        /// The execution environment.
        ee: Dn,
    },
    /// The agent of an execution environment is gone without having been told to go.
    EeDown {
        /// The execution environment.
        ee: Dn,
    },
    /// Execution environments were not heard of any more without having been told to go, and nobody
    /// can say whether they still run: they are isolated before others take over from them.
    EesLost {
        /// Which ones.
        ees: alloc::vec::Vec<Dn>,
        /// Who runs them is still there, and does as it is told: their hardware is not reset.
        in_reach: bool,
    },
    /// An execution environment ended as ordered.
    EeTerminated {
        /// The execution environment.
        ee: Dn,
    },
    /// An administrative operation on one of PLM's objects.
    Admin(AdminOperation),
    /// A tracker answers a step.
    TrackResponse {
        /// The step's number.
        invocation: u64,
        /// The answer.
        response: TrackResponse,
    },
    /// Time passes.
    Tick,
    /// The outside was lost and may have forgotten its orders: repeat what is still waited for.
    Audit,
}

/// What an execution environment's agent is to do. All are repeatable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EeOrder {
    /// Start it, where it does not start by itself. Answered by [`Input::EeUp`].
    Instantiate {
        /// The execution environment.
        ee: Dn,
    },
    /// Stop it. Answered by [`Input::EeTerminated`] or [`Input::EeDown`].
    Terminate {
        /// The execution environment.
        ee: Dn,
    },
    /// Reboot it. Answered by [`Input::EeUp`] when it is back.
    Restart {
        /// The execution environment.
        ee: Dn,
    },
    /// Its hardware has lost its power or is gone: nothing that runs there may go on. Not answered.
    PowerLost {
        /// The execution environment.
        ee: Dn,
    },
}

/// What PLM wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Order the HPI domain.
    Hpi(Action),
    /// Order an execution environment's agent.
    Ee(EeOrder),
    /// Tell the trackers of readiness; CLM is the first of them.
    Track(Track),
    /// Answer an administrative operation.
    AdminResult(AdminResult),
    /// Publish runtime attributes.
    Runtime(Runtime),
    /// Tell people.
    Notify(Notification),
}
