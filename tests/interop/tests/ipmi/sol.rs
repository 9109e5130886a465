//! The console of a blade, from an operator's terminal.

use crate::SUITES;
use crate::shelf::{Shelf, answers, refused, say};

/// What a simulated payload says when it starts, and when it waits for a line.
const BANNER: &str = "OpenShelf simulated blade, slot 2";

// Who comes first reads what the blade has said since it was started, types, and leaves; a second
// one is told that somebody is there.
#[test]
fn ipmitool_and_ipmiconsole_hold_the_console_of_a_blade() {
    for start in Shelf::BOTH {
        let shelf = start();
        for suite in SUITES {
            let operator = shelf.operator(suite);
            answers(
                &operator,
                "",
                &[("sol info", &["Enabled                         : true"])],
            );
            let mut console = operator.ipmitool_terminal("sol activate instance=2");
            console.types("", "SOL Session operational");
            // A reset of the payload is seen from its start.
            say(&operator, "-t 0x84 picmg frucontrol 0 0");
            console.types("", BANNER);
            console.types("", "boot done");
            console.types("uptime\r", "# uptime\r\nuptime\r\n# ");
            let other = refused(&operator, "sol activate instance=2");
            assert!(other.contains("already active"), "{other}");
            console.types("\r~.", "terminated ipmitool");
            console.ends();
            let free = say(&operator, "raw 6 0x4a 1");
            assert_eq!(free.trim(), "0f 00 00");
            let mut console = operator.ipmiconsole_terminal("-l admin --sol-payload-instance=2");
            console.types("", "SOL established");
            console.types("free\r", "free\r\nfree\r\n# ");
            console.types("&.", "closing the connection");
            console.ends();
        }
    }
}
