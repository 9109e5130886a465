//! What a command and a change of the membership cost, by the number of nodes.

use crate::counted::Sent;
use crate::fleet::Fleet;
use bench::load;
use std::time::Duration;

const RINGS: std::ops::RangeInclusive<u32> = 2..=5;

const TOKEN_MS: u32 = 1_000;

/// Bytes of the commands.
const BYTES: usize = 1_024;

/// How long commands flow.
const TIME: Duration = Duration::from_secs(1);

/// What all members together handed to the ring.
pub(crate) fn measure() -> String {
    let head = "| nodes | messages, bytes for a command of 1 KiB | of 64, under way at once | \
                the last process leaves | it comes back |\n|---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for nodes in RINGS {
        let mut fleet = Fleet::with_members(nodes, TOKEN_MS);
        let [one, many] = [1, 64].map(|window| command(&mut fleet, window));
        let before = fleet.quiet();
        let gone = fleet.member(nodes).report().sent;
        fleet.kill(nodes);
        let left = fleet.quiet();
        let leaving = left.minus(before.minus(gone));
        fleet.start(nodes);
        let coming = fleet.quiet().minus(left);
        let [leaving, coming] = [leaving, coming].map(|it| shown(it, 1));
        table += &format!("| {nodes} | {one} | {many} | {leaving} | {coming} |\n");
    }
    table
        + &format!(
            "\nMessages and their bytes, of all members together; {}.\n",
            load()
        )
}

/// What one command costs when so many are under way.
fn command(fleet: &mut Fleet, window: usize) -> String {
    let before = fleet.quiet();
    let ran = fleet.member(1).load(BYTES, window, TIME);
    shown(fleet.quiet().minus(before), ran.count)
}

/// Each of so many: messages with two decimals, and bytes.
fn shown(sent: Sent, count: u64) -> String {
    let count = count.max(1);
    let hundredths = (sent.messages * 100 + count / 2) / count;
    let bytes = (sent.bytes + count / 2) / count;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    format!("{whole}.{rest:02}, {bytes}")
}
