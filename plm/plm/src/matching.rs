//! Which hardware element a resource is: `saPlmHetIdr` expressions over the resource's inventory.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use hpi_model::handover::Identity;
use serde::{Deserialize, Serialize};

/// One value of `saPlmHetIdr`: fields that must all have these values. An empty one matches
/// anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expression(Vec<(Field, String)>);

/// A field of the inventory that an expression may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Field {
    ChassisPartNumber,
    ChassisSerialNumber,
    BoardManufacturer,
    BoardProductName,
    BoardPartNumber,
    BoardSerialNumber,
    ProductManufacturer,
    ProductName,
    ProductPartNumber,
    ProductVersion,
    ProductSerialNumber,
    ProductAssetTag,
}

impl Expression {
    /// Reads `AREA/FIELD=value,AREA/FIELD=value…`; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let terms = text
            .split(',')
            .map(str::trim)
            .filter(|term| !term.is_empty());
        let fields = terms.map(|term| {
            let (name, value) = term.split_once('=')?;
            Some((Field::by_name(name.trim())?, value.to_owned()))
        });
        fields.collect::<Option<Vec<_>>>().map(Self)
    }

    /// Exact comparison, length and bytes; a field that is unknown of the resource does not match.
    pub(crate) fn matches(&self, identity: &Identity) -> bool {
        self.0
            .iter()
            .all(|(field, value)| field.of(identity) == Some(value))
    }
}

impl Field {
    fn by_name(name: &str) -> Option<Self> {
        match name {
            "CHASSIS/PART_NUMBER" => Some(Self::ChassisPartNumber),
            "CHASSIS/SERIAL_NUMBER" => Some(Self::ChassisSerialNumber),
            "BOARD/MANUFACTURER" => Some(Self::BoardManufacturer),
            "BOARD/PRODUCT_NAME" => Some(Self::BoardProductName),
            "BOARD/PART_NUMBER" => Some(Self::BoardPartNumber),
            "BOARD/SERIAL_NUMBER" => Some(Self::BoardSerialNumber),
            "PRODUCT/MANUFACTURER" => Some(Self::ProductManufacturer),
            "PRODUCT/PRODUCT_NAME" => Some(Self::ProductName),
            "PRODUCT/PART_NUMBER" => Some(Self::ProductPartNumber),
            "PRODUCT/PRODUCT_VERSION" => Some(Self::ProductVersion),
            "PRODUCT/SERIAL_NUMBER" => Some(Self::ProductSerialNumber),
            "PRODUCT/ASSET_TAG" => Some(Self::ProductAssetTag),
            _ => None,
        }
    }

    fn of(self, identity: &Identity) -> Option<&String> {
        match self {
            Self::ChassisPartNumber => identity.chassis_part_number.as_ref(),
            Self::ChassisSerialNumber => identity.chassis_serial_number.as_ref(),
            Self::BoardManufacturer => identity.board_manufacturer.as_ref(),
            Self::BoardProductName => identity.board_product_name.as_ref(),
            Self::BoardPartNumber => identity.board_part_number.as_ref(),
            Self::BoardSerialNumber => identity.board_serial_number.as_ref(),
            Self::ProductManufacturer => identity.product_manufacturer.as_ref(),
            Self::ProductName => identity.product_name.as_ref(),
            Self::ProductPartNumber => identity.product_part_number.as_ref(),
            Self::ProductVersion => identity.product_version.as_ref(),
            Self::ProductSerialNumber => identity.product_serial_number.as_ref(),
            Self::ProductAssetTag => identity.product_asset_tag.as_ref(),
        }
    }
}
