//! Every scenario file is run, and what AMF said is compared with what the file says.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[allow(dead_code, reason = "the other test files use other parts of the bed")]
mod bed;

use std::path::Path;
use std::{env, fs};

#[test]
fn scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios/amf");
    let update = env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no scenarios in {}", folder.display());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            text.starts_with("# "),
            "{name} does not say why it is there"
        );
        assert!(
            text.contains("\n# covers: AMF-"),
            "{name} covers no requirement"
        );
        let said = bed::drive::run(&text);
        if update {
            fs::write(&path, &said).unwrap();
        } else if said != text {
            wrong.push(format!("{name}:\n{}", difference(&text, &said)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first lines that differ, with the step above them.
fn difference(expected: &str, said: &str) -> String {
    let mut step = "";
    let mut said = said.lines();
    for line in expected.lines() {
        let other = said.next();
        if other != Some(line) {
            return format!("{step}\n- {line}\n+ {}", other.unwrap_or("(nothing)"));
        }
        if line.starts_with('>') {
            step = line;
        }
    }
    format!("{step}\n+ {}", said.next().unwrap_or("(nothing)"))
}
