//! The bodies of all commands, in both directions, and the parameters within them.

use super::{Decoder, as_it_is};
use crate::{Feedback, magnitude};
use ipmi::command::app::SystemInfo;
use ipmi::command::chassis::BootOption;
use ipmi::command::pef::{LanAlertParameter, Parameter};
use ipmi::command::transport::{LanParameter, SerialParameter, SolParameter};
use ipmi::command::{Body, Command, Visitor, visit_all};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::wire::Reader;
use std::fmt::Debug;

pub(super) fn all() -> Vec<Decoder> {
    let mut list = List(Vec::new());
    visit_all(&mut list);
    list.0.extend(parameters());
    list.0
}

/// Every command that there is, as a builder of its requests: the longest beginning of the bytes
/// that is one, or the bytes as they are.
pub(crate) fn builders() -> Vec<fn(&[u8]) -> Request> {
    struct Builders(Vec<fn(&[u8]) -> Request>);
    impl Visitor for Builders {
        fn command<C: Command + Debug + PartialEq>(&mut self, _: &'static str)
        where
            C::Response: Debug + PartialEq,
        {
            self.0.push(|bytes| {
                let fits = (0..=bytes.len()).rev().find_map(|len| {
                    let mut reader = Reader::new(&bytes[..len]);
                    C::read(&mut reader).ok()
                });
                let data = [C::GROUP, bytes].concat();
                fits.map_or(
                    Request {
                        net_fn: C::NET_FN,
                        lun: 0,
                        command: C::COMMAND,
                        data,
                    },
                    |body| body.request(),
                )
            });
        }
    }
    let mut builders = Builders(Vec::new());
    visit_all(&mut builders);
    builders.0
}

struct List(Vec<Decoder>);

impl Visitor for List {
    fn command<C: Command + Debug + PartialEq>(&mut self, name: &'static str)
    where
        C::Response: Debug + PartialEq,
    {
        let samples: Vec<Vec<u8>> = vec![
            (0..96).map(|index| 1 + index % 3).collect(),
            vec![0; 24],
            (0..24).collect(),
        ];
        self.0.push(Decoder {
            name: format!("request {name} {:02x}{:02x}", C::NET_FN.0, C::COMMAND),
            run: Box::new(move |input, feedback| request::<C>(name, input, feedback)),
            repair: as_it_is,
            samples: samples.clone(),
        });
        self.0.push(Decoder {
            name: format!("response {name} {:02x}{:02x}", C::NET_FN.0, C::COMMAND),
            run: Box::new(move |input, feedback| response::<C>(name, input, feedback)),
            repair: as_it_is,
            samples,
        });
    }
}

/// What was read is written as it was, and reads the same again; how many bytes it had.
fn body<B: Body + Debug + PartialEq>(
    (kind, name): (u8, &str),
    input: &[u8],
    feedback: &mut Feedback,
) -> Option<(B, usize)> {
    let mut reader = Reader::new(input);
    let body = match B::read(&mut reader) {
        Ok(body) => body,
        Err(error) => {
            feedback.note((kind, name, error.field));
            return None;
        }
    };
    let len = input.len() - reader.rest().len();
    feedback.note((kind, name, len.min(64), reader.is_empty()));
    feedback.note((
        kind,
        name,
        "bits",
        input.first().map(|byte| byte.leading_zeros()),
    ));
    let mut written = Vec::new();
    body.write(&mut written);
    assert_eq!(written, input[..len], "{name} is written otherwise");
    let again = B::read(&mut Reader::new(&written));
    assert_eq!(again.as_ref(), Ok(&body), "{name} reads otherwise");
    Some((body, len))
}

fn request<C: Command + Debug + PartialEq>(name: &str, input: &[u8], feedback: &mut Feedback) {
    let read = body::<C>((0, name), input, feedback);
    let message = Request {
        net_fn: C::NET_FN,
        lun: 0,
        command: C::COMMAND,
        data: [C::GROUP, input].concat(),
    };
    assert!(C::is(&message), "{name} is not itself");
    match (C::read_request(&message), read) {
        (Ok(request), Some((same, len))) => {
            assert_eq!((&request, len), (&same, input.len()), "{name}");
            assert_eq!(request.request(), message, "{name}");
        }
        (Err(code), read) => {
            assert_eq!(code, CompletionCode::LENGTH_INVALID, "{name}");
            let is_longer = read.is_none_or(|(_, len)| len < input.len());
            assert!(is_longer, "{name} is refused");
        }
        (Ok(_), None) => panic!("{name} is taken, though it is none"),
    }
}

fn response<C: Command>(name: &str, input: &[u8], feedback: &mut Feedback)
where
    C::Response: Debug + PartialEq,
{
    let read = body::<C::Response>((1, name), input, feedback);
    let message = Response {
        code: CompletionCode::OK,
        data: [C::GROUP, input].concat(),
    };
    let response = C::read_response(&message).ok();
    assert_eq!(response, read.map(|(body, _)| body), "{name}");
    // Whatever comes, with whatever code.
    let raw = Response {
        code: CompletionCode(input.first().copied().unwrap_or(0)),
        data: input.to_vec(),
    };
    let error = C::read_response(&raw).err();
    feedback.note((name, error.map(|error| std::mem::discriminant(&error))));
}

/// Parameters whose data only tells its type with the selector.
macro_rules! wired {
    ($($parameter:ident)*) => { vec![$(Decoder {
        name: format!("parameter {}", stringify!($parameter)),
        run: Box::new(|input, feedback| {
            let Some((selector, data)) = input.split_first() else { return };
            let name = stringify!($parameter);
            match $parameter::decode(*selector, data) {
                Ok(parameter) => {
                    feedback.note((name, selector, data.len().min(32)));
                    assert_eq!(parameter.selector(), *selector);
                    let written = parameter.data();
                    assert!(data.starts_with(&written), "{parameter:?}");
                    let again = $parameter::decode(*selector, &written);
                    assert_eq!(again, Ok(parameter));
                }
                Err(error) => feedback.note((name, selector, error.field)),
            }
        }),
        repair: as_it_is,
        samples: (0..=110).map(|selector| [&[selector][..], &[1; 40]].concat()).collect(),
    }),*] };
}

/// Parameters that know where they end.
macro_rules! whole {
    ($($parameter:ident $samples:expr;)*) => { vec![$(Decoder {
        name: format!("parameter {}", stringify!($parameter)),
        run: Box::new(|input, feedback| {
            let Some((selector, data)) = input.split_first() else { return };
            match $parameter::decode(*selector, data) {
                Ok(parameter) => {
                    feedback.note((stringify!($parameter), selector, data.len()));
                    let written = parameter.encode();
                    assert!(written.len() <= data.len(), "{parameter:?}");
                    let again = $parameter::decode(parameter.selector(), &written);
                    assert_eq!(again, Ok(parameter));
                }
                Err(error) => {
                    let kind = format!("{error:?}");
                    feedback.note((stringify!($parameter), selector, kind));
                }
            }
        }),
        repair: as_it_is,
        samples: $samples,
    }),*] };
}

fn parameters() -> Vec<Decoder> {
    let samples = |selectors: std::ops::RangeInclusive<u8>| {
        let mut samples = Vec::new();
        for selector in selectors {
            for len in 0..24 {
                samples.push([&[selector][..], &vec![1; len]].concat());
            }
        }
        samples
    };
    let mut all = wired! { LanParameter SerialParameter SolParameter SystemInfo BootOption };
    all.extend(whole! {
        Parameter samples(0..=15);
        LanAlertParameter samples(16..=19);
    });
    let decoder = Decoder {
        name: "length".into(),
        run: Box::new(|input, feedback| feedback.note(magnitude(input.len()))),
        repair: as_it_is,
        samples: vec![],
    };
    all.push(decoder);
    all
}
