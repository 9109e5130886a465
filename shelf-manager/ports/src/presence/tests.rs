//! An interface that is there, is silent, and is there again.

use super::*;
use tokio::net::UdpSocket;

/// Waits until that is found.
async fn finds(presence: &mut Presence, wanted: Option<bool>) {
    let found = presence.answers.wait_for(|found| *found == wanted);
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    assert!(found.is_ok(), "not {wanted:?}");
}

/// Answers one datagram as a shelf manager does; other numbers if it is a wrong one.
async fn answer(socket: &UdpSocket, number: Option<u8>) {
    let mut piece = [0; PIECE_MAX];
    let (len, from) = socket.recv_from(&mut piece).await.unwrap();
    // Behind the headers: to whom, network function, checksum, from whom, sequence, command.
    let asked = &piece[..len];
    assert_eq!((asked[14], asked[15], asked[19]), (0x20, 6 << 2, 0x38));
    let sequence = number.map_or(asked[18], |number| number << 2);
    let mut message = vec![
        0x81,
        7 << 2,
        0,
        0x20,
        sequence,
        0x38,
        0,
        1,
        0x80,
        0,
        2,
        0,
        0,
        0,
        0,
    ];
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
    message[2] = sum(&message[..2]);
    message.push(sum(&message[3..]));
    let mut datagram = [6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0].to_vec();
    datagram.push(u8::try_from(message.len()).unwrap());
    datagram.extend(message);
    socket.send_to(&datagram, from).await.unwrap();
}

#[tokio::test]
async fn what_answers_is_there() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut presence = presence(socket.local_addr().unwrap().to_string());
    assert_eq!(presence.answers(), None);
    presence.ask(true);
    answer(&socket, None).await;
    finds(&mut presence, Some(true)).await;
    // A late answer to another question is none.
    answer(&socket, Some(60)).await;
    finds(&mut presence, Some(false)).await;
    // What was asked meanwhile is not read any more: only the last question waits for an answer.
    loop {
        answer(&socket, None).await;
        if presence.answers() == Some(true) {
            break;
        }
    }
    presence.ask(false);
    finds(&mut presence, None).await;
}

/// Where nobody listens the kernel says so, and that is no answer either.
#[tokio::test]
async fn nobody_is_not_there() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    drop(socket);
    let mut presence = presence(address);
    presence.ask(true);
    finds(&mut presence, Some(false)).await;
}
