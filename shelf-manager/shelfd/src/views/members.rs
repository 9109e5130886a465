//! The cluster that keeps the log.

use super::log::hex;
use crate::config::Engine;
use crate::core::Core;
use group::Standing;
use machine::NodeId;
use redundancy::Health;
use web_api::{MemberStanding, MemberState, MemberView, MembersView};

impl Core {
    pub(super) fn members(&self) -> MembersView {
        let redundancy = &self.member.appliance().redundancy;
        let position = self.engine.ledger().position();
        let members = redundancy.members().map(|(node, member)| MemberView {
            node: node.0,
            cmm: self.is_cmm(node),
            state: self.state_of(node, member.away.is_some()),
            software: member
                .software
                .as_ref()
                .map(|it| it.text.clone())
                .unwrap_or_default(),
            machines_oldest: member.software.as_ref().map(|it| it.machines_min),
            machines_newest: member.software.as_ref().map(|it| it.machines_max),
            health: member.health.as_ref().map(health),
            hosts: redundancy
                .hosted_by(node)
                .map(ToString::to_string)
                .collect(),
        });
        MembersView {
            node: self.member.me().0,
            engine: self.tenure.engine_name().into(),
            standing: standing(self.member.standing()),
            awaits: match self.member.standing() {
                Standing::Awaits(nodes) => nodes.iter().map(|node| node.0).collect(),
                Standing::Forming
                | Standing::NotQuorate
                | Standing::Superseded
                | Standing::CatchingUp { .. }
                | Standing::Primary { .. } => Vec::new(),
            },
            epoch: position.epoch,
            index: position.index,
            hash: hex(&position.hash),
            durable: self.member.durable(),
            active: redundancy.active().map(|node| node.0),
            line: redundancy.line().map(|node| node.0),
            stuck: self.member.stuck(),
            spoilt: self.member.spoilt(),
            machines: redundancy.version().unwrap_or_default(),
            members: members.collect(),
        }
    }

    /// Who keeps a log without others is a CMM.
    fn is_cmm(&self, node: NodeId) -> bool {
        self.tenure.engine == Engine::Local || self.tenure.cmms.contains(&node)
    }

    fn state_of(&self, node: NodeId, is_away: bool) -> MemberState {
        let redundancy = &self.member.appliance().redundancy;
        if is_away {
            MemberState::Away
        } else if redundancy.active() == Some(node) {
            MemberState::Active
        } else if redundancy.standbys().any(|standby| standby == node) {
            MemberState::Standby
        } else {
            MemberState::Follower
        }
    }
}

fn health(health: &Health) -> Vec<String> {
    let complaints = health.complaints.iter();
    complaints.map(|it| it.text().into()).collect()
}

fn standing(standing: &Standing) -> MemberStanding {
    match standing {
        Standing::Forming => MemberStanding::Forming,
        Standing::NotQuorate => MemberStanding::NotQuorate,
        Standing::Superseded => MemberStanding::Superseded,
        Standing::Awaits(_) => MemberStanding::Awaits,
        Standing::CatchingUp { .. } => MemberStanding::CatchingUp,
        Standing::Primary { .. } => MemberStanding::Primary,
    }
}
