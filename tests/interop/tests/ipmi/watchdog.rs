//! Watchdog timers, with `ipmitool mc watchdog`: that of a blade's payload, and that of our shelf
//! manager, which watches over programs of operators.

use crate::shelf::{Shelf, answers, refused, say};
use crate::{MOVE, SUITES};
use interop::wait_until;

/// The blade in [`crate::SPARE_SLOT`].
const BLADE: &str = "-t 0x9a ";

/// A timer that is set, started, and stopped before it runs out.
const STOPPED: &[(&str, &[&str])] = &[
    ("mc watchdog get", &["Stopped"]),
    ("mc watchdog set use=sms action=none timeout=100", &[]),
    ("mc watchdog reset", &[]),
    ("mc watchdog get", &["Started", "SMS/OS", "100.0 sec"]),
    ("mc watchdog off", &[]),
    ("mc watchdog get", &["Stopped"]),
];

// A payload that stops to say that it lives is reset, and the log says so.
#[test]
fn a_watchdog_timer_is_set_stopped_and_runs_out() {
    for start in Shelf::BOTH {
        let shelf = start();
        let operator = shelf.operator("17");
        let early = refused(&operator, &format!("{BLADE}mc watchdog reset"));
        assert!(early.contains("Reset Watchdog Timer"), "{early}");
        for suite in SUITES {
            answers(&shelf.operator(suite), BLADE, STOPPED);
            if let Shelf::Managed(_) = shelf {
                answers(&shelf.operator(suite), "", STOPPED);
            }
        }
        say(&operator, "sel clear");
        let set = "mc watchdog set use=sms action=reset timeout=1";
        say(&operator, &format!("{BLADE}{set}"));
        say(&operator, &format!("{BLADE}mc watchdog reset"));
        wait_until(MOVE, "the timer runs out", || {
            let log = say(&operator, "sel elist");
            let is_told = log.contains("Watchdog2") && log.contains("Hard reset");
            is_told.then_some(()).ok_or(log)
        });
    }
}
