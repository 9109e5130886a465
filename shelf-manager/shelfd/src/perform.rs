//! Carries effects out.

use crate::core::Core;
use crate::events::{Telling, telling};
use ais::AisError;
use appliance::{Answer, Effect};
use machine::{Pos, Time};
use plm::EeOrder;
use shelf::scan;
use web_api::{Change, Outcome, RefusalCode};

impl Core {
    /// Carries out an effect of a stable entry. It may be repeated without harm.
    pub(crate) fn perform(&mut self, at: Pos, effect: Effect) {
        match effect {
            Effect::Shelf(order) => self.scan(&scan::Input::Order(order)),
            Effect::Alert(trap) => self.alerts.send(trap),
            Effect::Ee(order) => self.environment(&order),
            Effect::Node { node, order } => {
                self.tell(at.time, ordered(&node, &order));
                self.agents.order(&node, order);
            }
            // Answers wait for their entry to be durable.
            Effect::Answer(answer) => self.answered(answer),
            Effect::HpiAnswer { tag, result } => self.hpi.came_of(at.index, tag, result),
            // Who owns the hardware, a replica knows by itself.
            Effect::Active { .. } | Effect::MachineVersion { .. } => {}
            Effect::Line { to } => self.move_line(to),
            Effect::HpiJob(id, job) => self.hpi.start(id, job),
            Effect::HpiJobCancelled(id) => self.hpi.cancel(id),
            Effect::Said(said) => self.tell(at.time, telling(self.member.appliance(), &said)),
        }
    }

    fn environment(&mut self, order: &EeOrder) {
        let (EeOrder::Instantiate { ee }
        | EeOrder::Terminate { ee }
        | EeOrder::Restart { ee }
        | EeOrder::PowerLost { ee }) = order;
        for node in self.member.appliance().nodes_of(ee) {
            match order {
                EeOrder::Instantiate { .. } => {
                    self.agents.start(&node);
                    if self.agents.is_on(&node) {
                        let ee = ee.clone();
                        self.submit(&appliance::Command::EeUp { ee });
                    }
                }
                EeOrder::Terminate { .. } => self.stop_environment(&node, ee),
                EeOrder::PowerLost { .. } => self.agents.power_off(&node),
                EeOrder::Restart { .. } => {
                    self.agents.power_off(&node);
                    self.agents.start(&node);
                }
            }
        }
    }

    fn stop_environment(&mut self, node: &ais::Dn, ee: &ais::Dn) {
        let was_on = self.agents.is_on(node);
        self.agents.power_off(node);
        if !was_on {
            let (ee, ordered) = (ee.clone(), true);
            self.submit(&appliance::Command::EeDown { ee, ordered });
        }
    }

    /// Tells everybody who listens, and keeps it for those who ask later.
    pub(crate) fn tell(&mut self, time: Time, telling: Telling) {
        let event = self.events.push(time, telling);
        tracing::info!(
            source = event.source,
            object = event.object,
            "{}",
            event.text
        );
        self.publisher
            .send(&self.desk.notices, time, Change::Event(Box::new(event)));
    }

    /// Gives an operator the answer.
    pub(crate) fn answered(&mut self, Answer { tag, result }: Answer) {
        let Some(outcome) = self.waiting.remove(&tag) else {
            return;
        };
        // An operator who does not wait any more does not need it.
        let _ = outcome.send(match result {
            Ok(()) => Outcome::done("done"),
            Err((code, text)) => {
                Outcome::refused(refusal_code(code), format!("{}: {text}", code.name()))
            }
        });
    }
}

/// What AMF asked of a node, for people.
fn ordered(node: &ais::Dn, order: &ais::node::Order) -> Telling {
    use ais::node::Order as O;
    let (object, text) = match order {
        O::Instantiate(spec) => (spec.component.to_string(), "order: instantiate".into()),
        O::Terminate(component) => (component.to_string(), "order: terminate".into()),
        O::Cleanup(component) => (component.to_string(), "order: clean up".into()),
        O::SetCsi {
            component,
            ha_state,
            csi,
            ..
        } => {
            let csi = csi.csi.as_ref().map_or("all CSIs", |csi| csi.as_str());
            (
                component.to_string(),
                format!("order: {} for {csi}", ha_state.word()),
            )
        }
        O::RemoveCsi { component, csi, .. } => {
            let csi = csi.as_ref().map_or("all CSIs", |csi| csi.as_str());
            (component.to_string(), format!("order: give up {csi}"))
        }
        O::Reboot => (node.to_string(), "order: reboot".into()),
        O::Configure(spec) => (spec.component.to_string(), "order: configure".into()),
    };
    Telling::info("amf", object, text)
}

/// The reason that a program can act on. No wildcard arm: a new code must pick its reason.
fn refusal_code(code: AisError) -> RefusalCode {
    match code {
        AisError::InvalidParam
        | AisError::BadFlags
        | AisError::NameTooLong
        | AisError::Version
        | AisError::TooBig => RefusalCode::BadRequest,
        AisError::NotExist | AisError::NameNotFound | AisError::BadHandle => RefusalCode::NotFound,
        AisError::NoOp
        | AisError::BadOperation
        | AisError::Exist
        | AisError::Busy
        | AisError::Interrupt
        | AisError::NotReady => RefusalCode::InvalidState,
        AisError::NotSupported => RefusalCode::NotSupported,
        AisError::TryAgain
        | AisError::NoResources
        | AisError::NoMemory
        | AisError::QueueFull
        | AisError::QueueNotAvailable
        | AisError::Unavailable => RefusalCode::TryAgain,
        AisError::Timeout => RefusalCode::Timeout,
        AisError::Access | AisError::AccessDenied => RefusalCode::NotPermitted,
        AisError::Library
        | AisError::Init
        | AisError::NoSpace
        | AisError::FailedOperation
        | AisError::MessageError
        | AisError::NoSections
        | AisError::RepairPending
        | AisError::NoBindings
        | AisError::CampaignErrorDetected
        | AisError::CampaignProcFailed
        | AisError::CampaignCanceled
        | AisError::CampaignFailed
        | AisError::CampaignSuspended
        | AisError::CampaignSuspending
        | AisError::Deployment => RefusalCode::Failed,
    }
}
