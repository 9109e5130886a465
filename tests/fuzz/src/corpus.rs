//! Cases in files: one a line, in hexadecimal digits, behind `#` what it is.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// The cases that a run keeps.
const CASES: &str = "cases.txt";

/// Where the cases of a target lie.
#[must_use]
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target)
}

/// All cases of a target, those that were findings too.
pub fn cases_of(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let folder = folder(target);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(&file)?.lines() {
            let digits = line.split('#').next().unwrap_or_default().trim();
            if !digits.is_empty() {
                cases.push(from_hex(digits).ok_or_else(|| damaged(&file, line))?);
            }
        }
    }
    Ok(cases)
}

/// Writes the cases that a run keeps, instead of those before.
pub fn write_cases(target: &str, cases: &[Vec<u8>]) -> io::Result<PathBuf> {
    let mut text = String::new();
    for case in cases {
        text.push_str(&to_hex(case));
        text.push('\n');
    }
    write(target, CASES, &text)
}

/// Writes a finding, under a name that it gets from what was found.
pub fn write_finding(target: &str, case: &[u8], what: &str) -> io::Result<PathBuf> {
    let what = what.replace('\n', " ");
    let words = what
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let mut name: String = words.take(60).collect();
    name.push_str(".txt");
    write(target, &name, &format!("{} # {what}\n", to_hex(case)))
}

fn write(target: &str, name: &str, text: &str) -> io::Result<PathBuf> {
    let folder = folder(target);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    Ok(file)
}

fn damaged(file: &Path, line: &str) -> io::Error {
    io::Error::other(format!("{}: no hexadecimal digits: {line}", file.display()))
}

/// In hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of hexadecimal digits; `None` when they are none.
#[must_use]
pub fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
