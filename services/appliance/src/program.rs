//! Versions of the rules, and which of them a program can run.
//!
//! A shelf is upgraded one member after the other, so for a while members with different programs
//! apply the same log. They must make the same of it: by which version of the rules an entry counts
//! is itself a part of the state ([`redundancy::Redundancy::version`]), and a member whose program
//! does not know that version takes no part ([`crate::Do::Unfit`]).

use alloc::string::String;
use alloc::vec::Vec;
use redundancy::Software;

/// The newest version of the rules that this program can run: of what commands mean, and of how
/// they and the state are encoded.
///
/// It grows whenever one of these changes. As long as [`OLDEST`] does not grow with it, this
/// program runs beside the one before it, and then:
///
/// - Commands, and the variants within them, are only ever appended, and proposed only once the
///   log's version is one that has them: another program would pass them over as unreadable. In a
///   log of an older version they are passed over here as well.
/// - A machine whose rules differ between the versions is handed the log's, and goes by it.
/// - [`crate::Appliance::snapshot`] encodes the state as the log's version has it, so that whoever
///   joins can read it, and [`crate::Appliance::restore`] has a reader for each version.
pub const VERSION: u32 = 8;

/// The oldest version of the rules that this program can run.
///
/// It grows when the rules of an old version are given up: what that version still has in the log
/// of some shelf cannot be applied any more, so each program can run the newest version of the one
/// before it.
pub const OLDEST: u32 = 8;

/// Bytes before an encoded state: the version that it is encoded by, least significant first.
const HEAD: usize = 4;

/// A program, as far as versions go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its own version, for people, such as `1.2.0`.
    pub text: String,
    /// The oldest version of the rules that it can run.
    pub oldest: u32,
    /// The newest.
    pub newest: u32,
}

impl Program {
    /// This one.
    pub fn this() -> Self {
        Self {
            text: env!("CARGO_PKG_VERSION").into(),
            oldest: OLDEST,
            newest: VERSION,
        }
    }

    /// Whether it can run this version of the rules.
    pub fn runs(&self, version: u32) -> bool {
        (self.oldest..=self.newest).contains(&version)
    }

    /// What members are told of it.
    pub fn software(&self) -> Software {
        Software {
            text: self.text.clone(),
            machines_min: self.oldest,
            machines_max: self.newest,
        }
    }
}

/// Why a program cannot go on with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It cannot run this version of the rules, by which the log goes on, or the state is encoded.
    Version(u32),
    /// The state is not one.
    Damaged,
}

/// What an encoded state begins with. A log in which nobody has told yet what it runs has the
/// oldest version's state.
pub(crate) fn head(version: Option<u32>) -> Vec<u8> {
    version.unwrap_or(OLDEST).to_le_bytes().to_vec()
}

/// The version that a state is encoded by, and what follows that.
pub(crate) fn split(snapshot: &[u8]) -> Result<(u32, &[u8]), Unfit> {
    let (head, state) = snapshot.split_first_chunk::<HEAD>().ok_or(Unfit::Damaged)?;
    Ok((u32::from_le_bytes(*head), state))
}
