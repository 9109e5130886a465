//! Which files the compiler reaches from the crates' roots, and which of them are tests.

use super::Finding;
use crate::lex::{Source, find_word};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a reached file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) is_test: bool,
    pub(super) is_library_root: bool,
}

/// A module file that another file declares.
#[derive(Debug, PartialEq, Eq)]
struct Declared {
    /// Where it may lie: `name.rs` or `name/mod.rs`.
    candidates: Vec<PathBuf>,
    is_test: bool,
}

/// Follows `mod` from the root of each crate.
pub(super) fn reach(workspace: &Workspace) -> BTreeMap<PathBuf, Role> {
    let mut reached = BTreeMap::new();
    for target in workspace
        .packages
        .iter()
        .flat_map(|package| &package.targets)
    {
        let is_test = target.kind == "test";
        let is_library_root = target.kind == "lib";
        let mut waiting = vec![(target.file.clone(), is_test, true)];
        while let Some((file, is_test, is_root)) = waiting.pop() {
            let Some(text) = workspace.read(&file) else {
                continue;
            };
            // A file that is reached both ways is held to the stricter rules.
            let role = Role {
                is_test,
                is_library_root: is_library_root && is_root,
            };
            let known = reached.entry(file.clone()).or_insert(role);
            let is_new = known.is_test != is_test || *known == role;
            known.is_test &= is_test;
            let source = Source::new(file, &text, is_test);
            for declared in declarations(&source, is_root) {
                let there = |path: &&PathBuf| workspace.root.join(path).is_file();
                let found = declared.candidates.iter().find(there).cloned();
                let is_test = is_test || declared.is_test;
                waiting.extend(found.filter(|_| is_new).map(|file| (file, is_test, false)));
            }
        }
    }
    reached
}

/// Rust files that no crate reaches.
pub(super) fn dead_files(files: &[PathBuf], reached: &BTreeMap<PathBuf, Role>) -> Vec<Finding> {
    let rust = files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "rs"));
    let dead = rust.filter(|file| !reached.contains_key(*file));
    dead.map(|file| {
        Finding::new(
            file,
            0,
            "no crate reaches this file",
            "declare it with `mod`, or delete it",
        )
    })
    .collect()
}

/// The module files that `source` declares.
fn declarations(source: &Source, is_root: bool) -> Vec<Declared> {
    let mut found = Vec::new();
    let folder = submodule_folder(&source.path, is_root);
    let mut inline: Vec<(String, usize)> = Vec::new();
    for line in 0..source.raw.len() {
        let start = source.code_line(line);
        inline.retain(|(_, last)| *last >= line);
        let Some((name, rest)) = declared_name(start) else {
            continue;
        };
        if rest.starts_with(';') {
            let mut below = folder.clone();
            below.extend(inline.iter().map(|(name, _)| name));
            let candidates = match explicit_path(source, line) {
                Some(path) => vec![source.path.with_file_name(path)],
                None => vec![
                    below.join(format!("{name}.rs")),
                    below.join(&name).join("mod.rs"),
                ],
            };
            found.push(Declared {
                candidates,
                is_test: source.test[line],
            });
        } else if rest.starts_with('{') {
            let end = source.item_end(source.line_start(line));
            inline.push((name, source.line_of(end)));
        }
    }
    found
}

/// `mod name` at the start of a line, with what follows the name.
fn declared_name(line: &str) -> Option<(String, &str)> {
    let at = *find_word(line, "mod").first()?;
    let before = line[..at].trim();
    let is_item = before.is_empty() || before.starts_with("pub") || before.ends_with(']');
    let rest = line[at + 3..].trim_start();
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    (is_item && end > 0).then(|| (rest[..end].to_owned(), rest[end..].trim_start()))
}

/// Where the submodules of `file` lie.
fn submodule_folder(file: &Path, is_root: bool) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
    let stem = file.file_stem().unwrap_or_default();
    if is_root || stem == "mod" {
        folder
    } else {
        folder.join(stem)
    }
}

/// The path in `#[path = "…"]` on the line above.
fn explicit_path(source: &Source, line: usize) -> Option<String> {
    let above = source.raw.get(line.checked_sub(1)?)?.trim();
    let path = above.strip_prefix("#[path = \"")?;
    path.strip_suffix("\"]").map(str::to_owned)
}

#[cfg(test)]
mod tests;
