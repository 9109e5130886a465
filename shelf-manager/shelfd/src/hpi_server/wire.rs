//! The model in the structures of `SaHpi.h`.

use super::View;
use hpi_model as model;
use hpi_model::instrument::{ControlRec, ControlState, ControlType, Stream};
use openhpi_wire::Float64;
use openhpi_wire::types::*;

/// `SAHPI_SOD_…`: which optional data of a sensor event hold. Source: `SaHpiSensorOptionalDataT`.
pub(super) mod optional {
    pub(in super::super) const TRIGGER_READING: u8 = 0x01;
    pub(in super::super) const TRIGGER_THRESHOLD: u8 = 0x02;
    pub(in super::super) const OEM: u8 = 0x04;
    pub(in super::super) const PREVIOUS_STATE: u8 = 0x08;
    pub(in super::super) const CURRENT_STATE: u8 = 0x10;
    pub(in super::super) const SENSOR_SPECIFIC: u8 = 0x20;
}

/// Source: `SaHpiSensorRangeFlagsT`.
mod range {
    pub(super) const MIN: u8 = 0x10;
    pub(super) const MAX: u8 = 0x08;
    pub(super) const NORMAL_MIN: u8 = 0x04;
    pub(super) const NORMAL_MAX: u8 = 0x02;
    pub(super) const NOMINAL: u8 = 0x01;
}

pub(super) fn text(text: &model::TextBuffer) -> Text {
    Text {
        data_type: text.data_type.number(),
        language: text.language,
        data: text.data.clone(),
    }
}

pub(super) fn path(path: &model::EntityPath) -> EntityPath {
    let entities = path.0.iter().map(|entity| Entity {
        kind: entity.kind,
        location: entity.location,
    });
    EntityPath(entities.collect())
}

pub(super) fn model_path(path: &EntityPath) -> model::EntityPath {
    let entities = path.0.iter().map(|entity| model::Entity {
        kind: entity.kind,
        location: entity.location,
    });
    model::EntityPath(entities.collect())
}

/// An entry of the resource presence table. Its entry id is its resource id.
pub(super) fn rpt_entry(rpt: &model::RptEntry) -> RptEntry {
    RptEntry {
        entry: rpt.resource.0,
        resource: rpt.resource.0,
        info: ResourceInfo {
            resource_rev: rpt.info.resource_rev,
            specific_ver: rpt.info.specific_ver,
            device_support: rpt.info.device_support,
            manufacturer: rpt.info.manufacturer_id,
            product: rpt.info.product_id,
            firmware_major_rev: rpt.info.firmware_major_rev,
            firmware_minor_rev: rpt.info.firmware_minor_rev,
            aux_firmware_rev: rpt.info.aux_firmware_rev,
            guid: rpt.info.guid,
        },
        entity: path(&rpt.entity),
        capabilities: rpt.capabilities.0,
        hot_swap_capabilities: rpt.hot_swap_capabilities.0,
        severity: rpt.severity.number(),
        failed: rpt.failed,
        tag: text(&rpt.tag),
    }
}

/// What stands where no resource belongs to an event: an entry without capabilities.
pub(super) fn no_resource() -> RptEntry {
    RptEntry {
        entry: 0,
        resource: model::ResourceId::UNSPECIFIED.0,
        info: ResourceInfo {
            resource_rev: 0,
            specific_ver: 0,
            device_support: 0,
            manufacturer: 0,
            product: 0,
            firmware_major_rev: 0,
            firmware_minor_rev: 0,
            aux_firmware_rev: 0,
            guid: [0; 16],
        },
        entity: EntityPath::default(),
        capabilities: 0,
        hot_swap_capabilities: 0,
        severity: model::Severity::Informational.number(),
        failed: false,
        tag: Text::default(),
    }
}

/// A record; `id` is its place among the resource's records, from 1.
pub(super) fn rdr(id: u32, rdr: &model::Rdr) -> Rdr {
    use model::Instrument as I;
    let instrument = match &rdr.instrument {
        I::Control(rec) => RdrTypeUnion::Ctrl(control(rec)),
        I::Sensor(rec) => RdrTypeUnion::Sensor(sensor(rec)),
        I::Inventory(rec) => RdrTypeUnion::Inventory(InventoryRec {
            idr: rec.idr,
            persistent: rec.persistent,
            oem: rec.oem,
        }),
        I::Watchdog(rec) => RdrTypeUnion::Watchdog(WatchdogRec {
            num: rec.num,
            oem: rec.oem,
        }),
        I::Annunciator(rec) => RdrTypeUnion::Annunciator(AnnunciatorRec {
            num: rec.num,
            kind: rec.kind.number(),
            mode_read_only: rec.mode_read_only,
            max_conditions: rec.max_conditions,
            oem: rec.oem,
        }),
        I::Dimi(rec) => RdrTypeUnion::Dimi(DimiRec {
            num: rec.num,
            oem: rec.oem,
        }),
        I::Fumi(rec) => RdrTypeUnion::Fumi(FumiRec {
            num: rec.num,
            access_prot: rec.protocols,
            capability: rec.capabilities,
            num_banks: rec.num_banks,
            oem: rec.oem,
        }),
    };
    Rdr {
        record: id,
        entity: path(&rdr.entity),
        is_fru: rdr.is_fru,
        instrument,
        id: text(&rdr.id),
    }
}

/// A reading in millionths; without one, what stands in its place.
pub(super) fn micro(value: Option<i64>) -> SensorReading {
    SensorReading {
        is_supported: value.is_some(),
        value: SensorValue::Float64(Float64::from_micro(value.unwrap_or(0))),
    }
}

/// A reading in millionths, of a type; without one, what stands in its place.
pub(super) fn micro_of(kind: model::ReadingType, value: Option<i64>) -> SensorReading {
    match value.and_then(|value| kind.reading(value)) {
        Some(value) => reading(Some(&value)),
        None => SensorReading {
            is_supported: false,
            value: match kind {
                model::ReadingType::Int64 => SensorValue::Int64(0),
                model::ReadingType::Uint64 => SensorValue::Uint64(0),
                model::ReadingType::Float64 => SensorValue::Float64(Float64::default()),
                model::ReadingType::Buffer => SensorValue::Buffer([0; 32]),
            },
        },
    }
}

/// Thresholds and hystereses, of a type.
pub(super) fn thresholds(kind: model::ReadingType, from: &model::Thresholds) -> SensorThresholds {
    let value = |micro| micro_of(kind, micro);
    SensorThresholds {
        low_critical: value(from.low_critical_micro),
        low_major: value(from.low_major_micro),
        low_minor: value(from.low_minor_micro),
        up_critical: value(from.up_critical_micro),
        up_major: value(from.up_major_micro),
        up_minor: value(from.up_minor_micro),
        pos_thd_hysteresis: value(from.pos_hysteresis_micro),
        neg_thd_hysteresis: value(from.neg_hysteresis_micro),
    }
}

pub(super) fn reading(value: Option<&model::Reading>) -> SensorReading {
    let value = match value {
        None => return micro(None),
        Some(model::Reading::Int64(value)) => SensorValue::Int64(*value),
        Some(model::Reading::Uint64(value)) => SensorValue::Uint64(*value),
        Some(model::Reading::Micro(value)) => return micro(Some(*value)),
        Some(model::Reading::Buffer(value)) => SensorValue::Buffer(*value),
    };
    SensorReading {
        is_supported: true,
        value,
    }
}

fn sensor(rec: &model::SensorRec) -> SensorRec {
    let thresholds = rec.thresholds;
    SensorRec {
        num: rec.num,
        kind: rec.kind.number(),
        category: u8::try_from(rec.category.number()).unwrap_or(u8::MAX),
        enable_ctrl: rec.enable_control,
        event_ctrl: rec.event_control.number(),
        events: rec.events.0,
        data_format: data_format(rec.data_format.as_ref()),
        threshold_defn: SensorThdDefn {
            is_accessible: thresholds.readable.0 | thresholds.writable.0 != 0,
            read_thold: thresholds.readable.0,
            write_thold: thresholds.writable.0,
            nonlinear: thresholds.nonlinear,
        },
        oem: rec.oem,
    }
}

fn data_format(format: Option<&model::DataFormat>) -> SensorDataFormat {
    let limits = format.map_or_else(model::Range::default, |format| format.range);
    let kind = format.map_or(model::ReadingType::Float64, |format| format.reading);
    let micro = |value| micro_of(kind, value);
    let flag = |value: Option<i64>, flag: u8| if value.is_some() { flag } else { 0 };
    SensorDataFormat {
        is_supported: format.is_some(),
        reading_type: kind.number(),
        base_units: format.map_or(0, |format| format.base_units.number()),
        modifier_units: format.map_or(0, |format| format.modifier_units.number()),
        modifier_use: format.map_or(0, |format| format.modifier_use.number()),
        percentage: format.is_some_and(|format| format.percentage),
        range: SensorRange {
            flags: flag(limits.max_micro, range::MAX)
                | flag(limits.min_micro, range::MIN)
                | flag(limits.nominal_micro, range::NOMINAL)
                | flag(limits.normal_max_micro, range::NORMAL_MAX)
                | flag(limits.normal_min_micro, range::NORMAL_MIN),
            max: micro(limits.max_micro),
            min: micro(limits.min_micro),
            nominal: micro(limits.nominal_micro),
            normal_max: micro(limits.normal_max_micro),
            normal_min: micro(limits.normal_min_micro),
        },
        accuracy_factor: Float64::from_micro(format.map_or(0, |format| format.accuracy_micro)),
    }
}

fn control(rec: &ControlRec) -> CtrlRec {
    let type_union = match &rec.kind {
        ControlType::Digital(default) => CtrlRecUnion::Digital(default.number()),
        ControlType::Discrete(default) => CtrlRecUnion::Discrete(*default),
        ControlType::Analog { min, max, default } => CtrlRecUnion::Analog(CtrlRecAnalog {
            min: *min,
            max: *max,
            default: *default,
        }),
        ControlType::Stream(default) => CtrlRecUnion::Stream(stream(default)),
        ControlType::Text {
            max_chars,
            max_lines,
            default,
        } => CtrlRecUnion::Text(CtrlRecText {
            max_chars: *max_chars,
            max_lines: *max_lines,
            language: default.language,
            data_type: default.data_type.number(),
            default: CtrlStateText {
                line: 0,
                text: text(default),
            },
        }),
        ControlType::Oem {
            manufacturer,
            config,
            default,
        } => CtrlRecUnion::Oem(CtrlRecOem {
            manufacturer: *manufacturer,
            config_data: *config,
            default: CtrlStateOem {
                manufacturer: *manufacturer,
                body: Body(default.clone()),
            },
        }),
    };
    CtrlRec {
        num: rec.num,
        output_type: rec.output.number(),
        type_union,
        default_mode: CtrlDefaultMode {
            mode: rec.default_mode.number(),
            read_only: rec.mode_read_only,
        },
        write_only: rec.write_only,
        oem: rec.oem,
    }
}

fn stream(from: &Stream) -> CtrlStateStream {
    let mut stream = [0; Stream::LENGTH_MAX];
    let used = stream.iter_mut().zip(&from.data);
    used.for_each(|(to, from)| *to = *from);
    CtrlStateStream {
        repeat: from.repeat,
        stream_length: u32::try_from(from.data.len()).unwrap_or(u32::MAX),
        stream,
    }
}

pub(super) fn control_state(state: &ControlState) -> CtrlState {
    match state {
        ControlState::Digital(state) => CtrlState::Digital(state.number()),
        ControlState::Discrete(state) => CtrlState::Discrete(*state),
        ControlState::Analog(state) => CtrlState::Analog(*state),
        ControlState::Stream(state) => CtrlState::Stream(stream(state)),
        ControlState::Text { line, text: data } => CtrlState::Text(CtrlStateText {
            line: *line,
            text: text(data),
        }),
        ControlState::Oem { manufacturer, body } => CtrlState::Oem(CtrlStateOem {
            manufacturer: *manufacturer,
            body: Body(body.clone()),
        }),
    }
}

pub(super) fn event(event: &model::Event) -> Event {
    Event {
        source: event.source.0,
        timestamp: event.time_ns,
        severity: event.severity.number(),
        data: event_data(&event.kind),
    }
}

fn event_data(kind: &model::EventKind) -> EventData {
    use model::EventKind as K;
    match kind {
        K::Resource(kind) => EventData::Resource(kind.number()),
        K::Domain(kind, domain) => EventData::Domain(DomainEvent {
            kind: kind.number(),
            domain: *domain,
        }),
        K::Sensor(sensor) => EventData::Sensor(sensor_event(sensor)),
        K::SensorEnableChange(change) => EventData::SensorEnableChange(enable_change(change)),
        K::HotSwap {
            state,
            previous,
            cause,
        } => EventData::HotSwap(HotSwapEvent {
            state: *state as u32,
            previous: *previous as u32,
            cause: cause.number(),
        }),
        K::Watchdog {
            num,
            action,
            pretimer,
            timer_use,
        } => EventData::Watchdog(WatchdogEvent {
            num: *num,
            action: *action,
            pre_timer_action: *pretimer,
            timer_use: *timer_use,
        }),
        K::Software {
            manufacturer,
            kind,
            text: data,
        } => EventData::HpiSw(HpiSwEvent {
            manufacturer: *manufacturer,
            kind: kind.number(),
            data: text(data),
        }),
        K::Oem {
            manufacturer,
            text: data,
        } => EventData::Oem(OemEvent {
            manufacturer: *manufacturer,
            data: text(data),
        }),
        K::User(data) => EventData::User(text(data)),
        K::Dimi {
            num,
            test,
            status,
            percent,
        } => EventData::Dimi(DimiEvent {
            num: *num,
            test: *test,
            run_status: *status,
            percent_completed: u32::from(*percent),
        }),
        K::DimiUpdate(num) => EventData::DimiUpdate(*num),
        K::Fumi { num, bank, status } => EventData::Fumi(FumiEvent {
            num: *num,
            bank: *bank,
            status: *status,
        }),
    }
}

fn sensor_event(event: &model::SensorEvent) -> SensorEvent {
    let flag = |is_there: bool, flag: u8| if is_there { flag } else { 0 };
    SensorEvent {
        num: event.num,
        kind: event.kind.number(),
        category: u8::try_from(event.category.number()).unwrap_or(u8::MAX),
        assertion: event.assertion,
        state: event.state.0,
        optional_data_present: flag(event.trigger_reading.is_some(), optional::TRIGGER_READING)
            | flag(
                event.trigger_threshold.is_some(),
                optional::TRIGGER_THRESHOLD,
            )
            | flag(event.oem.is_some(), optional::OEM)
            | flag(event.previous.is_some(), optional::PREVIOUS_STATE)
            | flag(event.current.is_some(), optional::CURRENT_STATE)
            | flag(event.sensor_specific.is_some(), optional::SENSOR_SPECIFIC),
        trigger_reading: reading(event.trigger_reading.as_ref()),
        trigger_threshold: reading(event.trigger_threshold.as_ref()),
        previous_state: event.previous.unwrap_or_default().0,
        current_state: event.current.unwrap_or_default().0,
        oem: event.oem.unwrap_or(0),
        sensor_specific: event.sensor_specific.unwrap_or(0),
    }
}

fn enable_change(change: &model::SensorEnableChange) -> SensorEnableChangeEvent {
    SensorEnableChangeEvent {
        num: change.num,
        kind: change.kind.number(),
        category: u8::try_from(change.category.number()).unwrap_or(u8::MAX),
        sensor_enable: change.sensor_enable,
        event_enable: change.event_enable,
        assert_mask: change.assert_mask.0,
        deassert_mask: change.deassert_mask.0,
        optional_data_present: if change.current.is_some() {
            optional::CURRENT_STATE
        } else {
            0
        },
        current_state: change.current.unwrap_or_default().0,
    }
}

/// The record of the instrument that an event is about; none where it is about no instrument, or
/// the resource has left the table.
pub(super) fn rdr_of(view: View<'_>, event: &model::Event) -> Rdr {
    use model::{EventKind as K, RdrType};
    let instrument = match &event.kind {
        K::Sensor(sensor) => Some((RdrType::Sensor, sensor.num)),
        K::SensorEnableChange(change) => Some((RdrType::Sensor, change.num)),
        K::Watchdog { num, .. } => Some((RdrType::Watchdog, *num)),
        K::Dimi { num, .. } | K::DimiUpdate(num) => Some((RdrType::Dimi, *num)),
        K::Fumi { num, .. } => Some((RdrType::Fumi, *num)),
        K::Resource(_)
        | K::Domain(..)
        | K::HotSwap { .. }
        | K::Software { .. }
        | K::Oem { .. }
        | K::User(_) => None,
    };
    let resource = view.appliance.hpi.resource(event.source);
    let found = resource.zip(instrument).and_then(|(resource, instrument)| {
        let mut records = (1..).zip(&resource.rdrs);
        records.find(|(_, rdr)| (rdr.instrument.kind(), rdr.instrument.num()) == instrument)
    });
    found.map_or_else(Rdr::none, |(id, found)| rdr(id, found))
}
