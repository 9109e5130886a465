//! Figures: medians of several runs, and the file that shows them.
//!
//! The benchmarks themselves are in `benches/`; `cargo xtask bench` runs them.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The middle one of an odd number of times, the upper of the middle two of an even number; zero of
/// none.
pub fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The time that so many thousandths of all times do not exceed; zero of none.
///
/// Nearest rank: always one of the times. 500 is the median, 990 what one in a hundred exceeds.
pub fn permille(times: &[Duration], thousandths: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * thousandths).div_ceil(1000).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// A time as it stands in a table: `12.3 ms`.
pub fn milliseconds(time: Duration) -> String {
    let tenths = (time.as_micros() + 50) / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

/// A short time as it stands in a table: `123 µs`.
pub fn microseconds(time: Duration) -> String {
    format!("{} µs", (time.as_nanos() + 500) / 1000)
}

/// How many times longer `theirs` takes than `ours`: `2.5×`.
///
/// `–` when `ours` took no time at all.
pub fn ratio(ours: Duration, theirs: Duration) -> String {
    match ours.as_nanos() {
        0 => "–".into(),
        nanos => {
            let tenths = (theirs.as_nanos() * 10 + nanos / 2) / nanos;
            format!("{}.{}×", tenths / 10, tenths % 10)
        }
    }
}

/// A name, and what measures its table.
pub type Measurement = (&'static str, fn() -> String);

/// Measures what is named on the command line, or all, and shows each table under its name behind
/// `prefix`.
pub fn measure(prefix: &str, all: &[Measurement]) {
    // Cargo itself passes `--bench`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| !it.starts_with('-'))
        .collect();
    for (name, measure) in all {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            show(&format!("{prefix}{name}"), &measure());
        }
    }
}

/// How busy the machine is: without it no time can be compared with that of another run.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let average = text.split(' ').next().unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!("load average {average} on {processors} processors")
}

/// Where the figures are shown.
pub fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Prints a table, and puts it into the file.
///
/// # Panics
/// When the file cannot be changed, or has no such section.
pub fn show(section: &str, table: &str) {
    println!("{section}\n{table}");
    let text = std::fs::read_to_string(readme()).expect("the file is part of the repository");
    let text = with_section(&text, section, table).expect("the file has its sections");
    std::fs::write(readme(), text).expect("a file of ours");
}

/// Replaces what stands in `text` between the markers of `section`.
///
/// The markers are comments on lines of their own, `<!-- NAME -->` and `<!-- /NAME -->`.
/// `None` when they are not there, in this order.
pub fn with_section(text: &str, section: &str, content: &str) -> Option<String> {
    let (begin, end) = (
        format!("<!-- {section} -->\n"),
        format!("<!-- /{section} -->"),
    );
    let (head, rest) = text.split_once(&begin)?;
    let (_, tail) = rest.split_once(&end)?;
    Some(format!("{head}{begin}{content}{end}{tail}"))
}

#[cfg(test)]
mod tests;
