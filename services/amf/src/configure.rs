//! Changes of the configuration: entities come and go.

use crate::Amf;
use crate::redundancy::Roles;
use crate::state::{CompState, NodeState, SgState, SiState, SuState};
use ais::amf::{AdminState, PresenceState};
use ais::imm::{Change, Refusal};
use ais::node::Order;
use ais::{AisError, Dn};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

impl Amf {
    /// Takes changes over. What [`Amf::validate`] refuses changes nothing.
    pub(crate) fn configure(&mut self, changes: &[Change]) {
        if self.deletable(changes).is_err() {
            return;
        }
        let Ok(next) = self.config.with(changes) else {
            return;
        };
        self.clean_up_removed(&next.model.components);
        self.config = next;
        self.add_entities();
        self.remove_entities();
        self.map_sus();
        self.follow_members(false);
        for si in self.model().sis.keys().cloned().collect::<Vec<_>>() {
            self.note_sponsors(&si);
        }
        self.touch_all();
        // What is left of SGs that are gone is withdrawn like everything else.
        self.touched.extend(self.assignment_objects.keys().cloned());
        let deleted = changes.iter().filter_map(|change| match change {
            Change::Delete { dn, .. } => Some(dn),
            Change::Create(_) | Change::Modify { .. } => None,
        });
        for dn in deleted {
            self.published.remove(dn);
        }
    }

    /// Whether what is to be deleted is out of use.
    ///
    /// Choice: SUs and components must not run, SIs and CSIs not be assigned; the standard leaves
    /// it open.
    pub(crate) fn deletable(&self, changes: &[Change]) -> Result<(), Refusal> {
        for change in changes {
            let Change::Delete { dn, .. } = change else {
                continue;
            };
            let runs = self.components.get(dn).is_some_and(|c| !c.is_down())
                || self.sus.get(dn).is_some_and(|su| {
                    su.presence != PresenceState::Uninstantiated || !su.assignments.is_empty()
                });
            if runs {
                let text = "it is instantiated; lock its service unit for instantiation first";
                return Err(Refusal::new(dn, AisError::BadOperation, text));
            }
            let assigned = self.sus.values().any(|su| {
                su.assignments.contains_key(dn) || su.csis().any(|(_, csi, _)| csi == dn)
            });
            if assigned {
                let text = "it is assigned; lock the service instance first";
                return Err(Refusal::new(dn, AisError::BadOperation, text));
            }
        }
        Ok(())
    }

    /// Components that are configured away while they run are not left running.
    fn clean_up_removed(&mut self, kept: &BTreeMap<Dn, crate::model::CompConfig>) {
        let removed = self
            .components
            .iter()
            .filter(|(dn, _)| !kept.contains_key(*dn));
        let removed: Vec<_> = removed.map(|(dn, c)| (dn.clone(), c.is_down())).collect();
        for (component, down) in removed {
            self.void_csi_orders(&component);
            let su = self
                .model()
                .components
                .get(&component)
                .map(|c| c.su.clone());
            let node = su.and_then(|su| self.node_of(&su).cloned());
            if let (Some(node), false) = (node, down) {
                self.send(&node, Order::Cleanup(component));
            }
        }
    }

    /// The administrative state that an object was created with (it is persistent), or unlocked.
    fn stored_admin(&self, dn: &Dn, attribute: &str) -> AdminState {
        let object = self.config.object(dn);
        let number = object.and_then(|o| o.number(attribute));
        let number = number.and_then(|n| u32::try_from(n).ok());
        number
            .and_then(AdminState::from_number)
            .unwrap_or(AdminState::Unlocked)
    }

    fn add_entities(&mut self) {
        let model = self.config.model.clone();
        if let Some(cluster) = &model.cluster
            && !self.published.contains_key(&cluster.dn)
        {
            self.cluster.admin = self.stored_admin(&cluster.dn, "saAmfClusterAdminState");
        }
        for dn in model.nodes.keys() {
            let admin = self.stored_admin(dn, "saAmfNodeAdminState");
            let node = self.nodes.entry(dn.clone());
            node.or_insert_with(|| NodeState::new(admin));
        }
        for dn in &model.applications {
            let admin = self.stored_admin(dn, "saAmfApplicationAdminState");
            self.applications.entry(dn.clone()).or_insert(admin);
        }
        for (dn, config) in &model.sgs {
            let admin = self.stored_admin(dn, "saAmfSGAdminState");
            self.sgs.entry(dn.clone()).or_insert_with(|| SgState {
                admin,
                roles: Roles::none(config.redundancy),
                started: false,
                adjust_held: false,
            });
        }
        for dn in model.sus.keys() {
            let admin = self.stored_admin(dn, "saAmfSUAdminState");
            let su = self.sus.entry(dn.clone());
            su.or_insert_with(|| SuState::new(admin));
        }
        for dn in model.components.keys() {
            let component = self.components.entry(dn.clone());
            component.or_insert_with(CompState::new);
        }
        for dn in model.sis.keys() {
            let admin = self.stored_admin(dn, "saAmfSIAdminState");
            self.sis.entry(dn.clone()).or_insert_with(|| SiState {
                admin,
                previous: BTreeMap::new(),
                sponsor_lost: None,
                assigned: false,
                alarmed: false,
            });
        }
    }

    fn remove_entities(&mut self) {
        let model = &self.config.model;
        self.nodes.retain(|dn, _| model.nodes.contains_key(dn));
        self.applications
            .retain(|dn, _| model.applications.contains(dn));
        self.sgs.retain(|dn, _| model.sgs.contains_key(dn));
        self.sus.retain(|dn, _| model.sus.contains_key(dn));
        self.components
            .retain(|dn, _| model.components.contains_key(dn));
        self.sis.retain(|dn, _| model.sis.contains_key(dn));
        for su in self.sus.values_mut() {
            for assignment in su.assignments.values_mut() {
                let exists = |dn: &Dn| model.csis.contains_key(dn);
                assignment.csis.retain(|csi, rec| {
                    exists(csi) && model.components.contains_key(&rec.component)
                });
            }
        }
        for restart in &mut self.restarts {
            restart.sus.retain(|su| model.sus.contains_key(su));
        }
    }

    /// Maps each new SU to a node, for as long as it is configured (§3.1.9).
    ///
    /// Choice: among the possible nodes the one with the fewest SUs of the same SG, then the fewest
    /// SUs at all, then the first; SUs of higher rank choose first. A SU whose node was configured
    /// away is mapped anew.
    fn map_sus(&mut self) {
        for sg in self.model().sg_names() {
            let sus = self.model().sgs.get(&sg).map(|c| c.sus.clone());
            let sus = sus.unwrap_or_default();
            for su in &sus {
                let node = self.node_of(su);
                if node.is_some_and(|node| self.nodes.contains_key(node)) {
                    continue;
                }
                let node = self.least_loaded(su, &sus);
                if let Some(state) = self.sus.get_mut(su) {
                    state.node = node;
                }
            }
        }
    }

    fn least_loaded(&self, su: &Dn, siblings: &[Dn]) -> Option<Dn> {
        let hosts = self.model().sus.get(su)?.hosts.iter();
        let hosts = hosts.filter(|host| self.nodes.contains_key(*host));
        let load = |host: &&Dn| {
            let hosted = |su: &Dn| self.node_of(su) == Some(*host);
            let of_sg = siblings.iter().filter(|su| hosted(su)).count();
            let all = self.sus.keys().filter(|su| hosted(su)).count();
            (of_sg, all)
        };
        hosts.min_by_key(load).cloned()
    }
}
