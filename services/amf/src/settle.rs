//! After every input: brings each touched SG as far as it can go, then answers whoever waits, then
//! publishes.

use crate::model::SgConfig;
use crate::redundancy::{self, Plan};
use crate::state::{NodeRepair, Startup};
use crate::{Amf, Effect};
use ais::Dn;
use ais::amf::{AdminState, HaState, OperationalState, PresenceState};
use ais::clm::TrackResponse;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;
use machine::Time;

/// Most rounds in which one SG is brought forward for one input. Each round issues orders or ends a
/// step; a SG that has not come to rest by then goes on with the next input.
const ROUNDS_MAX: u32 = 1000;

impl Amf {
    /// Settles everything that the input has touched.
    pub(crate) fn settle(&mut self) {
        let mut seen: BTreeSet<Dn> = BTreeSet::new();
        let sgs = u32::try_from(self.sgs.len()).unwrap_or(u32::MAX);
        for _ in 0..ROUNDS_MAX.saturating_add(sgs.saturating_mul(2)) {
            let Some(sg) = self.touched.pop_first() else {
                let more = self.settle_nodes() | self.open_barriers() | self.finish_shutdowns();
                if !more && self.touched.is_empty() {
                    break;
                }
                continue;
            };
            self.settle_sg(&sg);
            seen.insert(sg);
        }
        self.answer_departures();
        self.answer_operations(&mut seen);
        self.publish(&seen);
    }

    fn settle_sg(&mut self, sg: &Dn) {
        let Some(config) = self.model().sgs.get(sg) else {
            return;
        };
        let (sus, sis) = (config.sus.clone(), config.sis.clone());
        for _ in 0..ROUNDS_MAX {
            let mut progress = false;
            for su in &sus {
                progress |= self.follow_components(su);
                progress |= self.step_su(su);
            }
            progress |= self.start_wanted(sg);
            progress |= self.follow_plan(sg);
            for su in &sus {
                progress |= self.drive_su(su);
            }
            if !progress {
                break;
            }
        }
        for si in &sis {
            let assigned = self.is_assigned(si);
            let state = self.sis.get_mut(si);
            let before = state.map(|s| core::mem::replace(&mut s.assigned, assigned));
            if before != Some(assigned) {
                self.sponsor_changed(si);
            }
        }
    }

    /// Computes the plan of the SG's redundancy model and makes it the target of its SUs.
    fn follow_plan(&mut self, sg: &Dn) -> bool {
        let Some(Plan { roles, targets }) = redundancy::plan(self, sg) else {
            return false;
        };
        let mut progress = false;
        if let Some(state) = self.sgs.get_mut(sg) {
            progress |= state.roles != roles;
            state.roles = roles;
            let assigns = targets.iter().any(|(_, _, target)| target.is_some());
            state.started |= assigns;
        }
        for (su, si, target) in targets {
            progress |= self.set_target(&su, &si, target);
        }
        progress
    }

    /// Instantiates SUs, by rank, until the preferred number is in service (§3.6.1.1, §3.6.2.3.5).
    ///
    /// Choice: a locked SU is never started to fill the number, and without auto-adjust a surplus
    /// keeps running.
    fn start_wanted(&mut self, sg: &Dn) -> bool {
        let Some(config) = self.model().sgs.get(sg) else {
            return false;
        };
        let mut running = config.sus.iter().filter(|su| self.counts(su)).count();
        let preferred = usize::try_from(config.in_service_preferred).unwrap_or(usize::MAX);
        let best = match config.auto_adjust {
            true => self.best(config),
            false => Vec::new(),
        };
        let mut start = Vec::new();
        for su in &config.sus {
            let wanted = self.instantiable(su) && self.combined_admin(su) == AdminState::Unlocked;
            if wanted && (running < preferred || best.contains(su)) {
                running += 1;
                start.push(su.clone());
            }
        }
        for su in &start {
            self.start_su(su);
        }
        !start.is_empty()
    }

    /// The SUs that auto-adjustment wants in service: by rank as many as preferred.
    fn best(&self, config: &SgConfig) -> Vec<Dn> {
        let preferred = usize::try_from(config.in_service_preferred).unwrap_or(usize::MAX);
        let wanted = |su: &&Dn| {
            let unlocked = self.combined_admin(su) == AdminState::Unlocked;
            let probation = self.sus.get(*su).is_some_and(|s| s.adjust_after.is_some());
            self.counts(su) || (self.instantiable(su) && unlocked && !probation)
        };
        let wanted = config.sus.iter().filter(wanted);
        wanted.take(preferred).cloned().collect()
    }

    /// Whether a SU is idle and one more than auto-adjustment wants in service (AMF-3.6.6.6-01).
    pub(crate) fn is_surplus(&self, su: &Dn) -> bool {
        let sg = self.model().sus.get(su).map(|c| &c.sg);
        let config = sg.and_then(|sg| self.model().sgs.get(sg));
        let Some(config) = config.filter(|c| c.auto_adjust) else {
            return false;
        };
        let best = self.best(config);
        self.counts(su) && !best.contains(su) && best.iter().all(|su| self.assignable(su))
    }

    /// Whether a SU is in service or on its way there.
    fn counts(&self, su: &Dn) -> bool {
        use PresenceState as P;
        let Some(state) = self.sus.get(su) else {
            return false;
        };
        let host = self.host(su);
        let up = matches!(
            state.presence,
            P::Instantiating | P::Instantiated | P::Restarting
        );
        let unlocked = matches!(
            self.combined_admin(su),
            AdminState::Unlocked | AdminState::ShuttingDown
        );
        let host =
            host.is_some_and(|n| n.member && !n.departing && n.oper == OperationalState::Enabled);
        (up || state.recycle.is_some())
            && unlocked
            && host
            && state.oper == OperationalState::Enabled
    }

    /// Whether an SG that has assigned nothing yet may begin (§3.6.2.3.4).
    ///
    /// Choice: it begins early once as many SUs as preferred, of those that are not locked, are in
    /// service.
    pub(crate) fn may_begin(&self, sg: &Dn) -> bool {
        let (Some(config), Some(state)) = (self.model().sgs.get(sg), self.sgs.get(sg)) else {
            return false;
        };
        let waits = match self.cluster.startup {
            Startup::Over => false,
            Startup::Until(_) | Startup::NotBegun => true,
        };
        if state.started || !waits {
            return true;
        }
        let unlocked = |su: &&Dn| self.combined_admin(su) == AdminState::Unlocked;
        let preferred = usize::try_from(config.in_service_preferred).unwrap_or(usize::MAX);
        let required = config.sus.iter().filter(unlocked).count().min(preferred);
        config.sus.iter().filter(|su| self.assignable(su)).count() >= required
    }

    /// Answers membership steps whose nodes are empty, and reboots nodes that wait for it.
    fn settle_nodes(&mut self) -> bool {
        self.reboot_due()
    }

    fn answer_departures(&mut self) {
        let empty = |node: &Dn| {
            let gone = self
                .nodes
                .get(node)
                .is_none_or(|n| !n.member || !n.departing);
            gone || self.on_node(node).iter().all(|su| self.is_empty(su))
        };
        let done = self
            .departures
            .iter()
            .filter(|(_, nodes)| nodes.iter().all(empty));
        let done: Vec<u64> = done.map(|(invocation, _)| *invocation).collect();
        for invocation in done {
            self.departures.remove(&invocation);
            self.outbox.push(Effect::ClmResponse {
                invocation,
                response: TrackResponse::Ok,
            });
        }
    }

    /// Whether nothing is assigned to a SU and nothing of it runs.
    fn is_empty(&self, su: &Dn) -> bool {
        let config = self.model().sus.get(su);
        let components = config.map_or(&[][..], |c| c.components.as_slice());
        let down = |dn: &Dn| {
            let state = self.components.get(dn);
            state.is_none_or(|c| c.is_down() && c.order.is_none())
        };
        let state = self.sus.get(su);
        state.is_none_or(|s| s.assignments.values().all(|a| self.stuck(a)))
            && components.iter().all(down)
    }

    /// Time passed.
    pub(crate) fn tick(&mut self) {
        if matches!(self.cluster.startup, Startup::Until(end) if self.now >= end) {
            self.cluster.startup = Startup::Over;
            self.touch_all();
        }
        let now = self.now;
        let over = |until: Option<Time>| until.is_some_and(|until| now >= until);
        let adjust = self.sus.iter().filter(|(_, su)| over(su.adjust_after));
        let adjust: Vec<Dn> = adjust.map(|(dn, _)| dn.clone()).collect();
        for su in adjust {
            if let Some(state) = self.sus.get_mut(&su) {
                state.adjust_after = None;
            }
            self.allow_adjustment(&su);
        }
    }

    /// Marks the SGs of SIs that have been without one that they depend on for too long.
    pub(crate) fn touch_unsponsored(&mut self) {
        let over = |si: &&Dn| self.tolerance_end(si).is_some_and(|end| self.now >= end);
        let lost: Vec<Dn> = self.sis.keys().filter(over).cloned().collect();
        for si in lost {
            self.touch_si(&si);
        }
    }

    /// Something happened to a SU that triggers auto-adjustment (AMF-3.6.1.2-02).
    pub(crate) fn allow_adjustment(&mut self, su: &Dn) {
        let sg = self.model().sus.get(su).map(|c| c.sg.clone());
        if let Some(state) = sg.and_then(|sg| self.sgs.get_mut(&sg)) {
            state.adjust_held = false;
        }
        self.touch_su(su);
    }

    pub(crate) fn touch_si(&mut self, si: &Dn) {
        if let Some(sg) = self.model().sis.get(si).and_then(|c| c.sg.clone()) {
            self.touched.insert(sg);
        }
    }

    /// An SI became assigned or unassigned: those that depend on it look anew (§3.8.1).
    fn sponsor_changed(&mut self, sponsor: &Dn) {
        let dependents = self.model().sis.iter();
        let dependents = dependents.filter(|(_, config)| config.sponsors.contains_key(sponsor));
        let dependents: Vec<Dn> = dependents.map(|(dn, _)| dn.clone()).collect();
        for si in dependents {
            self.note_sponsors(&si);
            self.touch_si(&si);
        }
    }

    /// Starts or stops counting how long an SI has been without one that it depends on.
    pub(crate) fn note_sponsors(&mut self, si: &Dn) {
        let met = self.sponsors_met(si);
        let now = self.now;
        if let Some(state) = self.sis.get_mut(si) {
            state.sponsor_lost = match met {
                true => None,
                false => state.sponsor_lost.or(Some(now)),
            };
        }
    }

    /// Whether every SI that this one depends on is assigned.
    pub(crate) fn sponsors_met(&self, si: &Dn) -> bool {
        let config = self.model().sis.get(si);
        config.is_none_or(|c| c.sponsors.keys().all(|sponsor| self.is_assigned(sponsor)))
    }

    /// When an SI loses its active assignment because one that it depends on is unassigned; `None`:
    /// not at all.
    pub(crate) fn tolerance_end(&self, si: &Dn) -> Option<Time> {
        let since = self.sis.get(si)?.sponsor_lost?;
        let active = self.assigned(si, &[HaState::Active, HaState::Quiescing]);
        (active > 0).then(|| since.after(self.tolerance(si)))
    }

    /// The shortest tolerance time towards an SI that is not assigned.
    fn tolerance(&self, si: &Dn) -> Duration {
        let config = self.model().sis.get(si);
        let sponsors = config.into_iter().flat_map(|c| &c.sponsors);
        let lost = sponsors.filter(|(sponsor, _)| !self.is_assigned(sponsor));
        lost.map(|(_, tolerance)| *tolerance)
            .min()
            .unwrap_or_default()
    }

    /// Whether an SI must give up its active assignment because one that it depends on has been
    /// lost for too long.
    pub(crate) fn sponsors_lost(&self, si: &Dn) -> bool {
        let since = self.sis.get(si).and_then(|s| s.sponsor_lost);
        since.is_some_and(|since| self.now >= since.after(self.tolerance(si)))
            && !self.sponsors_met(si)
    }

    /// Turns shutting-down entities whose SIs are all gone into locked ones (AMF-9.4.6-06).
    fn finish_shutdowns(&mut self) -> bool {
        let shutting = AdminState::ShuttingDown;
        let free = |sus: Vec<Dn>| {
            let mut sus = sus.into_iter();
            sus.all(|su| self.sus.get(&su).is_none_or(|s| s.assignments.is_empty()))
        };
        let mut done: Vec<Dn> = Vec::new();
        let nodes = self
            .nodes
            .iter()
            .filter(|(_, s)| s.admin == shutting)
            .map(|(dn, _)| dn);
        let sgs = self
            .sgs
            .iter()
            .filter(|(_, s)| s.admin == shutting)
            .map(|(dn, _)| dn);
        let sus = self
            .sus
            .iter()
            .filter(|(_, s)| s.admin == shutting)
            .map(|(dn, _)| dn);
        let applications = self.applications.iter().filter(|(_, s)| **s == shutting);
        let entities = nodes
            .chain(sgs)
            .chain(sus)
            .chain(applications.map(|(dn, _)| dn));
        done.extend(entities.filter(|dn| free(self.scope(dn))).cloned());
        let sis = self.sis.iter().filter(|(_, s)| s.admin == shutting);
        let unused = |si: &Dn| {
            let mut sus = self.protectors(si).iter();
            sus.all(|su| {
                self.sus
                    .get(su)
                    .is_none_or(|s| !s.assignments.contains_key(si))
            })
        };
        done.extend(sis.map(|(dn, _)| dn).filter(|si| unused(si)).cloned());
        if let Some(cluster) = self.model().cluster.as_ref().map(|c| c.dn.clone())
            && self.cluster.admin == shutting
            && free(self.scope(&cluster))
        {
            done.push(cluster);
        }
        for entity in &done {
            self.set_admin(entity, AdminState::Locked);
        }
        !done.is_empty()
    }

    /// Whether the node of a SU answers orders at all.
    pub(crate) fn reachable(&self, su: &Dn) -> bool {
        self.host(su)
            .is_some_and(|n| n.member && n.repair != NodeRepair::Rebooting)
    }
}
