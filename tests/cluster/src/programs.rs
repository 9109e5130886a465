//! Programs that must be there, and waiting for what they do.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Where `name` is.
///
/// # Panics
/// When it is not installed; the message names the Debian package.
#[track_caller]
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Daemons lie where an ordinary user's path does not lead.
    folders.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let files = folders.iter().map(|folder| folder.join(name));
    files
        .into_iter()
        .find(|file| file.is_file())
        .unwrap_or_else(|| {
            panic!(
                "{name} is missing: apt-get install {package} (./test installs all that tests need)"
            )
        })
}

/// Looks again and again until `look` finds what it looks for; returns it.
///
/// `look` answers `Err` with what it saw instead, which the panic repeats when `limit` is over.
///
/// # Panics
/// When `limit` is over.
#[track_caller]
pub fn wait_until<T>(
    limit: Duration,
    what: &str,
    mut look: impl FnMut() -> Result<T, String>,
) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if start.elapsed() >= limit => panic!(
                "not within {} ms: {what}; last seen: {seen}",
                limit.as_millis()
            ),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

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
    run(Command::new(program("unshare", "util-linux"))
        .args(["--user", "--map-root-user", "--"])
        .arg(tests)
        .args(["--exact", name, "--nocapture"]));
}

/// Runs a program, and wants it to do well.
#[track_caller]
pub(crate) fn run(command: &mut Command) {
    let output = command.output();
    let output = output.unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
}
