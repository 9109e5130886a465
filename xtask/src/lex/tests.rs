//! Code, comments and literals are told apart, whatever stands inside them.

use super::*;

fn code(text: &str) -> String {
    let (code, _) = split(text);
    String::from_utf8(code).unwrap()
}

fn comments(text: &str) -> String {
    let (_, comments) = split(text);
    String::from_utf8(comments).unwrap().trim().to_owned()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(code(text), expected, "{text}");
    assert_eq!(
        text.chars().count(),
        code(text).len(),
        "one byte for each character: {text}"
    );
}

// A slash or a quote inside a string starts nothing.
#[test]
fn strings_are_blank() {
    check(r#"a("// { x \" }") + b"#, r#"a("           ") + b"#);
    check("r\"\\\" + b", "r\" \" + b");
    check("r#\"a\"b\"#;", "r#\"   \"#;");
    check("br##\"\"#\"##;", "br##\"  \"##;");
    check("car\"x\\\"\"", "car\"   \"");
}

// A quote as a character is no string; a lifetime is no character.
#[test]
fn characters_and_lifetimes_differ() {
    check("m('\"', '\\'', '{')", "m(   ,     ,    )");
    check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
    check("'\\u{41}' + '\\\\'", "         +     ");
}

// Comments go to their own side, nested ones whole.
#[test]
fn comments_are_apart() {
    check(
        "a /* b /* c */ d */ e // f\ng",
        "a                   e     \ng",
    );
    assert_eq!(comments("a // b \"c\nd"), "// b \"c");
    assert_eq!(comments("\"// no\""), "");
}

// A string over several lines keeps the count of lines.
#[test]
fn lines_are_kept() {
    assert_eq!(code("\"a\nb\\\nc\" + d\n").lines().count(), 3);
}

// An item under cfg(test) is a test up to its closing brace, and no further.
#[test]
fn tests_end_with_their_brace() {
    let text = "fn a() {}\n#[cfg(test)]\nmod t {\n    fn b() { \"}\" }\n}\nfn c() {}\n";
    let source = Source::new("lib.rs".into(), text, false);
    assert_eq!(source.test, [false, true, true, true, true, false]);
}

// A declaration ends with its semicolon, not inside the type of an array.
#[test]
fn a_declaration_ends_with_its_semicolon() {
    let text = "#[cfg(test)]\nconst A: [u8; 2] =\n    [1, 2];\nfn c() {}\n";
    let source = Source::new("lib.rs".into(), text, false);
    assert_eq!(source.test, [true, true, true, false]);
}

// A word is found by itself only.
#[test]
fn a_word_stands_alone() {
    assert_eq!(
        find_word("fn rand(brand: rand_core) -> rand::X", "rand"),
        [3, 29]
    );
}
