//! Which failures are for good.

use super::*;

fn is_for_good(failure: &Failure) -> bool {
    failure.code == EXIT_UNFIT
}

/// A program that does not fit is told apart from all that another start may mend.
#[test]
fn what_another_start_does_not_mend_is_for_good() {
    let newer = Failure::from(Unfit::Version(VERSION + 1));
    assert!(is_for_good(&newer));
    let version = format!("by version {} of", VERSION + 1);
    for part in ["install a newer one", &version, "shelfctl cluster status"] {
        assert!(newer.text.contains(part), "{part} in {}", newer.text);
    }
    let older = Failure::from(Unfit::Version(OLDEST - 1));
    assert!(is_for_good(&older) && older.text.contains("install an older one"));
    assert!(is_for_good(&JournalError::Newer { found: 9 }.into()));
    assert!(is_for_good(&JournalError::Older { found: 1 }.into()));
    assert!(!is_for_good(&JournalError::CorruptPromise.into()));
    assert!(!is_for_good(&Unfit::Damaged.into()));
    assert!(!is_for_good(&String::from("[cluster] nodes").into()));
}
