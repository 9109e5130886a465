//! Inventory data in HPI's words, and what identifies a board for PLM.
//!
//! Source: SAI-HPI-B.03.02, inventory data repositories; FRU Information Storage Definition v1.0.

use crate::resource::Inventory;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::handover::Identity;
use hpi_model::{AreaType, FieldType, IdrArea, IdrField, LANGUAGE_UNDEFINED, TextBuffer, TextType};
use ipmi::fru::{self, Area, Board, Chassis, Integrity, MultiRecord, Product};
use ipmi::text::Text;

/// Reads raw inventory bytes; none at all is an empty inventory without defects.
pub(crate) fn read(bytes: &[u8]) -> (Inventory, Identity) {
    let mut inventory = Inventory::default();
    let mut identity = Identity::default();
    if bytes.is_empty() {
        return (inventory, identity);
    }
    let found = match fru::decode(bytes) {
        Ok(found) => found,
        Err(why) => {
            inventory.defects.push(format!("no inventory: {why:?}"));
            return (inventory, identity);
        }
    };
    if found.header != Integrity::Ok {
        inventory.defects.push(defect("header", found.header));
    }
    if let Some(area) = found.chassis
        && inventory.take("chassis", &area, chassis)
    {
        identify_chassis(&area.content, &mut identity);
    }
    if let Some(area) = found.board
        && inventory.take("board", &area, board)
    {
        identify_board(&area.content, &mut identity);
    }
    if let Some(area) = found.product
        && inventory.take("product", &area, product)
    {
        identify_product(&area.content, &mut identity);
    }
    if !found.records.is_empty() {
        let fields = found.records.iter().map(record).collect();
        inventory.areas.push(IdrArea {
            kind: AreaType::Oem,
            fields,
        });
    }
    (inventory, identity)
}

impl Inventory {
    /// Adds an area; whether it can be believed. What cannot is shown, but identifies nothing.
    fn take<T>(&mut self, name: &str, area: &Area<T>, read: fn(&T) -> IdrArea) -> bool {
        self.areas.push(read(&area.content));
        if area.integrity != Integrity::Ok {
            self.defects.push(defect(name, area.integrity));
        }
        area.integrity == Integrity::Ok
    }
}

fn defect(part: &str, integrity: Integrity) -> String {
    match integrity {
        Integrity::Ok => part.to_string(),
        Integrity::BadChecksum => format!("{part}: bad checksum"),
        Integrity::Truncated => format!("{part}: truncated"),
    }
}

fn chassis(chassis: &Chassis) -> IdrArea {
    let kind = TextBuffer {
        data_type: TextType::Binary,
        language: LANGUAGE_UNDEFINED,
        data: [chassis.kind].to_vec(),
    };
    let mut fields = [IdrField {
        kind: FieldType::ChassisType,
        value: kind,
    }]
    .to_vec();
    push(&mut fields, FieldType::PartNumber, &chassis.part_number);
    push(&mut fields, FieldType::SerialNumber, &chassis.serial_number);
    push_custom(&mut fields, &chassis.custom);
    IdrArea {
        kind: AreaType::ChassisInfo,
        fields,
    }
}

fn board(board: &Board) -> IdrArea {
    let mut fields = Vec::new();
    if let Some(seconds) = board.manufactured_unix() {
        let value = TextBuffer::english(&date(seconds));
        fields.push(IdrField {
            kind: FieldType::MfgDatetime,
            value,
        });
    }
    push(&mut fields, FieldType::Manufacturer, &board.manufacturer);
    push(&mut fields, FieldType::ProductName, &board.product_name);
    push(&mut fields, FieldType::SerialNumber, &board.serial_number);
    push(&mut fields, FieldType::PartNumber, &board.part_number);
    push(&mut fields, FieldType::FileId, &board.file_id);
    push_custom(&mut fields, &board.custom);
    IdrArea {
        kind: AreaType::BoardInfo,
        fields,
    }
}

fn product(product: &Product) -> IdrArea {
    let mut fields = Vec::new();
    push(&mut fields, FieldType::Manufacturer, &product.manufacturer);
    push(&mut fields, FieldType::ProductName, &product.name);
    push(&mut fields, FieldType::PartNumber, &product.part_number);
    push(&mut fields, FieldType::ProductVersion, &product.version);
    push(&mut fields, FieldType::SerialNumber, &product.serial_number);
    push(&mut fields, FieldType::AssetTag, &product.asset_tag);
    push(&mut fields, FieldType::FileId, &product.file_id);
    push_custom(&mut fields, &product.custom);
    IdrArea {
        kind: AreaType::ProductInfo,
        fields,
    }
}

/// A multirecord: its type and its data. Choice: all are fields of one OEM area, as OpenHPI shows
/// them.
fn record(record: &MultiRecord) -> IdrField {
    let mut data = [record.kind].to_vec();
    data.extend_from_slice(&record.data);
    data.truncate(TextBuffer::LENGTH_MAX);
    let value = TextBuffer {
        data_type: TextType::Binary,
        language: LANGUAGE_UNDEFINED,
        data,
    };
    IdrField {
        kind: FieldType::Custom,
        value,
    }
}

/// Adds a field that is there.
fn push(fields: &mut Vec<IdrField>, kind: FieldType, text: &Text) {
    if !text.bytes.is_empty() {
        fields.push(IdrField {
            kind,
            value: TextBuffer::english(&text.text()),
        });
    }
}

fn push_custom(fields: &mut Vec<IdrField>, custom: &[Text]) {
    for text in custom {
        push(fields, FieldType::Custom, text);
    }
}

fn identify_chassis(chassis: &Chassis, identity: &mut Identity) {
    identity.chassis_part_number = known(&chassis.part_number);
    identity.chassis_serial_number = known(&chassis.serial_number);
}

fn identify_board(board: &Board, identity: &mut Identity) {
    identity.board_manufacturer = known(&board.manufacturer);
    identity.board_product_name = known(&board.product_name);
    identity.board_part_number = known(&board.part_number);
    identity.board_serial_number = known(&board.serial_number);
}

fn identify_product(product: &Product, identity: &mut Identity) {
    identity.product_manufacturer = known(&product.manufacturer);
    identity.product_name = known(&product.name);
    identity.product_part_number = known(&product.part_number);
    identity.product_version = known(&product.version);
    identity.product_serial_number = known(&product.serial_number);
    identity.product_asset_tag = known(&product.asset_tag);
}

fn known(text: &Text) -> Option<String> {
    Some(text.text()).filter(|text| !text.is_empty())
}

/// Seconds since 1970 as `2024-02-29 23:59`.
fn date(seconds: u64) -> String {
    let minutes = seconds / 60;
    let (days, minute_of_day) = (minutes / 1_440, minutes % 1_440);
    // Days since 0000-03-01, so that the leap day is a year's last; 400 years have 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year + era * 400 + carry;
    let (hour, minute) = (minute_of_day / 60, minute_of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    /// Leap days, century rules, the epoch.
    #[test]
    fn dates_of_manufacture() {
        assert_eq!(date(0), "1970-01-01 00:00");
        assert_eq!(date(951_868_740), "2000-02-29 23:59");
        assert_eq!(date(1_709_251_140), "2024-02-29 23:59");
        assert_eq!(date(1_735_689_600), "2025-01-01 00:00");
        assert_eq!(date(4_107_542_400), "2100-03-01 00:00");
    }
}
