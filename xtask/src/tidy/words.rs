//! Words that must not stand in any text of the tree: leftovers, and paths of one machine.

use super::Finding;
use std::path::Path;

/// Marks of unfinished work. Spelled in two halves, so that this file does not find itself.
const MARKS: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

/// Folders that only one machine has.
const PATHS: [&str; 4] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Use", "rs/"),
];

/// Files whose text is ours: the rest is data, or built.
fn is_ours(file: &Path) -> bool {
    let extension = file
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let is_text = matches!(
        extension.as_str(),
        "" | "rs"
            | "md"
            | "toml"
            | "sh"
            | "py"
            | "ts"
            | "js"
            | "css"
            | "html"
            | "yml"
            | "yaml"
            | "txt"
    );
    is_text && !file.components().any(|part| part.as_os_str() == "dist")
}

/// Checks every line of one file.
pub(super) fn check(file: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, raw) in text.lines().enumerate().filter(|_| is_ours(file)) {
        // The style guide names the marks that it forbids.
        let names_marks = file.extension().is_some_and(|extension| extension == "md");
        for mark in MARKS
            .iter()
            .filter(|mark| !names_marks && has_word(raw, mark))
        {
            findings.push(Finding::new(file, line, *mark, "do it, or write an issue"));
        }
        for path in PATHS.iter().filter(|path| has_path(raw, path)) {
            let what = format!("path of one machine: {path}");
            findings.push(Finding::new(
                file,
                line,
                what,
                "use a relative path, or a variable",
            ));
        }
    }
    findings
}

fn has_word(line: &str, word: &str) -> bool {
    !crate::lex::find_word(line, word).is_empty()
}

/// Whether `path` starts at the root of the file system, not inside an address or a longer path.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-~}".contains(c))
    })
}
