//! Events and event logs.

use super::{SensorReading, Text};
use crate::field::{structures, unions};
use crate::{Field, Malformed, Reader, Writer};

structures! {
    /// `SaHpiDomainEventT`.
    DomainEvent {
        /// `SaHpiDomainEventTypeT`.
        kind: u32,
        /// The domain that was added or removed.
        domain: u32,
    }

    /// `SaHpiSensorEventT`.
    SensorEvent {
        /// `SaHpiSensorNumT`.
        num: u32,
        /// `SaHpiSensorTypeT`.
        kind: u32,
        /// `SaHpiEventCategoryT`.
        category: u8,
        /// Whether the state began, or ended.
        assertion: bool,
        /// `SaHpiEventStateT`: which state.
        state: u16,
        /// `SaHpiSensorOptionalDataT`: which of the following hold.
        optional_data_present: u8,
        /// The reading.
        trigger_reading: SensorReading,
        /// The threshold that it passed.
        trigger_threshold: SensorReading,
        /// `SaHpiEventStateT` before.
        previous_state: u16,
        /// `SaHpiEventStateT` since then.
        current_state: u16,
        /// The implementation's own.
        oem: u32,
        /// Depends on the sensor's type.
        sensor_specific: u32,
    }

    /// `SaHpiSensorEnableChangeEventT`.
    SensorEnableChangeEvent {
        /// `SaHpiSensorNumT`.
        num: u32,
        /// `SaHpiSensorTypeT`.
        kind: u32,
        /// `SaHpiEventCategoryT`.
        category: u8,
        /// Whether the sensor is enabled.
        sensor_enable: bool,
        /// Whether its events are.
        event_enable: bool,
        /// States whose beginning is an event.
        assert_mask: u16,
        /// States whose end is an event.
        deassert_mask: u16,
        /// `SaHpiSensorEnableOptDataT`: whether the state holds.
        optional_data_present: u8,
        /// `SaHpiEventStateT`.
        current_state: u16,
    }

    /// `SaHpiHotSwapEventT`.
    HotSwapEvent {
        /// `SaHpiHsStateT`.
        state: u32,
        /// `SaHpiHsStateT` before.
        previous: u32,
        /// `SaHpiHsCauseOfStateChangeT`.
        cause: u32,
    }

    /// `SaHpiWatchdogEventT`.
    WatchdogEvent {
        /// `SaHpiWatchdogNumT`.
        num: u32,
        /// `SaHpiWatchdogActionEventT`.
        action: u32,
        /// `SaHpiWatchdogPretimerInterruptT`.
        pre_timer_action: u32,
        /// `SaHpiWatchdogTimerUseT`.
        timer_use: u32,
    }

    /// `SaHpiHpiSwEventT`.
    HpiSwEvent {
        /// Whose event it is, an IANA enterprise number.
        manufacturer: u32,
        /// `SaHpiSwEventTypeT`.
        kind: u32,
        /// More about it.
        data: Text,
    }

    /// `SaHpiOemEventT`.
    OemEvent {
        /// Whose event it is, an IANA enterprise number.
        manufacturer: u32,
        /// More about it.
        data: Text,
    }

    /// `SaHpiDimiEventT`.
    DimiEvent {
        /// `SaHpiDimiNumT`.
        num: u32,
        /// `SaHpiDimiTestNumT`.
        test: u32,
        /// `SaHpiDimiTestRunStatusT`.
        run_status: u32,
        /// How much is done, FFh where that is not known.
        percent_completed: u32,
    }

    /// `SaHpiFumiEventT`.
    FumiEvent {
        /// `SaHpiFumiNumT`.
        num: u32,
        /// `SaHpiBankNumT`.
        bank: u8,
        /// `SaHpiFumiUpgradeStatusT`.
        status: u32,
    }
}

unions! {
    /// `SaHpiEventUnionT`; the selector is `SaHpiEventTypeT`.
    EventData {
        /// `SaHpiResourceEventTypeT`.
        0 Resource(u32),
        /// About the domain.
        1 Domain(DomainEvent),
        /// A sensor's state changed.
        2 Sensor(SensorEvent),
        /// A sensor was enabled or disabled.
        3 SensorEnableChange(SensorEnableChangeEvent),
        /// A hot swap state changed.
        4 HotSwap(HotSwapEvent),
        /// A watchdog timer ended.
        5 Watchdog(WatchdogEvent),
        /// About the HPI implementation.
        6 HpiSw(HpiSwEvent),
        /// The implementation's own.
        7 Oem(OemEvent),
        /// What a user added.
        8 User(Text),
        /// A diagnostic test went on.
        9 Dimi(DimiEvent),
        /// `SaHpiDimiNumT`: its tests changed.
        10 DimiUpdate(u32),
        /// A firmware upgrade went on.
        11 Fumi(FumiEvent),
    }
}

/// `SaHpiEventT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose event it is, `SaHpiResourceIdT`.
    pub source: u32,
    /// When it happened, in nanoseconds.
    pub timestamp: i64,
    /// `SaHpiSeverityT`.
    pub severity: u32,
    /// What happened.
    pub data: EventData,
}

impl Field for Event {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let source = u32::read(reader, field)?;
        let selector = u32::read(reader, field)?;
        Ok(Self {
            source,
            timestamp: i64::read(reader, field)?,
            severity: u32::read(reader, field)?,
            data: EventData::read_member(selector, reader, field)?,
        })
    }
    fn write(&self, writer: &mut Writer) {
        self.source.write(writer);
        self.data.selector().write(writer);
        self.timestamp.write(writer);
        self.severity.write(writer);
        self.data.write_member(writer);
    }
}

structures! {
    /// `SaHpiEventLogInfoT`.
    EventLogInfo {
        /// How many entries it has.
        entries: u32,
        /// How many it has place for.
        size: u32,
        /// Longest text of a user event, in bytes.
        user_event_max_size: u32,
        /// When it changed last, in nanoseconds.
        update_timestamp: i64,
        /// Its time, in nanoseconds.
        current_time: i64,
        /// Whether events are logged.
        enabled: bool,
        /// Whether entries were lost.
        overflow_flag: bool,
        /// Whether that can be forgotten.
        overflow_resetable: bool,
        /// `SaHpiEventLogOverflowActionT`.
        overflow_action: u32,
    }

    /// `SaHpiEventLogEntryT`.
    EventLogEntry {
        /// `SaHpiEventLogEntryIdT`.
        entry: u32,
        /// When it was logged, in nanoseconds.
        timestamp: i64,
        /// What was logged.
        event: Event,
    }
}
