//! Parameters: what is written is what is read, and what may not be written is refused.

use super::{Run, everything, filter, hot, policy};
use crate::{FILTERS, GetError, Input, POLICIES, Pef, Refusal, STRINGS};
use alloc::vec;
use ipmi::command::pef::{AlertStringKeys, DestinationAddress, LanAlertParameter, Parameter};
use machine::{Machine, Pos};

/// Every parameter that can be written, with its set and block selector.
fn writable() -> [(u8, u8, Parameter); 12] {
    let keys = AlertStringKeys { filter: 7, set: 9 };
    [
        (0, 0, Parameter::SetInProgress(1)),
        (0, 0, Parameter::Control(0x0e)),
        (0, 0, Parameter::ActionGlobalControl(0x3e)),
        (0, 0, Parameter::StartupDelay(60)),
        (0, 0, Parameter::AlertStartupDelay(61)),
        (3, 0, filter(3, everything())),
        (
            4,
            0,
            Parameter::FilterData1 {
                number: 4,
                configuration: 0x80,
            },
        ),
        (5, 0, policy(5, 0x2a, 0x13)),
        (
            0,
            0,
            Parameter::SystemGuid {
                flags: 1,
                guid: [9; 16],
            },
        ),
        (6, 0, Parameter::StringKeys { string: 6, keys }),
        (
            6,
            1,
            Parameter::String {
                string: 6,
                block: 1,
                bytes: b"0123456789abcdef".to_vec(),
            },
        ),
        (
            0,
            4,
            Parameter::String {
                string: 0,
                block: 4,
                bytes: b"0123456789abcde\0".to_vec(),
            },
        ),
    ]
}

#[test]
fn written_and_read() {
    let mut run = Run::new();
    for (set, block, parameter) in writable() {
        run.set(parameter.clone());
        let read = run.pef.parameter(parameter.selector(), set, block);
        assert_eq!(read, Ok(parameter));
    }
}

/// A block that is shorter than the one before leaves nothing of it.
#[test]
fn short_block() {
    let mut run = Run::new();
    for bytes in [b"a long text".to_vec(), b"short".to_vec()] {
        let (string, block) = (1, 1);
        run.set(Parameter::String {
            string,
            block,
            bytes,
        });
    }
    let read = run.pef.parameter(13, 1, 1);
    let Ok(Parameter::String { bytes, .. }) = read else {
        panic!("{read:?}");
    };
    assert_eq!(bytes, b"short\0\0\0\0\0\0\0\0\0\0\0");
}

#[test]
fn counts() {
    let pef = Pef::new();
    for (selector, count) in [(5, FILTERS), (8, POLICIES), (11, STRINGS)] {
        let count = vec![u8::try_from(count).unwrap()];
        let read = pef.parameter(selector, 0, 0).map(|it| it.encode());
        assert_eq!(read, Ok(count));
    }
}

/// Tables begin at 1 and strings at 0; nothing is behind their ends.
#[test]
fn out_of_range() {
    let pef = Pef::new();
    for (selector, set, block) in [
        (6, 0, 0),
        (6, 17, 0),
        (7, 0, 0),
        (7, 17, 0),
        (9, 0, 0),
        (9, 17, 0),
        (12, 9, 0),
        (13, 9, 1),
        (13, 1, 0),
        (13, 1, 5),
    ] {
        let read = pef.parameter(selector, set, block);
        assert_eq!(read, Err(GetError::OutOfRange), "{selector} {set} {block}");
    }
    for selector in 14..=127 {
        assert_eq!(pef.parameter(selector, 0, 0), Err(GetError::NotSupported));
    }
    let run = Run::new();
    let keys = AlertStringKeys { filter: 0, set: 0 };
    let string = |string, block| Parameter::String {
        string,
        block,
        bytes: vec![0],
    };
    let wrong = [
        filter(0, everything()),
        filter(17, everything()),
        policy(0, 0, 0),
        policy(17, 0, 0),
        Parameter::FilterData1 {
            number: 17,
            configuration: 0,
        },
        Parameter::StringKeys { string: 9, keys },
        string(9, 1),
        string(1, 0),
        string(1, 5),
    ];
    for parameter in wrong {
        let why = run.refused(parameter.clone());
        assert_eq!(why, Some(Refusal::OutOfRange), "{parameter:?}");
    }
    for parameter in [
        Parameter::FilterCount(1),
        Parameter::PolicyCount(1),
        Parameter::StringCount(1),
    ] {
        assert_eq!(run.refused(parameter), Some(Refusal::ReadOnly));
    }
}

/// One at a time; whoever is done, or a restart, frees it.
#[test]
fn set_in_progress() {
    let mut run = Run::new();
    run.set(Parameter::SetInProgress(1));
    let why = run.refused(Parameter::SetInProgress(1));
    assert_eq!(why, Some(Refusal::SetInProgress));
    run.set(Parameter::SetInProgress(0));
    run.set(Parameter::SetInProgress(1));
    run.tell(Input::Restarted);
    run.set(Parameter::SetInProgress(1));
    for unknown in [2, 3] {
        let why = run.refused(Parameter::SetInProgress(unknown));
        assert_eq!(why, Some(Refusal::InvalidField));
    }
}

/// What is refused changes nothing, even when it is in the log.
#[test]
fn refused_input_changes_nothing() {
    let mut pef = Pef::new();
    let before = pef.clone();
    let mut effects = vec![];
    for parameter in [
        Parameter::FilterCount(3),
        filter(0, everything()),
        Parameter::SetInProgress(2),
    ] {
        pef.apply(Pos::default(), &Input::Set(parameter), &mut effects);
    }
    assert_eq!((pef, effects), (before, vec![]));
}

#[test]
fn destinations() {
    let mut run = Run::new();
    let address = DestinationAddress::V4 {
        gateway: 1,
        ip: [192, 0, 2, 7],
        mac: [1, 2, 3, 4, 5, 6],
    };
    for parameter in [
        LanAlertParameter::Community([b'x'; 18]),
        LanAlertParameter::Type {
            destination: 15,
            kind: 0x80,
            timeout: 255,
            retries: 7,
        },
        LanAlertParameter::Address {
            destination: 15,
            address,
        },
    ] {
        run.tell(Input::SetLan(parameter.clone()));
        let read = run.pef.lan_parameter(parameter.selector(), 15);
        assert_eq!(read, Ok(parameter));
    }
    let count = run.pef.lan_parameter(17, 0);
    assert_eq!(count, Ok(LanAlertParameter::Count(15)));
    assert_eq!(run.pef.lan_parameter(18, 16), Err(GetError::OutOfRange));
    assert_eq!(run.pef.lan_parameter(20, 0), Err(GetError::NotSupported));
    let refused = |parameter| run.pef.admit(&Input::SetLan(parameter)).err();
    let count = LanAlertParameter::Count(3);
    assert_eq!(refused(count), Some(Refusal::ReadOnly));
    let kind = |destination, kind| LanAlertParameter::Type {
        destination,
        kind,
        timeout: 0,
        retries: 0,
    };
    assert_eq!(refused(kind(1, 0x06)), Some(Refusal::InvalidField));
    assert_eq!(refused(kind(16, 0x00)), Some(Refusal::OutOfRange));
}

/// The volatile destination and the volatile string do not outlive a restart; all else does.
#[test]
fn volatile() {
    let mut run = Run::with_one();
    run.destination(0, 0, 0);
    let string = |string| Parameter::String {
        string,
        block: 1,
        bytes: vec![b'x'; 16],
    };
    run.set(string(0));
    run.set(string(1));
    run.tell(Input::Restarted);
    let fresh = Pef::new();
    assert_eq!(run.pef.lan_parameter(19, 0), fresh.lan_parameter(19, 0));
    assert_eq!(run.pef.parameter(13, 0, 1), fresh.parameter(13, 0, 1));
    assert_eq!(run.pef.parameter(13, 1, 1), Ok(string(1)));
    run.event(hot());
    assert_eq!(run.sent(), [1]);
}

/// A snapshot goes on where the machine was.
#[test]
fn snapshot() {
    let mut run = Run::with_one();
    run.destination(1, 0x80, 3);
    run.event(hot());
    run.tell(Input::Arm { countdown: 9 });
    run.event(hot());
    let bytes = postcard::to_allocvec(&run.pef).unwrap();
    assert_eq!(postcard::from_bytes::<Pef>(&bytes).unwrap(), run.pef);
}
