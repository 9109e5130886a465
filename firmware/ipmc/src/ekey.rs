//! Electronic keying, seen from the board: which links it has, and which of them are enabled.
//!
//! What a board can do stands in its own inventory, so that the shelf manager and the controller
//! read the same records.
//!
//! Choice: what the inventory does not list is refused. openMMC says yes to every key; a shelf
//! manager that believes it takes links for up that do not exist.
//!
//! Source: PICMG 3.0 R3.0, electronic keying; AMC.0 R2.0 for links of modules and clocks.
//! Invariant: only links of the inventory get enabled; no two of them use the same port.

use crate::interface::{Effect, Hardware};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use ipmi::command::picmg::{
    AmcPortLink, AmcPortState, CLOCK_ENABLED, CLOCK_SOURCE, ClockState, GetAmcPortState,
    GetClockState, LinkInfo, PortLink, PortState, RunningClock, SetAmcPortState, SetClockState,
    SetPortState, SetSignalingClass, SignalingClass,
};
use ipmi::fru::picmg::{ClockSettings, PicmgBody};
use ipmi::fru::{self, Integrity};
use ipmi::message::CompletionCode;
use ipmi::wire::{Rest, U24};
use serde::{Deserialize, Serialize};

/// Most links of one channel in an answer. Source: PICMG 3.0 R3.0, Get Port State.
const ANSWER_MAX: usize = 4;
/// Most clocks that run.
///
/// Choice: more than the clocks of a carrier with all its modules.
pub const CLOCKS_MAX: usize = 64;
/// Bits of a clock's setting that are not reserved.
const SETTING_MASK: u8 = 0x0f;
/// Interfaces are two bits, channels six: no channel of the reserved interface exists.
const INTERFACES: u8 = 3;

/// What is enabled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keys {
    /// Link descriptors.
    ports: BTreeSet<u32>,
    /// Device and channel, each with its link.
    amc_ports: BTreeSet<(Option<u8>, u8, u32)>,
    /// Resource and clock id, each with its setting.
    clocks: BTreeMap<(Option<u8>, u8), (u8, Option<RunningClock>)>,
    /// Signaling classes of channels, where they are not 0.
    classes: BTreeMap<u8, u8>,
}

/// The links that an inventory lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    board: Vec<u32>,
    /// Device (`None`: the module itself), channel, link.
    amc: Vec<(Option<u8>, u8, u32)>,
    /// Clock resource (`None`: the module itself), clock id, and how it can be set.
    clocks: Vec<(Option<u8>, u8, ClockSettings)>,
}

impl Links {
    /// Reads an inventory; damaged records list nothing.
    pub(crate) fn of(inventory: &[u8]) -> Self {
        let mut links = Self::default();
        let records = fru::decode(inventory).map_or(Vec::new(), |found| found.records);
        let intact = records
            .iter()
            .filter(|record| record.integrity == Integrity::Ok);
        for record in intact.filter_map(fru::MultiRecord::as_picmg) {
            if let PicmgBody::BoardP2p(found) = record.body {
                links.board.extend(found.links.0);
            } else if let PicmgBody::AmcP2p(found) = record.body {
                // Bit 7 is the module itself, otherwise a device on the carrier.
                let is_module = found.device & 0x80 != 0;
                let device = (!is_module).then_some(found.device & 0x0f);
                links.amc.extend(found.links.0.iter().map(|link| {
                    let [channel, a, b, c, _] = *link;
                    (device, channel, u32::from(U24([a, b, c])))
                }));
            } else if let PicmgBody::ClockConfiguration(found) = record.body {
                // Bits 7–6: 1 is a module, which is asked without a resource.
                let is_module = found.resource >> 6 == 1;
                let resource = (!is_module).then_some(found.resource);
                let clocks = found.clocks.0.into_iter();
                links
                    .clocks
                    .extend(clocks.map(|clock| (resource, clock.clock, clock.settings)));
            }
        }
        links
    }

    fn has_channel(&self, channel: u8) -> bool {
        let mut links = self.board.iter();
        links.any(|link| LinkInfo(*link).channel() == channel)
    }

    fn clock(&self, resource: Option<u8>, clock_id: u8) -> Option<&ClockSettings> {
        let mut clocks = self.clocks.iter();
        let found = clocks.find(|(of, id, _)| (*of, *id) == (resource, clock_id));
        found.map(|(.., settings)| settings)
    }
}

/// Whether a clock can be set like this.
///
/// Choice: what counts is role, family and frequency. The index only says which descriptor the
/// orderer had in mind, and must be one of them.
fn suits(settings: &ClockSettings, order: &SetClockState) -> bool {
    let is_source = order.setting & CLOCK_SOURCE != 0;
    let has_role = |features: u8| (features & 1 == 1) == is_source;
    let count = settings.indirect.len() + settings.direct.len();
    let direct = settings.direct.iter().any(|clock| {
        let frequencies = clock.frequency_hz_min..=clock.frequency_hz_max;
        has_role(clock.features)
            && clock.family == order.family
            && frequencies.contains(&order.frequency_hz)
    });
    let mut indirect = settings.indirect.iter();
    let suits = direct || indirect.any(|clock| has_role(clock.features));
    usize::from(order.index) < count && suits
}

impl Keys {
    /// Set Port State; `is_up` says whether the board may be given links.
    ///
    /// Choice: a link that shares a port with an enabled one takes it over, so that a shelf manager
    /// that lost its memory can always establish what it wants.
    pub(crate) fn set_port(
        &mut self,
        (links, is_up): (&Links, bool),
        order: &SetPortState,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CompletionCode> {
        // What is enabled can be disabled even when the inventory was written anew.
        if !links.board.contains(&order.link) && !self.ports.contains(&order.link) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        match order.state {
            0 => self.disable(order.link, effects),
            1 if is_up => self.enable(order.link, effects),
            1 => return Err(CompletionCode::NOT_IN_STATE),
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        Ok(())
    }

    fn enable(&mut self, link: u32, effects: &mut Vec<Effect>) {
        let new = LinkInfo(link);
        let shares = |other: &u32| {
            let other = LinkInfo(*other);
            other.channel() == new.channel() && other.ports() & new.ports() != 0
        };
        let others = self.ports.iter().copied().filter(shares);
        for other in others.filter(|other| *other != link).collect::<Vec<_>>() {
            self.disable(other, effects);
        }
        if self.ports.insert(link) {
            effects.push(port(link, true));
        }
    }

    fn disable(&mut self, link: u32, effects: &mut Vec<Effect>) {
        if self.ports.remove(&link) {
            effects.push(port(link, false));
        }
    }

    /// Get Port State: the enabled links of a channel first, as not all fit into one answer.
    pub(crate) fn port(&self, links: &Links, channel: u8) -> Result<PortState, CompletionCode> {
        if channel >> 6 >= INTERFACES || !links.has_channel(channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let of_channel = links.board.iter().copied();
        let of_channel = of_channel.filter(|link| LinkInfo(*link).channel() == channel);
        let (on, off): (Vec<_>, Vec<_>) = of_channel.partition(|link| self.ports.contains(link));
        let all = on
            .iter()
            .map(|link| (link, 1))
            .chain(off.iter().map(|link| (link, 0)));
        let answer = all
            .take(ANSWER_MAX)
            .map(|(link, state)| PortLink { link: *link, state });
        Ok(PortState {
            links: Rest(answer.collect()),
        })
    }

    /// Set AMC Port State.
    pub(crate) fn set_amc_port(
        &mut self,
        (links, is_up): (&Links, bool),
        order: &SetAmcPortState,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CompletionCode> {
        let link = (order.device, order.channel, u32::from(order.link));
        if !links.amc.contains(&link) && !self.amc_ports.contains(&link) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        match order.state {
            0 => self.disable_amc(link, effects),
            1 if !is_up => return Err(CompletionCode::NOT_IN_STATE),
            1 => {
                let lanes = |link: u32| link & 0x0f;
                let shares = |other: &(Option<u8>, u8, u32)| {
                    (other.0, other.1) == (link.0, link.1) && lanes(other.2) & lanes(link.2) != 0
                };
                let others = self.amc_ports.iter().copied().filter(shares);
                for other in others.filter(|other| *other != link).collect::<Vec<_>>() {
                    self.disable_amc(other, effects);
                }
                if self.amc_ports.insert(link) {
                    effects.push(amc_port(link, true));
                }
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        Ok(())
    }

    fn disable_amc(&mut self, link: (Option<u8>, u8, u32), effects: &mut Vec<Effect>) {
        if self.amc_ports.remove(&link) {
            effects.push(amc_port(link, false));
        }
    }

    /// Get AMC Port State.
    pub(crate) fn amc_port(
        &self,
        links: &Links,
        asked: &GetAmcPortState,
    ) -> Result<AmcPortState, CompletionCode> {
        let is_meant =
            |link: &&(Option<u8>, u8, u32)| (link.0, link.1) == (asked.device, asked.channel);
        let of_channel = links.amc.iter().filter(is_meant);
        let found: Vec<_> = of_channel
            .map(|link| AmcPortLink {
                link: U24::new(link.2),
                state: u8::from(self.amc_ports.contains(link)),
            })
            .collect();
        match found.is_empty() {
            true => Err(CompletionCode::INVALID_FIELD),
            false => Ok(AmcPortState { links: Rest(found) }),
        }
    }

    /// Set AMC Clock State.
    pub(crate) fn set_clock(
        &mut self,
        (links, is_up): (&Links, bool),
        order: &SetClockState,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CompletionCode> {
        let place = (order.resource, order.clock_id);
        let enabled = order.setting & CLOCK_ENABLED != 0;
        let settings = links.clock(order.resource, order.clock_id);
        let suits = settings.is_some_and(|settings| !enabled || suits(settings, order));
        if !suits || order.setting & !SETTING_MASK != 0 {
            return Err(CompletionCode::INVALID_FIELD);
        }
        if enabled && !is_up {
            return Err(CompletionCode::NOT_IN_STATE);
        }
        if !self.clocks.contains_key(&place) && self.clocks.len() >= CLOCKS_MAX {
            return Err(CompletionCode::OUT_OF_SPACE);
        }
        let running = enabled.then_some(RunningClock {
            index: order.index,
            family: order.family,
            accuracy: order.accuracy,
            frequency_hz: order.frequency_hz,
        });
        let setting = (order.setting, running);
        if self.clocks.insert(place, setting.clone()).as_ref() != Some(&setting) {
            effects.push(clock(place, setting));
        }
        Ok(())
    }

    /// Get AMC Clock State; a clock that was never set is disabled.
    pub(crate) fn clock(
        &self,
        links: &Links,
        asked: &GetClockState,
    ) -> Result<ClockState, CompletionCode> {
        let exists = links.clock(asked.resource, asked.clock_id).is_some();
        let found = self.clocks.get(&(asked.resource, asked.clock_id)).cloned();
        let (setting, running) = found.unwrap_or_default();
        exists
            .then_some(ClockState { setting, running })
            .ok_or(CompletionCode::INVALID_FIELD)
    }

    /// Set Channel Signaling Class: one that a link of the channel has, or the basic one.
    pub(crate) fn set_class(
        &mut self,
        links: &Links,
        order: &SetSignalingClass,
    ) -> Result<(), CompletionCode> {
        let of_channel = links.board.iter().map(|link| LinkInfo(*link));
        let mut of_channel = of_channel.filter(|link| link.channel() == order.channel);
        let exists = of_channel.any(|link| order.class == 0 || link.kind() >> 4 == order.class);
        if !exists {
            return Err(CompletionCode::INVALID_FIELD);
        }
        self.classes.insert(order.channel, order.class);
        Ok(())
    }

    /// Get Channel Signaling Class.
    pub(crate) fn class(
        &self,
        links: &Links,
        channel: u8,
    ) -> Result<SignalingClass, CompletionCode> {
        let class = self.classes.get(&channel).copied().unwrap_or(0);
        let found = links.has_channel(channel);
        found
            .then_some(SignalingClass { channel, class })
            .ok_or(CompletionCode::INVALID_FIELD)
    }

    /// Everything off, as the board does on its own on the way out (M6).
    pub(crate) fn clear(&mut self, effects: &mut Vec<Effect>) {
        let Self {
            ports,
            amc_ports,
            clocks,
            ..
        } = core::mem::take(self);
        effects.extend(ports.into_iter().map(|link| port(link, false)));
        effects.extend(amc_ports.into_iter().map(|link| amc_port(link, false)));
        let running = clocks
            .into_iter()
            .filter(|(_, (_, running))| running.is_some());
        effects.extend(running.map(|(place, (setting, _))| clock(place, (setting, None))));
    }
}

fn port(link: u32, enabled: bool) -> Effect {
    Effect::Hardware(Hardware::Port { link, enabled })
}

fn amc_port((device, channel, link): (Option<u8>, u8, u32), enabled: bool) -> Effect {
    Effect::Hardware(Hardware::AmcPort {
        device,
        channel,
        link,
        enabled,
    })
}

fn clock(
    (resource, clock_id): (Option<u8>, u8),
    (setting, running): (u8, Option<RunningClock>),
) -> Effect {
    Effect::Hardware(Hardware::Clock {
        resource,
        clock_id,
        is_source: setting & CLOCK_SOURCE != 0,
        running,
    })
}

#[cfg(test)]
mod tests;
