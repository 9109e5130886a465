//! CLM's part of the configuration.

use crate::{AdminState, Clm, Effect, NODES_MAX, Node};
use ais::imm::{Attributes, Change, Object, Refusal, name, number};
use ais::{AisError, Dn};
use alloc::vec::Vec;
use machine::Pos;

/// Class of the cluster object.
pub const CLUSTER_CLASS: &str = "SaClmCluster";
/// Class of node objects.
pub const NODE_CLASS: &str = "SaClmNode";

const LOCK_TIMEOUT: &str = "saClmNodeLockCallbackTimeout";
const DISABLE_REBOOT: &str = "saClmNodeDisableReboot";
const EE: &str = "saClmNodeEE";

impl Clm {
    /// Whether the changes may be committed together.
    pub fn validate(&self, changes: &[Change]) -> Result<(), Refusal> {
        let mut nodes = self.nodes.len();
        for change in changes {
            match change {
                Change::Create(object) if object.class == NODE_CLASS => {
                    nodes += 1;
                    check_values(&object.dn, &object.attributes)?;
                    check_parent(&object.dn)?;
                }
                Change::Create(object) if object.class == CLUSTER_CLASS => {
                    self.check_cluster(&object.dn)?;
                }
                Change::Modify {
                    dn,
                    class,
                    attributes,
                } if class == NODE_CLASS => self.check_modify(dn, attributes)?,
                Change::Delete { dn, class } if class == NODE_CLASS => self.check_delete(dn)?,
                Change::Create(_) | Change::Modify { .. } | Change::Delete { .. } => {}
            }
        }
        if nodes > NODES_MAX {
            let dn = changes.iter().map(Change::dn).next_back();
            return Err(Refusal::new(
                dn.expect("there is a change, as the count grew"),
                AisError::NoResources,
                "the cluster has its greatest number of nodes already",
            ));
        }
        Ok(())
    }

    fn check_cluster(&self, dn: &Dn) -> Result<(), Refusal> {
        match &self.cluster {
            Some(other) if other != dn => Err(Refusal::new(
                dn,
                AisError::BadOperation,
                "there can be one cluster object only",
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn check_modify(&self, dn: &Dn, attributes: &Attributes) -> Result<(), Refusal> {
        let was = self.nodes.get(dn).and_then(|node| node.ee.clone());
        if attributes.contains_key(EE) && name(attributes, EE) != was {
            return Err(Refusal::new(
                dn,
                AisError::BadOperation,
                "saClmNodeEE cannot be changed: lock, delete and create the node again",
            ));
        }
        check_values(dn, attributes)
    }

    fn check_delete(&self, dn: &Dn) -> Result<(), Refusal> {
        let gone = |node: &Node| node.member.is_none() && node.admin == AdminState::Locked;
        if self.nodes.get(dn).is_none_or(gone) {
            return Ok(());
        }
        Err(Refusal::new(
            dn,
            AisError::BadOperation,
            "only a locked node that is not a member can be deleted: lock it first",
        ))
    }

    /// Takes committed changes over; nodes that may join do so at once.
    pub(crate) fn configure(&mut self, at: Pos, changes: &[Change], effects: &mut Vec<Effect>) {
        for change in changes {
            match change {
                Change::Create(object) if object.class == CLUSTER_CLASS => {
                    self.cluster = Some(object.dn.clone());
                    self.report_cluster(at, effects);
                }
                Change::Create(object) if object.class == NODE_CLASS => {
                    self.add_node(at, object, effects);
                }
                Change::Modify { dn, attributes, .. } => {
                    if let Some(node) = self.nodes.get_mut(dn) {
                        node.lock_timeout = number(attributes, LOCK_TIMEOUT).or(node.lock_timeout);
                    }
                }
                Change::Delete { dn, .. } => {
                    self.nodes.remove(dn);
                    self.cluster.take_if(|cluster| cluster == dn);
                }
                Change::Create(_) => {}
            }
        }
    }

    fn add_node(&mut self, at: Pos, object: &Object, effects: &mut Vec<Effect>) {
        if self.nodes.len() >= NODES_MAX || self.nodes.contains_key(&object.dn) {
            return;
        }
        self.node_id_last += 1;
        let ee = object.name(EE);
        let up = ee.as_ref().is_some_and(|ee| self.ready.contains(ee));
        let admin = match object.number("saClmNodeAdminState") {
            // Nobody has to leave it: a shutdown that was under way is over.
            Some(2 | 3) => AdminState::Locked,
            Some(_) | None => AdminState::Unlocked,
        };
        let node = Node {
            id: self.node_id_last,
            ee,
            admin,
            member: None,
            up: up.then_some(at.time),
            lock_timeout: object.number(LOCK_TIMEOUT),
        };
        self.nodes.insert(object.dn.clone(), node);
        self.report_node(&object.dn, effects);
        self.join_all(at, core::slice::from_ref(&object.dn), effects);
    }
}

fn check_values(dn: &Dn, attributes: &Attributes) -> Result<(), Refusal> {
    if number(attributes, LOCK_TIMEOUT) == Some(0) {
        let text = "saClmNodeLockCallbackTimeout must be greater than zero";
        return Err(Refusal::new(dn, AisError::BadOperation, text));
    }
    if number(attributes, DISABLE_REBOOT).is_some_and(|value| value > 1) {
        let text = "saClmNodeDisableReboot is 0 or 1";
        return Err(Refusal::new(dn, AisError::BadOperation, text));
    }
    Ok(())
}

fn check_parent(dn: &Dn) -> Result<(), Refusal> {
    let parent = dn.parent();
    if dn.tag() == "safNode" && parent.is_some_and(|parent| parent.tag() == "safCluster") {
        return Ok(());
    }
    let text = "a node's name is safNode=…,safCluster=…";
    Err(Refusal::new(dn, AisError::BadOperation, text))
}
