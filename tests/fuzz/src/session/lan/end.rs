//! How a story ends: well.

use super::{CLIENTS_MAX, SNAPSHOT_MAX, World};
use crate::session::snapshot;
use ipmi::message::{NetFn, Request};
use ipmi::port::Target;
use session::CipherSuite;
use session::Input;
use std::time::Duration;

/// After so long without anybody, wrong passwords and silent sessions are forgotten.
const QUIET: Duration = Duration::from_secs(700);
/// How long a client may need over a good wire.
const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    /// The faults are over: every order comes to its end, and a client can work.
    pub(super) fn end(&mut self) {
        for client in 0..self.clients.len() {
            self.carry_all();
            self.client_gets(client, &Input::Lost("the story ends".into()));
            self.clients[client].orders.check();
        }
        self.wire.clear();
        self.wait(QUIET);
        self.carry_all();
        snapshot(&mut self.server, SNAPSHOT_MAX);
        assert_eq!(self.server.sessions(), 0, "silent sessions stay");
        if self.clients.len() == CLIENTS_MAX {
            self.clients.pop();
        }
        self.last_client();
    }

    fn last_client(&mut self) {
        let suites = CipherSuite::PREFERRED.to_vec();
        self.add(("admin", "secret", 4, true), suites);
        let client = self.clients.len() - 1;
        let until = self.now.after(PATIENCE);
        self.start(client);
        while !self.clients[client].lan.is_open() && self.now < until {
            self.carry_all();
            self.wait(Duration::from_secs(1));
        }
        if self.has_channel_key {
            return;
        }
        assert!(
            self.clients[client].lan.is_open(),
            "nobody can open a session any more"
        );
        let request = Request {
            net_fn: NetFn::SENSOR_EVENT,
            lun: 0,
            command: 0x2d,
            data: vec![1],
        };
        self.give(client, Target::ShelfManager, request);
        self.carry_all();
        assert!(
            self.clients[client].orders.is_done(),
            "nobody is answered any more"
        );
    }
}
