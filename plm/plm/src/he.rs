//! Hardware elements: which resource is which, and what their hot swap means.
//!
//! Source: SAI-AIS-PLM-A.01.02 §3.1.1.

use crate::model::Mapping;
use crate::operation::Purpose;
use crate::state::{AdminState, HePresence, OperationalState, ReadinessFlags, he_presence};
use crate::{DeactivationPolicy, Effect, Out, Plm, RESOURCES_MAX};
use ais::Dn;
use ais::plm::{ReadinessState, TrackCause};
use alloc::format;
use alloc::vec::Vec;
use hpi_model::handover::{Action, ActionError, Identity, Notice};
use hpi_model::{EntityPath, HotSwapState};
use serde::{Deserialize, Serialize};

/// A resource that the HPI domain told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    identity: Identity,
    state: HotSwapState,
    /// Its hot swap is managed: it is a FRU that somebody may want to take out.
    managed: bool,
    pub(crate) mapped: Option<Dn>,
    /// It does not answer: what it is now, nobody knows.
    pub(crate) lost: bool,
    /// The alarm that no hardware element matches it was raised.
    pub(crate) alarmed: bool,
}

impl Plm {
    pub(crate) fn notice(&mut self, notice: &Notice, out: &mut Out<'_>) {
        match notice {
            Notice::Added {
                path,
                identity,
                state,
            } => {
                if !self.is_told_again(path, identity, *state, out) {
                    self.added(path, identity, *state, out);
                }
            }
            Notice::Removed(path) => {
                self.hot_swap(path, HotSwapState::NotPresent, out);
                if let Some(known) = self.resources.remove(path) {
                    self.clear_unmapped(path, &known, out);
                }
            }
            Notice::HotSwap {
                path,
                previous: _,
                current,
            } => {
                self.hot_swap(path, *current, out);
                self.map_resources(out);
            }
            Notice::Failed(path) => self.management(path, true, out),
            Notice::Restored(path) => self.management(path, false, out),
        }
    }

    /// The resource that is known there, told again after a restart. Another one in its place means
    /// that it was taken out.
    fn is_told_again(
        &mut self,
        path: &EntityPath,
        identity: &Identity,
        state: Option<HotSwapState>,
        out: &mut Out<'_>,
    ) -> bool {
        let Some(known) = self.resources.get(path) else {
            return false;
        };
        let same = known.identity == *identity;
        if same {
            self.hot_swap(path, state.unwrap_or(HotSwapState::Active), out);
        } else {
            self.notice(&Notice::Removed(path.clone()), out);
        }
        same
    }

    fn added(
        &mut self,
        path: &EntityPath,
        identity: &Identity,
        state: Option<HotSwapState>,
        out: &mut Out<'_>,
    ) {
        if self.resources.len() >= RESOURCES_MAX {
            return;
        }
        let known = Known {
            identity: identity.clone(),
            // What has no managed hot swap is either there or not.
            state: state.unwrap_or(HotSwapState::Active),
            managed: state.is_some(),
            mapped: None,
            lost: false,
            alarmed: false,
        };
        self.resources.insert(path.clone(), known);
        self.map_resources(out);
    }

    /// Maps what is not mapped yet and matches, and lets it take its state.
    pub(crate) fn map_resources(&mut self, out: &mut Out<'_>) {
        let unmapped = self
            .resources
            .iter()
            .filter(|(_, known)| known.mapped.is_none() && !known.lost);
        let found: Vec<_> = unmapped
            .filter(|(_, known)| known.state != HotSwapState::NotPresent)
            .map(|(path, known)| {
                (
                    path.clone(),
                    known.state,
                    self.matching(path, &known.identity),
                )
            })
            .collect();
        for (path, state, mapping) in found {
            match mapping {
                Some((he, he_type)) => self.map(he, Mapping { path, he_type }, state, out),
                None => self.alarm_unmapped(&path, out),
            }
        }
    }

    fn map(&mut self, dn: Dn, mapping: Mapping, state: HotSwapState, out: &mut Out<'_>) {
        let path = mapping.path.clone();
        let Some(he) = self.model.entities.get_mut(&dn).and_then(|e| e.he_mut()) else {
            return;
        };
        if he.mapping.is_some() {
            // Another resource was mapped to it in the same pass.
            return;
        }
        he.mapping = Some(mapping);
        if let Some(known) = self.resources.get_mut(&path) {
            known.mapped = Some(dn.clone());
            let known = known.clone();
            self.clear_unmapped(&path, &known, out);
        }
        self.he_moved(&dn, state, out);
    }

    /// The first hardware element, in the order of names, that a resource may be, and its type.
    ///
    /// Choice: `saPlmHetHpiEntityType` is not compared, as models in the field name other types
    /// than the entity path ends in.
    fn matching(&self, path: &EntityPath, identity: &Identity) -> Option<(Dn, Dn)> {
        self.model.entities.iter().find_map(|(dn, entity)| {
            let he = entity.he()?;
            if he.mapping.is_some() || !he.paths.contains(path) {
                return None;
            }
            let mut types = self.model.he_types.iter();
            let (he_type, _) = types.find(|(name, expressions)| {
                let no_condition = expressions.is_empty();
                name.parent().as_ref() == Some(&he.base_type)
                    && (no_condition || expressions.iter().any(|e| e.matches(identity)))
            })?;
            Some((dn.clone(), he_type.clone()))
        })
    }

    fn hot_swap(&mut self, path: &EntityPath, state: HotSwapState, out: &mut Out<'_>) {
        let Some(known) = self.resources.get_mut(path) else {
            return;
        };
        known.state = state;
        known.lost = false;
        if let Some(dn) = known.mapped.clone() {
            self.he_moved(&dn, state, out);
        }
    }

    /// The hot swap state of a hardware element is now `state`: it takes the edge, and what follows
    /// is done. Source: §3.1.1.2; PLM holds the hot swap policy of HPI.
    fn he_moved(&mut self, dn: &Dn, state: HotSwapState, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        let admin = entity.admin;
        let enabled = entity.operational == OperationalState::Enabled;
        let told = entity.flags.has(ReadinessFlags::MANAGEMENT_LOST);
        entity.flags.set(ReadinessFlags::MANAGEMENT_LOST, false);
        entity
            .flags
            .set(ReadinessFlags::ADMIN_OPERATION_PENDING, false);
        let Some(he) = entity.he_mut() else { return };
        let from = he.presence;
        let Some(to) = he_presence(from, state) else {
            if told {
                self.settle(TrackCause::ManagementRegained, dn, out);
            }
            return;
        };
        he.presence = to;
        he.retry = None;
        match to {
            HePresence::Activating => {
                self.call_off(dn, out);
                self.isolate_ees(dn, out);
                let may = admin != AdminState::LockedInactive && enabled;
                self.order(
                    dn,
                    if may {
                        Action::SetActive
                    } else {
                        Action::SetInactive
                    },
                    out,
                );
                self.settle(TrackCause::Failure, dn, out);
            }
            HePresence::Active => {
                self.call_off(dn, out);
                if admin == AdminState::LockedInactive {
                    self.order(dn, |path| Action::Request(path, false), out);
                }
                self.settle(TrackCause::HeActivated, dn, out);
            }
            HePresence::Deactivating => self.extraction_pending(dn, out),
            HePresence::Inactive | HePresence::NotPresent => self.he_left(dn, from, out),
        }
    }

    /// Somebody wants to take a hardware element out: the domain's policy decides.
    fn extraction_pending(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get(dn) else {
            return;
        };
        let out_of_service = entity.readiness == ReadinessState::OutOfService;
        if entity.admin == AdminState::LockedInactive {
            self.order(dn, Action::SetInactive, out);
            return;
        }
        if self.is_busy(dn) {
            self.order(dn, Action::SetActive, out);
            return;
        }
        // Nobody else decides while trackers get ready.
        self.order(dn, Action::CancelPolicy, out);
        match self.model.policy(dn) {
            _ if out_of_service => self.begin_at_end(dn, out),
            DeactivationPolicy::RejectNotOos => self.order(dn, Action::SetActive, out),
            DeactivationPolicy::Validate => self.begin(dn, Purpose::Extraction, true, out),
            DeactivationPolicy::Unconditional => self.begin(dn, Purpose::Extraction, false, out),
        }
    }

    /// A hardware element is off or gone, and what ran on it with it.
    fn he_left(&mut self, dn: &Dn, from: HePresence, out: &mut Out<'_>) {
        let planned = self.finish_below(dn, out);
        self.isolate_ees(dn, out);
        let Some(he) = self.model.entities.get_mut(dn).and_then(|e| e.he_mut()) else {
            return;
        };
        let gone = he.presence == HePresence::NotPresent;
        let mapping = if gone { he.mapping.take() } else { None };
        if let Some(mapping) = mapping
            && let Some(known) = self.resources.get_mut(&mapping.path)
        {
            known.mapped = None;
        }
        let surprise = gone && from != HePresence::Inactive && !planned;
        if gone {
            self.repaired_by_removal(dn);
        }
        if surprise {
            self.raise(dn, "extracted without notice", out);
        }
        // Only those that trackers got ready for are orderly, whatever the hot swap states say.
        let cause = if planned {
            TrackCause::HeDeactivation
        } else {
            TrackCause::Failure
        };
        self.settle(cause, dn, out);
    }

    /// Choice: what is taken out takes the failures of what ran on it along; what is put in later
    /// is believed to work.
    fn repaired_by_removal(&mut self, dn: &Dn) {
        let here = |name: &Dn| name == dn || name.is_below(dn);
        for (_, entity) in self
            .model
            .entities
            .iter_mut()
            .filter(|(name, _)| here(name))
        {
            entity.operational = OperationalState::Enabled;
            entity.flags = ReadinessFlags::default();
        }
    }

    /// Orders the HPI domain to do something with a hardware element's resource.
    pub(crate) fn order(
        &mut self,
        dn: &Dn,
        action: impl FnOnce(EntityPath) -> Action,
        out: &mut Out<'_>,
    ) {
        let mapping = self
            .model
            .entities
            .get(dn)
            .and_then(|e| e.he()?.mapping.as_ref());
        if let Some(mapping) = mapping {
            out.push(Effect::Hpi(action(mapping.path.clone())));
        }
    }

    fn management(&mut self, path: &EntityPath, lost: bool, out: &mut Out<'_>) {
        if let Some(known) = self.resources.get_mut(path) {
            known.lost = lost;
        }
        let Some(dn) = self.mapped_to(path).cloned() else {
            self.map_resources(out);
            return;
        };
        self.management_of(&dn, lost, out);
        if !lost {
            self.retry_admin_state(&dn, out);
            // Orders that it did not hear are not told again by anybody else.
            self.repeat_hpi_order(&dn, out);
            self.isolate_late(&dn, out);
        }
    }

    /// The operator saw that a hardware element is gone, though HPI still has its resource. That
    /// one is mapped again when it answers.
    pub(crate) fn seen_gone(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let he = self.model.entities.get(dn).and_then(|e| e.he());
        let Some(mapping) = he.and_then(|he| he.mapping.as_ref()) else {
            return;
        };
        if let Some(known) = self.resources.get_mut(&mapping.path) {
            known.lost = true;
        }
        self.he_moved(dn, HotSwapState::NotPresent, out);
    }

    fn management_of(&mut self, dn: &Dn, lost: bool, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        entity.flags.set(ReadinessFlags::MANAGEMENT_LOST, lost);
        let cause = if lost {
            TrackCause::ManagementLost
        } else {
            TrackCause::ManagementRegained
        };
        self.settle(cause, dn, out);
    }

    /// An activation that the administrator asked for and could not be carried out is ordered
    /// again.
    fn retry_admin_state(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        if !entity.flags.has(ReadinessFlags::ADMIN_OPERATION_PENDING) {
            return;
        }
        entity
            .flags
            .set(ReadinessFlags::ADMIN_OPERATION_PENDING, false);
        let inactive = entity.admin == AdminState::LockedInactive;
        let presence = entity.he().map(|he| he.presence);
        if !inactive && presence == Some(HePresence::Inactive) {
            self.order(dn, |path| Action::Request(path, true), out);
        }
    }

    /// An action failed. The state that it did not fit will be told by a notice, or fits when the
    /// action is given again; a controller that does not do as it is told is not under management
    /// any more.
    pub(crate) fn hpi_failed(&mut self, action: &Action, why: ActionError, out: &mut Out<'_>) {
        if self.isolation_failed(action, why, out) {
            return;
        }
        let (path, by_admin) = match action {
            Action::SetActive(path) | Action::SetInactive(path) | Action::Reset(path) => {
                (path, false)
            }
            Action::CancelPolicy(_) => return,
            Action::Request(path, _) | Action::SetPower(path, _) => (path, true),
        };
        let Some(dn) = self.mapped_to(path).cloned() else {
            return;
        };
        match why {
            ActionError::NoSuchResource => return,
            ActionError::InvalidState => return self.retry_later(&dn, action, out),
            ActionError::NotCapable | ActionError::NoResponse => {
                self.retry_later(&dn, action, out);
            }
        }
        if by_admin && let Some(entity) = self.model.entities.get_mut(&dn) {
            entity
                .flags
                .set(ReadinessFlags::ADMIN_OPERATION_PENDING, true);
        }
        if matches!(action, Action::SetInactive(_)) {
            self.call_off(&dn, out);
        }
        self.management_of(&dn, true, out);
    }

    /// Orders that wait for the HPI domain, given again.
    pub(crate) fn repeat_hpi_orders(&mut self, out: &mut Out<'_>) {
        let all: Vec<Dn> = self.model.entities.keys().cloned().collect();
        for dn in all {
            self.repeat_hpi_order(&dn, out);
        }
    }

    /// The order that one hardware element waits for, given again.
    pub(crate) fn repeat_hpi_order(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get(dn) else {
            return;
        };
        let inactive = entity.admin == AdminState::LockedInactive;
        let enabled = entity.operational == OperationalState::Enabled;
        match entity.he().map(|he| he.presence) {
            Some(HePresence::Activating) if inactive || !enabled => {
                self.order(dn, Action::SetInactive, out);
            }
            Some(HePresence::Activating) => self.order(dn, Action::SetActive, out),
            Some(HePresence::Active) if inactive => {
                self.order(dn, |path| Action::Request(path, false), out);
            }
            Some(HePresence::Deactivating) if inactive || self.is_deactivating(dn) => {
                self.order(dn, Action::SetInactive, out);
            }
            Some(HePresence::Deactivating) if !self.operations.contains_key(dn) => {
                self.order(dn, Action::SetActive, out);
            }
            Some(
                HePresence::NotPresent
                | HePresence::Inactive
                | HePresence::Active
                | HePresence::Deactivating,
            )
            | None => {}
        }
    }

    /// Choice: raised only where a domain is configured, for otherwise nothing is to be mapped; and
    /// only for what can be taken out, for a virtual resource is no hardware element.
    ///
    /// Source: SAI-AIS-PLM-A.01.02, alarm "Unmapped HE"; its object is the domain.
    fn alarm_unmapped(&mut self, path: &EntityPath, out: &mut Out<'_>) {
        let Some(domain) = self.model.domains.keys().next().cloned() else {
            return;
        };
        let Some(known) = self
            .resources
            .get_mut(path)
            .filter(|k| k.managed && !k.alarmed)
        else {
            return;
        };
        known.alarmed = true;
        let text = format!("no hardware element matches {path}");
        out.push(Effect::Notify(crate::runtime::unmapped(domain, true, text)));
    }

    fn clear_unmapped(&mut self, path: &EntityPath, known: &Known, out: &mut Out<'_>) {
        let Some(domain) = self.model.domains.keys().next().cloned() else {
            return;
        };
        if known.alarmed {
            let text = format!("{path} is mapped, or gone");
            out.push(Effect::Notify(crate::runtime::unmapped(
                domain, false, text,
            )));
        }
        if let Some(known) = self.resources.get_mut(path) {
            known.alarmed = false;
        }
    }
}
