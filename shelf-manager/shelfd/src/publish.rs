//! Tells the operators what has changed: whole views, compared with what they were told last.

use machine::Time;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use web_api::{
    AmfView, Change, ClmView, MembersView, Notice, PlmView, SensorView, SlotView, StatusView,
};

/// Changes are gathered for so long before they are told.
const GATHER: Duration = Duration::from_millis(40);

/// What operators were told last.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    sequence: u64,
    touched: Option<Instant>,
    slots: Vec<SlotView>,
    sensors: Vec<SensorView>,
    amf: AmfView,
    clm: ClmView,
    plm: PlmView,
    members: MembersView,
    port: (String, String),
}

/// The views as they are now.
pub(crate) struct Views {
    pub(crate) slots: Vec<SlotView>,
    pub(crate) sensors: Vec<SensorView>,
    pub(crate) amf: AmfView,
    pub(crate) clm: ClmView,
    pub(crate) plm: PlmView,
    pub(crate) members: MembersView,
    pub(crate) status: StatusView,
}

impl Publisher {
    /// Something may have changed.
    pub(crate) fn touch(&mut self) {
        self.touched.get_or_insert_with(Instant::now);
    }

    /// How long until [`Self::publish`] has something to do; `None` while nothing has changed.
    pub(crate) fn due(&self) -> Option<Duration> {
        let touched = self.touched?;
        Some(GATHER.saturating_sub(touched.elapsed()))
    }

    /// Number of the last notice.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Sends one notice.
    pub(crate) fn send(&mut self, to: &broadcast::Sender<Notice>, time: Time, change: Change) {
        self.sequence += 1;
        // An error only says that nobody listens.
        let _ = to.send(Notice {
            sequence: self.sequence,
            time_us: time.0 / 1_000,
            change,
        });
    }

    /// Sends what differs from what was told last.
    pub(crate) fn publish(&mut self, to: &broadcast::Sender<Notice>, time: Time, now: Views) {
        self.touched = None;
        for change in self.changes(now) {
            self.send(to, time, change);
        }
    }

    fn changes(&mut self, now: Views) -> Vec<Change> {
        let mut changes = Vec::new();
        let moved = now.slots.iter().filter(|slot| !self.slots.contains(slot));
        changes.extend(moved.map(|slot| Change::Slot(Box::new(slot.clone()))));
        let gone = self.sensors.iter().map(|sensor| sensor.address);
        let mut gone: Vec<u8> = gone
            .filter(|address| now.sensors.iter().all(|s| s.address != *address))
            .collect();
        gone.dedup();
        changes.extend(
            gone.into_iter()
                .map(|address| Change::SensorsGone { address }),
        );
        let read = now
            .sensors
            .iter()
            .filter(|sensor| !self.sensors.contains(sensor));
        changes.extend(read.map(|sensor| Change::Sensor(Box::new(sensor.clone()))));
        if now.plm != self.plm {
            changes.push(Change::Plm(Box::new(now.plm.clone())));
        }
        if now.clm != self.clm {
            changes.push(Change::Clm(Box::new(now.clm.clone())));
        }
        if now.amf != self.amf {
            changes.push(Change::Amf(Box::new(now.amf.clone())));
        }
        let members = lasting(&now.members);
        if members != self.members {
            changes.push(Change::Members(Box::new(now.members)));
        }
        // The rest of the status changes all the time; it goes along with other changes.
        let port = (now.status.port_state.clone(), now.status.port_text.clone());
        if port != self.port || !changes.is_empty() {
            changes.push(Change::Status(Box::new(now.status)));
        }
        self.port = port;
        self.slots = now.slots;
        self.sensors = now.sensors;
        self.amf = now.amf;
        self.clm = now.clm;
        self.plm = now.plm;
        self.members = members;
        changes
    }
}

/// Without how far the log is, which changes with each entry.
fn lasting(members: &MembersView) -> MembersView {
    MembersView {
        index: 0,
        durable: 0,
        hash: String::new(),
        ..members.clone()
    }
}

#[cfg(test)]
mod tests;
