use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;

fn node(id: u32, role: Role) -> Node {
    let name = match role {
        Role::Cmm => format!("cmm{id}"),
        Role::Blade => format!("blade{id}"),
    };
    let links = vec![
        IpAddr::from([10, 0, 0, u8::try_from(id).unwrap()]),
        IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, u16::try_from(id).unwrap()]),
    ];
    Node {
        id,
        name,
        links,
        role,
    }
}

fn shelf() -> Conf {
    Conf {
        cluster: "shelf-1".into(),
        nodes: vec![node(1, Role::Cmm), node(2, Role::Cmm), node(3, Role::Blade)],
        token_ms: 1000,
        has_line: true,
        log: Log::Syslog,
    }
}

/// The whole file; a real Corosync reads it in the tests of the ring.
#[test]
fn the_file_of_a_shelf() {
    let expected = "\
# A shelf's ring: the same file, and the same authkey beside it, on each of its nodes.
totem {
    version: 2
    cluster_name: shelf-1
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
    token: 1000
    token_coefficient: 0
    interface {
        linknumber: 0
        knet_ping_interval: 150
        knet_ping_timeout: 600
    }
    interface {
        linknumber: 1
        knet_ping_interval: 150
        knet_ping_timeout: 600
    }
}

nodelist {
    node {
        nodeid: 1
        name: cmm1
        quorum_votes: 1
        ring0_addr: 10.0.0.1
        ring1_addr: fd00::1
    }
    node {
        nodeid: 2
        name: cmm2
        quorum_votes: 1
        ring0_addr: 10.0.0.2
        ring1_addr: fd00::2
    }
    node {
        nodeid: 3
        name: blade3
        quorum_votes: 0
        ring0_addr: 10.0.0.3
        ring1_addr: fd00::3
    }
}

quorum {
    provider: corosync_votequorum
    expected_votes: 3
    device {
        model: openshelf-line
        votes: 1
        timeout: 2000
        sync_timeout: 500
    }
}

logging {
    timestamp: hires
    to_logfile: no
    to_stderr: no
    to_syslog: yes
}
";
    assert_eq!(shelf().text().unwrap(), expected);
}

/// Without a line there is no device, and the CMMs alone have votes.
#[test]
fn without_a_line() {
    let conf = Conf {
        has_line: false,
        log: Log::Stderr,
        ..shelf()
    };
    let text = conf.text().unwrap();
    assert!(text.contains("expected_votes: 2\n}"));
    assert!(!text.contains("device"));
    assert!(text.contains("to_stderr: yes\n    to_syslog: no\n"));
}

/// What Corosync would refuse, or understand as something else.
#[test]
fn what_is_no_ring() {
    type Change = fn(&mut Conf);
    let wrong: [(Change, &str); 13] = [
        (|it| it.cluster.clear(), "\"\" is no name"),
        (|it| it.cluster = "a\n}".into(), "is no name"),
        (|it| it.nodes[1].name = "a b".into(), "\"a b\" is no name"),
        (|it| it.nodes.clear(), "here are 0 nodes"),
        (|it| it.nodes = it.nodes.split_off(2), "here are 1 nodes"),
        (|it| it.nodes = it.nodes.split_off(1), "here are 1"),
        (|it| it.nodes[1].id = 1, "node id 1"),
        (|it| it.nodes[1].id = 0, "node id 0"),
        (|it| it.nodes[1].id = 65_536, "node id 65536"),
        (|it| it.nodes[1].name = "cmm1".into(), "called cmm1"),
        (|it| it.nodes[2].links.truncate(1), "node 3: each"),
        (
            |it| it.nodes[2].links = it.nodes[0].links.clone(),
            "two nodes have the address 10.0.0.1",
        ),
        (|it| it.token_ms = 99, "99 ms is below"),
    ];
    for (change, text) in wrong {
        let mut conf = shelf();
        change(&mut conf);
        let error = conf.text().unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

/// libcpg has room for so many, and not one more.
#[test]
fn as_many_nodes_as_libcpg_can_tell_of() {
    let mut conf = shelf();
    for id in 4..=128 {
        conf.nodes.push(node(id, Role::Blade));
    }
    assert!(conf.text().is_ok());
    conf.nodes.push(node(129, Role::Blade));
    assert_eq!(conf.text(), Err(ConfError::Nodes(129)));
}
