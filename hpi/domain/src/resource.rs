//! One resource: what the domain keeps of a FRU, and how it is made from what discovery found.

use crate::abilities;
use crate::atca;
use crate::enable::SensorEnables;
use crate::inventory::{self, Inventory};
use crate::kept::Kept;
use crate::managers;
use crate::mapping::{Place, hot_swap_state};
use crate::policy::{Policy, PolicyTimeout};
use crate::records::{Locator, Records, sensor_num};
use crate::sensor_event;
use crate::{FruAddress, M_STATE_LOST};
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;
use hpi_model::handover::{Action, Identity};
use hpi_model::instrument::InventoryRec;
use hpi_model::{
    Capabilities, EntityPath, EventKind, EventState, HotSwapCapabilities, HotSwapCause,
    HotSwapState, Instrument, Rdr, ResourceEvent, ResourceId, ResourceInfo, RptEntry, SensorEvent,
    SensorRec, Severity, TextBuffer,
};
use ipmi::description::{Abilities, Controller, Fru, FruAbilities, SensorAddress};
use ipmi::sel::Event;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Site types whose payload power can be switched: front boards, AMCs, rear transition modules.
const POWERED_SITES: [u8; 3] = [0, 7, 9];

/// Hot swap of a resource that manages it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotSwap {
    /// State as PICMG counts it, 1–6 for M1–M6.
    pub m_state: u8,
    /// State as HPI reports it.
    pub state: HotSwapState,
    /// `SaHpiSensorNumT` of the hot swap sensor, whose states are the M-states; `None` without
    /// one.
    pub sensor: Option<u32>,
    /// Where the policy for its present state stands.
    pub policy: Policy,
}

/// A sensor of a resource: where it is read, and what it last said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sensor {
    /// IPMB-0 address of the controller that owns it.
    pub owner: u8,
    /// Where it is in that controller.
    pub address: SensorAddress,
    /// Its sensor data record, from which readings are converted.
    pub record: Vec<u8>,
    /// States that its events left asserted.
    pub asserted: EventState,
}

/// A resource of the domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its entry in the resource presence table.
    pub rpt: RptEntry,
    /// The FRU that it stands for; `None` where the domain itself keeps all of it.
    pub fru: Option<FruAddress>,
    /// What identifies it.
    pub identity: Identity,
    /// `None` when hot swap is not managed.
    pub hot_swap: Option<HotSwap>,
    /// Its resource data records.
    pub rdrs: Vec<Rdr>,
    /// What `saHpiRdrUpdateCountGet` tells: another number whenever `rdrs` are others.
    pub rdr_update_count: u32,
    /// Its sensors, by `SaHpiSensorNumT`; each has an RDR.
    pub sensors: BTreeMap<u32, Sensor>,
    /// Inventory 0.
    pub inventory: Inventory,
    /// What users set.
    pub(crate) settings: Settings,
    /// The action that was last sent down and not heard of since.
    pub(crate) pending: Option<Action>,
    /// What no controller has.
    pub kept: Kept,
}

impl Resource {
    /// Whether it has a hot swap indicator (the blue LED).
    pub fn has_indicator(&self) -> bool {
        self.rpt
            .hot_swap_capabilities
            .has(HotSwapCapabilities::INDICATOR_SUPPORTED)
    }

    /// What is told of it when it comes into the table.
    pub(crate) fn arrival(&self, cause: HotSwapCause) -> EventKind {
        match self.hot_swap {
            Some(HotSwap { state, .. }) => EventKind::HotSwap {
                state,
                previous: HotSwapState::NotPresent,
                cause,
            },
            None => EventKind::Resource(ResourceEvent::Added),
        }
    }

    /// Enters an M-state; the hot swap states before and now, or `None` when HPI sees no change.
    pub(crate) fn enter(&mut self, m_state: u8, now: Time) -> Option<(HotSwapState, HotSwapState)> {
        let hot_swap = self.hot_swap.as_mut()?;
        let state = hot_swap_state(m_state, Some(hot_swap.state))?;
        let previous = core::mem::replace(&mut hot_swap.state, state);
        if previous != state || matches!(m_state, 3 | 6) {
            hot_swap.policy = Policy::of(m_state, now);
        }
        if core::mem::replace(&mut hot_swap.m_state, m_state) != m_state {
            self.pending = None;
        }
        self.show_m_state();
        (previous != state).then_some((previous, state))
    }

    /// Takes an event of one of the sensors; `None` when it is not one of ours, or tells nothing
    /// new.
    pub(crate) fn sensor_event(&mut self, event: &Event) -> Option<(Severity, SensorEvent)> {
        let (num, sensor) = self
            .sensors
            .iter_mut()
            .find(|(_, s)| s.address == event.sensor())?;
        let mut recs = self.rdrs.iter().filter_map(sensor_rec);
        let rec = recs.find(|rec| rec.num == *num)?;
        sensor_event::take(sensor, rec, event)
    }

    /// Takes over what another discovery found; whether anything that users see changed.
    pub(crate) fn adopt(&mut self, draft: Draft) -> bool {
        let mut found = draft.into_resource(self.rpt.resource);
        found.rpt.entity = self.rpt.entity.clone();
        found.rpt.failed = self.rpt.failed;
        found.settings = self.settings.clone();
        let sensors = &found.sensors;
        let is_there = |num: &u32| sensors.contains_key(num);
        found.settings.enables.retain(|num, _| is_there(num));
        found.settings.override_in(&mut found.rpt);
        found.pending = self.pending.clone();
        found.rdr_update_count = self.rdr_update_count;
        let fresh = core::mem::replace(&mut found.kept, self.kept.clone());
        found.kept.renew(fresh);
        let inventory = core::mem::take(&mut found.inventory);
        found.inventory = self.inventory.clone();
        found.inventory.adopt(inventory);
        if found.hot_swap.is_some() && self.hot_swap.is_some() {
            found.hot_swap = self.hot_swap;
        }
        for (num, sensor) in &mut found.sensors {
            if let Some(known) = self.sensors.get(num) {
                sensor.asserted = known.asserted;
            }
        }
        core::mem::replace(self, found) != *self
    }

    /// The hot swap sensor reads the M-state, as the sensor itself does.
    fn show_m_state(&mut self) {
        let Some(hot_swap) = self.hot_swap else {
            return;
        };
        let sensor = hot_swap.sensor.and_then(|num| self.sensors.get_mut(&num));
        if let Some(sensor) = sensor {
            sensor.asserted = EventState(1 << hot_swap.m_state);
        }
    }
}

/// What users set of a resource: it holds until the resource leaves the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) tag: Option<TextBuffer>,
    pub(crate) severity: Option<Severity>,
    /// Of sensors, by `SaHpiSensorNumT`, as the hardware said last.
    pub(crate) enables: BTreeMap<u32, SensorEnables>,
    pub(crate) auto_extract: PolicyTimeout,
}

impl Settings {
    pub(crate) fn override_in(&self, rpt: &mut RptEntry) {
        if let Some(tag) = &self.tag {
            rpt.tag = tag.clone();
        }
        if let Some(severity) = self.severity {
            rpt.severity = severity;
        }
    }
}

/// A FRU as discovered, before it is a resource.
pub(crate) struct Draft {
    pub(crate) fru: FruAddress,
    pub(crate) path: EntityPath,
    pub(crate) m_state: Option<u8>,
    hot_swap: Option<HotSwap>,
    identity: Identity,
    inventory: Inventory,
    info: ResourceInfo,
    capabilities: Capabilities,
    indicator: bool,
    severity: Severity,
    tag: TextBuffer,
    leds: u8,
    is_picmg: bool,
    fru_abilities: FruAbilities,
    /// Of its controller, where it is that itself.
    abilities: Option<Abilities>,
    sensors: Vec<(SensorRec, alloc::string::String, Sensor)>,
}

/// The FRUs of a controller that are there: not those in M0.
pub(crate) fn drafts(shelf_number: u32, controller: &Controller) -> Vec<Draft> {
    let records = Records::read(controller);
    let carrier = controller.frus.iter().find(|f| f.fru_id == 0);
    let place = |fru: &Fru| Place {
        shelf_number,
        fru: FruAddress {
            address: controller.address,
            fru_id: fru.fru_id,
        },
        site: fru.site,
        carrier_site: carrier.and_then(|f| f.site),
        entity_id: records.locator(fru.fru_id).map(|l| l.entity_id),
    };
    let there = controller
        .frus
        .iter()
        .filter(|f| f.hot_swap_state != Some(0));
    there
        .map(|fru| Draft::new(controller, fru, &place(fru), &records))
        .collect()
}

impl Draft {
    fn new(controller: &Controller, fru: &Fru, place: &Place, records: &Records) -> Self {
        let (mut inventory, identity) = inventory::read(&fru.inventory);
        if place.is_shelf_fru() {
            inventory.seal();
        }
        let path = place.path();
        let fru_abilities = controller.abilities.frus.get(&fru.fru_id);
        let tag = records
            .locator(fru.fru_id)
            .map(|l: &Locator| l.name.clone())
            .filter(|name| !name.is_empty())
            .or_else(|| identity.product_name.clone())
            .or_else(|| identity.board_product_name.clone())
            .unwrap_or_else(|| path.to_string());
        Self {
            fru: place.fru,
            m_state: fru.hot_swap_sensor.and(fru.hot_swap_state),
            hot_swap: hot_swap(fru),
            identity,
            inventory,
            info: info(&controller.device_id),
            capabilities: capabilities(controller, fru),
            indicator: fru.hot_swap_sensor.is_some() && fru.leds & 1 != 0,
            severity: place.severity(),
            tag: TextBuffer::english(&tag),
            leds: fru.leds,
            is_picmg: controller.picmg.is_some(),
            fru_abilities: fru_abilities.cloned().unwrap_or_default(),
            abilities: (fru.fru_id == 0).then(|| controller.abilities.clone()),
            sensors: records.sensors_of(fru.fru_id),
            path,
        }
    }

    /// Whether a known resource is this FRU: the same place, and not another board.
    pub(crate) fn is_same_thing(&self, resource: &Resource) -> bool {
        let unread = Identity::default();
        Some(self.fru) == resource.fru
            && (self.path == resource.rpt.entity || self.path_by_address() == resource.rpt.entity)
            && (self.identity == resource.identity
                || self.identity == unread
                || resource.identity == unread)
    }

    /// Two FRUs claim the same place: tell them apart by their address on the bus.
    pub(crate) fn use_address_as_location(&mut self) {
        self.path = self.path_by_address();
    }

    fn path_by_address(&self) -> EntityPath {
        let mut path = self.path.clone();
        if let Some(leaf) = path.0.first_mut() {
            leaf.location = crate::mapping::bus_location(self.fru);
        }
        path
    }

    pub(crate) fn into_resource(self, id: ResourceId) -> Resource {
        let mut capabilities = self.capabilities;
        let mut rdrs = Vec::new();
        let mut sensors = BTreeMap::new();
        for (rec, name, sensor) in self.sensors {
            capabilities = capabilities.with(Capabilities::SENSOR);
            sensors.insert(rec.num, sensor);
            rdrs.push(rdr(&self.path, Instrument::Sensor(rec), &name));
        }
        if !self.inventory.areas.is_empty() || !self.inventory.defects.is_empty() {
            capabilities = capabilities.with(Capabilities::INVENTORY_DATA);
            let rec = InventoryRec {
                idr: 0,
                persistent: true,
                oem: 0,
            };
            rdrs.push(rdr(
                &self.path,
                Instrument::Inventory(rec),
                &self.tag.to_text(),
            ));
        }
        if !rdrs.is_empty() {
            capabilities = capabilities.with(Capabilities::RDR);
        }
        let mut resource = Resource {
            rpt: RptEntry {
                resource: id,
                info: self.info,
                entity: self.path,
                capabilities,
                hot_swap_capabilities: if self.indicator {
                    HotSwapCapabilities::INDICATOR_SUPPORTED
                } else {
                    HotSwapCapabilities::default()
                },
                severity: self.severity,
                failed: self.m_state == Some(M_STATE_LOST),
                tag: self.tag,
            },
            fru: Some(self.fru),
            identity: self.identity,
            hot_swap: self.hot_swap,
            rdrs,
            sensors,
            inventory: self.inventory,
            settings: Settings::default(),
            pending: None,
            rdr_update_count: 0,
            kept: Kept::default(),
        };
        let controls = atca::Controls {
            fru: self.fru,
            leds: self.leds,
            is_picmg: self.is_picmg,
            abilities: &self.fru_abilities,
        };
        atca::add(&mut resource, &controls);
        if let Some(abilities) = &self.abilities {
            abilities::add(&mut resource, self.fru.address, abilities);
        }
        if managers::is_of(self.fru) {
            managers::add(&mut resource);
        }
        resource.show_m_state();
        resource
    }
}

/// `None` when hot swap is not managed. Choice: what is lost when it is first seen counts as
/// inactive until it answers.
fn hot_swap(fru: &Fru) -> Option<HotSwap> {
    let sensor = Some(sensor_num(fru.hot_swap_sensor?));
    let m_state = fru.hot_swap_state?;
    Some(match hot_swap_state(m_state, None) {
        Some(state) => HotSwap {
            m_state,
            state,
            sensor,
            policy: Policy::None,
        },
        None => HotSwap {
            m_state: 1,
            state: HotSwapState::Inactive,
            sensor,
            policy: Policy::None,
        },
    })
}

fn capabilities(controller: &Controller, fru: &Fru) -> Capabilities {
    let mut capabilities = Capabilities::RESOURCE;
    if hot_swap(fru).is_some() {
        capabilities = capabilities
            .with(Capabilities::FRU)
            .with(Capabilities::MANAGED_HOTSWAP);
        if controller.picmg.is_some() {
            capabilities = capabilities.with(Capabilities::RESET);
            if fru.site.is_some_and(|s| POWERED_SITES.contains(&s.kind)) {
                capabilities = capabilities.with(Capabilities::POWER);
            }
        }
    }
    capabilities
}

/// Source: IPMI v2.0 §20.1, response of Get Device ID; missing bytes count as zero.
fn info(device_id: &[u8]) -> ResourceInfo {
    let at = |i: usize| device_id.get(i).copied().unwrap_or(0);
    ResourceInfo {
        resource_rev: at(1) & 0x0f,
        specific_ver: at(4),
        device_support: at(5),
        manufacturer_id: u32::from_le_bytes([at(6), at(7), at(8) & 0x0f, 0]),
        product_id: u16::from_le_bytes([at(9), at(10)]),
        firmware_major_rev: at(2) & 0x7f,
        firmware_minor_rev: at(3),
        aux_firmware_rev: at(11),
        guid: [0; 16],
    }
}

/// The sensor's record, where the RDR is one of a sensor.
pub(crate) fn sensor_rec(rdr: &Rdr) -> Option<&SensorRec> {
    match &rdr.instrument {
        Instrument::Sensor(rec) => Some(rec),
        Instrument::Control(_)
        | Instrument::Inventory(_)
        | Instrument::Watchdog(_)
        | Instrument::Annunciator(_)
        | Instrument::Dimi(_)
        | Instrument::Fumi(_) => None,
    }
}

fn rdr(path: &EntityPath, instrument: Instrument, name: &str) -> Rdr {
    Rdr {
        entity: path.clone(),
        is_fru: false,
        instrument,
        id: TextBuffer::english(name),
    }
}
