//! Links in our guides that lead nowhere.

use super::Finding;
use std::path::{Component, Path, PathBuf};

/// Checks the relative links of one Markdown file against the files that there are.
pub(super) fn check(file: &Path, text: &str, files: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_markdown = file.extension().is_some_and(|extension| extension == "md");
    for (line, text) in text.lines().enumerate().filter(|_| is_markdown) {
        for target in targets(text).filter(|target| !target.contains("://")) {
            let target = target.split('#').next().unwrap_or_default();
            let path = resolved(file, target);
            let is_there = files.iter().any(|file| file.starts_with(&path));
            if !target.is_empty() && !is_there {
                let what = format!("no {}", path.display());
                findings.push(Finding::new(
                    file,
                    line,
                    what,
                    "correct the link, or write the file",
                ));
            }
        }
    }
    findings
}

/// What stands in the parentheses of `[text](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
}

/// `target` as seen from the folder of `file`, without `.` and `..`.
fn resolved(file: &Path, target: &str) -> PathBuf {
    let mut path = file.parent().unwrap_or(Path::new("")).to_path_buf();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    path
}
