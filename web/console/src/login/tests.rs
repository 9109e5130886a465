use super::*;

const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn login() -> Login {
    let credential = Credential {
        name: "admin".into(),
        password: "openshelf".into(),
    };
    Login::new(&[credential]).unwrap()
}

/// A shifted boundary between name and password is another pair.
#[test]
fn only_the_right_pair() {
    let now = Instant::now();
    let mut login = login();
    assert_eq!(
        login.verify(PEER, ("admin", "openshelf"), now).unwrap(),
        "admin"
    );
    for (name, password) in [
        ("admin", ""),
        ("", ""),
        ("admino", "penshelf"),
        ("root", "openshelf"),
    ] {
        let refusal = login.verify(PEER, (name, password), now).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotLoggedIn);
    }
}

/// Without users nobody gets in, with an empty password neither.
#[test]
fn no_users() {
    let mut login = Login::new(&[]).unwrap();
    let refusal = login.verify(PEER, ("", ""), Instant::now()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotPermitted);
}

/// Guessing is slowed down for the one who guesses, and only for a while.
#[test]
fn guessing() {
    let now = Instant::now();
    let mut login = login();
    for _ in 0..FAILURES_MAX {
        login.verify(PEER, ("admin", "guess"), now).unwrap_err();
    }
    let refusal = login.verify(PEER, ("admin", "openshelf"), now).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::TooMany);
    let other = IpAddr::from([127, 0, 0, 2]);
    assert!(login.verify(other, ("admin", "openshelf"), now).is_ok());
    assert!(
        login
            .verify(PEER, ("admin", "openshelf"), now + FAILURE_WINDOW)
            .is_ok()
    );
}

/// Whoever guesses from an IPv6 network has many addresses, and is one guesser nevertheless.
#[test]
fn guessing_from_a_network() {
    let now = Instant::now();
    let mut login = login();
    for number in 0..FAILURES_MAX {
        let peer = Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(number));
        login
            .verify(peer.into(), ("admin", "guess"), now)
            .unwrap_err();
    }
    let same = IpAddr::from([0x2001, 0xdb8, 0, 0, 1, 2, 3, 4]);
    let refusal = login.verify(same, ("admin", "openshelf"), now).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::TooMany);
    let other = IpAddr::from([0x2001, 0xdb8, 0, 1, 1, 2, 3, 4]);
    assert!(login.verify(other, ("admin", "openshelf"), now).is_ok());
}

/// The table of failing addresses does not grow without end.
#[test]
fn many_addresses() {
    let now = Instant::now();
    let mut login = login();
    for number in 0..u32::try_from(FAILING_ADDRESSES_MAX).unwrap() + 10 {
        let peer = IpAddr::from(std::net::Ipv4Addr::from_bits(number));
        login.verify(peer, ("admin", "guess"), now).unwrap_err();
    }
    assert_eq!(login.failures.len(), FAILING_ADDRESSES_MAX);
}

/// Sessions end: by themselves, by logging out, and when there are too many.
#[test]
fn sessions() {
    let now = Instant::now();
    let mut login = login();
    let token = login.open("admin".into(), now).unwrap();
    assert_eq!(login.session(&token, now), Some("admin"));
    assert_eq!(login.session(&token, now + SESSION_LIFE), None);
    assert_eq!(login.session("", now), None);
    login.close(&token);
    assert_eq!(login.session(&token, now), None);
    let first = login.open("admin".into(), now).unwrap();
    for number in 0..SESSIONS_MAX {
        let later = now + Duration::from_millis(u64::try_from(number).unwrap() + 1);
        login.open("admin".into(), later).unwrap();
    }
    assert_eq!(login.session(&first, now), None);
    assert_eq!(login.sessions.len(), SESSIONS_MAX);
}

/// A password in a log is a password lost.
#[test]
fn passwords_are_not_shown() {
    let credential = Credential {
        name: "admin".into(),
        password: "openshelf".into(),
    };
    assert!(!format!("{credential:?}").contains("openshelf"));
}
