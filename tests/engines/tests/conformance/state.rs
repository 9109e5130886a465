//! The state of a member: all that its log says, and whether a log may say that.

use group::{Content, NodeId};
use machine::Time;
use machine::log::Entry;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a byte of a command or of a state is that is only there to make it large.
const FILLER: u8 = 0x5a;

/// What follows from the log up to one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Each command by its tag: whose it is, and where it stands.
    pub(crate) commands: BTreeMap<u64, (NodeId, u64)>,
    /// Of each node: number and tag of its last command.
    last: BTreeMap<NodeId, (u64, u64)>,
    /// Epoch of the last view, and who is in it.
    pub(crate) epoch: u64,
    view: BTreeSet<NodeId>,
    time: Time,
    /// Depends on all entries and on their order, as any machine's state does.
    pub(crate) digest: u64,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A view of this epoch begins.
    View(u64),
    /// A command.
    Command { from: NodeId, tag: u64 },
}

/// A command of so many bytes, by which it is known.
pub(crate) fn command(tag: u64, bytes: usize) -> Vec<u8> {
    let mut command = tag.to_le_bytes().to_vec();
    command.resize(bytes.max(command.len()), FILLER);
    command
}

fn tag(command: &[u8]) -> u64 {
    let (tag, filler) = command.split_first_chunk().expect("commands have a tag");
    assert!(
        filler == vec![FILLER; filler.len()],
        "a command was damaged"
    );
    u64::from_le_bytes(*tag)
}

impl State {
    /// The log has one more entry.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Step {
        assert!(entry.pos.time >= self.time, "time went back");
        self.time = entry.pos.time;
        self.stir(entry.pos.time.0);
        match Content::of(entry).expect("a group wrote it") {
            Content::Command {
                from,
                number,
                command,
            } => {
                let tag = tag(&command);
                self.command(from, (number, tag), entry.pos.index);
                Step::Command { from, tag }
            }
            Content::Primary {
                epoch,
                holders,
                others,
                ..
            } => {
                assert!(epoch > self.epoch, "{epoch} after {}", self.epoch);
                self.epoch = epoch;
                self.view = &holders | &others;
                self.stir(epoch);
                Step::View(epoch)
            }
        }
    }

    fn command(&mut self, from: NodeId, (number, tag): (u64, u64), index: u64) {
        let view = &self.view;
        assert!(view.contains(&from), "{from:?} is not in {view:?}");
        let (before, earlier) = self.last.insert(from, (number, tag)).unwrap_or_default();
        assert_eq!(
            number,
            before + 1,
            "{from:?} lost a command, or has one twice"
        );
        assert!(tag > earlier, "{from:?} did not submit it in this order");
        self.commands.insert(tag, (from, index));
        self.stir(tag);
    }

    fn stir(&mut self, word: u64) {
        self.digest = (self.digest ^ word).wrapping_mul(0x0100_0000_01b3) ^ (word >> 32);
    }

    /// As others are given it, with so many bytes more.
    pub(crate) fn encode(&self, filler: usize) -> Vec<u8> {
        let state = postcard::to_allocvec(self).expect("it can be encoded");
        let length = u64::try_from(state.len()).expect("it is small");
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(state);
        bytes.resize(bytes.len() + filler, FILLER);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8], filler: usize) -> Self {
        let (length, rest) = bytes.split_first_chunk().expect("it has a length");
        let length = usize::try_from(u64::from_le_bytes(*length)).expect("it is small");
        let (state, rest) = rest.split_at(length);
        assert!(rest == vec![FILLER; filler], "a state was damaged");
        postcard::from_bytes(state).expect("a member encoded it")
    }
}
