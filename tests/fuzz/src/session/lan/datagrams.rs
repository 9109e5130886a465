//! What in a datagram is protected, and by what.

use ipmi::ipmb::{Route, encode_request};
use ipmi::message::Request;

/// A request from somebody without a session, in either format.
pub(super) fn outside(request: &Request, is_plus: bool) -> Vec<u8> {
    let route = Route {
        responder: 0x20,
        requester: 0x81,
        requester_lun: 0,
        sequence: 1,
    };
    let message = encode_request(route, request);
    let len = message.len() as u8;
    let header: &[u8] = match is_plus {
        true => &[6, 0, 0xff, 7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, len, 0],
        false => &[6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, len],
    };
    [header, &message].concat()
}

/// What the authentication code of a datagram covers, or would cover.
///
/// The RMCP header is not covered, nor is the pad behind a message of IPMI 1.5.
pub(super) fn protected(bytes: &[u8]) -> Vec<u8> {
    const MD5: u8 = 2;
    let covered = bytes.get(4..).unwrap_or_default();
    let len = match covered {
        [MD5, rest @ ..] => rest.get(24).map(|len| 26 + usize::from(*len)),
        _ => None,
    };
    let covered = len.and_then(|len| covered.get(..len)).unwrap_or(covered);
    covered.to_vec()
}

/// What proves the password in a datagram: all that is protected or, in RAKP Message 3, the code
/// behind what nobody protects.
pub(super) fn proof(bytes: &[u8]) -> Vec<u8> {
    const FORMAT_PLUS: u8 = 0x06;
    const RAKP_3: u8 = 0x14;
    const PAYLOAD: usize = 16;
    const FRONT_LEN: usize = 8;
    match bytes {
        [_, _, _, _, FORMAT_PLUS, RAKP_3, ..] if bytes.len() > PAYLOAD + FRONT_LEN => {
            let len = u16::from_le_bytes([bytes[PAYLOAD - 2], bytes[PAYLOAD - 1]]);
            let end = bytes.len().min(PAYLOAD + usize::from(len));
            bytes
                .get(PAYLOAD + FRONT_LEN..end)
                .unwrap_or_default()
                .to_vec()
        }
        _ => protected(bytes),
    }
}
