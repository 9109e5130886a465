//! What is made of what a daemon says.

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

/// A daemon has all the time to start, and to end; in between it must not be silent.
#[test]
fn silence_counts_between_start_and_end() {
    assert_eq!(after(b"WATCHDOG=1", None, LIMIT), None);
    let begun = after(b"STATUS=reads the journal\nREADY=1", None, LIMIT);
    assert!(begun.is_some_and(|until| until > Instant::now()));
    assert_eq!(after(b"STATUS=WATCHDOG=1", begun, LIMIT), begun);
    assert!(after(b"WATCHDOG=1\n", begun, LIMIT) > begun);
    assert_eq!(after(b"STOPPING=1", begun, LIMIT), None);
}

/// One that falls silent is killed even when it is stopped; one that ends says how.
#[tokio::test]
async fn a_daemon_that_hangs_is_killed() {
    let (daemon, heard) = UnixDatagram::pair().unwrap();
    let shell = |script: &str| Command::new("sh").args(["-c", script]).spawn().unwrap();
    let limit = Duration::from_millis(300);
    daemon.send(READY.as_bytes()).await.unwrap();
    let hangs = shell("kill -STOP $$; exit 3");
    assert_eq!(watch(hangs, &heard, limit).await, Ok(End::Hung));
    let Ok(End::Exited(status)) = watch(shell("exit 3"), &heard, limit).await else {
        panic!("it ended by itself");
    };
    assert_eq!(status.code(), Some(3));
}
