use super::*;
use crate::command::{Body, Command, ResponseError};
use crate::message::{CompletionCode, NetFn, Request, Response};
use crate::tests::bytes;
use crate::wire::Reader;
use alloc::vec;
use core::fmt::Debug;

fn request<C: Command + Debug + PartialEq>(asked: &C, command: u8, hex: &str) {
    let data = bytes(hex);
    let expected = Request {
        net_fn: NetFn(0x2c),
        lun: 0,
        command,
        data,
    };
    assert_eq!(asked.request(), expected);
    assert_eq!(C::read_request(&expected).as_ref(), Ok(asked));
    // What is cut anywhere is refused, or is another request of the same command.
    for len in 1..expected.data.len() {
        let mut cut = expected.clone();
        cut.data.truncate(len);
        assert_ne!(C::read_request(&cut).as_ref(), Ok(asked), "{hex} {len}");
    }
}

fn response<C: Command>(answer: &C::Response, hex: &str)
where
    C::Response: Debug + PartialEq,
{
    let expected = Response {
        code: CompletionCode::OK,
        data: bytes(hex),
    };
    assert_eq!(C::respond(answer), expected);
    assert_eq!(C::read_response(&expected).as_ref(), Ok(answer));
}

/// Bytes as ipmitool's structures lay them out.
#[test]
fn frozen_requests() {
    request(&GetTargetUpgradeCapabilities {}, 0x2e, "00");
    let asked = GetComponentProperties {
        component: 1,
        selector: selector::DESCRIPTION,
    };
    request(&asked, 0x2f, "00 01 02");
    request(&AbortFirmwareUpgrade {}, 0x30, "00");
    let order = InitiateUpgradeAction {
        components: 0b10,
        action: action::UPLOAD,
    };
    request(&order, 0x31, "00 02 02");
    let block = UploadFirmwareBlock {
        number: 255,
        data: vec![0xde, 0xad],
    };
    request(&block, 0x32, "00 ff de ad");
    let finish = FinishFirmwareUpload {
        component: 1,
        length: 0x0102_0304,
    };
    request(&finish, 0x33, "00 01 04 03 02 01");
    request(&GetUpgradeStatus {}, 0x34, "00");
    let rollback_override = None;
    request(&ActivateFirmware { rollback_override }, 0x35, "00");
    let rollback_override = Some(1);
    request(&ActivateFirmware { rollback_override }, 0x35, "00 01");
    request(&QuerySelfTestResults {}, 0x36, "00");
    request(&QueryRollbackStatus {}, 0x37, "00");
    request(&InitiateManualRollback {}, 0x38, "00");
}

#[test]
fn frozen_responses() {
    let answer = TargetUpgradeCapabilities {
        version: 0,
        flags: capabilities::SELF_TEST | capabilities::AUTOMATIC_ROLLBACK,
        upgrade_timeout: 4,
        self_test_timeout: 2,
        rollback_timeout: 6,
        inaccessibility_timeout: 3,
        components: 0b11,
    };
    response::<GetTargetUpgradeCapabilities>(&answer, "00 00 03 04 02 06 03 03");
    let data = b"Application\0".to_vec();
    let answer = ComponentProperties { data };
    response::<GetComponentProperties>(&answer, "00 4170706c69636174696f6e 00");
    let answer = FirmwareBlockUploaded {
        section_offset: None,
        section_length: None,
    };
    response::<UploadFirmwareBlock>(&answer, "00");
    let answer = FirmwareBlockUploaded {
        section_offset: Some(0x10),
        section_length: Some(0x2000),
    };
    response::<UploadFirmwareBlock>(&answer, "00 10 00 00 00 00 20 00 00");
    let (command, code) = (0x31, code::IN_PROGRESS.0);
    let percent = Some(42);
    let answer = UpgradeStatus {
        command,
        code,
        percent,
    };
    response::<GetUpgradeStatus>(&answer, "00 31 80 2a");
    let answer = UpgradeSelfTestResults {
        result: COMPONENTS_FAILED,
        detail: 0b10,
    };
    response::<QuerySelfTestResults>(&answer, "00 60 02");
    let answer = RollbackStatus {
        components: 0b10,
        percent: None,
    };
    response::<QueryRollbackStatus>(&answer, "00 02");
}

/// In progress is a refusal to who reads the answer: there is none yet.
#[test]
fn in_progress() {
    let refusal = FinishFirmwareUpload::refuse(code::IN_PROGRESS);
    assert_eq!(refusal.data, [0]);
    let read = FinishFirmwareUpload::read_response(&refusal);
    assert_eq!(read, Err(ResponseError::Refused(CompletionCode(0x80))));
}

#[test]
fn versions() {
    let wire = bytes("02 35 00 00 00 01");
    let version = FirmwareVersion::read(&mut Reader::new(&wire)).unwrap();
    assert_eq!((version.major, version.minor), (2, 0x35));
    let mut out = vec![];
    version.write(&mut out);
    assert_eq!((out.len(), out), (FirmwareVersion::LEN, wire));
}
