//! A fuzzer for stable Rust: deterministic by seed, guided by what the targets say that they saw.
//!
//! A case is a string of bytes; each target reads its message, or its story, out of them. So every
//! target has the same mutations, the same shrinking and the same corpus. A target finds something
//! when it panics: its own assertions, or those of the code under test.

mod choices;
mod codec;
mod controller;
mod corpus;
mod engine;
mod mutate;
mod random;
mod session;

pub use corpus::{cases_of, folder, from_hex, write_cases, write_finding};
pub use engine::{Finding, Fuzzer, quiet, try_case};
pub use random::Random;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Something that takes cases.
pub trait Target {
    /// Its name, as on the command line.
    fn name(&self) -> &'static str;

    /// Cases to start with.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// Longest case, bytes.
    fn len_max(&self) -> usize;

    /// Makes checksums and lengths right again where the case has some.
    fn repair(&self, _case: &mut [u8]) {}

    /// Runs one case.
    ///
    /// # Panics
    /// When it found something.
    fn run(&self, case: &[u8], feedback: &mut Feedback);
}

/// All targets.
#[must_use]
pub fn targets() -> Vec<Box<dyn Target>> {
    vec![
        Box::new(codec::Codec::new()),
        Box::new(session::Sessions),
        Box::new(controller::Controllers),
    ]
}

/// What one case showed: it stands in for coverage, which stable Rust does not count.
#[derive(Debug, Default)]
pub struct Feedback {
    buckets: Vec<u64>,
}

impl Feedback {
    /// Something was seen. There should be few thousands of different ones: each new one keeps its
    /// case.
    pub fn note(&mut self, what: impl Hash) {
        // Always with the same keys, so that a bucket is the same in each run.
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        self.buckets.push(hasher.finish());
    }

    /// What was seen.
    #[must_use]
    pub fn buckets(&self) -> &[u64] {
        &self.buckets
    }
}

/// The order of magnitude of a number: few of them, so that they can be noted.
pub(crate) fn magnitude(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}
