//! OpenHPI's client–daemon protocol, as Debian's HPI clients speak it.
//!
//! [`frame`] cuts a byte stream into messages, [`function`] has one description of each call and of
//! its reply, [`types`] are the structures of `SaHpi.h` in the order in which they travel.
//!
//! The numbers are as the caller sent them: what an enumeration allows, and which error a value
//! outside of it gets, is decided by whoever carries the call out. Only what cannot be cut into
//! fields is refused here.
//!
//! Source: openhpi 3.8.0, `transport/strmsock.cpp`, `marshal/`; SAI-HPI-B.03.02, `SaHpi.h`.
#![no_std]

extern crate alloc;

mod changes;
mod field;
mod float;
pub mod frame;
pub mod function;
pub mod types;

pub use changes::changes;
pub use field::{ByteOrder, Field, Malformed, Reader, Writer};
pub use float::Float64;

#[cfg(test)]
mod tests;
