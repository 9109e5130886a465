//! Inventories.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, inventory};
use openhpi_wire::function::*;

answers! {
    IdrInfoGet(it, call) => it.say(call, inventory::info(it.view, (call.resource, call.idr)));
    IdrAreaHeaderGet(it, call) => it.say(call, inventory::area_header(
        it.view,
        (call.resource, call.idr),
        (call.area_type, call.area),
    ));
    IdrFieldGet(it, call) => it.say(call, inventory::field(
        it.view,
        (call.resource, call.idr),
        (call.area, call.field_type, call.field),
    ));
}

/// Declares functions that would change an inventory: what discovery read is not written.
macro_rules! read_only {
    ($($name:ident)*) => { $(
        impl Answered for $name {
            fn answer(&self, asked: &Asked<'_>) -> Outcome {
                let inventory = (self.resource, self.idr);
                asked.say(self, Err(inventory::read_only(asked.view, inventory)))
            }
        }
    )* };
}

read_only! {
    IdrAreaAdd IdrAreaAddById IdrAreaDelete IdrFieldAdd IdrFieldAddById IdrFieldSet IdrFieldDelete
}
