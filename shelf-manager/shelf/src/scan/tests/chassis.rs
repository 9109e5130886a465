//! A scripted shelf that answers requests as the simulated chassis does.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::app::{BmcGlobalEnables, GetBmcGlobalEnables, GetDeviceId, SetBmcGlobalEnables};
use ipmi::command::picmg::{
    AddressInfo, FruLedProperties, FruLedState, GetAddressInfo, GetFruLedProperties,
    GetFruLedState, GetPicmgProperties, PicmgProperties, SetFruActivation,
};
use ipmi::command::sensor::{
    GetDeviceSdr, GetSensorReading, RecordData, Reservation, ReserveDeviceSdr, SensorReading,
};
use ipmi::command::storage::{
    FruAreaInfo, FruData, GetFruAreaInfo, GetSdr, GetSelEntry, GetSelTime, ReadFruData, SelTime,
    SetSelTime,
};
use ipmi::command::{Command, Empty};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{PortOrder, RequestError, Target};
use ipmi::sel::{Event, HotSwapEvent, Record, RecordBody};

pub(crate) const DATA: &str = include_str!("../../../../ipmi/tests/data/chassis.txt");

/// Whether a controller is on the bus.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Bus {
    #[default]
    On,
    Off,
    /// Acknowledged, but never answers.
    Silent,
}

#[derive(Clone, Default)]
pub(crate) struct Mc {
    device_id: Vec<u8>,
    pub(crate) bus: Bus,
    pub(crate) sdrs: Vec<Vec<u8>>,
    frus: BTreeMap<u8, (u16, Vec<u8>)>,
    readings: BTreeMap<u8, u8>,
    states: BTreeMap<u8, u8>,
    site: (u8, u8, u8),
    /// Refuses to read records as a whole.
    pub(crate) in_parts: bool,
    /// Loses its reservation once, after so many reads of records.
    pub(crate) loses_reservation_after: Option<u32>,
    /// How many requests it answers with "node busy".
    pub(crate) busy: u32,
    /// How many requests it does not answer.
    pub(crate) misses: u32,
    reservation: u16,
    /// What it says besides; `None` to a request that it keeps silent about.
    pub(crate) besides: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

#[derive(Clone, Default)]
pub(crate) struct Chassis {
    pub(crate) mcs: BTreeMap<u8, Mc>,
    pub(crate) sel: Vec<[u8; 16]>,
    pub(crate) answered: usize,
    time: u32,
    next_record: u16,
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

impl Chassis {
    pub(crate) fn load() -> Self {
        let mut chassis = Self {
            next_record: 1,
            ..Self::default()
        };
        for line in DATA.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            let address = u8::from_str_radix(words[1], 16).unwrap();
            if words[0] == "site" {
                let site = (
                    address,
                    words[3].parse().unwrap(),
                    words[2].parse().unwrap(),
                );
                // The shelf manager says where it sits, under its own address.
                let of = if address == 0x10 { 0x20 } else { address << 1 };
                chassis.mcs.entry(of).or_default().site = site;
                continue;
            }
            let mc = chassis.mcs.entry(address).or_default();
            match words[0] {
                "controller" => mc.device_id = bytes(words[2]),
                "absent" => mc.bus = Bus::Off,
                "fru" => {
                    let fru = (words[3].parse().unwrap(), bytes(words[4]));
                    mc.frus.insert(words[2].parse().unwrap(), fru);
                }
                "sdr" => mc.sdrs.push(bytes(words[2])),
                "reading" => {
                    mc.readings
                        .insert(words[2].parse().unwrap(), bytes(words[3])[0]);
                }
                "state" => {
                    mc.states
                        .insert(words[2].parse().unwrap(), words[3].parse().unwrap());
                }
                other => panic!("{other}"),
            }
        }
        chassis.mcs.retain(|_, mc| !mc.device_id.is_empty());
        for mc in chassis.mcs.values_mut() {
            for (index, sdr) in mc.sdrs.iter_mut().enumerate() {
                sdr[..2].copy_from_slice(&u16::try_from(index + 1).unwrap().to_le_bytes());
            }
        }
        chassis
    }

    pub(crate) fn mc(&mut self, address: u8) -> &mut Mc {
        self.mcs.get_mut(&address).unwrap()
    }

    /// Sets the hot swap sensor without an event.
    pub(crate) fn set_state(&mut self, address: u8, state: u8) {
        self.mc(address).states.insert(0, state);
    }

    pub(crate) fn state(&self, address: u8) -> u8 {
        self.mcs[&address].states[&0]
    }

    /// Adds an event to the SEL.
    pub(crate) fn log(&mut self, event: Event) -> Record {
        self.time += 1;
        let body = RecordBody::Event {
            timestamp: self.time,
            event,
        };
        let record = Record {
            id: self.next_record,
            body,
        };
        self.next_record += 1;
        self.sel.push(record.encode());
        record
    }

    pub(crate) fn clear_sel(&mut self) {
        self.sel.clear();
        self.next_record = 1;
    }

    /// The event that the hot swap sensor of a controller sends.
    pub(crate) fn hot_swap(address: u8, swap: HotSwapEvent) -> Event {
        Event {
            generator: address,
            generator_lun: 0,
            revision: 4,
            sensor_type: 0xf0,
            number: 0,
            assertion: true,
            event_type: 0x6f,
            data: swap.data(),
        }
    }

    /// The controller moves by itself: event data 2 and 3 are not specified, as in the simulator.
    fn moves(&mut self, address: u8, current: u8) {
        self.set_state(address, current);
        let swap = HotSwapEvent {
            current,
            previous: None,
            cause: None,
            fru_id: None,
        };
        let event = Event {
            data: [current, 0xff, 0xff],
            ..Self::hot_swap(address, swap)
        };
        self.log(event);
    }

    pub(crate) fn answer(&mut self, order: &PortOrder) -> Option<Result<Response, RequestError>> {
        let address = match order.target {
            Target::ShelfManager => 0x20,
            Target::Ipmb(address) => address,
        };
        self.answered += 1;
        match self.mcs.get(&address).map(|mc| mc.bus) {
            None | Some(Bus::Off) => return Some(Err(RequestError::NoSuchController)),
            Some(Bus::Silent) => return Some(Err(RequestError::Timeout)),
            Some(Bus::On) => {}
        }
        let mc = self.mc(address);
        if mc.busy > 0 {
            mc.busy -= 1;
            return Some(Ok(refuse(CompletionCode::NODE_BUSY)));
        }
        if mc.misses > 0 {
            mc.misses -= 1;
            return Some(Err(RequestError::Timeout));
        }
        let request = &order.request;
        let mut asked = Vec::from([request.command]);
        asked.extend_from_slice(&request.data);
        match mc.besides.get(&asked) {
            Some(Some(data)) => {
                return Some(Ok(Response {
                    code: CompletionCode::OK,
                    data: data.clone(),
                }));
            }
            Some(None) => return Some(Err(RequestError::Timeout)),
            None => {}
        }
        Some(Ok(self.respond(address, request)))
    }

    fn respond(&mut self, address: u8, request: &Request) -> Response {
        if address == 0x20
            && let Some(response) = self.shelf_manager(request)
        {
            return response;
        }
        if SetFruActivation::is(request) {
            return self.activation(address, request);
        }
        let mc = self.mc(address);
        let sensors = mc.sensor(request).or_else(|| mc.records(address, request));
        let others = sensors
            .or_else(|| mc.inventory(request))
            .or_else(|| mc.picmg(address, request));
        others.unwrap_or_else(|| refuse(CompletionCode::INVALID_COMMAND))
    }

    fn shelf_manager(&mut self, request: &Request) -> Option<Response> {
        if GetBmcGlobalEnables::is(request) {
            return Some(GetBmcGlobalEnables::respond(&BmcGlobalEnables {
                enables: 8,
            }));
        }
        if SetBmcGlobalEnables::is(request) || SetSelTime::is(request) {
            return Some(SetSelTime::respond(&Empty {}));
        }
        if GetSelTime::is(request) {
            return Some(GetSelTime::respond(&SelTime { seconds: self.time }));
        }
        if !GetSelEntry::is(request) {
            return None;
        }
        let get = GetSelEntry::read_request(request).unwrap();
        let index = match get.record {
            0 => 0,
            0xffff => self.sel.len().wrapping_sub(1),
            id => {
                let found = self
                    .sel
                    .iter()
                    .position(|record| Record::decode(record).id == id);
                found.unwrap_or(usize::MAX)
            }
        };
        let Some(record) = self.sel.get(index) else {
            return Some(refuse(CompletionCode::NOT_PRESENT));
        };
        let next = self
            .sel
            .get(index + 1)
            .map_or(0xffff, |next| Record::decode(next).id);
        Some(GetSelEntry::respond(&RecordData {
            next,
            data: record.to_vec(),
        }))
    }

    fn activation(&mut self, address: u8, request: &Request) -> Response {
        let order = SetFruActivation::read_request(request).unwrap();
        let path: &[u8] = match (self.state(address), order.activate) {
            (2, 1) => &[3, 4],
            (5, 1) => &[4],
            (2, 0) => &[1],
            (4 | 5, 0) => &[6, 1],
            _ => return SetFruActivation::refuse(CompletionCode::NOT_IN_STATE),
        };
        path.iter().for_each(|state| self.moves(address, *state));
        SetFruActivation::respond(&Empty {})
    }
}

impl Mc {
    fn sensor(&mut self, request: &Request) -> Option<Response> {
        if GetDeviceId::is(request) {
            return Some(Response {
                code: CompletionCode::OK,
                data: self.device_id.clone(),
            });
        }
        if !GetSensorReading::is(request) {
            return None;
        }
        let number = GetSensorReading::read_request(request).unwrap().number;
        let states = self.states.get(&number).map(|state| 1 << state);
        let raw = self.readings.get(&number).copied();
        if states.is_none() && raw.is_none() {
            return Some(refuse(CompletionCode::NOT_PRESENT));
        }
        Some(GetSensorReading::respond(&SensorReading {
            raw: raw.unwrap_or(0),
            flags: 0xc0,
            states: Some(states.unwrap_or(0)),
            states_high: None,
        }))
    }

    fn records(&mut self, address: u8, request: &Request) -> Option<Response> {
        let is_reserve = if address == 0x20 { 0x0a22 } else { 0x0422 };
        let number = u16::from(request.net_fn.0) << 8 | u16::from(request.command);
        if number == is_reserve {
            self.reservation += 1;
            let reservation = self.reservation;
            return Some(ReserveDeviceSdr::respond(&Reservation { reservation }));
        }
        let is_get = if address == 0x20 {
            GetSdr::is(request)
        } else {
            GetDeviceSdr::is(request)
        };
        if !is_get {
            return None;
        }
        let get = GetSdr::read_request(request).unwrap();
        if let Some(left) = &mut self.loses_reservation_after {
            if *left == 0 {
                self.loses_reservation_after = None;
                self.reservation += 1;
            } else {
                *left -= 1;
            }
        }
        if get.count == 0xff && self.in_parts {
            return Some(refuse(CompletionCode::CANNOT_RETURN));
        }
        if get.count != 0xff && get.reservation != self.reservation {
            return Some(refuse(CompletionCode::RESERVATION_CANCELLED));
        }
        let index = usize::from(get.record.max(1) - 1);
        let Some(record) = self.sdrs.get(index) else {
            return Some(refuse(CompletionCode::NOT_PRESENT));
        };
        let next = if index + 1 == self.sdrs.len() {
            0xffff
        } else {
            get.record.max(1) + 1
        };
        let part = record.iter().skip(get.offset.into()).take(get.count.into());
        let mut data: Vec<u8> = part.copied().collect();
        if get.count == 0xff {
            // Some controllers send more than the record has.
            data.extend([0; 5]);
        }
        Some(GetDeviceSdr::respond(&RecordData { next, data }))
    }

    fn inventory(&mut self, request: &Request) -> Option<Response> {
        if GetFruAreaInfo::is(request) {
            let fru_id = GetFruAreaInfo::read_request(request).unwrap().fru_id;
            let Some((size, _)) = self.frus.get(&fru_id) else {
                return Some(refuse(CompletionCode::NOT_PRESENT));
            };
            return Some(GetFruAreaInfo::respond(&FruAreaInfo {
                size: *size,
                access: 0,
            }));
        }
        if !ReadFruData::is(request) {
            return None;
        }
        let read = ReadFruData::read_request(request).unwrap();
        // The simulator's shelf manager cannot send more.
        if self.device_id[0] == 0 && read.count > 31 {
            return Some(refuse(CompletionCode::LENGTH_LIMIT));
        }
        let (size, bytes) = self.frus.get(&read.fru_id).unwrap();
        let mut device = bytes.clone();
        device.resize(usize::from(*size), 0);
        let part = device
            .iter()
            .skip(read.offset.into())
            .take(read.count.into());
        let data: Vec<u8> = part.copied().collect();
        let count = u8::try_from(data.len()).unwrap();
        Some(ReadFruData::respond(&FruData { count, data }))
    }

    fn picmg(&mut self, address: u8, request: &Request) -> Option<Response> {
        if GetPicmgProperties::is(request) {
            let properties = PicmgProperties {
                version: 0x22,
                fru_id_max: 0,
                own_fru_id: 0,
            };
            return Some(GetPicmgProperties::respond(&properties));
        }
        if GetAddressInfo::is(request) {
            let (hardware_address, site_number, site_type) = self.site;
            let fru_id = GetAddressInfo::read_request(request)
                .unwrap()
                .fru_id
                .unwrap_or(0);
            // So does the simulator for the shelf FRU.
            if fru_id != 0 {
                return Some(refuse(CompletionCode::DESTINATION_UNAVAILABLE));
            }
            return Some(GetAddressInfo::respond(&AddressInfo {
                hardware_address,
                ipmb_address: address,
                reserved: 0xff,
                fru_id,
                site_number,
                site_type,
            }));
        }
        if GetFruLedProperties::is(request) {
            let leds = u8::from(self.states.contains_key(&0));
            let properties = FruLedProperties {
                general: leds,
                application_count: 0,
            };
            return Some(GetFruLedProperties::respond(&properties));
        }
        let shows: [u8; 2] = match self.states.get(&0)? {
            0 | 1 => [0xff, 0],
            2 => [90, 10],
            5 | 6 => [10, 90],
            _ => [0, 0],
        };
        GetFruLedState::is(request).then(|| {
            GetFruLedState::respond(&FruLedState {
                states: 1,
                local_function: shows[0],
                local_on_time: shows[1],
                local_color: 1,
                override_function: None,
                override_on_time: None,
                override_color: None,
                lamp_test_time: None,
            })
        })
    }
}

fn refuse(code: CompletionCode) -> Response {
    Response { code, data: vec![] }
}

/// What an inventory calls itself, for short lines.
pub(crate) fn product_name(inventory: &[u8]) -> String {
    let product = ipmi::fru::decode(inventory)
        .ok()
        .and_then(|inventory| inventory.product);
    product
        .map(|product| product.content.name.text())
        .unwrap_or_default()
}
