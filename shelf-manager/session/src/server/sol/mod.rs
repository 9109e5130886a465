//! Serial over LAN: the console of a blade's payload, as a payload of a session.
//!
//! Instance *n* is the blade at site *n*. Whoever owns the shelf manager is asked where that is,
//! and the blade's controller is asked for the characters with the commands of
//! [`ipmi::command::oem`], as the standards define no console over IPMB.
//!
//! Source: IPMI v2.0 §15, §24.1, §24.2.

mod blade;
mod line;
pub(crate) mod packet;

use super::commands::Reply;
use super::privilege::OPERATOR;
use super::session::Session;
use super::{Effect, QUESTIONS_MAX, Server, Ticket, Turn};
use crate::channel::Protection;
use crate::count;
use crate::packet::payload;
use alloc::boxed::Box;
use alloc::vec::Vec;
use blade::{Answered, Blade};
use ipmi::command::Command;
use ipmi::command::oem::{ConsoleCapabilities, GetConsoleCapabilities, capabilities};
use ipmi::command::payload::{
    ActivatePayload, DeactivatePayload, PayloadActivated, sol_activation,
};
use ipmi::command::picmg::GetAddressInfo;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use line::Line;
pub(crate) use line::{DATA_MAX, RETRIES, RETRY_INTERVAL};
use machine::Time;
use packet::{HEADER_LEN, SolPacket, operation};
use serde::{Deserialize, Serialize};

/// Highest instance: one for each blade. Source: IPMI v2.0 Table 24-2, four bits, of which 0 is
/// reserved.
pub(crate) const INSTANCE_MAX: u8 = 15;

/// Payload already active on another session. Source: IPMI v2.0 Table 24-2.
const ALREADY_ACTIVE: CompletionCode = CompletionCode(0x80);
/// Payload type is disabled. Source: IPMI v2.0 Table 24-2. Choice: also where a blade's controller
/// offers no console.
const DISABLED: CompletionCode = CompletionCode(0x81);
/// Payload activation limit reached. Source: IPMI v2.0 Table 24-2.
const LIMIT_REACHED: CompletionCode = CompletionCode(0x82);
/// Cannot activate payload without encryption. Source: IPMI v2.0 Table 24-2.
const UNENCRYPTED: CompletionCode = CompletionCode(0x84);
/// Payload already deactivated. Source: IPMI v2.0 Table 24-3.
const ALREADY_INACTIVE: CompletionCode = CompletionCode(0x80);

/// Key type of Get Address Info: physical address. Source: PICMG 3.0 R3.0, Get Address Info.
const PHYSICAL: u8 = 3;
/// Site type: AdvancedTCA board. Source: PICMG 3.0 R3.0, Get Address Info.
const BOARD: u8 = 0;
/// No virtual LAN. Source: IPMI v2.0 Table 24-2.
const NO_VLAN: u16 = 0xffff;

/// The console of one blade, for one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Console {
    pub(super) session: u32,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Where is the blade?
    Locating(Opening),
    /// Does it offer a console?
    Asking(Opening, u8),
    Open(Box<Open>),
}

/// A console that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    /// IPMB address of the blade's controller.
    address: u8,
    line: Line,
    blade: Blade,
}

/// What is asked while a console is being activated, and for which question of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Opening {
    asked: Ticket,
    wanted: Ticket,
}

impl Console {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open(_))
    }

    fn waits_for(&self, ticket: Ticket) -> bool {
        match &self.stage {
            Stage::Locating(opening) | Stage::Asking(opening, _) => opening.asked == ticket,
            Stage::Open(open) => open.blade.waits_for(ticket),
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match &self.stage {
            Stage::Locating(_) | Stage::Asking(..) => None,
            Stage::Open(open) => {
                let blade = open.blade.deadline(open.line.room());
                open.line.deadline().into_iter().chain(blade).min()
            }
        }
    }
}

impl Server {
    /// Activate Payload; the answer comes later when the blade has to be asked.
    pub(super) fn activate_payload(
        &mut self,
        (id, message): (u32, &[u8]),
        request: &Request,
        effects: &mut Vec<Effect>,
    ) -> Option<Reply> {
        let instance = match wanted(request) {
            Ok(instance) => instance,
            Err(code) => return Some(Err(code)),
        };
        let session = self.sessions.get_mut(&id)?;
        if session.questions.values().any(|asked| asked == message) {
            return None;
        }
        if let Err(code) = admit(session) {
            return Some(Err(code));
        }
        if self.consoles.contains_key(&instance) {
            return Some(Err(ALREADY_ACTIVE));
        }
        // Choice: a packet of a session does not say which instance it is for, so there is one.
        if self.consoles.values().any(|console| console.session == id) {
            return Some(Err(LIMIT_REACHED));
        }
        let (wanted, asked) = (self.next_ticket(), self.next_ticket());
        self.sessions
            .get_mut(&id)?
            .questions
            .insert(wanted, message.to_vec());
        let stage = Stage::Locating(Opening { asked, wanted });
        self.consoles
            .insert(instance, Console { session: id, stage });
        let question = GetAddressInfo {
            fru_id: Some(blade::FRU),
            key_type: Some(PHYSICAL),
            key: Some(instance),
            site_type: Some(BOARD),
        };
        effects.push(ask(asked, Target::ShelfManager, question.request()));
        None
    }

    /// Deactivate Payload.
    pub(super) fn deactivate_payload(
        &mut self,
        id: u32,
        request: &Request,
        effects: &mut Vec<Effect>,
    ) -> Reply {
        let asked = DeactivatePayload::read_request(request)?;
        let instance = instance(asked.payload_type, asked.instance)?;
        let console = self.consoles.get(&instance).ok_or(ALREADY_INACTIVE)?;
        // Choice: whoever may activate a payload may also take it from somebody else, as operators
        // do who find a forgotten console.
        if console.session != id {
            self.say_goodbye(instance, effects);
        }
        if let Some(wanted) = console_wanted(self.consoles.remove(&instance)) {
            self.answer(wanted, &DISABLED.into(), effects);
        }
        Ok(Vec::new())
    }

    /// Takes an answer that one of the consoles waits for; whether it was one.
    pub(super) fn console_answered(
        &mut self,
        (now, ticket): (Time, Ticket),
        response: &Response,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let waits = |(_, console): &(&u8, &mut Console)| console.waits_for(ticket);
        let Some((&instance, console)) = self.consoles.iter_mut().find(waits) else {
            return false;
        };
        match &mut console.stage {
            Stage::Locating(opening) => {
                let opening = *opening;
                self.located(instance, opening, response, effects);
            }
            Stage::Asking(opening, address) => {
                let (opening, address) = (*opening, *address);
                let reply = offered(response);
                if let Ok(offered) = &reply {
                    let (line, blade) = (Line::default(), Blade::new(now, offered));
                    console.stage = Stage::Open(Box::new(Open {
                        address,
                        line,
                        blade,
                    }));
                }
                let reply = reply.map(|_| self.activated());
                self.activation_ends(instance, opening, reply, effects);
            }
            Stage::Open(open) => match open.blade.answered(now, ticket, response) {
                Answered::Said(data, lost) => open.line.say(&data, lost),
                Answered::Nothing => (),
                Answered::Gone => {
                    self.say_goodbye(instance, effects);
                    self.consoles.remove(&instance);
                }
            },
        }
        self.move_console(instance, now, effects);
        true
    }

    fn located(
        &mut self,
        instance: u8,
        opening: Opening,
        response: &Response,
        effects: &mut Vec<Effect>,
    ) {
        match GetAddressInfo::read_response(response) {
            Ok(info) => {
                let asked = self.next_ticket();
                let question = GetConsoleCapabilities { fru_id: blade::FRU };
                let target = Target::Ipmb(info.ipmb_address);
                if let Some(console) = self.consoles.get_mut(&instance) {
                    let opening = Opening { asked, ..opening };
                    console.stage = Stage::Asking(opening, info.ipmb_address);
                }
                effects.push(ask(asked, target, question.request()));
            }
            // No such site.
            Err(_) => {
                let reply = Err(CompletionCode::OUT_OF_RANGE);
                self.activation_ends(instance, opening, reply, effects);
            }
        }
    }

    /// Tells whoever wants the console that it is there, or why it is not.
    fn activation_ends(
        &mut self,
        instance: u8,
        opening: Opening,
        reply: Reply,
        effects: &mut Vec<Effect>,
    ) {
        if reply.is_err() {
            self.consoles.remove(&instance);
        }
        self.answer(opening.wanted, &reply.into(), effects);
    }

    /// What Activate Payload answers. Source: IPMI v2.0 Table 24-2.
    fn activated(&self) -> Vec<u8> {
        let size_max = (HEADER_LEN + DATA_MAX) as u16;
        let activated = PayloadActivated {
            auxiliary: [0; 4],
            inbound_size_max: size_max,
            outbound_size_max: size_max,
            port: self.config.port,
            vlan: NO_VLAN,
        };
        ActivatePayload::respond(&activated).data
    }

    /// A SOL packet came in a session.
    pub(super) fn sol_received(&mut self, turn: &mut Turn<'_>, id: u32, payload: &[u8]) {
        let mut consoles = self.consoles.iter_mut();
        let own = consoles.find(|(_, console)| console.session == id);
        let (Some(packet), Some((&instance, console))) = (SolPacket::decode(payload), own) else {
            return count(&mut self.counters.unmatched);
        };
        let Stage::Open(open) = &mut console.stage else {
            return count(&mut self.counters.unmatched);
        };
        let Open { line, blade, .. } = &mut **open;
        line.acknowledge(turn.now, &packet);
        blade.is_paused = packet.bits & operation::PAUSE != 0;
        if packet.bits & operation::FLUSH_OUTBOUND != 0 {
            line.flush();
        }
        if packet.sequence != 0 {
            if !line.is_repeated(&packet) {
                if packet.bits & operation::FLUSH_INBOUND != 0 {
                    blade.flush();
                }
                let has_break = packet.bits & operation::BREAK != 0;
                let (accepted, whole) = blade.type_in(&packet.data, has_break);
                line.took(packet.sequence, accepted, whole);
            }
            line.owe_receipt();
        }
        self.move_console(instance, turn.now, turn.effects);
    }

    /// Does all that is due on a console.
    pub(super) fn move_console(&mut self, instance: u8, now: Time, effects: &mut Vec<Effect>) {
        let (write, read) = (self.next_ticket(), self.next_ticket());
        let Some(console) = self.consoles.get_mut(&instance) else {
            return;
        };
        let id = console.session;
        let Stage::Open(open) = &mut console.stage else {
            return;
        };
        let target = Target::Ipmb(open.address);
        let Open { line, blade, .. } = &mut **open;
        let due = [
            (write, blade.write(now, write)),
            (read, blade.read(now, line.room(), read)),
        ];
        for (ticket, request) in due {
            effects.extend(request.map(|request| ask(ticket, target, request)));
        }
        if let Some(packet) = line.next(now) {
            self.send_payload((id, payload::SOL), &packet.encode(), effects);
        }
    }

    pub(super) fn move_consoles(&mut self, now: Time, effects: &mut Vec<Effect>) {
        for instance in 1..=INSTANCE_MAX {
            let is_due = |console: &Console| console.deadline().is_some_and(|by| by <= now);
            if self.consoles.get(&instance).is_some_and(is_due) {
                self.move_console(instance, now, effects);
            }
        }
    }

    /// Tells the console of an operator that it ends.
    fn say_goodbye(&mut self, instance: u8, effects: &mut Vec<Effect>) {
        if let Some(console) = self.consoles.get(&instance)
            && console.is_open()
        {
            let id = console.session;
            self.send_payload((id, payload::SOL), &Line::farewell().encode(), effects);
        }
    }
}

/// The question that a console which is not open yet was to answer.
fn console_wanted(console: Option<Console>) -> Option<Ticket> {
    match console?.stage {
        Stage::Locating(opening) | Stage::Asking(opening, _) => Some(opening.wanted),
        Stage::Open(_) => None,
    }
}

/// Pause between two looks at a console, in milliseconds.
pub(crate) fn sol_poll_ms() -> u128 {
    blade::POLL_MIN.as_millis()
}

/// Which instance Activate Payload asks for.
fn wanted(request: &Request) -> Result<u8, CompletionCode> {
    use sol_activation::{AUTHENTICATED, ENCRYPTED, TEST_MODE};
    let asked = ActivatePayload::read_request(request)?;
    let instance = instance(asked.payload_type, asked.instance)?;
    let [bits, ..] = asked.auxiliary;
    if bits & ENCRYPTED == 0 {
        return Err(UNENCRYPTED);
    }
    if bits & AUTHENTICATED == 0 || bits & TEST_MODE != 0 {
        return Err(CompletionCode::INVALID_FIELD);
    }
    Ok(instance)
}

/// The instance that a payload type and an instance number name: only SOL has some.
fn instance(payload_type: u8, number: u8) -> Result<u8, CompletionCode> {
    match (payload_type & 0x3f, number & 0x0f) {
        (payload::SOL, instance @ 1..=INSTANCE_MAX) => Ok(instance),
        _ => Err(CompletionCode::INVALID_FIELD),
    }
}

/// Whether a session may have a console.
fn admit(session: &Session) -> Result<(), CompletionCode> {
    if session.questions.len() >= QUESTIONS_MAX {
        return Err(CompletionCode::NODE_BUSY);
    }
    match session.channel.protection {
        Protection::Suite { .. } => Ok(()),
        // IPMI 1.5 has no payloads but messages.
        Protection::Md5 => Err(DISABLED),
    }
}

/// What a blade's controller says about its console.
fn offered(response: &Response) -> Result<ConsoleCapabilities, CompletionCode> {
    let is_nobody = response.data.is_empty()
        && [CompletionCode::NAK_ON_WRITE, CompletionCode::TIMEOUT].contains(&response.code);
    if is_nobody || response.code == CompletionCode::DESTINATION_UNAVAILABLE {
        return Err(CompletionCode::DESTINATION_UNAVAILABLE);
    }
    match GetConsoleCapabilities::read_response(response) {
        Ok(offered) if offered.flags & capabilities::PRESENT != 0 => Ok(offered),
        Ok(_) | Err(_) => Err(DISABLED),
    }
}

/// A question of a console.
fn ask(ticket: Ticket, target: Target, request: Request) -> Effect {
    Effect::Ask {
        ticket,
        target,
        privilege: OPERATOR,
        request,
    }
}
