//! Keys of one session, ready for use: what follows from a key alone is computed once, not for each
//! packet.

use super::{BLOCK, CipherSuite, same};
use aes::Aes128;
use aes::cipher::{InnerIvInit, KeyInit};
use alloc::boxed::Box;
use alloc::vec::Vec;
use hmac::digest::CtOutput;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;

/// Keys of one session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keys {
    /// Integrity key K1.
    pub(crate) integrity: MacKey,
    /// Encryption key: the front of K2.
    pub(crate) encryption: CipherKey,
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// From the session integrity key. Source: IPMI v2.0 §13.32; the constants are 20 bytes for
    /// each algorithm.
    pub(crate) fn derive(suite: CipherSuite, session_key: &[u8]) -> Self {
        let mut encryption = [0; BLOCK];
        let second = suite.mac(session_key, &[&[2; 20]]);
        encryption.copy_from_slice(second.get(..BLOCK).expect("each HMAC has 20 bytes or more"));
        Self {
            integrity: suite.mac(session_key, &[&[1; 20]]).into(),
            encryption: encryption.into(),
        }
    }
}

/// A key of an HMAC that is as long as the HMAC itself: 20 bytes for SHA-1, otherwise SHA-256.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
pub(crate) struct MacKey {
    key: Vec<u8>,
    keyed: Box<Keyed>,
}

/// The HMAC, with its key taken in.
#[derive(Clone)]
enum Keyed {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
}

impl From<Vec<u8>> for MacKey {
    fn from(key: Vec<u8>) -> Self {
        const ANY: &str = "an HMAC takes a key of any length";
        let keyed = match key.len() == CipherSuite::Sha1.exchange_code_len() {
            true => Keyed::Sha1(Mac::new_from_slice(&key).expect(ANY)),
            false => Keyed::Sha256(Mac::new_from_slice(&key).expect(ANY)),
        };
        let keyed = Box::new(keyed);
        Self { key, keyed }
    }
}

impl From<MacKey> for Vec<u8> {
    fn from(key: MacKey) -> Self {
        key.key
    }
}

impl PartialEq for MacKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for MacKey {}

impl MacKey {
    /// The first 16 bytes of the HMAC.
    pub(super) fn front(&self, covered: &[u8]) -> [u8; 16] {
        match &*self.keyed {
            Keyed::Sha1(mac) => front(mac.clone().chain_update(covered).finalize()),
            Keyed::Sha256(mac) => front(mac.clone().chain_update(covered).finalize()),
        }
    }

    /// Length of the code behind each packet.
    pub(crate) fn code_len(&self) -> usize {
        match &*self.keyed {
            Keyed::Sha1(_) => CipherSuite::Sha1.code_len(),
            Keyed::Sha256(_) => CipherSuite::Sha256.code_len(),
        }
    }

    /// Puts the code of a packet behind it.
    pub(crate) fn sign(&self, packet: &mut Vec<u8>, covered_from: usize) {
        let code = self.front(packet.get(covered_from..).unwrap_or_default());
        packet.extend(code.iter().take(self.code_len()));
    }

    /// Whether a code is right.
    pub(crate) fn is_right(&self, covered: &[u8], code: &[u8]) -> bool {
        let right = self.front(covered);
        same(right.get(..self.code_len()).unwrap_or_default(), code)
    }
}

fn front<M: hmac::digest::OutputSizeUser>(mac: CtOutput<M>) -> [u8; 16] {
    let mac = mac.into_bytes();
    *mac.first_chunk().expect("each HMAC has 20 bytes or more")
}

/// A key of AES-128.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "[u8; BLOCK]", into = "[u8; BLOCK]")]
pub(crate) struct CipherKey {
    key: [u8; BLOCK],
    cipher: Box<Aes128>,
}

impl From<[u8; BLOCK]> for CipherKey {
    fn from(key: [u8; BLOCK]) -> Self {
        let cipher = Box::new(Aes128::new(&key.into()));
        Self { key, cipher }
    }
}

impl From<CipherKey> for [u8; BLOCK] {
    fn from(key: CipherKey) -> Self {
        key.key
    }
}

impl PartialEq for CipherKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for CipherKey {}

impl CipherKey {
    pub(super) fn encryptor(&self, vector: &[u8; BLOCK]) -> cbc::Encryptor<Aes128> {
        cbc::Encryptor::inner_iv_init((*self.cipher).clone(), vector.into())
    }

    pub(super) fn decryptor(&self, vector: &[u8; BLOCK]) -> cbc::Decryptor<Aes128> {
        cbc::Decryptor::inner_iv_init((*self.cipher).clone(), vector.into())
    }
}
