//! The shelf over LAN.

use crate::hub::Hub;
use ipmi::message::Response;
use ports::server::{Config, User};
use ports::{LanServer, Question, serve_lan};
use std::net::SocketAddr;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::Receiver;

/// Opens the interface of the shelf manager, who has this GUID.
pub(crate) async fn open(
    address: SocketAddr,
    users: &[User],
    guid: [u8; 16],
) -> Result<LanServer, String> {
    let at = |why: std::io::Error| format!("--rmcp {address}: {why}");
    let socket = UdpSocket::bind(address).await.map_err(at)?;
    println!("rmcp on {}", socket.local_addr().map_err(at)?);
    let config = Config {
        guid,
        ..Config::new(users.to_vec())
    };
    serve_lan(socket, config).map_err(|why| format!("--user: {why:?}"))
}

/// Answers what tools ask, until nobody asks any more.
pub(crate) async fn serve(mut asks: Receiver<Question>, hub: Hub) {
    while let Some(question) = asks.recv().await {
        tokio::spawn(answer(question, hub.clone()));
    }
}

async fn answer(question: Question, hub: Hub) {
    let answered = hub.ask(question.target, question.request).await;
    let response = answered.unwrap_or_else(|error| Response::from(error.code()));
    // Who asked may have gone.
    let _ = question.reply.send(response);
}
