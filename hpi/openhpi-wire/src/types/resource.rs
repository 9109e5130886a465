//! Domains, resources and their records.

use super::{
    AnnunciatorRec, CtrlRec, DimiRec, EntityPath, FumiRec, InventoryRec, Nothing, SensorRec, Text,
    WatchdogRec,
};
use crate::field::{structures, unions};
use crate::{Field, Malformed, Reader, Writer};

structures! {
    /// `SaHpiDomainInfoT`.
    DomainInfo {
        /// `SaHpiDomainIdT`.
        domain: u32,
        /// `SaHpiDomainCapabilitiesT`.
        capabilities: u32,
        /// Whether it is a peer of another.
        is_peer: bool,
        /// Its tag.
        tag: Text,
        /// How often the domain reference table changed.
        drt_update_count: u32,
        /// When it changed last, in nanoseconds.
        drt_update_timestamp: i64,
        /// How often the resource presence table changed.
        rpt_update_count: u32,
        /// When it changed last, in nanoseconds.
        rpt_update_timestamp: i64,
        /// How often the domain alarm table changed.
        dat_update_count: u32,
        /// When it changed last, in nanoseconds.
        dat_update_timestamp: i64,
        /// How many alarms it has.
        active_alarms: u32,
        /// How many of them are critical.
        critical_alarms: u32,
        /// How many of them are major.
        major_alarms: u32,
        /// How many of them are minor.
        minor_alarms: u32,
        /// How many alarms users can add; 0 where there is no limit.
        dat_user_alarm_limit: u32,
        /// Whether alarms were lost.
        dat_overflow: bool,
        /// The domain's GUID.
        guid: [u8; 16],
    }

    /// `SaHpiDrtEntryT`.
    DrtEntry {
        /// Its place in the table.
        entry: u32,
        /// `SaHpiDomainIdT`.
        domain: u32,
        /// Whether it is a peer.
        is_peer: bool,
    }

    /// `SaHpiResourceInfoT`.
    ResourceInfo {
        /// Revision of the resource.
        resource_rev: u8,
        /// Version of the specification that it follows.
        specific_ver: u8,
        /// What its device supports.
        device_support: u8,
        /// Manufacturer, an IANA enterprise number.
        manufacturer: u32,
        /// Product, the manufacturer's own.
        product: u16,
        /// Major revision of its firmware.
        firmware_major_rev: u8,
        /// Minor revision of its firmware.
        firmware_minor_rev: u8,
        /// Auxiliary revision of its firmware.
        aux_firmware_rev: u8,
        /// Its GUID.
        guid: [u8; 16],
    }

    /// `SaHpiRptEntryT`.
    RptEntry {
        /// Its place in the table.
        entry: u32,
        /// `SaHpiResourceIdT`.
        resource: u32,
        /// What it is.
        info: ResourceInfo,
        /// Where it is.
        entity: EntityPath,
        /// `SaHpiCapabilitiesT`.
        capabilities: u32,
        /// `SaHpiHsCapabilitiesT`.
        hot_swap_capabilities: u32,
        /// `SaHpiSeverityT` of its loss.
        severity: u32,
        /// Whether it does not answer.
        failed: bool,
        /// Its tag.
        tag: Text,
    }

    /// `SaHpiLoadIdT`.
    LoadId {
        /// `SaHpiLoadNumberT`.
        number: u32,
        /// Its name, where the number says so.
        name: Text,
    }
}

unions! {
    /// `SaHpiRdrTypeUnionT`; the selector is `SaHpiRdrTypeT`.
    RdrTypeUnion {
        /// There is no record.
        0 NoRecord(Nothing),
        /// A control.
        1 Ctrl(CtrlRec),
        /// A sensor.
        2 Sensor(SensorRec),
        /// An inventory data repository.
        3 Inventory(InventoryRec),
        /// A watchdog timer.
        4 Watchdog(WatchdogRec),
        /// An annunciator.
        5 Annunciator(AnnunciatorRec),
        /// Diagnostics.
        6 Dimi(DimiRec),
        /// Firmware upgrade.
        7 Fumi(FumiRec),
    }
}

/// `SaHpiRdrT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rdr {
    /// Its place among the resource's records.
    pub record: u32,
    /// What it is about.
    pub entity: EntityPath,
    /// Whether that is a FRU of its own.
    pub is_fru: bool,
    /// Which instrument.
    pub instrument: RdrTypeUnion,
    /// Its name.
    pub id: Text,
}

impl Rdr {
    /// What stands where there is no record.
    #[must_use]
    pub fn none() -> Self {
        Self {
            record: 0,
            entity: EntityPath::default(),
            is_fru: false,
            instrument: RdrTypeUnion::NoRecord(Nothing),
            id: Text::default(),
        }
    }
}

impl Field for Rdr {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let record = u32::read(reader, field)?;
        let selector = u32::read(reader, field)?;
        Ok(Self {
            record,
            entity: Field::read(reader, field)?,
            is_fru: bool::read(reader, field)?,
            instrument: RdrTypeUnion::read_member(selector, reader, field)?,
            id: Field::read(reader, field)?,
        })
    }
    fn write(&self, writer: &mut Writer) {
        self.record.write(writer);
        self.instrument.selector().write(writer);
        self.entity.write(writer);
        self.is_fru.write(writer);
        self.instrument.write_member(writer);
        self.id.write(writer);
    }
}
