//! Rings of real Corosyncs, in namespaces of this machine.

mod talk;

use cluster::{Cluster, Options};
use std::time::Duration;
use talk::{Talk, of_config};

/// A message is delivered to all members, its sender among them, in one order.
#[test]
fn one_order_for_all() {
    let mut cluster = Cluster::new(&Options::default());
    cluster.start_all();
    let mut talks: Vec<Talk> = (1..=3).map(|id| Talk::start(&cluster, id)).collect();
    for talk in &mut talks {
        talk.await_members(&[1, 2, 3]);
    }
    for talk in &mut talks {
        talk.order("flood 100 1000");
    }
    let mut seen = Vec::new();
    for talk in &mut talks {
        let messages: Vec<String> = (0..300).map(|_| talk.await_word("message").line).collect();
        seen.push(messages);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    for id in 1..=3 {
        let prefix = format!("message {id} ");
        let own: Vec<&String> = seen[0]
            .iter()
            .filter(|it| it.starts_with(&prefix))
            .collect();
        let expected: Vec<String> = (0..100)
            .map(|number| format!("{prefix}#{number} of 1000 bytes"))
            .collect();
        assert_eq!(own, expected.iter().collect::<Vec<_>>(), "of node {id}");
    }
}

/// Who dies is missed at once, although his node is still there; the next process on it is another
/// member.
#[test]
fn the_death_of_a_process() {
    let mut cluster = Cluster::new(&Options::default());
    cluster.start_all();
    let mut one = Talk::start(&cluster, 1);
    let mut two = Talk::start(&cluster, 2);
    one.await_members(&[1, 2]);
    let before = two.await_members(&[1, 2]);
    let killed = two.kill();
    let after = one.await_members(&[1]);
    let took = after.when.duration_since(killed);
    assert!(took < Duration::from_millis(50), "{took:?}");
    assert_eq!(of_config(&after.line).nodes, "1,2,3");
    let mut two = Talk::start(&cluster, 2);
    let again = two.await_members(&[1, 2]);
    assert_ne!(
        of_config(&before.line).members,
        of_config(&again.line).members
    );
    assert_ne!(of_config(&before.line).ring, of_config(&again.line).ring);
}
