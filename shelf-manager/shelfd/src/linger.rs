//! Whether the core sleeps after an answer.
//!
//! OpenHPI's clients walk a domain by hundreds of calls, one after the other: each is asked as soon
//! as the one before is answered. To fall asleep between two of them, and to be woken, takes longer
//! than to answer one. So whoever asks quickly is waited for awake, for a moment; whoever asks now
//! and then is not.

use machine::Time;
use std::thread::available_parallelism;
use std::time::Duration;

/// A question that comes so soon after an answer comes quickly; the next one is waited for as long.
///
/// Choice: some three times what `hpitree` needs between two calls on a machine of today.
const PATIENCE: Duration = Duration::from_micros(200);

/// When questions were answered.
#[derive(Debug, Default)]
pub(crate) struct Linger {
    /// Whoever asks can run meanwhile.
    pays: bool,
    answered: Option<Time>,
    until: Option<Time>,
}

impl Linger {
    /// As this machine allows: with one processor, waiting would keep a client on it from asking.
    pub(crate) fn here() -> Self {
        Self {
            pays: available_parallelism().is_ok_and(|processors| processors.get() > 1),
            ..Self::default()
        }
    }

    /// A question that came at `asked` was answered by `now`.
    pub(crate) fn answered(&mut self, asked: Time, now: Time) {
        let follows = |answered: Time| asked.since(answered) <= PATIENCE;
        let is_quick = self.answered.is_some_and(follows);
        self.answered = Some(now);
        self.until = (self.pays && is_quick).then(|| now.after(PATIENCE));
    }

    /// Whether the next question is waited for awake.
    pub(crate) fn is_awake(&mut self, now: Time) -> bool {
        self.until = self.until.filter(|until| now < *until);
        self.until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYS: Linger = Linger {
        pays: true,
        answered: None,
        until: None,
    };

    fn at(micros: u64) -> Time {
        Time(micros * 1_000)
    }

    #[test]
    fn who_asks_quickly_is_waited_for_awake() {
        let mut linger = PAYS;
        linger.answered(at(1_000), at(1_010));
        assert!(!linger.is_awake(at(1_010)), "one question says nothing");
        linger.answered(at(1_060), at(1_070));
        assert!(linger.is_awake(at(1_070)) && linger.is_awake(at(1_269)));
        assert!(!linger.is_awake(at(1_270)), "not for ever");
        assert!(!linger.is_awake(at(1_071)), "what is over is over");
    }

    #[test]
    fn who_asks_now_and_then_is_not() {
        let mut linger = PAYS;
        for asked in (1_000..100_000).step_by(1_000) {
            linger.answered(at(asked), at(asked + 10));
            assert!(!linger.is_awake(at(asked + 10)));
        }
    }

    #[test]
    fn nobody_is_where_there_is_one_processor() {
        let mut linger = Linger::default();
        for asked in (1_000..10_000).step_by(50) {
            linger.answered(at(asked), at(asked + 10));
            assert!(!linger.is_awake(at(asked + 10)));
        }
    }
}
