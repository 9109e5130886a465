//! Inventory data repositories: areas and fields.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiIdrAreaTypeT`, `SaHpiIdrFieldT`.

use crate::TextBuffer;
use crate::numbered::numbered;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiIdrAreaTypeT`.
    AreaType {
        InternalUse = 0xb0 "INTERNAL_USE",
        ChassisInfo = 0xb1 "CHASSIS_INFO",
        BoardInfo = 0xb2 "BOARD_INFO",
        ProductInfo = 0xb3 "PRODUCT_INFO",
        Oem = 0xc0 "OEM",
        Unspecified = 0xff "UNSPECIFIED",
    }
}

numbered! {
    /// `SaHpiIdrFieldTypeT`.
    FieldType {
        ChassisType = 0 "CHASSIS_TYPE",
        MfgDatetime = 1 "MFG_DATETIME",
        Manufacturer = 2 "MANUFACTURER",
        ProductName = 3 "PRODUCT_NAME",
        ProductVersion = 4 "PRODUCT_VERSION",
        SerialNumber = 5 "SERIAL_NUMBER",
        PartNumber = 6 "PART_NUMBER",
        FileId = 7 "FILE_ID",
        AssetTag = 8 "ASSET_TAG",
        Custom = 9 "CUSTOM",
        Unspecified = 0xff "UNSPECIFIED",
    }
}

/// One field. Its id is its position in the area, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdrField {
    /// What it tells.
    pub kind: FieldType,
    /// The value.
    pub value: TextBuffer,
}

/// One area. Its id is its position in the repository, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdrArea {
    /// What it is about.
    pub kind: AreaType,
    /// Its fields.
    pub fields: Vec<IdrField>,
}

impl IdrArea {
    /// The first field of a type, as text for people.
    pub fn text(&self, kind: FieldType) -> Option<alloc::string::String> {
        Some(self.fields.iter().find(|f| f.kind == kind)?.value.to_text())
    }
}
