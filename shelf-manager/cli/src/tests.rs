use crate::arguments::Arguments;
use crate::{show, table::Table, time};
use clap::{CommandFactory, Parser};
use web_api::{Reply, ShelfView};

/// clap's own check of the definition.
#[test]
fn arguments_are_sound() {
    Arguments::command().debug_assert();
}

/// What is no command is usage, exit code 2.
#[test]
fn usage() {
    let wrong: [&[&str]; 7] = [
        &[],
        &["boards"],
        &["blade", "open"],
        &["blade", "open", "256"],
        &["fru", "100"],
        &["sensor", "zz"],
        &["admin", "lock"],
    ];
    for words in wrong {
        let words = std::iter::once("shelfctl").chain(words.iter().copied());
        let error = Arguments::try_parse_from(words).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}

/// Leap years, and the ends of months and of time.
#[test]
fn times() {
    let cases = [
        (0, "1970-01-01 00:00:00"),
        (951_782_399, "2000-02-28 23:59:59"),
        (951_782_400, "2000-02-29 00:00:00"),
        (951_868_800, "2000-03-01 00:00:00"),
        (1_709_164_800, "2024-02-29 00:00:00"),
        (4_107_542_400, "2100-03-01 00:00:00"),
        (4_107_542_399, "2100-02-28 23:59:59"),
        (1_767_225_599, "2025-12-31 23:59:59"),
    ];
    for (second, text) in cases {
        assert_eq!(time::from_s(second), text);
    }
    assert_eq!(time::from_us(1_500_000), "1970-01-01 00:00:01.500000");
    assert_eq!(time::from_us(u64::MAX), "586524-01-19 08:01:49.551615");
    assert_eq!(time::span(999), "0 s");
    assert_eq!(time::span(61_000), "1 min 1 s");
    assert_eq!(time::span(3_661_000), "1 h 1 min");
    assert_eq!(time::span(90_000_000), "1 d 1 h");
}

/// Columns count characters, not bytes, and no line ends in blanks.
#[test]
fn columns() {
    let mut table = Table::headed(["UNIT", "NAME"]).indented(2);
    table.row(["°C", ""]);
    table.row(["degrees", "x"]);
    assert_eq!(
        table.text(),
        "  UNIT     NAME\n  °C       -\n  degrees  x\n"
    );
}

/// A FRU's name may hold anything; a terminal must not obey it.
#[test]
fn control_characters() {
    let mut table = Table::plain();
    table.row(["\u{1b}[2Jx"]);
    assert_eq!(table.text(), "\u{fffd}[2Jx\n");
}

/// What is printed outside of tables comes from hardware, too: the name of the shelf is in its
/// inventory.
#[test]
fn control_characters_outside_of_tables() {
    let name = "\u{1b}]0;x\u{9b}2J".into();
    let slots = Vec::new();
    let mut out = Vec::new();
    show(&Reply::Shelf(ShelfView { name, slots }), false, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().next(), Some("\u{fffd}]0;x\u{fffd}2J"));
}
