use super::*;
use crate::command::{Command, ResponseError};
use crate::ipmb::{self, Route};
use crate::message::{CompletionCode, NetFn, Request};
use crate::tests::bytes;
use alloc::vec;

/// The bytes that the other end of the bus relies on.
#[test]
fn frozen_bytes() {
    let requests = [
        (
            GetConsoleCapabilities { fru_id: 1 }.request(),
            0x00,
            "d9 7e 00 01",
        ),
        (
            ConsoleRead {
                fru_id: 0,
                acknowledged: 7,
                count_max: 19,
            }
            .request(),
            0x01,
            "d9 7e 00 00 07 13",
        ),
        (
            ConsoleWrite {
                fru_id: 0,
                sequence: 255,
                flags: write::BREAK,
                data: b"ls\r".to_vec(),
            }
            .request(),
            0x02,
            "d9 7e 00 00 ff 01 6c 73 0d",
        ),
    ];
    for (request, command, hex) in requests {
        let expected = Request {
            net_fn: NetFn(0x2e),
            lun: 0,
            command,
            data: bytes(hex),
        };
        assert_eq!(request, expected);
    }
    let chunk = ConsoleChunk {
        sequence: 8,
        flags: chunk::LOST,
        data: b"ok".to_vec(),
    };
    let response = ConsoleRead::respond(&chunk);
    assert_eq!(response.data, bytes("d9 7e 00 08 01 6f 6b"));
    assert_eq!(ConsoleRead::read_response(&response), Ok(chunk));
}

/// The largest chunks fill an IPMB message of 32 bytes, and not one more.
#[test]
fn largest_messages() {
    let route = Route {
        responder: 0x82,
        requester: 0x20,
        requester_lun: 0,
        sequence: 1,
    };
    let request = ConsoleWrite {
        fru_id: 0,
        sequence: 1,
        flags: 0,
        data: vec![b'x'; CONSOLE_WRITE_MAX.into()],
    }
    .request();
    assert_eq!(ipmb::encode_request(route, &request).len(), 32);
    let response = ConsoleRead::respond(&ConsoleChunk {
        sequence: 1,
        flags: 0,
        data: vec![b'x'; CONSOLE_READ_MAX.into()],
    });
    assert_eq!(ipmb::encode_response(route, &request, &response).len(), 32);
}

/// Another enterprise's command 01h is none of ours, in either direction; a refusal says whose.
#[test]
fn other_enterprises() {
    let mut request = GetConsoleCapabilities { fru_id: 0 }.request();
    assert!(GetConsoleCapabilities::is(&request));
    assert!(!ConsoleRead::is(&request));
    request.data[0] ^= 1;
    assert!(!GetConsoleCapabilities::is(&request));
    let mut response = ConsoleWrite::respond(&ConsoleWritten { accepted: 3 });
    response.data[2] = 1;
    let other = ConsoleWrite::read_response(&response);
    assert_eq!(other, Err(ResponseError::OtherGroup));
    let refusal = ConsoleWrite::refuse(CompletionCode::NOT_IN_STATE);
    assert_eq!(refusal.data, OEM_GROUP);
}

/// What is cut anywhere in front of the open-ended data is refused, never read as something else.
#[test]
fn truncation() {
    let whole = ConsoleWrite {
        fru_id: 0,
        sequence: 1,
        flags: 0,
        data: vec![],
    }
    .request();
    for len in 0..whole.data.len() {
        let mut cut = whole.clone();
        cut.data.truncate(len);
        let read = ConsoleWrite::read_request(&cut);
        assert_eq!(read, Err(CompletionCode::LENGTH_INVALID), "{len}");
    }
    assert!(ConsoleWrite::read_request(&whole).is_ok());
}

/// Sequences never come to 0 again, which only begins.
#[test]
fn sequences() {
    assert_eq!([0, 1, 254, 255].map(next_sequence), [1, 2, 255, 1]);
}
