//! What the model accepts and refuses.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what is not expected fails the test"
)]

mod admin;
mod ccb;
mod class;
mod files;
mod float;
mod runtime;

use crate::{Effect, Imm, Input, Modification, ModificationType, Operation, xml};
use ais::imm::{Attributes, Change, Value};
use ais::{AisError, Dn};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use machine::{Machine, Pos, Time};

/// A model of a house: rooms with doors, a service that says who is in.
const CLASSES: &str = r#"<imm:IMM-contents xmlns:imm="http://www.saforum.org/IMMSchema">
<class name="House"><category>SA_CONFIG</category>
 <rdn><name>house</name><type>SA_STRING_T</type><category>SA_CONFIG</category></rdn></class>
<class name="Room"><category>SA_CONFIG</category>
 <rdn><name>room</name><type>SA_STRING_T</type><category>SA_CONFIG</category></rdn>
 <attr><name>floor</name><type>SA_UINT32_T</type><category>SA_CONFIG</category><flag>SA_INITIALIZED</flag></attr>
 <attr><name>doors</name><type>SA_NAME_T</type><category>SA_CONFIG</category><flag>SA_WRITABLE</flag>
  <flag>SA_MULTI_VALUE</flag><flag>SA_NO_DUPLICATES</flag><flag>SA_NO_DANGLING</flag></attr>
 <attr><name>colour</name><type>SA_STRING_T</type><category>SA_CONFIG</category><flag>SA_WRITABLE</flag>
  <default-value>white</default-value></attr>
 <attr><name>degrees</name><type>SA_INT32_T</type><category>SA_CONFIG</category><flag>SA_WRITABLE</flag>
  <flag>SA_STRONG_DEFAULT</flag><default-value>20</default-value></attr>
 <attr><name>notes</name><type>SA_STRING_T</type><category>SA_CONFIG</category><flag>SA_WRITABLE</flag>
  <flag>SA_MULTI_VALUE</flag></attr>
 <attr><name>locked</name><type>SA_UINT32_T</type><category>SA_RUNTIME</category><flag>SA_PERSISTENT</flag>
  <default-value>0</default-value></attr>
 <attr><name>light</name><type>SA_UINT32_T</type><category>SA_RUNTIME</category><flag>SA_CACHED</flag></attr>
</class>
<class name="Person"><category>SA_RUNTIME</category>
 <rdn><name>person</name><type>SA_STRING_T</type><category>SA_RUNTIME</category><flag>SA_CACHED</flag></rdn>
 <attr><name>mood</name><type>SA_STRING_T</type><category>SA_RUNTIME</category><flag>SA_CACHED</flag></attr></class>
<class name="Lease"><category>SA_RUNTIME</category>
 <rdn><name>lease</name><type>SA_STRING_T</type><category>SA_RUNTIME</category><flag>SA_PERSISTENT</flag></rdn>
 <attr><name>rent</name><type>SA_UINT64_T</type><category>SA_RUNTIME</category><flag>SA_PERSISTENT</flag></attr></class>
</imm:IMM-contents>"#;

const OBJECTS: &str = r#"<imm:IMM-contents xmlns:imm="http://www.saforum.org/IMMSchema">
<object class="House"><dn>house=H</dn></object>
<object class="Room"><dn>room=hall,house=H</dn><attr><name>floor</name><value>0</value></attr></object>
<object class="Room"><dn>room=attic,house=H</dn><attr><name>floor</name><value>2</value></attr>
 <attr><name>doors</name><value>room=hall,house=H</value></attr></object>
</imm:IMM-contents>"#;

fn dn(text: &str) -> Dn {
    text.parse().unwrap()
}

fn at(seconds: u64) -> Pos {
    Pos {
        index: 1,
        time: Time(seconds * 1_000_000_000),
    }
}

/// What the model says to an input, the time being `seconds`.
fn apply_at(model: &mut Imm, seconds: u64, input: &Input) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.apply(at(seconds), input, &mut effects);
    effects
}

fn apply(model: &mut Imm, input: &Input) -> Vec<Effect> {
    apply_at(model, 0, input)
}

fn load(model: &mut Imm, file: &str, text: &str) -> Result<Vec<Change>, String> {
    let batch = xml::read(file, text).map_err(|e| format!("{e}"))?;
    finish(apply(model, &Input::Load { tag: 1, batch })).map_err(|(_, text)| text)
}

fn ccb(model: &mut Imm, operations: Vec<Operation>) -> Result<Vec<Change>, (AisError, String)> {
    let tag = 2;
    finish(apply(model, &Input::Ccb { tag, operations }))
}

/// The changes that were made, or why none were.
fn finish(mut effects: Vec<Effect>) -> Result<Vec<Change>, (AisError, String)> {
    let Some(Effect::Reply { result, .. }) = effects.pop() else {
        panic!("each input is answered last of all");
    };
    result?;
    match effects.pop() {
        Some(Effect::Changed(changes)) => Ok(changes),
        None => Ok(Vec::new()),
        other => panic!("{other:?}"),
    }
}

fn house() -> Imm {
    let mut model = Imm::default();
    load(&mut model, "classes.xml", CLASSES).unwrap();
    load(&mut model, "objects.xml", OBJECTS).unwrap();
    model
}

fn create(name: &str, class: &str, attributes: &[(&str, Value)]) -> Operation {
    let mut all = Attributes::new();
    for (name, value) in attributes {
        all.entry((*name).into()).or_default().push(value.clone());
    }
    Operation::Create {
        class: class.into(),
        dn: dn(name),
        attributes: all,
    }
}

fn modify(name: &str, kind: ModificationType, attribute: &str, values: &[Value]) -> Operation {
    Operation::Modify {
        dn: dn(name),
        modifications: alloc::vec![Modification {
            kind,
            attribute: attribute.into(),
            values: values.to_vec(),
        }],
    }
}

/// The attribute that each room needs.
fn floor() -> (&'static str, Value) {
    ("floor", Value::Uint32(1))
}

fn delete(name: &str) -> Operation {
    Operation::Delete { dn: dn(name) }
}
