//! Discovery of one controller: all that its description holds, asked with as much at once as
//! possible.

mod abilities;
mod inventory;
mod records;

use super::bus::{Failure, SHELF_MANAGER, Timer, Urgency, answer, target};
use super::check::{Present, SHELF_FRU, WatchState, shown_state};
use super::{Answer, Effect, Purpose, Scanner};
use crate::{FruAddress, Observation};
use abilities::Probe;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use inventory::InventoryWalk;
use ipmi::command::picmg::{GetAddressInfo, GetFruLedProperties, GetPicmgProperties};
use ipmi::command::sensor::GetSensorReading;
use ipmi::command::{Body, Command, app};
use ipmi::description::{Abilities, Controller, Fru, PicmgProperties, SensorAddress, Site};
use ipmi::fru::picmg::PicmgBody;
use ipmi::message::Request;
use ipmi::sdr::{Entity, RecordBody, SensorCommon};
use ipmi::sel::SENSOR_TYPE_HOT_SWAP;
use ipmi::wire::Reader;
use records::RecordWalk;

/// Most FRUs of one controller.
const FRUS_MAX: usize = 64;

/// Something that is asked for a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    /// Get PICMG Properties.
    Picmg,
    /// All sensor data records, one request after the other.
    Records,
    /// The inventory of a FRU, one request after the other.
    Inventory(u8),
    /// Get Address Info of a FRU.
    Site(u8),
    /// Get FRU LED Properties of a FRU.
    Leds(u8),
    /// Something that not each controller can do.
    Ability(Probe),
    /// The hot swap sensor of a FRU. Asked last: later events only are news.
    State(u8),
}

/// A description in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Discovery {
    device_id: Vec<u8>,
    picmg: Option<PicmgProperties>,
    records: RecordWalk,
    frus: BTreeMap<u8, Draft>,
    abilities: Abilities,
    /// Most bytes that a read of this controller's inventories asks for.
    chunk: u8,
    asked: BTreeSet<Question>,
    open: BTreeSet<Question>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Draft {
    inventory: InventoryWalk,
    site: Option<Site>,
    leds: u8,
    application_leds: u8,
    hot_swap_sensor: Option<SensorAddress>,
    hot_swap_state: Option<u8>,
}

impl Discovery {
    fn new(address: u8, device_id: Vec<u8>) -> Self {
        let parsed = app::DeviceId::read(&mut Reader::new(&device_id)).ok();
        let support = parsed.map_or(0, |parsed| parsed.support);
        let is_main = address == SHELF_MANAGER && support & app::support::SDR_REPOSITORY != 0;
        let mut frus = BTreeMap::from([(0, Draft::default())]);
        if address == SHELF_FRU.address {
            frus.insert(SHELF_FRU.fru_id, Draft::default());
        }
        Self {
            device_id,
            picmg: None,
            records: RecordWalk::new(is_main),
            frus,
            abilities: Abilities::default(),
            chunk: inventory::CHUNK_MAX,
            asked: BTreeSet::new(),
            open: BTreeSet::new(),
        }
    }

    fn is_answered(&self, question: Question) -> bool {
        self.asked.contains(&question) && !self.open.contains(&question)
    }

    /// What can be asked by now and was not.
    fn wanted(&self) -> Vec<Question> {
        let mut wanted = alloc::vec![Question::Picmg, Question::Records];
        wanted.extend(self.frus.keys().map(|fru_id| Question::Inventory(*fru_id)));
        if self.picmg.is_some() {
            wanted.extend(self.frus.keys().map(|fru_id| Question::Site(*fru_id)));
            wanted.extend(self.frus.keys().map(|fru_id| Question::Leds(*fru_id)));
        }
        let probes = abilities::probes(&self.abilities, self.picmg.is_some());
        wanted.extend(probes.into_iter().map(Question::Ability));
        let probes = self.frus.iter();
        let probes = probes.flat_map(|(fru_id, fru)| abilities::of_fru(*fru_id, fru));
        wanted.extend(probes.map(Question::Ability));
        wanted.retain(|question| !self.asked.contains(question));
        let is_last = wanted.is_empty() && self.open.is_empty();
        if is_last {
            let frus = self
                .frus
                .iter()
                .filter(|(_, fru)| fru.hot_swap_sensor.is_some());
            wanted.extend(frus.map(|(fru_id, _)| Question::State(*fru_id)));
            wanted.retain(|question| !self.asked.contains(question));
        }
        wanted
    }

    fn request(&self, question: Question) -> Option<Request> {
        Some(match question {
            Question::Picmg => GetPicmgProperties {}.request(),
            Question::Records => self.records.request(),
            Question::Inventory(fru_id) => self
                .frus
                .get(&fru_id)?
                .inventory
                .request(fru_id, self.chunk),
            Question::Site(fru_id) => GetAddressInfo::of_fru(fru_id).request(),
            Question::Leds(fru_id) => GetFruLedProperties { fru_id }.request(),
            Question::Ability(probe) => abilities::request(probe),
            Question::State(fru_id) => {
                let sensor = self.frus.get(&fru_id)?.hot_swap_sensor?;
                GetSensorReading {
                    number: sensor.number,
                }
                .request_on(sensor.lun)
            }
        })
    }

    /// Takes an answer; `true` when the question goes on with another request.
    fn take(&mut self, question: Question, result: &Answer) -> bool {
        match question {
            Question::Picmg => {
                self.picmg = answer::<GetPicmgProperties>(result).ok().map(|properties| {
                    let (version, fru_id_max) = (properties.version, properties.fru_id_max);
                    PicmgProperties {
                        version,
                        fru_id_max,
                    }
                });
            }
            Question::Records => return self.records.take(result),
            Question::Inventory(fru_id) => {
                let Some(fru) = self.frus.get_mut(&fru_id) else {
                    return false;
                };
                return fru.inventory.take(&mut self.chunk, result);
            }
            Question::Site(fru_id) => {
                let info = answer::<GetAddressInfo>(result).ok();
                let site = info.map(|info| Site {
                    hardware_address: info.hardware_address,
                    number: info.site_number,
                    kind: info.site_type,
                });
                self.draft(fru_id, |fru| fru.site = site);
            }
            Question::Leds(fru_id) => {
                let leds = answer::<GetFruLedProperties>(result);
                let (general, more) = leds.map_or((0, 0), |it| (it.general, it.application_count));
                self.draft(fru_id, |fru| {
                    fru.leds = general & 0x0f;
                    fru.application_leds = more.min(abilities::APPLICATION_LEDS_MAX);
                });
            }
            Question::Ability(probe) => abilities::take(&mut self.abilities, probe, result),
            Question::State(fru_id) => {
                let reading = answer::<GetSensorReading>(result).ok();
                let state = reading.as_ref().and_then(shown_state);
                self.draft(fru_id, |fru| fru.hot_swap_state = state);
            }
        }
        false
    }

    fn draft(&mut self, fru_id: u8, change: impl FnOnce(&mut Draft)) {
        if let Some(fru) = self.frus.get_mut(&fru_id) {
            change(fru);
        }
    }

    /// The FRUs that PICMG properties and locator records tell of, and their hot swap sensors.
    fn list_frus(&mut self, address: u8) {
        let records = self.records.decoded();
        let located: Vec<_> = records
            .iter()
            .filter_map(|body| located(address, body))
            .collect();
        let counted = 1..=self.picmg.map_or(0, |picmg| picmg.fru_id_max.min(253));
        for fru_id in located.iter().map(|(fru_id, _)| *fru_id).chain(counted) {
            if self.frus.len() < FRUS_MAX {
                self.frus.entry(fru_id).or_default();
            }
        }
        let sensors = hot_swap_sensors(address, &records);
        for (sensor, entity) in &sensors {
            let owner = located
                .iter()
                .find(|(_, other)| other == entity)
                .map(|(id, _)| *id);
            let only = (sensors.len() == 1).then_some(0);
            if let Some(fru) = owner.or(only).and_then(|fru_id| self.frus.get_mut(&fru_id)) {
                fru.hot_swap_sensor = Some(*sensor);
            }
        }
    }

    fn description(&self, address: u8) -> Controller {
        let absent = |fru_id: u8, fru: &Draft| {
            let is_located = self
                .records
                .decoded()
                .iter()
                .any(|body| located(address, body).is_some_and(|(other, _)| other == fru_id));
            FruAddress { address, fru_id } == SHELF_FRU
                && fru.inventory.bytes().is_empty()
                && !is_located
        };
        let frus = self
            .frus
            .iter()
            .filter(|(fru_id, fru)| !absent(**fru_id, fru));
        let frus = frus.map(|(fru_id, fru)| Fru {
            fru_id: *fru_id,
            site: fru.site,
            inventory: fru.inventory.used().to_vec(),
            hot_swap_sensor: fru.hot_swap_sensor,
            hot_swap_state: fru.hot_swap_state,
            leds: fru.leds,
        });
        Controller {
            address,
            device_id: self.device_id.clone(),
            picmg: self.picmg,
            frus: frus.collect(),
            sdrs: self.records.raw().to_vec(),
            abilities: self.abilities.clone(),
        }
    }
}

/// The FRU that a locator record places, and as what.
fn located(address: u8, body: &RecordBody) -> Option<(u8, Entity)> {
    match body {
        RecordBody::McLocator(mc) if mc.address == address => Some((0, mc.entity)),
        RecordBody::FruLocator(fru) if fru.access_address == address && fru.is_logical() => {
            Some((fru.fru_id, fru.entity))
        }
        RecordBody::McLocator(_)
        | RecordBody::FruLocator(_)
        | RecordBody::Full(_)
        | RecordBody::Compact(_)
        | RecordBody::EventOnly(_)
        | RecordBody::Other { .. } => None,
    }
}

/// What the sensors that can be read have in common, one for each.
fn sensors(records: &[RecordBody]) -> impl Iterator<Item = SensorCommon> {
    records.iter().flat_map(|body| match body {
        RecordBody::Full(sensor) => alloc::vec![sensor.common.clone()],
        RecordBody::Compact(sensor) => sensor.shared().into_iter().map(|s| s.common).collect(),
        RecordBody::EventOnly(_)
        | RecordBody::FruLocator(_)
        | RecordBody::McLocator(_)
        | RecordBody::Other { .. } => Vec::new(),
    })
}

fn hot_swap_sensors(address: u8, records: &[RecordBody]) -> Vec<(SensorAddress, Entity)> {
    sensors(records)
        .filter(|common| common.owner == address && common.sensor_type == SENSOR_TYPE_HOT_SWAP)
        .map(|common| (common.address(), common.entity))
        .collect()
}

/// The sensors that a controller owns.
///
/// Choice: those of others are read where they are discovered. A repository that holds the records
/// of the whole shelf also has those of controllers that are not there any more.
fn own_sensors(address: u8, records: &[RecordBody]) -> Vec<SensorAddress> {
    let own = sensors(records).filter(|common| common.owner == address);
    own.map(|common| common.address()).collect()
}

impl Scanner {
    /// Starts to ask a controller that just gave its device id.
    pub(super) fn discover(&mut self, address: u8, device_id: Vec<u8>) {
        self.forget(address);
        if let Some(watch) = self.watches.get_mut(&address) {
            let discovery = Discovery::new(address, device_id);
            watch.state = WatchState::Discovering(Box::new(discovery));
            self.go_on(address, &mut Vec::new());
        }
    }

    pub(super) fn discovered(
        &mut self,
        address: u8,
        question: Question,
        result: &Answer,
        effects: &mut Vec<Effect>,
    ) {
        let Some(watch) = self.watches.get_mut(&address) else {
            return;
        };
        let WatchState::Discovering(discovery) = &mut watch.state else {
            return;
        };
        let failure = super::bus::data(result).err();
        // Some controllers keep silent instead of refusing what they do not know, or a read that is
        // too long for them.
        let may_be_silent = matches!(
            question,
            Question::Inventory(_) | Question::Records | Question::Ability(_)
        );
        if failure == Some(Failure::Absent) || failure == Some(Failure::Silent) && !may_be_silent {
            self.gave_up(address, effects);
            return;
        }
        if discovery.take(question, result) {
            if let Some(request) = discovery.request(question) {
                let purpose = Purpose::Discover(address, question);
                self.bus
                    .ask(purpose, Urgency::Soon, (target(address), request));
            }
            return;
        }
        discovery.open.remove(&question);
        let tells_frus = [Question::Picmg, Question::Records];
        if tells_frus.contains(&question) && tells_frus.iter().all(|q| discovery.is_answered(*q)) {
            discovery.list_frus(address);
        }
        if question == Question::Inventory(SHELF_FRU.fru_id) && address == SHELF_FRU.address {
            self.watch_the_shelf();
        }
        self.go_on(address, effects);
    }

    /// Asks what can be asked; when there is nothing left, the controller is found.
    fn go_on(&mut self, address: u8, effects: &mut Vec<Effect>) {
        let Some(watch) = self.watches.get_mut(&address) else {
            return;
        };
        let WatchState::Discovering(discovery) = &mut watch.state else {
            return;
        };
        let wanted = discovery.wanted();
        if wanted.is_empty() && discovery.open.is_empty() {
            self.found(address, effects);
            return;
        }
        let asks_state = wanted
            .iter()
            .any(|question| matches!(question, Question::State(_)));
        for question in wanted {
            discovery.asked.insert(question);
            let Some(request) = discovery.request(question) else {
                continue;
            };
            discovery.open.insert(question);
            let purpose = Purpose::Discover(address, question);
            self.bus
                .ask(purpose, Urgency::Soon, (target(address), request));
        }
        if asks_state {
            self.outdate(address);
        }
    }

    fn found(&mut self, address: u8, effects: &mut Vec<Effect>) {
        let Some(watch) = self.watches.get_mut(&address) else {
            return;
        };
        let WatchState::Discovering(discovery) = &watch.state else {
            return;
        };
        let controller = discovery.description(address);
        let records = discovery.records.decoded();
        let sensors = own_sensors(address, &records);
        let located = located_controllers(&records);
        let frus = || controller.frus.iter();
        let hot_swap = frus().filter_map(|fru| Some((fru.hot_swap_sensor?, fru.fru_id)));
        let states = frus().filter_map(|fru| Some((fru.fru_id, fru.hot_swap_state?)));
        let lit: Vec<u8> = frus()
            .filter(|fru| fru.leds & 1 != 0)
            .map(|fru| fru.fru_id)
            .collect();
        let blue_leds = lit.iter().map(|fru_id| (*fru_id, None)).collect();
        let present = Present::new(hot_swap.collect(), states.collect(), blue_leds);
        watch.state = WatchState::Present(Box::new(present));
        effects.push(Effect::Observe(Observation::ControllerFound(controller)));
        for fru_id in lit {
            self.ask_led(FruAddress { address, fru_id });
        }
        for sensor in sensors {
            self.ask_reading(address, sensor);
        }
        self.bus.set(
            self.now.after(self.config.check_interval),
            Timer::Check(address),
        );
        located.into_iter().for_each(|address| {
            self.watch(address);
        });
        self.release(address, effects);
        self.judge_all(address, effects);
    }

    /// It vanished while it was asked: as if it had never answered.
    fn gave_up(&mut self, address: u8, effects: &mut Vec<Effect>) {
        self.forget(address);
        if let Some(watch) = self.watches.get_mut(&address) {
            watch.state = WatchState::Absent;
        }
        self.bus.set(
            self.now.after(self.config.miss_delay),
            Timer::Check(address),
        );
        self.release(address, effects);
    }

    /// Watches every site of the shelf's address table, or what is configured where there is none.
    fn watch_the_shelf(&mut self) {
        let watch = self.watches.get(&SHELF_FRU.address);
        let bytes = match watch.map(|watch| &watch.state) {
            Some(WatchState::Discovering(discovery)) => discovery.frus.get(&SHELF_FRU.fru_id),
            Some(WatchState::Absent | WatchState::Present(_)) | None => None,
        };
        let bytes = bytes.map(|fru| fru.inventory.bytes()).unwrap_or_default();
        let sites = addresses_in(bytes);
        let sites = if sites.is_empty() {
            self.config.addresses.clone()
        } else {
            sites
        };
        for address in sites {
            self.watch(address);
        }
    }
}

/// IPMB-0 addresses of the sites in a shelf FRU. Source: PICMG 3.0 R3.0: twice the hardware
/// address.
fn addresses_in(inventory: &[u8]) -> Vec<u8> {
    let Ok(inventory) = ipmi::fru::decode(inventory) else {
        return Vec::new();
    };
    let tables = inventory.records.iter().filter_map(|record| {
        let PicmgBody::AddressTable(table) = record.as_picmg()?.body else {
            return None;
        };
        Some(table.sites.0)
    });
    let sites = tables.flatten().filter(|site| site.hardware_address < 0x80);
    sites.map(|site| site.hardware_address << 1).collect()
}

/// IPMB-0 addresses of the controllers that records locate.
fn located_controllers(records: &[RecordBody]) -> Vec<u8> {
    let addresses = records.iter().filter_map(|body| {
        let RecordBody::McLocator(mc) = body else {
            return None;
        };
        (mc.channel & 0x0f == 0).then_some(mc.address)
    });
    addresses.filter(|address| address & 1 == 0).collect()
}
