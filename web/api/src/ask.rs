//! What an operator asks and orders.

use alloc::string::String;
use serde::{Deserialize, Serialize};

/// One line from a client of the control socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Answered by one [`crate::Answer::Reply`].
    Query(Query),
    /// Answered by one [`crate::Answer::Outcome`].
    Order(Order),
    /// Answered by [`crate::Answer::Notice`] after `Notice`, until the client closes the
    /// connection.
    Follow(Follow),
}

/// Asks for notices as they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Repeat the events after this event number first; `None` starts with what happens next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_since: Option<u64>,
}

/// Asks for something as it is now; changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// All that the console shows, at one moment. Answered by [`crate::Reply::Snapshot`].
    Snapshot,
    /// The faceplate. Answered by [`crate::Reply::Shelf`].
    Shelf,
    /// The IPM controllers. Answered by [`crate::Reply::Boards`].
    Boards,
    /// Inventory. Answered by [`crate::Reply::Frus`].
    Fru {
        /// Only of the controller with this IPMB-0 address (8 bits); `None` for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<u8>,
        /// Only this FRU device id; `None` for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fru: Option<u8>,
    },
    /// Sensors with their readings. Answered by [`crate::Reply::Sensors`].
    Sensors {
        /// Only of the controller with this IPMB-0 address (8 bits); `None` for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<u8>,
    },
    /// The system event log. Answered by [`crate::Reply::Sel`].
    Sel {
        /// Only so many of the latest entries; `None` for all that are kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<u32>,
    },
    /// The log itself, for inspection: what every state follows from. Answered by
    /// [`crate::Reply::Log`].
    Log {
        /// From this index on; `None` for the latest entries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u64>,
        /// At most so many entries.
        count: u32,
    },
    /// What is wrong now: HPI's domain alarm table. Answered by [`crate::Reply::Alarms`].
    Alarms,
    /// Events of all floors, oldest first. Answered by [`crate::Reply::Events`].
    Events {
        /// Only those after this event number; `None` for all that are kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<u64>,
    },
    /// Applications. Answered by [`crate::Reply::Amf`].
    Amf,
    /// Cluster membership. Answered by [`crate::Reply::Clm`].
    Clm,
    /// Hardware elements and execution environments. Answered by [`crate::Reply::Plm`].
    Plm,
    /// Objects of the information model. Answered by [`crate::Reply::Imm`].
    Imm {
        /// Only this object and those below it; `None` for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dn: Option<String>,
        /// Only objects of this class; `None` for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<String>,
    },
    /// The cluster that keeps the log. Answered by [`crate::Reply::Members`].
    Members,
    /// The daemon itself. Answered by [`crate::Reply::Status`].
    Status,
}

/// Asks for a change. Slots are physical slot numbers, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Opens the handle of the blade in a slot of a simulated chassis.
    OpenHandle {
        /// The slot.
        slot: u8,
    },
    /// Closes the handle of the blade in a slot of a simulated chassis.
    CloseHandle {
        /// The slot.
        slot: u8,
    },
    /// Pulls the blade out of a slot of a simulated chassis, whatever its state.
    PullBlade {
        /// The slot.
        slot: u8,
    },
    /// Inserts a blade into an empty slot of a simulated chassis and closes its handle.
    InsertBlade {
        /// The slot.
        slot: u8,
    },
    /// Kills the processes of a component, to see it recover.
    KillComponent {
        /// DN of the component.
        component: String,
    },
    /// Set FRU Activation (activate).
    ActivateFru {
        /// IPMB-0 address of its controller, 8 bits.
        address: u8,
        /// FRU device id.
        fru: u8,
    },
    /// Set FRU Activation (deactivate).
    DeactivateFru {
        /// IPMB-0 address of its controller, 8 bits.
        address: u8,
        /// FRU device id.
        fru: u8,
    },
    /// An administrative operation on an object of the information model.
    AdminOperation {
        /// DN of the object.
        dn: String,
        /// Which one.
        operation: AdminOperation,
    },
    /// Another CMM shall own the hardware.
    SwitchOver {
        /// Which one; `None` for the healthiest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<u32>,
        /// Under which condition.
        condition: SwitchCondition,
    },
    /// The member that is asked goes on with its log, whatever is missing: nobody has a newer one.
    Force,
}

/// Under which condition another CMM comes to own the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchCondition {
    /// It is as healthy as the one that does, and its software is not older.
    SameOrNewer,
    /// It is as healthy.
    AnyVersion,
    /// It is in step.
    Forced,
}

impl Order {
    /// Whether only a simulated chassis can do it: nobody moves a real blade by wire.
    pub fn is_demo(&self) -> bool {
        match self {
            Self::OpenHandle { .. }
            | Self::CloseHandle { .. }
            | Self::PullBlade { .. }
            | Self::InsertBlade { .. } => true,
            Self::KillComponent { .. }
            | Self::ActivateFru { .. }
            | Self::DeactivateFru { .. }
            | Self::AdminOperation { .. }
            | Self::SwitchOver { .. }
            | Self::Force => false,
        }
    }
}

/// Which administrative operation: its number, or its name as the service's specification has it.
///
/// Choice: names are accepted without prefix and in any case: `unlock`, `lock`, `shutdown`,
/// `lock-instantiation`, …
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AdminOperation {
    /// `SaImmAdminOperationIdT`.
    Number(u64),
    /// Its name.
    Name(String),
}

impl AdminOperation {
    /// Reads what an operator typed: digits are a number, all else is a name.
    pub fn parse(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.into()), Self::Number)
    }
}
