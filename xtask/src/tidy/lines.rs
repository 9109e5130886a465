//! What must not stand in a Rust file, and what must.
//!
//! Source: STYLE.md, "Machines", "Errors" and "Tests".

use super::Finding;
use crate::lex::{Source, find_word};

/// Macros that mark unfinished work. Spelled in two halves, so that this file does not find itself.
const LEFTOVERS: [&str; 3] = [
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("db", "g!"),
];

/// What a machine or a vocabulary must not name, and what to use instead.
const IMPURE: [(&str, &str); 13] = [
    ("std", "use core or alloc"),
    (
        "HashMap",
        "use BTreeMap: its order is the same on every replica",
    ),
    (
        "HashSet",
        "use BTreeSet: its order is the same on every replica",
    ),
    ("Instant", "time enters as the stamp of a log entry"),
    ("SystemTime", "time enters as the stamp of a log entry"),
    ("f32", "use integers with their unit in the type"),
    ("f64", "use integers with their unit in the type"),
    ("thread", "shells have threads, machines have inputs"),
    ("rand", "random values enter as inputs"),
    ("getrandom", "random values enter as inputs"),
    ("tokio", "shells wait, machines do not"),
    ("tracing", "say it with an effect"),
    ("async", "shells wait, machines do not"),
];

/// Rules for every Rust file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let may_unwrap = gives_reason_to_unwrap(source);
    for line in 0..source.raw.len() {
        let code = source.code_line(line);
        let mut find = |what: &str, remedy: &str| {
            findings.push(Finding::new(&source.path, line, what, remedy));
        };
        for leftover in LEFTOVERS
            .iter()
            .filter(|leftover| has_macro(code, leftover))
        {
            find(leftover, "finish it, or leave it out");
        }
        if code.contains("#[ignore") {
            find("ignored test", "repair it, or delete it");
        }
        if code.contains(".unwrap()") && !source.test[line] && !may_unwrap {
            find(
                "unwrap outside tests",
                "return an error, or `expect(\"why it holds\")`",
            );
        }
        let comment = source.comment_line(line).trim_end();
        for mark in ["Source:", "Choice:", "Invariant:"] {
            if comment.ends_with(mark) {
                find(&format!("`{mark}` says nothing"), "say it on the same line");
            }
        }
    }
    findings
}

/// Rules for the files of vocabularies and machines.
pub(super) fn check_pure(source: &Source, is_root: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if is_root && !has_no_std(source) {
        let remedy = "add `#![no_std]`: the compiler keeps it pure";
        findings.push(Finding::new(
            &source.path,
            0,
            "machine or vocabulary with std",
            remedy,
        ));
    }
    let starts_with_doc = source
        .raw
        .first()
        .is_some_and(|first| first.starts_with("//!"));
    if !starts_with_doc && source.test.iter().any(|is_test| !is_test) {
        let remedy = "open it with `//!`: what it is, and its Source";
        findings.push(Finding::new(
            &source.path,
            0,
            "no word on what this file is",
            remedy,
        ));
    }
    for line in (0..source.raw.len()).filter(|line| !source.test[*line]) {
        let code = source.code_line(line);
        for (word, remedy) in IMPURE.iter().filter(|(word, _)| names(code, word)) {
            findings.push(Finding::new(
                &source.path,
                line,
                format!("`{word}`"),
                remedy,
            ));
        }
        if has_float_literal(code) {
            let remedy = "use integers with their unit in the type";
            findings.push(Finding::new(
                &source.path,
                line,
                "floating-point number",
                remedy,
            ));
        }
    }
    findings
}

/// Whether the whole file expects clippy's lint, as a development aid may, and says why.
fn gives_reason_to_unwrap(source: &Source) -> bool {
    let expects = |line: &str| {
        line.trim_start()
            .starts_with("#![expect(clippy::unwrap_used")
            && line.contains("reason")
    };
    (0..source.raw.len()).any(|line| expects(source.code_line(line)))
}

fn has_no_std(source: &Source) -> bool {
    let accepted = ["#![no_std]", "#![cfg_attr(not(test), no_std)]"];
    (0..source.raw.len()).any(|line| accepted.contains(&source.code_line(line).trim()))
}

fn has_macro(code: &str, name: &str) -> bool {
    let word = name.trim_end_matches('!');
    find_word(code, word)
        .into_iter()
        .any(|at| code[at + word.len()..].starts_with('!'))
}

/// Whether `code` names `word`, other than as a field or method of something.
fn names(code: &str, word: &str) -> bool {
    let is_member = |at: usize| code[..at].ends_with('.') && !code[..at].ends_with("..");
    find_word(code, word).into_iter().any(|at| !is_member(at))
}

/// Whether a number with a decimal point stands in `code`: not a range, not a field of a tuple.
fn has_float_literal(code: &str) -> bool {
    let bytes = code.as_bytes();
    let points = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'.')
        .map(|(at, _)| at);
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    points.filter(|at| is_digit(at + 1)).any(|at| {
        let digits = code[..at]
            .bytes()
            .rev()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'_');
        let start = at - digits.count();
        let before = start.checked_sub(1).and_then(|before| bytes.get(before));
        start < at
            && is_digit(start)
            && before.is_none_or(|byte| !byte.is_ascii_alphabetic() && *byte != b'.')
    })
}
