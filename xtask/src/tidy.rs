//! `cargo xtask tidy`: the rules of STYLE.md and ARCHITECTURE.md that a machine can hold.

mod layers;
mod lines;
mod links;
mod lints;
mod modules;
mod sizes;
mod words;

#[cfg(test)]
mod tests;

use crate::lex::Source;
use crate::workspace::{Package, Workspace};
use std::path::{Path, PathBuf};

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: PathBuf,
    /// Counted from 1.
    line: usize,
    what: String,
    /// What to do about it.
    remedy: String,
}

impl Finding {
    /// `line` is counted from 0, as everywhere else in here.
    fn new(file: &Path, line: usize, what: impl Into<String>, remedy: &str) -> Self {
        Self {
            file: file.to_path_buf(),
            line: line + 1,
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{}:{}: {} — {}",
            self.file.display(),
            self.line,
            self.what,
            self.remedy
        )
    }
}

/// Prints every finding; `Ok(true)` when there is none.
pub(crate) fn run(workspace: &Workspace) -> Result<bool, String> {
    let (mut findings, count) = findings(workspace);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: ok ({count} files)"),
        broken => println!("tidy: {broken} findings ({count} files)"),
    }
    Ok(findings.is_empty())
}

/// The findings, and how many files were looked at.
fn findings(workspace: &Workspace) -> (Vec<Finding>, usize) {
    let architecture = workspace
        .read(Path::new("ARCHITECTURE.md"))
        .unwrap_or_default();
    let mut findings = layers::check(&workspace.packages, &architecture);
    let root = workspace.read(Path::new("Cargo.toml")).unwrap_or_default();
    for package in &workspace.packages {
        let manifest = workspace.read(&package.folder.join("Cargo.toml"));
        let manifest = manifest.unwrap_or_default();
        findings.extend(lints::check_manifest(&package.folder, &manifest, &root));
    }
    let reached = modules::reach(workspace);
    findings.extend(modules::dead_files(&workspace.files, &reached));
    let mut count = 0;
    for file in &workspace.files {
        let Some(text) = workspace.read(file) else {
            continue;
        };
        count += 1;
        findings.extend(words::check(file, &text));
        findings.extend(links::check(file, &text, &workspace.files));
        if file.extension().is_some_and(|extension| extension == "rs") {
            let is_test = reached.get(file).is_some_and(|role| role.is_test);
            let source = Source::new(file.clone(), &text, is_test);
            let package = owner(&workspace.packages, file);
            let is_root = reached.get(file).is_some_and(|role| role.is_library_root);
            findings.extend(check_source(&source, package, is_root));
        }
    }
    (findings, count)
}

/// The rules for one Rust file.
fn check_source(source: &Source, package: Option<&Package>, is_root: bool) -> Vec<Finding> {
    let mut findings = lines::check(source);
    findings.extend(sizes::check(source));
    findings.extend(lints::check_source(source));
    if package.is_some_and(Package::is_pure) {
        findings.extend(lines::check_pure(source, is_root));
    }
    findings
}

/// The package whose folder holds `file`: the innermost one.
fn owner<'a>(packages: &'a [Package], file: &Path) -> Option<&'a Package> {
    let holders = packages
        .iter()
        .filter(|package| file.starts_with(&package.folder));
    holders.max_by_key(|package| package.folder.components().count())
}
