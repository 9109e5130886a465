//! LEDs of a FRU: the blue one follows the hot swap state, unless told otherwise.
//!
//! Source: PICMG 3.0 R3.0, FRU LED management.

use crate::hot_swap::HotSwapState;
use alloc::vec::Vec;
use ipmi::command::picmg::{FruLedState, LedColorCapabilities, SetFruLedState};
use ipmi::message::CompletionCode;
use serde::{Deserialize, Serialize};

const BLUE: u8 = 1;
const RED: u8 = 2;
const GREEN: u8 = 3;

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
/// Longest lamp test, 100 ms. Source: PICMG 3.0 R3.0, Set FRU LED State.
const LAMP_TEST_MAX: u8 = 127;

/// One LED.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Led {
    color: u8,
    /// Function and on time under local control.
    local: (u8, u8),
    /// Function, on time and colour while overridden.
    overridden: Option<(u8, u8, u8)>,
    /// Duration of a lamp test, 100 ms.
    lamp_test: Option<u8>,
}

/// The blue LED, LED 1 (red, fault), LED 2 (green, in service).
pub(crate) fn all() -> Vec<Led> {
    [(BLUE, OFF), (RED, OFF), (GREEN, ON)]
        .map(|(color, local)| Led {
            color,
            local,
            overridden: None,
            lamp_test: None,
        })
        .to_vec()
}

/// Bits 0–3 of Get FRU LED Properties: which of blue LED and LEDs 1–3 there are.
pub(crate) const GENERAL: u8 = 0b0111;

/// Lets the blue and the green LED show a hot swap state.
pub(crate) fn follow(leds: &mut [Led], state: HotSwapState) {
    use HotSwapState as M;
    let blue = match state {
        M::NotInstalled | M::ActivationInProgress | M::Active => OFF,
        M::Inactive => ON,
        M::ActivationRequest => LONG_BLINK,
        M::DeactivationRequest | M::DeactivationInProgress => SHORT_BLINK,
    };
    let in_service = matches!(state, M::Active | M::DeactivationRequest);
    let shown = [blue, OFF, if in_service { ON } else { OFF }];
    for (led, local) in leds.iter_mut().zip(shown) {
        led.local = local;
    }
}

impl Led {
    pub(crate) fn capabilities(&self) -> LedColorCapabilities {
        LedColorCapabilities {
            colors: 1 << self.color,
            default_local: self.color,
            default_override: self.color,
        }
    }

    pub(crate) fn set(&mut self, order: &SetFruLedState) -> Result<(), CompletionCode> {
        let color = match order.color & 0x0f {
            COLOR_KEEP | COLOR_DEFAULT => self.color,
            color if color == self.color => color,
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        match order.function {
            FUNCTION_LOCAL => {
                self.overridden = None;
                self.lamp_test = None;
            }
            FUNCTION_LAMP_TEST if order.on_time <= LAMP_TEST_MAX => {
                self.lamp_test = (order.on_time > 0).then_some(order.on_time);
            }
            0x00..=0xfa | 0xff => {
                self.overridden = Some((order.function, order.on_time, color));
                self.lamp_test = None;
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        Ok(())
    }

    pub(crate) fn state(&self) -> FruLedState {
        let is_tested = self.lamp_test.is_some();
        let overridden = self.overridden.is_some();
        // The override fields are there during a lamp test as well.
        let shown =
            (is_tested || overridden).then_some(self.overridden.unwrap_or((0, 0, self.color)));
        FruLedState {
            states: 0b001 | u8::from(overridden) << 1 | u8::from(is_tested) << 2,
            local_function: self.local.0,
            local_on_time: self.local.1,
            local_color: self.color,
            override_function: shown.map(|(function, ..)| function),
            override_on_time: shown.map(|(_, on_time, _)| on_time),
            override_color: shown.map(|(.., color)| color),
            lamp_test_time: self.lamp_test,
        }
    }
}

/// The LEDs that a Set FRU LED State is for; FFh is all of them, for a lamp test only.
pub(crate) fn set(leds: &mut [Led], order: &SetFruLedState) -> Result<(), CompletionCode> {
    if order.led_id == 0xff {
        if order.function != FUNCTION_LAMP_TEST {
            return Err(CompletionCode::INVALID_FIELD);
        }
        return leds.iter_mut().try_for_each(|led| led.set(order));
    }
    let led = leds.get_mut(usize::from(order.led_id));
    led.ok_or(CompletionCode::INVALID_FIELD)?.set(order)
}
