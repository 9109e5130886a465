//! HPI's words: entity paths, resources, records and events, and the hand-overs to and from PLM.
//!
//! Source: SAI-HPI-B.03.02, `SaHpi.h`; numbers are the C ABI. No floats here: readings are millionths.
#![no_std]

extern crate alloc;

pub mod handover;
mod hotswap;
mod path;

pub use hotswap::HotSwapState;
pub use path::{Entity, EntityPath, EntityPathError};
