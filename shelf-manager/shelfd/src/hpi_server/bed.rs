//! An appliance with a shelf, for tests of what callers are answered.

use super::answer::answer;
use super::tests::{ORDER, SESSION};
use super::{Outcome, Step, View};
use crate::readings::Readings;
use appliance::{Appliance, Command, Effect};
use hpi_domain::{Fixture, FruAddress, SessionId, UserCall};
use ipmi::description::{Controller, Fru};
use ipmi::message::Response;
use ipmi::port::Target;
use machine::{Machine, Pos, Time};
use openhpi_wire::function::{Call, Function};

/// The fixture.
pub(super) const FIXTURE: u32 = 4352;
/// A blade that has a watchdog, and one that has none.
pub(super) const BLADES: [u8; 2] = [0x82, 0x84];
pub(super) const SHELF_MANAGER: u8 = 0x20;

pub(super) struct Bed {
    pub(super) appliance: Appliance,
    pub(super) at: Pos,
}

impl Bed {
    pub(super) fn new() -> Self {
        let (appliance, at) = (Appliance::new(), Pos::default());
        let mut bed = Self { appliance, at };
        let (tag, session, call) = (1, SessionId(SESSION), UserCall::SessionOpen);
        bed.apply(&Command::Hpi { tag, session, call });
        bed.apply(&Command::HpiFixture(Fixture::HpiFull));
        bed.apply(&Command::Observed(shelf::Observation::PortUp));
        for address in [SHELF_MANAGER, BLADES[0], BLADES[1]] {
            let found = shelf::Observation::ControllerFound(controller(address));
            bed.apply(&Command::Observed(found));
        }
        bed
    }

    pub(super) fn apply(&mut self, command: &Command) -> Vec<Effect> {
        self.at.index += 1;
        self.at.time = Time(self.at.time.0 + 1_000_000_000);
        let mut effects = Vec::new();
        self.appliance.apply(self.at, command, &mut effects);
        effects
    }

    pub(super) fn resource(&self, address: u8) -> u32 {
        let fru = FruAddress { address, fru_id: 0 };
        let found = self.appliance.hpi.of_fru(fru).expect("it was discovered");
        found.rpt.resource.0
    }

    pub(super) fn ask(&self, call: &Call) -> Outcome {
        let view = View {
            appliance: &self.appliance,
            readings: &Readings::default(),
            now: self.at.time,
            guid: [9; 16],
            edits: &super::rewrite::Edits::default(),
        };
        answer(view, ORDER, call, SessionId(99))
    }

    /// The reply to a call that is answered at once, or once it is logged.
    pub(super) fn call<F: Function>(&mut self, call: &Call) -> Result<F::Reply, i32> {
        let payload = match self.ask(call) {
            Outcome::Reply(payload) => payload,
            Outcome::Log(session, call, finish) => {
                let tag = 5;
                let effects = self.apply(&Command::Hpi { tag, session, call });
                let answer = effects.into_iter().find_map(|effect| {
                    let Effect::HpiAnswer { result, .. } = effect else {
                        return None;
                    };
                    Some(result)
                });
                match answer.expect("each call is answered") {
                    Ok(told) => finish(told),
                    Err(why) => return Err(why.code()),
                }
            }
            Outcome::Ask(..) | Outcome::AskBoth(..) | Outcome::Event(..) => {
                panic!("the hardware has it")
            }
        };
        F::read_reply(ORDER, &payload).unwrap()
    }

    /// The reply to a call for which the hardware is asked this, and answers that.
    pub(super) fn hardware<F: Function>(
        &self,
        call: &Call,
        answered: (&ipmi::message::Request, Response),
    ) -> Result<F::Reply, i32> {
        self.hardware_in_turn::<F>(call, vec![answered])
    }

    /// The same, where one answer leads to the next question.
    pub(super) fn hardware_in_turn<F: Function>(
        &self,
        call: &Call,
        answered: Vec<(&ipmi::message::Request, Response)>,
    ) -> Result<F::Reply, i32> {
        let mut step = match self.ask(call) {
            Outcome::Ask(target, request, then) => Step::Ask(target, request, then),
            Outcome::AskBoth(..) | Outcome::Reply(_) | Outcome::Log(..) | Outcome::Event(..) => {
                panic!("it is asked one thing")
            }
        };
        for (asked, response) in answered {
            let Step::Ask(target, request, then) = step else {
                panic!("it is asked again");
            };
            assert_eq!((target, &request), (Target::Ipmb(BLADES[0]), asked));
            step = then(response);
        }
        let Step::Reply(payload) = step else {
            panic!("it is asked no more");
        };
        F::read_reply(ORDER, &payload).unwrap()
    }
}

pub(super) fn controller(address: u8) -> Controller {
    let mut controller = Controller {
        address,
        device_id: vec![0; 15],
        picmg: None,
        sdrs: Vec::new(),
        frus: vec![Fru {
            fru_id: 0,
            site: None,
            inventory: Vec::new(),
            hot_swap_sensor: None,
            hot_swap_state: None,
            leds: 0,
        }],
        abilities: Default::default(),
    };
    controller.abilities.watchdog = address == BLADES[0];
    controller
}
