//! What OpenIPMI's emulator of serial management controllers (`ipmi_serial_bmc_emu`) answered.
//!
//! It knows no login and no tracking: answers of other controllers wait in the receive message
//! queue. Frozen: recorded from a build of its sources.

use crate::serial::{Bridging, Config, Mode, Serial};
use crate::{Effect, Input};
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::message::{CompletionCode, Response};
use ipmi::port::{PortEvent, PortOrder, Target};
use machine::{Machine, Pos, Time};

/// Get Device ID of the emulator itself.
const OWN: [u8; 15] = [
    0x20, 0x01, 0x00, 0x48, 0x02, 0x9f, 0x22, 0x03, 0x00, 0x11, 0x43, 0x00, 0x11, 0x00, 0x04,
];
/// The same of the controllers behind it.
const BEHIND: [u8; 15] = [
    0x00, 0x01, 0x00, 0x48, 0x02, 0x9f, 0xaa, 0x01, 0x00, 0x23, 0x00, 0x00, 0x11, 0x00, 0x04,
];

/// What the console said, and what the emulator answered.
type Exchange<'a> = (&'a [u8], &'a [u8]);

const BASIC: [Exchange<'_>; 5] = [
    (
        b"\xa0\x20\x18\xc8\x81\x00\x01\x7e\xa5",
        b"\xa0\x81\x1c\x63\x20\x00\x01\x00\x20\x01\x00\x48\x02\x9f\x22\x03\x00\x11\x43\x00\x11\
          \x00\x04\x47\xa5\xa6",
    ),
    (
        b"\xa0\x20\x18\xc8\x81\x04\x01\x7a\xa5",
        b"\xa0\x81\x1c\x63\x20\x04\x01\x00\x20\x01\x00\x48\x02\x9f\x22\x03\x00\x11\x43\x00\x11\
          \x00\x04\x43\xa5\xa6",
    ),
    (
        b"\xa0\x20\x18\xc8\x81\x08\x34\x00\x30\x18\xb8\x20\x02\x01\xdd\x43\xa5",
        b"\xa0\x81\x1c\x63\x20\x08\x34\x00\xa4\xa5\xa6",
    ),
    (
        b"\xa0\x20\x18\xc8\x81\x0c\x33\x40\xa5",
        b"\xa0\x81\x1c\x63\x20\x0c\x33\x00\x00\x1e\xc2\x30\x00\x01\x00\x00\x01\x00\x48\x02\x9f\
          \xaa\xba\x01\x00\x23\x00\x00\x11\x00\x04\x02\xc1\xa5\xa6",
    ),
    (
        b"\xa0\x20\x18\xc8\x81\x10\x01\x6e\xa5",
        b"\xa0\x81\x1c\x63\x20\x10\x01\x00\x20\x01\x00\x48\x02\x9f\x22\x03\x00\x11\x43\x00\x11\
          \x00\x04\x37\xa5\xa6",
    ),
];

const TERMINAL: [Exchange<'_>; 5] = [
    (
        b"[18 00 01]\r",
        b"[1C000100 20 01 00 48 02 9F 22 03 00 11 43 00 11 00 04]\n",
    ),
    (
        b"[18 04 01]\r",
        b"[1C040100 20 01 00 48 02 9F 22 03 00 11 43 00 11 00 04]\n",
    ),
    (b"[18 08 34 00 30 18 B8 20 02 01 DD]\r", b"[1C083400]\n"),
    (
        b"[18 0C 33]\r",
        b"[1C0C3300 00 1E C2 30 00 01 00 00 01 00 48 02 9F AA 01 00 23 00 00 11 00 04 02]\n",
    ),
    (
        b"[18 10 01]\r",
        b"[1C100100 20 01 00 48 02 9F 22 03 00 11 43 00 11 00 04]\n",
    ),
];

fn apply(console: &mut Serial, input: &Input) -> (Vec<u8>, Vec<PortEvent>) {
    let at = Pos {
        index: 1,
        time: Time(1),
    };
    let mut effects = vec![];
    console.apply(at, input, &mut effects);
    let (mut sent, mut events) = (vec![], vec![]);
    for effect in effects {
        match effect {
            Effect::Send(bytes) => sent.extend(bytes),
            Effect::Event(event) => events.push(event),
        }
    }
    (sent, events)
}

fn answer(token: u64, data: &[u8]) -> PortEvent {
    PortEvent::Answer {
        token,
        result: Ok(Response {
            code: CompletionCode::OK,
            data: data.to_vec(),
        }),
    }
}

// The same orders lead to the same bytes, and the recorded answers to the right events; in one
// piece and byte by byte.
#[test]
fn openipmi_serial_bmc_emu() {
    for (mode, recorded) in [(Mode::Basic, BASIC), (Mode::Terminal, TERMINAL)] {
        for piece in [1, 7, 1000] {
            let mut console = Serial::new(Config {
                bridging: Bridging::Queued,
                ..Config::new(mode)
            })
            .unwrap();
            let mut orders = [
                Target::ShelfManager,
                Target::Ipmb(0x30),
                Target::ShelfManager,
            ]
            .into_iter()
            .zip(1..);
            let (mut said, mut news) = apply(&mut console, &Input::Start { seed: [0; 32] });
            for (sent, answered) in recorded {
                if said.is_empty() {
                    let (target, token) = orders.next().unwrap();
                    let request = GetDeviceId {}.request();
                    let order = PortOrder {
                        token,
                        target,
                        request,
                    };
                    (said, _) = apply(&mut console, &Input::Order(order));
                }
                assert_eq!(said, sent, "{mode:?}");
                said.clear();
                for bytes in answered.chunks(piece) {
                    let (more, events) = apply(&mut console, &Input::Received(bytes.to_vec()));
                    said.extend(more);
                    news.extend(events);
                }
            }
            let expected = [
                PortEvent::Up,
                answer(1, &OWN),
                answer(2, &BEHIND),
                answer(3, &OWN),
            ];
            assert_eq!(news, expected, "{mode:?} {piece}");
            assert_eq!(console.counters().malformed, 0);
        }
    }
}

// It refuses to track: who configured the line wrong reads its completion code.
#[test]
fn tracking_refused() {
    let cases: [(Mode, [Exchange<'_>; 3]); 2] = [
        (
            Mode::Basic,
            [
                BASIC[0],
                BASIC[1],
                (
                    b"\xa0\x20\x18\xc8\x81\x08\x34\x40\x30\x18\xb8\x20\x08\x01\xd7\x03\xa5",
                    b"\xa0\x81\x1c\x63\x20\x08\x34\xcc\xd8\xa5\xa6",
                ),
            ],
        ),
        (
            Mode::Terminal,
            [
                TERMINAL[0],
                TERMINAL[1],
                (b"[18 08 34 40 30 18 B8 20 08 01 D7]\r", b"[1C0834CC]\n"),
            ],
        ),
    ];
    for (mode, recorded) in cases {
        let mut console = Serial::new(Config::new(mode)).unwrap();
        let order = |token, target| {
            Input::Order(PortOrder {
                token,
                target,
                request: GetDeviceId {}.request(),
            })
        };
        let inputs = [
            Input::Start { seed: [0; 32] },
            order(1, Target::ShelfManager),
            order(2, Target::Ipmb(0x30)),
        ];
        let mut news = vec![];
        for (input, (sent, answered)) in inputs.iter().zip(recorded) {
            assert_eq!(apply(&mut console, input).0, sent, "{mode:?}");
            news.extend(apply(&mut console, &Input::Received(answered.to_vec())).1);
        }
        let refusal = PortEvent::Answer {
            token: 2,
            result: Ok(Response {
                code: CompletionCode::INVALID_FIELD,
                data: vec![],
            }),
        };
        assert_eq!(news, [PortEvent::Up, answer(1, &OWN), refusal], "{mode:?}");
    }
}
