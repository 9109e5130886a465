//! Which package may import which, and what each is called.
//!
//! Source: ARCHITECTURE.md, "Layers".

use super::Finding;
use crate::workspace::Package;
use std::path::Path;

/// Layers that a package of `layer` may import; `None` when there is no such layer.
fn may_import(layer: &str) -> Option<&'static [&'static str]> {
    match layer {
        "vocabulary" | "machine" | "edge" => Some(&["vocabulary"]),
        "composition" => Some(&["vocabulary", "machine"]),
        "shell" => Some(&["vocabulary", "machine", "composition", "edge"]),
        "daemon" => Some(&["vocabulary", "machine", "composition", "shell", "edge"]),
        _ => None,
    }
}

/// Checks arrows, names, and that the map names every crate. Dev-dependencies are free: tests may
/// import anything.
pub(super) fn check(packages: &[Package], architecture: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let manifest = package.folder.join("Cargo.toml");
        let mut find = |what: String, remedy: &str| {
            findings.push(Finding::new(&manifest, 0, what, remedy));
        };
        let layer = package.layer.as_deref().unwrap_or_default();
        match may_import(layer) {
            None => find(
                format!("layer \"{layer}\" of {}", package.name),
                "set package.metadata.layer to a layer of ARCHITECTURE.md",
            ),
            Some(allowed) => {
                for (name, other) in wrong_arrows(package, packages, allowed) {
                    find(
                        format!("{} ({layer}) imports {name} ({other})", package.name),
                        "meet in a layer above, or exchange types of a vocabulary",
                    );
                }
            }
        }
        if !is_named_by_folder(package) {
            find(
                format!(
                    "package {} lies in {}",
                    package.name,
                    package.folder.display()
                ),
                "name it after its folder, or <parent>-<folder>",
            );
        }
        // A row of the table of crates: name and layer in neighbouring columns.
        if !architecture.contains(&format!("| `{}` | {layer} |", package.name)) {
            find(
                format!(
                    "ARCHITECTURE.md has no row for `{}` ({layer})",
                    package.name
                ),
                "write it into the table of crates, with what it does not know",
            );
        }
    }
    findings
}

/// Names and layers of the workspace's own packages that `package` imports against the rules.
fn wrong_arrows<'a>(
    package: &'a Package,
    packages: &'a [Package],
    allowed: &[&str],
) -> Vec<(&'a str, &'a str)> {
    let ours = |name: &String| packages.iter().find(|other| other.name == *name);
    let imported = package.imports.iter().filter_map(ours);
    imported
        .map(|other| {
            (
                other.name.as_str(),
                other.layer.as_deref().unwrap_or_default(),
            )
        })
        .filter(|(_, layer)| !allowed.contains(layer))
        .collect()
}

fn is_named_by_folder(package: &Package) -> bool {
    let name = |path: Option<&Path>| {
        path.and_then(Path::file_name)
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let folder = name(Some(&package.folder));
    let parent = name(package.folder.parent());
    package.name == folder || package.name == format!("{parent}-{folder}")
}
