//! Readiness: who can provide service, and who cannot because of whom.
//!
//! Source: SAI-AIS-PLM-A.01.02 §3.1.3.

use crate::model::Entity;
use crate::state::{AdminState, OperationalState, ReadinessFlags};
use crate::{Effect, Out, Plm};
use ais::Dn;
use ais::plm::{ChangeStep, ReadinessState, Track, TrackCause, TrackedEntity};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

impl Plm {
    /// Brings readiness up to date with everything else, tells the trackers what changed, and
    /// starts what can run now.
    pub(crate) fn settle(&mut self, cause: TrackCause, root: &Dn, out: &mut Out<'_>) {
        self.settle_announced(cause, root, &BTreeSet::new(), out);
    }

    /// The same at the end of a change in steps: the trackers are told of all that was announced.
    pub(crate) fn settle_announced(
        &mut self,
        cause: TrackCause,
        root: &Dn,
        announced: &BTreeSet<Dn>,
        out: &mut Out<'_>,
    ) {
        self.compute();
        let mut changed = Vec::new();
        let mut gone = Vec::new();
        for (dn, entity) in &mut self.model.entities {
            let readiness = entity.readiness;
            let Some(ee) = entity.ee_mut() else { continue };
            if ee.told != readiness || announced.contains(dn) {
                ee.told = readiness;
                changed.push(TrackedEntity {
                    ee: dn.clone(),
                    current: readiness,
                    expected: readiness,
                });
                if readiness == ReadinessState::OutOfService {
                    gone.push(dn.clone());
                }
            }
        }
        if !changed.is_empty() {
            out.push(Effect::Track(Track {
                invocation: None,
                step: ChangeStep::Completed,
                cause,
                root: root.clone(),
                entities: changed,
            }));
            self.no_longer_announced(&gone, out);
        }
        self.clear_alarms(out);
        self.instantiate_ees(out);
    }

    /// Repeats until nothing changes; each pass settles at least one more level of dependencies.
    fn compute(&mut self) {
        for _ in 0..=self.model.entities.len() {
            let entities = self.model.entities.iter();
            let changes: Vec<_> = entities
                .filter(|(dn, _)| !self.is_frozen(dn))
                .filter_map(|(dn, entity)| {
                    let (readiness, met) = self.readiness_of(dn, entity);
                    let flag = entity.flags.has(ReadinessFlags::DEPENDENCY);
                    let same = readiness == entity.readiness && flag != met;
                    (!same).then(|| (dn.clone(), readiness, met))
                })
                .collect();
            if changes.is_empty() {
                return;
            }
            for (dn, readiness, met) in changes {
                if let Some(entity) = self.model.entities.get_mut(&dn) {
                    entity.readiness = readiness;
                    entity.flags.set(ReadinessFlags::DEPENDENCY, !met);
                }
            }
        }
    }

    /// Readiness of an entity as its own states and those of what it depends on make it; and
    /// whether all that it depends on is in service.
    fn readiness_of(&self, dn: &Dn, entity: &Entity) -> (ReadinessState, bool) {
        use ReadinessState::{InService, OutOfService, Stopping};
        let parent = self
            .model
            .parent(dn)
            .map_or(InService, |(_, p)| p.readiness);
        let depends = self.model.dependencies_of(dn);
        let below = depends.fold(parent, |worst, d| {
            worse(worst, self.provided(&d.names, d.min))
        });
        let able = entity.operational == OperationalState::Enabled && entity.is_there();
        let readiness = match (entity.admin, below) {
            (_, OutOfService) => OutOfService,
            (AdminState::Locked | AdminState::LockedInactive, _) => OutOfService,
            (_, _) if !able => OutOfService,
            (AdminState::Unlocked, InService) => InService,
            // Nothing goes from out of service to stopping.
            (AdminState::Unlocked | AdminState::ShuttingDown, _)
                if entity.readiness == OutOfService =>
            {
                OutOfService
            }
            (AdminState::Unlocked | AdminState::ShuttingDown, _) => Stopping,
        };
        (readiness, below == InService)
    }

    /// What a dependency on at least `min` of `names` provides.
    fn provided(&self, names: &[Dn], min: usize) -> ReadinessState {
        let count = |wanted: &[ReadinessState]| {
            let entities = names.iter().filter_map(|n| self.model.entities.get(n));
            entities.filter(|e| wanted.contains(&e.readiness)).count()
        };
        if count(&[ReadinessState::InService]) >= min {
            ReadinessState::InService
        } else if count(&[ReadinessState::InService, ReadinessState::Stopping]) >= min {
            ReadinessState::Stopping
        } else {
            ReadinessState::OutOfService
        }
    }

    pub(crate) fn dependencies_met(&self, dn: &Dn) -> bool {
        let mut dependencies = self.model.dependencies_of(dn);
        dependencies.all(|d| self.provided(&d.names, d.min) == ReadinessState::InService)
    }

    /// An entity, all below it, and all that would lose a dependency without them.
    ///
    /// Source: SAI-AIS-PLM-A.01.02 §3.1.3, affected entities.
    pub(crate) fn affected(&self, root: &Dn) -> BTreeSet<Dn> {
        let mut affected = BTreeSet::from([root.clone()]);
        loop {
            let more: Vec<Dn> = self
                .model
                .entities
                .iter()
                .filter(|(dn, entity)| {
                    !affected.contains(*dn) && self.is_affected(dn, entity, &affected)
                })
                .map(|(dn, _)| dn.clone())
                .collect();
            if more.is_empty() {
                return affected;
            }
            affected.extend(more);
        }
    }

    fn is_affected(&self, dn: &Dn, entity: &Entity, without: &BTreeSet<Dn>) -> bool {
        if dn.parent().is_some_and(|parent| without.contains(&parent)) {
            return true;
        }
        entity.readiness != ReadinessState::OutOfService
            && self.model.dependencies_of(dn).any(|dependency| {
                let left = dependency
                    .names
                    .iter()
                    .filter(|name| !without.contains(*name));
                let left: Vec<Dn> = left.cloned().collect();
                self.provided(&left, dependency.min) == ReadinessState::OutOfService
            })
    }
}

fn worse(a: ReadinessState, b: ReadinessState) -> ReadinessState {
    use ReadinessState::{InService, OutOfService, Stopping};
    match (a, b) {
        (OutOfService, _) | (_, OutOfService) => OutOfService,
        (Stopping, _) | (_, Stopping) => Stopping,
        (InService, InService) => InService,
    }
}
