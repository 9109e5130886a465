//! What came and went over the network.
//!
//! Choice: what is counted is what this server sees, each datagram as one IP packet. What the host
//! drops before, and how it takes packets apart, are counted by the host, for all of its programs.
//!
//! Source: IPMI v2.0 §23.4.

use super::commands::is_lan;
use crate::packet;
use ipmi::command::transport::{GetIpStatistics, IpStatistics};
use ipmi::message::CompletionCode;
use serde::{Deserialize, Serialize};

/// Clears all counts. Source: IPMI v2.0 §23.4.
const CLEAR: u8 = 1;

/// Counts since they were cleared; each stays at its largest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Statistics {
    received: u16,
    sent: u16,
    rmcp_received: u16,
}

impl Statistics {
    pub(super) fn received(&mut self, datagram: &[u8]) {
        self.received = self.received.saturating_add(1);
        if packet::is_rmcp(datagram) {
            self.rmcp_received = self.rmcp_received.saturating_add(1);
        }
    }

    pub(super) fn sent(&mut self, datagrams: usize) {
        let datagrams = u16::try_from(datagrams).unwrap_or(u16::MAX);
        self.sent = self.sent.saturating_add(datagrams);
    }

    /// What was counted before it is cleared, where that is asked.
    pub(super) fn told(&mut self, asked: &GetIpStatistics) -> Result<IpStatistics, CompletionCode> {
        if !is_lan(asked.channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let told = IpStatistics {
            ip_received: self.received,
            ip_header_errors: 0,
            ip_address_errors: 0,
            ip_fragments: 0,
            ip_sent: self.sent,
            udp_received: self.received,
            rmcp_received: self.rmcp_received,
            proxy_received: 0,
            proxy_dropped: 0,
        };
        if asked.clear & CLEAR != 0 {
            *self = Self::default();
        }
        Ok(told)
    }
}
