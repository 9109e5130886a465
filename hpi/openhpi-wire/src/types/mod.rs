//! The structures of `SaHpi.h`, one field behind the other.
//!
//! Names and orders are the header's, without its prefixes. Arrays that the header gives a fixed
//! length travel whole; [`Text`], [`Body`], [`Name`] and [`Characters`] keep only what is used of
//! theirs. Source: SAI-HPI-B.03.02, `SaHpi.h`; openhpi 3.8.0, `marshal/marshal_hpi_types.c`.

mod alarm;
mod control;
mod dimi;
mod event;
mod fumi;
mod inventory;
mod openhpi;
mod resource;
mod sensor;
mod text;
mod watchdog;

pub use alarm::{Alarm, Announcement, AnnunciatorRec, Condition};
pub use control::{
    CtrlDefaultMode, CtrlRec, CtrlRecAnalog, CtrlRecOem, CtrlRecText, CtrlRecUnion, CtrlState,
    CtrlStateOem, CtrlStateStream, CtrlStateText,
};
pub use dimi::{
    DimiInfo, DimiRec, DimiTest, DimiTestAffectedEntity, DimiTestParamValue,
    DimiTestParamsDefinition, DimiTestResults, DimiTestVariableParams, Limit,
};
pub use event::{
    DimiEvent, DomainEvent, Event, EventData, EventLogEntry, EventLogInfo, FumiEvent, HotSwapEvent,
    HpiSwEvent, OemEvent, SensorEnableChangeEvent, SensorEvent, WatchdogEvent,
};
pub use fumi::{
    FumiBankInfo, FumiComponentInfo, FumiFirmwareInstanceInfo, FumiImpactedEntity,
    FumiLogicalBankInfo, FumiLogicalComponentInfo, FumiOemDefinedSpecInfo, FumiRec,
    FumiSafDefinedSpecInfo, FumiServiceImpactData, FumiSourceInfo, FumiSpecInfo,
};
pub use inventory::{IdrAreaHeader, IdrField, IdrInfo, InventoryRec};
pub use openhpi::{GlobalParam, HandlerConfig, HandlerConfigParam, HandlerInfo};
pub use resource::{DomainInfo, DrtEntry, LoadId, Rdr, RdrTypeUnion, ResourceInfo, RptEntry};
pub use sensor::{
    SensorDataFormat, SensorRange, SensorReading, SensorRec, SensorThdDefn, SensorThresholds,
    SensorValue,
};
pub use text::{Body, Characters, Entity, EntityPath, List, Name, Nothing, Text};
pub use watchdog::{Watchdog, WatchdogRec};
