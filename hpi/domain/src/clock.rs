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
        for (severity, kind) in resource.bites(out.at.time) {
            self.say(out.event(id, severity, kind), out);
        }
    }
}

impl Resource {
    fn next_due(&self) -> Option<Time> {
        let watchdogs = self.kept.watchdogs.values();
        watchdogs.filter_map(|timer| timer.deadline()).min()
    }
}
