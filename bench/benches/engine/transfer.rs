//! A member without a log joins while commands flow.

use crate::fleet::{Fleet, Ran};
use crate::now;
use bench::{load, median, microseconds, milliseconds};
use std::time::Duration;

/// Joins of each kind.
const RUNS: usize = 3;

/// Bytes of the state.
const STATE_BYTES: usize = 100_000_000;

/// Nodes: two CMMs and a blade.
const NODES: u32 = 3;

const TOKEN_MS: u32 = 1_000;

/// Bytes of the commands that flow, one at a time.
const BYTES: usize = 1_024;

/// How long they flow before the other joins.
const BEFORE: Duration = Duration::from_secs(2);

struct Run {
    took: Duration,
    before: Ran,
    during: Ran,
}

pub(crate) fn measure() -> String {
    let mut fleet = Fleet::with_members(NODES, TOKEN_MS);
    for id in fleet.ids() {
        fleet.member(id).order(&format!("state {STATE_BYTES}"));
        fleet.member(id).next("kept");
    }
    let head = "| who joins | from its start until it is in step | commands/s before, meanwhile | \
                until stable before: p50, p99 | meanwhile: p50, p99 | until durable meanwhile: \
                p50, p99 |\n|---|---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for (name, id) in [("a blade", NODES), ("a CMM with an empty disk", 2)] {
        let runs: Vec<Run> = (0..RUNS).map(|_| join(&mut fleet, id)).collect();
        let of = |what: &dyn Fn(&Run) -> Duration| {
            median(&runs.iter().map(what).collect::<Vec<Duration>>())
        };
        let rate = |of_one: Duration| 1_000_000_000 / of_one.as_nanos().max(1);
        let each = |ran: &Ran| ran.time / u32::try_from(ran.count.max(1)).unwrap_or(u32::MAX);
        let took = milliseconds(of(&|it| it.took));
        let rates = [
            rate(of(&|it| each(&it.before))),
            rate(of(&|it| each(&it.during))),
        ];
        let [before, during, durable]: [fn(&Run) -> [Duration; 2]; 3] = [
            |it| it.before.stable,
            |it| it.during.stable,
            |it| it.during.durable,
        ];
        let [before, during, durable] = [before, during, durable].map(|what| {
            let [p50, p99] = [0, 1].map(|at| microseconds(of(&|it| what(it)[at])));
            format!("{p50}, {p99}")
        });
        let [rate_before, rate_during] = rates;
        table += &format!(
            "| {name} | {took} | {rate_before}, {rate_during} | {before} | {during} | {durable} |\n"
        );
    }
    table + &format!("\nMedians of {RUNS}; {}.\n", load())
}

/// One member loses everything, and gets it from the others while CMM 1 submits commands.
fn join(fleet: &mut Fleet, id: u32) -> Run {
    fleet.kill(id);
    fleet.lose_disk(id);
    fleet.settle();
    let before = fleet.member(1).load(BYTES, 1, BEFORE);
    fleet.member(1).order(&format!("load {BYTES} 1 0"));
    let start = now();
    fleet.start(id);
    let joiner = fleet.member(id);
    let installed = joiner.next("installed");
    let size = installed.get(1).and_then(|it| it.parse().ok());
    assert_eq!(size, Some(STATE_BYTES), "the state is another one");
    let standing = loop {
        let standing = joiner.next("standing");
        if standing.get(1).is_some_and(|it| it == "primary") {
            break standing;
        }
    };
    let when: u64 = standing
        .last()
        .and_then(|it| it.parse().ok())
        .expect("a time");
    fleet.member(1).order("stop");
    let during = fleet.member(1).ran();
    fleet.settle();
    Run {
        took: Duration::from_nanos(when.saturating_sub(start)),
        before,
        during,
    }
}
