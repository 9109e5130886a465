//! `cargo xtask sim [ARGUMENTS]`: runs the simulator, in a profile of its own.

use crate::workspace::Workspace;
use std::process::Command;

/// Runs the simulator with these arguments; `Ok(false)` when a promise was broken.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Result<bool, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let simulator = [
        "run",
        "--quiet",
        "--locked",
        "--profile",
        "sim",
        "-p",
        "simulator",
        "--",
    ];
    let status = Command::new(cargo)
        .args(simulator)
        .args(arguments)
        .current_dir(&workspace.root)
        .status();
    Ok(status.map_err(|why| format!("cargo: {why}"))?.success())
}
