//! What CLM shows of itself: runtime attributes and notifications.

use crate::{AdminState, Clm, Effect};
use ais::Dn;
use ais::clm::ClusterChange;
use ais::imm::{Runtime, Value};
use ais::ntf::{Kind, Notification};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use machine::Pos;

impl Clm {
    pub(crate) fn report_node(&self, dn: &Dn, effects: &mut Vec<Effect>) {
        let Some(node) = self.nodes.get(dn) else {
            return;
        };
        let set = |name: &str, value| (String::from(name), vec![value]);
        let boot = node.member.map_or(0, |member| member.boot.0);
        let attributes = [
            set("saClmNodeID", Value::Uint32(node.id)),
            set(
                "saClmNodeIsMember",
                Value::Uint32(u32::from(node.member.is_some())),
            ),
            set("saClmNodeAdminState", Value::Uint32(node.admin as u32)),
            set(
                "saClmNodeInitialViewNumber",
                Value::Uint64(node.member.map_or(0, |member| member.view)),
            ),
            set(
                "saClmNodeBootTimeStamp",
                Value::Time(i64::try_from(boot).unwrap_or(i64::MAX)),
            ),
        ];
        effects.push(Effect::Runtime(Runtime::Update {
            dn: dn.clone(),
            attributes: attributes.into(),
        }));
    }

    pub(crate) fn report_cluster(&self, at: Pos, effects: &mut Vec<Effect>) {
        let Some(cluster) = &self.cluster else {
            return;
        };
        let members = u32::try_from(self.members()).unwrap_or(u32::MAX);
        let mut attributes = ais::imm::Attributes::from([(
            String::from("saClmClusterNumNodes"),
            vec![Value::Uint32(members)],
        )]);
        if self.view == 0 {
            let now = i64::try_from(at.time.0).unwrap_or(i64::MAX);
            let name = String::from("saClmClusterInitTimestamp");
            attributes.insert(name, vec![Value::Time(now)]);
        }
        effects.push(Effect::Runtime(Runtime::Update {
            dn: cluster.clone(),
            attributes,
        }));
    }

    pub(crate) fn notify_change(&self, dn: &Dn, change: ClusterChange, effects: &mut Vec<Effect>) {
        let (new, text) = match change {
            ClusterChange::Joined => ("JOINED", "joined the cluster"),
            ClusterChange::Left => ("LEFT", "left the cluster"),
            ClusterChange::Reconfigured => ("RECONFIGURED", "was reconfigured"),
            ClusterChange::NoChange => return,
        };
        let kind = Kind::StateChange {
            state: String::from("SA_CLM_CLUSTER_CHANGE_STATUS"),
            old: None,
            new: String::from(new),
        };
        effects.push(notification(dn, kind, format!("{} {text}", dn.rdn())));
    }

    pub(crate) fn notify_admin(
        &self,
        dn: &Dn,
        (old, new): (AdminState, AdminState),
        effects: &mut Vec<Effect>,
    ) {
        let kind = Kind::StateChange {
            state: String::from("SA_CLM_ADMIN_STATE"),
            old: Some(String::from(old.word())),
            new: String::from(new.word()),
        };
        let text = format!("administrative state of {} is {}", dn.rdn(), new.word());
        effects.push(notification(dn, kind, text));
    }
}

fn notification(dn: &Dn, kind: Kind, text: String) -> Effect {
    let notifying = Dn::parse("safApp=safClmService").expect("a valid name");
    Effect::Notify(Notification {
        object: dn.clone(),
        notifying,
        kind,
        text,
    })
}
