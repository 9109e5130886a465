//! Anything that the log can hold, in any order: nothing panics, grows without bound, or changes by
//! what is refused.

use super::{Run, hot, seen};
use crate::{Effect, FLIGHTS_MAX, HELD_MAX, Immediate, Input, Pef, System};
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::pef::{LanAlertParameter, Parameter, PetAcknowledge};
use ipmi::sel::Event;
use machine::{Machine, Pos, Time};
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes as a tool sends them, right and wrong; small numbers meet what is there more often.
fn parameter() -> impl Strategy<Value = Option<Input>> {
    let byte = prop_oneof![0..20u8, any::<u8>()];
    (0..15u8, vec(byte, 1..24)).prop_map(|(selector, data)| {
        let lengths = [1, 1, 1, 1, 1, 1, 21, 2, 1, 4, 17, 1, 3, 18, 1];
        let data = data.get(..lengths[usize::from(selector)]).unwrap_or(&data);
        Parameter::decode(selector, data).ok().map(Input::Set)
    })
}

fn destination() -> impl Strategy<Value = Option<Input>> {
    (16..20u8, vec(any::<u8>(), 18)).prop_map(|(selector, data)| {
        let len = [18, 1, 4, 13][usize::from(selector - 16)];
        let decoded = LanAlertParameter::decode(selector, &data[..len]);
        decoded.ok().map(Input::SetLan)
    })
}

fn event() -> impl Strategy<Value = Event> {
    (any::<[u8; 6]>(), any::<bool>()).prop_map(|([a, b, c, d, e, f], assertion)| Event {
        generator: a,
        sensor_type: b,
        event_type: c & 0x7f,
        data: [d, e, f],
        assertion,
        ..hot()
    })
}

fn immediate() -> impl Strategy<Value = Input> {
    (any::<u8>(), any::<u8>(), any::<u32>()).prop_map(|(destination, string, time_s)| {
        Input::AlertImmediate(Immediate {
            destination: destination % 18,
            string,
            event: None,
            time_s,
            system: System::default(),
        })
    })
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        4 => parameter().prop_filter_map("no parameter", |input| input),
        1 => destination().prop_filter_map("no parameter", |input| input),
        6 => (event(), any::<u16>()).prop_map(|(event, id)| Input::Event(seen(event, id))),
        1 => any::<u8>().prop_map(|countdown| Input::Arm { countdown }),
        1 => (any::<bool>(), any::<u16>())
            .prop_map(|(by_bmc, record)| Input::SetLastProcessed { by_bmc, record }),
        1 => immediate(),
        1 => (0..18u8).prop_map(|destination| Input::ClearAlertStatus { destination }),
        1 => Just(Input::Restarted),
        1 => Just(Input::Cleared),
        4 => Just(Input::Tick),
    ]
}

/// What a receiver may say about the traps that it got.
fn answers(effects: &[Effect]) -> Vec<PetAcknowledge> {
    let traps = effects.iter().filter_map(|effect| match effect {
        Effect::Send(trap) => Some(super::acknowledge(&trap.pet)),
        Effect::Unacknowledged(_) | Effect::Acted(_) => None,
    });
    traps.collect()
}

fn check(pef: &Pef, now: Time) -> Result<(), TestCaseError> {
    prop_assert!(pef.flights() <= FLIGHTS_MAX);
    prop_assert!(pef.held.len() <= HELD_MAX);
    prop_assert!(pef.held.is_empty() || pef.is_held());
    let bytes = postcard::to_allocvec(pef).unwrap();
    prop_assert_eq!(&postcard::from_bytes::<Pef>(&bytes).unwrap(), pef);
    let _ = pef.countdown(now);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_inputs(inputs in vec((input(), 0..4u64, any::<bool>()), 1..200)) {
        let mut pef = Run::with_one().pef;
        let mut at = Pos::default();
        for (input, seconds, is_acknowledged) in inputs {
            at.index += 1;
            at.time = at.time.after(Duration::from_secs(seconds));
            let before = pef.admit(&input).is_err().then(|| pef.clone());
            let mut effects = Vec::new();
            pef.apply(at, &input, &mut effects);
            if let Some(before) = before {
                prop_assert_eq!(&pef, &before);
                prop_assert!(effects.is_empty());
            }
            if input == Input::Tick {
                prop_assert!(pef.deadline().is_none_or(|by| by > at.time));
            }
            for answer in answers(&effects).into_iter().filter(|_| is_acknowledged) {
                let flights = pef.flights();
                let input = Input::Acknowledged(answer);
                let is_expected = pef.admit(&input).is_ok();
                let mut more = Vec::new();
                pef.apply(at, &input, &mut more);
                let next = answers(&more).len();
                prop_assert!(!is_expected || pef.flights() <= flights - 1 + next);
            }
            check(&pef, at.time)?;
        }
    }
}
