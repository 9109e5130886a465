//! Why the model refuses a class, an object, a change or a file.

use ais::{AisError, Dn, DnError};
use alloc::string::String;
use core::fmt;

/// One reason. Its text says what is wrong and with what; who prints it says where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The text is not XML, and why.
    BrokenXml(String),
    /// An element that the schema does not have at this place.
    UnknownElement(String),
    /// The first element lacks the second.
    MissingElement(&'static str, &'static str),
    /// An element, and its text, which is none of the schema's words.
    UnknownWord(&'static str, String),
    /// More of something than the limit.
    TooMany(&'static str, usize),
    /// The name of an object, which is no distinguished name.
    BadDn(String, DnError),
    /// There is such a class, with another definition.
    ClassExists(String),
    /// There are objects of the class.
    ClassInUse(String),
    /// A class, its attribute (or its own name again), and the rule that the definition breaks.
    BadClass(String, String, &'static str),
    /// There is no such class.
    UnknownClass(String),
    /// A class, and the attribute that it does not have.
    UnknownAttribute(String, String),
    /// An attribute, its type in the schema's words, and the text, which is no value of that type.
    Unparsable(String, &'static str, String),
    /// An attribute, and its type in the schema's words, which the value does not have.
    WrongType(String, &'static str),
    /// Several values for an attribute that has one.
    SeveralValues(String),
    /// Equal values for an attribute that has none.
    EqualValues(String),
    /// An attribute is given twice.
    AttributeTwice(String),
    /// A class, and its attribute, which needs a value.
    Mandatory(String, String),
    /// There is such an object.
    ObjectExists(Dn),
    /// There is no such object.
    NoObject(Dn),
    /// The object above the new one, which does not exist.
    NoParent(Dn),
    /// The object above the new, lasting one, which does not last.
    ShortLivedParent(Dn),
    /// A class, and its naming attribute, with which the object's name does not begin.
    WrongNaming(String, String),
    /// The naming attribute, which is part of the name and not a value.
    NamingAttribute(String),
    /// A class whose objects are made by a service.
    RuntimeClass(String),
    /// A class whose objects are made by operators.
    ConfigClass(String),
    /// An attribute that is set by a service.
    RuntimeAttribute(String),
    /// An attribute that is set by operators.
    ConfigAttribute(String),
    /// An object that belongs to a service.
    RuntimeObject(Dn),
    /// An attribute that keeps its value from creation.
    NotWritable(String),
    /// A modification without the values that it needs.
    NoValues(String),
    /// An object that is deleted and otherwise touched in one CCB.
    TouchedTwice(Dn),
    /// An attribute, and its value, which names no object.
    Dangling(String, String),
    /// An object to be deleted, another one that still names it, and that one's attribute.
    Referenced(Dn, Dn, String),
}

impl Fault {
    /// The code a C caller sees. No wildcard arm: a new variant must pick its code.
    /// Source: SAI-AIS-IMM-A.02.01 §4.2.7 and §4.8, codes of `saImmOmClass…` and `saImmOmCcb…`.
    pub fn code(&self) -> AisError {
        match self {
            Self::BrokenXml(_)
            | Self::UnknownElement(_)
            | Self::MissingElement(..)
            | Self::UnknownWord(..)
            | Self::BadDn(..)
            | Self::BadClass(..)
            | Self::Unparsable(..)
            | Self::WrongType(..)
            | Self::SeveralValues(_)
            | Self::EqualValues(_)
            | Self::AttributeTwice(_)
            | Self::Mandatory(..)
            | Self::WrongNaming(..)
            | Self::NamingAttribute(_)
            | Self::RuntimeClass(_)
            | Self::ConfigClass(_)
            | Self::RuntimeAttribute(_)
            | Self::ConfigAttribute(_)
            | Self::NotWritable(_)
            | Self::NoValues(_)
            | Self::Dangling(..) => AisError::InvalidParam,
            Self::TooMany(..) => AisError::NoResources,
            Self::ClassExists(_) | Self::ObjectExists(_) => AisError::Exist,
            Self::ClassInUse(_) => AisError::Busy,
            Self::UnknownClass(_)
            | Self::UnknownAttribute(..)
            | Self::NoObject(_)
            | Self::NoParent(_)
            | Self::ShortLivedParent(_) => AisError::NotExist,
            Self::RuntimeObject(_) | Self::TouchedTwice(_) | Self::Referenced(..) => {
                AisError::BadOperation
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenXml(why) => write!(f, "broken XML: {why}"),
            Self::UnknownElement(name) => write!(f, "unknown element <{name}> here"),
            Self::MissingElement(of, name) => write!(f, "{of} without {name}"),
            Self::UnknownWord(element, text) => write!(f, "unknown {element} \"{text}\""),
            Self::TooMany(what, limit) => write!(f, "too many {what}: the limit is {limit}"),
            Self::BadDn(text, why) => write!(f, "bad name \"{text}\": {why}"),
            Self::ClassExists(name) => write!(f, "class {name} exists already"),
            Self::ClassInUse(name) => write!(f, "class {name} still has objects"),
            Self::BadClass(class, what, why) => write!(f, "class {class}: {what} {why}"),
            Self::UnknownClass(name) => write!(f, "unknown class {name}"),
            Self::UnknownAttribute(class, name) => {
                write!(f, "unknown attribute \"{name}\" of class {class}")
            }
            Self::Unparsable(name, kind, text) => {
                write!(f, "{name} is of type {kind}, which \"{text}\" is not")
            }
            Self::WrongType(name, kind) => write!(f, "{name} is of type {kind}"),
            Self::SeveralValues(name) => write!(f, "several values for {name}, which has one"),
            Self::EqualValues(name) => write!(f, "equal values for {name}"),
            Self::AttributeTwice(name) => write!(f, "{name} is given twice"),
            Self::Mandatory(class, name) => write!(f, "{name} of class {class} needs a value"),
            Self::ObjectExists(dn) => write!(f, "object {dn} exists already"),
            Self::NoObject(dn) => write!(f, "object {dn} does not exist"),
            Self::NoParent(dn) => write!(f, "the object above, {dn}, does not exist"),
            Self::ShortLivedParent(dn) => write!(f, "the object above, {dn}, does not last"),
            Self::WrongNaming(class, tag) => write!(f, "names of class {class} begin with {tag}="),
            Self::NamingAttribute(name) => write!(f, "{name} is set by the object's name only"),
            Self::RuntimeClass(name) => write!(f, "objects of class {name} belong to a service"),
            Self::ConfigClass(name) => write!(f, "class {name} is a configuration class"),
            Self::RuntimeAttribute(name) => write!(f, "{name} is set by its service only"),
            Self::ConfigAttribute(name) => write!(f, "{name} is a configuration attribute"),
            Self::RuntimeObject(dn) => write!(f, "object {dn} belongs to a service"),
            Self::NotWritable(name) => write!(f, "{name} is fixed when the object is created"),
            Self::NoValues(name) => write!(f, "no values to add or delete for {name}"),
            Self::TouchedTwice(dn) => write!(f, "{dn} is deleted and changed in one CCB"),
            Self::Dangling(name, target) => {
                write!(f, "{name} names \"{target}\", which does not exist")
            }
            Self::Referenced(dn, by, name) => write!(f, "{name} of {by} still names {dn}"),
        }
    }
}

impl core::error::Error for Fault {}
