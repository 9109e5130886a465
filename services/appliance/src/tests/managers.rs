//! HPI's users hear which CMM is active, and may let the other one take over.

use super::bed::Bed;
use crate::{Command, Effect, Said};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use group::Content;
use hpi_domain::{InstrumentCall, SessionId, UserCall};
use hpi_model::instrument::{ControlMode, ControlState, DigitalState};
use hpi_model::{EventKind, HpiError, ResourceId};
use ipmi::description::FruAddress;
use machine::NodeId;

const SHELF_MANAGER: FruAddress = FruAddress {
    address: 0x20,
    fru_id: 0,
};
const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];
const SESSION: SessionId = SessionId(7);

/// A view with these CMMs.
fn view(epoch: u64, holders: &[NodeId]) -> Content {
    let holders: BTreeSet<NodeId> = holders.iter().copied().collect();
    Content::Primary {
        epoch,
        nodes: holders.clone(),
        holders,
        others: BTreeSet::new(),
    }
}

fn resource(bed: &Bed) -> ResourceId {
    bed.appliance
        .hpi
        .of_fru(SHELF_MANAGER)
        .unwrap()
        .rpt
        .resource
}

/// Sensors of the shelf manager that told something, in their order.
fn told(bed: &Bed, effects: &[Effect]) -> Vec<u32> {
    let own = resource(bed);
    let sensors = effects.iter().filter_map(|effect| {
        let Effect::Said(Said::Hpi(event)) = effect else {
            return None;
        };
        let EventKind::Sensor(sensor) = &event.kind else {
            return None;
        };
        (event.source == own).then_some(sensor.num)
    });
    sensors.collect()
}

fn user(call: UserCall) -> Command {
    Command::Hpi {
        tag: 9,
        session: SESSION,
        call,
    }
}

/// What comes of a pulse for the control that lets the standby take over.
fn pulse(bed: &mut Bed) -> (Result<(), HpiError>, Vec<Effect>) {
    let state = ControlState::Digital(DigitalState::PulseOn);
    let set = InstrumentCall::ControlSet(0x1010, ControlMode::Manual, Some(state));
    let effects = bed.log(&user(UserCall::Instrument(resource(bed), set)));
    let answer = effects.iter().find_map(|effect| {
        let Effect::HpiAnswer { result, .. } = effect else {
            return None;
        };
        Some(result.clone().map(drop))
    });
    (answer.unwrap(), effects)
}

#[test]
fn users_of_hpi_hear_of_takeovers_and_make_them() {
    let mut bed = Bed::running();
    bed.log(&user(UserCall::SessionOpen));
    let first = bed.enter(&view(1, &CMMS[..1]));
    assert_eq!(told(&bed, &first), [0x1002], "somebody is active");
    assert_eq!(pulse(&mut bed).0, Err(HpiError::InvalidRequest));
    let second = bed.enter(&view(2, &CMMS));
    assert_eq!(
        told(&bed, &second),
        [0x1001, 0x1003],
        "redundant, by a standby"
    );
    let (answer, effects) = pulse(&mut bed);
    assert_eq!(answer, Ok(()));
    assert_eq!(bed.appliance.redundancy.active(), Some(CMMS[1]));
    assert_eq!(told(&bed, &effects), [0x1002, 0x1003], "both are others");
    let alone = bed.enter(&view(3, &CMMS[..1]));
    assert_eq!(told(&bed, &alone), [0x1001, 0x1003, 0x1002], "a death");
    let again = bed.enter(&view(4, &CMMS[..1]));
    assert_eq!(told(&bed, &again), [], "nothing is new");
}
