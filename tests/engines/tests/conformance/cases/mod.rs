//! What the log promises, case by case.

mod catching_up;
mod chance;
mod cold;
mod disks;
mod once;
mod order;
mod promises;
mod room;
mod views;

use crate::bed::{Fault, Offer};
use crate::world::World;
use group::NodeId;

/// What a case needs from an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A member that keeps the log.
    OneCmm,
    /// Two of them, and a blade.
    TwoCmms,
    /// The same, and disks from which power can be taken.
    Power,
}

/// A promise, and how it is put to the test.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) promise: &'static str,
    /// Of DESIGN.md.
    pub(crate) clause: &'static str,
    pub(crate) needs: Needs,
    pub(crate) run: fn(&mut World<'_>),
}

impl Needs {
    /// What an engine lacks for that, if anything.
    pub(crate) fn lack(self, offer: &Offer) -> Option<&'static str> {
        let has_others = offer.cmms.len() > 1 && !offer.blades.is_empty();
        match self {
            Self::TwoCmms | Self::Power if !has_others => Some("has one member"),
            Self::Power if !offer.has_power_switch => Some("has no power switch"),
            Self::OneCmm | Self::TwoCmms | Self::Power => None,
        }
    }
}

/// Cuts these off from all others, who hear each other. Whoever has the line has had it for long.
#[track_caller]
fn cut_off(world: &mut World<'_>, ids: &[NodeId]) {
    world.wait("the line's vote", |world| {
        let counts = world.bed.line_counts();
        counts
            .then_some(())
            .ok_or_else(|| "it does not count".into())
    });
    let (these, others) = world.all().into_iter().partition(|id| ids.contains(id));
    world.strike(Fault::Cut(vec![these, others]));
}

/// All cases, in the order in which they run.
pub(crate) const ALL: &[Case] = &[
    Case {
        name: "one order",
        promise: "all members have the same entries at the same places, and each one's commands \
                  in the order in which it submitted them",
        clause: "§2 one ordered log",
        needs: Needs::OneCmm,
        run: order::one_order,
    },
    Case {
        name: "views in order",
        promise: "a change of the view has its place among the commands, the same one for all; \
                  between two of them come commands of the view's members only",
        clause: "§3 ordered View/Cmd events",
        needs: Needs::TwoCmms,
        run: order::views_in_order,
    },
    Case {
        name: "large commands",
        promise: "a command of 16 MiB arrives whole and in its place; a larger one is refused",
        clause: "§3 largest atomic message",
        needs: Needs::OneCmm,
        run: order::large_commands,
    },
    Case {
        name: "stable waits for CMMs",
        promise: "an entry is stable only when every log-holding CMM of the view has received it",
        clause: "§2 stable; §3 its own ack",
        needs: Needs::TwoCmms,
        run: promises::stable_waits_for_cmms,
    },
    Case {
        name: "nothing waits for blades",
        promise: "a blade follows the log: nothing that is stable or durable waits for it",
        clause: "§3 blades hold no copy",
        needs: Needs::TwoCmms,
        run: promises::nothing_waits_for_blades,
    },
    Case {
        name: "durable waits for disks",
        promise: "an entry is durable only when each of these CMMs has it on disk; what is stable \
                  waits for no disk",
        clause: "§2 durable",
        needs: Needs::OneCmm,
        run: promises::durable_waits_for_disks,
    },
    Case {
        name: "power fails",
        promise: "when the power of all CMMs fails, what was durable is there, and no epoch begins \
                  twice",
        clause: "§2 durable; §9 both CMMs die",
        needs: Needs::Power,
        run: promises::power_fails,
    },
    Case {
        name: "epochs rise",
        promise: "each primary view has a higher epoch than the one before, whoever restarts, and \
                  no epoch begins twice",
        clause: "§3 Primary { epoch + 1 }",
        needs: Needs::OneCmm,
        run: views::epochs_rise,
    },
    Case {
        name: "quorum is lost",
        promise: "on a cut only the side of the line's holder orders; the other stops at once, and \
                  what it has taken is ordered later",
        clause: "§3 losing quorum; §9 link cut",
        needs: Needs::TwoCmms,
        run: views::quorum_is_lost,
    },
    Case {
        name: "the line moves",
        promise: "a line that moves to the stale side of a cut does not make it primary; the other \
                  stops at once, before anything follows from that",
        clause: "§3 gate by epoch; losing quorum",
        needs: Needs::TwoCmms,
        run: views::the_line_moves,
    },
    Case {
        name: "a CMM dies",
        promise: "when the holder of the line dies the other CMM goes on, and no acknowledged \
                  command is lost",
        clause: "§9 active CMM dies",
        needs: Needs::TwoCmms,
        run: views::a_cmm_dies,
    },
    Case {
        name: "once over reconnects",
        promise: "commands that were under way when their member lost its connection are ordered, \
                  and none twice",
        clause: "§3 deduplicated by (member, tag)",
        needs: Needs::OneCmm,
        run: once::over_reconnects,
    },
    Case {
        name: "once over restarts",
        promise: "commands that were under way when their member died are ordered once or never, \
                  and those of the next process come behind them",
        clause: "§3 deduplicated by (member, tag)",
        needs: Needs::OneCmm,
        run: once::over_restarts,
    },
    Case {
        name: "back-pressure",
        promise: "what waits is bounded in number and bytes, more is refused, and nothing that was \
                  taken is lost",
        clause: "§3 back-pressure; §9 unbounded memory",
        needs: Needs::OneCmm,
        run: room::back_pressure,
    },
    Case {
        name: "no room without a primary",
        promise: "without a primary view what is taken waits, within the same bounds",
        clause: "§3 back-pressure",
        needs: Needs::TwoCmms,
        run: room::without_a_primary,
    },
    Case {
        name: "snapshot and replay",
        promise: "a state that was kept within the log, and the entries since, make what all \
                  entries make",
        clause: "§2 same machines, same state",
        needs: Needs::OneCmm,
        run: catching_up::snapshot_and_replay,
    },
    Case {
        name: "catch-up by entries",
        promise: "a CMM that was away is given the entries that it missed while commands are \
                  ordered, and keeps its state",
        clause: "§3 a joiner",
        needs: Needs::TwoCmms,
        run: catching_up::by_entries,
    },
    Case {
        name: "catch-up by snapshot",
        promise: "a member with an empty disk, or none, is given a state cut at its view and the \
                  commands since, while more are ordered",
        clause: "§3 a joiner gets a snapshot",
        needs: Needs::TwoCmms,
        run: catching_up::by_snapshot,
    },
    Case {
        name: "cold start: alone",
        promise: "a CMM alone does not go on with a log that the other may have gone on with, \
                  unless an operator says so",
        clause: "§3 cold start",
        needs: Needs::TwoCmms,
        run: cold::alone,
    },
    Case {
        name: "cold start: epoch",
        promise: "the log of the highest epoch wins, even over a longer one",
        clause: "§3 (epoch, index, hash)",
        needs: Needs::TwoCmms,
        run: cold::highest_epoch,
    },
    Case {
        name: "cold start: index",
        promise: "of two logs of one epoch the longer wins, in whatever order CMMs start",
        clause: "§3 (epoch, index, hash)",
        needs: Needs::TwoCmms,
        run: cold::highest_index,
    },
    Case {
        name: "cold start: hash",
        promise: "of two logs of one epoch and length the same one wins for all",
        clause: "§3 (epoch, index, hash)",
        needs: Needs::TwoCmms,
        run: cold::highest_hash,
    },
    Case {
        name: "a disk is full",
        promise: "a CMM whose disk is full leaves the view rather than acknowledge what it cannot \
                  keep, others go on, and with room again it comes back with all that it took",
        clause: "§9 disk full",
        needs: Needs::OneCmm,
        run: disks::full,
    },
    Case {
        name: "a disk does not sync",
        promise: "the same for a disk that does not sync",
        clause: "§9 disk full, corrupt journal",
        needs: Needs::OneCmm,
        run: disks::does_not_sync,
    },
    Case {
        name: "crashes are counted",
        promise: "how often an entry crashed a replica is on its disk, for the decision to \
                  quarantine it",
        clause: "§2 quarantine",
        needs: Needs::OneCmm,
        run: disks::crashes_are_counted,
    },
    Case {
        name: "whatever happens",
        promise: "no promise is broken, and once faults end, all have one log",
        clause: "§9",
        needs: Needs::TwoCmms,
        run: chance::whatever_happens,
    },
];
