//! Why this process ends before it was told to.

use appliance::{OLDEST, Unfit, VERSION};
use journal::JournalError;
use std::process::ExitCode;

/// Exit code of a daemon that cannot go on with the shelf's log, now or after another start:
/// whoever looks after it leaves it so. Source: `sysexits.h`, EX_CONFIG.
pub(crate) const EXIT_UNFIT: u8 = 78;

/// Exit code of any other failure.
const EXIT_FAILURE: u8 = 1;

/// Why this process ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// In words, with what to do about it.
    pub(crate) text: String,
    code: u8,
}

impl Failure {
    /// Another start of this program does not help.
    pub(crate) fn for_good(text: String) -> Self {
        let code = EXIT_UNFIT;
        Self { text, code }
    }

    /// What it ends with.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        let code = EXIT_FAILURE;
        Self { text, code }
    }
}

impl From<JournalError> for Failure {
    fn from(why: JournalError) -> Self {
        let text = why.to_string();
        match why.is_foreign() {
            true => Self::for_good(text),
            false => text.into(),
        }
    }
}

impl From<Unfit> for Failure {
    fn from(why: Unfit) -> Self {
        match why {
            Unfit::Version(version) => Self::for_good(unfit(version)),
            Unfit::Damaged => {
                String::from("the state that the log goes on from cannot be read").into()
            }
        }
    }
}

fn unfit(version: u32) -> String {
    let own = env!("CARGO_PKG_VERSION");
    let whose = match version > VERSION {
        true => "a newer",
        false => "an older",
    };
    let range = match OLDEST == VERSION {
        true => format!("{VERSION} only"),
        false => format!("{OLDEST} to {VERSION}"),
    };
    format!(
        "the shelf works by version {version} of the rules, and this program, {own}, can run \
         {range}: install {whose} one (shelfctl cluster status, on another member, \
         says what those run); the journal is kept for it, and this one is not started again"
    )
}

#[cfg(test)]
mod tests;
