//! The functions: one description of each call and of its reply, used by who calls and by who
//! answers.
//!
//! Names are those of the standard without `saHpi`; OpenHPI's own (`oHpi…`) have theirs. Every call
//! but [`SessionOpen`] has the session as its first parameter. A reply is an error code, and behind
//! [`OK`] what the function gives out.
//!
//! Source: openhpi 3.8.0, `marshal/marshal_hpi.c`, `marshal/marshal_hpi.h`.

use crate::field::structures;
use crate::types::{
    Alarm, Announcement, CtrlState, DimiInfo, DimiTest, DimiTestResults, DimiTestVariableParams,
    DomainInfo, DrtEntry, EntityPath, Event, EventLogEntry, EventLogInfo, FumiBankInfo,
    FumiComponentInfo, FumiLogicalBankInfo, FumiLogicalComponentInfo, FumiServiceImpactData,
    FumiSourceInfo, FumiSpecInfo, GlobalParam, HandlerConfig, HandlerInfo, IdrAreaHeader, IdrField,
    IdrInfo, List, LoadId, Rdr, RptEntry, SensorReading, SensorThresholds, Text, Watchdog,
};
use crate::{ByteOrder, Field, Malformed, Reader, Writer};
use alloc::vec::Vec;

/// `SA_OK`.
pub const OK: i32 = 0;

/// One function.
pub trait Function: Field {
    /// Its number on the wire.
    const NUMBER: u32;
    /// What it gives out.
    type Reply: Field;

    /// The parameters as a payload.
    fn call(&self, order: ByteOrder) -> Vec<u8> {
        let mut writer = Writer::new(order);
        self.write(&mut writer);
        writer.finish()
    }

    /// The payload that says OK.
    fn reply(order: ByteOrder, reply: &Self::Reply) -> Vec<u8> {
        let mut writer = Writer::with_room(order, room::<Self::Reply>());
        OK.write(&mut writer);
        reply.write(&mut writer);
        writer.finish()
    }

    /// Reads a reply; the inner error is the error code.
    fn read_reply(order: ByteOrder, payload: &[u8]) -> Result<Result<Self::Reply, i32>, Malformed> {
        let mut reader = Reader::new(order, payload);
        let code = i32::read(&mut reader, "error")?;
        if code != OK {
            return reader.end().map(|()| Err(code));
        }
        let reply = Self::Reply::read(&mut reader, "reply")?;
        reader.end().map(|()| Ok(reply))
    }
}

/// How much room a reply is given at first: what is more than a number or two has texts in it, or a
/// path, of a fixed size.
const fn room<R>() -> usize {
    match size_of::<R>() {
        0..=16 => 32,
        _ => 640,
    }
}

/// The payload that says that a call failed.
#[must_use]
pub fn failed(order: ByteOrder, code: i32) -> Vec<u8> {
    let mut writer = Writer::new(order);
    code.write(&mut writer);
    writer.finish()
}

/// Why a call cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// There is no function with this number.
    Unknown(u32),
    /// Its parameters cannot be read.
    Malformed(Malformed),
}

/// A function without results.
impl Field for () {
    fn read(_: &mut Reader<'_>, _: &'static str) -> Result<Self, Malformed> {
        Ok(())
    }
    fn write(&self, _: &mut Writer) {}
}

/// Declares what [`all_functions`] lists.
macro_rules! functions {
    (
        $open_number:literal $open:ident { $($open_field:ident: $open_ty:ty),* } => $open_reply:ty;
        $($number:literal $name:ident { $($field:ident: $ty:ty),* } => $reply:ty;)*
    ) => {
        function!($open_number $open { $($open_field: $open_ty),* } => $open_reply);
        $(function!($number $name { $($field: $ty),* } => $reply);)*

        /// A call of any function.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "none of them lives longer than its answer")]
        pub enum Call {
            #[doc = concat!("Calls `", stringify!($open), "`.")]
            $open($open),
            $(#[doc = concat!("Calls `", stringify!($name), "`.")] $name($name),)*
        }

        impl Call {
            /// Reads the parameters of a function; nothing may follow them.
            pub fn read(
                order: ByteOrder,
                function: u32,
                payload: &[u8],
            ) -> Result<Self, CallError> {
                let mut reader = Reader::new(order, payload);
                let call = match function {
                    $open_number => Field::read(&mut reader, "call").map(Self::$open),
                    $($number => Field::read(&mut reader, "call").map(Self::$name),)*
                    other => return Err(CallError::Unknown(other)),
                };
                let call = call.map_err(CallError::Malformed)?;
                reader.end().map_err(CallError::Malformed)?;
                Ok(call)
            }

            /// In which session; only [`SessionOpen`] is called in none.
            #[must_use]
            pub fn session(&self) -> Option<u32> {
                match self {
                    Self::$open(_) => None,
                    $(Self::$name(call) => Some(call.session),)*
                }
            }
        }

        /// Whether the reply of a function is the error code and nothing else.
        #[must_use]
        pub fn gives_nothing(function: u32) -> bool {
            match function {
                $open_number => size_of::<$open_reply>() == 0,
                $($number => size_of::<$reply>() == 0,)*
                _ => true,
            }
        }

        /// Numbers and names of all functions.
        pub const FUNCTIONS: &[(u32, &str)] = &[
            ($open_number, stringify!($open)),
            $(($number, stringify!($name)),)*
        ];
    };
}

/// Declares one function.
macro_rules! function {
    ($number:literal $name:ident { $($field:ident: $ty:ty),* } => $reply:ty) => {
        structures! {
            #[doc = concat!("Parameters of `", stringify!($name), "`.")]
            $name {
                $(#[doc = concat!("Parameter `", stringify!($field), "`.")] $field: $ty,)*
            }
        }

        impl Function for $name {
            const NUMBER: u32 = $number;
            type Reply = $reply;
        }
    };
}

/// An entry of a table, and where the next one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next<T> {
    /// Which entry is next; the last one names none.
    pub next: u32,
    /// This entry.
    pub entry: T,
}

impl<T: Field> Field for Next<T> {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        Ok(Self {
            next: u32::read(reader, field)?,
            entry: T::read(reader, field)?,
        })
    }
    fn write(&self, writer: &mut Writer) {
        self.next.write(writer);
        self.entry.write(writer);
    }
}

structures! {
    /// Result of `GetIdByEntityPath`.
    IdByEntityPath {
        /// Which instance is next.
        next_instance: u32,
        /// The resource.
        resource: u32,
        /// Its instrument.
        instrument: u32,
        /// State of the resource presence table that this holds for.
        rpt_update_count: u32,
    }

    /// Result of `GetChildEntityPath`.
    ChildEntityPath {
        /// Which instance is next.
        next_instance: u32,
        /// The child.
        child: EntityPath,
        /// State of the resource presence table that this holds for.
        rpt_update_count: u32,
    }

    /// Result of `EventLogEntryGet`.
    LoggedEvent {
        /// Which entry is before.
        previous: u32,
        /// Which entry is next.
        next: u32,
        /// This entry.
        entry: EventLogEntry,
        /// The record that belongs to it, if there is one.
        rdr: Rdr,
        /// The resource that it came from.
        resource: RptEntry,
    }

    /// Result of `EventGet`.
    QueuedEvent {
        /// The event.
        event: Event,
        /// The record that belongs to it, if there is one.
        rdr: Rdr,
        /// The resource that it came from.
        resource: RptEntry,
        /// `SaHpiEvtQueueStatusT`: whether events were lost.
        queue_status: u32,
    }

    /// Result of `SensorReadingGet`.
    ReadingAndState {
        /// The reading.
        reading: SensorReading,
        /// `SaHpiEventStateT`.
        state: u16,
    }

    /// Result of `SensorTypeGet`.
    TypeAndCategory {
        /// `SaHpiSensorTypeT`.
        kind: u32,
        /// `SaHpiEventCategoryT`.
        category: u8,
    }

    /// Result of `SensorEventMasksGet`.
    EventMasks {
        /// States whose beginning is an event.
        assert_mask: u16,
        /// States whose end is an event.
        deassert_mask: u16,
    }

    /// Result of `ControlGet`.
    ModeAndState {
        /// `SaHpiCtrlModeT`.
        mode: u32,
        /// Its state.
        state: CtrlState,
    }

    /// Result of `DimiTestStatusGet`.
    TestStatus {
        /// How much is done, FFh where that is not known.
        percent_completed: u32,
        /// `SaHpiDimiTestRunStatusT`.
        run_status: u32,
    }

    /// Result of `HandlerInfoGet`.
    InfoAndConfig {
        /// What the handler is.
        info: HandlerInfo,
        /// How it is configured.
        config: HandlerConfig,
    }
}

/// The table of all functions, given to a macro: `NUMBER NAME { PARAMETERS } => RESULT;` for each.
///
/// Whoever answers makes its own match of it, so that no function can be forgotten.
#[macro_export]
macro_rules! all_functions {
    ($with:ident) => {
        $with! {
    1 SessionOpen { domain: u32 } => u32;
    2 SessionClose { session: u32 } => ();
    3 Discover { session: u32 } => ();
    4 DomainInfoGet { session: u32 } => DomainInfo;
    5 DrtEntryGet { session: u32, entry: u32 } => Next<DrtEntry>;
    6 DomainTagSet { session: u32, tag: Text } => ();
    7 RptEntryGet { session: u32, entry: u32 } => Next<RptEntry>;
    8 RptEntryGetByResourceId { session: u32, resource: u32 } => RptEntry;
    9 ResourceSeveritySet { session: u32, resource: u32, severity: u32 } => ();
    10 ResourceTagSet { session: u32, resource: u32, tag: Text } => ();
    11 ResourceIdGet { session: u32 } => u32;
    12 GetIdByEntityPath {
        session: u32, entity: EntityPath, instrument_type: u32, instance: u32
    } => IdByEntityPath;
    13 GetChildEntityPath { session: u32, parent: EntityPath, instance: u32 } => ChildEntityPath;
    14 ResourceFailedRemove { session: u32, resource: u32 } => ();
    15 EventLogInfoGet { session: u32, resource: u32 } => EventLogInfo;
    16 EventLogCapabilitiesGet { session: u32, resource: u32 } => u32;
    17 EventLogEntryGet { session: u32, resource: u32, entry: u32 } => LoggedEvent;
    18 EventLogEntryAdd { session: u32, resource: u32, event: Event } => ();
    19 EventLogClear { session: u32, resource: u32 } => ();
    20 EventLogTimeGet { session: u32, resource: u32 } => i64;
    21 EventLogTimeSet { session: u32, resource: u32, time: i64 } => ();
    22 EventLogStateGet { session: u32, resource: u32 } => bool;
    23 EventLogStateSet { session: u32, resource: u32, enabled: bool } => ();
    24 EventLogOverflowReset { session: u32, resource: u32 } => ();
    25 Subscribe { session: u32 } => ();
    26 Unsubscribe { session: u32 } => ();
    27 EventGet { session: u32, timeout: i64 } => QueuedEvent;
    28 EventAdd { session: u32, event: Event } => ();
    29 AlarmGetNext { session: u32, severity: u32, unacknowledged: bool, alarm: Alarm } => Alarm;
    30 AlarmGet { session: u32, alarm: u32 } => Alarm;
    31 AlarmAcknowledge { session: u32, alarm: u32, severity: u32 } => ();
    32 AlarmAdd { session: u32, alarm: Alarm } => Alarm;
    33 AlarmDelete { session: u32, alarm: u32, severity: u32 } => ();
    34 RdrGet { session: u32, resource: u32, entry: u32 } => Next<Rdr>;
    35 RdrGetByInstrumentId { session: u32, resource: u32, rdr_type: u32, instrument: u32 } => Rdr;
    36 SensorReadingGet { session: u32, resource: u32, sensor: u32 } => ReadingAndState;
    37 SensorThresholdsGet { session: u32, resource: u32, sensor: u32 } => SensorThresholds;
    38 SensorThresholdsSet {
        session: u32, resource: u32, sensor: u32, thresholds: SensorThresholds
    } => ();
    39 SensorTypeGet { session: u32, resource: u32, sensor: u32 } => TypeAndCategory;
    40 SensorEnableGet { session: u32, resource: u32, sensor: u32 } => bool;
    41 SensorEnableSet { session: u32, resource: u32, sensor: u32, enabled: bool } => ();
    42 SensorEventEnableGet { session: u32, resource: u32, sensor: u32 } => bool;
    43 SensorEventEnableSet { session: u32, resource: u32, sensor: u32, enabled: bool } => ();
    44 SensorEventMasksGet {
        session: u32, resource: u32, sensor: u32, assert_mask: u16, deassert_mask: u16
    } => EventMasks;
    45 SensorEventMasksSet {
        session: u32, resource: u32, sensor: u32, action: u32, assert_mask: u16, deassert_mask: u16
    } => ();
    46 ControlTypeGet { session: u32, resource: u32, control: u32 } => u32;
    47 ControlGet { session: u32, resource: u32, control: u32, state: CtrlState } => ModeAndState;
    48 ControlSet { session: u32, resource: u32, control: u32, mode: u32, state: CtrlState } => ();
    49 IdrInfoGet { session: u32, resource: u32, idr: u32 } => IdrInfo;
    50 IdrAreaHeaderGet {
        session: u32, resource: u32, idr: u32, area_type: u32, area: u32
    } => Next<IdrAreaHeader>;
    51 IdrAreaAdd { session: u32, resource: u32, idr: u32, area_type: u32 } => u32;
    52 IdrAreaAddById { session: u32, resource: u32, idr: u32, area_type: u32, area: u32 } => ();
    53 IdrAreaDelete { session: u32, resource: u32, idr: u32, area: u32 } => ();
    54 IdrFieldGet {
        session: u32, resource: u32, idr: u32, area: u32, field_type: u32, field: u32
    } => Next<IdrField>;
    55 IdrFieldAdd { session: u32, resource: u32, idr: u32, field: IdrField } => IdrField;
    56 IdrFieldAddById { session: u32, resource: u32, idr: u32, field: IdrField } => IdrField;
    57 IdrFieldSet { session: u32, resource: u32, idr: u32, field: IdrField } => ();
    58 IdrFieldDelete { session: u32, resource: u32, idr: u32, area: u32, field: u32 } => ();
    59 WatchdogTimerGet { session: u32, resource: u32, watchdog: u32 } => Watchdog;
    60 WatchdogTimerSet { session: u32, resource: u32, watchdog: u32, timer: Watchdog } => ();
    61 WatchdogTimerReset { session: u32, resource: u32, watchdog: u32 } => ();
    62 AnnunciatorGetNext {
        session: u32, resource: u32, annunciator: u32, severity: u32, unacknowledged: bool,
        announcement: Announcement
    } => Announcement;
    63 AnnunciatorGet { session: u32, resource: u32, annunciator: u32, entry: u32 } => Announcement;
    64 AnnunciatorAcknowledge {
        session: u32, resource: u32, annunciator: u32, entry: u32, severity: u32
    } => ();
    65 AnnunciatorAdd {
        session: u32, resource: u32, annunciator: u32, announcement: Announcement
    } => Announcement;
    66 AnnunciatorDelete {
        session: u32, resource: u32, annunciator: u32, entry: u32, severity: u32
    } => ();
    67 AnnunciatorModeGet { session: u32, resource: u32, annunciator: u32 } => u32;
    68 AnnunciatorModeSet { session: u32, resource: u32, annunciator: u32, mode: u32 } => ();
    69 DimiInfoGet { session: u32, resource: u32, dimi: u32 } => DimiInfo;
    70 DimiTestInfoGet { session: u32, resource: u32, dimi: u32, test: u32 } => DimiTest;
    71 DimiTestReadinessGet { session: u32, resource: u32, dimi: u32, test: u32 } => u32;
    72 DimiTestStart {
        session: u32, resource: u32, dimi: u32, test: u32, params: List<DimiTestVariableParams>
    } => ();
    73 DimiTestCancel { session: u32, resource: u32, dimi: u32, test: u32 } => ();
    74 DimiTestStatusGet { session: u32, resource: u32, dimi: u32, test: u32 } => TestStatus;
    75 DimiTestResultsGet { session: u32, resource: u32, dimi: u32, test: u32 } => DimiTestResults;
    76 FumiSourceSet { session: u32, resource: u32, fumi: u32, bank: u8, source_uri: Text } => ();
    77 FumiSourceInfoValidateStart { session: u32, resource: u32, fumi: u32, bank: u8 } => ();
    78 FumiSourceInfoGet { session: u32, resource: u32, fumi: u32, bank: u8 } => FumiSourceInfo;
    79 FumiTargetInfoGet { session: u32, resource: u32, fumi: u32, bank: u8 } => FumiBankInfo;
    80 FumiBackupStart { session: u32, resource: u32, fumi: u32 } => ();
    81 FumiBankBootOrderSet {
        session: u32, resource: u32, fumi: u32, bank: u8, position: u32
    } => ();
    82 FumiBankCopyStart {
        session: u32, resource: u32, fumi: u32, source_bank: u8, target_bank: u8
    } => ();
    83 FumiInstallStart { session: u32, resource: u32, fumi: u32, bank: u8 } => ();
    84 FumiUpgradeStatusGet { session: u32, resource: u32, fumi: u32, bank: u8 } => u32;
    85 FumiTargetVerifyStart { session: u32, resource: u32, fumi: u32, bank: u8 } => ();
    86 FumiUpgradeCancel { session: u32, resource: u32, fumi: u32, bank: u8 } => ();
    87 FumiRollbackStart { session: u32, resource: u32, fumi: u32 } => ();
    88 FumiActivate { session: u32, resource: u32, fumi: u32 } => ();
    89 HotSwapPolicyCancel { session: u32, resource: u32 } => ();
    90 ResourceActiveSet { session: u32, resource: u32 } => ();
    91 ResourceInactiveSet { session: u32, resource: u32 } => ();
    92 AutoInsertTimeoutGet { session: u32 } => i64;
    93 AutoInsertTimeoutSet { session: u32, timeout: i64 } => ();
    94 AutoExtractTimeoutGet { session: u32, resource: u32 } => i64;
    95 AutoExtractTimeoutSet { session: u32, resource: u32, timeout: i64 } => ();
    96 HotSwapStateGet { session: u32, resource: u32 } => u32;
    97 HotSwapActionRequest { session: u32, resource: u32, action: u32 } => ();
    98 HotSwapIndicatorStateGet { session: u32, resource: u32 } => u32;
    99 HotSwapIndicatorStateSet { session: u32, resource: u32, state: u32 } => ();
    100 ParmControl { session: u32, resource: u32, action: u32 } => ();
    101 ResourceLoadIdGet { session: u32, resource: u32 } => LoadId;
    102 ResourceLoadIdSet { session: u32, resource: u32, load: LoadId } => ();
    103 ResourceResetStateGet { session: u32, resource: u32 } => u32;
    104 ResourceResetStateSet { session: u32, resource: u32, action: u32 } => ();
    105 ResourcePowerStateGet { session: u32, resource: u32 } => u32;
    106 ResourcePowerStateSet { session: u32, resource: u32, state: u32 } => ();
    107 HandlerCreate { session: u32, config: HandlerConfig } => u32;
    108 HandlerDestroy { session: u32, handler: u32 } => ();
    109 HandlerInfoGet { session: u32, handler: u32 } => InfoAndConfig;
    110 HandlerGetNext { session: u32, handler: u32 } => u32;
    111 HandlerFind { session: u32, resource: u32 } => u32;
    112 HandlerRetry { session: u32, handler: u32 } => ();
    113 GlobalParamGet { session: u32, param: GlobalParam } => GlobalParam;
    114 GlobalParamSet { session: u32, param: GlobalParam } => ();
    115 InjectEvent {
        session: u32, handler: u32, event: Event, resource: RptEntry, rdr: Rdr
    } => ();
    116 MyEntityPathGet { session: u32 } => EntityPath;
    117 RdrUpdateCountGet { session: u32, resource: u32 } => u32;
    118 FumiSpecInfoGet { session: u32, resource: u32, fumi: u32 } => FumiSpecInfo;
    119 FumiServiceImpactGet { session: u32, resource: u32, fumi: u32 } => FumiServiceImpactData;
    120 FumiSourceComponentInfoGet {
        session: u32, resource: u32, fumi: u32, bank: u8, entry: u32
    } => Next<FumiComponentInfo>;
    121 FumiTargetComponentInfoGet {
        session: u32, resource: u32, fumi: u32, bank: u8, entry: u32
    } => Next<FumiComponentInfo>;
    122 FumiLogicalTargetInfoGet { session: u32, resource: u32, fumi: u32 } => FumiLogicalBankInfo;
    123 FumiLogicalTargetComponentInfoGet {
        session: u32, resource: u32, fumi: u32, entry: u32
    } => Next<FumiLogicalComponentInfo>;
    124 FumiTargetVerifyMainStart { session: u32, resource: u32, fumi: u32 } => ();
    125 FumiAutoRollbackDisableGet { session: u32, resource: u32, fumi: u32 } => bool;
    126 FumiAutoRollbackDisableSet { session: u32, resource: u32, fumi: u32, disable: bool } => ();
    127 FumiActivateStart { session: u32, resource: u32, fumi: u32, logical: bool } => ();
    128 FumiCleanup { session: u32, resource: u32, fumi: u32, bank: u8 } => ();
        }
    };
}

all_functions!(functions);
