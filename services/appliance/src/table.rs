//! The one table: which effect of a machine is which input of its neighbour.

use crate::command::{Service, no_implementer, service_of};
use crate::entry::audit;
use crate::{Answer, Appliance, Effect, Said, Tag, alerts, damage};
use ais::imm::{AdminOperation, Change};
use ais::{AisError, Dn};
use alloc::collections::{BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use hpi_domain::ShelfAction;
use hpi_model::handover::ActionError;
use ipmi::message::CompletionCode;
use redundancy::Input as Redundancy;

/// An input on its way to its machine.
#[derive(Debug)]
pub(crate) enum Step {
    Shelf(shelf::Input),
    Pef(pef::Input),
    Hpi(hpi_domain::Input),
    Plm(plm::Input),
    Clm(clm::Input),
    Amf(amf::Input),
    Imm(imm::Input),
    Redundancy(Redundancy),
    /// An entry is skipped from now on.
    Quarantined(u64),
    /// An HPI user called a member that does not serve the shelf.
    Unserved(Tag),
}

/// An effect, with whose it is.
#[derive(Debug)]
pub(crate) enum Handed {
    Shelf(shelf::Effect),
    Pef(pef::Effect),
    Hpi(hpi_domain::Effect),
    Plm(plm::Effect),
    Clm(clm::Effect),
    Amf(amf::Effect),
    Imm(imm::Effect),
    Redundancy(redundancy::Effect),
    Quarantined(u64),
}

/// Where effects go: to a neighbour, or out.
pub(crate) struct Out<'a> {
    appliance: &'a Appliance,
    steps: &'a mut VecDeque<Step>,
    effects: &'a mut Vec<Effect>,
}

impl<'a> Out<'a> {
    pub(crate) fn new(
        appliance: &'a Appliance,
        steps: &'a mut VecDeque<Step>,
        effects: &'a mut Vec<Effect>,
    ) -> Self {
        Self {
            appliance,
            steps,
            effects,
        }
    }

    pub(crate) fn pass_on(&mut self, effect: Handed) {
        match effect {
            Handed::Shelf(effect) => self.shelf_did(effect),
            Handed::Pef(effect) => self.pef_did(effect),
            Handed::Hpi(effect) => self.hpi_did(effect),
            Handed::Plm(effect) => self.plm_did(effect),
            Handed::Clm(effect) => self.clm_did(effect),
            Handed::Amf(effect) => self.amf_did(effect),
            Handed::Imm(effect) => self.imm_did(effect),
            Handed::Redundancy(effect) => self.redundancy_did(effect),
            Handed::Quarantined(index) => self.said(Said::Quarantined(index)),
        }
    }

    fn to(&mut self, step: Step) {
        self.steps.push_back(step);
    }

    fn said(&mut self, said: Said) {
        self.effects.push(Effect::Said(said));
    }

    fn pef_did(&mut self, effect: pef::Effect) {
        match effect {
            pef::Effect::Send(trap) => self.effects.push(Effect::Alert(trap)),
            pef::Effect::Unacknowledged(trap) => self.said(Said::Unacknowledged(trap)),
            pef::Effect::Acted(event) => {
                let observation = alerts::observation(event);
                self.to(Step::Shelf(shelf::Input::Observed(observation)));
            }
        }
    }

    fn hpi_did(&mut self, effect: hpi_domain::Effect) {
        match effect {
            hpi_domain::Effect::Notice(notice) => self.to(Step::Plm(plm::Input::Hpi(notice))),
            hpi_domain::Effect::ActionFailed(action, why) => {
                self.to(Step::Plm(plm::Input::HpiFailed(action, why)));
            }
            hpi_domain::Effect::ActionDone(action) => {
                self.to(Step::Plm(plm::Input::HpiDone(action)));
            }
            hpi_domain::Effect::Shelf(action) => self.to(Step::Shelf(shelf_input(action))),
            hpi_domain::Effect::Job(id, job) => self.effects.push(Effect::HpiJob(id, job)),
            hpi_domain::Effect::JobCancelled(id) => {
                self.effects.push(Effect::HpiJobCancelled(id));
            }
            hpi_domain::Effect::ShelfWatchdog(order) => {
                self.to(Step::Shelf(shelf::Input::Watchdog(watchdog_input(order))));
            }
            hpi_domain::Effect::FailOver => self.to(Step::Redundancy(fail_over())),
            hpi_domain::Effect::InventoryWritten { fru, bytes } => {
                self.to(Step::Shelf(shelf::Input::InventoryWritten { fru, bytes }));
            }
            hpi_domain::Effect::Event(event) => self.said(Said::Hpi(event)),
            hpi_domain::Effect::Answer { tag, result } => {
                self.effects.push(Effect::HpiAnswer { tag, result });
            }
        }
    }

    fn plm_did(&mut self, effect: plm::Effect) {
        match effect {
            plm::Effect::Hpi(action) => self.to(Step::Hpi(hpi_domain::Input::Action(action))),
            plm::Effect::Ee(order) => self.effects.push(Effect::Ee(order)),
            plm::Effect::Track(track) => self.to(Step::Clm(clm::Input::Platform(track))),
            plm::Effect::AdminResult(result) => self.to(Step::Imm(imm::Input::Result(result))),
            plm::Effect::Runtime(runtime) => self.to(Step::Imm(imm::Input::Runtime(runtime))),
            plm::Effect::Notify(said) => self.said(Said::Notification(said)),
        }
    }

    fn clm_did(&mut self, effect: clm::Effect) {
        match effect {
            clm::Effect::PlatformResponse {
                invocation,
                response,
            } => self.to(Step::Plm(plm::Input::TrackResponse {
                invocation,
                response,
            })),
            clm::Effect::Track { tracker, track } => {
                if tracker == clm::TrackerId::AMF {
                    self.to(Step::Amf(amf::Input::Clm(track)));
                }
            }
            clm::Effect::AdminResult(result) => self.to(Step::Imm(imm::Input::Result(result))),
            clm::Effect::Runtime(runtime) => self.to(Step::Imm(imm::Input::Runtime(runtime))),
            clm::Effect::Notify(said) => self.said(Said::Notification(said)),
        }
    }

    fn amf_did(&mut self, effect: amf::Effect) {
        match effect {
            amf::Effect::Node { node, order } => self.effects.push(Effect::Node { node, order }),
            amf::Effect::ClmResponse {
                invocation,
                response,
            } => self.to(Step::Clm(clm::Input::Response {
                tracker: clm::TrackerId::AMF,
                invocation,
                response,
            })),
            amf::Effect::AdminResult(result) => self.to(Step::Imm(imm::Input::Result(result))),
            amf::Effect::Runtime(runtime) => self.to(Step::Imm(imm::Input::Runtime(runtime))),
            amf::Effect::Notify(said) => self.said(Said::Notification(said)),
        }
    }

    fn imm_did(&mut self, effect: imm::Effect) {
        match effect {
            imm::Effect::Changed(changes) => self.changed(changes),
            imm::Effect::Admin(operation) => self.invoked(operation),
            imm::Effect::Reply { tag, result } => {
                self.effects.push(Effect::Answer(Answer { tag, result }));
            }
            imm::Effect::Refused(refusal) => self.said(Said::ModelDefect(refusal)),
        }
    }

    /// Applications first, then membership, then the platform: whoever is told of a node knows it.
    fn changed(&mut self, changes: Vec<Change>) {
        for service in [Service::Amf, Service::Clm, Service::Plm] {
            let own = changes
                .iter()
                .filter(|c| service_of(class_of(c)) == Some(service));
            let own: Vec<Change> = own.cloned().collect();
            if !own.is_empty() {
                self.to(match service {
                    Service::Plm => Step::Plm(plm::Input::Config(own)),
                    Service::Clm => Step::Clm(clm::Input::Config(own)),
                    Service::Amf => Step::Amf(amf::Input::Config(own)),
                });
            }
        }
    }

    fn invoked(&mut self, operation: AdminOperation) {
        let class = self
            .appliance
            .imm
            .object(&operation.object)
            .map(|object| object.class.as_str());
        self.to(match class.and_then(service_of) {
            Some(Service::Plm) => Step::Plm(plm::Input::Admin(operation)),
            Some(Service::Clm) => Step::Clm(clm::Input::Admin(operation)),
            Some(Service::Amf) => Step::Amf(amf::Input::Admin(operation)),
            None => Step::Imm(imm::Input::Result(no_implementer(&operation))),
        });
    }

    fn redundancy_did(&mut self, effect: redundancy::Effect) {
        use redundancy::Effect as Did;
        match effect {
            Did::Active { cmm, epoch } => {
                self.effects.push(Effect::Active { cmm, epoch });
                let managers = managers(&self.appliance.redundancy);
                self.to(Step::Hpi(hpi_domain::Input::Managers(managers)));
                self.steps.extend(audit());
            }
            Did::Gone { member: _, nodes } => self.lost(&nodes, false),
            Did::Silent { member: _, nodes } => self.lost(&nodes, true),
            Did::Line { to } => self.effects.push(Effect::Line { to }),
            Did::Answer { tag, result } => {
                let result = result.map_err(switch_refused);
                self.effects.push(Effect::Answer(Answer { tag, result }));
            }
            Did::MachineVersion { to } => self.effects.push(Effect::MachineVersion { to }),
            Did::Event(event) => self.said(Said::Redundancy(event)),
        }
    }

    /// With the agents of AMF nodes their execution environments are lost.
    fn lost(&mut self, nodes: &[Dn], in_reach: bool) {
        let ees = nodes
            .iter()
            .filter_map(|node| self.appliance.environment_of(node));
        let ees: BTreeSet<Dn> = ees.collect();
        if !ees.is_empty() {
            let ees = ees.into_iter().collect();
            self.to(Step::Plm(plm::Input::EesLost { ees, in_reach }));
        }
    }

    fn shelf_did(&mut self, effect: shelf::Effect) {
        match effect {
            shelf::Effect::Order(order) => self.effects.push(Effect::Shelf(order)),
            shelf::Effect::Logged(event) => {
                if let Some(seen) = alerts::seen(&self.appliance.shelf, &event) {
                    self.to(Step::Pef(pef::Input::Event(seen)));
                }
            }
            shelf::Effect::Up(notice) => self.shelf_told(notice),
            shelf::Effect::Done { tag, result } if tag & HPI_TAG == 0 => {
                let result = result.map(drop).map_err(order_failed);
                self.effects.push(Effect::Answer(Answer { tag, result }));
            }
            shelf::Effect::Done { tag, result } => {
                if let Some(action) = ShelfAction::from_tag(tag & !HPI_TAG) {
                    self.to(Step::Hpi(match result {
                        Ok(_) => hpi_domain::Input::ShelfDone(action),
                        Err(why) => hpi_domain::Input::ShelfFailed(action, not_done(why)),
                    }));
                }
            }
        }
    }

    fn shelf_told(&mut self, notice: shelf::Notice) {
        use hpi_domain::Input as Hpi;
        use shelf::Notice as Up;
        let input = match notice {
            Up::ControllerAdded(controller) => {
                for what in damage::of(&controller) {
                    let address = controller.address;
                    self.said(Said::Damaged { address, what });
                }
                Hpi::ControllerAdded(controller)
            }
            Up::ControllerRemoved { address } => Hpi::ControllerRemoved { address },
            Up::ControllerFailed { address } => Hpi::ControllerFailed { address },
            Up::ControllerRestored { address } => Hpi::ControllerRestored { address },
            Up::HotSwap(change) => {
                self.said(Said::HotSwap(change));
                Hpi::FruHotSwap {
                    address: change.fru.address,
                    fru_id: change.fru.fru_id,
                    previous: change.previous,
                    current: change.current,
                    cause: change.cause,
                }
            }
            Up::SensorEvent { address, event } => {
                self.said(Said::SensorEvent { address, event });
                Hpi::SensorEvent { address, event }
            }
            Up::Led { fru, led_id, shows } => {
                return self.said(Said::Led { fru, led_id, shows });
            }
            Up::PortUp => return self.said(Said::Port(Ok(()))),
            Up::PortDown { reason } => return self.said(Said::Port(Err(reason))),
        };
        self.to(Step::Hpi(input));
    }
}

/// The tag of no command: each has that of its node.
const NOBODY: u64 = 0;

/// Tags of HPI's actions have this bit; operators' tags never grow so far.
const HPI_TAG: u64 = 1 << 63;

/// What HPI wants, in PICMG's commands. Source: PICMG 3.0 R3.0; SAIM-HPI-B.03.02-xTCA.
fn shelf_input(wanted: ShelfAction) -> shelf::Input {
    use shelf::Action;
    let action = match wanted {
        ShelfAction::Activate(fru) => Action::Activate(fru),
        ShelfAction::Deactivate(fru) => Action::Deactivate(fru),
        ShelfAction::Unlock(fru) => Action::SetActivationPolicy {
            fru,
            mask: 1,
            set: 0,
        },
        ShelfAction::Release(fru) => Action::SetActivationPolicy {
            fru,
            mask: 2,
            set: 0,
        },
        ShelfAction::Power { fru, on: true } => Action::PowerOn(fru),
        ShelfAction::Power { fru, on: false } => Action::SetPowerLevel {
            fru,
            level: 0,
            copy: false,
        },
        ShelfAction::Reset(fru) => Action::FruControl { fru, option: 0 },
        ShelfAction::Indicator { fru, on } => Action::SetLed {
            fru,
            led_id: 0,
            function: if on { 0xff } else { 0xfc },
            on_time: 0,
            color: 0x0f,
        },
    };
    let tag = HPI_TAG | wanted.tag();
    shelf::Input::Act { tag, action }
}

/// The CMMs, as HPI counts them: by their nodes.
fn managers(of: &redundancy::Redundancy) -> hpi_domain::Managers {
    hpi_domain::Managers {
        active: of.active().map(|cmm| cmm.0),
        standby: of.standbys().next().map(|cmm| cmm.0),
    }
}

/// What an HPI user wants who cannot say which CMM, and has been answered already.
fn fail_over() -> Redundancy {
    Redundancy::Switch {
        tag: NOBODY,
        to: None,
        condition: redundancy::Condition::SameOrNewer,
    }
}

/// What HPI wants of the shelf manager's watchdog timer.
fn watchdog_input(order: hpi_domain::WatchdogOrder) -> shelf::WatchdogInput {
    match order {
        hpi_domain::WatchdogOrder::Set(set) => shelf::WatchdogInput::Set(set),
        hpi_domain::WatchdogOrder::Reset => shelf::WatchdogInput::Reset,
    }
}

fn switch_refused(why: redundancy::Refusal) -> (AisError, String) {
    use redundancy::Refusal as R;
    let code = match why {
        R::NoStandby => AisError::NotExist,
        R::AlreadyActive => AisError::NoOp,
        R::Obstacle(_) | R::LessHealthy | R::Older => AisError::BadOperation,
        R::Busy => AisError::TryAgain,
        R::LineStuck => AisError::Timeout,
    };
    (code, String::from(why.text()))
}

/// Why HPI's order was not carried out.
fn not_done(why: shelf::OrderError) -> ActionError {
    use shelf::OrderError as E;
    match why {
        E::Moved | E::Refused(CompletionCode::NOT_IN_STATE) => ActionError::InvalidState,
        E::Refused(_) | E::Silent | E::NoSuchController | E::PortDown | E::TooMany => {
            ActionError::NoResponse
        }
    }
}

fn order_failed(why: shelf::OrderError) -> (AisError, String) {
    use shelf::OrderError as E;
    match why {
        E::Refused(code) => {
            let text = format!(
                "the controller refused with completion code {:02x}h",
                code.0
            );
            (AisError::FailedOperation, text)
        }
        E::Moved => (
            AisError::TryAgain,
            "it is in another hot swap state by now".into(),
        ),
        E::Silent => (AisError::Timeout, "the controller does not answer".into()),
        E::NoSuchController => (AisError::NotExist, "nobody is at that address".into()),
        E::PortDown => (
            AisError::Unavailable,
            "the chassis cannot be reached".into(),
        ),
        E::TooMany => (AisError::TryAgain, "too many orders are under way".into()),
    }
}

pub(crate) fn class_of(change: &Change) -> &str {
    match change {
        Change::Create(object) => &object.class,
        Change::Modify { class, .. } | Change::Delete { class, .. } => class,
    }
}
