//! Sensors of the shelf for the power that what is on each of its feeds draws.
//!
//! Source: PICMG 3.0 R3.0, shelf power distribution record, Get Shelf Power Allocation.

use super::{power, record};
use alloc::format;
use core::ops::RangeInclusive;
use hpi_model::{EntityPath, Range, Rdr, SensorRec};
use ipmi::fru::picmg::{PicmgBody, PowerFeed};

/// Choice: the mapping of ATCA has no numbers for them; these are far from those that it has.
pub(crate) const FEED_POWER: RangeInclusive<u32> = 0x1a00..=0x1aff;

/// An internal current that is not given.
const NOT_GIVEN: u16 = 0xffff;
/// Voltages that a feed may have at least, 0.5 V; what it has otherwise.
const VOLTAGES: RangeInclusive<u8> = 72..=144;
/// See [`VOLTAGES`].
const VOLTAGE_DEFAULT: u8 = 72;
/// Millionths of a watt, from 0.1 A and 0.5 V.
const MICRO: i64 = 50_000;

/// Which feed of the shelf a sensor is about, from 0; `None` when it is another sensor.
pub fn power_feed(sensor: u32) -> Option<u8> {
    let is_feed = FEED_POWER.contains(&sensor);
    let feed = sensor.checked_sub(*FEED_POWER.start())?;
    u8::try_from(feed).ok().filter(|_| is_feed)
}

/// Sensors for the feeds that the shelf's records name.
pub(crate) fn rdrs<'a>(
    shelf: &'a EntityPath,
    records: &'a [PicmgBody],
) -> impl Iterator<Item = Rdr> + 'a {
    let feeds = records.iter().filter_map(|record| {
        if let PicmgBody::PowerDistribution(record) = record {
            Some(&record.feeds.0)
        } else {
            None
        }
    });
    FEED_POWER
        .zip(1..)
        .zip(feeds.flatten())
        .map(|((num, place), feed)| {
            let name = format!("Feed {place} power");
            record(shelf.clone(), feed_power(num, feed), &name)
        })
}

/// Choice: what the feed can carry at its lowest voltage is the most that is normal, as nothing
/// keeps those who set levels of power from more.
fn feed_power(num: u32, feed: &PowerFeed) -> SensorRec {
    let current = match feed.internal_current_max {
        NOT_GIVEN => feed.external_current_max,
        internal => internal.min(feed.external_current_max),
    };
    let voltage = if VOLTAGES.contains(&feed.voltage_min) {
        feed.voltage_min
    } else {
        VOLTAGE_DEFAULT
    };
    power(
        num,
        Range {
            min_micro: Some(0),
            normal_max_micro: Some(i64::from(current) * i64::from(voltage) * MICRO),
            ..Range::default()
        },
    )
}
