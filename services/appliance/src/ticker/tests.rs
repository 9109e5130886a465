//! Who proposes a tick, and when.

use super::*;

/// Times in milliseconds: own clock, the log's, of the last entry.
fn clocks(own: u64, log: u64, last: u64) -> Clocks {
    Clocks {
        own: ms(own),
        log: ms(log),
        last: ms(last),
    }
}

fn ms(ms: u64) -> Time {
    Time(ms * 1_000_000)
}

fn ticker(deadline: u64, clocks: Clocks) -> Ticker {
    let mut ticker = Ticker::default();
    ticker.waits_for(Some(ms(deadline)), clocks);
    ticker
}

/// A clock that is ahead of the log, or behind it, only measures how long it takes.
#[test]
fn what_is_due_is_due_by_the_time_of_the_log() {
    for own in [0, 7_000, 900_000] {
        let ticker = ticker(7_250, clocks(own, 7_000, 6_900));
        assert_eq!(ticker.due(Some(0)), Some(ms(own + 250)));
    }
}

/// The others step in one after the other, and whoever keeps no log does not.
#[test]
fn one_member_proposes_a_tick_and_others_step_in() {
    let ticker = ticker(7_250, clocks(0, 7_000, 6_900));
    assert_eq!(ticker.due(Some(1)), Some(ms(1_250)));
    assert_eq!(ticker.due(Some(2)), Some(ms(2_250)));
    assert_eq!(ticker.due(None), None);
}

/// While what was proposed is on its way nothing is, but it may be lost.
#[test]
fn a_tick_is_proposed_again_when_nothing_comes_of_it() {
    let mut ticker = ticker(7_250, clocks(0, 7_000, 6_900));
    ticker.proposed = Some(ms(300));
    assert_eq!(ticker.due(Some(0)), Some(ms(1_300)));
    // Other entries come meanwhile, and it stays overdue since then.
    ticker.waits_for(Some(ms(7_250)), clocks(400, 7_400, 7_400));
    assert_eq!(ticker.due(Some(0)), Some(ms(1_300)));
    assert_eq!(ticker.due(Some(1)), Some(ms(1_300)));
    assert_eq!(ticker.due(Some(2)), Some(ms(2_250)));
    // It came, and the next one is due at once.
    ticker.waits_for(Some(ms(7_300)), clocks(500, 7_500, 7_500));
    assert_eq!(ticker.due(Some(0)), Some(ms(500)));
    assert_eq!(ticker.due(Some(1)), Some(ms(1_500)));
    ticker.waits_for(None, clocks(600, 7_600, 7_600));
    assert_eq!(ticker.due(Some(0)), None);
}

/// What was due by this member's clock is not by the log's, as an entry of another one says.
#[test]
fn the_log_has_the_last_word() {
    let mut ticker = ticker(7_250, clocks(0, 7_000, 6_900));
    ticker.proposed = Some(ms(300));
    ticker.waits_for(Some(ms(7_250)), clocks(350, 7_150, 7_150));
    assert_eq!(ticker.due(Some(0)), Some(ms(450)));
}

/// Without entries the log's time stands still after a while: some are needed to get further.
#[test]
fn long_waits_are_cut_into_pieces() {
    let mut ticker = ticker(150_000, clocks(0, 10_000, 10_000));
    assert_eq!(ticker.due(Some(0)), Some(ms(60_000)));
    ticker.proposed = Some(ms(60_000));
    ticker.waits_for(Some(ms(150_000)), clocks(60_000, 70_000, 10_000));
    assert_eq!(ticker.due(Some(0)), Some(ms(61_000)));
    ticker.waits_for(Some(ms(150_000)), clocks(60_001, 70_000, 70_000));
    assert_eq!(ticker.due(Some(0)), Some(ms(120_001)));
    ticker.waits_for(Some(ms(150_000)), clocks(120_002, 130_000, 130_000));
    assert_eq!(ticker.due(Some(0)), Some(ms(140_002)));
}
