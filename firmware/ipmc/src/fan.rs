//! Fans of a tray: an order from outside, its own control, and what happens when nobody orders.
//!
//! Source: PICMG 3.0 R3.0, cooling management.

use crate::config::FanConfig;
use core::time::Duration;
use ipmi::command::picmg::{
    FAN_EMERGENCY_STOP, FAN_LOCAL_CONTROL, FanLevel, FanSpeedProperties, SetFanLevel,
};
use ipmi::message::CompletionCode;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Bit 7 of the properties: local control is supported.
const SUPPORTS_LOCAL: u8 = 0x80;

/// The fans of one tray.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fan {
    config: FanConfig,
    silence_max: Option<Duration>,
    /// Level that was ordered; FEh emergency stop, FFh none.
    ordered: u8,
    local_enabled: bool,
    /// Whether one of the tray's own temperatures is too high.
    is_hot: bool,
    /// When the shelf manager was heard last; `None` before the first time.
    heard_at: Option<Time>,
    is_alone: bool,
    /// What the hardware was told last; fans turn at the normal level as soon as they have power.
    told: Option<u8>,
}

impl Fan {
    pub(crate) fn new(config: &FanConfig, silence_max: Option<Duration>) -> Self {
        Self {
            ordered: config.level_normal,
            config: config.clone(),
            silence_max,
            local_enabled: false,
            is_hot: false,
            heard_at: None,
            is_alone: false,
            told: Some(config.level_normal),
        }
    }

    /// The level that holds; 0 is off.
    ///
    /// Choice: a tray that does not hear its shelf manager turns at the highest level, as nobody
    /// watches what it cools. An emergency stop outlasts that: it was ordered because of smoke.
    pub(crate) fn level(&self) -> u8 {
        let local = match self.local_enabled {
            true => self.local_level(),
            false => 0,
        };
        match self.ordered {
            FAN_EMERGENCY_STOP => 0,
            _ if self.is_alone => self.config.level_max,
            FAN_LOCAL_CONTROL => local,
            level => level.max(local),
        }
    }

    /// What its own control does.
    ///
    /// Choice: normal, and the highest level while one of its own temperatures is too high.
    fn local_level(&self) -> u8 {
        match self.is_hot {
            true => self.config.level_max,
            false => self.config.level_normal,
        }
    }

    pub(crate) fn properties(&self) -> FanSpeedProperties {
        FanSpeedProperties {
            level_min: self.config.level_min,
            level_max: self.config.level_max,
            level_normal: self.config.level_normal,
            properties: SUPPORTS_LOCAL,
        }
    }

    /// Set Fan Level. Choice: where nothing is said of local control, it is on with FFh only.
    pub(crate) fn set(&mut self, order: &SetFanLevel) -> Result<(), CompletionCode> {
        let range = self.config.level_min..=self.config.level_max;
        let is_special = matches!(order.level, FAN_EMERGENCY_STOP | FAN_LOCAL_CONTROL);
        if !is_special && !range.contains(&order.level) {
            return Err(CompletionCode::OUT_OF_RANGE);
        }
        let local_enabled = match order.local_enable {
            None => order.level == FAN_LOCAL_CONTROL,
            // Nobody would be left to turn them.
            Some(0) if order.level == FAN_LOCAL_CONTROL => {
                return Err(CompletionCode::INVALID_FIELD);
            }
            Some(0) => false,
            Some(1) => true,
            Some(_) => return Err(CompletionCode::INVALID_FIELD),
        };
        self.ordered = order.level;
        self.local_enabled = local_enabled;
        // An order is carried out even when it changes nothing.
        self.told = None;
        Ok(())
    }

    pub(crate) fn answer(&self) -> FanLevel {
        FanLevel {
            override_level: self.ordered,
            local_level: Some(self.local_level()),
            local_enable: Some(u8::from(self.local_enabled)),
        }
    }

    /// The shelf manager was heard.
    pub(crate) fn heard(&mut self, now: Time) {
        self.heard_at = Some(now);
        self.is_alone = false;
    }

    /// Whether one of the tray's own temperatures is too high.
    pub(crate) fn felt(&mut self, is_hot: bool) {
        self.is_hot = is_hot;
    }

    /// When the shelf manager will have been silent for too long.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let heard_at = self.heard_at.filter(|_| !self.is_alone)?;
        Some(heard_at.after(self.silence_max?))
    }

    pub(crate) fn tick(&mut self, now: Time) {
        self.is_alone |= self.deadline().is_some_and(|deadline| deadline <= now);
    }

    /// The level, when the hardware was told another one.
    pub(crate) fn untold(&mut self) -> Option<u8> {
        let level = self.level();
        let is_news = self.told.replace(level) != Some(level);
        is_news.then_some(level)
    }
}
