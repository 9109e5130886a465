//! Answers to PICMG's requests. Source: PICMG 3.0 R3.0, command table.

use crate::answer::reply;
use crate::buses::Buses;
use crate::ekey::Links;
use crate::fru::{Fru, OWN};
use crate::inventory::SHELF_FRU;
use crate::{Effect, Hardware, Ipmc, hot_swap};
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::picmg::{
    AddressInfo, BusedResourceControl, ComputePowerProperties, DeviceLocatorRecordId,
    FruActivationPolicy, FruControl, FruControlCapabilities, FruControlled, FruInventoryLock,
    FruInventoryWrite, GetAddressInfo, GetAmcPortState, GetClockState, GetDeviceLocatorRecordId,
    GetFanLevel, GetFanSpeedProperties, GetFruActivationPolicy, GetFruControlCapabilities,
    GetFruLedProperties, GetFruLedState, GetIpmbLinkInfo, GetLedColorCapabilities,
    GetPicmgProperties, GetPortState, GetPowerLevel, GetShelfAddressInfo,
    GetShelfManagerIpmbAddresses, GetSignalingClass, PicmgProperties, PowerProperties,
    SetAmcPortState, SetClockState, SetFanLevel, SetFruActivation, SetFruActivationPolicy,
    SetFruLedState, SetIpmbState, SetPortState, SetPowerLevel, SetSignalingClass, ShelfAddressInfo,
    ShelfManagerIpmbAddresses, control, policy,
};
use ipmi::command::{Command, Empty, PICMG_GROUP};
use ipmi::description::Site;
use ipmi::message::{CompletionCode, Request, Response};
use machine::Time;

/// Extension version 2.2.
const VERSION: u8 = 0x22;
const RESERVED: u8 = 0xff;

/// How addresses are looked up. Source: PICMG 3.0 R3.0, Get Address Info.
mod key {
    pub(super) const HARDWARE: u8 = 0;
    pub(super) const IPMB: u8 = 1;
    pub(super) const PHYSICAL: u8 = 3;
}

impl Ipmc {
    pub(crate) fn picmg(
        &mut self,
        now: Time,
        request: &Request,
        effects: &mut Vec<Effect>,
    ) -> Response {
        if request.data.first() != Some(&PICMG_GROUP) {
            return Response {
                code: CompletionCode::INVALID_COMMAND,
                data: request.data.iter().take(1).copied().collect(),
            };
        }
        match request.command {
            GetPicmgProperties::COMMAND => reply::<GetPicmgProperties>(request, |_| {
                Ok(PicmgProperties {
                    version: VERSION,
                    fru_id_max: self.fru_id_max(),
                    own_fru_id: OWN,
                })
            }),
            GetAddressInfo::COMMAND => reply(request, |asked| self.address_info(&asked)),
            GetDeviceLocatorRecordId::COMMAND => {
                reply::<GetDeviceLocatorRecordId>(request, |asked| {
                    let after = asked.start.unwrap_or(0);
                    let record = self.records.locator(asked.fru_id, after);
                    let record = record.ok_or(CompletionCode::NOT_PRESENT)?;
                    Ok(DeviceLocatorRecordId { record })
                })
            }
            FruControl::COMMAND
            | GetFruControlCapabilities::COMMAND
            | SetFruActivationPolicy::COMMAND..=SetFruActivation::COMMAND => {
                self.managed(now, request, effects)
            }
            GetFruLedProperties::COMMAND..=GetFruLedState::COMMAND => self.leds(now, request),
            ComputePowerProperties::COMMAND..=GetPowerLevel::COMMAND => {
                self.power(now, request, effects)
            }
            GetFanSpeedProperties::COMMAND..=GetFanLevel::COMMAND => self.fans(request),
            SetIpmbState::COMMAND | GetIpmbLinkInfo::COMMAND => self.ipmb(request, effects),
            SetPortState::COMMAND
            | GetPortState::COMMAND
            | BusedResourceControl::COMMAND
            | SetAmcPortState::COMMAND
            | GetAmcPortState::COMMAND
            | SetClockState::COMMAND
            | GetClockState::COMMAND
            | SetSignalingClass::COMMAND
            | GetSignalingClass::COMMAND => self.keying(request, effects),
            _ => self.shelf(now, request),
        }
    }

    /// What only the shelf manager answers.
    fn shelf(&mut self, now: Time, request: &Request) -> Response {
        let Some(shelf) = &self.config.shelf_manager else {
            return GetPicmgProperties::refuse(CompletionCode::INVALID_COMMAND);
        };
        match request.command {
            GetShelfAddressInfo::COMMAND => reply::<GetShelfAddressInfo>(request, |_| {
                let text = shelf.shelf_address.as_bytes();
                let mut address = vec![0xc0 | text.len() as u8 & 0x1f];
                address.extend_from_slice(text);
                Ok(ShelfAddressInfo { address })
            }),
            GetShelfManagerIpmbAddresses::COMMAND => {
                let [active, backup] = shelf.controllers;
                reply::<GetShelfManagerIpmbAddresses>(request, |_| {
                    Ok(ShelfManagerIpmbAddresses { active, backup })
                })
            }
            FruInventoryLock::COMMAND => reply::<FruInventoryLock>(request, |order| {
                let seconds = self.log.as_ref().map_or(0, |log| log.seconds(now));
                self.inventories.control((now, seconds), &order)
            }),
            FruInventoryWrite::COMMAND => {
                reply::<FruInventoryWrite>(request, |order| self.inventories.edit(now, &order))
            }
            _ => GetPicmgProperties::refuse(CompletionCode::INVALID_COMMAND),
        }
    }

    /// The shelf FRU is asked for by its name, not counted up to.
    fn fru_id_max(&self) -> u8 {
        let counted = self.inventories.ids().filter(|fru_id| *fru_id < SHELF_FRU);
        counted.max().unwrap_or(0)
    }

    /// A FRU that is there.
    ///
    /// Choice: an id that the controller does not know is an invalid field; of a module that is
    /// not plugged in, what was asked for is not present.
    fn fru(&mut self, fru_id: u8) -> Result<&mut Fru, CompletionCode> {
        let fru = self.frus.get_mut(&fru_id);
        let fru = fru.ok_or(CompletionCode::INVALID_FIELD)?;
        match fru.is_present() || fru_id == OWN {
            true => Ok(fru),
            false => Err(CompletionCode::NOT_PRESENT),
        }
    }

    fn address_info(&self, asked: &GetAddressInfo) -> Result<AddressInfo, CompletionCode> {
        let own = self.config.site;
        let (site, fru_id) = match (asked.key_type, asked.key) {
            (None, None) => self.site_of(asked.fru_id.unwrap_or(OWN))?,
            (Some(kind), Some(key)) => {
                let sites = self.config.shelf_manager.as_ref();
                let sites = sites.map_or(&[][..], |shelf| &shelf.sites);
                let sites = sites.iter().chain([&own]);
                let fru_id = asked.fru_id.unwrap_or(OWN);
                let mut candidates = sites.map(|site| (*site, fru_id)).chain(self.module_sites());
                let found =
                    candidates.find(|(site, _)| is_meant(site, (kind, key), asked.site_type));
                found.ok_or(CompletionCode::INVALID_FIELD)?
            }
            _ => return Err(CompletionCode::LENGTH_INVALID),
        };
        Ok(AddressInfo {
            hardware_address: site.hardware_address,
            ipmb_address: site.hardware_address << 1,
            reserved: RESERVED,
            fru_id,
            site_number: site.number,
            site_type: site.kind,
        })
    }

    /// Where a FRU sits: a module at its own site, everything else where the controller does.
    fn site_of(&self, fru_id: u8) -> Result<(Site, u8), CompletionCode> {
        if !self.inventories.ids().any(|id| id == fru_id) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let mut modules = self.module_sites();
        let module = modules.find(|(_, id)| *id == fru_id);
        Ok(module.unwrap_or((self.config.site, fru_id)))
    }

    fn module_sites(&self) -> impl Iterator<Item = (Site, u8)> + '_ {
        let own = self.config.site;
        self.config.frus.iter().filter_map(move |fru| {
            let site = fru.site?;
            let site = Site {
                hardware_address: own.hardware_address,
                number: site.number,
                kind: site.kind,
            };
            Some((site, fru.fru_id))
        })
    }

    /// Control and activation of a FRU.
    fn managed(&mut self, now: Time, request: &Request, effects: &mut Vec<Effect>) -> Response {
        match request.command {
            FruControl::COMMAND => reply(request, |order| self.control(now, &order, effects)),
            GetFruControlCapabilities::COMMAND => {
                reply::<GetFruControlCapabilities>(request, |asked| {
                    self.fru(asked.fru_id)?;
                    let options = self.control_options(asked.fru_id);
                    Ok(FruControlCapabilities { options })
                })
            }
            SetFruActivationPolicy::COMMAND => {
                reply(request, |order| self.set_policy(now, &order, effects))
            }
            GetFruActivationPolicy::COMMAND => reply::<GetFruActivationPolicy>(request, |asked| {
                let hot_swap = self.swappable(asked.fru_id)?;
                let locked = match hot_swap.locked {
                    true => policy::LOCKED,
                    false => 0,
                };
                let deactivation_locked = match hot_swap.deactivation_locked {
                    true => policy::DEACTIVATION_LOCKED,
                    false => 0,
                };
                let bits = locked | deactivation_locked;
                Ok(FruActivationPolicy { bits })
            }),
            _ => reply(request, |order| self.set_activation(now, &order, effects)),
        }
    }

    /// Hot swap of a FRU that can be swapped.
    fn swappable(&mut self, fru_id: u8) -> Result<hot_swap::HotSwap, CompletionCode> {
        let hot_swap = self.fru(fru_id)?.hot_swap;
        hot_swap.ok_or(CompletionCode::INVALID_FIELD)
    }

    fn set_policy(
        &mut self,
        now: Time,
        order: &SetFruActivationPolicy,
        effects: &mut Vec<Effect>,
    ) -> Result<Empty, CompletionCode> {
        use hot_swap::Input;
        self.swappable(order.fru_id)?;
        let locked = match order.set & policy::LOCKED {
            0 => Input::Unlocked,
            _ => Input::Locked,
        };
        let deactivation_locked = match order.set & policy::DEACTIVATION_LOCKED {
            0 => Input::DeactivationUnlocked,
            _ => Input::DeactivationLocked,
        };
        let changes = [
            (policy::LOCKED, locked),
            (policy::DEACTIVATION_LOCKED, deactivation_locked),
        ];
        for (mask, input) in changes {
            if order.mask & mask != 0 {
                let done = self.swap(now, order.fru_id, input, effects);
                done.map_err(|_| CompletionCode::NOT_IN_STATE)?;
            }
        }
        Ok(Empty {})
    }

    fn set_activation(
        &mut self,
        now: Time,
        order: &SetFruActivation,
        effects: &mut Vec<Effect>,
    ) -> Result<Empty, CompletionCode> {
        self.swappable(order.fru_id)?;
        let input = match order.activate {
            0 => hot_swap::Input::Deactivated,
            1 => hot_swap::Input::Activated,
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        let done = self.swap(now, order.fru_id, input, effects);
        done.map_err(|_| CompletionCode::NOT_IN_STATE)?;
        Ok(Empty {})
    }

    /// Options of FRU Control beside cold reset, one bit each.
    fn control_options(&self, fru_id: u8) -> u8 {
        let fru = self.config.frus.iter().find(|fru| fru.fru_id == fru_id);
        fru.map_or(0, |fru| fru.control_options)
    }

    /// Choice: quiesce is no capability bit; whoever can be reset can be brought to rest.
    fn control(
        &mut self,
        now: Time,
        order: &FruControl,
        effects: &mut Vec<Effect>,
    ) -> Result<FruControlled, CompletionCode> {
        let is_on = self.fru(order.fru_id)?.payload.on;
        let options = self.control_options(order.fru_id);
        let (fru_id, option) = (order.fru_id, order.option);
        let is_able = match option {
            control::COLD_RESET | control::QUIESCE => true,
            control::WARM_RESET | control::GRACEFUL_REBOOT | control::DIAGNOSTIC_INTERRUPT => {
                options >> option & 1 == 1
            }
            _ => false,
        };
        if !is_able {
            return Err(CompletionCode::INVALID_FIELD);
        }
        if !is_on {
            return Err(CompletionCode::NOT_IN_STATE);
        }
        if matches!(option, control::COLD_RESET | control::WARM_RESET) {
            self.payload_stopped(now, fru_id);
        }
        effects.push(match fru_id {
            OWN => Effect::PayloadControl(option),
            _ => Effect::Hardware(Hardware::ModuleControl { fru_id, option }),
        });
        Ok(FruControlled { data: vec![] })
    }

    fn leds(&mut self, now: Time, request: &Request) -> Response {
        match request.command {
            GetFruLedProperties::COMMAND => reply::<GetFruLedProperties>(request, |asked| {
                Ok(self.fru(asked.fru_id)?.leds.properties())
            }),
            GetLedColorCapabilities::COMMAND => {
                reply::<GetLedColorCapabilities>(request, |asked| {
                    let led = self.fru(asked.fru_id)?.leds.led(asked.led_id)?;
                    Ok(led.capabilities())
                })
            }
            SetFruLedState::COMMAND => reply::<SetFruLedState>(request, |order| {
                self.fru(order.fru_id)?.leds.set(now, &order)?;
                Ok(Empty {})
            }),
            _ => reply::<GetFruLedState>(request, |asked| {
                let led = self.fru(asked.fru_id)?.leds.led(asked.led_id)?;
                Ok(led.state())
            }),
        }
    }

    fn power(&mut self, now: Time, request: &Request, effects: &mut Vec<Effect>) -> Response {
        match request.command {
            ComputePowerProperties::COMMAND => reply::<ComputePowerProperties>(request, |asked| {
                let (slots, location) = match asked.fru_id {
                    OWN => (self.config.slots.max(1), self.config.slot_location),
                    _ => (1, 0),
                };
                if let Some(power) = &mut self.fru(asked.fru_id)?.power {
                    power.compute();
                }
                Ok(PowerProperties { slots, location })
            }),
            SetPowerLevel::COMMAND => {
                reply(request, |order| self.set_power_level(now, &order, effects))
            }
            _ => reply::<GetPowerLevel>(request, |asked| {
                let power = self.fru(asked.fru_id)?.power.as_ref();
                power
                    .ok_or(CompletionCode::INVALID_FIELD)?
                    .answer(asked.kind)
            }),
        }
    }

    /// Choice: a level is refused in M1, M2 and M6, where there can be no payload power; level 0 is
    /// right everywhere.
    fn set_power_level(
        &mut self,
        now: Time,
        order: &SetPowerLevel,
        effects: &mut Vec<Effect>,
    ) -> Result<Empty, CompletionCode> {
        let fru_id = order.fru_id;
        let fru = self.fru(fru_id)?;
        let (is_up, is_on) = (fru.is_up(), fru.payload.on);
        let power = fru.power.as_mut().ok_or(CompletionCode::INVALID_FIELD)?;
        let Some(level) = power.ordered(order)? else {
            return Ok(Empty {});
        };
        if level > 0 && !is_up {
            return Err(CompletionCode::NOT_IN_STATE);
        }
        let before = core::mem::replace(&mut power.level, level);
        if level == 0 {
            self.cut_payload(now, fru_id, effects);
        } else if is_on && level != before {
            effects.push(Effect::Hardware(Hardware::PowerLevel { fru_id, level }));
        } else {
            self.start_payload(now, fru_id, effects);
        }
        Ok(Empty {})
    }

    fn fans(&mut self, request: &Request) -> Response {
        let Some(fan) = &mut self.fan else {
            return GetFanLevel::refuse(CompletionCode::INVALID_COMMAND);
        };
        let is_tray = |fru_id| match fru_id {
            OWN => Ok(()),
            _ => Err(CompletionCode::INVALID_FIELD),
        };
        match request.command {
            GetFanSpeedProperties::COMMAND => reply::<GetFanSpeedProperties>(request, |asked| {
                is_tray(asked.fru_id)?;
                Ok(fan.properties())
            }),
            SetFanLevel::COMMAND => reply::<SetFanLevel>(request, |order| {
                is_tray(order.fru_id)?;
                fan.set(&order)?;
                Ok(Empty {})
            }),
            _ => reply::<GetFanLevel>(request, |asked| {
                is_tray(asked.fru_id)?;
                Ok(fan.answer())
            }),
        }
    }

    fn ipmb(&mut self, request: &Request, effects: &mut Vec<Effect>) -> Response {
        match request.command {
            SetIpmbState::COMMAND => reply::<SetIpmbState>(request, |order| {
                let before = self.buses.clone();
                self.buses.order(&order, effects)?;
                self.tell_buses(&before, effects);
                Ok(Empty {})
            }),
            _ => reply::<GetIpmbLinkInfo>(request, |asked| {
                let sensor = self.config.ipmb_sensor;
                let sensor = sensor.ok_or(CompletionCode::INVALID_COMMAND)?;
                Buses::link_info(sensor, &asked)
            }),
        }
    }

    /// Sends the event of the physical IPMB-0 sensor, where something changed.
    pub(crate) fn tell_buses(&self, before: &Buses, effects: &mut Vec<Effect>) {
        if let Some(sensor) = self.config.ipmb_sensor.filter(|_| self.buses != *before) {
            let event = self.buses.event((self.config.address, sensor));
            self.send_event(event, effects);
        }
    }

    fn keying(&mut self, request: &Request, effects: &mut Vec<Effect>) -> Response {
        let links = Links::of(self.inventories.bytes(OWN));
        let is_up = self.frus.get(&OWN).is_some_and(Fru::is_up);
        let keys = &mut self.keys;
        match request.command {
            SetPortState::COMMAND => reply::<SetPortState>(request, |order| {
                keys.set_port((&links, is_up), &order, effects)?;
                Ok(Empty {})
            }),
            GetPortState::COMMAND => {
                reply::<GetPortState>(request, |asked| keys.port(&links, asked.channel))
            }
            BusedResourceControl::COMMAND => reply::<BusedResourceControl>(request, |order| {
                self.resources.order(&order, effects)
            }),
            SetAmcPortState::COMMAND => reply::<SetAmcPortState>(request, |order| {
                keys.set_amc_port((&links, is_up), &order, effects)?;
                Ok(Empty {})
            }),
            GetAmcPortState::COMMAND => reply(request, |asked| keys.amc_port(&links, &asked)),
            SetClockState::COMMAND => reply::<SetClockState>(request, |order| {
                keys.set_clock((&links, is_up), &order, effects)?;
                Ok(Empty {})
            }),
            GetClockState::COMMAND => reply(request, |asked| keys.clock(&links, &asked)),
            SetSignalingClass::COMMAND => reply::<SetSignalingClass>(request, |order| {
                keys.set_class(&links, &order)?;
                Ok(Empty {})
            }),
            _ => reply::<GetSignalingClass>(request, |asked| keys.class(&links, asked.channel)),
        }
    }
}

fn is_meant(site: &Site, (kind, key): (u8, u8), site_type: Option<u8>) -> bool {
    match kind {
        key::HARDWARE => site.hardware_address == key,
        key::IPMB => site.hardware_address << 1 == key,
        key::PHYSICAL => site.number == key && Some(site.kind) == site_type,
        _ => false,
    }
}
