//! Stories of sessions: what people, tools and attackers do, over wires that lose, repeat, reorder
//! and change what they carry.

mod ipmb;
mod lan;
mod serial;
mod vm;

use crate::choices::Choices;
use crate::random::Random;
use crate::{Feedback, Target};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::PortEvent;
use machine::{Machine, Pos, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

/// Most steps of a story.
const STEPS_MAX: usize = 400;
/// Most times that a machine may ask for a tick at the same time.
const TICKS_MAX: usize = 4;

/// All stories of sessions; the first byte says which kind.
pub(crate) struct Sessions;

impl Target for Sessions {
    fn name(&self) -> &'static str {
        "session"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut random = Random::new(0x5e55);
        let kinds = 0..4u8;
        kinds
            .flat_map(|kind| (0..24).map(move |len| (kind, len * 24)))
            .map(|(kind, len)| [&[kind][..], &random.bytes(len)].concat())
            .collect()
    }

    fn len_max(&self) -> usize {
        1600
    }

    fn run(&self, case: &[u8], feedback: &mut Feedback) {
        let mut choices = Choices::new(case);
        match choices.byte() % 4 {
            0 => lan::play(&mut choices, feedback),
            1 => serial::play(&mut choices, feedback),
            2 => vm::play(&mut choices, feedback),
            _ => ipmb::play(&mut choices, feedback),
        }
    }
}

/// The orders of one port: each is answered exactly once.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    given: u64,
    answers: BTreeMap<u64, u32>,
}

impl Orders {
    /// Token of one more order.
    pub(crate) fn give(&mut self) -> u64 {
        self.given += 1;
        self.given
    }

    pub(crate) fn heard(&mut self, event: &PortEvent) {
        if let PortEvent::Answer { token, .. } = event {
            assert!(
                (1..=self.given).contains(token),
                "order {token} was never given"
            );
            let count = self.answers.entry(*token).or_default();
            *count += 1;
            assert_eq!(*count, 1, "order {token} is answered again");
        }
    }

    /// A port that went down takes what is under way with it, if it does not say so for each.
    pub(crate) fn forget(&mut self) {
        for token in 1..=self.given {
            self.answers.entry(token).or_insert(1);
        }
    }

    fn is_done(&self) -> bool {
        self.answers.len() as u64 == self.given
    }

    pub(crate) fn check(&self) {
        let missing = (1..=self.given).find(|token| !self.answers.contains_key(token));
        assert_eq!(missing, None, "an order without answer");
    }
}

/// Feeds a machine, and looks after what holds for each: a snapshot is the whole of it, and no
/// larger than its bounds.
pub(crate) fn snapshot<M: Serialize + DeserializeOwned + PartialEq + Debug>(
    machine: &mut M,
    len_max: usize,
) {
    let bytes = postcard::to_allocvec(machine).expect("it is data");
    assert!(
        bytes.len() <= len_max,
        "a snapshot of {} bytes",
        bytes.len()
    );
    let back: M = postcard::from_bytes(&bytes).expect("it was written so");
    assert!(back == *machine, "a snapshot is not the whole machine");
    *machine = back;
}

/// Ticks a machine that is due until it waits for later.
pub(crate) fn settle<M: Machine>(machine: &mut M, now: Time, tick: &M::Input) -> Vec<M::Effect> {
    settle_within(TICKS_MAX, machine, now, tick)
}

/// The same, with at most so many ticks.
pub(crate) fn settle_within<M: Machine>(
    ticks_max: usize,
    machine: &mut M,
    now: Time,
    tick: &M::Input,
) -> Vec<M::Effect> {
    let at = Pos {
        index: 1,
        time: now,
    };
    let mut effects = Vec::new();
    let is_due = |machine: &M| machine.deadline().is_some_and(|when| when <= now);
    let mut ticks = 0;
    while is_due(machine) {
        machine.apply(at, tick, &mut effects);
        ticks += 1;
        assert!(ticks <= ticks_max, "a deadline that does not move forward");
    }
    effects
}

/// How long something waits.
pub(crate) fn pause(choices: &mut Choices<'_>) -> Duration {
    const PAUSES_MS: [u64; 10] = [0, 1, 20, 100, 500, 1_000, 3_000, 20_000, 61_000, 400_000];
    Duration::from_millis(choices.pick(&PAUSES_MS))
}

/// A request: of a command that there is, or of none.
pub(crate) fn request(choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) -> Request {
    match choices.below(4) {
        0 => Request {
            net_fn: NetFn(choices.byte() & 0x3e),
            lun: choices.byte() & 3,
            command: choices.byte(),
            data: choices.some_bytes(40).to_vec(),
        },
        _ => {
            let command = choices.pick(commands);
            command(choices.some_bytes(24))
        }
    }
}

fn response(choices: &mut Choices<'_>) -> Response {
    const CODES: [u8; 8] = [0, 0, 0, 0, 0x83, 0xc3, 0xd3, 0xff];
    Response {
        code: CompletionCode(choices.pick(&CODES)),
        data: choices.some_bytes(60).to_vec(),
    }
}

/// What a wire does to a datagram, or to a piece of a stream.
pub(crate) fn damage(choices: &mut Choices<'_>, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let at = choices.below(bytes.len());
    match choices.below(5) {
        0 => bytes[at] ^= 1 << choices.below(8),
        1 => bytes[at] = choices.byte(),
        2 => bytes.truncate(at),
        3 => drop(bytes.remove(at)),
        _ => bytes.extend_from_slice(choices.some_bytes(16)),
    }
}
