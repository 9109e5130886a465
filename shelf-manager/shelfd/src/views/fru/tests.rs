//! An inventory of `ipmi_sim`'s shelf, whole and damaged.

use super::{inventory, product_name};
use web_api::AreaStatus;

/// Source: inventory of the blade at 82h in `ipmi_sim`'s ATCA shelf.
const BLADE: &str = "01000001070d00ea0106190010c0c441434d45c6426c61646531c8424c442d30303031c5504e2d38\
                     32c76672752e696e66c10000000000a5010619c441434d45c6426c61646531c5504e2d3832c3312e\
                     30c8424c442d30303031c24131c76672752e696e66c100efc0820661575a3100140000";

fn blade() -> Vec<u8> {
    crate::views::bytes(BLADE)
}

fn statuses(bytes: &[u8]) -> Vec<(String, AreaStatus)> {
    let (areas, records) = inventory(bytes);
    let areas = areas.into_iter().map(|area| (area.area, area.status));
    let records = records
        .into_iter()
        .map(|record| (record.name, record.status));
    areas.chain(records).collect()
}

#[test]
fn whole() {
    let (areas, records) = inventory(&blade());
    let names: Vec<&str> = areas.iter().map(|area| area.area.as_str()).collect();
    assert_eq!(names, ["header", "board", "product"]);
    assert!(areas.iter().all(|area| area.status == AreaStatus::Ok));
    let product = &areas[2];
    let fields = product.fields.iter();
    let said: Vec<(&str, &str)> = fields
        .map(|field| (field.name.as_str(), field.value.as_str()))
        .collect();
    assert_eq!(
        said[..2],
        [("manufacturer", "ACME"), ("product name", "Blade1")]
    );
    assert_eq!(said[4], ("serial number", "BLD-0001"));
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].status, AreaStatus::Ok);
    assert_eq!(product_name(&blade()), "Blade1");
}

// A flipped bit within an area: its fields are shown as they are, and said to be in doubt.
#[test]
fn bad_checksum_is_shown() {
    let mut bytes = blade();
    let at = bytes.windows(6).position(|name| name == b"Blade1").unwrap();
    bytes[at] ^= 1;
    let (areas, _) = inventory(&bytes);
    assert_eq!(areas[1].status, AreaStatus::BadChecksum);
    assert_eq!(areas[1].fields[1].value, "Clade1");
    assert_eq!(areas[2].status, AreaStatus::Ok);
}

#[test]
fn bad_header_checksum_is_shown() {
    let mut bytes = blade();
    bytes[7] ^= 1;
    assert_eq!(
        statuses(&bytes)[0],
        ("header".into(), AreaStatus::BadChecksum)
    );
    assert_eq!(product_name(&bytes), "Blade1");
}

// A multirecord has two checksums; either makes it doubtful.
#[test]
fn bad_record_is_shown() {
    let mut bytes = blade();
    *bytes.last_mut().unwrap() ^= 1;
    let (_, records) = inventory(&bytes);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].status, AreaStatus::BadChecksum);
}

// Cut off anywhere: nothing panics, and what is missing is never called right.
#[test]
fn truncation() {
    let bytes = blade();
    for length in 1..bytes.len() {
        let all_right = statuses(&bytes[..length])
            .iter()
            .all(|(_, status)| *status == AreaStatus::Ok);
        assert!(!all_right, "{length} of {} bytes", bytes.len());
    }
}

// No inventory is no damage; a strange version is told.
#[test]
fn nothing_and_strange() {
    assert!(statuses(&[]).is_empty());
    let mut bytes = blade();
    bytes[0] = 0x02;
    let (areas, _) = inventory(&bytes);
    assert_eq!(areas[0].fields[0].value, "format version 02h");
    assert_ne!(areas[0].status, AreaStatus::Ok);
}
