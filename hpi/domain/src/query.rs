//! What HPI's users may ask of the domain.

use crate::resource::sensor_rec;
use crate::{Domain, EventLog, Fixture, FruAddress, Resource, Sessions};
use hpi_model::{EntityPath, Rdr, RdrType, ResourceId, SensorRec, TextBuffer};
use machine::Time;

/// `SaHpiDomainInfoT`, as far as the domain itself knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainInfo {
    /// Changes of the resource presence table so far.
    pub rpt_update_count: u32,
    /// When it last changed.
    pub rpt_update_time: Time,
    /// Resources that it holds.
    pub resources: usize,
    /// Resources that were left out because [`crate::RESOURCE_IDS_MAX`] ids are given.
    pub refused_resources: u32,
}

impl Domain {
    /// Location of the shelf in every entity path.
    pub fn shelf_number(&self) -> u32 {
        self.shelf_number
    }

    /// The domain at a glance.
    pub fn info(&self) -> DomainInfo {
        DomainInfo {
            rpt_update_count: self.rpt_update_count,
            rpt_update_time: self.rpt_update_time,
            resources: self.resources.len(),
            refused_resources: self.refused_resources,
        }
    }

    /// All resources, in the order of their ids.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// One resource.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(&id)
    }

    /// The resource after `after` (the first one for `None`), as `saHpiRptEntryGet` walks the
    /// table.
    pub fn next_resource(&self, after: Option<ResourceId>) -> Option<&Resource> {
        let from = ResourceId(after.map_or(0, |id| id.0.saturating_add(1)));
        self.resources
            .range(from..)
            .next()
            .map(|(_, resource)| resource)
    }

    /// The resource that is at a place.
    pub fn at(&self, path: &EntityPath) -> Option<&Resource> {
        self.resources.get(self.ids.get(path)?)
    }

    /// The resource that stands for a FRU.
    pub fn of_fru(&self, fru: FruAddress) -> Option<&Resource> {
        self.resources.get(self.by_fru.get(&fru)?)
    }

    /// The sessions of HPI's users.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Which resources without hardware it has.
    pub fn fixture_kind(&self) -> Fixture {
        self.fixture
    }

    /// `DomainTag`.
    pub fn tag(&self) -> &TextBuffer {
        &self.tag
    }

    /// The domain event log.
    pub fn event_log(&self) -> &EventLog {
        &self.log
    }
}

impl Resource {
    /// The record with this id: its position, from 1.
    pub fn rdr(&self, id: u32) -> Option<&Rdr> {
        self.rdrs.get(usize::try_from(id.checked_sub(1)?).ok()?)
    }

    /// The record of an instrument.
    pub fn rdr_of(&self, kind: RdrType, num: u32) -> Option<&Rdr> {
        let mut rdrs = self.rdrs.iter();
        rdrs.find(|r| r.instrument.kind() == kind && r.instrument.num() == num)
    }

    /// The records of its sensors.
    pub fn sensor_records(&self) -> impl Iterator<Item = (&Rdr, &SensorRec)> {
        self.rdrs
            .iter()
            .filter_map(|rdr| Some((rdr, sensor_rec(rdr)?)))
    }
}
