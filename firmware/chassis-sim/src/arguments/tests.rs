//! Command lines and the shelf that they ask for.

use super::*;

fn arguments(line: &str) -> Arguments {
    let words = ["chassis-sim"].into_iter().chain(line.split_whitespace());
    Arguments::try_parse_from(words).unwrap()
}

#[test]
fn shelves() {
    let config = |line: &str| arguments(line).config();
    let usual = config("").unwrap();
    assert_eq!((usual.slots, usual.populated), (14, vec![1, 2, 3, 4]));
    let big = config("--slots 16 --sensors 500 --seed 7").unwrap();
    assert_eq!((big.slots, big.populated.len(), big.seed), (16, 16, 7));
    assert_eq!(big.sensors_per_blade, 26);
    let some = config("--listen 127.0.0.1:1 --slots 2 --populated 2 --cold").unwrap();
    assert_eq!((some.populated, some.is_cold), (vec![2], true));
    assert!(config("--slots 2 --populated 3").is_err());
    assert!(config("--populated 1 --sensors 1000").is_err());
}

#[test]
fn who_may_come_in() {
    let levels = |line: &str| {
        let users = arguments(line).users()?;
        Ok::<_, String>(users.iter().map(|user| user.privilege).collect::<Vec<_>>())
    };
    assert_eq!(levels("--rmcp 127.0.0.1:6230"), Ok(vec![4]));
    assert!(levels("--rmcp 0.0.0.0:623").is_err());
    let named = "--rmcp 0.0.0.0:623 --user a:b --user c:d:operator --user e:f:user";
    assert_eq!(levels(named), Ok(vec![4, 3, 2]));
    assert!(levels("--user nobody").is_err());
    assert!(levels("--user a:b:king").is_err());
}

#[test]
fn serial_lines() {
    let line = |words: &str| arguments(words).line();
    assert_eq!(line(""), None);
    assert_eq!(line("--serial basic"), Some(Mode::Basic));
    assert_eq!(line("--pty /tmp/shelf"), Some(Mode::Terminal));
    assert_eq!(line("--pty /tmp/shelf --serial basic"), Some(Mode::Basic));
}
