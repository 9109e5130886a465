//! RMCP and RMCP+ datagrams, at each stage of a session: for our server, and for our client.
//!
//! The packets themselves have no interface; so both ends get them in the state in which a
//! conversation has left them.

use super::{Decoder, as_it_is};
use crate::{Feedback, magnitude};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{PortEvent, PortOrder, Target};
use machine::{Machine, Pos, Time};
use session::lan::{self, Lan};
use session::server::{self, Peer, Server};
use session::{CipherSuite, Effect, Input};

/// Most bytes that a datagram is answered with: a response of the largest size, and its frame.
const ANSWER_LEN_MAX: usize = 1200;
const PEER: Peer = Peer(1);
const AT: Pos = Pos {
    index: 1,
    time: Time(1_000_000_000),
};

/// Both ends, and what was sent to one of them next.
#[derive(Clone)]
struct Stage {
    server: Server,
    lan: Lan,
    datagram: Vec<u8>,
    is_for_server: bool,
}

pub(super) fn all() -> Vec<Decoder> {
    let mut decoders = Vec::new();
    let ways = [
        ("suite 3", vec![CipherSuite::Sha1]),
        ("suite 17", vec![CipherSuite::Sha256]),
        ("IPMI 1.5", vec![]),
    ];
    for (name, suites) in ways {
        for (index, stage) in conversation(suites).into_iter().enumerate() {
            let end = if stage.is_for_server {
                "server"
            } else {
                "client"
            };
            let samples = vec![stage.datagram.clone(), ping()];
            let name = format!("datagram {index} of {name} for the {end}");
            decoders.push(Decoder {
                run: Box::new(move |input, feedback| run((index, &stage), input, feedback)),
                name,
                repair: as_it_is,
                samples,
            });
        }
    }
    decoders
}

/// Presence Ping.
fn ping() -> Vec<u8> {
    vec![6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 1, 0, 0]
}

/// A session is opened, asks, and is closed.
fn conversation(suites: Vec<CipherSuite>) -> Vec<Stage> {
    let users = vec![server::User::new("admin", "secret", 4)];
    let server = Server::new(server::Config {
        allow_ipmi_1_5: suites.is_empty(),
        ..server::Config::new(users)
    });
    let lan = Lan::new(lan::Config {
        allow_ipmi_1_5: suites.is_empty(),
        suites,
        ..lan::Config::new("admin", "secret")
    });
    let mut talk = Talk {
        server: server.expect("a good configuration"),
        lan: lan.expect("a good configuration"),
        stages: Vec::new(),
    };
    talk.server
        .apply(AT, &server::Input::Seed([5; 32]), &mut Vec::new());
    talk.client(&Input::Start { seed: [3; 32] });
    assert!(talk.lan.is_open(), "the conversation is one");
    for target in [Target::ShelfManager, Target::Ipmb(0x82)] {
        let request = Request {
            net_fn: NetFn::STORAGE,
            lun: 0,
            command: 0x43,
            data: vec![0, 0, 0, 0, 0, 0xff],
        };
        talk.client(&Input::Order(PortOrder {
            token: 1,
            target,
            request,
        }));
    }
    talk.client(&Input::Stop);
    talk.stages
}

struct Talk {
    server: Server,
    lan: Lan,
    stages: Vec<Stage>,
}

impl Talk {
    fn stage(&mut self, datagram: &[u8], is_for_server: bool) {
        self.stages.push(Stage {
            server: self.server.clone(),
            lan: self.lan.clone(),
            datagram: datagram.to_vec(),
            is_for_server,
        });
    }

    fn client(&mut self, input: &Input) {
        let mut effects = Vec::new();
        self.lan.apply(AT, input, &mut effects);
        for effect in effects {
            if let Effect::Send(bytes) = effect {
                self.stage(&bytes, true);
                self.server_gets(&server::Input::Received { peer: PEER, bytes });
            }
        }
    }

    fn server_gets(&mut self, input: &server::Input) {
        let mut effects = Vec::new();
        self.server.apply(AT, input, &mut effects);
        for effect in effects {
            match effect {
                server::Effect::Send { bytes, .. } => {
                    self.stage(&bytes, false);
                    self.client(&Input::Received(bytes));
                }
                server::Effect::Ask { ticket, .. } => {
                    let response = Response {
                        code: CompletionCode::OK,
                        data: vec![1, 0, 2, 3],
                    };
                    self.server_gets(&server::Input::Answer { ticket, response });
                }
                server::Effect::Opened { .. } | server::Effect::Closed { .. } => (),
            }
        }
    }
}

fn run((index, stage): (usize, &Stage), input: &[u8], feedback: &mut Feedback) {
    if stage.is_for_server {
        run_server((index, stage), input, feedback);
    } else {
        run_client((index, stage), input, feedback);
    }
}

fn run_server((index, stage): (usize, &Stage), input: &[u8], feedback: &mut Feedback) {
    let mut server = stage.server.clone();
    let mut effects = Vec::new();
    let bytes = input.to_vec();
    server.apply(
        AT,
        &server::Input::Received { peer: PEER, bytes },
        &mut effects,
    );
    let mut sent = 0;
    for effect in &effects {
        match effect {
            server::Effect::Send { bytes, .. } => {
                // RAKP statuses stand behind 16 bytes of header and a tag.
                feedback.note(("server", index, bytes.get(4..6), bytes.get(17)));
                sent += bytes.len();
            }
            server::Effect::Ask { .. } => {
                // The RMCP header and, in IPMI 1.5, a pad are not protected.
                let true_one = stage.datagram.get(4..).unwrap_or_default();
                let is_true = input
                    .get(4..)
                    .is_some_and(|bytes| bytes.starts_with(true_one));
                assert!(is_true, "asked by a forged datagram");
                feedback.note(("asked", index));
            }
            server::Effect::Opened { .. } => feedback.note(("opened", index)),
            server::Effect::Closed { .. } => feedback.note(("closed", index)),
        }
    }
    assert!(sent <= ANSWER_LEN_MAX, "{sent} bytes sent");
    let counters = server.counters();
    feedback.note((
        "counted",
        index,
        counters.malformed > 0,
        counters.bad_integrity > 0,
        counters.replayed > 0,
        counters.unmatched > 0,
        magnitude(input.len()),
    ));
}

fn run_client((index, stage): (usize, &Stage), input: &[u8], feedback: &mut Feedback) {
    let mut lan = stage.lan.clone();
    let mut effects = Vec::new();
    lan.apply(AT, &Input::Received(input.to_vec()), &mut effects);
    let mut sent = 0;
    for effect in &effects {
        match effect {
            Effect::Send(bytes) => {
                feedback.note(("client", index, bytes.get(4..6)));
                sent += bytes.len();
            }
            Effect::Event(PortEvent::Down(reason)) => {
                feedback.note(("down", index, std::mem::discriminant(reason)));
            }
            Effect::Event(_) => feedback.note(("event", index)),
        }
    }
    assert!(sent <= ANSWER_LEN_MAX, "{sent} bytes sent");
    let counters = lan.counters();
    feedback.note((
        "counted by the client",
        index,
        counters.malformed > 0,
        counters.bad_integrity > 0,
        counters.replayed > 0,
        counters.unmatched > 0,
        lan.is_open(),
        magnitude(input.len()),
    ));
}
