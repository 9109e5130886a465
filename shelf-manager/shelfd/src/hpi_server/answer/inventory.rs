//! Inventories.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, control, inventory, reply, rewrite};
use hpi_domain::{InventoryCall, ResourceCall, Told, UserCall};
use hpi_model::HpiError;
use openhpi_wire::function::*;
use openhpi_wire::types::IdrField;

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
    IdrAreaAdd(it, call) => {
        change(it, call, inventory::area_add(call.area_type, None), |id| id)
    };
    IdrAreaAddById(it, call) => {
        change(it, call, inventory::area_add(call.area_type, Some(call.area)), drop)
    };
    IdrAreaDelete(it, call) => change(it, call, inventory::area_delete(call.area), drop);
    IdrFieldAdd(it, call) => {
        let added = with_id(&call.field);
        change(it, call, inventory::field_add(&call.field, false), added)
    };
    IdrFieldAddById(it, call) => {
        let added = with_id(&call.field);
        change(it, call, inventory::field_add(&call.field, true), added)
    };
    IdrFieldSet(it, call) => change(it, call, inventory::field_set(&call.field), drop);
    IdrFieldDelete(it, call) => {
        change(it, call, inventory::field_delete(call.area, call.field), drop)
    };
}

/// The field that was added, with the id that it got.
fn with_id(field: &IdrField) -> impl FnOnce(u32) -> IdrField + Send + 'static {
    let field = field.clone();
    move |id| IdrField {
        field: id,
        read_only: false,
        ..field
    }
}

/// A function that changes an inventory.
trait Changing: Function {
    /// Of which resource, and which of its inventories.
    fn inventory(&self) -> (u32, u32);
}

macro_rules! changing {
    ($($name:ident)*) => { $(
        impl Changing for $name {
            fn inventory(&self) -> (u32, u32) {
                (self.resource, self.idr)
            }
        }
    )* };
}

changing! {
    IdrAreaAdd IdrAreaAddById IdrAreaDelete IdrFieldAdd IdrFieldAddById IdrFieldSet IdrFieldDelete
}

/// Has a change carried out: by the domain, or by the controller that has the inventory. `told`
/// makes the reply out of the id of what was changed.
fn change<F: Changing>(
    it: &Asked<'_>,
    call: &F,
    asked: Result<InventoryCall, HpiError>,
    told: impl FnOnce(u32) -> F::Reply + Send + 'static,
) -> Outcome {
    let found = asked.and_then(|asked| {
        let owner = inventory::owner(it.view, call.inventory())?;
        owner.inventory.permits(&asked)?;
        Ok((asked, owner))
    });
    let (asked, owner) = match found {
        Ok(found) => found,
        Err(why) => return it.say(call, Err(why)),
    };
    let (order, resource) = (it.order, owner.rpt.resource);
    let Some(fru) = owner.fru else {
        let user = UserCall::Resource(resource, ResourceCall::Inventory(asked));
        return it.log_then::<F>(user, |done| {
            told(if let Told::Entry(id) = done { id } else { 0 })
        });
    };
    let change = rewrite::Change {
        session: it.session,
        order,
        resource,
        fru,
        call: asked,
        told: Box::new(move |id| reply::<F>(order, &Ok(told(id)))),
    };
    rewrite::start(it.view.edits, control::target(fru.address), change)
}
