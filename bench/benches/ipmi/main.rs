//! IPMI over LAN, measured: requests beside OpenIPMI's `ipmi_sim`, more clients than sessions, and
//! the reading of a large shelf beside operators' tools.
//!
//! `cargo bench -p bench --bench ipmi -- [requests] [sessions] [records]`; without a name, all.

mod client;
mod console;
mod process;
mod records;
mod requests;
mod sessions;

use bench::show;

/// A name, and what measures its table.
type Measurement = (&'static str, fn() -> String);

const ALL: [Measurement; 3] = [
    ("requests", requests::measure),
    ("sessions", sessions::measure),
    ("records", records::measure),
];

fn main() {
    // Cargo itself passes `--bench`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| !it.starts_with('-'))
        .collect();
    for (name, measure) in ALL {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            show(name, &measure());
        }
    }
}
