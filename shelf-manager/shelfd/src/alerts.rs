//! Sends the traps of platform event filtering: SNMPv1 over UDP.
//!
//! A trap that cannot be sent is told of in the log of the daemon. Whether it is repeated, and who
//! is told instead, is decided where it came from: there nobody acknowledges it.

use async_snmp::{Auth, Client, GenericTrap, Oid, TrapV1Notification, Value, VarBind};
use ipmi::pet;
use pef::Trap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Instant;
use tokio::sync::mpsc;

/// Most traps that wait to be sent. Choice: as many as may be under way at once.
const QUEUE_MAX: usize = pef::FLIGHTS_MAX;

/// The way to the receivers.
#[derive(Debug)]
pub(crate) struct Alerts {
    queue: mpsc::Sender<Trap>,
}

impl Alerts {
    /// Starts the task that sends. It ends with this value.
    pub(crate) fn start() -> Self {
        let (queue, mut traps) = mpsc::channel::<Trap>(QUEUE_MAX);
        let begun = Instant::now();
        tokio::spawn(async move {
            while let Some(trap) = traps.recv().await {
                let to = SocketAddr::new(trap.address, trap.port);
                if let Err(why) = send(&trap, to, begun).await {
                    tracing::warn!(%to, %why, "a trap was not sent");
                }
            }
        });
        Self { queue }
    }

    /// Sends a trap soon.
    pub(crate) fn send(&self, trap: Trap) {
        if let Err(why) = self.queue.try_send(trap) {
            tracing::warn!(%why, "a trap was not sent");
        }
    }
}

async fn send(trap: &Trap, to: SocketAddr, begun: Instant) -> Result<(), String> {
    let auth = Auth::v1(&trap.community);
    let client = Client::builder(to, auth).connect().await;
    let client = client.map_err(|why| why.to_string())?;
    let hundredths = begun.elapsed().as_millis() / 10;
    let number = i32::try_from(trap.pet.trap.number()).expect("it has 24 bits");
    let octets = Value::OctetString(trap.pet.encode().into());
    let notification = TrapV1Notification::new(
        Oid::from_slice(&pet::ENTERPRISE),
        agent(to),
        GenericTrap::EnterpriseSpecific,
        number,
        // RFC 1155 lets time ticks go round.
        u32::try_from(hundredths % (1 << 32)).expect("a remainder is smaller than its divisor"),
        vec![VarBind::new(Oid::from_slice(&pet::VARIABLE), octets)],
    );
    let notification = notification.map_err(|why| why.to_string())?;
    let sent = client.send_v1_trap(notification).await;
    sent.map_err(|why| why.to_string())
}

/// Our address as the receiver sees it; zeros where it has IPv6, for which the trap has no place.
///
/// Source: RFC 1157 §4.1.6, agent-addr.
fn agent(to: SocketAddr) -> [u8; 4] {
    let outward = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect(to)?;
        socket.local_addr()
    });
    match outward.map(|address| address.ip()) {
        Ok(IpAddr::V4(address)) => address.octets(),
        Ok(IpAddr::V6(_)) | Err(_) => [0; 4],
    }
}

#[cfg(test)]
mod tests;
