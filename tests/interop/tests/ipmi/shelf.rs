//! The two shelves that tools are shown: what they ask is the same of both.

use crate::{PASSWORD, USER, sensors};
use interop::{Operator, Shelfd, Simulator, demo};
use std::net::SocketAddr;

/// Slots of the simulated shelf with a blade; [`crate::SPARE_SLOT`] is one of them.
const POPULATED: &str = "1,2,13";

/// A shelf that answers.
pub(crate) enum Shelf {
    /// Our shelf manager, in front of a simulated shelf in its own process.
    Managed(Box<Shelfd>),
    /// The simulated shelf alone, behind its own shelf manager's controller.
    Alone(Simulator),
}

impl Shelf {
    /// `shelfd demo`, once it knows all of its shelf.
    pub(crate) fn managed() -> Self {
        let shelfd = demo();
        sensors(&shelfd);
        Self::Managed(Box::new(shelfd))
    }

    /// `chassis-sim`.
    pub(crate) fn alone() -> Self {
        Self::Alone(Simulator::start(&["--populated", POPULATED]))
    }

    /// How to start each.
    pub(crate) const BOTH: [fn() -> Self; 2] = [Self::managed, Self::alone];

    pub(crate) fn at(&self) -> SocketAddr {
        match self {
            Self::Managed(shelfd) => shelfd.rmcp(),
            Self::Alone(simulator) => simulator.rmcp(),
        }
    }

    pub(crate) fn operator<'a>(&self, suite: &'a str) -> Operator<'a> {
        Operator {
            at: self.at(),
            user: USER,
            password: PASSWORD,
            suite,
        }
    }
}

/// What `ipmitool` prints; words go between single spaces.
#[track_caller]
pub(crate) fn say(operator: &Operator<'_>, line: &str) -> String {
    operator.ipmitool(&words(line))
}

/// What `ipmitool` prints when it fails.
#[track_caller]
pub(crate) fn refused(operator: &Operator<'_>, line: &str) -> String {
    let output = operator.try_ipmitool(&words(line));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(!output.status.success(), "{line}: {text}");
    text
}

/// Each line is answered with all of its words.
#[track_caller]
pub(crate) fn answers(operator: &Operator<'_>, prefix: &str, told: &[(&str, &[&str])]) {
    for (line, wanted) in told {
        let line = format!("{prefix}{line}");
        let text = say(operator, &line);
        for word in *wanted {
            assert!(
                text.contains(word),
                "{line}: \"{word}\" is missing in:\n{text}"
            );
        }
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}
