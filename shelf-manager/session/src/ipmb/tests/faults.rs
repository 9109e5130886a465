//! Buses that do not work.

use super::*;
use LineHealth::{Absent, Failed, Working};

fn health(a: LineHealth, b: LineHealth) -> Health {
    Health { a, b }
}

/// Asks each of these blades once and answers whatever was carried.
fn ask_all(play: &mut Play, blades: &[u8]) -> Vec<PortEvent> {
    for (token, blade) in blades.iter().enumerate() {
        play.apply(order(token as u64, *blade, request(1, &[])));
    }
    play.pass(30);
    for (bus, frame) in play.traffic() {
        let is_carried = !play.faults.contains_key(&(bus, 0))
            && !play.faults.contains_key(&(bus, frame[0]))
            && frame[5] == 1
            && frame[4] & 3 == 0;
        if is_carried {
            play.answer(bus, &frame, &ok(&[]));
        }
    }
    let mut news = play.news();
    news.sort_by_key(|event| match event {
        PortEvent::Answer { token, .. } => *token,
        PortEvent::Up | PortEvent::Down(_) | PortEvent::Event(_) => u64::MAX,
    });
    news
}

fn answered(count: u64) -> Vec<PortEvent> {
    (0..count).map(|token| answer(token, Ok(ok(&[])))).collect()
}

// A stuck line loses nothing: what it does not carry goes by the other bus.
#[test]
fn one_bus_is_stuck() {
    for fault in [
        Fault::ClockNotHigh,
        Fault::DataNotHigh,
        Fault::ClockLowTimeout,
    ] {
        let mut play = Play::open();
        play.faults.insert((Bus::A, 0), WriteError::Bus(fault));
        let blades = [0x82, 0x84, 0x86, 0x88, 0x8a, 0x8c];
        assert_eq!(ask_all(&mut play, &blades), answered(6));
        assert_eq!(play.healths, [health(Failed(fault), Working)]);
        // From then on it is left alone.
        play.apply(order(0, 0x82, request(1, &[])));
        play.run();
        assert_eq!(play.buses(), [Bus::B]);
    }
}

// A failed bus is tried once a second, and taken back when it works.
#[test]
fn recovery() {
    let mut play = Play::open();
    let stuck = WriteError::Bus(Fault::DataNotHigh);
    play.faults.insert((Bus::A, 0), stuck);
    ask_all(&mut play, &[0x82, 0x84, 0x86, 0x88, 0x8a]);
    play.healths.clear();
    play.pass(3000);
    let tests = play.buses();
    assert_eq!(tests, [Bus::A; 3]);
    assert_eq!(play.healths, []);
    play.faults.clear();
    play.pass(1000);
    assert_eq!(play.healths, [health(Working, Working)]);
    let test = play.traffic().remove(0).1;
    // Its answer is no answer to anything.
    play.answer(Bus::A, &test, &ok(&[]));
    assert_eq!(play.news(), []);
    assert_eq!(play.ipmb.counters().unmatched, 0);
}

// Another fault than before is news.
#[test]
fn fault_changes() {
    let mut play = Play::open();
    let stuck = WriteError::Bus(Fault::DataNotHigh);
    play.faults.insert((Bus::A, 0), stuck);
    ask_all(&mut play, &[0x82, 0x84, 0x86, 0x88, 0x8a]);
    let clock = WriteError::Bus(Fault::ClockNotHigh);
    play.faults.insert((Bus::A, 0), clock);
    play.pass(1000);
    let (data, clock) = (Failed(Fault::DataNotHigh), Failed(Fault::ClockNotHigh));
    assert_eq!(
        play.healths,
        [health(data, Working), health(clock, Working)]
    );
}

// Both buses stuck: the port is down, and comes back with the first that works.
#[test]
fn both_are_stuck() {
    let mut play = Play::open();
    for bus in Bus::BOTH {
        let stuck = WriteError::Bus(Fault::ClockNotHigh);
        play.faults.insert((bus, 0), stuck);
    }
    for token in 0..9 {
        play.apply(order(token, 0x82 + 2 * token as u8, request(1, &[])));
    }
    play.pass(100);
    let news = play.news();
    let down = news
        .iter()
        .position(|event| matches!(event, PortEvent::Down(_)));
    assert_eq!(down, Some(9), "all orders are answered before: {news:?}");
    let DownReason::Unreachable(why) = (match &news[9] {
        PortEvent::Down(why) => why,
        PortEvent::Up | PortEvent::Answer { .. } | PortEvent::Event(_) => panic!("{news:?}"),
    }) else {
        panic!("{news:?}");
    };
    assert_eq!(
        why,
        "IPMB-A: the clock line is stuck low; IPMB-B: the clock line is stuck low"
    );
    play.apply(order(10, BLADE, request(1, &[])));
    play.apply(order(11, OWN, request(1, &[])));
    let down = [10, 11].map(|token| answer(token, Err(RequestError::PortDown)));
    assert_eq!(play.news(), down);
    play.faults.remove(&(Bus::B, 0));
    play.pass(1000);
    assert_eq!(play.news(), [PortEvent::Up]);
    assert_eq!(ask_all(&mut play, &[BLADE]), answered(1));
}

// Losing the arbitration is no fault: the same frame goes by the same bus a little later.
#[test]
fn arbitration() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    for _ in 0..5 {
        play.sent(Bus::A, Err(WriteError::ArbitrationLost));
        assert_eq!(play.writes, []);
        let due = play.ipmb.deadline().unwrap();
        play.now = due;
        play.apply(Input::Tick);
    }
    let frame = play.sent(Bus::A, Ok(()));
    play.answer(Bus::A, &frame, &ok(&[]));
    assert_eq!(play.news(), [answer(1, Ok(ok(&[])))]);
    assert_eq!(play.buses(), [Bus::A; 6]);
    assert_eq!(play.healths, []);
}

// Somebody who always wins on one bus is avoided by the other.
#[test]
fn arbitration_is_never_won() {
    let mut play = Play::open();
    play.faults.insert((Bus::A, 0), WriteError::ArbitrationLost);
    play.apply(order(1, BLADE, request(1, &[])));
    play.pass(120);
    let mut buses = play.buses();
    assert_eq!(buses.pop(), Some(Bus::B));
    assert_eq!(buses, [Bus::A; 9]);
    // On both there is an end, and it does not say that nobody is there.
    play.faults.insert((Bus::B, 0), WriteError::ArbitrationLost);
    play.apply(order(2, OTHER_BLADE, request(1, &[])));
    play.pass(2000);
    let timeouts = [1, 2].map(|token| answer(token, Err(RequestError::Timeout)));
    let news = play.news();
    assert!(
        timeouts.iter().all(|timeout| news.contains(timeout)),
        "{news:?}"
    );
}

// A controller that is off one bus by itself is reached by the other, and says nothing about it.
#[test]
fn one_controller_is_off_one_bus() {
    let mut play = Play::open();
    play.faults.insert((Bus::A, BLADE), WriteError::Nak);
    for _ in 0..20 {
        assert_eq!(ask_all(&mut play, &[BLADE]), answered(1));
    }
    assert_eq!(play.healths, []);
}

// Nobody acknowledges on one bus what the other carries: its connection is broken.
#[test]
fn deaf_bus() {
    let mut play = Play::open();
    play.faults.insert((Bus::A, 0), WriteError::Nak);
    let blades = [0x82, 0x84, 0x86, 0x88, 0x8a, 0x8c];
    assert_eq!(ask_all(&mut play, &blades), answered(6));
    let deaf = Failed(Fault::Undiagnosed);
    assert_eq!(play.healths, [health(deaf, Working)]);
    // That nobody acknowledges a test is no proof of life here.
    play.pass(3000);
    assert_eq!(play.healths.len(), 1);
    play.faults.clear();
    play.pass(1000);
    assert_eq!(play.healths[1], health(Working, Working));
}

// An adapter that hangs fails its bus; what it held goes by the other one.
#[test]
fn write_hangs() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    play.now = play.now.after(Duration::from_secs(3));
    play.apply(Input::Tick);
    assert_eq!(play.healths, [health(Failed(Fault::Undiagnosed), Working)]);
    let frame = play.sent(Bus::B, Ok(()));
    play.answer(Bus::B, &frame, &ok(&[]));
    assert_eq!(play.news(), [answer(1, Ok(ok(&[])))]);
    // Nothing else is written there before it is done; then it counts as a test.
    play.apply(order(2, BLADE, request(1, &[])));
    play.sent(Bus::B, Ok(()));
    play.sent(Bus::A, Ok(()));
    assert_eq!(play.healths[1], health(Working, Working));
}

// An adapter that hangs is given up also on a bus that we are ordered to keep off meanwhile.
#[test]
fn write_hangs_on_an_isolated_bus() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    let (bus, isolated) = (Bus::A, true);
    play.apply(Input::Isolate { bus, isolated });
    play.now = play
        .ipmb
        .deadline()
        .expect("the write does not last for ever");
    play.apply(Input::Tick);
    let frame = play.sent(Bus::B, Ok(()));
    play.answer(Bus::B, &frame, &ok(&[]));
    assert_eq!(play.news(), [answer(1, Ok(ok(&[])))]);
}

// A device that goes away is as good as a failed bus, until it is there again.
#[test]
fn device_is_lost() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    let why = String::from("/dev/i2c-1: gone");
    play.apply(Input::Lost { bus: Bus::A, why });
    assert_eq!(play.healths, [health(Absent, Working)]);
    // The lost device may still report.
    play.writes.retain(|(bus, _)| *bus == Bus::B);
    let (bus, result) = (Bus::A, Err(WriteError::Nak));
    play.apply(Input::Sent { bus, result });
    let frame = play.sent(Bus::B, Ok(()));
    play.answer(Bus::B, &frame, &ok(&[]));
    assert_eq!(play.news(), [answer(1, Ok(ok(&[])))]);
    let why = String::from("gone too");
    play.apply(Input::Lost { bus: Bus::B, why });
    let both = "IPMB-A: /dev/i2c-1: gone; IPMB-B: gone too";
    let reason = DownReason::Unreachable(both.into());
    assert_eq!(play.news(), [PortEvent::Down(reason)]);
    play.apply(Input::Opened(Bus::B));
    assert_eq!(play.news(), [PortEvent::Up]);
}

// A port that never was up says why; whoever tells others drops what is said again.
#[test]
fn nothing_to_open() {
    let mut play = Play::closed();
    let why = String::from("/dev/ipmb-1: no such file");
    play.apply(Input::Lost { bus: Bus::A, why });
    let text = "IPMB-A: /dev/ipmb-1: no such file; IPMB-B: not there";
    let reason = DownReason::Unreachable(text.into());
    assert_eq!(play.news(), [PortEvent::Down(reason)]);
}

// A shelf with one bus works with it alone.
#[test]
fn single_bus() {
    let mut play = Play::closed();
    play.apply(order(0, BLADE, request(1, &[])));
    assert_eq!(play.news(), [answer(0, Err(RequestError::PortDown))]);
    play.apply(Input::Opened(Bus::B));
    assert_eq!(play.news(), [PortEvent::Up]);
    play.apply(order(1, BLADE, request(1, &[])));
    play.pass(999);
    assert_eq!(play.buses(), [Bus::B; 4]);
    assert_eq!(play.news(), []);
    play.pass(1);
    assert_eq!(play.news(), [answer(1, Err(RequestError::Timeout))]);
}

// Responses are as careful as requests: the other bus, and not for ever.
#[test]
fn response_on_bad_buses() {
    let mut play = Play::open();
    let event = Request {
        net_fn: NetFn::SENSOR_EVENT,
        lun: 0,
        command: 2,
        data: vec![4, 0xf0, 1, 0x6f, 0xa2, 0x21, 0],
    };
    play.receive(Bus::A, &asked(BLADE, 1, &event));
    play.sent(Bus::A, Err(WriteError::ArbitrationLost));
    play.sent(Bus::A, Err(WriteError::Nak));
    play.sent(Bus::B, Ok(()));
    assert_eq!(play.writes, []);
    for bus in Bus::BOTH {
        play.faults.insert((bus, 0), WriteError::Nak);
    }
    play.traffic();
    play.receive(Bus::A, &asked(BLADE, 2, &event));
    play.run();
    assert_eq!(play.traffic().len(), 8);
}

/// One line for each state, and its number in the physical IPMB-0 sensor.
const STATUS: &[(LineHealth, u8)] = &[
    (Working, 0),
    (Failed(Fault::ClockNotHigh), 1),
    (Failed(Fault::DataNotHigh), 2),
    (Failed(Fault::ClockNotLow), 3),
    (Failed(Fault::DataNotLow), 4),
    (Failed(Fault::ClockLowTimeout), 5),
    (Failed(Fault::Undiagnosed), 7),
    (Absent, 7),
];

#[test]
fn status() {
    for (health, status) in STATUS {
        assert_eq!(health.status(), *status);
    }
}

// A bus that we are ordered to keep off carries nothing, works or not, until the order ends.
#[test]
fn isolation() {
    let mut play = Play::open();
    play.apply(order(0, 0x82, request(1, &[])));
    play.apply(order(1, 0x84, request(1, &[])));
    play.apply(order(2, 0x86, request(1, &[])));
    let (bus, isolated) = (Bus::A, true);
    play.apply(Input::Isolate { bus, isolated });
    play.run();
    // What was being written is not torn apart; what waited goes by the other bus.
    assert_eq!(play.buses(), [Bus::A, Bus::B, Bus::B]);
    play.pass(10_000);
    assert!(!play.buses().contains(&Bus::A));
    assert_eq!(play.healths, [], "the order says nothing about the bus");
    play.news();
    let bus = Bus::B;
    play.apply(Input::Isolate { bus, isolated });
    let [PortEvent::Down(DownReason::Unreachable(why))] = &play.news()[..] else {
        panic!("the port is down without buses");
    };
    assert_eq!(why, "IPMB-A: isolated by order; IPMB-B: isolated by order");
    // A device that comes back does not end the order.
    play.apply(Input::Opened(Bus::A));
    assert_eq!(play.news(), []);
    let (bus, isolated) = (Bus::A, false);
    play.apply(Input::Isolate { bus, isolated });
    assert_eq!(play.news(), [PortEvent::Up]);
    assert_eq!(ask_all(&mut play, &[BLADE]), answered(1));
}
