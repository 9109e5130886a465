//! What the log holds, and what leaves the appliance.

use ais::imm::{AdminOperation, Value};
use ais::node::{Order, Report};
use ais::ntf::Notification;
use ais::{AisError, Dn};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use machine::NodeId;
use serde::{Deserialize, Serialize};

/// Chosen by whoever wants an answer; comes back in it. See [`crate::tag`].
pub type Tag = u64;

/// One log entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// The active CMM observed something on the management bus. What another one observed is passed
    /// over.
    Observed(shelf::Observation),
    /// Somebody adds a record to the system event log.
    AddEvent(ipmi::sel::Record),
    /// An operator wants something done on the management bus.
    Act {
        /// Comes back in the answer.
        tag: Tag,
        /// What.
        action: shelf::Action,
    },
    /// Somebody configures platform event filtering, acknowledges an alert, or wants one.
    Pef(pef::Input),
    /// The agent of a node reports.
    Node {
        /// The AMF node.
        node: Dn,
        /// What it reports.
        report: Report,
    },
    /// The agent of a node is (again) ready for orders.
    NodeAgent {
        /// The AMF node.
        node: Dn,
    },
    /// An execution environment is up.
    EeUp {
        /// Which one.
        ee: Dn,
    },
    /// An execution environment has gone.
    EeDown {
        /// Which one.
        ee: Dn,
        /// Whether it was told to.
        ordered: bool,
    },
    /// Model files are loaded.
    Load {
        /// Comes back in the answer.
        tag: Tag,
        /// What is in them.
        batch: imm::Batch,
    },
    /// A CCB is applied.
    Ccb {
        /// Comes back in the answer.
        tag: Tag,
        /// Its operations.
        operations: Vec<imm::Operation>,
    },
    /// An administrative operation is invoked.
    Invoke {
        /// Comes back in the answer.
        tag: Tag,
        /// The object operated on.
        object: Dn,
        /// `SaImmAdminOperationIdT`.
        operation: u64,
        /// Parameters by name.
        parameters: BTreeMap<String, Value>,
    },
    /// This CMM has restarted: what it had ordered outside may be lost.
    Restarted,
    /// Time passed.
    Tick,
    /// An operator cleared the system event log.
    ClearEvents,
    /// An operator deleted one event of the system event log.
    DeleteEvent {
        /// Its number.
        number: u64,
    },
    /// An operator sets or resets the watchdog timer of the shelf manager.
    Watchdog(shelf::WatchdogInput),
    /// What came of a job of the HPI domain.
    HpiJobDone(hpi_domain::JobId, hpi_domain::JobResult),
    /// Which resources without hardware the HPI domain shall have.
    HpiFixture(hpi_domain::Fixture),
    /// The active CMM read a sensor, and its states are not those that its events made.
    HpiStates {
        /// Address of the sensor's controller.
        address: u8,
        /// The sensor there.
        sensor: ipmi::description::SensorAddress,
        /// Its states.
        states: hpi_model::EventState,
    },
    /// An HPI user calls something that changes the domain.
    Hpi {
        /// Comes back in the answer.
        tag: Tag,
        /// In which session.
        session: hpi_domain::SessionId,
        /// What is called.
        call: hpi_domain::UserCall,
    },
    /// Who holds the arbitration line, as this CMM sees it.
    Line {
        /// The holder; `None` when it is not this CMM, which cannot tell who it is.
        holder: Option<NodeId>,
    },
    /// An operator wants another CMM to be active.
    Switch {
        /// Comes back in the answer.
        tag: Tag,
        /// Which one; `None` for the healthiest standby.
        to: Option<NodeId>,
        /// Under which condition.
        condition: redundancy::Condition,
    },
    /// How this CMM is.
    Health(redundancy::Health),
    /// What this member runs.
    Software(redundancy::Software),
    /// This member is the place of these AMF nodes, whether or not anything runs there yet.
    Hosts {
        /// The AMF nodes.
        nodes: Vec<Dn>,
    },
    /// A CMM asks that all members skip an entry, which crashed it more than once.
    Quarantine {
        /// Its index.
        index: u64,
        /// The last entry, as far as the CMM knows, that began a view or from which another one is
        /// skipped: void, if it is not that any more.
        since: u64,
    },
}

/// An answer to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the command.
    pub tag: Tag,
    /// `Err` carries the code a C caller sees and a text for people.
    pub result: Result<(), (AisError, String)>,
}

/// Something that people and management systems are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// By a service of the SA Forum.
    Notification(Notification),
    /// By the HPI domain.
    Hpi(hpi_model::Event),
    /// Of a FRU's way through M0–M7, by the shelf manager.
    HotSwap(shelf::HotSwapChange),
    /// Of a LED that shows something else, by the shelf manager.
    Led {
        /// The FRU that it belongs to.
        fru: shelf::FruAddress,
        /// LED id; 0 is the blue LED.
        led_id: u8,
        /// What it shows.
        shows: ipmi::command::picmg::LedShows,
    },
    /// Of a sensor's event, by the shelf manager.
    SensorEvent {
        /// IPMB-0 address of its controller, 8 bits.
        address: u8,
        /// The event.
        event: ipmi::sel::Event,
    },
    /// Of something damaged in what a controller says about itself, by the shelf manager.
    Damaged {
        /// IPMB-0 address of the controller, 8 bits.
        address: u8,
        /// What is damaged, for people.
        what: String,
    },
    /// Of the way to the shelf: open, or closed and why.
    Port(Result<(), String>),
    /// Of a trap that nobody acknowledged, by platform event filtering.
    Unacknowledged(pef::Trap),
    /// Of members, and of who owns the hardware.
    Redundancy(redundancy::Event),
    /// Of an entry that all members skip from now on, as it crashed one of them more than once.
    Quarantined(u64),
    /// IMM could not store what a service said of its runtime objects.
    ModelDefect(ais::imm::Refusal),
}

/// What leaves the appliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The active CMM carries this out on the management bus.
    Shelf(shelf::Order),
    /// Whoever runs the execution environment carries this out.
    Ee(plm::EeOrder),
    /// The active CMM sends this trap.
    Alert(pef::Trap),
    /// The agent of a node carries this out.
    Node {
        /// The AMF node.
        node: Dn,
        /// What it shall do.
        order: Order,
    },
    /// A client is answered once the entry is durable.
    Answer(Answer),
    /// An HPI user is answered once the entry is durable.
    HpiAnswer {
        /// Of the command.
        tag: Tag,
        /// What came of it.
        result: Result<hpi_domain::Told, hpi_model::HpiError>,
    },
    /// The active CMM does this work for the HPI domain.
    HpiJob(hpi_domain::JobId, hpi_domain::Job),
    /// That work is not wanted any more.
    HpiJobCancelled(hpi_domain::JobId),
    /// People and management systems are told.
    Said(Said),
    /// This CMM owns the hardware from here on; told in each view, and when it changes.
    Active {
        /// The CMM.
        cmm: NodeId,
        /// Of the view.
        epoch: u64,
    },
    /// Whoever holds the arbitration line lets it go, and this CMM takes it.
    Line {
        /// The CMM.
        to: NodeId,
    },
    /// The machines work by this version of their rules from the next entry on.
    MachineVersion {
        /// The version.
        to: u32,
    },
}

impl Command {
    /// Encoded for the log.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a command has no type that postcard cannot encode")
    }

    /// The entry of which a command asks that it is skipped, and since when it may.
    pub(crate) fn quarantines(bytes: &[u8]) -> Option<(u64, u64)> {
        // Which variant it is, is the first byte; nearly all are others, and long.
        let one = Self::Quarantine { index: 0, since: 0 };
        if bytes.first() != one.encode().first() {
            return None;
        }
        if let Ok(Self::Quarantine { index, since }) = Self::decode(bytes) {
            return Some((index, since));
        }
        None
    }

    /// Decoded from the log.
    pub fn decode(bytes: &[u8]) -> Result<Self, crate::Undecodable> {
        postcard::from_bytes(bytes).map_err(|_| crate::Undecodable)
    }
}

/// Which service carries an operation on an object of this class out.
pub(crate) fn service_of(class: &str) -> Option<Service> {
    let prefixes = [
        ("SaPlm", Service::Plm),
        ("SaClm", Service::Clm),
        ("SaAmf", Service::Amf),
    ];
    let mut found = prefixes.iter().filter(|(p, _)| class.starts_with(p));
    found.next().map(|(_, service)| *service)
}

/// A service that implements classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Plm,
    Clm,
    Amf,
}

/// An operation on an object that no service implements.
pub(crate) fn no_implementer(operation: &AdminOperation) -> ais::imm::AdminResult {
    ais::imm::AdminResult {
        invocation: operation.invocation,
        result: Err((
            AisError::NotExist,
            String::from("no service implements operations on this object"),
        )),
    }
}
