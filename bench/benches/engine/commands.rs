//! Commands through the log: how many, and how long they take.

use crate::fleet::{Fleet, Member, Ran};
use bench::{load, median, microseconds};
use std::time::Duration;

/// Runs of each.
const RUNS: usize = 3;

/// How long each run takes.
const TIME: Duration = Duration::from_millis(1_000);

/// Nodes of the rings.
const RINGS: [u32; 4] = [1, 2, 3, 5];

/// Bytes of the commands.
const SIZES: [usize; 3] = [64, 1_024, 16_384];

/// Commands under way.
const WINDOWS: [usize; 2] = [1, 64];

const TOKEN_MS: u32 = 1_000;

const HEAD: &str = "| engine | bytes | under way | commands/s | until stable: p50, p99 | until \
                    durable: p50, p99 |\n|---|---|---|---|---|---|\n";

/// The log, by the number of nodes.
pub(crate) fn measure() -> String {
    let folder = std::env::temp_dir().join(format!("openshelf-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let mut table = HEAD.to_owned();
    let mut alone = Member::alone(&folder);
    table += &rows("local, alone", &mut alone);
    drop(alone);
    std::fs::remove_dir_all(&folder).unwrap_or_default();
    for nodes in RINGS {
        let mut fleet = Fleet::with_members(nodes, TOKEN_MS);
        table += &rows(&format!("corosync, {nodes}"), fleet.member(1));
    }
    table + &format!("\nMedians of {RUNS}; {}.\n", load())
}

/// The ring alone, for comparison.
pub(crate) fn floor() -> String {
    let head = "| ring | bytes | under way | messages/s | there and back: p50, p99 |\n\
                |---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for nodes in RINGS {
        let mut fleet = Fleet::new(nodes, TOKEN_MS);
        for id in fleet.ids() {
            fleet.start_as(id, "echo");
        }
        let wanted = nodes.to_string();
        cluster::wait_until(Duration::from_secs(30), "all in the group", || {
            std::thread::sleep(Duration::from_millis(50));
            let one = fleet.member(1);
            one.order("report");
            let seen = one.next("members");
            (seen.get(1) == Some(&wanted))
                .then_some(())
                .ok_or(format!("{seen:?}"))
        });
        for (bytes, window) in each() {
            let ran = runs(fleet.member(1), (bytes, window));
            let [p50, p99] = ran.stable.map(microseconds);
            let rate = rate(&ran);
            table += &format!("| {nodes} | {bytes} | {window} | {rate} | {p50}, {p99} |\n");
        }
    }
    table + &format!("\nMedians of {RUNS}; {}.\n", load())
}

fn each() -> impl Iterator<Item = (usize, usize)> {
    let windows = WINDOWS.into_iter();
    windows.flat_map(|window| SIZES.map(|bytes| (bytes, window)))
}

fn rows(name: &str, member: &mut Member) -> String {
    let row = |(bytes, window)| {
        let ran = runs(member, (bytes, window));
        let [s50, s99] = ran.stable.map(microseconds);
        let [d50, d99] = ran.durable.map(microseconds);
        let rate = rate(&ran);
        format!("| {name} | {bytes} | {window} | {rate} | {s50}, {s99} | {d50}, {d99} |\n")
    };
    each().map(row).collect()
}

fn rate(ran: &Ran) -> u128 {
    u128::from(ran.count) * 1_000_000_000 / ran.time.as_nanos().max(1)
}

/// The median of each figure; of the counts, that of the time for one.
fn runs(member: &mut Member, (bytes, window): (usize, usize)) -> Ran {
    let all: Vec<Ran> = (0..RUNS)
        .map(|_| member.load(bytes, window, TIME))
        .collect();
    let of = |what: &dyn Fn(&Ran) -> Duration| median(&all.iter().map(what).collect::<Vec<_>>());
    let each = of(&|it| it.time / u32::try_from(it.count.max(1)).unwrap_or(u32::MAX));
    let count = u64::try_from(TIME.as_nanos() / each.as_nanos().max(1)).unwrap_or(u64::MAX);
    Ran {
        count,
        time: TIME,
        stable: [0, 1].map(|at| of(&|it| it.stable[at])),
        durable: [0, 1].map(|at| of(&|it| it.durable[at])),
    }
}
