//! A draft: the model as it would be after some operations.

use super::{Modification, ModificationType, attribute, check_values, fill_defaults};
use crate::{Category, Class, Fault, Flags, Imm, OBJECTS_MAX, reference};
use ais::Dn;
use ais::imm::{Attributes, Change, Object, Value};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

/// The model with changes on top. Nothing of the model itself changes.
pub(crate) struct Draft<'a> {
    model: &'a Imm,
    new_classes: BTreeMap<&'a str, &'a Class>,
    /// Files may hold persistent runtime objects, which only a service could create otherwise.
    is_load: bool,
    /// Touched objects as they would be; `None` for deleted ones.
    touched: BTreeMap<Dn, Option<Object>>,
    /// New objects in the order of their creation.
    created: Vec<Dn>,
    /// The objects above them: whoever deletes one of these deletes a new object.
    parents_of_created: BTreeSet<Dn>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(model: &'a Imm) -> Self {
        Self {
            model,
            new_classes: BTreeMap::new(),
            is_load: false,
            touched: BTreeMap::new(),
            created: Vec::new(),
            parents_of_created: BTreeSet::new(),
        }
    }

    /// A draft for objects from files, which may be of these classes too.
    pub(crate) fn of_load(model: &'a Imm, new_classes: &'a [Class]) -> Self {
        Self {
            new_classes: new_classes.iter().map(|c| (c.name.as_str(), c)).collect(),
            is_load: true,
            ..Self::new(model)
        }
    }

    pub(crate) fn class(&self, name: &str) -> Result<&'a Class, Fault> {
        let found = self.new_classes.get(name).copied();
        let found = found.or_else(|| self.model.class(name));
        found.ok_or_else(|| Fault::UnknownClass(name.into()))
    }

    fn object(&self, dn: &Dn) -> Option<&Object> {
        match self.touched.get(dn) {
            Some(object) => object.as_ref(),
            None => self.model.object(dn),
        }
    }

    pub(crate) fn create(
        &mut self,
        class: &str,
        dn: &Dn,
        attributes: &Attributes,
    ) -> Result<(), Fault> {
        let class = self.class(class)?;
        self.check_place(class, dn)?;
        for (name, values) in attributes {
            let attribute = attribute(class, name)?;
            if attribute.flags.has(Flags::RDN) {
                return Err(Fault::NamingAttribute(name.clone()));
            }
            if !attribute.is_persistent() {
                return Err(Fault::RuntimeAttribute(name.clone()));
            }
            check_values(attribute, values)?;
        }
        let mut attributes = attributes.clone();
        fill_defaults(class, &mut attributes);
        check_initialized(class, &attributes)?;
        if self.model.objects.len() + self.created.len() >= OBJECTS_MAX {
            return Err(Fault::TooMany("objects", OBJECTS_MAX));
        }
        let object = Object {
            dn: dn.clone(),
            class: class.name.clone(),
            attributes,
        };
        self.touched.insert(dn.clone(), Some(object));
        self.created.push(dn.clone());
        self.parents_of_created.extend(dn.parent());
        Ok(())
    }

    /// Whether an object of the class may stand at `dn`.
    fn check_place(&self, class: &Class, dn: &Dn) -> Result<(), Fault> {
        let may_load = self.is_load && class.is_persistent();
        if class.category == Category::Runtime && !may_load {
            return Err(Fault::RuntimeClass(class.name.clone()));
        }
        check_naming(class, dn)?;
        if self.touched.get(dn).is_some_and(Option::is_none) {
            return Err(Fault::TouchedTwice(dn.clone()));
        }
        if self.object(dn).is_some() {
            return Err(Fault::ObjectExists(dn.clone()));
        }
        let Some(above) = dn.parent() else {
            return Ok(());
        };
        let Some(parent) = self.object(&above) else {
            return Err(Fault::NoParent(above));
        };
        let parent_class = self.class(&parent.class)?;
        let is_config = class.category == Category::Config;
        if is_config && parent_class.category == Category::Runtime || !parent_class.is_persistent()
        {
            return Err(Fault::ShortLivedParent(above));
        }
        Ok(())
    }

    pub(crate) fn modify(&mut self, dn: &Dn, changes: &[Modification]) -> Result<(), Fault> {
        if self.touched.get(dn).is_some_and(Option::is_none) {
            return Err(Fault::TouchedTwice(dn.clone()));
        }
        let object = self.object(dn);
        let mut object = object.cloned().ok_or_else(|| Fault::NoObject(dn.clone()))?;
        let class = self.class(&object.class)?;
        for change in changes {
            modify_attribute(class, &mut object.attributes, change)?;
        }
        self.touched.insert(dn.clone(), Some(object));
        Ok(())
    }

    pub(crate) fn delete(&mut self, dn: &Dn) -> Result<(), Fault> {
        let object = self.object(dn);
        let object = object.ok_or_else(|| Fault::NoObject(dn.clone()))?;
        if self.class(&object.class)?.category == Category::Runtime {
            return Err(Fault::RuntimeObject(dn.clone()));
        }
        let Some(object) = self.model.object(dn) else {
            return Err(Fault::TouchedTwice(dn.clone()));
        };
        let gone: Vec<_> = self
            .model
            .subtree(&object.dn)
            .map(|o| o.dn.clone())
            .collect();
        let is_changed = |dn: &&Dn| {
            let is_touched = self.touched.get(*dn).is_some_and(Option::is_some);
            is_touched || self.parents_of_created.contains(*dn)
        };
        if let Some(changed) = gone.iter().find(is_changed) {
            return Err(Fault::TouchedTwice(changed.clone()));
        }
        self.touched.extend(gone.into_iter().map(|dn| (dn, None)));
        Ok(())
    }

    /// The changes, or which object is wrong and why, now that all operations are done.
    pub(crate) fn finish(self) -> Result<Vec<Change>, (Dn, Fault)> {
        self.check_references()?;
        let mut changes = self.creations();
        let mut deletions = Vec::new();
        for (dn, object) in &self.touched {
            match (self.model.object(dn), object) {
                (Some(old), Some(new)) => changes.extend(difference(old, new)),
                (Some(old), None) => deletions.push(Change::Delete {
                    dn: dn.clone(),
                    class: old.class.clone(),
                }),
                (None, _) => {}
            }
        }
        deletions.sort_by_cached_key(|change| match change {
            Change::Delete { dn, .. } => core::cmp::Reverse(dn.ancestors().count()),
            Change::Create(_) | Change::Modify { .. } => core::cmp::Reverse(0),
        });
        changes.extend(deletions);
        Ok(changes)
    }

    /// In the order of creation, which already has parents before children.
    fn creations(&self) -> Vec<Change> {
        let objects = self.created.iter().filter_map(|dn| self.object(dn));
        objects
            .map(|object| Change::Create(object.clone()))
            .collect()
    }

    fn check_references(&self) -> Result<(), (Dn, Fault)> {
        for object in self.touched.values().flatten() {
            let class = self.class(&object.class);
            let class = class.map_err(|fault| (object.dn.clone(), fault))?;
            for (attribute, target) in reference::targets(class, object) {
                let fault = match Dn::parse(&target) {
                    Ok(dn) if self.object(&dn).is_some() => continue,
                    Ok(_) => Fault::Dangling(attribute.into(), target),
                    Err(why) => Fault::BadDn(target, why),
                };
                return Err((object.dn.clone(), fault));
            }
        }
        self.check_deleted()
    }

    /// Nothing that stays may name what goes.
    fn check_deleted(&self) -> Result<(), (Dn, Fault)> {
        if self.touched.values().all(Option::is_some) {
            return Ok(());
        }
        let untouched = |object: &&Object| !self.touched.contains_key(&object.dn);
        for object in self.model.objects().filter(untouched) {
            let class = self.class(&object.class);
            let class = class.map_err(|fault| (object.dn.clone(), fault))?;
            for (attribute, target) in reference::targets(class, object) {
                let Ok(target) = Dn::parse(&target) else {
                    continue;
                };
                if self.touched.get(&target).is_some_and(Option::is_none) {
                    let by = object.dn.clone();
                    let fault = Fault::Referenced(target.clone(), by, attribute.into());
                    return Err((target, fault));
                }
            }
        }
        Ok(())
    }
}

/// Whether the name begins with the naming attribute of the class.
pub(crate) fn check_naming(class: &Class, dn: &Dn) -> Result<(), Fault> {
    match class.rdn() {
        Some(rdn) if rdn.name == dn.tag() => Ok(()),
        rdn => {
            let expected = rdn.map_or_else(String::new, |rdn| rdn.name.clone());
            Err(Fault::WrongNaming(class.name.clone(), expected))
        }
    }
}

fn check_initialized(class: &Class, attributes: &Attributes) -> Result<(), Fault> {
    let needed = class.attributes.iter().find(|a| {
        a.flags.has(Flags::INITIALIZED)
            && !a.flags.has(Flags::RDN)
            && !attributes.contains_key(&a.name)
    });
    needed.map_or(Ok(()), |attribute| {
        let (class, attribute) = (class.name.clone(), attribute.name.clone());
        Err(Fault::Mandatory(class, attribute))
    })
}

fn modify_attribute(
    class: &Class,
    attributes: &mut Attributes,
    change: &Modification,
) -> Result<(), Fault> {
    let attribute = attribute(class, &change.attribute)?;
    let name = || attribute.name.clone();
    if attribute.flags.has(Flags::RDN) {
        return Err(Fault::NamingAttribute(name()));
    }
    if !attribute.flags.has(Flags::CONFIG) {
        return Err(Fault::RuntimeAttribute(name()));
    }
    if !attribute.flags.has(Flags::WRITABLE) {
        return Err(Fault::NotWritable(name()));
    }
    let mut values: Vec<Value> = attributes
        .get(&change.attribute)
        .cloned()
        .unwrap_or_default();
    match change.kind {
        ModificationType::Replace => values.clone_from(&change.values),
        ModificationType::Add | ModificationType::Delete if change.values.is_empty() => {
            return Err(Fault::NoValues(name()));
        }
        ModificationType::Add => values.extend_from_slice(&change.values),
        ModificationType::Delete => values.retain(|value| !change.values.contains(value)),
    }
    if values.is_empty() && attribute.flags.has(Flags::STRONG_DEFAULT) {
        values.extend(attribute.default.clone());
    }
    check_values(attribute, &values)?;
    if values.is_empty() && attribute.flags.has(Flags::INITIALIZED) {
        return Err(Fault::Mandatory(class.name.clone(), name()));
    }
    if values.is_empty() {
        attributes.remove(&change.attribute);
    } else {
        attributes.insert(name(), values);
    }
    Ok(())
}

/// The attributes that have other values; `None` when none have.
fn difference(old: &Object, new: &Object) -> Option<Change> {
    let names = old.attributes.keys().chain(new.attributes.keys());
    let changed = names.filter(|name| old.all(name) != new.all(name));
    let attributes: Attributes = changed
        .map(|name| (name.clone(), new.all(name).to_vec()))
        .collect();
    (!attributes.is_empty()).then(|| Change::Modify {
        dn: new.dn.clone(),
        class: new.class.clone(),
        attributes,
    })
}
