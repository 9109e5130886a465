//! Power: two inputs of each power module, and what hangs on them.
//!
//! Choice: input A of each module feeds the lower half of the slots, input B the upper half, so
//! that either module can carry the shelf alone. Fan trays, power modules and shelf management
//! controllers live on any input.

use crate::operator::Feed;
use std::collections::BTreeMap;

/// Voltage of an input that works, V.
pub(crate) const VOLTS: u8 = 48;
/// Below this an input carries nothing, V. Source: PICMG 3.0 R3.0, −36 V to −72 V hold payload
/// power.
const VOLTS_MIN: u8 = 36;
/// Highest voltage that an input sensor can show.
pub(crate) const VOLTS_MAX: u8 = 63;

/// The inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Supply {
    /// V, by module and input.
    volts: BTreeMap<(u8, Feed), u8>,
}

impl Supply {
    pub(crate) fn new(modules: u8) -> Self {
        let inputs = (1..=modules).flat_map(|module| [(module, Feed::A), (module, Feed::B)]);
        Self {
            volts: inputs.map(|input| (input, VOLTS)).collect(),
        }
    }

    pub(crate) fn set(&mut self, module: u8, feed: Feed, volts: u8) {
        self.volts.insert((module, feed), volts);
    }

    pub(crate) fn volts(&self, module: u8, feed: Feed) -> u8 {
        self.volts.get(&(module, feed)).copied().unwrap_or(0)
    }

    /// Whether one of these modules carries what hangs on a feed; on any where it is `None`.
    pub(crate) fn carries(&self, modules: &[u8], feed: Option<Feed>) -> bool {
        self.volts.iter().any(|((module, of), volts)| {
            modules.contains(module) && feed.is_none_or(|feed| feed == *of) && *volts >= VOLTS_MIN
        })
    }

    /// Whether one of the inputs of a module carries something.
    pub(crate) fn is_live(&self, module: u8) -> bool {
        self.carries(&[module], None)
    }
}
