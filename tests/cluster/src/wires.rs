//! Switches and cables: a network namespace with bridges, into which the nodes' cards are plugged.

use programs::{output_of, program};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

/// The namespace in which the switches are.
#[derive(Debug)]
pub(crate) struct Wires {
    /// Holds the namespace; ends with its standard input.
    holder: Child,
    links: u8,
    /// Whether there is a management bus beside the links.
    has_bus: bool,
    /// Whether this user is root only in a namespace of its own.
    is_own_user: bool,
}

/// The network that stands for the management bus: always whole, and no part of the ring.
pub(crate) const BUS: u8 = 100;

/// What a node has on a link.
pub(crate) fn address(link: u8, node: u32) -> Ipv4Addr {
    let [high, low, ..] = u16::try_from(node).expect("few nodes").to_be_bytes();
    Ipv4Addr::new(10, 77 + link, high, low)
}

impl Wires {
    pub(crate) fn new(links: u8, has_bus: bool) -> Self {
        let is_own_user = !rustix::process::geteuid().is_root();
        let mut command = Command::new(program("unshare", "util-linux"));
        if is_own_user {
            command.args(["--user", "--map-root-user"]);
        }
        let script = "ip link set lo up && echo ready && exec cat >/dev/null";
        command.args(["--net", "--mount", "sh", "-c", script]);
        let holder = hold(&mut command);
        Self {
            holder,
            links,
            has_bus,
            is_own_user,
        }
    }

    /// A command in the namespaces of a process.
    pub(crate) fn enter(&self, pid: u32) -> Command {
        let mut command = Command::new(program("nsenter", "util-linux"));
        command.args(["--target", &pid.to_string(), "--net", "--mount"]);
        if self.is_own_user {
            command.args(["--user", "--preserve-credentials"]);
        }
        command
    }

    /// A command where the switches are.
    pub(crate) fn here(&self) -> Command {
        self.enter(self.holder.id())
    }

    /// Gives a node its cards.
    pub(crate) fn lay(&self, node: u32, pid: u32) {
        for link in (0..self.links).chain(self.has_bus.then_some(BUS)) {
            self.ip(&format!(
                "link add {} type veth peer name eth{link} netns {pid}",
                card(node, link)
            ));
            self.ip(&format!("link set {} up", card(node, link)));
            let address = address(link, node);
            let mut command = self.enter(pid);
            let there =
                format!("ip addr add {address}/16 dev eth{link} && ip link set eth{link} up");
            output_of(command.args(["sh", "-c", &there]));
        }
        if self.has_bus {
            self.plug_bus(node);
        }
    }

    /// Plugs a node's card for the management bus in.
    pub(crate) fn plug_bus(&self, node: u32) {
        self.join(node, BUS, "bus");
    }

    /// Plugs a node's cards into the switches of a group, or into none.
    pub(crate) fn plug(&self, node: u32, group: Option<usize>) {
        for link in 0..self.links {
            let Some(group) = group else {
                self.unplug(node, link);
                continue;
            };
            self.join(node, link, &format!("l{link}g{group}"));
        }
    }

    /// Plugs a card into a switch, which is made when it is not there.
    fn join(&self, node: u32, link: u8, switch: &str) {
        let card = card(node, link);
        let there = format!(
            "ip link show {switch} >/dev/null 2>&1 || \
             ip link add {switch} type bridge forward_delay 0 mcast_snooping 0 && \
             ip link set {switch} up && ip link set {card} master {switch}"
        );
        output_of(self.here().args(["sh", "-c", &there]));
    }

    /// Unplugs one of a node's cards.
    pub(crate) fn unplug(&self, node: u32, link: u8) {
        self.ip(&format!("link set {} nomaster", card(node, link)));
    }

    fn ip(&self, words: &str) {
        output_of(self.here().arg("ip").args(words.split(' ')));
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        end(&mut self.holder);
    }
}

fn card(node: u32, link: u8) -> String {
    format!("n{node}l{link}")
}

/// Starts what holds a namespace, and waits until it is ready.
pub(crate) fn hold(command: &mut Command) -> Child {
    program("ip", "iproute2");
    let mut holder = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let mut line = String::new();
    let out = holder.stdout.take().expect("it is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap_or_default();
    assert!(
        line == "ready\n",
        "{command:?} makes no namespaces: run as root, or allow them to users"
    );
    holder
}

/// Ends what holds a namespace.
pub(crate) fn end(holder: &mut Child) {
    drop(holder.stdin.take());
    // It ends by itself, however.
    drop(holder.wait());
}
