//! Answers to requests that IPMI defines.

use crate::fru::OWN;
use crate::records::Read;
use crate::sensor::Sensor;
use crate::{Effect, Ipmc};
use alloc::vec::Vec;
use ipmi::command::app::support;
use ipmi::command::hpm::{GetTargetUpgradeCapabilities, InitiateManualRollback};
use ipmi::command::sensor::{
    DeviceSdrInfo, EventReceiver, GetDeviceSdr, GetDeviceSdrInfo, GetEventReceiver,
    GetSensorEventEnable, GetSensorEventStatus, GetSensorHysteresis, GetSensorReading,
    GetSensorReadingFactors, GetSensorThresholds, PlatformEvent, ReadingFactors, RearmSensorEvents,
    Reservation, ReserveDeviceSdr, SensorEventEnable, SensorEventStatus, SensorReading,
    SetEventReceiver, SetSensorEventEnable, SetSensorHysteresis, SetSensorThresholds,
};
use ipmi::command::storage::{
    AddSelEntry, ClearSel, GetFruAreaInfo, GetSdr, GetSdrRepositoryInfo, GetSelEntry, GetSelInfo,
    GetSelTime, ReadFruData, RepositoryInfo, ReserveSdrRepository, ReserveSel, SelEntryAdded,
    SelTime, SetSelTime, WriteFruData,
};
use ipmi::command::{Command, Empty, PICMG_GROUP};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::sel::{Record, RecordBody};
use machine::Time;

/// Reads a request and answers it; the error is the completion code.
pub(crate) fn reply<C: Command>(
    request: &Request,
    answer: impl FnOnce(C) -> Result<C::Response, CompletionCode>,
) -> Response {
    match C::read_request(request).and_then(answer) {
        Ok(body) => C::respond(&body),
        Err(code) => C::refuse(code),
    }
}

impl Ipmc {
    pub(crate) fn answer(
        &mut self,
        now: Time,
        (from, request): (u8, &Request),
        effects: &mut Vec<Effect>,
    ) -> Response {
        if request.lun != 0 {
            return Response::from(CompletionCode::INVALID_FOR_LUN);
        }
        match request.net_fn {
            NetFn::CHASSIS => self.chassis(request),
            NetFn::APP => self.app(now, request, effects),
            NetFn::SENSOR_EVENT if request.command >= GetDeviceSdrInfo::COMMAND => {
                self.sensor(request, effects)
            }
            NetFn::SENSOR_EVENT => self.event(now, (from, request), effects),
            NetFn::STORAGE if request.command >= GetSelInfo::COMMAND => {
                self.log(now, request, effects)
            }
            NetFn::STORAGE => self.storage(now, request),
            NetFn::GROUP if is_upgrade(request) => self.upgrade(now, (from, request), effects),
            NetFn::OEM_GROUP => self.oem(request, effects),
            NetFn::GROUP => self.picmg(now, request, effects),
            _ => Response::from(CompletionCode::INVALID_COMMAND),
        }
    }

    fn event(
        &mut self,
        now: Time,
        (from, request): (u8, &Request),
        effects: &mut Vec<Effect>,
    ) -> Response {
        match request.command {
            SetEventReceiver::COMMAND => reply::<SetEventReceiver>(request, |order| {
                self.event_receiver = order.address;
                self.event_receiver_lun = order.lun & 3;
                self.rearm_all(effects);
                Ok(Empty {})
            }),
            GetEventReceiver::COMMAND => reply::<GetEventReceiver>(request, |_| {
                Ok(EventReceiver {
                    address: self.event_receiver,
                    lun: self.event_receiver_lun,
                })
            }),
            PlatformEvent::COMMAND if self.log.is_some() => {
                reply::<PlatformEvent>(request, |event| {
                    self.received(now, event_record(from, &event), effects);
                    Ok(Empty {})
                })
            }
            _ => Response::from(CompletionCode::INVALID_COMMAND),
        }
    }

    /// Takes an event message: into the log, and to whoever reads the event message buffer.
    ///
    /// Choice: when the log is full the event is told all the same, as buffer and log are enabled
    /// each for itself (IPMI v2.0 §22.1), and its sender, who can do nothing about it, is told of
    /// success. Get SEL Info says that the log has lost something.
    fn received(&mut self, now: Time, record: [u8; 16], effects: &mut Vec<Effect>) {
        if let Some(log) = &mut self.log {
            let told = log.add(now, record);
            effects.push(Effect::Logged(
                told.unwrap_or_else(|| log.unlogged(now, record)),
            ));
        }
    }

    /// Adds a record to the log and tells; the id of the record.
    fn append(
        &mut self,
        now: Time,
        record: [u8; 16],
        effects: &mut Vec<Effect>,
    ) -> Result<u16, CompletionCode> {
        let log = self.log.as_mut().ok_or(CompletionCode::INVALID_COMMAND)?;
        let added = log.add(now, record).ok_or(CompletionCode::OUT_OF_SPACE)?;
        effects.push(Effect::Logged(added));
        Ok(log.last_id())
    }

    fn sensor(&mut self, request: &Request, effects: &mut Vec<Effect>) -> Response {
        match request.command {
            GetDeviceSdrInfo::COMMAND => reply(request, |asked| self.device_sdr_info(&asked)),
            ReserveDeviceSdr::COMMAND => reply::<ReserveDeviceSdr>(request, |_| {
                self.device_sdrs()?;
                let reservation = self.records.reserve();
                Ok(Reservation { reservation })
            }),
            GetDeviceSdr::COMMAND => reply::<GetDeviceSdr>(request, |asked| {
                self.device_sdrs()?;
                self.records.read(Read {
                    reservation: asked.reservation,
                    record: asked.record,
                    offset: asked.offset,
                    count: asked.count,
                })
            }),
            GetSensorReading::COMMAND => reply(request, |asked| self.reading(&asked)),
            GetSensorReadingFactors::COMMAND => {
                reply::<GetSensorReadingFactors>(request, |asked| {
                    let factors = self.records.factors(asked.number);
                    let factors = factors.ok_or(CompletionCode::NOT_PRESENT)?;
                    // All of them are linear: the factors never change.
                    let next = u8::MAX;
                    Ok(ReadingFactors { next, factors })
                })
            }
            GetSensorThresholds::COMMAND => reply::<GetSensorThresholds>(request, |asked| {
                self.sensor_at(asked.number)?.thresholds()
            }),
            SetSensorThresholds::COMMAND => reply::<SetSensorThresholds>(request, |order| {
                self.sensor_at(order.number)?.set_thresholds(&order)?;
                self.measure(order.number, effects);
                Ok(Empty {})
            }),
            GetSensorHysteresis::COMMAND => reply::<GetSensorHysteresis>(request, |asked| {
                self.sensor_at(asked.number)?.hysteresis()
            }),
            SetSensorHysteresis::COMMAND => reply::<SetSensorHysteresis>(request, |order| {
                self.sensor_at(order.number)?.set_hysteresis(&order)?;
                Ok(Empty {})
            }),
            GetSensorEventEnable::COMMAND => {
                reply::<GetSensorEventEnable>(request, |asked| self.event_enable(asked.number))
            }
            SetSensorEventEnable::COMMAND => reply::<SetSensorEventEnable>(request, |order| {
                self.sensor_at(order.number)?.set_event_enable(&order)?;
                // Scanning that was turned on begins now.
                self.measure(order.number, effects);
                Ok(Empty {})
            }),
            GetSensorEventStatus::COMMAND => {
                reply::<GetSensorEventStatus>(request, |asked| self.event_status(asked.number))
            }
            RearmSensorEvents::COMMAND => {
                reply::<RearmSensorEvents>(request, |order| self.rearm(&order, effects))
            }
            _ => Response::from(CompletionCode::INVALID_COMMAND),
        }
    }

    /// A sensor that can be set; those that tell of the controller itself cannot.
    fn sensor_at(&mut self, number: u8) -> Result<&mut Sensor, CompletionCode> {
        let refused = match self.own_reading(number) {
            Some(_) => CompletionCode::ILLEGAL,
            None => CompletionCode::NOT_PRESENT,
        };
        self.sensors.get_mut(&number).ok_or(refused)
    }

    fn reading(&self, asked: &GetSensorReading) -> Result<SensorReading, CompletionCode> {
        if let Some(reading) = self.own_reading(asked.number) {
            return Ok(reading);
        }
        let sensor = self.sensors.get(&asked.number);
        let sensor = sensor.ok_or(CompletionCode::NOT_PRESENT)?;
        Ok(sensor.reading(self.is_measuring(sensor)))
    }

    fn event_enable(&self, number: u8) -> Result<SensorEventEnable, CompletionCode> {
        let sensor = self.sensors.get(&number).map(Sensor::event_enable);
        let enable = sensor.or_else(|| self.own_event_enable(number));
        enable.ok_or(CompletionCode::NOT_PRESENT)
    }

    fn event_status(&self, number: u8) -> Result<SensorEventStatus, CompletionCode> {
        let sensor = self.sensors.get(&number);
        let status = sensor.map(|sensor| sensor.event_status(self.is_measuring(sensor)));
        let status = status.or_else(|| self.own_event_status(number));
        status.ok_or(CompletionCode::NOT_PRESENT)
    }

    /// Whether there are device SDRs; the shelf manager has a repository in their place.
    fn device_sdrs(&self) -> Result<(), CompletionCode> {
        let provided = self.config.device.provides_device_sdrs();
        provided
            .then_some(())
            .ok_or(CompletionCode::INVALID_COMMAND)
    }

    fn device_sdr_info(&self, asked: &GetDeviceSdrInfo) -> Result<DeviceSdrInfo, CompletionCode> {
        self.device_sdrs()?;
        let swapped = self.frus.values().filter(|fru| fru.hot_swap.is_some());
        let own = swapped.count() + usize::from(self.config.ipmb_sensor.is_some());
        let sensors = self.sensors.len() + own;
        let count = match asked.operation.unwrap_or(0) & 1 {
            1 => self.records.len(),
            _ => sensors,
        };
        Ok(DeviceSdrInfo {
            count: u8::try_from(count).unwrap_or(u8::MAX),
            // The population never changes; logical unit 0 has sensors.
            flags: 0x01,
            change: None,
        })
    }

    fn storage(&mut self, now: Time, request: &Request) -> Response {
        let is_repository = self.config.device.support & support::SDR_REPOSITORY != 0;
        match request.command {
            GetFruAreaInfo::COMMAND => reply::<GetFruAreaInfo>(request, |asked| {
                self.check_present(asked.fru_id)?;
                self.inventories.area_info(asked.fru_id)
            }),
            ReadFruData::COMMAND => reply::<ReadFruData>(request, |asked| {
                self.check_present(asked.fru_id)?;
                let len_max = self.config.read_len_max;
                self.inventories.read(now, &asked, len_max)
            }),
            WriteFruData::COMMAND => reply::<WriteFruData>(request, |order| {
                self.check_present(order.fru_id)?;
                self.inventories.write(now, &order)
            }),
            GetSdrRepositoryInfo::COMMAND if is_repository => {
                let entries = u16::try_from(self.records.len()).unwrap_or(u16::MAX);
                let changed_at_s = self.records.changed_at_s();
                reply::<GetSdrRepositoryInfo>(request, |_| {
                    Ok(RepositoryInfo {
                        version: 0x51,
                        entries,
                        free: 0,
                        last_addition: changed_at_s,
                        last_erase: changed_at_s,
                        operations: 0x02,
                    })
                })
            }
            ReserveSdrRepository::COMMAND if is_repository => {
                reply::<ReserveSdrRepository>(request, |_| {
                    let reservation = self.records.reserve();
                    Ok(Reservation { reservation })
                })
            }
            GetSdr::COMMAND if is_repository => reply::<GetSdr>(request, |asked| {
                self.records.read(Read {
                    reservation: asked.reservation,
                    record: asked.record,
                    offset: asked.offset,
                    count: asked.count,
                })
            }),
            _ => Response::from(CompletionCode::INVALID_COMMAND),
        }
    }

    /// A module that is not plugged in has no inventory.
    fn check_present(&self, fru_id: u8) -> Result<(), CompletionCode> {
        let fru = self.frus.get(&fru_id);
        let is_absent = fru.is_some_and(|fru| !fru.is_present()) && fru_id != OWN;
        match is_absent {
            true => Err(CompletionCode::NOT_PRESENT),
            false => Ok(()),
        }
    }

    fn log(&mut self, now: Time, request: &Request, effects: &mut Vec<Effect>) -> Response {
        let Some(log) = &mut self.log else {
            return Response::from(CompletionCode::INVALID_COMMAND);
        };
        match request.command {
            GetSelInfo::COMMAND => reply::<GetSelInfo>(request, |_| Ok(log.info())),
            ReserveSel::COMMAND => reply::<ReserveSel>(request, |_| {
                let reservation = log.reserve();
                Ok(Reservation { reservation })
            }),
            GetSelEntry::COMMAND => reply::<GetSelEntry>(request, |asked| {
                log.read(Read {
                    reservation: asked.reservation,
                    record: asked.record,
                    offset: asked.offset,
                    count: asked.count,
                })
            }),
            AddSelEntry::COMMAND => reply::<AddSelEntry>(request, |order| {
                let record = self.append(now, order.record, effects)?;
                Ok(SelEntryAdded { record })
            }),
            ClearSel::COMMAND => reply::<ClearSel>(request, |order| log.clear(now, &order)),
            GetSelTime::COMMAND => reply::<GetSelTime>(request, |_| {
                let seconds = log.seconds(now);
                Ok(SelTime { seconds })
            }),
            SetSelTime::COMMAND => reply::<SetSelTime>(request, |order| {
                log.set_seconds(now, order.seconds);
                Ok(Empty {})
            }),
            _ => Response::from(CompletionCode::INVALID_COMMAND),
        }
    }
}

fn is_upgrade(request: &Request) -> bool {
    let upgrades = GetTargetUpgradeCapabilities::COMMAND..=InitiateManualRollback::COMMAND;
    request.data.first() == Some(&PICMG_GROUP) && upgrades.contains(&request.command)
}

/// The record of an event that came over IPMB; id and time come later.
fn event_record(from: u8, event: &PlatformEvent) -> [u8; 16] {
    let body = RecordBody::Event {
        timestamp: 0,
        event: event.event(from, 0),
    };
    Record { id: 0, body }.encode()
}
