//! Frames and messages: round trips, truncation, and the bytes of each message of version 1.

use super::*;
use ais::amf::{CsiFlags, CsiTransition};
use alloc::string::String;
use alloc::{format, vec};
use core::fmt::Debug;
use proptest::prelude::*;
use serde::de::DeserializeOwned;

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `message` has these bytes behind its length, comes back whole, and no shorter part of it is a
/// message.
fn check<M: Serialize + DeserializeOwned + Debug + PartialEq>(message: &M, bytes: &str) {
    let frame = encode(message).unwrap();
    assert_eq!(hex(&frame[4..]), bytes, "{message:?}");
    let mut decoder = Decoder::default();
    for byte in &frame[..frame.len() - 1] {
        decoder.feed(&[*byte]);
        assert_eq!(decoder.message::<M>(), Ok(None));
    }
    decoder.feed(&frame[frame.len() - 1..]);
    assert_eq!(decoder.message::<M>().unwrap().as_ref(), Some(message));
    for length in 0..frame.len() - 4 {
        let mut cut = u32::try_from(length).unwrap().to_le_bytes().to_vec();
        cut.extend(&frame[4..4 + length]);
        let mut decoder = Decoder::default();
        decoder.feed(&cut);
        assert_eq!(
            decoder.message::<M>(),
            Err(FrameError::Garbled),
            "cut to {length}"
        );
    }
}

fn check_calls<const N: usize>(frozen: [(Request, &str); N]) {
    for (request, bytes) in frozen {
        check(
            &ToAgent::Call { call: 300, request },
            &format!("01ac02{bytes}"),
        );
    }
}

/// Bytes of version 1. Never edited: a message that changes is a new version.
#[test]
fn frozen_bytes_of_registration_and_responses() {
    use Request as R;
    let component = dn("a=1");
    let invocation = Invocation(128);
    let (ok, failed) = (None, Some(AisError::FailedOperation));
    let csis = vec![(dn("c=2"), HaState::Standby)];
    let proxy = None;
    check(
        &ToAgent::Hello {
            version: 1,
            pid: 200,
        },
        "0001c801",
    );
    check_calls([
        (
            R::ComponentRegister {
                component: component.clone(),
                proxy,
            },
            "0003613d3100",
        ),
        (
            R::Unregister {
                component: component.clone(),
            },
            "0103613d31",
        ),
        (
            R::Response {
                invocation,
                error: ok,
            },
            "02800100",
        ),
        (
            R::QuiescingComplete {
                invocation,
                error: failed,
            },
            "0380010113",
        ),
        (
            R::ErrorClear {
                component: component.clone(),
            },
            "0803613d31",
        ),
        (
            R::HaStateGet {
                component: component.clone(),
                csi: dn("c=2"),
            },
            "0903613d3103633d32",
        ),
        (R::Reconnect { component, csis }, "0c03613d310103633d3201"),
    ]);
}

/// Bytes of version 1. Never edited.
#[test]
fn frozen_bytes_of_monitoring() {
    use Request as R;
    let component = dn("a=1");
    let key = vec![0x6b];
    let recovery = RecommendedRecovery::ComponentFailover;
    let start = R::HealthcheckStart {
        component: component.clone(),
        key: key.clone(),
        invocation: HealthcheckInvocation::ComponentInvoked,
        recovery,
    };
    let confirm = R::HealthcheckConfirm {
        component: component.clone(),
        key: key.clone(),
        error: None,
    };
    let stop = R::HealthcheckStop {
        component: component.clone(),
        key,
    };
    let report = R::ErrorReport {
        component: component.clone(),
        detected_ns: 5,
        recovery,
    };
    let (pid, depth, errors) = (7, -1, PmErrors(6));
    let watch = R::PmStart {
        component: component.clone(),
        pid,
        depth,
        errors,
        recovery,
    };
    let (qualifier, errors) = (PmStopQualifier::AllProcesses, PmErrors(1));
    check_calls([
        (start, "0403613d31016b0102"),
        (confirm, "0503613d31016b00"),
        (stop, "0603613d31016b"),
        (report, "0703613d310502"),
        (watch, "0a03613d3107010602"),
        (
            R::PmStop {
                component,
                qualifier,
                pid,
                errors,
            },
            "0b03613d31020701",
        ),
    ]);
}

/// Bytes of version 1. Never edited.
#[test]
fn frozen_bytes_to_the_component() {
    let component = dn("a=1");
    let callback = |callback| ToComponent::Callback {
        invocation: Invocation(1),
        callback,
    };
    check(&ToComponent::Hello { version: 1 }, "0001");
    check(
        &ToComponent::Answer {
            call: 2,
            result: Ok(Reply::Done),
        },
        "01020000",
    );
    let state = Reply::HaState(HaState::Quiesced);
    check(
        &ToComponent::Answer {
            call: 2,
            result: Ok(state),
        },
        "0102000102",
    );
    check(
        &ToComponent::Answer {
            call: 2,
            result: Err(AisError::NotExist),
        },
        "0102010a",
    );
    let key = vec![0x6b];
    check(
        &callback(Callback::Healthcheck {
            component: component.clone(),
            key,
        }),
        "02010003613d31016b",
    );
    check(
        &callback(Callback::Terminate {
            component: component.clone(),
        }),
        "02010103613d31",
    );
    let csi = CsiDescriptor {
        flags: CsiFlags::AddOne,
        csi: Some(dn("c=2")),
        transition: CsiTransition::NotQuiesced,
        active_component: Some(dn("a=9")),
        standby_rank: 0,
        attributes: vec![("port".into(), "80".into())],
    };
    check(
        &callback(Callback::CsiSet {
            component: component.clone(),
            ha_state: HaState::Active,
            csi,
        }),
        "02010203613d3100000103633d32020103613d39000104706f7274023830",
    );
    check(
        &callback(Callback::CsiRemove {
            component,
            csi: None,
        }),
        "02010303613d3100",
    );
}

/// A length that nobody may send must be refused before anything is stored for it.
#[test]
fn a_long_frame_is_refused_at_its_head() {
    let mut decoder = Decoder::default();
    decoder.feed(&u32::try_from(FRAME_MAX + 1).unwrap().to_le_bytes());
    assert_eq!(decoder.message::<ToAgent>(), Err(FrameError::TooLong));
    let big = Callback::Healthcheck {
        component: dn("a=1"),
        key: vec![0; FRAME_MAX],
    };
    assert_eq!(encode(&big), Err(FrameError::TooLong));
}

/// A frame with more in it than its message is not understood.
#[test]
fn bytes_behind_the_message_are_refused() {
    let mut decoder = Decoder::default();
    decoder.feed(&[5, 0, 0, 0, 0, 1, 1, 9, 9]);
    assert_eq!(decoder.message::<ToAgent>(), Err(FrameError::Garbled));
}

/// A name is a name also on the wire.
#[test]
fn a_bad_name_is_refused() {
    let mut decoder = Decoder::default();
    decoder.feed(&[7, 0, 0, 0, 1, 1, 8, 3, b'a', b'b', b'c']);
    assert_eq!(decoder.message::<ToAgent>(), Err(FrameError::Garbled));
}

/// Messages that came in one piece come out one by one.
#[test]
fn several_messages_in_one_read() {
    let hello = ToAgent::Hello { version: 1, pid: 2 };
    let request = Request::ErrorClear {
        component: dn("a=1"),
    };
    let next = ToAgent::Call { call: 300, request };
    let mut bytes = encode(&hello).unwrap();
    bytes.extend(encode(&next).unwrap());
    let mut decoder = Decoder::default();
    decoder.feed(&bytes);
    assert_eq!(decoder.message(), Ok(Some(hello)));
    assert_eq!(decoder.message(), Ok(Some(next)));
    assert_eq!(decoder.message::<ToAgent>(), Ok(None));
}

/// Names that are plain ASCII pass unchanged, as scripts expect; others are quoted.
#[test]
fn names_in_the_environment() {
    let plain = "safComp=AB,safSu=C3,safSg=g 1,safApp=a";
    assert_eq!(environment::encoded(plain), plain);
    assert_eq!(environment::decoded(plain), plain);
    let umlaut = "safComp=Käse,safSu=1";
    assert_eq!(environment::encoded(umlaut), "safComp=K=C3=A4se,safSu=1");
    assert_eq!(environment::decoded("safComp=K=C3=A4se,safSu=1"), umlaut);
}

proptest! {
    /// Whatever comes, the decoder says yes, no or more, and goes on holding little.
    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut decoder = Decoder::default();
        for chunk in bytes.chunks(7) {
            decoder.feed(chunk);
            while let Ok(Some(_)) = decoder.message::<ToAgent>() {}
        }
    }

    /// Every name comes back from the environment, unless its own text looks quoted.
    #[test]
    fn names_come_back(name in "[a-zäöü€ ]{1,40}") {
        let name = format!("safComp={name}");
        prop_assert_eq!(environment::decoded(&environment::encoded(&name)), name);
    }
}
