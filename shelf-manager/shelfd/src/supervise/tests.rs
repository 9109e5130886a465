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
    let mut told = std::pin::pin!(std::future::pending());
    let ended = watch(hangs, (&heard, limit), told.as_mut()).await;
    assert_eq!(ended, Ok(End::Hung));
    let ended = watch(shell("exit 3"), (&heard, limit), told).await;
    let Ok(End::Exited(status)) = ended else {
        panic!("it ended by itself");
    };
    assert_eq!(status.code(), Some(3));
}

/// Whoever ends the supervisor ends the daemon, whatever that is about.
#[tokio::test]
async fn a_daemon_ends_with_its_supervisor() {
    let (_daemon, heard) = UnixDatagram::pair().unwrap();
    let child = Command::new("sleep").arg("60").spawn().unwrap();
    let told = std::pin::pin!(std::future::ready(()));
    let ended = watch(child, (&heard, Duration::from_secs(60)), told).await;
    assert_eq!(ended, Ok(End::Told));
}
