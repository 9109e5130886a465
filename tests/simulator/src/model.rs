//! The shelf's information model: the demonstration's, with three blades, and what clients write.

use ais::Dn;
use imm::Batch;

/// Blades of the shelf.
pub(crate) const BLADES: u8 = 3;

/// Objects that clients write: one for each.
pub(crate) const CLIENTS: usize = 3;

const FILES: [(&str, &str); 7] = [
    (
        "amf.xml",
        include_str!("../../../examples/models/classes/amf.xml"),
    ),
    (
        "clm.xml",
        include_str!("../../../examples/models/classes/clm.xml"),
    ),
    (
        "plm.xml",
        include_str!("../../../examples/models/classes/plm.xml"),
    ),
    (
        "smf.xml",
        include_str!("../../../examples/models/classes/smf.xml"),
    ),
    (
        "demo.xml",
        include_str!("../../../examples/models/demo.xml"),
    ),
    (
        "counter.xml",
        include_str!("../../../examples/models/counter.xml"),
    ),
    ("clients.xml", include_str!("clients.xml")),
];

/// The attribute that clients write.
pub(crate) const ATTRIBUTE: &str = "saSmfBundleInstallOnlineCmdArgs";

/// The model, to be loaded into an empty shelf.
pub(crate) fn batch() -> Batch {
    let mut batch = Batch::default();
    for (name, text) in FILES {
        batch.append(imm::xml::read(name, text).expect("the example is well-formed"));
    }
    batch.objects.retain(|object| is_built(object.dn.as_str()));
    for object in &mut batch.objects {
        for attribute in &mut object.attributes {
            attribute.values.retain(|value| is_built(&value.text));
        }
    }
    batch
}

/// Whether something is not about a blade beyond those that there are.
fn is_built(name: &str) -> bool {
    let beyond = |word: &str| {
        let rests = name
            .match_indices(word)
            .map(|(at, _)| &name[at + word.len()..]);
        let numbers = rests.map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit());
            rest[..end.unwrap_or(rest.len())].parse::<u8>()
        });
        numbers.flatten().any(|number| number > BLADES)
    };
    !beyond("=slot") && !beyond("=blade")
}

/// The AMF node on a blade.
pub(crate) fn amf_node(slot: u8) -> Dn {
    dn(&format!("safAmfNode=blade{slot},safAmfCluster=shelf"))
}

/// The object that a client writes.
pub(crate) fn object(client: usize) -> Dn {
    dn(&format!("safSmfBundle=client{client}"))
}

/// The object that only commands are written to that bring out a defect, so that it can be seen for
/// long whether they were applied.
pub(crate) fn defects() -> Dn {
    dn("safSmfBundle=defects")
}

pub(crate) fn dn(text: &str) -> Dn {
    Dn::parse(text).expect("a well-formed name")
}
