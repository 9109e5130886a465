//! What the controls of a FRU ask of its controller, and what they make of the answers.

use crate::hpi_server::bed::{BLADES, Bed, controller};
use crate::hpi_server::tests::SESSION;
use crate::hpi_server::{Outcome, Step};
use appliance::Command;
use hpi_domain::control_num as num;
use hpi_model::HpiError;
use ipmi::command::Command as _;
use ipmi::command::picmg::{
    FanLevel, FanSpeedProperties, FruControl, GetFanLevel, GetPowerLevel, LedColorCapabilities,
    PowerLevel, SetFanLevel, SetIpmbState, SetPowerLevel,
};
use ipmi::command::sensor::{GetSensorReading, SensorReading};
use ipmi::description::{FruAbilities, PicmgProperties, SensorAddress, Site};
use ipmi::message::{Request, Response};
use openhpi_wire::function::{Call, ControlGet, ControlSet, ModeAndState};
use openhpi_wire::types::CtrlState as State;

/// `SAHPI_CTRL_MODE_AUTO`, `SAHPI_CTRL_MODE_MANUAL`.
const AUTO: u32 = 0;
const MANUAL: u32 = 1;

/// A compact sensor record: number 3, physical IPMB-0.
fn ipmb_sensor() -> Vec<u8> {
    let mut record = vec![1, 0, 0x51, 0x02, 27, BLADES[0], 0, 3, 0xa0, 0x60];
    record.resize(12, 0);
    record.extend_from_slice(&[0xf1, 0x6f]);
    record.resize(31, 0);
    record.push(0xc0);
    record
}

/// A shelf whose first blade has every control. `has_own`: its fans have a control of their own.
fn bed(has_own: bool) -> Bed {
    let mut bed = Bed::new();
    let mut blade = controller(BLADES[0]);
    blade.picmg = Some(PicmgProperties {
        version: 0x32,
        fru_id_max: 0,
    });
    blade.sdrs.push(ipmb_sensor());
    let fru = &mut blade.frus[0];
    fru.site = Some(Site {
        hardware_address: 0x41,
        number: 1,
        kind: 0,
    });
    fru.hot_swap_sensor = Some(SensorAddress { lun: 0, number: 0 });
    fru.hot_swap_state = Some(4);
    let colors = LedColorCapabilities {
        colors: 0x0c,
        default_local: 3,
        default_override: 2,
        flags: None,
    };
    let abilities = FruAbilities {
        fan: Some(FanSpeedProperties {
            level_min: 1,
            level_max: 15,
            level_normal: 6,
            properties: if has_own { 0x80 } else { 0 },
        }),
        power_level: Some(2),
        control: Some(0b0110),
        leds: [(4, colors)].into(),
    };
    blade.abilities.frus.insert(0, abilities);
    let found = shelf::Observation::ControllerFound(blade);
    bed.apply(&Command::Observed(found));
    bed
}

fn get(bed: &Bed, control: u32) -> Call {
    let (session, resource) = (SESSION, bed.resource(BLADES[0]));
    Call::ControlGet(ControlGet {
        session,
        resource,
        control,
        state: State::Digital(0),
    })
}

fn set(bed: &Bed, control: u32, mode: u32, state: State) -> Call {
    let (session, resource) = (SESSION, bed.resource(BLADES[0]));
    Call::ControlSet(ControlSet {
        session,
        resource,
        control,
        mode,
        state,
    })
}

#[track_caller]
fn sets(bed: &Bed, (control, mode, state): (u32, u32, State), asked: &Request) {
    let done = Response {
        code: ipmi::message::CompletionCode::OK,
        data: Vec::new(),
    };
    let call = set(bed, control, mode, state);
    let told = bed.hardware::<ControlSet>(&call, (asked, done));
    assert_eq!(told, Ok(()), "{control:x}");
}

#[track_caller]
fn gets(bed: &Bed, control: u32, (asked, answer): (&Request, Response)) -> ModeAndState {
    let told = bed.hardware::<ControlGet>(&get(bed, control), (asked, answer));
    told.unwrap()
}

/// A level that somebody sets holds without the tray's own control, which is automatic mode.
#[test]
fn fans_are_set() {
    for has_own in [true, false] {
        let bed = bed(has_own);
        let order = |level, local: u8| {
            let order = SetFanLevel {
                fru_id: 0,
                level,
                local_enable: has_own.then_some(local),
            };
            order.request()
        };
        sets(
            &bed,
            (num::FAN_SPEED, MANUAL, State::Analog(15)),
            &order(15, 0),
        );
        if has_own {
            sets(
                &bed,
                (num::FAN_SPEED, AUTO, State::Digital(0)),
                &order(0xff, 1),
            );
        }
        let asked = GetFanLevel { fru_id: 0 }.request();
        for (override_level, mode, level) in [(9, MANUAL, 9), (0xff, AUTO, 6), (0xfe, MANUAL, 1)] {
            let answer = GetFanLevel::respond(&FanLevel {
                override_level,
                local_level: Some(6),
                local_enable: Some(1),
            });
            let told = gets(&bed, num::FAN_SPEED, (&asked, answer));
            assert_eq!((told.mode, told.state), (mode, State::Analog(level)));
        }
    }
}

/// What each of the other controls is, at the controller.
#[test]
fn controls_are_orders() {
    let bed = bed(true);
    let warm = FruControl {
        fru_id: 0,
        option: 1,
    };
    sets(
        &bed,
        (num::FRU_CONTROL, MANUAL, State::Discrete(1)),
        &warm.request(),
    );
    let level = SetPowerLevel {
        fru_id: 0,
        level: 3,
        copy: 0,
    };
    sets(
        &bed,
        (num::DESIRED_POWER, MANUAL, State::Discrete(3)),
        &level.request(),
    );
    let reset = ipmi::command::app::ColdReset {}.request();
    sets(&bed, (num::IPMC_RESET, MANUAL, State::Digital(3)), &reset);
    let isolate = SetIpmbState { a: 0, b: 0xff }.request();
    sets(
        &bed,
        (num::IPMB_A_STATE, MANUAL, State::Digital(0)),
        &isolate,
    );
    let connect = SetIpmbState { a: 0xff, b: 1 }.request();
    sets(
        &bed,
        (num::IPMB_B_STATE, MANUAL, State::Digital(1)),
        &connect,
    );
}

#[test]
fn controls_are_read() {
    let bed = bed(true);
    let (fru_id, kind) = (0, 0);
    let power = GetPowerLevel::respond(&PowerLevel {
        properties: 0x82,
        delay: 0,
        multiplier: 10,
        draws: vec![1, 2],
    });
    let asked = GetPowerLevel { fru_id, kind }.request();
    let told = gets(&bed, num::DESIRED_POWER, (&asked, power));
    assert_eq!(told.state, State::Discrete(2));
    let asked = GetSensorReading { number: 3 }.request();
    for (control, raw, state) in [
        (num::IPMB_A_STATE, 0x88, 1),
        (num::IPMB_A_STATE, 0x80, 0),
        (num::IPMB_B_STATE, 0x08, 0),
    ] {
        let reading = GetSensorReading::respond(&SensorReading {
            raw,
            flags: 0xc0,
            states: None,
            states_high: None,
        });
        let told = gets(&bed, control, (&asked, reading));
        assert_eq!(told.state, State::Digital(state), "{control:x} {raw:x}");
    }
}

/// Checks that a control of trays without a control of their own refuses a state.
#[track_caller]
fn refuses(control: u32, cases: &[(u32, State, HpiError)]) {
    let bed = bed(false);
    for (mode, state, code) in cases {
        let Outcome::Reply(payload) = bed.ask(&set(&bed, control, *mode, state.clone())) else {
            panic!("it is refused: {state:?}");
        };
        let refused = read::<ControlSet>(&payload);
        assert_eq!(refused, Err(code.code()), "{control:x}: {state:?}");
    }
}

/// Source: SAI-HPI-B.03.02, `saHpiControlSet`, return values.
#[test]
fn controls_refuse() {
    use HpiError as E;
    let fan = [
        (7, State::Analog(5), E::InvalidParams),
        (AUTO, State::Analog(5), E::ReadOnly),
        (MANUAL, State::Analog(0), E::InvalidData),
        (MANUAL, State::Analog(16), E::InvalidData),
        (MANUAL, State::Analog(-1), E::InvalidData),
        (MANUAL, State::Discrete(5), E::InvalidData),
    ];
    refuses(num::FAN_SPEED, &fan);
    let option = [
        (AUTO, State::Discrete(1), E::ReadOnly),
        (MANUAL, State::Discrete(5), E::UnsupportedParams),
        (MANUAL, State::Analog(1), E::InvalidData),
    ];
    refuses(num::FRU_CONTROL, &option);
    let level = [(MANUAL, State::Discrete(21), E::UnsupportedParams)];
    refuses(num::DESIRED_POWER, &level);
    let pulse = [
        (MANUAL, State::Digital(1), E::UnsupportedParams),
        (MANUAL, State::Digital(2), E::InvalidRequest),
        (MANUAL, State::Digital(9), E::InvalidParams),
    ];
    refuses(num::IPMC_RESET, &pulse);
    let bus = [
        (AUTO, State::Digital(1), E::ReadOnly),
        (MANUAL, State::Digital(4), E::InvalidParams),
        (MANUAL, State::Discrete(1), E::InvalidData),
    ];
    refuses(num::IPMB_A_STATE, &bus);
    refuses(0x1ff, &[(MANUAL, State::Digital(1), E::NotPresent)]);
}

/// Source: SAI-HPI-B.03.02, `saHpiControlGet`, return values.
#[test]
fn what_is_only_written_is_not_read() {
    let bed = bed(true);
    for control in [num::FRU_CONTROL, num::IPMC_RESET] {
        let Outcome::Reply(payload) = bed.ask(&get(&bed, control)) else {
            panic!("it is write-only");
        };
        let refused = read::<ControlGet>(&payload).map(drop);
        assert_eq!(refused, Err(HpiError::InvalidCmd.code()));
    }
}

/// A pulse leaves the bus as it was; one into the state that there is is refused.
#[test]
fn a_bus_is_pulsed() {
    let bed = bed(true);
    let done = || Response::from(ipmi::message::CompletionCode::OK);
    let reading = |raw| {
        GetSensorReading::respond(&SensorReading {
            raw,
            flags: 0xc0,
            states: None,
            states_high: None,
        })
    };
    let pulse = |state, raw| {
        let call = set(&bed, num::IPMB_A_STATE, MANUAL, State::Digital(state));
        let Outcome::Ask(_, asked, then) = bed.ask(&call) else {
            panic!("the bus is asked");
        };
        assert_eq!(asked, GetSensorReading { number: 3 }.request());
        let (mut step, mut orders) = (then(reading(raw)), Vec::new());
        loop {
            match step {
                Step::Ask(_, request, then) => {
                    orders.push(SetIpmbState::read_request(&request).unwrap().a);
                    step = then(done());
                }
                Step::Reply(payload) => return (orders, read::<ControlSet>(&payload)),
                Step::AskBoth(..) | Step::GoOn(..) | Step::Log(..) => {
                    panic!("it is ordered at once")
                }
            }
        }
    };
    let refused = Err(HpiError::InvalidRequest.code());
    assert_eq!(pulse(2, 0x88), (vec![0, 1], Ok(())), "off, while it is on");
    assert_eq!(pulse(3, 0x80), (vec![1, 0], Ok(())), "on, while it is off");
    assert_eq!(pulse(3, 0x88), (vec![], refused), "it is on");
    assert_eq!(pulse(2, 0x80), (vec![], refused), "it is off");
}

fn read<F: openhpi_wire::function::Function>(payload: &[u8]) -> Result<F::Reply, i32> {
    F::read_reply(crate::hpi_server::tests::ORDER, payload).unwrap()
}

/// Colours are those that the controller tells, also of application LEDs.
#[test]
fn an_application_led_has_its_colors() {
    let bed = bed(true);
    let blade = bed.resource(BLADES[0]);
    let blade = bed.appliance.hpi.resource(hpi_model::ResourceId(blade));
    let rdr = blade.unwrap().rdr_of(hpi_model::RdrType::Control, 4);
    let hpi_model::Instrument::Control(rec) = &rdr.unwrap().instrument else {
        panic!("it is a control");
    };
    let hpi_model::instrument::ControlType::Oem {
        config, default, ..
    } = &rec.kind
    else {
        panic!("it is a LED");
    };
    assert_eq!(config[..3], [0x0c, 3, 2]);
    assert_eq!(default[..], [0, 0, 2, 3, 0, 0]);
}
