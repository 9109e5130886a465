//! Storage commands: FRU inventory, SDR repository, SEL. Source: IPMI v2.0 §31, §33, §34.

use super::sensor::{RecordData, Reservation};
use super::{Empty, bodies, commands};
use alloc::vec::Vec;

bodies! {
    /// Get FRU Inventory Area Info. Source: IPMI v2.0 §34.1.
    GetFruAreaInfo {
        /// FRU device id.
        fru_id: u8,
    }

    /// Answer to Get FRU Inventory Area Info.
    FruAreaInfo {
        /// Size of the area, bytes.
        size: u16,
        /// Bit 0: offsets and counts are in words, not bytes.
        access: u8,
    }

    /// Read FRU Data. Source: IPMI v2.0 §34.2.
    ReadFruData {
        /// FRU device id.
        fru_id: u8,
        /// Offset, in the unit of the area.
        offset: u16,
        /// How many, in the unit of the area.
        count: u8,
    }

    /// Answer to Read FRU Data.
    FruData {
        /// How many were read, in the unit of the area.
        count: u8,
        /// The bytes.
        data: Vec<u8>,
    }

    /// Write FRU Data. Source: IPMI v2.0 §34.3.
    WriteFruData {
        /// FRU device id.
        fru_id: u8,
        /// Offset, in the unit of the area.
        offset: u16,
        /// The bytes.
        data: Vec<u8>,
    }

    /// Answer to Write FRU Data.
    FruWritten {
        /// How many were written, in the unit of the area.
        count: u8,
    }

    /// Get SDR Repository Info. Source: IPMI v2.0 §33.9.
    GetSdrRepositoryInfo {}

    /// Answer to Get SDR Repository Info and Get SEL Info.
    RepositoryInfo {
        /// Version, 51h.
        version: u8,
        /// Number of records.
        entries: u16,
        /// Free bytes; FFFFh is 65535 or more.
        free: u16,
        /// When a record was added last, seconds since 1970.
        last_addition: u32,
        /// When a record was deleted or all were cleared last, seconds since 1970.
        last_erase: u32,
        /// Bit 7: overflow; bits 3–0: delete, partial add, reserve, allocation info supported.
        operations: u8,
    }

    /// Reserve SDR Repository. Source: IPMI v2.0 §33.11.
    ReserveSdrRepository {}

    /// Get SDR. Source: IPMI v2.0 §33.12.
    GetSdr {
        /// Reservation; may be 0 when `offset` is 0.
        reservation: u16,
        /// Record id; 0000h is the first record.
        record: u16,
        /// Offset into the record.
        offset: u8,
        /// Bytes to read; FFh is the whole record.
        count: u8,
    }

    /// Get SDR Repository Time. Source: IPMI v2.0 §33.17.
    GetSdrRepositoryTime {}

    /// Get SEL Info. Source: IPMI v2.0 §31.2.
    GetSelInfo {}

    /// Reserve SEL. Source: IPMI v2.0 §31.4.
    ReserveSel {}

    /// Get SEL Entry. Source: IPMI v2.0 §31.5.
    GetSelEntry {
        /// Reservation; may be 0 when `offset` is 0.
        reservation: u16,
        /// Record id; 0000h is the first record, FFFFh the last one.
        record: u16,
        /// Offset into the record.
        offset: u8,
        /// Bytes to read; FFh is the whole record.
        count: u8,
    }

    /// Add SEL Entry. Source: IPMI v2.0 §31.6.
    AddSelEntry {
        /// The record; its id and time are filled in by the SEL device.
        record: [u8; 16],
    }

    /// Answer to Add SEL Entry.
    SelEntryAdded {
        /// Id of the new record.
        record: u16,
    }

    /// Clear SEL. Source: IPMI v2.0 §31.9.
    ClearSel {
        /// Reservation.
        reservation: u16,
        /// `CLR`.
        mark: [u8; 3],
        /// AAh starts the erasure, 00h asks how far it is.
        action: u8,
    }

    /// Answer to Clear SEL.
    ErasureStatus {
        /// Bits 3–0: 0 in progress, 1 done.
        progress: u8,
    }

    /// Get SEL Time. Source: IPMI v2.0 §31.10.
    GetSelTime {}

    /// Answer to Get SEL Time.
    SelTime {
        /// Seconds since 1970; below 20000000h since the start of the device.
        seconds: u32,
    }

    /// Set SEL Time. Source: IPMI v2.0 §31.11.
    SetSelTime {
        /// Seconds since 1970.
        seconds: u32,
    }
}

commands! { STORAGE, None;
    0x10 GetFruAreaInfo => FruAreaInfo;
    0x11 ReadFruData => FruData;
    0x12 WriteFruData => FruWritten;
    0x20 GetSdrRepositoryInfo => RepositoryInfo;
    0x22 ReserveSdrRepository => Reservation;
    0x23 GetSdr => RecordData;
    0x28 GetSdrRepositoryTime => SelTime;
    0x40 GetSelInfo => RepositoryInfo;
    0x42 ReserveSel => Reservation;
    0x43 GetSelEntry => RecordData;
    0x44 AddSelEntry => SelEntryAdded;
    0x47 ClearSel => ErasureStatus;
    0x48 GetSelTime => SelTime;
    0x49 SetSelTime => Empty;
}

impl ClearSel {
    /// Starts the erasure of the SEL.
    #[must_use]
    pub const fn start(reservation: u16) -> Self {
        Self {
            reservation,
            mark: *b"CLR",
            action: 0xaa,
        }
    }
}
