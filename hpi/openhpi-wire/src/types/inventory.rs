//! Inventory data repositories.

use super::Text;
use crate::field::structures;

structures! {
    /// `SaHpiIdrInfoT`.
    IdrInfo {
        /// `SaHpiIdrIdT`.
        idr: u32,
        /// How often it changed.
        update_count: u32,
        /// Whether areas can neither be added nor deleted.
        read_only: bool,
        /// How many areas it has.
        num_areas: u32,
    }

    /// `SaHpiIdrAreaHeaderT`.
    IdrAreaHeader {
        /// Which area.
        area: u32,
        /// `SaHpiIdrAreaTypeT`.
        kind: u32,
        /// Whether it stays as it is.
        read_only: bool,
        /// How many fields it has.
        num_fields: u32,
    }

    /// `SaHpiIdrFieldT`.
    IdrField {
        /// In which area.
        area: u32,
        /// Which field of it.
        field: u32,
        /// `SaHpiIdrFieldTypeT`.
        kind: u32,
        /// Whether it stays as it is.
        read_only: bool,
        /// What stands there.
        value: Text,
    }

    /// `SaHpiInventoryRecT`.
    InventoryRec {
        /// `SaHpiIdrIdT`.
        idr: u32,
        /// Whether it lasts longer than the power.
        persistent: bool,
        /// The implementation's own.
        oem: u32,
    }
}
