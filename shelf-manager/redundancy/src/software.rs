//! What members run, and by which version of their rules the machines work.

use crate::members::Member;
use crate::{Effect, Event, Out, Redundancy};
use alloc::string::String;
use core::cmp::Ordering;
use machine::NodeId;
use serde::{Deserialize, Serialize};

/// Longest version text that is kept, in characters.
const TEXT_MAX: usize = 64;

/// What a member runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    /// Its version, such as `1.2.0`.
    pub text: String,
    /// The lowest version of the machines' rules that it can run.
    pub machines_min: u32,
    /// The highest.
    pub machines_max: u32,
}

impl Software {
    fn runs(&self, version: u32) -> bool {
        (self.machines_min..=self.machines_max).contains(&version)
    }
}

impl Member {
    /// Choice: a version that is unknown or unreadable counts as equal.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        let (Some(own), Some(its)) = (&self.software, &other.software) else {
            return false;
        };
        compared(&own.text, &its.text) == Some(Ordering::Less)
    }
}

/// Compares the numbers of two versions; what follows them, such as `-rc1`, does not count. `None`
/// when one has none.
fn compared(a: &str, b: &str) -> Option<Ordering> {
    let numbers = |text: &str| {
        let end = text.find(|c: char| c != '.' && !c.is_ascii_digit());
        let numbers = text[..end.unwrap_or(text.len())].split('.');
        let numbers: Result<alloc::vec::Vec<u32>, _> = numbers.map(str::parse).collect();
        numbers.ok()
    };
    Some(numbers(a)?.cmp(&numbers(b)?))
}

impl Redundancy {
    pub(crate) fn told_software(&mut self, id: NodeId, software: &Software, out: &mut Out<'_>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member.software = Some(Software {
            text: software.text.chars().take(TEXT_MAX).collect(),
            ..software.clone()
        });
        let lowest = software.machines_min;
        if self.version.is_none() && software.runs(lowest) {
            self.work_by(lowest, out);
        }
        if let Some(version) = self.version.filter(|version| !software.runs(*version)) {
            let member = id;
            out.event(Event::CannotRun { member, version });
        }
        self.raise_version(out);
    }

    /// Whether a member has told that it cannot run the machines as they are. It must not take
    /// part.
    pub fn is_unfit(&self, member: NodeId) -> bool {
        let software = self.members.get(&member).and_then(|m| m.software.as_ref());
        let version = self.version;
        software.is_some_and(|software| version.is_some_and(|version| !software.runs(version)))
    }

    /// The highest version that all can run, those that are awaited included: they would not be
    /// able to come back. Never lower than before. Whoever cannot run the present one takes no
    /// part, and holds nobody up.
    pub(crate) fn raise_version(&mut self, out: &mut Out<'_>) {
        let Some(version) = self.version else {
            return;
        };
        let told = self.members.values().map(|member| member.software.as_ref());
        let told: Option<alloc::vec::Vec<&Software>> = told.collect();
        let Some(told) = told else {
            return;
        };
        let fit = told.iter().filter(|software| software.runs(version));
        let highest = fit.map(|software| software.machines_max).min();
        if let Some(to) = highest.filter(|to| *to > version) {
            self.work_by(to, out);
        }
    }

    fn work_by(&mut self, to: u32, out: &mut Out<'_>) {
        let from = self.version.replace(to);
        out.event(Event::Version { from, to });
        out.push(Effect::MachineVersion { to });
    }
}
