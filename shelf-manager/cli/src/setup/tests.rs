use super::*;
use crate::arguments::{Arguments, ClusterOrder, Command};
use clap::Parser;
use std::os::unix::fs::PermissionsExt;

struct Place(PathBuf);

impl Place {
    fn new(what: &str) -> Self {
        let name = format!("openshelf-setup-{what}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Runs `shelfctl cluster init` with these words and this folder; what it prints.
    fn init(&self, words: &str) -> Result<String, String> {
        let dir = self.0.to_str().unwrap();
        let words = words.split_whitespace().chain(["--dir", dir]);
        let words = ["shelfctl", "cluster", "init"].into_iter().chain(words);
        let arguments = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Cluster {
            order: ClusterOrder::Init(init),
        } = arguments.command
        else {
            panic!("another command");
        };
        let mut out = Vec::new();
        match run(init, arguments.json, &mut out) {
            Ok(()) => Ok(String::from_utf8(out).unwrap()),
            Err(failure) => Err(failure.to_string()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

const TWO: &str = "--cmm cmm1=10.0.0.1 --cmm cmm2=10.0.0.2 --blade blade1=10.0.0.11";

/// A shelf of two CMMs has a line; ids that are not given are the free ones.
#[test]
fn a_shelf() {
    let place = Place::new("shelf");
    let told = place
        .init(&format!("{TWO} --blade 1:b=10.0.0.12 --name s1"))
        .unwrap();
    assert!(told.starts_with("Wrote "), "{told}");
    assert!(told.ends_with("systemctl restart corosync\n"), "{told}");
    let conf = place.read("corosync.conf");
    assert!(conf.contains("cluster_name: s1\n"));
    assert!(conf.contains("expected_votes: 3\n    device {\n        model: openshelf-line\n"));
    for (id, name, votes) in [
        (2, "cmm1", 1),
        (3, "cmm2", 1),
        (4, "blade1", 0),
        (1, "b", 0),
    ] {
        let node = format!("nodeid: {id}\n        name: {name}\n        quorum_votes: {votes}\n");
        assert!(conf.contains(&node), "{conf}");
    }
    let key = fs::metadata(place.0.join("authkey")).unwrap();
    assert_eq!((key.len(), key.permissions().mode() & 0o777), (256, 0o600));
    assert_eq!(fs::read_dir(&place.0).unwrap().count(), 2);
}

/// One CMM needs no line, and two can do without.
#[test]
fn no_line() {
    let place = Place::new("no-line");
    place.init("--cmm a=10.0.0.1").unwrap();
    let conf = place.read("corosync.conf");
    assert!(conf.contains("expected_votes: 1\n}"));
    place.init(&format!("{TWO} --no-line --force")).unwrap();
    let conf = place.read("corosync.conf");
    assert!(conf.contains("expected_votes: 2\n}"));
}

/// Nothing is overwritten that was not to be, and no two keys are the same.
#[test]
fn what_is_there_stays() {
    let place = Place::new("stays");
    let error = place.init(&format!("{TWO} --keep-key")).unwrap_err();
    assert!(error.contains("authkey to keep"), "{error}");
    place.init(TWO).unwrap();
    let key = || fs::read(place.0.join("authkey")).unwrap();
    let first = key();
    let error = place.init("--cmm a=10.0.0.1").unwrap_err();
    assert!(
        error.contains("corosync.conf is there already: --force"),
        "{error}"
    );
    fs::remove_file(place.0.join("corosync.conf")).unwrap();
    let error = place.init("--cmm a=10.0.0.1").unwrap_err();
    assert!(
        error.contains("authkey is there already: --force"),
        "{error}"
    );
    let told = place.init("--cmm a=10.0.0.1 --keep-key").unwrap();
    assert!(told.contains("Copy it to each node"), "{told}");
    assert_eq!(key(), first);
    place.init("--cmm a=10.0.0.1 --force").unwrap();
    assert_ne!(key(), first);
}

/// What is no ring, and where none can be written.
#[test]
fn what_is_refused() {
    let place = Place::new("refused");
    let cases = [
        (
            "--cmm a=10.0.0.1 --blade b=10.0.0.1",
            "two nodes have the address 10.0.0.1",
        ),
        ("--cmm a=10.0.0.1 --blade 0:b=10.0.0.2", "node id 0"),
        (
            "--cmm a=10.0.0.1 --token 50",
            "a token of 50 ms is below 100 ms",
        ),
        ("--cmm a=10.0.0.1,x", "\"x\" is no IP address"),
        ("--cmm a", "a node is [ID:]NAME=ADDRESS"),
        ("--cmm x:a=10.0.0.1", "a node is [ID:]NAME=ADDRESS"),
        ("--blade b=10.0.0.1", "--cmm <NODE>"),
        (
            "--cmm a=10.0.0.1 --dir /dev/null",
            "cannot be used multiple times",
        ),
    ];
    for (words, text) in cases {
        let error = place.init(words).unwrap_err();
        assert!(error.contains(text), "{words}: {error}");
    }
    assert_eq!(fs::read_dir(&place.0).unwrap().count(), 0);
    let missing = Place(place.0.join("missing"));
    let error = missing.init("--cmm a=10.0.0.1").unwrap_err();
    assert!(error.contains("install the package corosync"), "{error}");
    fs::create_dir(&missing.0).unwrap();
}

/// What scripts read.
#[test]
fn json() {
    let place = Place::new("json");
    let told = place.init(&format!("{TWO} --json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["expected_votes"], 3);
    assert_eq!(told["key_is_new"], true);
    assert_eq!(told["nodes"][2]["name"], "blade1");
    assert_eq!(told["nodes"][2]["votes"], 0);
    let conf = place.0.join("corosync.conf");
    assert_eq!(told["conf"], conf.to_str().unwrap());
}
