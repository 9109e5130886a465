//! Whatever happens, each order is answered once and nothing grows.

use super::*;
use alloc::collections::BTreeSet;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Order(u8, u8),
    Sent(Bus, Result<(), WriteError>),
    Answer(Bus, u8),
    Request(Bus, u8, u8),
    Reply,
    Bytes(Bus, Vec<u8>),
    Opened(Bus),
    Lost(Bus),
    Isolate(Bus, bool),
    Wait(u16),
}

fn bus() -> impl Strategy<Value = Bus> {
    prop_oneof![Just(Bus::A), Just(Bus::B)]
}

fn result() -> impl Strategy<Value = Result<(), WriteError>> {
    prop_oneof![
        4 => Just(Ok(())),
        1 => Just(Err(WriteError::Nak)),
        1 => Just(Err(WriteError::ArbitrationLost)),
        1 => Just(Err(WriteError::Bus(Fault::DataNotHigh))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<u8>(), 0..32u8).prop_map(|(to, len)| Step::Order(to, len)),
        6 => (bus(), result()).prop_map(|(bus, result)| Step::Sent(bus, result)),
        4 => (bus(), any::<u8>()).prop_map(|(bus, which)| Step::Answer(bus, which)),
        2 => (bus(), any::<u8>(), 0..4u8).prop_map(|(bus, from, n)| Step::Request(bus, from, n)),
        1 => Just(Step::Reply),
        1 => (bus(), proptest::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(bus, bytes)| Step::Bytes(bus, bytes)),
        1 => bus().prop_map(Step::Opened),
        1 => bus().prop_map(Step::Lost),
        1 => (bus(), any::<bool>()).prop_map(|(bus, isolated)| Step::Isolate(bus, isolated)),
        3 => (0..400u16).prop_map(Step::Wait),
    ]
}

fn take(play: &mut Play, token: &mut u64, step: Step) {
    match step {
        Step::Order(to, len) => {
            *token += 1;
            play.apply(order(*token, to, request(1, &vec![0; len.into()])));
        }
        Step::Sent(bus, result) => {
            if play.writes.iter().any(|(found, _)| *found == bus) {
                play.sent(bus, result);
            } else {
                play.apply(Input::Sent { bus, result });
            }
        }
        Step::Answer(bus, which) => {
            let index = usize::from(which) % play.seen.len().max(1);
            let Some((_, frame)) = play.seen.get(index).cloned() else {
                return;
            };
            if decode_request(&frame).is_ok() {
                play.answer(bus, &frame, &ok(&[]));
            }
        }
        Step::Request(bus, from, sequence) => {
            play.receive(bus, &asked(from, sequence, &request(1, &[])));
        }
        Step::Reply => {
            if let Some((id, _, _)) = play.questions.pop() {
                let response = ok(&[0; 40]);
                play.apply(Input::Answer { id, response });
            }
        }
        Step::Bytes(bus, mut frame) => {
            if let Some(first) = frame.first_mut() {
                *first = OWN;
            }
            play.apply(Input::Received { bus, frame });
        }
        Step::Opened(bus) => {
            play.writes.retain(|(found, _)| *found != bus);
            play.apply(Input::Opened(bus));
        }
        Step::Lost(bus) => {
            play.writes.retain(|(found, _)| *found != bus);
            let why = String::from("gone");
            play.apply(Input::Lost { bus, why });
        }
        Step::Isolate(bus, isolated) => play.apply(Input::Isolate { bus, isolated }),
        Step::Wait(ms) => {
            play.now = play.now.after(Duration::from_millis(ms.into()));
            play.apply(Input::Tick);
        }
    }
}

proptest! {
    #[test]
    fn each_order_is_answered_once(steps in proptest::collection::vec(step(), 0..300)) {
        let mut play = Play::open();
        let mut token = 0;
        for step in steps {
            take(&mut play, &mut token, step);
        }
        // A snapshot is the whole machine.
        let bytes = postcard::to_allocvec(&play.ipmb).unwrap();
        play.ipmb = postcard::from_bytes(&bytes).unwrap();
        // Whatever is left comes to an end by itself, with buses that work or without.
        for bus in Bus::BOTH {
            play.faults.insert((bus, OTHER_BLADE), WriteError::Nak);
        }
        play.pass(600_000);
        let mut answered = BTreeSet::new();
        for event in play.news() {
            if let PortEvent::Answer { token, .. } = event {
                prop_assert!(answered.insert(token), "{token} is answered twice");
            }
        }
        prop_assert_eq!(answered.len() as u64, token);
        prop_assert_eq!(play.ipmb.in_flight(), 0);
    }
}
