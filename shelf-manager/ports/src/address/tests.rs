use super::{AddressError, Errno, ParseError, SharedAddress};

/// What is read is what is shown.
#[test]
fn read_and_shown() {
    for text in ["10.0.0.9/24", "10.0.0.9/32", "2001:db8::9/64", "fe80::9/1"] {
        let address = SharedAddress::parse(text, "eth0").unwrap();
        assert_eq!(address.to_string(), format!("{text} on eth0"));
    }
    let long = SharedAddress::parse("10.0.0.9/8", "enp134s0f1np1.2").unwrap();
    assert_eq!(long.interface(), "enp134s0f1np1.2");
    assert_eq!(long.address().to_string(), "10.0.0.9");
}

/// What no client could use, or no kernel has, is refused when the configuration is read.
#[test]
fn refused() {
    let ipv4 = ParseError::BadPrefix { prefix_max: 32 };
    let ipv6 = ParseError::BadPrefix { prefix_max: 128 };
    for (text, interface, why) in [
        ("10.0.0.9", "eth0", ParseError::NoPrefix),
        ("", "eth0", ParseError::NoPrefix),
        ("cmm.example/24", "eth0", ParseError::NotAnAddress),
        ("10.0.0/24", "eth0", ParseError::NotAnAddress),
        ("fe80::1%eth0/64", "eth0", ParseError::NotAnAddress),
        ("10.0.0.9/0", "eth0", ipv4),
        ("10.0.0.9/33", "eth0", ipv4),
        ("10.0.0.9/255.255.255.0", "eth0", ipv4),
        ("10.0.0.9/", "eth0", ipv4),
        ("2001:db8::9/129", "eth0", ipv6),
        ("2001:db8::9/256", "eth0", ipv6),
        ("0.0.0.0/24", "eth0", ParseError::NotUnicast),
        ("127.0.0.1/8", "eth0", ParseError::NotUnicast),
        ("224.0.0.1/4", "eth0", ParseError::NotUnicast),
        ("255.255.255.255/8", "eth0", ParseError::NotUnicast),
        ("ff02::1/64", "eth0", ParseError::NotUnicast),
        ("::1/128", "eth0", ParseError::NotUnicast),
        ("10.0.0.9/24", "", ParseError::BadInterface),
        ("10.0.0.9/24", "enp134s0f1np1.23", ParseError::BadInterface),
        ("10.0.0.9/24", "eth 0", ParseError::BadInterface),
        ("10.0.0.9/24", "net/eth0", ParseError::BadInterface),
    ] {
        let answer = SharedAddress::parse(text, interface);
        assert_eq!(answer, Err(why), "{text:?} {interface:?}");
    }
}

/// Each error of the kernel that an operator can mend says how.
#[test]
fn advice() {
    for (address, why, advice) in [
        (
            "10.0.0.9/24",
            Errno::EPERM,
            "CAP_NET_ADMIN is missing: run as root",
        ),
        ("10.0.0.9/24", Errno::ENETDOWN, "ip link set eth0 up"),
        ("10.0.0.9/24", Errno::ENODEV, "no network interface eth0"),
        ("10.0.0.9/24", Errno::EACCES, "Permission denied"),
        (
            "2001:db8::9/64",
            Errno::EACCES,
            "sysctl net.ipv6.conf.eth0.disable_ipv6=0",
        ),
        (
            "2001:db8::9/64",
            Errno::EOPNOTSUPP,
            "sysctl net.ipv6.conf.eth0.disable_ipv6=0",
        ),
        ("10.0.0.9/24", Errno::ENOBUFS, "No buffer space available"),
    ] {
        let address = SharedAddress::parse(address, "eth0").unwrap();
        let text = address.error(why, "CAP_NET_ADMIN").to_string();
        assert!(text.contains(advice), "{text}");
    }
}

/// An interface that is not there is told by each operation, and no address is on it.
#[test]
fn no_interface() {
    let address = SharedAddress::parse("10.0.0.9/24", "none").unwrap();
    let why = AddressError::NoInterface("none".into());
    assert_eq!(address.take(), Err(why.clone()));
    assert_eq!(address.announce(), Err(why.clone()));
    assert_eq!(address.release(), Err(why));
    assert_eq!(address.is_held(), Ok(false));
}
