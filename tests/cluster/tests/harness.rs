//! The harness itself: what it brings up, cuts, and takes away again.

use cluster::{Cluster, Options, wait_until};
use std::path::Path;
use std::time::Duration;

/// A ring forms, breaks where it is cut, and forms again; a node that dies leaves it.
#[test]
fn rings_follow_the_wires() {
    let mut cluster = Cluster::new(&Options {
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
