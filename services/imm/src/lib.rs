//! The information model: classes, objects, changes in CCBs, administrative operations.
//!
//! One [`Imm`] holds what operators configured and what services say of their runtime objects. A
//! change is prepared ([`Imm::prepare`]), shown to the services that it concerns, and committed by
//! the log entry that prepares it once more. IMM knows the rules of every class, but the meaning of
//! none.
//!
//! Source: SAI-AIS-IMM-A.02.01, with the extensions of the field up to A.02.18.
#![no_std]

extern crate alloc;

mod admin;
mod batch;
mod ccb;
mod class;
mod fault;
mod float;
mod query;
mod reference;
mod runtime;
#[cfg(test)]
mod tests;
pub mod value;
pub mod xml;

pub use admin::{ADMIN_TIMEOUT_MS, PARAMETERS_MAX, PENDING_MAX};
pub use batch::{AttributeEntry, Batch, ClassEntry, Load, LoadError, ObjectEntry, Place, RawValue};
pub use ccb::{CCB_OPERATIONS_MAX, Modification, ModificationType, Operation, VALUES_MAX};
pub use class::{ATTRIBUTES_MAX, Attribute, Category, Class, Flags, NAME_LENGTH_MAX};
pub use fault::Fault;

use admin::Pending;
use ais::imm::{AdminOperation, AdminResult, Change, Object, Refusal, Runtime, Value};
use ais::{AisError, Dn};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// Most classes. Source: the limit in the field.
pub const CLASSES_MAX: usize = 1000;
/// Most objects. Choice: ten times the greatest site that is known.
pub const OBJECTS_MAX: usize = 100_000;

/// The information model.
///
/// Invariant: every object's class and parent exist; `children` lists exactly the objects, by the
/// object above them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imm {
    classes: BTreeMap<String, Class>,
    objects: BTreeMap<Dn, Object>,
    children: BTreeMap<Option<Dn>, BTreeSet<Dn>>,
    pending: BTreeMap<u64, Pending>,
    invocation_last: u64,
}

/// What happens to the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// Files were read ([`xml::read`]): all of their classes and objects, or none.
    Load {
        /// Comes back in the reply.
        tag: u64,
        /// What is in them.
        batch: Batch,
    },
    /// A CCB is to be applied.
    Ccb {
        /// Comes back in the reply.
        tag: u64,
        /// Its operations, in order; all are carried out, or none.
        operations: Vec<Operation>,
    },
    /// `saImmOmClassCreate_2`.
    CreateClass {
        /// Comes back in the reply.
        tag: u64,
        /// The class.
        class: Class,
    },
    /// `saImmOmClassDelete`.
    DeleteClass {
        /// Comes back in the reply.
        tag: u64,
        /// Name of the class.
        name: String,
    },
    /// `saImmOmAdminOperationInvoke_2`.
    Invoke {
        /// Comes back in the reply.
        tag: u64,
        /// The object operated on.
        object: Dn,
        /// `SaImmAdminOperationIdT` of its class.
        operation: u64,
        /// Parameters by name.
        parameters: BTreeMap<String, Value>,
        /// How long the caller waits; `None` for [`ADMIN_TIMEOUT_MS`].
        timeout_ms: Option<u32>,
    },
    /// A service carried an administrative operation out, or refused it.
    Result(AdminResult),
    /// A service says something of its runtime objects and attributes.
    Runtime(Runtime),
    /// Time passed.
    Tick,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// The configuration changed: tell the services. Creations first, parents before children; then
    /// modifications; then deletions, children first.
    Changed(Vec<Change>),
    /// Have the service that implements the object carry this out; it answers with
    /// [`Input::Result`].
    Admin(AdminOperation),
    /// Answer the client. The answer waits until the entry is durable.
    Reply {
        /// Of the input.
        tag: u64,
        /// `Err` carries the code a C caller sees and a text for people.
        result: Result<(), (AisError, String)>,
    },
    /// A service said something that does not fit the model: tell people, it is a defect of the
    /// model's class files or of the service.
    Refused(Refusal),
}

impl Machine for Imm {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Load { tag, batch } => {
                let result = self.load(batch, effects);
                let result = result.map_err(|e| (e.fault.code(), e.to_string()));
                effects.push(Effect::Reply { tag: *tag, result });
            }
            Input::Ccb { tag, operations } => {
                let result = match self.prepare(operations) {
                    Ok(changes) => {
                        self.commit(changes, effects);
                        Ok(())
                    }
                    Err(refusal) => Err((refusal.code, refusal.text)),
                };
                effects.push(Effect::Reply { tag: *tag, result });
            }
            Input::CreateClass { tag, class } => {
                let result = self.create_class(class);
                effects.push(reply(*tag, result));
            }
            Input::DeleteClass { tag, name } => {
                let result = self.delete_class(name);
                effects.push(reply(*tag, result));
            }
            Input::Invoke { .. } => self.invoke(at, input, effects),
            Input::Result(result) => self.result(result, effects),
            Input::Runtime(said) => {
                if let Err(refusal) = self.runtime(said) {
                    effects.push(Effect::Refused(refusal));
                }
            }
            Input::Tick => self.expire(at, effects),
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.pending.values().map(|pending| pending.deadline).min()
    }
}

impl Imm {
    /// What the operations would change; nothing is changed yet.
    ///
    /// The first operation that is refused refuses them all. Services that object to the changes do
    /// so before the CCB is logged.
    pub fn prepare(&self, operations: &[Operation]) -> Result<Vec<Change>, Refusal> {
        ccb::prepare(self, operations)
    }

    /// What the batch would change; nothing is changed yet.
    pub fn prepare_load(&self, batch: &Batch) -> Result<Load, LoadError> {
        batch::prepare(self, batch)
    }

    fn load(&mut self, batch: &Batch, effects: &mut Vec<Effect>) -> Result<(), LoadError> {
        let Load { classes, changes } = self.prepare_load(batch)?;
        for class in classes {
            self.classes.insert(class.name.clone(), class);
        }
        self.commit(changes, effects);
        Ok(())
    }

    fn create_class(&mut self, class: &Class) -> Result<(), Fault> {
        let mut class = class.clone();
        class.check()?;
        if self.classes.contains_key(&class.name) {
            return Err(Fault::ClassExists(class.name));
        }
        if self.classes.len() >= CLASSES_MAX {
            return Err(Fault::TooMany("classes", CLASSES_MAX));
        }
        self.classes.insert(class.name.clone(), class);
        Ok(())
    }

    fn delete_class(&mut self, name: &str) -> Result<(), Fault> {
        if !self.classes.contains_key(name) {
            return Err(Fault::UnknownClass(name.into()));
        }
        if self.objects_of(name).next().is_some() {
            return Err(Fault::ClassInUse(name.into()));
        }
        self.classes.remove(name);
        Ok(())
    }

    fn commit(&mut self, changes: Vec<Change>, effects: &mut Vec<Effect>) {
        for change in &changes {
            match change {
                Change::Create(object) => self.insert(object.clone()),
                Change::Modify { dn, attributes, .. } => {
                    if let Some(object) = self.objects.get_mut(dn) {
                        ccb::assign(object, attributes);
                    }
                }
                Change::Delete { dn, .. } => self.remove(dn),
            }
        }
        if !changes.is_empty() {
            effects.push(Effect::Changed(changes));
        }
    }

    fn insert(&mut self, object: Object) {
        let dn = object.dn.clone();
        let siblings = self.children.entry(dn.parent()).or_default();
        siblings.insert(dn.clone());
        self.objects.insert(dn, object);
    }

    fn remove(&mut self, dn: &Dn) {
        self.objects.remove(dn);
        let parent = dn.parent();
        if let Some(siblings) = self.children.get_mut(&parent) {
            siblings.remove(dn);
            if siblings.is_empty() {
                self.children.remove(&parent);
            }
        }
    }
}

fn reply(tag: u64, result: Result<(), Fault>) -> Effect {
    let result = result.map_err(|fault| (fault.code(), fault.to_string()));
    Effect::Reply { tag, result }
}

/// A refusal on account of `dn`. Its text names the object.
fn refusal(dn: &Dn, fault: &Fault) -> Refusal {
    Refusal::new(dn, fault.code(), format!("{dn}: {fault}"))
}
