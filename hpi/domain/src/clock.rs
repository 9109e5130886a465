//! What the domain itself does when it is time.

use crate::{Domain, Out, Resource};
use hpi_model::ResourceId;
use machine::Time;

impl Domain {
    /// When something is due.
    pub(crate) fn next_due(&self) -> Option<Time> {
        let resources = self.resources.values();
        resources.filter_map(|it| self.due_of(it)).min()
    }

    /// Time went by.
    pub(crate) fn tick(&mut self, out: &mut Out<'_>) {
        let now = out.at.time;
        let is_due = |resource: &Resource| self.due_of(resource).is_some_and(|by| by <= now);
        let due = self.resources.iter().filter(|(_, found)| is_due(found));
        let due: alloc::vec::Vec<ResourceId> = due.map(|(id, _)| *id).collect();
        for id in due {
            self.due(id, out);
        }
    }

    fn due(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let now = out.at.time;
        let is_over = |by: Option<Time>| by.is_some_and(|by| by <= now);
        let found = self.resources.get(&id);
        let policy = found.and_then(|resource| self.policy_due(resource));
        let power = found.and_then(|resource| resource.kept.cycle.due());
        if is_over(policy) {
            self.run_policy(id, out);
        }
        if is_over(power) {
            self.power_again(id, out);
        }
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let now = out.at.time;
        let mut told = resource.bites(now);
        resource.tests_follow_power((now, &mut told));
        resource.tests_end(now, &mut told);
        resource.upgrades_end(out, &mut told);
        self.tell_all(id, told, out);
    }

    fn due_of(&self, resource: &Resource) -> Option<Time> {
        let watchdogs = resource.kept.watchdogs.values();
        let watchdogs = watchdogs.filter_map(|timer| timer.deadline());
        let tests = resource.kept.dimis.values();
        let tests = tests.filter_map(|dimi| dimi.deadline());
        let cycle = resource.kept.cycle.due();
        watchdogs
            .chain(tests)
            .chain(cycle)
            .chain(resource.upgrades_due())
            .chain(self.policy_due(resource))
            .min()
    }
}
