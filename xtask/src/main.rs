//! Checks and chores of the workspace: `cargo xtask NAME`.
//!
//! Exit codes: 0 done, 1 findings or failure, 2 usage.

mod bench;
mod conformance;
mod lex;
mod sim;
mod tidy;
mod workspace;

use std::process::ExitCode;
use workspace::Workspace;

const USAGE: &str = "usage: cargo xtask NAME
  tidy                     the rules of STYLE.md that a machine can hold
  conformance [--missing]  how many requirements of tests/scenarios/*/requirements.tsv are covered
  cluster-test             two CMMs and three blades with a Corosync each, and what can break there
  bench [NAME]             runs the benchmarks in release and writes their figures to bench/README.md
  sim [--seeds N] [--from S]
                           whole shelves in virtual time, while everything fails; sim --help";

/// Builds the programs, then runs the tests that need several nodes.
fn cluster_test(workspace: &Workspace) -> Result<bool, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let packages = ["shelfd", "cli", "chassis-sim"]
        .map(|name| ["-p", name])
        .concat();
    let steps = [
        [&["build", "--locked"], packages.as_slice()].concat(),
        vec!["test", "--locked", "-p", "cluster", "-p", "corosync"],
    ];
    for step in steps {
        let mut command = std::process::Command::new(&cargo);
        let status = command.args(step).current_dir(&workspace.root).status();
        if !status.map_err(|why| format!("cargo: {why}"))?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["tidy"] => Workspace::load().and_then(|workspace| tidy::run(&workspace)),
        ["conformance"] => Workspace::load().and_then(|found| conformance::run(&found, false)),
        ["conformance", "--missing"] => {
            Workspace::load().and_then(|found| conformance::run(&found, true))
        }
        ["bench"] => Workspace::load().and_then(|workspace| bench::run(&workspace, None)),
        ["sim", arguments @ ..] => {
            Workspace::load().and_then(|workspace| sim::run(&workspace, arguments))
        }
        ["cluster-test"] => Workspace::load().and_then(|workspace| cluster_test(&workspace)),
        ["bench", name] => Workspace::load().and_then(|found| bench::run(&found, Some(name))),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
