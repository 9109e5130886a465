//! Resources come and go with what is discovered.

use crate::resource::{self, Draft};
use crate::{CONTROLLERS_MAX, Domain, Out, Policy, RESOURCE_IDS_MAX, Resource};
use alloc::vec::Vec;
use hpi_model::handover::Notice;
use hpi_model::{EventKind, HotSwapCause, HotSwapState, ResourceEvent, ResourceId, Severity};
use ipmi::description::{Controller, FruAddress};

impl Domain {
    pub(crate) fn controller_added(&mut self, controller: &Controller, out: &mut Out<'_>) {
        let known = self.controllers.contains_key(&controller.address);
        if !known && self.controllers.len() >= CONTROLLERS_MAX {
            return;
        }
        self.controllers
            .insert(controller.address, controller.clone());
        let drafts = resource::drafts(self.shelf_number, controller);
        for id in self.at_address(controller.address) {
            let here = |d: &Draft| self.resources.get(&id).is_some_and(|r| d.is_same_thing(r));
            if !drafts.iter().any(here) {
                self.remove(id, HotSwapCause::SurpriseExtraction, out);
            }
        }
        for draft in drafts {
            match self.by_fru.get(&draft.fru).copied() {
                Some(id) => self.update(id, draft, out),
                None => self.add(draft, HotSwapCause::Unknown, out),
            }
        }
    }

    pub(crate) fn controller_removed(&mut self, address: u8, out: &mut Out<'_>) {
        self.controllers.remove(&address);
        for id in self.at_address(address) {
            self.remove(id, HotSwapCause::SurpriseExtraction, out);
        }
    }

    pub(crate) fn controller_restored(&mut self, address: u8, out: &mut Out<'_>) {
        for id in self.at_address(address) {
            self.restored(id, out);
        }
        // A user may have removed what did not answer. What has hot swap is told by its state.
        let Some(controller) = self.controllers.get(&address) else {
            return;
        };
        let drafts = resource::drafts(self.shelf_number, controller);
        let is_gone =
            |draft: &Draft| draft.m_state.is_none() && !self.by_fru.contains_key(&draft.fru);
        for draft in drafts.into_iter().filter(is_gone).collect::<Vec<_>>() {
            self.add(draft, HotSwapCause::Unknown, out);
        }
    }

    /// A FRU returns whose controller was there all the time, such as a module on its carrier. What
    /// it is, is believed to be as before, until discovery says otherwise.
    pub(crate) fn returned(
        &mut self,
        fru: FruAddress,
        m_state: u8,
        cause: HotSwapCause,
        out: &mut Out<'_>,
    ) {
        let Some(mut controller) = self.controllers.get(&fru.address).cloned() else {
            return;
        };
        let mut frus = controller.frus.iter_mut();
        let Some(found) = frus.find(|f| f.fru_id == fru.fru_id) else {
            return;
        };
        found.hot_swap_state = Some(m_state);
        let mut drafts = resource::drafts(self.shelf_number, &controller).into_iter();
        if let Some(draft) = drafts.find(|draft| draft.fru == fru) {
            self.add(draft, cause, out);
        }
    }

    pub(crate) fn add(&mut self, mut draft: Draft, cause: HotSwapCause, out: &mut Out<'_>) {
        let taken = |r: &Resource| r.rpt.entity == draft.path;
        if self.resources.values().any(taken) {
            draft.use_address_as_location();
        }
        let id = match self.ids.get(&draft.path) {
            Some(id) => *id,
            None if self.id_last >= RESOURCE_IDS_MAX => {
                self.refused_resources = self.refused_resources.saturating_add(1);
                return;
            }
            None => {
                self.id_last += 1;
                ResourceId(self.id_last)
            }
        };
        self.ids.insert(draft.path.clone(), id);
        self.by_fru.insert(draft.fru, id);
        let mut resource = draft.into_resource(id);
        if let Some(hot_swap) = &mut resource.hot_swap {
            hot_swap.policy = Policy::of(hot_swap.m_state, out.at.time);
        }
        let state = resource.hot_swap.map(|h| h.state);
        let kind = resource.arrival(cause);
        let event = out.event(id, Severity::Informational, kind);
        self.say_of(Some(resource.rpt.clone()), event, out);
        out.notice(Notice::Added {
            path: resource.rpt.entity.clone(),
            identity: resource.identity.clone(),
            state,
        });
        self.resources.insert(id, resource);
        self.begin_managers(id);
        self.rpt_changed(out.at.time);
        self.records_changed(id);
    }

    /// The same thing was discovered again: adopt what is new, report what changed meanwhile.
    pub(crate) fn update(&mut self, id: ResourceId, draft: Draft, out: &mut Out<'_>) {
        let state = draft.m_state;
        self.restored(id, out);
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let before = resource.rdrs.clone();
        if resource.adopt(draft) {
            let is_other = resource.rdrs != before;
            self.updated(id, out);
            if is_other {
                self.records_changed(id);
            }
        }
        if let Some(m_state) = state {
            self.moved(id, m_state, HotSwapCause::Unknown, out);
        }
    }

    pub(crate) fn remove(&mut self, id: ResourceId, cause: HotSwapCause, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get(&id) else {
            return;
        };
        let path = resource.rpt.entity.clone();
        let inside: Vec<ResourceId> = self
            .resources
            .iter()
            .filter(|(_, r)| r.rpt.entity.is_below(&path))
            .map(|(id, _)| *id)
            .collect();
        for id in inside {
            self.remove(id, HotSwapCause::ContainingFru, out);
        }
        let Some(resource) = self.resources.remove(&id) else {
            return;
        };
        if let Some(fru) = resource.fru {
            self.by_fru.remove(&fru);
        }
        let (severity, kind) = match resource.hot_swap.map(|h| h.state) {
            Some(previous) => {
                let orderly = previous == HotSwapState::Inactive;
                let severity = if orderly {
                    Severity::Informational
                } else {
                    resource.rpt.severity
                };
                (
                    severity,
                    EventKind::HotSwap {
                        state: HotSwapState::NotPresent,
                        previous,
                        cause,
                    },
                )
            }
            None => (
                resource.rpt.severity,
                EventKind::Resource(ResourceEvent::Removed),
            ),
        };
        self.say_of(Some(resource.rpt), out.event(id, severity, kind), out);
        if resource.fru.is_some() {
            out.notice(Notice::Removed(path));
        }
        self.rpt_changed(out.at.time);
    }
}
