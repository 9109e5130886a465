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

/// The way to somebody, from wherever the kernel chooses.
fn to(peer: SocketAddr) -> Path {
    Path { own: None, peer }
}

/// The way on which somebody on this host sent to us at its own address.
fn from_own_host(peer: SocketAddr) -> Path {
    Path {
        own: Some(peer.ip()),
        peer,
    }
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
            from.send(to(first_at), numbered(number, len));
            from.send(to(second_at), numbered(100 + number, len));
        }
        from.flush().await;
        for (socket, offset) in [(&mut first, 0), (&mut second, 100)] {
            let found = received(socket, lengths.len()).await;
            let sent = (offset..).zip(lengths);
            let sent: Vec<_> = sent
                .map(|(number, len)| (from_own_host(at), numbered(number, len)))
                .collect();
            assert_eq!(found, sent, "{host}");
        }
    }
}

// More than fit into one batch, of one length and of many.
#[tokio::test]
async fn more_than_a_batch() {
    let (mut from, at) = socket("127.0.0.1").await;
    let (mut receiver, to_at) = socket("127.0.0.1").await;
    let count = 2 * BATCH_MAX + 3;
    for len in [|_| 70, |number| 10 + number % 50] {
        let sent: Vec<_> = (0..count)
            .map(|number| numbered(number as u8, len(number)))
            .collect();
        for bytes in &sent {
            from.send(to(to_at), bytes.clone());
        }
        from.flush().await;
        let found = received(&mut receiver, count).await;
        assert!(found.iter().all(|(path, _)| path.peer == at));
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
    let (mut receiver, to_at) = socket("127.0.0.1").await;
    for (number, len) in [
        (1, 20),
        (2, TOO_LONG),
        (3, TOO_LONG),
        (4, 30),
        (5, TOO_LONG),
        (6, 20),
    ] {
        from.send(to(to_at), numbered(number, len));
    }
    from.flush().await;
    let sent =
        [(1, 20), (4, 30), (6, 20)].map(|(number, len)| (from_own_host(at), numbered(number, len)));
    assert_eq!(received(&mut receiver, sent.len()).await, sent);
}

// Whichever of our addresses was asked, and by however many: the answers come from that one, alike
// or not. One that we have no more sends nothing, and keeps nothing else from being sent.
#[tokio::test]
async fn answers_come_from_where_was_asked() {
    for (ours, asked) in [
        ("0.0.0.0", &["127.0.0.1", "127.0.0.2", "127.1.2.3"][..]),
        ("::", &["127.0.0.2", "::1"]),
    ] {
        let (mut server, at) = socket(ours).await;
        let mut clients = Vec::new();
        for address in asked {
            let client = UdpSocket::bind((*address, 0)).await.unwrap();
            client.connect((*address, at.port())).await.unwrap();
            client.send(&[]).await.unwrap();
            clients.push(client);
        }
        for (path, _) in received(&mut server, asked.len()).await {
            let gone = if path.own.unwrap().is_ipv4() {
                "192.0.2.1"
            } else {
                "2001:db8::1"
            };
            let own = Some(gone.parse().unwrap());
            server.send(Path { own, ..path }, numbered(2, 20));
            server.flush().await;
            for len in [20, 20, 20, 1, 7] {
                server.send(path, numbered(1, len));
            }
        }
        server.flush().await;
        for client in clients {
            let mut piece = [0; 100];
            for len in [20, 20, 20, 1, 7] {
                let found = client.recv(&mut piece).await.unwrap();
                assert_eq!(piece[..found], numbered(1, len), "{ours} {client:?}");
            }
        }
    }
}
