//! Configuration change bundles: operations on a draft of the model, checked one by one and at the
//! end.
//!
//! Source: SAI-AIS-IMM-A.02.01 §4.8; modifications in §4.8.4.

mod draft;

pub(crate) use draft::{Draft, check_naming};

use crate::{Attribute, Class, Fault, Flags, Imm, refusal, value};
use ais::Dn;
use ais::imm::{Attributes, Change, Object, Refusal, Value};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Most operations in one CCB.
pub const CCB_OPERATIONS_MAX: usize = 10_000;
/// Most values of one attribute.
pub const VALUES_MAX: usize = 10_000;

/// One operation of a CCB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// `saImmOmCcbObjectCreate_2`.
    Create {
        /// Class of the new object.
        class: String,
        /// Its name.
        dn: Dn,
        /// Its attributes, without the naming attribute.
        attributes: Attributes,
    },
    /// `saImmOmCcbObjectModify_2`.
    Modify {
        /// The object.
        dn: Dn,
        /// What is done to it, in order.
        modifications: Vec<Modification>,
    },
    /// `saImmOmCcbObjectDelete`: the object and all below it.
    Delete {
        /// The object.
        dn: Dn,
    },
}

impl Operation {
    /// The object that is created, modified or deleted.
    pub fn dn(&self) -> &Dn {
        match self {
            Self::Create { dn, .. } | Self::Modify { dn, .. } | Self::Delete { dn } => dn,
        }
    }
}

/// `SaImmAttrModificationTypeT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum ModificationType {
    /// Add these values.
    Add = 1,
    /// Take these values away; those that the attribute does not have are ignored.
    Delete = 2,
    /// Have these values instead; with none, the attribute is emptied.
    Replace = 3,
}

/// `SaImmAttrModificationT_2`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modification {
    /// What is done.
    pub kind: ModificationType,
    /// To which attribute.
    pub attribute: String,
    /// With which values.
    pub values: Vec<Value>,
}

pub(crate) fn prepare(model: &Imm, operations: &[Operation]) -> Result<Vec<Change>, Refusal> {
    if let Some(over) = operations.get(CCB_OPERATIONS_MAX) {
        let fault = Fault::TooMany("operations in a CCB", CCB_OPERATIONS_MAX);
        return Err(refusal(over.dn(), &fault));
    }
    let mut draft = Draft::new(model);
    for operation in operations {
        let result = match operation {
            Operation::Create {
                class,
                dn,
                attributes,
            } => draft.create(class, dn, attributes),
            Operation::Modify { dn, modifications } => draft.modify(dn, modifications),
            Operation::Delete { dn } => draft.delete(dn),
        };
        result.map_err(|fault| refusal(operation.dn(), &fault))?;
    }
    draft.finish().map_err(|(dn, fault)| refusal(&dn, &fault))
}

/// Sets attributes; those without values are not kept.
pub(crate) fn assign(object: &mut Object, attributes: &Attributes) {
    for (name, values) in attributes {
        if values.is_empty() {
            object.attributes.remove(name);
        } else {
            object.attributes.insert(name.clone(), values.clone());
        }
    }
}

/// The attribute of the class, or why there is none.
pub(crate) fn attribute<'a>(class: &'a Class, name: &str) -> Result<&'a Attribute, Fault> {
    let found = class.attribute(name);
    found.ok_or_else(|| Fault::UnknownAttribute(class.name.clone(), name.into()))
}

/// Whether the attribute may have these values together.
pub(crate) fn check_values(attribute: &Attribute, values: &[Value]) -> Result<(), Fault> {
    let name = || attribute.name.clone();
    if values
        .iter()
        .any(|v| v.value_type() != attribute.value_type)
    {
        return Err(Fault::WrongType(
            name(),
            value::type_word(attribute.value_type),
        ));
    }
    if values.len() > 1 && !attribute.flags.has(Flags::MULTI_VALUE) {
        return Err(Fault::SeveralValues(name()));
    }
    if values.len() > VALUES_MAX {
        return Err(Fault::TooMany("values of an attribute", VALUES_MAX));
    }
    if attribute.flags.has(Flags::NO_DUPLICATES) {
        let mut sorted: Vec<_> = values.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Fault::EqualValues(name()));
        }
    }
    Ok(())
}

/// Gives each attribute without a value its default.
pub(crate) fn fill_defaults(class: &Class, attributes: &mut Attributes) {
    for attribute in &class.attributes {
        if let Some(default) = &attribute.default {
            let values = attributes.entry(attribute.name.clone()).or_default();
            if values.is_empty() {
                values.push(default.clone());
            }
        }
    }
    attributes.retain(|_, values| !values.is_empty());
}
