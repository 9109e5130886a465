//! Entity paths.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// One step of an entity path: what kind of thing, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entity {
    /// `SaHpiEntityTypeT`.
    pub kind: u32,
    /// `SaHpiEntityLocationT`.
    pub location: u32,
}

/// An entity path, leaf first as HPI stores it; printed root first in OpenHPI's form
/// `{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,3}{PICMG_FRONT_BLADE,0}`.
///
/// Invariant: at most [`EntityPath::LENGTH_MAX`] entities; the terminating `SAHPI_ENT_ROOT` is not stored.
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
}

impl fmt::Display for EntityPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entity in self.0.iter().rev() {
            write!(f, "{{{},{}}}", entity.kind, entity.location)?;
        }
        Ok(())
    }
}
