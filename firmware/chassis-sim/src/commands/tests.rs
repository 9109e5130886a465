//! Lines and what they ask for.

use super::*;

fn operator(line: &str) -> Option<Operator> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match parse(&words)? {
        Command::Operate(operator) => Some(operator),
        Command::Status | Command::Help => panic!("{line} is for people"),
    }
}

#[test]
fn each_line_of_the_help_is_understood() {
    let inject = |kind, scope, lasts| Operator::Inject(Fault { kind, scope, lasts });
    let blade = Scope::Controller(0x82);
    let minute = Some(Duration::from_secs(60));
    let cases = [
        ("open 3", Operator::OpenHandle(Place::Slot(3))),
        ("close fan2", Operator::CloseHandle(Place::FanTray(2))),
        ("pull pem1", Operator::Pull(Place::PowerModule(1))),
        ("insert cmm2", Operator::Insert(Place::Cmm(2))),
        (
            "sensor 82 1 90",
            Operator::SetSensor {
                address: 0x82,
                number: 1,
                raw: 90,
            },
        ),
        (
            "release 0x82 1",
            Operator::ReleaseSensor {
                address: 0x82,
                number: 1,
            },
        ),
        (
            "feed 1 b 0",
            Operator::SetFeed {
                module: 1,
                feed: Feed::B,
                volts: 0,
            },
        ),
        ("inlet 40", Operator::SetInlet { celsius: 40 }),
        ("line 2", Operator::Arbitrate(2)),
        ("repair all", Operator::Repair(Scope::All)),
        (
            "stuck a all",
            inject(FaultKind::Stuck(IpmbBus::A), Scope::All, None),
        ),
        ("nak 50 82 60", inject(FaultKind::Nak(50), blade, minute)),
        ("lose 1 82", inject(FaultKind::LostRequest(1), blade, None)),
        ("mute 2 82", inject(FaultKind::LostResponse(2), blade, None)),
        ("repeat 3 82", inject(FaultKind::Repeated(3), blade, None)),
        (
            "corrupt 4 82",
            inject(FaultKind::BadChecksum(4), blade, None),
        ),
        (
            "slow 300 82",
            inject(FaultKind::Slow(Duration::from_millis(300)), blade, None),
        ),
        ("dead 82 60", inject(FaultKind::Dead, blade, minute)),
        (
            "storm 20 all",
            inject(FaultKind::EventStorm(20), Scope::All, None),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(operator(line), Some(expected), "{line}");
        // Its first word is in the help.
        let verb = line.split(' ').next().unwrap();
        assert!(HELP.contains(verb), "{verb}");
    }
    assert_eq!(parse(&["help"]), Some(Command::Help));
    assert_eq!(parse(&["status"]), Some(Command::Status));
}

#[test]
fn what_is_not_understood() {
    for line in [
        "",
        "open",
        "open door",
        "open 300",
        "feed 1 c 0",
        "stuck c all",
        "nak 50",
        "nak x 82",
        "dead",
        "dead 82 soon",
        "sensor 82 1",
        "sensor xx 1 1",
        "line",
        "storm 1 2 3 4",
        "pull fan",
    ] {
        assert_eq!(operator(line), None, "{line}");
    }
}
