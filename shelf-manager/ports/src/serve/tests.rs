use super::*;

fn address(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

#[test]
fn only_addresses_with_sessions_are_remembered() {
    let mut peers = Peers::default();
    let first = peers.name(address(1));
    peers.hold(first);
    for port in 2..1000 {
        let peer = peers.name(address(port));
        assert_eq!(peers.address(peer), Some(address(port)));
        assert_eq!(peers.name(address(1)), first);
        assert_eq!(peers.address(peer), None);
    }
    assert_eq!(peers.address(first), Some(address(1)));
    assert_eq!(peers.held.len(), 1);
}

#[test]
fn an_address_is_remembered_until_its_last_session_ends() {
    let mut peers = Peers::default();
    let peer = peers.name(address(1));
    peers.hold(peer);
    peers.hold(peer);
    peers.name(address(2));
    peers.release(peer);
    assert_eq!(peers.address(peer), Some(address(1)));
    peers.release(peer);
    assert_eq!(peers.address(peer), None);
    assert_ne!(peers.name(address(1)), peer);
}
