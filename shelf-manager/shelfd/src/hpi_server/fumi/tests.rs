//! Firmware upgrade management instruments, as callers see them.

use crate::hpi_server::bed::{Bed, FIXTURE};
use crate::hpi_server::tests::SESSION;
use appliance::{Command, Effect};
use hpi_domain::{FirmwareOutcome, FirmwareResult, JobResult};
use hpi_model::firmware::{FirmwareInfo, FirmwareInstance, FirmwareNumber, SourceStatus};
use hpi_model::{HpiError, TextBuffer};
use machine::Time;
use openhpi_wire::function::*;
use openhpi_wire::types::{FumiSpecInfo, Nothing, Text};

/// A call about an instrument of the fixture.
macro_rules! of_fumi {
    ($name:ident($fumi:expr) $($field:ident: $value:expr),*) => {
        Call::$name($name {
            session: SESSION,
            resource: FIXTURE,
            fumi: $fumi,
            $($field: $value),*
        })
    };
}

fn uri(data_type: u32, uri: &str) -> Text {
    Text {
        data_type,
        language: 25,
        data: uri.as_bytes().to_vec(),
    }
}

fn set_source(bed: &mut Bed, source_uri: Text) -> Result<(), i32> {
    bed.call::<FumiSourceSet>(&of_fumi!(FumiSourceSet(0) bank: 0, source_uri: source_uri))
}

fn firmware() -> FirmwareInstance {
    let info = FirmwareInfo {
        identifier: TextBuffer::english("new.hpm"),
        description: TextBuffer::english("the application"),
        date_time: TextBuffer::english("today"),
        version: FirmwareNumber {
            major: 2,
            minor: 17,
            auxiliary: 1,
        },
    };
    FirmwareInstance {
        components: vec![(1, info.clone()), (3, info.clone())],
        info,
        len: 9_000,
        digest: Some([7; 16]),
    }
}

/// Has the source of FUMI 0 validated, and tells what came of it.
fn validate(bed: &mut Bed, outcome: FirmwareOutcome) {
    let validate = of_fumi!(FumiSourceInfoValidateStart(0) bank: 0);
    let crate::hpi_server::Outcome::Log(session, call, _) = bed.ask(&validate) else {
        panic!("it is logged");
    };
    let tag = 8;
    let effects = bed.apply(&Command::Hpi { tag, session, call });
    let id = effects.iter().find_map(|effect| {
        let Effect::HpiJob(id, _) = effect else {
            return None;
        };
        Some(*id)
    });
    let result = Box::new(FirmwareResult {
        outcome,
        target: None,
    });
    let done = JobResult::Firmware(result);
    bed.apply(&Command::HpiJobDone(id.expect("a file is read"), done));
}

#[test]
fn what_is_in_the_banks_is_shown() {
    let mut bed = Bed::new();
    let spec = bed.call::<FumiSpecInfoGet>(&of_fumi!(FumiSpecInfoGet(0)));
    assert_eq!(spec, Ok(FumiSpecInfo::None(Nothing)), "it has no target");
    let impact = bed.call::<FumiServiceImpactGet>(&of_fumi!(FumiServiceImpactGet(0)));
    assert_eq!(impact.unwrap().num_entities, 1);
    let mut bank = |fumi, bank| {
        let shown = bed.call::<FumiTargetInfoGet>(&of_fumi!(FumiTargetInfoGet(fumi) bank: bank));
        shown.map(|bank| (bank.bank_state, bank.position, bank.major_version))
    };
    assert_eq!(bank(0, 0), Ok((3, 1, 1)), "it runs, and is the only one");
    assert_eq!(bank(0, 1), Err(HpiError::NotPresent.code()));
    assert_eq!(
        bank(1, 0),
        Ok((3, 0, 1)),
        "it has no place beside the others"
    );
    assert_eq!(bank(1, 1), Ok((3, 1, 1)));
    assert_eq!(bank(1, 2), Ok((2, 2, 0)), "nothing is in it");
    assert_eq!(bank(2, 0), Err(HpiError::NotPresent.code()));
}

#[test]
fn a_source_is_a_uri_and_known_once_it_is_read() {
    let mut bed = Bed::new();
    let asked = of_fumi!(FumiSourceInfoGet(0) bank: 0);
    let shown = bed.call::<FumiSourceInfoGet>(&asked).map(drop);
    assert_eq!(shown, Err(HpiError::InvalidRequest.code()), "none is set");
    for (data_type, text) in [
        (3, "new.hpm"),
        (3, "file:///a b"),
        (4, "file:///a"),
        (3, ""),
    ] {
        let refused = set_source(&mut bed, uri(data_type, text));
        assert_eq!(refused, Err(HpiError::InvalidParams.code()), "{text}");
    }
    assert_eq!(set_source(&mut bed, uri(3, "file:///new.hpm")), Ok(()));
    let shown = bed.call::<FumiSourceInfoGet>(&asked).unwrap();
    assert_eq!((shown.source_status, shown.major_version), (3, 0));
    let source = FirmwareOutcome::Source(SourceStatus::Valid, Some(firmware()));
    validate(&mut bed, source);
    let shown = bed.call::<FumiSourceInfoGet>(&asked).unwrap();
    assert_eq!((shown.source_status, shown.major_version), (0, 2));
    assert_eq!((shown.minor_version, shown.aux_version), (17, 1));
    assert_eq!(shown.identifier.data, b"new.hpm");
    let mut component = |entry| {
        let asked = of_fumi!(FumiSourceComponentInfoGet(0) bank: 0, entry: entry);
        let shown = bed.call::<FumiSourceComponentInfoGet>(&asked);
        shown.map(|next| (next.entry.component, next.next))
    };
    assert_eq!(component(0), Ok((1, 2)));
    assert_eq!(component(2), Ok((3, u32::MAX)));
    assert_eq!(component(3), Err(HpiError::NotPresent.code()));
    assert_eq!(component(u32::MAX), Err(HpiError::InvalidParams.code()));
}

/// What is installed waits, beside what runs, component by component.
#[test]
fn what_waits_is_shown_beside_what_runs() {
    let mut bed = Bed::new();
    set_source(&mut bed, uri(3, "file:///new.hpm")).unwrap();
    let source = FirmwareOutcome::Source(SourceStatus::Valid, Some(firmware()));
    validate(&mut bed, source);
    let install = of_fumi!(FumiInstallStart(0) bank: 0);
    assert_eq!(bed.call::<FumiInstallStart>(&install), Ok(()));
    let status = of_fumi!(FumiUpgradeStatusGet(0) bank: 0);
    assert_eq!(bed.call::<FumiUpgradeStatusGet>(&status), Ok(5));
    bed.at.time = Time(bed.at.time.0 + 1_000_000_000);
    bed.apply(&Command::Tick);
    assert_eq!(bed.call::<FumiUpgradeStatusGet>(&status), Ok(9));
    let logical = of_fumi!(FumiLogicalTargetInfoGet(0));
    let shown = bed.call::<FumiLogicalTargetInfoGet>(&logical).unwrap();
    assert_eq!(shown.persistent_location_count, 3);
    assert!(shown.pending.instance_present && !shown.rollback.instance_present);
    assert_eq!(shown.pending.major_version, 2);
    let mut component = |entry| {
        let asked = of_fumi!(FumiLogicalTargetComponentInfoGet(0) entry: entry);
        let shown = bed.call::<FumiLogicalTargetComponentInfoGet>(&asked);
        shown.map(|next| {
            let pending = next.entry.pending.instance_present;
            (next.entry.component, pending, next.next)
        })
    };
    assert_eq!(component(0), Ok((1, true, 2)));
    assert_eq!(component(2), Ok((3, true, u32::MAX)));
    let target = of_fumi!(FumiTargetComponentInfoGet(0) bank: 0, entry: 0);
    let runs = bed.call::<FumiTargetComponentInfoGet>(&target).unwrap();
    assert_eq!(
        (runs.entry.component, runs.entry.main.major_version),
        (1, 1)
    );
}

#[test]
fn going_back_alone_can_be_switched_off() {
    let mut bed = Bed::new();
    let disabled = of_fumi!(FumiAutoRollbackDisableGet(0));
    assert_eq!(bed.call::<FumiAutoRollbackDisableGet>(&disabled), Ok(false));
    let disable = of_fumi!(FumiAutoRollbackDisableSet(0) disable: true);
    assert_eq!(bed.call::<FumiAutoRollbackDisableSet>(&disable), Ok(()));
    assert_eq!(bed.call::<FumiAutoRollbackDisableGet>(&disabled), Ok(true));
    let idle = of_fumi!(FumiUpgradeCancel(0) bank: 0);
    let refused = bed.call::<FumiUpgradeCancel>(&idle);
    assert_eq!(refused, Err(HpiError::InvalidRequest.code()));
}
