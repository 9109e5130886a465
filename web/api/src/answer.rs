//! What an operator is told in return.

use crate::{
    AlarmsView, AmfView, BoardView, ClmView, EventsView, FruView, ImmView, LogView, MembersView,
    Notice, PlmView, SelView, SensorView, ShelfView, SnapshotView, StatusView,
};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One line to a client of the control socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// To [`crate::Request::Query`].
    Reply(Reply),
    /// To [`crate::Request::Order`].
    Outcome(Outcome),
    /// To [`crate::Request::Follow`], again and again.
    Notice(Box<Notice>),
    /// The line was not a request, or could not be carried to the daemon's core.
    Error(Refusal),
}

/// Answers a [`crate::Query`]. Over HTTP it is the whole body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Everything at one moment.
    Snapshot(Box<SnapshotView>),
    /// The faceplate.
    Shelf(ShelfView),
    /// IPM controllers by address.
    Boards(Vec<BoardView>),
    /// FRUs by address and FRU device id.
    Frus(Vec<FruView>),
    /// Sensors by address, lun and number.
    Sensors(Vec<SensorView>),
    /// Entries of the log.
    Log(LogView),
    /// The system event log.
    Sel(SelView),
    /// What is wrong now.
    Alarms(AlarmsView),
    /// Events, oldest first.
    Events(EventsView),
    /// Applications.
    Amf(AmfView),
    /// Cluster membership.
    Clm(ClmView),
    /// Hardware elements and execution environments.
    Plm(PlmView),
    /// Objects of the information model.
    Imm(ImmView),
    /// The cluster that keeps the log.
    Members(Box<MembersView>),
    /// The daemon itself.
    Status(Box<StatusView>),
    /// The question had no answer.
    Refused(Refusal),
}

/// How an [`crate::Order`] ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was carried out, or accepted where it takes longer; notices tell how it goes on.
    Done {
        /// For people.
        text: String,
    },
    /// Nothing was changed.
    Refused(Refusal),
}

impl Outcome {
    /// Carried out.
    pub fn done(text: impl Into<String>) -> Self {
        Self::Done { text: text.into() }
    }

    /// Refused.
    pub fn refused(code: RefusalCode, text: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(code, text))
    }
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people.
    pub text: String,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(code: RefusalCode, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

/// Reasons that a program could act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The request makes no sense.
    BadRequest,
    /// Nobody is logged in, or with a wrong password.
    NotLoggedIn,
    /// Not for this operator, or not through this interface.
    NotPermitted,
    /// There is no such slot, FRU, object or page.
    NotFound,
    /// HTTP only: this path does not take this method.
    MethodNotAllowed,
    /// Not in its present state.
    InvalidState,
    /// This shelf cannot do it.
    NotSupported,
    /// Not at the moment: repeat it.
    TryAgain,
    /// Longer than a limit.
    TooLarge,
    /// Too many attempts or connections.
    TooMany,
    /// No answer in time: it may or may not have been done.
    Timeout,
    /// It was tried and did not work.
    Failed,
}

impl RefusalCode {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::NotLoggedIn => "not-logged-in",
            Self::NotPermitted => "not-permitted",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::InvalidState => "invalid-state",
            Self::NotSupported => "not-supported",
            Self::TryAgain => "try-again",
            Self::TooLarge => "too-large",
            Self::TooMany => "too-many",
            Self::Timeout => "timeout",
            Self::Failed => "failed",
        }
    }

    /// The HTTP status code that goes with it. No wildcard arm: a new reason must pick its code.
    /// Source: RFC 9110 §15.
    pub fn http_status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotLoggedIn => 401,
            Self::NotPermitted => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::InvalidState => 409,
            Self::TooLarge => 413,
            Self::TooMany => 429,
            Self::Failed => 500,
            Self::NotSupported => 501,
            Self::TryAgain => 503,
            Self::Timeout => 504,
        }
    }
}
