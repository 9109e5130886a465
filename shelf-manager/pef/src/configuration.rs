//! The PEF configuration parameters. Source: IPMI v2.0 Table 30-6.

use crate::Refusal;
use crate::matching::ANY;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::pef::{
    ALERT_STRING_BLOCK_LEN, AlertPolicy, AlertStringKeys, EventDataMatch, EventDataMatches,
    EventFilter, Parameter, action, control, filter, selector,
};
use serde::{Deserialize, Serialize};

/// Event filters that software may configure. Those of the configuration file come behind them.
pub const FILTERS: usize = 16;

/// Most event filters: the table counts to 127. Source: IPMI v2.0 Table 30-6, parameter 5.
pub const FILTERS_MAX: usize = 127;

/// Alert policy entries that software may configure. Those of the configuration file come behind
/// them.
pub const POLICIES: usize = 16;

/// Most alert policy entries.
pub const POLICIES_MAX: usize = POLICIES + crate::PRESETS_MAX;

/// Alert strings, the volatile string 0 not counted.
pub const STRINGS: usize = 8;

/// Bytes of an alert string: four blocks, as many as a trap takes.
pub const STRING_LEN: usize = 4 * ALERT_STRING_BLOCK_LEN;

/// States of Set In Progress. Source: IPMI v2.0 Table 30-6, parameter 0.
const SET_COMPLETE: u8 = 0;
/// See [`SET_COMPLETE`].
const SET_IN_PROGRESS: u8 = 1;

/// Why a parameter cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// There is no such parameter.
    NotSupported,
    /// The parameter has no such entry or block.
    OutOfRange,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Configuration {
    in_progress: u8,
    control: u8,
    actions: u8,
    startup_delay_s: u8,
    alert_startup_delay_s: u8,
    filters: Vec<EventFilter>,
    policies: Vec<AlertPolicy>,
    guid_flags: u8,
    guid: [u8; 16],
    strings: Vec<AlertString>,
}

/// Invariant: `text` has [`STRING_LEN`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AlertString {
    keys: AlertStringKeys,
    text: Vec<u8>,
}

impl AlertString {
    fn new() -> Self {
        let (filter, set) = (0, 0);
        Self {
            keys: AlertStringKeys { filter, set },
            text: vec![0; STRING_LEN],
        }
    }
}

impl Configuration {
    /// Choice: PEF and its alerts are on from the start. With no filter turned on nothing comes of
    /// that, and whoever adds one need not hunt for two more switches.
    pub(crate) fn new() -> Self {
        Self {
            in_progress: SET_COMPLETE,
            control: control::ENABLED,
            actions: action::ALERT,
            startup_delay_s: 0,
            alert_startup_delay_s: 0,
            filters: vec![unused_filter(); FILTERS],
            policies: vec![unused_policy(); POLICIES],
            guid_flags: 0,
            guid: [0; 16],
            strings: vec![AlertString::new(); STRINGS + 1],
        }
    }

    pub(crate) fn has(&self, bit: u8) -> bool {
        self.control & bit != 0
    }

    pub(crate) fn actions(&self) -> u8 {
        self.actions
    }

    pub(crate) fn filter_count(&self) -> u8 {
        count(self.filters.len())
    }

    /// Filters with their numbers.
    pub(crate) fn filters(&self) -> impl Iterator<Item = (u8, &EventFilter)> {
        (1..).zip(&self.filters)
    }

    pub(crate) fn policy(&self, place: usize) -> Option<&AlertPolicy> {
        self.policies.get(place)
    }

    /// GUID of the traps, least significant byte first, when they do not carry that of the system.
    pub(crate) fn guid(&self) -> Option<[u8; 16]> {
        (self.guid_flags & 1 != 0).then_some(self.guid)
    }

    /// A text, without what ends it.
    pub(crate) fn string(&self, selector: u8) -> Option<&[u8]> {
        let string = self.strings.get(usize::from(selector))?;
        string.text.split(|byte| *byte == 0).next()
    }

    /// The string of a set that is for a filter. Source: IPMI v2.0 §17.12.
    pub(crate) fn string_for(&self, filter: u8, set: u8) -> Option<&[u8]> {
        let keys = AlertStringKeys { filter, set };
        let place = self.strings.iter().position(|string| string.keys == keys)?;
        self.string(count(place))
    }

    /// How long filtering waits after a restart.
    ///
    /// Choice: alerts are all that filtering does, so both delays hold the same events back, and
    /// the longer one counts.
    pub(crate) fn startup_delay(&self) -> Option<Duration> {
        let delays = [
            (control::STARTUP_DELAY, self.startup_delay_s),
            (control::ALERT_STARTUP_DELAY, self.alert_startup_delay_s),
        ];
        let delays = delays.into_iter().filter(|(bit, _)| self.has(*bit));
        let seconds = delays.map(|(_, seconds)| seconds).max().unwrap_or(0);
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    pub(crate) fn restarted(&mut self) {
        self.in_progress = SET_COMPLETE;
        if let Some(volatile) = self.strings.first_mut() {
            *volatile = AlertString::new();
        }
    }

    /// Takes what the configuration file wants in place of what it wanted before.
    pub(crate) fn replace(&mut self, filters: Vec<EventFilter>, policies: Vec<AlertPolicy>) {
        if !filters.is_empty() {
            self.control |= control::ENABLED;
            self.actions |= action::ALERT;
        }
        self.filters.truncate(FILTERS);
        self.filters.extend(filters);
        self.filters.truncate(FILTERS_MAX);
        self.policies.truncate(POLICIES);
        self.policies.extend(policies);
        self.policies.truncate(POLICIES_MAX);
    }

    pub(crate) fn parameter(&self, asked: u8, set: u8, block: u8) -> Result<Parameter, GetError> {
        use selector as s;
        Ok(match asked {
            s::SET_IN_PROGRESS => Parameter::SetInProgress(self.in_progress),
            s::CONTROL => Parameter::Control(self.control),
            s::ACTION_GLOBAL_CONTROL => Parameter::ActionGlobalControl(self.actions),
            s::STARTUP_DELAY => Parameter::StartupDelay(self.startup_delay_s),
            s::ALERT_STARTUP_DELAY => Parameter::AlertStartupDelay(self.alert_startup_delay_s),
            s::FILTER_COUNT => Parameter::FilterCount(self.filter_count()),
            s::FILTER => Parameter::Filter {
                number: set,
                filter: entry(&self.filters, set)?.clone(),
            },
            s::FILTER_DATA_1 => Parameter::FilterData1 {
                number: set,
                configuration: entry(&self.filters, set)?.configuration,
            },
            s::POLICY_COUNT => Parameter::PolicyCount(count(self.policies.len())),
            s::POLICY => Parameter::Policy {
                entry: set,
                policy: entry(&self.policies, set)?.clone(),
            },
            s::SYSTEM_GUID => Parameter::SystemGuid {
                flags: self.guid_flags,
                guid: self.guid,
            },
            s::STRING_COUNT => Parameter::StringCount(count(STRINGS)),
            s::STRING_KEYS => Parameter::StringKeys {
                string: set,
                keys: string(&self.strings, set)?.keys.clone(),
            },
            s::STRING => self.string_block(set, block)?,
            _ => return Err(GetError::NotSupported),
        })
    }

    fn string_block(&self, selector: u8, block: u8) -> Result<Parameter, GetError> {
        let text = &string(&self.strings, selector)?.text;
        let place = usize::from(block).checked_sub(1);
        let mut blocks = text.chunks(ALERT_STRING_BLOCK_LEN);
        let bytes = place.and_then(|place| blocks.nth(place));
        Ok(Parameter::String {
            string: selector,
            block,
            bytes: bytes.ok_or(GetError::OutOfRange)?.to_vec(),
        })
    }

    pub(crate) fn check(&self, parameter: &Parameter) -> Result<(), Refusal> {
        match parameter {
            Parameter::SetInProgress(state) => self.check_in_progress(*state),
            Parameter::Control(_)
            | Parameter::ActionGlobalControl(_)
            | Parameter::StartupDelay(_)
            | Parameter::AlertStartupDelay(_)
            | Parameter::SystemGuid { .. } => Ok(()),
            Parameter::FilterCount(_) | Parameter::PolicyCount(_) | Parameter::StringCount(_) => {
                Err(Refusal::ReadOnly)
            }
            Parameter::Filter { number, filter } => self.check_filter(*number, filter),
            Parameter::FilterData1 { number, .. } => entry(&self.filters, *number)
                .map(|_| ())
                .map_err(|_| Refusal::OutOfRange),
            Parameter::Policy { entry: number, .. } => entry(&self.policies, *number)
                .map(|_| ())
                .map_err(|_| Refusal::OutOfRange),
            Parameter::StringKeys { string, .. } => self.check_string(*string),
            Parameter::String { string, block, .. } => {
                let blocks = 1..=count(STRING_LEN / ALERT_STRING_BLOCK_LEN);
                self.check_string(*string)?;
                blocks
                    .contains(block)
                    .then_some(())
                    .ok_or(Refusal::OutOfRange)
            }
        }
    }

    /// Committing is for those that keep two copies. Source: IPMI v2.0 Table 30-6, parameter 0.
    fn check_in_progress(&self, state: u8) -> Result<(), Refusal> {
        match state & 3 {
            SET_COMPLETE => Ok(()),
            SET_IN_PROGRESS if self.in_progress == SET_IN_PROGRESS => Err(Refusal::SetInProgress),
            SET_IN_PROGRESS => Ok(()),
            _ => Err(Refusal::InvalidField),
        }
    }

    /// A pre-configured filter may only be turned on and off, and writing it as it is does that.
    /// Source: IPMI v2.0 Table 17-2.
    fn check_filter(&self, number: u8, new: &EventFilter) -> Result<(), Refusal> {
        let old = entry(&self.filters, number).map_err(|_| Refusal::OutOfRange)?;
        let on = |of: &EventFilter| EventFilter {
            configuration: of.configuration | filter::ENABLED,
            ..of.clone()
        };
        let allowed = is_free(number) || on(old) == on(new);
        allowed.then_some(()).ok_or(Refusal::ReadOnly)
    }

    fn check_string(&self, selector: u8) -> Result<(), Refusal> {
        let found = string(&self.strings, selector);
        found.map(|_| ()).map_err(|_| Refusal::OutOfRange)
    }

    /// Invariant: [`Self::check`] agreed.
    pub(crate) fn set(&mut self, parameter: &Parameter) {
        match parameter {
            Parameter::SetInProgress(state) => self.in_progress = state & 3,
            Parameter::Control(bits) => self.control = bits & 0x0f,
            Parameter::ActionGlobalControl(bits) => self.actions = bits & 0x3f,
            Parameter::StartupDelay(seconds) => self.startup_delay_s = *seconds,
            Parameter::AlertStartupDelay(seconds) => self.alert_startup_delay_s = *seconds,
            Parameter::FilterCount(_) | Parameter::PolicyCount(_) | Parameter::StringCount(_) => {}
            Parameter::Filter { number, filter } => {
                if let Some(old) = entry_mut(&mut self.filters, *number) {
                    *old = filter.clone();
                }
            }
            Parameter::FilterData1 {
                number,
                configuration,
            } => {
                if let Some(old) = entry_mut(&mut self.filters, *number) {
                    turn(old, *configuration, is_free(*number));
                }
            }
            Parameter::Policy { entry, policy } => {
                if let Some(old) = entry_mut(&mut self.policies, *entry) {
                    *old = policy.clone();
                }
            }
            Parameter::SystemGuid { flags, guid } => {
                self.guid_flags = flags & 1;
                self.guid = *guid;
            }
            Parameter::StringKeys { string, keys } => {
                if let Some(old) = self.strings.get_mut(usize::from(*string)) {
                    old.keys = keys.clone();
                }
            }
            Parameter::String {
                string,
                block,
                bytes,
            } => self.set_string(*string, *block, bytes),
        }
    }

    fn set_string(&mut self, selector: u8, block: u8, bytes: &[u8]) {
        let Some(string) = self.strings.get_mut(usize::from(selector)) else {
            return;
        };
        let mut blocks = string.text.chunks_mut(ALERT_STRING_BLOCK_LEN);
        if let Some(old) = blocks.nth(usize::from(block).saturating_sub(1)) {
            old.fill(0);
            old.iter_mut().zip(bytes).for_each(|(old, new)| *old = *new);
        }
    }
}

/// Turns a filter on or off. Choice: the type of one that is pre-configured stays, whatever is
/// written, as `ipmitool` writes the enable bit alone.
fn turn(old: &mut EventFilter, configuration: u8, is_free: bool) {
    let kept = if is_free { 0 } else { !filter::ENABLED };
    old.configuration = old.configuration & kept | configuration & !kept;
}

/// Whether software may configure a filter as it likes.
fn is_free(number: u8) -> bool {
    usize::from(number) <= FILTERS
}

fn entry<T>(table: &[T], number: u8) -> Result<&T, GetError> {
    let place = usize::from(number).checked_sub(1);
    let found = place.and_then(|place| table.get(place));
    found.ok_or(GetError::OutOfRange)
}

fn entry_mut<T>(table: &mut [T], number: u8) -> Option<&mut T> {
    table.get_mut(usize::from(number).checked_sub(1)?)
}

fn string(strings: &[AlertString], selector: u8) -> Result<&AlertString, GetError> {
    let found = strings.get(usize::from(selector));
    found.ok_or(GetError::OutOfRange)
}

fn count(len: usize) -> u8 {
    u8::try_from(len).expect("no table has more than 127 entries")
}

/// Turned off; turned on it would match nothing, as it has no offset.
fn unused_filter() -> EventFilter {
    EventFilter {
        configuration: 0,
        action: 0,
        policy: 0,
        severity: 0,
        generator: ANY,
        generator_lun: ANY,
        sensor_type: ANY,
        number: ANY,
        trigger: ANY,
        offsets: 0,
        data: any_data(),
    }
}

/// Event data that is not looked at.
pub(crate) fn any_data() -> EventDataMatches {
    let any = || EventDataMatch {
        mask: 0,
        compare1: 0,
        compare2: 0,
    };
    EventDataMatches {
        data1: any(),
        data2: any(),
        data3: any(),
    }
}

fn unused_policy() -> AlertPolicy {
    AlertPolicy {
        number: 0,
        destination: 0,
        string: 0,
    }
}
