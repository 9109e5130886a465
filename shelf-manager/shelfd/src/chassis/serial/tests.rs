//! Serial lines as administrators configure them, right and wrong.

use super::line;
use crate::chassis::Link;
use crate::config::{Chassis, Config};
use ports::serial::{Bridging, Line, Mode};

fn chassis(lines: &str) -> Chassis {
    let text = format!("[chassis]\n{lines}");
    toml::from_str::<Config>(&text).unwrap().chassis
}

fn serial(lines: &str) -> Result<(Line, ports::serial::Config), String> {
    let Chassis::Serial(serial) = chassis(&format!("port = \"serial\"\n{lines}")) else {
        panic!("{lines}");
    };
    line(&serial)
}

// What is left out has the usual value.
#[test]
fn defaults() {
    let (line, session) = serial("device = \"/dev/ttyS1\"\nmode = \"basic\"").unwrap();
    let expected = Line::Device {
        path: "/dev/ttyS1".into(),
        baud: 115_200,
    };
    assert_eq!(line, expected);
    assert_eq!(
        (session.mode, session.bridging),
        (Mode::Basic, Bridging::Tracked)
    );
    assert_eq!(session.login, None);
}

// A terminal server, a login, and a system interface.
#[test]
fn everything() {
    let lines = "device = \"tcp:192.0.2.1:4001\"\nmode = \"terminal\"\nbridging = \"queued\"\n\
                 user = \"admin\"\npassword = \"secret\"";
    let (line, session) = serial(lines).unwrap();
    assert_eq!(line, Line::Tcp("192.0.2.1:4001".into()));
    assert_eq!(
        (session.mode, session.bridging),
        (Mode::Terminal, Bridging::Queued)
    );
    let login = session.login.unwrap();
    assert_eq!((login.user.as_str(), login.privilege), ("admin", 4));
    assert_eq!(login.password.0, b"secret");
}

// The example that is shipped stays readable, also what it has as a remark.
#[test]
fn shipped_example() {
    let text = include_str!("../../../../../examples/serial.toml");
    let config: Config = toml::from_str(text).unwrap();
    let Chassis::Serial(serial) = config.chassis else {
        panic!("{:?}", config.chassis);
    };
    let (found, session) = line(&serial).unwrap();
    assert!(matches!(found, Line::Device { baud: 115_200, .. }));
    assert_eq!(session.mode, Mode::Terminal);
    assert!(session.login.is_some());
    let (_, remark) = text.split_once("# [chassis]\n").unwrap();
    let kernel = chassis(&remark.replace("# ", ""));
    assert!(matches!(kernel, Chassis::Kernel { .. }));
}

/// One line for each mistake: the lines, and a word of the refusal.
const MISTAKES: &[(&str, &str)] = &[
    ("device = \"ttyS0\"\nmode = \"basic\"", "\"ttyS0\""),
    (
        "device = \"/dev/ttyS0\"\nmode = \"basic\"\nbaud = 0",
        "baud",
    ),
    (
        "device = \"/dev/ttyS0\"\nmode = \"basic\"\nuser = \"a\"",
        "password",
    ),
    (
        "device = \"/dev/ttyS0\"\nmode = \"basic\"\npassword = \"a\"",
        "user",
    ),
];

// A mistake is named before anything is opened.
#[test]
fn mistakes() {
    for (lines, word) in MISTAKES {
        let why = serial(lines).unwrap_err();
        assert!(why.contains(word), "{lines}: {why}");
    }
    let unprintable = "port = \"serial\"\ndevice = \"/dev/ttyS0\"\nmode = \"terminal\"\n\
                       user = \"a\"\npassword = \"two words\"";
    let why = Link::open(&chassis(unprintable)).err().unwrap();
    assert!(why.contains("spaces"), "{why}");
}

// The kernel's device; the first one where none is named.
#[tokio::test]
async fn kernel() {
    for (lines, address) in [
        ("port = \"kernel\"", "/dev/ipmi0"),
        (
            "port = \"kernel\"\ndevice = \"/dev/no-such-ipmi7\"",
            "/dev/no-such-ipmi7",
        ),
    ] {
        let (link, _) = Link::open(&chassis(lines)).unwrap();
        assert_eq!((link.kind, link.address.as_str()), ("kernel", address));
        assert!(!link.pushes_events());
    }
}
