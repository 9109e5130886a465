//! Which filters an event matches. Source: IPMI v2.0 §17.7 and Table 17-2.

use crate::SUPPORTED;
use crate::configuration::Configuration;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use ipmi::command::pef::{EventDataMatch, EventFilter, action, filter};
use ipmi::sel::Event;

/// Matches any value. Source: IPMI v2.0 Table 17-2.
pub(crate) const ANY: u8 = 0xff;

/// Direction of an event, in its event/reading type byte.
const DEASSERTION: u8 = 0x80;

/// That an event alerts by a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    /// Alert policy number, 1–15.
    pub(crate) policy: u8,
    /// The worst severity of those filters that name the policy.
    pub(crate) severity: u8,
    /// Number of the first filter with that severity.
    pub(crate) filter: u8,
}

/// The alerts that an event sets off, in the order of their policies.
///
/// Several filters that name the same policy are one alert, of the worst severity.
/// Source: IPMI v2.0 §17.1 and §17.4.
pub(crate) fn matched(configuration: &Configuration, event: &Event) -> Vec<Matched> {
    let allowed = configuration.actions() & SUPPORTED & action::ALERT;
    let mut found: BTreeMap<u8, Matched> = BTreeMap::new();
    for (number, filter) in configuration.filters() {
        let policy = filter.policy & 0x0f;
        if filter.action & allowed == 0 || policy == 0 || !matches(filter, event) {
            continue;
        }
        let this = Matched {
            policy,
            severity: filter.severity,
            filter: number,
        };
        let worst = found.entry(policy).or_insert(this);
        if this.severity > worst.severity {
            *worst = this;
        }
    }
    found.into_values().collect()
}

/// Whether an enabled filter matches an event.
///
/// Choice: the event trigger is an event/reading type, which has no direction: it matches events
/// that begin and that end. With bit 7 set, as an event that ends has it, it matches only these.
#[must_use]
pub fn matches(filter: &EventFilter, event: &Event) -> bool {
    let is = |wanted: u8, value: u8| wanted == ANY || wanted == value;
    let trigger = filter.trigger;
    let is_trigger = trigger == ANY
        || trigger & !DEASSERTION == event.event_type
            && (trigger & DEASSERTION == 0 || !event.assertion);
    let [data1, data2, data3] = event.data;
    filter.configuration & filter::ENABLED != 0
        && is(filter.generator, event.generator)
        && is(filter.generator_lun, event.generator_lun)
        && is(filter.sensor_type, event.sensor_type)
        && is(filter.number, event.number)
        && is_trigger
        && filter.offsets >> event.offset() & 1 == 1
        && is_data(&filter.data.data1, data1)
        && is_data(&filter.data.data2, data2)
        && is_data(&filter.data.data3, data3)
}

/// Bits that must be equal are; and where `compare2` has ones among the other bits, the event has
/// at least one of them.
fn is_data(wanted: &EventDataMatch, data: u8) -> bool {
    let data = data & wanted.mask;
    let any_of = wanted.compare2 & !wanted.compare1;
    (data ^ wanted.compare2) & wanted.compare1 == 0 && (any_of == 0 || data & any_of != 0)
}
