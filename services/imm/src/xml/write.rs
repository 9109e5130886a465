//! From the model to a file.

use super::{CATEGORY_WORDS, FLAG_WORDS, NAMESPACE, SCHEMA_INSTANCE};
use crate::{Attribute, Class, Flags, Imm, value};
use ais::imm::{Object, Value};
use alloc::string::String;
use core::fmt::{self, Write};

/// The model as a file that [`super::read`] reads: all classes, and the objects and attributes that
/// survive a cluster restart. Classes stand before objects, and parents before children.
pub fn write(model: &Imm) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = contents(model, &mut text);
    text
}

fn contents(model: &Imm, to: &mut String) -> fmt::Result {
    writeln!(to, "<?xml version=\"1.0\" encoding=\"utf-8\"?>")?;
    write!(to, "<imm:IMM-contents xmlns:imm=\"{NAMESPACE}\"")?;
    write!(
        to,
        " xmlns:xsi=\"{SCHEMA_INSTANCE}\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""
    )?;
    writeln!(
        to,
        " xsi:noNamespaceSchemaLocation=\"SAI-AIS-IMM-XSD-A.02.13.xsd\">"
    )?;
    for class in model.classes() {
        write_class(class, to)?;
    }
    for object in model.persistent_objects() {
        write_object(&object, to)?;
    }
    writeln!(to, "</imm:IMM-contents>")
}

fn write_class(class: &Class, to: &mut String) -> fmt::Result {
    writeln!(to, "  <class name=\"{}\">", Escaped(&class.name))?;
    for (category, _, word) in CATEGORY_WORDS {
        if category == class.category {
            writeln!(to, "    <category>{word}</category>")?;
        }
    }
    for attribute in &class.attributes {
        write_definition(attribute, to)?;
    }
    writeln!(to, "  </class>")
}

fn write_definition(attribute: &Attribute, to: &mut String) -> fmt::Result {
    let is_naming = attribute.flags.has(Flags::RDN);
    let element = if is_naming { "rdn" } else { "attr" };
    writeln!(to, "    <{element}>")?;
    writeln!(to, "      <name>{}</name>", Escaped(&attribute.name))?;
    writeln!(
        to,
        "      <type>{}</type>",
        value::type_word(attribute.value_type)
    )?;
    for (_, flag, word) in CATEGORY_WORDS {
        if attribute.flags.has(flag) {
            writeln!(to, "      <category>{word}</category>")?;
        }
    }
    for (flag, word) in FLAG_WORDS {
        if attribute.flags.has(flag) {
            writeln!(to, "      <flag>{word}</flag>")?;
        }
    }
    if let Some(default) = &attribute.default {
        write!(to, "      ")?;
        write_value("default-value", default, to)?;
    }
    writeln!(to, "    </{element}>")
}

fn write_object(object: &Object, to: &mut String) -> fmt::Result {
    writeln!(to, "  <object class=\"{}\">", Escaped(&object.class))?;
    writeln!(to, "    <dn>{}</dn>", Escaped(object.dn.as_str()))?;
    for (name, values) in &object.attributes {
        writeln!(to, "    <attr>")?;
        writeln!(to, "      <name>{}</name>", Escaped(name))?;
        for value in values {
            write!(to, "      ")?;
            write_value("value", value, to)?;
        }
        writeln!(to, "    </attr>")?;
    }
    writeln!(to, "  </object>")
}

fn write_value(element: &str, value: &Value, to: &mut String) -> fmt::Result {
    let text = value::text(value);
    let bytes = match (value, &text) {
        (Value::Any(bytes), _) => Some(bytes.as_slice()),
        (_, Some(text)) if text.contains(has_no_xml) => Some(text.as_bytes()),
        _ => None,
    };
    match bytes {
        Some(bytes) => {
            let base64 = value::base64(bytes);
            writeln!(
                to,
                "<{element} xsi:type=\"xs:base64Binary\">{base64}</{element}>"
            )
        }
        None => {
            let text = text.unwrap_or_default();
            writeln!(to, "<{element}>{}</{element}>", Escaped(&text))
        }
    }
}

/// Whether XML has no way to write the character. Source: XML 1.0 §2.2.
fn has_no_xml(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}')
        || matches!(letter, '\u{fffe}' | '\u{ffff}')
}

/// Text with the characters written out that mean something else in XML, or that a reader would
/// change.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\r' => f.write_str("&#13;")?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}
