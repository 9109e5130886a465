//! Objects, attribute values and changes of the information model, as IMM and services pass them.
//!
//! Source: SAI-AIS-IMM-A.03.01 §4.

use crate::{AisError, Dn};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `SaImmValueTypeT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum ValueType {
    /// `SaInt32T`.
    Int32 = 1,
    /// `SaUint32T`.
    Uint32 = 2,
    /// `SaInt64T`.
    Int64 = 3,
    /// `SaUint64T`.
    Uint64 = 4,
    /// `SaTimeT`, nanoseconds.
    Time = 5,
    /// `SaNameT`.
    Name = 6,
    /// `SaFloatT`.
    Float = 7,
    /// `SaDoubleT`.
    Double = 8,
    /// `SaStringT`.
    String = 9,
    /// `SaAnyT`.
    Any = 10,
}

/// One attribute value. Floating-point values are kept as bits, so that replicas compare equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// `SaInt32T`.
    Int32(i32),
    /// `SaUint32T`.
    Uint32(u32),
    /// `SaInt64T`.
    Int64(i64),
    /// `SaUint64T`.
    Uint64(u64),
    /// `SaTimeT`, nanoseconds.
    Time(i64),
    /// `SaNameT`. Need not be a valid distinguished name, and may be empty.
    Name(String),
    /// `SaFloatT`, as `f32::to_bits`.
    Float(u32),
    /// `SaDoubleT`, as `f64::to_bits`.
    Double(u64),
    /// `SaStringT`.
    String(String),
    /// `SaAnyT`.
    Any(Vec<u8>),
}

impl Value {
    /// The type that this value has.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Int32(_) => ValueType::Int32,
            Self::Uint32(_) => ValueType::Uint32,
            Self::Int64(_) => ValueType::Int64,
            Self::Uint64(_) => ValueType::Uint64,
            Self::Time(_) => ValueType::Time,
            Self::Name(_) => ValueType::Name,
            Self::Float(_) => ValueType::Float,
            Self::Double(_) => ValueType::Double,
            Self::String(_) => ValueType::String,
            Self::Any(_) => ValueType::Any,
        }
    }

    /// The value as an unsigned number, whatever integer type it has.
    ///
    /// `None` when it is negative or not an integer.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int32(v) => u64::try_from(*v).ok(),
            Self::Uint32(v) => Some(u64::from(*v)),
            Self::Int64(v) | Self::Time(v) => u64::try_from(*v).ok(),
            Self::Uint64(v) => Some(*v),
            Self::Name(_) | Self::Float(_) | Self::Double(_) | Self::String(_) | Self::Any(_) => {
                None
            }
        }
    }

    /// The value as text: of a name or a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Name(text) | Self::String(text) => Some(text),
            Self::Int32(_)
            | Self::Uint32(_)
            | Self::Int64(_)
            | Self::Uint64(_)
            | Self::Time(_)
            | Self::Float(_)
            | Self::Double(_)
            | Self::Any(_) => None,
        }
    }
}

/// Attribute values by attribute name. An attribute without a value maps to an empty list.
pub type Attributes = BTreeMap<String, Vec<Value>>;

/// One object: its name, its class, its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// The object's name.
    pub dn: Dn,
    /// The name of its class.
    pub class: String,
    /// Its attributes, without the naming attribute.
    pub attributes: Attributes,
}

/// The first value of an attribute as an unsigned number.
pub fn number(attributes: &Attributes, attribute: &str) -> Option<u64> {
    attributes.get(attribute)?.first()?.as_u64()
}

/// The first value of an attribute as a name; `None` when unset, empty or not a valid name.
pub fn name(attributes: &Attributes, attribute: &str) -> Option<Dn> {
    Dn::parse(attributes.get(attribute)?.first()?.as_str()?).ok()
}

impl Object {
    /// The first value of an attribute.
    pub fn first(&self, attribute: &str) -> Option<&Value> {
        self.attributes.get(attribute)?.first()
    }

    /// The first value of an attribute as an unsigned number.
    pub fn number(&self, attribute: &str) -> Option<u64> {
        number(&self.attributes, attribute)
    }

    /// The first value of an attribute as text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.first(attribute)?.as_str()
    }

    /// The first value of an attribute as a name; `None` when unset, empty or not a valid name.
    pub fn name(&self, attribute: &str) -> Option<Dn> {
        name(&self.attributes, attribute)
    }

    /// All values of an attribute.
    pub fn all(&self, attribute: &str) -> &[Value] {
        self.attributes.get(attribute).map_or(&[], Vec::as_slice)
    }
}

/// One committed change of the configuration, as IMM hands it to the implementer of the class.
///
/// The changes of one CCB come together, parents before children (deletions: children first).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The object came into being, all defaults filled in.
    Create(Object),
    /// These attributes now have these values.
    Modify {
        /// The object.
        dn: Dn,
        /// Its class.
        class: String,
        /// The changed attributes with all their new values.
        attributes: Attributes,
    },
    /// The object is gone.
    Delete {
        /// The object.
        dn: Dn,
        /// Its class.
        class: String,
    },
}

impl Change {
    /// The object that changes.
    pub fn dn(&self) -> &Dn {
        match self {
            Self::Create(object) => &object.dn,
            Self::Modify { dn, .. } | Self::Delete { dn, .. } => dn,
        }
    }
}

/// Why a service refuses a change or an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The object that is wrong.
    pub dn: Dn,
    /// The code a C caller sees.
    pub code: AisError,
    /// What is wrong and what to do, for people.
    pub text: String,
}

impl Refusal {
    /// A refusal on account of `dn`.
    pub fn new(dn: &Dn, code: AisError, text: impl Into<String>) -> Self {
        Self {
            dn: dn.clone(),
            code,
            text: text.into(),
        }
    }
}

/// What a service says of its runtime objects and attributes; IMM stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Runtime {
    /// A runtime object came into being.
    Create(Object),
    /// Runtime attributes of a configuration or runtime object have new values.
    Update {
        /// The object.
        dn: Dn,
        /// The changed attributes with all their new values.
        attributes: Attributes,
    },
    /// A runtime object is gone.
    Delete(Dn),
}

/// An administrative operation on an object (`saImmOmAdminOperationInvoke_2`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminOperation {
    /// Chosen by IMM; comes back in the [`AdminResult`].
    pub invocation: u64,
    /// The object operated on.
    pub object: Dn,
    /// `SaImmAdminOperationIdT` of the object's class.
    pub operation: u64,
    /// Parameters by name.
    pub parameters: BTreeMap<String, Value>,
}

/// How an administrative operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminResult {
    /// The invocation that ended.
    pub invocation: u64,
    /// `Err` carries the code a C caller sees and a text for people.
    pub result: Result<(), (AisError, String)>,
}
