//! The shelf behind a system interface: one host at a time.

use crate::hub::Hub;
use chassis::system::{Effect, OPEN_MAX, SystemInterface};
use ipmi::port::PortEvent;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

/// Serves hosts one after the other.
pub(crate) async fn serve(listener: &TcpListener, hub: &Hub) -> io::Result<()> {
    let mut interface = SystemInterface::default();
    let mut events = hub.events();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            event = next(&mut events) => {
                interface.told(event, &mut vec![]);
                continue;
            }
        };
        // The host may go whenever it likes.
        if let Err(why) = serve_one(stream, &mut interface, (hub, &mut events)).await {
            eprintln!("connection closed: {why}");
        }
    }
}

async fn serve_one(
    mut stream: TcpStream,
    interface: &mut SystemInterface,
    (hub, events): (&Hub, &mut broadcast::Receiver<[u8; 16]>),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (answered, mut answers) = mpsc::channel(OPEN_MAX);
    let mut piece = [0; 2048];
    let mut effects = vec![];
    interface.connected(&mut effects);
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Send(bytes) => stream.write_all(&bytes).await?,
                Effect::Order(order) => {
                    let (hub, answered) = (hub.clone(), answered.clone());
                    tokio::spawn(async move {
                        let token = order.token;
                        let result = hub.ask(order.target, order.request).await;
                        // The host may have gone meanwhile.
                        let _ = answered.send(PortEvent::Answer { token, result }).await;
                    });
                }
            }
        }
        tokio::select! {
            received = stream.read(&mut piece) => match received? {
                0 => return Ok(()),
                len => interface.receive(&piece[..len], &mut effects),
            },
            Some(answer) = answers.recv() => interface.told(answer, &mut effects),
            event = next(events) => interface.told(event, &mut effects),
        }
    }
}

/// The next event; those that were lost as nobody read them are passed over.
async fn next(events: &mut broadcast::Receiver<[u8; 16]>) -> PortEvent {
    loop {
        match events.recv().await {
            Ok(record) => return PortEvent::Event(record),
            Err(RecvError::Lagged(_)) => (),
            // The hub lives as long as we do.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
