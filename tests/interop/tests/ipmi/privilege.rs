//! Who may do what: users of three levels, and levels that are asked for.

use crate::shelf::{answers, refused};
use crate::{SUITES, assert_has};
use interop::{Operator, Place, Shelfd, Simulator, free_port, wait_until};
use std::net::SocketAddr;
use std::time::Duration;

/// Users and their levels, as FreeIPMI and `ipmitool` ask for them.
const USERS: [(&str, &str, &str); 3] = [
    ("reader", "user", "USER"),
    ("mover", "operator", "OPERATOR"),
    ("chief", "admin", "ADMINISTRATOR"),
];
/// The password of each.
const PASSWORD: &str = "enough";

/// A shelf, ours or the simulated one alone, with these users.
struct Shelf {
    at: SocketAddr,
    _managed: Option<Shelfd>,
    _alone: Option<Simulator>,
}

impl Shelf {
    fn managed() -> Self {
        let rmcp = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let unused = SocketAddr::from(([127, 0, 0, 1], 9));
        let shelfd = Shelfd::start_with(unused, |_| {
            let users = USERS.map(|(name, level, _)| {
                let level = level.replace("admin", "administrator");
                format!(
                    "[[user]]\nname = \"{name}\"\npassword = \"{PASSWORD}\"\n\
                     privilege = \"{level}\"\n"
                )
            });
            let users = users.concat();
            format!(
                "[listen]\nrmcp = \"{rmcp}\"\n{users}\
                 [chassis]\nport = \"simulated\"\nslots = [1]\n"
            )
        });
        let shelf = Self {
            at: rmcp,
            _managed: Some(shelfd),
            _alone: None,
        };
        let chief = shelf.operator("chief", "17");
        wait_until(Duration::from_secs(30), "the blade", || {
            let output = chief.try_ipmitool(&["sdr", "elist"]);
            let list = String::from_utf8_lossy(&output.stdout).into_owned();
            list.contains("HS Blade1 ").then_some(()).ok_or(list)
        });
        shelf
    }

    fn alone() -> Self {
        let users = USERS.map(|(name, level, _)| {
            let level = level.replace("admin", "administrator");
            format!("{name}:{PASSWORD}:{level}")
        });
        let mut arguments = vec!["--populated", "1"];
        for user in &users {
            arguments.extend(["--user", user]);
        }
        let simulator = Simulator::start(&arguments);
        Self {
            at: simulator.rmcp(),
            _managed: None,
            _alone: Some(simulator),
        }
    }

    fn operator<'a>(&self, user: &'a str, suite: &'a str) -> Operator<'a> {
        Operator {
            at: self.at,
            user,
            password: PASSWORD,
            suite,
        }
    }
}

/// What each level may do, by the lowest that may, and what who may not is told.
const COMMANDS: &[(usize, &str, &str)] = &[
    (0, "mc info", ""),
    (0, "sdr elist", ""),
    (0, "sel list", ""),
    (0, "fru print 0", ""),
    (0, "chassis status", ""),
    (0, "-t 0x82 picmg led get 0 0", ""),
    (0, "-t 0x82 hpm check", ""),
    (1, "sel clear", "Insufficient privilege level"),
    (1, "-t 0x82 picmg frucontrol 0 1", "0xd4"),
    (1, "-t 0x82 picmg led set 0 1 252 0 2", "0xd4"),
    (
        1,
        "-t 0x82 raw 4 0x26 1 0x38 0 0 0 70 85 95",
        "Insufficient privilege level",
    ),
    (2, "-t 0x82 picmg power set 0 3 0", "0xd4"),
    (2, "-t 0x82 hpm activate", "Insufficient privilege level"),
];

// A level may do what those below may, at 20h and behind it, and nothing that is above it.
#[test]
fn each_level_does_what_it_may_and_no_more() {
    for start in [Shelf::managed, Shelf::alone] {
        let shelf = start();
        for suite in SUITES {
            for (index, (user, _, level)) in USERS.into_iter().enumerate() {
                let operator = shelf.operator(user, suite);
                let level = format!("-L {level} ");
                for (lowest, line, said) in COMMANDS {
                    if index < *lowest {
                        let text = refused(&operator, &format!("{level}{line}"));
                        assert!(text.contains(said), "{user}: {line}: {text}");
                    } else if *line != "-t 0x82 hpm activate" {
                        answers(&operator, &level, &[(line, &[])]);
                    }
                }
                // Who may do more need not use it.
                let text = refused(&operator, "-L USER sel clear");
                assert_has(&text, &["Insufficient privilege level"]);
            }
        }
    }
}

// Who has no password gets nothing, and is told why by the tool that can.
#[test]
fn nobody_comes_in_without_the_password() {
    for start in [Shelf::managed, Shelf::alone] {
        let shelf = start();
        for suite in SUITES {
            let wrong = Operator {
                password: "guess",
                ..shelf.operator("chief", suite)
            };
            let unknown = shelf.operator("nobody", suite);
            for (bad, said) in [(wrong, "password invalid"), (unknown, "username invalid")] {
                refused(&bad, "mc info");
                let output = bad.try_freeipmi("bmc-info", &[]);
                assert!(!output.status.success());
                assert_has(&String::from_utf8_lossy(&output.stderr), &[said]);
            }
            // Nobody is locked out by what others tried.
            answers(&shelf.operator("chief", suite), "", &[("mc info", &[])]);
        }
        // Suite 0 would let anybody in.
        let text = refused(&shelf.operator("chief", "0"), "mc info");
        assert_has(&text, &["Unable to establish IPMI v2 / RMCP+ session"]);
    }
}

// A level that a user may not have is refused at the door, with a reason where the tool has one.
#[test]
fn nobody_gets_a_level_above_the_own_one() {
    let place = Place::new("freeipmi");
    for start in [Shelf::managed, Shelf::alone] {
        let shelf = start();
        for suite in SUITES {
            let reader = shelf.operator("reader", suite);
            for level in ["OPERATOR", "ADMINISTRATOR"] {
                let text = refused(&reader, &format!("-L {level} mc info"));
                assert_has(&text, &["Unable to establish IPMI v2 / RMCP+ session"]);
            }
            for (user, level) in [
                ("reader", "operator"),
                ("reader", "admin"),
                ("mover", "admin"),
            ] {
                let operator = shelf.operator(user, suite);
                let output = operator.try_freeipmi("bmc-info", &["-l", level]);
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert_has(&said, &["privilege level cannot be obtained for this user"]);
            }
            let mover = shelf.operator("mover", suite);
            mover.freeipmi(&place, "bmc-info", &["-l", "operator"]);
            mover.freeipmi(&place, "ipmi-sel", &["-l", "operator", "--clear"]);
            let control = ["-l", "user", "--chassis-control=power-up"];
            let output = reader.try_freeipmi("ipmi-chassis", &control);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_has(&said, &["privilege level insufficient"]);
        }
    }
}
