//! Consoles, read and typed at over a bus that loses and repeats messages.

use super::*;
use crate::interface::Input;
use crate::tests::{Play, blade_config};
use alloc::vec;
use ipmi::command::app::WarmReset;
use ipmi::message::NetFn;
use proptest::collection::vec as any_vec;
use proptest::prelude::*;

const FRU: u8 = 0;

fn config(is_active: bool) -> crate::Config {
    let mut config = blade_config();
    config.frus[0].has_console = true;
    config.hot_swap.as_mut().unwrap().is_active = is_active;
    config
}

impl Play {
    fn says(&mut self, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        let effects = self.apply(&Input::ConsoleOutput { fru_id: FRU, bytes });
        assert_eq!(effects, []);
    }

    /// Sequence, whether bytes were lost, and the bytes.
    fn read(&mut self, acknowledged: u8, count_max: u8) -> (u8, bool, Vec<u8>) {
        let chunk = self.ask(&ConsoleRead {
            fru_id: FRU,
            acknowledged,
            count_max,
        });
        let chunk = chunk.unwrap();
        (chunk.sequence, chunk.flags & chunk::LOST != 0, chunk.data)
    }

    fn types(&mut self, sequence: u8, flags: u8, data: &[u8]) -> (Result<u8, u8>, Vec<Effect>) {
        let data = data.to_vec();
        let (answer, effects) = self.ask_all(&ConsoleWrite {
            fru_id: FRU,
            sequence,
            flags,
            data,
        });
        (answer.map(|answer| answer.accepted), effects)
    }
}

fn typed(is_break: bool, bytes: &[u8]) -> Vec<Effect> {
    let bytes = bytes.to_vec();
    vec![Effect::ConsoleInput {
        fru_id: FRU,
        is_break,
        bytes,
    }]
}

/// Output comes in order, and again until it is acknowledged.
#[test]
fn output_is_read() {
    let mut play = Play::new(config(true));
    assert_eq!(play.read(0, 19), (0, false, vec![]));
    play.says(b"booting ");
    assert_eq!(play.read(0, 19), (1, false, b"booting ".to_vec()));
    // The answer was lost; more was said meanwhile, which does not change the chunk.
    play.says(b"Linux 6.12 on blade");
    assert_eq!(play.read(0, 19), (1, false, b"booting ".to_vec()));
    assert_eq!(play.read(1, 10), (2, false, b"Linux 6.12".to_vec()));
    assert_eq!(play.read(2, 255), (3, false, b" on blade".to_vec()));
    assert_eq!(play.read(3, 19), (3, false, vec![]));
    play.says(b"x");
    // Nothing is wanted, but all is acknowledged.
    assert_eq!(play.read(3, 0), (3, false, vec![]));
    assert_eq!(play.read(3, 19), (4, false, b"x".to_vec()));
    assert_eq!(play.read(4, 0), (4, false, vec![]));
    assert_eq!(play.read(4, 19), (4, false, vec![]));
}

/// A message holds so much and no more; sequences go round without 0.
#[test]
fn sequences_go_round() {
    let mut play = Play::new(config(true));
    let mut acknowledged = 0;
    for round in 0..300u16 {
        play.says(&[b'.'; 20]);
        let (sequence, _, data) = play.read(acknowledged, 255);
        assert_eq!(sequence, (round % 255) as u8 + 1);
        assert_eq!(data.len(), usize::from(CONSOLE_READ_MAX));
        acknowledged = sequence;
    }
}

/// Another reader takes over what nobody acknowledged, however it counts, and may want less.
#[test]
fn readers_take_over() {
    let mut play = Play::new(config(true));
    play.says(b"abcdefgh");
    assert_eq!(play.read(0, 4), (1, false, b"abcd".to_vec()));
    assert_eq!(play.read(77, 4), (78, false, b"abcd".to_vec()));
    assert_eq!(play.read(77, 3), (78, false, b"abc".to_vec()));
    assert_eq!(play.read(78, 19), (79, false, b"defgh".to_vec()));
}

/// Of what nobody reads the oldest is lost, and the reader is told once.
#[test]
fn the_oldest_is_lost() {
    let mut play = Play::new(config(true));
    play.says(b"first");
    assert_eq!(play.read(0, 5), (1, false, b"first".to_vec()));
    play.says(&[b'a'; CONSOLE_LEN]);
    // What is given already is not lost.
    assert_eq!(play.read(0, 5), (1, false, b"first".to_vec()));
    play.says(b"b");
    assert_eq!(play.read(1, 2), (2, true, b"aa".to_vec()));
    assert_eq!(play.read(1, 2), (2, true, b"aa".to_vec()));
    assert_eq!(play.read(2, 2), (3, false, b"aa".to_vec()));
    // More at once than there is room for.
    play.says(&[&[b'c'; 100][..], &[b'd'; CONSOLE_LEN]].concat());
    assert_eq!(play.read(3, 1), (4, true, b"d".to_vec()));
    let console = &play.ipmc.consoles[&FRU];
    assert_eq!(console.waiting.len(), CONSOLE_LEN - 1);
}

/// What is typed arrives once, although writes are repeated.
#[test]
fn input_is_typed() {
    let mut play = Play::new(config(true));
    assert_eq!(play.types(0, 0, b""), (Ok(0), vec![]));
    assert_eq!(play.types(1, 0, b"ls\r"), (Ok(3), typed(false, b"ls\r")));
    assert_eq!(play.types(1, 0, b"ls\r"), (Ok(3), vec![]));
    assert_eq!(play.types(2, 0, b"ls\r"), (Ok(3), typed(false, b"ls\r")));
    assert_eq!(play.types(3, 1, b"b"), (Ok(1), typed(true, b"b")));
    assert_eq!(play.types(4, 1, b""), (Ok(0), typed(true, b"")));
    // The next writer begins with 0, and its 4 is another one.
    assert_eq!(play.types(0, 0, b""), (Ok(0), vec![]));
    assert_eq!(play.types(4, 0, b"x"), (Ok(1), typed(false, b"x")));
    let most = [b'm'; CONSOLE_WRITE_MAX as usize];
    assert_eq!(play.types(5, 0, &most), (Ok(19), typed(false, &most)));
    let more = [b'm'; CONSOLE_WRITE_MAX as usize + 1];
    assert_eq!(play.types(6, 0, &more), (Err(0xc8), vec![]));
    assert_eq!(play.types(6, 2, b"x"), (Err(0xcc), vec![]));
}

/// A payload without power says nothing new, and hears nothing; what it said can be read.
#[test]
fn without_payload_power() {
    let mut play = Play::new(config(false));
    play.apply(&Input::Powered);
    play.says(b"panic");
    let found = play.ask(&GetConsoleCapabilities { fru_id: FRU }).unwrap();
    let expected = ConsoleCapabilities {
        version: 1,
        read_max: 19,
        write_max: 19,
        flags: capabilities::PRESENT,
    };
    assert_eq!(found, expected);
    assert_eq!(play.types(1, 0, b"x"), (Err(0xd5), vec![]));
    assert_eq!(play.read(0, 19), (1, false, b"panic".to_vec()));
    let mut play = Play::new(config(true));
    let found = play.ask(&GetConsoleCapabilities { fru_id: FRU }).unwrap();
    assert_eq!(found.flags, capabilities::PRESENT | capabilities::POWERED);
}

/// A controller that restarts loses what it kept, and what it did not hear, and says so.
#[test]
fn restarts() {
    for (before, meanwhile, is_lost) in [
        (&b""[..], &b""[..], false),
        (b"old", b"", true),
        (b"", b"unheard", true),
    ] {
        let mut config = config(true);
        config.restart_time = core::time::Duration::from_secs(1);
        let mut play = Play::new(config);
        play.says(before);
        assert!(play.ask_all(&WarmReset {}).0.is_ok());
        play.says(meanwhile);
        play.tick();
        play.says(b"new");
        assert_eq!(play.read(9, 19), (10, is_lost, b"new".to_vec()));
        // A write that was answered before is not known any more.
        assert_eq!(play.types(9, 0, b"x"), (Ok(1), typed(false, b"x")));
    }
}

/// FRUs without a console, FRUs that there are not, commands that there are not.
#[test]
fn refusals() {
    let mut config = config(true);
    let module = crate::FruConfig {
        fru_id: 1,
        ..crate::FruConfig::default()
    };
    config.frus.push(module);
    let mut play = Play::new(config);
    let asked = |fru_id| GetConsoleCapabilities { fru_id };
    let found = play.ask(&asked(1)).unwrap();
    assert_eq!(found.flags, capabilities::POWERED);
    assert_eq!(play.ask(&asked(7)), Err(0xcc));
    let read = |fru_id| ConsoleRead {
        fru_id,
        acknowledged: 0,
        count_max: 1,
    };
    assert_eq!(play.ask(&read(1)), Err(0xcb));
    assert_eq!(play.ask(&read(7)), Err(0xcc));
    let effects = play.apply(&Input::ConsoleOutput {
        fru_id: 1,
        bytes: vec![1],
    });
    assert_eq!(effects, []);
    let mut raw = |command, data: &[u8]| {
        let request = Request {
            net_fn: NetFn::OEM_GROUP,
            lun: 0,
            command,
            data: data.to_vec(),
        };
        let (response, _) = play.ask_raw(request);
        (response.code.0, response.data)
    };
    let group = OEM_GROUP.to_vec();
    assert_eq!(raw(0x03, &OEM_GROUP), (0xc1, group.clone()));
    assert_eq!(raw(0x00, &OEM_GROUP), (0xc7, group));
    assert_eq!(raw(0x00, &[1, 2, 3, 0]), (0xc1, vec![1, 2, 3]));
    assert_eq!(raw(0x00, &[0xd9]), (0xc1, vec![0xd9]));
    let mut play = Play::new(blade_config());
    assert_eq!(play.ask(&asked(0)), Err(0xc1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Over a bus that loses requests and answers, a reader gets what was said, without gaps where
    /// none is told, and without doubles.
    #[test]
    fn any_losses(
        portions in any_vec(any_vec(any::<u8>(), 0..40), 1..30),
        losses in any_vec(0u8..3, 80),
    ) {
        let mut play = Play::new(config(true));
        let mut said = vec![];
        let mut heard = vec![];
        let mut acknowledged = 0;
        let mut portions = portions.into_iter();
        for loss in losses {
            if let Some(portion) = portions.next() {
                play.says(&portion);
                said.extend(portion);
            }
            // 1: the request is lost; 2: the answer is.
            if loss == 1 {
                continue;
            }
            let (sequence, is_lost, data) = play.read(acknowledged, 255);
            if loss == 2 || sequence == acknowledged {
                continue;
            }
            prop_assert!(!is_lost);
            heard.extend(data);
            acknowledged = sequence;
        }
        prop_assert_eq!(&said[..heard.len()], &heard[..]);
        loop {
            let (sequence, _, data) = play.read(acknowledged, 255);
            if sequence == acknowledged {
                break;
            }
            heard.extend(data);
            acknowledged = sequence;
        }
        prop_assert_eq!(said, heard);
    }
}
