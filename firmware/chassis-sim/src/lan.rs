//! The shelf over LAN.

use crate::hub::{Hub, undelivered};
use ports::server::{Config, User};
use ports::{LanServer, Question, serve_lan};
use std::net::SocketAddr;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::Receiver;

/// Opens the interface; its GUID follows from the seed, so that a run can be repeated.
pub(crate) async fn open(
    address: SocketAddr,
    users: &[User],
    seed: u64,
) -> Result<LanServer, String> {
    let at = |why: std::io::Error| format!("--rmcp {address}: {why}");
    let socket = UdpSocket::bind(address).await.map_err(at)?;
    println!("rmcp on {}", socket.local_addr().map_err(at)?);
    let config = Config {
        guid: guid(seed),
        ..Config::new(users.to_vec())
    };
    serve_lan(socket, config).map_err(|why| format!("--user: {why:?}"))
}

/// A UUID of version 8, which is for own kinds. Source: RFC 9562 §5.8.
fn guid(seed: u64) -> [u8; 16] {
    let name = u64::from_be_bytes(*b"OpenShlf");
    let mut value = u128::from(name) << 64 | u128::from(seed);
    value = value & !(0xf << 76) | 0x8 << 76;
    value = value & !(0b11 << 62) | 0b10 << 62;
    value.to_le_bytes()
}

/// Answers what tools ask, until nobody asks any more.
pub(crate) async fn serve(mut asks: Receiver<Question>, hub: Hub) {
    while let Some(question) = asks.recv().await {
        tokio::spawn(answer(question, hub.clone()));
    }
}

async fn answer(question: Question, hub: Hub) {
    let answered = hub.ask(question.target, question.request).await;
    let response = answered.unwrap_or_else(|error| undelivered(&error));
    // Who asked may have gone.
    let _ = question.reply.send(response);
}

#[cfg(test)]
mod tests;
