//! The same with real daemons: from the fault to the other CMM's way onto the management bus.

use bench::{load, median, milliseconds};
use cluster::shelf::Shelf;
use cluster::wait_until;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, SystemTime};

/// Take-overs of each kind.
const RUNS: usize = 7;

const TOKENS_MS: [u32; 2] = [1_000, 500];

/// What CMM 2 says when the ring has told it of a change.
const NOTICED: &str = "the view is forming";

/// What it says when the chassis has answered it, and the log has that.
const REACHED: &str = "the way to the shelf is open";

const PATIENCE: Duration = Duration::from_secs(30);

const DAY: Duration = Duration::from_secs(86_400);

/// What happens to the active CMM.
#[derive(Clone, Copy)]
enum Fault {
    Kill,
    Cut,
}

/// One take-over.
struct Run {
    /// From the fault to what the ring tells of it.
    noticed: Duration,
    /// From there to the first answer of the chassis.
    reached: Duration,
}

pub(crate) fn measure() -> String {
    let head = "| | token | noticed: median, worst | from there to the chassis' first answer | both \
                |\n|---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for token in TOKENS_MS {
        let shelf = Shelf::start(token);
        for (name, fault) in [
            ("`kill -9` of the active CMM's shelfd", Fault::Kill),
            (
                "the active CMM's link is cut, and it loses the line",
                Fault::Cut,
            ),
        ] {
            let runs = (0..RUNS).map(|_| take_over(&shelf, fault));
            let runs: Vec<Run> = runs.collect();
            let of = |what: fn(&Run) -> Duration| {
                let times: Vec<Duration> = runs.iter().map(what).collect();
                let worst = times.iter().max().copied().unwrap_or_default();
                format!("{}, {}", milliseconds(median(&times)), milliseconds(worst))
            };
            table += &format!(
                "| {name} | {token} ms | {} | {} | {} |\n",
                of(|it| it.noticed),
                of(|it| it.reached),
                of(|it| it.noticed + it.reached),
            );
        }
    }
    table + &format!("\nOf {RUNS}; {}.\n", load())
}

/// The active CMM goes, and comes back as the other's standby.
fn take_over(shelf: &Shelf, fault: Fault) -> Run {
    let (active, other) = match shelf.active() {
        1 => (1, 2),
        active => (active, 1),
    };
    let log = shelf.log(other);
    let from = fs::metadata(&log).map_or(0, |it| it.len());
    let start = now();
    match fault {
        Fault::Kill => shelf.kill_daemon(active),
        Fault::Cut => {
            shelf.cluster.cut(active);
            shelf.cluster.hold_line(other);
        }
    }
    let [noticed, reached] = [NOTICED, REACHED].map(|words| {
        wait_until(PATIENCE, words, || {
            let mut news = String::new();
            let mut file = fs::File::open(&log).map_err(|why| why.to_string())?;
            let read = file.seek(SeekFrom::Start(from));
            read.and_then(|_| file.read_to_string(&mut news))
                .map_err(|why| why.to_string())?;
            let line = news.lines().find(|line| line.contains(words));
            line.and_then(time).ok_or(news)
        })
    });
    match fault {
        Fault::Kill => shelf.start_daemon(active),
        Fault::Cut => shelf.cluster.heal(),
    }
    shelf.settled();
    Run {
        noticed: between(start, noticed),
        reached: between(noticed, reached),
    }
}

/// When a line was written, as time of the day.
fn time(line: &str) -> Option<Duration> {
    let (_, rest) = line.split_once('T')?;
    let (clock, _) = rest.split_once('Z')?;
    let (whole, micros) = clock.split_once('.')?;
    let seconds = whole.split(':').try_fold(0, |sum, part| {
        part.parse::<u64>().ok().map(|number| sum * 60 + number)
    })?;
    Some(Duration::from_secs(seconds) + Duration::from_micros(micros.parse().ok()?))
}

/// The time of the day.
fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    Duration::new(since.as_secs() % DAY.as_secs(), since.subsec_nanos())
}

/// From one time of the day to the next other.
fn between(from: Duration, to: Duration) -> Duration {
    to.checked_sub(from).unwrap_or(to + DAY - from)
}
