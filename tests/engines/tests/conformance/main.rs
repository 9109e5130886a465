//! What the log promises, checked on each engine: loop-back (a CMM alone, with its journal),
//! simulated, and Corosync's rings in namespaces with real journals.
//!
//! Words on the command line choose cases and engines by parts of their names.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod bed;
mod beds;
mod cases;
mod ports;
mod random;
mod state;
mod table;
mod watch;
mod world;

use bed::Bed;
use cases::{ALL, Case};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;
use table::{Outcome, Table};
use world::World;

/// Engines, and how their beds are made.
const BEDS: [(&str, MakeBed); 3] = [
    ("loop-back", || Box::new(beds::LoopBack::new())),
    ("simulated", || Box::new(beds::Simulated::new())),
    ("corosync", || Box::new(beds::Rings::new())),
];

type MakeBed = fn() -> Box<dyn Bed>;

fn main() -> ExitCode {
    if let Some(code) = programs::again_as_root() {
        return code;
    }
    let words = std::env::args().skip(1).filter(|it| !it.starts_with('-'));
    let words: Vec<String> = words.collect();
    let mut table = Table::default();
    for (name, make) in BEDS {
        let is_wanted = |case: &&Case| is_wanted(&words, case.name, name);
        let wanted: Vec<&Case> = ALL.iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut bed = make();
        for case in wanted {
            let start = Instant::now();
            let outcome = run(&mut *bed, case);
            table.add(case, bed.name(), (outcome, start.elapsed()));
        }
    }
    table.print()
}

fn is_wanted(words: &[String], case: &str, engine: &str) -> bool {
    let is_meant = |word: &String| case.contains(word.as_str()) || engine.contains(word.as_str());
    words.iter().all(is_meant)
}

fn run(bed: &mut dyn Bed, case: &Case) -> Outcome {
    if let Some(why) = case.needs.lack(&bed.offer()) {
        return Outcome::NotApplicable(why);
    }
    let name = bed.name();
    let passed = catch_unwind(AssertUnwindSafe(|| (case.run)(&mut World::new(bed))));
    match passed {
        Ok(()) => Outcome::Passed,
        Err(_) => {
            let Case {
                promise, clause, ..
            } = case;
            println!(
                "{name}, {}: broken: {promise} (DESIGN.md {clause})",
                case.name
            );
            Outcome::Failed
        }
    }
}
