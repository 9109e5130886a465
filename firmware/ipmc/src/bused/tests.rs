//! Scenarios: who asks for which resource, and who drives it in the end.

use super::*;
use alloc::vec;
use ipmi::command::picmg::bused::{BUS_FREE, FORCE, QUERY, RELEASE};

fn request(command: u8, resource: u8) -> Request {
    BusedResourceControl { command, resource }.request()
}

/// The shelf manager's order; its status or the refusal, and what follows.
fn order(resources: &mut Resources, command: u8) -> (Result<u8, u8>, Vec<Effect>) {
    let mut effects = Vec::new();
    let order = BusedResourceControl {
        command,
        resource: 2,
    };
    let done = resources.order(&order, &mut effects);
    (
        done.map(|answer| answer.status).map_err(|code| code.0),
        effects,
    )
}

/// The payload wants resource 2 and the shelf manager answers.
fn want(resources: &mut Resources, status: Option<u8>) -> Vec<Effect> {
    let mut effects = Vec::new();
    resources.want(2, &mut effects);
    assert_eq!(effects, [ask(bused::REQUEST, 2)]);
    effects.clear();
    answer(resources, status, &mut effects);
    effects
}

fn answer(resources: &mut Resources, status: Option<u8>, effects: &mut Vec<Effect>) {
    let response =
        status.map(|status| BusedResourceControl::respond(&BusedResourceStatus { status }));
    resources.answered(&request(bused::REQUEST, 2), response.as_ref(), effects);
}

#[test]
fn granted_used_and_given_back() {
    let mut resources = Resources::default();
    assert_eq!(order(&mut resources, QUERY), (Ok(1), vec![]));
    assert_eq!(want(&mut resources, Some(0)), [drive(2, true)]);
    assert_eq!(order(&mut resources, QUERY), (Ok(0), vec![]));
    // What it has already is not asked for again.
    let mut effects = vec![];
    resources.want(2, &mut effects);
    assert_eq!(effects, []);
    // Released once the payload is done with it.
    assert_eq!(order(&mut resources, RELEASE), (Ok(0), vec![]));
    resources.done(2, &mut effects);
    assert_eq!(effects, [drive(2, false), ask(bused::RELINQUISH, 2)]);
    assert_eq!(order(&mut resources, RELEASE), (Ok(2), vec![]));
}

#[test]
fn deferred_until_the_bus_is_free() {
    let mut resources = Resources::default();
    assert_eq!(order(&mut resources, BUS_FREE), (Ok(1), vec![]));
    assert_eq!(want(&mut resources, Some(2)), []);
    assert_eq!(
        order(&mut resources, BUS_FREE),
        (Ok(0), vec![drive(2, true)])
    );
}

#[test]
fn forced_off() {
    let mut resources = Resources::default();
    assert_eq!(order(&mut resources, FORCE), (Ok(1), vec![]));
    want(&mut resources, Some(0));
    assert_eq!(order(&mut resources, FORCE), (Ok(0), vec![drive(2, false)]));
    assert_eq!(order(&mut resources, QUERY), (Ok(1), vec![]));
}

/// Busy, denied or no answer at all: nothing is driven, and it can be asked for again.
#[test]
fn not_granted() {
    for status in [Some(1), Some(3), None] {
        let mut resources = Resources::default();
        assert_eq!(want(&mut resources, status), [], "{status:?}");
        assert_eq!(want(&mut resources, Some(0)), [drive(2, true)]);
    }
}

/// The payload gave up before the grant came: the shelf manager gets the resource back.
#[test]
fn granted_too_late() {
    let mut resources = Resources::default();
    let mut effects = vec![];
    resources.want(2, &mut effects);
    resources.done(2, &mut effects);
    effects.clear();
    answer(&mut resources, Some(0), &mut effects);
    assert_eq!(effects, [ask(bused::RELINQUISH, 2)]);
    assert_eq!(resources, Resources::default());
}

#[test]
fn what_does_not_exist_is_refused() {
    let mut resources = Resources::default();
    assert_eq!(order(&mut resources, 4).0, Err(0xcc));
    let order = BusedResourceControl {
        command: QUERY,
        resource: 5,
    };
    let refused = resources.order(&order, &mut vec![]);
    assert_eq!(refused, Err(CompletionCode::INVALID_FIELD));
    let mut effects = vec![];
    resources.want(5, &mut effects);
    resources.done(5, &mut effects);
    assert_eq!(effects, []);
}
