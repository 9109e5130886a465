use super::*;

async fn socket(host: &str) -> (Datagrams, SocketAddr) {
    let socket = UdpSocket::bind((host, 0)).await.unwrap();
    let at = socket.local_addr().unwrap();
    (Datagrams::new(socket), at)
}

async fn received(datagrams: &mut Datagrams, count: usize) -> Vec<Datagram> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(datagrams.receive().await.unwrap());
    }
    all
}

/// A datagram that tells its number.
fn numbered(number: u8, len: usize) -> Vec<u8> {
    vec![number; len]
}

// Alike or not, alone or many: each datagram arrives as it was sent, in the order in which its
// address was sent to.
#[tokio::test]
async fn each_arrives_as_it_was_sent() {
    for host in ["127.0.0.1", "::1"] {
        let (mut from, at) = socket(host).await;
        let (mut first, first_at) = socket(host).await;
        let (mut second, second_at) = socket(host).await;
        let lengths = [80, 80, 64, 80, 80, 80, 1, 96, 96, 0, 80];
        for (number, len) in (0..).zip(lengths) {
            from.send(first_at, numbered(number, len));
            from.send(second_at, numbered(100 + number, len));
        }
        from.flush().await;
        for (to, offset) in [(&mut first, 0), (&mut second, 100)] {
            let found = received(to, lengths.len()).await;
            let sent = (offset..).zip(lengths);
            let sent: Vec<_> = sent
                .map(|(number, len)| (at, numbered(number, len)))
                .collect();
            assert_eq!(found, sent, "{host}");
        }
    }
}

// More than fit into one batch, of one length and of many.
#[tokio::test]
async fn more_than_a_batch() {
    let (mut from, at) = socket("127.0.0.1").await;
    let (mut to, to_at) = socket("127.0.0.1").await;
    let count = 2 * BATCH_MAX + 3;
    for len in [|_| 70, |number| 10 + number % 50] {
        let sent: Vec<_> = (0..count)
            .map(|number| numbered(number as u8, len(number)))
            .collect();
        for bytes in &sent {
            from.send(to_at, bytes.clone());
        }
        from.flush().await;
        let found = received(&mut to, count).await;
        assert!(found.iter().all(|(peer, _)| *peer == at));
        let found: Vec<_> = found.into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(found, sent);
    }
}

// What no network takes is dropped, one alone and several alike, and keeps nothing else from being
// sent.
#[tokio::test]
async fn what_cannot_be_sent_is_dropped() {
    const TOO_LONG: usize = 70_000;
    let (mut from, at) = socket("127.0.0.1").await;
    let (mut to, to_at) = socket("127.0.0.1").await;
    for (number, len) in [
        (1, 20),
        (2, TOO_LONG),
        (3, TOO_LONG),
        (4, 30),
        (5, TOO_LONG),
        (6, 20),
    ] {
        from.send(to_at, numbered(number, len));
    }
    from.flush().await;
    let sent = [(1, 20), (4, 30), (6, 20)].map(|(number, len)| (at, numbered(number, len)));
    assert_eq!(received(&mut to, sent.len()).await, sent);
}
