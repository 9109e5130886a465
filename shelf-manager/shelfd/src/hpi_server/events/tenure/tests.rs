//! What becomes of clients when another CMM serves the shelf.

use super::super::{Desk, Getting};
use crate::hpi_server::repeats::{Coming, Taken};
use hpi_domain::{SessionId, Sessions};
use hpi_server::{Door, Message, Options};
use machine::Time;
use openhpi_wire::ByteOrder;
use openhpi_wire::frame::{Frame, Kind};
use openhpi_wire::function::{EventGet, Function};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

const ORDER: ByteOrder = ByteOrder::Little;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough to see that nothing comes.
const QUIET: Duration = Duration::from_millis(50);

/// A client that waits for an event, and the desk that has its call.
async fn waiting() -> (TcpStream, Desk) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tls, options) = (None, Options::default());
    let door = Door {
        listener,
        tls,
        options,
    };
    let clients = Some(hpi_server::serve([door]));
    let mut desk = Desk::new(clients, &Sessions::default(), Time(0));
    let call = EventGet {
        session: 7,
        timeout: -1,
    };
    let frame = Frame {
        kind: Kind::Message,
        order: ORDER,
        function: EventGet::NUMBER,
        payload: call.call(ORDER),
    };
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(&frame.encode()).await.unwrap();
    let messages = desk.messages.as_mut().unwrap();
    let Some(Message::Asked(question)) = messages.recv().await else {
        panic!("it asks first");
    };
    let (connection, session) = (question.connection, SessionId(7));
    let coming = Coming {
        connection,
        is_first: true,
        session: Some(session),
        order: ORDER,
        function: question.function,
        payload: &question.payload,
    };
    let Taken::New(reply, _) = desk.repeats.take(&coming, question.reply, Time(0)) else {
        panic!("it is new");
    };
    desk.used(connection, Some(session));
    desk.getting.push(Getting {
        connection,
        session,
        order: ORDER,
        until: None,
        reply,
    });
    (client, desk)
}

/// Else what happens next would be given to it here, and be lost.
#[tokio::test]
async fn nobody_waits_for_events_where_the_shelf_is_not_served() {
    let (mut client, mut desk) = waiting().await;
    let (gone, is_gone) = oneshot::channel::<()>();
    desk.leave(async move { drop(is_gone.await) });
    assert!(desk.getting.is_empty());
    let mut byte = [0];
    let early = timeout(QUIET, client.read(&mut byte)).await;
    assert!(early.is_err(), "while the address is here it hears nothing");
    gone.send(()).unwrap();
    let ended = timeout(PATIENCE, client.read(&mut byte)).await;
    assert_eq!(ended.unwrap().unwrap(), 0, "then its connection ends");
    let closed = desk.messages.as_mut().unwrap().recv().await;
    assert!(matches!(closed, Some(Message::Closed(_))));
}

/// What it was given last is in the log by then: it must not come twice should this CMM serve it
/// again.
#[tokio::test]
async fn what_was_given_before_is_not_given_again() {
    let (_client, mut desk) = waiting().await;
    let connection = desk.getting[0].connection;
    desk.given.insert(SessionId(7), 3);
    desk.connections.get_mut(&connection).unwrap().given = Some(3);
    desk.leave(std::future::ready(()));
    desk.closed(connection, Time(1));
    assert!(desk.given.is_empty() && desk.lost.is_empty());
    assert!(desk.idle.contains_key(&SessionId(7)), "its session goes on");
}
