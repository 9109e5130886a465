//! A controller at 20h against two buses that do what a scenario says.

mod faults;
mod random;
mod requests;
mod served;

use super::*;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec;
use ipmi::ipmb::{Route, decode_request, encode_request, encode_response};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{PortOrder, Target};

const OWN: u8 = 0x20;
const BLADE: u8 = 0x82;
const OTHER_BLADE: u8 = 0x84;

fn ok(data: &[u8]) -> Response {
    Response {
        code: CompletionCode::OK,
        data: data.to_vec(),
    }
}

fn request(command: u8, data: &[u8]) -> Request {
    Request {
        net_fn: NetFn::APP,
        lun: 0,
        command,
        data: data.to_vec(),
    }
}

fn order(token: u64, address: u8, request: Request) -> Input {
    Input::Order(PortOrder {
        token,
        target: Target::Ipmb(address),
        request,
    })
}

fn answer(token: u64, result: Result<Response, RequestError>) -> PortEvent {
    PortEvent::Answer { token, result }
}

/// What the other controllers and the buses do.
struct Play {
    ipmb: Ipmb,
    now: Time,
    /// What each bus does with a frame; it carries it when nothing is said.
    faults: BTreeMap<(Bus, u8), WriteError>,
    /// Frames that are to be written and were not reported.
    writes: VecDeque<(Bus, Vec<u8>)>,
    events: Vec<PortEvent>,
    questions: Vec<(u64, u8, Request)>,
    healths: Vec<Health>,
    /// All frames that a bus carried or not, in order.
    seen: Vec<(Bus, Vec<u8>)>,
}

impl Play {
    /// Nothing is open.
    fn closed() -> Self {
        Self {
            ipmb: Ipmb::new(Config::new(OWN)),
            now: Time(1_000_000_000),
            faults: BTreeMap::new(),
            writes: VecDeque::new(),
            events: vec![],
            questions: vec![],
            healths: vec![],
            seen: vec![],
        }
    }

    /// Both buses are open.
    fn open() -> Self {
        let mut play = Self::closed();
        play.apply(Input::Opened(Bus::A));
        play.apply(Input::Opened(Bus::B));
        assert_eq!(play.news(), [PortEvent::Up]);
        play.healths.clear();
        play
    }

    fn apply(&mut self, input: Input) {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.ipmb.apply(at, &input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Write { bus, frame } => {
                    let is_free = self.writes.iter().all(|(other, _)| *other != bus);
                    assert!(is_free, "one write on a bus at a time");
                    assert!(frame.len() <= ipmi::ipmb::FRAME_LEN_MAX);
                    self.writes.push_back((bus, frame));
                }
                Effect::Event(event) => self.events.push(event),
                Effect::Question { id, from, request } => self.questions.push((id, from, request)),
                Effect::Health(health) => self.healths.push(health),
            }
        }
        assert!(self.ipmb.in_flight() <= ipmi::port::IN_FLIGHT_MAX);
    }

    fn sent(&mut self, bus: Bus, result: Result<(), WriteError>) -> Vec<u8> {
        let mut writes = self.writes.iter();
        let index = writes.position(|(found, _)| *found == bus).unwrap();
        let (_, frame) = self.writes.remove(index).unwrap();
        self.seen.push((bus, frame.clone()));
        self.apply(Input::Sent { bus, result });
        frame
    }

    /// Lets the buses do what they do until nothing is to be written.
    fn run(&mut self) {
        while let Some((bus, frame)) = self.writes.front().cloned() {
            let address = frame[0];
            let result = self.faults.get(&(bus, address));
            let result = result.or(self.faults.get(&(bus, 0)));
            self.sent(bus, result.map_or(Ok(()), |fault| Err(*fault)));
        }
    }

    /// Time goes by, in steps of the machine's own deadlines.
    fn pass(&mut self, ms: u64) {
        let end = self.now.after(Duration::from_millis(ms));
        self.run();
        while let Some(due) = self.ipmb.deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.apply(Input::Tick);
            self.run();
        }
        self.now = end;
        self.apply(Input::Tick);
        self.run();
    }

    fn receive(&mut self, bus: Bus, frame: &[u8]) {
        let frame = frame.to_vec();
        self.apply(Input::Received { bus, frame });
    }

    /// The responder answers a request frame.
    fn answer(&mut self, bus: Bus, frame: &[u8], response: &Response) {
        let (route, request) = decode_request(frame).unwrap();
        let response = encode_response(route, &request, response);
        self.receive(bus, &response);
    }

    fn news(&mut self) -> Vec<PortEvent> {
        core::mem::take(&mut self.events)
    }

    /// What was put onto the buses.
    fn traffic(&mut self) -> Vec<(Bus, Vec<u8>)> {
        core::mem::take(&mut self.seen)
    }

    fn buses(&mut self) -> Vec<Bus> {
        self.traffic().into_iter().map(|(bus, _)| bus).collect()
    }
}

/// A request of a controller to us.
fn asked(from: u8, sequence: u8, request: &Request) -> Vec<u8> {
    let route = Route {
        responder: OWN,
        requester: from,
        requester_lun: 0,
        sequence,
    };
    encode_request(route, request)
}
