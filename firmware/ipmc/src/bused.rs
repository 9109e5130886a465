//! Bused resources, seen from the board: test buses and synchronization clocks, which one board at
//! a time may drive.
//!
//! Source: PICMG 3.0 R3.0, Bused Resource Control.
//! Invariant: the board drives a resource only while it has been granted control.

use crate::SHELF_MANAGER;
use crate::interface::{Effect, Hardware};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::picmg::{BusedResourceControl, BusedResourceStatus, bused};
use ipmi::message::{CompletionCode, Request, Response};
use serde::{Deserialize, Serialize};

/// Answers of a board.
const YES: u8 = 0;
const NO: u8 = 1;
/// Release: it has no control.
const NO_CONTROL: u8 = 2;

/// Answers of the shelf manager to Request.
const GRANTED: u8 = 0;
const DEFERRED: u8 = 2;

/// What a board has to do with one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Hold {
    #[default]
    Nothing,
    /// The payload wants it, and the shelf manager was asked.
    Asked,
    /// The shelf manager says when it is free.
    Deferred,
    InControl,
}

/// All resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resources([Hold; bused::RESOURCES as usize]);

impl Resources {
    /// Bused Resource Control, shelf manager to board.
    ///
    /// Choice: a request to release is never refused; the resource is given back as soon as the
    /// payload is done with it, which it says itself.
    pub(crate) fn order(
        &mut self,
        order: &BusedResourceControl,
        effects: &mut Vec<Effect>,
    ) -> Result<BusedResourceStatus, CompletionCode> {
        let resource = order.resource;
        let hold = self.hold(resource).ok_or(CompletionCode::INVALID_FIELD)?;
        let is_mine = *hold == Hold::InControl;
        let status = match (order.command, *hold) {
            (bused::QUERY, _) => u8::from(!is_mine),
            (bused::RELEASE, _) => match is_mine {
                true => YES,
                false => NO_CONTROL,
            },
            (bused::FORCE, Hold::InControl) => {
                *hold = Hold::Nothing;
                effects.push(drive(resource, false));
                YES
            }
            (bused::BUS_FREE, Hold::Deferred) => {
                *hold = Hold::InControl;
                effects.push(drive(resource, true));
                YES
            }
            (bused::FORCE | bused::BUS_FREE, _) => NO,
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        Ok(BusedResourceStatus { status })
    }

    /// The payload wants to use a resource.
    pub(crate) fn want(&mut self, resource: u8, effects: &mut Vec<Effect>) {
        let Some(hold) = self.hold(resource) else {
            return;
        };
        if *hold == Hold::Nothing {
            *hold = Hold::Asked;
            effects.push(ask(bused::REQUEST, resource));
        }
    }

    /// The payload is done with a resource, or does not want it any more.
    pub(crate) fn done(&mut self, resource: u8, effects: &mut Vec<Effect>) {
        let Some(hold) = self.hold(resource) else {
            return;
        };
        if core::mem::take(hold) == Hold::InControl {
            effects.push(drive(resource, false));
            effects.push(ask(bused::RELINQUISH, resource));
        }
    }

    /// All resources are given back.
    pub(crate) fn clear(&mut self, effects: &mut Vec<Effect>) {
        for resource in 0..bused::RESOURCES {
            self.done(resource, effects);
        }
    }

    /// The shelf manager answered. No answer counts as a denial: the payload asks again.
    pub(crate) fn answered(
        &mut self,
        request: &Request,
        response: Option<&Response>,
        effects: &mut Vec<Effect>,
    ) {
        let Ok(asked) = BusedResourceControl::read_request(request) else {
            return;
        };
        let answer =
            response.and_then(|response| BusedResourceControl::read_response(response).ok());
        let Some(hold) = self.hold(asked.resource) else {
            return;
        };
        if asked.command != bused::REQUEST {
            return;
        }
        match (*hold, answer.map(|answer| answer.status)) {
            (Hold::Asked, Some(GRANTED)) => {
                *hold = Hold::InControl;
                effects.push(drive(asked.resource, true));
            }
            (Hold::Asked, Some(DEFERRED)) => *hold = Hold::Deferred,
            (Hold::Asked, _) => *hold = Hold::Nothing,
            // Granted too late: the payload does not want it any more.
            (Hold::Nothing, Some(GRANTED)) => effects.push(ask(bused::RELINQUISH, asked.resource)),
            (Hold::Nothing | Hold::Deferred | Hold::InControl, _) => (),
        }
    }

    fn hold(&mut self, resource: u8) -> Option<&mut Hold> {
        self.0.get_mut(usize::from(resource))
    }
}

fn drive(resource: u8, drive: bool) -> Effect {
    Effect::Hardware(Hardware::Resource { resource, drive })
}

fn ask(command: u8, resource: u8) -> Effect {
    Effect::Request {
        to: SHELF_MANAGER,
        request: BusedResourceControl { command, resource }.request(),
    }
}

#[cfg(test)]
mod tests;
