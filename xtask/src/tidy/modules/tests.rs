//! Declarations are found where they are, and only there.

use super::*;

fn declared(file: &str, text: &str, is_root: bool) -> Vec<String> {
    let source = Source::new(file.into(), text, false);
    let show = |declared: Declared| {
        let mark = if declared.is_test { " (test)" } else { "" };
        format!("{}{mark}", declared.candidates[0].display())
    };
    declarations(&source, is_root)
        .into_iter()
        .map(show)
        .collect()
}

// The submodules of a root lie beside it, those of another file in its folder.
#[test]
fn a_module_lies_beside_its_root_or_below_its_file() {
    assert_eq!(
        declared("a/src/lib.rs", "mod b;\npub(crate) mod c;\n", true),
        ["a/src/b.rs", "a/src/c.rs"]
    );
    assert_eq!(declared("a/src/b.rs", "mod d;\n", false), ["a/src/b/d.rs"]);
    assert_eq!(
        declared("a/src/b/mod.rs", "mod d;\n", false),
        ["a/src/b/d.rs"]
    );
}

// A module under `cfg(test)` may unwrap; its neighbour may not.
#[test]
fn a_test_module_is_known_by_its_attribute() {
    let text = "#[cfg(test)]\nmod tests;\nmod b;\n";
    assert_eq!(
        declared("src/lib.rs", text, true),
        ["src/tests.rs (test)", "src/b.rs"]
    );
}

// Words in comments and strings declare nothing.
#[test]
fn comments_and_strings_declare_nothing() {
    let text = "// mod a;\nconst A: &str = \"\nmod b;\n\";\n/* mod c; */\n";
    assert!(declared("src/lib.rs", text, true).is_empty());
}

// An inline module is a folder for what it declares, up to its closing brace.
#[test]
fn an_inline_module_is_a_folder() {
    let text = "mod a {\n    mod b;\n}\nmod c;\n";
    assert_eq!(
        declared("src/lib.rs", text, true),
        ["src/a/b.rs", "src/c.rs"]
    );
}

// An explicit path is relative to the file that declares it.
#[test]
fn an_explicit_path_wins() {
    assert_eq!(
        declared("src/lib.rs", "#[path = \"x/y.rs\"]\nmod a;\n", true),
        ["src/x/y.rs"]
    );
}

// A file that no crate reaches is dead.
#[test]
fn a_file_without_a_declaration_is_dead() {
    let role = Role {
        is_test: false,
        is_library_root: true,
    };
    let reached = BTreeMap::from([(PathBuf::from("src/lib.rs"), role)]);
    let files = ["src/lib.rs", "src/old.rs", "README.md"].map(PathBuf::from);
    let dead = dead_files(&files, &reached);
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].file, PathBuf::from("src/old.rs"));
}
