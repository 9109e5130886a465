//! A console that costs next to nothing while it is measured: what it will ask is sealed before,
//! and what it was answered is opened after.
//!
//! It knows cipher suite 3 only, which each server offers, and loses nothing: a server that does
//! not answer one of its datagrams ends the measurement.
//!
//! Source: IPMI v2.0 §13.6 (packets), §13.17–§13.33 (RAKP, integrity and encryption).

use crate::client::{LIMIT, Server};
use aes::Aes128;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, Mac};
use ipmi::ipmb::{Route, decode_response, encode_request};
use ipmi::message::{CompletionCode, Request};
use sha1::Sha1;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::ops::Range;
use std::time::Instant;

const BLOCK: usize = 16;
/// Bytes of the code behind each packet. Source: IPMI v2.0 §13.28.4 (HMAC-SHA1-96).
const CODE_LEN: usize = 12;
/// RMCP, class IPMI, session format RMCP+. Source: IPMI v2.0 Tables 13-1, 13-8.
const HEAD: [u8; 5] = [0x06, 0x00, 0xff, 0x07, 0x06];
/// Bytes before the payload. Source: IPMI v2.0 Table 13-8.
const HEAD_LEN: usize = 16;
/// An IPMI message, encrypted and authenticated. Source: IPMI v2.0 Table 13-8.
const SEALED_MESSAGE: u8 = 0xc0;
/// Administrator, whom the name alone finds. Source: IPMI v2.0 Table 13-11.
const ROLE: u8 = 0x14;
/// Longest answer that is asked for here.
const ANSWER_LEN_MAX: usize = 256;
/// Sequence numbers of messages are six bits wide. Source: IPMI v2.0 §13.8.
const SEQUENCES: usize = 64;

/// One session, from a socket of its own.
pub(crate) struct Console {
    socket: UdpSocket,
    keys: Keys,
    managed: u32,
    /// Sequence number of the next packet.
    sequence: u32,
    /// What will be sent, one behind the other.
    sealed: Vec<Range<usize>>,
    sealed_bytes: Vec<u8>,
    /// When each was sent.
    sent: Vec<Instant>,
    /// What was received and when, one behind the other.
    received: Vec<(Range<usize>, Instant)>,
    received_bytes: Vec<u8>,
}

struct Keys {
    integrity: Hmac<Sha1>,
    encryption: [u8; BLOCK],
}

impl Console {
    /// Opens a session, and closes it never: the server notices by itself.
    pub(crate) fn open(server: &Server, id: u32) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        socket.connect(server.at).expect("an address of this host");
        socket.set_read_timeout(Some(LIMIT)).expect("not zero");
        let (keys, managed) = exchange(&socket, server, id);
        socket.set_nonblocking(true).expect("an open socket");
        Self {
            socket,
            keys,
            managed,
            sequence: 1,
            sealed: Vec::new(),
            sealed_bytes: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
            received_bytes: Vec::new(),
        }
    }

    /// Seals the same request so many times.
    pub(crate) fn prepare(&mut self, request: &Request, count: usize) {
        self.sealed.clear();
        self.sealed_bytes.clear();
        self.sent.clear();
        self.received.clear();
        self.received_bytes.resize(count * ANSWER_LEN_MAX, 0);
        for (number, sequence) in (0..count).zip(self.sequence..) {
            let message = encode_request(route(number), request);
            let packet = self.keys.seal((self.managed, sequence), &message);
            let from = self.sealed_bytes.len();
            self.sealed_bytes.extend(packet);
            self.sealed.push(from..self.sealed_bytes.len());
        }
    }

    /// Sends the next request; `false` when there is none any more.
    pub(crate) fn send(&mut self) -> bool {
        let Some(packet) = self.sealed.get(self.sent.len()) else {
            return false;
        };
        self.sent.push(Instant::now());
        let packet = &self.sealed_bytes[packet.clone()];
        self.socket.send(packet).expect("a server that runs");
        true
    }

    /// Takes an answer, if there is one.
    pub(crate) fn receive(&mut self) -> bool {
        if self.received.len() == self.sent.len() {
            return false;
        }
        let from = self.received.len() * ANSWER_LEN_MAX;
        let place = &mut self.received_bytes[from..from + ANSWER_LEN_MAX];
        match self.socket.recv(place) {
            Ok(len) => self.received.push((from..from + len, Instant::now())),
            Err(why) if why.kind() == ErrorKind::WouldBlock => return false,
            Err(why) => panic!("a server that runs: {why}"),
        }
        true
    }

    /// Opens all answers: how long each took. What was not sent may be sent another time.
    pub(crate) fn finish(&mut self, times: &mut Vec<std::time::Duration>) {
        let sent = u32::try_from(self.sent.len()).expect("few enough");
        self.sequence += sent;
        assert_eq!(
            self.sent.len(),
            self.received.len(),
            "each is answered once"
        );
        let mut open: Vec<usize> = Vec::new();
        let mut asked = 0..self.sent.len();
        for (range, at) in &self.received {
            let sequence = self.keys.open(&self.received_bytes[range.clone()]);
            let is_meant = |number: &usize| number % SEQUENCES == usize::from(sequence);
            let place = loop {
                match open.iter().position(is_meant) {
                    Some(place) => break place,
                    None => open.extend(Some(asked.next().expect("an answer to a request"))),
                }
            };
            times.push(at.duration_since(self.sent[open.swap_remove(place)]));
        }
    }
}

fn route(number: usize) -> Route {
    Route {
        responder: 0x20,
        requester: 0x81,
        requester_lun: 0,
        sequence: (number % SEQUENCES) as u8,
    }
}

impl Keys {
    /// Source: IPMI v2.0 §13.32.
    fn derive(session_key: &[u8]) -> Self {
        let mut encryption = [0; BLOCK];
        encryption.copy_from_slice(&mac(session_key, &[&[2; 20]])[..BLOCK]);
        Self {
            integrity: Hmac::new_from_slice(&mac(session_key, &[&[1; 20]])).expect("any length"),
            encryption,
        }
    }

    /// The initialization vector is no secret, and random only to hide equal messages from others:
    /// here the sequence number will do.
    fn seal(&self, (session, sequence): (u32, u32), message: &[u8]) -> Vec<u8> {
        let mut vector = [0; BLOCK];
        vector[..4].copy_from_slice(&sequence.to_le_bytes());
        let mut plain = message.to_vec();
        let pad = (BLOCK - 1 - message.len() % BLOCK) as u8;
        plain.extend((1..=pad).chain([pad]));
        let cipher = cbc::Encryptor::<Aes128>::new(&self.encryption.into(), &vector.into());
        let len = plain.len();
        let cipher_text = cipher.encrypt_padded_mut::<NoPadding>(&mut plain, len);
        let cipher_text = cipher_text.expect("whole blocks");
        let payload = [&vector, cipher_text].concat();
        let mut packet = packet(SEALED_MESSAGE, (session, sequence), &payload);
        // The payload is whole blocks, so two bytes of pad reach a multiple of four.
        packet.extend([0xff, 0xff, 2, 7]);
        let code = self.integrity.clone().chain_update(&packet[4..]).finalize();
        packet.extend_from_slice(&code.into_bytes()[..CODE_LEN]);
        packet
    }

    /// The sequence number of a message with completion code OK.
    fn open(&self, packet: &[u8]) -> u8 {
        let (signed, code) = packet.split_at(packet.len() - CODE_LEN);
        let right = self.integrity.clone().chain_update(&signed[4..]).finalize();
        assert_eq!(code, &right.into_bytes()[..CODE_LEN], "integrity");
        let len = usize::from(u16::from_le_bytes([packet[14], packet[15]]));
        let (vector, cipher_text) = packet[HEAD_LEN..HEAD_LEN + len].split_at(BLOCK);
        let mut plain = cipher_text.to_vec();
        cbc::Decryptor::<Aes128>::new(&self.encryption.into(), vector.into())
            .decrypt_padded_mut::<NoPadding>(&mut plain)
            .expect("whole blocks");
        let pad = plain.last().copied().expect("a block at least");
        let message = &plain[..plain.len() - 1 - usize::from(pad)];
        let answer = decode_response(message).expect("an answer");
        assert_eq!(answer.response.code, CompletionCode::OK, "{answer:?}");
        answer.route.sequence
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn packet(kind: u8, (session, sequence): (u32, u32), payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("short enough");
    let mut packet = HEAD.to_vec();
    packet.push(kind);
    packet.extend(session.to_le_bytes());
    packet.extend(sequence.to_le_bytes());
    packet.extend(len.to_le_bytes());
    packet.extend(payload);
    packet
}

/// Open Session and RAKP: the keys of the session, and its id at the server.
fn exchange(socket: &UdpSocket, server: &Server, id: u32) -> (Keys, u32) {
    let console = id.to_le_bytes();
    let (user, password) = (server.user.as_bytes(), server.password.as_bytes());
    let role = [ROLE, user.len() as u8];
    let random = [id as u8; 16];
    let algorithm = |kind: u8| [kind, 0, 0, 8, 1, 0, 0, 0];
    let algorithms = [0, 1, 2].map(algorithm).concat();
    let opened = ask(socket, 0x10, &[&[0, 4, 0, 0], &console, &algorithms]);
    let managed = &opened[8..12];
    let length = [ROLE, 0, 0, user.len() as u8];
    let second = ask(socket, 0x12, &[&[0; 4], managed, &random, &length, user]);
    let (theirs, guid) = (&second[8..24], &second[24..40]);
    let parts = [&console, managed, &random, theirs, guid, &role, user];
    assert_eq!(second[40..], mac(password, &parts), "{server:?}");
    let code = mac(password, &[theirs, &console, &role, user]);
    let fourth = ask(socket, 0x14, &[&[0; 4], managed, &code]);
    let session_key = mac(password, &[&random, theirs, &role, user]);
    let check = mac(&session_key, &[&random, managed, guid]);
    assert_eq!(fourth[8..], check[..CODE_LEN], "{server:?}");
    let managed = managed.try_into().map(u32::from_le_bytes);
    (Keys::derive(&session_key), managed.expect("four bytes"))
}

/// Sends one message of the exchange; the payload of its answer.
fn ask(socket: &UdpSocket, kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let question = packet(kind, (0, 0), &parts.concat());
    socket.send(&question).expect("a server that runs");
    let mut answer = [0; ANSWER_LEN_MAX];
    let len = socket.recv(&mut answer).expect("an answer");
    let answer = &answer[HEAD_LEN..len];
    assert_eq!(answer[1], 0, "status of payload {kind:x}");
    answer.to_vec()
}
