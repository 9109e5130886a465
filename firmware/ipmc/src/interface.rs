//! What goes into a controller, and what comes out of it.

use alloc::vec::Vec;
use ipmi::message::{Request, Response};
use ipmi::sel::{self, Event};

/// What happened to a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Management power came.
    Powered,
    /// Somebody asks; the first effect is the answer.
    Request {
        /// IPMB-0 address of who asks, 8 bits.
        from: u8,
        /// What is asked.
        request: Request,
    },
    /// The ejector handle was opened.
    HandleOpened,
    /// The ejector handle was closed.
    HandleClosed,
    /// A sensor measures something else now.
    SensorChanged {
        /// Sensor number.
        number: u8,
        /// Raw reading; for discrete sensors the states 0–7.
        raw: u8,
    },
    /// The shelf manager: another shelf management controller took over, or its backup came or went.
    ShelfManagersChanged {
        /// IPMB-0 address of the active one.
        active: u8,
        /// IPMB-0 address of the backup; FFh without one.
        backup: u8,
    },
    /// The shelf manager: these are the records of the other controllers now, as their device SDRs
    /// have them. Those beyond [`COLLECTED_MAX`] are left out.
    RecordsCollected(Vec<Vec<u8>>),
    /// Time went by.
    Tick,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Answer the request.
    Response(Response),
    /// Send this event to the event receiver.
    Event {
        /// IPMB-0 address of the receiver.
        receiver: u8,
        /// The event.
        event: Event,
    },
    /// Switch payload power.
    PayloadPower(bool),
    /// Reset or quiesce the payload: the option of FRU Control.
    PayloadControl(u8),
    /// Turn the fans at this level.
    FanLevel(u8),
    /// A record went into the log; it is also what the event message buffer gets.
    Logged([u8; sel::RECORD_LEN]),
}
