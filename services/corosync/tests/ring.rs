//! Rings of real Corosyncs, in namespaces of this machine.

mod talk;

use cluster::{Cluster, Options};
use std::time::{Duration, Instant};
use talk::{Talk, of_config};

/// A ring, and members of a group on these nodes of it, who have heard of each other.
fn ring<const N: usize>(options: &Options, ids: [u32; N]) -> (Cluster, [Talk; N]) {
    let cluster = Cluster::new(options);
    cluster.start_all();
    let mut talks = ids.map(|id| Talk::start(&cluster, id));
    for talk in &mut talks {
        talk.await_members(&ids);
    }
    (cluster, talks)
}

/// A message is not kept waiting, neither the first after a pause nor the next.
#[test]
fn a_message_at_a_time() {
    let (_cluster, [mut one, mut two]) = ring(&Options::default(), [1, 2]);
    let mut took = Vec::new();
    for number in 0..20 {
        // Pauses of all lengths up to that between two looks at Corosync.
        std::thread::sleep(Duration::from_millis(number * 13));
        let sent = Instant::now();
        one.order(&format!("send {number}"));
        let said = two.await_line("it", |line| line == format!("message 1 {number}"));
        took.push(said.when.duration_since(sent));
    }
    took.sort_unstable();
    // Most take one or two milliseconds; a busy machine may hold some up.
    assert!(took[10] < Duration::from_millis(20), "{took:?}");
}

/// Who dies is missed at once, although his node is still there; the next process on it is another
/// member.
#[test]
fn the_death_of_a_process() {
    let (cluster, [mut one, mut two]) = ring(&Options::default(), [1, 2]);
    let before = two.config().to_owned();
    let killed = two.kill();
    let after = one.await_members(&[1]);
    let took = after.when.duration_since(killed);
    // Two or three milliseconds, on a machine that is not busy; a lost token takes far longer.
    assert!(took < Duration::from_millis(250), "{took:?}");
    assert_eq!(of_config(&after.line).nodes, "1,2,3");
    let mut two = Talk::start(&cluster, 2);
    let again = two.await_members(&[1, 2]);
    assert_ne!(of_config(&before).members, of_config(&again.line).members);
    assert_ne!(of_config(&before).ring, of_config(&again.line).ring);
}

/// A Corosync that dies is missed at once, and joined again when it is back; who did not see that
/// is a member all the time.
#[test]
fn the_death_of_corosync() {
    let (cluster, [mut one, mut two]) = ring(&Options::default(), [1, 2]);
    let killed = Instant::now();
    cluster.kill_corosync(2);
    let told = two.await_word("disconnected");
    // At once, unless a call was under way: libqb then looks after up to two seconds.
    assert!(told.when.duration_since(killed) < Duration::from_secs(3));
    let alone = one.await_members(&[1]);
    assert_eq!(of_config(&alone.line).nodes, "1,3");
    cluster.start_corosync(2);
    one.await_members(&[1, 2]);
    two.await_members(&[1, 2]);
    two.order("send back");
    assert_eq!(one.await_word("message").line, "message 2 back");
}

/// A Corosync that is stopped takes its leave: nobody waits for a token to miss it.
#[test]
fn the_end_of_corosync() {
    let options = Options {
        token_ms: 5000,
        ..Options::default()
    };
    let (cluster, [mut one, mut two]) = ring(&options, [1, 2]);
    let stopped = Instant::now();
    cluster.stop_corosync(2);
    two.await_word("disconnected");
    let alone = one.await_nodes("1,3");
    assert_eq!(of_config(&alone.line).ids(), [1]);
    assert!(alone.when.duration_since(stopped) < Duration::from_secs(4));
}

/// A Corosync that hangs holds nobody up, and is missed; once it goes on, all is well again.
#[test]
fn a_corosync_that_hangs() {
    let (cluster, [mut one, mut two]) = ring(&Options::default(), [1, 2]);
    cluster.node(2).freeze_corosync();
    // More than fits into what is between them.
    two.order("flood 100 250000");
    let told = two.await_word("disconnected");
    assert_eq!(
        told.line,
        "disconnected Corosync has not answered for 1000 ms"
    );
    one.await_members(&[1]);
    cluster.node(2).thaw_corosync();
    one.await_members(&[1, 2]);
    two.await_members(&[1, 2]);
    one.order("send on");
    two.await_line("on", |line| line == "message 1 on");
}

/// On a cut the side that has the line is quorate, and the other is not; each verdict is on the
/// ring that was told. When the line moves, so does quorum, and never are both sides quorate.
#[test]
fn a_cut_and_the_line() {
    let (cluster, [mut one, mut two, mut blade]) = ring(&Options::default(), [1, 2, 3]);
    for talk in [&mut one, &mut two, &mut blade] {
        talk.await_verdict(true);
    }
    // The line's vote is cast.
    one.await_vote(&cluster);
    cluster.split(&[&[1, 3], &[2]]);
    two.await_members(&[2]);
    two.await_verdict(false);
    one.await_members(&[1, 3]);
    one.await_verdict(true);
    blade.await_members(&[1, 3]);
    blade.await_verdict(true);
    cluster.hold_line(2);
    let lost = one.await_verdict(false);
    let gained = two.await_verdict(true);
    assert!(lost.when < gained.when);
    cluster.heal();
    one.await_members(&[1, 2, 3]);
    one.await_verdict(true);
}

/// The CMM that has the line dies, and the line goes to the other: that one is quorate with its
/// blades as soon as its ring has formed. While nobody polls for the line, a ring of one CMM is
/// not, and does not wait for it.
#[test]
fn the_holder_of_the_line_dies() {
    let token = Duration::from_millis(500);
    let options = Options {
        blades: 3,
        ..Options::default()
    };
    let (cluster, [mut two, mut blade]) = ring(&options, [2, 5]);
    let began = Instant::now();
    cluster.kill_corosync(1);
    let without = two.await_nodes("2,3,4,5");
    two.await_verdict(false);
    // Detection is 2.2 tokens; the rest is for a busy machine.
    assert!(without.when.duration_since(began) < token * 4);
    cluster.hold_line(2);
    let gained = two.await_verdict(true);
    assert!(gained.when.duration_since(without.when) < Duration::from_secs(2));
    cluster.start_corosync(1);
    two.await_nodes("1,2,3,4,5");
    two.await_verdict(true);
    let began = Instant::now();
    cluster.kill_corosync(1);
    let without = two.await_nodes("2,3,4,5");
    let verdict = two.await_verdict(true);
    assert!(verdict.when.duration_since(began) < token * 4);
    assert!(verdict.when.duration_since(without.when) < Duration::from_millis(300));
    blade.await_nodes("1,2,3,4,5");
    blade.await_nodes("2,3,4,5");
    blade.await_verdict(true);
}

/// Five members send what is large, all at once: each gets all, in one order.
#[test]
fn large_messages() {
    let options = Options {
        blades: 3,
        links: 2,
        ..Options::default()
    };
    let (_cluster, mut talks) = ring(&options, [1, 2, 3, 4, 5]);
    for talk in &mut talks {
        talk.order("flood 10 262144");
    }
    // The largest that goes in one piece.
    talks[0].order("flood 1 1047551");
    let mut seen = Vec::new();
    for talk in &mut talks {
        let messages: Vec<String> = (0..51).map(|_| talk.await_word("message").line).collect();
        seen.push(messages);
    }
    assert!(seen[0].contains(&"message 1 #0 of 1047551 bytes".to_owned()));
    assert!(seen.iter().all(|messages| *messages == seen[0]), "{seen:?}");
}

/// Who leaves is gone for the others, and back when he joins again, as if he was another.
#[test]
fn leaving_and_joining_again() {
    let (_cluster, [mut one, mut two]) = ring(&Options::default(), [1, 2]);
    let first = one.config().to_owned();
    two.order("leave");
    one.await_members(&[1]);
    two.order("rejoin");
    let second = one.await_members(&[1, 2]);
    let rejoined = two.await_members(&[1, 2]);
    assert_eq!(second.line, rejoined.line);
    assert_ne!(of_config(&first).ring, of_config(&second.line).ring);
    two.order("rejoin");
    let third = two.await_members(&[1, 2]);
    one.await_members(&[1]);
    assert_eq!(one.await_members(&[1, 2]).line, third.line);
    assert_ne!(of_config(&second.line).ring, of_config(&third.line).ring);
}

/// What is no safe ring is not joined, and why is told.
#[test]
fn what_is_no_safe_ring() {
    let cluster = Cluster::new(&Options {
        blades: 0,
        has_line: false,
        ..Options::default()
    });
    for node in cluster.nodes() {
        let file = node.folder().join("etc/corosync.conf");
        let conf = std::fs::read_to_string(&file).unwrap();
        let unsafe_conf = conf.replace("expected_votes: 2", "two_node: 1");
        assert_ne!(conf, unsafe_conf);
        std::fs::write(&file, unsafe_conf).unwrap();
    }
    let mut one = Talk::start(&cluster, 1);
    let told = one.await_word("disconnected").line;
    assert!(
        told.starts_with("disconnected Corosync does not run here"),
        "{told}"
    );
    cluster.start_all();
    one.await_line("two_node", |line| {
        line.starts_with("disconnected corosync.conf has two_node: 1, which leaves both sides")
    });
    let mut stranger = Talk::start_as(&cluster, 2, 7);
    let told = stranger.await_word("disconnected").line;
    let expected = "disconnected Corosync runs here as node 2, and this is configured as node 7";
    assert_eq!(told, expected);
}
