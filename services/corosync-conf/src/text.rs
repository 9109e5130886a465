//! The text itself.

use crate::{Conf, DEVICE, DEVICE_SYNC_TIMEOUT_MS, DEVICE_TIMEOUT_MS, Log, Node, Role};
use alloc::format;
use alloc::string::String;

/// Milliseconds between two pings on a link. Choice: each time that knet looks, every 200 ms.
const PING_INTERVAL_MS: u32 = 150;

/// Fewest milliseconds without an answer after which a link is given up.
///
/// Choice: three of knet's looks. Corosync itself takes half a token: below 400 ms knet gives up
/// all links of a healthy ring every few seconds.
/// Source: `KNET_THREADS_TIMERES` of kronosnet 1.25's libknet/threads_common.h; measured.
const PONG_TIMEOUT_MS_MIN: u32 = 600;

/// Choice: `token_coefficient: 0`, so that the time to notice a dead node does not grow with the
/// number of blades. No `two_node`: it leaves both sides of a cut quorate.
pub(crate) fn of(conf: &Conf) -> String {
    let mut text = format!(
        "# A shelf's ring: the same file, and the same authkey beside it, on each of its nodes.\n\
         totem {{\n\
         \x20   version: 2\n\
         \x20   cluster_name: {}\n\
         \x20   transport: knet\n\
         \x20   crypto_cipher: aes256\n\
         \x20   crypto_hash: sha256\n\
         \x20   token: {}\n\
         \x20   token_coefficient: 0\n",
        conf.cluster, conf.token_ms
    );
    for link in 0..conf.nodes.first().map_or(0, |node| node.links.len()) {
        text.push_str(&self::link(link, conf.token_ms));
    }
    text.push_str("}\n\nnodelist {\n");
    for node in &conf.nodes {
        text.push_str(&self::node(node));
    }
    text.push_str("}\n\nquorum {\n    provider: corosync_votequorum\n");
    text.push_str(&format!("    expected_votes: {}\n", conf.expected_votes()));
    if conf.has_line {
        text.push_str(&format!(
            "    device {{\n\
             \x20       model: {DEVICE}\n\
             \x20       votes: 1\n\
             \x20       timeout: {DEVICE_TIMEOUT_MS}\n\
             \x20       sync_timeout: {DEVICE_SYNC_TIMEOUT_MS}\n\
             \x20   }}\n"
        ));
    }
    text.push_str("}\n\nlogging {\n    timestamp: hires\n");
    let (stderr, syslog) = match conf.log {
        Log::Syslog => ("no", "yes"),
        Log::Stderr => ("yes", "no"),
    };
    text.push_str(&format!(
        "    to_logfile: no\n    to_stderr: {stderr}\n    to_syslog: {syslog}\n}}\n"
    ));
    text
}

fn link(link: usize, token_ms: u32) -> String {
    let timeout = (token_ms / 2).max(PONG_TIMEOUT_MS_MIN);
    format!(
        "    interface {{\n        linknumber: {link}\n        \
         knet_ping_interval: {PING_INTERVAL_MS}\n        knet_ping_timeout: {timeout}\n    }}\n"
    )
}

fn node(node: &Node) -> String {
    let votes = match node.role {
        Role::Cmm => 1,
        Role::Blade => 0,
    };
    let mut text = format!(
        "    node {{\n        nodeid: {}\n        name: {}\n        quorum_votes: {votes}\n",
        node.id, node.name
    );
    for (link, address) in node.links.iter().enumerate() {
        text.push_str(&format!("        ring{link}_addr: {address}\n"));
    }
    text.push_str("    }\n");
    text
}
