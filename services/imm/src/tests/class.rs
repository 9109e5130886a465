//! Class definitions.

use super::*;
use crate::{Attribute, Category, Class, Flags};
use ais::imm::ValueType;
use alloc::vec;

fn attribute(name: &str, flags: Flags) -> Attribute {
    Attribute {
        name: name.into(),
        value_type: ValueType::Name,
        flags,
        default: None,
    }
}

fn class(category: Category, attributes: Vec<Attribute>) -> Class {
    Class {
        name: "C".into(),
        category,
        attributes,
    }
}

/// Checks a configuration class with a naming attribute and one more.
fn refused(flags: Flags, default: Option<Value>, words: &str) {
    let naming = attribute("c", Flags::RDN | Flags::CONFIG);
    let other = Attribute {
        default,
        ..attribute("x", flags)
    };
    let fault = class(Category::Config, vec![naming, other])
        .check()
        .unwrap_err();
    let text = format!("{fault}");
    assert!(text.contains(words), "{text} has no {words}");
    assert_eq!(fault.code(), AisError::InvalidParam);
}

#[test]
fn refused_attributes() {
    let value = || Some(Value::Name("a=b".into()));
    let config = Flags::CONFIG;
    let runtime = Flags::RUNTIME;
    refused(Flags::NONE, None, "either");
    refused(config | runtime, None, "either");
    refused(config | Flags::CACHED, None, "neither cached");
    refused(config | Flags::PERSISTENT, None, "neither cached");
    refused(runtime | Flags::WRITABLE, None, "neither writable");
    refused(runtime | Flags::INITIALIZED, None, "neither writable");
    refused(config | Flags::NO_DUPLICATES, None, "one value only");
    refused(config | Flags::DN, None, "not a string");
    refused(config | Flags::STRONG_DEFAULT, None, "no default");
    refused(config, Some(Value::Int32(1)), "another type");
    refused(
        config | Flags::INITIALIZED,
        value(),
        "may not have a default",
    );
    refused(runtime, value(), "nobody keeps");
    refused(config | Flags::NO_DANGLING, value(), "dangling");
    refused(runtime | Flags::NO_DANGLING, None, "dangling");
    refused(config | Flags::RDN, None, "exactly one naming attribute");
}

#[test]
fn refused_classes() {
    let refused = |category, attributes: Vec<Attribute>, words: &str| {
        let fault = class(category, attributes).check().unwrap_err();
        assert!(format!("{fault}").contains(words), "{fault} has no {words}");
    };
    let naming = |flags| vec![attribute("c", Flags::RDN | flags)];
    let (config, runtime) = (Category::Config, Category::Runtime);
    refused(config, vec![], "exactly one naming attribute");
    refused(
        config,
        naming(Flags::RUNTIME | Flags::CACHED),
        "must be a configuration",
    );
    refused(runtime, naming(Flags::CONFIG), "in a runtime class");
    refused(runtime, naming(Flags::RUNTIME), "must be cached");
    refused(
        config,
        naming(Flags::CONFIG | Flags::WRITABLE),
        "cannot be changed",
    );
    refused(
        config,
        naming(Flags::CONFIG | Flags::MULTI_VALUE),
        "cannot be changed",
    );
    let twice = vec![
        attribute("c", Flags::RDN | Flags::CONFIG),
        attribute("c", Flags::CONFIG),
    ];
    refused(config, twice, "defined twice");
    refused(
        config,
        vec![attribute("a=b", Flags::RDN | Flags::CONFIG)],
        "characters",
    );
    let many = (0..=crate::ATTRIBUTES_MAX).map(|i| attribute(&format!("a{i}"), Flags::CONFIG));
    refused(config, many.collect(), "too many");
}

// A class is created once, and goes only when no object is left.
#[test]
fn classes_come_and_go() {
    let mut model = house();
    let new = class(
        Category::Config,
        vec![attribute("c", Flags::RDN | Flags::CONFIG)],
    );
    let create = Input::CreateClass { tag: 1, class: new };
    let delete = |name: &str| Input::DeleteClass {
        tag: 1,
        name: name.into(),
    };
    let mut code = |input: &Input| finish(apply(&mut model, input)).err().map(|(code, _)| code);
    assert_eq!(code(&create), None);
    assert_eq!(code(&create), Some(AisError::Exist));
    assert_eq!(code(&delete("C")), None);
    assert_eq!(code(&delete("C")), Some(AisError::NotExist));
    assert_eq!(code(&delete("Room")), Some(AisError::Busy));
}
