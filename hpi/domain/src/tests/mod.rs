//! Scenarios on the reference shelf. In a script each line is an input; the indented lines below it
//! are the effects.

mod alarms;
mod annunciators;
mod dimi;
mod enables;
mod firmware;
mod fixture;
mod garbage;
mod logs;
mod managers;
mod mapping;
mod parameters;
mod policy;
mod shelf;
mod slots;
mod users;
mod watchdog;

use crate::{Domain, Effect, Fixture, FruAddress, Input, Managers, ShelfAction, Told};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use hpi_model::handover::{Action, ActionError, Notice};
use hpi_model::{Event, EventKind};
use ipmi::description::Controller;
use machine::{Machine, Pos, Time};

/// Plays a script and checks every reply.
#[track_caller]
fn check(script: &str) {
    let script = script.trim_start_matches('\n');
    let mut player = Player::new();
    let mut told = String::new();
    for line in script.lines().filter(|l| !l.starts_with("  ")) {
        writeln!(told, "{line}").unwrap();
        if !line.is_empty() && !line.starts_with('#') {
            for effect in player.play(line) {
                writeln!(told, "  {}", show(&effect)).unwrap();
            }
        }
    }
    assert_eq!(told, script, "\n--- told:\n{told}");
}

struct Player {
    domain: Domain,
    shelf: Vec<Controller>,
    at: Pos,
    /// Seconds until the next input.
    step: u64,
}

impl Player {
    fn new() -> Self {
        Self {
            domain: Domain::new(1),
            shelf: shelf::controllers(),
            at: Pos::default(),
            step: 1,
        }
    }

    fn play(&mut self, line: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(seconds) = line.strip_prefix("wait ") {
            self.step = seconds.parse().unwrap();
        }
        for input in self.inputs(line) {
            self.at.index += 1;
            self.at.time = Time(self.at.time.0 + 1_000_000_000 * self.step);
            self.step = 1;
            let before = effects.len();
            self.domain.apply(self.at, &input, &mut effects);
            // What a snapshot brings back is the same machine.
            let bytes = postcard::to_allocvec(&self.domain).unwrap();
            assert_eq!(postcard::from_bytes::<Domain>(&bytes).unwrap(), self.domain);
            assert!(effects.len() >= before);
        }
        if line.starts_with("fixture") {
            // Its FRUs have scripts of their own, which say `frus` instead.
            effects.retain(|effect| !matches!(effect, Effect::Event(it) if it.source.0 >= 4368));
        }
        effects
    }

    fn inputs(&self, line: &str) -> Vec<Input> {
        let words: Vec<&str> = line.split(' ').collect();
        let hex = |at: usize| u8::from_str_radix(words[at], 16).unwrap();
        let one = |input: Input| [input].to_vec();
        let path = |at: usize| words[at].parse().unwrap();
        match words[0] {
            "shelf" => {
                let there = self.shelf.iter().filter(|c| c.address != 0x88);
                there.cloned().map(Input::ControllerAdded).collect()
            }
            "added" => one(Input::ControllerAdded(self.controller(hex(1), &words[2..]))),
            "removed" => one(Input::ControllerRemoved { address: hex(1) }),
            "failed" => one(Input::ControllerFailed { address: hex(1) }),
            "restored" => one(Input::ControllerRestored { address: hex(1) }),
            "m-state" => one(Input::FruHotSwap {
                address: hex(1),
                fru_id: 0,
                previous: hex(2),
                current: hex(3),
                cause: hex(4),
            }),
            "sensor" => one(Input::SensorEvent {
                address: hex(1),
                event: event(&words[1..]),
            }),
            "states" => one(Input::SensorStates {
                address: hex(1),
                sensor: ipmi::description::SensorAddress {
                    lun: 0,
                    number: hex(2),
                },
                states: hpi_model::EventState(hex(3).into()),
            }),
            "set-active" => one(Input::Action(Action::SetActive(path(1)))),
            "set-inactive" => one(Input::Action(Action::SetInactive(path(1)))),
            "request" => one(Input::Action(Action::Request(
                path(2),
                words[1] == "insertion",
            ))),
            "power" => one(Input::Action(Action::SetPower(path(2), words[1] == "on"))),
            "reset" => one(Input::Action(Action::Reset(path(1)))),
            "cancel-policy" => one(Input::Action(Action::CancelPolicy(path(1)))),
            "fixture" | "frus" => one(Input::Fixture(match words[1] {
                "full" => Fixture::HpiFull,
                _ => Fixture::None,
            })),
            word if word.starts_with("shelf-") => {
                let address = hex(1);
                one(came_of(word, FruAddress { address, fru_id: 0 }))
            }
            _ => one(plain(&words)),
        }
    }

    /// A controller as discovered, with its M-state and, maybe, another board's serial number.
    fn controller(&self, address: u8, words: &[&str]) -> Controller {
        let mut controller = self
            .shelf
            .iter()
            .find(|c| c.address == address)
            .unwrap()
            .clone();
        for word in words {
            match *word {
                "other-board" => controller.frus[0].inventory = shelf::inventory_of(0x84),
                "no-inventory" => controller.frus[0].inventory.clear(),
                "same" => {}
                m => controller.frus[0].hot_swap_state = Some(m[1..].parse().unwrap()),
            }
        }
        controller
    }
}

/// What came of an order to the shelf manager.
fn came_of(word: &str, fru: FruAddress) -> Input {
    let failed = |order| Input::ShelfFailed(order, ActionError::NoResponse);
    match word {
        "shelf-failed-deactivate" => failed(ShelfAction::Deactivate(fru)),
        "shelf-failed-release" => failed(ShelfAction::Release(fru)),
        "shelf-failed-off" => failed(ShelfAction::Power { fru, on: false }),
        "shelf-done-off" => Input::ShelfDone(ShelfAction::Power { fru, on: false }),
        "shelf-done-reset" => Input::ShelfDone(ShelfAction::Reset(fru)),
        other => panic!("no input {other}"),
    }
}

/// Inputs that need no shelf.
fn plain(words: &[&str]) -> Input {
    match words[0] {
        "wait" => Input::Tick,
        "restarted" => Input::Restarted,
        "managers" => Input::Managers(Managers {
            active: words[1].parse().ok(),
            standby: words[2].parse().ok(),
        }),
        "firmware" => firmware::done(&words[1..]),
        "tested" => dimi::tested(&words[1..]),
        "user" => users::call(&words[1..]),
        other => panic!("no input {other}"),
    }
}

/// `ADDRESS NUMBER TYPE asserted|deasserted DATA1 DATA2 DATA3`.
fn event(words: &[&str]) -> ipmi::sel::Event {
    let hex = |at: usize| u8::from_str_radix(words[at], 16).unwrap();
    ipmi::sel::Event {
        generator: hex(0),
        generator_lun: 0,
        revision: 4,
        sensor_type: 1,
        number: hex(1),
        assertion: words[3] == "asserted",
        event_type: hex(2),
        data: [hex(4), hex(5), hex(6)],
    }
}

fn show(effect: &Effect) -> String {
    match effect {
        Effect::Event(event) => show_event(event),
        Effect::Notice(notice) => show_notice(notice),
        Effect::ActionDone(Action::Reset(_)) => "action done: reset".into(),
        Effect::ActionDone(other) => format!("action done: {other:?}"),
        Effect::ActionFailed(_, why) => format!("action failed: {why:?}"),
        Effect::Shelf(action) => format!("order: {action:?}"),
        Effect::Job(id, job) => format!("job {}: {job:?}", id.serial),
        Effect::FailOver => "the standby is to take over".into(),
        Effect::JobCancelled(id) => format!("job {} cancelled", id.serial),
        Effect::ShelfWatchdog(order) => format!("shelf's watchdog: {order:?}"),
        Effect::Answer {
            result: Ok(Told::Done),
            ..
        } => "OK".into(),
        Effect::Answer {
            result: Ok(Told::Added { id, .. }),
            ..
        } => format!("added {id}"),
        Effect::Answer {
            result: Ok(Told::Entry(id)),
            ..
        } => format!("OK {id}"),
        Effect::InventoryWritten { fru, .. } => {
            format!("written {:02x} {}", fru.address, fru.fru_id)
        }
        Effect::Answer {
            result: Ok(Told::Later),
            ..
        } => "later".into(),
        Effect::Answer {
            result: Err(why), ..
        } => why.word().into(),
    }
}

fn show_event(event: &Event) -> String {
    let what = match &event.kind {
        EventKind::HotSwap {
            state,
            previous,
            cause,
        } => {
            format!("{} -> {} ({})", previous.word(), state.word(), cause.word())
        }
        EventKind::Resource(resource) => resource.word().to_string(),
        EventKind::Sensor(s) => format!(
            "sensor {} {} {:02x}, states {:02x} -> {:02x}, read {:?}",
            s.num,
            if s.assertion { "entered" } else { "left" },
            s.state.0,
            s.previous.unwrap_or_default().0,
            s.current.unwrap_or_default().0,
            s.trigger_reading,
        ),
        EventKind::SensorEnableChange(s) => format!(
            "sensor {} {}, events {}, told {:02x} {:02x}, states {:02x}",
            s.num,
            if s.sensor_enable { "works" } else { "is off" },
            if s.event_enable { "on" } else { "off" },
            s.assert_mask.0,
            s.deassert_mask.0,
            s.current.unwrap_or_default().0,
        ),
        EventKind::Domain(..)
        | EventKind::Watchdog { .. }
        | EventKind::Software { .. }
        | EventKind::Oem { .. }
        | EventKind::User(_)
        | EventKind::Dimi { .. }
        | EventKind::DimiUpdate(_)
        | EventKind::Fumi { .. } => format!("{:?}", event.kind),
    };
    format!("event {} {}: {what}", event.source.0, event.severity.word())
}

fn show_notice(notice: &Notice) -> String {
    match notice {
        Notice::Added {
            path,
            identity,
            state,
        } => {
            let serial = identity.board_serial_number.as_deref().unwrap_or("?");
            format!(
                "notice {path}: added {serial} {}",
                state.map_or("unmanaged", |s| s.word())
            )
        }
        Notice::Removed(path) => format!("notice {path}: removed"),
        Notice::HotSwap {
            path,
            previous,
            current,
        } => {
            format!("notice {path}: {} -> {}", previous.word(), current.word())
        }
        Notice::Failed(path) => format!("notice {path}: failed"),
        Notice::Restored(path) => format!("notice {path}: restored"),
    }
}
