use super::*;
use group::{NodeId, RingId, TryAgain};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What both sides share, and how often the owner was woken.
struct Both {
    shared: Shared,
    woken: Arc<AtomicUsize>,
}

fn config(number: u64) -> Told {
    let node = NodeId(1);
    Told::Config {
        ring: RingId { node, number },
        members: [].into(),
        nodes: [node].into(),
    }
}

impl Both {
    fn new() -> Self {
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        let wake: Wake = Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let shared = Shared::new(wake, None).unwrap();
        Self { shared, woken }
    }

    /// In a stay in which Corosync takes messages.
    fn open() -> (Self, u64) {
        let both = Self::new();
        let stay = both.shared.wait_for_stay().unwrap();
        assert!(both.shared.tell(stay, &mut vec![config(1)]));
        assert_eq!(both.shared.told(), Some(config(1)));
        both.woken();
        (both, stay)
    }

    /// How often the owner was woken since.
    fn woken(&self) -> usize {
        self.woken.swap(0, Ordering::Relaxed)
    }
}

/// Messages are taken when a ring was told, as many as there is room for, and again when there is.
#[test]
fn messages_are_taken_while_there_is_room() {
    let both = Both::new();
    assert_eq!(both.shared.multicast(b"a"), Err(TryAgain));
    let (both, stay) = Both::open();
    for _ in 0..OUT_MAX {
        assert_eq!(both.shared.multicast(b"a"), Ok(()));
    }
    assert_eq!(both.shared.multicast(b"b"), Err(TryAgain));
    // Corosync takes none at the moment.
    assert!(both.shared.turn(stay, false).unwrap().out.is_empty());
    assert_eq!(both.shared.multicast(b"b"), Err(TryAgain));
    assert_eq!(both.woken(), 0);
    assert_eq!(both.shared.turn(stay, true).unwrap().out.len(), OUT_MAX);
    assert_eq!(both.woken(), 1);
    assert_eq!(both.shared.multicast(b"b"), Ok(()));
    let large = vec![0; OUT_BYTES_MAX];
    assert_eq!(both.shared.multicast(&large), Ok(()));
    assert_eq!(both.shared.multicast(b"c"), Err(TryAgain));
}

/// What is not told yet is bounded; what comes after it stays with Corosync.
#[test]
fn what_waits_to_be_told_is_bounded() {
    let (both, stay) = Both::open();
    let told = |length| Told::Delivered {
        from: group::Member::default(),
        bytes: vec![0; length],
    };
    let has_room = || both.shared.turn(stay, true).unwrap().has_room;
    assert!(both.shared.tell(stay, &mut vec![told(TOLD_BYTES_MAX - 1)]));
    assert!(has_room());
    assert!(both.shared.tell(stay, &mut vec![told(1)]));
    assert!(!has_room());
    both.shared.told();
    assert!(has_room());
    assert!(both.shared.tell(stay, &mut vec![told(0); TOLD_MAX]));
    assert!(!has_room());
}

/// Who left is not told what came before, nor what the thread still says; and joins again.
#[test]
fn who_leaves_hears_nothing_more() {
    let (both, stay) = Both::open();
    assert_eq!(both.shared.multicast(b"a"), Ok(()));
    both.shared.tell(stay, &mut vec![config(2)]);
    both.shared.leave(false);
    assert_eq!(both.shared.told(), None);
    assert!(both.shared.turn(stay, true).is_none());
    assert!(!both.shared.tell(stay, &mut vec![config(3)]));
    both.shared.disconnected(stay, "late".into());
    both.shared.disconnected(stay + 1, "nobody asked".into());
    assert_eq!(both.shared.told(), None);
    assert_eq!(both.shared.multicast(b"a"), Err(TryAgain));
    both.shared.leave(true);
    let next = both.shared.wait_for_stay().unwrap();
    assert!(next > stay);
    assert!(both.shared.turn(next, true).unwrap().out.is_empty());
    both.shared.end();
    assert_eq!(both.shared.wait_for_stay(), None);
}

/// That Corosync is gone is told once for each reason, and again when it was back in between.
#[test]
fn reasons_are_told_once() {
    let (both, mut stay) = Both::open();
    let gone = |why: &str| Some(Told::Disconnected(why.into()));
    for (why, expected) in [
        ("a", gone("a")),
        ("a", None),
        ("b", gone("b")),
        ("a", gone("a")),
    ] {
        both.shared.disconnected(stay, why.into());
        assert_eq!(both.shared.told(), expected);
        stay = both.shared.wait_for_stay().unwrap();
    }
    both.shared.tell(stay, &mut vec![config(2)]);
    both.shared.told();
    both.shared.disconnected(stay, "a".into());
    assert_eq!(both.shared.told(), gone("a"));
}

/// A thread that is in Corosync's hands for too long is given up; one that waits is not.
#[test]
fn a_thread_that_hangs() {
    let (both, stay) = Both::open();
    let (now, never) = (Duration::ZERO, Duration::from_secs(3600));
    both.shared.works(true);
    assert!(both.shared.check_on(never));
    both.shared.works(false);
    assert!(both.shared.check_on(now));
    assert_eq!(both.shared.told(), None);
    both.shared.works(true);
    assert!(both.shared.check_on(now));
    let why = "Corosync has not answered for 0 ms";
    assert_eq!(both.shared.told(), Some(Told::Disconnected(why.into())));
    assert!(both.shared.turn(stay, true).is_none());
    both.shared.end();
    assert!(!both.shared.check_on(now));
}
