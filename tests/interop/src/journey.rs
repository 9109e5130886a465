//! The order in which things happened, read from the daemon's events.

use crate::{Shelfd, wait_until};
use serde_json::Value;
use std::time::Duration;

/// One thing that must happen.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// What it is, for people.
    pub what: &'a str,
    /// Which floor tells it: `ipmi`, `hpi`, `plm`, `clm`, `amf`, …
    pub source: &'a str,
    /// A part of what the event is about.
    pub object: &'a str,
    /// A word of its text.
    pub text: &'a str,
}

/// What happens from now on.
#[derive(Debug)]
pub struct Journey<'a> {
    shelfd: &'a Shelfd,
    since: u64,
}

impl<'a> Journey<'a> {
    /// Begins with the next event.
    pub fn begin(shelfd: &'a Shelfd) -> Self {
        let since = shelfd.ctl(&["events"])["last"].as_u64().unwrap_or_default();
        Self { shelfd, since }
    }

    /// Waits until all steps have happened, and checks that each came after the one before it.
    ///
    /// # Panics
    /// When a step does not happen in time, or too early; the message lists the events.
    #[track_caller]
    pub fn expect(&self, limit: Duration, steps: &[Step<'_>]) {
        wait_until(limit, "all steps in their order", || {
            let events = self.events();
            let mut after = 0;
            for step in steps {
                let later = events
                    .iter()
                    .skip(after)
                    .position(|event| step.is_told_by(event));
                let Some(at) = later else {
                    return Err(format!(
                        "not (yet) in order: {}\n{}",
                        step.what,
                        list(&events)
                    ));
                };
                after += at + 1;
            }
            Ok(())
        });
        self.expect_none_early(steps);
    }

    /// Events since the beginning, oldest first.
    pub fn events(&self) -> Vec<Value> {
        let reply = self.shelfd.ctl(&["events"]);
        let events = reply["events"].as_array().cloned().unwrap_or_default();
        let is_new = |event: &Value| event["sequence"].as_u64().is_some_and(|it| it > self.since);
        events.into_iter().filter(is_new).collect()
    }

    /// The first event of each step must come in order too: a step that happened twice, first too
    /// early, is wrong.
    #[track_caller]
    fn expect_none_early(&self, steps: &[Step<'_>]) {
        let events = self.events();
        let first = |step: &Step<'_>| events.iter().position(|event| step.is_told_by(event));
        let firsts: Vec<_> = steps.iter().map(first).collect();
        assert!(
            firsts.is_sorted(),
            "steps came at {firsts:?}:\n{}",
            list(&events)
        );
    }
}

impl Step<'_> {
    fn is_told_by(&self, event: &Value) -> bool {
        let has =
            |key: &str, part: &str| event[key].as_str().is_some_and(|text| text.contains(part));
        event["source"] == self.source && has("object", self.object) && has("text", self.text)
    }
}

fn list(events: &[Value]) -> String {
    let line = |event: &Value| {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        format!(
            "{} {} {}: {}\n",
            event["sequence"],
            text("source"),
            text("object"),
            text("text")
        )
    };
    events.iter().map(line).collect()
}
