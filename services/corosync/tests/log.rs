//! One log on real rings: what a member was promised is in it, whatever happens to the rings.

mod member;

use cluster::{Cluster, Options, as_root, wait_until};
use group::{NodeId, Standing};
use member::Member;
use std::collections::BTreeSet;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

fn epoch_of(standing: &Standing) -> Option<u64> {
    match standing {
        Standing::Primary { epoch } => Some(*epoch),
        Standing::Forming
        | Standing::NotQuorate
        | Standing::Awaits(_)
        | Standing::CatchingUp { .. }
        | Standing::Superseded => None,
    }
}

/// Waits until all of these are in step, in one view of just them.
#[track_caller]
fn await_primary(members: &[&Member], ids: &[u32]) {
    wait_until(LIMIT, "a primary view", || {
        let seen = |it: &&Member| (epoch_of(&it.standing()), it.nodes());
        let seen: BTreeSet<(Option<u64>, Vec<u32>)> = members.iter().map(seen).collect();
        match seen.first() {
            Some((Some(_), nodes)) if seen.len() == 1 && nodes == ids => Ok(()),
            _ => Err(format!("{seen:?}")),
        }
    });
}

/// Waits until a member is in no primary view. libqb may take two seconds to see that the other end
/// of a call is gone.
#[track_caller]
fn await_end(member: &Member) {
    wait_until(LIMIT, "the end of a view", || {
        let has_ended = epoch_of(&member.standing()).is_none();
        has_ended.then_some(()).ok_or_else(|| member.state())
    });
}

#[track_caller]
fn await_standing(member: &Member, wanted: &Standing) {
    wait_until(LIMIT, &format!("{wanted:?}"), || {
        let standing = member.standing();
        (standing == *wanted)
            .then_some(())
            .ok_or(format!("{standing:?}"))
    });
}

/// Waits until a member was promised more than it was before; the others are there to be told of.
#[track_caller]
fn await_progress(member: &Member, all: &[&Member]) {
    let before = member.acked().len();
    wait_until(LIMIT, "more of the log", || {
        let states: Vec<String> = all.iter().map(|it| it.state()).collect();
        let has_more = member.acked().len() > before;
        has_more.then_some(()).ok_or(states.join("\n"))
    });
}

/// Corosync dies with the line's holder, the ring is cut and the line moved to the stale side:
/// nothing that was called stable is lost, nobody goes on who may not, and all end up the same.
#[test]
fn no_promise_is_broken() {
    as_root(|| {
        let mut cluster = Cluster::new(&Options::default());
        cluster.start_all();
        let [one, two, three] = [1, 2, 3].map(|id| Member::start(&cluster, id));
        let all = [&one, &two, &three];
        await_primary(&all, &[1, 2, 3]);
        all.iter().for_each(|it| await_progress(it, &all));

        cluster.kill_corosync(1);
        cluster.hold_line(2);
        await_primary(&[&two, &three], &[2, 3]);
        await_progress(&two, &all);
        await_end(&one);
        cluster.start_corosync(1);
        await_primary(&all, &[1, 2, 3]);
        all.iter().for_each(|it| await_progress(it, &all));

        cluster.split(&[&[2], &[1, 3]]);
        await_standing(&one, &Standing::NotQuorate);
        await_primary(&[&two], &[2]);
        await_progress(&two, &all);
        cluster.hold_line(1);
        await_standing(&one, &Standing::Awaits([NodeId(2)].into()));
        await_standing(&two, &Standing::NotQuorate);
        cluster.heal();
        await_primary(&all, &[1, 2, 3]);
        all.iter().for_each(|it| await_progress(it, &all));

        check(&all);
    });
}

/// All submit no more: they end up with the same log, which has what each was promised, and
/// nothing twice.
#[track_caller]
fn check(members: &[&Member]) {
    for member in members {
        member.falls_silent();
    }
    let log = wait_until(LIMIT, "one log", || {
        // Before the logs are looked at: what is said until then is in them.
        if !members.iter().all(|it| it.is_idle()) {
            return Err("some have more to say".into());
        }
        let logs: BTreeSet<_> = members.iter().map(|it| it.commands()).collect();
        let mut logs: Vec<_> = logs.into_iter().collect();
        match (logs.pop(), logs.len()) {
            (Some(log), 0) => Ok(log),
            (_, others) => Err(format!("{others} others")),
        }
    });
    let commands: BTreeSet<(u32, u64)> = log.iter().copied().collect();
    assert_eq!(commands.len(), log.len(), "a command is there twice");
    for (id, member) in (1..).zip(members) {
        let acked = member.acked().into_iter();
        let lost: Vec<u64> = acked.filter(|it| !commands.contains(&(id, *it))).collect();
        assert!(lost.is_empty(), "of node {id}: {lost:?}");
    }
}

/// Numbers that are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// Something happens to somebody.
fn strike(cluster: &mut Cluster, random: &mut Random) -> String {
    let id = u32::try_from(1 + random.below(4)).expect("few nodes");
    let runs = cluster.node(id).corosync_pid().is_some();
    match random.below(9) {
        0 | 1 if runs => {
            cluster.kill_corosync(id);
            format!("kill {id}")
        }
        0..=2 if !runs => {
            cluster.start_corosync(id);
            format!("start {id}")
        }
        3 if runs => {
            cluster.node(id).freeze_corosync();
            std::thread::sleep(Duration::from_millis(random.below(3000)));
            cluster.node(id).thaw_corosync();
            format!("freeze {id}")
        }
        4 => {
            cluster.cut(id);
            format!("cut {id}")
        }
        5 => {
            let (one, other): (Vec<u32>, Vec<u32>) = (1..=4).partition(|_| random.below(2) == 0);
            cluster.split(&[&one, &other]);
            format!("split {one:?} {other:?}")
        }
        6 | 7 => {
            cluster.heal();
            "heal".into()
        }
        _ => {
            let id = u32::try_from(1 + random.below(2)).expect("few nodes");
            cluster.hold_line(id);
            format!("line {id}")
        }
    }
}

/// Anything may happen in any order; `RING_SEED` and `RING_FAULTS` say what, and how much.
#[test]
fn no_promise_is_broken_by_chance() {
    as_root(|| {
        let number = |name, default| {
            let given = std::env::var(name).ok();
            given.map_or(default, |text| text.parse().expect("a number"))
        };
        let (seed, faults): (u64, u64) = (number("RING_SEED", 1), number("RING_FAULTS", 10));
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut cluster = Cluster::new(&Options {
            token_ms: 300,
            blades: 2,
            ..Options::default()
        });
        cluster.start_all();
        let members = [1, 2, 3, 4].map(|id| Member::start(&cluster, id));
        let members: Vec<&Member> = members.iter().collect();
        await_primary(&members, &[1, 2, 3, 4]);
        for _ in 0..faults {
            let what = strike(&mut cluster, &mut random);
            eprintln!("RING_SEED={seed}: {what}");
            std::thread::sleep(Duration::from_millis(random.below(2000)));
        }
        cluster.heal();
        for id in 1..=4 {
            if cluster.node(id).corosync_pid().is_none() {
                cluster.start_corosync(id);
            }
        }
        await_primary(&members, &[1, 2, 3, 4]);
        for member in &members {
            await_progress(member, &members);
        }
        check(&members);
    });
}
