//! Figures that are computed wrongly would be believed.

use super::*;

fn times(micros: &[u64]) -> Vec<Duration> {
    micros.iter().copied().map(Duration::from_micros).collect()
}

// One slow run must not change the figure.
#[test]
fn the_median_ignores_outliers() {
    assert_eq!(
        median(&times(&[9_000_000, 1, 3, 2, 4])),
        Duration::from_micros(3)
    );
    assert_eq!(median(&times(&[4, 1])), Duration::from_micros(4));
    assert_eq!(median(&[]), Duration::ZERO);
}

// The nearest rank is one of the times, at both ends too.
#[test]
fn permille_is_the_nearest_rank() {
    let hundred: Vec<u64> = (1..=100).rev().collect();
    let hundred = times(&hundred);
    for (thousandths, micros) in [(0, 1), (10, 1), (11, 2), (500, 50), (990, 99), (1000, 100)] {
        let found = permille(&hundred, thousandths);
        assert_eq!(found, Duration::from_micros(micros), "{thousandths}");
    }
    assert_eq!(permille(&[], 990), Duration::ZERO);
}

// Rounded, not cut.
#[test]
fn times_and_ratios_are_rounded() {
    assert_eq!(milliseconds(Duration::from_micros(12_349)), "12.3 ms");
    assert_eq!(milliseconds(Duration::from_micros(12_350)), "12.4 ms");
    assert_eq!(microseconds(Duration::from_nanos(1_499)), "1 µs");
    assert_eq!(microseconds(Duration::from_nanos(1_500)), "2 µs");
    let micros = Duration::from_micros;
    assert_eq!(ratio(micros(1_000), micros(2_549)), "2.5×");
    assert_eq!(ratio(micros(1_000), micros(2_550)), "2.6×");
    assert_eq!(ratio(Duration::ZERO, micros(1)), "–");
}

// What somebody wrote around the figures stays.
#[test]
fn a_section_is_replaced_between_its_markers() {
    let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
    let new = "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n";
    assert_eq!(with_section(text, "x", "new\n").as_deref(), Some(new));
    assert_eq!(with_section(text, "y", "new\n"), None);
    assert_eq!(with_section("<!-- /x --><!-- x -->\n", "x", ""), None);
}

// The file that the benchmarks write to has their sections.
#[test]
fn the_readme_has_its_sections() {
    let text = std::fs::read_to_string(readme()).unwrap();
    let engine = [
        "commands",
        "floor",
        "takeover",
        "transfer",
        "slopes",
        "simulated",
    ];
    let engine = engine.map(|it| format!("engine {it}"));
    let others = ["failover", "discovery", "requests", "sessions", "records"];
    for section in others.into_iter().chain(engine.iter().map(String::as_str)) {
        assert!(with_section(&text, section, "").is_some(), "{section}");
    }
}
