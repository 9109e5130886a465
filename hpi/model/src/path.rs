//! Entity paths.

use crate::entity;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// One step of an entity path: what kind of thing, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entity {
    /// `SaHpiEntityTypeT`; the names are in [`crate::entity`].
    pub kind: u32,
    /// `SaHpiEntityLocationT`.
    pub location: u32,
}

/// An entity path, leaf first as HPI stores it; printed root first in OpenHPI's form
/// `{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,3}{PICMG_FRONT_BLADE,0}`.
///
/// Invariant: at most [`EntityPath::LENGTH_MAX`] entities; the terminating `SAHPI_ENT_ROOT` is not
/// stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityPath(pub Vec<Entity>);

/// Why a text is not an entity path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityPathError {
    /// There are no entities, or a piece is not `{TYPE,n}` or `TYPE.n`.
    Syntax(String),
    /// HPI has no entity type of this name.
    UnknownType(String),
    /// More than [`EntityPath::LENGTH_MAX`] entities.
    TooLong,
}

impl EntityPath {
    /// `SAHPI_MAX_ENTITY_PATH`.
    pub const LENGTH_MAX: usize = 16;

    /// The path of these types and locations, root first.
    pub fn root_first(steps: &[(u32, u32)]) -> Self {
        Self(
            steps
                .iter()
                .rev()
                .map(|&(kind, location)| Entity { kind, location })
                .collect(),
        )
    }

    /// Reads `{TYPE,n}{TYPE,n}…` or `TYPE.n,TYPE.n…`, in either order.
    ///
    /// A type is its name, with or without `SAHPI_ENT_`, or its number. The end that stands higher
    /// in a containment tree (rack, chassis, slot, anything else) is the root.
    /// Choice: where both ends stand equally high, the text is root first, as it is printed.
    pub fn parse(text: &str) -> Result<Self, EntityPathError> {
        let text = text.trim();
        let mut steps = Vec::new();
        if text.starts_with('{') {
            for piece in text.split_terminator('}') {
                let piece = piece.trim_start();
                let inner = piece.strip_prefix('{').ok_or_else(|| syntax(piece))?;
                steps.push(step(inner, ',')?);
            }
            if !text.ends_with('}') {
                return Err(syntax(text));
            }
        } else {
            for piece in text.split(',') {
                steps.push(step(piece.trim(), '.')?);
            }
        }
        Self::oriented(steps)
    }

    /// The path in the form of PLM's attributes, root first:
    /// `ADVANCEDTCA_CHASSIS.1,PHYSICAL_SLOT.3`.
    pub fn comma_form(&self) -> String {
        let mut text = String::new();
        for entity in self.0.iter().rev() {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&alloc::format!(
                "{}.{}",
                TypeName(entity.kind),
                entity.location
            ));
        }
        text
    }

    /// The leaf: the thing that the path names.
    pub fn leaf(&self) -> Option<Entity> {
        self.0.first().copied()
    }

    /// The path of what contains the leaf; `None` for a path of one entity.
    pub fn parent(&self) -> Option<Self> {
        (self.0.len() > 1).then(|| Self(self.0[1..].to_vec()))
    }

    /// Whether `self` is strictly inside `container`.
    pub fn is_below(&self, container: &Self) -> bool {
        self.0.len() > container.0.len() && self.0.ends_with(&container.0)
    }

    fn oriented(mut steps: Vec<Entity>) -> Result<Self, EntityPathError> {
        let height = |e: Option<&Entity>| e.map_or(0, |e| entity::height(e.kind));
        if height(steps.first()) >= height(steps.last()) {
            steps.reverse();
        }
        if steps.last().is_some_and(|e| e.kind == entity::ROOT) {
            steps.pop();
        }
        match steps.len() {
            0 => Err(syntax("")),
            1..=Self::LENGTH_MAX => Ok(Self(steps)),
            _ => Err(EntityPathError::TooLong),
        }
    }
}

fn step(text: &str, separator: char) -> Result<Entity, EntityPathError> {
    let (kind, location) = text.split_once(separator).ok_or_else(|| syntax(text))?;
    let kind = kind.trim();
    let number = match entity::by_name(kind) {
        Some(number) => number,
        None => kind
            .parse()
            .map_err(|_| EntityPathError::UnknownType(kind.to_owned()))?,
    };
    let location = location.trim().parse().map_err(|_| syntax(text))?;
    Ok(Entity {
        kind: number,
        location,
    })
}

fn syntax(text: &str) -> EntityPathError {
    EntityPathError::Syntax(text.to_owned())
}

/// Prints an entity type by name, or by number when it has none.
struct TypeName(u32);

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match entity::name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Display for EntityPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entity in self.0.iter().rev() {
            write!(f, "{{{},{}}}", TypeName(entity.kind), entity.location)?;
        }
        Ok(())
    }
}

impl core::str::FromStr for EntityPath {
    type Err = EntityPathError;
    fn from_str(text: &str) -> Result<Self, EntityPathError> {
        Self::parse(text)
    }
}

impl fmt::Display for EntityPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(text) => write!(f, "neither {{TYPE,n}} nor TYPE.n: \"{text}\""),
            Self::UnknownType(name) => write!(f, "HPI has no entity type \"{name}\""),
            Self::TooLong => write!(f, "more than {} entities", EntityPath::LENGTH_MAX),
        }
    }
}

impl core::error::Error for EntityPathError {}
