//! A user has a board taken out, and changes their mind.

use crate::raw::Raw;
use crate::{PATIENCE, discovered};
use interop::{Chassis, Shelfd, Simulator, wait_until};
use openhpi_wire::function::*;
use std::time::Duration;

/// `PHYSICAL_SLOT`.
const SLOT: u32 = 0x1_0015;
/// `SAHPI_HS_ACTION_EXTRACTION`.
const EXTRACTION: u32 = 1;
/// `SAHPI_HS_STATE_INACTIVE`, and so on.
const INACTIVE: u32 = 0;
/// See [`INACTIVE`].
const ACTIVE: u32 = 2;
/// See [`INACTIVE`].
const EXTRACTION_PENDING: u32 = 3;
/// Longer than the default policy waits.
const AWHILE: Duration = Duration::from_secs(4);

/// The board in a slot.
fn board(raw: &mut Raw, session: u32, slot: u32) -> Option<u32> {
    let mut all = raw.resources(session).into_iter();
    let found = all.find(|it| {
        let mut path = it.entity.0.iter();
        path.any(|step| (step.kind, step.location) == (SLOT, slot))
    });
    found.map(|it| it.resource)
}

fn state(raw: &mut Raw, session: u32, resource: u32) -> Result<u32, i32> {
    raw.call(&HotSwapStateGet { session, resource })
}

#[track_caller]
fn becomes(raw: &mut Raw, session: u32, resource: u32, wanted: u32) {
    wait_until(PATIENCE, "the hot swap state", || {
        let state = state(raw, session, resource);
        let is_it = state == Ok(wanted);
        is_it.then_some(()).ok_or(format!("{state:?}"))
    });
}

fn asks_for_extraction(raw: &mut Raw, session: u32, resource: u32) {
    let action = EXTRACTION;
    let asked = raw.call(&HotSwapActionRequest {
        session,
        resource,
        action,
    });
    assert_eq!(asked, Ok(()));
}

/// The board in a slot, once it is active.
fn active_board(raw: &mut Raw, session: u32, slot: u32) -> u32 {
    wait_until(PATIENCE, "an active board", || {
        let board = board(raw, session, slot).ok_or("none")?;
        let state = state(raw, session, board);
        let is_active = state == Ok(ACTIVE);
        is_active.then_some(board).ok_or(format!("{state:?}"))
    })
}

// The standard's way out of a request: M4 to M5, and only then M6. Of a board that no model names,
// so that nobody but the policy decides.
#[test]
fn a_requested_extraction_can_be_cancelled() {
    let chassis = Simulator::start(&["--slots", "6"]);
    let way = format!("port = \"vm\"\naddress = \"{}\"\n", chassis.system());
    let shelfd = Shelfd::start_with_hpi_and(chassis.system(), |config| {
        let (before, rest) = config.split_once("[chassis]\n").expect("the example");
        let (_, after) = rest.split_once("\n\n").expect("the example");
        format!("{before}[chassis]\n{way}\n{after}")
    });
    discovered(&shelfd);
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let resource = active_board(&mut raw, session, 6);
    asks_for_extraction(&mut raw, session, resource);
    becomes(&mut raw, session, resource, EXTRACTION_PENDING);
    let cancelled = raw.call(&HotSwapPolicyCancel { session, resource });
    assert_eq!(cancelled, Ok(()));
    std::thread::sleep(AWHILE);
    let now = state(&mut raw, session, resource);
    assert_eq!(now, Ok(EXTRACTION_PENDING), "whoever cancelled decides");
    assert_eq!(raw.call(&ResourceActiveSet { session, resource }), Ok(()));
    becomes(&mut raw, session, resource, ACTIVE);
    asks_for_extraction(&mut raw, session, resource);
    becomes(&mut raw, session, resource, INACTIVE);
}

// ipmi_sim knows no activation policy.
#[test]
fn a_board_that_cannot_ask_is_extracted_all_the_same() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start_with_hpi(&chassis);
    discovered(&shelfd);
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let resource = active_board(&mut raw, session, 3);
    asks_for_extraction(&mut raw, session, resource);
    becomes(&mut raw, session, resource, INACTIVE);
}
