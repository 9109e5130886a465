//! What services say.

use super::*;
use ais::imm::{Object, Runtime};

fn say(model: &mut Imm, said: Runtime) -> Option<(AisError, String)> {
    match apply(model, &Input::Runtime(said)).pop() {
        Some(Effect::Refused(refusal)) => Some((refusal.code, refusal.text)),
        None => None,
        other => panic!("{other:?}"),
    }
}

fn attributes(pairs: &[(&str, Value)]) -> Attributes {
    let pair = |(name, value): &(&str, Value)| (String::from(*name), alloc::vec![value.clone()]);
    pairs.iter().map(pair).collect()
}

fn update(name: &str, pairs: &[(&str, Value)]) -> Runtime {
    Runtime::Update {
        dn: dn(name),
        attributes: attributes(pairs),
    }
}

fn object(name: &str, class: &str, pairs: &[(&str, Value)]) -> Runtime {
    Runtime::Create(Object {
        dn: dn(name),
        class: class.into(),
        attributes: attributes(pairs),
    })
}

const HALL: &str = "room=hall,house=H";

// States of configuration objects are kept; only those that outlive a restart are persistent.
#[test]
fn states_are_kept() {
    let mut model = house();
    let states = [("light", Value::Uint32(1)), ("locked", Value::Uint32(1))];
    assert_eq!(say(&mut model, update(HALL, &states)), None);
    let hall = model.object(&dn(HALL)).unwrap();
    assert_eq!(
        (hall.number("light"), hall.number("locked")),
        (Some(1), Some(1))
    );
    let lasting = model
        .persistent_objects()
        .find(|object| object.dn == dn(HALL))
        .unwrap();
    assert_eq!(
        (lasting.number("light"), lasting.number("locked")),
        (None, Some(1))
    );
}

// One attribute that does not fit does not hide the others.
#[test]
fn a_misfit_is_left_out() {
    let mut model = house();
    let states = [("humidity", Value::Uint32(1)), ("light", Value::Uint32(1))];
    let (code, text) = say(&mut model, update(HALL, &states)).unwrap();
    assert_eq!(code, AisError::NotExist);
    assert!(text.contains("humidity"), "{text}");
    assert_eq!(model.object(&dn(HALL)).unwrap().number("light"), Some(1));
    let wrong = update(HALL, &[("light", Value::String("on".into()))]);
    assert_eq!(say(&mut model, wrong).unwrap().0, AisError::InvalidParam);
    let configured = update(HALL, &[("colour", Value::String("red".into()))]);
    assert_eq!(
        say(&mut model, configured).unwrap().0,
        AisError::InvalidParam
    );
    assert_eq!(
        model.object(&dn(HALL)).unwrap().text("colour"),
        Some("white")
    );
}

// Runtime objects come, go with all below them, and are gone from what is persistent.
#[test]
fn runtime_objects_come_and_go() {
    let mut model = house();
    let before = model.clone();
    let mood = [("mood", Value::String("fine".into()))];
    assert_eq!(
        say(
            &mut model,
            object("person=P,room=hall,house=H", "Person", &mood)
        ),
        None
    );
    assert_eq!(model.persistent_objects().count(), 3);
    assert_eq!(
        say(&mut model, object("lease=L,house=H", "Lease", &[])),
        None
    );
    assert_eq!(model.persistent_objects().count(), 4);
    // A configuration object may not stand below a service's, nor a lasting object below a
    // short-lived one.
    let room = "room=x,person=P,room=hall,house=H";
    let below = create(room, "Room", &[floor()]);
    assert_eq!(
        ccb(&mut model, alloc::vec![below]).unwrap_err().0,
        AisError::NotExist
    );
    let lease = object("lease=M,person=P,room=hall,house=H", "Lease", &[]);
    assert_eq!(say(&mut model, lease).unwrap().0, AisError::NotExist);
    // Operators cannot delete it.
    let gone = delete("person=P,room=hall,house=H");
    assert_eq!(
        ccb(&mut model, alloc::vec![gone]).unwrap_err().0,
        AisError::BadOperation
    );
    assert_eq!(
        say(
            &mut model,
            Runtime::Delete(dn("person=P,room=hall,house=H"))
        ),
        None
    );
    assert_eq!(
        say(
            &mut model,
            Runtime::Delete(dn("person=P,room=hall,house=H"))
        ),
        None
    );
    assert_eq!(
        say(&mut model, Runtime::Delete(dn("lease=L,house=H"))),
        None
    );
    assert_eq!(model, before);
}

#[test]
fn refused_runtime_objects() {
    let mut model = house();
    let before = model.clone();
    let mut code = |said| say(&mut model, said).unwrap().0;
    // Of no class, of a class of the configuration.
    assert_eq!(code(object("ghost=G", "Ghost", &[])), AisError::NotExist);
    assert_eq!(
        code(object("house=I", "House", &[])),
        AisError::InvalidParam
    );
    // Below nothing, by another name, twice.
    assert_eq!(
        code(object("person=P,house=X", "Person", &[])),
        AisError::NotExist
    );
    assert_eq!(
        code(object("mensch=P,house=H", "Person", &[])),
        AisError::InvalidParam
    );
    assert_eq!(code(update("house=X", &[])), AisError::NotExist);
    // What operators made stays.
    assert_eq!(code(Runtime::Delete(dn(HALL))), AisError::InvalidParam);
    assert_eq!(model, before);
}
