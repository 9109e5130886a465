//! Between the shelf and its buses: who is there, and what comes of a message.

use crate::bus::{Bus, Client, News, Surroundings};
use crate::shelf::{Chassis, Effect, Work};
use ipmc::SHELF_MANAGER;
use ipmi::message::Request;
use ipmi::port::PortEvent;
use machine::Time;
use std::collections::VecDeque;

impl Chassis {
    pub(crate) fn send(
        &mut self,
        now: Time,
        ends: (u8, u8),
        (request, client): (Request, Client),
        (works, effects): (&mut VecDeque<Work>, &mut Vec<Effect>),
    ) {
        let news = self.on_bus(now, |bus, around| bus.send(around, ends, request, client));
        tell(news, works, effects);
    }

    pub(crate) fn on_bus(
        &mut self,
        now: Time,
        act: impl FnOnce(&mut Bus, &mut Surroundings<'_>) -> Vec<News>,
    ) -> Vec<News> {
        let controllers = &self.controllers;
        let has_manager = self.owner.is_some();
        let is_there = |address: u8| {
            controllers.contains_key(&address) && (address != SHELF_MANAGER || has_manager)
        };
        let mut around = Surroundings {
            now,
            injector: &mut self.injector,
            off_bus: &self.off_bus,
            is_there: &is_there,
        };
        act(&mut self.bus, &mut around)
    }
}

/// What comes of messages becomes work, or is told.
pub(crate) fn tell(news: Vec<News>, works: &mut VecDeque<Work>, effects: &mut Vec<Effect>) {
    for news in news {
        match news {
            News::Deliver {
                flight,
                from,
                to,
                request,
            } => {
                let input = ipmc::Input::Request { from, request };
                works.push_back(Work::Request { flight, to, input });
            }
            News::Done { token, result } => {
                effects.push(Effect::Event(PortEvent::Answer { token, result }));
            }
            News::Answered {
                to,
                request,
                response,
            } => {
                let input = ipmc::Input::Answered { request, response };
                works.push_back(Work::Notice(to, input));
            }
        }
    }
}
