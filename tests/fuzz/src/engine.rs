//! The loop: choose a case, change it, run it, keep it when it showed something new.

use crate::corpus::to_hex;
use crate::mutate::mutate;
use crate::random::Random;
use crate::{Feedback, Target};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most cases that are kept; later ones are run, and forgotten.
const KEPT_MAX: usize = 100_000;
/// Most attempts to make a finding smaller.
const SHRINKS_MAX: usize = 20_000;
/// Most cases, and bytes of cases, that are written for the repository.
const WRITTEN_MAX: usize = 250;
const WRITTEN_LEN_MAX: usize = 24 << 10;

thread_local! {
    /// What the last panic said, and where.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps panics from being printed: they are findings, and told as such.
pub fn quiet() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let said = info.payload().downcast_ref::<String>().cloned();
        let said = said.or_else(|| {
            info.payload()
                .downcast_ref::<&str>()
                .map(ToString::to_string)
        });
        let text = format!("{place}: {}", said.unwrap_or_default());
        PANIC.with(|panic| *panic.borrow_mut() = text);
    }));
}

/// Runs one case; the error is what it found.
pub fn try_case(target: &dyn Target, case: &[u8], feedback: &mut Feedback) -> Result<(), String> {
    let run = AssertUnwindSafe(|| target.run(case, feedback));
    catch_unwind(run).map_err(|_| PANIC.with(|panic| panic.borrow().clone()))
}

/// Something that must not happen.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The smallest case that shows it.
    pub case: Vec<u8>,
    /// What happened, and where.
    pub what: String,
}

impl Finding {
    /// How to see it again.
    #[must_use]
    pub fn command(&self, target: &str) -> String {
        format!(
            "cargo run -p fuzz -- {target} --case {}",
            to_hex(&self.case)
        )
    }
}

/// One run.
pub struct Fuzzer<'a> {
    target: &'a dyn Target,
    random: Random,
    kept: Vec<Vec<u8>>,
    buckets: HashSet<u64>,
    /// Where something was found already.
    places: HashSet<String>,
    executions: u64,
}

impl<'a> Fuzzer<'a> {
    /// A run that begins with the seeds of the target and with `cases`; what those find already.
    pub fn new(target: &'a dyn Target, seed: u64, cases: Vec<Vec<u8>>) -> (Self, Vec<Finding>) {
        let mut fuzzer = Self {
            target,
            random: Random::new(seed),
            kept: Vec::new(),
            buckets: HashSet::new(),
            places: HashSet::new(),
            executions: 0,
        };
        let cases = target.seeds().into_iter().chain(cases);
        let findings = cases.filter_map(|case| fuzzer.take(case)).collect();
        (fuzzer, findings)
    }

    /// How many cases were run.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// How many cases were kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// How many different things were seen.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// Runs one more case; what it found, made small, unless it was found before.
    pub fn step(&mut self) -> Option<Finding> {
        let mut case = match self.kept.len() {
            0 => Vec::new(),
            len => {
                // The latest are the least known.
                let from = match self.random.below(2) {
                    0 => 0,
                    _ => len - len.div_ceil(8),
                };
                self.kept[from + self.random.below(len - from)].clone()
            }
        };
        mutate(
            &mut self.random,
            &mut case,
            (&self.kept, self.target.len_max()),
        );
        if self.random.below(2) == 0 {
            self.target.repair(&mut case);
        }
        self.take(case)
    }

    fn take(&mut self, case: Vec<u8>) -> Option<Finding> {
        self.executions += 1;
        let mut feedback = Feedback::default();
        let result = try_case(self.target, &case, &mut feedback);
        if let Err(what) = result {
            return self
                .places
                .insert(place(&what))
                .then(|| self.shrink(case, &what));
        }
        let mut is_new = false;
        for bucket in feedback.buckets() {
            is_new |= self.buckets.insert(*bucket);
        }
        if is_new && self.kept.len() < KEPT_MAX {
            self.kept.push(case);
        }
        None
    }

    /// The smallest case found that goes wrong at the same place.
    fn shrink(&self, mut case: Vec<u8>, what: &str) -> Finding {
        let wanted = place(what);
        let still = |case: &[u8]| {
            let result = try_case(self.target, case, &mut Feedback::default());
            result.err().filter(|found| place(found) == wanted)
        };
        let mut what = what.to_owned();
        let mut tries = 0;
        let mut piece = case.len().next_power_of_two();
        while piece > 0 && tries < SHRINKS_MAX {
            let mut at = 0;
            while at < case.len() && tries < SHRINKS_MAX {
                tries += 1;
                let mut smaller = case.clone();
                smaller.drain(at..(at + piece).min(case.len()));
                match still(&smaller) {
                    Some(found) => (case, what) = (smaller, found),
                    None => at += piece,
                }
            }
            piece /= 2;
        }
        for at in 0..case.len() {
            let mut simpler = case.clone();
            simpler[at] = 0;
            if let Some(found) = still(&simpler) {
                (case, what) = (simpler, found);
            }
        }
        Finding { case, what }
    }

    /// A few of the cases that were kept, which together have seen the most: the smallest first.
    #[must_use]
    pub fn best(&self) -> Vec<Vec<u8>> {
        let mut cases = self.kept.clone();
        cases.sort_by_key(Vec::len);
        let mut rated: Vec<(Vec<u8>, HashSet<u64>)> = Vec::new();
        let mut seen = HashSet::new();
        for case in cases {
            let mut feedback = Feedback::default();
            if try_case(self.target, &case, &mut feedback).is_ok() {
                let found: HashSet<u64> = feedback.buckets().iter().copied().collect();
                let news: HashSet<u64> = found.difference(&seen).copied().collect();
                seen.extend(news.iter().copied());
                rated.push((case, news));
            }
        }
        rated.retain(|(_, news)| !news.is_empty());
        rated.sort_by_key(|(_, news)| Reverse(news.len()));
        // The best ones, and some of all the others.
        let others = rated.split_off(rated.len().min(WRITTEN_MAX / 2));
        let step = others.len().div_ceil(WRITTEN_MAX / 2).max(1);
        rated.extend(others.into_iter().step_by(step));
        let mut len = 0;
        rated.retain(|(case, _)| {
            let fits = len + case.len() <= WRITTEN_LEN_MAX;
            len += if fits { case.len() } else { 0 };
            fits
        });
        rated.into_iter().map(|(case, _)| case).collect()
    }
}

/// Where it happened: file, line and column.
fn place(what: &str) -> String {
    what.split(": ").next().unwrap_or_default().to_owned()
}
