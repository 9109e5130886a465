//! What the domain itself does when it is time.

use crate::{Domain, Out, Resource};
use hpi_model::ResourceId;
use machine::Time;

impl Domain {
    /// When something is due.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.resources.values().filter_map(Resource::next_due).min()
    }

    /// Time went by.
    pub(crate) fn tick(&mut self, out: &mut Out<'_>) {
        let now = out.at.time;
        let is_due = |resource: &Resource| resource.next_due().is_some_and(|by| by <= now);
        let due = self.resources.iter().filter(|(_, found)| is_due(found));
        let due: alloc::vec::Vec<ResourceId> = due.map(|(id, _)| *id).collect();
        for id in due {
            self.due(id, out);
        }
    }

    fn due(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let Some(resource) = self.resources.get_mut(&id) else {
            return;
        };
        let now = out.at.time;
        let mut told = resource.bites(now);
        resource.tests_follow_power((now, &mut told));
        resource.tests_end(now, &mut told);
        self.tell_all(id, told, out);
    }
}

impl Resource {
    fn next_due(&self) -> Option<Time> {
        let watchdogs = self.kept.watchdogs.values();
        let tests = self.kept.dimis.values().filter_map(|dimi| dimi.deadline());
        let watchdogs = watchdogs.filter_map(|timer| timer.deadline());
        watchdogs.chain(tests).min()
    }
}
