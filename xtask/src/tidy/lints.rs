//! Who may have lints of his own, and unsafe code.
//!
//! Source: ARCHITECTURE.md, "Layers".

use super::Finding;
use crate::lex::Source;
use std::path::Path;

/// Packages that need unsafe code, each in one module, and the file that names that module.
const WITH_UNSAFE: [(&str, &str); 1] = [("services/corosync", "services/corosync/src/lib.rs")];

/// Checks the manifest of one package in `folder`: it has the workspace's lints, or repeats them.
pub(super) fn check_manifest(folder: &Path, manifest: &str, workspace: &str) -> Vec<Finding> {
    let file = folder.join("Cargo.toml");
    if manifest.contains("[lints]\nworkspace = true") {
        return Vec::new();
    }
    if !WITH_UNSAFE.iter().any(|(may, _)| folder == Path::new(may)) {
        let remedy = "write `[lints]` and `workspace = true`";
        return vec![Finding::new(&file, 0, "lints of its own", remedy)];
    }
    let missing = lints(workspace).filter(|lint| {
        let own = lint.replace("unsafe_code = \"forbid\"", "unsafe_code = \"deny\"");
        !manifest.lines().any(|line| line == own)
    });
    let find = |lint| {
        let what = format!("not the workspace's lint {lint}");
        Finding::new(&file, 0, what, "repeat it; unsafe_code alone is `deny`")
    };
    missing.map(find).collect()
}

/// The lints of the workspace's manifest, a line each.
fn lints(workspace: &str) -> impl Iterator<Item = &str> {
    let sections = workspace.split("\n[").map(str::trim_start);
    let lints = sections.filter(|section| section.starts_with("workspace.lints."));
    let lines = lints.flat_map(|section| section.lines().skip(1));
    lines.filter(|line| line.contains(" = "))
}

/// Checks that one file allows unsafe code only where it may be.
pub(super) fn check_source(source: &Source) -> Vec<Finding> {
    let allows = |line: &usize| {
        let code = source.code_line(*line);
        code.contains("unsafe_code") && (code.contains("allow(") || code.contains("expect("))
    };
    let is_listed = WITH_UNSAFE
        .iter()
        .any(|(_, file)| source.path == Path::new(file));
    let lines = (0..source.raw.len()).filter(allows);
    let find = |line| {
        let remedy = "only the module that calls C may have it, see xtask/src/tidy/lints.rs";
        Finding::new(&source.path, line, "unsafe code", remedy)
    };
    lines.skip(usize::from(is_listed)).map(find).collect()
}
