//! Which attributes must name objects that exist.

use crate::{Class, Flags};
use ais::imm::{Object, ValueType};
use alloc::string::{String, ToString};

/// Classes whose configuration names are associations by their standards, not only by flag.
///
/// Choice: the standards draw these associations without saying `NO_DANGLING`; a name that leads
/// nowhere in them is a mistake that would only show when a node or an application does not start.
const STANDARD_CLASSES: [&str; 3] = ["SaAmf", "SaClm", "SaPlm"];

/// Attributes of these classes whose objects come and go: an upgrade campaign ends before its mark
/// does.
const FREE: [&str; 1] = ["saAmfSUMaintenanceCampaign"];

/// The attribute and the name of each object that `object` must not outlive. Names may be invalid.
pub(crate) fn targets<'a>(
    class: &'a Class,
    object: &'a Object,
) -> impl Iterator<Item = (&'a str, String)> {
    let is_standard = STANDARD_CLASSES.iter().any(|p| class.name.starts_with(p));
    let attributes = class.attributes.iter().filter(move |attribute| {
        let is_association = is_standard
            && attribute.value_type == ValueType::Name
            && attribute.flags.has(Flags::CONFIG)
            && !FREE.contains(&attribute.name.as_str());
        is_association || attribute.flags.has(Flags::NO_DANGLING)
    });
    attributes.flat_map(move |attribute| {
        // An association object is named by the object that it leads to, with its commas escaped.
        let named = attribute.flags.has(Flags::RDN);
        let own = named.then(|| object.dn.value().replace("\\,", ","));
        let values = object.all(&attribute.name).iter();
        let values = values.filter_map(|value| value.as_str().map(ToString::to_string));
        let texts = own
            .into_iter()
            .chain(values)
            .filter(|text| !text.is_empty());
        texts.map(|text| (attribute.name.as_str(), text))
    })
}
