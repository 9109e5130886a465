//! Get Shelf Power Allocation: what the FRUs of each feed draw, by the shelf's inventory and by
//! what they say.
//!
//! Choice: nobody here manages power, so what is allocated is what each powered FRU says that it
//! draws at its present level. One that has no power levels, and refuses to tell, counts nothing;
//! one that several feeds power counts on each, as each must be able to carry it.
//!
//! Source: PICMG 3.0 R3.0, power management; shelf power distribution record.

use super::chassis::POWERED;
use super::{Outcome, View, group, refuse};
use ipmi::command::Command;
use ipmi::command::picmg::{
    GetPowerLevel, GetShelfPowerAllocation, PowerLevel, ShelfPowerAllocation, power_kind,
};
use ipmi::fru::picmg::{FedFru, PicmgBody, PowerFeed};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use ipmi::wire::Rest;
use shelf::FruAddress;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Every FRU of a controller. Source: PICMG 3.0 R3.0, shelf power distribution record.
const EVERY_FRU: u8 = 0xfe;
/// Nobody was asked in the end: the answer would leave a draw out.
const NOT_ASKED: [CompletionCode; 4] = [
    CompletionCode::TIMEOUT,
    CompletionCode::NODE_BUSY,
    CompletionCode::NAK_ON_WRITE,
    CompletionCode::DESTINATION_UNAVAILABLE,
];

/// What is asked, one after the other, and what is known already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gathering {
    first_feed: usize,
    /// FRUs that are yet to be asked, and their feeds; the answer of the first one comes next.
    rest: VecDeque<(FruAddress, BTreeSet<usize>)>,
    /// Draws of each feed, 0.1 W.
    draws: Vec<u32>,
}

/// The allocation as it was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Allocation {
    feeds_w: Vec<u16>,
    update_count: u16,
}

/// Begins to ask.
pub(super) fn answer(view: View<'_>, request: &Request) -> Outcome {
    let begun = super::read::<GetShelfPowerAllocation>(request).and_then(|asked| {
        let feeds = feeds(view);
        let first_feed = usize::from(asked.first_feed);
        if feeds.is_empty() {
            return Err(CompletionCode::NOT_PRESENT);
        }
        if first_feed >= feeds.len() {
            return Err(CompletionCode::OUT_OF_RANGE);
        }
        let mut frus: BTreeMap<FruAddress, BTreeSet<usize>> = BTreeMap::new();
        for (place, feed) in feeds.iter().enumerate() {
            for fru in feed.frus.0.iter().flat_map(|fed| powered(view, fed)) {
                frus.entry(fru).or_default().insert(place);
            }
        }
        Ok(Gathering {
            first_feed,
            rest: frus.into_iter().collect(),
            draws: vec![0; feeds.len()],
        })
    });
    match begun {
        Ok(gathering) => Outcome::Gather(gathering),
        Err(code) => refuse(request, code),
    }
}

fn feeds(view: View<'_>) -> Vec<PowerFeed> {
    let records = group::shelf_records(view).into_iter();
    let feeds = records.filter_map(|body| {
        if let PicmgBody::PowerDistribution(record) = body {
            Some(record.feeds.0)
        } else {
            None
        }
    });
    feeds.flatten().collect()
}

/// The FRUs that an entry of a feed means, as far as they have payload power.
fn powered(view: View<'_>, fed: &FedFru) -> impl Iterator<Item = FruAddress> {
    let (address, meant) = (fed.hardware_address << 1, fed.fru_id);
    let controller = view.appliance.shelf.controller(address);
    let frus = controller.into_iter().flat_map(|entry| &entry.frus);
    frus.filter_map(move |(&fru_id, fru)| {
        let is_meant = meant == EVERY_FRU || meant == fru_id;
        let is_powered = fru.state.is_some_and(|state| POWERED.contains(&state));
        (is_meant && is_powered).then_some(FruAddress { address, fru_id })
    })
}

impl Gathering {
    /// Who is to be asked next.
    pub(super) fn next(&self) -> Option<(Target, Request)> {
        let FruAddress { address, fru_id } = self.rest.front()?.0;
        let kind = power_kind::STEADY;
        let request = GetPowerLevel { fru_id, kind }.request();
        Some((Target::Ipmb(address), request))
    }

    /// Takes the answer of who was asked last; the error is that of the whole.
    pub(super) fn take(&mut self, response: &Response) -> Result<(), CompletionCode> {
        if NOT_ASKED.contains(&response.code) {
            return Err(response.code);
        }
        let feeds = self.rest.pop_front().map(|(_, feeds)| feeds);
        let level = GetPowerLevel::read_response(response).ok();
        let draw = level.as_ref().map_or(0, present);
        for place in feeds.into_iter().flatten() {
            if let Some(sum) = self.draws.get_mut(place) {
                *sum = sum.saturating_add(draw);
            }
        }
        Ok(())
    }
}

/// What a FRU draws at its present level, 0.1 W; nothing at level 0.
pub(crate) fn present(level: &PowerLevel) -> u32 {
    let place = usize::from(level.properties & 0x1f).checked_sub(1);
    let draw = place.and_then(|place| level.draws.get(place));
    draw.map_or(0, |draw| u32::from(*draw) * u32::from(level.multiplier))
}

impl Allocation {
    /// Everybody was asked: the answer. Watts are rounded up.
    pub(super) fn told(&mut self, gathering: &Gathering) -> Response {
        let watts = |draw: &u32| u16::try_from(draw.div_ceil(10)).unwrap_or(u16::MAX);
        let feeds_w: Vec<u16> = gathering.draws.iter().map(watts).collect();
        if feeds_w != self.feeds_w {
            self.update_count = self.update_count.wrapping_add(1);
            self.feeds_w.clone_from(&feeds_w);
        }
        let feeds_w = feeds_w.into_iter().skip(gathering.first_feed);
        GetShelfPowerAllocation::respond(&ShelfPowerAllocation {
            update_count: self.update_count,
            feeds_w: Rest(feeds_w.collect()),
        })
    }
}
