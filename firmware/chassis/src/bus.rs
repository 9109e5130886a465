//! IPMB-0 between the controllers: frames on two buses, repeats, and what faults do to them.
//!
//! Source: IPMB v1.0, §4 (retries, sequence numbers); PICMG 3.0 R3.0, IPMB-0 (two buses).
//! Invariant: without faults a request is answered at the same time at which it was sent.

use crate::fault::{Injector, IpmbBus};
use ipmc::SHELF_MANAGER;
use ipmi::ipmb::{
    Route, SEQUENCE_MAX, decode_request, decode_response, encode_request, encode_response,
};
use ipmi::message::{Request, Response};
use ipmi::port::RequestError;
use machine::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Most requests under way; more are not sent.
pub(crate) const FLIGHTS_MAX: usize = 512;
/// How often a request is sent. Source: IPMB v1.0, retries.
const TRIES: u8 = 3;
/// After which silence a request is sent again. Source: IPMB v1.0, T6: 60–250 ms.
pub(crate) const RETRY_AFTER: Duration = Duration::from_millis(250);
/// How long a request is remembered, so that the repeated one is not carried out again.
/// Source: IPMB v1.0, sequence number expiration.
const REMEMBERED: Duration = Duration::from_secs(5);

/// What happened on the bus since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusCounters {
    /// Requests that were sent.
    pub requests: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Messages that took the other bus, as theirs was stuck.
    pub failed_over: u64,
    /// Messages that found no bus.
    pub blocked: u64,
    /// Addresses that were not acknowledged.
    pub not_acknowledged: u64,
    /// Messages that got lost.
    pub lost: u64,
    /// Frames that were dropped, as a checksum was wrong.
    pub bad_checksums: u64,
    /// Requests and answers that came a second time, and were not carried out again.
    pub repeats: u64,
    /// Requests that nobody answered in the end.
    pub failed: u64,
}

/// Who wants to know the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// Nobody: it is an event message.
    Nobody,
    /// A controller.
    Controller(u8),
    /// The port, by its token.
    Port(u64),
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flight {
    route: Route,
    request: Request,
    client: Client,
    tries: u8,
    was_acknowledged: bool,
}

/// Something that happens later.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Job {
    /// Send a request again.
    Retry(u64),
    /// The frame of an answer arrives.
    Arrive(u64, Vec<u8>),
}

/// What comes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A controller gets this request; its answer goes to [`Bus::answered`].
    Deliver {
        flight: u64,
        from: u8,
        to: u8,
        request: Request,
    },
    /// A controller hears the answer to its request; `None` when there was none.
    Answered {
        to: u8,
        request: Request,
        response: Option<Response>,
    },
    /// An order is done.
    Done {
        token: u64,
        result: Result<Response, RequestError>,
    },
}

/// The last request that a responder had from a requester.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answered {
    at: Time,
    request: Vec<u8>,
    response: Response,
}

/// Both buses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bus {
    pub(crate) counters: BusCounters,
    flights: BTreeMap<u64, Flight>,
    agenda: BTreeMap<(Time, u64), Job>,
    next_number: u64,
    /// Last sequence number of each requester.
    sequences: BTreeMap<u8, u8>,
    /// By responder and requester.
    answered: BTreeMap<(u8, u8), Answered>,
}

/// What a message meets on its way.
pub(crate) struct Surroundings<'a> {
    pub(crate) now: Time,
    pub(crate) injector: &'a mut Injector,
    /// Who keeps off which bus.
    pub(crate) off_bus: &'a BTreeSet<(u8, IpmbBus)>,
    /// Whether somebody is there at an address.
    pub(crate) is_there: &'a dyn Fn(u8) -> bool,
}

impl Bus {
    /// Sends a request for the first time.
    pub(crate) fn send(
        &mut self,
        around: &mut Surroundings<'_>,
        (from, to): (u8, u8),
        request: Request,
        client: Client,
    ) -> Vec<News> {
        if self.flights.len() >= FLIGHTS_MAX {
            self.counters.failed += 1;
            return done(client, request, Err(RequestError::Timeout));
        }
        let last = self.sequences.entry(from).or_insert(SEQUENCE_MAX);
        *last = (*last + 1) & SEQUENCE_MAX;
        let route = Route {
            responder: to,
            requester: from,
            requester_lun: 0,
            sequence: *last,
        };
        let number = self.number();
        self.counters.requests += 1;
        self.flights.insert(
            number,
            Flight {
                route,
                request,
                client,
                tries: 0,
                was_acknowledged: false,
            },
        );
        self.attempt(around, number)
    }

    /// A responder's answer to a request that it got.
    pub(crate) fn answered(
        &mut self,
        around: &mut Surroundings<'_>,
        number: u64,
        response: Response,
    ) -> Vec<News> {
        let Some(flight) = self.flights.get(&number) else {
            return Vec::new();
        };
        let ends = (flight.route.responder, flight.route.requester);
        let answered = Answered {
            at: around.now,
            request: encode_request(flight.route, &flight.request),
            response: response.clone(),
        };
        self.answered.insert(ends, answered);
        self.send_response(around, number, &response)
    }

    /// What is due now.
    pub(crate) fn tick(&mut self, around: &mut Surroundings<'_>) -> Vec<News> {
        let mut news = Vec::new();
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > around.now {
                break;
            }
            news.extend(match entry.remove() {
                Job::Retry(number) => self.attempt(around, number),
                Job::Arrive(number, frame) => self.arrive(number, &frame),
            });
        }
        news
    }

    /// Forgets all orders: whoever gave them is told otherwise.
    pub(crate) fn forget_orders(&mut self) {
        let orders = self.flights.iter();
        let orders = orders.filter(|(_, flight)| matches!(flight.client, Client::Port(_)));
        let orders: Vec<u64> = orders.map(|(number, _)| *number).collect();
        for number in orders {
            self.land(number);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Sends a request until it is delivered, lost, or was sent often enough.
    fn attempt(&mut self, around: &mut Surroundings<'_>, number: u64) -> Vec<News> {
        loop {
            let Some(flight) = self.flights.get_mut(&number) else {
                return Vec::new();
            };
            let route = flight.route;
            if flight.tries >= TRIES {
                let error = match flight.was_acknowledged {
                    true => RequestError::Timeout,
                    false => RequestError::NoSuchController,
                };
                self.counters.failed += 1;
                return self.finish(number, Err(error));
            }
            flight.tries += 1;
            self.counters.retries += u64::from(flight.tries > 1);
            if !self.find_bus(around, route) {
                // The sender cannot tell who is there.
                self.acknowledged(number);
                return self.later(around.now, number);
            }
            let far = far_end(route);
            let is_deaf = around.injector.is_dead(route.responder) || around.injector.naks(far);
            if is_deaf || !(around.is_there)(route.responder) {
                self.counters.not_acknowledged += 1;
                // The sender notices at once.
                continue;
            }
            self.acknowledged(number);
            return self.request_arrives(around, number);
        }
    }

    fn acknowledged(&mut self, number: u64) {
        if let Some(flight) = self.flights.get_mut(&number) {
            flight.was_acknowledged = true;
        }
    }

    /// The request has left; perhaps it gets there.
    fn request_arrives(&mut self, around: &mut Surroundings<'_>, number: u64) -> Vec<News> {
        let Some(flight) = self.flights.get(&number) else {
            return Vec::new();
        };
        let route = flight.route;
        let far = far_end(route);
        let sent = encode_request(route, &flight.request);
        let mut frame = sent.clone();
        let is_lost = around.injector.loses_request(far);
        around.injector.corrupt(far, &mut frame);
        let is_repeated = around.injector.repeats(far);
        // If no answer comes, this makes the next attempt.
        let mut news = self.later(around.now, number);
        if is_lost {
            self.counters.lost += 1;
            return news;
        }
        let Ok((_, request)) = decode_request(&frame) else {
            self.counters.bad_checksums += 1;
            return news;
        };
        // The second one finds the first one answered.
        self.counters.repeats += u64::from(is_repeated);
        let ends = (route.responder, route.requester);
        let known = self.answered.get(&ends);
        let known =
            known.filter(|known| known.request == sent && around.now.since(known.at) < REMEMBERED);
        if let Some(response) = known.map(|known| known.response.clone()) {
            self.counters.repeats += 1;
            news.extend(self.send_response(around, number, &response));
        } else {
            news.push(News::Deliver {
                flight: number,
                from: route.requester,
                to: route.responder,
                request,
            });
        }
        news
    }

    fn send_response(
        &mut self,
        around: &mut Surroundings<'_>,
        number: u64,
        response: &Response,
    ) -> Vec<News> {
        let Some(flight) = self.flights.get(&number) else {
            return Vec::new();
        };
        let route = flight.route;
        let far = far_end(route);
        let mut frame = encode_response(route, &flight.request, response);
        if !self.find_bus(around, route) {
            return Vec::new();
        }
        if around.injector.loses_response(far) {
            self.counters.lost += 1;
            return Vec::new();
        }
        around.injector.corrupt(far, &mut frame);
        match around.injector.delay(route.responder) {
            Some(delay) => {
                let job = (around.now.after(delay), self.number());
                self.agenda.insert(job, Job::Arrive(number, frame));
                Vec::new()
            }
            None => self.arrive(number, &frame),
        }
    }

    /// The frame of an answer is at the requester.
    fn arrive(&mut self, number: u64, frame: &[u8]) -> Vec<News> {
        let Ok(answer) = decode_response(frame) else {
            self.counters.bad_checksums += 1;
            return Vec::new();
        };
        match self.flights.get(&number) {
            Some(flight) if flight.route == answer.route => {
                self.finish(number, Ok(answer.response))
            }
            _ => {
                // An earlier one was answered already.
                self.counters.repeats += 1;
                Vec::new()
            }
        }
    }

    /// Whether one of the buses carries a message; each end takes the other one when its own is
    /// stuck.
    fn find_bus(&mut self, around: &Surroundings<'_>, route: Route) -> bool {
        let ends = [route.responder, route.requester];
        // Choice: messages use the buses in turn.
        let own = match route.sequence % 2 {
            0 => IpmbBus::A,
            _ => IpmbBus::B,
        };
        let is_free = |bus| {
            let is_off = |end| around.off_bus.contains(&(end, bus));
            !around.injector.is_stuck(bus, ends) && !ends.into_iter().any(is_off)
        };
        if is_free(own) {
            return true;
        }
        let is_other_free = is_free(own.other());
        if is_other_free {
            self.counters.failed_over += 1;
        } else {
            self.counters.blocked += 1;
        }
        is_other_free
    }

    fn later(&mut self, now: Time, number: u64) -> Vec<News> {
        let job = (now.after(RETRY_AFTER), self.number());
        self.agenda.insert(job, Job::Retry(number));
        Vec::new()
    }

    fn finish(&mut self, number: u64, result: Result<Response, RequestError>) -> Vec<News> {
        match self.land(number) {
            Some(flight) => done(flight.client, flight.request, result),
            None => Vec::new(),
        }
    }

    fn land(&mut self, number: u64) -> Option<Flight> {
        // Answers that come later are counted as repeats.
        self.agenda.retain(|_, job| *job != Job::Retry(number));
        self.flights.remove(&number)
    }
}

fn done(client: Client, request: Request, result: Result<Response, RequestError>) -> Vec<News> {
    match client {
        Client::Nobody => Vec::new(),
        Client::Controller(to) => vec![News::Answered {
            to,
            request,
            response: result.ok(),
        }],
        Client::Port(token) => vec![News::Done { token, result }],
    }
}

/// The end that is not the shelf manager, which is the one that faults name.
fn far_end(route: Route) -> u8 {
    match route.responder {
        SHELF_MANAGER => route.requester,
        responder => responder,
    }
}
