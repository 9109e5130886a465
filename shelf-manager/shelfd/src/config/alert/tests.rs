//! Alerts as administrators write them, right and wrong.

use crate::config::Config;
use pef::{Preset, PresetSeverity};

const SIMULATED: &str = "[chassis]\nport = \"simulated\"\nslots = [1]\n";

fn refused(text: &str) -> String {
    let config = toml::from_str::<Config>(&format!("{SIMULATED}{text}\n"));
    config.unwrap_err().to_string()
}

// Who writes an address alone gets traps of what is wrong, at the registered port.
#[test]
fn alerts() {
    let one = "[[alert]]\ndestination = \"192.0.2.1\"\n";
    let full = "[[alert]]\ndestination = \"[2001:db8::1]:1162\"\ncommunity = \"noc\"\n\
                severity = \"information\"\nacknowledge = true\ntimeout_s = 10\nretries = 3\n";
    let config: Config = toml::from_str(&format!("{SIMULATED}{one}{full}")).unwrap();
    let [one, full] = config.alerts.0.as_slice() else {
        panic!("{:?}", config.alerts);
    };
    let default = Preset {
        address: [192, 0, 2, 1].into(),
        port: 162,
        community: "public".into(),
        severity: PresetSeverity::NonCritical,
        acknowledge: false,
        timeout_s: 3,
        retries: 0,
    };
    assert_eq!(*one, default);
    let wanted = Preset {
        address: "2001:db8::1".parse().unwrap(),
        port: 1162,
        community: "noc".into(),
        severity: PresetSeverity::Information,
        acknowledge: true,
        timeout_s: 10,
        retries: 3,
    };
    assert_eq!(*full, wanted);
    let many = "[[alert]]\ndestination = \"192.0.2.1\"\n".repeat(9);
    let why = refused(&many);
    assert!(why.contains("more than 8 [[alert]]s"), "{why}");
}

/// What is written, and a word of the refusal.
const MISTAKES: &[(&str, &str)] = &[
    ("[[alert]]", "destination"),
    (
        "[[alert]]\ndestination = \"monitor\"",
        "\"monitor\" is not an IP address",
    ),
    (
        "[[alert]]\ndestination = \"0.0.0.0\"",
        "is not an IP address",
    ),
    (
        "[[alert]]\ndestination = \"192.0.2.1:0\"",
        "is not an IP address",
    ),
    (
        "[[alert]]\ndestination = \"192.0.2.1\"\nseverity = \"major\"",
        "non-critical",
    ),
    (
        "[[alert]]\ndestination = \"192.0.2.1\"\ncommunity = \"nineteen characters\"",
        "more than 18 bytes",
    ),
    (
        "[[alert]]\ndestination = \"192.0.2.1\"\ntimeout_s = 0",
        "1 to 256",
    ),
    (
        "[[alert]]\ndestination = \"192.0.2.1\"\nretries = 8",
        "at most 7",
    ),
];

// A mistake is named, never passed over.
#[test]
fn mistakes() {
    for (text, word) in MISTAKES {
        let why = refused(text);
        assert!(why.contains(word), "{text}: {why}");
    }
}
