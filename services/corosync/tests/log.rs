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

/// Waits until all of these are in step, in one view that came after `before`; its epoch.
#[track_caller]
fn await_primary(members: &[&Member], before: u64) -> u64 {
    wait_until(LIMIT, "a primary view", || {
        let standings: Vec<Standing> = members.iter().map(|it| it.standing()).collect();
        let epochs: BTreeSet<Option<u64>> = standings.iter().map(epoch_of).collect();
        match epochs.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(epoch)] if *epoch > before => Ok(*epoch),
            _ => Err(format!("{standings:?}")),
        }
    })
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

/// Waits until a member was promised more than it was before.
#[track_caller]
fn await_progress(member: &Member) {
    let before = member.acked().len();
    wait_until(LIMIT, "more of the log", || {
        let now = member.acked().len();
        (now > before).then_some(()).ok_or(format!("{now}"))
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
        let first = await_primary(&[&one, &two, &three], 0);
        for member in [&one, &two, &three] {
            await_progress(member);
        }

        cluster.kill_corosync(1);
        cluster.hold_line(2);
        let second = await_primary(&[&two, &three], first);
        await_progress(&two);
        assert_eq!(epoch_of(&one.standing()), None);
        cluster.start_corosync(1);
        let third = await_primary(&[&one, &two, &three], second);
        for member in [&one, &two, &three] {
            await_progress(member);
        }

        cluster.split(&[&[2], &[1, 3]]);
        await_standing(&one, &Standing::NotQuorate);
        let fourth = await_primary(&[&two], third);
        await_progress(&two);
        cluster.hold_line(1);
        await_standing(&one, &Standing::Awaits([NodeId(2)].into()));
        await_standing(&two, &Standing::NotQuorate);
        cluster.heal();
        await_primary(&[&one, &two, &three], fourth);
        for member in [&one, &two, &three] {
            await_progress(member);
        }

        let members = [&one, &two, &three];
        for member in members {
            member.falls_silent();
        }
        let log = wait_until(LIMIT, "one log", || {
            let logs: BTreeSet<_> = members.iter().map(|it| it.commands()).collect();
            let mut logs: Vec<_> = logs.into_iter().collect();
            match (
                logs.pop(),
                logs.pop(),
                members.iter().all(|it| it.is_idle()),
            ) {
                (Some(log), None, true) => Ok(log),
                (_, other, _) => Err(format!("different: {}", other.is_some())),
            }
        });
        let commands: BTreeSet<(u32, u64)> = log.iter().copied().collect();
        assert_eq!(commands.len(), log.len(), "a command is there twice");
        for (id, member) in (1..).zip(members) {
            let lost: Vec<u64> = member
                .acked()
                .into_iter()
                .filter(|it| !commands.contains(&(id, *it)))
                .collect();
            assert!(lost.is_empty(), "of node {id}: {lost:?}");
        }
    });
}
