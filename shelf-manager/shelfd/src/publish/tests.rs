//! Only what has changed is told.

use super::{Publisher, Views};
use machine::Time;
use tokio::sync::broadcast;
use web_api::{
    AmfView, BlueLed, Change, ClmView, Handle, MembersView, Notice, PlmView, SensorStatus,
    SensorView, Site, SlotView, StatusView, ThresholdsView,
};

fn slot(address: u8, state: &str) -> SlotView {
    SlotView {
        site: Site::from_number(0),
        slot: 1,
        address,
        fru: 0,
        present: true,
        name: "Blade".into(),
        state: state.into(),
        blue_led: BlueLed::Off,
        handle: Handle::Closed,
        node: None,
    }
}

fn sensor(address: u8, number: u8, raw: u8) -> SensorView {
    SensorView {
        address,
        lun: 0,
        number,
        name: "Temp".into(),
        kind: "temperature".into(),
        unit: "°C".into(),
        value: None,
        raw: Some(raw),
        states: Vec::new(),
        thresholds: ThresholdsView::default(),
        status: SensorStatus::Ok,
    }
}

fn views(slots: Vec<SlotView>, sensors: Vec<SensorView>) -> Views {
    Views {
        slots,
        sensors,
        amf: AmfView::default(),
        clm: ClmView::default(),
        plm: PlmView::default(),
        members: MembersView::default(),
        status: StatusView {
            port_state: "ready".into(),
            ..StatusView::default()
        },
    }
}

fn first() -> Views {
    let slots = vec![slot(0x82, "M4"), slot(0x84, "M4")];
    let sensors = vec![
        sensor(0x82, 1, 20),
        sensor(0x82, 2, 30),
        sensor(0x84, 1, 40),
    ];
    views(slots, sensors)
}

/// What is told of `now`, in words, once [`first`] has been told.
fn told(now: Views) -> Vec<String> {
    let mut publisher = Publisher::default();
    publisher.changes(first());
    publisher.changes(now).iter().map(word).collect()
}

fn word(change: &Change) -> String {
    match change {
        Change::Slot(slot) => format!("slot {:02x} {}", slot.address, slot.state),
        Change::Sensor(sensor) => format!("sensor {:02x}/{}", sensor.address, sensor.number),
        Change::SensorsGone { address } => format!("gone {address:02x}"),
        Change::Event(_) => "event".into(),
        Change::Amf(_) => "amf".into(),
        Change::Clm(_) => "clm".into(),
        Change::Plm(_) => "plm".into(),
        Change::Members(view) => format!("members {}", view.epoch),
        Change::Status(status) => format!("status {}", status.port_state),
        Change::Lagged { .. } => "lagged".into(),
    }
}

// An idle shelf says nothing, although its uptime grows.
#[test]
fn nothing_changed() {
    let mut now = first();
    now.status.uptime_ms = 1_000_000;
    now.members.index = 7;
    now.members.durable = 6;
    now.members.hash = "ab".into();
    assert!(told(now).is_empty());
}

// One slot and one reading, and the status that goes along.
#[test]
fn what_changed() {
    let mut now = first();
    now.slots[1] = slot(0x84, "M5");
    now.sensors[1] = sensor(0x82, 2, 31);
    assert_eq!(told(now), ["slot 84 M5", "sensor 82/2", "status ready"]);
}

// A controller that has gone is told of once, however many sensors it had.
#[test]
fn a_controller_has_gone() {
    let mut now = first();
    now.sensors.retain(|sensor| sensor.address != 0x82);
    assert_eq!(told(now), ["gone 82", "status ready"]);
}

#[test]
fn cluster_views() {
    let mut now = first();
    now.clm.view = 7;
    now.members.epoch = 3;
    assert_eq!(told(now), ["clm", "members 3", "status ready"]);
}

#[test]
fn the_port_alone() {
    let mut now = first();
    now.status.port_state = "lost".into();
    assert_eq!(told(now), ["status lost"]);
}

// Numbers leave no gap, so that a receiver notices what it misses.
#[test]
fn numbers_and_time() {
    let (notices, mut receiver) = broadcast::channel(16);
    let mut publisher = Publisher::default();
    assert_eq!(publisher.due(), None);
    publisher.touch();
    assert!(publisher.due().is_some());
    publisher.publish(&notices, Time(9_000), first());
    assert_eq!(publisher.due(), None);
    let mut received: Vec<Notice> = Vec::new();
    while let Ok(notice) = receiver.try_recv() {
        received.push(notice);
    }
    let numbers: Vec<u64> = received.iter().map(|notice| notice.sequence).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(publisher.sequence(), 6);
    assert!(received.iter().all(|notice| notice.time_us == 9));
}
