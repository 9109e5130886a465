//! Each rule finds what it forbids, and leaves alone what it allows.

use super::*;
use crate::workspace::Target;

fn package(name: &str, layer: &str, folder: &str, imports: &[&str]) -> Package {
    Package {
        name: name.into(),
        layer: (!layer.is_empty()).then(|| layer.into()),
        folder: folder.into(),
        imports: imports.iter().map(|name| (*name).into()).collect(),
        targets: Vec::<Target>::new(),
    }
}

/// What `check_source` says about one file of a package of `layer`, as `line: what`.
fn found(layer: &str, path: &str, text: &str) -> Vec<String> {
    let package = package("x", layer, "x", &[]);
    let source = Source::new(path.into(), text, path.ends_with("tests.rs"));
    let findings = check_source(&source, Some(&package), path.ends_with("lib.rs"));
    findings
        .iter()
        .map(|finding| format!("{}: {}", finding.line, finding.what))
        .collect()
}

/// A map with a row for each of `packages`.
fn rows(packages: &[Package]) -> String {
    let layer = |package: &Package| package.layer.clone().unwrap_or_default();
    let row = |package: &Package| format!("| x | `{}` | {} | y |\n", package.name, layer(package));
    packages.iter().map(row).collect()
}

fn arrows(from: &str, to: &str) -> Vec<String> {
    let packages = [package("a", from, "a", &["b"]), package("b", to, "b", &[])];
    let findings = layers::check(&packages, &rows(&packages));
    findings.into_iter().map(|finding| finding.what).collect()
}

// The table of ARCHITECTURE.md, arrow by arrow.
#[test]
fn arrows_point_down() {
    let layers = [
        "vocabulary",
        "machine",
        "composition",
        "shell",
        "daemon",
        "edge",
    ];
    let allowed = [
        ("vocabulary", "v"),
        ("machine", "v"),
        ("composition", "vm"),
        ("shell", "vmce"),
        ("daemon", "vmcse"),
        ("edge", "v"),
    ];
    for (from, to) in allowed {
        for layer in layers {
            let is_allowed = to.contains(&layer[..1]);
            let expected = format!("a ({from}) imports b ({layer})");
            let expected = if is_allowed {
                Vec::new()
            } else {
                vec![expected]
            };
            assert_eq!(arrows(from, layer), expected);
        }
    }
}

// A crate without a layer, or with one that nobody knows, could import anything.
#[test]
fn every_crate_has_a_layer() {
    assert_eq!(arrows("", "vocabulary"), ["layer \"\" of a"]);
    assert_eq!(arrows("kernel", "vocabulary"), ["layer \"kernel\" of a"]);
}

// Crates of others have no layer, and are nobody's business here.
#[test]
fn foreign_crates_are_free() {
    let packages = [package("a", "vocabulary", "a", &["serde"])];
    assert!(layers::check(&packages, &rows(&packages)).is_empty());
}

// A reader finds a crate by its folder, and on the map.
#[test]
fn names_follow_folders_and_stand_on_the_map() {
    let packages = [
        package("model", "vocabulary", "hpi/model", &[]),
        package("hpi-domain", "machine", "hpi/domain", &[]),
        package("domain", "machine", "hpi/other", &[]),
    ];
    let map = "| `model` | vocabulary |\n| `hpi-domain` | shell |\n| `domain` | machine |\n";
    let findings = layers::check(&packages, map);
    let what: Vec<String> = findings.into_iter().map(|finding| finding.what).collect();
    assert_eq!(
        what,
        [
            "ARCHITECTURE.md has no row for `hpi-domain` (machine)",
            "package domain lies in hpi/other"
        ]
    );
}

// The innermost folder owns a file, so that a crate inside another's folder keeps its own rules.
#[test]
fn the_innermost_package_owns_a_file() {
    let packages = [
        package("a", "shell", "a", &[]),
        package("b", "machine", "a/b", &[]),
    ];
    let owner = |file: &str| owner(&packages, Path::new(file)).map(|package| package.name.as_str());
    assert_eq!(owner("a/b/src/lib.rs"), Some("b"));
    assert_eq!(owner("a/src/lib.rs"), Some("a"));
    assert_eq!(owner("c.rs"), None);
}

// A machine that reads a clock holds another state on each replica.
#[test]
fn machines_are_pure() {
    let text = "//! Doc.\n#![no_std]\nuse std::time::Instant;\nfn f(x: f64) -> HashMap { 1.5 }\n";
    let expected = [
        "3: `std`",
        "3: `Instant`",
        "4: `HashMap`",
        "4: `f64`",
        "4: floating-point number",
    ];
    assert_eq!(found("machine", "x/src/lib.rs", text), expected);
    assert_eq!(found("vocabulary", "x/src/lib.rs", text), expected);
    assert!(found("shell", "x/src/lib.rs", text).is_empty());
}

// Words that only look like banned ones.
#[test]
fn lookalikes_are_allowed() {
    let text = "//! Instant std f64\n#![cfg_attr(not(test), no_std)]\n\
        fn f(a: &T) { a.thread; a.0.1; 0..5; \"std::f64 1.5\"; brand; InstantOf; x1.2; }\n\
        #[cfg(test)]\nmod tests {\n    use std::collections::HashMap;\n}\n";
    assert!(found("machine", "x/src/lib.rs", text).is_empty());
}

// Without no_std the compiler would let a machine read a clock.
#[test]
fn a_pure_crate_says_no_std_and_what_each_file_is() {
    assert_eq!(
        found("machine", "x/src/lib.rs", "fn f() {}\n// #![no_std]\n"),
        [
            "1: machine or vocabulary with std",
            "1: no word on what this file is"
        ]
    );
    assert_eq!(
        found("machine", "x/src/a.rs", "use a;\n"),
        ["1: no word on what this file is"]
    );
    assert!(found("machine", "x/src/tests.rs", "use std::a;\n").is_empty());
}

// A panic on data is worse than an error; in a test it is the error.
#[test]
fn unwrap_is_for_tests() {
    let text = "fn f() { a.unwrap(); b.unwrap_or(1); }\n#[test]\nfn g() { a.unwrap(); }\n";
    assert_eq!(
        found("shell", "x/src/a.rs", text),
        ["1: unwrap outside tests"]
    );
    assert!(found("shell", "x/src/tests.rs", text).is_empty());
    let aid = format!("#![expect(clippy::unwrap_used, reason = \"a mock\")]\n{text}");
    assert!(found("shell", "x/src/a.rs", &aid).is_empty());
    let silent = format!("#![allow(clippy::unwrap_used)]\n{text}");
    assert_eq!(found("shell", "x/src/a.rs", &silent).len(), 1);
}

// Unfinished work is not committed, in tests neither.
#[test]
fn leftovers_are_found() {
    let text = format!(
        "fn f() {{ {}() }}\n#[test]\n#[ignore]\nfn g() {{ {}(a) }}\n// {}()\n",
        concat!("to", "do!"),
        concat!("db", "g!"),
        concat!("to", "do!")
    );
    let expected = [
        concat!("1: to", "do!"),
        "3: ignored test",
        concat!("4: db", "g!"),
    ];
    assert_eq!(found("shell", "x/src/a.rs", &text), expected);
}

// A mark without a document behind it pretends to be a citation.
#[test]
fn a_source_says_something() {
    let text = "/// Source:\n/// Source: IPMI 2.0 §5.\nfn f() {}\n";
    assert_eq!(
        found("shell", "x/src/a.rs", text),
        ["1: `Source:` says nothing"]
    );
}

// 70 lines are allowed, 71 are not; a test may be longer, and so may a type of function.
#[test]
fn functions_end_at_70_lines() {
    let body = |lines: usize| "    a();\n".repeat(lines - 2);
    let text = format!("fn f(\n    x: [u8; 3],\n) {{\n{}}}\n", body(69));
    assert!(found("shell", "x/src/a.rs", &text).len() == 1);
    let text = format!("type F = fn(u8);\nfn f() {{\n{}}}\n", body(70));
    assert!(found("shell", "x/src/a.rs", &text).is_empty());
    let text = format!("#[test]\nfn f() {{\n{}}}\n", body(71));
    assert!(found("shell", "x/src/a.rs", &text).is_empty());
    let text = format!(
        "trait T {{\n    fn f();\n{}}}\n",
        "    // Why.\n".repeat(80)
    );
    assert!(found("shell", "x/src/a.rs", &text).is_empty());
}

// 500 lines are allowed beside any number of lines of tests.
#[test]
fn files_end_at_500_lines() {
    let text = "use a;\n".repeat(500);
    assert!(found("shell", "x/src/a.rs", &text).is_empty());
    let text = format!(
        "{text}#[cfg(test)]\nmod t {{\n{}}}\n",
        "use a;\n".repeat(50)
    );
    assert!(found("shell", "x/src/a.rs", &text).is_empty());
    let text = format!("{text}use a;\n");
    assert_eq!(
        found("shell", "x/src/a.rs", &text),
        ["501: 501 lines without tests"]
    );
}

// Code and comments can be broken; a literal or an address cannot always.
#[test]
fn lines_end_at_100_columns() {
    let long = "a".repeat(101);
    assert_eq!(
        found("shell", "x/src/a.rs", &format!("// {long}\n")),
        ["1: 104 columns"]
    );
    assert_eq!(
        found("shell", "x/src/a.rs", &format!("let {long};\n")),
        ["1: 106 columns"]
    );
    assert!(found("shell", "x/src/a.rs", &format!("f(\"{long}\");\n")).is_empty());
    assert!(found("shell", "x/src/a.rs", &format!("// https://{long}\n")).is_empty());
    assert!(found("shell", "x/src/a.rs", &format!("// {}\n", "§".repeat(97))).is_empty());
}

fn words(file: &str, text: &str) -> Vec<String> {
    let findings = words::check(Path::new(file), text);
    findings
        .iter()
        .map(|finding| format!("{}: {}", finding.line, finding.what))
        .collect()
}

// What only one machine has breaks on every other.
#[test]
fn paths_of_one_machine_are_found() {
    let path = concat!("/ho", "me/ann");
    assert_eq!(
        words("a.toml", &format!("x = 1\ny = \"{path}\"\n")).len(),
        1
    );
    assert!(words("a.md", &format!("https://example.org{path}\n")).is_empty());
    assert!(words("a.png", path).is_empty());
}

// Marks of unfinished work are found in any language; the guide may name them.
#[test]
fn marks_are_found() {
    let mark = concat!("FIX", "ME");
    assert_eq!(
        words("test", &format!("# {mark}: later\n")),
        [format!("1: {mark}")]
    );
    assert!(words("STYLE.md", mark).is_empty());
    assert!(words("a.rs", &format!("{mark}D")).is_empty());
}

// A finding reads as an editor expects it: file, line, what, and what to do.
#[test]
fn a_finding_is_one_line() {
    let finding = Finding::new(Path::new("a.rs"), 2, "what", "do that");
    assert_eq!(finding.to_string(), "a.rs:3: what — do that");
}

// A link that leads nowhere is worse than none; addresses of others are their business.
#[test]
fn links_lead_somewhere() {
    let files = ["README.md", "docs/a.md", "docs/b.png"].map(PathBuf::from);
    let found = |file: &str, text: &str| -> Vec<String> {
        let findings = links::check(Path::new(file), text, &files);
        findings.into_iter().map(|finding| finding.what).collect()
    };
    let text = "[a](docs/a.md#part) ![b](docs/b.png) [c](https://c.org/d.md) [e](#part) [d](docs/)";
    assert!(found("README.md", text).is_empty());
    assert!(found("docs/a.md", "[up](../README.md) [b](./b.png)").is_empty());
    assert_eq!(found("docs/a.md", "[x](docs/a.md)"), ["no docs/docs/a.md"]);
    assert!(found("a.rs", "[x](y.md)").is_empty());
}

// A crate with lints of its own could allow anything; one that must call C repeats them.
#[test]
fn lints_are_the_same_for_all() {
    let workspace = "[workspace]\n\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n\n\
        [workspace.lints.clippy]\nunwrap_used = \"warn\"\n\n[profile.dev]\ndebug = \"none\"\n";
    let found = |folder: &str, manifest: &str| -> Vec<String> {
        let findings = lints::check_manifest(Path::new(folder), manifest, workspace);
        findings.into_iter().map(|finding| finding.what).collect()
    };
    assert!(found("x", "[lints]\nworkspace = true\n").is_empty());
    assert_eq!(found("x", "[lints.rust]\n"), ["lints of its own"]);
    assert_eq!(found("x", ""), ["lints of its own"]);
    let same = "[lints.rust]\nunsafe_code = \"deny\"\n[lints.clippy]\nunwrap_used = \"warn\"\n";
    assert!(found("services/corosync", same).is_empty());
    assert_eq!(
        found(
            "services/corosync",
            "[lints.rust]\nunsafe_code = \"allow\"\n"
        ),
        [
            "not the workspace's lint unsafe_code = \"forbid\"",
            "not the workspace's lint unwrap_used = \"warn\""
        ]
    );
}

// One module of a crate that calls C, and no other.
#[test]
fn unsafe_code_is_in_one_module() {
    let allow = concat!("#[allow(unsafe", "_code)]\n");
    assert_eq!(found("shell", "x/src/lib.rs", allow), ["1: unsafe code"]);
    let file = "services/corosync/src/lib.rs";
    assert!(found("shell", file, allow).is_empty());
    let twice = format!("{allow}mod a;\n{allow}mod b;\n");
    assert_eq!(found("shell", file, &twice), ["3: unsafe code"]);
    assert!(
        found(
            "shell",
            "x/src/lib.rs",
            concat!("// allow(unsafe", "_code)\n")
        )
        .is_empty()
    );
}
