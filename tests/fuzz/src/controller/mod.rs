//! Stories of controllers: what hands, sensors, payloads and shelf managers do to them.

mod configs;
mod flash;
mod shelf;
mod single;

use crate::choices::Choices;
use crate::random::Random;
use crate::{Feedback, Target};

/// Most steps of a story.
const STEPS_MAX: usize = 400;

/// All stories of controllers; the first byte says which kind.
pub(crate) struct Controllers;

impl Target for Controllers {
    fn name(&self) -> &'static str {
        "controller"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut random = Random::new(0xb1ade);
        let kinds = 0..4u8;
        kinds
            .flat_map(|kind| (0..32).map(move |len| (kind, len * 16)))
            .map(|(kind, len)| [&[kind][..], &random.bytes(len)].concat())
            .collect()
    }

    fn len_max(&self) -> usize {
        1200
    }

    fn run(&self, case: &[u8], feedback: &mut Feedback) {
        let mut choices = Choices::new(case);
        match choices.byte() % 4 {
            3 => shelf::play(&mut choices, feedback),
            _ => single::play(&mut choices, feedback),
        }
    }
}
