//! `cargo xtask bench [NAME]`: runs the benchmarks in release; each writes its figures to
//! bench/README.md.

use crate::workspace::Workspace;
use std::process::Command;

/// Programs that the benchmarks start.
const MEASURED: [&str; 8] = [
    "-p",
    "shelfd",
    "-p",
    "cli",
    "-p",
    "counter",
    "-p",
    "chassis-sim",
];

/// Runs one benchmark, or all; `Ok(false)` when one fails.
pub(crate) fn run(workspace: &Workspace, name: Option<&str>) -> Result<bool, String> {
    let names = names(workspace);
    let wanted: Vec<&String> = names
        .iter()
        .filter(|known| name.is_none_or(|name| name == *known))
        .collect();
    if wanted.is_empty() {
        let unknown = name.unwrap_or_default();
        return Err(format!(
            "no benchmark \"{unknown}\"; there are: {}",
            names.join(", ")
        ));
    }
    let build = [&["build", "--release"], &MEASURED[..]].concat();
    if !cargo(workspace, &build)? {
        return Ok(false);
    }
    for name in wanted {
        if !cargo(workspace, &["bench", "-p", "bench", "--bench", name])? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn names(workspace: &Workspace) -> Vec<String> {
    let package = workspace
        .packages
        .iter()
        .filter(|package| package.name == "bench");
    let targets = package.flat_map(|package| &package.targets);
    targets
        .filter(|target| target.kind == "bench")
        .map(|target| target.name.clone())
        .collect()
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<bool, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(&workspace.root);
    let status = command
        .status()
        .map_err(|why| format!("cargo {}: {why}", arguments.join(" ")))?;
    Ok(status.success())
}
