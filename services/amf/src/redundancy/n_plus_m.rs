//! N+M: some SUs are active for SIs, others standby for them; no SU is both.
//!
//! Where who is placed; how it gets there is the same as with N-way.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.6.3.

use super::common;
use super::n_way::{Line, Lines, limit, wanted};
use crate::Amf;
use crate::model::SgConfig;
use ais::Dn;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Fills up what is missing, keeping what is there; a fresh start follows the reduction procedure.
pub(super) fn place(amf: &Amf, config: &SgConfig, mut lines: Lines) -> Lines {
    if lines
        .values()
        .all(|line| line.active.is_none() && line.standbys.is_empty())
    {
        return fresh(amf, config);
    }
    let sis: Vec<&Dn> = config.sis.iter().filter(|si| wanted(amf, si)).collect();
    for si in &sis {
        let mut line = lines.get(*si).cloned().unwrap_or_default();
        if line.active.is_none() {
            line.active = active_for(amf, config, si, &lines);
        }
        line.standbys.retain(|su| Some(su) != line.active.as_ref());
        lines.insert((*si).clone(), line);
    }
    // A standby SU that became active gives up its other standby assignments (AMF-3.6.3.2-01).
    let active: BTreeSet<Dn> = lines.values().filter_map(|l| l.active.clone()).collect();
    for line in lines.values_mut() {
        line.standbys.retain(|su| !active.contains(su));
    }
    for si in &sis {
        let line = lines.get(*si).cloned().unwrap_or_default();
        if line.active.is_some() && line.standbys.is_empty() {
            let standby = standby_for(amf, config, &line, &lines);
            let standbys = standby.into_iter().collect();
            let active = line.active;
            lines.insert((*si).clone(), Line { active, standbys });
        }
    }
    lines.retain(|_, line| line.active.is_some());
    lines
}

fn active_load(lines: &Lines, su: &Dn) -> usize {
    lines
        .values()
        .filter(|l| l.active.as_ref() == Some(su))
        .count()
}

fn standby_load(lines: &Lines, su: &Dn) -> usize {
    lines.values().filter(|l| l.standbys.contains(su)).count()
}

/// Its standby; else a spare while too few SUs are active, an active SU with room, any spare, and
/// as the last resort a standby SU of others.
fn active_for(amf: &Amf, config: &SgConfig, si: &Dn, lines: &Lines) -> Option<Dn> {
    let able = |su: &&Dn| {
        let room = active_load(lines, su) < limit(config.active_sis_max);
        amf.assignable(su) && room && amf.can_take(su, si)
    };
    let own = lines.get(si).and_then(|line| line.standbys.first());
    if let Some(standby) = own.filter(able) {
        return Some(standby.clone());
    }
    let actives = config
        .sus
        .iter()
        .filter(|su| active_load(lines, su) > 0)
        .count();
    let candidates: Vec<&Dn> = config.sus.iter().filter(able).collect();
    let spare = candidates
        .iter()
        .copied()
        .find(|su| active_load(lines, su) == 0 && standby_load(lines, su) == 0);
    let active = candidates
        .iter()
        .copied()
        .filter(|su| active_load(lines, su) > 0);
    let active = active.min_by_key(|su| active_load(lines, su));
    let standby = candidates
        .iter()
        .copied()
        .min_by_key(|su| standby_load(lines, su));
    let first = match actives < limit(config.active_sus_preferred) {
        true => spare.or(active),
        false => active.or(spare),
    };
    first.or(standby).cloned()
}

/// A spare while too few SUs are standby, else the standby SU with the fewest SIs; on another node
/// than the active SU where possible.
fn standby_for(amf: &Amf, config: &SgConfig, line: &Line, lines: &Lines) -> Option<Dn> {
    let able = |su: &&Dn| {
        let room = standby_load(lines, su) < limit(config.standby_sis_max);
        amf.assignable(su) && room && active_load(lines, su) == 0 && common::can_stand_by(amf, su)
    };
    let near = |su: &Dn| {
        let active = line.active.as_ref();
        active.and_then(|active| amf.node_of(active)) == amf.node_of(su)
    };
    let candidates: Vec<&Dn> = config.sus.iter().filter(able).collect();
    let standbys = config
        .sus
        .iter()
        .filter(|su| standby_load(lines, su) > 0)
        .count();
    let (in_use, spare): (Vec<&Dn>, Vec<&Dn>) = candidates
        .into_iter()
        .partition(|su| standby_load(lines, su) > 0);
    let spare = spare.into_iter().min_by_key(|su| near(su));
    let in_use = in_use
        .into_iter()
        .min_by_key(|su| (near(su), standby_load(lines, su)));
    let chosen = match standbys < limit(config.standby_sus_preferred) {
        true => spare.or(in_use),
        false => in_use,
    };
    chosen.cloned()
}

/// Numbers of active and standby SUs, by the reduction procedure (§3.6.3.4.1).
fn numbers(config: &SgConfig, sus: usize, sis: usize) -> (usize, usize) {
    let (active, standby) = (
        limit(config.active_sus_preferred),
        limit(config.standby_sus_preferred),
    );
    let standby_min = sis.div_ceil(limit(config.standby_sis_max).max(1));
    let active_min = sis.div_ceil(limit(config.active_sis_max).max(1));
    if sus >= active.saturating_add(standby) {
        (active, standby)
    } else if sus >= active.saturating_add(standby_min) {
        (active, sus - active)
    } else if sus >= active_min.saturating_add(standby_min) {
        (sus - standby_min, standby_min)
    } else if sus >= active_min {
        (active_min, sus - active_min)
    } else {
        (sus, 0)
    }
}

/// The lines of a fresh start: contiguous blocks of SIs on the SUs, both by rank.
pub(super) fn fresh(amf: &Amf, config: &SgConfig) -> Lines {
    let sus: Vec<&Dn> = config.sus.iter().filter(|su| amf.assignable(su)).collect();
    let sis: Vec<&Dn> = config.sis.iter().filter(|si| wanted(amf, si)).collect();
    let (actives, standbys) = numbers(config, sus.len(), sis.len());
    let (active, rest) = sus.split_at(actives.min(sus.len()));
    let standby: Vec<&Dn> = rest.iter().copied().take(standbys).collect();
    let mut lines = Lines::new();
    for (si, su) in blocks(&sis, active, limit(config.active_sis_max)) {
        let line = Line {
            active: Some(su.clone()),
            standbys: Vec::new(),
        };
        lines.insert(si.clone(), line);
    }
    for (si, su) in blocks(&sis, &standby, limit(config.standby_sis_max)) {
        if let Some(line) = lines.get_mut(si).filter(|_| common::can_stand_by(amf, su)) {
            line.standbys.push(su.clone());
        }
    }
    lines
}

/// Spreads the SIs in blocks of equal size, at most `max`, over the SUs.
fn blocks<'a>(
    sis: &'a [&'a Dn],
    sus: &'a [&'a Dn],
    max: usize,
) -> impl Iterator<Item = (&'a Dn, &'a Dn)> {
    let size = sis.len().div_ceil(sus.len().max(1)).min(max).max(1);
    let chunks = sis.chunks(size).zip(sus);
    chunks.flat_map(|(chunk, su)| chunk.iter().map(move |si| (*si, *su)))
}

/// The lines after a swap: all SIs of the active SU go to their standbys, and the SU takes over all
/// standby assignments that the new active SUs give up (AMF-9.4.8-03).
pub(super) fn swap(lines: &mut Lines, active: &Dn) {
    let mut promoted = BTreeSet::new();
    for line in lines.values_mut() {
        let swaps = line.active.as_ref() == Some(active) && !line.standbys.is_empty();
        if swaps {
            let standby = core::mem::replace(&mut line.standbys, Vec::from([active.clone()]));
            line.active = standby.into_iter().next();
            promoted.extend(line.active.clone());
        }
    }
    for line in lines.values_mut() {
        for su in &mut line.standbys {
            if promoted.contains(su) {
                *su = active.clone();
            }
        }
    }
}
