//! Events: each once, in order for each controller, hot swap events completed and judged.
//!
//! An event can be late: the state that it tells of may be past, and discovery or a poll may have
//! seen a later one. So a hot swap event counts at once only when it continues from the state that
//! is known. If it does not, or does not say where it continues from, the sensor itself is read
//! first.

use super::bus::{Urgency, answer, target};
use super::check::{CAUSE_UNKNOWN, Watch, WatchState, shown_state};
use super::{Answer, Effect, Purpose, Scanner};
use crate::{EventSource, FruAddress, HotSwapChange, Observation};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::sensor::GetSensorReading;
use ipmi::sel::{Event, HotSwapEvent, Record, RecordBody};

/// Most events that are held for one controller; more are observed without a state change.
const HELD_MAX: usize = 64;

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    record: Record,
    source: EventSource,
    event: Event,
    /// It is older than the state that discovery reads.
    is_outdated: bool,
}

/// What to do with a hot swap event.
enum Verdict {
    /// It is news.
    Change(HotSwapChange),
    /// It is not: the state is known, or past.
    Old,
    /// Only the sensor can tell.
    Read,
}

impl Scanner {
    pub(super) fn pushed(&mut self, record: Record, effects: &mut Vec<Effect>) {
        self.arrived(record, EventSource::Pushed, effects);
        // The event message buffer holds one event: others may have come and found it full.
        self.poll_sel();
    }

    pub(super) fn arrived(
        &mut self,
        record: Record,
        source: EventSource,
        effects: &mut Vec<Effect>,
    ) {
        let RecordBody::Event { event, .. } = record.body else {
            effects.push(observed(record, source, None));
            return;
        };
        let has_two_sources = self.config.pushes_events;
        if has_two_sources && self.seen.is_copy(self.now, source, event) {
            return;
        }
        let address = event.generator;
        if address & 1 == 0 && self.watch(address) {
            let watch = self.watches.get(&address);
            if watch.is_some_and(|watch| watch.state == WatchState::Absent) {
                self.look(address);
            }
        }
        let held = self.held.entry(address).or_default();
        if held.len() >= HELD_MAX {
            effects.push(observed(record, source, None));
            return;
        }
        held.push_back(Held {
            record,
            source,
            event,
            is_outdated: false,
        });
        self.release(address, effects);
    }

    /// Discovery reads the state now: what came before is no news.
    pub(super) fn outdate(&mut self, address: u8) {
        for held in self.held.get_mut(&address).into_iter().flatten() {
            held.is_outdated = true;
        }
    }

    /// Observes the events that are held for a controller, up to one that has to wait.
    pub(super) fn release(&mut self, address: u8, effects: &mut Vec<Effect>) {
        while let Some(held) = self
            .held
            .get(&address)
            .and_then(|queue| queue.front())
            .cloned()
        {
            let verdict = match self.judge(address, &held) {
                Some(verdict) => verdict,
                None => return,
            };
            let change = match verdict {
                Verdict::Change(change) => Some(change),
                Verdict::Old => None,
                Verdict::Read => {
                    self.ask_hot_swap(address, &held.event);
                    return;
                }
            };
            self.let_go(address, held, change, effects);
        }
        self.held.remove(&address);
        self.look_at_leds(address);
    }

    fn let_go(
        &mut self,
        address: u8,
        held: Held,
        change: Option<HotSwapChange>,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(queue) = self.held.get_mut(&address) {
            queue.pop_front();
        }
        effects.push(observed(held.record, held.source, change));
        if let Some(change) = change {
            self.changed(change);
        }
    }

    /// `None` while the controller is being looked for or asked.
    fn judge(&self, address: u8, held: &Held) -> Option<Verdict> {
        let Some(watch) = self.watches.get(&address) else {
            return Some(Verdict::Old);
        };
        let is_looked_for = self.bus.is_asked(&Purpose::Probe(address));
        match &watch.state {
            WatchState::Discovering(_) => None,
            WatchState::Absent if is_looked_for => None,
            WatchState::Present(_) if self.bus.is_asked(&Purpose::HotSwap(address)) => None,
            WatchState::Absent => Some(Verdict::Old),
            WatchState::Present(_) if held.is_outdated => Some(Verdict::Old),
            WatchState::Present(_) => Some(self.judge_present(address, watch, &held.event)),
        }
    }

    fn judge_present(&self, address: u8, watch: &Watch, event: &Event) -> Verdict {
        let Some(swap) = event.hot_swap() else {
            return Verdict::Old;
        };
        let (fru_id, known) = self.subject(watch, event, &swap);
        if known == Some(swap.current) {
            return Verdict::Old;
        }
        match (swap.previous, known) {
            (Some(previous), Some(known)) if previous != known => Verdict::Read,
            (None, _) => Verdict::Read,
            (Some(previous), _) => {
                let fru = FruAddress { address, fru_id };
                Verdict::Change(change(fru, previous, &swap))
            }
        }
    }

    /// The FRU that an event is about, and its state as last observed.
    fn subject(&self, watch: &Watch, event: &Event, swap: &HotSwapEvent) -> (u8, Option<u8>) {
        let Some(present) = watch.present() else {
            return (0, None);
        };
        let fru_id = swap.fru_id.or(present.fru_of(event.sensor())).unwrap_or(0);
        (fru_id, present.states.get(&fru_id).copied())
    }

    fn ask_hot_swap(&mut self, address: u8, event: &Event) {
        let sensor = event.sensor();
        let request = GetSensorReading {
            number: sensor.number,
        }
        .request_on(sensor.lun);
        let request = (target(address), request);
        self.bus
            .ask(Purpose::HotSwap(address), Urgency::Now, request);
    }

    /// The sensor was read for the first event that is held.
    ///
    /// The event counts when the sensor shows its state, or when the state is one that can follow
    /// the known one: the controller is already further, and its next event says so.
    pub(super) fn confirmed(&mut self, address: u8, result: &Answer, effects: &mut Vec<Effect>) {
        let reading = answer::<GetSensorReading>(result);
        let shown = reading.as_ref().ok().and_then(shown_state);
        let held = self
            .held
            .get(&address)
            .and_then(|queue| queue.front())
            .cloned();
        if let Some(held) = held
            && let Some(watch) = self.watches.get(&address)
            && let Some(swap) = held.event.hot_swap()
        {
            let (fru_id, known) = self.subject(watch, &held.event, &swap);
            let previous = known.or(swap.previous).unwrap_or(swap.current);
            let follows = swap.previous.is_none() && is_edge(previous, swap.current);
            let counts = shown.is_none_or(|shown| shown == swap.current) || follows;
            let change = change(FruAddress { address, fru_id }, previous, &swap);
            self.let_go(address, held, counts.then_some(change), effects);
        }
        if let Err(failure) = reading {
            self.suspect(address, failure);
        }
        self.release(address, effects);
    }

    /// A state change was observed: it is what is known now, and the blue LED will follow it.
    pub(super) fn changed(&mut self, change: HotSwapChange) {
        let fru = change.fru;
        let Some(present) = self
            .watches
            .get_mut(&fru.address)
            .and_then(Watch::present_mut)
        else {
            return;
        };
        present.states.insert(fru.fru_id, change.current);
        present.suspect = None;
        if present.blue_leds.contains_key(&fru.fru_id) {
            present.leds_due.insert(fru.fru_id);
        }
        // Another board can be in the slot than the one that was discovered.
        if change.previous == 0 && fru.fru_id == 0 {
            self.rescan(fru.address);
        }
    }

    /// Discovers a controller anew.
    pub(super) fn rescan(&mut self, address: u8) {
        self.forget(address);
        if let Some(watch) = self.watches.get_mut(&address) {
            watch.state = WatchState::Absent;
        }
        self.look(address);
    }
}

fn observed(record: Record, source: EventSource, change: Option<HotSwapChange>) -> Effect {
    Effect::Observe(Observation::Event {
        record,
        source,
        change,
    })
}

fn change(fru: FruAddress, previous: u8, swap: &HotSwapEvent) -> HotSwapChange {
    let cause = swap.cause.unwrap_or(CAUSE_UNKNOWN);
    HotSwapChange {
        fru,
        previous,
        current: swap.current,
        cause,
    }
}

/// Whether a FRU can go from one state to the other. Source: PICMG 3.0 R3.0, FRU state transitions.
fn is_edge(previous: u8, current: u8) -> bool {
    matches!(
        (previous, current),
        (0, 1) | (1, 2) | (2, 1 | 3) | (3, 4 | 6) | (4, 5 | 6) | (5, 4 | 6) | (6, 1) | (7, _)
    ) || current == 7
        || current == 0
}
