//! LEDs of a FRU: the blue one and the green one follow the hot swap state, unless told otherwise.
//!
//! Source: PICMG 3.0 R3.0, FRU LED management.

use crate::config::LedConfig;
use crate::hot_swap::HotSwapState;
use crate::interface::Shown;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::picmg::{FruLedProperties, FruLedState, LedColorCapabilities, SetFruLedState};
use ipmi::message::CompletionCode;
use machine::Time;
use serde::{Deserialize, Serialize};

const BLUE: u8 = 1;
const RED: u8 = 2;
const GREEN: u8 = 3;

/// The blue LED's id.
const BLUE_LED: u8 = 0;
/// LED 2 says that the FRU is in service.
const IN_SERVICE_LED: u8 = 2;
/// Ids from here on are the application's.
const FIRST_OF_APPLICATION: u8 = 4;
/// Most LEDs of a FRU. Source: PICMG 3.0 R3.0, Get FRU LED Properties: four, and at most 251.
const LEDS_MAX: usize = 255;

const OFF: (u8, u8) = (0x00, 0);
const ON: (u8, u8) = (0xff, 0);
/// 900 ms on, 100 ms off.
const LONG_BLINK: (u8, u8) = (10, 90);
/// 100 ms on, 900 ms off.
const SHORT_BLINK: (u8, u8) = (90, 10);

const FUNCTION_LAMP_TEST: u8 = 0xfb;
const FUNCTION_LOCAL: u8 = 0xfc;
const COLOR_KEEP: u8 = 0x0e;
const COLOR_DEFAULT: u8 = 0x0f;
/// All LEDs of a FRU, for a lamp test.
const ALL: u8 = 0xff;
/// Longest lamp test, 100 ms. Source: PICMG 3.0 R3.0, Set FRU LED State.
const LAMP_TEST_MAX: u8 = 127;

/// One LED.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Led {
    config: LedConfig,
    /// Function and on time under local control.
    local: (u8, u8),
    /// What it shows while overridden.
    overridden: Option<Shown>,
    /// Duration of a lamp test, 100 ms, and when it ends.
    lamp_test: Option<(u8, Time)>,
    /// What the hardware was told last.
    told: Option<Shown>,
}

/// The LEDs of one FRU, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leds(Vec<Led>);

/// The blue LED, LED 1 (red, fault), LED 2 (green, in service).
pub(crate) fn of_a_board() -> Vec<LedConfig> {
    (0..).zip([BLUE, RED, GREEN]).map(plain).collect()
}

/// The blue LED.
pub(crate) fn of_a_module() -> Vec<LedConfig> {
    [plain((BLUE_LED, BLUE))].to_vec()
}

fn plain((id, color): (u8, u8)) -> LedConfig {
    LedConfig {
        id,
        colors: 1 << color,
        local_color: color,
        override_color: color,
        of_payload: false,
    }
}

impl Leds {
    pub(crate) fn new(configs: &[LedConfig]) -> Self {
        let leds = configs.iter().take(LEDS_MAX).map(|config| Led {
            config: config.clone(),
            local: OFF,
            overridden: None,
            lamp_test: None,
            told: None,
        });
        Self(leds.collect())
    }

    pub(crate) fn properties(&self) -> FruLedProperties {
        let ids = self.0.iter().map(|led| led.config.id);
        let general = ids.clone().filter(|id| *id < FIRST_OF_APPLICATION);
        let application = ids.filter(|id| *id >= FIRST_OF_APPLICATION).count();
        FruLedProperties {
            general: general.fold(0, |bits, id| bits | 1 << id),
            // There are at most 255 LEDs.
            application_count: application as u8,
        }
    }

    pub(crate) fn led(&self, led_id: u8) -> Result<&Led, CompletionCode> {
        let led = self.0.iter().find(|led| led.config.id == led_id);
        led.ok_or(CompletionCode::INVALID_FIELD)
    }

    /// Does what a Set FRU LED State orders; FFh is all of them, for a lamp test only.
    pub(crate) fn set(&mut self, now: Time, order: &SetFruLedState) -> Result<(), CompletionCode> {
        if order.led_id == ALL {
            if order.function != FUNCTION_LAMP_TEST {
                return Err(CompletionCode::INVALID_FIELD);
            }
            return self.0.iter_mut().try_for_each(|led| led.set(now, order));
        }
        let led = self.0.iter_mut().find(|led| led.config.id == order.led_id);
        led.ok_or(CompletionCode::INVALID_FIELD)?.set(now, order)
    }

    /// Lets the blue and the green LED show a hot swap state.
    pub(crate) fn follow(&mut self, state: HotSwapState) {
        use HotSwapState as M;
        let blue = match state {
            M::NotInstalled | M::ActivationInProgress | M::Active => OFF,
            M::Inactive => ON,
            M::ActivationRequest => LONG_BLINK,
            M::DeactivationRequest | M::DeactivationInProgress => SHORT_BLINK,
        };
        let in_service = matches!(state, M::Active | M::DeactivationRequest);
        for led in &mut self.0 {
            match led.config.id {
                BLUE_LED => led.local = blue,
                IN_SERVICE_LED => led.local = if in_service { ON } else { OFF },
                _ => (),
            }
        }
    }

    /// Ends the lamp tests whose time is over.
    pub(crate) fn tick(&mut self, now: Time) {
        for led in &mut self.0 {
            led.lamp_test = led.lamp_test.filter(|(_, until)| now < *until);
        }
    }

    /// When the next lamp test ends.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.0.iter().filter_map(|led| Some(led.lamp_test?.1)).min()
    }

    /// LEDs that show something else than the hardware was told.
    pub(crate) fn untold(&mut self, payload_on: bool) -> Vec<(u8, Shown)> {
        let changed = self.0.iter_mut().filter_map(|led| {
            let shown = led.shown(payload_on);
            let is_news = led.told.replace(shown) != Some(shown);
            is_news.then_some((led.config.id, shown))
        });
        changed.collect()
    }

    /// Overrides and tests do not outlive management power.
    pub(crate) fn forget(&mut self) {
        for led in &mut self.0 {
            led.overridden = None;
            led.lamp_test = None;
        }
    }
}

impl Led {
    pub(crate) fn capabilities(&self) -> LedColorCapabilities {
        LedColorCapabilities {
            colors: self.config.colors,
            default_local: self.config.local_color,
            default_override: self.config.override_color,
            flags: Some(u8::from(self.config.of_payload)),
        }
    }

    fn has_local(&self) -> bool {
        self.config.local_color != 0
    }

    fn set(&mut self, now: Time, order: &SetFruLedState) -> Result<(), CompletionCode> {
        let kept = self.overridden.map(|shown| shown.color);
        let color = match order.color & 0x0f {
            COLOR_KEEP => kept.unwrap_or(self.config.override_color),
            COLOR_DEFAULT => self.config.override_color,
            color if color < 7 && self.config.colors >> color & 1 == 1 => color,
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        match order.function {
            FUNCTION_LOCAL if self.has_local() => {
                self.overridden = None;
                self.lamp_test = None;
            }
            FUNCTION_LAMP_TEST if order.on_time <= LAMP_TEST_MAX => {
                let time = Duration::from_millis(u64::from(order.on_time) * 100);
                let test = (order.on_time, now.after(time));
                self.lamp_test = (order.on_time > 0).then_some(test);
            }
            function @ (0x00..=0xfa | 0xff) => {
                let on_time = order.on_time;
                self.overridden = Some(Shown {
                    function,
                    on_time,
                    color,
                });
                self.lamp_test = None;
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        Ok(())
    }

    /// What it shows: nothing without the power it needs, else lamp test before override before
    /// local control.
    fn shown(&self, payload_on: bool) -> Shown {
        let local = Shown {
            function: self.local.0,
            on_time: self.local.1,
            color: self.config.local_color,
        };
        let shown = self.overridden.unwrap_or(local);
        match self.lamp_test {
            _ if self.config.of_payload && !payload_on => Shown {
                function: OFF.0,
                on_time: OFF.1,
                ..local
            },
            Some((on_time, _)) => Shown {
                function: FUNCTION_LAMP_TEST,
                on_time,
                ..shown
            },
            None => shown,
        }
    }

    pub(crate) fn state(&self) -> FruLedState {
        let is_tested = self.lamp_test.is_some();
        let overridden = self.overridden.is_some();
        // The override fields are there during a lamp test as well.
        let dark = Shown {
            function: OFF.0,
            on_time: OFF.1,
            color: self.config.override_color,
        };
        let shown = (is_tested || overridden).then_some(self.overridden.unwrap_or(dark));
        FruLedState {
            states: u8::from(self.has_local())
                | u8::from(overridden) << 1
                | u8::from(is_tested) << 2,
            local_function: self.local.0,
            local_on_time: self.local.1,
            local_color: self.config.local_color,
            override_function: shown.map(|shown| shown.function),
            override_on_time: shown.map(|shown| shown.on_time),
            override_color: shown.map(|shown| shown.color),
            lamp_test_time: self.lamp_test.map(|(time, _)| time),
        }
    }
}
