//! Fixtures: resources without hardware, so that conformance programs and people who write clients
//! find every feature of HPI, on a shelf whose boards have only some.
//!
//! What is set of them is on the log, as everything else, and survives restarts and fail-overs.

use crate::kept::Kept;
use crate::resource::Settings;
use crate::{Domain, Out, Resource};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use hpi_model::entity::{ADVANCEDTCA_CHASSIS, OTHER};
use hpi_model::handover::Identity;
use hpi_model::{
    Capabilities, EntityPath, EventKind, HotSwapCapabilities, ResourceEvent, ResourceId,
    ResourceInfo, RptEntry, Severity, TextBuffer,
};
use serde::{Deserialize, Serialize};

/// Ids of fixtures begin after those of the shelf.
const FIRST_ID: u32 = crate::RESOURCE_IDS_MAX + 0x100;

/// Location of the first fixture in the chassis, clear of those that are addresses on the bus.
const FIRST_LOCATION: u32 = 0x1_0000;

/// Which resources without hardware there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fixture {
    /// None: those that were there leave.
    #[default]
    None,
    /// Each kind of instrument with each of its features.
    HpiFull,
}

impl Domain {
    /// Adds the resources of a fixture that are not there yet, and removes others'.
    pub(crate) fn fixture(&mut self, fixture: Fixture, out: &mut Out<'_>) {
        self.fixture = fixture;
        let wanted = match fixture {
            Fixture::None => Vec::new(),
            Fixture::HpiFull => hpi_full(self.shelf_number),
        };
        let is_there = |id: &ResourceId| wanted.iter().any(|it| it.rpt.resource == *id);
        let fixtures = self.resources.range(ResourceId(FIRST_ID)..);
        let others = fixtures.map(|(id, _)| *id).filter(|id| !is_there(id));
        for id in others.collect::<Vec<_>>() {
            self.remove(id, hpi_model::HotSwapCause::AutoPolicy, out);
        }
        for resource in wanted {
            let id = resource.rpt.resource;
            if self.resources.contains_key(&id) {
                continue;
            }
            let kind = EventKind::Resource(ResourceEvent::Added);
            let event = out.event(id, Severity::Informational, kind);
            self.say_of(Some(resource.rpt.clone()), event, out);
            self.ids.insert(resource.rpt.entity.clone(), id);
            self.resources.insert(id, resource);
            self.rpt_changed(out.at.time);
        }
    }
}

fn hpi_full(shelf_number: u32) -> Vec<Resource> {
    let number = 0;
    let entity = [
        (ADVANCEDTCA_CHASSIS, shelf_number),
        (OTHER, FIRST_LOCATION + number),
    ];
    let resource = Resource {
        rpt: RptEntry {
            resource: ResourceId(FIRST_ID + number),
            info: ResourceInfo::default(),
            entity: EntityPath::root_first(&entity),
            capabilities: Capabilities::RESOURCE
                .with(Capabilities::POWER)
                .with(Capabilities::RESET),
            hot_swap_capabilities: HotSwapCapabilities::default(),
            severity: Severity::Minor,
            failed: false,
            tag: TextBuffer::english("fixture"),
        },
        fru: None,
        identity: Identity::default(),
        hot_swap: None,
        rdrs: Vec::new(),
        sensors: BTreeMap::new(),
        inventory: crate::Inventory::default(),
        settings: Settings::default(),
        pending: None,
        kept: Kept { power_on: true },
    };
    vec![resource]
}
