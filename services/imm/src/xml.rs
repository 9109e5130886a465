//! The SA Forum's XML files of classes and objects.
//!
//! Source: SAI-AIS-IMM-XSD-A.02.13; elements and words as the field's tools read and write them.

mod read;
mod write;

pub use read::{ELEMENTS_MAX, FILE_BYTES_MAX, read};
pub use write::write;

use crate::{Category, Flags};

/// Namespace of the root element. Source: SAI-AIS-IMM-XSD-A.02.13.
const NAMESPACE: &str = "http://www.saforum.org/IMMSchema";
/// Namespace of the `type` of values.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

const FLAG_WORDS: [(Flags, &str); 10] = [
    (Flags::MULTI_VALUE, "SA_MULTI_VALUE"),
    (Flags::WRITABLE, "SA_WRITABLE"),
    (Flags::INITIALIZED, "SA_INITIALIZED"),
    (Flags::PERSISTENT, "SA_PERSISTENT"),
    (Flags::CACHED, "SA_CACHED"),
    (Flags::NO_DUPLICATES, "SA_NO_DUPLICATES"),
    (Flags::NOTIFY, "SA_NOTIFY"),
    (Flags::NO_DANGLING, "SA_NO_DANGLING"),
    (Flags::DN, "SA_DN"),
    (Flags::STRONG_DEFAULT, "SA_STRONG_DEFAULT"),
];
/// Tells a schema change something; a class that is read anew just has no default.
const DEFAULT_REMOVED: &str = "SA_DEFAULT_REMOVED";

const CATEGORY_WORDS: [(Category, Flags, &str); 2] = [
    (Category::Config, Flags::CONFIG, "SA_CONFIG"),
    (Category::Runtime, Flags::RUNTIME, "SA_RUNTIME"),
];
