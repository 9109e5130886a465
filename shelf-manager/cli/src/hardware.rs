//! Tables of the hardware.

use crate::table::Table;
use crate::time;
use web_api::{
    AlarmsView, BoardView, FieldView, FruView, Quantity, SelView, SensorView, ShelfView,
    ThresholdsView,
};

pub(crate) fn shelf(view: &ShelfView) -> String {
    let heading = [
        "SITE", "SLOT", "FRU", "STATE", "BLUE LED", "HANDLE", "NODE", "NAME",
    ];
    let mut table = Table::headed(heading);
    for slot in &view.slots {
        table.row([
            slot.site.word(),
            &slot.slot.to_string(),
            &fru_name(slot.address, slot.fru),
            if slot.present { &slot.state } else { "empty" },
            slot.blue_led.word(),
            slot.handle.word(),
            slot.node.as_deref().unwrap_or_default(),
            &slot.name,
        ]);
    }
    let name = if view.name.is_empty() {
        "Shelf"
    } else {
        &view.name
    };
    format!("{name}\n{}", table.text())
}

pub(crate) fn boards(boards: &[BoardView]) -> String {
    let heading = [
        "SITE", "SLOT", "IPMB", "STATE", "WAS", "BLUE LED", "SENSORS", "FIRMWARE", "PICMG", "NAME",
    ];
    let mut table = Table::headed(heading);
    for board in boards {
        table.row([
            board.site.word(),
            &board.slot.to_string(),
            &address(board.address),
            &board.state,
            &board.previous_state,
            board.blue_led.word(),
            &board.sensors.to_string(),
            &board.firmware,
            &board.picmg,
            &board.name,
        ]);
    }
    table.text()
}

pub(crate) fn frus(frus: &[FruView]) -> String {
    let blocks: Vec<String> = frus.iter().map(fru).collect();
    blocks.join("\n")
}

fn fru(fru: &FruView) -> String {
    let name = fru_name(fru.address, fru.fru);
    let mut text = format!(
        "{name}  {}  {}  {} bytes\n",
        fru.name, fru.state, fru.size_bytes
    );
    for area in &fru.areas {
        text.push_str(&format!("  {} area: {}\n", area.area, area.status.word()));
        text.push_str(&fields(&area.fields));
    }
    for record in &fru.multirecords {
        let kind = match record.picmg {
            Some(picmg) => format!("PICMG record 0x{picmg:02x}"),
            None => format!("record 0x{:02x}", record.kind),
        };
        text.push_str(&format!(
            "  {kind} {}: {}\n",
            record.name,
            record.status.word()
        ));
        text.push_str(&fields(&record.fields));
    }
    text
}

fn fields(fields: &[FieldView]) -> String {
    let mut table = Table::plain().indented(4);
    for field in fields {
        table.row([&field.name, &field.value]);
    }
    table.text()
}

pub(crate) fn sensors(sensors: &[SensorView]) -> String {
    let heading = [
        "IPMB", "LUN", "NUMBER", "NAME", "TYPE", "READING", "UNIT", "STATUS", "LNR", "LC", "LNC",
        "UNC", "UC", "UNR", "STATES",
    ];
    let mut table = Table::headed(heading);
    for sensor in sensors {
        let reading = match (&sensor.value, sensor.raw) {
            (Some(quantity), _) => quantity.value.clone(),
            (None, Some(raw)) => format!("0x{raw:02x}"),
            (None, None) => String::new(),
        };
        let mut row = vec![
            address(sensor.address),
            sensor.lun.to_string(),
            sensor.number.to_string(),
            sensor.name.clone(),
            sensor.kind.clone(),
            reading,
            sensor.unit.clone(),
            sensor.status.word().to_owned(),
        ];
        row.extend(thresholds(&sensor.thresholds));
        row.push(sensor.states.join(", "));
        table.row(row);
    }
    table.text()
}

/// In the order of the table's heading.
fn thresholds(view: &ThresholdsView) -> [String; 6] {
    [
        &view.lower_non_recoverable,
        &view.lower_critical,
        &view.lower_non_critical,
        &view.upper_non_critical,
        &view.upper_critical,
        &view.upper_non_recoverable,
    ]
    .map(|threshold: &Option<Quantity>| {
        threshold
            .as_ref()
            .map(|quantity| quantity.value.clone())
            .unwrap_or_default()
    })
}

pub(crate) fn sel(view: &SelView) -> String {
    let heading = [
        "RECORD", "TIME", "IPMB", "SENSOR", "SEVERITY", "EVENT", "RAW",
    ];
    let mut table = Table::headed(heading);
    for entry in &view.entries {
        let sensor = match entry.sensor.as_str() {
            "" => format!("{}:{}", entry.lun, entry.number),
            name => name.to_owned(),
        };
        table.row([
            format!("{:04x}", entry.record_id).as_str(),
            &entry
                .time_s
                .map(|s| time::from_s(u64::from(s)))
                .unwrap_or_default(),
            &address(entry.address),
            &sensor,
            entry.severity.word(),
            &entry.text,
            &entry.raw,
        ]);
    }
    let lost = if view.overflow {
        ", older ones were lost"
    } else {
        ""
    };
    format!(
        "{}{} of {} entries{lost}\n",
        table.text(),
        view.entries.len(),
        view.total
    )
}

pub(crate) fn alarms(view: &AlarmsView) -> String {
    let heading = [
        "ID", "TIME", "SEVERITY", "SEEN", "KIND", "STATE", "TEXT", "ENTITY",
    ];
    let mut table = Table::headed(heading);
    for alarm in &view.alarms {
        table.row([
            alarm.id.to_string().as_str(),
            &time::from_s(alarm.time_us / 1_000_000),
            alarm.severity.word(),
            if alarm.acknowledged { "yes" } else { "no" },
            alarm.kind.word(),
            &alarm.state,
            &alarm.text,
            &alarm.entity_path,
        ]);
    }
    let more = if view.overflow {
        "There are more than the table can hold.\n"
    } else {
        ""
    };
    format!("{}{more}", table.text())
}

fn address(address: u8) -> String {
    format!("0x{address:02x}")
}

fn fru_name(address: u8, fru: u8) -> String {
    format!("0x{address:02x}/{fru}")
}
