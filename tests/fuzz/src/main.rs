//! `cargo run --release -p fuzz -- TARGET --seconds N [--seed S]`

use clap::Parser;
use fuzz::{Finding, Fuzzer, Target, cases_of, quiet, targets, try_case, write_cases};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const PROGRESS: Duration = Duration::from_secs(10);

/// Random inputs against the codec, the sessions and the controllers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Target: codec, session or controller.
    target: String,
    /// How long to run.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What decides all choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this case alone: hexadecimal digits.
    #[arg(long)]
    case: Option<String>,
    /// Write a small corpus of what was seen into the repository.
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let targets = targets();
    let found = targets.iter().find(|one| one.name() == arguments.target);
    let Some(target) = found else {
        let names: Vec<&str> = targets.iter().map(|target| target.name()).collect();
        eprintln!("No such target. There are: {}", names.join(", "));
        return ExitCode::FAILURE;
    };
    quiet();
    match &arguments.case {
        Some(digits) => replay(&**target, digits),
        None => run(&**target, &arguments),
    }
}

fn replay(target: &dyn Target, digits: &str) -> ExitCode {
    let Some(case) = fuzz::from_hex(digits) else {
        eprintln!("These are no hexadecimal digits.");
        return ExitCode::FAILURE;
    };
    match try_case(target, &case, &mut fuzz::Feedback::default()) {
        Ok(()) => {
            println!("nothing found");
            ExitCode::SUCCESS
        }
        Err(what) => {
            println!("{what}");
            ExitCode::FAILURE
        }
    }
}

fn run(target: &dyn Target, arguments: &Arguments) -> ExitCode {
    let cases = match cases_of(target.name()) {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let start = Instant::now();
    let (mut fuzzer, first) = Fuzzer::new(target, arguments.seed, cases);
    let mut findings = 0;
    for finding in first {
        tell(target.name(), &finding, &mut findings);
    }
    let mut told = Instant::now();
    while start.elapsed() < Duration::from_secs(arguments.seconds) {
        if let Some(finding) = fuzzer.step() {
            tell(target.name(), &finding, &mut findings);
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            progress(&fuzzer, start.elapsed(), findings);
        }
    }
    progress(&fuzzer, start.elapsed(), findings);
    if arguments.keep {
        match write_cases(target.name(), &fuzzer.best()) {
            Ok(file) => println!("written: {}", file.display()),
            Err(error) => eprintln!("{error}"),
        }
    }
    match findings {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn tell(target: &str, finding: &Finding, findings: &mut u32) {
    *findings += 1;
    println!("FOUND {}", finding.what);
    println!("      {}", finding.command(target));
    if let Err(error) = fuzz::write_finding(target, &finding.case, &finding.what) {
        eprintln!("{error}");
    }
}

fn progress(fuzzer: &Fuzzer<'_>, elapsed: Duration, findings: u32) {
    let seconds = elapsed.as_secs().max(1);
    println!(
        "{seconds:5} s  {:9} cases  {:6}/s  {:5} kept  {:6} buckets  {findings} found  {} MiB",
        fuzzer.executions(),
        fuzzer.executions() / seconds,
        fuzzer.kept(),
        fuzzer.buckets(),
        resident_mib(),
    );
}

/// Memory of this process; 0 where the system does not tell.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let word = line.and_then(|line| line.split_whitespace().nth(1));
    word.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
