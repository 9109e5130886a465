//! Programs that tests and benchmarks start: where they are, and waiting for what they do.

mod root;
mod wait;

pub use root::{again_as_root, as_root};
pub use wait::wait_until;

use std::path::PathBuf;
use std::process::Command;

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
    let found = files.into_iter().find(|file| file.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is missing: apt-get install {package} (./test installs all that tests need)")
    })
}

/// What a program prints.
///
/// # Panics
/// When it fails; the message repeats what it printed.
#[track_caller]
pub fn output_of(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{printed}{complaint}",
        output.status
    );
    printed
}
