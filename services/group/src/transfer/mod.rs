//! What members that are behind are given, from both ends.
//!
//! Who is behind says where its log ends, and chooses who gives it what is missing. If the giver's
//! log goes on from there, and not too far, it gives the entries; otherwise a snapshot of the
//! state, then the entries since. Entries come from the giver's disk, so that nothing is held back
//! while a snapshot is on its way. When it has given all that it has, it says after how many
//! messages of the view that was so; the other has held back what was ordered since, and goes on
//! with that.
//!
//! A snapshot, as far as it has come, outlives the view: in the next one it goes on where it was,
//! if both are still there.

mod giving;
mod incoming;

pub(crate) use giving::{Giving, Here, Step};
pub(crate) use incoming::{Held, Incoming, Progress};

use crate::{Hash, Member, Position};
use alloc::vec::Vec;
use machine::log::Entry;
use machine::{Pos, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Largest snapshot, in bytes.
pub(crate) const SNAPSHOT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Most entries that are given to somebody who could be given a snapshot as well.
///
/// Choice: how large a snapshot would be is known only once it has been made; this many entries
/// are a few seconds of a busy shelf.
pub(crate) const ENTRIES_MAX: u64 = 65_536;

/// Most bytes of commands that somebody who catches up holds back.
pub(crate) const HELD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What somebody who is behind says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// Epoch of the view.
    pub epoch: u64,
    /// Who is to give it.
    pub from: Member,
    /// Where the log of the sender ends; at the beginning when only a snapshot helps.
    pub position: Position,
    /// Which snapshot has come in part, and how many bytes of it have.
    pub snapshot: Option<(Hash, u64)>,
    /// It had a snapshot before, and wants no other one.
    pub follows: bool,
}

/// A hash over a part of a snapshot. Each part has its own, so that nobody is held up for as long
/// as it takes to hash all of it.
fn digest(part: &[u8]) -> Hash {
    Hash(Sha256::digest(part).into())
}

/// Which snapshot it is that the view of an epoch wanted. No other view has that epoch.
fn id(epoch: u64, position: Position) -> Hash {
    let hash = Sha256::new()
        .chain_update(epoch.to_le_bytes())
        .chain_update(position.index.to_le_bytes())
        .chain_update(position.hash.0);
    Hash(hash.finalize().into())
}

/// An entry on its way; its index follows from its place.
#[derive(Debug, Serialize, Deserialize)]
struct Piece {
    time: Time,
    #[serde(with = "crate::bytes")]
    command: Vec<u8>,
}

/// Entries as they travel.
fn encoded(entries: Vec<Entry>) -> Vec<u8> {
    let pieces = entries.into_iter().map(|entry| Piece {
        time: entry.pos.time,
        command: entry.command,
    });
    let pieces: Vec<Piece> = pieces.collect();
    // Postcard refuses only what has no length in advance; nothing here is such a thing.
    postcard::to_allocvec(&pieces).unwrap_or_default()
}

/// Entries that have come, the first of them with this index.
fn decoded(first: u64, bytes: &[u8]) -> Option<Vec<Entry>> {
    let (pieces, rest) = postcard::take_from_bytes::<Vec<Piece>>(bytes).ok()?;
    let entries = (first..).zip(pieces).map(|(index, piece)| Entry {
        pos: Pos {
            index,
            time: piece.time,
        },
        command: piece.command,
    });
    rest.is_empty().then(|| entries.collect())
}
