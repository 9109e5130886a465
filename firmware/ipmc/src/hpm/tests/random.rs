//! Anything in any order.

use super::*;
use proptest::collection::vec as any_vec;
use proptest::prelude::*;

/// Something that an agent, or the hardware, does.
#[derive(Clone, Debug)]
enum Step {
    Ask(u8, Vec<u8>),
    Block(u8, bool),
    Upload(u8, u8),
    Failed(u8),
    Power(bool),
    Tick,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0x2eu8..0x3a, any_vec(0u8..4, 0..7)).prop_map(|(command, data)| {
            Step::Ask(command, data)
        }),
        1 => Just(Step::Ask(0x35, vec![])),
        1 => Just(Step::Ask(0x38, vec![])),
        2 => (0u8..3, any::<bool>()).prop_map(|(number, is_long)| Step::Block(number, is_long)),
        2 => (0u8..2, 0u8..3).prop_map(|(component, fault)| Step::Upload(component, fault)),
        1 => (0u8..3).prop_map(Step::Failed),
        1 => any::<bool>().prop_map(Step::Power),
        4 => Just(Step::Tick),
    ]
}

fn invariants(target: &Target) {
    let is_restarting = matches!(target.work, Some(Work::Boot(_) | Work::SelfTest { .. }));
    assert!(!(is_restarting && target.upload.is_some()), "{target:?}");
    for component in &target.components {
        assert!(component.config.has_backup || component.backup.is_none());
    }
    let is_boot = matches!(target.work, Some(Work::Boot(_)));
    assert_eq!(
        is_boot,
        target.work.is_some() && target.deadline().is_none()
    );
    assert_eq!(
        target.status.1 == code::IN_PROGRESS,
        match target.work {
            Some(Work::Flash { .. }) => true,
            Some(Work::Boot(Booting::Activated { .. })) => true,
            // An automatic rollback belongs to an activation that is over.
            Some(Work::Boot(Booting::RolledBack { .. })) => target.status.0 == 0x38,
            Some(Work::SelfTest { .. }) | None => false,
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever comes in whatever order: no panic, each invariant holds, and in the end the
    /// controller answers, with firmware that was whole.
    #[test]
    fn any_order(is_slow: bool, steps in any_vec(any_step(), 1..60)) {
        let mut play = if is_slow { slow() } else { quick() };
        for step in steps {
            match step {
                Step::Ask(command, data) => {
                    let data = [vec![0], data].concat();
                    let request = Request { net_fn: NetFn::GROUP, lun: 0, command, data };
                    play.apply(&Input::Request { from: 0x20, request });
                }
                Step::Block(number, is_long) => {
                    let data = vec![number; if is_long { BLOCK_LEN_MAX } else { 1 }];
                    let request = UploadFirmwareBlock { number, data }.request();
                    play.apply(&Input::Request { from: 0x20, request });
                }
                Step::Upload(component, fault) => {
                    let product = (U24::new(0x315a), 0x100 + u16::from(fault == 1));
                    let whole = Firmware::of(component, product, fw_version(9, 0), b"program");
                    let mut bytes = whole.with(b"program");
                    bytes[20] ^= u8::from(fault == 2);
                    upload_blindly(&mut play, component, &bytes);
                }
                Step::Failed(component) => {
                    play.apply(&Input::FirmwareFailed { component });
                }
                Step::Power(is_on) => {
                    let input = if is_on { Input::Powered } else { Input::Unpowered };
                    play.apply(&input);
                }
                Step::Tick => {
                    if play.ipmc.deadline().is_some() {
                        play.tick();
                    }
                }
            }
            invariants(play.ipmc.firmware.as_ref().unwrap());
        }
        play.apply(&Input::Powered);
        for _ in 0..8 {
            if play.ipmc.deadline().is_some() {
                play.tick();
            }
        }
        prop_assert_eq!(play.ipmc.deadline(), None);
        prop_assert!([1, 9].contains(&play.device_id().firmware_major));
    }
}

/// Uploads without looking at the answers; the controller may be busy, or not there.
fn upload_blindly(play: &mut Play, component: u8, bytes: &[u8]) {
    let mut requests = vec![
        InitiateUpgradeAction {
            components: 1 << component,
            action: action::UPLOAD,
        }
        .request(),
    ];
    for (number, data) in (0..).zip(bytes.chunks(BLOCK_LEN_MAX)) {
        let data = data.to_vec();
        requests.push(UploadFirmwareBlock { number, data }.request());
    }
    let length = bytes.len() as u32;
    requests.push(FinishFirmwareUpload { component, length }.request());
    for request in requests {
        play.apply(&Input::Request {
            from: 0x20,
            request,
        });
    }
}
