//! CCBs.

use super::*;
use ModificationType::{Add, Delete, Replace};
use alloc::string::ToString;
use alloc::vec;

fn name(text: &str) -> Value {
    Value::Name(text.into())
}

fn string(text: &str) -> Value {
    Value::String(text.into())
}

/// Checks that the operations are refused with the code and a text that holds `words`, and change
/// nothing.
fn refused(operations: Vec<Operation>, code: AisError, words: &str) {
    let mut model = house();
    let before = model.clone();
    let refusal = model.prepare(&operations).unwrap_err();
    let reply = ccb(&mut model, operations).unwrap_err();
    assert_eq!(reply, (refusal.code, refusal.text));
    assert_eq!(reply.0, code, "{}", reply.1);
    assert!(reply.1.contains(words), "{} has no {words}", reply.1);
    assert_eq!(model, before);
}

// Creations come parents first with their defaults, then modifications, then deletions children
// first.
#[test]
fn changes_come_in_order() {
    let mut model = house();
    ccb(
        &mut model,
        vec![create("room=box,room=attic,house=H", "Room", &[floor()])],
    )
    .unwrap();
    let changes = ccb(
        &mut model,
        vec![
            delete("room=attic,house=H"),
            modify("room=hall,house=H", Replace, "colour", &[string("red")]),
            create("room=kitchen,house=H", "Room", &[floor()]),
            create("room=larder,room=kitchen,house=H", "Room", &[floor()]),
        ],
    )
    .unwrap();
    let short: Vec<_> = changes
        .iter()
        .map(|change| match change {
            Change::Create(object) => format!("create {}", object.dn),
            Change::Modify { dn, .. } => format!("modify {dn}"),
            Change::Delete { dn, .. } => format!("delete {dn}"),
        })
        .collect();
    assert_eq!(
        short,
        [
            "create room=kitchen,house=H",
            "create room=larder,room=kitchen,house=H",
            "modify room=hall,house=H",
            "delete room=box,room=attic,house=H",
            "delete room=attic,house=H",
        ]
    );
    let Change::Create(kitchen) = &changes[0] else {
        panic!("the kitchen is created first");
    };
    assert_eq!(kitchen.text("colour"), Some("white"));
    assert_eq!(kitchen.first("degrees"), Some(&Value::Int32(20)));
    assert_eq!(kitchen.number("locked"), Some(0));
    assert_eq!(model.children(Some(&dn("house=H"))).count(), 2);
}

// Add, delete and replace work on the values that earlier operations left.
#[test]
fn modifications_add_up() {
    let mut model = house();
    let hall = "room=hall,house=H";
    let changes = ccb(
        &mut model,
        vec![
            modify(hall, Add, "notes", &[string("a"), string("b"), string("a")]),
            modify(hall, Delete, "notes", &[string("a"), string("never there")]),
            modify(hall, Add, "notes", &[string("c")]),
            modify(hall, Replace, "degrees", &[]),
        ],
    )
    .unwrap();
    assert_eq!(
        model.object(&dn(hall)).unwrap().all("notes"),
        [string("b"), string("c")]
    );
    // The strong default came back, which it already was: no change.
    let Change::Modify { attributes, .. } = &changes[0] else {
        panic!("{changes:?}");
    };
    assert_eq!(attributes.keys().collect::<Vec<_>>(), ["notes"]);
    // Emptying says so to the service.
    let changes = ccb(&mut model, vec![modify(hall, Replace, "notes", &[])]).unwrap();
    let Change::Modify { attributes, .. } = &changes[0] else {
        panic!("{changes:?}");
    };
    assert_eq!(attributes["notes"], []);
    assert_eq!(
        model.object(&dn(hall)).unwrap().attributes.get("notes"),
        None
    );
}

// What has no net effect changes nothing.
#[test]
fn nothing_new_is_no_change() {
    let mut model = house();
    let same = modify("room=hall,house=H", Replace, "colour", &[string("white")]);
    assert_eq!(ccb(&mut model, vec![same]), Ok(vec![]));
    assert_eq!(ccb(&mut model, vec![]), Ok(vec![]));
}

// The object named may come later in the CCB, as names are checked at its end.
#[test]
fn names_are_checked_at_the_end() {
    let mut model = house();
    let operations = vec![
        modify(
            "room=hall,house=H",
            Add,
            "doors",
            &[name("room=new,house=H")],
        ),
        create("room=new,house=H", "Room", &[floor()]),
    ];
    assert_eq!(ccb(&mut model, operations).unwrap().len(), 2);
}

// An object may go together with the last name of it.
#[test]
fn a_named_object_goes_with_its_name() {
    let mut model = house();
    let operations = vec![
        modify("room=attic,house=H", Replace, "doors", &[]),
        delete("room=hall,house=H"),
    ];
    assert_eq!(ccb(&mut model, operations).unwrap().len(), 2);
}

#[test]
fn refused_creations() {
    let room = |name: &str, attributes: &[(&str, Value)]| vec![create(name, "Room", attributes)];
    let new = "room=new,house=H";
    let code = AisError::InvalidParam;
    // A class that nobody defined.
    refused(
        vec![create(new, "Cave", &[])],
        AisError::NotExist,
        "unknown class Cave",
    );
    // A class whose objects a service makes.
    refused(
        vec![create("person=P,house=H", "Person", &[])],
        code,
        "belong to a service",
    );
    // Twice the same.
    refused(
        room("room=hall,house=H", &[floor()]),
        AisError::Exist,
        "exists already",
    );
    let twice = [room(new, &[floor()]), room(new, &[floor()])].concat();
    refused(twice, AisError::Exist, "exists already");
    // Without the object above.
    refused(
        room("room=new,house=X", &[floor()]),
        AisError::NotExist,
        "house=X",
    );
    // Named by another attribute than the class's.
    refused(
        room("zimmer=new,house=H", &[floor()]),
        code,
        "begin with room=",
    );
}

#[test]
fn refused_values_of_creations() {
    let room = |name: &str, attributes: &[(&str, Value)]| vec![create(name, "Room", attributes)];
    let new = "room=new,house=H";
    let code = AisError::InvalidParam;
    // Without a value that it needs.
    refused(room(new, &[]), code, "floor of class Room needs a value");
    // With an attribute that the class does not have.
    let smell = ("smell", Value::Uint32(1));
    refused(
        room(new, &[floor(), smell]),
        AisError::NotExist,
        "\"smell\"",
    );
    // Of another type.
    refused(room(new, &[("floor", string("1"))]), code, "SA_UINT32_T");
    // With several values for one.
    refused(
        room(new, &[floor(), floor()]),
        code,
        "several values for floor",
    );
    // With equal values where none may be.
    let door = ("doors", name("room=hall,house=H"));
    refused(
        room(new, &[floor(), door.clone(), door]),
        code,
        "equal values",
    );
    // With the naming attribute, which is in the name.
    refused(
        room(new, &[floor(), ("room", string("new"))]),
        code,
        "name only",
    );
    // With an attribute that only lasts while its service runs.
    refused(
        room(new, &[floor(), ("light", Value::Uint32(1))]),
        code,
        "its service",
    );
    // Naming what does not exist, or no name at all.
    let nowhere = ("doors", name("room=nowhere,house=H"));
    refused(room(new, &[floor(), nowhere]), code, "room=nowhere,house=H");
    refused(
        room(new, &[floor(), ("doors", name("nowhere"))]),
        code,
        "bad name",
    );
}

// The state that outlives a restart may be given at creation, as model files of the field do.
#[test]
fn persistent_state_may_be_given_at_creation() {
    let mut model = house();
    let attributes = [("floor", Value::Uint32(1)), ("locked", Value::Uint32(1))];
    ccb(
        &mut model,
        vec![create("room=new,house=H", "Room", &attributes)],
    )
    .unwrap();
    assert_eq!(
        model
            .object(&dn("room=new,house=H"))
            .unwrap()
            .number("locked"),
        Some(1)
    );
}

#[test]
fn refused_modifications() {
    let hall = "room=hall,house=H";
    let code = AisError::InvalidParam;
    let change = |attribute, values: &[Value]| vec![modify(hall, Replace, attribute, values)];
    // What does not exist.
    let gone = vec![modify("room=gone,house=H", Replace, "colour", &[])];
    refused(gone, AisError::NotExist, "room=gone,house=H");
    refused(change("smell", &[]), AisError::NotExist, "\"smell\"");
    // What is fixed, or set by others.
    refused(change("floor", &[Value::Uint32(1)]), code, "fixed when");
    refused(change("locked", &[Value::Uint32(1)]), code, "its service");
    refused(change("room", &[string("x")]), code, "name only");
    // What does not fit.
    refused(change("degrees", &[Value::Uint32(1)]), code, "SA_INT32_T");
    refused(
        vec![modify(hall, Add, "colour", &[string("red")])],
        code,
        "several values",
    );
    refused(vec![modify(hall, Add, "notes", &[])], code, "no values");
    refused(vec![modify(hall, Delete, "notes", &[])], code, "no values");
    let door = modify(
        "room=attic,house=H",
        Add,
        "doors",
        &[name("room=hall,house=H")],
    );
    refused(vec![door], code, "equal values");
    refused(
        change("doors", &[name("room=x,house=H")]),
        code,
        "room=x,house=H",
    );
    // One bad operation aborts the good ones.
    let colour = modify(hall, Replace, "colour", &[string("red")]);
    refused(
        vec![colour, delete("room=x,house=H")],
        AisError::NotExist,
        "room=x",
    );
}

#[test]
fn refused_deletions() {
    let attic = "room=attic,house=H";
    let code = AisError::BadOperation;
    // What does not exist.
    refused(vec![delete("room=x,house=H")], AisError::NotExist, "room=x");
    // What another object names.
    refused(
        vec![delete("room=hall,house=H")],
        code,
        "doors of room=attic,house=H still names",
    );
    // What the same CCB touched, or will.
    let colour = || modify(attic, Replace, "colour", &[string("red")]);
    refused(vec![colour(), delete(attic)], code, "deleted and changed");
    refused(
        vec![colour(), delete("house=H")],
        code,
        "deleted and changed",
    );
    refused(vec![delete(attic), colour()], code, "deleted and changed");
    let box_room = create("room=box,room=attic,house=H", "Room", &[floor()]);
    refused(
        vec![box_room.clone(), delete(attic)],
        code,
        "deleted and changed",
    );
    refused(
        vec![box_room.clone(), delete("house=H")],
        code,
        "deleted and changed",
    );
    refused(
        vec![box_room, delete("room=box,room=attic,house=H")],
        code,
        "deleted and changed",
    );
    let again = create(attic, "Room", &[("floor", Value::Uint32(1))]);
    refused(vec![delete(attic), again], code, "deleted and changed");
}

// Deleting an object and then the one above it deletes each once.
#[test]
fn what_is_gone_may_go_with_the_rest() {
    let mut model = house();
    let operations = vec![delete("room=attic,house=H"), delete("house=H")];
    assert_eq!(ccb(&mut model, operations).unwrap().len(), 3);
}

// A great CCB is not slow out of proportion: deletions and creations do not search each other.
#[test]
fn a_great_ccb_is_fine() {
    let mut model = house();
    let half = crate::CCB_OPERATIONS_MAX / 2;
    let name = |i| format!("room=r{i},house=H");
    let rooms =
        |range: core::ops::Range<usize>| range.map(|i| create(&name(i), "Room", &[floor()]));
    assert_eq!(
        ccb(&mut model, rooms(0..half).collect()).unwrap().len(),
        half
    );
    let mut operations: Vec<_> = rooms(half..2 * half).collect();
    operations.extend((0..half).map(|i| delete(&name(i))));
    assert_eq!(ccb(&mut model, operations).unwrap().len(), 2 * half);
}

// The whole house goes, rooms that name each other included.
#[test]
fn a_subtree_goes_at_once() {
    let mut model = house();
    assert_eq!(ccb(&mut model, vec![delete("house=H")]).unwrap().len(), 3);
    assert_eq!(model.objects().count(), 0);
    assert_eq!(model.children(None).count(), 0);
}

// More operations than a CCB may have are refused before any is looked at.
#[test]
fn a_ccb_has_a_limit() {
    let many = vec![delete("house=H"); crate::CCB_OPERATIONS_MAX + 1];
    refused(
        many,
        AisError::NoResources,
        &crate::CCB_OPERATIONS_MAX.to_string(),
    );
}

// A replica that starts from a snapshot has the same model.
#[test]
fn a_snapshot_is_the_model() {
    let model = house();
    let bytes = postcard::to_allocvec(&model).unwrap();
    assert_eq!(postcard::from_bytes::<Imm>(&bytes).unwrap(), model);
}
