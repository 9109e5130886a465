//! Every command, whatever it says: one list, so that none can be forgotten.

extern crate std;

mod frozen;

use super::*;
use crate::command::transport::{LanParameter, SerialParameter, SolParameter};
use alloc::collections::BTreeMap;
use core::fmt::Debug;
use proptest::prelude::*;
use std::path::Path;

/// How many lines of `commands!` there are in the sources below `folder`.
fn declared(folder: &Path) -> usize {
    let lines = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| line.starts_with("0x") && line.contains(" => ") && line.ends_with(';'))
            .count()
    };
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                declared(&path)
            } else {
                lines(&path)
            }
        })
        .sum()
}

/// A module that [`visit_all`] leaves out would have commands that no test here sees.
#[test]
fn every_command_is_checked() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/command");
    let mut numbers = Numbers(BTreeMap::new());
    visit_all(&mut numbers);
    assert_eq!(numbers.0.len(), declared(Path::new(folder)));
}

/// Two commands with one number would answer for each other.
struct Numbers(BTreeMap<(u8, u8, Vec<u8>), &'static str>);

impl Visitor for Numbers {
    fn command<C: Command + Debug + PartialEq>(&mut self, name: &'static str)
    where
        C::Response: Debug + PartialEq,
    {
        let key = (C::NET_FN.0, C::COMMAND, C::GROUP.to_vec());
        assert_eq!(
            C::NET_FN.0 % 2,
            0,
            "{name} has a response's network function"
        );
        assert_eq!(self.0.insert(key, name), None, "{name}");
    }
}

/// Reads both bodies of each command from bytes, and from all that is left when they are cut.
struct Bodies<'a>(&'a [u8]);

impl Bodies<'_> {
    /// What was read is written as it was, so it reads the same again; a body that is cut says so,
    /// or is a whole one without its last optional fields.
    fn body<B: Body + Debug + PartialEq>(&self, name: &str) {
        let mut reader = Reader::new(self.0);
        let Ok(whole) = B::read(&mut reader) else {
            return;
        };
        let length = self.0.len() - reader.rest().len();
        for cut in 0..=length {
            let bytes = &self.0[..cut];
            let Ok(body) = B::read(&mut Reader::new(bytes)) else {
                assert!(cut < length, "{name}");
                continue;
            };
            let mut written = Vec::new();
            body.write(&mut written);
            assert_eq!(written, bytes, "{name}");
            assert_eq!(body == whole, cut == length, "{name} {cut}");
        }
    }
}

impl Visitor for Bodies<'_> {
    fn command<C: Command + Debug + PartialEq>(&mut self, name: &'static str)
    where
        C::Response: Debug + PartialEq,
    {
        self.body::<C>(name);
        self.body::<C::Response>(name);
    }
}

/// What the longest part of `bytes` says that is a whole body.
fn longest<B: Body>(bytes: &[u8]) -> B {
    let mut cuts = (0..=bytes.len()).rev();
    let body = cuts.find_map(|cut| B::read(&mut Reader::new(&bytes[..cut])).ok());
    body.unwrap()
}

/// Asks and answers with each command over whole messages; one byte too many is refused, not
/// dropped.
struct Exchange<'a>(&'a [u8]);

impl Visitor for Exchange<'_> {
    fn command<C: Command + Debug + PartialEq>(&mut self, name: &'static str)
    where
        C::Response: Debug + PartialEq,
    {
        let request: C = longest(self.0);
        let message = request.request_on(3);
        assert!(C::is(&message), "{name}");
        assert_eq!(message.lun, 3, "{name}");
        let same = C::read_request(&message);
        assert_eq!(same.as_ref(), Ok(&request), "{name}");
        let mut longer = message;
        longer.data.push(0);
        match C::read_request(&longer) {
            Ok(more) => assert_eq!(more.request_on(3), longer, "{name}"),
            Err(code) => assert_eq!(code, CompletionCode::LENGTH_INVALID, "{name}"),
        }
        let response: C::Response = longest(self.0);
        let message = C::respond(&response);
        assert_eq!(C::read_response(&message), Ok(response), "{name}");
        let refused = C::refuse(CompletionCode::NODE_BUSY);
        let expected = ResponseError::Refused(CompletionCode::NODE_BUSY);
        assert_eq!(C::read_response(&refused), Err(expected), "{name}");
    }
}

/// Bytes that every body can be read from: counts in them are small, and selectors known.
fn sample() -> Vec<u8> {
    (0..255).map(|index| 1 + index % 3).collect()
}

#[test]
fn every_command_goes_round() {
    let sample = sample();
    visit_all(&mut Exchange(&sample));
    visit_all(&mut Bodies(&sample));
}

/// The selectors of a parameter type, each with data of every length up to what it needs.
macro_rules! parameter_checks {
    ($($parameter:ident)*) => {
        $(
            let sample: Vec<u8> = (1..32).collect();
            let selectors = $parameter::SELECTORS.iter().copied().chain([0xc0]);
            for selector in selectors {
                let no_data = $parameter::decode(selector, &[]);
                assert_eq!(no_data.is_ok(), selector == 0xc0, "{selector}");
                assert!($parameter::decode(selector, &sample).is_ok(), "{selector}");
                for cut in 0..sample.len() {
                    let data = &sample[..cut];
                    let Ok(parameter) = $parameter::decode(selector, data) else {
                        continue;
                    };
                    assert_eq!(parameter.selector(), selector);
                    assert!(data.starts_with(&parameter.data()), "{parameter:?}");
                    let back = $parameter::decode(selector, &parameter.data());
                    assert_eq!(back, Ok(parameter));
                }
            }
        )*
    };
}

/// A parameter with too little data is refused, as is known only after its selector was read.
#[test]
fn parameters_go_round() {
    use super::app::SystemInfo;
    use super::chassis::BootOption;
    parameter_checks! { LanParameter SerialParameter SolParameter SystemInfo BootOption }
}

proptest! {
    /// Whatever the bytes, no decoder panics, and what was read is written as it was.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        visit_all(&mut Bodies(&bytes));
    }
}
