//! The line to the console of an operator: one packet at a time, sent again until it is
//! acknowledged.
//!
//! Source: IPMI v2.0 §15.10, §15.11.

use super::packet::{NACK, SolPacket, status};
use alloc::collections::VecDeque;
use core::time::Duration;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most characters in a packet. Choice: a screen's worth of lines in few packets, well below what a
/// datagram takes.
pub(crate) const DATA_MAX: usize = 200;
/// Most characters of the payload that wait. While there is no room, none are read: they wait in
/// the ring of the blade's controller, which counts what it loses.
const WAITING_MAX: usize = 2048;

/// How often a packet is sent again at [`RETRY_INTERVAL`]. Source: IPMI v2.0 Table 26-5, parameter
/// 4, three bits.
pub(crate) const RETRIES: u8 = 7;
/// Pause before a packet is sent again.
pub(crate) const RETRY_INTERVAL: Duration = Duration::from_millis(100);
/// Pause between the further ones. Choice: no character is dropped while its session lasts, which
/// ends by itself soon when nothing comes from the console.
const SLOW_INTERVAL: Duration = Duration::from_secs(1);

/// Highest sequence number.
const SEQUENCE_MAX: u8 = 15;

/// Invariant: at most one packet is not acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Sequence number of the last packet out, 0 before the first.
    sequence: u8,
    flight: Option<Flight>,
    /// What the payload said.
    waiting: VecDeque<u8>,
    /// Something of it was lost, and nobody was told yet.
    overrun: bool,
    /// The console takes nothing before that.
    hold: Time,
    /// Sequence number of the last packet in, 0 before the first.
    heard: u8,
    /// How the last packet in is acknowledged.
    receipt: Receipt,
    /// Whether it still has to be.
    owes_receipt: bool,
}

/// A packet that is not acknowledged, without what it says about a packet of the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Flight {
    packet: SolPacket,
    sent: u8,
    until: Time,
}

/// How a packet is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Receipt {
    accepted: u8,
    bits: u8,
}

impl Line {
    /// How many characters of the payload may be handed over.
    pub(crate) fn room(&self) -> usize {
        WAITING_MAX.saturating_sub(self.waiting.len())
    }

    /// Takes what the payload said; what does not fit is lost, and the console is told.
    pub(crate) fn say(&mut self, data: &[u8], lost: bool) {
        let fits = data.len().min(self.room());
        self.overrun |= lost || fits < data.len();
        self.waiting.extend(data.iter().take(fits));
    }

    /// Forgets what was not sent yet.
    pub(crate) fn flush(&mut self) {
        self.waiting.clear();
    }

    /// What a packet says about our last one.
    pub(crate) fn acknowledge(&mut self, now: Time, packet: &SolPacket) {
        let flight = self.flight.take_if(|flight| {
            packet.acknowledged != 0 && flight.packet.sequence == packet.acknowledged
        });
        let Some(flight) = flight else {
            return;
        };
        let accepted = usize::from(packet.accepted).min(flight.packet.data.len());
        for byte in flight.packet.data.into_iter().skip(accepted).rev() {
            self.waiting.push_front(byte);
        }
        if packet.bits & NACK != 0 {
            self.hold = now.after(RETRY_INTERVAL);
        }
    }

    /// Whether this packet came before, and was acknowledged already.
    pub(crate) fn is_repeated(&self, packet: &SolPacket) -> bool {
        packet.sequence == self.heard
    }

    /// The packet with that sequence number was taken, so many characters of it.
    pub(crate) fn took(&mut self, sequence: u8, accepted: usize, whole: bool) {
        self.heard = sequence;
        let bits = match (whole, accepted) {
            (true, _) => 0,
            (false, 0) => NACK | status::UNAVAILABLE,
            (false, _) => NACK,
        };
        let accepted = u8::try_from(accepted).unwrap_or(u8::MAX);
        self.receipt = Receipt { accepted, bits };
    }

    /// The last packet in is to be acknowledged, once more perhaps.
    pub(crate) fn owe_receipt(&mut self) {
        self.owes_receipt = true;
    }

    /// The packet that is due, if any.
    pub(crate) fn next(&mut self, now: Time) -> Option<SolPacket> {
        let characters = self.again(now).or_else(|| self.fresh(now));
        if characters.is_none() && !self.owes_receipt {
            return None;
        }
        let mut packet = characters.unwrap_or_default();
        if core::mem::take(&mut self.owes_receipt) {
            packet.acknowledged = self.heard;
            packet.accepted = self.receipt.accepted;
            packet.bits |= self.receipt.bits;
        }
        Some(packet)
    }

    /// The characters that are not acknowledged, when it is time to send them once more.
    fn again(&mut self, now: Time) -> Option<SolPacket> {
        let flight = self.flight.as_mut().filter(|flight| flight.until <= now)?;
        flight.sent = flight.sent.saturating_add(1);
        flight.until = now.after(match flight.sent > RETRIES {
            true => SLOW_INTERVAL,
            false => RETRY_INTERVAL,
        });
        Some(flight.packet.clone())
    }

    /// The next characters, when the ones before are acknowledged.
    fn fresh(&mut self, now: Time) -> Option<SolPacket> {
        let is_free = self.flight.is_none() && self.hold <= now;
        if !is_free || !self.overrun && self.waiting.is_empty() {
            return None;
        }
        self.sequence = self.sequence % SEQUENCE_MAX + 1;
        let count = self.waiting.len().min(DATA_MAX);
        let packet = SolPacket {
            sequence: self.sequence,
            bits: match core::mem::take(&mut self.overrun) {
                true => status::OVERRUN,
                false => 0,
            },
            data: self.waiting.drain(..count).collect(),
            ..SolPacket::default()
        };
        self.flight = Some(Flight {
            packet: packet.clone(),
            sent: 1,
            until: now.after(RETRY_INTERVAL),
        });
        Some(packet)
    }

    /// The packet that ends it.
    pub(crate) fn farewell() -> SolPacket {
        SolPacket {
            bits: status::DEACTIVATED,
            ..SolPacket::default()
        }
    }

    /// When something is due.
    pub(crate) fn deadline(&self) -> Option<Time> {
        match &self.flight {
            Some(flight) => Some(flight.until),
            None if self.overrun || !self.waiting.is_empty() => Some(self.hold),
            None => None,
        }
    }
}
