//! Blocks, their order, and that of commands.

use super::*;
use crate::firmware::{FIRMWARE_LEN_MAX, HEADER_LEN};

/// Blocks count up to 255 and then from 0 again; a repeated one is accepted, and written once.
#[test]
fn block_numbers() {
    let mut play = quick();
    let program = [7; 6000];
    let firmware = Firmware::of(APPLICATION, PRODUCT, fw_version(2, 0), &program);
    let bytes = firmware.with(&program);
    assert!(bytes.len() > 256 * BLOCK_LEN_MAX);
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    let mut written = vec![];
    for (index, data) in bytes.chunks(BLOCK_LEN_MAX).enumerate() {
        let number = index as u8;
        let block = UploadFirmwareBlock {
            number,
            data: data.to_vec(),
        };
        // One that never came, or came long ago; the same again with other bytes.
        assert_eq!(play.block(number.wrapping_add(1), data), Err(0xcc));
        assert_eq!(play.block(number.wrapping_sub(2), data), Err(0xcc));
        let (answer, effects) = play.ask_all(&block);
        assert!(answer.is_ok());
        let [Effect::Flash(FlashOrder::Write { offset, data, .. })] = &effects[..] else {
            panic!("one write");
        };
        assert_eq!(*offset as usize, written.len());
        written.extend_from_slice(data);
        let (answer, effects) = play.ask_all(&block);
        assert_eq!((answer.is_ok(), effects), (true, vec![]));
        assert_eq!(play.block(number, b"other"), Err(0xcc));
    }
    assert_eq!(written, bytes);
    assert_eq!(play.finish(APPLICATION, bytes.len()), Ok(Empty {}));
    assert_eq!(play.majors(), [1, NONE, 2]);
}

/// Agents find out how long a block may be by being refused.
#[test]
fn block_lengths() {
    let mut play = quick();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    assert_eq!(play.block(0, &[0; BLOCK_LEN_MAX + 1]), Err(0xc8));
    assert_eq!(play.block(0, &[]), Err(0xc7));
    assert!(play.block(0, &[0; BLOCK_LEN_MAX]).is_ok());
    // A bank that is full but for one byte.
    let upload = &mut play.ipmc.firmware.as_mut().unwrap().upload;
    let filling = vec![0; FIRMWARE_LEN_MAX as usize - BLOCK_LEN_MAX - 1];
    assert!(upload.as_mut().unwrap().receiver.take(&filling));
    assert_eq!(play.block(1, &[0; 2]), Err(0xc4));
    assert!(play.block(1, &[0; 1]).is_ok());
    assert_eq!(play.block(2, &[0; 1]), Err(0xc4));
    let whole = FIRMWARE_LEN_MAX as usize;
    assert_eq!(play.finish(APPLICATION, whole), Err(0x82));
}

/// Commands out of order, and about components that there are not.
#[test]
fn wrong_order() {
    let mut play = quick();
    assert_eq!(play.block(0, &[1]), Err(0xd5));
    assert_eq!(play.finish(APPLICATION, 1), Err(0xd5));
    assert_eq!(play.activate_firmware(), Err(0xd5));
    assert_eq!(play.order(&InitiateManualRollback {}), Err(0xd5));
    assert_eq!(play.order(&AbortFirmwareUpgrade {}), Ok(Empty {}));
    // No component; one too many; one that is not there; one without a backup; no such action.
    assert_eq!(play.initiate(0, action::UPLOAD), Err(0x81));
    assert_eq!(play.initiate(0b11, action::UPLOAD), Err(0x81));
    assert_eq!(play.initiate(0b11, action::COMPARE), Err(0x81));
    assert_eq!(play.initiate(0b100, action::UPLOAD), Err(0x81));
    assert_eq!(play.initiate(0b11, action::BACKUP), Err(0x81));
    assert_eq!(play.initiate(0b10, 4), Err(0xcc));
    assert_eq!(play.initiate(0b11, action::PREPARE), Ok(Empty {}));
    let bytes = image(APPLICATION, 2);
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    // Not with an upload under way, and not for another component.
    assert_eq!(play.activate_firmware(), Err(0xd5));
    play.blocks(&bytes);
    assert_eq!(play.finish(BOOT, bytes.len()), Err(0xcc));
    assert_eq!(play.finish(APPLICATION, bytes.len() - 1), Err(0x81));
    assert_eq!(play.status(), (0x33, 0x81));
    // That was the end of this upload.
    assert_eq!(play.finish(APPLICATION, bytes.len()), Err(0xd5));
    let rollback_override = Some(2);
    let order = ActivateFirmware { rollback_override };
    assert_eq!(play.order(&order), Err(0xcc));
    assert_eq!(play.majors(), [1, NONE, NONE]);
}

/// Bytes that are no firmware are never activated.
#[test]
fn damaged_firmware() {
    let mut play = quick();
    let mut bytes = image(APPLICATION, 2);
    bytes[HEADER_LEN + 100] ^= 1;
    assert_eq!(play.upload(APPLICATION, &bytes), Err(0x82));
    assert_eq!(play.upload(APPLICATION, b"no firmware"), Err(0x82));
    assert_eq!(play.majors(), [1, NONE, NONE]);
    assert_eq!(play.activate_firmware(), Err(0xd5));
    // With flash memory that takes its time, the status says so.
    let mut play = slow();
    play.upload_slowly(APPLICATION, &bytes);
    assert_eq!(play.status(), (0x33, 0x82));
}

/// Two agents never mix their images; anybody may end what somebody began.
#[test]
fn one_agent_at_a_time() {
    let mut play = quick();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    play.block(0, &[1]).unwrap();
    let mut other = |request: Request| {
        let from = 0x12;
        let effects = play.apply(&Input::Request { from, request });
        let Some(Effect::Response(response)) = effects.into_iter().next() else {
            panic!("an answer");
        };
        response.code.0
    };
    let begin = InitiateUpgradeAction {
        components: 1,
        action: action::UPLOAD,
    };
    let data = vec![1];
    let block = UploadFirmwareBlock { number: 1, data };
    let (component, length) = (APPLICATION, 1);
    let finish = FinishFirmwareUpload { component, length };
    assert_eq!(other(begin.request()), 0xd5);
    assert_eq!(other(block.request()), 0xd5);
    assert_eq!(other(finish.request()), 0xd5);
    assert_eq!(other(GetUpgradeStatus {}.request()), 0);
    assert_eq!(other(AbortFirmwareUpgrade {}.request()), 0);
    assert_eq!(other(begin.request()), 0);
    assert_eq!(play.block(1, &[1]), Err(0xd5));
}

/// An agent that failed begins again without aborting first.
#[test]
fn the_same_agent_begins_again() {
    let mut play = quick();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap();
    play.block(0, &[1]).unwrap();
    let bytes = image(APPLICATION, 3);
    assert_eq!(play.upload(APPLICATION, &bytes), Ok(Empty {}));
    assert_eq!(play.majors(), [1, NONE, 3]);
}

#[test]
fn abort() {
    let mut play = slow();
    play.initiate(1 << APPLICATION, action::UPLOAD).unwrap_err();
    // Not while the flash memory works.
    assert_eq!(play.order(&AbortFirmwareUpgrade {}), Err(0x80));
    play.tick();
    let bytes = image(APPLICATION, 2);
    play.blocks(&bytes);
    assert_eq!(play.order(&AbortFirmwareUpgrade {}), Ok(Empty {}));
    assert_eq!(play.finish(APPLICATION, bytes.len()), Err(0xd5));
    // What waits for its activation is dropped as well.
    let mut play = quick();
    play.upload(APPLICATION, &bytes).unwrap();
    let (answer, effects) = play.ask_all(&AbortFirmwareUpgrade {});
    let component = APPLICATION;
    let erase = Effect::Flash(FlashOrder::Erase { component });
    assert_eq!((answer, effects), (Ok(Empty {}), vec![erase]));
    assert_eq!(play.majors(), [1, NONE, NONE]);
    assert_eq!(play.activate_firmware(), Err(0xd5));
}

/// Requests that end too early, byte by byte.
#[test]
fn truncated() {
    let mut play = quick();
    for (command, len) in [(0x2f, 2), (0x31, 2), (0x32, 1), (0x33, 5)] {
        for have in 0..len {
            let request = Request {
                net_fn: NetFn::GROUP,
                lun: 0,
                command,
                data: vec![0; 1 + have],
            };
            let (response, effects) = play.ask_raw(request);
            assert_eq!((response.code.0, effects), (0xc7, vec![]), "{command}");
        }
    }
}
