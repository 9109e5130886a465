//! What callers may send, and what they are answered.

use super::answer::answer;
use super::{Outcome, View, check};
use crate::readings::Readings;
use appliance::{Appliance, Command, Effect};
use hpi_domain::{LogCall, SessionId, Told, UserCall};
use hpi_model::{HpiError, ResourceId, Severity};
use machine::{Machine, Pos, Time};
use openhpi_wire::ByteOrder;
use openhpi_wire::Float64;
use openhpi_wire::function::{
    Call, ControlGet, ControlSet, DomainInfoGet, DrtEntryGet, EventAdd, EventGet, EventLogTimeSet,
    Function, RdrGetByInstrumentId, ResourceResetStateSet, RptEntryGet, SensorReadingGet,
    SessionOpen, WatchdogTimerGet, failed,
};
use openhpi_wire::types::{
    CtrlState, CtrlStateStream, CtrlStateText, Event, EventData, SensorValue, Text,
};

mod alarms;
mod annunciators;
mod enables;
mod switches;
mod thresholds;

pub(super) const ORDER: ByteOrder = ByteOrder::Big;
/// The session that is open.
pub(super) const SESSION: u32 = 7;

/// An appliance with one session.
fn appliance() -> Appliance {
    let mut appliance = Appliance::new();
    let (tag, session, call) = (1, SessionId(SESSION), UserCall::SessionOpen);
    let at = Pos {
        index: 1,
        time: Time(1),
    };
    appliance.apply(at, &Command::Hpi { tag, session, call }, &mut Vec::new());
    appliance
}

fn ask(call: Call) -> Outcome {
    ask_of(&appliance(), &call)
}

fn ask_of(appliance: &Appliance, call: &Call) -> Outcome {
    let readings = Readings::default();
    let view = View {
        appliance,
        readings: &readings,
        now: Time(5),
        guid: [9; 16],
        edits: &super::rewrite::Edits::default(),
    };
    answer(view, ORDER, call, SessionId(99))
}

/// The reply to a call that is answered at once, or once the log holds it.
fn done<F: Function>(appliance: &mut Appliance, call: &Call) -> Result<F::Reply, i32> {
    let (session, call, finish) = match ask_of(appliance, call) {
        Outcome::Reply(payload) => return F::read_reply(ORDER, &payload).unwrap(),
        Outcome::Log(session, call, finish) => (session, call, finish),
        Outcome::Ask(..) | Outcome::AskBoth(..) | Outcome::Event(..) => {
            panic!("it is not answered")
        }
    };
    let (tag, mut effects) = (9, Vec::new());
    let Pos { index, time } = appliance.at();
    let at = Pos {
        index: index + 1,
        time: Time(time.0 + 1),
    };
    appliance.apply(at, &Command::Hpi { tag, session, call }, &mut effects);
    let told = effects.into_iter().find_map(|effect| {
        if let Effect::HpiAnswer { tag: 9, result } = effect {
            return Some(result);
        }
        None
    });
    let told = told.expect("each call has an answer");
    let payload = told.map_or_else(|why| failed(ORDER, why.code()), finish);
    F::read_reply(ORDER, &payload).unwrap()
}

/// The reply to a call that is answered at once.
fn replied<F: Function>(call: Call) -> Result<F::Reply, i32> {
    match ask(call) {
        Outcome::Reply(payload) => F::read_reply(ORDER, &payload).unwrap(),
        Outcome::Ask(..) | Outcome::AskBoth(..) | Outcome::Log(..) | Outcome::Event(..) => {
            panic!("it is not answered")
        }
    }
}

fn text(data_type: u32, language: u32, data: &[u8]) -> Text {
    let data = data.to_vec();
    Text {
        data_type,
        language,
        data,
    }
}

#[test]
fn texts_are_as_their_type_says() {
    let good = [
        (
            text(0, 25, &[0x41, 0x00, 0x3d, 0xd8, 0x00, 0xde]),
            "two characters of UTF-16",
        ),
        (text(1, 0, b"12:30-4, 5_6."), "BCD plus"),
        (text(2, 0, b"ABC 09_"), "six bits"),
        (
            text(3, 136, &[0xff, 0x00]),
            "any bytes in the last language",
        ),
        (text(4, 999, &[0xff]), "binary has no language"),
    ];
    for (text, why) in good {
        assert!(check::text(&text).is_ok(), "{why}");
    }
    let bad = [
        (text(5, 0, b""), "no such type"),
        (text(0, 25, &[0x41]), "half a character"),
        (text(0, 25, &[0x00, 0xd8]), "half a pair"),
        (text(1, 0, b"12a"), "a letter in BCD plus"),
        (text(2, 0, b"abc"), "small letters in six bits"),
        (text(3, 137, b"x"), "no such language"),
    ];
    for (text, why) in bad {
        assert_eq!(check::text(&text), Err(HpiError::InvalidParams), "{why}");
    }
}

#[test]
fn severities_that_nothing_has_are_refused() {
    assert_eq!(check::severity(0), Ok(Severity::Critical));
    for number in [5, 0xff, 0x100] {
        assert_eq!(check::severity(number), Err(HpiError::InvalidParams));
    }
}

#[test]
fn a_session_is_opened_for_the_only_domain_once_it_is_logged() {
    for domain in [0, u32::MAX] {
        let outcome = ask(Call::SessionOpen(SessionOpen { domain }));
        let Outcome::Log(SessionId(99), UserCall::SessionOpen, finish) = outcome else {
            panic!("it is logged");
        };
        assert_eq!(
            SessionOpen::read_reply(ORDER, &finish(Told::Done)),
            Ok(Ok(99))
        );
    }
    let domain = 5;
    let refused = replied::<SessionOpen>(Call::SessionOpen(SessionOpen { domain }));
    assert_eq!(refused, Err(HpiError::InvalidDomain.code()));
}

#[test]
fn nobody_is_answered_in_a_session_that_is_not_open() {
    let session = SESSION + 1;
    let refused = replied::<DomainInfoGet>(Call::DomainInfoGet(DomainInfoGet { session }));
    assert_eq!(refused, Err(HpiError::InvalidSession.code()));
    let session = SESSION;
    let told = replied::<DomainInfoGet>(Call::DomainInfoGet(DomainInfoGet { session }));
    assert_eq!(told.unwrap().guid, [9; 16]);
}

#[test]
fn entries_that_are_not_there_are_told_from_ids_that_cannot_be() {
    let session = SESSION;
    let asked = [
        (1, HpiError::NotPresent, "there is no such entry"),
        (u32::MAX, HpiError::InvalidParams, "it ends the table"),
    ];
    for (entry, code, why) in asked {
        let rpt = replied::<RptEntryGet>(Call::RptEntryGet(RptEntryGet { session, entry }));
        assert_eq!(rpt.map(drop), Err(code.code()), "{why}");
        let drt = replied::<DrtEntryGet>(Call::DrtEntryGet(DrtEntryGet { session, entry }));
        assert_eq!(drt.map(drop), Err(code.code()), "{why}");
    }
    let entry = 0;
    let drt = replied::<DrtEntryGet>(Call::DrtEntryGet(DrtEntryGet { session, entry }));
    let none = HpiError::NotPresent.code();
    assert_eq!(drt.map(drop), Err(none), "no domain is referred to");
    let rpt = replied::<RptEntryGet>(Call::RptEntryGet(RptEntryGet { session, entry })).unwrap();
    let shelf = (hpi_domain::SHELF_RESOURCE.0, u32::MAX);
    assert_eq!((rpt.entry.resource, rpt.next), shelf, "the shelf is there");
}

#[test]
fn a_resource_is_looked_for_before_its_instruments() {
    let (session, resource, watchdog) = (SESSION, 1, 0);
    let call = Call::WatchdogTimerGet(WatchdogTimerGet {
        session,
        resource,
        watchdog,
    });
    let refused = replied::<WatchdogTimerGet>(call);
    assert_eq!(refused.map(drop), Err(HpiError::InvalidResource.code()));
}

#[test]
fn records_of_a_type_need_the_capability_of_that_type() {
    let (session, resource) = (SESSION, hpi_domain::SHELF_RESOURCE.0);
    let asked = [
        (0, HpiError::InvalidParams, "no record has no type"),
        (8, HpiError::InvalidParams, "no such type"),
        (6, HpiError::Capability, "the shelf has no diagnostics"),
    ];
    for (rdr_type, code, why) in asked {
        let instrument = 0;
        let call = Call::RdrGetByInstrumentId(RdrGetByInstrumentId {
            session,
            resource,
            rdr_type,
            instrument,
        });
        let refused = replied::<RdrGetByInstrumentId>(call).map(drop);
        assert_eq!(refused, Err(code.code()), "{why}");
    }
}

#[test]
fn a_reset_that_is_not_held_can_be_let_go_but_by_no_resource_without_resets() {
    let (session, resource) = (SESSION, hpi_domain::SHELF_RESOURCE.0);
    for (action, code) in [
        (1, HpiError::Capability),
        (2, HpiError::Capability),
        (3, HpiError::Capability),
        (4, HpiError::InvalidParams),
    ] {
        let call = Call::ResourceResetStateSet(ResourceResetStateSet {
            session,
            resource,
            action,
        });
        let refused = done::<ResourceResetStateSet>(&mut appliance(), &call);
        assert_eq!(refused, Err(code.code()), "{action}");
    }
}

#[test]
fn the_clock_of_a_log_is_set_to_times_only() {
    let session = SESSION;
    let set = |resource, time| {
        ask(Call::EventLogTimeSet(EventLogTimeSet {
            session,
            resource,
            time,
        }))
    };
    let domain = u32::MAX;
    assert!(matches!(
        set(domain, 7),
        Outcome::Log(
            SessionId(SESSION),
            UserCall::EventLog(ResourceId::UNSPECIFIED, LogCall::TimeSet(7)),
            _
        )
    ));
    let bad = [
        (domain, i64::MIN, HpiError::InvalidParams, "it is none"),
        (domain, -1, HpiError::InvalidData, "before the epoch"),
        (1, 7, HpiError::InvalidResource, "there is no such resource"),
        (
            hpi_domain::SHELF_RESOURCE.0,
            7,
            HpiError::Capability,
            "the shelf's log is that of the domain",
        ),
    ];
    for (resource, time, code, why) in bad {
        let Outcome::Reply(payload) = set(resource, time) else {
            panic!("it is refused: {why}");
        };
        let refused = EventLogTimeSet::read_reply(ORDER, &payload).unwrap();
        assert_eq!(refused, Err(code.code()), "{why}");
    }
}

#[test]
fn events_are_for_subscribers() {
    let session = SESSION;
    for timeout in [0, -1, 5] {
        let call = Call::EventGet(EventGet { session, timeout });
        let refused = replied::<EventGet>(call).map(drop);
        assert_eq!(refused, Err(HpiError::InvalidRequest.code()), "{timeout}");
    }
}

#[test]
fn users_add_events_of_their_own_only() {
    let event = |source, severity, data| Event {
        source,
        timestamp: 0,
        severity,
        data,
    };
    let words = || EventData::User(text(3, 25, b"hello"));
    let add = |event| {
        ask(Call::EventAdd(EventAdd {
            session: SESSION,
            event,
        }))
    };
    let added = add(event(u32::MAX, 1, words()));
    assert!(matches!(
        added,
        Outcome::Log(
            SessionId(SESSION),
            UserCall::EventAdd(Severity::Major, _),
            _
        )
    ));
    let bad = [
        (event(1, 1, words()), "of a resource"),
        (event(u32::MAX, 0xff, words()), "of every severity"),
        (
            event(u32::MAX, 1, EventData::Resource(0)),
            "of another type",
        ),
        (
            event(u32::MAX, 1, EventData::User(text(9, 0, b""))),
            "with a text that is none",
        ),
    ];
    for (event, why) in bad {
        let Outcome::Reply(payload) = add(event) else {
            panic!("an event {why} is refused at once");
        };
        let refused = EventAdd::read_reply(ORDER, &payload).unwrap();
        assert_eq!(refused, Err(HpiError::InvalidParams.code()), "{why}");
    }
}

/// The fixture's first resource.
const FIXTURE: u32 = 0x1100;

/// What is asked of an appliance with the fixture.
fn ask_fixture(call: Call) -> Outcome {
    let mut appliance = appliance();
    let at = Pos {
        index: 2,
        time: Time(2),
    };
    let fixture = Command::HpiFixture(hpi_domain::Fixture::HpiFull);
    appliance.apply(at, &fixture, &mut Vec::new());
    let readings = Readings::default();
    let view = View {
        appliance: &appliance,
        readings: &readings,
        now: Time(5),
        guid: [9; 16],
        edits: &super::rewrite::Edits::default(),
    };
    answer(view, ORDER, &call, SessionId(99))
}

fn replied_of_fixture<F: Function>(call: Call) -> Result<F::Reply, i32> {
    match ask_fixture(call) {
        Outcome::Reply(payload) => F::read_reply(ORDER, &payload).unwrap(),
        Outcome::Ask(..) | Outcome::AskBoth(..) | Outcome::Log(..) | Outcome::Event(..) => {
            panic!("it is not answered")
        }
    }
}

/// Nobody is asked who is not there: what has no controller is answered from the state.
#[test]
fn instruments_without_hardware_are_answered_at_once() {
    let (session, resource) = (SESSION, FIXTURE);
    let reading = |sensor| {
        let call = SensorReadingGet {
            session,
            resource,
            sensor,
        };
        replied_of_fixture::<SensorReadingGet>(Call::SensorReadingGet(call)).unwrap()
    };
    assert_eq!(reading(1).reading.value, SensorValue::Int64(25));
    assert_eq!(reading(2).reading.value, SensorValue::Uint64(5_000));
    let volts = SensorValue::Float64(Float64(12.0_f64.to_bits()));
    assert_eq!(reading(3).reading.value, volts);
    assert!(!reading(4).reading.is_supported);
    assert_eq!(reading(4).state, 2, "PRESENT");
    let control = |control, state| {
        let call = ControlGet {
            session,
            resource,
            control,
            state,
        };
        replied_of_fixture::<ControlGet>(Call::ControlGet(call))
    };
    let text = CtrlState::Text(CtrlStateText {
        line: 1,
        text: text(3, 25, b""),
    });
    assert_eq!(control(8, text).unwrap().mode, 1);
    assert_eq!(
        control(7, CtrlState::Digital(0)).unwrap().state,
        CtrlState::Stream(CtrlStateStream {
            repeat: false,
            stream_length: 2,
            stream: [0xaa, 0x55, 0, 0],
        })
    );
    let refused = control(11, CtrlState::Discrete(0)).map(drop);
    assert_eq!(refused, Err(HpiError::InvalidCmd.code()));
}

/// What cannot be is refused at once; what may be is for the log to judge.
#[test]
fn states_of_controls_are_looked_at_before_they_are_logged() {
    let (session, resource) = (SESSION, FIXTURE);
    let set = |control, mode, state| {
        let call = ControlSet {
            session,
            resource,
            control,
            mode,
            state,
        };
        match ask_fixture(Call::ControlSet(call)) {
            Outcome::Reply(payload) => ControlSet::read_reply(ORDER, &payload).unwrap(),
            Outcome::Log(_, UserCall::Instrument(..), _) => Ok(()),
            Outcome::Ask(..) | Outcome::AskBoth(..) | Outcome::Log(..) | Outcome::Event(..) => {
                panic!("nobody is asked")
            }
        }
    };
    let stream = |stream_length| {
        CtrlState::Stream(CtrlStateStream {
            repeat: false,
            stream_length,
            stream: [0; 4],
        })
    };
    let invalid = Err(HpiError::InvalidParams.code());
    assert_eq!(set(1, 1, CtrlState::Digital(3)), Ok(()));
    assert_eq!(set(1, 1, CtrlState::Digital(4)), invalid);
    assert_eq!(set(1, 2, CtrlState::Digital(0)), invalid, "no such mode");
    assert_eq!(set(1, 0, CtrlState::Digital(4)), Ok(()), "not looked at");
    assert_eq!(set(7, 1, stream(4)), Ok(()));
    assert_eq!(set(7, 1, stream(5)), invalid);
    let missing = Err(HpiError::NotPresent.code());
    assert_eq!(set(99, 1, CtrlState::Digital(4)), missing);
}
