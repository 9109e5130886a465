//! The shelf manager's end of a system interface with the VM codec: message flags, receive message
//! queue, event message buffer.
//!
//! Source: IPMI v2.0 §22.1–§22.8.

use ipmi::command::Command;
use ipmi::command::Empty;
use ipmi::command::app::{
    ClearMessageFlags, EventMessage, GetMessage, GetMessageFlags, MessageFlags, QueuedMessage,
    ReadEventMessageBuffer, SendMessage, SentMessage, SetBmcGlobalEnables, enables, flags,
};
use ipmi::ipmb::{Route, decode_request, encode_response};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{PortEvent, PortOrder, RequestError, Target};
use session::vm::frame::{self, Deframer, Frame, line};
use std::collections::{BTreeMap, VecDeque};

/// Most messages in the receive message queue; more are lost.
pub const QUEUE_MAX: usize = 16;
/// Most requests of the host that are not answered; more are answered with "node busy".
pub const OPEN_MAX: usize = 64;

/// Get Message, Read Event Message Buffer: there is none.
const NOTHING: CompletionCode = CompletionCode(0x80);

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send these bytes to the host.
    Send(Vec<u8>),
    /// Ask the shelf.
    Order(PortOrder),
}

/// One system interface.
#[derive(Clone, Debug, Default)]
pub struct SystemInterface {
    line: Deframer,
    enables: u8,
    queue: VecDeque<Vec<u8>>,
    event: Option<[u8; 16]>,
    attention: bool,
    open: BTreeMap<u64, Open>,
    next_token: u64,
}

/// A request of the host that the shelf answers.
#[derive(Clone, Debug)]
struct Open {
    sequence: u8,
    request: Request,
    /// For whom it was bridged: the route and the request inside.
    bridged: Option<(Route, Request)>,
}

impl SystemInterface {
    /// What the host is told when it connects; what it did not take in before is forgotten.
    pub fn connected(&mut self, effects: &mut Vec<Effect>) {
        *self = Self {
            event: self.event,
            next_token: self.next_token,
            ..Self::default()
        };
        let hello = frame::command(&[line::VERSION, line::VERSION_1]);
        effects.push(Effect::Send(hello));
        self.attend(effects);
    }

    /// Takes bytes from the host.
    pub fn receive(&mut self, bytes: &[u8], effects: &mut Vec<Effect>) {
        for byte in bytes {
            // Line commands of the host only say what it can do; bad frames are dropped.
            let Some(Frame::Message(message)) = self.line.take(*byte) else {
                continue;
            };
            if let Some((sequence, request)) = frame::read_request(&message) {
                self.request(sequence, request, effects);
            }
        }
    }

    /// Takes what the shelf has to tell.
    pub fn told(&mut self, event: PortEvent, effects: &mut Vec<Effect>) {
        match event {
            PortEvent::Event(record) => {
                if self.enables & enables::EVENT_BUFFER != 0 {
                    // One deep: a second one is in the log only.
                    self.event.get_or_insert(record);
                    self.attend(effects);
                }
            }
            PortEvent::Answer { token, result } => {
                if let Some(open) = self.open.remove(&token) {
                    self.answered(&open, result, effects);
                }
            }
            PortEvent::Up | PortEvent::Down(_) => (),
        }
    }

    fn request(&mut self, sequence: u8, request: Request, effects: &mut Vec<Effect>) {
        let response = if SendMessage::is(&request) {
            self.send_message(sequence, &request, effects)
        } else if GetMessage::is(&request) {
            Some(match self.queue.pop_front() {
                Some(message) => GetMessage::respond(&QueuedMessage {
                    channel: 0,
                    message,
                }),
                None => GetMessage::refuse(NOTHING),
            })
        } else if ReadEventMessageBuffer::is(&request) {
            Some(match self.event.take() {
                Some(record) => ReadEventMessageBuffer::respond(&EventMessage { record }),
                None => ReadEventMessageBuffer::refuse(NOTHING),
            })
        } else if GetMessageFlags::is(&request) {
            let flags = self.flags();
            Some(GetMessageFlags::respond(&MessageFlags { flags }))
        } else if ClearMessageFlags::is(&request) {
            Some(self.clear_flags(&request))
        } else {
            // The shelf manager keeps them as well; here they say whether events are pushed.
            let order = SetBmcGlobalEnables::read_request(&request).ok();
            let order = order.filter(|_| SetBmcGlobalEnables::is(&request));
            self.enables = order.map_or(self.enables, |order| order.enables);
            self.ask(sequence, request.clone(), None, effects)
        };
        if let Some(response) = response {
            // The line first, as the host may look at it once it has the answer.
            self.attend(effects);
            let bytes = frame::response(sequence, &request, &response);
            effects.push(Effect::Send(bytes));
        }
    }

    fn clear_flags(&mut self, request: &Request) -> Response {
        match ClearMessageFlags::read_request(request) {
            Ok(order) => {
                if order.flags & flags::RECEIVE_MESSAGE != 0 {
                    self.queue.clear();
                }
                if order.flags & flags::EVENT_BUFFER_FULL != 0 {
                    self.event = None;
                }
                ClearMessageFlags::respond(&Empty {})
            }
            Err(code) => ClearMessageFlags::refuse(code),
        }
    }

    fn send_message(
        &mut self,
        sequence: u8,
        request: &Request,
        effects: &mut Vec<Effect>,
    ) -> Option<Response> {
        let order = match SendMessage::read_request(request) {
            Ok(order) => order,
            Err(code) => return Some(SendMessage::refuse(code)),
        };
        if order.channel & 0x0f != 0 {
            return Some(SendMessage::refuse(CompletionCode::INVALID_FIELD));
        }
        match decode_request(&order.message) {
            Ok(inner) => self.ask(sequence, request.clone(), Some(inner), effects),
            Err(_) => Some(SendMessage::refuse(CompletionCode::INVALID_FIELD)),
        }
    }

    /// Asks the shelf; the answer is due unless too much is asked already.
    fn ask(
        &mut self,
        sequence: u8,
        request: Request,
        bridged: Option<(Route, Request)>,
        effects: &mut Vec<Effect>,
    ) -> Option<Response> {
        if self.open.len() >= OPEN_MAX {
            return Some(Response {
                code: CompletionCode::NODE_BUSY,
                data: vec![],
            });
        }
        let (target, asked) = match &bridged {
            Some((route, inner)) => (Target::Ipmb(route.responder), inner.clone()),
            None => (Target::ShelfManager, request.clone()),
        };
        let token = self.next_token;
        self.next_token += 1;
        effects.push(Effect::Order(PortOrder {
            token,
            target,
            request: asked,
        }));
        let open = Open {
            sequence,
            request,
            bridged,
        };
        self.open.insert(token, open);
        None
    }

    fn answered(
        &mut self,
        open: &Open,
        result: Result<Response, RequestError>,
        effects: &mut Vec<Effect>,
    ) {
        let response = match (&open.bridged, result) {
            (None, Ok(response)) => response,
            (Some((route, inner)), Ok(response)) => {
                let frame = encode_response(*route, inner, &response);
                // The receiver knows its own address.
                let message = frame.get(1..).unwrap_or_default().to_vec();
                if self.queue.len() < QUEUE_MAX {
                    self.queue.push_back(message);
                }
                SendMessage::respond(&SentMessage { response: vec![] })
            }
            (_, Err(error)) => Response::from(error.code()),
        };
        self.attend(effects);
        let bytes = frame::response(open.sequence, &open.request, &response);
        effects.push(Effect::Send(bytes));
    }

    fn flags(&self) -> u8 {
        let mut found = 0;
        if !self.queue.is_empty() {
            found |= flags::RECEIVE_MESSAGE;
        }
        if self.event.is_some() {
            found |= flags::EVENT_BUFFER_FULL;
        }
        found
    }

    /// Tells the host when the attention line moves.
    fn attend(&mut self, effects: &mut Vec<Effect>) {
        let attention = self.flags() != 0;
        if std::mem::replace(&mut self.attention, attention) != attention {
            let command = if attention {
                line::ATTENTION
            } else {
                line::NO_ATTENTION
            };
            effects.push(Effect::Send(frame::command(&[command])));
        }
    }
}

#[cfg(test)]
mod tests;
