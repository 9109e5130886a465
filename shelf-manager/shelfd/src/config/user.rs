//! Who may do what.

use serde::Deserialize;

/// One operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    /// Login name.
    pub(crate) name: String,
    /// Password.
    pub(crate) password: String,
    /// The highest privilege level that may be had.
    #[serde(default)]
    pub(crate) privilege: Privilege,
}

impl User {
    /// Choice: what is done through the console is what an operator does over IPMI. It shows
    /// everybody the same, so whoever only reads needs no login there.
    pub(crate) fn may_use_console(&self) -> bool {
        self.privilege >= Privilege::Operator
    }
}

/// Privilege levels. Source: IPMI v2.0 §6.8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Privilege {
    /// Reads.
    User,
    /// Changes everything but how the management is configured.
    Operator,
    /// Does everything.
    #[default]
    Administrator,
}

impl Privilege {
    /// As messages say it.
    pub(crate) fn level(self) -> u8 {
        match self {
            Self::User => 2,
            Self::Operator => 3,
            Self::Administrator => 4,
        }
    }
}
