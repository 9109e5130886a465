//! Administrative operations: who waits for which answer, and until when.
//!
//! Source: SAI-AIS-IMM-A.02.01 §4.9.

use crate::{Effect, Imm, Input};
use ais::AisError;
use ais::imm::{AdminOperation, AdminResult};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use machine::{Pos, Time};
use serde::{Deserialize, Serialize};

/// Most administrative operations that are waited for at one time.
pub const PENDING_MAX: usize = 1024;
/// Most parameters of one operation.
pub const PARAMETERS_MAX: usize = 64;
/// How long the result of an operation is waited for, unless the caller says otherwise.
/// Choice: what the tools of the field wait for.
pub const ADMIN_TIMEOUT_MS: u32 = 60_000;

/// An operation whose result is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) tag: u64,
    pub(crate) deadline: Time,
}

impl Imm {
    /// Passes an operation on, or answers at once why not. Other inputs than `Invoke` change
    /// nothing.
    pub(crate) fn invoke(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let Input::Invoke {
            tag,
            object,
            operation,
            parameters,
            timeout_ms,
        } = input
        else {
            return;
        };
        let refusal = if !self.objects.contains_key(object) {
            Some((
                AisError::NotExist,
                format!("object {object} does not exist"),
            ))
        } else if parameters.len() > PARAMETERS_MAX {
            let text = format!("more than {PARAMETERS_MAX} parameters");
            Some((AisError::InvalidParam, text))
        } else if self.pending.len() >= PENDING_MAX {
            let text = format!("{PENDING_MAX} operations are under way already");
            Some((AisError::TryAgain, text))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            let (tag, result) = (*tag, Err(refusal));
            effects.push(Effect::Reply { tag, result });
            return;
        }
        let timeout = Duration::from_millis(timeout_ms.unwrap_or(ADMIN_TIMEOUT_MS).into());
        let deadline = at.time.after(timeout);
        self.invocation_last += 1;
        let invocation = self.invocation_last;
        self.pending.insert(
            invocation,
            Pending {
                tag: *tag,
                deadline,
            },
        );
        effects.push(Effect::Admin(AdminOperation {
            invocation,
            object: object.clone(),
            operation: *operation,
            parameters: parameters.clone(),
        }));
    }

    /// Answers the client; a result that nobody waits for any more is dropped.
    pub(crate) fn result(&mut self, result: &AdminResult, effects: &mut Vec<Effect>) {
        if let Some(pending) = self.pending.remove(&result.invocation) {
            effects.push(Effect::Reply {
                tag: pending.tag,
                result: result.result.clone(),
            });
        }
    }

    /// Gives up on operations whose time has come. The operation itself may still go on.
    pub(crate) fn expire(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        self.pending.retain(|_, pending| {
            let is_over = pending.deadline <= at.time;
            if is_over {
                let text = String::from("no result in time; the operation may still go on");
                effects.push(Effect::Reply {
                    tag: pending.tag,
                    result: Err((AisError::Timeout, text)),
                });
            }
            !is_over
        });
    }
}
