//! IPMI 2.0 and PICMG 3.0 on the wire: messages, SDR, SEL, FRU.
//!
//! Sans I/O, `no_std`. Sources: IPMI v2.0 rev. 1.1; PICMG 3.0 R3.0.
#![no_std]

extern crate alloc;

pub mod command;
pub mod description;
pub mod fru;
pub mod hpm;
pub mod ipmb;
pub mod ipmb_state;
pub mod message;
pub mod names;
pub mod pet;
pub mod port;
pub mod sdr;
pub mod sel;
pub mod text;
pub mod wire;

#[cfg(test)]
mod tests;
