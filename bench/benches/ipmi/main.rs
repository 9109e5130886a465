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

const ALL: [bench::Measurement; 3] = [
    ("requests", requests::measure),
    ("sessions", sessions::measure),
    ("records", records::measure),
];

fn main() {
    bench::measure("", &ALL);
}
