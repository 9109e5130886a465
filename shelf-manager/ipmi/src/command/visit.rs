//! Every command there is, for what holds for all of them.

use super::{
    Command, app, chassis, firewall, hpm, oem, payload, pef, picmg, sensor, session, storage,
    transport, user, watchdog,
};
use core::fmt::Debug;

/// Sees one command after the other.
pub trait Visitor {
    /// One command, and the name of its request.
    fn command<C: Command + Debug + PartialEq>(&mut self, name: &'static str)
    where
        C::Response: Debug + PartialEq;
}

/// Shows each command to `visitor`; a test holds it against the sources.
pub fn visit_all(visitor: &mut impl Visitor) {
    app::visit(visitor);
    chassis::visit(visitor);
    firewall::visit(visitor);
    hpm::visit(visitor);
    oem::visit(visitor);
    payload::visit(visitor);
    pef::visit(visitor);
    picmg::visit(visitor);
    sensor::visit(visitor);
    session::visit(visitor);
    storage::visit(visitor);
    transport::visit(visitor);
    user::visit(visitor);
    watchdog::visit(visitor);
}
