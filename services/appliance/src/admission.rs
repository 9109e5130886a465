//! Bad input is refused before it is logged.

use crate::command::{Service, service_of};
use crate::table::class_of;
use crate::{Appliance, Command};
use ais::AisError;
use ais::imm::{Change, Refusal};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Why a command is not logged. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The code a C caller sees.
    pub code: AisError,
    /// What is wrong and what to do, for people.
    pub text: String,
}

impl Appliance {
    /// Whether this command may be logged, as things stand.
    ///
    /// Changes of the model are shown to the services that they concern. Everything else is either
    /// true because it happened, or checked by the machine that it goes to.
    pub fn admit(&self, command: &Command) -> Result<(), Refused> {
        match command {
            Command::Load { batch, .. } => {
                let load = self.imm.prepare_load(batch).map_err(|why| Refused {
                    code: why.fault.code(),
                    text: why.to_string(),
                })?;
                self.agreed(&load.changes)
                    .map_err(|refusal| placed(batch, refusal))
            }
            Command::Ccb { operations, .. } => {
                let changes = self.imm.prepare(operations).map_err(refused)?;
                self.agreed(&changes).map_err(refused)
            }
            Command::Pef(input) => self.pef.admit(input).map_err(unfit),
            Command::Observed(_)
            | Command::AddEvent(_)
            | Command::Act { .. }
            | Command::Node { .. }
            | Command::NodeAgent { .. }
            | Command::EeUp { .. }
            | Command::EeDown { .. }
            | Command::Invoke { .. }
            | Command::Restarted
            | Command::Quarantine { .. }
            | Command::ClearEvents
            | Command::DeleteEvent { .. }
            | Command::Watchdog(_)
            | Command::Hpi { .. }
            | Command::HpiStates { .. }
            | Command::HpiFixture(_)
            | Command::HpiJobDone(..)
            | Command::Line { .. }
            | Command::Switch { .. }
            | Command::Health(_)
            | Command::Software(_)
            | Command::Hosts { .. }
            | Command::Tick => Ok(()),
        }
    }

    fn agreed(&self, changes: &[Change]) -> Result<(), Refusal> {
        let of = |service| -> Vec<Change> {
            let own = changes
                .iter()
                .filter(|c| service_of(class_of(c)) == Some(service));
            own.cloned().collect()
        };
        self.plm.validate(&of(Service::Plm))?;
        self.clm.validate(&of(Service::Clm))?;
        self.amf.validate(&of(Service::Amf))
    }
}

/// A refusal with the file and line where its object begins.
fn placed(batch: &imm::Batch, refusal: Refusal) -> Refused {
    let mut objects = batch.objects.iter();
    let place = objects.find(|o| o.dn == refusal.dn).map(|o| o.place);
    let refused = refused(refusal);
    let file = place.and_then(|p| batch.files.get(usize::try_from(p.file).ok()?));
    let (Some(place), Some(file)) = (place, file) else {
        return refused;
    };
    let text = format!("{file}:{}: {}", place.line, refused.text);
    Refused { text, ..refused }
}

/// No wildcard arm: a new refusal must pick its code.
fn unfit(why: pef::Refusal) -> Refused {
    use pef::Refusal as R;
    let (code, text) = match why {
        R::ReadOnly => (AisError::BadOperation, "this cannot be written"),
        R::SetInProgress => (AisError::TryAgain, "somebody else is configuring"),
        R::AlertInProgress => (AisError::TryAgain, "the last alert is under way"),
        R::OutOfRange => (AisError::NotExist, "there is no such entry"),
        R::InvalidField => (AisError::InvalidParam, "there is no such value"),
        R::NotPresent => (AisError::NotExist, "no alert waits for this acknowledge"),
    };
    let text = String::from(text);
    Refused { code, text }
}

fn refused(refusal: Refusal) -> Refused {
    let Refusal { dn, code, text } = refusal;
    let names_it = text.contains(dn.as_str());
    let text = if names_it {
        text
    } else {
        format!("{dn}: {text}")
    };
    Refused { code, text }
}
