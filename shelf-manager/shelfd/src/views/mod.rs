//! Views over the machines for operators: computed when they are asked for, never kept.

mod alarms;
pub(crate) mod cluster;
mod fru;
pub(crate) mod hardware;
mod log;
mod members;
pub(crate) mod sensors;

use crate::core::Core;
use crate::publish::Views;
use web_api::{
    EventsView, Query, Refusal, RefusalCode, Reply, SensorView, ShelfView, SnapshotView, StatusView,
};

/// Latest events in a snapshot.
const SNAPSHOT_EVENTS: usize = 200;

impl Core {
    /// Answers a question; changes nothing.
    pub(crate) fn answer(&self, query: &Query) -> Reply {
        let appliance = self.member.appliance();
        match query {
            Query::Snapshot => Reply::Snapshot(Box::new(self.snapshot_view())),
            Query::Shelf => Reply::Shelf(self.shelf_view()),
            Query::Boards => Reply::Boards(hardware::boards(appliance)),
            Query::Fru { address, fru } => {
                let frus = hardware::frus(appliance, *address, *fru);
                match (frus.is_empty(), address) {
                    (true, Some(address)) => not_found(format!("no such FRU at {address:#04x}")),
                    (_, _) => Reply::Frus(frus),
                }
            }
            Query::Sensors { address } => self.sensors_reply(*address),
            Query::Sel { last } => Reply::Sel(hardware::sel(appliance, *last)),
            Query::Log { from, count } => self.log_reply(*from, *count),
            Query::Alarms => Reply::Alarms(alarms::alarms(appliance)),
            Query::Events { since } => Reply::Events(EventsView {
                events: self.events.since(since.unwrap_or(0)),
                last: self.events.last(),
            }),
            Query::Amf => Reply::Amf(cluster::amf(appliance)),
            Query::Clm => Reply::Clm(cluster::clm(appliance)),
            Query::Plm => Reply::Plm(cluster::plm(appliance)),
            Query::Imm { dn, class } => {
                match cluster::imm(appliance, dn.as_deref(), class.as_deref()) {
                    Ok(view) => Reply::Imm(view),
                    Err(refusal) => Reply::Refused(refusal),
                }
            }
            Query::Members => Reply::Members(Box::new(self.members())),
            Query::Status => Reply::Status(Box::new(self.status())),
        }
    }

    fn sensors_reply(&self, address: Option<u8>) -> Reply {
        let is_known = |address| self.member.appliance().shelf.controller(address).is_some();
        match address {
            Some(address) if !is_known(address) => {
                not_found(format!("no controller at {address:#04x}"))
            }
            address => {
                let mut sensors = self.sensors();
                sensors.retain(|s| address.is_none_or(|address| address == s.address));
                Reply::Sensors(sensors)
            }
        }
    }

    fn sensors(&self) -> Vec<SensorView> {
        let controllers = self.member.appliance().shelf.controllers();
        controllers
            .flat_map(|(_, entry)| sensors::of_controller(&entry.description, &self.readings))
            .collect()
    }

    fn shelf_view(&self) -> ShelfView {
        ShelfView {
            name: hardware::shelf_name(self.member.appliance()),
            slots: hardware::slots(self.member.appliance()),
        }
    }

    fn snapshot_view(&self) -> SnapshotView {
        SnapshotView {
            sequence: self.publisher.sequence(),
            status: self.status(),
            shelf: self.shelf_view(),
            sensors: self.sensors(),
            events: self.events.latest(SNAPSHOT_EVENTS),
            amf: cluster::amf(self.member.appliance()),
            clm: cluster::clm(self.member.appliance()),
            plm: cluster::plm(self.member.appliance()),
            members: self.members(),
        }
    }

    fn status(&self) -> StatusView {
        let uptime = self.clock.uptime().as_millis();
        StatusView {
            version: env!("CARGO_PKG_VERSION").into(),
            role: self.tenure.role.word().into(),
            demo: self.handles.is_some(),
            uptime_ms: u64::try_from(uptime).unwrap_or(u64::MAX),
            log_index: self.member.appliance().at().index,
            log_durable: self.member.durable(),
            port_kind: self.link.kind.into(),
            port_state: self.port_state().into(),
            port_text: self.port_text(),
        }
    }

    fn port_state(&self) -> &'static str {
        match (&self.link.lost, self.member.appliance().shelf.is_port_up()) {
            (Some(_), _) => "lost",
            (None, false) => "connecting",
            (None, true) if self.member.appliance().shelf.controllers().next().is_none() => {
                "discovering"
            }
            (None, true) => "ready",
        }
    }

    fn port_text(&self) -> String {
        match &self.link.lost {
            Some(why) => format!("{}: {why}", self.link.address),
            None => self.link.address.clone(),
        }
    }

    /// Tells operators what has changed since they were told last.
    pub(crate) fn publish(&mut self) {
        if self.publisher.due().is_none_or(|due| !due.is_zero()) {
            return;
        }
        let views = Views {
            slots: hardware::slots(self.member.appliance()),
            sensors: self.sensors(),
            amf: cluster::amf(self.member.appliance()),
            clm: cluster::clm(self.member.appliance()),
            plm: cluster::plm(self.member.appliance()),
            members: self.members(),
            status: self.status(),
        };
        let now = self.clock.now();
        self.publisher.publish(&self.desk.notices, now, views);
    }
}

fn not_found(text: String) -> Reply {
    Reply::Refused(Refusal::new(RefusalCode::NotFound, text))
}

/// Bytes of a frozen record.
#[cfg(test)]
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
    let pairs = digits.chunks(2);
    pairs
        .map(|pair| u8::try_from((pair[0] << 4) | pair[1]).unwrap())
        .collect()
}
