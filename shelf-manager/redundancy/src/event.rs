//! What people and management systems are told.

use crate::{Complaint, Health, Refusal};
use ais::Dn;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use machine::NodeId;
use serde::{Deserialize, Serialize};

/// Why a CMM is active now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// The shelf had no active CMM before.
    First,
    /// It holds the arbitration line.
    Line,
    /// The one before is not there, or not in step.
    Left,
    /// An operator wanted it.
    Operator,
    /// An operator forced it.
    Forced,
    /// It is healthier.
    Health,
}

impl Why {
    /// In words, behind a semicolon.
    pub fn text(self) -> &'static str {
        match self {
            Self::First => "the shelf had none",
            Self::Line => "it holds the arbitration line",
            Self::Left => "the one before left",
            Self::Operator => "an operator wanted it",
            Self::Forced => "an operator forced it",
            Self::Health => "it is healthier",
        }
    }
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// It may become worse.
    Minor,
    /// Redundancy, or a part of the shelf, is lost.
    Major,
}

/// Something that people and management systems are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A CMM is active.
    Active {
        /// The CMM.
        cmm: NodeId,
        /// The one before.
        previous: Option<NodeId>,
        /// Why.
        why: Why,
    },
    /// A CMM is standby.
    Standby {
        /// The CMM.
        cmm: NodeId,
    },
    /// A standby has all that the active CMM has: initial synchronization is complete.
    InStep {
        /// The standby.
        cmm: NodeId,
    },
    /// A CMM is not in step any more.
    OutOfStep {
        /// The CMM.
        cmm: NodeId,
    },
    /// A standby did not become active.
    Refused {
        /// The standby; `None` when there is none.
        to: Option<NodeId>,
        /// Why.
        why: Refusal,
    },
    /// A CMM finds something else wrong with itself than before.
    Complains {
        /// The CMM.
        cmm: NodeId,
        /// What; nothing when it is well again.
        complaints: BTreeSet<Complaint>,
    },
    /// A member that was unknown is there.
    Joined {
        /// The member.
        member: NodeId,
    },
    /// A member is gone.
    Left {
        /// The member.
        member: NodeId,
    },
    /// A member is there, but told nothing of an AMF node that ran with it.
    Silent {
        /// The member.
        member: NodeId,
        /// The AMF node.
        node: Dn,
    },
    /// A member cannot run the machines as they are.
    CannotRun {
        /// The member.
        member: NodeId,
        /// The version of the machines.
        version: u32,
    },
    /// The machines work by a higher version of their rules.
    Version {
        /// The version before; `None` at the beginning of the log.
        from: Option<u32>,
        /// The version now.
        to: u32,
    },
}

impl Event {
    /// The event's number, where the manual has one for it: assertions of the sensors `CMM Status`
    /// and `Datasync Status`; the end of being in step is the deassertion of the latter.
    ///
    /// Source: Intel MPCMM0001 CMM software TPS (273888-007) §3.5.4, table 78.
    pub fn number(&self) -> Option<u16> {
        match self {
            Self::Active { .. } => Some(0x402),
            Self::Standby { .. } => Some(0x403),
            Self::InStep { .. } | Self::OutOfStep { .. } => Some(0x420),
            Self::Refused { .. }
            | Self::Complains { .. }
            | Self::Joined { .. }
            | Self::Left { .. }
            | Self::Silent { .. }
            | Self::CannotRun { .. }
            | Self::Version { .. } => None,
        }
    }

    /// Whom it is about; `None` for the shelf as a whole.
    pub fn about(&self) -> Option<NodeId> {
        match self {
            Self::Active { cmm, .. }
            | Self::Standby { cmm }
            | Self::InStep { cmm }
            | Self::Complains { cmm, .. }
            | Self::OutOfStep { cmm } => Some(*cmm),
            Self::Joined { member }
            | Self::Left { member }
            | Self::Silent { member, .. }
            | Self::CannotRun { member, .. } => Some(*member),
            Self::Refused { to, .. } => *to,
            Self::Version { .. } => None,
        }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Active { .. }
            | Self::Standby { .. }
            | Self::InStep { .. }
            | Self::Joined { .. }
            | Self::Version { .. } => Severity::Ok,
            Self::Refused { .. } => Severity::Minor,
            Self::Complains { complaints, .. } => severity(complaints),
            Self::OutOfStep { .. }
            | Self::Left { .. }
            | Self::Silent { .. }
            | Self::CannotRun { .. } => Severity::Major,
        }
    }

    /// In words, for people.
    pub fn text(&self) -> String {
        match self {
            Self::Active {
                cmm,
                previous: None,
                why,
            } => {
                format!("CMM {} is active; {}", cmm.0, why.text())
            }
            Self::Active {
                cmm,
                previous: Some(previous),
                why,
            } => {
                let (cmm, previous) = (cmm.0, previous.0);
                format!("CMM {cmm} is active in place of {previous}; {}", why.text())
            }
            Self::Standby { cmm } => format!("CMM {} is standby", cmm.0),
            Self::InStep { cmm } => format!("CMM {} is in step", cmm.0),
            Self::OutOfStep { cmm } => format!("CMM {} is not in step any more", cmm.0),
            Self::Refused { to: Some(to), why } => {
                format!("CMM {} does not become active: {}", to.0, why.text())
            }
            Self::Refused { to: None, why } => {
                format!("no CMM becomes active: {}", why.text())
            }
            Self::Complains { cmm, complaints } if complaints.is_empty() => {
                format!("CMM {} is well again", cmm.0)
            }
            Self::Complains { cmm, complaints } => {
                let texts: Vec<&str> = complaints.iter().map(|it| it.text()).collect();
                format!("CMM {} is not well: {}", cmm.0, texts.join("; "))
            }
            Self::Joined { member } => format!("node {} is a member", member.0),
            Self::Left { member } => format!("node {} is gone", member.0),
            Self::Silent { member, node } => {
                format!("node {} does not tell of {node}, which ran there", member.0)
            }
            Self::CannotRun { member, version } => format!(
                "node {} cannot run version {version} of the machines, and does not take part",
                member.0
            ),
            Self::Version { from: None, to } => {
                format!("the machines work by version {to} of their rules")
            }
            Self::Version {
                from: Some(from),
                to,
            } => format!("the machines go from version {from} to {to}"),
        }
    }
}

/// Choice: major is what would make a healthier CMM take over.
fn severity(complaints: &BTreeSet<Complaint>) -> Severity {
    let health = Health::of(complaints.clone());
    match (health.obstacles().is_empty(), complaints.is_empty()) {
        (true, true) => Severity::Ok,
        (true, false) => Severity::Minor,
        (false, _) => Severity::Major,
    }
}
