//! The simulated shelf at a serial line, with both of ipmitool's ways to speak there.

use interop::{Simulator, output_of, program};
use std::process::Command;

/// What is asked, and what is answered.
const TOLD: &[(&str, &str)] = &[
    ("mc info", "Manufacturer ID           : 12634"),
    ("sdr elist", "HS Blade2        | 00h | ok"),
    ("sensor get Exhaust", "Upper Critical        : 85.000"),
    ("sel info", "Entries"),
    ("fru print 254", "Chassis Part Number   : SHELF-14"),
    ("-t 0x84 mc info", "Product ID                : 256"),
    ("-t 0x84 picmg addrinfo", "IPMB-0 Address   : 0x84"),
    ("-t 0x84 fru print 0", "Board Product         : Blade2"),
    ("-t 0x84 hpm check", "Boot loader"),
];

fn ipmitool(simulator: &Simulator, interface: &str, line: &str) -> String {
    let device = format!("{}:115200", simulator.line().display());
    let mut command = Command::new("timeout");
    command
        .arg("60")
        .arg(program("ipmitool", "ipmitool"))
        .args(["-I", interface, "-D", &device])
        .args(line.split(' '));
    output_of(&mut command)
}

// Whoever stands in front of the shelf with a cable sees what others see from afar.
#[test]
fn ipmitool_reads_the_shelf_over_a_serial_line() {
    for mode in ["basic", "terminal"] {
        let simulator = Simulator::start(&["--populated", "2", "--serial", mode]);
        for (line, wanted) in TOLD {
            let text = ipmitool(&simulator, &format!("serial-{mode}"), line);
            assert!(text.contains(wanted), "{mode}: {line}: {text}");
        }
    }
}
