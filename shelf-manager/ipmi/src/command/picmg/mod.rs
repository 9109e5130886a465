//! PICMG commands: AdvancedTCA's own, by theme. Those of HPM.1 (2Eh–38h) have their own module.
//!
//! Source: PICMG 3.0 R3.0, command table.

mod address;
mod ekey;
mod fan;
mod fru;
mod ipmb;
mod led;
mod microtca;
mod power;

pub use address::*;
pub use ekey::*;
pub use fan::*;
pub use fru::*;
pub use ipmb::*;
pub use led::*;
pub use microtca::*;
pub use power::*;

/// Shows each command to `visitor`.
pub(crate) fn visit(visitor: &mut impl crate::command::Visitor) {
    address::visit(visitor);
    ekey::visit(visitor);
    fan::visit(visitor);
    fru::visit(visitor);
    ipmb::visit(visitor);
    led::visit(visitor);
    microtca::visit(visitor);
    power::visit(visitor);
}

#[cfg(test)]
mod tests;
