//! The road, measured: fail-over from the wire to the standby, and discovery beside openhpid.
//!
//! `cargo bench -p bench --bench road -- [failover] [discovery] [openhpid]`; without a name, the
//! first two.
//! `openhpid` measures only the peer, and writes nothing.

#[path = "../hpi/client.rs"]
#[expect(dead_code, reason = "no sensor is read here")]
mod client;
mod discovery;
mod failover;
mod load;
#[path = "../hpi/openhpid.rs"]
#[expect(dead_code, reason = "nobody asks the kernel about it here")]
mod openhpid;
mod proxy;

use bench::show;

fn main() {
    // Cargo itself passes `--bench`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| !it.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|it| it == name);
    if wanted.iter().any(|it| it == "openhpid") {
        println!("{}", discovery::peer_only());
    }
    if is_wanted("discovery") {
        show("discovery", &discovery::measure());
    }
    if is_wanted("failover") {
        show("failover", &failover::measure());
    }
}
