//! Carrying out orders.

use super::bus::{Failure, Urgency, answer, data, target};
use super::{Answer, Effect, Purpose, Scanner};
use crate::{Action, FruAddress, ORDERS_MAX, Observation, Order, OrderError, OrderResult};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::picmg::{
    FruControl, GetPowerLevel, SetFruActivation, SetFruActivationPolicy, SetFruLedState,
    SetPowerLevel,
};
use ipmi::message::Request;
use ipmi::port::{RequestError, Target};

/// Get Power Level: the desired steady state. Source: PICMG 3.0 R3.0, Get Power Level.
const DESIRED_STEADY: u8 = 1;

impl Scanner {
    pub(super) fn order(&mut self, order: &Order, effects: &mut Vec<Effect>) {
        let id = order.id;
        if !self.is_up {
            done(id, Err(OrderError::PortDown), effects);
            return;
        }
        // An audit repeats what is under way already.
        let under_way = self.orders_under_way();
        if under_way.contains(&id) {
            return;
        }
        if under_way.len() >= ORDERS_MAX {
            done(id, Err(OrderError::TooMany), effects);
            return;
        }
        if let Some(given_for) = order.action.moves().zip(order.in_state) {
            self.judge_order(order, given_for, effects);
        } else if !self.carry_out(order) {
            self.follow(order, effects);
        }
    }

    /// Asks what an order asks; `false` where it is more than one request, or none.
    pub(super) fn carry_out(&mut self, order: &Order) -> bool {
        let request = request(&order.action);
        let is_one = request.is_some();
        if let Some(request) = request {
            let purpose = Purpose::Order(order.id);
            self.bus.ask(purpose, Urgency::Now, request);
        }
        is_one
    }

    fn follow(&mut self, order: &Order, effects: &mut Vec<Effect>) {
        let id = order.id;
        if let Action::PowerOn(fru) = order.action {
            let request = GetPowerLevel {
                fru_id: fru.fru_id,
                kind: DESIRED_STEADY,
            }
            .request();
            let purpose = Purpose::DesiredLevel(id, fru);
            self.bus
                .ask(purpose, Urgency::Now, (target(fru.address), request));
        } else if let Action::Watch(address) = order.action {
            let fits = self.watch(address);
            let result = if fits {
                Ok(Vec::new())
            } else {
                Err(OrderError::TooMany)
            };
            done(id, result, effects);
        } else if let Action::Rescan(address) = order.action {
            self.rescan(address);
            done(id, Ok(Vec::new()), effects);
        }
    }

    pub(super) fn orders_under_way(&self) -> Vec<u64> {
        let mut orders = self.bus.orders();
        orders.extend(self.judged.keys());
        orders
    }

    pub(super) fn power_on(
        &mut self,
        order: u64,
        fru: FruAddress,
        result: &Answer,
        effects: &mut Vec<Effect>,
    ) {
        let Ok(desired) = answer::<GetPowerLevel>(result) else {
            self.order_done(order, result, effects);
            return;
        };
        let level = desired.properties & 0x1f;
        let request = SetPowerLevel {
            fru_id: fru.fru_id,
            level,
            copy: 1,
        }
        .request();
        self.bus.ask(
            Purpose::Order(order),
            Urgency::Now,
            (target(fru.address), request),
        );
    }

    /// What an order caused is seen at once, not when the SEL is looked at next.
    pub(super) fn order_done(&mut self, order: u64, result: &Answer, effects: &mut Vec<Effect>) {
        done(order, order_result(result), effects);
        self.poll_sel();
    }
}

pub(super) fn done(order: u64, result: OrderResult, effects: &mut Vec<Effect>) {
    effects.push(Effect::Observe(Observation::OrderDone { order, result }));
}

pub(super) fn order_result(result: &Answer) -> OrderResult {
    match (data(result), result) {
        (Ok(response), _) => Ok(response.data.clone()),
        (Err(Failure::Refused(code)), _) => Err(OrderError::Refused(code)),
        // An order can have 83h as a code of its own: only the port's word counts.
        (Err(_), Ok(response)) => Err(OrderError::Refused(response.code)),
        (Err(_), Err(RequestError::NoSuchController)) => Err(OrderError::NoSuchController),
        (Err(_), Err(RequestError::PortDown)) => Err(OrderError::PortDown),
        (Err(_), Err(RequestError::Timeout)) => Err(OrderError::Silent),
    }
}

/// The request for an action that is one.
fn request(action: &Action) -> Option<(Target, Request)> {
    Some(match action {
        Action::Activate(fru) => to_fru(
            *fru,
            &SetFruActivation {
                fru_id: fru.fru_id,
                activate: 1,
            },
        ),
        Action::Deactivate(fru) => to_fru(
            *fru,
            &SetFruActivation {
                fru_id: fru.fru_id,
                activate: 0,
            },
        ),
        Action::SetActivationPolicy { fru, mask, set } => to_fru(
            *fru,
            &SetFruActivationPolicy {
                fru_id: fru.fru_id,
                mask: *mask,
                set: *set,
            },
        ),
        Action::SetLed {
            fru,
            led_id,
            function,
            on_time,
            color,
        } => to_fru(
            *fru,
            &SetFruLedState {
                fru_id: fru.fru_id,
                led_id: *led_id,
                function: *function,
                on_time: *on_time,
                color: *color,
            },
        ),
        Action::FruControl { fru, option } => to_fru(
            *fru,
            &FruControl {
                fru_id: fru.fru_id,
                option: *option,
            },
        ),
        Action::SetPowerLevel { fru, level, copy } => to_fru(
            *fru,
            &SetPowerLevel {
                fru_id: fru.fru_id,
                level: *level,
                copy: u8::from(*copy),
            },
        ),
        Action::Raw { target, request } => (*target, request.clone()),
        Action::PowerOn(_) | Action::Watch(_) | Action::Rescan(_) => return None,
    })
}

fn to_fru<C: Command>(fru: FruAddress, command: &C) -> (Target, Request) {
    (target(fru.address), command.request())
}
