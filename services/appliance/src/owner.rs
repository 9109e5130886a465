//! Whose effects are whose.
//!
//! All members apply the same entries, and so want the same effects; each carries out its own.

use crate::{Appliance, Effect, Tag};
use ais::Dn;
use alloc::vec::Vec;
use machine::NodeId;
use plm::EeOrder;

/// Bits of a tag that number the commands of one member.
const NUMBER_BITS: u32 = 48;

/// Largest number that a tag can hold.
pub const NUMBER_MAX: u64 = (1 << NUMBER_BITS) - 1;

/// The tag of a member's command, so that the answer finds its way back.
///
/// Choice: nodes up to 7fffh; the highest bit marks what HPI wants of the shelf manager. Corosync
/// numbers further, but a group has no more members than [`group::NODES_MAX`].
pub fn tag(node: NodeId, number: u64) -> Tag {
    (u64::from(node.0 & 0x7fff) << NUMBER_BITS) | (number & NUMBER_MAX)
}

/// Whose command a tag belongs to.
pub fn tag_node(tag: Tag) -> NodeId {
    let node = u32::try_from(tag >> NUMBER_BITS);
    NodeId(node.unwrap_or_default())
}

/// Who carries an effect out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// The active CMM.
    Active,
    /// The member where the agent of an AMF node runs, or would.
    Node(&'a Dn),
    /// The members where AMF nodes of an execution environment run, or would.
    Environment(&'a Dn),
    /// This member.
    Member(NodeId),
    /// Each member for itself.
    Everybody,
}

impl Effect {
    /// Who carries it out.
    pub fn owner(&self) -> Owner<'_> {
        match self {
            Self::Shelf(_) | Self::Alert(_) | Self::HpiJob(..) | Self::HpiJobCancelled(_) => {
                Owner::Active
            }
            Self::Node { node, .. } => Owner::Node(node),
            Self::Ee(
                EeOrder::Instantiate { ee }
                | EeOrder::Terminate { ee }
                | EeOrder::Restart { ee }
                | EeOrder::PowerLost { ee },
            ) => Owner::Environment(ee),
            Self::Answer(answer) => Owner::Member(tag_node(answer.tag)),
            Self::HpiAnswer { tag, .. } => Owner::Member(tag_node(*tag)),
            Self::Said(_)
            | Self::Active { .. }
            | Self::Line { .. }
            | Self::MachineVersion { .. } => Owner::Everybody,
        }
    }
}

impl Appliance {
    /// Whether a member carries this effect out, which the last entry had.
    ///
    /// What is to be done on an AMF node whose place nobody told is everybody's: only who has the
    /// node in its configuration can do it.
    pub fn is_mine(&self, me: NodeId, effect: &Effect) -> bool {
        match effect.owner() {
            Owner::Active => self.redundancy.active() == Some(me),
            Owner::Node(node) => self.may_host(me, node),
            Owner::Environment(ee) => self.nodes_of(ee).iter().any(|node| self.may_host(me, node)),
            Owner::Member(member) => member == me,
            Owner::Everybody => true,
        }
    }

    fn may_host(&self, me: NodeId, node: &Dn) -> bool {
        let host = self.redundancy.host_of(node);
        host.is_none_or(|host| host == me)
    }

    /// What a member has yet to do or to confirm, when it was given a state instead of the entries
    /// that led to it. Each may be repeated without harm.
    pub fn missed(&self, me: NodeId) -> Vec<Effect> {
        let orders = self.plm.ee_orders().into_iter().map(Effect::Ee);
        orders.filter(|order| self.is_mine(me, order)).collect()
    }
}
