//! Cipher suites of the configuration.

use super::suites;

#[test]
fn known_suites_keep_their_order() {
    let ids = suites(&[3, 17]).unwrap();
    let expected = [3, 17].map(|id| ports::CipherSuite::from_id(id).unwrap());
    assert_eq!(ids, expected);
}

// Suites without authentication or integrity are refused by number, never left out in silence.
#[test]
fn weak_suites_are_refused() {
    for number in [0, 1, 2, 8, 255] {
        let why = suites(&[17, number]).unwrap_err();
        assert!(why.contains(&format!("cipher suite {number} ")), "{why}");
    }
}
