//! Inventory data repositories: areas and fields.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiIdrAreaTypeT`, `SaHpiIdrFieldT`.

use crate::numbered::numbered;
use crate::{HpiError, TextBuffer};
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

/// One field (`SaHpiIdrFieldT`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdrField {
    /// `FieldId`, unique in its area.
    pub id: u32,
    /// What it tells.
    pub kind: FieldType,
    /// It can be neither changed nor deleted.
    pub read_only: bool,
    /// The value.
    pub value: TextBuffer,
}

/// One area (`SaHpiIdrAreaHeaderT`), with its fields in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdrArea {
    /// `AreaId`, unique in its repository.
    pub id: u32,
    /// What it is about.
    pub kind: AreaType,
    /// It cannot be deleted, and nothing can be added to it.
    pub read_only: bool,
    /// Its fields.
    pub fields: Vec<IdrField>,
}

impl IdrArea {
    /// The first field of a type, as text for people.
    pub fn text(&self, kind: FieldType) -> Option<alloc::string::String> {
        Some(self.fields.iter().find(|f| f.kind == kind)?.value.to_text())
    }

    /// Whether the area can be deleted: neither its repository nor itself nor a field in it is
    /// read-only. Source: `saHpiIdrAreaDelete`, return values.
    pub fn may_delete(&self, is_repository_read_only: bool) -> Result<(), HpiError> {
        let holds_read_only = self.fields.iter().any(|field| field.read_only);
        match is_repository_read_only || self.read_only || holds_read_only {
            true => Err(HpiError::ReadOnly),
            false => Ok(()),
        }
    }

    /// The field with this id, or the first one for `SAHPI_FIRST_ENTRY` (0).
    pub fn field(&self, id: u32) -> Result<&IdrField, HpiError> {
        let mut fields = self.fields.iter();
        let found = fields.find(|field| id == 0 || field.id == id);
        found.ok_or(HpiError::NotPresent)
    }

    /// The id of a field that can be changed. Source: `saHpiIdrFieldSet`, `saHpiIdrFieldDelete`,
    /// return values.
    pub fn writable_field(&self, id: u32) -> Result<u32, HpiError> {
        let found = self.field(id)?;
        match self.read_only || found.read_only {
            true => Err(HpiError::ReadOnly),
            false => Ok(found.id),
        }
    }
}
