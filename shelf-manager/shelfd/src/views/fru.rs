//! Views of FRU inventories. What is damaged is shown, and shown to be damaged.

use ipmi::fru::picmg::PicmgBody;
use ipmi::fru::{self, HeaderError, Integrity, Inventory, MultiRecord};
use ipmi::text::Text;
use web_api::{AreaStatus, FieldView, FruAreaView, MultirecordView};

/// Areas and multirecords of an inventory.
pub(crate) fn inventory(bytes: &[u8]) -> (Vec<FruAreaView>, Vec<MultirecordView>) {
    if bytes.is_empty() {
        return (Vec::new(), Vec::new());
    }
    match fru::decode(bytes) {
        Ok(inventory) => (areas(&inventory), records(&inventory.records)),
        Err(why) => {
            let (status, text) = match why {
                HeaderError::Truncated => (AreaStatus::Truncated, "shorter than a header".into()),
                HeaderError::Version(version) => (
                    AreaStatus::BadChecksum,
                    format!("format version {version:02x}h"),
                ),
            };
            (
                vec![area("header", status, vec![field("error", text)])],
                Vec::new(),
            )
        }
    }
}

fn areas(inventory: &Inventory) -> Vec<FruAreaView> {
    let mut areas = vec![area("header", status(inventory.header), Vec::new())];
    if let Some(bytes) = &inventory.internal {
        let size = field("size", format!("{} bytes", bytes.len()));
        areas.push(area("internal", AreaStatus::Ok, vec![size]));
    }
    if let Some(chassis) = &inventory.chassis {
        let content = &chassis.content;
        let mut fields = vec![
            field("chassis type", format!("{:02x}h", content.kind)),
            text("part number", &content.part_number),
            text("serial number", &content.serial_number),
        ];
        fields.extend(custom(&content.custom));
        areas.push(area("chassis", status(chassis.integrity), fields));
    }
    if let Some(board) = &inventory.board {
        let content = &board.content;
        let mut fields = vec![
            text("manufacturer", &content.manufacturer),
            text("product name", &content.product_name),
            text("serial number", &content.serial_number),
            text("part number", &content.part_number),
            text("FRU file id", &content.file_id),
        ];
        fields.extend(custom(&content.custom));
        areas.push(area("board", status(board.integrity), fields));
    }
    if let Some(product) = &inventory.product {
        let content = &product.content;
        let mut fields = vec![
            text("manufacturer", &content.manufacturer),
            text("product name", &content.name),
            text("part number", &content.part_number),
            text("version", &content.version),
            text("serial number", &content.serial_number),
            text("asset tag", &content.asset_tag),
            text("FRU file id", &content.file_id),
        ];
        fields.extend(custom(&content.custom));
        areas.push(area("product", status(product.integrity), fields));
    }
    areas
}

/// The product's name, else the board's; empty when neither says.
pub(crate) fn product_name(bytes: &[u8]) -> String {
    let Ok(inventory) = fru::decode(bytes) else {
        return String::new();
    };
    let product = inventory.product.map(|area| area.content.name.text());
    let board = inventory.board.map(|area| area.content.product_name.text());
    let mut names = [product, board].into_iter().flatten();
    names.find(|name| !name.is_empty()).unwrap_or_default()
}

fn records(records: &[MultiRecord]) -> Vec<MultirecordView> {
    records.iter().map(record).collect()
}

fn record(record: &MultiRecord) -> MultirecordView {
    let picmg = record.as_picmg();
    let name = picmg.as_ref().map_or("", |record| picmg_name(&record.body));
    let said = picmg.as_ref().map(|record| format!("{:?}", record.body));
    let bytes = || {
        record
            .data
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    MultirecordView {
        kind: record.kind,
        picmg: picmg
            .is_some()
            .then(|| record.data.get(3).copied())
            .flatten(),
        name: name.into(),
        status: status(record.integrity),
        fields: vec![match said {
            Some(said) => field("content", said),
            None => field("data", bytes()),
        }],
    }
}

fn picmg_name(body: &PicmgBody) -> &'static str {
    match body {
        PicmgBody::BackplaneP2p(_) => "Backplane Point-to-Point Connectivity",
        PicmgBody::AddressTable(_) => "Address Table",
        PicmgBody::PowerDistribution(_) => "Shelf Power Distribution",
        PicmgBody::Activation(_) => "Shelf Activation and Power Management",
        PicmgBody::ShelfManagerIp(_) => "Shelf Manager IP Connection",
        PicmgBody::BoardP2p(_) => "Board Point-to-Point Connectivity",
        PicmgBody::RadialIpmb(_) => "Radial IPMB-0 Link Mapping",
        PicmgBody::ModuleCurrent(_) => "Module Current Requirements",
        PicmgBody::CarrierActivation(_) => "Carrier Activation and Current Management",
        PicmgBody::CarrierP2p(_) => "Carrier Point-to-Point Connectivity",
        PicmgBody::AmcP2p(_) => "AMC Point-to-Point Connectivity",
        PicmgBody::CarrierInfo(_) => "Carrier Information Table",
        PicmgBody::FanGeography(_) => "Shelf Fan Geography",
        PicmgBody::ClockCarrierP2p(_) => "Carrier Clock Point-to-Point Connectivity",
        PicmgBody::ClockConfiguration(_) => "Clock Configuration",
        PicmgBody::Other { .. } => "PICMG record",
    }
}

fn area(name: &str, status: AreaStatus, fields: Vec<FieldView>) -> FruAreaView {
    FruAreaView {
        area: name.into(),
        status,
        fields,
    }
}

fn text(name: &str, text: &Text) -> FieldView {
    field(name, text.text())
}

fn custom(texts: &[Text]) -> impl Iterator<Item = FieldView> {
    let numbered = texts.iter().zip(1..);
    numbered.map(|(text, n): (_, u32)| field(&format!("custom {n}"), text.text()))
}

fn field(name: &str, value: String) -> FieldView {
    FieldView {
        name: name.into(),
        value,
    }
}

fn status(integrity: Integrity) -> AreaStatus {
    match integrity {
        Integrity::Ok => AreaStatus::Ok,
        Integrity::BadChecksum => AreaStatus::BadChecksum,
        Integrity::Truncated => AreaStatus::Truncated,
    }
}

#[cfg(test)]
mod tests;
