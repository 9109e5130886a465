//! Waiting for something that another program does.

use std::time::{Duration, Instant};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until `look` finds what it looks for; returns it.
///
/// `look` answers `Err` with what it saw instead, which the panic repeats when `limit` is over.
///
/// # Panics
/// When `limit` is over.
#[track_caller]
pub fn wait_until<T>(
    limit: Duration,
    what: &str,
    mut look: impl FnMut() -> Result<T, String>,
) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if start.elapsed() >= limit => {
                panic!(
                    "not within {} ms: {what}; last seen: {seen}",
                    limit.as_millis()
                )
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}
