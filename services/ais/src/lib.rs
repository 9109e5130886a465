//! The words that all AIS services share: return codes, names, states, hand-overs between them.
//!
//! Enumerations carry the numbers of the C ABI (`saAis.h`, `saAmf.h`, `saClm.h`, `saPlm.h`).
#![no_std]

extern crate alloc;

pub mod amf;
pub mod clm;
mod error;
pub mod imm;
mod name;
pub mod node;
pub mod ntf;
pub mod plm;

pub use error::AisError;
pub use name::{Dn, DnError};
