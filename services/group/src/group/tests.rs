//! Groups in one order of messages, with disks that keep everything at once: what is said, and what
//! comes of it. What may go wrong in between is for `engine::sim`.

mod cluster;

use super::*;
use crate::transfer::{HELD_BYTES_MAX, Held};
use crate::{MESSAGE_BYTES_MAX, OUTBOX_MAX};
use cluster::{Cluster, member};

/// A burst of commands costs one message; each holder says once that it has them, and once that
/// they are on its disk.
#[test]
fn a_round_is_said_at_once() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.said.clear();
    for number in 0..200 {
        cluster.take(11, &[number]);
    }
    cluster.settle();
    assert_eq!(cluster.said("Commands"), 1);
    assert_eq!(cluster.said("Ack"), 2 * 2);
    // Rounds in which nothing comes say nothing.
    cluster.said.clear();
    cluster.settle();
    assert_eq!(cluster.said.len(), 0);
}

/// What waits while enough is on its way goes with the next message that may.
#[test]
fn a_stream_of_commands_gathers() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.said.clear();
    for number in 0..100 {
        cluster.submit(1, &[number]);
    }
    cluster.settle();
    assert_eq!(cluster.said("Commands"), ON_THEIR_WAY_MAX + 1);
    cluster.check();
}

/// A CMM that was away for a moment gets what it missed, not everything.
#[test]
fn a_log_that_is_a_prefix_is_given_entries() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.commands(1, 20);
    cluster.members(&[1, 11]);
    cluster.commands(1, 50);
    let large = [7].repeat(2 * MESSAGE_BYTES_MAX + 3);
    cluster.submit(11, &large);
    cluster.settle();
    cluster.said.clear();
    cluster.members(&[1, 2, 11]);
    cluster.settle();
    assert_eq!(cluster.node(2).installs, 0);
    assert_eq!(cluster.said("Snapshot"), 0);
    // The small ones, the large one in three pieces, and the one that began the view.
    assert_eq!(cluster.said("Entries"), 1 + 3 + 1);
    assert_eq!(
        cluster.epoch(),
        4,
        "a view without it, one with it, one that counts on it"
    );
    cluster.check();
}

/// Its own commands, which it could not send meanwhile, are not lost on the way.
#[test]
fn who_catches_up_keeps_its_commands() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.members(&[1, 2]);
    cluster.commands(1, 5);
    cluster.take(11, b"mine");
    cluster.members(&[1, 2, 11]);
    cluster.settle();
    assert_eq!(cluster.node(11).installs, 0);
    cluster.check();
}

/// Whoever stays in step over a change of the view is sent nothing, a blade as little as a CMM.
#[test]
fn who_stays_is_given_nothing() {
    let mut cluster = Cluster::new(&[1, 2, 11, 12]);
    cluster.settle();
    cluster.commands(11, 5);
    for members in [&[1, 2, 11][..], &[1, 11], &[1, 11, 12]] {
        cluster.said.clear();
        cluster.members(members);
        cluster.settle();
        let is_back = usize::from(members.contains(&12));
        assert_eq!(cluster.said("Want"), is_back, "{members:?}");
        assert_eq!(cluster.node(11).installs, cluster.node(11).blank);
    }
    cluster.check();
}

/// A log that went another way cannot be continued.
#[test]
fn a_log_that_is_no_prefix_is_replaced() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.commands(1, 5);
    cluster.members(&[1, 11]);
    cluster.commands(1, 5);
    // The disk of 2 says that it went on with something else.
    cluster.go_astray(2);
    cluster.members(&[1, 2, 11]);
    cluster.settle();
    assert_eq!(cluster.node(2).installs, 1);
    cluster.check();
}

/// Entries that are on no disk any more come with a snapshot.
#[test]
fn a_log_that_was_cut_is_replaced() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 5);
    cluster.members(&[1]);
    cluster.commands(1, 5);
    cluster.cut(1);
    cluster.commands(1, 5);
    cluster.members(&[1, 2]);
    cluster.settle();
    assert_eq!(cluster.node(2).installs, 1);
    cluster.check();
}

/// A snapshot goes on where it was when others come and go, and commands are ordered all the time.
#[test]
fn a_snapshot_outlives_the_view() {
    let parts = 32;
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.padding = parts * MESSAGE_BYTES_MAX;
    cluster.settle();
    cluster.said.clear();
    cluster.members(&[1, 2, 11, 12]);
    for others in [&[1, 2, 12][..], &[1, 2, 11, 12], &[1, 12], &[1, 2, 11, 12]] {
        let before = cluster.said("SnapshotPart");
        while cluster.said("SnapshotPart") < before + 6 {
            cluster.submit(1, b"meanwhile");
            cluster.round();
        }
        cluster.members(others);
    }
    cluster.settle();
    // 11 and 2 were in step before, and are given entries; what was on its way is sent again.
    assert_eq!(cluster.node(12).installs, 1);
    assert_eq!((cluster.node(2).installs, cluster.supplies), (0, 1));
    let sent = cluster.sizes("SnapshotPart").sum::<usize>() / MESSAGE_BYTES_MAX;
    assert!((parts..parts + 5 * 4).contains(&sent), "{sent} parts");
    cluster.check();
}

/// Commands do not wait behind a snapshot; without any, it takes the whole ring again.
#[test]
fn a_snapshot_shares_the_ring_with_commands() {
    let parts = 48;
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.padding = parts * MESSAGE_BYTES_MAX;
    cluster.settle();
    cluster.members(&[1, 2, 11, 12]);
    while cluster.said("SnapshotPart") < 1 {
        cluster.round();
    }
    cluster.said.clear();
    for _ in 0..20 {
        cluster.submit(2, b"meanwhile");
        cluster.round();
        cluster.round();
    }
    let pieces = || cluster.sizes("SnapshotPart");
    // What was on its way already when the first command came.
    let large = pieces().filter(|bytes| *bytes > MESSAGE_BYTES_MAX / 2);
    assert!(large.count() <= ON_THEIR_WAY_MAX);
    assert!(pieces().count() > 20, "it goes on meanwhile");
    cluster.settle();
    let large = cluster.sizes("SnapshotPart");
    assert!(large.filter(|bytes| *bytes > MESSAGE_BYTES_MAX / 2).count() > parts / 4);
    assert_eq!(cluster.node(12).installs, 1);
    cluster.check();
}

/// A command in parts is whole for who comes in step between two of them.
#[test]
fn a_large_command_is_ordered_while_somebody_catches_up() {
    let large = [7].repeat(3 * MESSAGE_BYTES_MAX);
    for delay in 0..24 {
        let mut cluster = Cluster::new(&[1, 2, 12]);
        cluster.settle();
        cluster.members(&[1, 2, 11, 12]);
        for _ in 0..delay {
            cluster.round_of(1);
        }
        cluster.submit(12, &large);
        cluster.settle();
        cluster.check();
    }
}

/// Members have said where their logs end: a snapshot that is complete only then must wait.
#[test]
fn a_snapshot_is_not_installed_between_views() {
    let parts = 6;
    let mut cluster = Cluster::new(&[1, 2, 12]);
    cluster.padding = parts * MESSAGE_BYTES_MAX;
    cluster.settle();
    cluster.said.clear();
    cluster.members(&[1, 2, 11, 12]);
    while cluster.said("SnapshotPart") < parts {
        cluster.round();
    }
    cluster.members(&[1, 2, 11]);
    while cluster.node(11).group.standing() == &Standing::Forming {
        assert_eq!(cluster.node(11).installs, 0);
        assert!(cluster.round_of(1));
    }
    cluster.settle();
    assert_eq!(cluster.node(11).installs, 1);
    assert!(cluster.said("SnapshotPart") <= parts + 1);
    cluster.check();
}

/// A part that was damaged on the way is given again, and what came behind it.
#[test]
fn a_damaged_part_is_given_again() {
    let parts = 8;
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.padding = parts * MESSAGE_BYTES_MAX;
    cluster.settle();
    cluster.said.clear();
    cluster.members(&[1, 2, 11]);
    while cluster.said("SnapshotPart") < 5 {
        cluster.round();
    }
    cluster.damage();
    cluster.settle();
    assert_eq!(cluster.node(11).installs, 1);
    assert!(cluster.said("SnapshotPart") < 2 * parts);
    cluster.check();
}

/// All who need a snapshot at the same time are given the same one.
#[test]
fn a_snapshot_is_for_everybody() {
    let parts = 20;
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.padding = parts * MESSAGE_BYTES_MAX;
    cluster.settle();
    cluster.said.clear();
    let supplied = cluster.supplies;
    cluster.members(&[1, 2, 11, 12, 13, 14]);
    cluster.settle();
    assert_eq!(cluster.supplies, supplied + 1);
    assert!(cluster.said("SnapshotPart") <= parts + 1);
    cluster.check();
}

/// The disk may forget entries while a snapshot is on its way: then another one is needed.
#[test]
fn a_snapshot_that_came_too_late_is_followed_by_another() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.padding = 24 * MESSAGE_BYTES_MAX;
    cluster.settle();
    cluster.said.clear();
    cluster.members(&[1, 2, 11]);
    while cluster.said("SnapshotPart") < 3 {
        cluster.round();
    }
    for number in 0..4 {
        cluster.submit(1, &[number]);
        cluster.round();
    }
    cluster.cut(1);
    cluster.settle();
    assert_eq!(cluster.node(11).installs, 2);
    cluster.check();
}

/// A number that is in the log is not taken again, and none before its turn, whatever is said.
#[test]
fn each_number_is_taken_once() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 3);
    let before = cluster.node(1).group.ledger().position();
    for first in [1, 3, 5] {
        let said = Message::Commands {
            time: Time(0),
            first,
            commands: [b"again".to_vec()].into(),
        };
        cluster.say(member(1, 0), &said.encode());
    }
    cluster.settle();
    assert_eq!(cluster.node(1).group.ledger().position(), before);
    cluster.commands(1, 1);
    cluster.check();
}

/// Of two processes of one node, the later one has its part; what the earlier one did stays done,
/// and nothing is taken for something else.
#[test]
fn the_later_process_of_a_node_has_its_part() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.commands(11, 3);
    cluster.take_in_vain(11, b"goes with the old one");
    cluster.start_another(11, 1);
    cluster.join(&[member(1, 0), member(2, 0), member(11, 0), member(11, 1)]);
    for number in 0..9 {
        cluster.take(11, &[number]);
        cluster.round();
    }
    cluster.settle();
    let old = cluster.groups.get(&member(11, 0)).unwrap();
    assert_eq!(old.group.standing(), &Standing::Superseded);
    let new = cluster.groups.get(&member(11, 1)).unwrap();
    assert!(new.group.is_primary());
    cluster.join(&[member(1, 0), member(2, 0), member(11, 1)]);
    cluster.settle();
    cluster.check();
}

/// A disk that is new does not stand for the one that was there: that one may have had what nobody
/// else has.
#[test]
fn a_new_disk_does_not_stand_for_the_old_one() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 3);
    cluster.members(&[]);
    cluster.wipe(1);
    cluster.restart(2);
    cluster.members(&[1, 2]);
    cluster.settle();
    let awaited = Standing::Awaits([NodeId(1)].into());
    assert_eq!(cluster.node(2).group.standing(), &awaited);
    cluster.input(2, &Input::Force);
    cluster.settle();
    cluster.check();
}

/// With the other CMM running, a new disk gets everything, and counts from then on.
#[test]
fn a_new_disk_beside_a_running_cmm_is_filled() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 3);
    cluster.members(&[2]);
    cluster.settle();
    cluster.wipe(1);
    cluster.members(&[1, 2]);
    cluster.settle();
    cluster.members(&[1]);
    cluster.settle();
    assert!(cluster.node(1).group.is_primary());
    cluster.members(&[1, 2]);
    cluster.settle();
    cluster.check();
}

/// A blade keeps no log: after a start it goes on numbering its commands where the log says.
#[test]
fn a_blade_goes_on_with_its_numbers() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.commands(11, 30);
    cluster.members(&[1, 2]);
    cluster.settle();
    cluster.wipe(11);
    cluster.take(11, b"before it has seen the log");
    cluster.members(&[1, 2, 11]);
    cluster.take(11, b"while it catches up");
    cluster.settle();
    assert_eq!(cluster.node(1).group.ledger().seen(NodeId(11)), 32);
    cluster.check();
}

/// Without a primary view commands wait, but not without a bound.
#[test]
fn without_a_primary_view_commands_wait() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.members(&[11]);
    for _ in 0..OUTBOX_MAX {
        assert_eq!(cluster.node(11).group.check(1), Ok(()));
        cluster.take(11, b"a");
    }
    assert_eq!(cluster.node(11).group.check(1), Err(SubmitError::Busy));
    cluster.settle();
    cluster.members(&[1, 2, 11]);
    cluster.settle();
    assert_eq!(cluster.node(11).group.check(1), Ok(()));
    cluster.check();
}

/// A view that ends while a promise is being written must not count that promise for the next one.
#[test]
fn an_epoch_is_given_once() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.slow_promises = true;
    cluster.members(&[1]);
    cluster.settle();
    assert_eq!(cluster.node(1).promising.len(), 1);
    cluster.members(&[1, 2]);
    cluster.settle();
    let epochs: Vec<u64> = cluster
        .node(1)
        .promising
        .iter()
        .map(|it| it.epoch)
        .collect();
    assert_eq!(epochs, [2, 3]);
    // The first of them is on disk: nothing may come of that.
    cluster.finish_promise(1);
    cluster.finish_promise(2);
    cluster.settle();
    assert_eq!(cluster.node(2).group.standing(), &Standing::Forming);
    cluster.finish_promise(1);
    cluster.settle();
    assert_eq!(cluster.epoch(), 3);
    cluster.check();
}

/// Two rings in a row, and the verdict on the first comes last: it was all that was missing.
#[test]
fn a_late_verdict_lets_a_view_begin() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.silent = true;
    cluster.members(&[1]);
    cluster.members(&[1]);
    let (first, second) = (cluster.ring - 1, cluster.ring);
    cluster.verdict(1, second, true);
    cluster.settle();
    assert_eq!(
        cluster.node(1).group.standing(),
        &Standing::Awaits([NodeId(2)].into())
    );
    cluster.verdict(1, first, true);
    cluster.settle();
    assert!(cluster.node(1).group.is_primary());
    cluster.check();
}

/// While messages wait to be sent, nothing is added to them; then all is said at once.
#[test]
fn what_cannot_be_sent_is_not_said() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.said.clear();
    for number in 0..9 {
        cluster.take(1, &[number]);
        cluster.input(1, &Input::Flush { is_sent: false });
    }
    assert_eq!(cluster.said.len(), 0);
    cluster.input(1, &Input::Flush { is_sent: true });
    assert_eq!((cluster.said.len(), cluster.said("Commands")), (1, 1));
    cluster.settle();
    cluster.check();
}

/// What is held back is bounded. Whoever lost the oldest of it is not in step with the rest, but
/// is if it is given more before.
#[test]
fn what_is_held_is_bounded() {
    let mut incoming = Incoming::default();
    incoming.begin(&[member(1, 0)], (10, 7));
    for count in 11..=14 {
        incoming.hold(Held {
            count,
            from: member(11, 0),
            time: Time(0),
            first: count,
            commands: [[0].repeat(HELD_BYTES_MAX / 3)].into(),
        });
    }
    for (count, held) in [(10, None), (11, None), (12, Some(2))] {
        let since = incoming.clone().since(count);
        assert_eq!(since.map(|it| it.len()), held, "after {count}");
    }
}

/// Neither one clock that is wrong when a view begins, nor one that is set within it, takes the
/// log's time away.
#[test]
fn a_wrong_clock_does_not_move_the_time() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 1);
    let before = cluster.node(1).group.ledger().time();
    cluster.now += 1_000_000_000_000;
    cluster.commands(1, 1);
    let after = cluster.node(1).group.ledger().time();
    assert_eq!(after, before.after(LULL_MAX));
}

/// What was kept but not synced when a disk failed is not said to be on disk by who comes back.
#[test]
fn what_was_not_synced_before_is_not_synced_now() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 5);
    cluster.members(&[1]);
    cluster.settle();
    cluster.step_out(2, 3);
    cluster.members(&[1, 2]);
    cluster.acks.clear();
    cluster.slow_syncs = true;
    cluster.settle();
    let of_second = cluster.acks.iter().filter(|it| it.0 == member(2, 0));
    let synced: Vec<u64> = of_second.map(|it| it.2).collect();
    assert_eq!(synced, [3]);
}

/// Processes of blades come and go, also two of one node at a time: what the last ones took is in
/// the log once, what others took at most once.
#[test]
fn processes_that_come_and_go_lose_and_double_nothing() {
    for seed in 0_u64..200 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = |n: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random >> 33).unwrap() % n
        };
        let mut cluster = Cluster::new(&[1, 2, 11, 12]);
        let mut taken: Vec<(Member, Vec<u8>)> = Vec::new();
        for number in 0_u32..150 {
            let blade = [11, 12][below(2)];
            let latest = cluster.latest(blade);
            match below(16) {
                0..8 => {
                    let command = number.to_le_bytes().to_vec();
                    cluster.take_in_vain(blade, &command);
                    taken.push((latest, command));
                }
                8..13 => {
                    cluster.round_of(below(9));
                }
                13 => {
                    cluster.start_another(blade, latest.incarnation + 1);
                    let other = cluster.latest(23 - blade);
                    let both = [latest, cluster.latest(blade)];
                    cluster.join(&[[member(1, 0), other].as_slice(), &both].concat());
                }
                _ => {
                    let some: Vec<u32> = [2, 11, 12].into_iter().filter(|_| below(3) > 0).collect();
                    cluster.members(&[[1].as_slice(), &some].concat());
                }
            }
        }
        cluster.members(&[1, 2, 11, 12]);
        cluster.settle();
        let ordered = cluster.ordered();
        let is_once = ordered.windows(2).all(|two| two[0] != two[1]);
        assert!(is_once, "seed {seed}");
        for (from, command) in taken {
            let must = from == cluster.latest(from.node.0);
            let is_there = ordered.contains(&command);
            assert!(is_there || !must, "seed {seed}: {command:?} of {from:?}");
        }
    }
}

/// A member of another version, which says nothing that can be read, does not hold up the others.
#[test]
fn a_member_of_another_version_is_done_without() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.commands(1, 3);
    cluster.join_strange(&[1, 2, 11], member(12, 7));
    cluster.take(11, b"meanwhile");
    cluster.settle();
    assert_eq!(cluster.node(1).group.standing(), &Standing::Forming);
    cluster.say(member(12, 7), b"\xffsomething new");
    cluster.settle();
    assert!(!cluster.node(1).group.giving.is_somebody_behind());
    cluster.check();
}

/// A CMM whose log is right and whose state is not takes the state of the other one, and counts as
/// a holder only then; commands are ordered meanwhile.
#[test]
fn who_renounces_its_state_is_given_one() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.commands(1, 5);
    cluster.members(&[1, 11]);
    cluster.settle();
    cluster.restart_spoilt(2);
    cluster.members(&[1, 2, 11]);
    cluster.submit(11, b"meanwhile");
    cluster.settle();
    assert_eq!(cluster.node(2).installs, 1);
    let holders = cluster.node(1).group.ledger().holders();
    assert_eq!(holders, &[NodeId(1), NodeId(2)].into());
    cluster.check();
}

/// The same where its log is as long as the other one's, and when somebody else is given entries at
/// the same time: the end of those is not the end of its own catching up.
#[test]
fn entries_do_not_help_who_renounces() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.members(&[1, 2]);
    cluster.commands(1, 5);
    cluster.restart_spoilt(2);
    cluster.slow_supplies = Some(Vec::new());
    let before = cluster.epoch();
    cluster.members(&[1, 2, 11]);
    cluster.settle();
    assert!(cluster.node(11).group.is_primary());
    assert_eq!(cluster.epoch(), before + 1, "2 said that it had caught up");
    let standing = cluster.node(2).group.standing();
    assert!(
        matches!(standing, Standing::CatchingUp { .. }),
        "{standing:?}"
    );
    cluster.finish_supplies();
    cluster.settle();
    assert_eq!(
        (cluster.node(2).installs, cluster.node(11).installs),
        (1, 0)
    );
    cluster.check();
}

/// While nobody else has as much of the log, the log of one that renounces counts as any: nothing
/// of it is lost, and who is behind is given entries.
#[test]
fn the_log_of_who_renounces_counts() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.members(&[2, 11]);
    cluster.commands(11, 5);
    cluster.restart_spoilt(2);
    cluster.members(&[2, 11]);
    cluster.submit(11, b"alone with it");
    cluster.settle();
    assert!(cluster.node(2).group.is_primary());
    assert_eq!(cluster.node(2).installs, 0);
    cluster.members(&[1, 2, 11]);
    cluster.settle();
    assert_eq!((cluster.node(1).installs, cluster.node(2).installs), (0, 1));
    cluster.check();
}

/// Nothing is given up before there is something better: without the other CMM, one that renounces
/// awaits it, and has its log still.
#[test]
fn who_renounces_awaits_the_other() {
    let mut cluster = Cluster::new(&[1, 2, 11]);
    cluster.settle();
    cluster.commands(1, 5);
    let before = cluster.node(2).group.ledger().clone();
    cluster.restart_spoilt(2);
    cluster.members(&[2, 11]);
    cluster.settle();
    let standing = cluster.node(2).group.standing();
    assert_eq!(standing, &Standing::Awaits([NodeId(1)].into()));
    assert_eq!(cluster.node(2).group.ledger(), &before);
    cluster.members(&[1, 2, 11]);
    cluster.settle();
    assert_eq!(cluster.node(2).installs, 1);
    cluster.check();
}

/// Both saw another end of the view, and that of the one that renounces is longer: the other one's
/// takes its place, as it cannot be given the state.
#[test]
fn another_end_gives_way_with_the_state() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 3);
    // Nobody else sees it, so it may be lost.
    cluster.take_in_vain(2, b"seen by 2 alone");
    cluster.input(2, &Input::Flush { is_sent: true });
    cluster.round_at(2);
    assert_eq!(
        cluster.node(2).group.ledger().position().index,
        cluster.node(1).group.ledger().position().index + 1
    );
    cluster.restart_spoilt(2);
    cluster.members(&[1, 2]);
    cluster.settle();
    assert_eq!((cluster.node(1).installs, cluster.node(2).installs), (0, 1));
    cluster.check();
}

/// A state that its giver does not know any more is asked for as it is now.
#[test]
fn a_state_that_is_declined_is_asked_for_again() {
    let mut cluster = Cluster::new(&[1, 2]);
    cluster.settle();
    cluster.commands(1, 5);
    cluster.slow_supplies = Some(Vec::new());
    cluster.members(&[1, 2, 12]);
    cluster.settle();
    cluster.commands(1, 5);
    assert_eq!((cluster.supplies, cluster.node(12).installs), (1, 0));
    for (giver, epoch) in cluster.slow_supplies.take().unwrap_or_default() {
        cluster.input(giver.node.0, &Input::Declined { epoch });
        cluster.input(giver.node.0, &Input::Flush { is_sent: true });
    }
    cluster.settle();
    assert_eq!((cluster.supplies, cluster.node(12).installs), (2, 1));
    cluster.check();
}
