//! Our own host side against this one, with the shelf behind it, in memory.

use super::*;
use crate::{Chassis, Config, Operator, Place};
use ipmi::command::app::GetDeviceId;
use ipmi::message::NetFn;
use machine::{Machine, Pos, Time};
use session::vm::{self, Vm};

struct Play {
    host: Vm,
    interface: SystemInterface,
    chassis: Chassis,
    events: Vec<PortEvent>,
}

impl Play {
    fn open() -> Self {
        let mut play = Self {
            host: Vm::new(vm::Config::default()),
            interface: SystemInterface::default(),
            chassis: Chassis::new(Config::default()),
            events: vec![],
        };
        play.connect();
        assert_eq!(play.news(), [PortEvent::Up]);
        play
    }

    fn connect(&mut self) {
        let mut effects = vec![];
        self.interface.connected(&mut effects);
        self.host(&session::Input::Start { seed: [0; 32] });
        self.perform(effects);
    }

    fn at() -> Pos {
        Pos {
            index: 1,
            time: Time(1),
        }
    }

    fn host(&mut self, input: &session::Input) {
        let mut effects = vec![];
        self.host.apply(Self::at(), input, &mut effects);
        for effect in effects {
            match effect {
                session::Effect::Send(bytes) => {
                    let mut effects = vec![];
                    self.interface.receive(&bytes, &mut effects);
                    self.perform(effects);
                }
                session::Effect::Event(event) => self.events.push(event),
            }
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(bytes) => self.host(&session::Input::Received(bytes)),
                Effect::Order(order) => self.shelf(&crate::Input::Order(order)),
            }
        }
    }

    fn shelf(&mut self, input: &crate::Input) {
        let mut told = vec![];
        self.chassis.apply(Self::at(), input, &mut told);
        for effect in told {
            if let crate::Effect::Event(event) = effect {
                let mut effects = vec![];
                self.interface.told(event, &mut effects);
                self.perform(effects);
            }
        }
    }

    fn order(&mut self, token: u64, target: Target) {
        let request = GetDeviceId {}.request();
        self.host(&session::Input::Order(PortOrder {
            token,
            target,
            request,
        }));
    }

    fn news(&mut self) -> Vec<PortEvent> {
        std::mem::take(&mut self.events)
    }
}

fn product(event: &PortEvent) -> Result<u16, RequestError> {
    let PortEvent::Answer { result, .. } = event else {
        panic!("an answer, not {event:?}");
    };
    let response = result.clone()?;
    Ok(GetDeviceId::read_response(&response).unwrap().product)
}

#[test]
fn direct_and_bridged_requests() {
    let mut play = Play::open();
    let cases = [
        (Target::ShelfManager, Ok(0x0001)),
        (Target::Ipmb(0x82), Ok(0x0100)),
        (Target::Ipmb(0x5a), Ok(0x0104)),
        (Target::Ipmb(0x9a), Err(RequestError::NoSuchController)),
    ];
    for (target, expected) in cases {
        play.order(1, target);
        let news = play.news();
        assert_eq!(news.len(), 1, "{news:?}");
        assert_eq!(product(&news[0]), expected);
    }
}

#[test]
fn events_are_pushed_and_the_newest_are_lost_where_nobody_reads() {
    let mut play = Play::open();
    let open = |slot| crate::Input::Operator(Operator::OpenHandle(Place::Slot(slot)));
    play.shelf(&open(1));
    let news = play.news();
    let [PortEvent::Event(record)] = &news[..] else {
        panic!("one event, not {news:?}");
    };
    assert_eq!((record[7], record[13]), (0x82, 0xa5));
    // Nobody listens for a while: the buffer keeps the first one only.
    play.host(&session::Input::Lost("cable".into()));
    play.shelf(&open(2));
    play.shelf(&open(3));
    play.news();
    play.connect();
    let news = play.news();
    let [PortEvent::Up, PortEvent::Event(record)] = &news[..] else {
        panic!("one event, not {news:?}");
    };
    assert_eq!(record[7], 0x84);
}

#[test]
fn what_the_host_does_wrong() {
    let mut interface = SystemInterface::default();
    let mut ask = |command, data: &[u8]| {
        let request = Request {
            net_fn: NetFn::APP,
            lun: 0,
            command,
            data: data.to_vec(),
        };
        let mut effects = vec![];
        interface.receive(&frame::request(1, &request), &mut effects);
        let [Effect::Send(bytes)] = &effects[..] else {
            panic!("one answer, not {effects:?}");
        };
        let mut line = Deframer::default();
        let mut frames = bytes.iter().filter_map(|byte| line.take(*byte));
        let Some(Frame::Message(message)) = frames.next() else {
            panic!("a message");
        };
        frame::read_response(&message).unwrap().response.code.0
    };
    // Send Message without a frame, with half a one, to another channel; nothing to get.
    assert_eq!(ask(0x34, &[]), 0xc7);
    assert_eq!(ask(0x34, &[0, 0x82, 0x18]), 0xcc);
    assert_eq!(ask(0x34, &[1]), 0xcc);
    assert_eq!(ask(0x33, &[]), 0x80);
    assert_eq!(ask(0x35, &[]), 0x80);
    assert_eq!(ask(0x30, &[]), 0xc7);
    assert_eq!(ask(0x30, &[3]), 0x00);
}

#[test]
fn too_many_open_requests() {
    let mut interface = SystemInterface::default();
    let request = GetDeviceId {}.request();
    let mut effects = vec![];
    for sequence in 0..=OPEN_MAX as u8 {
        interface.receive(&frame::request(sequence, &request), &mut effects);
    }
    let orders = effects.iter().filter(|e| matches!(e, Effect::Order(_)));
    assert_eq!(orders.count(), OPEN_MAX);
    let code = CompletionCode::NODE_BUSY;
    let data = vec![];
    let busy = frame::response(OPEN_MAX as u8, &request, &Response { code, data });
    assert_eq!(effects.last(), Some(&Effect::Send(busy)));
}
