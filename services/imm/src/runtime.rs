//! What services say of their runtime objects and attributes.
//!
//! Choice: services tell each new value, so IMM keeps also the attributes that are not `CACHED`,
//! and nobody is asked when they are read.
//!
//! Source: SAI-AIS-IMM-A.02.01 §5.6.

use crate::ccb::{assign, attribute, check_values, fill_defaults};
use crate::{Category, Class, Fault, Flags, Imm, OBJECTS_MAX, ccb, refusal};
use ais::Dn;
use ais::imm::{Attributes, Object, Refusal, Runtime};

impl Imm {
    /// Takes over what a service says.
    ///
    /// An attribute that does not fit its class is left out, the others are taken: one attribute
    /// that a site's class file lacks must not hide the states of the object. The first misfit is
    /// returned.
    pub(crate) fn runtime(&mut self, said: &Runtime) -> Result<(), Refusal> {
        match said {
            Runtime::Create(object) => self.create_runtime(object),
            Runtime::Update { dn, attributes } => self.update(dn, attributes),
            Runtime::Delete(dn) => self.delete_runtime(dn),
        }
    }

    fn create_runtime(&mut self, object: &Object) -> Result<(), Refusal> {
        let dn = &object.dn;
        let class = self.class(&object.class);
        let class = class.ok_or_else(|| Fault::UnknownClass(object.class.clone()));
        let class = class.map_err(|fault| refusal(dn, &fault))?;
        self.check_runtime_place(class, dn)
            .map_err(|fault| refusal(dn, &fault))?;
        let (mut attributes, result) = fitting(class, dn, &object.attributes);
        fill_defaults(class, &mut attributes);
        self.insert(Object {
            attributes,
            ..object.clone()
        });
        result
    }

    fn check_runtime_place(&self, class: &Class, dn: &Dn) -> Result<(), Fault> {
        if class.category == Category::Config {
            return Err(Fault::ConfigClass(class.name.clone()));
        }
        ccb::check_naming(class, dn)?;
        if self.objects.contains_key(dn) {
            return Err(Fault::ObjectExists(dn.clone()));
        }
        if self.objects.len() >= OBJECTS_MAX {
            return Err(Fault::TooMany("objects", OBJECTS_MAX));
        }
        let Some(above) = dn.parent() else {
            return Ok(());
        };
        let Some(parent) = self.objects.get(&above) else {
            return Err(Fault::NoParent(above));
        };
        let lasts = |name: &str| self.class(name).is_some_and(Class::is_persistent);
        if class.is_persistent() && !lasts(&parent.class) {
            return Err(Fault::ShortLivedParent(above));
        }
        Ok(())
    }

    fn update(&mut self, dn: &Dn, attributes: &Attributes) -> Result<(), Refusal> {
        let Some(object) = self.objects.get_mut(dn) else {
            return Err(refusal(dn, &Fault::NoObject(dn.clone())));
        };
        let Some(class) = self.classes.get(&object.class) else {
            return Err(refusal(dn, &Fault::UnknownClass(object.class.clone())));
        };
        let (attributes, result) = fitting(class, dn, attributes);
        assign(object, &attributes);
        result
    }

    /// Deletes a runtime object and the runtime objects below it. What is gone already is no fault.
    fn delete_runtime(&mut self, dn: &Dn) -> Result<(), Refusal> {
        let gone: alloc::vec::Vec<_> = self.subtree(dn).cloned().collect();
        let category = |object: &&Object| self.class(&object.class).map(|class| class.category);
        if let Some(kept) = gone.iter().find(|o| category(o) == Some(Category::Config)) {
            return Err(refusal(dn, &Fault::ConfigClass(kept.class.clone())));
        }
        for object in gone.iter().rev() {
            self.remove(&object.dn);
        }
        Ok(())
    }
}

/// The attributes that fit the class, and the first that does not.
fn fitting(class: &Class, dn: &Dn, attributes: &Attributes) -> (Attributes, Result<(), Refusal>) {
    let mut fit = Attributes::new();
    let mut result = Ok(());
    for (name, values) in attributes {
        let checked = attribute(class, name).and_then(|attribute| {
            if attribute.flags.has(Flags::RDN) {
                return Err(Fault::NamingAttribute(name.clone()));
            }
            if attribute.flags.has(Flags::CONFIG) {
                return Err(Fault::ConfigAttribute(name.clone()));
            }
            check_values(attribute, values)
        });
        match checked {
            Ok(()) => {
                fit.insert(name.clone(), values.clone());
            }
            Err(fault) => result = result.and(Err(refusal(dn, &fault))),
        }
    }
    (fit, result)
}
