//! Journals that this program cannot go on with.

use super::*;
use appliance::{Command, Unfit, VERSION};
use group::Content;
use machine::Time;
use redundancy::Software;

/// A CMM without others, in a folder of its own, which is removed with it.
struct Place(Plan);

impl Place {
    fn new(name: &str) -> Self {
        let folder = format!("openshelf-replica-{}-{name}", std::process::id());
        let run_dir = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&run_dir).unwrap();
        let config = toml::from_str("[chassis]\nport = \"simulated\"\nslots = []").unwrap();
        Self(Plan {
            fixture: hpi_domain::Fixture::None,
            config,
            files: Vec::new(),
            run_dir,
            login_hint: None,
        })
    }

    fn file(&self) -> PathBuf {
        path_of(&self.0.run_dir)
    }

    /// A journal with a log in which a member tells that it can run these versions.
    fn journal(&self, (machines_min, machines_max): (u32, u32)) -> Journal {
        let (mut journal, _) = Journal::open(&self.file(), Arc::new(|| {})).unwrap();
        let software = Software {
            text: "0.9".into(),
            machines_min,
            machines_max,
        };
        let view = Content::Primary {
            epoch: 1,
            holders: [ALONE].into(),
            others: [].into(),
            nodes: [ALONE].into(),
        };
        let told = Content::Command {
            from: ALONE,
            number: 1,
            command: Command::Software(software).encode(),
        };
        for content in [view, told] {
            let entry = journal.ledger().entry(&content, Time(7));
            journal.append(&[entry]).unwrap();
        }
        journal
    }

    fn opened(&self) -> Result<Opened, Failure> {
        open(&self.0, &Arc::new(Notify::new()))
    }

    /// It is refused for good because of this version, and is the same afterwards.
    fn refuses(&self, version: u32) {
        let held = || {
            let inspection = journal::inspect(&self.file()).unwrap();
            inspection.recovered().unwrap()
        };
        let before = held();
        let refused = self.opened().err();
        assert_eq!(refused, Some(Unfit::Version(version).into()));
        assert_eq!(held(), before);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0.run_dir);
    }
}

/// A log that went on by rules that this program does not know, as its entries tell.
#[test]
fn a_log_of_newer_rules_is_refused() {
    let place = Place::new("log");
    drop(place.journal((VERSION + 1, VERSION + 2)));
    place.refuses(VERSION + 2);
}

/// The same, as its state tells.
#[test]
fn a_state_of_newer_rules_is_refused() {
    let place = Place::new("state");
    let mut journal = place.journal((VERSION, VERSION + 1));
    let state = [(VERSION + 1).to_le_bytes().as_slice(), b"whatever"].concat();
    let ledger = journal.ledger().clone();
    journal.snapshot(&ledger, &state).unwrap();
    drop(journal);
    place.refuses(VERSION + 1);
}

/// What a newer program wrote by rules that this one knows is gone on with.
#[test]
fn a_log_of_known_rules_is_gone_on_with() {
    let place = Place::new("known");
    let mut journal = place.journal((VERSION, VERSION));
    let mut as_kept = Member::new(ALONE, Program::this());
    for (entry, _) in journal.read(1, 9).unwrap() {
        as_kept.take(group::Event::Entry(entry), &mut Vec::new());
    }
    let ledger = journal.ledger().clone();
    journal
        .snapshot(&ledger, &as_kept.snapshot().unwrap())
        .unwrap();
    drop(journal);
    let Ok(opened) = place.opened() else {
        panic!("it was written by the same rules");
    };
    assert!(*opened.member.appliance() == *as_kept.appliance());
}
