//! What goes into a controller, and what comes out of it.

use crate::hpm::FlashOrder;
use alloc::vec::Vec;
use ipmi::command::picmg::RunningClock;
use ipmi::message::{Request, Response};
use ipmi::sel::{self, Event};
use serde::{Deserialize, Serialize};

/// What happened to a controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// Management power came.
    Powered,
    /// Management power went. What is stored stays: inventories, the log, activation policies,
    /// firmware.
    Unpowered,
    /// Somebody asks; the first effect is the answer. While the controller restarts there is none.
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
    /// A module was plugged in behind the controller.
    ModuleInserted {
        /// FRU device id.
        fru_id: u8,
        /// Whether its handle is closed.
        handle_closed: bool,
    },
    /// A module was pulled out.
    ModuleExtracted {
        /// FRU device id.
        fru_id: u8,
    },
    /// The handle of a module was moved.
    ModuleHandle {
        /// FRU device id.
        fru_id: u8,
        /// Whether it is open now.
        is_open: bool,
    },
    /// A sensor measures something else now.
    SensorChanged {
        /// Sensor number.
        number: u8,
        /// Raw reading; for discrete sensors the states 0–7.
        raw: u8,
    },
    /// A discrete sensor sees other states now.
    StatesChanged {
        /// Sensor number.
        number: u8,
        /// States 0–14, one bit each.
        states: u16,
    },
    /// One bus of IPMB-0 works, or fails, as its driver sees it.
    BusChanged {
        /// Which one.
        bus: Bus,
        /// Its status, see [`ipmi::ipmb_state::bus_status`].
        status: u8,
    },
    /// The payload of a FRU wants another power level than it said.
    PowerWanted {
        /// FRU device id.
        fru_id: u8,
        /// The level, from 1.
        level: u8,
    },
    /// The payload wants to use a bused resource.
    ResourceWanted(u8),
    /// The payload does not use a bused resource any more.
    ResourceDone(u8),
    /// What a controller that was asked by [`Effect::Request`] answered.
    Answered {
        /// The request.
        request: Request,
        /// Its answer; `None` when there was none in time.
        response: Option<Response>,
    },
    /// The shelf manager: another shelf management controller took over, or its backup came or
    /// went.
    ShelfManagersChanged {
        /// IPMB-0 address of the active one.
        active: u8,
        /// IPMB-0 address of the backup; FFh without one.
        backup: u8,
    },
    /// The shelf manager: these are the records of the other controllers now, as their device SDRs
    /// have them. Those beyond [`COLLECTED_MAX`] are left out.
    RecordsCollected(Vec<Vec<u8>>),
    /// The payload of a FRU said something at its console.
    ConsoleOutput {
        /// FRU device id.
        fru_id: u8,
        /// What it said; without a console nobody hears it.
        bytes: Vec<u8>,
    },
    /// What was last ordered of a component's flash memory did not work, or its firmware does not
    /// start.
    FirmwareFailed {
        /// Component, 0–7.
        component: u8,
    },
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
    /// Do something to the rest of the board.
    Hardware(Hardware),
    /// Ask another controller, and say what it answers: [`Input::Answered`].
    Request {
        /// IPMB-0 address of whom to ask.
        to: u8,
        /// What to ask.
        request: Request,
    },
    /// A record went into the log; it is also what the event message buffer gets. An event that
    /// found the log full has the record id FFFFh.
    Logged([u8; sel::RECORD_LEN]),
    /// Type this at the console of a FRU's payload.
    ConsoleInput {
        /// FRU device id.
        fru_id: u8,
        /// Whether to send a break first.
        is_break: bool,
        /// What to type; at most [`ipmi::command::oem::CONSOLE_WRITE_MAX`] bytes.
        bytes: Vec<u8>,
    },
    /// Do something to the flash memory.
    Flash(FlashOrder),
    /// Restart the controller, with the firmware that is active then. A real one keeps its state
    /// for when it is back; payload power stays as it is.
    Restart,
}

/// An order to the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hardware {
    /// Switch payload power of a module.
    ModulePower {
        /// FRU device id.
        fru_id: u8,
        /// Whether it shall be on.
        on: bool,
    },
    /// Reset or quiesce a module: the option of FRU Control.
    ModuleControl {
        /// FRU device id.
        fru_id: u8,
        /// The option.
        option: u8,
    },
    /// Let the payload of a FRU draw this much.
    PowerLevel {
        /// FRU device id.
        fru_id: u8,
        /// The level; 0 is off.
        level: u8,
    },
    /// Show this with a LED.
    Led {
        /// FRU device id.
        fru_id: u8,
        /// LED id.
        led_id: u8,
        /// What to show.
        shown: Shown,
    },
    /// Enable or disable a link of the board.
    Port {
        /// Link descriptor.
        link: u32,
        /// Whether it shall be enabled.
        enabled: bool,
    },
    /// Enable or disable a link between a module and its carrier.
    AmcPort {
        /// Device on the carrier; `None` is the module itself.
        device: Option<u8>,
        /// AMC channel id.
        channel: u8,
        /// Link, as in Set AMC Port State.
        link: u32,
        /// Whether it shall be enabled.
        enabled: bool,
    },
    /// Run a clock like this, or stop it.
    Clock {
        /// Clock resource id; `None` is the module itself.
        resource: Option<u8>,
        /// Clock id.
        clock_id: u8,
        /// Whether it is the source.
        is_source: bool,
        /// How to run it; `None`: not at all.
        running: Option<RunningClock>,
    },
    /// Connect to a bus of IPMB-0, or keep off it.
    Ipmb {
        /// Which one.
        bus: Bus,
        /// Whether to be connected.
        connected: bool,
    },
    /// Drive a bused resource, or keep off it.
    Resource {
        /// 0 and 1 metallic test bus pairs, 2–4 synchronization clock groups.
        resource: u8,
        /// Whether to drive it.
        drive: bool,
    },
}

/// One of the two buses of IPMB-0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Bus {
    /// IPMB-A.
    A,
    /// IPMB-B.
    B,
}

/// What a LED shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// 00h off, 01h–FAh off time in 10 ms, FFh on; FBh during a lamp test.
    pub function: u8,
    /// On time in 10 ms, when it blinks.
    pub on_time: u8,
    /// Colour: 1 blue, 2 red, 3 green, 4 amber, 5 orange, 6 white.
    pub color: u8,
}
