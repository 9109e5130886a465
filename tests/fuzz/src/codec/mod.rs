//! Bytes into every decoder there is.
//!
//! A case begins with three bytes that name its decoder; other bytes there choose some decoder, so
//! that mutations carry the input of one to the others.

mod commands;
mod datagrams;
mod inventories;
mod records;
mod streams;

pub(crate) use commands::builders;

use crate::{Feedback, Target};
use std::collections::BTreeMap;

/// Bytes of the name in front of the input.
const NAME_LEN: usize = 3;
/// Longest input: longer than the longest message, record or frame.
const INPUT_LEN_MAX: usize = 1400;

/// What a decoder does with its input.
type Run = dyn Fn(&[u8], &mut Feedback);

/// One way to read bytes.
struct Decoder {
    name: String,
    /// Reads; panics when what it read does not hold.
    run: Box<Run>,
    /// Makes checksums right.
    repair: fn(&mut [u8]),
    /// Bytes that mean something to it.
    samples: Vec<Vec<u8>>,
}

/// All decoders.
pub(crate) struct Codec {
    decoders: BTreeMap<[u8; NAME_LEN], Decoder>,
}

impl Codec {
    pub(crate) fn new() -> Self {
        let all = commands::all().into_iter().chain(records::all());
        let all = all.chain(streams::all()).chain(datagrams::all());
        let mut decoders = BTreeMap::new();
        for decoder in all {
            let name = decoder.name.clone();
            let other = decoders.insert(short(&name), decoder);
            assert!(other.is_none(), "{name} is called as another decoder is");
        }
        Self { decoders }
    }

    fn find(&self, name: [u8; NAME_LEN]) -> &Decoder {
        let number = u32::from_le_bytes([name[0], name[1], name[2], 0]) as usize;
        let known = self.decoders.get(&name);
        let other = || self.decoders.values().nth(number % self.decoders.len());
        known.or_else(other).expect("there are decoders")
    }
}

impl Target for Codec {
    fn name(&self) -> &'static str {
        "codec"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (name, decoder) in &self.decoders {
            let samples = decoder.samples.iter();
            seeds.extend(samples.map(|sample| [&name[..], sample].concat()));
        }
        seeds
    }

    fn len_max(&self) -> usize {
        NAME_LEN + INPUT_LEN_MAX
    }

    fn repair(&self, case: &mut [u8]) {
        if let Some((name, input)) = case.split_first_chunk_mut() {
            (self.find(*name).repair)(input);
        }
    }

    fn run(&self, case: &[u8], feedback: &mut Feedback) {
        if let Some((name, input)) = case.split_first_chunk() {
            let decoder = self.find(*name);
            (decoder.run)(input, &mut *feedback);
        }
    }
}

/// Fowler, Noll and Vo's hash, folded.
fn short(name: &str) -> [u8; NAME_LEN] {
    let hash = name.bytes().fold(0x811c_9dc5u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let [a, b, c, d] = hash.to_le_bytes();
    [a ^ d, b, c]
}

/// Nothing to make right.
fn as_it_is(_: &mut [u8]) {}
