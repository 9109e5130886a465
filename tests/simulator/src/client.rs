//! Clients, which write to the information model and remember what they were told.

use crate::agenda::Happening;
use crate::model;
use crate::world::World;
use ais::imm::Value;
use appliance::{Command, tag};
use group::Standing;
use imm::{Modification, ModificationType, Operation};
use machine::{NodeId, Time};
use std::time::Duration;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client.
pub(crate) struct Client {
    number: usize,
    written: u64,
    /// The command that it waits for.
    waits: Option<u64>,
    /// It does nothing before.
    next: Time,
}

impl Client {
    pub(crate) fn new(number: usize) -> Self {
        Self {
            number,
            written: 0,
            waits: None,
            next: Time::default(),
        }
    }
}

impl World {
    /// A client does what it does next: what it waits for may have been done, or not.
    pub(crate) fn client(&mut self, number: usize) {
        if self.now < self.clients[number].next {
            return;
        }
        self.clients[number].waits = None;
        let Some(id) = self.anybody() else {
            return self.client_later(number, Duration::from_secs(1));
        };
        self.tag_last += 1;
        let tag = tag(id, self.tag_last);
        let is_defect = self.defects.is_next();
        let client = &mut self.clients[number];
        client.written += 1;
        let command = Command::Ccb {
            tag,
            operations: vec![Operation::Modify {
                dn: match is_defect {
                    true => model::defects(),
                    false => model::object(client.number),
                },
                modifications: vec![Modification {
                    kind: ModificationType::Replace,
                    attribute: model::ATTRIBUTE.into(),
                    values: vec![Value::String(client.written.to_string())],
                }],
            }],
        };
        let running = self.running(id);
        if running.is_some_and(|it| it.member.appliance().admit(&command).is_ok()) {
            self.clients[number].waits = Some(tag);
            self.defects.written(tag);
            self.submit(id, &command);
            self.client_later(number, PATIENCE);
            self.poll(id);
        } else {
            self.client_later(number, Duration::from_secs(1));
        }
    }

    fn client_later(&mut self, number: usize, delay: Duration) {
        self.clients[number].next = self.now.after(delay);
        self.after(delay, Happening::Client(number));
    }

    /// Some member that orders.
    fn anybody(&mut self) -> Option<NodeId> {
        let orders = self.nodes.iter().filter(|(_, node)| {
            let running = node.running.as_ref();
            running.is_some_and(|it| matches!(it.member.standing(), Standing::Primary { .. }))
        });
        let orders: Vec<NodeId> = orders.map(|(id, _)| *id).collect();
        (!orders.is_empty()).then(|| orders[self.dice.index(orders.len())])
    }

    /// A member answers.
    pub(crate) fn answered(&mut self, id: NodeId, tag: u64, is_done: bool) {
        let waiting = self.clients.iter().position(|it| it.waits == Some(tag));
        if !is_done {
            return;
        }
        if appliance::tag_node(tag) == id && tag & appliance::NUMBER_MAX > 0 {
            self.check_acknowledged(id, tag);
        }
        if let Some(number) = waiting {
            self.clients[number].waits = None;
            let pause = match self.is_calm {
                true => self.dice.millis(20_000, 60_000),
                false => self.dice.millis(50, 2_000),
            };
            self.client_later(number, pause);
        }
    }
}
