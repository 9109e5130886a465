//! What was found once is not found again; and a short run, always the same, finds nothing.

use fuzz::{Feedback, Fuzzer, cases_of, quiet, targets, try_case};

/// Cases of a short run: about five seconds for each target, as tests are built.
fn short_run(target: &str) -> u32 {
    match target {
        "codec" => 100_000,
        _ => 2_000,
    }
}

#[test]
fn nothing_is_found_in_the_corpus_nor_in_a_short_run() {
    quiet();
    let mut findings = Vec::new();
    for target in targets() {
        let name = target.name();
        let cases = cases_of(name).expect("the corpus can be read");
        assert!(!cases.is_empty(), "{name} has no corpus");
        for case in &cases {
            findings.extend(try_case(&*target, case, &mut Feedback::default()).err());
        }
        let (mut fuzzer, first) = Fuzzer::new(&*target, 1, cases);
        let mut found: Vec<_> = first;
        found.extend((0..short_run(name)).filter_map(|_| fuzzer.step()));
        let told = found
            .iter()
            .map(|found| format!("{}\n{}", found.what, found.command(name)));
        findings.extend(told);
    }
    // The panics of this test itself shall be seen.
    drop(std::panic::take_hook());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// A fuzzer that finds nothing where there is something would say so for ever.
#[test]
fn a_bug_is_found_and_made_small() {
    struct Bug;
    impl fuzz::Target for Bug {
        fn name(&self) -> &'static str {
            "bug"
        }
        fn seeds(&self) -> Vec<Vec<u8>> {
            vec![vec![1; 20]]
        }
        fn len_max(&self) -> usize {
            40
        }
        fn run(&self, case: &[u8], feedback: &mut Feedback) {
            // Three bytes deep, as a length, a kind and a value would be.
            let found = [7, 0x80, 0xff].iter().zip(case).take_while(|(a, b)| a == b);
            let depth = found.count();
            feedback.note(depth);
            assert!(depth < 3, "the bug");
        }
    }
    quiet();
    let (mut fuzzer, first) = Fuzzer::new(&Bug, 1, vec![]);
    let found = (0..200_000).find_map(|_| fuzzer.step());
    drop(std::panic::take_hook());
    assert!(first.is_empty());
    let found = found.expect("a bug");
    assert_eq!(found.case, [7, 0x80, 0xff]);
    assert!(found.what.ends_with("the bug"), "{}", found.what);
    assert_eq!(
        found.command("bug"),
        "cargo run -p fuzz -- bug --case 0780ff"
    );
}
