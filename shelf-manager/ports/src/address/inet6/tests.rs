use super::{Present, parse};

/// A list as Linux 6.18 shows it.
const LIST: &str = "\
fe80000000000000bca2effffe47a4bb 03 40 20 c0     eth0
00000000000000000000000000000001 01 80 10 80       lo
fd000077000000000000000000000002 03 40 00 82     eth0
fd000077000000000000000000000009 104 30 00 22     eth1
";

/// An address is found at its own interface only, with what is known of it.
#[test]
fn found() {
    let present = |prefix, is_permanent| {
        Some(Present {
            prefix,
            is_permanent,
        })
    };
    for (address, interface, expected) in [
        ("fd00:77::2", "eth0", present(64, true)),
        ("fd00:77::9", "eth1", present(48, false)),
        ("::1", "lo", present(128, true)),
        ("fd00:77::9", "eth0", None),
        ("fd00:77::3", "eth0", None),
    ] {
        let found = parse(LIST, address.parse().unwrap(), interface);
        assert_eq!(found, expected, "{address} {interface}");
    }
}

/// A line that is cut anywhere is none, and hides no other.
#[test]
fn cut() {
    let line = LIST.lines().next().unwrap();
    let first = "fe80::bca2:efff:fe47:a4bb".parse().unwrap();
    let second = "fd00:77::2".parse().unwrap();
    for len in 0..line.len() {
        let list = format!("{}\n{LIST}", &line[..len]);
        assert!(parse(&list[..len], first, "eth0").is_none(), "{len}");
        assert!(parse(&list, second, "eth0").is_some(), "{len}");
    }
}
