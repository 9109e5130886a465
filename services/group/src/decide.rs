//! What a view decides once all of its members have spoken.

use crate::{Hash, Ledger, Member, NodeId, Position, Role};
use alloc::collections::{BTreeMap, BTreeSet};
use machine::Time;
use serde::{Deserialize, Serialize};

/// What a member tells the view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The view that it speaks of: a hash over its ring and its members.
    pub view: Hash,
    /// How often members spoke anew in this view before.
    pub round: u64,
    /// Whether it found the ring quorate.
    pub quorate: bool,
    /// What it is to the log.
    pub role: Role,
    /// Where its log ends.
    pub position: Position,
    /// Who must be there so that nobody outside can have gone on with this log: its holders.
    pub required: BTreeSet<NodeId>,
    /// What it promised last.
    pub promised: Promise,
    /// The highest epoch that it was to promise, whether or not it did.
    pub known: u64,
    /// It comes straight from being primary, and each ring since was quorate from the start.
    pub direct: bool,
    /// Somebody who knows that no other log is newer has said so.
    pub forced: bool,
    /// Its log is right, but the state that it made of it is not: it wants another's.
    pub renounces: bool,
    /// The last epoch of which this process was a holder: it has all that was stable then. 0 before
    /// the first.
    pub held: u64,
    /// Its clock.
    pub time: Time,
    /// When it started, by its clock; `None` when another process of its node took its place.
    pub since: Option<Time>,
}

/// What a member that keeps a log promises before a view begins, on its disk: that it will have no
/// part in a view of an earlier epoch, and that it will ask these for what became of this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The epoch of the view.
    pub epoch: u64,
    /// The holders of the view.
    pub holders: BTreeSet<NodeId>,
}

impl State {
    /// Whether this disk never had a part in a log: it is a new one.
    ///
    /// Choice: such a disk does not stand for the one that was there before, which may have had
    /// what nobody else has. An operator who knows better says so.
    fn is_blank(&self) -> bool {
        self.position.epoch == 0 && self.promised.epoch == 0
    }

    /// What is required of a view by somebody with this log. `configured` are those that must be
    /// there when the log begins.
    ///
    /// Choice: a log is not begun by half of the holders: the other half may have one already, as
    /// when a CMM was replaced and starts first.
    pub fn required(ledger: &Ledger, configured: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
        match ledger.position().epoch {
            0 => configured.clone(),
            _ => ledger.holders().clone(),
        }
    }
}

/// A view that is to become primary, once all that keep a log have promised its epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Its epoch.
    pub epoch: u64,
    /// Where the log goes on.
    pub from: Position,
    /// Nodes that keep it, and have it so far.
    pub holders: BTreeSet<NodeId>,
    /// All members that have it so far; the others get it from these.
    pub in_sync: BTreeSet<Member>,
    /// All members that keep a log.
    pub keepers: BTreeSet<Member>,
    /// The earliest clock among those.
    ///
    /// Choice: a log's time that has gone too far cannot come back, one that lags does no harm. So
    /// one clock that was set wrong moves nothing, as long as another one is right.
    pub time: Time,
}

/// What becomes of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes on with the log.
    Primary(Agreed),
    /// Not all of it is quorate.
    NotQuorate,
    /// Somebody else may have gone on with the log: these must come first, or an operator must say
    /// that they never will. One of them may be here, with a new disk.
    Awaits(BTreeSet<NodeId>),
}

/// Members that have no part in the view, as another process of their node started later.
///
/// A process that died may still be in the group when the next one joins, and somebody may start a
/// second one by mistake. Both would number the commands of their node.
pub(crate) fn superseded(states: &BTreeMap<Member, State>) -> BTreeSet<Member> {
    let rank = |member: &Member, state: &State| (state.since, member.incarnation);
    let later = |member: &Member, state: &State| {
        let others = states.iter().filter(|(it, _)| it.node == member.node);
        let mut ranks = others.map(|(it, state)| rank(it, state));
        state.since.is_none() || ranks.any(|other| other > rank(member, state))
    };
    let gone = states.iter().filter(|(member, state)| later(member, state));
    gone.map(|(member, _)| *member).collect()
}

/// What becomes of the view in which these are all members.
pub fn decide(states: &BTreeMap<Member, State>) -> Decision {
    let gone = superseded(states);
    let states: BTreeMap<&Member, &State> = states
        .iter()
        .filter(|(member, _)| !gone.contains(member))
        .collect();
    if !states.values().all(|state| state.quorate) {
        return Decision::NotQuorate;
    }
    let keepers = || states.iter().filter(|(_, it)| it.role == Role::Holder);
    let Some((_, newest)) = keepers().max_by_key(|(_, state)| state.position) else {
        return Decision::Awaits(BTreeSet::new());
    };
    let instead = keepers().filter(|(member, state)| stands_in(newest, member.node, state));
    let best = instead
        .map(|(_, state)| *state)
        .max_by_key(|state| state.position);
    let best = best.unwrap_or(newest);
    let has_it = |state: &State| state.position == best.position;
    let present = keepers().filter(|(_, state)| !state.is_blank() || best.position.epoch == 0);
    let present: BTreeSet<NodeId> = present.map(|(member, _)| member.node).collect();
    let missing: BTreeSet<NodeId> = required(best, keepers().map(|(_, state)| *state))
        .difference(&present)
        .copied()
        .collect();
    let may = |state: &State| has_it(state) && (state.direct || state.forced);
    if !missing.is_empty() && !keepers().any(|(_, state)| may(state)) {
        return Decision::Awaits(missing);
    }
    let known = keepers().map(|(_, state)| state.known.max(best.position.epoch));
    // Who renounces its state is behind as soon as somebody has one to give; until then its log
    // counts as any.
    let gives = keepers().any(|(_, state)| has_it(state) && !state.renounces);
    let in_step = |state: &State| has_it(state) && !(gives && state.renounces);
    let in_sync = states.iter().filter(|(_, state)| in_step(state));
    let having = keepers().filter(|(_, state)| in_step(state));
    let clocks = keepers().map(|(_, state)| state.time);
    Decision::Primary(Agreed {
        epoch: known.max().unwrap_or(0) + 1,
        from: best.position,
        holders: having.map(|(member, _)| member.node).collect(),
        in_sync: in_sync.map(|(member, _)| **member).collect(),
        keepers: keepers().map(|(member, _)| **member).collect(),
        time: clocks.min().unwrap_or_default(),
    })
}

/// Whether a log goes on in place of the newest one, of which nobody could be given the state.
///
/// Two that were holders of one view may have seen different ends of it, of which nothing was
/// stable: the one that is shorter is not the beginning of the other one, and would need its state.
fn stands_in(newest: &State, node: NodeId, state: &State) -> bool {
    let epoch = newest.position.epoch;
    let was_holder = state.held == epoch && newest.required.contains(&node);
    let is_of_epoch = state.position.epoch == epoch && was_holder;
    newest.renounces && !state.renounces && is_of_epoch
}

/// Who must be there to know that `best` is the newest log: its holders, and those of views that
/// may have begun after it.
fn required<'a>(best: &State, keepers: impl Iterator<Item = &'a State>) -> BTreeSet<NodeId> {
    let promises = keepers.map(|state| &state.promised);
    let later = promises.filter(|promise| promise.epoch > best.position.epoch);
    let of_later = later.flat_map(|promise| &promise.holders);
    best.required.iter().chain(of_later).copied().collect()
}
