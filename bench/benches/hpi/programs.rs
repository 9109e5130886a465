//! OpenHPI's own clients, from start to end.

use crate::{Served, both};
use bench::{load, median, milliseconds, ratio};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How often each is run at each daemon.
const RUNS: usize = 21;
const PROGRAMS: [&[&str]; 3] = [&["hpitree", "-a"], &["hpisensor", "-t"], &["hpiinv"]];

/// Both daemons in turns, so that a slow moment of the machine meets both.
pub(crate) fn measure() -> String {
    let [ours, theirs] = both();
    let mut table = format!(
        "| median of {RUNS} | {} | {} | ratio |\n|---|---|---|---|\n",
        ours.name, theirs.name
    );
    for program in PROGRAMS {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..RUNS {
            for (served, times) in [&ours, &theirs].into_iter().zip(&mut times) {
                times.push(run(served, program));
            }
        }
        let [ours, theirs] = times.map(|times| median(&times));
        table += &format!(
            "| `{}` | {} | {} | {} |\n",
            program.join(" "),
            milliseconds(ours),
            milliseconds(theirs),
            ratio(ours, theirs)
        );
    }
    table + &format!("\n{}.\n", load())
}

fn run(served: &Served, program: &[&str]) -> Duration {
    let mut command = served.program(program[0]);
    command.args(&program[1..]).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("it is installed");
    let time = start.elapsed();
    assert!(status.success(), "{program:?} at {}: {status}", served.name);
    time
}
