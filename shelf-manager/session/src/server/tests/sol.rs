//! Serial over LAN: a console, the server, and a blade whose payload talks.

use super::super::sol::packet::{NACK, SolPacket, operation, status};
use super::super::*;
use super::console::{ADMIN, Bench, Console, PEER, READER, request, response};
use crate::CipherSuite;
use alloc::collections::VecDeque;
use alloc::vec;
use core::time::Duration;
use ipmi::command::Command;
use ipmi::command::oem::{
    ConsoleCapabilities, ConsoleChunk, ConsoleRead, ConsoleWrite, ConsoleWritten,
    GetConsoleCapabilities, next_sequence,
};
use ipmi::command::picmg::{AddressInfo, GetAddressInfo};

/// The blade at site 3.
const BLADE: u8 = 0x86;
const POLL: Duration = Duration::from_millis(50);
const RETRY: Duration = Duration::from_millis(100);
const ACTIVATE: [u8; 6] = [1, 3, 0xc0, 0, 0, 0];

/// The controller of a blade, and its payload.
struct Payload {
    /// What Get Console Capabilities is answered with.
    offered: Response,
    /// Chunks that are not acknowledged; the first has the sequence behind `acknowledged`.
    chunks: VecDeque<Vec<u8>>,
    acknowledged: u8,
    lost: bool,
    typed: Vec<u8>,
    breaks: usize,
    last_write: u8,
    reads: usize,
    /// So many answers get lost.
    deaf: usize,
}

impl Payload {
    fn new() -> Self {
        Self {
            offered: GetConsoleCapabilities::respond(&ConsoleCapabilities {
                version: 1,
                read_max: 19,
                write_max: 19,
                flags: 3,
            }),
            chunks: VecDeque::new(),
            acknowledged: 0,
            lost: false,
            typed: vec![],
            breaks: 0,
            last_write: 0,
            reads: 0,
            deaf: 0,
        }
    }

    fn say(&mut self, text: &[u8]) {
        self.chunks.extend(text.chunks(19).map(<[u8]>::to_vec));
    }

    fn answer(&mut self, request: &Request) -> Response {
        if GetConsoleCapabilities::is(request) {
            return self.offered.clone();
        }
        let answer = if let Some(read) = of::<ConsoleRead>(request) {
            self.read(&read)
        } else {
            self.write(&of::<ConsoleWrite>(request).expect("a console command"))
        };
        match self.deaf.checked_sub(1) {
            Some(left) => {
                self.deaf = left;
                response(0xc3, &[])
            }
            None => answer,
        }
    }

    fn read(&mut self, read: &ConsoleRead) -> Response {
        self.reads += 1;
        if read.acknowledged == next_sequence(self.acknowledged) {
            self.chunks.pop_front();
            self.acknowledged = read.acknowledged;
        }
        assert_eq!(read.acknowledged, self.acknowledged);
        let data = self.chunks.front().cloned();
        ConsoleRead::respond(&ConsoleChunk {
            sequence: match data {
                Some(_) => next_sequence(self.acknowledged),
                None => self.acknowledged,
            },
            flags: u8::from(self.lost),
            data: data.unwrap_or_default(),
        })
    }

    fn write(&mut self, write: &ConsoleWrite) -> Response {
        assert!(write.data.len() <= 19);
        if write.sequence == 0 || write.sequence != self.last_write {
            self.last_write = write.sequence;
            self.breaks += usize::from(write.flags & 1);
            self.typed.extend(&write.data);
        }
        let accepted = write.data.len() as u8;
        ConsoleWrite::respond(&ConsoleWritten { accepted })
    }
}

fn of<C: Command>(request: &Request) -> Option<C> {
    C::is(request).then(|| C::read_request(request).unwrap())
}

struct Shelf {
    bench: Bench,
    console: Console,
    payload: Payload,
    /// Completion codes and data that the console was told.
    told: Vec<(u8, Vec<u8>)>,
    /// SOL packets that it was sent.
    packets: Vec<SolPacket>,
    sent: usize,
    /// The SOL packet with that number is lost.
    lost: Option<usize>,
}

impl Shelf {
    fn new() -> Self {
        let mut bench = Bench::usual();
        Self {
            console: bench.administrator(),
            bench,
            payload: Payload::new(),
            told: vec![],
            packets: vec![],
            sent: 0,
            lost: None,
        }
    }

    fn active() -> Self {
        let mut shelf = Self::new();
        shelf.ask(0x48, &ACTIVATE);
        let sizes = vec![0, 0, 0, 0, 204, 0, 204, 0, 0x6f, 0x02, 0xff, 0xff];
        assert_eq!(shelf.told, [(0, sizes)]);
        shelf.told.clear();
        shelf
    }

    fn ask(&mut self, command: u8, data: &[u8]) {
        let sealed = self.console.seal(&request(command, data));
        let effects = self.bench.receive(PEER, &sealed);
        self.follow(effects);
    }

    fn follow(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask {
                    ticket,
                    target,
                    request,
                    ..
                } => {
                    let response = match target {
                        Target::ShelfManager => site(&request),
                        Target::Ipmb(BLADE) => self.payload.answer(&request),
                        Target::Ipmb(_) => panic!("{request:?}"),
                    };
                    let effects = self.bench.apply(&Input::Answer { ticket, response });
                    self.follow(effects);
                }
                Effect::Send { bytes, .. } => self.heard(&bytes),
                Effect::Opened { .. } | Effect::Closed { .. } => (),
            }
        }
    }

    fn heard(&mut self, bytes: &[u8]) {
        let mut counters = Counters::default();
        let kinds = (&[payload::MESSAGE, payload::SOL][..], &mut counters);
        let (kind, bytes) = self
            .console
            .channel
            .open_payload(&[], bytes, kinds)
            .unwrap();
        if kind == payload::MESSAGE {
            let answer = ipmi::ipmb::decode_response(&bytes).unwrap();
            return self
                .told
                .push((answer.response.code.0, answer.response.data));
        }
        if !self.is_lost() {
            self.packets.push(SolPacket::decode(&bytes).unwrap());
        }
    }

    fn is_lost(&mut self) -> bool {
        self.sent += 1;
        self.lost == Some(self.sent)
    }

    /// The console sends a packet.
    fn send(&mut self, packet: &SolPacket) {
        if self.is_lost() {
            return;
        }
        let channel = &mut self.console.channel;
        let bytes = channel.seal_payload(&[], payload::SOL, &packet.encode());
        let effects = self.bench.receive(PEER, &bytes);
        self.follow(effects);
    }

    fn acknowledge(&mut self, sequence: u8, accepted: usize, bits: u8) {
        self.send(&SolPacket {
            acknowledged: sequence,
            accepted: accepted as u8,
            bits,
            ..SolPacket::default()
        });
    }

    fn types(&mut self, sequence: u8, data: &[u8]) {
        self.send(&SolPacket {
            sequence,
            data: data.to_vec(),
            ..SolPacket::default()
        });
    }

    fn wait(&mut self, time: Duration) {
        let effects = self.bench.wait(time);
        self.follow(effects);
    }

    fn news(&mut self) -> Vec<SolPacket> {
        core::mem::take(&mut self.packets)
    }
}

/// Sites 1–14 hold blades at 82h, 84h…
fn site(request: &Request) -> Response {
    let asked = of::<GetAddressInfo>(request).unwrap();
    assert_eq!((asked.key_type, asked.site_type), (Some(3), Some(0)));
    match asked.key.unwrap() {
        site @ 1..=14 => GetAddressInfo::respond(&AddressInfo {
            hardware_address: 0x40 + site,
            ipmb_address: 0x80 + 2 * site,
            reserved: 0xff,
            fru_id: 0,
            site_number: site,
            site_type: 0,
        }),
        _ => response(0xcb, &[0]),
    }
}

fn data(sequence: u8, data: &[u8]) -> SolPacket {
    SolPacket {
        sequence,
        data: data.to_vec(),
        ..SolPacket::default()
    }
}

fn receipt(acknowledged: u8, accepted: u8, bits: u8) -> SolPacket {
    SolPacket {
        acknowledged,
        accepted,
        bits,
        ..SolPacket::default()
    }
}

// What the payload says comes, in order, one packet after the other.
#[test]
fn what_the_payload_says_is_shown() {
    let mut shelf = Shelf::active();
    for round in 1..=40u8 {
        shelf.payload.say(&[round]);
        shelf.wait(Duration::from_millis(200));
        let sequence = (round - 1) % 15 + 1;
        assert_eq!(shelf.news(), [data(sequence, &[round])]);
        shelf.acknowledge(sequence, 1, 0);
        assert_eq!(shelf.news(), []);
    }
}

// Text that is longer than a packet is read at once, and sent as it is acknowledged.
#[test]
fn long_output_is_cut_into_packets() {
    let mut shelf = Shelf::active();
    let text: Vec<u8> = (0..500u16).map(|byte| byte as u8).collect();
    shelf.payload.say(&text);
    let mut shown = vec![];
    for sequence in (1..=15).cycle() {
        shelf.wait(POLL);
        let news = shelf.news();
        let [packet] = &news[..] else { break };
        assert_eq!(packet.sequence, sequence);
        assert!(packet.data.len() <= 200);
        shown.extend(&packet.data);
        shelf.acknowledge(sequence, packet.data.len(), 0);
        while let Some(packet) = shelf.news().pop() {
            shown.extend(&packet.data);
            shelf.acknowledge(packet.sequence, packet.data.len(), 0);
        }
    }
    assert!(text.starts_with(&shown) && !shown.is_empty());
}

// A packet that is not acknowledged is sent again, seven times soon, then slowly, and never lost.
#[test]
fn what_is_not_acknowledged_is_sent_again() {
    let mut shelf = Shelf::active();
    shelf.payload.say(b"login:");
    shelf.wait(POLL);
    let expected = [data(1, b"login:")];
    assert_eq!(shelf.news(), expected);
    for _ in 0..7 {
        shelf.wait(RETRY);
        assert_eq!(shelf.news(), expected);
    }
    shelf.wait(RETRY);
    assert_eq!(shelf.news(), []);
    for _ in 0..3 {
        shelf.wait(Duration::from_secs(1));
        assert_eq!(shelf.news(), expected);
    }
    // Acknowledgements of other packets are none.
    shelf.acknowledge(2, 6, 0);
    shelf.wait(Duration::from_secs(1));
    assert_eq!(shelf.news(), expected);
    shelf.acknowledge(1, 6, 0);
    shelf.wait(Duration::from_secs(1));
    assert_eq!(shelf.news(), []);
}

// A console that takes part of a packet gets the rest in the next one.
#[test]
fn what_was_not_taken_comes_again() {
    let mut shelf = Shelf::active();
    shelf.payload.say(b"0123456789");
    shelf.wait(POLL);
    assert_eq!(shelf.news(), [data(1, b"0123456789")]);
    shelf.acknowledge(1, 4, 0);
    assert_eq!(shelf.news(), [data(2, b"456789")]);
    // A console that is busy is left alone for a moment.
    shelf.acknowledge(2, 1, NACK);
    assert_eq!(shelf.news(), []);
    shelf.wait(RETRY);
    assert_eq!(shelf.news(), [data(3, b"56789")]);
}

// Characters are typed once, however often their packet comes.
#[test]
fn what_is_typed_reaches_the_payload_once() {
    let mut shelf = Shelf::active();
    let text = b"a line that is longer than one message of the bus\r";
    shelf.types(1, text);
    assert_eq!(shelf.news(), [receipt(1, text.len() as u8, 0)]);
    shelf.types(1, text);
    assert_eq!(shelf.news(), [receipt(1, text.len() as u8, 0)]);
    for _ in 0..4 {
        shelf.wait(POLL);
    }
    assert_eq!(shelf.payload.typed, text);
    shelf.types(2, b"!");
    shelf.wait(POLL);
    assert!(shelf.payload.typed.ends_with(b"\r!"));
}

// The bus loses answers; the write is repeated, and the payload sees it once.
#[test]
fn a_write_whose_answer_got_lost_is_repeated() {
    let mut shelf = Shelf::active();
    shelf.types(1, b"reboot\r");
    shelf.wait(POLL);
    shelf.payload.deaf = 2;
    shelf.types(2, b"yes\r");
    for _ in 0..6 {
        shelf.wait(POLL);
    }
    assert_eq!(shelf.payload.typed, b"reboot\ryes\r");
}

// Each packet that gets lost, once, costs time but no character.
#[test]
fn one_lost_packet_does_no_harm() {
    for lost in 1..24 {
        let mut shelf = Shelf::active();
        shelf.lost = Some(lost);
        let (mut shown, mut seen, mut typed) = (Vec::<u8>::new(), 0, 0);
        for round in 0..60 {
            if round % 10 == 0 && round < 40 {
                shelf.payload.say(b"tick ");
            }
            if typed < 5 && shelf.payload.typed.len() == typed {
                typed += 1;
            }
            // The console repeats what is not acknowledged, as consoles do.
            if shelf.payload.typed.len() < typed {
                shelf.types(typed as u8, &[b'0' + typed as u8]);
            }
            shelf.wait(POLL);
            for packet in shelf.news() {
                if packet.sequence != 0 {
                    if packet.sequence != seen {
                        shown.extend(&packet.data);
                        seen = packet.sequence;
                    }
                    shelf.acknowledge(packet.sequence, packet.data.len(), 0);
                }
            }
        }
        assert_eq!(shown, b"tick tick tick tick ", "packet {lost}");
        assert_eq!(shelf.payload.typed, b"12345", "packet {lost}");
    }
}

// Characters that find no room are not acknowledged, and not lost either.
#[test]
fn a_payload_that_takes_nothing_stops_the_console() {
    let mut shelf = Shelf::active();
    shelf.wait(POLL);
    // The write is on its way, and stays there.
    let held = shelf.bench.server.clone();
    shelf.payload.deaf = 4;
    let mut accepted = 0;
    let mut bits = 0;
    for sequence in 1..=15 {
        shelf.types(sequence, &[b'x'; 200]);
        let news = shelf.news();
        accepted += usize::from(news[0].accepted);
        bits = news[0].bits;
        if bits != 0 {
            break;
        }
    }
    assert_ne!(held, shelf.bench.server);
    assert!(bits & NACK != 0, "{accepted}");
    shelf.payload.deaf = 0;
    for _ in 0..100 {
        shelf.wait(POLL);
    }
    assert_eq!(shelf.payload.typed.len(), accepted);
}

// A break is an event of its own, in front of the characters.
#[test]
fn a_break_reaches_the_payload() {
    let mut shelf = Shelf::active();
    shelf.wait(POLL);
    shelf.send(&SolPacket {
        bits: operation::BREAK,
        ..data(1, b"b")
    });
    shelf.wait(POLL);
    assert_eq!(
        (shelf.payload.breaks, &shelf.payload.typed[..]),
        (1, &b"b"[..])
    );
}

// While the operator wants nothing, nothing is read; the controller keeps it.
#[test]
fn a_paused_console_reads_nothing() {
    let mut shelf = Shelf::active();
    shelf.send(&receipt(0, 0, operation::PAUSE));
    let before = shelf.payload.reads;
    shelf.payload.say(b"late");
    (0..10).for_each(|_| shelf.wait(POLL));
    assert_eq!((shelf.payload.reads, shelf.news()), (before, vec![]));
    shelf.send(&receipt(0, 0, 0));
    shelf.wait(POLL);
    assert_eq!(shelf.news(), [data(1, b"late")]);
}

// What the controller's ring lost is said.
#[test]
fn lost_output_is_told() {
    let mut shelf = Shelf::active();
    shelf.payload.lost = true;
    shelf.payload.say(b"tail");
    shelf.wait(POLL);
    let overrun = SolPacket {
        bits: status::OVERRUN,
        ..data(1, b"tail")
    };
    assert_eq!(shelf.news(), [overrun]);
}

// An idle payload is asked less often.
#[test]
fn a_silent_payload_costs_five_questions_a_second() {
    let mut shelf = Shelf::active();
    (0..20).for_each(|_| shelf.wait(POLL));
    let before = shelf.payload.reads;
    (0..20).for_each(|_| shelf.wait(POLL));
    assert_eq!(shelf.payload.reads - before, 5);
}

// A controller that is silent for a moment is forgiven; one that stays away ends the console.
#[test]
fn a_controller_that_goes_ends_the_console() {
    let mut shelf = Shelf::active();
    shelf.payload.deaf = 5;
    (0..40).for_each(|_| shelf.wait(POLL));
    assert_eq!(shelf.news(), []);
    shelf.payload.deaf = usize::MAX;
    (0..40).for_each(|_| shelf.wait(POLL));
    assert_eq!(shelf.news(), [receipt(0, 0, status::DEACTIVATED)]);
    shelf.ask(0x4a, &[1]);
    assert_eq!(shelf.told, [(0, vec![15, 0, 0])]);
}

// Each reason has the standard's code.
#[test]
fn what_cannot_be_activated_is_refused() {
    let mut none = Payload::new();
    none.offered = response(0xc1, &[0xd9, 0x7e, 0]);
    let mut absent = Payload::new();
    absent.offered = response(0x83, &[]);
    let mut without = Payload::new();
    without.offered.data[6] = 0x02;
    let cases: [(&[u8], Payload, u8); 11] = [
        (&[1, 3, 0xc0, 0, 0], Payload::new(), 0xc7),
        (&[1, 3, 0xc0, 0, 0, 0, 0], Payload::new(), 0xc7),
        (&[1, 0, 0xc0, 0, 0, 0], Payload::new(), 0xcc),
        (&[2, 3, 0xc0, 0, 0, 0], Payload::new(), 0xcc),
        (&[1, 3, 0x40, 0, 0, 0], Payload::new(), 0x84),
        (&[1, 3, 0x80, 0, 0, 0], Payload::new(), 0xcc),
        (&[1, 3, 0xe0, 0, 0, 0], Payload::new(), 0xcc),
        (&[1, 15, 0xc0, 0, 0, 0], Payload::new(), 0xc9),
        (&ACTIVATE, none, 0x81),
        (&ACTIVATE, without, 0x81),
        (&ACTIVATE, absent, 0xd3),
    ];
    for (data, payload, code) in cases {
        let mut shelf = Shelf::new();
        shelf.payload = payload;
        shelf.ask(0x48, data);
        assert_eq!(shelf.told, [(code, vec![])], "{data:02x?}");
        // It can be tried again.
        shelf.payload = Payload::new();
        shelf.told.clear();
        shelf.ask(0x48, &ACTIVATE);
        assert_eq!(shelf.told[0].0, 0);
    }
}

// One console has one blade, and one blade one console.
#[test]
fn a_console_is_had_once() {
    let mut shelf = Shelf::active();
    shelf.ask(0x48, &ACTIVATE);
    shelf.ask(0x48, &[1, 4, 0xc0, 0, 0, 0]);
    assert_eq!(shelf.told, [(0x80, vec![]), (0x82, vec![])]);
    let mut other = shelf.bench.open(CipherSuite::Sha1, ADMIN);
    let answer = other.ask(&mut shelf.bench, &request(0x48, &ACTIVATE));
    assert_eq!(answer, Some((0xd4, vec![])));
    other.ask(&mut shelf.bench, &request(0x3b, &[4]));
    let answer = other.ask(&mut shelf.bench, &request(0x48, &ACTIVATE));
    assert_eq!(answer, Some((0x80, vec![])));
    // Who takes it away lets the other one know.
    let deactivate = request(0x49, &[1, 3, 0, 0, 0, 0]);
    let effects = shelf.bench.receive(PEER, &other.seal(&deactivate));
    let [
        Effect::Send {
            bytes: to_first, ..
        },
        Effect::Send { bytes, .. },
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    shelf.heard(to_first);
    assert_eq!(shelf.news(), [receipt(0, 0, status::DEACTIVATED)]);
    let peer = PEER;
    let bytes = bytes.clone();
    assert_eq!(other.heard(&[Effect::Send { peer, bytes }]), [(0, vec![])]);
    let answer = other.ask(&mut shelf.bench, &deactivate);
    assert_eq!(answer, Some((0x80, vec![])));
}

// Whoever asks sees which consoles are in use, and by whom.
#[test]
fn active_consoles_are_listed() {
    let mut shelf = Shelf::active();
    let id = shelf.console.channel.theirs.to_le_bytes();
    shelf.ask(0x4a, &[1]);
    shelf.ask(0x4b, &[1, 3]);
    shelf.ask(0x4b, &[1, 4]);
    let of = |id: [u8; 4], port| [&id[..], &[port, 0, 0, 0, 0, 0, 0, 0]].concat();
    let expected = [(0, vec![15, 0x04, 0]), (0, of(id, 3)), (0, of([0; 4], 4))];
    assert_eq!(shelf.told, expected);
}

// Encryption of a console that is active cannot be suspended.
#[test]
fn encryption_stays() {
    let mut shelf = Shelf::active();
    for operation in 0..=2 {
        shelf.ask(0x55, &[1, 3, operation]);
    }
    assert_eq!(shelf.told, [(0x81, vec![]), (0, vec![]), (0, vec![])]);
}

// A session that ends, by word or by silence, frees the blade.
#[test]
fn the_end_of_a_session_ends_its_console() {
    for by_silence in [false, true] {
        let mut shelf = Shelf::active();
        match by_silence {
            true => shelf.wait(Duration::from_secs(60)),
            false => {
                let id = shelf.console.channel.theirs.to_le_bytes();
                shelf.ask(0x3c, &id);
            }
        }
        let mut next = shelf.bench.administrator();
        let answer = next.ask(&mut shelf.bench, &request(0x4a, &[1]));
        assert_eq!(answer, Some((0, vec![15, 0, 0])));
        // The session's own end is the only thing that is waited for.
        assert_eq!(shelf.bench.wait(Duration::from_secs(1)), []);
    }
}

// A console that is taken away before it is there says so.
#[test]
fn deactivation_answers_an_activation_under_way() {
    let mut shelf = Shelf::new();
    let sealed = shelf.console.seal(&request(0x48, &ACTIVATE));
    let effects = shelf.bench.receive(PEER, &sealed);
    let ticket = super::console::asked(&effects).0;
    shelf.ask(0x49, &[1, 3, 0, 0, 0, 0]);
    assert_eq!(shelf.told, [(0x81, vec![]), (0, vec![])]);
    let late = Input::Answer {
        ticket,
        response: response(0, &[]),
    };
    assert_eq!(shelf.bench.apply(&late), []);
}

// SOL packets of those who have no console are counted, not answered.
#[test]
fn characters_without_a_console_are_dropped() {
    let mut shelf = Shelf::new();
    shelf.types(1, b"x");
    assert_eq!(shelf.news(), []);
    assert_eq!(shelf.bench.server.counters().unmatched, 1);
    let mut reader = shelf.bench.open(CipherSuite::Sha256, READER);
    let answer = reader.ask(&mut shelf.bench, &request(0x49, &[1, 3, 0, 0, 0, 0]));
    assert_eq!(answer, Some((0xd4, vec![])));
}

// A packet whose characters cannot be counted in its receipt is dropped, not taken twice.
#[test]
fn more_characters_than_a_receipt_counts() {
    let mut shelf = Shelf::active();
    shelf.types(1, &[b'x'; 256]);
    assert_eq!(shelf.news(), []);
    shelf.types(1, &[b'x'; 255]);
    assert_eq!(shelf.news(), [receipt(1, 255, 0)]);
}

// What is typed is acknowledged at once, also when the payload's characters are due once more.
#[test]
fn a_receipt_does_not_wait_for_another() {
    let mut shelf = Shelf::active();
    shelf.payload.say(b"login:");
    shelf.wait(POLL);
    assert_eq!(shelf.news(), [data(1, b"login:")]);
    shelf.bench.now = shelf.bench.now.after(RETRY);
    shelf.types(1, b"admin");
    let both = SolPacket {
        acknowledged: 1,
        accepted: 5,
        ..data(1, b"login:")
    };
    assert_eq!(shelf.news(), [both]);
}
