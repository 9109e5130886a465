//! Controllers of blades on two simulated buses: each an [`Ipmc`] behind a bus interface that is as
//! simple as those of the field, and shares no code with the port.

use super::bus::Bus;
use ipmc::{HotSwapConfig, Input, Ipmc, Reading, SensorConfig, Threshold};
use ipmi::command::Command;
use ipmi::command::sensor::PlatformEvent;
use ipmi::description::Site;
use ipmi::ipmb::{Route, decode_request, decode_response, encode_request, encode_response};
use ipmi::sdr::{Entity, Factors};
use ipmi::sel::Event;
use machine::{Machine, Pos, Time};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const SHELF_MANAGER: u8 = 0x20;
/// How long a blade waits for the acknowledgement of an event.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long it waits after a write that failed; different for each, or they never part.
const PAUSE: Duration = Duration::from_micros(700);

/// Configuration of a blade with a temperature sensor.
pub(crate) fn config(address: u8) -> ipmc::Config {
    let entity = Entity {
        id: 0xa0,
        instance: 0x60,
    };
    ipmc::Config {
        address,
        site: Site {
            hardware_address: address >> 1,
            number: (address >> 1) - 0x40,
            kind: 0,
        },
        entity,
        name: format!("Blade {address:02X}"),
        sensors: vec![SensorConfig {
            number: 1,
            sensor_type: 0x01,
            entity,
            name: String::from("CPU"),
            raw: 40,
            reading: Reading::Threshold(Threshold {
                unit: 1,
                factors: Factors::default(),
                thresholds: [None, None, None, Some(70), Some(80), Some(90)],
                hysteresis: 2,
            }),
            ..SensorConfig::default()
        }],
        hot_swap: Some(HotSwapConfig {
            payload_up: Duration::ZERO,
            payload_down: Duration::ZERO,
            waits_for_power_level: false,
            is_active: true,
            handle_closed: true,
        }),
        read_len_max: 22,
        ..ipmc::Config::default()
    }
}

/// What somebody does to a blade.
pub(crate) type Hand = mpsc::Sender<Input>;

/// Puts a blade on both buses.
pub(crate) fn plug(address: u8, buses: [Bus; 2]) -> Hand {
    let (hand, hands) = mpsc::channel(8);
    let [a, b] = [0, 1].map(|index| buses[index].attach(address));
    let blade = Blade {
        controller: Ipmc::new(config(address)),
        address,
        buses,
        events: VecDeque::new(),
        sequence: 0,
        index: 0,
        epoch: Instant::now(),
    };
    tokio::spawn(blade.run(a, b, hands));
    hand
}

struct Blade {
    controller: Ipmc,
    address: u8,
    buses: [Bus; 2],
    /// Events that nobody acknowledged yet.
    events: VecDeque<Event>,
    sequence: u8,
    index: u64,
    epoch: Instant,
}

impl Blade {
    async fn run(
        mut self,
        mut a: mpsc::Receiver<Vec<u8>>,
        mut b: mpsc::Receiver<Vec<u8>>,
        mut hands: mpsc::Receiver<Input>,
    ) {
        self.apply(&Input::Powered);
        let mut again = Instant::now();
        loop {
            let has_events = !self.events.is_empty();
            let first = tokio::select! {
                frame = a.recv() => frame.map(|frame| (0, frame)),
                frame = b.recv() => frame.map(|frame| (1, frame)),
                hand = hands.recv() => match hand {
                    Some(input) => {
                        self.apply(&input);
                        continue;
                    }
                    None => return,
                },
                () = tokio::time::sleep_until(again), if has_events => {
                    again = Instant::now() + PATIENCE;
                    self.send_event().await;
                    continue;
                }
            };
            let Some((bus, frame)) = first else { return };
            if self.take(bus, &frame).await {
                // The next event follows at once.
                again = Instant::now();
            }
        }
    }

    fn apply(&mut self, input: &Input) -> Option<ipmi::message::Response> {
        self.index += 1;
        let nanos = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap();
        let at = Pos {
            index: self.index,
            time: Time(nanos),
        };
        let mut effects = Vec::new();
        self.controller.apply(at, input, &mut effects);
        let mut answer = None;
        for effect in effects {
            if let ipmc::Effect::Response(response) = effect {
                answer = Some(response);
            } else if let ipmc::Effect::Event { receiver, event } = effect {
                assert_eq!(receiver, SHELF_MANAGER);
                self.events.push_back(event);
            }
        }
        answer
    }

    /// Takes one frame; whether it acknowledged the event that was sent.
    async fn take(&mut self, bus: usize, frame: &[u8]) -> bool {
        if let Ok((route, request)) = decode_request(frame) {
            let from = route.requester;
            let input = Input::Request {
                from,
                request: request.clone(),
            };
            if let Some(response) = self.apply(&input) {
                let frame = encode_response(route, &request, &response);
                self.write(bus, &frame).await;
            }
            return false;
        }
        let answer = decode_response(frame).ok();
        let is_mine = answer.is_some_and(|answer| {
            answer.route.sequence == self.sequence & 0x3f
                && answer.command == PlatformEvent::COMMAND
        });
        if is_mine && self.events.pop_front().is_some() {
            self.sequence = self.sequence.wrapping_add(1);
        }
        is_mine
    }

    async fn send_event(&mut self) {
        let Some(event) = self.events.front() else {
            return;
        };
        let route = Route {
            responder: SHELF_MANAGER,
            requester: self.address,
            requester_lun: 0,
            sequence: self.sequence & 0x3f,
        };
        let frame = encode_request(route, &PlatformEvent::from(event).request());
        self.write(usize::from(self.address >> 1 & 1), &frame).await;
    }

    /// Writes by this bus first; a few times.
    async fn write(&self, bus: usize, frame: &[u8]) {
        for attempt in 0..8 {
            let bus = &self.buses[(bus + attempt / 2) % 2];
            if bus.write(frame).await.is_ok() {
                return;
            }
            sleep(PAUSE + Duration::from_micros(u64::from(self.address))).await;
        }
    }
}
