//! A managed system, as much of it as the tests need. It answers each datagram with datagrams.

use crate::CipherSuite;
use crate::channel::Inbound;
use crate::crypto::{Keys, decrypt, encrypt, md5_code};
use crate::packet::{self, Packet, payload};
use alloc::vec;
use alloc::vec::Vec;
use ipmi::ipmb;
use ipmi::message::{CompletionCode, Request, Response};

const SESSION: u32 = 0x0200_0018;
const TEMPORARY: u32 = 0x77;
const GUID: [u8; 16] = [0x20; 16];
const RANDOM: [u8; 16] = [0x10; 16];

/// What the managed system is like.
#[derive(Clone, Copy)]
pub(super) struct Traits {
    pub(super) suites: &'static [u8],
    pub(super) rmcp_plus: bool,
    pub(super) md5: bool,
    pub(super) user: &'static [u8],
    pub(super) password: &'static [u8],
    pub(super) privilege_code: u8,
    /// Bridged answers come inside the response to Send Message.
    pub(super) embeds: bool,
    /// Status in place of 0 in answers of the key exchange, by payload type.
    pub(super) status: (u8, u8),
}

pub(super) const USUAL: Traits = Traits {
    suites: &[3, 17],
    rmcp_plus: true,
    md5: true,
    user: b"admin",
    password: b"secret",
    privilege_code: 0,
    embeds: false,
    status: (0, 0),
};

pub(super) struct Server {
    pub(super) traits: Traits,
    exchange: Option<(CipherSuite, u32)>,
    half_open: Option<([u8; 16], Vec<u8>)>,
    keys: Option<Keys>,
    md5: bool,
    sequence: u32,
    inbound: Inbound,
    /// Requests in the order in which they came, with target and sequence number.
    pub(super) asked: Vec<(u8, u8, Request)>,
    pub(super) closed: bool,
}

impl Server {
    pub(super) fn new(traits: Traits) -> Self {
        Self {
            traits,
            exchange: None,
            half_open: None,
            keys: None,
            md5: false,
            sequence: 1,
            inbound: Inbound::default(),
            asked: vec![],
            closed: false,
        }
    }

    pub(super) fn receive(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        match packet::decode(datagram).unwrap() {
            Packet::Plain { kind, payload } => self.exchange(kind, payload).into_iter().collect(),
            Packet::V15 {
                session: 0,
                message,
                ..
            } => {
                let (route, request) = ipmb::decode_request(message).unwrap();
                let response = self.outside(&request);
                let message = ipmb::encode_response(route, &request, &response);
                vec![packet::encode_v15(0, 0, None, &message)]
            }
            Packet::V15 {
                sequence,
                session,
                code,
                message,
            } => {
                let expected = md5_code(self.traits.password, session, sequence, message);
                if code != Some(expected) {
                    return vec![];
                }
                if session == SESSION && !self.inbound.accept(sequence) {
                    return vec![];
                }
                self.md5 = true;
                self.message(message)
            }
            Packet::Sealed {
                sequence, payload, ..
            } => {
                let keys = self.keys.as_ref().unwrap();
                let message = decrypt(&keys.encryption, payload).unwrap();
                if !self.inbound.accept(sequence) {
                    return vec![];
                }
                self.message(&message)
            }
        }
    }

    fn outside(&self, request: &Request) -> Response {
        let data = match request.command {
            0x38 => {
                let types = u8::from(self.traits.md5) << 2 | u8::from(self.traits.rmcp_plus) << 7;
                let versions = 1 | u8::from(self.traits.rmcp_plus) << 1;
                vec![1, types, 0, versions, 0, 0, 0, 0]
            }
            0x39 => {
                if &request.data[1..1 + self.traits.user.len()] != self.traits.user {
                    return response(0x81, &[]);
                }
                [&TEMPORARY.to_le_bytes()[..], &RANDOM].concat()
            }
            other => panic!("{other:02x} outside of a session"),
        };
        response(0, &data)
    }

    fn exchange(&mut self, kind: u8, bytes: &[u8]) -> Option<Vec<u8>> {
        let status = |kind| match self.traits.status {
            (wanted, status) if wanted == kind => status,
            _ => 0,
        };
        let secret = self.traits.password;
        match kind {
            payload::OPEN_SESSION_REQUEST => {
                let suite = match bytes[12] {
                    1 => CipherSuite::Sha1,
                    _ => CipherSuite::Sha256,
                };
                let console = &bytes[4..8];
                let status = status(payload::OPEN_SESSION_RESPONSE);
                if !self.traits.suites.contains(&suite.id()) || status != 0 {
                    let status = if status == 0 { 0x11 } else { status };
                    let out = [&[bytes[0], status, 0, 0], console].concat();
                    return Some(packet::encode_plain(payload::OPEN_SESSION_RESPONSE, &out));
                }
                self.exchange = Some((suite, u32::from_le_bytes(console.try_into().unwrap())));
                let front = [bytes[0], 0, 4, 0];
                let algorithms = &bytes[8..];
                let out = [&front, console, &SESSION.to_le_bytes(), algorithms].concat();
                Some(packet::encode_plain(payload::OPEN_SESSION_RESPONSE, &out))
            }
            payload::RAKP_1 => {
                let (suite, console) = self.exchange?;
                let console = console.to_le_bytes();
                let random: [u8; 16] = bytes[8..24].try_into().unwrap();
                let who = [&bytes[24..25], &bytes[27..]].concat();
                let status = status(payload::RAKP_2);
                let status = if bytes[28..] == *self.traits.user {
                    status
                } else {
                    0x0d
                };
                if status != 0 {
                    let out = [&[bytes[0], status, 0, 0], &console[..]].concat();
                    return Some(packet::encode_plain(payload::RAKP_2, &out));
                }
                let session = SESSION.to_le_bytes();
                let covered = [&console[..], &session, &random, &RANDOM, &GUID, &who].concat();
                let code = suite.mac(secret, &[&covered]);
                let key = suite.mac(secret, &[&random, &RANDOM, &who]);
                self.half_open = Some((random, key));
                let front = [bytes[0], 0, 0, 0];
                let out = [&front, &console[..], &RANDOM, &GUID, &code].concat();
                Some(packet::encode_plain(payload::RAKP_2, &out))
            }
            payload::RAKP_3 => {
                let (suite, console) = self.exchange?;
                let (random, key) = self.half_open.clone()?;
                if bytes[1] != 0 {
                    self.half_open = None;
                    return None;
                }
                let code = suite.code(&key, &[&random, &SESSION.to_le_bytes(), &GUID]);
                self.keys = Some(Keys::derive(suite, &key));
                let front = [bytes[0], status(payload::RAKP_4), 0, 0];
                let out = [&front, &console.to_le_bytes()[..], &code].concat();
                Some(packet::encode_plain(payload::RAKP_4, &out))
            }
            other => panic!("payload type {other:02x}"),
        }
    }

    fn message(&mut self, message: &[u8]) -> Vec<Vec<u8>> {
        let (route, request) = ipmb::decode_request(message).unwrap();
        let mut out = vec![];
        let mut reply = |response: &Response| {
            out.push(ipmb::encode_response(route, &request, response));
        };
        match request.command {
            0x3a => {
                let data = [&[2][..], &SESSION.to_le_bytes(), &9u32.to_le_bytes(), &[4]].concat();
                reply(&response(0, &data));
            }
            0x3b => reply(&response(self.traits.privilege_code, &[4])),
            0x3c => {
                self.closed = true;
                reply(&response(0, &[]));
            }
            0x34 => {
                let (inner, asked) = ipmb::decode_request(&request.data[1..]).unwrap();
                self.asked
                    .push((inner.responder, inner.sequence, asked.clone()));
                let answer = ipmb::encode_response(inner, &asked, &answer(&asked));
                match inner.responder {
                    // Addresses with meanings of their own: absent, busy for ever.
                    0x9a => reply(&response(0x83, &[])),
                    0x9c => reply(&response(0xc0, &[])),
                    0x9e => reply(&response(0xd4, &[])),
                    _ if self.traits.embeds => reply(&response(0, &answer)),
                    _ => {
                        reply(&response(0, &[]));
                        out.push(answer);
                    }
                }
            }
            _ => {
                self.asked.push((0x20, route.sequence, request.clone()));
                reply(&answer(&request));
            }
        }
        out.iter().map(|message| self.seal(message)).collect()
    }

    pub(super) fn seal(&mut self, message: &[u8]) -> Vec<u8> {
        let sequence = self.sequence;
        self.sequence += 1;
        match (&self.keys, self.exchange) {
            (Some(keys), Some((_, console))) => {
                let payload = encrypt(&keys.encryption, [sequence as u8; 16], message);
                let head = (payload::MESSAGE, console, sequence);
                packet::encode_sealed(&keys.integrity, head, &payload)
            }
            _ => {
                let code = md5_code(self.traits.password, SESSION, sequence, message);
                packet::encode_v15(SESSION, sequence, Some(code), message)
            }
        }
    }
}

/// What everybody answers: the request's data.
fn answer(request: &Request) -> Response {
    response(0, &request.data)
}

fn response(code: u8, data: &[u8]) -> Response {
    Response {
        code: CompletionCode(code),
        data: data.to_vec(),
    }
}
