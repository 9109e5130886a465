//! What operators ask and are told, as JSON: one vocabulary for the console, its event stream and
//! `shelfctl`.
//!
//! Field and variant names are the JSON keys, in `snake_case` and `kebab-case`; they are an
//! interface that scripts rely on:
//! keys may be added, never renamed. Words for states are the standards' own (`M4`, `UNLOCKED`,
//! `IN-SERVICE`).
//!
//! Choice: every enumeration is tagged from outside, so that a value with nothing to say is a plain
//! string
//! (`"boards"`) and one with something to say is an object with one key (`{"sel":{"last":20}}`).
#![no_std]

extern crate alloc;

mod alarm;
mod answer;
mod ask;
mod cluster;
mod hardware;
mod log;
mod members;
mod notice;
mod quantity;

#[cfg(test)]
mod tests;

pub use alarm::{AlarmKind, AlarmView, AlarmsView};
pub use answer::{Answer, Outcome, Refusal, RefusalCode, Reply};
pub use ask::{AdminOperation, Follow, Order, Query, Request, SwitchCondition};
pub use cluster::{
    AmfComponentView, AmfNodeView, AmfView, ApplicationView, AssignmentView, AttributeView,
    ClmNodeView, ClmView, CsiAssignmentView, ImmObjectView, ImmView, PlmElementView, PlmKind,
    PlmView, ServiceGroupView, ServiceInstanceView, ServiceUnitView,
};
pub use hardware::{
    AreaStatus, BlueLed, BoardView, FieldView, FruAreaView, FruView, Handle, MultirecordView,
    SelEntryView, SelView, SensorStatus, SensorView, ShelfView, Site, SlotView, ThresholdsView,
};
pub use log::{LOG_ENTRIES_MAX, LOG_TEXT_MAX, LogEntryView, LogView};
pub use members::{MemberStanding, MemberState, MemberView, MembersView};
pub use notice::{Change, EventView, EventsView, Notice, Severity, SnapshotView, StatusView};
pub use quantity::Quantity;

/// Longest request on the control socket or in an HTTP body, in bytes, without the newline.
pub const REQUEST_BYTES_MAX: usize = 1 << 20;

/// Longest answer on the control socket, in bytes, without the newline.
///
/// Choice: an answer that would be longer is replaced by a refusal with [`RefusalCode::TooLarge`].
pub const ANSWER_BYTES_MAX: usize = 16 << 20;
