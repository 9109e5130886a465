//! Power levels of one FRU. Source: PICMG 3.0 R3.0, power management.

use crate::config::PowerConfig;
use ipmi::command::picmg::{POWER_LEVELS_MAX, PowerLevel, SetPowerLevel, power_kind};
use ipmi::message::CompletionCode;
use serde::{Deserialize, Serialize};

const NO_CHANGE: u8 = 0xff;
/// Bit 7 of the properties: service goes on while the level changes.
const DYNAMIC: u8 = 0x80;

/// The levels of one FRU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Power {
    config: PowerConfig,
    /// Present level; 0 is off.
    pub(crate) level: u8,
    /// The level that the payload wants.
    wanted: u8,
    /// What was wanted when the shelf manager let the properties be computed last.
    desired: u8,
}

impl Power {
    pub(crate) fn new(config: &PowerConfig, is_on: bool) -> Self {
        let mut config = config.clone();
        config.draws_w.truncate(POWER_LEVELS_MAX);
        let wanted = config.desired_level;
        Self {
            level: if is_on { wanted } else { 0 },
            wanted,
            desired: wanted,
            config,
        }
    }

    /// Locks the desired level in, so that it does not change while the budget is negotiated.
    pub(crate) fn compute(&mut self) {
        self.desired = self.wanted;
    }

    /// The level to start at when nobody sets one.
    pub(crate) fn start_level(&self) -> u8 {
        self.desired
    }

    /// How long it draws its early power.
    pub(crate) fn early_time(&self) -> core::time::Duration {
        core::time::Duration::from_millis(u64::from(self.config.early_time) * 100)
    }

    /// Takes over what the payload wants; `false` when there is no such level, or it is no news.
    pub(crate) fn want(&mut self, level: u8) -> bool {
        let exists = (1..=self.level_max()).contains(&level);
        exists && core::mem::replace(&mut self.wanted, level) != level
    }

    /// The level that an order sets; `None` when it stays.
    pub(crate) fn ordered(&self, order: &SetPowerLevel) -> Result<Option<u8>, CompletionCode> {
        if order.copy > 1 {
            return Err(CompletionCode::INVALID_FIELD);
        }
        match order.level {
            NO_CHANGE => Ok(None),
            level if level > self.level_max() => Err(CompletionCode::OUT_OF_RANGE),
            level => Ok(Some(level)),
        }
    }

    /// What Get Power Level answers.
    ///
    /// Choice: present and desired draws of a level are the same, as they are the board's; only
    /// which level is desired may change.
    pub(crate) fn answer(&self, kind: u8) -> Result<PowerLevel, CompletionCode> {
        let is_early = matches!(kind, power_kind::EARLY | power_kind::DESIRED_EARLY);
        let level = match kind {
            power_kind::STEADY | power_kind::EARLY => self.level,
            power_kind::DESIRED_STEADY | power_kind::DESIRED_EARLY => self.desired,
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        let dynamic = if self.config.is_dynamic { DYNAMIC } else { 0 };
        Ok(PowerLevel {
            properties: dynamic | level,
            delay: if is_early { self.config.early_time } else { 0 },
            multiplier: self.config.multiplier,
            draws: self.draws(is_early).to_vec(),
        })
    }

    /// What it draws at its level, W.
    pub(crate) fn draw_w(&self, is_early: bool) -> u16 {
        let index = usize::from(self.level).checked_sub(1);
        let draw = index.and_then(|index| self.draws(is_early).get(index));
        draw.map_or(0, |draw| {
            u16::from(*draw) * u16::from(self.config.multiplier) / 10
        })
    }

    fn level_max(&self) -> u8 {
        // There are at most 20.
        self.config.draws_w.len() as u8
    }

    fn draws(&self, is_early: bool) -> &[u8] {
        match is_early && !self.config.early_draws_w.is_empty() {
            true => &self.config.early_draws_w,
            false => &self.config.draws_w,
        }
    }
}
