//! How long functions, files and lines may be.
//!
//! Source: STYLE.md, "Sizes and order".

use super::Finding;
use crate::lex::{Source, find_word};

/// Lines of a function, from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// Lines of a file, without its tests.
const FILE_LINES_MAX: usize = 500;
/// Characters of a line.
const COLUMNS_MAX: usize = 100;

/// Checks the sizes of one file. Tests may be as long as their stories.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = long_lines(source);
    findings.extend(long_functions(source));
    let lines = source.test.iter().filter(|is_test| !**is_test).count();
    if lines > FILE_LINES_MAX {
        let what = format!("{lines} lines without tests");
        let remedy = "split it by what a reader looks for (at most 500)";
        findings.push(Finding::new(&source.path, FILE_LINES_MAX, what, remedy));
    }
    findings
}

fn long_lines(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, raw) in source.raw.iter().enumerate() {
        let columns = raw.chars().count();
        // A literal or an address cannot always be broken; everything else can.
        if columns > COLUMNS_MAX && !is_literal_at_limit(source, line) && !raw.contains("://") {
            let what = format!("{columns} columns");
            findings.push(Finding::new(
                &source.path,
                line,
                what,
                "break the line (at most 100)",
            ));
        }
    }
    findings
}

/// Whether a string reaches over the limit: something stands there that is neither code nor
/// comment.
fn is_literal_at_limit(source: &Source, line: usize) -> bool {
    let (code, comment) = (
        source.code_line(line).as_bytes(),
        source.comment_line(line).as_bytes(),
    );
    let is_blank = |bytes: &[u8], at: usize| bytes.get(at).is_none_or(|byte| *byte == b' ');
    let beyond = source.raw[line].chars().enumerate().skip(COLUMNS_MAX);
    beyond
        .filter(|(_, c)| *c != ' ')
        .any(|(at, _)| is_blank(code, at) && is_blank(comment, at))
}

fn long_functions(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in 0..source.raw.len() {
        let code = source.code_line(line);
        let begins = find_word(code, "fn")
            .into_iter()
            .find(|at| is_named(&code[at + 2..]));
        if let Some(at) = begins.filter(|_| !source.test[line])
            && let Some(open) = source.body_start(source.line_start(line) + at)
        {
            let lines = source.line_of(source.closing(open)) - line + 1;
            if lines > FUNCTION_LINES_MAX {
                let what = format!("function of {lines} lines");
                let remedy = "keep the decisions here, move computations below (at most 70)";
                findings.push(Finding::new(&source.path, line, what, remedy));
            }
        }
    }
    findings
}

/// A name follows: a function, not the type of one.
fn is_named(rest: &str) -> bool {
    rest.trim_start()
        .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}
