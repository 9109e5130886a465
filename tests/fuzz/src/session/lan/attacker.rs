//! Those on the way, who know no password.

use super::World;
use super::datagrams::outside;
use crate::choices::Choices;
use crate::session::{damage, request};
use ipmi::message::Request;
use session::server::{self, Peer};

impl World {
    /// Somebody sends again what he heard: as whoever sent it, or as another.
    pub(super) fn replay(&mut self, choices: &mut Choices<'_>) {
        if self.heard.is_empty() {
            return;
        }
        let mut datagram = choices.pick(&(0..self.heard.len()).collect::<Vec<_>>());
        for _ in 0..=choices.below(4) {
            let mut copy = self.heard[datagram].clone();
            if choices.seldom(60) {
                copy.client = choices.below(self.clients.len());
            }
            if choices.seldom(60) {
                damage(choices, &mut copy.bytes);
            }
            self.arrive(&copy);
            datagram = (datagram + 1) % self.heard.len();
        }
    }

    /// Strangers send anything, often.
    pub(super) fn forge(&mut self, choices: &mut Choices<'_>, commands: &[fn(&[u8]) -> Request]) {
        const HEADERS: [&[u8]; 4] = [
            &[],
            &[6, 0, 0xff, 7],
            &[6, 0, 0xff, 7, 6, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0],
            &[6, 0, 0xff, 7, 6, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0],
        ];
        if choices.is() {
            let bytes = outside(&request(choices, commands), choices.is());
            return self.strange(1000, &bytes);
        }
        let header = choices.pick(&HEADERS);
        let bytes = choices.some_bytes(80).to_vec();
        for copy in 0..=choices.below(64) {
            let mut bytes = [header, &bytes].concat();
            if let Some(byte) = bytes.get_mut(20) {
                *byte = copy as u8;
            }
            self.strange(1000 + copy as u64, &bytes);
        }
    }

    fn strange(&mut self, peer: u64, bytes: &[u8]) {
        let peer = Peer(peer);
        let input = server::Input::Received {
            peer,
            bytes: bytes.to_vec(),
        };
        self.server_gets(&input, Some(bytes));
    }
}
