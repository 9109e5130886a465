//! From a file to a batch.

use super::{CATEGORY_WORDS, DEFAULT_REMOVED, FLAG_WORDS, NAMESPACE, SCHEMA_INSTANCE};
use crate::{
    Attribute, AttributeEntry, Batch, Category, Class, ClassEntry, Fault, Flags, LoadError,
    ObjectEntry, Place, RawValue, value,
};
use ais::Dn;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use roxmltree::{Document, Node, ParsingOptions};

/// Longest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 16 << 20;
/// Most elements, texts and comments in one file.
pub const ELEMENTS_MAX: u32 = 4_000_000;
/// Deepest nesting; the schema needs four.
const DEPTH_MAX: usize = 16;

/// Reads one file. Nothing is checked that needs other files or the model.
///
/// Document type definitions are refused, so that no entity can grow.
pub fn read(file: &str, text: &str) -> Result<Batch, LoadError> {
    let error = |line, fault| LoadError {
        file: file.to_owned(),
        line,
        fault,
    };
    if text.len() > FILE_BYTES_MAX {
        return Err(error(1, Fault::TooMany("bytes in a file", FILE_BYTES_MAX)));
    }
    let lines = Lines::of(text);
    if let Some(offset) = too_deep(text) {
        let fault = Fault::TooMany("elements in each other", DEPTH_MAX);
        return Err(error(lines.at(offset), fault));
    }
    let supplied = with_prefixes(text);
    let document = parse(supplied.as_deref().unwrap_or(text))
        .map_err(|why| error(why.pos().row, Fault::BrokenXml(why.to_string())))?;
    let lines = supplied.as_deref().map_or(lines, Lines::of);
    let mut reader = Reader {
        lines,
        batch: Batch::default(),
    };
    let read = reader.contents(document.root_element());
    read.map_err(|(line, fault)| error(line, fault))?;
    reader.batch.files.push(file.to_owned());
    Ok(reader.batch)
}

fn parse(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    let options = ParsingOptions {
        nodes_limit: ELEMENTS_MAX,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options)
}

/// The text with the declarations of prefixes that it lacks; `None` when it lacks none.
///
/// Choice: files of the field lack them, as the parser there only warns. No line is added.
fn with_prefixes(text: &str) -> Option<String> {
    let root = "<imm:IMM-contents";
    let begin = text.find(root)? + root.len();
    let tag = text.get(begin..begin + text.get(begin..)?.find('>')?)?;
    let mut declarations = String::new();
    if !tag.contains("xmlns:imm=") {
        declarations.push_str(&format!(" xmlns:imm=\"{NAMESPACE}\""));
    }
    if tag.contains("xsi:") && !tag.contains("xmlns:xsi=") {
        declarations.push_str(&format!(" xmlns:xsi=\"{SCHEMA_INSTANCE}\""));
    }
    let (before, after) = text.split_at(begin);
    (!declarations.is_empty()).then(|| [before, &declarations, after].concat())
}

/// Where elements are nested too deeply for the parser's stack.
///
/// Ends early where the text is no XML: the parser refuses it there, if not before.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut offset = text.find('<')?;
    loop {
        let rest = text.get(offset..)?;
        let special = [
            ("<!--", "-->"),
            ("<![CDATA[", "]]>"),
            ("<?", "?>"),
            ("<!", ">"),
        ];
        let length = if let Some((_, end)) = special.iter().find(|(s, _)| rest.starts_with(s)) {
            rest.find(end)? + end.len()
        } else if rest.starts_with("</") {
            depth = depth.saturating_sub(1);
            rest.find('>')?
        } else {
            let end = tag_end(rest)?;
            if !rest.get(..end)?.ends_with('/') {
                depth += 1;
            }
            end
        };
        if depth > DEPTH_MAX {
            return Some(offset);
        }
        let behind = offset + length;
        offset = behind + text.get(behind..)?.find('<')?;
    }
}

/// Where the `>` of a tag stands; those in quotes do not count.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (offset, byte) in tag.bytes().enumerate() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if byte == b'>' => return Some(offset),
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            None => {}
        }
    }
    None
}

/// Offsets at which lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(ends.map(|(offset, _)| offset + 1).collect())
    }

    /// Number of the line with this offset.
    fn at(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|begin| *begin <= offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

type Located<T> = Result<T, (u32, Fault)>;

struct Reader {
    lines: Lines,
    batch: Batch,
}

impl Reader {
    fn line(&self, node: Node<'_, '_>) -> u32 {
        self.lines.at(node.range().start)
    }

    fn place(&self, node: Node<'_, '_>) -> Place {
        let line = self.line(node);
        Place { file: 0, line }
    }

    fn contents(&mut self, root: Node<'_, '_>) -> Located<()> {
        let name = root.tag_name();
        let namespace = name.namespace();
        if name.name() != "IMM-contents" || namespace.is_some_and(|n| n != NAMESPACE) {
            return Err(self.unknown(root));
        }
        for node in root.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "class" => {
                    let class = self.class(node)?;
                    let place = self.place(node);
                    self.batch.classes.push(ClassEntry { place, class });
                }
                "object" => {
                    let object = self.object(node)?;
                    self.batch.objects.push(object);
                }
                _ => return Err(self.unknown(node)),
            }
        }
        Ok(())
    }

    fn class(&self, node: Node<'_, '_>) -> Located<Class> {
        let name = node
            .attribute("name")
            .ok_or_else(|| self.missing(node, "class", "a name"))?;
        let mut category = None;
        let mut attributes = Vec::new();
        for child in node.children().filter(Node::is_element) {
            match child.tag_name().name() {
                "category" => category = Some(self.category(child)?.0),
                "rdn" => attributes.push(self.definition(child, Flags::RDN)?),
                "attr" => attributes.push(self.definition(child, Flags::NONE)?),
                _ => return Err(self.unknown(child)),
            }
        }
        let mut class = Class {
            name: name.to_owned(),
            category: category.ok_or_else(|| self.missing(node, "class", "a category"))?,
            attributes,
        };
        class.check().map_err(|fault| (self.line(node), fault))?;
        Ok(class)
    }

    fn definition(&self, node: Node<'_, '_>, mut flags: Flags) -> Located<Attribute> {
        let mut name = None;
        let mut value_type = None;
        let mut category = None;
        let mut default = None;
        for child in node.children().filter(Node::is_element) {
            match child.tag_name().name() {
                "name" => name = Some(self.word(child)?),
                "type" => {
                    let word = self.word(child)?;
                    let found = value::type_by_word(&word);
                    let found = found.ok_or((self.line(child), Fault::UnknownWord("type", word)));
                    value_type = Some(found?);
                }
                "category" => category = Some(self.category(child)?.1),
                "flag" => flags = flags | self.flag(child)?,
                "default-value" => default = Some(child),
                "ntfid" => {}
                _ => return Err(self.unknown(child)),
            }
        }
        let name = name.ok_or_else(|| self.missing(node, "attr", "<name>"))?;
        let value_type = value_type.ok_or_else(|| self.missing(node, "attr", "<type>"))?;
        let category = category.ok_or_else(|| self.missing(node, "attr", "<category>"))?;
        let default = match default {
            Some(child) => Some(self.default(child, &name, value_type)?),
            None => None,
        };
        Ok(Attribute {
            name,
            value_type,
            flags: flags | category,
            default,
        })
    }

    fn default(
        &self,
        node: Node<'_, '_>,
        name: &str,
        value_type: ais::imm::ValueType,
    ) -> Located<ais::imm::Value> {
        let raw = self.raw(node)?;
        let parsed = match raw.is_base64 {
            true => value::parse_base64(value_type, &raw.text),
            false => value::parse(value_type, &raw.text),
        };
        let kind = value::type_word(value_type);
        parsed.ok_or_else(|| (raw.line, Fault::Unparsable(name.to_owned(), kind, raw.text)))
    }

    fn category(&self, node: Node<'_, '_>) -> Located<(Category, Flags)> {
        let word = self.word(node)?;
        let found = CATEGORY_WORDS.iter().find(|(_, _, w)| *w == word);
        match found {
            Some((category, flag, _)) => Ok((*category, *flag)),
            None => Err((self.line(node), Fault::UnknownWord("category", word))),
        }
    }

    fn flag(&self, node: Node<'_, '_>) -> Located<Flags> {
        let word = self.word(node)?;
        if word == DEFAULT_REMOVED {
            return Ok(Flags::NONE);
        }
        match FLAG_WORDS.iter().find(|(_, w)| *w == word) {
            Some((flag, _)) => Ok(*flag),
            None => Err((self.line(node), Fault::UnknownWord("flag", word))),
        }
    }

    fn object(&self, node: Node<'_, '_>) -> Located<ObjectEntry> {
        let class = node.attribute("class");
        let class = class.ok_or_else(|| self.missing(node, "object", "a class"))?;
        let mut dn = None;
        let mut attributes = Vec::new();
        for child in node.children().filter(Node::is_element) {
            match child.tag_name().name() {
                "dn" => dn = Some(self.dn(child)?),
                "attr" => attributes.push(self.attribute(child)?),
                _ => return Err(self.unknown(child)),
            }
        }
        Ok(ObjectEntry {
            place: self.place(node),
            class: class.to_owned(),
            dn: dn.ok_or_else(|| self.missing(node, "object", "<dn>"))?,
            attributes,
        })
    }

    fn dn(&self, node: Node<'_, '_>) -> Located<Dn> {
        let text = self.word(node)?;
        Dn::parse(&text).map_err(|why| (self.line(node), Fault::BadDn(text, why)))
    }

    fn attribute(&self, node: Node<'_, '_>) -> Located<AttributeEntry> {
        let mut name = None;
        let mut values = Vec::new();
        for child in node.children().filter(Node::is_element) {
            match child.tag_name().name() {
                "name" => name = Some((self.line(child), self.word(child)?)),
                "value" => values.push(self.raw(child)?),
                _ => return Err(self.unknown(child)),
            }
        }
        let (line, name) = name.ok_or_else(|| self.missing(node, "attr", "<name>"))?;
        Ok(AttributeEntry { line, name, values })
    }

    fn raw(&self, node: Node<'_, '_>) -> Located<RawValue> {
        // Older files say `encoding="base64"`.
        let kind = node
            .attribute((SCHEMA_INSTANCE, "type"))
            .or(node.attribute("encoding"));
        let is_base64 = kind.is_some_and(|kind| matches!(kind, "xs:base64Binary" | "base64"));
        Ok(RawValue {
            line: self.line(node),
            text: self.text(node)?,
            is_base64,
        })
    }

    /// The text of an element without the white space around it.
    fn word(&self, node: Node<'_, '_>) -> Located<String> {
        Ok(self.text(node)?.trim().to_owned())
    }

    /// The text of an element; comments in it do not count.
    fn text(&self, node: Node<'_, '_>) -> Located<String> {
        if let Some(child) = node.children().find(Node::is_element) {
            return Err(self.unknown(child));
        }
        let texts = node.children().filter(Node::is_text);
        Ok(texts.filter_map(|text| text.text()).collect())
    }

    fn unknown(&self, node: Node<'_, '_>) -> (u32, Fault) {
        let name = node.tag_name().name().to_owned();
        (self.line(node), Fault::UnknownElement(name))
    }

    fn missing(&self, node: Node<'_, '_>, of: &'static str, what: &'static str) -> (u32, Fault) {
        (self.line(node), Fault::MissingElement(of, what))
    }
}
