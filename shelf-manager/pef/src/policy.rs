//! Working through a policy set, one destination after the other. Source: IPMI v2.0 §17.11 and
//! Table 17-4.

use crate::Seen;
use ipmi::command::pef::{AlertPolicy, policy};
use serde::{Deserialize, Serialize};

/// An alert on its way through the entries of its policy set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicySet {
    pub(crate) seen: Seen,
    /// Alert policy number.
    pub(crate) number: u8,
    pub(crate) severity: u8,
    /// Number of the filter that set it off.
    pub(crate) filter: u8,
    /// Place of the entry that comes next.
    pub(crate) next: u8,
    /// The destination that was tried last.
    pub(crate) tried: Option<Tried>,
    skip: Option<Skip>,
}

/// A destination that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) is_success: bool,
    pub(crate) channel: u8,
    /// Destination type.
    pub(crate) kind: u8,
}

/// Entries to be passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Skip {
    /// Those to this channel.
    Channel(u8),
    /// Those to this destination type.
    Kind(u8),
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Send,
    Skip,
    Stop,
}

impl PolicySet {
    pub(crate) fn new(seen: Seen, number: u8, severity: u8, filter: u8) -> Self {
        Self {
            seen,
            number,
            severity,
            filter,
            next: 0,
            tried: None,
            skip: None,
        }
    }

    /// Judges an entry whose destination has type `kind`.
    ///
    /// Choice: an entry with a policy that the standard reserves is passed over.
    pub(crate) fn judge(&mut self, entry: &AlertPolicy, kind: u8) -> Verdict {
        let channel = entry.destination >> 4;
        if entry.number >> 4 != self.number || entry.number & policy::ENABLED == 0 {
            return Verdict::Skip;
        }
        let is_skipped = match self.skip {
            None => false,
            Some(Skip::Channel(other)) => other == channel,
            Some(Skip::Kind(other)) => other == kind,
        };
        if is_skipped {
            return Verdict::Skip;
        }
        self.skip = None;
        let success = self.tried.filter(|tried| tried.is_success);
        match (entry.number & 7, success) {
            (policy::ALWAYS, _) => Verdict::Send,
            (policy::NEXT | policy::STOP | policy::OTHER_CHANNEL | policy::OTHER_TYPE, None) => {
                Verdict::Send
            }
            (policy::STOP, Some(_)) => Verdict::Stop,
            (policy::OTHER_CHANNEL, Some(tried)) => {
                self.skip = Some(Skip::Channel(tried.channel));
                Verdict::Skip
            }
            (policy::OTHER_TYPE, Some(tried)) => {
                self.skip = Some(Skip::Kind(tried.kind));
                Verdict::Skip
            }
            _ => Verdict::Skip,
        }
    }
}
