//! The log, measured: commands, take-over, state transfer, and what grows with the members.
//!
//! `cargo bench -p bench --bench engine -- [commands] [floor] [takeover] [shelf] [transfer]
//! [slopes] [simulated]`; without a name, all. `member …` is what the benchmark starts on its
//! nodes.

mod commands;
mod counted;
mod echo;
mod fleet;
mod load;
mod member;
mod shelf;
mod simulated;
mod slopes;
mod takeover;
mod transfer;

use std::time::SystemTime;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["member", words @ ..] = words.as_slice() {
        return member::run(words);
    }
    bench::measure(
        "engine ",
        &[
            ("commands", commands::measure),
            ("floor", commands::floor),
            ("takeover", takeover::measure),
            ("shelf", shelf::measure),
            ("transfer", transfer::measure),
            ("slopes", slopes::measure),
            ("simulated", simulated::measure),
        ],
    );
}

/// The machine's clock in nanoseconds: the same for all processes.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}
