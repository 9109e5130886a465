//! The vote of the arbitration line: votequorum's quorum device on the node that holds it.

use crate::ffi::{CallError, Votequorum};
use crate::line::Watch;
use std::ffi::CStr;
use std::time::{Duration, Instant};

/// The name of [`corosync_conf::DEVICE`], as C has it.
const NAME: &CStr = c"openshelf-line";

/// How often the vote is repeated. A quarter of a second after it is due it is void: see
/// [`corosync_conf::DEVICE_TIMEOUT_MS`].
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How long a node has held the line before it casts its vote.
///
/// Choice: longer than the other needs to see that it lost it, so that there is no moment in which
/// both sides of a cut are quorate. Withholding the vote waits for nothing.
const SETTLING: Duration = Duration::from_millis(150);

/// The device on a node that has a vote of its own.
pub(crate) struct Device {
    is_registered: bool,
    ring: Option<(u32, u64)>,
    /// The last poll that was taken, and what it was.
    polled: Option<(Instant, bool, (u32, u64))>,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self {
            is_registered: false,
            ring: None,
            polled: None,
        }
    }

    /// Takes in that votequorum has another ring, which waits for the vote.
    pub(crate) fn new_ring(&mut self, ring: (u32, u64)) {
        self.ring = Some(ring);
    }

    /// Casts the vote, or withholds it, if that is due; when to come again.
    ///
    /// Registering takes a message around the ring: it is tried only when one `is_there`.
    pub(crate) fn turn(
        &mut self,
        (votequorum, watch): (&Votequorum, &Watch),
        is_there: bool,
    ) -> Result<Duration, CallError> {
        let now = Instant::now();
        let held_since = watch.held_since();
        let Some(ring) = self.ring else {
            return Ok(POLL_INTERVAL);
        };
        if !self.is_registered && !is_there {
            return Ok(POLL_INTERVAL);
        }
        if !self.is_registered {
            match votequorum.register(NAME) {
                Err(error) if error.is_try_again() => return Ok(POLL_INTERVAL),
                other => other?,
            }
            self.is_registered = true;
        }
        let settled = |since: Instant| now.duration_since(since) >= SETTLING;
        let is_cast = held_since.is_some_and(settled);
        let is_due = self.polled.is_none_or(|(when, was_cast, of)| {
            (was_cast, of) != (is_cast, ring) || now.duration_since(when) >= POLL_INTERVAL
        });
        if is_due {
            match votequorum.poll(NAME, is_cast, ring) {
                // The next ring is on its way.
                Err(error) if error.is_message_error() || error.is_try_again() => {}
                other => other?,
            }
            self.polled = Some((now, is_cast, ring));
        }
        Ok(match held_since {
            Some(since) if !is_cast => SETTLING.saturating_sub(now.duration_since(since)),
            Some(_) | None => POLL_INTERVAL,
        })
    }

    /// Says that nobody will poll any more, so that no ring waits for it.
    pub(crate) fn end(&mut self, votequorum: &Votequorum) {
        if self.is_registered {
            // If Corosync is gone, so is the device.
            votequorum.unregister(NAME).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    /// votequorum compares it with nothing in corosync.conf, but people do.
    #[test]
    fn the_name_is_the_model() {
        assert_eq!(super::NAME.to_str(), Ok(corosync_conf::DEVICE));
    }
}
