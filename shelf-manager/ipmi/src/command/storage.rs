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

    /// Get SDR Repository Allocation Info. Source: IPMI v2.0 §33.10.
    GetSdrRepositoryAllocationInfo {}

    /// Answer to Get SDR Repository Allocation Info and Get SEL Allocation Info.
    AllocationInfo {
        /// Allocation units in all; 0 unspecified.
        units: u16,
        /// Size of one, bytes; 0 unspecified.
        unit_size: u16,
        /// How many are free.
        free_units: u16,
        /// Largest free block, in units.
        largest_free: u16,
        /// Largest record, in units.
        record_max: u8,
    }

    /// Add SDR. Source: IPMI v2.0 §33.13.
    AddSdr {
        /// The record; its id is filled in by the repository.
        record: Vec<u8>,
    }

    /// Answer to Add SDR, Partial Add SDR, Delete SDR and the same of the SEL: which record it was.
    RecordId {
        /// Record id.
        record: u16,
    }

    /// Partial Add SDR. Source: IPMI v2.0 §33.14.
    PartialAddSdr {
        /// Reservation.
        reservation: u16,
        /// Record id; 0000h with the first part.
        record: u16,
        /// Offset into the record.
        offset: u8,
        /// Bits 3–0: 0 more parts follow, 1 this is the last one.
        progress: u8,
        /// The part.
        data: Vec<u8>,
    }

    /// Delete SDR. Source: IPMI v2.0 §33.15.
    DeleteSdr {
        /// Reservation.
        reservation: u16,
        /// Record id.
        record: u16,
    }

    /// Clear SDR Repository. Source: IPMI v2.0 §33.16.
    ClearSdrRepository {
        /// Reservation.
        reservation: u16,
        /// `CLR`.
        mark: [u8; 3],
        /// AAh starts the erasure, 00h asks how far it is.
        action: u8,
    }

    /// Get SDR Repository Time. Source: IPMI v2.0 §33.17.
    GetSdrRepositoryTime {}

    /// Set SDR Repository Time. Source: IPMI v2.0 §33.18.
    SetSdrRepositoryTime {
        /// Seconds since 1970.
        seconds: u32,
    }

    /// Enter SDR Repository Update Mode. Source: IPMI v2.0 §33.19.
    EnterSdrRepositoryUpdateMode {}

    /// Exit SDR Repository Update Mode. Source: IPMI v2.0 §33.20.
    ExitSdrRepositoryUpdateMode {}

    /// Run Initialization Agent. Source: IPMI v2.0 §33.21.
    RunInitializationAgent {
        /// Bit 0: 1 runs it, 0 asks whether it is done.
        action: u8,
    }

    /// Answer to Run Initialization Agent.
    InitializationAgentStatus {
        /// Bit 0: it is done.
        done: u8,
    }

    /// Get SEL Info. Source: IPMI v2.0 §31.2.
    GetSelInfo {}

    /// Get SEL Allocation Info. Source: IPMI v2.0 §31.3.
    GetSelAllocationInfo {}

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

    /// Partial Add SEL Entry. Source: IPMI v2.0 §31.7.
    PartialAddSelEntry {
        /// Reservation.
        reservation: u16,
        /// Record id; 0000h with the first part.
        record: u16,
        /// Offset into the record.
        offset: u8,
        /// Bits 3–0: 0 more parts follow, 1 this is the last one.
        progress: u8,
        /// The part.
        data: Vec<u8>,
    }

    /// Delete SEL Entry. Source: IPMI v2.0 §31.8.
    DeleteSelEntry {
        /// Reservation; may be 0 when the device has none.
        reservation: u16,
        /// Record id; 0000h is the first record, FFFFh the last one.
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

    /// Get Auxiliary Log Status. Source: IPMI v2.0 §31.12.
    GetAuxiliaryLogStatus {
        /// Bits 3–0: 0 machine check log, 1 and 2 OEM.
        log_type: u8,
    }

    /// Answer to Get Auxiliary Log Status.
    AuxiliaryLogStatus {
        /// When an entry was added last, seconds since 1970.
        last_addition: u32,
        /// Machine check log: number of entries, 4 bytes; OEM: enterprise number, 3 bytes, and
        /// data.
        data: Vec<u8>,
    }

    /// Set Auxiliary Log Status. Source: IPMI v2.0 §31.13.
    SetAuxiliaryLogStatus {
        /// Bits 3–0: 0 machine check log, 1 and 2 OEM.
        log_type: u8,
        /// What the log is like from now on.
        status: AuxiliaryLogStatus,
    }

    /// Get SEL Time UTC Offset. Source: IPMI v2.0 §31.11a.
    GetSelTimeUtcOffset {}

    /// Answer to Get SEL Time UTC Offset.
    SelTimeUtcOffset {
        /// Minutes from UTC, −1440–1440; 07FFh unspecified.
        offset_min: i16,
    }

    /// Set SEL Time UTC Offset. Source: IPMI v2.0 §31.11b.
    SetSelTimeUtcOffset {
        /// Minutes from UTC, −1440–1440; 07FFh unspecified.
        offset_min: i16,
    }
}

commands! { STORAGE, None;
    0x10 GetFruAreaInfo => FruAreaInfo;
    0x11 ReadFruData => FruData;
    0x12 WriteFruData => FruWritten;
    0x20 GetSdrRepositoryInfo => RepositoryInfo;
    0x21 GetSdrRepositoryAllocationInfo => AllocationInfo;
    0x22 ReserveSdrRepository => Reservation;
    0x23 GetSdr => RecordData;
    0x24 AddSdr => RecordId;
    0x25 PartialAddSdr => RecordId;
    0x26 DeleteSdr => RecordId;
    0x27 ClearSdrRepository => ErasureStatus;
    0x28 GetSdrRepositoryTime => SelTime;
    0x29 SetSdrRepositoryTime => Empty;
    0x2a EnterSdrRepositoryUpdateMode => Empty;
    0x2b ExitSdrRepositoryUpdateMode => Empty;
    0x2c RunInitializationAgent => InitializationAgentStatus;
    0x40 GetSelInfo => RepositoryInfo;
    0x41 GetSelAllocationInfo => AllocationInfo;
    0x42 ReserveSel => Reservation;
    0x43 GetSelEntry => RecordData;
    0x44 AddSelEntry => SelEntryAdded;
    0x45 PartialAddSelEntry => RecordId;
    0x46 DeleteSelEntry => RecordId;
    0x47 ClearSel => ErasureStatus;
    0x48 GetSelTime => SelTime;
    0x49 SetSelTime => Empty;
    0x5a GetAuxiliaryLogStatus => AuxiliaryLogStatus;
    0x5b SetAuxiliaryLogStatus => Empty;
    0x5c GetSelTimeUtcOffset => SelTimeUtcOffset;
    0x5d SetSelTimeUtcOffset => Empty;
}

impl ClearSdrRepository {
    /// Starts the erasure of the SDR repository.
    #[must_use]
    pub const fn start(reservation: u16) -> Self {
        Self {
            reservation,
            mark: *b"CLR",
            action: 0xaa,
        }
    }
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
