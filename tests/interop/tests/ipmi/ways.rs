//! Our own two ends against each other, as programs: `shelfd` drives the shelf that `chassis-sim`
//! simulates, by each way onto a management bus that two programs of one machine can share.

use crate::shelf::say;
use crate::{MOVE, PASSWORD, START, USER, assert_has};
use interop::{Operator, Shelfd, Simulator, free_port, wait_until};
use std::net::SocketAddr;

/// The blade in slot 3, without a service unit.
const BLADE: u8 = 0x86;

/// A shelf, and what the configuration says about the way to it.
fn ways() -> Vec<(&'static str, Simulator, String)> {
    let simulator = |more: &[&str]| Simulator::start(&[&["--populated", "1,2,3"], more].concat());
    let mut ways = Vec::new();
    for suites in ["[17]", "[3]"] {
        let shelf = simulator(&[]);
        let chassis = format!(
            "port = \"lan\"\naddress = \"{}\"\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\n\
             cipher_suites = {suites}\n",
            shelf.rmcp()
        );
        ways.push(("RMCP+", shelf, chassis));
    }
    let shelf = simulator(&[]);
    let chassis = format!("port = \"vm\"\naddress = \"{}\"\n", shelf.system());
    ways.push(("system interface", shelf, chassis));
    for mode in ["basic", "terminal"] {
        let shelf = simulator(&["--serial", mode]);
        let chassis = format!(
            "port = \"serial\"\ndevice = \"{}\"\nmode = \"{mode}\"\n",
            shelf.line().display()
        );
        ways.push((mode, shelf, chassis));
    }
    ways
}

/// The example with another way to the shelf.
fn with_chassis(config: &str, chassis: &str) -> String {
    let (before, rest) = config.split_once("[chassis]\n").expect("the example");
    let (_, after) = rest.split_once("\n\n").expect("the example");
    format!("{before}[chassis]\n{chassis}\n{after}")
}

fn state(shelfd: &Shelfd, wanted: &str) {
    wait_until(START.max(MOVE), wanted, || {
        let boards = shelfd.ctl(&["board"]);
        let mut boards = boards.as_array().into_iter().flatten();
        let board = boards.find(|board| board["address"] == BLADE);
        let shown = board.map_or_else(String::new, |board| board["state"].to_string());
        shown.contains(wanted).then_some(()).ok_or(shown)
    });
}

// A blade is found, its handle is opened and closed, and a tool in front of it all reaches it.
#[test]
fn our_shelf_manager_drives_our_shelf() {
    for (way, mut shelf, chassis) in ways() {
        let rmcp = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let shelfd = Shelfd::start_with(shelf.rmcp(), |config| {
            let config = config.replacen("[listen]", &format!("[listen]\nrmcp = \"{rmcp}\""), 1);
            with_chassis(&config, &chassis)
        });
        println!("by {way}");
        state(&shelfd, "M4");
        shelf.operate("open 3");
        state(&shelfd, "M1");
        shelf.operate("close 3");
        state(&shelfd, "M4");
        let operator = Operator {
            at: rmcp,
            user: USER,
            password: PASSWORD,
            suite: "17",
        };
        let blade = say(&operator, "-t 0x86 fru print 0");
        assert_has(&blade, &["Board Product         : Blade3"]);
        let log = say(&operator, "sel elist");
        assert_has(&log, &["HS Blade3", "Transition to M6"]);
    }
}
