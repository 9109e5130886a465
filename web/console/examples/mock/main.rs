//! A console over a shelf that is only told, for working on `web/ui`:
//! `cargo run -p console --example mock`.
//!
//! Nothing here decides as a shelf manager does; it moves views about so that each part of the page
//! is seen moving.
//! Set `MOCK_PORT` for another port than 8090.
#![expect(clippy::unwrap_used, reason = "a development aid may panic")]

use console::{Backend, Credential, Desk, HttpOptions, bind_control, serve_control, serve_http};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::interval;
use web_api::{
    BlueLed, Change, EventView, EventsView, Handle, MemberState, Notice, Order, Outcome, Quantity,
    Query, Refusal, RefusalCode, Reply, Severity, ShelfView, Site, SlotView, SnapshotView,
};

mod model;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port = std::env::var("MOCK_PORT").map_or(8090, |port| port.parse().unwrap());
    let (backend, desk) = Backend::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let options = HttpOptions {
        users: vec![Credential {
            name: "admin".into(),
            password: "openshelf".into(),
        }],
        login_hint: Some("admin / openshelf".into()),
        ..HttpOptions::default()
    };
    let run = std::env::temp_dir().join(format!("openshelf-mock-{port}"));
    let control = bind_control(&run.join("shelfd.sock")).unwrap();
    println!("shelfctl --run-dir {}", run.display());
    tokio::spawn(serve_control(control, backend.clone()));
    tokio::spawn(Mock::new(&desk).run(desk));
    serve_http(listener, backend, options).await.unwrap();
}

struct Mock {
    snapshot: SnapshotView,
    notices: tokio::sync::broadcast::Sender<Notice>,
    started: Instant,
    tick: u64,
    /// Blades on their way: slot, and ticks until the next step.
    moving: Vec<(u8, u64)>,
}

impl Mock {
    fn new(desk: &Desk) -> Self {
        let mut snapshot = SnapshotView {
            status: model::status(),
            shelf: ShelfView {
                name: "Demo shelf".into(),
                slots: model::slots(),
            },
            ..SnapshotView::default()
        };
        for slot in snapshot.shelf.slots.iter().filter(|slot| slot.present) {
            snapshot.sensors.extend(model::sensors(slot));
        }
        snapshot
            .sensors
            .sort_by_key(|sensor| (sensor.address, sensor.number));
        (snapshot.amf, snapshot.clm, snapshot.plm) = (model::amf(), model::clm(), model::plm());
        snapshot.members = model::members();
        let notices = desk.notices.clone();
        Self {
            snapshot,
            notices,
            started: Instant::now(),
            tick: 0,
            moving: Vec::new(),
        }
    }

    async fn run(mut self, mut desk: Desk) {
        let mut ticks = interval(Duration::from_millis(200));
        self.event(
            Severity::Informational,
            "shelfd",
            "Discovery found 10 controllers",
        );
        loop {
            tokio::select! {
                _ = ticks.tick() => self.tick(),
                Some((query, to)) = desk.queries.recv() => self.answer(query, to),
                Some((order, to)) = desk.orders.recv() => { to.send(self.order(order)).ok(); }
            }
        }
    }

    fn answer(&mut self, query: Query, to: oneshot::Sender<Reply>) {
        let uptime = u64::try_from(self.started.elapsed().as_millis()).unwrap();
        self.snapshot.status.uptime_ms = uptime;
        let view = self.snapshot.clone();
        let last = view.events.last().map_or(0, |event| event.sequence);
        let reply = match query {
            Query::Snapshot => Reply::Snapshot(Box::new(view)),
            Query::Shelf => Reply::Shelf(view.shelf),
            Query::Sensors { .. } => Reply::Sensors(view.sensors),
            Query::Events { .. } => Reply::Events(EventsView {
                events: view.events,
                last,
            }),
            Query::Amf => Reply::Amf(view.amf),
            Query::Clm => Reply::Clm(view.clm),
            Query::Plm => Reply::Plm(view.plm),
            Query::Members => Reply::Members(Box::new(view.members)),
            Query::Status => Reply::Status(Box::new(view.status)),
            Query::Boards
            | Query::Fru { .. }
            | Query::Sel { .. }
            | Query::Log { .. }
            | Query::Alarms
            | Query::Imm { .. } => {
                Reply::Refused(Refusal::new(RefusalCode::NotSupported, "not in this mock"))
            }
        };
        to.send(reply).ok();
    }

    fn order(&mut self, order: Order) -> Outcome {
        match order {
            Order::OpenHandle { slot } => self.handle(slot, Handle::Open),
            Order::CloseHandle { slot } => self.handle(slot, Handle::Closed),
            Order::PullBlade { slot } => self.presence(slot, false),
            Order::InsertBlade { slot } => self.presence(slot, true),
            Order::KillComponent { component } => {
                self.event(Severity::Major, &component, "process ended, restarting");
                self.switch_over(None);
                Outcome::done("killed")
            }
            Order::SwitchOver { .. } => self.switch_cmms(),
            Order::ActivateFru { .. }
            | Order::DeactivateFru { .. }
            | Order::AdminOperation { .. }
            | Order::Force => Outcome::refused(RefusalCode::NotSupported, "not in this mock"),
        }
    }

    fn handle(&mut self, slot: u8, handle: Handle) -> Outcome {
        let Some(view) = self.slot(slot).filter(|view| view.present) else {
            return Outcome::refused(RefusalCode::InvalidState, format!("slot {slot} is empty"));
        };
        view.handle = handle;
        self.show(slot);
        self.moving.push((slot, 1));
        Outcome::done(format!("handle of slot {slot} is {}", handle.word()))
    }

    fn presence(&mut self, slot: u8, present: bool) -> Outcome {
        let Some(view) = self.slot(slot) else {
            return Outcome::refused(RefusalCode::NotFound, format!("there is no slot {slot}"));
        };
        view.present = present;
        view.handle = if present {
            Handle::Closed
        } else {
            Handle::Unknown
        };
        view.state = if present { "M1" } else { "M0" }.into();
        if !present {
            self.switch_over(Some(slot));
        }
        self.member(slot, present);
        self.show(slot);
        self.moving.push((slot, 3));
        Outcome::done(if present { "inserted" } else { "pulled" })
    }

    /// The other CMM owns the hardware.
    fn switch_cmms(&mut self) -> Outcome {
        let view = &mut self.snapshot.members;
        for member in &mut view.members {
            match member.state {
                MemberState::Standby => {
                    member.state = MemberState::Active;
                    (view.active, view.line) = (Some(member.node), Some(member.node));
                }
                MemberState::Active => member.state = MemberState::Standby,
                MemberState::Follower | MemberState::Away => {}
            }
        }
        self.tell_members();
        Outcome::done("switched")
    }

    /// The member on a blade goes away with it, and comes back.
    fn member(&mut self, slot: u8, present: bool) {
        let view = &mut self.snapshot.members;
        let node = model::CMMS + u32::from(slot);
        if let Some(member) = view.members.iter_mut().find(|it| it.node == node) {
            member.state = match present {
                true => MemberState::Follower,
                false => MemberState::Away,
            };
            view.epoch += 1;
            self.tell_members();
        }
    }

    fn tell_members(&mut self) {
        let members = self.snapshot.members.clone();
        self.tell(Change::Members(Box::new(members)));
    }

    fn slot(&mut self, slot: u8) -> Option<&mut SlotView> {
        let mut slots = self.snapshot.shelf.slots.iter_mut();
        slots.find(|view| view.site == Site::Board && view.slot == slot)
    }

    /// One step towards where the handle wants the blade.
    fn step(&mut self, slot: u8) {
        let Some(view) = self.slot(slot).filter(|view| view.present) else {
            return;
        };
        let (next, led) = match (view.state.as_str(), view.handle) {
            ("M4", Handle::Open) => ("M5", BlueLed::ShortBlink),
            ("M5", Handle::Open) => ("M6", BlueLed::ShortBlink),
            ("M6", _) => ("M1", BlueLed::On),
            ("M1", Handle::Closed) => ("M2", BlueLed::LongBlink),
            ("M2", _) => ("M3", BlueLed::Off),
            ("M3" | "M5", Handle::Closed) => ("M4", BlueLed::Off),
            _ => return,
        };
        let text = format!("transitioned from {} to {next}", view.state);
        (view.state, view.blue_led) = (next.into(), led);
        self.show(slot);
        self.event(Severity::Informational, &format!("slot {slot}"), &text);
        if next == "M5" {
            self.switch_over(Some(slot));
        }
        self.moving.push((slot, 5));
    }

    /// Exchanges active and standby, when the active one is on the node of this slot.
    fn switch_over(&mut self, slot: Option<u8>) {
        let node = slot.and_then(|slot| self.slot(slot)?.node.clone());
        let group = &mut self.snapshot.amf.applications[0].service_groups[0];
        let active = group
            .assignments
            .iter()
            .find(|entry| entry.ha_state == "ACTIVE")
            .unwrap();
        let unit = group
            .service_units
            .iter()
            .find(|unit| unit.dn == active.su)
            .unwrap();
        if slot.is_some() && unit.node != node {
            return;
        }
        for entry in &mut group.assignments {
            let is_active = entry.ha_state == "ACTIVE";
            entry.ha_state = if is_active { "STANDBY" } else { "ACTIVE" }.into();
        }
        let amf = self.snapshot.amf.clone();
        self.tell(Change::Amf(Box::new(amf)));
        self.event(
            Severity::Minor,
            "safSi=Counter",
            "active moved to the other service unit",
        );
    }

    fn tick(&mut self) {
        self.tick += 1;
        let (due, later): (Vec<_>, Vec<_>) =
            self.moving.drain(..).partition(|(_, left)| *left == 0);
        self.moving = later;
        for (slot, _) in due {
            self.step(slot);
        }
        for (_, left) in &mut self.moving {
            *left -= 1;
        }
        let index = usize::try_from(self.tick).unwrap() * 7 % self.snapshot.sensors.len();
        let sensor = &mut self.snapshot.sensors[index];
        if let Some(value) = &sensor.value {
            let wave = i64::try_from(self.tick * 37 % 41).unwrap() - 20;
            sensor.value = Some(Quantity::from_micro(
                value.micro + wave * value.micro.abs() / 800,
            ));
        }
        let sensor = sensor.clone();
        self.tell(Change::Sensor(Box::new(sensor)));
        if self.tick.is_multiple_of(10) {
            self.snapshot.status.log_index += 1;
            let uptime = u64::try_from(self.started.elapsed().as_millis()).unwrap();
            self.snapshot.status.uptime_ms = uptime;
            let status = self.snapshot.status.clone();
            self.tell(Change::Status(Box::new(status)));
        }
    }

    fn show(&mut self, slot: u8) {
        let view = self.slot(slot).unwrap().clone();
        self.tell(Change::Slot(Box::new(view)));
    }

    fn event(&mut self, severity: Severity, object: &str, text: &str) {
        let sequence = self
            .snapshot
            .events
            .last()
            .map_or(1, |event| event.sequence + 1);
        let (object, text) = (object.into(), text.into());
        let event = EventView {
            sequence,
            time_us: now_us(),
            source: "hpi".into(),
            severity,
            object,
            text,
        };
        self.snapshot.events.push(event.clone());
        self.tell(Change::Event(Box::new(event)));
    }

    fn tell(&mut self, change: Change) {
        self.snapshot.sequence += 1;
        let notice = Notice {
            sequence: self.snapshot.sequence,
            time_us: now_us(),
            change,
        };
        self.notices.send(notice).ok();
    }
}

fn now_us() -> u64 {
    u64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_micros(),
    )
    .unwrap()
}
