//! The harness itself: what it brings up, cuts, and takes away again.

use cluster::{Cluster, Options, as_root, wait_until};
use std::path::Path;
use std::time::Duration;

/// A ring forms, breaks where it is cut, and forms again; a node that dies leaves it.
#[test]
fn rings_follow_the_wires() {
    let cluster = Cluster::new(&Options {
        links: 2,
        ..Options::default()
    });
    cluster.start_all();
    cluster.cut(1);
    cluster.await_ring(&[2, 3]);
    cluster.await_ring(&[1]);
    cluster.split(&[&[1, 3], &[2]]);
    cluster.await_ring(&[1, 3]);
    cluster.await_ring(&[2]);
    cluster.heal();
    cluster.await_ring(&[1, 2, 3]);
    cluster.kill_corosync(3);
    cluster.await_ring(&[1, 2]);
    cluster.start_corosync(3);
    cluster.await_ring(&[1, 2, 3]);
}

/// What was started on a node ends with the cluster, and so do its folders; nodes share the
/// cluster's folder, and have their own address.
#[test]
fn nothing_is_left() {
    let cluster = Cluster::new(&Options {
        cmms: 1,
        blades: 1,
        has_line: false,
        ..Options::default()
    });
    let folder = cluster.folder().to_owned();
    let node = cluster.node(2);
    let mark = node.folder().join("mark");
    let script = format!("hostname -I >{}; exec sleep 1000", mark.display());
    let mut child = node
        .command("/bin/sh")
        .args(["-c", &script])
        .spawn()
        .unwrap();
    wait_until(Duration::from_secs(10), "its address", || {
        let text = std::fs::read_to_string(&mark).unwrap_or_default();
        let address = node.address().to_string();
        (text.trim() == address).then_some(()).ok_or(text)
    });
    assert!(is_alive(child.id()));
    drop(cluster);
    assert!(!child.wait().unwrap().success());
    assert!(!folder.exists());
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// With two links, one may break without anybody missing anybody.
#[test]
fn one_of_two_links() {
    let cluster = Cluster::new(&Options {
        cmms: 2,
        blades: 0,
        links: 2,
        // Longer than what it takes to give up a link.
        token_ms: 2000,
        ..Options::default()
    });
    cluster.start_all();
    // A link that has just come up is given up ten times later than one that has been there for
    // ten seconds (KNET_LINK_PONG_TIMEOUT_BACKOFF of kronosnet's links.h): after the token.
    std::thread::sleep(Duration::from_secs(12));
    cluster.cut_link(1, 0);
    // Longer than what it takes to miss a node whose only link was cut.
    let end = std::time::Instant::now() + Duration::from_secs(6);
    while std::time::Instant::now() < end {
        assert_eq!(cluster.node(2).ring(), [1, 2]);
        std::thread::sleep(Duration::from_millis(100));
    }
    cluster.cut_link(1, 1);
    cluster.await_ring(&[2]);
}

/// A thread inside a node sees what the node sees, and other threads see what they saw before.
#[test]
fn inside_of_a_node() {
    as_root(|| {
        let cluster = Cluster::new(&Options {
            cmms: 1,
            blades: 0,
            has_line: false,
            ..Options::default()
        });
        let conf = || std::fs::read_to_string("/etc/corosync/corosync.conf").unwrap_or_default();
        let seen = cluster.node(1).inside(|| {
            let server = std::net::TcpListener::bind((cluster.node(1).address(), 0));
            assert!(server.is_ok(), "{server:?}");
            conf()
        });
        assert!(seen.contains("ring0_addr: 10.77.0.1"), "{seen}");
        assert!(!conf().contains("ring0_addr: 10.77.0.1"));
        assert!(std::net::TcpListener::bind((cluster.node(1).address(), 0)).is_err());
    });
}
