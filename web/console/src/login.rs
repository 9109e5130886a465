//! Who may change things: passwords, sessions, and a brake on guessing.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};
use web_api::{Refusal, RefusalCode};

#[cfg(test)]
mod tests;

/// Sessions at a time; one more ends the one that would end first.
const SESSIONS_MAX: usize = 64;
/// How long a session lives.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Wrong passwords from one address within [`FAILURE_WINDOW`] before it must wait.
const FAILURES_MAX: u32 = 8;
/// See [`FAILURES_MAX`].
const FAILURE_WINDOW: Duration = Duration::from_secs(60);
/// Addresses whose failures are counted; one more forgets the oldest.
const FAILING_ADDRESSES_MAX: usize = 1024;

/// An operator's name and password.
#[derive(Clone)]
pub struct Credential {
    /// Login name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// Shows the name only: passwords do not belong into logs.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Operators, their sessions, and who failed to log in lately.
pub(crate) struct Login {
    /// Keys the digests, so that their comparison tells nothing about a password.
    key: [u8; 32],
    users: Vec<(String, [u8; 32])>,
    /// By digest of the token, so that a look-up's time tells nothing about a token.
    sessions: BTreeMap<[u8; 32], Session>,
    /// By [`network`].
    failures: BTreeMap<IpAddr, Failures>,
}

struct Session {
    user: String,
    ends: Instant,
}

struct Failures {
    since: Instant,
    count: u32,
}

impl Login {
    pub(crate) fn new(credentials: &[Credential]) -> std::io::Result<Self> {
        let key = random()?;
        let users = credentials
            .iter()
            .map(|c| (c.name.clone(), digest(&key, &c.name, &c.password)));
        let users = users.collect();
        Ok(Self {
            key,
            users,
            sessions: BTreeMap::new(),
            failures: BTreeMap::new(),
        })
    }

    /// The user with this name and password.
    pub(crate) fn verify(
        &mut self,
        peer: IpAddr,
        (name, password): (&str, &str),
        now: Instant,
    ) -> Result<String, Refusal> {
        if self.users.is_empty() {
            let text = "no user is configured, so nobody can log in";
            return Err(Refusal::new(RefusalCode::NotPermitted, text));
        }
        let peer = network(peer);
        self.failures
            .retain(|_, failures| now.duration_since(failures.since) < FAILURE_WINDOW);
        if self
            .failures
            .get(&peer)
            .is_some_and(|failures| failures.count >= FAILURES_MAX)
        {
            let text = "too many wrong passwords: wait a minute";
            return Err(Refusal::new(RefusalCode::TooMany, text));
        }
        let presented = digest(&self.key, name, password);
        let mut found = None;
        // Every user is compared, so that the time does not tell which names exist.
        for (user, expected) in &self.users {
            if same(expected, &presented) {
                found = Some(user.clone());
            }
        }
        if found.is_none() {
            self.count_failure(peer, now);
        }
        found.ok_or_else(|| Refusal::new(RefusalCode::NotLoggedIn, "wrong name or password"))
    }

    /// Opens a session; returns its token.
    pub(crate) fn open(&mut self, user: String, now: Instant) -> std::io::Result<String> {
        let token: [u8; 32] = random()?;
        let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        self.sessions.retain(|_, session| session.ends > now);
        if self.sessions.len() >= SESSIONS_MAX {
            let first = self
                .sessions
                .iter()
                .min_by_key(|(_, s)| s.ends)
                .map(|(key, _)| *key);
            first.and_then(|key| self.sessions.remove(&key));
        }
        self.sessions.insert(
            hash(&token),
            Session {
                user,
                ends: now + SESSION_LIFE,
            },
        );
        Ok(token)
    }

    /// The user whose session this token opens.
    pub(crate) fn session(&self, token: &str, now: Instant) -> Option<&str> {
        let session = self.sessions.get(&hash(token))?;
        (session.ends > now).then_some(session.user.as_str())
    }

    /// Ends a session.
    pub(crate) fn close(&mut self, token: &str) {
        self.sessions.remove(&hash(token));
    }

    fn count_failure(&mut self, peer: IpAddr, now: Instant) {
        if !self.failures.contains_key(&peer) && self.failures.len() >= FAILING_ADDRESSES_MAX {
            let oldest = self
                .failures
                .iter()
                .min_by_key(|(_, f)| f.since)
                .map(|(peer, _)| *peer);
            oldest.and_then(|peer| self.failures.remove(&peer));
        }
        let failures = self.failures.entry(peer).or_insert(Failures {
            since: now,
            count: 0,
        });
        failures.count += 1;
    }
}

/// The address as which a peer counts: who has one address of an IPv6 network has all 2^64 of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

fn random() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(bytes)
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn digest(key: &[u8; 32], name: &str, password: &str) -> [u8; 32] {
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    let length = u64::try_from(name.len())
        .expect("a length fits 64 bits")
        .to_be_bytes();
    let digest = Sha256::new().chain_update(key).chain_update(length);
    digest
        .chain_update(name.as_bytes())
        .chain_update(password.as_bytes())
        .finalize()
        .into()
}

/// Compares without stopping at the first difference.
fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    let difference = left.iter().zip(right).fold(0, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0
}
