//! Ids are counted once, by their mark, and never when unknown.

use super::*;

const TABLE: &str = "id\tmark\ttext\n\
    A-1\tM\tmust\nA-2\tV~\trefused\nA-3\tD\tdecided\nA-4\tI\tnote\nA-5\tC\tcomponent\n";

fn summary(text: &str) -> (String, Vec<String>) {
    let tables = [Requirements::parse("amf", TABLE).unwrap()];
    let claims = claims_of(Path::new("x.txt"), text);
    let unknown = unknown(&tables, &claims)
        .iter()
        .map(|claim| claim.id.clone())
        .collect();
    let covered = claims.iter().map(|claim| claim.id.as_str()).collect();
    (tables[0].summary(&covered), unknown)
}

// A requirement named twice is covered once; information is not counted at all.
#[test]
fn each_counted_requirement_counts_once() {
    let (text, unknown) = summary("# covers: A-1, A-2\n// covers: A-1 A-4\n");
    assert_eq!(text, "amf: 2 of 3 requirements covered");
    assert!(unknown.is_empty());
}

// A mistyped id must not look like coverage.
#[test]
fn an_unknown_id_is_reported() {
    let (text, unknown) = summary("# covers: A-9\n");
    assert_eq!(text, "amf: 0 of 3 requirements covered");
    assert_eq!(unknown, ["A-9"]);
}

// Only comment lines claim: neither code nor prose that mentions the word.
#[test]
fn only_a_comment_line_claims() {
    assert_eq!(
        summary("covers: A-1\n# this covers: A-1\nlet x = 1; // covers: A-1\n").0,
        "amf: 0 of 3 requirements covered"
    );
}

// The same id twice in a table would make the total lie.
#[test]
fn a_repeated_or_broken_line_is_an_error() {
    assert!(Requirements::parse("amf", "id\tmark\ttext\nA\tM\tx\nA\tM\ty\n").is_err());
    assert!(Requirements::parse("amf", "id\tmark\ttext\nA M x\n").is_err());
}
