//! The classes and objects of some files, still as text, with the places where they stand.
//!
//! The text of a value gets its type only here, from a class of the same files or of the model.

use crate::ccb::{Draft, attribute, check_values};
use crate::{CLASSES_MAX, Class, Fault, Flags, Imm, value};
use ais::Dn;
use ais::imm::{Attributes, Change, Value};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// Attributes that IMM gives each object itself; the field's dumps hold them, so they are read
/// over.
/// Source: SAI-AIS-IMM-A.02.01 §4.3.
const SYSTEM_ATTRIBUTES: [&str; 3] = [
    "SaImmAttrClassName",
    "SaImmAttrAdminOwnerName",
    "SaImmAttrImplementerName",
];

/// Where something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Number of the file in the batch.
    pub file: u32,
    /// Line, the first one is 1.
    pub line: u32,
}

/// What is in one file, or in several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Names of the files.
    pub files: Vec<String>,
    /// Their classes.
    pub classes: Vec<ClassEntry>,
    /// Their objects.
    pub objects: Vec<ObjectEntry>,
}

/// A class in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassEntry {
    /// Where it begins.
    pub place: Place,
    /// The class.
    pub class: Class,
}

/// An object in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Where it begins.
    pub place: Place,
    /// Name of its class.
    pub class: String,
    /// Its name.
    pub dn: Dn,
    /// Its attributes.
    pub attributes: Vec<AttributeEntry>,
}

/// An attribute of an object in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeEntry {
    /// Line where its name stands.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<RawValue>,
}

/// A value in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawValue {
    /// Line where it stands.
    pub line: u32,
    /// Its text.
    pub text: String,
    /// Whether the text is base64.
    pub is_base64: bool,
}

/// What a batch would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// New classes.
    pub classes: Vec<Class>,
    /// New objects, parents before children.
    pub changes: Vec<Change>,
}

/// Why a file is refused. Prints as `model.xml:41: unknown class SaAmfFoo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// Name of the file.
    pub file: String,
    /// Line, the first one is 1.
    pub line: u32,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fault)
    }
}

impl core::error::Error for LoadError {}

impl Batch {
    /// Takes over what is in other files, which are read after these.
    pub fn append(&mut self, mut other: Self) {
        let offset = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let classes = other.classes.iter_mut().map(|entry| &mut entry.place);
        let objects = other.objects.iter_mut().map(|entry| &mut entry.place);
        for place in classes.chain(objects) {
            place.file = place.file.saturating_add(offset);
        }
        self.files.append(&mut other.files);
        self.classes.append(&mut other.classes);
        self.objects.append(&mut other.objects);
    }

    fn error(&self, place: Place, fault: Fault) -> LoadError {
        let file = usize::try_from(place.file).ok();
        let file = file.and_then(|file| self.files.get(file)).cloned();
        LoadError {
            file: file.unwrap_or_default(),
            line: place.line,
            fault,
        }
    }
}

/// What the batch would change. Classes come first, wherever they stand; objects may stand in any
/// order.
pub(crate) fn prepare(model: &Imm, batch: &Batch) -> Result<Load, LoadError> {
    let classes = new_classes(model, batch)?;
    let mut draft = Draft::of_load(model, &classes);
    let mut entries: Vec<_> = batch.objects.iter().collect();
    entries.sort_by_cached_key(|entry| entry.dn.ancestors().count());
    for entry in &entries {
        create(&mut draft, entry).map_err(|(line, fault)| {
            let file = entry.place.file;
            batch.error(Place { file, line }, fault)
        })?;
    }
    let changes = draft.finish().map_err(|(dn, fault)| {
        let place = place_of_reference(&entries, &dn, &fault);
        batch.error(place, fault)
    })?;
    Ok(Load { classes, changes })
}

/// The classes that the model does not have yet, checked.
///
/// Choice: a class that the model has with the same definition is accepted, so that class files can
/// be given again with new objects; in one batch no class may stand twice.
fn new_classes(model: &Imm, batch: &Batch) -> Result<Vec<Class>, LoadError> {
    let mut classes: BTreeMap<&str, Class> = BTreeMap::new();
    let mut fresh = Vec::new();
    for entry in &batch.classes {
        let refuse = |fault| batch.error(entry.place, fault);
        let mut class = entry.class.clone();
        class.check().map_err(refuse)?;
        let old = model.class(&class.name);
        let is_other = old.is_some_and(|old| !old.is_same(&class));
        if is_other || classes.contains_key(class.name.as_str()) {
            return Err(refuse(Fault::ClassExists(class.name)));
        }
        classes.insert(&entry.class.name, class.clone());
        if old.is_none() {
            fresh.push(class);
        }
        if model.classes.len() + fresh.len() > CLASSES_MAX {
            return Err(refuse(Fault::TooMany("classes", CLASSES_MAX)));
        }
    }
    Ok(fresh)
}

/// Creates the object in the draft; the error has the line that it is about.
fn create(draft: &mut Draft<'_>, entry: &ObjectEntry) -> Result<(), (u32, Fault)> {
    let own_line = |fault| (entry.place.line, fault);
    let class = draft.class(&entry.class).map_err(own_line)?;
    let mut attributes = Attributes::new();
    for given in &entry.attributes {
        if SYSTEM_ATTRIBUTES.contains(&given.name.as_str()) || is_name_again(class, entry, given) {
            continue;
        }
        let values = typed(class, given)?;
        if attributes.insert(given.name.clone(), values).is_some() {
            return Err((given.line, Fault::AttributeTwice(given.name.clone())));
        }
    }
    let created = draft.create(&entry.class, &entry.dn, &attributes);
    created.map_err(own_line)
}

/// Whether the attribute says once more what the object's name says.
fn is_name_again(class: &Class, entry: &ObjectEntry, given: &AttributeEntry) -> bool {
    let is_naming = class.rdn().is_some_and(|rdn| rdn.name == given.name);
    let texts: Vec<_> = given.values.iter().map(|v| v.text.trim()).collect();
    is_naming && (texts == [entry.dn.rdn()] || texts == [entry.dn.value()])
}

fn typed(class: &Class, given: &AttributeEntry) -> Result<Vec<Value>, (u32, Fault)> {
    let attribute = attribute(class, &given.name).map_err(|fault| (given.line, fault))?;
    if attribute.flags.has(Flags::RDN) {
        return Err((given.line, Fault::NamingAttribute(given.name.clone())));
    }
    if !attribute.is_persistent() {
        return Err((given.line, Fault::RuntimeAttribute(given.name.clone())));
    }
    let mut values = Vec::new();
    for raw in &given.values {
        let parsed = if raw.is_base64 {
            value::parse_base64(attribute.value_type, &raw.text)
        } else {
            value::parse(attribute.value_type, &raw.text)
        };
        values.push(parsed.ok_or_else(|| {
            let (name, kind) = (given.name.clone(), value::type_word(attribute.value_type));
            (raw.line, Fault::Unparsable(name, kind, raw.text.clone()))
        })?);
    }
    check_values(attribute, &values).map_err(|fault| (given.line, fault))?;
    Ok(values)
}

/// Where the name stands that a reference fault is about: its value, or the object.
fn place_of_reference(entries: &[&ObjectEntry], dn: &Dn, fault: &Fault) -> Place {
    let Some(entry) = entries.iter().find(|entry| entry.dn == *dn) else {
        return Place::default();
    };
    let mut line = None;
    if let Fault::Dangling(_, target) | Fault::BadDn(target, _) = fault {
        let mut values = entry.attributes.iter().flat_map(|a| &a.values);
        let value = values.find(|value| value.text.trim() == target);
        line = value.map(|value| value.line);
    }
    Place {
        line: line.unwrap_or(entry.place.line),
        ..entry.place
    }
}
