//! Counts of changes, by which users see whether what they read is still so.

use crate::{Domain, Out};
use hpi_model::{EventKind, ResourceEvent, ResourceId, Severity};
use machine::Time;

impl Domain {
    /// What users see of a resource changed.
    pub(crate) fn updated(&mut self, id: ResourceId, out: &mut Out<'_>) {
        let kind = EventKind::Resource(ResourceEvent::Updated);
        self.say(out.event(id, Severity::Informational, kind), out);
        self.rpt_changed(out.at.time);
    }

    /// The resource presence table changed.
    pub(crate) fn rpt_changed(&mut self, time: Time) {
        self.rpt_update_count = self.rpt_update_count.wrapping_add(1);
        self.rpt_update_time = time;
    }

    /// The records of a resource changed, and the table was counted up for it: that is a number
    /// that the resource never had before, also when it was away meanwhile.
    pub(crate) fn records_changed(&mut self, id: ResourceId) {
        if let Some(resource) = self.resources.get_mut(&id) {
            resource.rdr_update_count = self.rpt_update_count;
        }
    }
}
