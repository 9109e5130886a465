//! Platform event filtering: which event of the shelf alerts whom, until it is acknowledged.
//!
//! Each event of the system event log is compared with the event filters; those that match name
//! alert policies, these name destinations, and to each of them goes a Platform Event Trap.
//!
//! Source: IPMI v2.0 §17, §30; IPMI Platform Event Trap Format Specification v1.0.
//! Invariant: no event is filtered twice, and none while PEF is postponed.
//!
//! Choice: the only action that is carried out is the alert. Power down, power cycle and reset act
//! on "the system", which here would be every blade of the shelf at once, because one sensor said
//! so: a filter may name them, for tools that expect to, and nothing comes of it.
#![no_std]

extern crate alloc;

mod alert;
mod configuration;
mod destination;
mod input;
mod matching;
mod policy;
mod preset;
mod preset_rows;

#[cfg(test)]
mod tests;

pub use alert::FLIGHTS_MAX;
pub use configuration::{
    FILTERS, FILTERS_MAX, GetError, POLICIES, POLICIES_MAX, STRING_LEN, STRINGS,
};
pub use destination::{DESTINATIONS, Destination, LAN_CHANNEL, TRAP_PORT};
pub use input::{Effect, Immediate, Input, Refusal, Seen, System, Trap};
pub use matching::matches;
pub use preset::{PRESETS_MAX, Preset, PresetSeverity};

use alert::Alerts;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use configuration::Configuration;
use core::time::Duration;
use destination::Destinations;
use ipmi::command::pef::{LanAlertParameter, Parameter, action, alert_status, control, postpone};
use ipmi::sel::{EVENT_TYPE_SENSOR_SPECIFIC, Event, UNSPECIFIED};
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// Most events that wait while PEF is postponed; the oldest go first.
pub const HELD_MAX: usize = 256;

/// Sensor type: system event. Source: IPMI v2.0 Table 42-3.
const SENSOR_TYPE_SYSTEM_EVENT: u8 = 0x12;
/// Offset: PEF action. Source: IPMI v2.0 Table 42-3.
const OFFSET_PEF_ACTION: u8 = 0x04;
/// Event data 2 is sensor specific. Source: IPMI v2.0 Table 29-6.
const DATA2_SENSOR_SPECIFIC: u8 = 0xc0;
/// Slave address of the shelf manager.
const SHELF_MANAGER: u8 = 0x20;
/// Event message revision.
const REVISION: u8 = 0x04;

/// The actions that are carried out.
const SUPPORTED: u8 = action::ALERT;

/// The state of platform event filtering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pef {
    configuration: Configuration,
    destinations: Destinations,
    presets: Vec<Preset>,
    /// GUID of the system, least significant byte first.
    guid: [u8; 16],
    postponed: Option<Postponed>,
    /// When the startup delay ends; `None` when it has.
    starts: Option<Time>,
    held: VecDeque<Seen>,
    /// Events that found no place in `held`.
    held_lost: u64,
    by_software: u16,
    by_bmc: u16,
    alerts: Alerts,
}

/// Software handles the events for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Postponed {
    Until(Time),
    /// Until it is armed again.
    Disabled,
}

impl Default for Pef {
    fn default() -> Self {
        Self::new()
    }
}

impl Pef {
    /// PEF is enabled and has nothing to look for.
    #[must_use]
    pub fn new() -> Self {
        Self {
            configuration: Configuration::new(),
            destinations: Destinations::new(),
            presets: Vec::new(),
            guid: [0; 16],
            postponed: None,
            starts: None,
            held: VecDeque::new(),
            held_lost: 0,
            by_software: 0,
            by_bmc: 0,
            alerts: Alerts::default(),
        }
    }

    /// Actions that are supported; see [`action`].
    #[must_use]
    pub fn actions(&self) -> u8 {
        SUPPORTED
    }

    /// Entries of the event filter table.
    #[must_use]
    pub fn filter_count(&self) -> u8 {
        self.configuration.filter_count()
    }

    /// A configuration parameter: entry `set` of a table, block `block` of a string.
    pub fn parameter(&self, selector: u8, set: u8, block: u8) -> Result<Parameter, GetError> {
        self.configuration.parameter(selector, set, block)
    }

    /// A LAN configuration parameter that is about alerts; `set` is the destination.
    pub fn lan_parameter(&self, selector: u8, set: u8) -> Result<LanAlertParameter, GetError> {
        self.destinations.parameter(selector, set)
    }

    /// Id of the last record that software processed.
    #[must_use]
    pub fn last_by_software(&self) -> u16 {
        self.by_software
    }

    /// Id of the last record that was filtered; 0: none.
    #[must_use]
    pub fn last_by_bmc(&self) -> u16 {
        self.by_bmc
    }

    /// Present countdown of the postpone timer in seconds, as Arm PEF Postpone Timer answers it.
    #[must_use]
    pub fn countdown(&self, now: Time) -> u8 {
        match self.postponed {
            None => 0,
            Some(Postponed::Disabled) => postpone::DISABLE_PEF,
            Some(Postponed::Until(until)) => {
                let left = until.since(now);
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                u8::try_from(seconds).unwrap_or(postpone::DISABLE_PEF - 1)
            }
        }
    }

    /// Status of the last immediate alert to a destination; see [`alert_status`].
    #[must_use]
    pub fn alert_status(&self, destination: u8) -> u8 {
        self.alerts.status(destination)
    }

    /// What the configuration file wants.
    #[must_use]
    pub fn presets(&self) -> &[Preset] {
        &self.presets
    }

    /// GUID of the system, least significant byte first.
    #[must_use]
    pub fn guid(&self) -> [u8; 16] {
        self.guid
    }

    /// Traps that wait for an acknowledge or a repetition.
    #[must_use]
    pub fn flights(&self) -> usize {
        self.alerts.flights()
    }

    /// Alerts that were given up because [`FLIGHTS_MAX`] were under way, and events because
    /// [`HELD_MAX`] were held.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.held_lost.saturating_add(self.alerts.refused())
    }

    /// Whether this input may be logged, as things stand. `apply` ignores what is refused here.
    pub fn admit(&self, input: &Input) -> Result<(), Refusal> {
        match input {
            Input::Set(parameter) => self.configuration.check(parameter),
            Input::SetLan(parameter) => self.destinations.check(parameter),
            Input::Arm { countdown } if *countdown == postpone::GET => Err(Refusal::InvalidField),
            Input::AlertImmediate(wanted) => self.check_immediate(wanted),
            Input::ClearAlertStatus { destination } => known(*destination),
            Input::Preset { presets, .. } if presets.len() > PRESETS_MAX => {
                Err(Refusal::OutOfRange)
            }
            Input::Acknowledged(acknowledge) if !self.alerts.expects(acknowledge) => {
                Err(Refusal::NotPresent)
            }
            Input::Event(_)
            | Input::Arm { .. }
            | Input::SetLastProcessed { .. }
            | Input::Acknowledged(_)
            | Input::Preset { .. }
            | Input::Restarted
            | Input::Cleared
            | Input::Tick => Ok(()),
        }
    }

    fn check_immediate(&self, wanted: &Immediate) -> Result<(), Refusal> {
        known(wanted.destination)?;
        let string = self.configuration.string(wanted.string & 0x7f);
        if wanted.string & 0x80 != 0 && string.is_none() {
            return Err(Refusal::OutOfRange);
        }
        if self.alerts.status(wanted.destination) == alert_status::IN_PROGRESS {
            return Err(Refusal::AlertInProgress);
        }
        Ok(())
    }

    fn is_held(&self) -> bool {
        self.postponed.is_some() || self.starts.is_some()
    }

    fn seen(&mut self, at: Pos, seen: &Seen, effects: &mut Vec<Effect>) {
        if !self.configuration.has(control::ENABLED) || is_pef_action(&seen.event) {
            return;
        }
        if !self.is_held() {
            return self.filter(at, seen, effects);
        }
        if self.held.len() == HELD_MAX {
            self.held.pop_front();
            self.held_lost += 1;
        }
        self.held.push_back(seen.clone());
    }

    fn filter(&mut self, at: Pos, seen: &Seen, effects: &mut Vec<Effect>) {
        self.by_bmc = seen.record;
        let matched = matching::matched(&self.configuration, &seen.event);
        if matched.is_empty() {
            return;
        }
        if self.configuration.has(control::EVENT_MESSAGES) {
            effects.push(Effect::Acted(pef_action(action::ALERT)));
        }
        for matched in matched {
            self.alert(at, seen, matched, effects);
        }
    }

    fn set(&mut self, parameter: &Parameter) {
        self.configuration.set(parameter);
        if !self.configuration.has(control::ENABLED) {
            self.held.clear();
        }
    }

    fn arm(&mut self, now: Time, countdown: u8) {
        self.postponed = match countdown {
            0 => None,
            postpone::DISABLE_PEF => Some(Postponed::Disabled),
            postpone::GET => self.postponed,
            seconds => {
                let seconds = Duration::from_secs(seconds.into());
                Some(Postponed::Until(now.after(seconds)))
            }
        };
    }

    /// What software has processed needs no filtering any more.
    ///
    /// Choice: record ids go round, so the place of the record among those that wait counts, not
    /// its number.
    fn set_last_processed(&mut self, by_bmc: bool, record: u16) {
        *(if by_bmc {
            &mut self.by_bmc
        } else {
            &mut self.by_software
        }) = record;
        if let Some(place) = self.held.iter().rposition(|seen| seen.record == record) {
            self.held.drain(..=place);
        }
    }

    /// Volatile things are forgotten, and the startup delay begins.
    fn restarted(&mut self, now: Time) {
        self.configuration.restarted();
        self.destinations.restarted();
        let delay = self.configuration.startup_delay();
        self.starts = delay.map(|delay| now.after(delay));
    }

    fn preset(&mut self, guid: [u8; 16], presets: &[Preset]) {
        self.guid = guid;
        if self.presets != presets && presets.len() <= PRESETS_MAX {
            preset::replace(&mut self.configuration, &mut self.destinations, presets);
            self.presets = presets.to_vec();
        }
    }

    fn tick(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        if matches!(self.postponed, Some(Postponed::Until(until)) if until <= at.time) {
            self.postponed = None;
        }
        if self.starts.is_some_and(|starts| starts <= at.time) {
            self.starts = None;
        }
        self.repeat(at, effects);
    }

    fn release(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        while !self.is_held()
            && let Some(seen) = self.held.pop_front()
        {
            self.filter(at, &seen, effects);
        }
    }
}

impl Machine for Pef {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        if self.admit(input).is_err() {
            return;
        }
        match input {
            Input::Event(seen) => self.seen(at, seen, effects),
            Input::Set(parameter) => self.set(parameter),
            Input::SetLan(parameter) => self.destinations.set(parameter),
            Input::Arm { countdown } => self.arm(at.time, *countdown),
            Input::SetLastProcessed { by_bmc, record } => {
                self.set_last_processed(*by_bmc, *record);
            }
            Input::AlertImmediate(wanted) => self.alert_immediately(at, wanted, effects),
            Input::ClearAlertStatus { destination } => self.alerts.clear_status(*destination),
            Input::Acknowledged(acknowledge) => self.acknowledged(at, acknowledge, effects),
            Input::Preset { guid, presets } => self.preset(*guid, presets),
            Input::Restarted => self.restarted(at.time),
            Input::Cleared => (self.by_software, self.by_bmc) = (0, 0),
            Input::Tick => self.tick(at, effects),
        }
        self.release(at, effects);
    }

    fn deadline(&self) -> Option<Time> {
        let postponed = match self.postponed {
            Some(Postponed::Until(until)) => Some(until),
            Some(Postponed::Disabled) | None => None,
        };
        let deadlines = [postponed, self.starts, self.alerts.deadline()];
        deadlines.into_iter().flatten().min()
    }
}

fn known(destination: u8) -> Result<(), Refusal> {
    if usize::from(destination) < DESTINATIONS {
        Ok(())
    } else {
        Err(Refusal::OutOfRange)
    }
}

/// The event that says what PEF did: it must not set PEF off again.
///
/// Choice: its sensor number is FFh, as there is no such sensor.
fn pef_action(actions: u8) -> Event {
    Event {
        generator: SHELF_MANAGER,
        generator_lun: 0,
        revision: REVISION,
        sensor_type: SENSOR_TYPE_SYSTEM_EVENT,
        number: UNSPECIFIED,
        assertion: true,
        event_type: EVENT_TYPE_SENSOR_SPECIFIC,
        data: [
            DATA2_SENSOR_SPECIFIC | OFFSET_PEF_ACTION,
            actions,
            UNSPECIFIED,
        ],
    }
}

fn is_pef_action(event: &Event) -> bool {
    event.sensor_type == SENSOR_TYPE_SYSTEM_EVENT
        && event.event_type == EVENT_TYPE_SENSOR_SPECIFIC
        && event.offset() == OFFSET_PEF_ACTION
}
