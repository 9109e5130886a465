//! Whatever happens to a carrier, in whatever order, some things never do.

use super::modules::carrier_config;
use super::*;
use alloc::collections::BTreeMap;

/// One thing that happens; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Power(bool),
    Handle(u8, bool),
    Insert(u8, bool),
    Extract(u8),
    Activate(u8, u8),
    Level(u8, u8),
    Policy(u8, u8, u8),
    Key(u8, u8),
    Wait(u16),
    Bytes(u8, Vec<u8>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fru = 0u8..3;
    let step = prop_oneof![
        1 => any::<bool>().prop_map(Step::Power),
        4 => (fru.clone(), any::<bool>()).prop_map(|(fru, open)| Step::Handle(fru, open)),
        2 => (fru.clone(), any::<bool>()).prop_map(|(fru, closed)| Step::Insert(fru, closed)),
        1 => fru.clone().prop_map(Step::Extract),
        8 => (fru.clone(), 0u8..2).prop_map(|(fru, activate)| Step::Activate(fru, activate)),
        4 => (fru.clone(), 0u8..4).prop_map(|(fru, level)| Step::Level(fru, level)),
        2 => (fru, 0u8..4, 0u8..4).prop_map(|(fru, mask, set)| Step::Policy(fru, mask, set)),
        4 => (0u8..3, 0u8..2).prop_map(|(link, state)| Step::Key(link, state)),
        6 => (0u16..150).prop_map(Step::Wait),
        2 => (0u8..0x40, proptest::collection::vec(any::<u8>(), 0..8))
            .prop_map(|(command, data)| Step::Bytes(command, data)),
    ];
    proptest::collection::vec(step, 0..60)
}

/// The way to a carrier that works with one module and a link.
fn start() -> Vec<Step> {
    vec![
        Step::Power(true),
        Step::Handle(0, false),
        Step::Activate(0, 1),
        Step::Level(0, 3),
        Step::Wait(100),
        Step::Activate(1, 1),
        Step::Key(0, 1),
        Step::Wait(30),
    ]
}

/// Fabric channel 1 with four ports or with one; base channel 1.
const LINKS: [u32; 3] = [0x0010_2f41, 0x0000_2141, 0x0000_1101];

fn config(waits: bool) -> Config {
    use ipmi::fru::picmg::{BoardP2p, PicmgBody, PicmgRecord};
    use ipmi::wire::{Counted, Rest};
    let body = PicmgBody::BoardP2p(BoardP2p {
        guids: Counted(vec![]),
        links: Rest(LINKS.to_vec()),
    });
    let record = ipmi::fru::MultiRecord::picmg(&PicmgRecord { version: 0, body });
    let inventory = ipmi::fru::Inventory {
        records: vec![record],
        ..ipmi::fru::Inventory::default()
    };
    let mut config = carrier_config();
    config.frus[0].inventory = inventory.encode();
    config.hot_swap.as_mut().unwrap().waits_for_power_level = waits;
    config
}

fn input(play: &mut Play, step: &Step) -> Input {
    let asked = |request| Input::Request {
        from: 0x20,
        request,
    };
    match step.clone() {
        Step::Power(true) => Input::Powered,
        Step::Power(false) => Input::Unpowered,
        Step::Handle(0, true) => Input::HandleOpened,
        Step::Handle(0, false) => Input::HandleClosed,
        Step::Handle(fru_id, is_open) => Input::ModuleHandle { fru_id, is_open },
        Step::Insert(fru_id, handle_closed) => Input::ModuleInserted {
            fru_id,
            handle_closed,
        },
        Step::Extract(fru_id) => Input::ModuleExtracted { fru_id },
        Step::Activate(fru_id, activate) => asked(SetFruActivation { fru_id, activate }.request()),
        Step::Level(fru_id, level) => {
            let copy = 0;
            let order = SetPowerLevel {
                fru_id,
                level,
                copy,
            };
            asked(order.request())
        }
        Step::Policy(fru_id, mask, set) => {
            asked(SetFruActivationPolicy { fru_id, mask, set }.request())
        }
        Step::Key(link, state) => {
            let link = LINKS[usize::from(link)];
            asked(SetPortState { link, state }.request())
        }
        Step::Wait(ms) => {
            play.now = play.now.after(Duration::from_millis(u64::from(ms)));
            Input::Tick
        }
        Step::Bytes(command, mut data) => {
            data.insert(0, 0);
            asked(Request {
                net_fn: NetFn::GROUP,
                lun: 0,
                command,
                data,
            })
        }
    }
}

/// Each hot swap event goes on from where the one before it left the FRU.
fn check_events(told: &mut BTreeMap<u8, u8>, effects: &[Effect]) {
    for effect in effects {
        let Effect::Event { event, .. } = effect else {
            continue;
        };
        let Some(swap) = event.hot_swap() else {
            continue;
        };
        let fru_id = swap.fru_id.unwrap();
        let before = told.insert(fru_id, swap.current).unwrap_or(0);
        assert_eq!(swap.previous, Some(before), "FRU {fru_id}");
    }
}

/// What never happens, whatever came before.
fn check_state(play: &Play, told: &BTreeMap<u8, u8>) {
    use HotSwapState as M;
    let carrier_on = play.ipmc.has_payload_power();
    for (fru_id, fru) in &play.ipmc.frus {
        let state = fru.hot_swap.as_ref().unwrap().state;
        assert_eq!(told.get(fru_id).copied().unwrap_or(0), state as u8);
        let may_be_on = matches!(
            state,
            M::ActivationInProgress | M::Active | M::DeactivationRequest
        );
        assert!(may_be_on || !fru.payload.on, "FRU {fru_id} in {state:?}");
        assert!(carrier_on || !fru.payload.on, "FRU {fru_id} alone");
    }
}

fn enabled(play: &mut Play) -> Vec<u32> {
    let mut links = vec![];
    for channel in [0x01, 0x41] {
        let found = play.ask(&GetPortState { channel });
        let found = found.map_or(vec![], |found| found.links.0);
        let on = found.iter().filter(|link| link.state == 1);
        links.extend(on.map(|link| link.link));
    }
    links
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_carrier_keeps_its_invariants(waits: bool, works: bool, steps in steps()) {
        let mut play = Play::new(config(waits));
        let mut told = BTreeMap::new();
        let before = if works { start() } else { vec![] };
        for step in before.iter().chain(&steps) {
            let input = input(&mut play, step);
            if input == Input::Unpowered {
                told.clear();
            }
            let effects = play.apply(&input);
            check_events(&mut told, &effects);
            check_state(&play, &told);
            let links = enabled(&mut play);
            let state = play.ipmc.hot_swap_state().unwrap() as u8;
            prop_assert!(links.is_empty() || (3..=5).contains(&state), "{links:x?} in M{state}");
            prop_assert!(!(links.contains(&LINKS[0]) && links.contains(&LINKS[1])));
        }
    }
}
