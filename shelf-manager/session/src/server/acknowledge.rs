//! PET Acknowledge outside of a session, as receivers of traps send it that have no password.
//! Source: IPMI v2.0 §30.8 and Appendix G.
//!
//! Choice: it is answered with OK at once, whatever becomes of it, so that nobody learns outside of
//! a session which traps are under way; a wrong one changes nothing. One at a time is handed on,
//! others are not answered meanwhile: whoever floods us takes one place of all questions.

use super::commands::Reply;
use super::{Effect, Server, Ticket, next_ticket};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::pef::PetAcknowledge;
use ipmi::message::Request;
use ipmi::port::Target;

/// Privilege level of whoever has no session: callback. Source: IPMI v2.0 §6.8.
const CALLBACK: u8 = 1;

impl Server {
    /// Hands an acknowledge on; `None` when it is none, or the last one is under way.
    pub(super) fn acknowledged(
        &mut self,
        request: &Request,
        effects: &mut Vec<Effect>,
    ) -> Option<Reply> {
        if !PetAcknowledge::is(request) || self.acknowledge.is_some() {
            return None;
        }
        if let Err(code) = PetAcknowledge::read_request(request) {
            return Some(Err(code));
        }
        let ticket = next_ticket(&mut self.tickets_given);
        self.acknowledge = Some(ticket);
        effects.push(Effect::Ask {
            ticket,
            target: Target::ShelfManager,
            privilege: CALLBACK,
            request: request.clone(),
        });
        Some(Ok(Vec::new()))
    }

    /// Whether this answers the acknowledge that was handed on: the next one may come.
    pub(super) fn acknowledge_answered(&mut self, ticket: Ticket) -> bool {
        let is_it = self.acknowledge == Some(ticket);
        if is_it {
            self.acknowledge = None;
        }
        is_it
    }
}
