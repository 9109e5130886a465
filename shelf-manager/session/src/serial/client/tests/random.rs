//! Both ends against any bytes at any time.

use super::conversation::{MODES, Play, echo, login, users};
use crate::serial::server::{self, Access};
use crate::serial::{Config, Serial};
use crate::{Input, WAITING_MAX};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::port::{PortEvent, Target};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Order(bool),
    Noise(Vec<u8>, bool),
    Tick,
    Cut(bool),
    Restart,
    HangUp,
    Pass(u16),
}

fn step() -> impl Strategy<Value = Step> {
    // Bytes that mean something come more often than chance would have them.
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(b"[]\r\n\x1b\\0 \xa0\xa5\xa6\xaa\xb0SYOK".to_vec()),
    ];
    let noise = prop::collection::vec(byte, 1..60);
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Order),
        3 => (noise, any::<bool>()).prop_map(|(noise, up)| Step::Noise(noise, up)),
        4 => Just(Step::Tick),
        1 => any::<bool>().prop_map(Step::Cut),
        1 => Just(Step::Restart),
        1 => Just(Step::HangUp),
        1 => (0u16..3000).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    // Each order is answered once; a snapshot is the whole machine; when the faults end, the line
    // comes back.
    #[test]
    fn any_history(
        steps in prop::collection::vec(step(), 1..60),
        mode in 0usize..2,
        logs_in: bool,
    ) {
        let mode = MODES[mode];
        let (console, access) = match logs_in {
            true => (login(mode, "admin", "secret"), users()),
            false => (Config::new(mode), Access::Open { privilege: 4 }),
        };
        let mut play = Play::new(console, server::Config::new(mode, access));
        play.start();
        let mut asked = 0u64;
        for step in steps {
            match step {
                Step::Order(bridged) => {
                    let target = if bridged { Target::Ipmb(0x9a) } else { Target::ShelfManager };
                    play.order(asked, target, echo(&[asked as u8]));
                    asked += 1;
                }
                Step::Noise(noise, true) => play.to_managed.extend(noise),
                Step::Noise(noise, false) => play.to_console.extend(noise),
                Step::Tick => {
                    if play.console.deadline_is_set() || play.managed_waits() {
                        play.tick();
                    }
                }
                Step::Cut(cut) => play.cut = cut,
                Step::Restart => play.start(),
                Step::HangUp => play.manage(&server::Input::HungUp),
                Step::Pass(ms) => play.now = play.now.after(Duration::from_millis(ms.into())),
            }
            play.run();
            let bytes = postcard::to_allocvec(&play.console).unwrap();
            let console: Serial = postcard::from_bytes(&bytes).unwrap();
            prop_assert!(console == play.console);
            let bytes = postcard::to_allocvec(&play.managed).unwrap();
            let managed: server::Server = postcard::from_bytes(&bytes).unwrap();
            prop_assert!(managed == play.managed);
        }
        play.console(&Input::Stop);
        let mut answered = BTreeSet::new();
        for event in play.news() {
            if let PortEvent::Answer { token, .. } = event {
                prop_assert!(answered.insert(token), "{token} twice");
            }
        }
        prop_assert_eq!(answered.len() as u64, asked);
        prop_assert!(asked < WAITING_MAX as u64);

        // Whoever tried passwords in all that noise has been forgotten.
        play.cut = false;
        play.run();
        play.now = play.now.after(Duration::from_secs(600));
        // What noise began, the first attempt ends.
        for _ in 0..2 {
            play.start();
            for _ in 0..4 {
                if !play.console.is_open() && play.console.deadline_is_set() {
                    play.tick();
                }
            }
        }
        prop_assert!(play.console.is_open());
    }
}
