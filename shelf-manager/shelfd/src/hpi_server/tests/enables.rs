//! What is enabled of a sensor, with hardware that keeps it.

use super::{ORDER, SESSION, appliance, ask_of};
use crate::hpi_server::{Outcome, Step};
use appliance::{Appliance, Command, Effect, Said};
use hpi_domain::FruAddress;
use hpi_model::{EventKind, HpiError, SensorEnableChange};
use ipmi::command::Command as _;
use ipmi::command::sensor::{
    GetSensorEventEnable, GetSensorReading, SensorEventEnable, SensorReading, SetSensorEventEnable,
};
use ipmi::description::{Controller, Fru};
use ipmi::message::{CompletionCode, Request, Response};
use machine::{Machine, Pos, Time};
use openhpi_wire::function::{
    Call, Function, SensorEnableGet, SensorEnableSet, SensorEventEnableGet, SensorEventEnableSet,
    SensorEventMasksGet, SensorEventMasksSet, SensorReadingGet, failed,
};

/// Source: device SDR of the CPU temperature of the blade at 82h in `ipmi_sim`'s ATCA shelf: number
/// 1, thresholds but the lowest one, all of it can be set.
const CPU_TEMPERATURE: &str = "0000510136820001a0607f680101850a850a3b3b0001000001000000000007\
     2d4119ff005f55460002050202000000cb4231204350552054656d70";
/// All states of the sensor.
const ALL: u16 = 0x3b;
/// Its upper minor state, and the event of it.
const UPPER_MINOR: (u16, u16) = (0x08, 1 << 7);

/// A sensor that keeps what it is told.
struct Hardware {
    flags: u8,
    masks: (u16, u16),
    /// Threshold comparison.
    states: u8,
    /// Commands that it was sent.
    asked: Vec<u8>,
}

impl Hardware {
    fn new() -> Self {
        Self {
            flags: 0xc0,
            masks: (0x0a85, 0x0a85),
            states: 0x08,
            asked: Vec::new(),
        }
    }

    fn answer(&mut self, request: &Request) -> Response {
        self.asked.push(request.command);
        match request.command {
            GetSensorEventEnable::COMMAND => GetSensorEventEnable::respond(&SensorEventEnable {
                flags: self.flags,
                assertion: Some(self.masks.0),
                deassertion: Some(self.masks.1),
            }),
            SetSensorEventEnable::COMMAND => {
                let set = SetSensorEventEnable::read_request(request).unwrap();
                self.flags = set.flags & 0xc0;
                let bits = (set.assertion.unwrap_or(0), set.deassertion.unwrap_or(0));
                match set.flags >> 4 & 3 {
                    1 => self.masks = (self.masks.0 | bits.0, self.masks.1 | bits.1),
                    2 => self.masks = (self.masks.0 & !bits.0, self.masks.1 & !bits.1),
                    _ => {}
                }
                CompletionCode::OK.into()
            }
            GetSensorReading::COMMAND => GetSensorReading::respond(&SensorReading {
                raw: 0x50,
                flags: self.flags,
                states: Some(self.states),
                states_high: None,
            }),
            other => panic!("nobody asks {other:#x}"),
        }
    }
}

struct Bed {
    appliance: Appliance,
    resource: u32,
    hardware: Hardware,
}

impl Bed {
    fn new() -> Self {
        let mut bed = Self {
            appliance: appliance(),
            resource: 0,
            hardware: Hardware::new(),
        };
        bed.apply(&Command::Observed(shelf::Observation::PortUp));
        for address in [0x20, 0x82] {
            let found = shelf::Observation::ControllerFound(controller(address));
            bed.apply(&Command::Observed(found));
        }
        let fru = FruAddress {
            address: 0x82,
            fru_id: 0,
        };
        bed.resource = bed.appliance.hpi.of_fru(fru).unwrap().rpt.resource.0;
        bed
    }

    fn apply(&mut self, command: &Command) -> Vec<Effect> {
        let Pos { index, time } = self.appliance.at();
        let at = Pos {
            index: index + 1,
            time: Time(time.0 + 1),
        };
        let mut effects = Vec::new();
        self.appliance.apply(at, command, &mut effects);
        effects
    }

    /// The reply to a call, and what subscribers are told.
    fn call<F: Function>(&mut self, call: &Call) -> (Result<F::Reply, i32>, Vec<EventKind>) {
        self.hardware.asked.clear();
        let mut outcome = ask_of(&self.appliance, call);
        loop {
            outcome = match outcome {
                Outcome::Reply(payload) => {
                    return (F::read_reply(ORDER, &payload).unwrap(), Vec::new());
                }
                Outcome::Ask(_, request, then) => then(self.hardware.answer(&request)).into(),
                Outcome::AskBoth(..) => panic!("one thing leads to the next"),
                Outcome::Log(session, call, finish) => {
                    let (tag, mut told) = (9, None);
                    let mut events = Vec::new();
                    for effect in self.apply(&Command::Hpi { tag, session, call }) {
                        if let Effect::HpiAnswer { result, .. } = effect {
                            told = Some(result);
                        } else if let Effect::Said(Said::Hpi(event)) = effect {
                            events.push(event.kind);
                        }
                    }
                    let told = told.expect("each call is answered");
                    let payload = told.map_or_else(|why| failed(ORDER, why.code()), finish);
                    return (F::read_reply(ORDER, &payload).unwrap(), events);
                }
                Outcome::Event(..) => panic!("no events are asked for"),
            };
        }
    }

    fn enable(&mut self, enabled: bool) -> (Result<(), i32>, Vec<EventKind>) {
        let (session, resource, sensor) = (SESSION, self.resource, 1);
        self.call::<SensorEnableSet>(&Call::SensorEnableSet(SensorEnableSet {
            session,
            resource,
            sensor,
            enabled,
        }))
    }

    fn masks(&mut self, action: u32, assert: u16, deassert: u16) -> Option<SensorEnableChange> {
        let (session, resource, sensor) = (SESSION, self.resource, 1);
        let (told, events) =
            self.call::<SensorEventMasksSet>(&Call::SensorEventMasksSet(SensorEventMasksSet {
                session,
                resource,
                sensor,
                action,
                assert_mask: assert,
                deassert_mask: deassert,
            }));
        assert_eq!(told, Ok(()));
        change(&events)
    }
}

pub(super) fn controller(address: u8) -> Controller {
    Controller {
        address,
        device_id: vec![0; 15],
        picmg: None,
        sdrs: vec![crate::views::bytes(CPU_TEMPERATURE)],
        frus: vec![Fru {
            fru_id: 0,
            site: None,
            inventory: Vec::new(),
            hot_swap_sensor: None,
            hot_swap_state: None,
            leds: 0,
        }],
        abilities: Default::default(),
    }
}

/// The only change that is told.
fn change(events: &[EventKind]) -> Option<SensorEnableChange> {
    assert!(events.len() <= 1, "{events:?}");
    let EventKind::SensorEnableChange(change) = events.first()? else {
        panic!("another event");
    };
    Some(change.clone())
}

#[test]
fn to_disable_a_sensor_is_told_once_and_makes_its_reading_a_bad_request() {
    let mut bed = Bed::new();
    let (told, events) = bed.enable(false);
    assert_eq!(told, Ok(()));
    let told = change(&events).unwrap();
    assert_eq!(
        (told.num, told.sensor_enable, told.event_enable),
        (1, false, true)
    );
    assert_eq!((told.assert_mask.0, told.deassert_mask.0), (ALL, ALL));
    assert_eq!(bed.enable(false), (Ok(()), Vec::new()), "it is so already");
    let (session, resource, sensor) = (SESSION, bed.resource, 1);
    let get = Call::SensorReadingGet(SensorReadingGet {
        session,
        resource,
        sensor,
    });
    let (refused, _) = bed.call::<SensorReadingGet>(&get);
    assert_eq!(refused.map(drop), Err(HpiError::InvalidRequest.code()));
    let (told, events) = bed.enable(true);
    assert_eq!((told, events.len()), (Ok(()), 1));
    let states = bed.appliance.hpi.alarms().entries().iter();
    let states: Vec<u16> = states.map(|alarm| alarm.condition.state.0).collect();
    assert_eq!(states, [UPPER_MINOR.0], "as the sensor says that it is now");
}

#[test]
fn masks_are_changed_and_told_as_the_hardware_has_them_then() {
    let mut bed = Bed::new();
    let told = bed.masks(1, UPPER_MINOR.0, 0).unwrap();
    assert_eq!(
        (told.assert_mask.0, told.deassert_mask.0),
        (ALL & !UPPER_MINOR.0, ALL)
    );
    assert_eq!(bed.hardware.masks, (0x0a85 & !UPPER_MINOR.1, 0x0a85));
    assert_eq!(bed.masks(1, UPPER_MINOR.0, 0), None, "nothing changes");
    let told = bed.masks(0, 0xffff, 0).unwrap();
    assert_eq!((told.assert_mask.0, told.deassert_mask.0), (ALL, ALL));
}

#[test]
fn events_are_disabled_and_stay_so_until_they_are_enabled() {
    let mut bed = Bed::new();
    let (session, resource, sensor) = (SESSION, bed.resource, 1);
    let set = |enabled| {
        Call::SensorEventEnableSet(SensorEventEnableSet {
            session,
            resource,
            sensor,
            enabled,
        })
    };
    let (told, events) = bed.call::<SensorEventEnableSet>(&set(false));
    assert_eq!(
        (told, change(&events).unwrap().event_enable),
        (Ok(()), false)
    );
    let get = Call::SensorEventEnableGet(SensorEventEnableGet {
        session,
        resource,
        sensor,
    });
    assert_eq!(
        bed.call::<SensorEventEnableGet>(&get),
        (Ok(false), Vec::new())
    );
    let get = Call::SensorEnableGet(SensorEnableGet {
        session,
        resource,
        sensor,
    });
    assert_eq!(
        bed.call::<SensorEnableGet>(&get),
        (Ok(true), Vec::new()),
        "it still works"
    );
    let (told, events) = bed.call::<SensorEventEnableSet>(&set(true));
    assert_eq!(
        (told, change(&events).unwrap().event_enable),
        (Ok(()), true)
    );
}

// Somebody sets it by IPMI: who asks next makes everybody know.
#[test]
fn what_others_changed_is_told_when_it_is_seen() {
    let mut bed = Bed::new();
    bed.masks(1, UPPER_MINOR.0, 0);
    bed.hardware.flags = 0x40;
    let (session, resource, sensor) = (SESSION, bed.resource, 1);
    let (assert_mask, deassert_mask) = (0, 0);
    let get = Call::SensorEventMasksGet(SensorEventMasksGet {
        session,
        resource,
        sensor,
        assert_mask,
        deassert_mask,
    });
    let (masks, events) = bed.call::<SensorEventMasksGet>(&get);
    assert_eq!(masks.unwrap().assert_mask, ALL & !UPPER_MINOR.0);
    assert!(!change(&events).unwrap().event_enable);
    let (_, events) = bed.call::<SensorEventMasksGet>(&get);
    assert_eq!(events, [], "it is known now");
    assert_eq!(bed.hardware.asked, [GetSensorEventEnable::COMMAND]);
}

// Source: SAI-HPI-B.03.02, generic return values: the hardware does not answer.
#[test]
fn hardware_that_is_silent_changes_nothing() {
    let bed = Bed::new();
    let (session, resource, sensor, enabled) = (SESSION, bed.resource, 1, false);
    let call = Call::SensorEnableSet(SensorEnableSet {
        session,
        resource,
        sensor,
        enabled,
    });
    for silent in 0..3 {
        let mut hardware = Hardware::new();
        let mut outcome = ask_of(&bed.appliance, &call);
        for _ in 0..silent {
            let Outcome::Ask(_, request, then) = outcome else {
                panic!("it is asked three times");
            };
            outcome = then(hardware.answer(&request)).into();
        }
        let Outcome::Ask(_, _, then) = outcome else {
            panic!("it is asked three times");
        };
        let Step::Reply(payload) = then(CompletionCode::NO_RESPONSE.into()) else {
            panic!("it ends with that");
        };
        let refused = SensorEnableSet::read_reply(ORDER, &payload).unwrap();
        assert_eq!(refused, Err(HpiError::NoResponse.code()), "after {silent}");
    }
    let known = bed.appliance.hpi.resource(hpi_model::ResourceId(resource));
    assert_eq!(known.unwrap().sensor_enables(1), None);
}
