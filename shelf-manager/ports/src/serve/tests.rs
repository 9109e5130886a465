use super::*;

fn path(port: u16) -> Path {
    Path {
        own: None,
        peer: ([127, 0, 0, 1], port).into(),
    }
}

#[test]
fn only_paths_with_sessions_are_remembered() {
    let mut peers = Peers::default();
    let first = peers.name(path(1));
    peers.hold(first);
    for port in 2..1000 {
        let peer = peers.name(path(port));
        assert_eq!(peers.path(peer), Some(path(port)));
        assert_eq!(peers.name(path(1)), first);
        assert_eq!(peers.path(peer), None);
    }
    assert_eq!(peers.path(first), Some(path(1)));
    assert_eq!(peers.held.len(), 1);
}

#[test]
fn a_path_is_remembered_until_its_last_session_ends() {
    let mut peers = Peers::default();
    let peer = peers.name(path(1));
    peers.hold(peer);
    peers.hold(peer);
    peers.name(path(2));
    peers.release(peer);
    assert_eq!(peers.path(peer), Some(path(1)));
    peers.release(peer);
    assert_eq!(peers.path(peer), None);
}

/// Who opens a session has no session yet, and others send meanwhile.
#[test]
fn a_path_has_one_name_also_without_a_session() {
    let mut peers = Peers::default();
    let names: Vec<Peer> = (1..1000).map(|port| peers.name(path(port))).collect();
    for (port, name) in (1..).zip(&names) {
        assert_eq!(peers.name(path(port)), *name);
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1);
    }
    let others = (1..1000).map(|port| Peers::default().name(path(port)));
    assert!(others.zip(&names).all(|(other, name)| other != *name));
}

#[test]
fn each_of_our_addresses_is_another_path() {
    let mut peers = Peers::default();
    let [one, two] = [1, 2].map(|last| Path {
        own: Some([10, 0, 0, last].into()),
        ..path(1)
    });
    let first = peers.name(one);
    peers.hold(first);
    let second = peers.name(two);
    assert_ne!(first, second);
    assert_eq!(peers.path(first), Some(one));
    assert_eq!(peers.path(second), Some(two));
}
