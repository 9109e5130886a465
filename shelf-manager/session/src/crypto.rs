//! Cipher suites: key exchange codes, packet integrity, encryption.
//!
//! Source: IPMI v2.0 §13.20–§13.33 (RAKP, integrity and confidentiality algorithms), §22.17 (IPMI
//! 1.5 MD5).

mod keys;

use aes::cipher::{BlockDecryptMut, BlockEncryptMut};
use alloc::vec::Vec;
use hmac::{Hmac, Mac};
pub(crate) use keys::{CipherKey, Keys, MacKey};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;

const BLOCK: usize = 16;

/// A cipher suite that we accept. Those without integrity or encryption are not offered on purpose.
///
/// Source: IPMI v2.0 Table 22-20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CipherSuite {
    /// Suite 3: HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    Sha1,
    /// Suite 17: HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    Sha256,
}

impl CipherSuite {
    /// Strongest first. Choice: the default order of preference.
    pub const PREFERRED: [Self; 2] = [Self::Sha256, Self::Sha1];

    /// Suite with that id; `None` when we do not accept it.
    #[must_use]
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            3 => Some(Self::Sha1),
            17 => Some(Self::Sha256),
            _ => None,
        }
    }

    /// Cipher suite id.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Sha1 => 3,
            Self::Sha256 => 17,
        }
    }

    /// Authentication algorithm number. Source: IPMI v2.0 Table 13-17.
    const fn authentication(self) -> u8 {
        match self {
            Self::Sha1 => 1,
            Self::Sha256 => 3,
        }
    }

    /// Integrity algorithm number. Source: IPMI v2.0 Table 13-18.
    const fn integrity(self) -> u8 {
        match self {
            Self::Sha1 => 1,
            Self::Sha256 => 4,
        }
    }

    /// Confidentiality algorithm number, AES-CBC-128. Source: IPMI v2.0 Table 13-19.
    const fn confidentiality(self) -> u8 {
        1
    }

    /// Numbers of its three algorithms, in the order of the wire.
    pub(crate) const fn algorithms(self) -> [u8; 3] {
        [
            self.authentication(),
            self.integrity(),
            self.confidentiality(),
        ]
    }

    /// Length of the key exchange authentication codes.
    pub(crate) const fn exchange_code_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Length of the integrity check value of RAKP 4 and of the code behind each packet.
    pub(crate) const fn code_len(self) -> usize {
        match self {
            Self::Sha1 => 12,
            Self::Sha256 => 16,
        }
    }

    /// The whole HMAC over `parts`, one behind the other.
    pub(crate) fn mac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => hmac_of::<Hmac<Sha1>>(key, parts),
            Self::Sha256 => hmac_of::<Hmac<Sha256>>(key, parts),
        }
    }

    /// The first [`Self::code_len`] bytes of the HMAC.
    pub(crate) fn code(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut code = self.mac(key, parts);
        code.truncate(self.code_len());
        code
    }
}

fn hmac_of<M: Mac + hmac::digest::KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as hmac::digest::KeyInit>::new_from_slice(key)
        .expect("an HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Whether two codes are equal, in a time that does not tell where they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// Initialization vector and ciphertext of `message`. Source: IPMI v2.0 §13.29.
pub(crate) fn encrypt(key: &CipherKey, vector: [u8; BLOCK], message: &[u8]) -> Vec<u8> {
    let pad_len = BLOCK - 1 - message.len() % BLOCK;
    let mut out = Vec::with_capacity(BLOCK + message.len() + pad_len + 1);
    out.extend_from_slice(&vector);
    out.extend_from_slice(message);
    out.extend(1..=pad_len as u8);
    out.push(pad_len as u8);
    let mut cipher = key.encryptor(&vector);
    for block in out.chunks_exact_mut(BLOCK).skip(1) {
        cipher.encrypt_block_mut(aes::Block::from_mut_slice(block));
    }
    out
}

/// The message in `payload`; `None` when its length or its pad is wrong.
pub(crate) fn decrypt(key: &CipherKey, payload: &[u8]) -> Option<Vec<u8>> {
    let (vector, cipher_text) = payload.split_first_chunk::<BLOCK>()?;
    if cipher_text.is_empty() || cipher_text.len() % BLOCK != 0 {
        return None;
    }
    let mut plain = cipher_text.to_vec();
    let mut cipher = key.decryptor(vector);
    for block in plain.chunks_exact_mut(BLOCK) {
        cipher.decrypt_block_mut(aes::Block::from_mut_slice(block));
    }
    let pad_len = plain.pop()?;
    let message_len = plain.len().checked_sub(usize::from(pad_len))?;
    let pad = plain.get(message_len..)?;
    let is_pad = usize::from(pad_len) < BLOCK && pad.iter().copied().eq(1..=pad_len);
    plain.truncate(message_len);
    is_pad.then_some(plain)
}

/// Authentication code of an IPMI 1.5 packet with MD5. Source: IPMI v2.0 §22.17.1.
pub(crate) fn md5_code(password: &[u8], session: u32, sequence: u32, message: &[u8]) -> [u8; 16] {
    let key = md5_key(password);
    Md5::new()
        .chain_update(key)
        .chain_update(session.to_le_bytes())
        .chain_update(message)
        .chain_update(sequence.to_le_bytes())
        .chain_update(key)
        .finalize()
        .into()
}

/// Authentication code of Activate Session on a channel whose messages have no session header.
///
/// Source: IPMI v2.0 §22.17.1 (single-session channels).
pub(crate) fn md5_activation_code(
    password: &[u8],
    temporary: u32,
    challenge: &[u8; 16],
) -> [u8; 16] {
    let key = md5_key(password);
    Md5::new()
        .chain_update(key)
        .chain_update(temporary.to_le_bytes())
        .chain_update(challenge)
        .chain_update(key)
        .finalize()
        .into()
}

/// Only the first 16 bytes count.
fn md5_key(password: &[u8]) -> [u8; 16] {
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(password) {
        *to = *from;
    }
    key
}

/// Numbers nobody can guess, all derived from one seed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entropy {
    seed: MacKey,
    drawn: u64,
}

impl core::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Entropy(..)")
    }
}

impl Entropy {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let seed = seed.to_vec().into();
        Self { seed, drawn: 0 }
    }

    /// The next 16 bytes: HMAC-SHA256 of a counter, under the seed.
    pub(crate) fn draw(&mut self) -> [u8; 16] {
        self.drawn = self.drawn.wrapping_add(1);
        self.seed.front(&self.drawn.to_le_bytes())
    }

    /// Numbers that nobody can guess who knows those drawn from here.
    pub(crate) fn fork(&mut self) -> Self {
        let mut seed = [0; 32];
        for half in seed.chunks_exact_mut(16) {
            half.copy_from_slice(&self.draw());
        }
        Self::new(seed)
    }

    /// The next number that is not 0.
    pub(crate) fn draw_id(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.draw();
        u32::from_le_bytes([a, b, c, d]).max(1)
    }
}

#[cfg(test)]
pub(crate) mod tests;
