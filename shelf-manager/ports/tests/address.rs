//! The shared address on real networks: two CMMs and a client at a switch, in namespaces.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use cluster::{Cluster, Node, Options, as_root, program, wait_until};
use ports::address::{AddressError, LEASE, SharedAddress, Standing, keep};
use ports::serve_lan;
use ports::server::{Config, User};
use rustix::thread::{CapabilitySet, CapabilitySets, LinkNameSpaceType};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

/// In the network of the cluster's own addresses.
const IPV4: &str = "10.77.200.1/16";
const IPV6: &str = "fd00:77::9/64";
const PORT: u16 = 7000;
/// How long a client waits for its connection.
const PATIENCE: Duration = Duration::from_millis(200);
const CLIENT: u32 = 3;

/// Source: ASF 2.0 §3.2.4.3, IPMI v2.0 §13.2.3.
const PRESENCE_PING: [u8; 12] = [6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 0x5a, 0, 0];

/// Two CMMs, and a blade for the client.
struct Shelf {
    cluster: Cluster,
    networks: Vec<File>,
}

impl Shelf {
    fn new() -> Self {
        let cluster = Cluster::new(&Options {
            has_line: false,
            ..Options::default()
        });
        let networks = cluster.nodes().iter().map(network).collect();
        let shelf = Self { cluster, networks };
        for id in 1..=CLIENT {
            shelf.ip(id, &format!("addr add fd00:77::1{id}/64 dev eth0 nodad"));
        }
        for id in 1..CLIENT {
            shelf.serve(id);
            shelf.await_own(id);
        }
        shelf
    }

    /// Waits until a CMM is reached at its own addresses: its place at the switch works then.
    fn await_own(&self, id: u32) {
        for own in [format!("10.77.0.{id}/16"), format!("fd00:77::1{id}/64")] {
            wait_until(Duration::from_secs(20), &own, || {
                let reached = self.reached(&shared(&own));
                let answer = format!("{reached:?}");
                (reached == Ok(id)).then_some(()).ok_or(answer)
            });
        }
    }

    /// Works on a node: in a thread in its network.
    fn on<T: Send>(&self, id: u32, work: impl FnOnce() -> T + Send) -> T {
        let network = self.networks[id as usize - 1].as_fd();
        let kind = Some(LinkNameSpaceType::Network);
        let work = || {
            rustix::thread::move_into_link_name_space(network, kind).unwrap();
            work()
        };
        let done = thread::scope(|scope| scope.spawn(work).join());
        done.unwrap_or_else(|why| std::panic::resume_unwind(why))
    }

    fn ip(&self, id: u32, words: &str) -> String {
        let mut command = self.cluster.node(id).command(program("ip", "iproute2"));
        let output = command.args(words.split(' ')).output().unwrap();
        assert!(output.status.success(), "ip {words}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Seconds for which a node's kernel still has an address; `None` without end.
    fn valid_s(&self, id: u32, address: &SharedAddress) -> Option<u64> {
        let text = self.ip(id, &format!("-o addr show to {}", address.address()));
        let (_, rest) = text.split_once("valid_lft ").expect("it is there");
        rest.split_once("sec")?.0.parse().ok()
    }

    /// Answers clients on a node with its number.
    fn serve(&self, id: u32) {
        let listener = self.on(id, || TcpListener::bind(("::", PORT)).unwrap());
        thread::spawn(move || {
            for client in listener.incoming() {
                // One that has given up is none.
                drop(client.and_then(|mut client| client.write_all(&[id as u8])));
            }
        });
    }

    /// Which node a client reaches.
    fn reached(&self, address: &SharedAddress) -> Result<u32, ErrorKind> {
        let to = SocketAddr::new(address.address(), PORT);
        let id = self.on(CLIENT, || -> std::io::Result<u8> {
            let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            let mut id = [0];
            stream.read_exact(&mut id)?;
            Ok(id[0])
        });
        id.map(u32::from).map_err(|why| why.kind())
    }
}

/// The network that a node is in.
fn network(node: &Node) -> File {
    let mut command = node.command("/bin/cat");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    child.stdin.as_mut().unwrap().write_all(b"here\n").unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    answers.read_line(&mut line).unwrap();
    assert_eq!(line, "here\n");
    let network = File::open(format!("/proc/{}/ns/net", child.id())).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    network
}

fn shared(text: &str) -> SharedAddress {
    SharedAddress::parse(text, "eth0").unwrap()
}

fn held(address: &SharedAddress) -> bool {
    address.is_held().unwrap()
}

/// A client that talked to one CMM reaches the other at once when that takes the address: while
/// the first one's kernel still has it, and after the first one was cut off; and remains there
/// when the first one is heard again. The announcement does it: without, the client goes wrong.
fn fail_over(text: &str) {
    let shelf = Shelf::new();
    let address = shared(text);
    shelf.on(1, || address.take()).unwrap();
    assert_eq!(shelf.reached(&address), Ok(1));
    shelf.ip(2, &format!("addr add {text} dev eth0 nodad"));
    assert_eq!(shelf.reached(&address), Ok(1));
    shelf.on(2, || address.take()).unwrap();
    assert_eq!(shelf.reached(&address), Ok(2));

    shelf.cluster.cut(2);
    assert_eq!(shelf.reached(&address), Err(ErrorKind::TimedOut));
    shelf.on(1, || address.take()).unwrap();
    assert_eq!(shelf.reached(&address), Ok(1));

    shelf.cluster.heal();
    assert_eq!(shelf.reached(&address), Ok(1));
    shelf.on(2, || address.release()).unwrap();
    assert!(!shelf.on(2, || held(&address)));
    assert_eq!(shelf.reached(&address), Ok(1));
}

#[test]
fn fail_over_ipv4() {
    as_root(|| fail_over(IPV4));
}

#[test]
fn fail_over_ipv6() {
    as_root(|| fail_over(IPV6));
}

/// A CMM whose daemon was killed gives the address up when the lease ends, and nothing else.
#[test]
fn a_lease_ends() {
    as_root(|| {
        let shelf = Shelf::new();
        let addresses = [shared(IPV4), shared(IPV6)];
        for address in &addresses {
            shelf.on(1, || address.take()).unwrap();
            let left_s = shelf.valid_s(1, address).expect("it is leased");
            assert!((1..=LEASE.as_secs()).contains(&left_s), "{left_s}");
        }
        wait_until(LEASE * 2, "the end of the lease", || {
            let left = addresses.iter().filter(|it| shelf.on(1, || held(it)));
            let left: Vec<_> = left.map(ToString::to_string).collect();
            left.is_empty().then_some(()).ok_or(left.join(", "))
        });
        let own = SharedAddress::parse("10.77.0.1/16", "eth0").unwrap();
        assert!(shelf.on(1, || held(&own)));
    });
}

/// Taking again begins a lease, whatever there was; releasing again is nothing.
#[test]
fn again() {
    as_root(|| {
        let shelf = Shelf::new();
        for text in [IPV4, IPV6] {
            let address = shared(text);
            shelf.on(1, || address.release()).unwrap();
            shelf.ip(1, &format!("addr add {text} dev eth0 nodad"));
            assert_eq!(shelf.valid_s(1, &address), None);
            for _ in 0..2 {
                shelf.on(1, || address.take()).unwrap();
                let left_s = shelf.valid_s(1, &address).expect("it is leased");
                assert!(left_s + 5 > LEASE.as_secs(), "{left_s}");
                let life = "valid_lft 3 preferred_lft 0";
                shelf.ip(1, &format!("addr change {text} dev eth0 {life}"));
            }
            for _ in 0..2 {
                assert_eq!(shelf.on(1, || address.release()), Ok(()));
                assert!(!shelf.on(1, || held(&address)));
            }
        }
        // As an earlier configuration had it.
        for (now, before) in [(IPV4, "10.77.200.1/24"), (IPV6, "fd00:77::9/48")] {
            let address = shared(now);
            shelf.ip(1, &format!("addr add {before} dev eth0 nodad"));
            shelf.on(1, || address.release()).unwrap();
            assert!(!shelf.on(1, || held(&address)));
            shelf.ip(1, &format!("addr add {before} dev eth0 nodad"));
            shelf.on(1, || address.take()).unwrap();
            let text = shelf.ip(1, &format!("-o addr show to {}", address.address()));
            assert!(text.contains(now), "{text}");
            shelf.on(1, || address.release()).unwrap();
            assert!(!shelf.on(1, || held(&address)));
        }
    });
}

/// A client of the LAN interface takes answers from the address that it asked only: whoever is
/// active answers from there, although it has others.
#[test]
fn rmcp() {
    as_root(|| {
        let shelf = Shelf::new();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let config = Config::new(vec![User::new("admin", "secret", 4)]);
        let mut servers = Vec::new();
        for id in [1, 2] {
            let socket = shelf.on(id, || UdpSocket::bind(("::", PORT)).unwrap());
            socket.set_nonblocking(true).unwrap();
            let _guard = runtime.enter();
            let socket = tokio::net::UdpSocket::from_std(socket).unwrap();
            servers.push(serve_lan(socket, config.clone()).unwrap());
        }
        for text in [IPV4, IPV6] {
            let address = shared(text);
            let to = SocketAddr::new(address.address(), PORT);
            let bind = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let client = shelf.on(CLIENT, || UdpSocket::bind(bind).unwrap());
            client
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            client.connect(to).unwrap();
            for id in [1, 2, 1] {
                shelf.on(id, || address.take()).unwrap();
                client.send(&PRESENCE_PING).unwrap();
                let mut pong = [0; 64];
                let len = client.recv(&mut pong).unwrap();
                assert_eq!(pong[8..len][..2], [0x40, PRESENCE_PING[9]], "{text} {id}");
            }
        }
        drop(servers);
    });
}

/// What an operator can mend is told apart.
#[test]
fn refusals() {
    as_root(|| {
        let shelf = Shelf::new();
        let address = shared(IPV4);
        let able = CapabilitySet::NET_ADMIN;
        let none = CapabilitySet::empty();
        for (rest, taken, released) in [
            (none, "CAP_NET_ADMIN", Err("CAP_NET_ADMIN")),
            (able, "CAP_NET_RAW", Ok(())),
        ] {
            let sets = CapabilitySets {
                effective: rest,
                permitted: rest,
                inheritable: none,
            };
            let lacks = |capability| AddressError::NotPermitted { capability };
            let answers = shelf.on(1, || {
                rustix::thread::set_capabilities(None, sets).unwrap();
                (address.take(), address.release())
            });
            assert_eq!(answers, (Err(lacks(taken)), released.map_err(lacks)));
        }
        let node = shelf.cluster.node(2);
        let mut command = node.command("/bin/sh");
        command.args(["-c", "echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6"]);
        assert!(command.status().unwrap().success());
        let why = AddressError::NoIpv6("eth0".into());
        assert_eq!(shelf.on(2, || shared(IPV6).take()), Err(why));
        assert_eq!(shelf.on(2, || shared(IPV6).release()), Ok(()));
        shelf.ip(2, "link set eth0 down");
        let why = AddressError::Down("eth0".into());
        assert_eq!(shelf.on(2, || address.take()), Err(why.clone()));
        assert_eq!(shelf.on(2, || address.announce()), Err(why));
        // A cable between two programs has no neighbours.
        let lo = SharedAddress::parse(IPV4, "lo").unwrap();
        assert_eq!(shelf.on(2, || lo.take()), Ok(()));
    });
}

/// A daemon's life: what a former one left goes when this CMM is standby, the address comes when
/// it is active, and goes with the daemon.
#[test]
fn kept() {
    as_root(|| {
        let shelf = Shelf::new();
        let address = shared(IPV4);
        shelf.on(1, || address.take()).unwrap();
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().build().unwrap();
        let keeper = shelf.on(1, || {
            runtime.block_on(async {
                let keeper = keep(address.clone());
                let mut standing = keeper.standing();
                for (is_active, expected) in [
                    (false, Standing::Released),
                    (true, Standing::Held),
                    (false, Standing::Released),
                    (true, Standing::Held),
                ] {
                    keeper.own(is_active);
                    let reached = standing.wait_for(|it| *it == expected);
                    let reached = tokio::time::timeout(Duration::from_secs(10), reached);
                    assert!(reached.await.is_ok(), "{:?}", keeper.standing());
                    assert_eq!(held(&address), is_active);
                }
                keeper
            })
        });
        assert_eq!(shelf.reached(&address), Ok(1));
        shelf.on(1, || drop(runtime));
        assert!(!shelf.on(1, || held(&address)));
        drop(keeper);
    });
}
