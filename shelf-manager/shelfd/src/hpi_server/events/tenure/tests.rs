//! What becomes of clients when another CMM serves the shelf.

use super::super::{Desk, Getting};
use crate::hpi_server::repeats::{Coming, Taken};
use appliance::Clocks;
use appliance::hpi::Waiting;
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
const CLOCKS: Clocks = Clocks {
    own: Time(0),
    log: Time(0),
    last: Time(0),
};
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
    let mut desk = Desk::new(clients, &Sessions::default(), CLOCKS);
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
    assert_eq!(desk.users.used(connection.0, Some(session)), None);
    desk.users.wait(Waiting {
        connection: connection.0,
        session,
        until: None,
        reply: Getting {
            order: ORDER,
            reply,
        },
    });
    (client, desk)
}

/// Else what happens next would be given to it here, and be lost.
#[tokio::test]
async fn nobody_waits_for_events_where_the_shelf_is_not_served() {
    let (mut client, mut desk) = waiting().await;
    let (gone, is_gone) = oneshot::channel::<()>();
    desk.leave(async move { drop(is_gone.await) });
    assert!(desk.users.leave().is_empty(), "nobody waits any more");
    let mut byte = [0];
    let early = timeout(QUIET, client.read(&mut byte)).await;
    assert!(early.is_err(), "while the address is here it hears nothing");
    gone.send(()).unwrap();
    let ended = timeout(PATIENCE, client.read(&mut byte)).await;
    assert_eq!(ended.unwrap().unwrap(), 0, "then its connection ends");
    let closed = desk.messages.as_mut().unwrap().recv().await;
    assert!(matches!(closed, Some(Message::Closed(_))));
}
