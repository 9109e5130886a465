//! A text that outlives this process, kept in two files that are written in turns.
//!
//! Each is written in place: to replace a file by renaming another has ext4 find room for it and
//! begin to write it out, which waits for whatever else is being synced, up to a tenth of a second
//! and more, with a component's failure waiting as well. A process that is killed while it writes
//! leaves the beginning of one text before the end of another: then the other file has the text
//! before, which is the right one, as nothing was done yet that the new one would tell of.
//!
//! A file is its turn and the text's length, the text, the turn again, and blanks up to what was
//! written there before.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The two files.
#[derive(Debug)]
pub(crate) struct Kept {
    files: [Place; 2],
    /// Turn of the newest text.
    turn: u64,
}

/// One of them.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Opened when it is written for the first time, with how long it is.
    open: Option<(File, usize)>,
}

impl Kept {
    /// Opens what is at `path`, with `.0` and `.1` behind it, and returns the newest text that is
    /// whole; `None` where there is none.
    pub(crate) fn open(path: &Path) -> (Self, Option<Vec<u8>>) {
        let paths = ["0", "1"].map(|turn| path.with_extension(turn));
        let found = paths.each_ref().map(|path| {
            let bytes = fs::read(path).unwrap_or_default();
            whole(&bytes).map(|(turn, text)| (turn, text.to_vec()))
        });
        let newest = found.into_iter().flatten().max_by_key(|(turn, _)| *turn);
        let (turn, text) = newest.unzip();
        let kept = Self {
            files: paths.map(|path| Place { path, open: None }),
            turn: turn.unwrap_or_default(),
        };
        (kept, text)
    }

    /// Keeps this text from now on. When that fails, the one before is kept still.
    pub(crate) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let turn = self.turn + 1;
        let [even, odd] = &mut self.files;
        let file = if turn.is_multiple_of(2) { even } else { odd };
        file.write(framed(turn, text))?;
        self.turn = turn;
        Ok(())
    }
}

impl Place {
    fn write(&mut self, mut bytes: Vec<u8>) -> io::Result<()> {
        let (file, len) = match &mut self.open {
            Some(open) => open,
            None => {
                let file = OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(&self.path)?;
                let len = usize::try_from(file.metadata()?.len()).unwrap_or_default();
                self.open.insert((file, len))
            }
        };
        bytes.resize(bytes.len().max(*len), b' ');
        let written = file.write_all_at(&bytes, 0);
        *len = bytes.len();
        if written.is_err() {
            // How much of it is there now has to be seen.
            self.open = None;
        }
        written
    }
}

fn framed(turn: u64, text: &[u8]) -> Vec<u8> {
    let head = format!("{turn} {}\n", text.len());
    let tail = format!("\n{turn}\n");
    [head.as_bytes(), text, tail.as_bytes()].concat()
}

/// Turn and text of a file whose end belongs to its beginning.
fn whole(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = bytes.split_at_checked(end + 1)?;
    let (turn, len) = std::str::from_utf8(head).ok()?.trim_end().split_once(' ')?;
    let (turn, len) = (turn.parse().ok()?, len.parse().ok()?);
    let (text, tail) = rest.split_at_checked(len)?;
    let is_whole = tail.trim_ascii_end() == format!("\n{turn}").as_bytes();
    is_whole.then_some((turn, text))
}

#[cfg(test)]
mod tests;
