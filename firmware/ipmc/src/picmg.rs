//! Answers to PICMG's requests. Source: PICMG 3.0 R3.0, command table.

use crate::answer::reply;
use crate::{Effect, Ipmc, hot_swap, led};
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::picmg::{
    AddressInfo, ComputePowerProperties, DeviceLocatorRecordId, FAN_EMERGENCY_STOP,
    FAN_LOCAL_CONTROL, FanLevel, FanSpeedProperties, FruActivationPolicy, FruControl,
    FruControlCapabilities, FruControlled, FruLedProperties, GetAddressInfo,
    GetDeviceLocatorRecordId, GetFanLevel, GetFanSpeedProperties, GetFruActivationPolicy,
    GetFruControlCapabilities, GetFruLedProperties, GetFruLedState, GetLedColorCapabilities,
    GetPicmgProperties, GetPowerLevel, GetShelfAddressInfo, GetShelfManagerIpmbAddresses,
    PicmgProperties, PowerLevel, PowerProperties, SetFanLevel, SetFruActivation,
    SetFruActivationPolicy, SetFruLedState, SetPowerLevel, ShelfAddressInfo,
    ShelfManagerIpmbAddresses,
};
use ipmi::command::{Command, Empty, PICMG_GROUP};
use ipmi::description::Site;
use ipmi::message::{CompletionCode, Request, Response};
use machine::Time;

/// Extension version 2.2.
const VERSION: u8 = 0x22;
const RESERVED: u8 = 0xff;
const NO_CHANGE: u8 = 0xff;
/// Draws are given in W: ten times 0.1 W.
const WATTS: u8 = 10;
const QUIESCE: u8 = 4;
/// FRU device id of the shelf FRU information. Source: PICMG 3.0 R3.0, FRU device ids.
const SHELF_FRU: u8 = 254;

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
                    own_fru_id: 0,
                })
            }),
            GetAddressInfo::COMMAND => reply(request, |asked| self.address_info(&asked)),
            GetDeviceLocatorRecordId::COMMAND => {
                reply::<GetDeviceLocatorRecordId>(request, |asked| {
                    let record = self.records.locator(asked.fru_id);
                    let record = record.ok_or(CompletionCode::NOT_PRESENT)?;
                    Ok(DeviceLocatorRecordId { record })
                })
            }
            SetFruActivationPolicy::COMMAND => {
                reply(request, |order| self.set_policy(now, &order, effects))
            }
            GetFruActivationPolicy::COMMAND => reply::<GetFruActivationPolicy>(request, |asked| {
                let hot_swap = self.swappable(asked.fru_id)?;
                let bits = u8::from(hot_swap.locked);
                let bits = bits | u8::from(hot_swap.deactivation_locked) << 1;
                Ok(FruActivationPolicy { bits })
            }),
            SetFruActivation::COMMAND => {
                reply(request, |order| self.set_activation(now, &order, effects))
            }
            FruControl::COMMAND => reply(request, |order| self.control(&order, effects)),
            GetFruControlCapabilities::COMMAND => {
                reply::<GetFruControlCapabilities>(request, |asked| {
                    self.fru(asked.fru_id)?;
                    Ok(FruControlCapabilities { options: 0b0110 })
                })
            }
            GetFruLedProperties::COMMAND..=GetFruLedState::COMMAND => self.leds(request),
            ComputePowerProperties::COMMAND..=GetPowerLevel::COMMAND => {
                self.power(now, request, effects)
            }
            GetFanSpeedProperties::COMMAND..=GetFanLevel::COMMAND => self.fans(request, effects),
            _ => self.shelf(request),
        }
    }

    /// What only the shelf manager answers.
    fn shelf(&self, request: &Request) -> Response {
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
            _ => GetPicmgProperties::refuse(CompletionCode::INVALID_COMMAND),
        }
    }

    /// The shelf FRU is asked for by its name, not counted up to.
    fn fru_id_max(&self) -> u8 {
        let counted = self.inventories.keys().copied();
        counted
            .filter(|fru_id| *fru_id < SHELF_FRU)
            .max()
            .unwrap_or(0)
    }

    fn fru(&self, fru_id: u8) -> Result<(), CompletionCode> {
        let found = self.inventories.contains_key(&fru_id);
        found.then_some(()).ok_or(CompletionCode::INVALID_FIELD)
    }

    /// Hot swap of FRU 0, which is the only one that has it.
    fn swappable(&self, fru_id: u8) -> Result<&hot_swap::HotSwap, CompletionCode> {
        let hot_swap = self.hot_swap.as_ref().filter(|_| fru_id == 0);
        hot_swap.ok_or(CompletionCode::INVALID_FIELD)
    }

    fn address_info(&self, asked: &GetAddressInfo) -> Result<AddressInfo, CompletionCode> {
        let fru_id = asked.fru_id.unwrap_or(0);
        let own = self.config.site;
        let site = match (asked.key_type, asked.key) {
            (None, None) => {
                self.fru(fru_id)?;
                own
            }
            (Some(kind), Some(key)) => {
                let sites = self.config.shelf_manager.as_ref();
                let mut sites = sites
                    .map_or(&[][..], |shelf| &shelf.sites)
                    .iter()
                    .chain([&own]);
                let site = sites.find(|site| is_meant(site, (kind, key), asked.site_type));
                *site.ok_or(CompletionCode::INVALID_FIELD)?
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

    fn set_policy(
        &mut self,
        now: Time,
        order: &SetFruActivationPolicy,
        effects: &mut Vec<Effect>,
    ) -> Result<Empty, CompletionCode> {
        use hot_swap::Input;
        self.swappable(order.fru_id)?;
        let locked = match order.set & 0b01 {
            0 => Input::Unlocked,
            _ => Input::Locked,
        };
        let deactivation_locked = match order.set & 0b10 {
            0 => Input::DeactivationUnlocked,
            _ => Input::DeactivationLocked,
        };
        for (mask, input) in [(0b01, locked), (0b10, deactivation_locked)] {
            if order.mask & mask != 0 {
                let done = self.swap(now, input, effects);
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
        let done = self.swap(now, input, effects);
        done.map_err(|_| CompletionCode::NOT_IN_STATE)?;
        Ok(Empty {})
    }

    fn control(
        &self,
        order: &FruControl,
        effects: &mut Vec<Effect>,
    ) -> Result<FruControlled, CompletionCode> {
        self.fru(order.fru_id)?;
        if order.option > QUIESCE {
            return Err(CompletionCode::INVALID_FIELD);
        }
        if !self.payload_on {
            return Err(CompletionCode::NOT_IN_STATE);
        }
        effects.push(Effect::PayloadControl(order.option));
        Ok(FruControlled { data: vec![] })
    }

    fn leds(&mut self, request: &Request) -> Response {
        match request.command {
            GetFruLedProperties::COMMAND => reply::<GetFruLedProperties>(request, |asked| {
                self.fru(asked.fru_id)?;
                let has_leds = asked.fru_id == 0;
                Ok(FruLedProperties {
                    general: if has_leds { led::GENERAL } else { 0 },
                    application_count: 0,
                })
            }),
            GetLedColorCapabilities::COMMAND => {
                reply::<GetLedColorCapabilities>(request, |asked| {
                    Ok(self.led(asked.fru_id, asked.led_id)?.capabilities())
                })
            }
            SetFruLedState::COMMAND => reply::<SetFruLedState>(request, |order| {
                if order.fru_id != 0 {
                    return Err(CompletionCode::INVALID_FIELD);
                }
                led::set(&mut self.leds, &order)?;
                Ok(Empty {})
            }),
            _ => reply::<GetFruLedState>(request, |asked| {
                Ok(self.led(asked.fru_id, asked.led_id)?.state())
            }),
        }
    }

    fn led(&self, fru_id: u8, led_id: u8) -> Result<&led::Led, CompletionCode> {
        let led = self.leds.get(usize::from(led_id)).filter(|_| fru_id == 0);
        led.ok_or(CompletionCode::INVALID_FIELD)
    }

    fn power(&mut self, now: Time, request: &Request, effects: &mut Vec<Effect>) -> Response {
        match request.command {
            ComputePowerProperties::COMMAND => reply::<ComputePowerProperties>(request, |asked| {
                self.fru(asked.fru_id)?;
                let (slots, location) = (1, 0);
                Ok(PowerProperties { slots, location })
            }),
            SetPowerLevel::COMMAND => {
                reply(request, |order| self.set_power_level(now, &order, effects))
            }
            _ => reply(request, |asked| self.power_level(&asked)),
        }
    }

    fn set_power_level(
        &mut self,
        now: Time,
        order: &SetPowerLevel,
        effects: &mut Vec<Effect>,
    ) -> Result<Empty, CompletionCode> {
        let power = self.config.power.as_ref().filter(|_| order.fru_id == 0);
        let level_max = power.ok_or(CompletionCode::INVALID_FIELD)?.draws_w.len();
        if order.level == NO_CHANGE {
            return Ok(Empty {});
        }
        if usize::from(order.level) > level_max {
            return Err(CompletionCode::OUT_OF_RANGE);
        }
        self.power_level = order.level;
        if order.level == 0 {
            self.cut_payload(effects);
        } else {
            self.start_payload(now, effects);
        }
        Ok(Empty {})
    }

    fn power_level(&self, asked: &GetPowerLevel) -> Result<PowerLevel, CompletionCode> {
        let power = self.config.power.as_ref().filter(|_| asked.fru_id == 0);
        let power = power.ok_or(CompletionCode::INVALID_FIELD)?;
        let level = match asked.kind {
            0 | 2 => self.power_level,
            1 | 3 => power.desired_level,
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        Ok(PowerLevel {
            properties: level,
            delay: 0,
            multiplier: WATTS,
            draws: power.draws_w.clone(),
        })
    }

    fn fans(&mut self, request: &Request, effects: &mut Vec<Effect>) -> Response {
        let Some(fan) = self.config.fan.clone() else {
            return GetFanLevel::refuse(CompletionCode::INVALID_COMMAND);
        };
        let is_tray = |fru_id| match fru_id {
            0 => Ok(()),
            _ => Err(CompletionCode::INVALID_FIELD),
        };
        match request.command {
            GetFanSpeedProperties::COMMAND => reply::<GetFanSpeedProperties>(request, |asked| {
                is_tray(asked.fru_id)?;
                Ok(FanSpeedProperties {
                    level_min: fan.level_min,
                    level_max: fan.level_max,
                    level_normal: fan.level_normal,
                    properties: 0x80,
                })
            }),
            SetFanLevel::COMMAND => reply::<SetFanLevel>(request, |order| {
                is_tray(order.fru_id)?;
                let in_range = (fan.level_min..=fan.level_max).contains(&order.level);
                if !in_range && !matches!(order.level, FAN_EMERGENCY_STOP | FAN_LOCAL_CONTROL) {
                    return Err(CompletionCode::OUT_OF_RANGE);
                }
                self.fan_override = order.level;
                let level = match self.fan_level() {
                    Some(FAN_EMERGENCY_STOP) | None => 0,
                    Some(level) => level,
                };
                effects.push(Effect::FanLevel(level));
                Ok(Empty {})
            }),
            _ => reply::<GetFanLevel>(request, |asked| {
                is_tray(asked.fru_id)?;
                let is_local = self.fan_override == FAN_LOCAL_CONTROL;
                Ok(FanLevel {
                    override_level: self.fan_override,
                    local_level: Some(fan.level_normal),
                    local_enable: Some(u8::from(is_local)),
                })
            }),
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
