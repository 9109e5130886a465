//! Hot swap of one FRU, seen from the FRU: the states M0–M6 between insertion and removal.
//!
//! M7 is the shelf manager's word for a FRU that does not answer; the FRU itself is never in it.
//!
//! Source: PICMG 3.0 R3.0, FRU states and transitions; FRU Hot Swap sensor (type F0h).
//! Invariant: payload power is wanted only in M3, M4 and M5; a module has it only while its carrier
//! works.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// State of a FRU. Source: PICMG 3.0 R3.0, FRU states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HotSwapState {
    /// M0: not installed, or without management power.
    NotInstalled = 0,
    /// M1: no payload power, none asked for.
    Inactive = 1,
    /// M2: asks to be activated.
    ActivationRequest = 2,
    /// M3: payload power comes up.
    ActivationInProgress = 3,
    /// M4: works.
    Active = 4,
    /// M5: asks to be deactivated.
    DeactivationRequest = 5,
    /// M6: payload power goes down.
    DeactivationInProgress = 6,
}

/// Why a state changed. Source: PICMG 3.0 R3.0, cause of state change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// It had to come.
    Normal = 0,
    /// The shelf manager commanded it.
    Command = 1,
    /// The handle was moved.
    Handle = 2,
    /// It was pulled out while it worked.
    SurpriseExtraction = 6,
    /// It had to go down without being asked.
    UnexpectedDeactivation = 9,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Management power came.
    ManagementPower,
    /// The handle was opened.
    HandleOpened,
    /// The handle was closed.
    HandleClosed,
    /// Set FRU Activation, activate: also how a request to deactivate is refused.
    Activated,
    /// Set FRU Activation, deactivate.
    Deactivated,
    /// Payload power is up.
    PayloadUp,
    /// Payload power is down.
    PayloadDown,
    /// Set FRU Activation Policy set the Locked bit.
    Locked,
    /// Set FRU Activation Policy cleared the Locked bit.
    Unlocked,
    /// Set FRU Activation Policy set the Deactivation-Locked bit.
    DeactivationLocked,
    /// Set FRU Activation Policy cleared the Deactivation-Locked bit.
    DeactivationUnlocked,
    /// The carrier of this module works.
    CarrierUp,
    /// The carrier of this module is about to lose its payload power.
    CarrierDown,
    /// This module was pulled out.
    Extracted,
}

/// What must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the event receiver.
    SendEvent {
        /// State before.
        previous: HotSwapState,
        /// State now.
        current: HotSwapState,
        /// Why.
        cause: Cause,
    },
    /// Payload power is wanted, or not.
    SetPayload(bool),
}

/// There is no such edge in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEdge {
    /// The state.
    pub state: HotSwapState,
    /// What happened in it.
    pub input: Input,
}

/// Hot swap of one FRU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotSwap {
    /// State now.
    pub state: HotSwapState,
    /// Whether the handle is open.
    pub handle_open: bool,
    /// Locked bit of the activation policy: stay in M1.
    pub locked: bool,
    /// Deactivation-Locked bit of the activation policy: stay in M4.
    pub deactivation_locked: bool,
    /// Whether it stays in M1 because its carrier does not work.
    ///
    /// Choice: a module asks for nothing before its carrier is in M4, as it could not get payload
    /// power, and goes down with it.
    pub held: bool,
}

impl HotSwap {
    /// A FRU without management power.
    #[must_use]
    pub fn new(handle_open: bool) -> Self {
        Self {
            state: HotSwapState::NotInstalled,
            handle_open,
            locked: false,
            deactivation_locked: false,
            held: false,
        }
    }

    /// A FRU that works already.
    #[must_use]
    pub fn active() -> Self {
        Self {
            state: HotSwapState::Active,
            deactivation_locked: true,
            ..Self::new(false)
        }
    }

    /// Management power went: M0, and nobody can be told. The policy is stored and stays.
    pub fn lose_power(&mut self) {
        self.state = HotSwapState::NotInstalled;
    }

    /// Applies one input. Pushes at most three effects; on `Err`, none, and no state change.
    pub fn apply(&mut self, input: Input, effects: &mut Vec<Effect>) -> Result<(), NoEdge> {
        use HotSwapState as M;
        let next = match (self.state, input) {
            (M::NotInstalled, Input::ManagementPower) => Some((M::Inactive, Cause::Normal)),
            (M::Inactive, Input::HandleClosed) => self.request_activation(Cause::Handle),
            (M::Inactive, Input::Unlocked) if !self.handle_open && !self.held => {
                Some((M::ActivationRequest, Cause::Command))
            }
            (M::Inactive, Input::CarrierUp) if !self.handle_open => {
                self.request_activation(Cause::Normal)
            }
            (M::Inactive, Input::Extracted) => Some((M::NotInstalled, Cause::Normal)),
            (M::ActivationRequest, Input::CarrierDown) => Some((M::Inactive, Cause::Normal)),
            (M::ActivationRequest, Input::HandleOpened) => Some((M::Inactive, Cause::Handle)),
            (M::ActivationRequest, Input::Deactivated) => Some((M::Inactive, Cause::Command)),
            (M::ActivationRequest, Input::Activated) => {
                Some((M::ActivationInProgress, Cause::Command))
            }
            (M::ActivationInProgress, Input::PayloadUp) => Some((M::Active, Cause::Normal)),
            (M::ActivationInProgress, Input::HandleOpened) => {
                Some((M::DeactivationInProgress, Cause::Handle))
            }
            // Choice: also here, as a shelf manager must be able to take power back at any time.
            (M::ActivationInProgress, Input::Deactivated) => {
                Some((M::DeactivationInProgress, Cause::Command))
            }
            (M::Active, Input::HandleOpened) => Some((M::DeactivationRequest, Cause::Handle)),
            (M::Active, Input::DeactivationUnlocked) => {
                Some((M::DeactivationRequest, Cause::Command))
            }
            (M::Active, Input::Deactivated) => Some((M::DeactivationInProgress, Cause::Command)),
            (M::DeactivationRequest, Input::HandleClosed) => Some((M::Active, Cause::Handle)),
            (M::DeactivationRequest, Input::Activated) => Some((M::Active, Cause::Command)),
            (M::DeactivationRequest, Input::Deactivated) => {
                Some((M::DeactivationInProgress, Cause::Command))
            }
            (M::DeactivationInProgress, Input::PayloadDown) => Some((M::Inactive, Cause::Normal)),
            (M::ActivationInProgress | M::Active | M::DeactivationRequest, Input::CarrierDown) => {
                Some((M::DeactivationInProgress, Cause::UnexpectedDeactivation))
            }
            (state, Input::Extracted) if state != M::NotInstalled => {
                Some((M::NotInstalled, Cause::SurpriseExtraction))
            }
            // Handles move and policies change in every state; here nothing follows.
            (
                _,
                Input::HandleOpened
                | Input::HandleClosed
                | Input::Locked
                | Input::Unlocked
                | Input::DeactivationLocked
                | Input::DeactivationUnlocked
                | Input::CarrierUp
                | Input::CarrierDown,
            ) => None,
            (state, input) => return Err(NoEdge { state, input }),
        };
        self.remember(input);
        if let Some((next, cause)) = next {
            self.enter(next, cause, effects);
        }
        Ok(())
    }

    fn request_activation(self, cause: Cause) -> Option<(HotSwapState, Cause)> {
        // Nothing but the carrier's coming up ends the wait for it.
        let is_held = self.held && cause != Cause::Normal;
        (!self.locked && !is_held).then_some((HotSwapState::ActivationRequest, cause))
    }

    /// Handle and policy bits after an input.
    ///
    /// Choice: who is deactivated by command with a closed handle is locked, so that it stays in
    /// M1; moving the handle unlocks it.
    fn remember(&mut self, input: Input) {
        match input {
            Input::HandleOpened => {
                self.handle_open = true;
                self.locked = false;
                self.deactivation_locked = false;
            }
            Input::HandleClosed => self.handle_open = false,
            Input::Deactivated => self.locked |= !self.handle_open,
            Input::Locked => self.locked = true,
            Input::Unlocked => self.locked = false,
            Input::DeactivationLocked => self.deactivation_locked = true,
            Input::DeactivationUnlocked => self.deactivation_locked = false,
            Input::CarrierUp => self.held = false,
            Input::CarrierDown => self.held = true,
            Input::Extracted => {
                *self = Self {
                    state: self.state,
                    held: self.held,
                    ..Self::new(true)
                }
            }
            Input::ManagementPower | Input::Activated | Input::PayloadUp | Input::PayloadDown => (),
        }
    }

    fn enter(&mut self, next: HotSwapState, cause: Cause, effects: &mut Vec<Effect>) {
        use HotSwapState as M;
        let previous = core::mem::replace(&mut self.state, next);
        let current = next;
        effects.push(Effect::SendEvent {
            previous,
            current,
            cause,
        });
        match next {
            M::ActivationInProgress => {
                self.deactivation_locked = true;
                effects.push(Effect::SetPayload(true));
            }
            M::Active => self.deactivation_locked = true,
            M::DeactivationInProgress => {
                self.deactivation_locked = false;
                effects.push(Effect::SetPayload(false));
            }
            M::NotInstalled
                if (M::ActivationInProgress..=M::DeactivationRequest).contains(&previous) =>
            {
                effects.push(Effect::SetPayload(false));
            }
            M::Inactive if !self.handle_open && !self.locked && !self.held => {
                self.enter(M::ActivationRequest, Cause::Handle, effects);
            }
            M::NotInstalled | M::Inactive | M::ActivationRequest | M::DeactivationRequest => (),
        }
    }
}

#[cfg(test)]
mod tests;
