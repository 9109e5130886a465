//! What is found after a process ended anywhere.

use super::{Kept, framed, whole};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that ends with this value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kept-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn table(&self) -> PathBuf {
        self.0.join("table")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn found(path: &Path) -> Option<Vec<u8>> {
    Kept::open(path).1
}

#[test]
fn the_last_text_is_found_whatever_its_length() {
    let folder = Folder::new("last");
    let path = folder.table();
    assert_eq!(found(&path), None);
    let (mut kept, _) = Kept::open(&path);
    for text in [
        "a",
        "",
        "a longer one",
        "b",
        "2\n2",
        " blanks at the end  ",
        "c\n",
    ] {
        kept.write(text.as_bytes()).unwrap();
        assert_eq!(found(&path).as_deref(), Some(text.as_bytes()));
    }
    let (mut next, _) = Kept::open(&path);
    next.write(b"of the next process").unwrap();
    assert_eq!(found(&path).as_deref(), Some(&b"of the next process"[..]));
}

/// Whoever is killed while it writes has written any part of it, from the beginning.
#[test]
fn a_write_that_is_cut_short_is_none_or_all() {
    let folder = Folder::new("torn");
    let path = folder.table();
    let texts: [&[u8]; 4] = [b"{\"a\":11}", b"{\"a\":12}", b"{\"a\":13,\"b\":2}", b"{}"];
    let (mut kept, _) = Kept::open(&path);
    for (turn, text) in (1..).zip(texts) {
        let file = path.with_extension(if turn & 1 == 0 { "0" } else { "1" });
        let before = fs::read(&file).unwrap_or_default();
        let last = found(&path);
        kept.write(text).unwrap();
        let after = fs::read(&file).unwrap();
        for cut in 0..=after.len() {
            let mut torn = before.clone();
            torn.resize(torn.len().max(cut), 0);
            torn[..cut].copy_from_slice(&after[..cut]);
            fs::write(&file, &torn).unwrap();
            let found = found(&path);
            let is_new = found.as_deref() == Some(text);
            assert!(is_new || found == last, "{turn}, cut at {cut}: {found:?}");
            assert!(is_new || cut < after.len(), "{turn} is lost");
        }
    }
}

#[test]
fn what_is_no_text_is_none() {
    for bytes in [
        &b""[..],
        b"\n",
        b"1\n",
        b"1 2\n",
        b"1 2\nab",
        b"1 2\nab\n2\n",
        b"1 3\nab\n1\n",
        b"1 18446744073709551615\nab\n1\n",
        b"x 2\nab\n1\n",
        b"{\"version\":1}",
    ] {
        assert_eq!(whole(bytes), None, "{bytes:?}");
    }
    assert_eq!(whole(&framed(7, b"ab")), Some((7, &b"ab"[..])));
}

/// A file that cannot be written costs neither the text before nor the next one.
#[test]
fn what_cannot_be_written_leaves_what_was() {
    let folder = Folder::new("refused");
    let path = folder.table();
    let (mut kept, _) = Kept::open(&path);
    kept.write(b"first").unwrap();
    // A folder is where the next file would be.
    fs::create_dir(path.with_extension("0")).unwrap();
    assert!(kept.write(b"second").is_err());
    assert_eq!(found(&path).as_deref(), Some(&b"first"[..]));
    fs::remove_dir(path.with_extension("0")).unwrap();
    kept.write(b"third").unwrap();
    assert_eq!(found(&path).as_deref(), Some(&b"third"[..]));
}

/// A file that is opened but full is opened anew, as somebody may have made room by another.
#[test]
fn what_has_no_room_is_tried_anew() {
    let folder = Folder::new("full");
    let path = folder.table();
    let (mut kept, _) = Kept::open(&path);
    kept.write(b"first").unwrap();
    let next = path.with_extension("0");
    std::os::unix::fs::symlink("/dev/full", &next).unwrap();
    let full = kept.write(b"second").unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    fs::remove_file(next).unwrap();
    kept.write(b"third").unwrap();
    assert_eq!(found(&path).as_deref(), Some(&b"third"[..]));
}
