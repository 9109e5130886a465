//! Administrative operations.

use super::*;
use crate::{ADMIN_TIMEOUT_MS, PARAMETERS_MAX, PENDING_MAX};
use ais::imm::{AdminOperation, AdminResult};
use alloc::collections::BTreeMap;
use alloc::vec;

fn invoke(tag: u64, timeout_ms: Option<u32>) -> Input {
    Input::Invoke {
        tag,
        object: dn("house=H"),
        operation: 7,
        parameters: BTreeMap::new(),
        timeout_ms,
    }
}

fn reply(tag: u64, result: Result<(), (AisError, String)>) -> Effect {
    Effect::Reply { tag, result }
}

/// The codes of the replies, by tag.
fn codes(effects: &[Effect]) -> Vec<(u64, Option<AisError>)> {
    let code = |effect: &Effect| match effect {
        Effect::Reply { tag, result } => (*tag, result.as_ref().err().map(|(code, _)| *code)),
        other => panic!("{other:?}"),
    };
    effects.iter().map(code).collect()
}

// The service gets the operation, the client the service's answer, once.
#[test]
fn an_answer_goes_to_who_asked() {
    let mut model = house();
    let operation = |invocation| {
        Effect::Admin(AdminOperation {
            invocation,
            object: dn("house=H"),
            operation: 7,
            parameters: BTreeMap::new(),
        })
    };
    assert_eq!(apply(&mut model, &invoke(50, None)), [operation(1)]);
    assert_eq!(apply(&mut model, &invoke(51, None)), [operation(2)]);
    let failed = Err((AisError::BadOperation, String::from("not now")));
    let result = |invocation, result| Input::Result(AdminResult { invocation, result });
    assert_eq!(
        apply(&mut model, &result(2, failed.clone())),
        [reply(51, failed)]
    );
    assert_eq!(apply(&mut model, &result(1, Ok(()))), [reply(50, Ok(()))]);
    assert_eq!(apply(&mut model, &result(1, Ok(()))), []);
    assert_eq!(model.deadline(), None);
}

// Nobody waits for ever; an answer that comes later is dropped.
#[test]
fn waiting_ends() {
    let mut model = house();
    apply_at(&mut model, 10, &invoke(1, None));
    apply_at(&mut model, 10, &invoke(2, Some(5000)));
    assert_eq!(model.deadline(), Some(at(15).time));
    assert_eq!(apply_at(&mut model, 14, &Input::Tick), []);
    let late = apply_at(&mut model, 15, &Input::Tick);
    assert_eq!(codes(&late), [(2, Some(AisError::Timeout))]);
    let default = 10 + u64::from(ADMIN_TIMEOUT_MS) / 1000;
    assert_eq!(model.deadline(), Some(at(default).time));
    let late = apply_at(&mut model, default, &Input::Tick);
    assert_eq!(codes(&late), [(1, Some(AisError::Timeout))]);
    let result = AdminResult {
        invocation: 1,
        result: Ok(()),
    };
    assert_eq!(apply(&mut model, &Input::Result(result)), []);
}

#[test]
fn refused_operations() {
    let mut model = house();
    // On an object that does not exist.
    let nowhere = Input::Invoke {
        tag: 1,
        object: dn("house=X"),
        operation: 1,
        parameters: BTreeMap::new(),
        timeout_ms: None,
    };
    assert_eq!(
        codes(&apply(&mut model, &nowhere)),
        [(1, Some(AisError::NotExist))]
    );
    // With too many parameters.
    let parameters = (0..=PARAMETERS_MAX)
        .map(|i| (format!("{i}"), Value::Int32(0)))
        .collect();
    let wordy = Input::Invoke {
        tag: 2,
        object: dn("house=H"),
        operation: 1,
        parameters,
        timeout_ms: None,
    };
    assert_eq!(
        codes(&apply(&mut model, &wordy)),
        [(2, Some(AisError::InvalidParam))]
    );
    // While too many are under way.
    for tag in 0..PENDING_MAX as u64 {
        apply(&mut model, &invoke(tag, None));
    }
    assert_eq!(
        codes(&apply(&mut model, &invoke(3, None))),
        [(3, Some(AisError::TryAgain))]
    );
    assert_eq!(vec![model.pending.len()], [PENDING_MAX]);
}
