//! Cases by engines.

use crate::cases::{ALL, Case};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

/// What became of a case on an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// What the engine lacks.
    NotApplicable(&'static str),
}

/// What became of all.
#[derive(Default)]
pub(crate) struct Table {
    engines: Vec<&'static str>,
    outcomes: BTreeMap<(&'static str, &'static str), (Outcome, Duration)>,
}

impl Table {
    pub(crate) fn add(
        &mut self,
        case: &Case,
        engine: &'static str,
        (outcome, time): (Outcome, Duration),
    ) {
        if !self.engines.contains(&engine) {
            self.engines.push(engine);
        }
        self.outcomes.insert((case.name, engine), (outcome, time));
    }

    /// Prints it, and the line that sums up tests; how it ends.
    pub(crate) fn print(&self) -> ExitCode {
        println!(
            "\n{}",
            self.line(
                "",
                "DESIGN.md",
                self.engines.iter().map(ToString::to_string)
            )
        );
        for case in ALL {
            let cells = self
                .engines
                .iter()
                .map(|engine| self.cell(case.name, engine));
            let cells: Vec<String> = cells.collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                println!("{}", self.line(case.name, case.clause, cells.into_iter()));
            }
        }
        let count = |is_it: fn(&Outcome) -> bool| {
            let outcomes = self.outcomes.values();
            outcomes.filter(|(outcome, _)| is_it(outcome)).count()
        };
        let failed = count(|it| *it == Outcome::Failed);
        let passed = count(|it| *it == Outcome::Passed);
        let (word, code) = match failed {
            0 => ("ok", ExitCode::SUCCESS),
            _ => ("FAILED", ExitCode::FAILURE),
        };
        println!("\ntest result: {word}. {passed} passed; {failed} failed");
        code
    }

    fn line(&self, name: &str, clause: &str, cells: impl Iterator<Item = String>) -> String {
        let cells = cells.map(|cell| format!("{cell:<33}"));
        let line = format!("{name:<26}{clause:<40}{}", cells.collect::<String>());
        line.trim_end().to_owned()
    }

    fn cell(&self, case: &'static str, engine: &'static str) -> String {
        match self.outcomes.get(&(case, engine)) {
            Some((Outcome::Passed, time)) => format!("passed ({:.1} s)", time.as_secs_f64()),
            Some((Outcome::Failed, time)) => format!("FAILED ({:.1} s)", time.as_secs_f64()),
            Some((Outcome::NotApplicable(why), _)) => format!("not applicable: {why}"),
            None => String::new(),
        }
    }
}
