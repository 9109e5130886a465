//! `cargo xtask conformance`: how many requirements of each standard are covered by a scenario or
//! test.
//!
//! A scenario or test names what it covers in a comment line of its own: `# covers: ID ID` (in
//! Rust, `// covers:`).
//!
//! Choice: the total counts what a machine must do: the marks M (mandatory), V (validation) and D
//! (our decision), also those with `~` (completed from context). Requirements on components (C),
//! advice (S) and information (I) may be named, and count neither as covered nor in the total.

use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The requirements of one standard, by id.
struct Requirements {
    standard: String,
    is_counted: BTreeMap<String, bool>,
}

/// An id that a file names as covered.
#[derive(Debug, PartialEq, Eq)]
struct Claim {
    file: PathBuf,
    /// Counted from 1.
    line: usize,
    id: String,
}

/// Prints one line for each standard, and every id that no table knows; `Ok(true)` when all are
/// known.
pub(crate) fn run(workspace: &Workspace, show_missing: bool) -> Result<bool, String> {
    let tables: Vec<Requirements> = tables(workspace)?;
    if tables.is_empty() {
        return Err("no tests/scenarios/*/requirements.tsv".into());
    }
    let claims: Vec<Claim> = workspace
        .files
        .iter()
        .flat_map(|file| claims(workspace, file))
        .collect();
    let unknown = unknown(&tables, &claims);
    for claim in &unknown {
        let place = format!("{}:{}", claim.file.display(), claim.line);
        println!("{place}: unknown requirement {} — correct the id", claim.id);
    }
    let covered: BTreeSet<&str> = claims.iter().map(|claim| claim.id.as_str()).collect();
    for table in &tables {
        if show_missing {
            let missing = table.counted().filter(|id| !covered.contains(id));
            missing.for_each(|id| println!("{id}"));
        }
        println!("{}", table.summary(&covered));
    }
    Ok(unknown.is_empty())
}

impl Requirements {
    /// Reads a table of id, mark and text, one requirement a line, under one line of headings.
    fn parse(standard: &str, table: &str) -> Result<Self, String> {
        let mut is_counted = BTreeMap::new();
        for (line, text) in table
            .lines()
            .enumerate()
            .skip(1)
            .filter(|(_, text)| !text.is_empty())
        {
            let mut columns = text.split('\t');
            let (Some(id), Some(mark), Some(_)) = (columns.next(), columns.next(), columns.next())
            else {
                return Err(format!(
                    "{standard}/requirements.tsv:{}: not three columns",
                    line + 1
                ));
            };
            let counts = matches!(mark.trim_end_matches('~'), "M" | "V" | "D");
            if is_counted.insert(id.to_owned(), counts).is_some() {
                return Err(format!(
                    "{standard}/requirements.tsv:{}: {id} again",
                    line + 1
                ));
            }
        }
        Ok(Self {
            standard: standard.to_owned(),
            is_counted,
        })
    }

    fn counted(&self) -> impl Iterator<Item = &str> {
        self.is_counted
            .iter()
            .filter(|(_, counts)| **counts)
            .map(|(id, _)| id.as_str())
    }

    fn summary(&self, covered: &BTreeSet<&str>) -> String {
        let done = self.counted().filter(|id| covered.contains(id)).count();
        format!(
            "{}: {done} of {} requirements covered",
            self.standard,
            self.counted().count()
        )
    }
}

fn tables(workspace: &Workspace) -> Result<Vec<Requirements>, String> {
    let scenarios = Path::new("tests/scenarios");
    let is_table = |file: &&PathBuf| {
        file.starts_with(scenarios)
            && file
                .file_name()
                .is_some_and(|name| name == "requirements.tsv")
    };
    let files = workspace.files.iter().filter(is_table);
    files
        .map(|file| {
            let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
            let text = workspace
                .read(file)
                .ok_or(format!("{}: unreadable", file.display()))?;
            Requirements::parse(&folder.to_string_lossy(), &text)
        })
        .collect()
}

/// What one file claims to cover. Guides and tables only talk about requirements.
fn claims(workspace: &Workspace, file: &Path) -> Vec<Claim> {
    let extension = file
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if !matches!(
        extension.as_str(),
        "rs" | "txt" | "scenario" | "yaml" | "yml" | "toml"
    ) {
        return Vec::new();
    }
    workspace
        .read(file)
        .map(|text| claims_of(file, &text))
        .unwrap_or_default()
}

fn claims_of(file: &Path, text: &str) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let Some(ids) = named_ids(text) else { continue };
        for id in ids.split([',', ' ']).filter(|id| !id.is_empty()) {
            claims.push(Claim {
                file: file.to_path_buf(),
                line: line + 1,
                id: id.to_owned(),
            });
        }
    }
    claims
}

/// What follows `covers:` in a comment line; `None` for any other line.
fn named_ids(line: &str) -> Option<&str> {
    let comment = line.trim_start();
    if !comment.starts_with('#') && !comment.starts_with("//") {
        return None;
    }
    comment
        .trim_start_matches(['/', '#', '!', ' '])
        .strip_prefix("covers:")
}

fn unknown<'a>(tables: &[Requirements], claims: &'a [Claim]) -> Vec<&'a Claim> {
    let is_known = |id: &str| tables.iter().any(|table| table.is_counted.contains_key(id));
    claims.iter().filter(|claim| !is_known(&claim.id)).collect()
}

#[cfg(test)]
mod tests;
