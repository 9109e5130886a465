//! Which events a user may let happen.

use crate::hpi_server::bed::{BLADES, Bed, FIXTURE};
use crate::hpi_server::tests::SESSION;
use crate::hpi_server::{Outcome, wire};
use appliance::{Effect, Said};
use hpi_domain::UserCall;
use hpi_model::{EventKind, EventState, HpiError, Reading};
use openhpi_wire::Float64;
use openhpi_wire::function::{Call, Function, InjectEvent};
use openhpi_wire::types::{
    DimiEvent, DomainEvent, Event, EventData, FumiEvent, HotSwapEvent, HpiSwEvent, OemEvent, Rdr,
    RptEntry, SensorEnableChangeEvent, SensorEvent, SensorReading, SensorValue, Text,
    WatchdogEvent,
};

/// The fixture's sensor of a temperature.
const SENSOR: u32 = 1;
/// A number that no instrument has.
const NO_SUCH: u32 = 999;
const DOMAIN: u32 = u32::MAX;

fn text(data_type: u32) -> Text {
    let (language, data) = (25, b"hello".to_vec());
    Text {
        data_type,
        language,
        data,
    }
}

fn event(source: u32, data: EventData) -> Event {
    Event {
        source,
        timestamp: 77,
        severity: 1,
        data,
    }
}

fn call(handler: u32, event: Event) -> InjectEvent {
    InjectEvent {
        session: SESSION,
        handler,
        event,
        resource: wire::no_resource(),
        rdr: Rdr::none(),
    }
}

fn inject(bed: &mut Bed, call: InjectEvent) -> Result<(), i32> {
    bed.call::<InjectEvent>(&Call::InjectEvent(call))
}

fn sensor(num: u32) -> SensorEvent {
    let reading = |micro| wire::micro(Some(micro));
    SensorEvent {
        num,
        kind: 1,
        category: 1,
        assertion: true,
        state: 8,
        optional_data_present: 0x11,
        trigger_reading: reading(70_000_000),
        trigger_threshold: reading(60_000_000),
        previous_state: 4,
        current_state: 8,
        oem: 5,
        sensor_specific: 6,
    }
}

fn enables() -> SensorEnableChangeEvent {
    SensorEnableChangeEvent {
        num: SENSOR,
        kind: 1,
        category: 1,
        sensor_enable: true,
        event_enable: false,
        assert_mask: 8,
        deassert_mask: 8,
        optional_data_present: 0x10,
        current_state: 8,
    }
}

fn watchdog(action: u32) -> EventData {
    EventData::Watchdog(WatchdogEvent {
        num: 0,
        action,
        pre_timer_action: 3,
        timer_use: 5,
    })
}

fn hot_swap(state: u32) -> EventData {
    let (previous, cause) = (2, 0xffff);
    EventData::HotSwap(HotSwapEvent {
        state,
        previous,
        cause,
    })
}

fn dimi(percent_completed: u32) -> EventData {
    EventData::Dimi(DimiEvent {
        num: 0,
        test: 0,
        run_status: 4,
        percent_completed,
    })
}

fn fumi(status: u32) -> EventData {
    let (num, bank) = (0, 1);
    EventData::Fumi(FumiEvent { num, bank, status })
}

fn software(kind: u32) -> EventData {
    let (manufacturer, data) = (3, text(3));
    EventData::HpiSw(HpiSwEvent {
        manufacturer,
        kind,
        data,
    })
}

/// A resource that is no FRU.
fn shelf() -> u32 {
    hpi_domain::SHELF_RESOURCE.0
}

// Subscribers, and whoever reads the log, get just what was given.
#[test]
fn each_type_of_event_is_told_and_logged_as_it_was_given() {
    let mut bed = Bed::new();
    let blade = bed.resource(BLADES[0]);
    let (manufacturer, data) = (3, text(4));
    let good = [
        event(shelf(), EventData::Resource(5)),
        event(blade, EventData::Resource(0)),
        event(
            DOMAIN,
            EventData::Domain(DomainEvent { kind: 1, domain: 9 }),
        ),
        event(FIXTURE, EventData::Sensor(sensor(SENSOR))),
        event(FIXTURE, EventData::SensorEnableChange(enables())),
        event(FIXTURE + 0x10, hot_swap(1)),
        event(FIXTURE, watchdog(8)),
        event(DOMAIN, software(2)),
        event(FIXTURE, EventData::Oem(OemEvent { manufacturer, data })),
        event(DOMAIN, EventData::User(text(3))),
        event(FIXTURE, dimi(0xff)),
        event(FIXTURE, EventData::DimiUpdate(0)),
        event(FIXTURE, fumi(9)),
    ];
    for event in good {
        assert_eq!(
            inject(&mut bed, call(1, event.clone())),
            Ok(()),
            "{event:?}"
        );
        let log = bed.appliance.hpi.event_log().entries();
        let logged = wire::event(&log.last().unwrap().event);
        let mut expected = event;
        if let EventData::Sensor(of) = &mut expected.data {
            // What the flags do not name is not kept.
            of.trigger_threshold = wire::micro(None);
            of.previous_state = 0;
            of.oem = 0;
            of.sensor_specific = 0;
        }
        assert_eq!(logged, expected);
    }
}

// It is an event of the domain, and nothing else: the board is where it was.
#[test]
fn an_event_that_is_told_changes_no_resource() {
    let mut bed = Bed::new();
    let blade = bed.resource(BLADES[0]);
    let before = bed.appliance.hpi.info();
    let data = EventData::Resource(0);
    let asked = call(1, event(blade, data));
    let Outcome::Log(session, user, _) = bed.ask(&Call::InjectEvent(asked)) else {
        panic!("it is logged");
    };
    assert!(matches!(user, UserCall::Inject(_)));
    let tag = 1;
    let call = user;
    let effects = bed.apply(&appliance::Command::Hpi { tag, session, call });
    let is_event = |effect: &Effect| matches!(effect, Effect::Said(Said::Hpi(_)));
    let told = effects.iter().filter(|effect| is_event(effect)).count();
    assert_eq!(
        (told, effects.len()),
        (1, 2),
        "told and answered: {effects:?}"
    );
    assert_eq!(bed.appliance.hpi.info(), before);
    assert!(bed.appliance.hpi.alarms().entries().is_empty());
}

// A time that is none is the time of the log.
#[test]
fn a_reading_and_a_time_are_read() {
    let mut bed = Bed::new();
    let mut given = event(FIXTURE, EventData::Sensor(sensor(SENSOR)));
    given.timestamp = i64::MIN;
    assert_eq!(inject(&mut bed, call(1, given)), Ok(()));
    let log = bed.appliance.hpi.event_log();
    let logged = &log.entries().last().unwrap().event;
    assert!(logged.time_ns > 0);
    let EventKind::Sensor(sensor) = &logged.kind else {
        panic!("it is a sensor's");
    };
    assert_eq!(sensor.trigger_reading, Some(Reading::Micro(70_000_000)));
    assert_eq!(sensor.current, Some(EventState(8)));
    assert_eq!((sensor.previous, sensor.oem), (None, None));
}

#[test]
fn what_an_event_is_about_must_be_there() {
    let mut bed = Bed::new();
    let user = || EventData::User(text(3));
    let refused = [
        (event(77, user()), HpiError::InvalidResource),
        (
            event(DOMAIN, EventData::Resource(0)),
            HpiError::InvalidResource,
        ),
        (
            event(DOMAIN, EventData::Sensor(sensor(SENSOR))),
            HpiError::InvalidResource,
        ),
        (
            event(FIXTURE, EventData::Sensor(sensor(NO_SUCH))),
            HpiError::NotPresent,
        ),
        (event(shelf(), watchdog(1)), HpiError::NotPresent),
        (event(shelf(), dimi(1)), HpiError::NotPresent),
        (event(shelf(), fumi(1)), HpiError::NotPresent),
        (event(shelf(), hot_swap(1)), HpiError::Capability),
        (
            event(FIXTURE + 0x10, EventData::Resource(2)),
            HpiError::InvalidParams,
        ),
    ];
    for (event, code) in refused {
        let told = inject(&mut bed, call(1, event.clone()));
        assert_eq!(told, Err(code.code()), "{event:?}");
    }
}

#[test]
fn values_that_there_are_not_are_refused() {
    let mut bed = Bed::new();
    let of_sensor = |change: fn(&mut SensorEvent)| {
        let mut sensor = sensor(SENSOR);
        change(&mut sensor);
        EventData::Sensor(sensor)
    };
    let (manufacturer, data) = (3, text(9));
    let bad = [
        EventData::Resource(6),
        EventData::Domain(DomainEvent { kind: 2, domain: 9 }),
        of_sensor(|it| it.kind = 0x7777),
        of_sensor(|it| it.category = 0x70),
        of_sensor(|it| it.state = 0),
        of_sensor(|it| it.state = 3),
        hot_swap(5),
        watchdog(4),
        software(3),
        EventData::Oem(OemEvent { manufacturer, data }),
        EventData::User(text(9)),
        dimi(101),
        fumi(33),
    ];
    for data in bad {
        let told = inject(&mut bed, call(1, event(FIXTURE, data.clone())));
        assert_eq!(told, Err(HpiError::InvalidParams.code()), "{data:?}");
    }
    let no_number = of_sensor(|it| {
        it.trigger_reading = SensorReading {
            is_supported: true,
            value: SensorValue::Float64(Float64(f64::NAN.to_bits())),
        };
    });
    let told = inject(&mut bed, call(1, event(FIXTURE, no_number)));
    assert_eq!(told, Err(HpiError::InvalidData.code()));
    let mut all = event(FIXTURE, EventData::User(text(3)));
    all.severity = 0xff;
    let told = inject(&mut bed, call(1, all));
    assert_eq!(told, Err(HpiError::InvalidParams.code()));
}

// OpenHPI asks the plugin of the handler; ours is the only one.
#[test]
fn handler_resource_and_record_must_be_those_of_the_event() {
    let mut bed = Bed::new();
    let user = || event(FIXTURE, EventData::User(text(3)));
    let none = inject(&mut bed, call(0, user()));
    assert_eq!(none, Err(HpiError::InvalidParams.code()));
    let other = inject(&mut bed, call(2, user()));
    assert_eq!(other, Err(HpiError::InvalidCmd.code()));
    let resource = |id: u32| RptEntry {
        resource: id,
        capabilities: 0x4000_0000,
        ..wire::no_resource()
    };
    let with = |id: u32| InjectEvent {
        resource: resource(id),
        ..call(1, user())
    };
    assert_eq!(inject(&mut bed, with(FIXTURE)), Ok(()));
    let other = inject(&mut bed, with(FIXTURE + 1));
    assert_eq!(other, Err(HpiError::InvalidParams.code()));
    let found = bed.appliance.hpi.resource(hpi_model::ResourceId(FIXTURE));
    let record = found.unwrap().rdrs.first().unwrap();
    let record = wire::rdr(1, record);
    let with = |source: u32| InjectEvent {
        rdr: record.clone(),
        ..call(1, event(source, EventData::User(text(3))))
    };
    assert_eq!(inject(&mut bed, with(FIXTURE)), Ok(()));
    let unknown = inject(&mut bed, with(DOMAIN));
    assert_eq!(unknown, Err(HpiError::InvalidResource.code()));
    assert_eq!(InjectEvent::NUMBER, 115);
}
