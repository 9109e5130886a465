//! How soon the other CMM goes on, and how soon the death of a process is known everywhere.

use crate::fleet::Fleet;
use crate::now;
use bench::{load, median, milliseconds};
use std::time::Duration;

/// Take-overs of each kind.
const RUNS: usize = 7;

/// Deaths of a process.
const DEATHS: usize = 21;

/// Nodes: two CMMs and a blade.
const NODES: u32 = 3;

const TOKENS_MS: [u32; 2] = [1_000, 500];

/// What happens to CMM 1.
#[derive(Clone, Copy)]
enum Fault {
    Kill,
    Cut,
}

/// One take-over.
struct Run {
    /// From the fault to what the ring tells of it.
    detected: Duration,
    /// From there to the first command that was submitted after the fault and is stable.
    taken_over: Duration,
}

pub(crate) fn measure() -> String {
    let head = "| | token | noticed: median, worst | from there to the first new command that is \
                stable | both |\n|---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for token in TOKENS_MS {
        let mut fleet = Fleet::with_members(NODES, token);
        for (name, fault) in [
            ("`kill -9` of a CMM's process", Fault::Kill),
            ("a CMM's link is cut", Fault::Cut),
        ] {
            let runs: Vec<Run> = (0..RUNS).map(|_| take_over(&mut fleet, fault)).collect();
            let of = |what: fn(&Run) -> Duration| shown(runs.iter().map(what).collect());
            let (detected, taken) = (of(|it| it.detected), of(|it| it.taken_over));
            let both = of(|it| it.detected + it.taken_over);
            table += &format!("| {name} | {token} ms | {detected} | {taken} | {both} |\n");
        }
        let deaths = (0..DEATHS).map(|_| death(&mut fleet)).collect();
        let deaths = shown(deaths);
        table += &format!(
            "| `kill -9` of a blade's process: the view without it at all others | {token} ms | | \
             | {deaths} |\n"
        );
    }
    table + &format!("\nOf {RUNS}, and {DEATHS} blade's processes; {}.\n", load())
}

fn shown(times: Vec<Duration>) -> String {
    let worst = times.iter().max().copied().unwrap_or_default();
    format!("{}, {}", milliseconds(median(&times)), milliseconds(worst))
}

fn between(from: u64, to: u64) -> Duration {
    Duration::from_nanos(to.saturating_sub(from))
}

/// CMM 1 goes, and comes back.
fn take_over(fleet: &mut Fleet, fault: Fault) -> Run {
    fleet.quiet();
    let start = now();
    match fault {
        Fault::Kill => fleet.kill(1),
        Fault::Cut => fleet.cluster.cut_link(1, 0),
    }
    fleet.member(2).order("probe");
    let lines = fleet.member(2).until("probed");
    let number = |words: &[String], at: usize| words.get(at).and_then(|it| it.parse().ok());
    let stable = lines.last().and_then(|words| number(words, 1));
    let stable: u64 = stable.expect("it says when");
    let left = u64::from(NODES) - 1;
    let change = lines.iter().find(|words| {
        words.first().is_some_and(|it| it == "change") && number(words, 1) == Some(left)
    });
    let noticed: u64 = change.and_then(|words| number(words, 2)).expect("a change");
    match fault {
        Fault::Kill => fleet.start(1),
        Fault::Cut => fleet.cluster.heal(),
    }
    fleet.settle();
    Run {
        detected: between(start, noticed),
        taken_over: between(noticed, stable),
    }
}

/// A blade's process dies, and another one starts.
fn death(fleet: &mut Fleet) -> Duration {
    fleet.quiet();
    let start = now();
    fleet.kill(NODES);
    let seen = [1, 2].map(|id| {
        let view = fleet.member(id).next("view");
        view.last().and_then(|it| it.parse().ok()).expect("a time")
    });
    fleet.start(NODES);
    fleet.settle();
    between(start, seen.into_iter().max().unwrap_or(start))
}
