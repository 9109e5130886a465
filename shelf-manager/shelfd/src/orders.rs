//! What operators order.

use crate::core::Core;
use crate::events::Telling;
use crate::victims;
use ais::Dn;
use appliance::Command;
use group::Standing;
use machine::NodeId;
use shelf::{Action, FruAddress};
use std::collections::BTreeMap;
use tokio::sync::oneshot;
use web_api::{AdminOperation, Order, Outcome, RefusalCode, SwitchCondition};

impl Core {
    /// Carries an order out, or refuses it; the outcome may come later.
    pub(crate) fn order(&mut self, order: &Order, outcome: oneshot::Sender<Outcome>) {
        let telling = Telling::info("operator", "order", format!("{order:?}"));
        self.tell(self.clock.now(), telling);
        let at_once = match order {
            Order::OpenHandle { .. }
            | Order::CloseHandle { .. }
            | Order::PullBlade { .. }
            | Order::InsertBlade { .. } => self.move_blade(order),
            Order::KillComponent { component } => self.kill(component),
            Order::SwitchOver { to, condition } => {
                return self.switch_over(*to, *condition, outcome);
            }
            Order::Force => self.force(),
            Order::ActivateFru { address, fru } => {
                let (address, fru_id) = (*address, *fru);
                return self.act(Action::Activate(FruAddress { address, fru_id }), outcome);
            }
            Order::DeactivateFru { address, fru } => {
                let (address, fru_id) = (*address, *fru);
                return self.act(Action::Deactivate(FruAddress { address, fru_id }), outcome);
            }
            Order::AdminOperation { dn, operation } => match self.invocation(dn, operation) {
                Ok((object, operation)) => return self.invoke(object, operation, outcome),
                Err(refused) => refused,
            },
        };
        // An operator who does not wait any more does not need the outcome.
        let _ = outcome.send(at_once);
    }

    fn move_blade(&mut self, order: &Order) -> Outcome {
        let Some(handles) = &self.handles else {
            let text = "only a simulated chassis can be moved from here";
            return Outcome::refused(RefusalCode::NotSupported, text);
        };
        let moved = match order {
            Order::OpenHandle { slot } => handles.open_handle(*slot),
            Order::CloseHandle { slot } => handles.close_handle(*slot),
            Order::PullBlade { slot } => handles.pull(*slot),
            Order::InsertBlade { slot } => handles.insert(*slot),
            Order::KillComponent { .. }
            | Order::ActivateFru { .. }
            | Order::DeactivateFru { .. }
            | Order::AdminOperation { .. }
            | Order::SwitchOver { .. }
            | Order::Force => return Outcome::done("nothing to move"),
        };
        match moved {
            Ok(()) => Outcome::done("done"),
            Err(why) => Outcome::refused(RefusalCode::InvalidState, why.to_string()),
        }
    }

    fn kill(&self, component: &str) -> Outcome {
        let known = Dn::parse(component).ok();
        if known.is_none_or(|dn| self.member.appliance().amf.component(&dn).is_none()) {
            let text = format!("AMF has no component \"{component}\"");
            return Outcome::refused(RefusalCode::NotFound, text);
        }
        match victims::kill(component, self.agents.directory()) {
            0 => Outcome::refused(RefusalCode::InvalidState, "no process of it runs here"),
            count => Outcome::done(format!("killed {count} processes")),
        }
    }

    fn switch_over(
        &mut self,
        to: Option<u32>,
        condition: SwitchCondition,
        outcome: oneshot::Sender<Outcome>,
    ) {
        if let Some(tag) = self.wait_for(outcome) {
            let to = to.map(NodeId);
            let condition = match condition {
                SwitchCondition::SameOrNewer => redundancy::Condition::SameOrNewer,
                SwitchCondition::AnyVersion => redundancy::Condition::AnyVersion,
                SwitchCondition::Forced => redundancy::Condition::Forced,
            };
            self.submit_for(tag, &Command::Switch { tag, to, condition });
        }
    }

    /// Choice: only where the view waits for somebody; whatever else keeps it from going on, an
    /// operator cannot know better.
    fn force(&mut self) -> Outcome {
        match self.member.standing() {
            Standing::Awaits(_) => {
                self.engine.force();
                Outcome::done("going on with the log as it is here")
            }
            Standing::Forming
            | Standing::NotQuorate
            | Standing::Superseded
            | Standing::CatchingUp { .. }
            | Standing::Primary { .. } => {
                let text = "this member does not wait for others: see shelfctl cluster status";
                Outcome::refused(RefusalCode::InvalidState, text)
            }
        }
    }

    fn act(&mut self, action: Action, outcome: oneshot::Sender<Outcome>) {
        if let Some(tag) = self.wait_for(outcome) {
            self.submit_for(tag, &Command::Act { tag, action });
        }
    }

    fn invoke(&mut self, object: Dn, operation: u64, outcome: oneshot::Sender<Outcome>) {
        if let Some(tag) = self.wait_for(outcome) {
            let parameters = BTreeMap::new();
            let command = Command::Invoke {
                tag,
                object,
                operation,
                parameters,
            };
            self.submit_for(tag, &command);
        }
    }

    fn invocation(&self, dn: &str, operation: &AdminOperation) -> Result<(Dn, u64), Outcome> {
        let not_found = || {
            let text = format!("the model has no object \"{dn}\"");
            Outcome::refused(RefusalCode::NotFound, text)
        };
        let object = Dn::parse(dn).map_err(|_| not_found())?;
        let class = &self
            .member
            .appliance()
            .imm
            .object(&object)
            .ok_or_else(not_found)?
            .class;
        let number = match operation {
            AdminOperation::Number(number) => *number,
            AdminOperation::Name(name) => operation_number(class, name).ok_or_else(|| {
                let text = format!("objects of class {class} have no operation \"{name}\"");
                Outcome::refused(RefusalCode::BadRequest, text)
            })?,
        };
        Ok((object, number))
    }
}

/// Operations by service. Source: `SaAmfAdminOperationIdT`, `SaClmAdminOperationIdT`,
/// `SaPlmAdminOperationIdT`.
fn operation_number(class: &str, name: &str) -> Option<u64> {
    const AMF: &[&str] = &[
        "unlock",
        "lock",
        "lock-instantiation",
        "unlock-instantiation",
        "shutdown",
        "restart",
        "si-swap",
        "sg-adjust",
        "repaired",
        "eam-start",
        "eam-stop",
    ];
    const CLM: &[&str] = &["unlock", "lock", "shutdown"];
    const PLM: &[&str] = &[
        "lock",
        "unlock",
        "lock-instantiation",
        "unlock-instantiation",
        "shutdown",
        "repaired",
        "restart",
        "activate",
        "deactivate",
        "reset",
        "removed",
    ];
    let names = match class.get(..5)? {
        "SaAmf" => AMF,
        "SaClm" => CLM,
        "SaPlm" => PLM,
        _ => return None,
    };
    let name = name.to_ascii_lowercase().replace('_', "-");
    let at = names.iter().position(|known| **known == name)?;
    u64::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests;
