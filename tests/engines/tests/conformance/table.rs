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

    /// Prints it, what engines lack, and the line that sums up tests; how they end.
    pub(crate) fn print(&self) -> ExitCode {
        let names = self.engines.iter().map(|engine| (*engine).to_owned());
        println!("\n{}", line("case", "DESIGN.md", names));
        for case in ALL {
            let cells = self.engines.iter().map(|it| self.cell(case.name, it));
            let cells: Vec<String> = cells.collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                println!("{}", line(case.name, case.clause, cells));
            }
        }
        self.print_lacks();
        let failed = self.count(|it| *it == Outcome::Failed);
        let passed = self.count(|it| *it == Outcome::Passed);
        let left_out = self.count(|it| matches!(it, Outcome::NotApplicable(_)));
        let (word, code) = match failed {
            0 => ("ok", ExitCode::SUCCESS),
            _ => ("FAILED", ExitCode::FAILURE),
        };
        println!(
            "\ntest result: {word}. {passed} passed; {failed} failed; {left_out} not applicable"
        );
        code
    }

    /// Says for each engine what it lacks, and for which cases.
    fn print_lacks(&self) {
        let mut lacks: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for ((case, engine), (outcome, _)) in &self.outcomes {
            if let Outcome::NotApplicable(why) = outcome {
                lacks.entry((engine, why)).or_default().push(case);
            }
        }
        for ((engine, why), cases) in lacks {
            println!(
                "not applicable to {engine}, which {why}: {}",
                cases.join(", ")
            );
        }
    }

    fn count(&self, is_it: fn(&Outcome) -> bool) -> usize {
        let outcomes = self.outcomes.values();
        outcomes.filter(|(outcome, _)| is_it(outcome)).count()
    }

    fn cell(&self, case: &'static str, engine: &'static str) -> String {
        match self.outcomes.get(&(case, engine)) {
            Some((Outcome::Passed, time)) => format!("passed {:>5.1} s", time.as_secs_f64()),
            Some((Outcome::Failed, time)) => format!("FAILED {:>5.1} s", time.as_secs_f64()),
            Some((Outcome::NotApplicable(_), _)) => "not applicable".into(),
            None => String::new(),
        }
    }
}

fn line(name: &str, clause: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().map(|cell| format!("{cell:<17}"));
    let line = format!("{name:<27}{clause:<40}{}", cells.collect::<String>());
    line.trim_end().to_owned()
}
