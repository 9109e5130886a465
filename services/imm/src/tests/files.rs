//! Files that are broken, each in its own way; and files that look odd but are right.

use super::*;
use crate::value;
use proptest::prelude::*;

/// Checks that an object file is refused with exactly this text, and that nothing is changed.
fn refused(objects: &str, expected: &str) {
    refused_text(&in_contents(objects), expected);
}

fn refused_text(text: &str, expected: &str) {
    let mut model = house();
    let before = model.clone();
    assert_eq!(load(&mut model, "m.xml", text).unwrap_err(), expected);
    assert_eq!(model, before);
}

fn in_contents(inner: &str) -> String {
    format!(
        "<imm:IMM-contents xmlns:imm=\"http://www.saforum.org/IMMSchema\">\n{inner}\n</imm:IMM-contents>"
    )
}

/// A room with the lines of more attributes; it stands on line 2, its attributes on line 5 and
/// after.
fn room(lines: &str) -> String {
    format!(
        "<object class=\"Room\">\n <dn>room=new,house=H</dn>\n \
         <attr><name>floor</name><value>1</value></attr>\n{lines}\n</object>"
    )
}

#[test]
fn broken_xml() {
    let text = "<imm:IMM-contents xmlns:imm=\"http://www.saforum.org/IMMSchema\">\n<object>\n</dn>";
    let mut model = house();
    let refusal = load(&mut model, "m.xml", text).unwrap_err();
    assert!(refusal.starts_with("m.xml:3: broken XML: "), "{refusal}");
}

#[test]
fn document_type_definition() {
    let text = "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<x/>";
    let mut model = house();
    let refusal = load(&mut model, "m.xml", text).unwrap_err();
    assert!(refusal.starts_with("m.xml:1: broken XML: "), "{refusal}");
}

#[test]
fn endless_nesting() {
    // What looks like an end but is none does not hide a beginning.
    for element in [
        "<a>",
        "<a>/>",
        "<a b='/>'>",
        "<a><!--</a>-->",
        "<a><![CDATA[</a>]]>",
    ] {
        let mut text = in_contents("");
        text.truncate(text.len() - 20);
        text.push_str(&element.repeat(100_000));
        let mut model = house();
        let refusal = load(&mut model, "m.xml", &text).unwrap_err();
        assert_eq!(
            refusal,
            "m.xml:2: too many elements in each other: the limit is 16"
        );
    }
}

#[test]
fn tags_in_comments_are_no_elements() {
    let mut model = house();
    let text = in_contents(&format!("<!-- {} -->", "<a>".repeat(100)));
    assert_eq!(load(&mut model, "m.xml", &text), Ok(alloc::vec![]));
}

#[test]
fn another_document() {
    refused_text("\n<svg/>", "m.xml:2: unknown element <svg> here");
}

#[test]
fn unknown_element() {
    refused(
        "<objekt class=\"Room\"/>",
        "m.xml:2: unknown element <objekt> here",
    );
    refused(
        &room("<wert>1</wert>"),
        "m.xml:5: unknown element <wert> here",
    );
    refused(
        &room("<attr><name>notes</name><value>a<b/></value></attr>"),
        "m.xml:5: unknown element <b> here",
    );
}

#[test]
fn missing_element() {
    refused("\n<object class=\"Room\"/>", "m.xml:3: object without <dn>");
    refused(
        "<object><dn>house=X</dn></object>",
        "m.xml:2: object without a class",
    );
    refused(
        &room("<attr><value>1</value></attr>"),
        "m.xml:5: attr without <name>",
    );
}

#[test]
fn unknown_class() {
    refused(
        "<object class=\"Cave\">\n<dn>cave=C</dn></object>",
        "m.xml:2: unknown class Cave",
    );
}

#[test]
fn unknown_attribute() {
    refused(
        &room("<attr>\n<name>smell</name><value>bad</value></attr>"),
        "m.xml:6: unknown attribute \"smell\" of class Room",
    );
}

#[test]
fn unparsable_value() {
    for (text, line) in [
        ("warm", 5),
        ("\n2147483648\n", 5),
        ("1.5", 5),
        ("", 5),
        ("012", 5),
    ] {
        refused(
            &room(&format!(
                "<attr><name>degrees</name><value>{text}</value></attr>"
            )),
            &format!("m.xml:{line}: degrees is of type SA_INT32_T, which \"{text}\" is not"),
        );
    }
}

#[test]
fn several_values_for_one() {
    refused(
        &room("<attr><name>colour</name>\n<value>red</value>\n<value>blue</value></attr>"),
        "m.xml:5: several values for colour, which has one",
    );
}

#[test]
fn equal_values_for_a_set() {
    let door = "<value>room=hall,house=H</value>";
    refused(
        &room(&format!("<attr><name>doors</name>{door}{door}</attr>")),
        "m.xml:5: equal values for doors",
    );
}

#[test]
fn attribute_twice() {
    refused(
        &room("<attr><name>floor</name><value>2</value></attr>"),
        "m.xml:5: floor is given twice",
    );
}

#[test]
fn missing_mandatory_attribute() {
    refused(
        "\n<object class=\"Room\">\n<dn>room=new,house=H</dn></object>",
        "m.xml:3: floor of class Room needs a value",
    );
}

#[test]
fn duplicate_object() {
    refused(
        &format!("{}\n{}", room(""), room("")),
        "m.xml:7: object room=new,house=H exists already",
    );
    refused(
        "<object class=\"House\"><dn>house=H</dn></object>",
        "m.xml:2: object house=H exists already",
    );
}

#[test]
fn missing_parent() {
    refused(
        "<object class=\"House\"><dn>house=A,house=B</dn></object>",
        "m.xml:2: the object above, house=B, does not exist",
    );
}

#[test]
fn dangling_name() {
    refused(
        &room(
            "<attr><name>doors</name>\n<value>room=hall,house=H</value>\n\
             <value>room=gone,house=H</value></attr>",
        ),
        "m.xml:7: doors names \"room=gone,house=H\", which does not exist",
    );
}

#[test]
fn bad_name() {
    refused(
        "<object class=\"House\">\n<dn>house=A,B</dn></object>",
        "m.xml:3: bad name \"house=A,B\": no tag=value at byte 8",
    );
    refused(
        &room("<attr><name>doors</name><value>the hall</value></attr>"),
        "m.xml:5: bad name \"the hall\": no tag=value at byte 0",
    );
}

#[test]
fn wrong_naming_attribute() {
    refused(
        "<object class=\"House\"><dn>haus=A</dn></object>",
        "m.xml:2: names of class House begin with house=",
    );
}

#[test]
fn runtime_attribute_that_does_not_last() {
    refused(
        &room("<attr><name>light</name><value>1</value></attr>"),
        "m.xml:5: light is set by its service only",
    );
}

#[test]
fn runtime_object_that_does_not_last() {
    refused(
        "<object class=\"Person\"><dn>person=P,house=H</dn></object>",
        "m.xml:2: objects of class Person belong to a service",
    );
}

#[test]
fn duplicate_class() {
    let class = "<class name=\"Cave\"><category>SA_CONFIG</category><rdn><name>cave</name>\
                 <type>SA_STRING_T</type><category>SA_CONFIG</category></rdn></class>";
    refused(
        &format!("{class}\n{class}"),
        "m.xml:3: class Cave exists already",
    );
    // Another definition of a class that the model has.
    let house = class.replace("Cave", "House");
    refused(&house, "m.xml:2: class House exists already");
}

#[test]
fn bad_class() {
    let class = |inner: &str| format!("<class name=\"C\">\n{inner}\n</class>");
    let naming = "<rdn><name>c</name><type>SA_STRING_T</type><category>SA_CONFIG</category></rdn>";
    refused(&class(naming), "m.xml:2: class without a category");
    let config = "<category>SA_CONFIG</category>";
    refused(
        &class(config),
        "m.xml:2: class C: C needs exactly one naming attribute",
    );
    let odd = naming.replace("SA_STRING_T", "SA_TEXT_T");
    refused(
        &class(&format!("{config}\n{odd}")),
        "m.xml:4: unknown type \"SA_TEXT_T\"",
    );
    let attr = naming.replace("rdn>", "attr>").replace("STRING", "UINT32");
    let default = attr.replace("</attr>", "<default-value>x</default-value></attr>");
    refused(
        &class(&format!("{config}{default}")),
        "m.xml:3: c is of type SA_UINT32_T, which \"x\" is not",
    );
    let flag = attr.replace("</attr>", "<flag>SA_MAGIC</flag></attr>");
    refused(
        &class(&format!("{config}{flag}")),
        "m.xml:3: unknown flag \"SA_MAGIC\"",
    );
}

// A file may hold children before parents, comments in values, numbers in base 16, the object's
// name again, and what a dump of the field says about owners.
#[test]
fn odd_but_right() {
    let mut model = house();
    let text = in_contents(
        "<object class=\"Room\"><dn>room=inner,room=outer,house=H</dn>
          <attr><name>floor</name><value> 0x10 </value></attr>
          <attr><name>room</name><value>room=inner</value></attr>
          <attr><name>SaImmAttrImplementerName</name><value>x</value></attr>
          <attr><name>notes</name><value> a<!-- b -->c</value><value/>
           <value xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:base64Binary\">
            AQ==</value></attr>
          <attr><name>locked</name><value>1</value></attr></object>
         <object class=\"Room\"><dn>room=outer,house=H</dn>
          <attr><name>floor</name><value>1</value></attr></object>
         <object class=\"Lease\"><dn>lease=L,house=H</dn>
          <attr><name>rent</name><value>18446744073709551615</value></attr></object>",
    );
    let changes = load(&mut model, "m.xml", &text).unwrap();
    let names: Vec<_> = changes
        .iter()
        .map(|change| match change {
            Change::Create(object) => format!("{}", object.dn),
            other => panic!("{other:?}"),
        })
        .collect();
    let inner = "room=inner,room=outer,house=H";
    assert_eq!(names, ["room=outer,house=H", "lease=L,house=H", inner]);
    let inner = model.object(&dn(inner)).unwrap();
    assert_eq!(inner.number("floor"), Some(16));
    assert_eq!(inner.number("locked"), Some(1));
    let notes = [" ac", "", "\u{1}"].map(|text| Value::String(text.into()));
    assert_eq!(inner.all("notes"), notes);
    assert_eq!(inner.attributes.get("room"), None);
}

// The same classes once more, with the objects of another application, change no class.
#[test]
fn the_same_classes_again() {
    let mut model = house();
    assert_eq!(load(&mut model, "classes.xml", CLASSES), Ok(alloc::vec![]));
}

// The fault is in the second file of two, and is said of the second.
#[test]
fn a_fault_names_its_file() {
    let mut model = Imm::default();
    let mut batch = xml::read("a.xml", CLASSES).unwrap();
    batch.append(xml::read("b.xml", OBJECTS).unwrap());
    batch.append(
        xml::read(
            "c.xml",
            &in_contents("<object class=\"X\"><dn>x=1</dn></object>"),
        )
        .unwrap(),
    );
    let refusal = finish(apply(&mut model, &Input::Load { tag: 1, batch })).unwrap_err();
    assert_eq!(
        refusal,
        (AisError::NotExist, "c.xml:2: unknown class X".into())
    );
    assert_eq!(model, Imm::default());
}

// What is written is read as the same model, whatever the text is.
#[test]
fn a_written_model_is_read_again() {
    let mut model = house();
    let note = |text: &str| ("notes", Value::String(text.into()));
    let notes = ["<&>\"'", " \r\n\t ", "\u{0}\u{fffe}", "ü€😀", "]]>", ""];
    let mut attributes = alloc::vec![("floor", Value::Uint32(u32::MAX))];
    attributes.extend(notes.map(note));
    let odd = create("room=a\\,b&<c,house=H", "Room", &attributes);
    ccb(&mut model, alloc::vec![odd]).unwrap();
    let mut again = Imm::default();
    load(&mut again, "dump.xml", &xml::write(&model)).unwrap();
    assert_eq!(again, model);
}

proptest! {
    #[test]
    fn base64_comes_back(bytes: Vec<u8>) {
        prop_assert_eq!(value::from_base64(&value::base64(&bytes)), Some(bytes));
    }

    // A file that is cut, or has a wrong byte, is refused or read; the reader survives.
    #[test]
    fn damaged_files_do_no_harm(
        cut in 0..CLASSES.len(),
        at in 0..CLASSES.len(),
        byte in 1_u8..0x7f,
    ) {
        let mut text = String::from(CLASSES);
        text.replace_range(at..=at, core::str::from_utf8(&[byte]).unwrap());
        let mut model = house();
        let _ = load(&mut model, "m.xml", &text);
        text.truncate(cut);
        prop_assert!(xml::read("m.xml", &text).is_err());
    }
}
