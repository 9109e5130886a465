//! The watchdog timer, seen from the payload and from the event log.

use super::*;
use crate::interface::Input;
use crate::tests::{Play, blade_config};
use alloc::vec;
use ipmi::command::app::{ClearMessageFlags, ColdReset, GetMessageFlags};
use ipmi::command::picmg::{FruControl, SetFruActivation, SetPowerLevel};
use ipmi::command::sensor::SetSensorEventEnable;
use ipmi::sel::Event;
use machine::Machine;
use proptest::prelude::*;

const SENSOR: u8 = 9;
const OFF_TIME: Duration = Duration::from_secs(5);

fn config() -> crate::Config {
    let mut config = blade_config();
    let sensor = watchdog_sensor(SENSOR, config.entity, "Watchdog");
    config.sensors.push(sensor);
    config.hot_swap.as_mut().unwrap().is_active = true;
    config.watchdog = Some(WatchdogConfig {
        sensor: SENSOR,
        off_time: OFF_TIME,
    });
    config
}

/// A timer of 60 s for the operating system.
fn order(actions: u8) -> SetWatchdogTimer {
    SetWatchdogTimer {
        timer_use: timer_use::SMS_OS,
        actions,
        pre_timeout_s: 10,
        expired: 0,
        initial: 600,
    }
}

/// The event that it sends.
fn told(offset: u8, data2: u8) -> Effect {
    Effect::Event {
        receiver: 0x20,
        event: Event {
            generator: 0x82,
            generator_lun: 0,
            revision: 4,
            sensor_type: 0x23,
            number: SENSOR,
            assertion: true,
            event_type: 0x6f,
            data: [0xc0 | offset, data2, 0xff],
        },
    }
}

impl Play {
    fn start(&mut self, order: SetWatchdogTimer) {
        assert_eq!(self.ask(&order), Ok(Empty {}));
        assert_eq!(self.ask(&ResetWatchdogTimer {}), Ok(Empty {}));
    }

    fn timer(&mut self) -> WatchdogTimer {
        self.ask(&GetWatchdogTimer {}).unwrap()
    }

    fn wait(&mut self, seconds: u64) -> Vec<Effect> {
        self.now = self.now.after(Duration::from_secs(seconds));
        self.apply(&Input::Tick)
    }
}

/// What is due when, and which event and which order follow from each action.
#[test]
fn actions() {
    let power = |on| Effect::PayloadPower(on);
    for (action, offset, orders) in [
        (timeout_action::NONE, 0, vec![]),
        (
            timeout_action::HARD_RESET,
            1,
            vec![Effect::PayloadControl(0)],
        ),
        (timeout_action::POWER_DOWN, 2, vec![power(false)]),
        (timeout_action::POWER_CYCLE, 3, vec![power(false)]),
    ] {
        let mut play = Play::new(config());
        play.start(order(action));
        assert_eq!(play.timer().timer_use, RUNNING | timer_use::SMS_OS);
        assert_eq!(play.wait(59), []);
        assert_eq!((play.timer().present, play.timer().expired), (10, 0));
        let effects = play.wait(1);
        let without_leds: Vec<Effect> = (effects.into_iter())
            .filter(|effect| !matches!(effect, Effect::Hardware(_)))
            .collect();
        let expected: Vec<Effect> = [vec![told(offset, 4)], orders].concat();
        assert_eq!(without_leds, expected);
        let found = play.timer();
        assert_eq!((found.timer_use, found.expired), (4, 1 << 4));
        assert_eq!((found.initial, found.present), (600, 0));
        let is_cycle = action == timeout_action::POWER_CYCLE;
        let next = is_cycle.then(|| play.now.after(OFF_TIME));
        assert_eq!(play.ipmc.deadline(), next);
        if is_cycle {
            assert!(play.tick().contains(&power(true)));
        }
        let has_power = action != timeout_action::POWER_DOWN;
        assert_eq!(play.ipmc.has_payload_power(), has_power);
    }
}

/// As long as it is reset nothing happens; what expired is remembered until it is cleared.
#[test]
fn resets() {
    let mut play = Play::new(config());
    assert_eq!(play.ask(&ResetWatchdogTimer {}), Err(0x80));
    assert_eq!(play.timer().timer_use, 0);
    play.start(order(timeout_action::HARD_RESET));
    for _ in 0..5 {
        assert_eq!(play.wait(50), []);
        assert_eq!(play.ask(&ResetWatchdogTimer {}), Ok(Empty {}));
        assert_eq!(play.timer().present, 600);
    }
    assert!(!play.wait(60).is_empty());
    // It can be started again, with what it was set to.
    assert_eq!(play.ask(&ResetWatchdogTimer {}), Ok(Empty {}));
    assert!(!play.wait(60).is_empty());
    let post = SetWatchdogTimer {
        timer_use: timer_use::BIOS_POST,
        ..order(timeout_action::NONE)
    };
    play.start(post.clone());
    assert!(!play.wait(60).is_empty());
    assert_eq!(play.timer().expired, 1 << 4 | 1 << 2);
    let expired = 1 << 4;
    play.ask(&SetWatchdogTimer { expired, ..post }).unwrap();
    assert_eq!(play.timer().expired, 1 << 2);
}

/// Set stops a timer that runs, unless it is told not to.
#[test]
fn set_while_it_runs() {
    let mut play = Play::new(config());
    play.start(order(timeout_action::NONE));
    play.wait(10);
    play.ask(&order(timeout_action::NONE)).unwrap();
    assert_eq!(play.timer().timer_use & RUNNING, 0);
    assert_eq!(play.timer().present, 600);
    assert_eq!(play.ipmc.deadline(), None);
    // What does not run is not started by it either.
    let goes_on = SetWatchdogTimer {
        timer_use: RUNNING | timer_use::SMS_OS,
        initial: 300,
        ..order(timeout_action::NONE)
    };
    play.ask(&goes_on).unwrap();
    assert_eq!(play.ipmc.deadline(), None);
    play.ask(&ResetWatchdogTimer {}).unwrap();
    play.wait(10);
    play.ask(&goes_on).unwrap();
    assert_eq!(play.timer().timer_use & RUNNING, RUNNING);
    assert_eq!(play.timer().present, 300);
}

/// The interrupt before the timeout: once, and with its own event.
#[test]
fn interrupts() {
    let mut play = Play::new(config());
    play.start(order(pre_timeout::NMI | timeout_action::NONE));
    assert_eq!(play.wait(49), []);
    let data2 = pre_timeout::NMI | timer_use::SMS_OS;
    let expected = [told(8, data2), Effect::PayloadControl(3)];
    assert_eq!(play.wait(1), expected);
    assert_eq!(play.wait(9), []);
    assert_eq!(play.wait(1), [told(0, data2)]);
    // Both at once, when nobody looked in time; the interrupt comes first.
    let data2 = pre_timeout::MESSAGING | timer_use::SMS_OS;
    play.start(order(pre_timeout::MESSAGING | timeout_action::NONE));
    let flags = |play: &mut Play| play.ask(&GetMessageFlags {}).unwrap().flags;
    assert_eq!(flags(&mut play), 0);
    assert_eq!(play.wait(100), [told(8, data2), told(0, data2)]);
    assert_eq!(flags(&mut play), 1 << 3);
    play.ask(&ClearMessageFlags { flags: 1 << 1 }).unwrap();
    assert_eq!(flags(&mut play), 1 << 3);
    play.ask(&ClearMessageFlags { flags: 1 << 3 }).unwrap();
    assert_eq!(flags(&mut play), 0);
    // Set clears the flag too.
    play.start(order(pre_timeout::MESSAGING | timeout_action::NONE));
    play.wait(100);
    play.ask(&order(timeout_action::NONE)).unwrap();
    assert_eq!(flags(&mut play), 0);
}

/// Nobody is told where that is switched off: at the timer, or at the sensor.
#[test]
fn silent() {
    let mut play = Play::new(config());
    let quiet = SetWatchdogTimer {
        timer_use: DONT_LOG | timer_use::SMS_OS,
        ..order(pre_timeout::NMI | timeout_action::HARD_RESET)
    };
    play.start(quiet);
    let expected = [Effect::PayloadControl(3), Effect::PayloadControl(0)];
    assert_eq!(play.wait(60), expected);
    assert_eq!(play.timer().timer_use, DONT_LOG | timer_use::SMS_OS);
    play.ask(&SetSensorEventEnable {
        number: SENSOR,
        // Scanning, no event messages.
        flags: 0x40,
        assertion: None,
        deassertion: None,
    })
    .unwrap();
    play.start(order(timeout_action::NONE));
    assert_eq!(play.wait(60), []);
}

/// Orders that make no sense change nothing.
#[test]
fn invalid_orders() {
    let mut play = Play::new(config());
    let valid = order(timeout_action::NONE);
    let with_use = |timer_use| SetWatchdogTimer {
        timer_use,
        ..valid.clone()
    };
    let late = SetWatchdogTimer {
        initial: 99,
        ..order(pre_timeout::NMI)
    };
    for order in [
        with_use(0),
        with_use(6),
        with_use(7),
        with_use(0x08 | timer_use::OEM),
        order(4),
        order(0x08),
        order(0x80),
        order(pre_timeout::SMI),
        order(4 << 4),
        late,
    ] {
        assert_eq!(play.ask(&order), Err(0xcc), "{order:?}");
    }
    assert_eq!(play.ask(&ResetWatchdogTimer {}), Err(0x80));
    // Without an interrupt the interval does not matter.
    let (pre_timeout_s, initial) = (255, 1);
    let short = SetWatchdogTimer {
        pre_timeout_s,
        initial,
        ..valid
    };
    assert_eq!(play.ask(&short), Ok(Empty {}));
}

/// A countdown of nothing expires with the next tick.
#[test]
fn no_countdown() {
    let mut play = Play::new(config());
    let initial = 0;
    play.start(SetWatchdogTimer {
        initial,
        ..order(timeout_action::NONE)
    });
    assert_eq!(play.ipmc.deadline(), Some(play.now));
    assert_eq!(play.tick(), [told(0, 4)]);
}

/// A payload that is reset, or that loses power, is not watched any more.
#[test]
fn it_stops_with_the_payload() {
    let control = |option| FruControl { fru_id: 0, option };
    for option in [control::COLD_RESET, control::WARM_RESET] {
        let mut play = Play::new(config());
        play.start(order(timeout_action::HARD_RESET));
        play.wait(20);
        let (_, effects) = play.ask_all(&control(option));
        assert_eq!(effects, [Effect::PayloadControl(option)]);
        assert_eq!(play.timer().timer_use, timer_use::SMS_OS);
        assert_eq!(play.timer().present, 400);
        assert_eq!(play.wait(100), []);
    }
    let mut play = Play::new(config());
    play.start(order(timeout_action::HARD_RESET));
    play.ask_all(&control(control::GRACEFUL_REBOOT)).0.unwrap();
    assert_eq!(play.timer().timer_use & RUNNING, RUNNING);
    let (fru_id, activate) = (0, 0);
    play.ask_all(&SetFruActivation { fru_id, activate })
        .0
        .unwrap();
    assert_eq!(play.timer().timer_use & RUNNING, 0);
}

/// A power cycle ends off, when the shelf manager took the power meanwhile.
#[test]
fn a_power_cycle_is_overtaken() {
    let level = |level| SetPowerLevel {
        fru_id: 0,
        level,
        copy: 0,
    };
    let mut play = Play::new(config());
    play.start(order(timeout_action::POWER_CYCLE));
    play.wait(60);
    play.ask_all(&level(0)).0.unwrap();
    assert!(!play.wait(10).contains(&Effect::PayloadPower(true)));
    assert!(!play.ipmc.has_payload_power());
    play.ask_all(&level(2)).0.unwrap();
    assert!(play.ipmc.has_payload_power());
    // And once, when it gave it back before the time.
    let mut play = Play::new(config());
    play.start(order(timeout_action::POWER_CYCLE));
    play.wait(60);
    play.ask_all(&level(2)).0.unwrap();
    assert!(play.ipmc.has_payload_power());
    assert!(!play.wait(10).contains(&Effect::PayloadPower(true)));
}

/// A controller that restarts forgets its timer, but not that the payload is to have power again.
#[test]
fn the_controller_restarts() {
    let mut config = config();
    config.restart_time = Duration::from_secs(30);
    let mut play = Play::new(config);
    play.start(order(timeout_action::POWER_CYCLE));
    play.wait(60);
    play.ask_all(&ColdReset {}).0.unwrap();
    assert!(!play.wait(10).contains(&Effect::PayloadPower(true)));
    play.tick();
    assert_eq!(play.timer().expired, 0);
    assert_eq!(play.ask(&ResetWatchdogTimer {}), Err(0x80));
    assert!(play.tick().contains(&Effect::PayloadPower(true)));
}

/// Where there is no timer, and where the payload cannot lose power.
#[test]
fn other_controllers() {
    let mut play = Play::new(blade_config());
    assert_eq!(play.ask(&GetWatchdogTimer {}), Err(0xc1));
    assert_eq!(play.ask(&order(0)), Err(0xc1));
    assert_eq!(play.ask(&GetMessageFlags {}), Err(0xc1));
    let mut config = config();
    config.hot_swap = None;
    let mut play = Play::new(config);
    assert_eq!(play.ask(&order(timeout_action::POWER_DOWN)), Err(0xcc));
    assert_eq!(play.ask(&order(timeout_action::POWER_CYCLE)), Err(0xcc));
    assert_eq!(play.ask(&order(timeout_action::HARD_RESET)), Ok(Empty {}));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The timer expires exactly once, when it was not reset for as long as it was set, and never
    /// before.
    #[test]
    fn any_waits(initial in 1u16..400, waits in prop::collection::vec(0u16..500, 1..12)) {
        let mut play = Play::new(config());
        play.start(SetWatchdogTimer { initial, ..order(timeout_action::NONE) });
        for wait in waits {
            play.now = play.now.after(COUNT * u32::from(wait));
            let effects = play.apply(&Input::Tick);
            let is_over = wait >= initial;
            prop_assert_eq!(!effects.is_empty(), is_over);
            prop_assert_eq!(play.timer().present, initial.saturating_sub(wait));
            prop_assert_eq!(play.apply(&Input::Tick), []);
            play.ask(&ResetWatchdogTimer {}).unwrap();
        }
    }
}
