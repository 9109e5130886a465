//! What the model answers when it is asked.

use crate::{Class, Imm};
use ais::Dn;
use ais::imm::Object;

impl Imm {
    /// The object of this name.
    pub fn object(&self, dn: &Dn) -> Option<&Object> {
        self.objects.get(dn)
    }

    /// All objects, by name.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// All objects of a class, by name.
    pub fn objects_of(&self, class: &str) -> impl Iterator<Item = &Object> {
        self.objects.values().filter(move |o| o.class == class)
    }

    /// The objects directly below `parent`; the roots for `None`.
    pub fn children(&self, parent: Option<&Dn>) -> impl Iterator<Item = &Object> {
        let names = self.children.get(&parent.cloned());
        let names = names.into_iter().flatten();
        names.filter_map(|dn| self.objects.get(dn))
    }

    /// The object `root` and all below it, parents before children.
    pub fn subtree(&self, root: &Dn) -> impl Iterator<Item = &Object> {
        self.walk(self.object(root).into_iter().collect())
    }

    /// All objects, parents before children.
    pub fn tree(&self) -> impl Iterator<Item = &Object> {
        let mut roots: alloc::vec::Vec<_> = self.children(None).collect();
        roots.reverse();
        self.walk(roots)
    }

    /// Configuration and persistent runtime objects with the attributes that survive a cluster
    /// restart, parents before children.
    pub fn persistent_objects(&self) -> impl Iterator<Item = Object> {
        self.tree().filter_map(|object| {
            let class = self.class(&object.class).filter(|c| c.is_persistent())?;
            let lasts = |name: &str| class.attribute(name).is_some_and(|a| a.is_persistent());
            let mut object = object.clone();
            object.attributes.retain(|name, _| lasts(name));
            Some(object)
        })
    }

    /// The class of this name.
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.get(name)
    }

    /// All classes, by name.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.values()
    }

    /// Depth first; `next` are the objects to begin with, the first one last.
    fn walk<'a>(
        &'a self,
        mut next: alloc::vec::Vec<&'a Object>,
    ) -> impl Iterator<Item = &'a Object> {
        core::iter::from_fn(move || {
            let object = next.pop()?;
            let below = next.len();
            next.extend(self.children(Some(&object.dn)));
            next[below..].reverse();
            Some(object)
        })
    }
}
