//! HPI's words: entity paths, resources, records and events, and the hand-overs to and from PLM.
//!
//! Source: SAI-HPI-B.03.02, `SaHpi.h`; numbers are the C ABI. No floats here: readings are
//! millionths.
#![no_std]

extern crate alloc;

mod condition;
pub mod diagnostics;
pub mod entity;
mod error;
mod event;
pub mod firmware;
pub mod handover;
mod hotswap;
mod idr;
pub mod instrument;
mod numbered;
mod path;
mod power;
mod rdr;
mod resource;
mod sensor;
mod text;
mod uri;
mod watchdog;

pub use condition::{Alarm, Announcement, AnnunciatorMode, Condition, ConditionType};
pub use error::HpiError;
pub use event::{
    DomainEvent, Event, EventKind, EventLogEntry, HotSwapCause, ResourceEvent, SensorEnableChange,
    SensorEvent, SoftwareEvent,
};
pub use hotswap::HotSwapState;
pub use idr::{AreaType, FieldType, IdrArea, IdrField};
pub use path::{Entity, EntityPath, EntityPathError};
pub use power::{LoadId, ParmAction, PowerState, ResetAction};
pub use rdr::{Instrument, Rdr, RdrType};
pub use resource::{
    Capabilities, HotSwapCapabilities, ResourceId, ResourceInfo, RptEntry, Severity,
};
pub use sensor::{
    DataFormat, EventCategory, EventControl, EventState, ModifierUse, Range, Reading, ReadingType,
    SensorRec, SensorType, SensorUnits, ThresholdDefinition, ThresholdMask, Thresholds,
};
pub use text::{LANGUAGE_ENGLISH, LANGUAGE_UNDEFINED, TextBuffer, TextType};
pub use uri::Uri;
pub use watchdog::{
    WATCHDOG_EXPIRED_MASK, WATCHDOG_TIMER_INTERRUPT, Watchdog, WatchdogAction, WatchdogPretimer,
    WatchdogUse,
};

#[cfg(test)]
mod tests;
