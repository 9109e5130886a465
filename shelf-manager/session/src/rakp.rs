//! Messages that open an RMCP+ session, and the codes in them.
//!
//! Source: IPMI v2.0 §13.17–§13.24 (Open Session, RAKP 1–4), §13.31 (what the codes cover).

use crate::crypto::{CipherSuite, Keys, same};
use alloc::vec::Vec;
use ipmi::wire::{Reader, Truncated};
use serde::{Deserialize, Serialize};

/// Longest user name. Source: IPMI v2.0 Table 13-11.
pub(crate) const USER_LEN_MAX: usize = 16;
/// Look the user up by name alone, not by name and privilege. Source: IPMI v2.0 Table 13-11.
pub(crate) const NAME_ONLY: u8 = 0x10;

/// Status codes that we tell apart. Source: IPMI v2.0 Table 13-15.
pub(crate) mod status {
    pub(crate) const OK: u8 = 0x00;
    pub(crate) const NO_RESOURCES: u8 = 0x01;
    pub(crate) const INVALID_SESSION: u8 = 0x02;
    pub(crate) const INVALID_PAYLOAD_TYPE: u8 = 0x03;
    pub(crate) const INVALID_AUTHENTICATION: u8 = 0x04;
    pub(crate) const INVALID_INTEGRITY: u8 = 0x05;
    pub(crate) const INACTIVE_SESSION: u8 = 0x08;
    pub(crate) const INVALID_ROLE: u8 = 0x09;
    pub(crate) const UNAUTHORIZED_ROLE: u8 = 0x0a;
    pub(crate) const INVALID_NAME_LENGTH: u8 = 0x0c;
    pub(crate) const UNAUTHORIZED_NAME: u8 = 0x0d;
    pub(crate) const BAD_INTEGRITY_CHECK: u8 = 0x0f;
    pub(crate) const INVALID_CONFIDENTIALITY: u8 = 0x10;
    pub(crate) const NO_CIPHER_SUITE: u8 = 0x11;
    pub(crate) const ILLEGAL_PARAMETER: u8 = 0x12;
}

/// Whether an Open Session Response refuses the algorithms. Source: IPMI v2.0 Table 13-15.
pub(crate) fn refuses_algorithms(status: u8) -> bool {
    // Authentication, integrity or confidentiality algorithm invalid, no such payload, no such
    // suite.
    matches!(status, 0x04..=0x07 | 0x10 | 0x11)
}

/// RMCP+ Open Session Request.
pub(crate) fn open_session(tag: u8, privilege: u8, console: u32, suite: CipherSuite) -> Vec<u8> {
    let mut out = Vec::from([tag, privilege, 0, 0]);
    out.extend_from_slice(&console.to_le_bytes());
    algorithm_payloads(suite, &mut out);
    out
}

/// The three algorithms, as request and response carry them.
pub(crate) fn algorithm_payloads(suite: CipherSuite, out: &mut Vec<u8>) {
    for (kind, algorithm) in (0..).zip(suite.algorithms()) {
        out.extend_from_slice(&[kind, 0, 0, 8, algorithm, 0, 0, 0]);
    }
}

/// Front of each answer while a session opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Front {
    pub(crate) tag: u8,
    pub(crate) status: u8,
    /// `None` where an error message ends before it.
    pub(crate) console: Option<u32>,
}

/// Reads the front, and leaves the reader behind it.
pub(crate) fn front(reader: &mut Reader<'_>) -> Result<Front, Truncated> {
    let tag = reader.u8("message tag")?;
    let status = reader.u8("status")?;
    let console = match reader.take(2, "reserved") {
        Ok(_) => reader.u32("console session id").ok(),
        Err(_) => None,
    };
    if status == status::OK && console.is_none() {
        let field = "console session id";
        return Err(Truncated { field });
    }
    Ok(Front {
        tag,
        status,
        console,
    })
}

/// Behind the front of an Open Session Response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) managed: u32,
    /// Authentication, integrity and confidentiality algorithm.
    pub(crate) algorithms: [u8; 3],
}

pub(crate) fn opened(reader: &mut Reader<'_>) -> Result<Opened, Truncated> {
    let managed = reader.u32("managed system session id")?;
    let mut algorithms = [0; 3];
    for algorithm in &mut algorithms {
        let [_, _, _, _, number, ..] = reader.array::<8>("algorithm payload")?;
        *algorithm = number;
    }
    Ok(Opened {
        managed,
        algorithms,
    })
}

/// What the managed system adds to a key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Random number of the managed system.
    pub(crate) random: [u8; 16],
    pub(crate) guid: [u8; 16],
}

/// Behind the front of RAKP Message 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rakp2 {
    pub(crate) challenge: Challenge,
    pub(crate) code: Vec<u8>,
}

pub(crate) fn rakp_2(reader: &mut Reader<'_>, suite: CipherSuite) -> Result<Rakp2, Truncated> {
    Ok(Rakp2 {
        challenge: Challenge {
            random: reader.array("random number")?,
            guid: reader.array("guid")?,
        },
        code: reader
            .take(suite.exchange_code_len(), "key exchange code")?
            .to_vec(),
    })
}

/// Who opens a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    pub(crate) user: &'a [u8],
    pub(crate) password: &'a [u8],
    /// The whole byte of RAKP Message 1: privilege level, and how the user is looked up.
    pub(crate) role: u8,
}

impl Who<'_> {
    fn role_and_len(&self) -> [u8; 2] {
        [self.role, self.user.len() as u8]
    }
}

/// What both ends know about a session that is being opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) suite: CipherSuite,
    /// Session id of the console.
    pub(crate) console: u32,
    /// Session id of the managed system.
    pub(crate) managed: u32,
    /// Random number of the console.
    pub(crate) random: [u8; 16],
}

impl Exchange {
    /// RAKP Message 1.
    pub(crate) fn rakp_1(&self, tag: u8, who: Who<'_>) -> Vec<u8> {
        let mut out = Vec::from([tag, 0, 0, 0]);
        out.extend_from_slice(&self.managed.to_le_bytes());
        out.extend_from_slice(&self.random);
        out.extend_from_slice(&[who.role, 0, 0, who.user.len() as u8]);
        out.extend_from_slice(who.user);
        out
    }

    /// RAKP Message 2 that goes on.
    pub(crate) fn rakp_2(&self, tag: u8, who: Who<'_>, challenge: &Challenge) -> Vec<u8> {
        let mut out = answer_front(tag, status::OK, self.console);
        out.extend_from_slice(&challenge.random);
        out.extend_from_slice(&challenge.guid);
        out.extend(self.managed_code(who, challenge));
        out
    }

    /// RAKP Message 3 that goes on.
    pub(crate) fn rakp_3(&self, tag: u8, who: Who<'_>, challenge: &Challenge) -> Vec<u8> {
        let mut out = self.rakp_3_front(tag, status::OK);
        out.extend(self.console_code(who, challenge));
        out
    }

    /// RAKP Message 3 that tells the managed system why we stop.
    pub(crate) fn rakp_3_front(&self, tag: u8, status: u8) -> Vec<u8> {
        answer_front(tag, status, self.managed)
    }

    /// RAKP Message 4 that ends the exchange well.
    pub(crate) fn rakp_4(&self, tag: u8, session_key: &[u8], challenge: &Challenge) -> Vec<u8> {
        let mut out = answer_front(tag, status::OK, self.console);
        out.extend(self.check_value(session_key, challenge));
        out
    }

    /// Whether RAKP Message 2 comes from somebody who knows the password.
    pub(crate) fn knows_password(&self, who: Who<'_>, answer: &Rakp2) -> bool {
        same(&self.managed_code(who, &answer.challenge), &answer.code)
    }

    /// The key exchange code with which the managed system shows that it knows the password.
    fn managed_code(&self, who: Who<'_>, challenge: &Challenge) -> Vec<u8> {
        self.suite.mac(
            who.password,
            &[
                &self.console.to_le_bytes(),
                &self.managed.to_le_bytes(),
                &self.random,
                &challenge.random,
                &challenge.guid,
                &who.role_and_len(),
                who.user,
            ],
        )
    }

    /// The key exchange code with which the console shows that it knows the password.
    pub(crate) fn console_code(&self, who: Who<'_>, challenge: &Challenge) -> Vec<u8> {
        let console = self.console.to_le_bytes();
        self.suite.mac(
            who.password,
            &[&challenge.random, &console, &who.role_and_len(), who.user],
        )
    }

    /// The session integrity key, where there is no K_G.
    pub(crate) fn session_key(&self, who: Who<'_>, challenge: &Challenge) -> Vec<u8> {
        self.session_key_from(who.password, who, challenge)
    }

    /// The session integrity key from that key: K_G, or the user's password where there is none.
    pub(crate) fn session_key_from(
        &self,
        key: &[u8],
        who: Who<'_>,
        challenge: &Challenge,
    ) -> Vec<u8> {
        self.suite.mac(
            key,
            &[
                &self.random,
                &challenge.random,
                &who.role_and_len(),
                who.user,
            ],
        )
    }

    /// The integrity check value that RAKP Message 4 must have.
    pub(crate) fn check_value(&self, session_key: &[u8], challenge: &Challenge) -> Vec<u8> {
        self.suite.code(
            session_key,
            &[&self.random, &self.managed.to_le_bytes(), &challenge.guid],
        )
    }

    /// Keys of the session.
    pub(crate) fn keys(&self, session_key: &[u8]) -> Keys {
        Keys::derive(self.suite, session_key)
    }
}

/// Front of RAKP Messages 2, 3 and 4, and of Open Session Response: alone when it refuses.
pub(crate) fn answer_front(tag: u8, status: u8, session: u32) -> Vec<u8> {
    let mut out = Vec::from([tag, status, 0, 0]);
    out.extend_from_slice(&session.to_le_bytes());
    out
}
