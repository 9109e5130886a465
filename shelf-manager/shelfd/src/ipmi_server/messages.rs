//! The receive message queue and the event message buffer of 20h, which all sessions share.
//!
//! What is bridged with tracking never comes here: its answer goes back to who asked. Without
//! tracking, the answer waits here until somebody takes it with Get Message.
//!
//! Source: IPMI v2.0 §22.1–§22.8.

use super::{Memory, Outcome, View, refuse, sel, with};
use ipmi::command::Command;
use ipmi::command::app::{
    BmcGlobalEnables, ClearMessageFlags, EnableMessageChannelReceive, EventMessage,
    GetBmcGlobalEnables, GetMessage, GetMessageFlags, MessageChannelReceive, MessageFlags,
    QueuedMessage, ReadEventMessageBuffer, SendMessage, SetBmcGlobalEnables, enables, flags,
};
use ipmi::ipmb::{Route, decode_request, encode_response};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use shelf::LoggedEvent;
use std::collections::VecDeque;

/// Most messages that wait; a further one is dropped, as its sender cannot be told.
const QUEUE_MAX: usize = 32;
/// Nothing is there. Source: IPMI v2.0 §22.6, §22.8.
const EMPTY: CompletionCode = CompletionCode(0x80);
/// Channel of IPMB-0. Source: IPMI v2.0 Table 6-1.
const IPMB_0: u8 = 0x00;
/// The bits of a channel number.
const CHANNEL: u8 = 0x0f;
/// Enables that there are here; the others are of manufacturers.
const ENABLES: u8 = enables::RECEIVE_QUEUE_INTERRUPT
    | enables::EVENT_BUFFER_INTERRUPT
    | enables::EVENT_BUFFER
    | enables::SYSTEM_EVENT_LOG;
/// Command sub-function disabled or unavailable. Source: IPMI v2.0 Table 5-2.
const SUB_FUNCTION_DISABLED: CompletionCode = super::SUB_FUNCTION_DISABLED;

/// What waits for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Messages {
    enables: u8,
    /// Whether answers from IPMB-0 are kept.
    receives: bool,
    queue: VecDeque<Vec<u8>>,
    /// Number of the next event that the buffer shows, counted from the first one ever.
    next_event: u64,
}

impl Default for Messages {
    /// Choice: as the system event log is always kept, its enable is always set.
    fn default() -> Self {
        Self {
            enables: enables::SYSTEM_EVENT_LOG,
            receives: true,
            queue: VecDeque::new(),
            next_event: 0,
        }
    }
}

/// Answers; `None` when there is no such command here.
pub(super) fn answer(view: View<'_>, memory: &mut Memory, request: &Request) -> Option<Outcome> {
    let messages = &mut memory.messages;
    Some(match request.command {
        SetBmcGlobalEnables::COMMAND => with(request, |SetBmcGlobalEnables { enables }| {
            messages.enable(view, enables)
        }),
        GetBmcGlobalEnables::COMMAND => with(request, |GetBmcGlobalEnables {}| {
            let enables = messages.enables;
            Ok(BmcGlobalEnables { enables })
        }),
        ClearMessageFlags::COMMAND => with(request, |ClearMessageFlags { flags }| {
            messages.clear(view, flags);
            Ok(ipmi::command::Empty {})
        }),
        GetMessageFlags::COMMAND => with(request, |GetMessageFlags {}| {
            let flags = messages.flags(view);
            Ok(MessageFlags { flags })
        }),
        EnableMessageChannelReceive::COMMAND => with(request, |asked| messages.receive(&asked)),
        GetMessage::COMMAND => with(request, |GetMessage {}| {
            let message = messages.queue.pop_front().ok_or(EMPTY)?;
            let channel = IPMB_0;
            Ok(QueuedMessage { channel, message })
        }),
        SendMessage::COMMAND => send(request),
        ReadEventMessageBuffer::COMMAND => with(request, |ReadEventMessageBuffer {}| {
            let record = messages.next_event(view).ok_or(EMPTY)?;
            Ok(EventMessage { record })
        }),
        _ => return None,
    })
}

/// A message that is not tracked. Its privilege and its form were checked where it came in.
fn send(request: &Request) -> Outcome {
    let sent = match super::read::<SendMessage>(request) {
        Ok(sent) => sent,
        Err(code) => return refuse(request, code),
    };
    if sent.channel & CHANNEL != IPMB_0 {
        return refuse(request, CompletionCode::INVALID_FIELD);
    }
    match decode_request(&sent.message) {
        Ok((route, request)) => Outcome::Send(route, request),
        Err(_) => refuse(request, CompletionCode::INVALID_FIELD),
    }
}

/// Whom a message is for.
pub(super) fn target(route: Route) -> Target {
    Target::Ipmb(route.responder)
}

impl Messages {
    fn enable(
        &mut self,
        view: View<'_>,
        wanted: u8,
    ) -> Result<ipmi::command::Empty, CompletionCode> {
        if wanted & !ENABLES != 0 {
            return Err(CompletionCode::INVALID_FIELD);
        }
        // Choice: the shelf's log is not for a tool to switch off.
        if wanted & enables::SYSTEM_EVENT_LOG == 0 {
            return Err(SUB_FUNCTION_DISABLED);
        }
        if self.enables & enables::EVENT_BUFFER == 0 {
            // Events from before are in the log.
            self.next_event = view.appliance.shelf.events_next();
        }
        self.enables = wanted;
        Ok(ipmi::command::Empty {})
    }

    fn clear(&mut self, view: View<'_>, wanted: u8) {
        if wanted & flags::RECEIVE_MESSAGE != 0 {
            self.queue.clear();
        }
        if wanted & flags::EVENT_BUFFER_FULL != 0 {
            self.next_event = view.appliance.shelf.events_next();
        }
    }

    fn flags(&self, view: View<'_>) -> u8 {
        let message = if self.queue.is_empty() {
            0
        } else {
            flags::RECEIVE_MESSAGE
        };
        let event = if self.event(view).is_some() {
            flags::EVENT_BUFFER_FULL
        } else {
            0
        };
        message | event
    }

    fn receive(
        &mut self,
        asked: &EnableMessageChannelReceive,
    ) -> Result<MessageChannelReceive, CompletionCode> {
        const DISABLE: u8 = 0;
        const ENABLE: u8 = 1;
        const ASK: u8 = 2;
        if asked.channel & CHANNEL != IPMB_0 {
            return Err(CompletionCode::INVALID_FIELD);
        }
        self.receives = match asked.operation & 0x03 {
            DISABLE => false,
            ENABLE => true,
            ASK => self.receives,
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        Ok(MessageChannelReceive {
            channel: IPMB_0,
            enabled: u8::from(self.receives),
        })
    }

    /// The event in the buffer.
    ///
    /// Choice: behind the one that is read comes the next one of the log, so that a tool that reads
    /// slowly misses none that the log still has.
    fn event<'a>(&self, view: View<'a>) -> Option<&'a LoggedEvent> {
        if self.enables & enables::EVENT_BUFFER == 0 {
            return None;
        }
        let mut events = view.appliance.shelf.events();
        events.find(|event| event.number >= self.next_event)
    }

    fn next_event(&mut self, view: View<'_>) -> Option<[u8; ipmi::sel::RECORD_LEN]> {
        let event = self.event(view)?;
        self.next_event = event.number + 1;
        Some(sel::record(event))
    }

    /// Keeps the answer to a message that was not tracked.
    ///
    /// Source: IPMI v2.0 Table 22-7: a frame without the address of its receiver, which is us.
    pub(super) fn keep(&mut self, (route, request): (Route, &Request), response: &Response) {
        if !self.receives || self.queue.len() >= QUEUE_MAX {
            return;
        }
        let mut frame = encode_response(route, request, response);
        frame.remove(0);
        self.queue.push_back(frame);
    }
}
