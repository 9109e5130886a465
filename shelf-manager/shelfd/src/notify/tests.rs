//! What systemd is told.

use super::*;
use crate::folder::Folder;

fn notifier(environment: &[(&str, &str)], me: u32) -> Notifier {
    let read = |name: &str| {
        let found = environment.iter().find(|(it, _)| *it == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Notifier::new(&read, me)
}

fn heard(socket: &UnixDatagram) -> Option<String> {
    let mut piece = [0; 64];
    let len = socket.recv(&mut piece).ok()?;
    Some(String::from_utf8_lossy(&piece[..len]).into_owned())
}

/// At a path and at an abstract name; each half of the limit, not at each turn.
#[test]
fn it_is_told_that_the_daemon_works() {
    let folder = Folder::new();
    let path = folder.file("socket");
    let name = format!("shelfd-notify-{}", std::process::id());
    let abstract_name = SocketAddr::from_abstract_name(&name).unwrap();
    let sockets = [
        (path.display().to_string(), UnixDatagram::bind(&path)),
        (format!("@{name}"), UnixDatagram::bind_addr(&abstract_name)),
    ];
    for (name, socket) in sockets {
        let socket = socket.unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut notifier = notifier(&[(SOCKET, &name), (LIMIT_US, "7200000000")], 9);
        notifier.tell(READY);
        assert_eq!(heard(&socket).as_deref(), Some("READY=1"));
        assert_eq!(notifier.due(), Some(Duration::ZERO));
        notifier.works();
        assert_eq!(heard(&socket).as_deref(), Some("WATCHDOG=1"));
        notifier.works();
        assert_eq!(heard(&socket), None);
        let due = notifier.due().unwrap();
        assert!(due <= Duration::from_secs(3_600) && due > Duration::from_secs(3_000));
        drop(socket);
        // Whoever has ended keeps nobody from working.
        notifier.tell(STOPPING);
    }
}

/// Nothing is expected of this process where another one is meant, or nobody asks.
#[test]
fn nobody_may_want_to_know() {
    let limit = (LIMIT_US, "1000000");
    let to = (SOCKET, "@nobody is there");
    assert_eq!(notifier(&[], 9).due(), None);
    assert_eq!(notifier(&[limit], 9).due(), None);
    assert_eq!(notifier(&[to, limit, (PID, "8")], 9).due(), None);
    assert_eq!(notifier(&[to, (LIMIT_US, "0")], 9).due(), None);
    assert_eq!(notifier(&[to, (LIMIT_US, "soon")], 9).due(), None);
    assert!(notifier(&[to, limit, (PID, "9")], 9).due().is_some());
}
