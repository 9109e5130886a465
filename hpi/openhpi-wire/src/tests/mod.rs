//! Recorded bytes of openhpid, sizes, truncation, and what a stream may be.

mod float;
mod stream;

use crate::frame::{Decoder, Frame};
use crate::function::*;
use crate::types::*;
use crate::{ByteOrder, Field, Malformed, Reader, Writer};
use alloc::vec;
use alloc::vec::Vec;

/// Calls of Debian's HPI clients and the replies of openhpid 3.8.0 with its simulator plugin, as a
/// proxy between them saw them: a line for each, both frames in hex.
const RECORDED: &str = include_str!("openhpid.txt");

/// How many of the replies are written again byte for byte.
const SAME: usize = 41;

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn frame(bytes: &[u8]) -> Frame {
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    let frame = decoder.next_frame().unwrap().unwrap();
    assert_eq!(decoder.next_frame(), Ok(None));
    frame
}

fn recorded() -> impl Iterator<Item = (Frame, Frame)> {
    RECORDED.lines().map(|line| {
        let (call, reply) = line.split_once(' ').unwrap();
        let (call_bytes, reply_bytes) = (unhex(call), unhex(reply));
        let (call, reply) = (frame(&call_bytes), frame(&reply_bytes));
        assert_eq!(call.encode(), call_bytes, "a header has one form");
        assert_eq!(reply.encode(), reply_bytes);
        (call, reply)
    })
}

/// Reads a reply, writes it again in both byte orders, and reads that: all must be the same. Gives
/// the bytes that were written.
fn reply_again<F: Function>(payload: &[u8]) -> Vec<u8>
where
    F::Reply: PartialEq + core::fmt::Debug,
{
    let read = F::read_reply(ByteOrder::Little, payload).unwrap();
    let written = |order| match &read {
        Err(code) => failed(order, *code),
        Ok(reply) => F::reply(order, reply),
    };
    for order in [ByteOrder::Little, ByteOrder::Big] {
        assert_eq!(F::read_reply(order, &written(order)).as_ref(), Ok(&read));
    }
    written(ByteOrder::Little)
}

macro_rules! for_each_recorded {
    ($call:expr, $with:ident, $payload:expr; $($name:ident)*) => {
        match $call {
            $(Call::$name(_) => $with::<$name>($payload),)*
            other => panic!("{other:?} was not recorded before: add it here"),
        }
    };
}

fn again(call: &Call, payload: &[u8]) -> Vec<u8> {
    for_each_recorded! { call, reply_again, payload;
        SessionOpen SessionClose Discover DomainInfoGet DrtEntryGet RptEntryGet EventLogInfoGet
        EventLogCapabilitiesGet EventLogEntryGet AlarmGetNext RdrGet SensorReadingGet
        SensorThresholdsGet SensorEnableGet SensorEventEnableGet SensorEventMasksGet ControlGet
        IdrInfoGet IdrAreaHeaderGet IdrFieldGet WatchdogTimerGet AnnunciatorGetNext
        AnnunciatorModeGet DimiInfoGet ResourcePowerStateGet HandlerInfoGet HandlerGetNext
        GlobalParamGet RdrUpdateCountGet FumiSpecInfoGet FumiServiceImpactGet
    }
}

#[test]
fn what_openhpid_said_is_read_and_written_again() {
    let (mut same, mut all) = (0, 0);
    for (call, reply) in recorded() {
        let parsed = Call::read(call.order, call.function, &call.payload).unwrap();
        let written = again(&parsed, &reply.payload);
        assert_eq!(written.len(), reply.payload.len(), "{parsed:?}");
        all += 1;
        same += usize::from(written == reply.payload);
    }
    // The others differ behind the end of a text or of an entity path, where openhpid sends
    // whatever was there.
    assert_eq!((same, all), (SAME, RECORDED.lines().count()));
}

#[test]
fn a_call_that_ends_too_early_or_too_late_is_refused() {
    for (call, _) in recorded() {
        let read = |payload: &[u8]| Call::read(call.order, call.function, payload);
        for len in 0..call.payload.len() {
            let cut = read(&call.payload[..len]);
            let is_cut = matches!(cut, Err(CallError::Malformed(Malformed::Truncated(_))));
            assert!(is_cut, "{len} bytes of {call:?}");
        }
        let long = [&call.payload[..], &[0]].concat();
        assert_eq!(
            read(&long),
            Err(CallError::Malformed(Malformed::Trailing(1)))
        );
    }
}

#[test]
fn an_unknown_function_is_told_apart_from_a_malformed_call() {
    for function in [0, 129, u32::MAX] {
        let unknown = Err(CallError::Unknown(function));
        assert_eq!(Call::read(ByteOrder::Little, function, &[]), unknown);
    }
    let numbers: Vec<u32> = FUNCTIONS.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=128).collect::<Vec<_>>());
}

#[test]
fn structures_have_the_sizes_that_were_measured() {
    fn size<T: Field>(value: &T) -> usize {
        let mut writer = Writer::new(ByteOrder::Little);
        value.write(&mut writer);
        writer.finish().len()
    }
    // Source: the sizes in openhpi's own marshalling.
    assert_eq!(size(&Text::default()), 264);
    assert_eq!(size(&EntityPath::default()), 128);
    assert_eq!(size(&Rdr::none()), 4 + 4 + 128 + 1 + 1 + 264);
    let (_, domain) = recorded()
        .find(|(call, _)| call.function == DomainInfoGet::NUMBER)
        .unwrap();
    assert_eq!(domain.payload.len(), 4 + 346);
    let (_, resource) = recorded()
        .find(|(call, _)| call.function == RptEntryGet::NUMBER)
        .unwrap();
    assert_eq!(resource.payload.len(), 4 + 4 + 441);
}

#[test]
fn what_a_union_does_not_have_is_named() {
    let mut writer = Writer::new(ByteOrder::Big);
    true.write(&mut writer);
    7_u32.write(&mut writer);
    let bytes = writer.finish();
    let read = SensorReading::read(&mut Reader::new(ByteOrder::Big, &bytes), "reading");
    assert_eq!(read, Err(Malformed::Selector("value", 7)));
}

#[test]
fn a_name_that_is_longer_than_its_array_is_refused() {
    let bytes = [&257_u16.to_le_bytes()[..], &[b'x'; 256]].concat();
    let read = Name::read(&mut Reader::new(ByteOrder::Little, &bytes), "name");
    assert_eq!(read, Err(Malformed::Length("name", 257)));
}

#[test]
fn what_has_no_place_is_not_sent() {
    let mut writer = Writer::new(ByteOrder::Little);
    Text {
        data_type: 3,
        language: 25,
        data: vec![b'x'; 300],
    }
    .write(&mut writer);
    let bytes = writer.finish();
    let read = Text::read(&mut Reader::new(ByteOrder::Little, &bytes), "text").unwrap();
    assert_eq!(read.data, [b'x'; 255]);
    let whole = EntityPath(vec![
        Entity {
            kind: 1,
            location: 2
        };
        20
    ]);
    let mut writer = Writer::new(ByteOrder::Little);
    whole.write(&mut writer);
    let bytes = writer.finish();
    let read = EntityPath::read(&mut Reader::new(ByteOrder::Little, &bytes), "path").unwrap();
    assert_eq!(
        read.0.len(),
        16,
        "a path of 16 entities has no root behind it"
    );
}

#[test]
fn a_failed_call_is_answered_with_its_code_alone() {
    let payload = failed(ByteOrder::Big, -1002);
    assert_eq!(payload, [0xff, 0xff, 0xfc, 0x16]);
    let read = RptEntryGetByResourceId::read_reply(ByteOrder::Big, &payload);
    assert_eq!(read, Ok(Err(-1002)));
}

#[test]
fn a_call_is_written_as_it_was_recorded() {
    let (call, _) = recorded()
        .find(|(call, _)| call.function == SensorReadingGet::NUMBER)
        .unwrap();
    let Ok(Call::SensorReadingGet(asked)) = Call::read(call.order, call.function, &call.payload)
    else {
        panic!("{call:?}");
    };
    assert_eq!(asked.call(call.order), call.payload);
}

// A function that is in neither list would be carried out twice, or never be fresh.
#[test]
fn each_function_asks_or_changes() {
    let asks = ["Get", "Find", "Discover", "SessionOpen"];
    for (number, name) in FUNCTIONS {
        let is_asking = asks.iter().any(|word| name.contains(word));
        assert_ne!(crate::changes(*number), is_asking, "{name}");
    }
}
