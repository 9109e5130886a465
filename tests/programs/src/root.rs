//! Tests that only root can do.

use crate::program;
use std::process::{Command, ExitCode, ExitStatus};

/// In the environment of what [`again_as_root`] has started.
const IS_AGAIN: &str = "OPENSHELF_AGAIN_AS_ROOT";

/// Runs a test as root: if its user is not, once more as root of a user namespace of its own.
///
/// # Panics
/// When the test does; or when it is not root, and this is not the thread of a test.
#[track_caller]
pub fn as_root(test: impl FnOnce()) {
    if rustix::process::geteuid().is_root() {
        return test();
    }
    let thread = std::thread::current();
    let name = thread
        .name()
        .expect("tests have the names of their threads");
    let tests = std::env::current_exe().expect("tests are programs");
    let printed = crate::output_of(
        Command::new(program("unshare", "util-linux"))
            .args(["--user", "--map-root-user", "--"])
            .arg(tests)
            .args(["--exact", name, "--nocapture"]),
    );
    assert!(printed.contains("1 passed"), "{printed}");
}

/// Runs this program once more, as root of its own mount namespace: what it mounts, nobody else
/// sees, and nothing of it is left. How that ended; `None` when this is that run.
///
/// # Panics
/// When it cannot be started.
#[track_caller]
pub fn again_as_root() -> Option<ExitCode> {
    if std::env::var_os(IS_AGAIN).is_some() {
        return None;
    }
    let mut command = Command::new(program("unshare", "util-linux"));
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let own = std::env::current_exe().expect("this is a program");
    command.args(["--mount", "--"]).arg(own);
    command.args(std::env::args_os().skip(1)).env(IS_AGAIN, "1");
    let status = command.status();
    let status = status.unwrap_or_else(|why| panic!("{command:?}: {why}"));
    Some(code(status))
}

fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
