//! Classes of the information model and the rules that they obey.
//!
//! Source: SAI-AIS-IMM-A.02.01 §4.1, `saImmOm.h`; flags above `CACHED` are extensions of the field.

use crate::Fault;
use ais::imm::{Value, ValueType};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::BitOr;
use serde::{Deserialize, Serialize};

/// Most attributes of one class, the naming attribute included.
pub const ATTRIBUTES_MAX: usize = 128;
/// Longest name of a class or an attribute, in bytes.
pub const NAME_LENGTH_MAX: usize = 256;

/// `SaImmClassCategoryT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum Category {
    /// Objects are created by operators, in CCBs.
    Config = 1,
    /// Objects are created by the services that they describe.
    Runtime = 2,
}

/// `SaImmAttrFlagsT`: a set of attribute flags.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Flags(pub u64);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The attribute may have several values.
    pub const MULTI_VALUE: Self = Self(0x1);
    /// The naming attribute of the class.
    pub const RDN: Self = Self(0x2);
    /// Set by operators.
    pub const CONFIG: Self = Self(0x100);
    /// A configuration attribute that may be changed after creation.
    pub const WRITABLE: Self = Self(0x200);
    /// A configuration attribute that needs a value at creation and keeps one.
    pub const INITIALIZED: Self = Self(0x400);
    /// Set by the service that implements the object.
    pub const RUNTIME: Self = Self(0x1_0000);
    /// A runtime attribute that survives a cluster restart.
    pub const PERSISTENT: Self = Self(0x2_0000);
    /// A runtime attribute whose value IMM keeps.
    pub const CACHED: Self = Self(0x4_0000);
    /// No two values are equal.
    pub const NO_DUPLICATES: Self = Self(0x100_0000);
    /// Changes are announced.
    pub const NOTIFY: Self = Self(0x200_0000);
    /// Each value names an object that exists.
    pub const NO_DANGLING: Self = Self(0x400_0000);
    /// The string is a distinguished name.
    pub const DN: Self = Self(0x800_0000);
    /// The default was taken away by a schema change.
    pub const DEFAULT_REMOVED: Self = Self(0x1000_0000);
    /// Emptying the attribute restores its default.
    pub const STRONG_DEFAULT: Self = Self(0x2000_0000);

    /// Whether all flags of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// `SaImmAttrDefinitionT_2`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Type of its values.
    pub value_type: ValueType,
    /// What may be done with it.
    pub flags: Flags,
    /// Value that it gets at creation when none is given.
    pub default: Option<Value>,
}

impl Attribute {
    /// Whether its value survives a cluster restart.
    pub fn is_persistent(&self) -> bool {
        self.flags.has(Flags::CONFIG) || self.flags.has(Flags::PERSISTENT)
    }
}

/// A class: what its objects are named by and what they carry.
///
/// Invariant of classes in the model: [`Class::check`] holds, so there is exactly one naming
/// attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Who creates its objects.
    pub category: Category,
    /// Its attributes, in the order in which they were defined.
    pub attributes: Vec<Attribute>,
}

impl Class {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The naming attribute.
    pub fn rdn(&self) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.flags.has(Flags::RDN))
    }

    /// Whether objects of the class survive a cluster restart.
    pub fn is_persistent(&self) -> bool {
        self.rdn().is_some_and(Attribute::is_persistent)
    }

    /// Whether both define the same, whatever the order of their attributes.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.category == other.category
            && self.attributes.len() == other.attributes.len()
            && self.attributes.iter().all(|a| other.attributes.contains(a))
    }

    /// Checks the definition by the rules for `saImmOmClassCreate_2`, and sets the flags that
    /// others imply.
    pub fn check(&mut self) -> Result<(), Fault> {
        check_name(&self.name).map_err(|why| self.fault(&self.name, why))?;
        if self.attributes.len() > ATTRIBUTES_MAX {
            return Err(Fault::TooMany("attributes of a class", ATTRIBUTES_MAX));
        }
        for attribute in &mut self.attributes {
            if attribute.flags.has(Flags::PERSISTENT) {
                attribute.flags = attribute.flags | Flags::CACHED;
            }
        }
        for (index, attribute) in self.attributes.iter().enumerate() {
            let earlier = &self.attributes[..index];
            let problem = if earlier.iter().any(|other| other.name == attribute.name) {
                Some("is defined twice")
            } else {
                problem(self.category, attribute)
            };
            if let Some(why) = problem {
                return Err(self.fault(&attribute.name, why));
            }
        }
        let naming = |a: &&Attribute| a.flags.has(Flags::RDN);
        match self.attributes.iter().filter(naming).count() {
            1 => Ok(()),
            _ => Err(self.fault(&self.name, "needs exactly one naming attribute")),
        }
    }

    fn fault(&self, attribute: &str, why: &'static str) -> Fault {
        Fault::BadClass(self.name.clone(), attribute.into(), why)
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > NAME_LENGTH_MAX {
        return Err("has no name, or one that is too long");
    }
    if name.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',' || c == '=') {
        return Err("has a name with characters that no name has");
    }
    Ok(())
}

/// What is wrong with an attribute of a class of this category; `None` for nothing.
fn problem(category: Category, attribute: &Attribute) -> Option<&'static str> {
    let flags = attribute.flags;
    let has = |flag| flags.has(flag);
    if let Err(why) = check_name(&attribute.name) {
        return Some(why);
    }
    if has(Flags::CONFIG) == has(Flags::RUNTIME) {
        return Some("must be either a configuration or a runtime attribute");
    }
    if category == Category::Runtime && has(Flags::CONFIG) {
        return Some("is a configuration attribute in a runtime class");
    }
    if has(Flags::CONFIG) && has(Flags::CACHED) {
        return Some("is a configuration attribute, which is neither cached nor persistent");
    }
    if has(Flags::RUNTIME) && (has(Flags::WRITABLE) || has(Flags::INITIALIZED)) {
        return Some("is a runtime attribute, which is neither writable nor initialized");
    }
    if has(Flags::NO_DUPLICATES) && !has(Flags::MULTI_VALUE) {
        return Some("cannot have duplicates, as it has one value only");
    }
    if has(Flags::DN) && attribute.value_type != ValueType::String {
        return Some("is flagged as a name but is not a string");
    }
    if has(Flags::STRONG_DEFAULT) && attribute.default.is_none() {
        return Some("has a strong default, but no default");
    }
    naming_problem(category, attribute)
        .or_else(|| reference_problem(attribute))
        .or_else(|| default_problem(attribute))
}

fn naming_problem(category: Category, attribute: &Attribute) -> Option<&'static str> {
    let has = |flag| attribute.flags.has(flag);
    if !has(Flags::RDN) {
        return None;
    }
    let is_text = matches!(attribute.value_type, ValueType::String | ValueType::Name);
    if !is_text {
        return Some("names objects, so it must be a string or a name");
    }
    if has(Flags::MULTI_VALUE) || has(Flags::WRITABLE) || attribute.default.is_some() {
        return Some("names objects, so it has one value, no default, and cannot be changed");
    }
    match category {
        Category::Config if !has(Flags::CONFIG) => {
            Some("names configuration objects, so it must be a configuration attribute")
        }
        Category::Runtime if !has(Flags::CACHED) => {
            Some("names runtime objects, so it must be cached")
        }
        Category::Config | Category::Runtime => None,
    }
}

fn reference_problem(attribute: &Attribute) -> Option<&'static str> {
    let has = |flag| attribute.flags.has(flag);
    let is_name = attribute.value_type == ValueType::Name || has(Flags::DN);
    let is_plain = has(Flags::CONFIG) && !has(Flags::RDN) && attribute.default.is_none();
    (has(Flags::NO_DANGLING) && !(is_name && is_plain))
        .then_some("cannot be checked for dangling names")
}

/// Choice: a multi-valued attribute may have a default, which is its one value; class files of the
/// field have such.
fn default_problem(attribute: &Attribute) -> Option<&'static str> {
    let has = |flag| attribute.flags.has(flag);
    let default = attribute.default.as_ref()?;
    if default.value_type() != attribute.value_type {
        return Some("has a default of another type");
    }
    if has(Flags::INITIALIZED) {
        return Some("may not have a default, as it must be initialized");
    }
    (has(Flags::RUNTIME) && !has(Flags::CACHED))
        .then_some("may not have a default, as nobody keeps its value")
}
