//! One controller.

use super::STEPS_MAX;
use super::configs::{FRUS, LINKS, PRODUCT, config, version};
use super::flash::Flash;
use crate::choices::Choices;
use crate::codec::builders;
use crate::session::{pause, settle, snapshot};
use crate::{Feedback, magnitude};
use ipmc::firmware::Firmware;
use ipmc::hot_swap::HotSwapState;
use ipmc::hpm::BLOCK_LEN_MAX;
use ipmc::{Bus, Effect, Input, Ipmc};
use ipmi::command::Command;
use ipmi::command::hpm::{
    ActivateFirmware, FinishFirmwareUpload, InitiateUpgradeAction, UploadFirmwareBlock, action,
};
use ipmi::command::picmg::{SetFruActivation, SetFruActivationPolicy, SetPortState, SetPowerLevel};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use machine::{Machine, Pos, Time};
use std::collections::BTreeMap;
use std::time::Duration;

/// Inventories, records, the log with all its records, and what is kept during a restart.
const SNAPSHOT_MAX: usize = 1 << 20;
/// Set Event Receiver, Set Sensor Event Enable, Re-arm Sensor Events: behind them, not every
/// event is sent, and some are sent again.
const UNSETTLING: [u8; 3] = [0x00, 0x28, 0x2a];

struct World {
    ipmc: Ipmc,
    now: Time,
    flash: Flash,
    /// Until when it restarts.
    silent_until: Option<Time>,
    restart_time: Duration,
    /// Hot swap state of each FRU as the events told it.
    told: BTreeMap<u8, u8>,
    tells_all: bool,
}

pub(super) fn play(choices: &mut Choices<'_>, feedback: &mut Feedback) {
    let commands = builders();
    let config = config(choices);
    let mut world = World {
        restart_time: config.restart_time,
        ipmc: Ipmc::new(config),
        now: Time(1_000_000_000),
        flash: Flash::default(),
        silent_until: None,
        told: BTreeMap::new(),
        tells_all: true,
    };
    // Whatever worked before does so without a word.
    for fru_id in FRUS {
        let state = world.ipmc.fru_state(fru_id);
        world.told.extend(state.map(|state| (fru_id, state as u8)));
    }
    world.gets(&Input::Powered, feedback);
    for _ in 0..STEPS_MAX {
        if choices.is_empty() {
            break;
        }
        world.step(choices, &commands, feedback);
        world.check(feedback);
    }
    world.wait(Duration::from_secs(400), feedback);
    snapshot(&mut world.ipmc, SNAPSHOT_MAX);
}

impl World {
    /// What the controller does with an input; its answer to a request.
    fn gets(&mut self, input: &Input, feedback: &mut Feedback) -> Option<Response> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        if *input == Input::Unpowered {
            self.silent_until = None;
            self.told.clear();
        }
        let is_silent = self.silent_until.is_some();
        let mut effects = Vec::new();
        self.ipmc.apply(at, input, &mut effects);
        let is_answer = |effect: &Effect| matches!(effect, Effect::Response(_));
        let answers = effects.iter().filter(|effect| is_answer(effect)).count();
        let expected = matches!(input, Input::Request { .. }) && !is_silent;
        assert_eq!(answers, usize::from(expected), "answers to {input:?}");
        if expected {
            assert!(
                effects.first().is_some_and(is_answer),
                "the answer is not the first"
            );
        }
        let answer = match effects.first() {
            Some(Effect::Response(response)) => Some(response.clone()),
            Some(_) | None => None,
        };
        self.did(&effects, feedback);
        answer
    }

    fn did(&mut self, effects: &[Effect], feedback: &mut Feedback) {
        for effect in effects {
            feedback.note(("effect", std::mem::discriminant(effect)));
            match effect {
                Effect::Flash(order) => {
                    feedback.note(("flash", std::mem::discriminant(order)));
                    self.flash.order(order);
                }
                Effect::Restart => {
                    let is_silent = !self.restart_time.is_zero();
                    self.silent_until = is_silent.then(|| self.now.after(self.restart_time));
                }
                Effect::Event { event, .. } => {
                    feedback.note(("event", event.sensor_type, event.number, event.data[0]));
                    if let Some(swap) = event.hot_swap() {
                        let fru_id = swap.fru_id.expect("our controllers say so");
                        let previous = swap.previous.expect("our controllers say so");
                        self.moved((fru_id, previous, swap.current), feedback);
                    }
                }
                Effect::Hardware(hardware) => {
                    feedback.note(("hardware", std::mem::discriminant(hardware)));
                }
                Effect::Response(_)
                | Effect::PayloadPower(_)
                | Effect::PayloadControl(_)
                | Effect::FanLevel(_)
                | Effect::Request { .. }
                | Effect::Logged(_)
                | Effect::ConsoleInput { .. } => (),
            }
        }
    }

    /// A FRU tells that it went from a state to another.
    fn moved(&mut self, (fru_id, previous, current): (u8, u8, u8), feedback: &mut Feedback) {
        feedback.note(("moved", fru_id, previous, current));
        if !self.tells_all && self.told.get(&fru_id) == Some(&current) {
            return;
        }
        let may = match previous {
            0 => &[1][..],
            1 => &[0, 2],
            2 => &[0, 1, 3],
            3 => &[0, 4, 6],
            4 => &[0, 5, 6],
            5 => &[0, 4, 6],
            6 => &[0, 1],
            _ => &[],
        };
        assert!(
            may.contains(&current),
            "FRU {fru_id} goes from M{previous} to M{current}"
        );
        let before = self.told.insert(fru_id, current).unwrap_or(0);
        assert!(
            !self.tells_all || before == previous,
            "FRU {fru_id} went to M{before}, then from M{previous}"
        );
    }

    fn ask(&mut self, request: Request, feedback: &mut Feedback) -> Option<Response> {
        let (net_fn, command) = (request.net_fn, request.command);
        if net_fn == NetFn::SENSOR_EVENT && UNSETTLING.contains(&command) {
            self.tells_all = false;
        }
        let from = 0x20;
        let answer = self.gets(&Input::Request { from, request }, feedback)?;
        let len = magnitude(answer.data.len());
        feedback.note(("answer", net_fn.0, command, answer.code.0, len));
        Some(answer)
    }

    fn step(
        &mut self,
        choices: &mut Choices<'_>,
        commands: &[fn(&[u8]) -> Request],
        feedback: &mut Feedback,
    ) {
        match choices.below(16) {
            0..=5 => {
                let request = crate::session::request(choices, commands);
                self.ask(aimed(request, choices), feedback);
            }
            6..=8 => self.manage(choices, feedback),
            9 | 10 => {
                let input = hands(choices);
                self.gets(&input, feedback);
            }
            11 => {
                let input = payload(choices);
                self.gets(&input, feedback);
            }
            12 | 13 => self.wait(pause(choices), feedback),
            14 => self.upgrade(choices, feedback),
            _ => snapshot(&mut self.ipmc, SNAPSHOT_MAX),
        }
    }

    /// What a shelf manager does most.
    fn manage(&mut self, choices: &mut Choices<'_>, feedback: &mut Feedback) {
        let fru_id = choices.pick(&FRUS);
        let request = match choices.below(5) {
            0 | 1 => {
                let activate = choices.byte() & 1;
                SetFruActivation { fru_id, activate }.request()
            }
            2 => SetPowerLevel {
                fru_id,
                level: choices.byte() & 3,
                copy: choices.byte() & 1,
            }
            .request(),
            3 => SetFruActivationPolicy {
                fru_id,
                mask: choices.byte() & 3,
                set: choices.byte() & 3,
            }
            .request(),
            _ => SetPortState {
                link: choices.pick(&LINKS),
                state: choices.byte() & 1,
            }
            .request(),
        };
        self.ask(request, feedback);
    }

    /// A whole upgrade, or one that goes wrong somewhere.
    fn upgrade(&mut self, choices: &mut Choices<'_>, feedback: &mut Feedback) {
        let component = choices.byte() & 3;
        let meant = if choices.seldom(40) {
            choices.byte() & 3
        } else {
            component
        };
        let program: Vec<u8> = (0..choices.byte()).collect();
        let firmware = Firmware::of(meant, PRODUCT, version(2), &program);
        let mut bytes = firmware.with(&program);
        if choices.seldom(60) {
            crate::session::damage(choices, &mut bytes);
        }
        let order = InitiateUpgradeAction {
            components: 1 << component,
            action: choices.pick(&[action::UPLOAD, action::UPLOAD, action::COMPARE]),
        };
        self.ask(order.request(), feedback);
        self.wait(Duration::from_secs(3), feedback);
        let mut number = 0u8;
        for data in bytes.chunks(BLOCK_LEN_MAX) {
            let block = UploadFirmwareBlock {
                number,
                data: data.to_vec(),
            };
            self.ask(block.request(), feedback);
            // Lost answers make agents repeat; lost blocks they do not notice.
            number = number.wrapping_add(1);
            number = number.wrapping_sub(u8::from(choices.seldom(4)));
            number = number.wrapping_add(u8::from(choices.seldom(4)));
        }
        let length = bytes.len() as u32 + u32::from(choices.seldom(20));
        self.ask(
            FinishFirmwareUpload { component, length }.request(),
            feedback,
        );
        self.wait(Duration::from_secs(3), feedback);
        if choices.seldom(128) {
            let rollback_override = choices.seldom(40).then_some(1);
            self.ask(ActivateFirmware { rollback_override }.request(), feedback);
            if choices.seldom(40) {
                self.gets(&Input::FirmwareFailed { component }, feedback);
            }
        }
    }

    fn wait(&mut self, time: Duration, feedback: &mut Feedback) {
        self.now = self.now.after(time);
        if self.silent_until.is_some_and(|until| until <= self.now) {
            self.silent_until = None;
        }
        let effects = settle(&mut self.ipmc, self.now, &Input::Tick);
        self.did(&effects, feedback);
    }

    fn check(&self, feedback: &mut Feedback) {
        use HotSwapState as M;
        for fru_id in FRUS {
            let state = self.ipmc.fru_state(fru_id);
            feedback.note(("state", fru_id, state.map(|state| state as u8)));
        }
        if let Some(state) = self.ipmc.hot_swap_state() {
            let may_be_on = matches!(
                state,
                M::ActivationInProgress | M::Active | M::DeactivationRequest
            );
            assert!(
                may_be_on || !self.ipmc.has_payload_power(),
                "payload power in {state:?}"
            );
        }
        feedback.note((
            "controller",
            self.ipmc.has_payload_power(),
            self.ipmc.fan_level(),
            self.ipmc.buses(),
            self.silent_until.is_some(),
            magnitude(self.ipmc.records().len()),
        ));
    }
}

/// Most requests are about something that there is.
fn aimed(mut request: Request, choices: &mut Choices<'_>) -> Request {
    let at = usize::from(request.net_fn == NetFn::GROUP);
    let numbers = [0, 1, 2, 3, 4, 8, 9, 0x11, 0x12, 254];
    if choices.is()
        && let Some(byte) = request.data.get_mut(at)
    {
        *byte = choices.pick(&numbers);
    }
    request
}

fn hands(choices: &mut Choices<'_>) -> Input {
    let fru_id = choices.pick(&FRUS);
    match choices.below(10) {
        0 | 1 => Input::HandleOpened,
        2 | 3 => Input::HandleClosed,
        4 => Input::ModuleInserted {
            fru_id,
            handle_closed: choices.is(),
        },
        5 => Input::ModuleExtracted { fru_id },
        6 | 7 => Input::ModuleHandle {
            fru_id,
            is_open: choices.is(),
        },
        8 => Input::Powered,
        _ => Input::Unpowered,
    }
}

fn payload(choices: &mut Choices<'_>) -> Input {
    let number = choices.pick(&[1, 2, 3, 4, 9, 0, 77]);
    match choices.below(11) {
        0 | 1 => Input::SensorChanged {
            number,
            raw: choices.byte(),
        },
        2 => Input::StatesChanged {
            number,
            states: choices.word(),
        },
        3 => Input::BusChanged {
            bus: choices.pick(&[Bus::A, Bus::B]),
            status: choices.byte() & 7,
        },
        4 => Input::PowerWanted {
            fru_id: choices.pick(&FRUS),
            level: choices.byte() & 7,
        },
        5 => Input::ResourceWanted(choices.byte() & 7),
        6 => Input::ResourceDone(choices.byte() & 7),
        7 => Input::Answered {
            request: Request {
                net_fn: NetFn::GROUP,
                lun: 0,
                command: choices.pick(&[0x17, 0x25]),
                data: choices.some_bytes(6).to_vec(),
            },
            response: choices.is().then(|| Response {
                code: CompletionCode(choices.byte()),
                data: choices.some_bytes(6).to_vec(),
            }),
        },
        8 => Input::ConsoleOutput {
            fru_id: choices.pick(&FRUS),
            bytes: choices.some_bytes(200).to_vec(),
        },
        9 => Input::RecordsCollected(vec![choices.some_bytes(64).to_vec(); choices.below(8)]),
        _ => Input::FirmwareFailed {
            component: choices.byte(),
        },
    }
}
