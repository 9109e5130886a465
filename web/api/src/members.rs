//! The cluster that keeps the log.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The cluster, as the member that answers sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    /// The node that answers.
    pub node: u32,
    /// `local` or `corosync`.
    pub engine: String,
    /// Whether its view orders the log.
    pub standing: MemberStanding,
    /// Nodes that must come before the view can go on, as they may have a newer log.
    pub awaits: Vec<u32>,
    /// Of the last primary view in the log.
    pub epoch: u64,
    /// Of the last entry of the log.
    pub index: u64,
    /// SHA-256 over the whole log, in hexadecimal: members that agree have the same one.
    pub hash: String,
    /// Up to here the log survives the loss of all power.
    pub durable: u64,
    /// The CMM that owns the hardware; `None` before the first view.
    pub active: Option<u32>,
    /// The CMM that holds the arbitration line; `None` where there is none, or nobody holds it.
    pub line: Option<u32>,
    /// An entry that crashed this member, which it does not apply until it is quarantined.
    pub stuck: Option<u64>,
    /// An entry that all members skip and that is in this member's state nonetheless: it waits for
    /// the state of another CMM.
    pub spoilt: Option<u64>,
    /// Version of the machines' rules that the shelf works by; 0 until a member tells what it can
    /// run.
    pub machines: u32,
    /// All members that are known, by node.
    pub members: Vec<MemberView>,
}

/// Whether a member's view orders the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberStanding {
    /// It is being found out.
    #[default]
    Forming,
    /// No: too few are heard, and the arbitration line is not held.
    NotQuorate,
    /// No: others may have a newer log.
    Awaits,
    /// No: another process of the same node is in the group.
    Superseded,
    /// Yes, but this member has yet to catch up.
    CatchingUp,
    /// Yes.
    Primary,
}

impl MemberStanding {
    /// In one word, as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Forming => "forming",
            Self::NotQuorate => "not-quorate",
            Self::Awaits => "awaits",
            Self::Superseded => "superseded",
            Self::CatchingUp => "catching-up",
            Self::Primary => "primary",
        }
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Its node.
    pub node: u32,
    /// Whether it is one of the CMMs that keep the log; else a blade, which only follows it.
    #[serde(default)]
    pub cmm: bool,
    /// What it is now.
    pub state: MemberState,
    /// What it runs, as it told; empty until it does.
    pub software: String,
    /// The oldest version of the machines' rules that it can run; `None` until it tells.
    pub machines_oldest: Option<u32>,
    /// The newest.
    pub machines_newest: Option<u32>,
    /// What it finds wrong with itself, in words; empty when it is well, `None` until it tells.
    /// Blades never tell.
    pub health: Option<Vec<String>>,
    /// AMF nodes whose agents run there.
    pub hosts: Vec<String>,
}

/// What a member is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberState {
    /// A CMM that owns the hardware.
    Active,
    /// A CMM in step with it.
    Standby,
    /// It follows the log: a blade, or a CMM that has yet to catch up.
    Follower,
    /// Its process is not there, though its node is.
    Away,
}

impl MemberState {
    /// In one word, as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Standby => "standby",
            Self::Follower => "follower",
            Self::Away => "away",
        }
    }
}
