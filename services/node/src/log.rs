//! What components write to their standard output and error.
//!
//! Components write to the file themselves: through a pipe they would die of the agent's death.

use ais::Dn;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Longest file. One older part of the same length is kept.
///
/// Choice: checked now and then, so that a file can outgrow it for some seconds.
const LENGTH_MAX: u64 = 1 << 20;

/// Opens the file of a component for appending.
pub(crate) fn open(directory: &Path, component: &Dn) -> io::Result<File> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let path = path(directory, component);
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

/// The name is readable, the number tells names apart that differ only in what a file name cannot
/// hold.
fn path(directory: &Path, component: &Dn) -> PathBuf {
    let keep = |c: char| {
        if c.is_ascii_alphanumeric() || "=.-_,".contains(c) {
            c
        } else {
            '_'
        }
    };
    let readable: String = component.as_str().chars().map(keep).take(150).collect();
    // FNV-1a, 64 bits.
    let number = component
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    directory.join(format!("{readable}-{number:016x}.log"))
}

/// Cuts files that have become too long. Writers append, so they simply go on at the new end.
pub(crate) fn bound(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_log = path.extension().is_some_and(|extension| extension == "log");
        if is_log
            && entry
                .metadata()
                .is_ok_and(|metadata| metadata.len() > LENGTH_MAX)
        {
            let cut = keep_tail(&path).and_then(|()| {
                OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .and_then(|file| file.set_len(0))
            });
            if let Err(error) = cut {
                tracing::warn!(path = %path.display(), %error, "cannot cut a component's log");
            }
        }
    }
}

fn keep_tail(path: &Path) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LENGTH_MAX)))?;
    let mut tail = file.take(LENGTH_MAX);
    let mut older = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path.with_extension("log.old"))?;
    io::copy(&mut tail.by_ref(), &mut older)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A folder that goes away with the test.
    struct Directory(PathBuf);

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// A long file is cut under its writer, who goes on; what was last in it is kept.
    #[test]
    fn long_logs_are_cut() {
        let directory = std::env::temp_dir().join(format!("node-log-{}", std::process::id()));
        let guard = Directory(directory);
        let directory = &guard.0;
        let component = Dn::parse("a=1/ä,b=2").unwrap();
        let mut file = open(directory, &component).unwrap();
        let line = [b'x'; 1024];
        for _ in 0..1030 {
            file.write_all(&line).unwrap();
        }
        file.write_all(b"last").unwrap();
        bound(directory);
        file.write_all(b"next").unwrap();
        let path = path(directory, &component);
        assert_eq!(fs::read(&path).unwrap(), b"next");
        let older = fs::read(path.with_extension("log.old")).unwrap();
        assert_eq!(older.len(), 1 << 20);
        assert!(older.ends_with(b"last"));
    }
}
