//! Firmware upgrade.

use super::{Player, check};
use crate::fumi::LOGICAL;
use crate::{
    FirmwareOutcome, FirmwareResult, Fumi, FumiCall, Input, JobId, JobOf, JobResult, ResourceCall,
};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::firmware::{
    BankState, FirmwareInfo, FirmwareInstance, FirmwareNumber, SourceStatus, UpgradeStatus,
    fumi_capability,
};
use hpi_model::{HpiError, ResourceId, TextBuffer};
use ipmi::command::hpm::{FirmwareVersion, TargetUpgradeCapabilities, capabilities, properties};
use ipmi::description::{UpgradeComponent, UpgradeTarget};
use machine::Machine;

/// The fixture.
const FIXTURE: ResourceId = ResourceId(4352);

/// `NUMBER CALL [BANK…]`.
pub(super) fn call(words: &[&str]) -> ResourceCall {
    let bank = || words[2].parse::<u8>().unwrap();
    let call = match words[1] {
        "source" => FumiCall::SourceSet(bank(), TextBuffer::english(words[3])),
        "validate" => FumiCall::SourceInfoValidateStart(bank()),
        "backup" => FumiCall::BackupStart,
        "order" => FumiCall::BankBootOrderSet(bank(), words[3].parse().unwrap()),
        "copy" => FumiCall::BankCopyStart(bank(), words[3].parse().unwrap()),
        "install" => FumiCall::InstallStart(bank()),
        "verify" => FumiCall::TargetVerifyStart(bank()),
        "verify-main" => FumiCall::TargetVerifyMainStart,
        "cancel" => FumiCall::UpgradeCancel(bank()),
        "stays" => FumiCall::AutoRollbackDisableSet(true),
        "rollback" => FumiCall::RollbackStart,
        "activate-now" => FumiCall::Activate,
        "activate" => FumiCall::ActivateStart(words[2] == "logical"),
        "cleanup" => FumiCall::Cleanup(bank()),
        other => panic!("no call {other}"),
    };
    ResourceCall::Fumi(words[0].parse().unwrap(), call)
}

/// `RESOURCE NUMBER BANK SERIAL OUTCOME [MAJOR COMPONENT LENGTH]`.
pub(super) fn done(words: &[&str]) -> Input {
    let number = |at: usize| words[at].parse::<u32>().unwrap();
    let id = JobId {
        resource: ResourceId(number(0)),
        of: JobOf::Bank {
            num: number(1),
            bank: words[2].parse().unwrap(),
        },
        serial: number(3).into(),
    };
    let outcome = match words[4] {
        "valid" => {
            let firmware = firmware(number(5), number(6), number(7).into());
            FirmwareOutcome::Source(SourceStatus::Valid, Some(firmware))
        }
        "unreachable" => FirmwareOutcome::Source(SourceStatus::Unreachable, None),
        "done" => FirmwareOutcome::Done,
        "failed" => FirmwareOutcome::Failed,
        "went-back" => FirmwareOutcome::WentBack(true),
        other => panic!("no outcome {other}"),
    };
    let target = words
        .contains(&"target")
        .then(|| target(Some(2), None, Some(1)));
    let result = Box::new(FirmwareResult { outcome, target });
    Input::JobDone(id, JobResult::Firmware(result))
}

fn firmware(major: u32, component: u32, len: u64) -> FirmwareInstance {
    let version = FirmwareNumber {
        major,
        minor: 0,
        auxiliary: 0,
    };
    let info = FirmwareInfo {
        identifier: TextBuffer::english("new.hpm"),
        description: TextBuffer::english("new"),
        date_time: TextBuffer::english("today"),
        version,
    };
    FirmwareInstance {
        components: Vec::from([(component, info.clone())]),
        info,
        len,
        digest: Some([major as u8; 16]),
    }
}

/// After these lines, an instrument of the fixture.
fn played(player: &mut Player, lines: &[&str]) -> Fumi {
    for line in lines {
        player.play(line);
    }
    player.domain.resource(FIXTURE).unwrap().kept.fumis[&0].clone()
}

fn major(firmware: Option<&FirmwareInstance>) -> Option<u32> {
    firmware.map(|firmware| firmware.info.version.major)
}

fn majors(fumi: &Fumi) -> [Option<u32>; 3] {
    [&fumi.main, &fumi.pending, &fumi.rollback].map(|instance| major(instance.as_ref()))
}

const START: &[&str] = &["fixture full", "user 7 open"];

/// A source is set, read and found good, installed, verified, and activated; each step is told.
#[test]
fn firmware_is_upgraded_step_by_step() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 fumi 4352 0 validate 0
  INVALID_REQUEST
user 7 fumi 4352 0 install 0
  INVALID_REQUEST
user 7 fumi 4352 0 source 0 file:///new.hpm
  OK
user 7 fumi 4352 0 install 0
  INVALID_REQUEST
user 7 fumi 4352 0 validate 0
  job 7: Firmware(Validate { target: None, uri: TextBuffer { data_type: Text, language: 25, data: [102, 105, 108, 101, 58, 47, 47, 47, 110, 101, 119, 46, 104, 112, 109] } })
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 1 }
  OK
user 7 fumi 4352 0 validate 0
  BUSY
user 7 fumi 4352 0 source 0 file:///other.hpm
  BUSY
firmware 4352 0 0 7 valid 2 1 9000
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 3 }
user 7 fumi 4352 0 verify 0
  INVALID_REQUEST
user 7 fumi 4352 0 install 0
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 5 }
  OK
wait 1
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 9 }
",
    );
}

/// What was installed is verified, activated, and gone back from.
#[test]
fn firmware_is_verified_activated_and_rolled_back() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 fumi 4352 0 source 0 file:
  OK
user 7 fumi 4352 0 validate 0
  job 4: Firmware(Validate { target: None, uri: TextBuffer { data_type: Text, language: 25, data: [102, 105, 108, 101, 58] } })
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 1 }
  OK
firmware 4352 0 0 4 valid 2 1 9000
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 3 }
user 7 fumi 4352 0 install 0
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 5 }
  OK
wait 1
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 9 }
user 7 fumi 4352 0 verify 0
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 23 }
  OK
wait 1
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 25 }
user 7 fumi 4352 0 verify-main
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 23 }
  OK
wait 1
  event 4352 MAJOR: Fumi { num: 0, bank: 0, status: 24 }
user 7 fumi 4352 0 activate logical
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 27 }
  OK
wait 1
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 31 }
user 7 fumi 4352 0 verify-main
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 23 }
  OK
wait 1
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 25 }
user 7 fumi 4352 0 rollback
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 11 }
  OK
wait 1
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 13 }
user 7 fumi 4352 0 activate logical
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 27 }
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 31 }
  OK
user 7 fumi 4352 0 cleanup 0
  OK
user 7 fumi 4352 0 verify-main
  INVALID_REQUEST
user 7 fumi 4352 0 cancel 0
  INVALID_REQUEST
user 7 fumi 4352 2 cleanup 0
  NOT_PRESENT
user 7 fumi 4352 0 cleanup 1
  NOT_PRESENT
",
    );
}

#[test]
fn instances_move_from_pending_to_main_to_rollback() {
    let mut player = Player::new();
    let fumi = played(&mut player, START);
    assert_eq!(majors(&fumi), [Some(1), None, None]);
    let lines = [
        "user 7 fumi 4352 0 source 0 file:///new.hpm",
        "user 7 fumi 4352 0 validate 0",
        "firmware 4352 0 0 4 valid 2 1 9000",
        "user 7 fumi 4352 0 install 0",
        "wait 1",
    ];
    assert_eq!(
        majors(&played(&mut player, &lines)),
        [Some(1), Some(2), None]
    );
    let lines = ["user 7 fumi 4352 0 activate logical", "wait 1"];
    assert_eq!(
        majors(&played(&mut player, &lines)),
        [Some(2), None, Some(1)]
    );
    let lines = ["user 7 fumi 4352 0 backup", "wait 1"];
    let fumi = played(&mut player, &lines);
    assert_eq!(majors(&fumi), [Some(2), None, Some(2)]);
    assert_eq!(
        fumi.bank(LOGICAL).unwrap().status,
        UpgradeStatus::BackupDone
    );
}

/// What does not start is gone back from, unless a user wants it to stay.
#[test]
fn firmware_that_does_not_start_is_rolled_back() {
    let install = [
        "user 7 fumi 4352 0 source 0 file:///new.hpm",
        "user 7 fumi 4352 0 validate 0",
        "firmware 4352 0 0 4 valid 2 3 9000",
        "user 7 fumi 4352 0 install 0",
        "wait 1",
        "user 7 fumi 4352 0 activate logical",
    ];
    let mut player = Player::new();
    played(&mut player, START);
    played(&mut player, &install);
    let told = player.play("wait 1");
    let told: Vec<String> = told.iter().map(super::show).collect();
    assert!(
        told[0].contains("MAJOR") && told[0].contains("status: 29"),
        "{told:?}"
    );
    assert!(told[1].contains("status: 11"), "{told:?}");
    assert_eq!(majors(&played(&mut player, &[])), [None, None, Some(1)]);
    let fumi = played(&mut player, &["wait 1"]);
    assert_eq!(majors(&fumi), [Some(1), None, None]);
    assert_eq!(
        fumi.bank(LOGICAL).unwrap().status,
        UpgradeStatus::RollbackDone
    );

    let mut player = Player::new();
    played(&mut player, START);
    played(&mut player, &install);
    played(&mut player, &["user 7 fumi 4352 0 stays"]);
    let fumi = played(&mut player, &["wait 1", "wait 1"]);
    let status = fumi.bank(LOGICAL).unwrap().status;
    assert_eq!(status, UpgradeStatus::ActivateFailedRollbackNeeded);
    assert_eq!(majors(&fumi), [None, None, Some(1)]);
    let back = ["user 7 fumi 4352 0 rollback", "wait 1"];
    assert_eq!(majors(&played(&mut player, &back)), [Some(1), None, None]);
}

#[test]
fn what_is_too_large_or_unreachable_is_not_installed() {
    let mut player = Player::new();
    played(&mut player, START);
    let lines = [
        "user 7 fumi 4352 0 source 0 file:///new.hpm",
        "user 7 fumi 4352 0 validate 0",
        "firmware 4352 0 0 4 unreachable",
    ];
    let fumi = played(&mut player, &lines);
    let bank = fumi.bank(LOGICAL).unwrap();
    assert_eq!(bank.status, UpgradeStatus::SourceValidationFailed);
    let source = bank.source.as_ref().unwrap();
    assert_eq!(source.status, SourceStatus::Unreachable);
    let lines = [
        "user 7 fumi 4352 0 validate 0",
        "firmware 4352 0 0 6 valid 2 1 65537",
        "user 7 fumi 4352 0 install 0",
        "wait 1",
    ];
    let fumi = played(&mut player, &lines);
    let status = fumi.bank(LOGICAL).unwrap().status;
    assert_eq!(status, UpgradeStatus::InstallFailedRollbackNotPossible);
    assert_eq!(majors(&fumi), [Some(1), None, None], "what runs runs on");
}

/// Explicit banks: copied, ordered, installed and activated one by one.
#[test]
fn explicit_banks_have_each_their_own() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 fumi 4352 0 copy 1 2
  CAPABILITY
user 7 fumi 4352 0 order 1 1
  CAPABILITY
user 7 fumi 4352 0 activate explicit
  INVALID_REQUEST
user 7 fumi 4352 1 copy 1 0
  INVALID_DATA
user 7 fumi 4352 1 copy 4 1
  INVALID_DATA
user 7 fumi 4352 1 copy 1 1
  INVALID_REQUEST
user 7 fumi 4352 1 copy 2 1
  BUSY
user 7 fumi 4352 1 copy 1 3
  event 4352 INFORMATIONAL: Fumi { num: 1, bank: 1, status: 19 }
  OK
user 7 fumi 4352 1 copy 2 3
  BUSY
wait 1
  event 4352 INFORMATIONAL: Fumi { num: 1, bank: 1, status: 21 }
user 7 fumi 4352 1 copy 2 3
  event 4352 INFORMATIONAL: Fumi { num: 1, bank: 2, status: 19 }
  OK
wait 1
  event 4352 MAJOR: Fumi { num: 1, bank: 2, status: 20 }
user 7 fumi 4352 1 order 3 4
  INVALID_DATA
user 7 fumi 4352 1 order 3 0
  INVALID_DATA
user 7 fumi 4352 1 order 0 1
  NOT_PRESENT
user 7 fumi 4352 1 order 2 1
  OK
user 7 fumi 4352 1 source 2 file:///new.hpm
  OK
user 7 fumi 4352 1 install 2
  INVALID_REQUEST
user 7 fumi 4352 1 cancel 2
  INVALID_REQUEST
user 7 fumi 4352 1 activate explicit
  event 4352 INFORMATIONAL: Fumi { num: 1, bank: 1, status: 27 }
  event 4352 INFORMATIONAL: Fumi { num: 1, bank: 1, status: 31 }
  OK
",
    );
}

#[test]
fn the_first_good_bank_in_the_boot_order_is_started() {
    let mut player = Player::new();
    for line in START {
        player.play(line);
    }
    for line in [
        "user 7 fumi 4352 1 source 3 file:///new.hpm",
        "user 7 fumi 4352 1 validate 3",
        "firmware 4352 1 3 4 valid 2 1 9000",
        "user 7 fumi 4352 1 install 3",
        "wait 1",
        "user 7 fumi 4352 1 verify 3",
        "wait 1",
        "user 7 fumi 4352 1 order 3 1",
        "user 7 fumi 4352 1 activate explicit",
        "wait 1",
    ] {
        player.play(line);
    }
    let fumi = player.domain.resource(FIXTURE).unwrap().kept.fumis[&1].clone();
    let states = [1, 2, 3].map(|number| fumi.bank(number).unwrap().state);
    let expected = [BankState::Valid, BankState::Corrupted, BankState::Active];
    assert_eq!(states, expected);
    assert_eq!([1, 2, 3].map(|number| fumi.position(number)), [2, 3, 1]);
    assert_eq!(major(fumi.main.as_ref()), Some(2), "it runs");
    player.play("user 7 fumi 4352 1 install 3");
    let refused = player.play("user 7 fumi 4352 1 install 3");
    assert_eq!(super::show(&refused[0]), HpiError::Busy.word(), "it runs");
}

#[test]
fn operations_are_cancelled() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 fumi 4352 0 backup
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 15 }
  OK
user 7 fumi 4352 0 cancel 0
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 18 }
  OK
wait 9
user 7 fumi 4352 0 rollback
  INVALID_REQUEST
user 7 fumi 4352 0 source 0 file:///new.hpm
  OK
user 7 fumi 4352 0 validate 0
  job 8: Firmware(Validate { target: None, uri: TextBuffer { data_type: Text, language: 25, data: [102, 105, 108, 101, 58, 47, 47, 47, 110, 101, 119, 46, 104, 112, 109] } })
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 1 }
  OK
user 7 fumi 4352 0 cleanup 0
  job 8 cancelled
  event 4352 INFORMATIONAL: Fumi { num: 0, bank: 0, status: 4 }
  OK
firmware 4352 0 0 8 valid 2 1 9000
user 7 fumi 4352 0 validate 0
  INVALID_REQUEST
",
    );
}

/// A call that waits is answered at the end; when it comes again, the first gives way.
#[test]
fn activation_can_be_waited_for() {
    let mut player = Player::new();
    for line in START {
        player.play(line);
    }
    for line in [
        "user 7 fumi 4352 0 source 0 file:///new.hpm",
        "user 7 fumi 4352 0 validate 0",
        "firmware 4352 0 0 4 valid 2 1 9000",
        "user 7 fumi 4352 0 install 0",
        "wait 1",
    ] {
        player.play(line);
    }
    let mut play = |line: &str| {
        let told = player.play(line);
        let told = told.iter().map(super::show).collect::<Vec<_>>();
        told.join("; ")
    };
    let told = play("user 7 fumi 4352 0 activate-now");
    assert!(
        told.ends_with("status: 27 }"),
        "there is no answer yet: {told}"
    );
    assert_eq!(
        play("user 7 fumi 4352 0 activate-now"),
        HpiError::Busy.word()
    );
    let told = play("wait 1");
    assert!(
        told.contains("status: 31") && told.ends_with("OK"),
        "{told}"
    );
    assert_eq!(
        play("user 7 fumi 4352 0 activate-now"),
        "OK",
        "it runs already"
    );
}

fn target(current: Option<u8>, deferred: Option<u8>, rollback: Option<u8>) -> UpgradeTarget {
    let version = |major: Option<u8>| {
        major.map(|major| FirmwareVersion {
            major,
            minor: 0,
            auxiliary: [0; 4],
        })
    };
    UpgradeTarget {
        capabilities: TargetUpgradeCapabilities {
            version: 0,
            flags: capabilities::MANUAL_ROLLBACK | capabilities::AUTOMATIC_ROLLBACK,
            upgrade_timeout: 1,
            self_test_timeout: 1,
            rollback_timeout: 1,
            inaccessibility_timeout: 1,
            components: 0b10,
        },
        components: Vec::from([UpgradeComponent {
            number: 1,
            properties: properties::BACKUP_AUTOMATIC | properties::COMPARISON,
            description: b"Application".to_vec(),
            current: version(current),
            rollback: version(rollback),
            deferred: version(deferred),
        }]),
    }
}

/// A controller does what is ordered off the log, and says what it has then.
#[test]
fn a_target_is_upgraded_by_jobs() {
    let mut player = Player::new();
    let mut blade = player.shelf[1].clone();
    blade.abilities.upgrade = Some(target(Some(1), None, None));
    let added = Input::ControllerAdded(blade.clone());
    player.domain.apply(player.at, &added, &mut Vec::new());
    player.play("user 7 open");
    let id = player.domain.resources().next().unwrap().rpt.resource;
    let fumi = |player: &Player| player.domain.resource(id).unwrap().kept.fumis[&0].clone();
    let found = fumi(&player);
    let expected = fumi_capability::COMPONENTS
        | fumi_capability::ROLLBACK
        | fumi_capability::AUTO_ROLLBACK
        | fumi_capability::AUTO_ROLLBACK_CAN_BE_DISABLED
        | fumi_capability::TARGET_VERIFY_MAIN;
    assert_eq!(found.capabilities, expected);
    assert_eq!((found.hpm, found.places), (Some(0), 2));
    let play = |player: &mut Player, line: &str| {
        let told = player.play(&line.replace('@', &id.0.to_string()));
        told.iter().map(super::show).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(play(&mut player, "user 7 fumi @ 0 backup"), "CAPABILITY");
    assert_eq!(play(&mut player, "user 7 fumi @ 0 verify 0"), "CAPABILITY");
    play(&mut player, "user 7 fumi @ 0 source 0 file:///new.hpm");
    let told = play(&mut player, "user 7 fumi @ 0 validate 0");
    assert!(told.contains("Validate { target: Some(16)"), "{told}");
    play(&mut player, "firmware @ 0 0 5 valid 2 1 9000");
    let told = play(&mut player, "user 7 fumi @ 0 install 0");
    assert!(
        told.contains("Install { target: 16") && told.contains("Some([2, 2"),
        "{told}"
    );
    play(&mut player, "firmware @ 0 0 7 done");
    let told = play(&mut player, "user 7 fumi @ 0 rollback");
    assert_eq!(told, "INVALID_REQUEST", "there is nothing to go back to");
    blade.abilities.upgrade = Some(target(Some(1), Some(2), None));
    let added = Input::ControllerAdded(blade.clone());
    player.domain.apply(player.at, &added, &mut Vec::new());
    assert_eq!(majors(&fumi(&player)), [Some(1), Some(2), None]);
    let told = play(&mut player, "user 7 fumi @ 0 activate logical");
    assert!(
        told.contains("Activate { target: 16, keeps: false }"),
        "{told}"
    );
    play(&mut player, "firmware @ 0 0 10 done target");
    let found = fumi(&player);
    assert_eq!(majors(&found), [Some(2), None, Some(1)]);
    let main = found.main.unwrap().info;
    assert_eq!(
        main.identifier.to_text(),
        "new.hpm",
        "it is known by its versions"
    );
    play(&mut player, "user 7 fumi @ 0 stays");
    let told = play(&mut player, "user 7 fumi @ 0 rollback");
    assert!(
        told.contains("job 13: Firmware(Rollback { target: 16 })"),
        "{told}"
    );
    let told = play(&mut player, "restarted");
    assert!(told.contains("status: 12"), "nobody rolls it back: {told}");
    let told = play(&mut player, "firmware @ 0 0 13 done");
    assert_eq!(told, "", "it is too late");
    // Found again, it keeps what users set.
    player.domain.apply(player.at, &added, &mut Vec::new());
    assert!(fumi(&player).auto_rollback_disabled);
}

/// A controller that went back by itself did so within the activation.
#[test]
fn a_target_goes_back_by_itself() {
    let mut player = Player::new();
    let mut blade = player.shelf[1].clone();
    blade.abilities.upgrade = Some(target(Some(1), Some(2), None));
    let added = Input::ControllerAdded(blade);
    player.domain.apply(player.at, &added, &mut Vec::new());
    player.play("user 7 open");
    let id = player.domain.resources().next().unwrap().rpt.resource.0;
    player.play(&alloc::format!("user 7 fumi {id} 0 activate logical"));
    let told = player.play(&alloc::format!("firmware {id} 0 0 2 went-back"));
    let statuses: Vec<bool> = ["status: 29", "status: 11", "status: 13"]
        .iter()
        .zip(&told)
        .map(|(status, told)| super::show(told).contains(status))
        .collect();
    assert_eq!(statuses, [true; 3]);
}
