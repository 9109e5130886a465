//! SQLite's write-ahead log, written once more.
//!
//! Source: SQLite, "WAL-mode File Format", "The WAL File Format" and "Checksum Algorithm".

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const MAGIC: u32 = 0x377f_0682; // With checksums over little-endian words; 1 more: big-endian.
const PAGE_BYTES_MAX: u32 = 65_536;

/// Reads the first frames, checks that they are what was written, and writes them again.
///
/// When a sync fails, the system may drop what it could not write, or keep it and take it for
/// written: a later sync succeeds and has done nothing. What is written again is synced again.
/// `ErrorKind::InvalidData` when a frame is not there any more.
pub(crate) fn write_again(log: &File, frames: u64) -> io::Result<()> {
    if frames == 0 {
        return Ok(());
    }
    let mut header = [0; HEADER_BYTES];
    log.read_exact_at(&mut header, 0).map_err(lost)?;
    let (words, page_bytes, mut sum) = check_header(&header)?;
    log.write_all_at(&header, 0)?;
    let salts = &header[16..24];
    let mut frame = vec![0; FRAME_HEADER_BYTES + page_bytes];
    let step = u64::try_from(frame.len()).map_err(|_| invalid())?;
    let mut at = u64::try_from(HEADER_BYTES).map_err(|_| invalid())?;
    for _ in 0..frames {
        log.read_exact_at(&mut frame, at).map_err(lost)?;
        let (head, page) = frame.split_at(FRAME_HEADER_BYTES);
        sum = words.sum(words.sum(sum, &head[..8]), page);
        if &head[8..16] != salts || sums_of(&head[16..24]) != sum {
            return Err(invalid());
        }
        log.write_all_at(&frame, at)?;
        at += step;
    }
    Ok(())
}

/// In which order the bytes of a word come, in checksums.
#[derive(Clone, Copy)]
enum Words {
    Little,
    Big,
}

impl Words {
    fn sum(self, (mut first, mut second): (u32, u32), bytes: &[u8]) -> (u32, u32) {
        for pair in bytes.chunks_exact(8) {
            first = first
                .wrapping_add(self.word(&pair[..4]))
                .wrapping_add(second);
            second = second
                .wrapping_add(self.word(&pair[4..]))
                .wrapping_add(first);
        }
        (first, second)
    }

    fn word(self, bytes: &[u8]) -> u32 {
        match self {
            Self::Little => big_endian(bytes).swap_bytes(),
            Self::Big => big_endian(bytes),
        }
    }
}

fn check_header(header: &[u8; HEADER_BYTES]) -> io::Result<(Words, usize, (u32, u32))> {
    let words = match big_endian(&header[..4]) {
        MAGIC => Words::Little,
        magic if magic == MAGIC + 1 => Words::Big,
        _ => return Err(invalid()),
    };
    let page_bytes = big_endian(&header[8..12]);
    let sum = words.sum((0, 0), &header[..24]);
    if sums_of(&header[24..]) != sum || !page_bytes.is_power_of_two() {
        return Err(invalid());
    }
    let page_bytes = usize::try_from(page_bytes.min(PAGE_BYTES_MAX));
    Ok((words, page_bytes.map_err(|_| invalid())?, sum))
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |word, byte| (word << 8) | u32::from(*byte))
}

fn sums_of(bytes: &[u8]) -> (u32, u32) {
    (big_endian(&bytes[..4]), big_endian(&bytes[4..8]))
}

/// A file that is too short has lost what was in it.
fn lost(why: io::Error) -> io::Error {
    match why.kind() == ErrorKind::UnexpectedEof {
        true => invalid(),
        false => why,
    }
}

fn invalid() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        "the disk has lost what was written: the journal must be opened anew",
    )
}
